/* SPDX-License-Identifier: MIT */
/*
 * The wire of i'mport V1: exact requests, and replies good and bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/iamport_v1_ask.h"
#include "provider/iamport_v1_wire.h"

#define MARKER  " [cp:0123456789]"
#define NEEDED  "\"imp_uid\":\"imp_1\",\"merchant_uid\":\"o-1\","
#define PAID    "\"status\":\"paid\",\"currency\":\"KRW\","
#define PAYMENT NEEDED PAID "\"amount\":1000,\"cancel_amount\":0"

static enum fault
read_payment(const char *text, struct iamport_v1_wire_answer *ret)
{
	struct fault_note note = { "" };

	return iamport_v1_wire_payment(text, strlen(text), ret, &note);
}

/* Is the reply, with these members in its response, a readable payment? */
static bool
is_readable(const char *members)
{
	struct iamport_v1_wire_answer answer;
	char text[4096];
	bool is;

	(void)snprintf(text, sizeof(text),
	    "{\"code\":0,\"message\":null,\"response\":{%s}}", members);
	assert_int_equal(read_payment(text, &answer), FAULT_NONE);
	is = answer.has_truth;
	assert_true(is || answer.note.text[0] != '\0');
	iamport_v1_wire_answer_deinit(&answer);
	return is;
}

static enum truth_channel
channel_of(const char *members)
{
	struct iamport_v1_wire_answer answer;
	enum truth_channel channel;
	char text[4096];

	(void)snprintf(
	    text, sizeof(text), "{\"code\":0,\"response\":{%s}}", members);
	assert_int_equal(read_payment(text, &answer), FAULT_NONE);
	assert_true(answer.has_truth);
	channel = answer.truth.channel;
	iamport_v1_wire_answer_deinit(&answer);
	return channel;
}

static void
a_test_channel_is_one_only_if_it_says_so(void **state)
{
	(void)state;
	assert_int_equal(
	    channel_of(PAYMENT ",\"sandbox\":true"), TRUTH_CHANNEL_TEST);
	assert_int_equal(
	    channel_of(PAYMENT ",\"sandbox\":false"), TRUTH_CHANNEL_LIVE);
	assert_int_equal(channel_of(PAYMENT), TRUTH_CHANNEL_UNKNOWN);
	assert_int_equal(
	    channel_of(PAYMENT ",\"sandbox\":null"), TRUTH_CHANNEL_UNKNOWN);
	assert_int_equal(
	    channel_of(PAYMENT ",\"sandbox\":1"), TRUTH_CHANNEL_UNKNOWN);
	assert_int_equal(
	    channel_of(PAYMENT ",\"sandbox\":\"true\""), TRUTH_CHANNEL_UNKNOWN);
}

static void
the_token_request_is_exact(void **state)
{
	struct fault_note note;
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	assert_int_equal(
	    iamport_v1_ask_token(&buf, "k\"1", "s\\2\n", &note), 0);
	assert_string_equal(buf_bytes(&buf),
	    "{\"imp_key\":\"k\\\"1\",\"imp_secret\":\"s\\\\2\\u000a\"}");
	assert_int_equal(
	    iamport_v1_ask_token(&buf, "\xff", "s", &note), FAULT_INPUT);
	buf_deinit(&buf);
}

static struct provider_call
cancel_of(const char *currency, int64_t amount, int64_t checksum)
{
	struct provider_call call = {
		.want = PROVIDER_CANCEL,
		.imp_uid = "imp_1",
		.currency = currency_find(currency),
		.amount = amount,
		.checksum = checksum,
		.tax_free = -1,
		.vat = -1,
		.reason = "사유" MARKER,
	};

	return call;
}

static void
asserts_cancel(const struct provider_call *call, const char *wanted)
{
	struct fault_note note;
	struct buf path, body;

	buf_init(&path, 100);
	buf_init(&body, 4096);
	assert_int_equal(
	    iamport_v1_ask_call(call, false, &path, &body, &note), 0);
	assert_string_equal(buf_bytes(&path), "/payments/cancel");
	assert_string_equal(buf_bytes(&body), wanted);
	buf_deinit(&path);
	buf_deinit(&body);
}

static void
a_cancel_always_says_amount_and_checksum(void **state)
{
	struct provider_call call = cancel_of("KRW", 3000, 10000);

	(void)state;
	asserts_cancel(&call,
	    "{\"imp_uid\":\"imp_1\",\"amount\":3000,\"checksum\":10000,"
	    "\"reason\":\"사유" MARKER "\","
	    "\"extra\":{\"requester\":\"admin\"}}");
}

static void
a_cancel_in_cents_is_written_from_its_digits(void **state)
{
	struct provider_call call = cancel_of("USD", 1, 99999999999999);

	(void)state;
	asserts_cancel(&call,
	    "{\"imp_uid\":\"imp_1\",\"amount\":0.01,"
	    "\"checksum\":999999999999.99,"
	    "\"reason\":\"사유" MARKER "\","
	    "\"extra\":{\"requester\":\"admin\"}}");
}

static void
a_cancel_says_everything_that_was_given(void **state)
{
	struct provider_call call = cancel_of("KRW", 3000, 10000);

	(void)state;
	call.tax_free = 0;
	call.vat = 0;
	call.is_customer = true;
	call.has_retain_promotion = true;
	strcpy(call.account.holder, "홍길동");
	strcpy(call.account.bank, "04");
	strcpy(call.account.account, "110-1");
	strcpy(call.account.tel, "010");
	asserts_cancel(&call,
	    "{\"imp_uid\":\"imp_1\",\"amount\":3000,\"checksum\":10000,"
	    "\"tax_free\":0,\"vat_amount\":0,"
	    "\"reason\":\"사유" MARKER "\",\"refund_holder\":\"홍길동\","
	    "\"refund_bank\":\"04\",\"refund_account\":\"110-1\","
	    "\"refund_tel\":\"010\",\"retain_promotion\":false,"
	    "\"extra\":{\"requester\":\"customer\"}}");
}

static void
a_cancel_with_broken_text_is_not_written(void **state)
{
	struct provider_call call = cancel_of("KRW", 1, 1);
	struct buf path, body;

	(void)state;
	buf_init(&path, 100);
	buf_init(&body, 4096);
	strcpy(call.account.holder, "\xed\xa0\x80");
	assert_int_equal(
	    iamport_v1_ask_call(&call, false, &path, &body, NULL), FAULT_INPUT);
	buf_deinit(&path);
	buf_deinit(&body);
}

/* With path_max and body_max as ceilings; how much was written of both. */
static enum fault
ask_within(const struct provider_call *call, bool is_all, size_t path_max,
    size_t body_max, size_t *ret_path_len, size_t *ret_body_len)
{
	struct fault_note note;
	struct buf path, body;
	enum fault f;

	buf_init(&path, path_max);
	buf_init(&body, body_max);
	f = iamport_v1_ask_call(call, is_all, &path, &body, &note);
	*ret_path_len = buf_len(&path);
	*ret_body_len = buf_len(&body);
	buf_deinit(&path);
	buf_deinit(&body);
	return f;
}

/* A cancel whose amount had no room would be one of everything. */
static void
a_request_without_room_for_all_of_it_is_a_fault(void **state)
{
	static const enum provider_want wants[] = { PROVIDER_CANCEL,
		PROVIDER_READ, PROVIDER_FIND, PROVIDER_FIND, PROVIDER_LIST };
	struct provider_call call = cancel_of("KRW", 3000, 10000);
	size_t i, most, path_len, body_len, path, body;

	(void)state;
	call.tax_free = 100;
	call.vat = 10;
	call.has_retain_promotion = call.retain_promotion = true;
	strcpy(call.account.holder, "홍길동");
	strcpy(call.account.tel, "010");
	strcpy(call.merchant_uid, "주문 1");
	call.page = 1;
	for (i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		call.want = wants[i];
		assert_int_equal(
		    ask_within(&call, i == 3, 4096, 4096, &path_len, &body_len),
		    FAULT_NONE);
		for (most = 0; most < path_len; most++)
			assert_int_equal(
			    ask_within(&call, i == 3, most, 4096, &path, &body),
			    FAULT_INPUT);
		for (most = 0; most < body_len; most++)
			assert_int_equal(
			    ask_within(&call, i == 3, 4096, most, &path, &body),
			    FAULT_INPUT);
	}
}

static void
a_token_request_without_room_is_a_fault(void **state)
{
	struct fault_note note;
	struct buf buf;
	size_t most;
	enum fault f;

	(void)state;
	for (most = 0;; most++) {
		buf_init(&buf, most);
		f = iamport_v1_ask_token(&buf, "key", "secret", &note);
		buf_deinit(&buf);
		if (f == FAULT_NONE)
			break;
		assert_int_equal(f, FAULT_INPUT);
	}
	assert_int_equal(
	    most, strlen("{\"imp_key\":\"key\",\"imp_secret\":\"secret\"}"));
	buf_init(&buf, 100);
	assert_int_equal(
	    iamport_v1_ask_token(&buf, "key", "\xff", &note), FAULT_INPUT);
	buf_deinit(&buf);
}

static void
a_documented_payment_is_read_whole(void **state)
{
	struct iamport_v1_wire_answer answer;
	const struct payment *payment = &answer.truth.payment;

	(void)state;
	assert_int_equal(
	    read_payment("{\"code\":0,\"message\":null,\"response\":{" NEEDED
			 "\"amount\":10000,\"cancel_amount\":3000,"
			 "\"cancel_history\":[{\"pg_tid\":\"Std\\/1\","
			 "\"amount\":1000,\"cancelled_at\":1793600100,"
			 "\"reason\":\"\\uace0\\uac1d \\ubcc0\\uc2ec\","
			 "\"cancellation_id\":\"06K0EXAMPLE000000001\"},"
			 "{\"amount\":2000,\"reason\":\"고객" MARKER "\"}],"
			 "\"currency\":\"KRW\",\"paid_at\":1793500000,"
			 "\"pay_method\":\"card\",\"vbank_num\":null,"
			 "\"pg_provider\":\"html5_inicis\",\"new\":[{}],"
			 "\"status\":\"cancelled\"}}\n",
		&answer),
	    FAULT_NONE);
	assert_true(answer.has_truth);
	assert_int_equal(answer.code, 0);
	assert_string_equal(answer.message, "");
	assert_string_equal(payment->imp_uid, "imp_1");
	assert_string_equal(payment->merchant_uid, "o-1");
	assert_int_equal(payment->amount, 10000);
	assert_int_equal(payment->cancel_amount, 3000);
	assert_ptr_equal(payment->currency, currency_find("KRW"));
	assert_string_equal(payment->pay_method, "card");
	assert_string_equal(payment->pg_provider, "html5_inicis");
	assert_int_equal(payment->status, PAYMENT_CANCELLED);
	assert_int_equal(payment->paid_at, 1793500000);
	assert_int_equal(answer.truth.n, 2);
	assert_string_equal(answer.truth.entries[0].id, "06K0EXAMPLE000000001");
	assert_int_equal(answer.truth.entries[0].amount, 1000);
	assert_int_equal(answer.truth.entries[0].cancelled_at, 1793600100);
	assert_string_equal(answer.truth.entries[0].marker, "");
	assert_string_equal(answer.truth.entries[1].id, "#0.2000.0123456789.0");
	assert_int_equal(answer.truth.entries[1].cancelled_at, 0);
	assert_string_equal(answer.truth.entries[1].marker, "0123456789");
	iamport_v1_wire_answer_deinit(&answer);
}

/* The receipt of a payment's one cancel, whose JSON is given. */
static void
expect_receipt(const char *json, const char *url)
{
	struct iamport_v1_wire_answer answer;
	char text[4096];

	(void)snprintf(text, sizeof(text),
	    "{\"code\":0,\"response\":{" NEEDED PAID
	    "\"amount\":1000,\"cancel_amount\":5,\"cancel_history\":"
	    "[{\"amount\":5,\"cancellation_id\":\"c1\"%s}]}}",
	    json);
	assert_int_equal(read_payment(text, &answer), FAULT_NONE);
	assert_true(answer.has_truth);
	assert_int_equal(answer.truth.n, 1);
	assert_int_equal(answer.truth.entries[0].amount, 5);
	assert_string_equal(answer.truth.entries[0].receipt_url, url);
	iamport_v1_wire_answer_deinit(&answer);
}

static void
a_receipt_that_is_no_link_spoils_nothing(void **state)
{
	char json[RECEIPT_URL_SIZE + 64], url[RECEIPT_URL_SIZE + 2];
	static const char *const hostile[] = {
		"",
		",\"receipt_url\":null",
		",\"receipt_url\":7",
		",\"receipt_url\":{}",
		",\"receipt_url\":\"\"",
		",\"receipt_url\":\"javascript:alert(1)\"",
		",\"receipt_url\":\"http://r.invalid/1\"",
		",\"receipt_url\":\"https://r.invalid/\\u0000\"",
		",\"receipt_url\":\"https://r.invalid/\\u0007\"",
		",\"receipt_url\":\"https://r.invalid/\\n\"",
		",\"receipt_url\":\"https://r.invalid/\\\"x\"",
		",\"receipt_url\":\"https://r.invalid/\\u202e\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		expect_receipt(hostile[i], "");
	expect_receipt(",\"receipt_url\":\"https:\\/\\/r.invalid\\/1?a=b&c\"",
	    "https://r.invalid/1?a=b&c");
	for (i = RECEIPT_URL_SIZE - 1; i <= RECEIPT_URL_SIZE; i++) {
		memset(url, 'a', i);
		memcpy(url, "https://r.invalid/", 18);
		url[i] = '\0';
		(void)snprintf(
		    json, sizeof(json), ",\"receipt_url\":\"%s\"", url);
		expect_receipt(json, i < RECEIPT_URL_SIZE ? url : "");
	}
}

static void
escaped_and_raw_text_are_read_alike(void **state)
{
	struct iamport_v1_wire_answer raw, escaped;

	(void)state;
	assert_int_equal(
	    read_payment("{\"code\":1,\"message\":\"취소\"}", &raw), 0);
	assert_int_equal(
	    read_payment(
		"{\"code\":1,\"message\":\"\\ucde8\\uc18c\"}", &escaped),
	    0);
	assert_string_equal(raw.message, "취소");
	assert_string_equal(escaped.message, "취소");
	assert_false(raw.has_truth);
}

static void
a_long_message_is_cut_between_characters(void **state)
{
	struct iamport_v1_wire_answer answer;
	char text[2000] = "{\"code\":-1,\"message\":\"";
	int i;

	(void)state;
	for (i = 0; i < 400; i++)
		strcat(text, "환");
	strcat(text, "\",\"response\":null}");
	assert_int_equal(read_payment(text, &answer), FAULT_NONE);
	assert_int_equal(answer.code, -1);
	assert_int_equal(strlen(answer.message), 510);
}

static void
what_is_no_envelope_is_unreadable(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"<html>",
		"{",
		"{\"code\":0",
		"{\"code\":0}x",
		"{\"code\":0}{}",
		"{\"message\":null}",
		"{\"code\":null}",
		"{\"code\":\"0\"}",
		"{\"code\":0.0}",
		"{\"code\":0,\"message\":1}",
		"{\"code\":0,\"message\":\"\xff\"}",
		"{\"code\":0,\"x\":\"\xed\xa0\x80\"}",
		"{\"code\":0 /* ok */}",
		"{\"code\":0,\"x\":"
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]"
		"]]]]]]]]]]]]]]]]]}",
	};
	struct iamport_v1_wire_answer answer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_payment(bad[i], &answer) != FAULT_INPUT)
			fail_msg("read: %s", bad[i]);
	}
	assert_int_equal(
	    iamport_v1_wire_payment("{\"code\":0,\0}", 12, &answer, NULL),
	    FAULT_INPUT);
}

static void
a_payment_lacking_what_is_needed_is_unreadable(void **state)
{
	static const char *const bad[] = {
		"",
		PAID NEEDED "\"amount\":1000",
		PAID NEEDED "\"cancel_amount\":0",
		PAID "\"imp_uid\":\"i\",\"amount\":1,\"cancel_amount\":0",
		PAID "\"merchant_uid\":\"m\",\"amount\":1,\"cancel_amount\":0",
		NEEDED "\"status\":\"paid\",\"amount\":1,\"cancel_amount\":0",
		NEEDED "\"currency\":\"KRW\",\"amount\":1,\"cancel_amount\":0",
		PAYMENT ",\"status\":null",
		PAYMENT ",\"currency\":\"XXX\"",
		PAYMENT ",\"currency\":\"krw\"",
		PAYMENT ",\"imp_uid\":17",
		PAYMENT ",\"imp_uid\":\"\"",
		PAYMENT ",\"imp_uid\":\"a\\u0000b\"",
		PAYMENT ",\"imp_uid\":\"123456789012345678901234567890123\"",
		PAYMENT ",\"amount\":0",
		PAYMENT ",\"amount\":-1",
		PAYMENT ",\"amount\":1e3",
		PAYMENT ",\"amount\":10.5",
		PAYMENT ",\"amount\":true",
		PAYMENT ",\"amount\":NaN",
		PAYMENT ",\"amount\":\"1,000\"",
		PAYMENT ",\"amount\":9007199254740993000",
		PAYMENT ",\"cancel_amount\":1001",
		PAYMENT ",\"cancel_amount\":-1",
		PAYMENT ",\"cancel_amount\":null",
		PAYMENT ",\"cancel_history\":{}",
		PAYMENT ",\"cancel_history\":[1]",
		PAYMENT ",\"cancel_history\":[null]",
		PAYMENT ",\"cancel_history\":[{}]",
		PAYMENT ",\"cancel_history\":[{\"amount\":-1}]",
		PAYMENT ",\"cancel_history\":[{\"amount\":1,"
			"\"cancellation_id\":7}]",
		PAYMENT ",\"cancel_history\":[{\"amount\":1,"
			"\"cancellation_id\":\"a\"},{\"amount\":1,"
			"\"cancellation_id\":\"a\"}]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (is_readable(bad[i]))
			fail_msg("read: %s", bad[i]);
	}
}

static void
odd_but_readable_payments_are_read(void **state)
{
	static const char *const good[] = {
		PAYMENT,
		PAYMENT ",\"cancel_history\":null",
		PAYMENT ",\"cancel_history\":[]",
		PAYMENT ",\"amount\":\"1000\"",
		PAYMENT ",\"amount\":1000.0",
		PAYMENT ",\"pay_method\":null,\"pg_provider\":3",
		PAYMENT ",\"paid_at\":null",
		PAYMENT ",\"cancel_history\":[{\"amount\":1,\"reason\":null,"
			"\"cancellation_id\":null}]",
		PAYMENT ",\"amount\":100000000000000",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!is_readable(good[i]))
			fail_msg("not read: %s", good[i]);
	}
}

static void
cents_are_read_exactly(void **state)
{
	struct iamport_v1_wire_answer answer;

	(void)state;
	assert_int_equal(
	    read_payment("{\"code\":0,\"response\":{" NEEDED
			 "\"status\":\"paid\",\"currency\":\"USD\","
			 "\"amount\":999999999999.99,"
			 "\"cancel_amount\":0.10}}",
		&answer),
	    FAULT_NONE);
	assert_true(answer.has_truth);
	assert_true(answer.truth.payment.amount == 99999999999999);
	assert_int_equal(answer.truth.payment.cancel_amount, 10);
	iamport_v1_wire_answer_deinit(&answer);
}

static void
a_history_past_its_ceiling_is_unreadable(void **state)
{
	struct iamport_v1_wire_answer answer;
	struct buf buf;
	int n, i;

	(void)state;
	for (n = HISTORY_MAX; n <= HISTORY_MAX + 1; n++) {
		buf_init(&buf, 100000);
		assert_int_equal(buf_add_text(&buf,
				     "{\"code\":0,\"response\":{" PAYMENT
				     ",\"cancel_history\":[{\"amount\":1}",
				     NULL),
		    FAULT_NONE);
		for (i = 1; i < n; i++)
			assert_int_equal(
			    buf_add_text(&buf, ",{\"amount\":1}", NULL), 0);
		assert_int_equal(buf_add_text(&buf, "]}}", NULL), 0);
		assert_int_equal(read_payment(buf_bytes(&buf), &answer), 0);
		assert_int_equal(answer.has_truth, n == HISTORY_MAX);
		iamport_v1_wire_answer_deinit(&answer);
		buf_deinit(&buf);
	}
}

static enum fault
read_token(const char *text, struct iamport_v1_wire_token *ret)
{
	return iamport_v1_wire_token(text, strlen(text), ret, NULL);
}

static void
a_token_and_its_life_are_read(void **state)
{
	struct iamport_v1_wire_token token;

	(void)state;
	assert_int_equal(
	    read_token("{\"code\":0,\"message\":null,\"response\":{"
		       "\"access_token\":\"ab12\",\"now\":1712634724,"
		       "\"expired_at\":1712636524}}",
		&token),
	    FAULT_NONE);
	assert_string_equal(token.text, "ab12");
	assert_int_equal(token.life_s, 1800);
	assert_int_equal(
	    read_token("{\"code\":0,\"response\":{\"access_token\":\"ab12\","
		       "\"now\":0,\"expired_at\":9223372036854775807}}",
		&token),
	    FAULT_NONE);
	assert_int_equal(token.life_s, 86400);
}

static void
a_token_that_could_not_be_sent_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"code\":-1,\"message\":\"no\",\"response\":null}",
		"{\"code\":0,\"response\":null}",
		"{\"code\":0,\"response\":{\"now\":1,\"expired_at\":9}}",
		"{\"code\":0,\"response\":{\"access_token\":\"a\","
		"\"now\":9,\"expired_at\":9}}",
		"{\"code\":0,\"response\":{\"access_token\":\"a\","
		"\"now\":-9223372036854775807,"
		"\"expired_at\":9223372036854775807}}",
		"{\"code\":0,\"response\":{\"access_token\":\"a\","
		"\"now\":\"1\",\"expired_at\":9}}",
		"{\"code\":0,\"response\":{\"access_token\":\"a b\","
		"\"now\":1,\"expired_at\":9}}",
		"{\"code\":0,\"response\":{\"access_token\":\"a\\r\\nb\","
		"\"now\":1,\"expired_at\":9}}",
		"{\"code\":0,\"response\":{\"access_token\":\"환\","
		"\"now\":1,\"expired_at\":9}}",
	};
	struct iamport_v1_wire_token token;
	char text[PROVIDER_TOKEN_SIZE + 200], longest[PROVIDER_TOKEN_SIZE + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_token(bad[i], &token) != FAULT_INPUT)
			fail_msg("read: %s", bad[i]);
	}
	memset(longest, 'a', PROVIDER_TOKEN_SIZE);
	for (i = PROVIDER_TOKEN_SIZE - 1; i <= PROVIDER_TOKEN_SIZE; i++) {
		longest[i] = '\0';
		(void)snprintf(text, sizeof(text),
		    "{\"code\":0,\"response\":{\"access_token\":\"%s\","
		    "\"now\":1,\"expired_at\":9}}",
		    longest);
		assert_int_equal(read_token(text, &token),
		    i < PROVIDER_TOKEN_SIZE ? FAULT_NONE : FAULT_INPUT);
		longest[i] = 'a';
	}
}

#define LIST(members)                                                          \
	"{\"code\":0,\"response\":{\"total\":1,\"previous\":0,\"next\":0,"     \
	"\"list\":[" members "]}}"
#define ONE(uid, order, members)                                               \
	"{\"imp_uid\":\"" uid "\",\"merchant_uid\":\"" order "\","             \
	"\"currency\":\"KRW\",\"amount\":1000,\"cancel_amount\":0," members    \
	"}"

static void
of_an_orders_payments_the_paid_ones_count(void **state)
{
	static const struct {
		const char *text;
		size_t n_paid;
		const char *imp_uid;
	} rows[] = {
		{ LIST(""), 0, "" },
		{ LIST(ONE("i1", "o", "\"status\":\"ready\"")), 0, "" },
		{ LIST(ONE("i1", "o", "\"status\":\"failed\"") "," ONE(
		      "i2", "o", "\"status\":\"paid\"")),
		    1, "i2" },
		{ LIST(ONE("i1", "x", "\"status\":\"paid\"") "," ONE(
		      "i2", "o", "\"status\":\"paid\"")),
		    1, "i2" },
		{ LIST(ONE("i1", "o", "\"status\":\"cancelled\"") "," ONE(
		      "i2", "o", "\"status\":\"paid\"")),
		    1, "i2" },
		{ LIST(ONE("i1", "o",
		      "\"paid_at\":5,\"status\":\"cancelled\"") "," ONE("i2",
		      "o", "\"status\":\"paid\"")),
		    2, "i1" },
	};
	struct iamport_v1_wire_answer answer;
	size_t i, n_paid;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    iamport_v1_wire_paid(rows[i].text, strlen(rows[i].text),
			"o", &answer, &n_paid, NULL),
		    FAULT_NONE);
		assert_int_equal(n_paid, rows[i].n_paid);
		assert_int_equal(answer.has_truth, n_paid > 0);
		assert_string_equal(
		    answer.truth.payment.imp_uid, rows[i].imp_uid);
		iamport_v1_wire_answer_deinit(&answer);
	}
}

static void
a_list_that_is_none_is_unreadable(void **state)
{
	static const char *const bad[] = {
		"{\"code\":0,\"response\":null}",
		"{\"code\":0,\"response\":[]}",
		"{\"code\":0,\"response\":{\"list\":null}}",
		"{\"code\":-1,\"response\":{\"list\":[]}}",
		LIST("null"),
		LIST(ONE("i1", "o", "\"status\":\"paid\"") ",{}"),
	};
	struct iamport_v1_wire_answer answer;
	size_t i, n_paid;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (iamport_v1_wire_paid(bad[i], strlen(bad[i]), "o", &answer,
			&n_paid, NULL) != FAULT_INPUT)
			fail_msg("read: %s", bad[i]);
	}
}

#define PAGE(list, rest)                                                       \
	"{\"code\":0,\"response\":{\"list\":[" list "]," rest "}}"

static void
a_page_names_its_payments_and_the_next(void **state)
{
	static const char text[] = PAGE("{\"imp_uid\":\"imp_1\"},{\"imp_uid\":"
					"\"imp_2\",\"amount\":\"odd\"}",
	    "\"total\":5,\"previous\":1,\"next\":3");
	static const char last[] =
	    PAGE("", "\"total\":0,\"previous\":0,\"next\":0");
	struct provider_page page;

	(void)state;
	assert_int_equal(
	    iamport_v1_wire_page(text, strlen(text), &page, NULL), FAULT_NONE);
	assert_int_equal(page.n, 2);
	assert_string_equal(page.imp_uids[0], "imp_1");
	assert_string_equal(page.imp_uids[1], "imp_2");
	assert_int_equal(page.next, 3);
	assert_int_equal(page.total, 5);
	free(page.imp_uids);
	assert_int_equal(
	    iamport_v1_wire_page(last, strlen(last), &page, NULL), FAULT_NONE);
	assert_int_equal(page.n, 0);
	assert_int_equal(page.next, 0);
	free(page.imp_uids);
}

static void
half_a_page_is_unreadable(void **state)
{
	static const char *const bad[] = {
		"",
		"{\"code\":0,\"response\":null}",
		"{\"code\":-1,\"response\":{\"list\":[],\"total\":0,\"next\":0}"
		"}",
		"{\"code\":0,\"response\":{\"total\":0,\"next\":0}}",
		PAGE("", "\"total\":0"),
		PAGE("", "\"next\":0"),
		PAGE("", "\"total\":0,\"next\":null"),
		PAGE("", "\"total\":0,\"next\":-1"),
		PAGE("null", "\"total\":1,\"next\":0"),
		PAGE("{\"imp_uid\":\"imp_1\"},{\"imp_uid\":7}",
		    "\"total\":2,\"next\":0"),
		PAGE("{\"imp_uid\":\"imp_012345678901234567890123456789\"}",
		    "\"total\":1,\"next\":0"),
	};
	struct provider_page page;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (iamport_v1_wire_page(bad[i], strlen(bad[i]), &page, NULL) !=
		    FAULT_INPUT)
			fail_msg("read: %s", bad[i]);
	}
}

/* i'mport was asked for no more than fits. */
static void
a_page_past_its_ceiling_is_unreadable(void **state)
{
	static const char one[] = "{\"imp_uid\":\"imp_1\"}";
	char text[PROVIDER_PAGE_MAX * 25 + 128];
	struct provider_page page;
	int extra, i, n;

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		n = snprintf(text, sizeof(text),
		    "{\"code\":0,\"response\":{\"total\":1,\"next\":0,"
		    "\"list\":[%s",
		    one);
		for (i = 1; i < PROVIDER_PAGE_MAX + extra; i++)
			n += snprintf(
			    text + n, sizeof(text) - (size_t)n, ",%s", one);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "]}}");
		assert_int_equal(
		    iamport_v1_wire_page(text, (size_t)n, &page, NULL),
		    extra == 0 ? FAULT_NONE : FAULT_INPUT);
		if (extra == 0)
			free(page.imp_uids);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_channel_is_one_only_if_it_says_so),
		cmocka_unit_test(the_token_request_is_exact),
		cmocka_unit_test(a_cancel_always_says_amount_and_checksum),
		cmocka_unit_test(a_cancel_in_cents_is_written_from_its_digits),
		cmocka_unit_test(a_cancel_says_everything_that_was_given),
		cmocka_unit_test(a_cancel_with_broken_text_is_not_written),
		cmocka_unit_test(
		    a_request_without_room_for_all_of_it_is_a_fault),
		cmocka_unit_test(a_token_request_without_room_is_a_fault),
		cmocka_unit_test(a_documented_payment_is_read_whole),
		cmocka_unit_test(a_receipt_that_is_no_link_spoils_nothing),
		cmocka_unit_test(escaped_and_raw_text_are_read_alike),
		cmocka_unit_test(a_long_message_is_cut_between_characters),
		cmocka_unit_test(what_is_no_envelope_is_unreadable),
		cmocka_unit_test(
		    a_payment_lacking_what_is_needed_is_unreadable),
		cmocka_unit_test(odd_but_readable_payments_are_read),
		cmocka_unit_test(cents_are_read_exactly),
		cmocka_unit_test(a_history_past_its_ceiling_is_unreadable),
		cmocka_unit_test(a_token_and_its_life_are_read),
		cmocka_unit_test(a_token_that_could_not_be_sent_is_refused),
		cmocka_unit_test(of_an_orders_payments_the_paid_ones_count),
		cmocka_unit_test(a_list_that_is_none_is_unreadable),
		cmocka_unit_test(a_page_names_its_payments_and_the_next),
		cmocka_unit_test(half_a_page_is_unreadable),
		cmocka_unit_test(a_page_past_its_ceiling_is_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
