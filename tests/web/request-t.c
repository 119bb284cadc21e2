/* SPDX-License-Identifier: MIT */
/*
 * Requests as bytes, good and bad, and what is made of them.
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

#include "app/tally.h"
#include "web/fake_io.h"
#include "web/web_request.h"

static enum fault
one(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	(void)self;
	(void)note;
	*ret_bits = 1;
	return FAULT_NONE;
}

static const struct web web = {
	.chance = { one, NULL },
	.auth = { .mode = WEB_AUTH_NONE, .allowed_origins = "" },
	.webhook_addresses = "",
	.static_dir = "",
	.fingerprint_key = "a key for tests only, 31 bytes",
};

/* One request and all that came of it. */
struct seen {
	struct fake_io fake;
	struct web_request request;
	struct web_reply reply;
	bool is_good;
};

static struct seen *
see_bytes(const struct web *with, const char *text, size_t len)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	assert_non_null(seen);
	fake_io_init(&seen->fake, text, len);
	web_reply_init(&seen->reply);
	seen->is_good = web_request_read(
	    with, &seen->fake.io, &seen->request, &seen->reply);
	return seen;
}

static struct seen *
see(const char *text)
{
	return see_bytes(&web, text, strlen(text));
}

static void
forget(struct seen *seen)
{
	web_reply_deinit(&seen->reply);
	fake_io_deinit(&seen->fake);
	free(seen);
}

#define POST                                                                   \
	"REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"                  \
	"CONTENT_TYPE=application/json\n"

static struct seen *
see_post(const char *headers, const char *body)
{
	char text[8192];
	int len = snprintf(text, sizeof(text), "%s%s\n%s", POST, headers, body);

	assert_in_range(len, 1, sizeof(text) - 1);
	return see(text);
}

static const char *
member(struct json_object *root, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(root, name, &value)
	    ? json_object_get_string(value)
	    : NULL;
}

/* It was refused with this status, and says code and field. */
static void
assert_refused(
    struct seen *seen, int status, const char *code, const char *field)
{
	struct json_object *root;

	assert_false(seen->is_good);
	assert_int_equal(seen->reply.status, status);
	root = json_tokener_parse(buf_bytes(&seen->reply.body));
	assert_non_null(root);
	assert_string_equal(member(root, "code"), code);
	assert_string_equal(member(root, "detail"), member(root, "message"));
	if (field == NULL)
		assert_null(member(root, "field"));
	else
		assert_string_equal(member(root, "field"), field);
	json_object_put(root);
	forget(seen);
}

static void
every_field_of_a_refund_is_read(void **state)
{
	struct seen *seen = see_post("HTTP_IDEMPOTENCY_KEY=key-1\n",
	    "{\"merchant_uid\":\"주문/1\",\"imp_uid\":\"imp_1\","
	    "\"cancel_request_amount\":1000,\"tax_free\":0,"
	    "\"vat_amount\":\"12.50\",\"reason\":\"마음이\\n바뀜\","
	    "\"refund_holder\":\"홍길동\",\"refund_bank\":\"88\","
	    "\"refund_account\":\"110-1\",\"refund_tel\":\"+82-10\","
	    "\"requester\":\"customer\",\"retain_promotion\":true}");
	const struct refund_request *refund = &seen->request.refund;

	(void)state;
	assert_true(seen->is_good);
	assert_int_equal(seen->request.route, WEB_ROUTE_REFUND);
	assert_string_equal(refund->merchant_uid, "주문/1");
	assert_string_equal(refund->imp_uid, "imp_1");
	assert_true(refund->amount.is_given && !refund->amount.is_string);
	assert_string_equal(refund->amount.text, "1000");
	assert_true(refund->tax_free.is_given);
	assert_string_equal(refund->tax_free.text, "0");
	assert_true(refund->vat.is_given && refund->vat.is_string);
	assert_string_equal(refund->vat.text, "12.50");
	assert_string_equal(refund->reason, "마음이\n바뀜");
	assert_string_equal(refund->account.holder, "홍길동");
	assert_string_equal(refund->account.bank, "88");
	assert_string_equal(refund->account.account, "110-1");
	assert_string_equal(refund->account.tel, "+82-10");
	assert_true(refund->is_customer);
	assert_true(refund->has_retain_promotion && refund->retain_promotion);
	assert_string_equal(refund->caller, "none");
	assert_string_equal(refund->language, "en");
	assert_string_equal(refund->idempotency_key, "key-1");
	forget(seen);
}

static void
an_order_alone_is_enough_and_means_admin_and_everything(void **state)
{
	struct seen *seen = see_post("", "{\"merchant_uid\":\"a\"} \n");

	(void)state;
	assert_true(seen->is_good);
	assert_false(seen->request.refund.amount.is_given);
	assert_false(seen->request.refund.is_customer);
	assert_false(seen->request.refund.has_retain_promotion);
	assert_string_equal(seen->request.refund.idempotency_key, "");
	forget(seen);
}

static void
malformed_bodies_are_refused(void **state)
{
	static const char *const bodies[] = { "", " ", "{", "[]", "1", "null",
		"\"a\"", "{\"merchant_uid\":\"a\"}x",
		"{\"merchant_uid\":\"a\"}{}", "{'merchant_uid':\"a\"}",
		"{\"merchant_uid\":\"a\",}", "{merchant_uid:\"a\"}",
		"{\"merchant_uid\":\"\\u0000\"}",
		"{\"merchant_uid\":\"a\\u0000b\"}",
		"{\"merchant_uid\":\"\\ud800\"}",
		"{\"merchant_uid\":\"\\ud800\\u0041\"}",
		"{\"merchant_uid\":\"\\udc00\"}",
		"{\"merchant_uid\":\"\\x41\"}", "{\"merchant_uid\":\"a\nb\"}",
		"{\"merchant_uid\":\"\xff\"}",
		"{\"merchant_uid\":\"\xc0\x80\"}",
		"\xef\xbb\xbf{\"merchant_uid\":\"a\"}",
		"{\"merchant_uid\":NaN}", "{\"merchant_uid\":Infinity}",
		"{\"merchant_uid\":\"a\"/**/}", "{\"a\":[[[[[[[[1]]]]]]]]}",
		"{\"merchant_uid\":TRUE}", "{\"merchant_uid\":\"a",
		"{\"merchant_uid\":\"a\\" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_refused(
		    see_post("", bodies[i]), 400, "malformed_request", NULL);
}

static void
a_nul_in_a_body_is_refused(void **state)
{
	static const char text[] = POST "\n{\"merchant_uid\":\"a\0b\"}";

	(void)state;
	assert_refused(see_bytes(&web, text, sizeof(text) - 1), 400,
	    "malformed_request", NULL);
}

static void
a_wrong_field_is_refused_by_name(void **state)
{
	static const struct {
		const char *field;
		const char *rest; /* of {"merchant_uid":"a", */
	} cases[] = {
		{ "amount", "\"amount\":1" },
		{ "", "\"\":1" },
		{ "Reason", "\"Reason\":\"a\"" },
		{ "merchant_uid", "\"merchant_uid\":\"a\"" },
		{ "merchant_uid", "\"\\u006derchant_uid\":\"a\"" },
		{ "reason", "\"reason\":\"a\",\"reason\":\"a\"" },
		{ "nested", "\"nested\":{\"reason\":1}" },
		{ "cancel_request_amount", "\"cancel_request_amount\":0" },
		{ "cancel_request_amount", "\"cancel_request_amount\":-1" },
		{ "cancel_request_amount", "\"cancel_request_amount\":-0" },
		{ "cancel_request_amount", "\"cancel_request_amount\":null" },
		{ "cancel_request_amount", "\"cancel_request_amount\":1.0" },
		{ "cancel_request_amount", "\"cancel_request_amount\":1.5" },
		{ "cancel_request_amount", "\"cancel_request_amount\":1e3" },
		{ "cancel_request_amount", "\"cancel_request_amount\":true" },
		{ "cancel_request_amount", "\"cancel_request_amount\":[1]" },
		{ "cancel_request_amount", "\"cancel_request_amount\":{}" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":100000000000001" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":9223372036854775808" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":99999999999999999999999" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\"\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\"0\"" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":\"0.00\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\"1.\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\".5\"" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":\"1.2.3\"" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":\"1,000\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\"01\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\"+1\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\"-1\"" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":\"1e3\"" },
		{ "cancel_request_amount", "\"cancel_request_amount\":\" 1\"" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":\"1234567890123456\"" },
		{ "cancel_request_amount",
		    "\"cancel_request_amount\":\"1.2345\"" },
		{ "tax_free", "\"tax_free\":-1" },
		{ "tax_free", "\"tax_free\":null" },
		{ "vat_amount", "\"vat_amount\":\"x\"" },
		{ "reason", "\"reason\":1" },
		{ "reason", "\"reason\":null" },
		{ "reason", "\"reason\":\"a\\rb\"" },
		{ "reason", "\"reason\":\"a\\u001bb\"" },
		{ "reason", "\"reason\":\"a\\u007fb\"" },
		{ "reason", "\"reason\":\"a\\u0085b\"" },
		{ "reason", "\"reason\":\"x [cp:0123456789]\"" },
		{ "reason", "\"reason\":\"\\u005bcp:\"" },
		{ "refund_holder", "\"refund_holder\":\"\"" },
		{ "refund_holder", "\"refund_holder\":\"a\\nb\"" },
		{ "refund_holder", "\"refund_holder\":\"12345678901234567\"" },
		{ "refund_bank", "\"refund_bank\":\"12345\"" },
		{ "refund_bank", "\"refund_bank\":\"8 8\"" },
		{ "refund_bank", "\"refund_bank\":88" },
		{ "refund_account", "\"refund_account\":\"12a\"" },
		{ "refund_account",
		    "\"refund_account\":\"12345678901234567\"" },
		{ "refund_tel", "\"refund_tel\":\"010 1234\"" },
		{ "requester", "\"requester\":\"root\"" },
		{ "requester", "\"requester\":\"\"" },
		{ "requester", "\"requester\":true" },
		{ "retain_promotion", "\"retain_promotion\":1" },
		{ "retain_promotion", "\"retain_promotion\":\"true\"" },
		{ "imp_uid", "\"imp_uid\":\"\"" },
		{ "imp_uid", "\"imp_uid\":\"imp 1\"" },
		{ "imp_uid", "\"imp_uid\":\"주문\"" },
		{ "imp_uid",
		    "\"imp_uid\":\"123456789012345678901234567890123\"" },
	};
	char body[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(body, sizeof(body),
		    "{\"merchant_uid\":\"a\",%s}", cases[i].rest);
		assert_refused(
		    see_post("", body), 400, "invalid_field", cases[i].field);
	}
}

static void
an_order_has_to_be_named_and_fit(void **state)
{
	static const char *const bodies[] = { "{}", "{\"merchant_uid\":\"\"}",
		"{\"merchant_uid\":1}", "{\"merchant_uid\":null}",
		"{\"merchant_uid\":\"a\\u0001\"}",
		"{\"merchant_uid\":"
		"\"12345678901234567890123456789012345678901\"}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_refused(see_post("", bodies[i]), 400, "invalid_field",
		    "merchant_uid");
}

static void
an_unknown_name_is_shown_cut_between_characters(void **state)
{
	char body[600], name[320] = "";
	struct seen *seen;
	struct json_object *root;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		strcat(name, "가");
	(void)snprintf(body, sizeof(body), "{\"%s\":1}", name);
	seen = see_post("", body);
	root = json_tokener_parse(buf_bytes(&seen->reply.body));
	assert_int_equal(strlen(member(root, "field")), 63);
	json_object_put(root);
	forget(seen);
}

static void
lengths_are_counted_in_characters(void **state)
{
	char body[4096] = "{\"merchant_uid\":\"";
	struct seen *seen;
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		strcat(body, "😀");
	strcat(body, "\",\"reason\":\"");
	for (i = 0; i < 500; i++)
		strcat(body, "😀");
	strcat(body, "\",\"refund_holder\":\"");
	for (i = 0; i < 16; i++)
		strcat(body, "😀");
	strcat(body, "\"}");
	seen = see_post("", body);
	assert_true(seen->is_good);
	assert_int_equal(strlen(seen->request.refund.reason), 2000);
	forget(seen);
}

static void
only_json_in_utf8_is_taken(void **state)
{
	static const char *const good[] = { "application/json",
		"APPLICATION/JSON", "application/json; charset=utf-8",
		"application/json;charset=UTF-8",
		"application/json ; charset=\"utf-8\"" };
	static const char *const bad[] = { "", "text/plain",
		"application/jsonx", "application/json; charset=euc-kr",
		"application/problem+json", "application/json, text/plain",
		"multipart/form-data", "application/x-www-form-urlencoded",
		"application/json; x=y" };
	char text[512];
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
		    "CONTENT_TYPE=%s\n\n{\"merchant_uid\":\"a\"}",
		    good[i]);
		seen = see(text);
		assert_true(seen->is_good);
		forget(seen);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
		    "CONTENT_TYPE=%s\n\n{\"merchant_uid\":\"a\"}",
		    bad[i]);
		assert_refused(see(text), 415, "unsupported_media_type", NULL);
	}
	assert_refused(see("REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
			   "\n{\"merchant_uid\":\"a\"}"),
	    415, "unsupported_media_type", NULL);
}

static void
a_key_comes_bare_or_quoted_and_is_the_same(void **state)
{
	static const struct {
		const char *header, *key;
	} cases[] = {
		{ "abc", "abc" },
		{ "\"abc\"", "abc" },
		{ "\"a\\\"b\\\\c\"", "a\"b\\c" },
		{ "a\\b", "a\\b" },
		{ "a,b", "a,b" },
		{ "\"a b\"", "a b" },
	};
	char header[512];
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(header, sizeof(header),
		    "HTTP_IDEMPOTENCY_KEY=%s\n", cases[i].header);
		seen = see_post(header, "{\"merchant_uid\":\"a\"}");
		assert_true(seen->is_good);
		assert_string_equal(
		    seen->request.refund.idempotency_key, cases[i].key);
		forget(seen);
	}
}

static void
a_key_that_is_not_one_value_is_refused(void **state)
{
	static const char *const keys[] = { "", "a, b", "a b", "\"", "\"a",
		"\"a\"b", "\"a\\\"", "\"a\\x\"", "\"\"", "\xea\xb0\x80",
		"a\tb" };
	char header[600], key[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)snprintf(header, sizeof(header),
		    "HTTP_IDEMPOTENCY_KEY=%s\n", keys[i]);
		assert_refused(see_post(header, "{\"merchant_uid\":\"a\"}"),
		    400, "invalid_field", "Idempotency-Key");
	}
	assert_refused(see_post("HTTP_IDEMPOTENCY_KEY=a\n"
				"HTTP_IDEMPOTENCY_KEY=a\n",
			   "{\"merchant_uid\":\"a\"}"),
	    400, "invalid_field", "Idempotency-Key");
	memset(key, 'k', 256);
	key[256] = '\0';
	(void)snprintf(
	    header, sizeof(header), "HTTP_IDEMPOTENCY_KEY=%s\n", key);
	assert_refused(see_post(header, "{\"merchant_uid\":\"a\"}"), 400,
	    "invalid_field", "Idempotency-Key");
}

static void
fingerprint_of(const char *headers, const char *body,
    unsigned char ret[static FINGERPRINT_LEN])
{
	struct seen *seen = see_post(headers, body);

	assert_true(seen->is_good);
	memcpy(ret, seen->request.refund.fingerprint, FINGERPRINT_LEN);
	forget(seen);
}

static void
equal_requests_have_one_fingerprint_and_others_another(void **state)
{
	static const char *const others[] = {
		"{\"merchant_uid\":\"b\"}",
		"{\"imp_uid\":\"a\"}",
		"{\"merchant_uid\":\"a\",\"cancel_request_amount\":1}",
		"{\"merchant_uid\":\"a\",\"cancel_request_amount\":\"1\"}",
		"{\"merchant_uid\":\"a\",\"tax_free\":1}",
		"{\"merchant_uid\":\"a\",\"reason\":\"1:\"}",
		"{\"merchant_uid\":\"a\",\"refund_holder\":\"1:\"}",
		"{\"merchant_uid\":\"a\",\"refund_account\":\"1\"}",
		"{\"merchant_uid\":\"a\",\"refund_account\":\"2\"}",
		"{\"merchant_uid\":\"a\",\"requester\":\"customer\"}",
		"{\"merchant_uid\":\"a\",\"retain_promotion\":false}",
		"{\"merchant_uid\":\"a\",\"retain_promotion\":true}",
	};
	unsigned char prints[20][FINGERPRINT_LEN], same[FINGERPRINT_LEN];
	const size_t n = sizeof(others) / sizeof(others[0]);
	size_t i, k;

	(void)state;
	fingerprint_of("", "{\"merchant_uid\":\"a\"}", prints[n]);
	fingerprint_of("HTTP_IDEMPOTENCY_KEY=k\nHTTP_ACCEPT_LANGUAGE=ko\n",
	    " { \"merchant_uid\" : \"\\u0061\", \"requester\":\"admin\" }",
	    same);
	assert_memory_equal(prints[n], same, FINGERPRINT_LEN);
	for (i = 0; i < n; i++) {
		fingerprint_of("", others[i], prints[i]);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(
			    prints[i], prints[k], FINGERPRINT_LEN);
		assert_memory_not_equal(prints[i], prints[n], FINGERPRINT_LEN);
	}
}

static void
lengths_that_do_not_hold_are_refused(void **state)
{
	(void)state;
	assert_refused(see_post("CONTENT_LENGTH=30\n", "{}"), 400,
	    "malformed_request", NULL);
	assert_refused(see_post("CONTENT_LENGTH=1\n", "{}"), 400,
	    "malformed_request", NULL);
	assert_refused(see_post("CONTENT_LENGTH=x\n", "{}"), 400,
	    "malformed_request", NULL);
	assert_refused(see_post("CONTENT_LENGTH=-2\n", "{}"), 400,
	    "malformed_request", NULL);
	assert_refused(
	    see_post("CONTENT_LENGTH=\n", "{}"), 411, "length_required", NULL);
	assert_refused(see_post("CONTENT_LENGTH=65537\n", "{}"), 413,
	    "body_too_large", NULL);
}

static void
a_chunked_body_is_read_to_its_end(void **state)
{
	struct seen *seen =
	    see_post("CONTENT_LENGTH=\nHTTP_TRANSFER_ENCODING=chunked\n",
		"{\"merchant_uid\":\"a\"}");

	(void)state;
	assert_true(seen->is_good);
	assert_true(web_io_is_drained(&seen->fake.io));
	forget(seen);
}

/* A POST with a body of len bytes of which most are spaces. */
static struct seen *
see_large(size_t len)
{
	static const char end[] = "{\"merchant_uid\":\"a\"}";
	size_t head = strlen(POST) + 1;
	char *text = malloc(head + len);
	struct seen *seen;

	assert_non_null(text);
	memcpy(text, POST "\n", head);
	memset(text + head, ' ', len);
	memcpy(text + head + len - strlen(end), end, strlen(end));
	seen = see_bytes(&web, text, head + len);
	free(text);
	return seen;
}

static void
a_body_has_64_kib_and_not_a_byte_more(void **state)
{
	struct seen *seen = see_large(65536);

	(void)state;
	assert_true(seen->is_good);
	forget(seen);
	seen = see_large(65537);
	assert_true(web_io_is_drained(&seen->fake.io));
	assert_refused(seen, 413, "body_too_large", NULL);
}

static void
a_body_without_end_is_not_read_to_its_end(void **state)
{
	struct seen *seen = see_large((size_t)3 * 1024 * 1024);

	(void)state;
	assert_false(web_io_is_drained(&seen->fake.io));
	assert_refused(seen, 413, "body_too_large", NULL);
}

static void
a_broken_connection_gets_no_answer(void **state)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	(void)state;
	assert_non_null(seen);
	fake_io_init(&seen->fake, POST "\n{}", strlen(POST "\n{}"));
	seen->fake.in.FCGI_errno = -3;
	web_reply_init(&seen->reply);
	assert_false(web_request_read(
	    &web, &seen->fake.io, &seen->request, &seen->reply));
	assert_int_equal(seen->reply.status, 0);
	assert_false(web_io_is_drained(&seen->fake.io));
	forget(seen);
}

static void
routes_are_found_by_the_end_of_the_path(void **state)
{
	static const struct {
		const char *params;
		enum web_route route;
		const char *text; /* order, refund or file */
		const char *base;
	} cases[] = {
		{ "REQUEST_URI=/payments/a", WEB_ROUTE_PAYMENT, "a", "" },
		{ "REQUEST_URI=/shop/x/payments/a?b=c", WEB_ROUTE_PAYMENT, "a",
		    "/shop/x" },
		{ "REQUEST_URI=//shop//payments//a/", WEB_ROUTE_PAYMENT, "a",
		    "/shop" },
		{ "REQUEST_URI=/payments/a%2Fb%20%EA%B0%80+", WEB_ROUTE_PAYMENT,
		    "a/b 가+", "" },
		{ "REQUEST_URI=/payments/cancelled", WEB_ROUTE_PAYMENT,
		    "cancelled", "" },
		{ "REQUEST_URI=/payments\nQUERY_STRING=merchant_uid=cancel",
		    WEB_ROUTE_PAYMENT, "cancel", "" },
		{ "REQUEST_URI=/payments?merchant_uid=a%2Fb+c\n"
		  "QUERY_STRING=merchant_uid=a%2Fb+c",
		    WEB_ROUTE_PAYMENT, "a/b c", "" },
		{ "SCRIPT_NAME=/pay\nPATH_INFO=/payments/a b",
		    WEB_ROUTE_PAYMENT, "a b", "/pay" },
		{ "SCRIPT_NAME=/a/b.cgi\nPATH_INFO=/refund/payments/a\n"
		  "REQUEST_URI=/x",
		    WEB_ROUTE_PAYMENT, "a", "/a/b.cgi/refund" },
		{ "SCRIPT_NAME=\nPATH_INFO=/payments/a", WEB_ROUTE_PAYMENT, "a",
		    "" },
		{ "DOCUMENT_URI=/s/payments/a", WEB_ROUTE_PAYMENT, "a", "/s" },
		{ "SCRIPT_NAME=/s/payments/a", WEB_ROUTE_PAYMENT, "a", "/s" },
		{ "REQUEST_URI=/s%0d%0aX:%20y/payments/a", WEB_ROUTE_PAYMENT,
		    "a", "/s%0D%0AX%3A%20y" },
		{ "REQUEST_URI=/refunds/0123456789", WEB_ROUTE_STATE,
		    "0123456789", "" },
		{ "REQUEST_URI=/s/healthz", WEB_ROUTE_HEALTH, "", "/s" },
		{ "REQUEST_URI=/s/metrics", WEB_ROUTE_METRICS, "", "/s" },
		{ "REQUEST_URI=/", WEB_ROUTE_STATIC, "index.html", "" },
		{ "REQUEST_URI=/shop/", WEB_ROUTE_STATIC, "shop/index.html",
		    "/shop" },
		{ "SCRIPT_NAME=/shop\nPATH_INFO=/", WEB_ROUTE_STATIC,
		    "index.html", "/shop" },
		{ "SCRIPT_NAME=/cgi-bin/cancelpay.cgi\n"
		  "REQUEST_URI=/cgi-bin/cancelpay.cgi",
		    WEB_ROUTE_STATIC, "cgi-bin/cancelpay.cgi/index.html",
		    "/cgi-bin/cancelpay.cgi" },
		{ "SCRIPT_NAME=/shop\nPATH_INFO=/vendor/jquery.min.js",
		    WEB_ROUTE_STATIC, "vendor/jquery.min.js",
		    "/shop/vendor/jquery.min.js" },
	};
	char text[512];
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "REQUEST_METHOD=GET\n%s\n",
		    cases[i].params);
		seen = see(text);
		assert_true(seen->is_good);
		assert_int_equal(seen->request.route, cases[i].route);
		assert_string_equal(seen->request.base_path, cases[i].base);
		if (cases[i].route == WEB_ROUTE_PAYMENT)
			assert_string_equal(
			    seen->request.merchant_uid, cases[i].text);
		if (cases[i].route == WEB_ROUTE_STATE)
			assert_string_equal(
			    seen->request.refund_id, cases[i].text);
		if (cases[i].route == WEB_ROUTE_STATIC)
			assert_string_equal(seen->request.path, cases[i].text);
		forget(seen);
	}
}

static void
a_post_to_the_program_itself_is_a_refund(void **state)
{
	static const char *const params[] = {
		"REQUEST_URI=/payments/cancel",
		"REQUEST_URI=/payments/cancel/?x=y",
		"REQUEST_URI=/shop/refund/payments/cancel",
		"SCRIPT_NAME=/c.cgi\nPATH_INFO=/payments/cancel",
		"SCRIPT_NAME=/c.cgi\nREQUEST_URI=/c.cgi",
		"SCRIPT_NAME=/c.cgi\nPATH_INFO=/",
		"REQUEST_URI=/refund",
		"REQUEST_URI=/",
	};
	char text[512];
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=POST\nCONTENT_TYPE=application/json\n%s\n"
		    "\n{\"merchant_uid\":\"a\"}",
		    params[i]);
		seen = see(text);
		assert_true(seen->is_good);
		assert_int_equal(seen->request.route, WEB_ROUTE_REFUND);
		forget(seen);
	}
}

static void
a_wrong_method_is_told_the_right_ones(void **state)
{
	static const struct {
		const char *request, *allow;
	} cases[] = {
		{ "REQUEST_METHOD=PUT\nREQUEST_URI=/payments/cancel\n",
		    "POST" },
		{ "REQUEST_METHOD=OPTIONS\nREQUEST_URI=/payments/cancel\n",
		    "POST" },
		{ "REQUEST_METHOD=GET\nREQUEST_URI=/s/payments/cancel/?a=b\n",
		    "POST" },
		{ "REQUEST_METHOD=HEAD\nSCRIPT_NAME=/s\n"
		  "PATH_INFO=/payments/cancel\n",
		    "POST" },
		{ "REQUEST_METHOD=GET\nREQUEST_URI=/payments/webhook\n",
		    "POST" },
		{ "REQUEST_METHOD=DELETE\nREQUEST_URI=/payments/webhook\n",
		    "POST" },
		{ "REQUEST_METHOD=DELETE\nREQUEST_URI=/payments/a\n",
		    "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/payments/a\n",
		    "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/payments\n", "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/refunds/0123456789\n",
		    "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/healthz\n", "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/metrics\n", "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/index.html\n",
		    "GET, HEAD" },
		{ "REQUEST_METHOD=POST\nSCRIPT_NAME=\nPATH_INFO=/foo\n",
		    "GET, HEAD" },
		{ "REQUEST_METHOD=get\nREQUEST_URI=/\n", "GET, HEAD, POST" },
		{ "REQUEST_URI=/index.html\n", "GET, HEAD" },
	};
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		seen = see(cases[i].request);
		assert_string_equal(seen->reply.allow, cases[i].allow);
		assert_refused(seen, 405, "method_not_allowed", NULL);
	}
}

static void
addresses_that_cannot_be_ours_are_refused(void **state)
{
	static const char *const uris[] = { "/payments/%", "/payments/%zz",
		"/payments/a%00b", "/payments/%ff", "/../../etc/passwd.txt",
		"/%2e%2e/x.html", "/a%2f..%2fb.html", "/a%5cb.html",
		"/.git/config.txt" };
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=GET\nREQUEST_URI=%s\n", uris[i]);
		assert_refused(see(text), 404, "not_found", NULL);
	}
	assert_refused(see("REQUEST_METHOD=GET\nREQUEST_URI=/refunds/nope\n"),
	    404, "refund_not_found", NULL);
	assert_refused(see("REQUEST_METHOD=GET\nREQUEST_URI=/payments\n"), 400,
	    "invalid_field", "merchant_uid");
	assert_refused(see("REQUEST_METHOD=GET\nREQUEST_URI=/payments\n"
			   "QUERY_STRING=merchant_uid=a&merchant_uid=b\n"),
	    400, "invalid_field", "merchant_uid");
	assert_refused(see("REQUEST_METHOD=GET\nREQUEST_URI=/payments/a%0Ab\n"),
	    400, "invalid_field", "merchant_uid");
}

/* GET of head, one letter so often, and tail. */
static struct seen *
see_long(const char *head, const char *letter, int n, const char *tail)
{
	char text[2048] = "REQUEST_METHOD=GET\nREQUEST_URI=";

	(void)strcat(text, head);
	for (; n > 0; n--)
		(void)strcat(text, letter);
	(void)strcat(text, tail);
	(void)strcat(text, "\n");
	return see(text);
}

/* Whatever has a ceiling: no shorter address is taken for a longer one. */
static void
addresses_too_long_are_refused(void **state)
{
	struct seen *seen;
	int n;

	(void)state;
	assert_refused(
	    see_long("", "/a", 33, "/payments/x"), 404, "not_found", NULL);
	assert_refused(
	    see_long("/", "a", 1030, "/payments/x"), 404, "not_found", NULL);
	assert_refused(
	    see_long("/payments/", "a", 256, ""), 404, "not_found", NULL);
	for (n = 252; n < 260; n++)
		assert_refused(
		    see_long("/", "a", n, "/x.b"), 404, "not_found", NULL);
	seen = see_long("/", "a", 251, "/x.b");
	assert_true(seen->is_good);
	forget(seen);
	/* A page's folder without room for its index.html is none. */
	seen = see_long("/", "a", 200, "/");
	assert_true(seen->is_good);
	forget(seen);
	for (n = 245; n < 258; n++)
		assert_refused(
		    see_long("/", "a", n, "/"), 404, "not_found", NULL);
}

static void
head_is_get_without_a_body(void **state)
{
	struct seen *seen = see("REQUEST_METHOD=HEAD\nREQUEST_URI=/healthz\n");

	(void)state;
	assert_true(seen->is_good);
	assert_true(seen->request.is_head && seen->reply.is_head);
	forget(seen);
	seen = see("REQUEST_METHOD=HEAD\nREQUEST_URI=/refunds/x\n");
	assert_true(seen->reply.is_head);
	assert_refused(seen, 404, "refund_not_found", NULL);
}

static void
a_notice_is_read_from_json_and_from_a_form(void **state)
{
	static const char *const good[] = {
		"CONTENT_TYPE=application/json; charset=UTF-8\n\n"
		"{\"imp_uid\":\"imp_1\",\"status\":\"paid\",\"x\":[1]}",
		"CONTENT_TYPE=application/x-www-form-urlencoded\n\n"
		"status=paid&imp_uid=imp%5F1&merchant_uid=a%2",
	};
	static const char *const bad[] = {
		"CONTENT_TYPE=application/json\n\n{}",
		"CONTENT_TYPE=application/json\n\n{\"imp_uid\":1}",
		"CONTENT_TYPE=application/json\n\n{\"imp_uid\":\"a b\"}",
		"CONTENT_TYPE=application/x-www-form-urlencoded\n\n",
		"CONTENT_TYPE=application/x-www-form-urlencoded\n\nimp_uid=",
		"CONTENT_TYPE=application/x-www-form-urlencoded\n\n"
		"imp_uid=a&imp_uid=b",
		"CONTENT_TYPE=application/x-www-form-urlencoded\n\n"
		"imp_uid=%00",
	};
	char text[512];
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=POST\nREQUEST_URI=/payments/webhook\n%s",
		    good[i]);
		seen = see(text);
		assert_true(seen->is_good);
		assert_int_equal(seen->request.route, WEB_ROUTE_WEBHOOK);
		assert_string_equal(seen->request.imp_uid, "imp_1");
		forget(seen);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=POST\nREQUEST_URI=/payments/webhook\n%s",
		    bad[i]);
		assert_refused(see(text), 400, "invalid_field", "imp_uid");
	}
}

static void
the_language_is_the_one_asked_for(void **state)
{
	static const struct {
		const char *header, *language;
	} cases[] = {
		{ "", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=ko\n", "ko" },
		{ "HTTP_ACCEPT_LANGUAGE=ko-KR,ko;q=0.9,en-US;q=0.8\n", "ko" },
		{ "HTTP_ACCEPT_LANGUAGE=en-US,en;q=0.9,ko;q=0.8\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=en;q=0.5, ko;q=0.7\n", "ko" },
		{ "HTTP_ACCEPT_LANGUAGE=fr, ko;q=0.1\n", "ko" },
		{ "HTTP_ACCEPT_LANGUAGE=ko;q=0\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=kok, fr\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=*,ko\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=,;q=,ko;q=x,=\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=en;q=0.12345,ko;q=0.1239\n", "en" },
		{ "HTTP_ACCEPT_LANGUAGE=en;q=0.1,ko;q=1\n", "ko" },
		{ "HTTP_ACCEPT_LANGUAGE=en;q=0.1x,ko;q=0./\n", "en" },
	};
	struct seen *seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		seen = see_post(cases[i].header, "{\"merchant_uid\":\"a\"}");
		assert_true(seen->is_good);
		assert_string_equal(
		    seen->request.refund.language, cases[i].language);
		forget(seen);
	}
}

static void
the_caller_is_asked_for_before_the_body_is_judged(void **state)
{
	struct web named = web;
	static const char text[] = POST "\n{";
	static const char get[] = "REQUEST_METHOD=GET\nHTTP_ORIGIN=http://x\n"
				  "REQUEST_URI=/payments/a\n";
	struct seen *seen;

	(void)state;
	named.auth.mode = WEB_AUTH_REMOTE_USER;
	named.auth.user_param = "REMOTE_USER";
	assert_refused(
	    see_bytes(&named, text, strlen(text)), 401, "unauthorized", NULL);
	assert_refused(
	    see_bytes(&named, get, strlen(get)), 401, "unauthorized", NULL);
	named.auth.mode = WEB_AUTH_UNSET;
	assert_refused(
	    see_bytes(&named, text, strlen(text)), 503, "not_configured", NULL);
	assert_refused(see_post("HTTP_ORIGIN=http://elsewhere\n", "{"), 403,
	    "forbidden", NULL);
	seen = see(get);
	assert_true(seen->is_good);
	forget(seen);
}

static void
figures_are_for_this_host_and_for_who_may_refund(void **state)
{
	static const struct {
		const char *params;
		bool is_good;
	} cases[] = {
		{ "REMOTE_ADDR=127.0.0.1\n", true },
		{ "REMOTE_ADDR=::1\n", true },
		{ "REMOTE_ADDR=192.0.2.1\nREMOTE_USER=clerk\n", true },
		{ "REMOTE_ADDR=192.0.2.1\n", false },
		{ "REMOTE_ADDR=2001:db8::1\n", false },
		{ "REMOTE_ADDR=::12\n", false },
		{ "REMOTE_ADDR=12.7.0.1\n", false },
		{ "REMOTE_ADDR=\n", false },
		{ "", false },
		{ "HTTP_REMOTE_ADDR=127.0.0.1\n", false },
		{ "HTTP_X_FORWARDED_FOR=127.0.0.1\n", false },
	};
	struct web named = web;
	struct seen *seen;
	char text[256];
	size_t i;

	(void)state;
	named.auth.mode = WEB_AUTH_REMOTE_USER;
	named.auth.user_param = "REMOTE_USER";
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=GET\nREQUEST_URI=/metrics\n%s",
		    cases[i].params);
		seen = see_bytes(&named, text, strlen(text));
		if (!cases[i].is_good) {
			assert_refused(seen, 401, "unauthorized", NULL);
			continue;
		}
		assert_true(seen->is_good);
		assert_int_equal(seen->request.route, WEB_ROUTE_METRICS);
		forget(seen);
	}
}

static int64_t
at_noon(void *self)
{
	(void)self;
	return INT64_C(1795700000000);
}

/* A ticket is for one order, and these are the figures of all. */
static void
a_ticket_is_none_for_the_figures_and_for_other_orders(void **state)
{
	static const struct ticket_secrets secrets = {
		{ "0123456789abcdef0123456789abcdef" }, 1
	};
	static const struct {
		const char *uri;
		bool is_good;
	} cases[] = {
		{ "/payments/ORD-1", true },
		{ "/payments/ORD-2", false },
		{ "/payments?merchant_uid=ORD-1", true },
		{ "/payments?merchant_uid=ORD-2", false },
		{ "/metrics", false },
	};
	const struct ticket ticket = { .order = "ORD-1", .most = "1" };
	char token[TICKET_TEXT_MAX + 1], text[TICKET_TEXT_MAX + 200];
	struct web with = web;
	struct seen *seen;
	size_t i;

	(void)state;
	with.auth.mode = WEB_AUTH_TICKET;
	with.auth.user_param = "";
	with.auth.secrets = &secrets;
	with.auth.clock.now_ms = at_noon;
	assert_int_equal(
	    ticket_mint(&secrets, &ticket, 1795700000, 60, token, NULL),
	    FAULT_NONE);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "REQUEST_METHOD=GET\nREQUEST_URI=%s\n"
		    "QUERY_STRING=%s\nREMOTE_ADDR=192.0.2.1\n"
		    "HTTP_AUTHORIZATION=Bearer %s\n\n",
		    cases[i].uri,
		    strchr(cases[i].uri, '?') == NULL
			? ""
			: strchr(cases[i].uri, '?') + 1,
		    token);
		seen = see_bytes(&with, text, strlen(text));
		if (!cases[i].is_good) {
			assert_refused(seen, 403, "forbidden", NULL);
			continue;
		}
		if (!seen->is_good)
			fail_msg("%s: %d", cases[i].uri, seen->reply.status);
		assert_string_equal(seen->request.merchant_uid, "ORD-1");
		forget(seen);
	}
}

/* What comes before and after the address it comes from. */
static const char *const read_order[] = {
	"REQUEST_METHOD=GET\nREQUEST_URI=/payments/ORD-1\nREMOTE_ADDR=", "\n\n"
};
static const char *const notice[] = {
	"REQUEST_METHOD=POST\nREQUEST_URI=/payments/webhook\n"
	"CONTENT_TYPE=application/json\nREMOTE_ADDR=",
	"\n\n{\"imp_uid\":\"imp_1\"}"
};

static struct seen *
see_from(const struct web *with, const char *const what[2], const char *address)
{
	char text[256];
	int len =
	    snprintf(text, sizeof(text), "%s%s%s", what[0], address, what[1]);

	assert_in_range(len, 1, sizeof(text) - 1);
	return see_bytes(with, text, (size_t)len);
}

static void
assert_good_from(
    const struct web *with, const char *const what[2], const char *address)
{
	struct seen *seen = see_from(with, what, address);

	assert_true(seen->is_good);
	forget(seen);
}

static void
assert_limited_from(
    const struct web *with, const char *const what[2], const char *address)
{
	struct seen *seen = see_from(with, what, address);

	assert_int_equal(seen->reply.retry_after_s, 2);
	assert_refused(seen, 429, "rate_limited", NULL);
}

static struct web
limited(struct tally *tally)
{
	struct web with = web;

	tally_init(tally);
	with.limits = tally_limits(tally);
	return with;
}

static void
who_reads_too_many_orders_is_told_when_to_come_again(void **state)
{
	struct tally tally;
	struct web with = limited(&tally);

	(void)state;
	tally.most[LIMIT_ADDRESS_READS] = 2;
	tally.most[LIMIT_CALLER_READS] = 3;
	assert_good_from(&with, read_order, "203.0.113.7");
	assert_good_from(&with, read_order, "203.0.113.7");
	assert_limited_from(&with, read_order, "203.0.113.7");
	assert_good_from(&with, read_order, "203.0.113.8");
	/* The address has some left, its caller has none. */
	assert_limited_from(&with, read_order, "203.0.113.8");
	assert_int_equal(tally_of(&tally, LIMIT_CALLER_READS, "none"), 3);
}

static void
all_of_an_ipv6_network_is_one_sender(void **state)
{
	struct tally tally;
	struct web with = limited(&tally);

	(void)state;
	tally.most[LIMIT_ADDRESS_READS] = 1;
	assert_good_from(&with, read_order, "2001:db8:1:2::1");
	assert_limited_from(&with, read_order, "2001:db8:1:2:ffff::9");
	assert_good_from(&with, read_order, "2001:db8:1:3::1");
}

static void
nobody_counts_reads_of_a_refund_and_who_is_not_let_in(void **state)
{
	static const char *const texts[] = {
		"REQUEST_METHOD=GET\nREQUEST_URI=/refunds/0123456789\n\n",
		"REQUEST_METHOD=GET\nREQUEST_URI=/healthz\n\n",
		"REQUEST_METHOD=GET\nREQUEST_URI=/\n\n",
		"REQUEST_METHOD=GET\nREQUEST_URI=/payments/ORD-1\n\n",
		POST "\n{\"merchant_uid\":\"ORD-1\"}",
	};
	struct tally tally;
	struct web with = limited(&tally);
	size_t i;

	(void)state;
	with.auth.mode = WEB_AUTH_REMOTE_USER;
	with.auth.user_param = "CANCELPAY_USER";
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		forget(see_bytes(&with, texts[i], strlen(texts[i])));
	/* But for what the trail is told of refunds. */
	assert_int_equal(tally_of(&tally, LIMIT_REFUSALS, ""), 1);
	assert_int_equal(tally.n_rows, 1);
}

/* A refund from 203.0.113.7. */
static struct seen *
see_refund(const struct web *with, const char *headers, const char *body)
{
	const char *const what[2] = { POST "REMOTE_ADDR=", "" };
	char rest[256];

	(void)snprintf(
	    rest, sizeof(rest), "203.0.113.7\n%s\n%s", headers, body);
	return see_from(with, what, rest);
}

/* The trail is told that verdict of this request, and of which order. */
static void
assert_told(struct seen *seen, const char *verdict, const char *order,
    const char *imp_uid)
{
	const struct trail_entry *entry = &seen->request.refused;
	bool is_one = strcmp(verdict, "more_refused") != 0;

	assert_false(seen->is_good);
	assert_int_equal(entry->act, TRAIL_REFUSED);
	assert_string_equal(entry->verdict, verdict);
	assert_string_equal(entry->merchant_uid, order);
	assert_string_equal(entry->imp_uid, imp_uid);
	assert_string_equal(entry->address, is_one ? "203.0.113.7" : "");
	assert_string_equal(
	    entry->request_id, is_one ? seen->request.echo.request_id : "");
	forget(seen);
}

static void
the_trail_is_told_of_refused_refunds_and_what_they_named(void **state)
{
	struct web with = web;

	(void)state;
	assert_told(
	    see_refund(&web, "", "{\"merchant_uid\":\"주문/1\",\"reason\":1}"),
	    "invalid_field", "주문/1", "");
	assert_told(see_refund(&web, "", "{\"merchant_uid\":"),
	    "malformed_request", "", "");
	assert_told(see_refund(&web, "", "{\"merchant_uid\":\"a\\nb\"}"),
	    "invalid_field", "", "");
	assert_told(see_refund(&web, "HTTP_ORIGIN=https://evil.example\n",
			"{\"imp_uid\":\"imp_1\"}"),
	    "forbidden", "", "imp_1");
	with.auth.mode = WEB_AUTH_REMOTE_USER;
	with.auth.user_param = "CANCELPAY_USER";
	assert_told(see_refund(&with, "", "{\"merchant_uid\":\"ORD-1\"}"),
	    "unauthorized", "ORD-1", "");
}

static void
the_trail_is_told_of_no_read_and_of_no_fault_of_ours(void **state)
{
	static const char *const texts[] = {
		POST "\n{\"merchant_uid\":\"ORD-1\"}",
		"REQUEST_METHOD=GET\nREQUEST_URI=/payments/ORD-1\n\n",
		"REQUEST_METHOD=PUT\nREQUEST_URI=/payments/cancel\n\n",
		"REQUEST_METHOD=POST\nREQUEST_URI=/payments/webhook\n\n{}",
	};
	struct web with = web;
	struct seen *seen;
	size_t i;

	(void)state;
	with.auth.mode = WEB_AUTH_UNSET; /* 503 */
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		seen = see_bytes(&with, texts[i], strlen(texts[i]));
		assert_false(seen->is_good);
		assert_string_equal(seen->request.refused.verdict, "");
		forget(seen);
	}
}

static void
of_too_many_refusals_the_trail_hears_that_there_were_more(void **state)
{
	static const char body[] = "{\"merchant_uid\":\"\"}";
	struct tally tally;
	struct web with = limited(&tally);
	struct seen *seen;

	(void)state;
	tally.most[LIMIT_REFUSALS] = 1;
	tally.most[LIMIT_LOG] = 1;
	assert_told(see_refund(&with, "", body), "invalid_field", "", "");
	assert_told(see_refund(&with, "", body), "more_refused", "", "");
	seen = see_refund(&with, "", body);
	assert_false(seen->is_good);
	assert_string_equal(seen->request.refused.verdict, "");
	forget(seen);
}

static void
notices_from_one_address_are_limited(void **state)
{
	struct tally tally;
	struct web with = limited(&tally);

	(void)state;
	tally.most[LIMIT_ADDRESS_WEBHOOKS] = 1;
	assert_good_from(&with, notice, "52.78.100.19");
	assert_limited_from(&with, notice, "52.78.100.19");
	assert_good_from(&with, notice, "52.78.48.223");
}

static void
notices_are_taken_from_those_on_the_list(void **state)
{
	static const char *const others[] = { "52.78.100.20", "10.0.0.1", "",
		"::1", "unix:" };
	struct tally tally;
	struct web with = limited(&tally);
	size_t i;

	(void)state;
	with.webhook_addresses = "52.78.100.19 192.0.2.0/24 2001:db8::/32";
	assert_good_from(&with, notice, "52.78.100.19");
	assert_good_from(&with, notice, "192.0.2.99");
	assert_good_from(&with, notice, "::ffff:192.0.2.99");
	assert_good_from(&with, notice, "2001:db8::9");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_refused(
		    see_from(&with, notice, others[i]), 403, "forbidden", NULL);
	/* What is not taken does not use up what its address may send. */
	assert_int_equal(
	    tally_of(&tally, LIMIT_ADDRESS_WEBHOOKS, "52.78.100.20"), 0);
	assert_good_from(&with, read_order, "10.0.0.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_a_refund_is_read),
		cmocka_unit_test(
		    an_order_alone_is_enough_and_means_admin_and_everything),
		cmocka_unit_test(malformed_bodies_are_refused),
		cmocka_unit_test(a_nul_in_a_body_is_refused),
		cmocka_unit_test(a_wrong_field_is_refused_by_name),
		cmocka_unit_test(an_order_has_to_be_named_and_fit),
		cmocka_unit_test(
		    an_unknown_name_is_shown_cut_between_characters),
		cmocka_unit_test(lengths_are_counted_in_characters),
		cmocka_unit_test(only_json_in_utf8_is_taken),
		cmocka_unit_test(a_key_comes_bare_or_quoted_and_is_the_same),
		cmocka_unit_test(a_key_that_is_not_one_value_is_refused),
		cmocka_unit_test(
		    equal_requests_have_one_fingerprint_and_others_another),
		cmocka_unit_test(lengths_that_do_not_hold_are_refused),
		cmocka_unit_test(a_chunked_body_is_read_to_its_end),
		cmocka_unit_test(a_body_has_64_kib_and_not_a_byte_more),
		cmocka_unit_test(a_body_without_end_is_not_read_to_its_end),
		cmocka_unit_test(a_broken_connection_gets_no_answer),
		cmocka_unit_test(routes_are_found_by_the_end_of_the_path),
		cmocka_unit_test(a_post_to_the_program_itself_is_a_refund),
		cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
		cmocka_unit_test(addresses_that_cannot_be_ours_are_refused),
		cmocka_unit_test(addresses_too_long_are_refused),
		cmocka_unit_test(head_is_get_without_a_body),
		cmocka_unit_test(a_notice_is_read_from_json_and_from_a_form),
		cmocka_unit_test(the_language_is_the_one_asked_for),
		cmocka_unit_test(
		    the_caller_is_asked_for_before_the_body_is_judged),
		cmocka_unit_test(
		    figures_are_for_this_host_and_for_who_may_refund),
		cmocka_unit_test(
		    who_reads_too_many_orders_is_told_when_to_come_again),
		cmocka_unit_test(all_of_an_ipv6_network_is_one_sender),
		cmocka_unit_test(
		    nobody_counts_reads_of_a_refund_and_who_is_not_let_in),
		cmocka_unit_test(
		    the_trail_is_told_of_refused_refunds_and_what_they_named),
		cmocka_unit_test(
		    the_trail_is_told_of_no_read_and_of_no_fault_of_ours),
		cmocka_unit_test(
		    of_too_many_refusals_the_trail_hears_that_there_were_more),
		cmocka_unit_test(
		    a_ticket_is_none_for_the_figures_and_for_other_orders),
		cmocka_unit_test(notices_from_one_address_are_limited),
		cmocka_unit_test(notices_are_taken_from_those_on_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
