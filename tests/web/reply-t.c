/* SPDX-License-Identifier: MIT */
/*
 * What every result and refusal looks like from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "base/text.h"
#include "core/refund.h"
#include "web/fake_io.h"
#include "web/web_json.h"
#include "web/web_reply.h"
#include "web/web_text.h"

static const char *const languages[] = { "en", "ko" };

static struct refund_result
result_of(enum result_code code)
{
	struct refund_result result = {
		.code = code,
		.has_payment = true,
		.has_refund = true,
		.payment = {
			.imp_uid = "imp_1",
			.merchant_uid = "주문\"1\"",
			.amount = 10000,
			.cancel_amount = 2500,
			.pay_method = "card",
			.status = PAYMENT_CANCELLED,
		},
		.refund_id = "0123456789",
		.state = INTENT_SUCCEEDED,
		.amount = 2500,
		.applied_amount = 2500,
		.created_ms = 1796054400123,
		.wait_ms = 2001,
	};

	result.payment.currency = currency_find("KRW");
	return result;
}

static struct json_object *
read_json(const struct buf *body)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root;

	assert_non_null(tokener);
	assert_true(text_utf8_is_valid(buf_bytes(body), buf_len(body)));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root =
	    json_tokener_parse_ex(tokener, buf_bytes(body), (int)buf_len(body));
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	assert_true(json_object_is_type(root, json_type_object));
	json_tokener_free(tokener);
	return root;
}

/* A member as text, NULL when it is not there; "a.b" is b of a. */
static const char *
member(struct json_object *root, const char *path)
{
	const char *dot = strchr(path, '.');
	struct json_object *value;
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s",
	    (int)(dot == NULL ? strlen(path) : (size_t)(dot - path)), path);
	if (!json_object_object_get_ex(root, name, &value))
		return NULL;
	return dot == NULL ? json_object_get_string(value)
			   : member(value, dot + 1);
}

static void
every_result_has_its_status_and_code(void **state)
{
	static const struct {
		int status;
		const char *code;
		int retry_after_s;
		const char *location;
	} wanted[] = {
		[RESULT_REFUNDED] = { 200, "refunded", 0, "" },
		[RESULT_PENDING] = { 202, "pending", 2,
		    "/shop/refunds/0123456789" },
		[RESULT_UNKNOWN] = { 202, "unknown", 2,
		    "/shop/refunds/0123456789" },
		[RESULT_AWAITING_APPROVAL] = { 202, "awaiting_approval", 2,
		    "/shop/refunds/0123456789" },
		[RESULT_ALREADY_REFUNDED] = { 400, "already_refunded", 0, "" },
		[RESULT_INVALID_FIELD] = { 400, "invalid_field", 0, "" },
		[RESULT_FORBIDDEN] = { 403, "forbidden", 0, "" },
		[RESULT_FROZEN] = { 403, "frozen", 0, "" },
		[RESULT_PAYMENT_NOT_FOUND] = { 404, "payment_not_found", 0,
		    "" },
		[RESULT_REFUND_IN_PROGRESS] = { 409, "refund_in_progress", 2,
		    "/shop/refunds/0123456789" },
		[RESULT_REQUEST_IN_PROGRESS] = { 409, "request_in_progress", 2,
		    "/shop/refunds/0123456789" },
		[RESULT_PAYMENT_MISMATCH] = { 409, "payment_mismatch", 0, "" },
		[RESULT_AMBIGUOUS_ORDER] = { 409, "ambiguous_order", 0, "" },
		[RESULT_BALANCE_CHANGED] = { 409, "balance_changed", 0, "" },
		[RESULT_NOT_APPLIED] = { 409, "not_applied", 0, "" },
		[RESULT_AMOUNT_EXCEEDS] = { 422, "amount_exceeds_refundable", 0,
		    "" },
		[RESULT_ACCOUNT_REQUIRED] = { 422, "refund_account_required", 0,
		    "" },
		[RESULT_UNSUPPORTED] = { 422, "refund_not_supported", 0, "" },
		[RESULT_MONTH_CLOSED] = { 422, "month_closed", 0, "" },
		[RESULT_LIMIT_EXCEEDED] = { 422, "limit_exceeded", 0, "" },
		[RESULT_WHOLE_ONLY] = { 422, "partial_not_supported", 0, "" },
		[RESULT_PARTS_USED] = { 422, "partial_limit_reached", 0, "" },
		[RESULT_NOT_PAID] = { 422, "not_paid", 0, "" },
		[RESULT_IDEMPOTENCY_MISMATCH] = { 422, "idempotency_mismatch",
		    0, "" },
		[RESULT_DECLINED] = { 422, "declined", 0, "" },
		[RESULT_REJECTED] = { 422, "rejected", 0, "" },
		[RESULT_RATE_LIMITED] = { 429, "rate_limited", 3, "" },
		[RESULT_PROVIDER_UNREACHABLE] = { 503, "provider_unreachable",
		    5, "" },
		[RESULT_DATABASE_BUSY] = { 503, "database_busy", 5, "" },
		[RESULT_FAULT] = { 500, "internal_error", 0, "" },
	};
	struct refund_result result;
	struct json_object *root;
	struct web_reply reply;
	size_t code, i;

	(void)state;
	assert_int_equal(sizeof(wanted) / sizeof(wanted[0]), RESULT__COUNT);
	for (code = 0; code < RESULT__COUNT; code++) {
		for (i = 0; i < 2; i++) {
			result = result_of((enum result_code)code);
			web_reply_init(&reply);
			assert_int_equal(web_reply_result(&result, "/shop",
					     languages[i], &reply, NULL),
			    FAULT_NONE);
			root = read_json(&reply.body);
			assert_int_equal(reply.status, wanted[code].status);
			assert_string_equal(
			    member(root, "code"), wanted[code].code);
			assert_int_equal(
			    reply.retry_after_s, wanted[code].retry_after_s);
			assert_string_equal(
			    reply.location, wanted[code].location);
			assert_true(strlen(member(root, "message")) > 10);
			assert_string_equal(reply.content_type,
			    reply.status < 400 ? "application/json"
					       : "application/problem+json");
			assert_string_equal(
			    member(root, "refund.id"), "0123456789");
			json_object_put(root);
			web_reply_deinit(&reply);
		}
	}
}

static void
every_refusal_has_its_status_and_code(void **state)
{
	static const struct {
		int status;
		const char *code;
		int retry_after_s;
	} wanted[] = {
		[WEB_MALFORMED_REQUEST] = { 400, "malformed_request", 0 },
		[WEB_INVALID_FIELD] = { 400, "invalid_field", 0 },
		[WEB_UNAUTHORIZED] = { 401, "unauthorized", 0 },
		[WEB_TICKET_EXPIRED] = { 401, "unauthorized", 0 },
		[WEB_FORBIDDEN] = { 403, "forbidden", 0 },
		[WEB_NOT_YOURS] = { 403, "forbidden", 0 },
		[WEB_ADDRESS] = { 403, "forbidden", 0 },
		[WEB_NOT_FOUND] = { 404, "not_found", 0 },
		[WEB_REFUND_NOT_FOUND] = { 404, "refund_not_found", 0 },
		[WEB_PAYMENT_NOT_FOUND] = { 404, "payment_not_found", 0 },
		[WEB_METHOD_NOT_ALLOWED] = { 405, "method_not_allowed", 0 },
		[WEB_LENGTH_REQUIRED] = { 411, "length_required", 0 },
		[WEB_BODY_LARGE] = { 413, "body_too_large", 0 },
		[WEB_NOT_JSON] = { 415, "unsupported_media_type", 0 },
		[WEB_RATE_LIMITED] = { 429, "rate_limited", 0 },
		[WEB_NOT_CONFIGURED] = { 503, "not_configured", 0 },
		[WEB_OVERLOADED] = { 503, "overloaded", 5 },
		[WEB_DATABASE_BUSY] = { 503, "database_busy", 5 },
		[WEB_FAULT] = { 500, "internal_error", 0 },
	};
	struct json_object *root;
	struct web_reply reply;
	char type[64], status[8];
	size_t refusal, i;

	(void)state;
	assert_int_equal(
	    sizeof(wanted) / sizeof(wanted[0]), WEB_REFUSAL__COUNT);
	for (refusal = 0; refusal < WEB_REFUSAL__COUNT; refusal++) {
		for (i = 0; i < 2; i++) {
			web_reply_init(&reply);
			assert_int_equal(
			    web_reply_refuse((enum web_refusal)refusal, NULL,
				NULL, languages[i], &reply, NULL),
			    FAULT_NONE);
			root = read_json(&reply.body);
			(void)snprintf(type, sizeof(type),
			    "urn:cancelpay:problem:%s", wanted[refusal].code);
			(void)snprintf(status, sizeof(status), "%d",
			    wanted[refusal].status);
			assert_int_equal(reply.status, wanted[refusal].status);
			assert_int_equal(
			    reply.retry_after_s, wanted[refusal].retry_after_s);
			assert_string_equal(member(root, "type"), type);
			assert_string_equal(member(root, "status"), status);
			assert_string_equal(
			    member(root, "code"), wanted[refusal].code);
			assert_non_null(member(root, "title"));
			assert_string_equal(
			    member(root, "detail"), member(root, "message"));
			json_object_put(root);
			web_reply_deinit(&reply);
		}
	}
}

static void
a_refund_is_the_payment_with_the_refund_added(void **state)
{
	struct refund_result result = result_of(RESULT_REFUNDED);
	struct web_reply reply;

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_result(&result, "", "en", &reply, NULL), FAULT_NONE);
	assert_string_equal(buf_bytes(&reply.body),
	    "{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"주문\\\"1\\\"\","
	    "\"amount\":10000,\"cancel_amount\":2500,\"currency\":\"KRW\","
	    "\"status\":\"cancelled\",\"pay_method\":\"card\","
	    "\"refundable_amount\":7500,\"code\":\"refunded\","
	    "\"message\":\"The refund is done.\","
	    "\"refund\":{\"id\":\"0123456789\",\"state\":\"succeeded\","
	    "\"amount\":2500,\"applied_amount\":2500,"
	    "\"created_at\":\"2026-11-30T16:00:00Z\"}}");
	web_reply_deinit(&reply);
}

static void
a_receipt_stands_with_its_refund(void **state)
{
	struct refund_result result = result_of(RESULT_REFUNDED);
	struct payment payment = { .currency = currency_find("KRW") };
	struct view_refund view = {
		.id = "0123456789",
		.state = INTENT_SUCCEEDED,
		.receipt_url = "https://r.invalid/1?a=b&c",
	};
	struct refund_answer answer;
	struct web_reply reply;

	(void)state;
	/* The longest of each leaves the stored answer room. */
	memset(result.receipt_url, 'a', sizeof(result.receipt_url) - 1);
	memset(result.payment.merchant_uid, 1,
	    sizeof(result.payment.merchant_uid) - 1);
	assert_int_equal(
	    web_reply_answer(&result, "ko", &answer, NULL), FAULT_NONE);
	assert_non_null(strstr(answer.body, "\"receipt_url\":\"aaaa"));
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_refund(&view, &payment, &reply, NULL), FAULT_NONE);
	assert_non_null(strstr(buf_bytes(&reply.body),
	    "\"receipt_url\":\"https://r.invalid/1?a=b&c\""));
	web_reply_deinit(&reply);
}

static void
cents_are_written_exactly(void **state)
{
	struct refund_result result = result_of(RESULT_REFUNDED);
	struct web_reply reply;

	(void)state;
	result.payment.currency = currency_find("USD");
	result.payment.amount = MONEY_MAX;
	result.payment.cancel_amount = 5;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_result(&result, "", "en", &reply, NULL), FAULT_NONE);
	assert_non_null(strstr(buf_bytes(&reply.body),
	    "\"amount\":1000000000000.00,\"cancel_amount\":0.05,"));
	assert_non_null(strstr(
	    buf_bytes(&reply.body), "\"refundable_amount\":999999999999.95,"));
	web_reply_deinit(&reply);
}

static void
the_words_of_the_guide_are_kept(void **state)
{
	struct refund_result result = result_of(RESULT_ALREADY_REFUNDED);
	struct json_object *root;
	struct web_reply reply;

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_result(&result, "", "en", &reply, NULL), FAULT_NONE);
	root = read_json(&reply.body);
	assert_string_equal(member(root, "message"),
	    "This order has already been fully refunded.");
	json_object_put(root);
	web_reply_deinit(&reply);
}

static void
a_problem_names_fields_and_balance_and_the_providers_words(void **state)
{
	struct refund_result result = result_of(RESULT_ACCOUNT_REQUIRED);
	struct json_object *root;
	struct web_reply reply;

	(void)state;
	result.fields = REFUND_FIELD_HOLDER | REFUND_FIELD_TEL;
	result.has_refund = false;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_result(&result, "", "ko", &reply, NULL), FAULT_NONE);
	root = read_json(&reply.body);
	assert_string_equal(member(root, "field"), "refund_holder");
	assert_string_equal(
	    member(root, "fields"), "[ \"refund_holder\", \"refund_tel\" ]");
	assert_null(member(root, "refund"));
	json_object_put(root);
	web_reply_deinit(&reply);

	result = result_of(RESULT_BALANCE_CHANGED);
	assert_int_equal(
	    web_reply_result(&result, "", "en", &reply, NULL), FAULT_NONE);
	root = read_json(&reply.body);
	assert_string_equal(member(root, "refundable_amount"), "7500");
	json_object_put(root);
	web_reply_deinit(&reply);

	result = result_of(RESULT_DECLINED);
	strcpy(result.provider_message, "기취소 거래\x01\\");
	result.failure = INTENT_DECLINED;
	assert_int_equal(
	    web_reply_result(&result, "", "en", &reply, NULL), FAULT_NONE);
	root = read_json(&reply.body);
	assert_string_equal(
	    member(root, "provider_message"), "기취소 거래\x01\\");
	assert_string_equal(member(root, "refund.failure"), "declined");
	json_object_put(root);
	web_reply_deinit(&reply);
}

static void
a_result_without_a_payment_shows_no_amounts(void **state)
{
	struct refund_result result = result_of(RESULT_PENDING);
	struct json_object *root;
	struct web_reply reply;

	(void)state;
	result.has_payment = false;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_result(&result, "", "en", &reply, NULL), FAULT_NONE);
	root = read_json(&reply.body);
	assert_null(member(root, "amount"));
	assert_null(member(root, "refund.amount"));
	json_object_put(root);
	web_reply_deinit(&reply);
}

static void
a_replay_is_byte_for_byte_what_was_stored(void **state)
{
	struct refund_result result = result_of(RESULT_DECLINED), again;
	struct web_reply first, second;

	(void)state;
	assert_int_equal(
	    web_reply_answer(&result, "ko", &result.answer, NULL), FAULT_NONE);
	web_reply_init(&first);
	web_reply_init(&second);
	assert_int_equal(
	    web_reply_result(&result, "", "ko", &first, NULL), FAULT_NONE);
	again = result_of(RESULT_REFUNDED);
	again.is_replay = true;
	again.answer = result.answer;
	assert_int_equal(
	    web_reply_result(&again, "", "en", &second, NULL), FAULT_NONE);
	assert_int_equal(second.status, first.status);
	assert_string_equal(second.content_type, first.content_type);
	assert_string_equal(buf_bytes(&second.body), buf_bytes(&first.body));
	assert_false(first.is_replayed);
	assert_true(second.is_replayed);
	web_reply_deinit(&first);
	web_reply_deinit(&second);
}

/*
 * The longest texts the types hold, in the longest spelling; only refusals,
 * which are not stored, point at fields.
 */
static void
every_answer_fits_where_it_is_stored(void **state)
{
	struct refund_answer answer;
	struct refund_result result;
	size_t code, i;

	(void)state;
	for (code = 0; code < RESULT__COUNT; code++) {
		result = result_of((enum result_code)code);
		memset(result.payment.merchant_uid, '"', MERCHANT_UID_SIZE - 1);
		memset(result.payment.imp_uid, '"', IMP_UID_SIZE - 1);
		memset(result.payment.pay_method, '"', PAY_METHOD_SIZE - 1);
		memset(result.provider_message, 1, PROVIDER_MESSAGE_SIZE - 1);
		result.payment.amount = MONEY_MAX;
		result.failure = INTENT_BALANCE_CHANGED;
		for (i = 0; i < 2; i++)
			assert_int_equal(web_reply_answer(&result, languages[i],
					     &answer, NULL),
			    FAULT_NONE);
	}
}

static void
a_refused_field_hears_what_this_payment_wants(void **state)
{
	static const struct {
		enum result_code code;
		unsigned fields;
		const char *currency, *language, *sentence;
	} cases[] = {
		{ RESULT_INVALID_FIELD, REFUND_FIELD_AMOUNT, "KRW", "en",
		    " cancel_request_amount must be above 0 and a whole "
		    "number, not a string (KRW)." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_AMOUNT, "KRW", "ko",
		    " cancel_request_amount 값은 0보다 커야 하며 문자열이 아닌 "
		    "정수로 보내야 합니다 (KRW)." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_AMOUNT, "USD", "en",
		    " cancel_request_amount must be above 0 and have at most "
		    "2 decimals (USD)." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_AMOUNT, "KWD", "ko",
		    " cancel_request_amount 값은 0보다 커야 하며 소수점 아래 "
		    "3자리까지만 쓸 수 있습니다 (KWD)." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_TAX_FREE, "KRW", "en",
		    " tax_free must be at most the amount refunded less "
		    "vat_amount and a whole number, not a string (KRW)." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_VAT, "EUR", "ko",
		    " vat_amount 값은 환불 금액에서 tax_free를 뺀 금액 "
		    "이하여야 하며 소수점 아래 2자리까지만 쓸 수 있습니다 "
		    "(EUR)." },
		{ RESULT_WHOLE_ONLY, REFUND_FIELD_AMOUNT, "KRW", "en",
		    " cancel_request_amount must be left out or be the whole "
		    "amount (7500 KRW)." },
		{ RESULT_WHOLE_ONLY, REFUND_FIELD_AMOUNT, "KRW", "ko",
		    " cancel_request_amount 항목은 빼거나 전액으로 보내야 "
		    "합니다 (7500 KRW)." },
		{ RESULT_PARTS_USED, REFUND_FIELD_AMOUNT, "USD", "en",
		    " cancel_request_amount must be left out or be all that "
		    "is left (75.00 USD)." },
		{ RESULT_PARTS_USED, REFUND_FIELD_AMOUNT, "KRW", "ko",
		    " cancel_request_amount 항목은 빼거나 남은 금액 전부로 "
		    "보내야 합니다 (7500 KRW)." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_BANK, "KRW", "en",
		    " refund_bank must be a bank code of this payment's PG "
		    "(daou): 04 KB Kookmin, 11 SC First, 03 IBK, 08 NH "
		    "Nonghyup, 15 Busan, 10 Shinhan, 12 Hana, 05 KEB, "
		    "09 Woori, 31 Post Office." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_BANK, "KRW", "ko",
		    " refund_bank 값은 이 결제를 처리한 PG의 은행코드여야 "
		    "합니다 (daou): 04 KB국민은행, 11 SC제일은행, 03 기업은행, "
		    "08 농협, 15 부산은행, 10 신한은행, 12 하나은행, "
		    "05 외환은행, 09 우리은행, 31 우체국." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_REASON, "KRW", "en",
		    " reason is required by this shop." },
		{ RESULT_INVALID_FIELD, REFUND_FIELD_REASON, "KRW", "ko",
		    " reason 항목은 이 상점에서 반드시 있어야 합니다." },
		{ RESULT_AMOUNT_EXCEEDS, REFUND_FIELD_AMOUNT, "KRW", "en",
		    " cancel_request_amount must be at most what can still be "
		    "refunded (7500 KRW)." },
		{ RESULT_AMOUNT_EXCEEDS, REFUND_FIELD_AMOUNT, "USD", "ko",
		    " cancel_request_amount 값은 환불 가능 금액 이하여야 "
		    "합니다 (75.00 USD)." },
		{ RESULT_ACCOUNT_REQUIRED,
		    REFUND_FIELD_BANK | REFUND_FIELD_ACCOUNT, "KRW", "en",
		    " refund_bank must be a string of 1 to 4 digits or "
		    "letters. refund_account must be a string of 1 to 16 "
		    "digits or hyphens." },
		{ RESULT_ACCOUNT_REQUIRED, REFUND_FIELD_TEL, "KRW", "ko",
		    " refund_tel 값은 1~16자의 숫자, 붙임표(-), \"+\"여야 "
		    "합니다." },
	};
	struct refund_result result;
	struct json_object *root;
	struct web_reply reply;
	const char *detail;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		result = result_of(cases[i].code);
		result.fields = cases[i].fields;
		if (result.code == RESULT_ACCOUNT_REQUIRED)
			result.missing = result.fields;
		strcpy(result.payment.pg_provider, "daou");
		result.payment.currency = currency_find(cases[i].currency);
		web_reply_init(&reply);
		assert_int_equal(web_reply_result(&result, "",
				     cases[i].language, &reply, NULL),
		    FAULT_NONE);
		root = read_json(&reply.body);
		detail = member(root, "detail");
		len = strlen(cases[i].sentence);
		assert_true(strlen(detail) > len);
		assert_string_equal(
		    detail + strlen(detail) - len, cases[i].sentence);
		assert_string_equal(detail, member(root, "message"));
		assert_non_null(member(root, "field"));
		assert_non_null(member(root, "fields"));
		json_object_put(root);
		web_reply_deinit(&reply);
	}
}

static void
a_tax_part_that_is_missing_hears_that_it_is(void **state)
{
	static const char *const wanted[] = {
		" tax_free is required for this payment; where there is no "
		"such part, send 0. vat_amount is required for this payment; "
		"where there is no such part, send 0.",
		" tax_free 항목은 이 결제에 반드시 있어야 합니다. 해당 금액이 "
		"없으면 0을 보내야 합니다. vat_amount 항목은 이 결제에 반드시 "
		"있어야 합니다. 해당 금액이 없으면 0을 보내야 합니다.",
	};
	struct refund_result result = result_of(RESULT_INVALID_FIELD);
	struct json_object *root;
	struct web_reply reply;
	const char *detail;
	size_t i;

	(void)state;
	result.fields = REFUND_FIELD_TAX_FREE | REFUND_FIELD_VAT;
	result.missing = result.fields;
	for (i = 0; i < 2; i++) {
		web_reply_init(&reply);
		assert_int_equal(
		    web_reply_result(&result, "", languages[i], &reply, NULL),
		    FAULT_NONE);
		root = read_json(&reply.body);
		detail = member(root, "detail");
		assert_string_equal(
		    detail + strlen(detail) - strlen(wanted[i]), wanted[i]);
		json_object_put(root);
		web_reply_deinit(&reply);
	}
}

static void
all_fields_at_once_find_room(void **state)
{
	struct refund_result result = result_of(RESULT_INVALID_FIELD);
	struct json_object *root;
	struct web_reply reply;
	size_t i;

	(void)state;
	result.fields = ~0U;
	strcpy(result.payment.pg_provider, "html5_inicis");
	for (i = 0; i < 2; i++) {
		web_reply_init(&reply);
		assert_int_equal(
		    web_reply_result(&result, "", languages[i], &reply, NULL),
		    FAULT_NONE);
		root = read_json(&reply.body);
		assert_int_equal(json_object_array_length(
				     json_object_object_get(root, "fields")),
		    8);
		json_object_put(root);
		web_reply_deinit(&reply);
	}
}

static void
a_field_and_what_it_wants_make_a_sentence(void **state)
{
	static const struct web_text want = { "must be \"x\"",
		"값은 \"x\"여야 합니다" };
	struct json_object *root;
	struct web_reply reply;

	(void)state;
	web_reply_init(&reply);
	reply.is_head = true;
	reply.is_cacheable = true;
	strcpy(reply.etag, "\"1\"");
	assert_int_equal(web_reply_refuse(WEB_INVALID_FIELD, "a\n\"b", &want,
			     "en", &reply, NULL),
	    FAULT_NONE);
	assert_true(reply.is_head);
	assert_false(reply.is_cacheable);
	assert_string_equal(reply.etag, "");
	root = read_json(&reply.body);
	assert_string_equal(member(root, "detail"), "a\n\"b must be \"x\".");
	assert_string_equal(member(root, "field"), "a\n\"b");
	json_object_put(root);
	web_reply_deinit(&reply);
}

static void
a_payment_is_shown_with_its_refunds(void **state)
{
	struct view_refund refunds[2] = {
		{ .id = "AAAAAAAAAA",
		    .state = INTENT_UNKNOWN,
		    .amount = 100,
		    .created_ms = 1000 },
		{ .id = "BBBBBBBBBB",
		    .state = INTENT_FAILED,
		    .failure = INTENT_DECLINED,
		    .amount = 200,
		    .created_ms = 1000,
		    .closed_ms = 2000,
		    .provider_message = "no" },
	};
	struct refund_result result = result_of(RESULT_REFUNDED);
	struct view_payment view = {
		.payment = result.payment, .refunds = refunds, .n = 2
	};
	struct json_object *root;
	struct web_reply reply;

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(web_reply_payment(&view, &reply, NULL), FAULT_NONE);
	root = read_json(&reply.body);
	assert_int_equal(
	    json_object_array_length(json_object_object_get(root, "refunds")),
	    2);
	assert_string_equal(member(root, "refundable_amount"), "7500");
	assert_int_equal(json_object_array_length(
			     json_object_object_get(root, "account_fields")),
	    0);
	json_object_put(root);
	web_reply_deinit(&reply);

	(void)snprintf(
	    view.payment.pay_method, sizeof(view.payment.pay_method), "vbank");
	(void)snprintf(view.payment.pg_provider,
	    sizeof(view.payment.pg_provider), "smartro");
	view.payment.paid_at = 86400;
	assert_int_equal(web_reply_payment(&view, &reply, NULL), FAULT_NONE);
	assert_non_null(strstr(buf_bytes(&reply.body),
	    "\"pg_provider\":\"smartro\","
	    "\"paid_at\":\"1970-01-02T00:00:00Z\","
	    "\"account_fields\":[\"refund_holder\",\"refund_bank\","
	    "\"refund_account\",\"refund_tel\"],\"refunds\":[{"));
	web_reply_deinit(&reply);

	view.payment.paid_at = INT64_MAX;
	assert_int_equal(web_reply_payment(&view, &reply, NULL), FAULT_NONE);
	assert_null(strstr(buf_bytes(&reply.body), "paid_at"));
	web_reply_deinit(&reply);

	assert_int_equal(
	    web_reply_refund(&refunds[1], &view.payment, &reply, NULL),
	    FAULT_NONE);
	assert_string_equal(buf_bytes(&reply.body),
	    "{\"id\":\"BBBBBBBBBB\",\"state\":\"failed\","
	    "\"failure\":\"declined\",\"amount\":200,"
	    "\"created_at\":\"1970-01-01T00:00:01Z\","
	    "\"closed_at\":\"1970-01-01T00:00:02Z\","
	    "\"provider_message\":\"no\",\"currency\":\"KRW\"}");
	assert_int_equal(reply.retry_after_s, 0);
	web_reply_deinit(&reply);

	assert_int_equal(
	    web_reply_refund(&refunds[0], &view.payment, &reply, NULL),
	    FAULT_NONE);
	assert_int_equal(reply.retry_after_s, 2);
	web_reply_deinit(&reply);
}

/* What web_io makes of a reply, as a string that holds until the next. */
static const char *
written(const struct web_reply *reply)
{
	static struct fake_io fake;

	fake_io_init(&fake, "", 0);
	assert_int_equal(web_io_reply(&fake.io, reply, NULL), FAULT_NONE);
	fake_io_deinit(&fake);
	return fake_io_answer(&fake);
}

static void
a_reply_is_written_with_all_its_headers(void **state)
{
	struct refund_result result = result_of(RESULT_REFUND_IN_PROGRESS);
	const char *text, *body;
	struct web_reply reply;
	char length[64];

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_result(&result, "/s", "en", &reply, NULL), FAULT_NONE);
	text = written(&reply);
	assert_memory_equal(text, "Status: 409 Conflict\r\n", 22);
	assert_non_null(strstr(text, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(
	    strstr(text, "\r\nContent-Type: application/problem+json\r\n"));
	assert_non_null(
	    strstr(text, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(
	    strstr(text, "\r\nLocation: /s/refunds/0123456789\r\n"));
	assert_non_null(strstr(text, "\r\nRetry-After: 2\r\n"));
	assert_null(strstr(text, "Content-Security-Policy"));
	body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_string_equal(body + 4, buf_bytes(&reply.body));
	(void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
	    buf_len(&reply.body));
	assert_non_null(strstr(text, length));
	reply.is_head = true;
	text = written(&reply);
	assert_non_null(strstr(text, length));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	web_reply_deinit(&reply);
}

static void
who_is_nobody_is_told_how_to_sign_in(void **state)
{
	struct web_reply reply;

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(
	    web_reply_refuse(WEB_UNAUTHORIZED, NULL, NULL, "en", &reply, NULL),
	    FAULT_NONE);
	assert_non_null(strstr(written(&reply),
	    "\r\nWWW-Authenticate: Basic realm=\"cancelpay\"\r\n"));
	assert_int_equal(
	    web_reply_refuse(WEB_FORBIDDEN, NULL, NULL, "en", &reply, NULL),
	    FAULT_NONE);
	assert_null(strstr(written(&reply), "WWW-Authenticate"));
	web_reply_deinit(&reply);
}

static void
a_page_may_load_only_what_lies_beside_it(void **state)
{
	struct web_reply reply;
	const char *text;

	(void)state;
	web_reply_init(&reply);
	reply.status = 200;
	reply.content_type = "text/html; charset=utf-8";
	reply.is_cacheable = true;
	strcpy(reply.etag, "\"1\"");
	text = written(&reply);
	assert_non_null(strstr(text, "\r\nCache-Control: no-cache\r\n"));
	assert_non_null(strstr(text, "\r\nETag: \"1\"\r\n"));
	assert_non_null(
	    strstr(text, "Content-Security-Policy: default-src 'none'; "));
	assert_non_null(strstr(text, "\r\nReferrer-Policy: no-referrer\r\n"));
	assert_non_null(strstr(text, "\r\nVary: Accept-Encoding\r\n"));
	assert_null(strstr(text, "Content-Encoding"));
	reply.is_gzip = true;
	assert_non_null(
	    strstr(written(&reply), "\r\nContent-Encoding: gzip\r\n"));
	reply.status = 304;
	text = written(&reply);
	assert_memory_equal(text, "Status: 304 Not Modified\r\n", 26);
	assert_null(strstr(text, "Content-Length"));
	assert_null(strstr(text, "Content-Encoding"));
	assert_non_null(strstr(text, "\r\nVary: Accept-Encoding\r\n"));
	web_reply_empty(&reply);
	assert_int_equal(reply.status, 200);
	web_reply_deinit(&reply);
}

static void
health_is_200_or_503(void **state)
{
	struct web_reply reply;

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(web_reply_health(true, &reply, NULL), FAULT_NONE);
	assert_int_equal(reply.status, 200);
	assert_string_equal(buf_bytes(&reply.body), "{\"status\":\"ok\"}");
	web_reply_deinit(&reply);
	assert_int_equal(web_reply_health(false, &reply, NULL), FAULT_NONE);
	assert_int_equal(reply.status, 503);
	web_reply_deinit(&reply);
}

static void
figures_are_written_as_prometheus_reads_them(void **state)
{
	static const char *const lines[] = {
		"\n# TYPE cancelpay_refunds_unfinished gauge\n",
		"\ncancelpay_refunds_unfinished{state=\"in_flight\"} 0\n",
		"\ncancelpay_refunds_unfinished{state=\"unknown\"} 3\n",
		"\n# TYPE cancelpay_refunds_overdue gauge\n"
		"cancelpay_refunds_overdue 2\n",
		"\n# TYPE cancelpay_refunds_awaiting_seconds gauge\n"
		"cancelpay_refunds_awaiting_seconds 86400\n",
		"\n# TYPE cancelpay_refunds_late_total counter\n"
		"cancelpay_refunds_late_total 4\n",
		"\ncancelpay_refunds_recovered_total 5\n",
		"\ncancelpay_refunds_mismatched_total 6\n",
	};
	struct store_figures figures = {
		.n_overdue = 2, .n_late = 4, .n_recovered = 5, .n_mismatched = 6
	};
	struct web_reply reply;
	size_t i;

	(void)state;
	figures.unfinished[INTENT_UNKNOWN] = 3;
	figures.awaiting_ms = 86400999;
	web_reply_init(&reply);
	assert_int_equal(web_reply_metrics(&figures, &reply, NULL), FAULT_NONE);
	assert_int_equal(reply.status, 200);
	assert_string_equal(
	    reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(buf_bytes(&reply.body), lines[i]));
	assert_null(strstr(buf_bytes(&reply.body), "succeeded"));
	web_reply_deinit(&reply);
}

static void
for_people_each_member_has_a_line(void **state)
{
	struct fault_note note;
	struct web_json json;
	struct buf text;

	(void)state;
	buf_init(&text, 1024);
	web_json_init(&json, &text, &note);
	web_json_indent(&json);
	web_json_open(&json, NULL, '[');
	web_json_open(&json, NULL, '{');
	web_json_text(&json, "a", "가\"");
	web_json_null(&json, "b");
	web_json_open(&json, "none", '[');
	web_json_close(&json, ']');
	web_json_close(&json, '}');
	web_json_close(&json, ']');
	assert_int_equal(json.fault, FAULT_NONE);
	assert_string_equal(buf_bytes(&text),
	    "[\n  {\n    \"a\": \"가\\\"\",\n    \"b\": null,\n"
	    "    \"none\": []\n  }\n]");
	buf_deinit(&text);
}

/* Whatever has no room is a fault, and stays one. */
static void
json_without_room_is_a_fault_that_stays(void **state)
{
	struct fault_note note;
	struct web_json json;
	struct buf text;
	size_t most;

	(void)state;
	for (most = 0; most < 26; most++) {
		buf_init(&text, most);
		web_json_init(&json, &text, &note);
		web_json_open(&json, NULL, '{');
		web_json_text(&json, "a", "b");
		web_json_int(&json, "c", -1);
		web_json_null(&json, "d");
		web_json_close(&json, '}');
		assert_int_equal(json.fault,
		    most < strlen("{\"a\":\"b\",\"c\":-1,\"d\":null}")
			? FAULT_INPUT
			: FAULT_NONE);
		buf_deinit(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_result_has_its_status_and_code),
		cmocka_unit_test(every_refusal_has_its_status_and_code),
		cmocka_unit_test(a_refund_is_the_payment_with_the_refund_added),
		cmocka_unit_test(a_receipt_stands_with_its_refund),
		cmocka_unit_test(cents_are_written_exactly),
		cmocka_unit_test(the_words_of_the_guide_are_kept),
		cmocka_unit_test(
		    a_problem_names_fields_and_balance_and_the_providers_words),
		cmocka_unit_test(a_result_without_a_payment_shows_no_amounts),
		cmocka_unit_test(a_replay_is_byte_for_byte_what_was_stored),
		cmocka_unit_test(every_answer_fits_where_it_is_stored),
		cmocka_unit_test(a_refused_field_hears_what_this_payment_wants),
		cmocka_unit_test(a_tax_part_that_is_missing_hears_that_it_is),
		cmocka_unit_test(all_fields_at_once_find_room),
		cmocka_unit_test(a_field_and_what_it_wants_make_a_sentence),
		cmocka_unit_test(a_payment_is_shown_with_its_refunds),
		cmocka_unit_test(a_reply_is_written_with_all_its_headers),
		cmocka_unit_test(who_is_nobody_is_told_how_to_sign_in),
		cmocka_unit_test(a_page_may_load_only_what_lies_beside_it),
		cmocka_unit_test(health_is_200_or_503),
		cmocka_unit_test(figures_are_written_as_prometheus_reads_them),
		cmocka_unit_test(for_people_each_member_has_a_line),
		cmocka_unit_test(json_without_room_is_a_fault_that_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
