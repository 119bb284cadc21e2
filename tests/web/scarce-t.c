/* SPDX-License-Identifier: MIT */
/*
 * Requests and answers while memory, a library or the kernel refuse something:
 * a request is read as if nothing were, or refused; an answer is whole or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "scarce/scarce.h"
#include "web/fake_io.h"
#include "web/web_request.h"
#include "web/web_static.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define K_MAX    500

/* ---- what refuses ------------------------------------------------------ */

json_tokener *__real_json_tokener_new(void);
json_tokener *__wrap_json_tokener_new(void);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

json_tokener *
__wrap_json_tokener_new(void)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_json_tokener_new();
}

int
__wrap_fstat(int fd, struct stat *st)
{
	return scarce_refuses(SCARCE_CALLS) ? -1 : __real_fstat(fd, st);
}

ssize_t
__wrap_read(int fd, void *bytes, size_t size)
{
	return scarce_refuses(SCARCE_CALLS) ? -1 : __real_read(fd, bytes, size);
}

static enum fault
some_bits(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	(void)self;
	if (scarce_refuses(SCARCE_CALLS))
		return fault_set(note, FAULT_IO, "no bits");
	*ret_bits = 1;
	return FAULT_NONE;
}

static const struct web web = {
	.chance = { some_bits, NULL },
	.auth = { .mode = WEB_AUTH_NONE, .allowed_origins = "https://shop" },
	.webhook_addresses = "",
	.static_dir = "",
	.fingerprint_key = "a key for tests only, 31 bytes",
};

/* ---- requests ----------------------------------------------------------- */

struct seen {
	struct fake_io fake;
	struct web_request request;
	struct web_reply reply;
	bool is_good, was_refused;
};

static void
see(struct seen *seen, const char *text, enum scarce_what what, long k)
{
	memset(seen, 0, offsetof(struct seen, is_good));
	fake_io_init(&seen->fake, text, strlen(text));
	web_reply_init(&seen->reply);
	scarce_begin(what, k);
	seen->is_good = web_request_read(
	    &web, &seen->fake.io, &seen->request, &seen->reply);
	seen->was_refused = scarce_end();
}

static void
forget(struct seen *seen)
{
	web_reply_deinit(&seen->reply);
	fake_io_deinit(&seen->fake);
}

static const char *const requests[] = {
	"REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
	"CONTENT_TYPE=application/json\nHTTP_IDEMPOTENCY_KEY=key-1\n\n"
	"{\"merchant_uid\":\"o/1\",\"cancel_request_amount\":1000,"
	"\"reason\":\"late\",\"refund_account\":\"110-1\"}",
	"REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
	"CONTENT_TYPE=application/json\nHTTP_ORIGIN=https://shop\n\n"
	"{\"merchant_uid\":\"o/1\"}",
	"REQUEST_METHOD=GET\nREQUEST_URI=/payments/o%2F1\n\n",
	"REQUEST_METHOD=GET\nREQUEST_URI=/refunds/0123456789\n\n",
	"REQUEST_METHOD=POST\nREQUEST_URI=/payments/webhook\n"
	"CONTENT_TYPE=application/json\n\n"
	"{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"o/1\",\"status\":\"paid\"}",
	"REQUEST_METHOD=GET\nREQUEST_URI=/metrics\nREMOTE_ADDR=::1\n\n",
};

static void
a_request_is_read_whole_or_refused(void **state)
{
	static struct seen good, seen;
	enum scarce_what what;
	size_t i;
	long k;

	(void)state;
	for (i = 0; i < N(requests); i++) {
		see(&good, requests[i], SCARCE_NOTHING, 0);
		if (!good.is_good)
			fail_msg("request %zu: %d", i, good.reply.status);
		for (what = SCARCE_MEMORY; what <= SCARCE_CALLS; what++) {
			seen.was_refused = true;
			for (k = 1; seen.was_refused; k++) {
				see(&seen, requests[i], what, k);
				assert_true(k < K_MAX);
				/* Never taken for another one. */
				if (seen.is_good) {
					/* Without bits it has no name of its
					 * own. */
					memcpy(seen.request.refund.request_id,
					    good.request.refund.request_id,
					    REFUND_ID_SIZE);
					assert_memory_equal(
					    &seen.request.refund,
					    &good.request.refund,
					    sizeof(good.request.refund));
					assert_string_equal(
					    seen.request.merchant_uid,
					    good.request.merchant_uid);
					assert_string_equal(
					    seen.request.imp_uid,
					    good.request.imp_uid);
				} else {
					assert_true(seen.was_refused);
					assert_int_equal(
					    seen.reply.status, 500);
				}
				forget(&seen);
			}
		}
		forget(&good);
	}
}

/* A refusal for which there is no memory has no body, and its status. */
static void
without_memory_a_refusal_is_a_status(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "REQUEST_METHOD=PUT\nREQUEST_URI=/payments/cancel\n\n", 405 },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
		  "CONTENT_TYPE=text/plain\n\n{}",
		    415 },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
		  "CONTENT_TYPE=application/json\n\n{\"merchant_uid\":5}",
		    400 },
		{ "REQUEST_METHOD=POST\nREQUEST_URI=/payments/cancel\n"
		  "CONTENT_TYPE=application/json\nHTTP_IDEMPOTENCY_KEY=\n\n"
		  "{\"merchant_uid\":\"o/1\"}",
		    400 },
		{ "REQUEST_METHOD=GET\nREQUEST_URI=/refunds/nonsense\n\n",
		    404 },
	};
	static struct seen seen;
	size_t i;
	long k;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		seen.was_refused = true;
		for (k = 1; seen.was_refused; k++) {
			see(&seen, rows[i].text, SCARCE_MEMORY, k);
			assert_true(k < K_MAX);
			if (seen.is_good)
				fail_msg("row %zu was taken", i);
			/* 500: memory was short before it was known. */
			if (seen.reply.status != rows[i].status &&
			    (!seen.was_refused || seen.reply.status != 500))
				fail_msg("row %zu, refusal %ld: %d", i, k,
				    seen.reply.status);
			if (!seen.was_refused)
				assert_true(buf_len(&seen.reply.body) > 0);
			forget(&seen);
		}
		assert_true(k > 2);
	}
}

/* ---- answers ------------------------------------------------------------ */

static enum fault
tell_result(struct web_reply *ret, struct fault_note *note)
{
	struct refund_result result = { .code = RESULT_AMOUNT_EXCEEDS,
		.has_payment = true,
		.payment = { .imp_uid = "imp_1",
		    .merchant_uid = "o/1",
		    .amount = 10000,
		    .status = PAYMENT_PAID } };

	result.payment.currency = currency_find("KRW");
	return web_reply_result(&result, "", "ko", ret, note);
}

static enum fault
tell_account(struct web_reply *ret, struct fault_note *note)
{
	struct refund_result result = { .code = RESULT_ACCOUNT_REQUIRED,
		.has_payment = true,
		.fields = REFUND_FIELD_BANK | REFUND_FIELD_HOLDER,
		.missing = REFUND_FIELD_BANK,
		.payment = { .imp_uid = "imp_1",
		    .merchant_uid = "o/1",
		    .amount = 10000,
		    .pg_provider = "kcp",
		    .status = PAYMENT_PAID } };

	result.payment.currency = currency_find("KRW");
	return web_reply_result(&result, "", "en", ret, note);
}

static enum fault
tell_payment(struct web_reply *ret, struct fault_note *note)
{
	struct view_refund refund = { .id = "0123456789",
		.state = INTENT_SUCCEEDED,
		.origin = INTENT_LATE,
		.origin_of = "ABCDEFGHJK",
		.amount = 500,
		.applied_amount = 500,
		.created_ms = 1796054400123 };
	struct view_payment view = { .payment = { .imp_uid = "imp_1",
					 .merchant_uid = "o/1",
					 .amount = 10000,
					 .status = PAYMENT_PAID },
		.refunds = &refund,
		.n = 1 };

	view.payment.currency = currency_find("KRW");
	return web_reply_payment(&view, ret, note);
}

static enum fault
tell_metrics(struct web_reply *ret, struct fault_note *note)
{
	const struct store_figures figures = { .n_overdue = 1 };

	return web_reply_metrics(&figures, ret, note);
}

static enum fault
tell_health(struct web_reply *ret, struct fault_note *note)
{
	return web_reply_health(true, ret, note);
}

static enum fault
tell_refusal(struct web_reply *ret, struct fault_note *note)
{
	return web_reply_refuse(WEB_OVERLOADED, NULL, NULL, "ko", ret, note);
}

static void
an_answer_is_whole_or_none(void **state)
{
	static enum fault (*const tells[])(struct web_reply * ret,
	    struct fault_note * note) = { tell_result, tell_account,
		tell_payment, tell_metrics, tell_health, tell_refusal };
	struct web_reply good, reply;
	struct fault_note note;
	bool was_refused;
	enum fault f;
	size_t i;
	long k;

	(void)state;
	for (i = 0; i < N(tells); i++) {
		web_reply_init(&good);
		assert_int_equal(tells[i](&good, &note), FAULT_NONE);
		assert_true(buf_len(&good.body) > 0);
		for (k = 1, was_refused = true; was_refused; k++) {
			web_reply_init(&reply);
			scarce_begin(SCARCE_MEMORY, k);
			f = tells[i](&reply, &note);
			was_refused = scarce_end();
			assert_int_equal(
			    f, was_refused ? FAULT_NOMEM : FAULT_NONE);
			if (f == FAULT_NONE)
				assert_string_equal(buf_bytes(&reply.body),
				    buf_bytes(&good.body));
			web_reply_deinit(&reply);
		}
		assert_true(k > 2);
		web_reply_deinit(&good);
	}
}

/* All that a head may have. */
static void
a_head_is_whole_or_nothing_is_written(void **state)
{
	static struct fake_io fake;
	struct web_reply reply;
	struct fault_note note;
	bool was_refused = true;
	enum fault f;
	long k;

	(void)state;
	web_reply_init(&reply);
	reply.status = 401;
	reply.content_type = "text/plain";
	reply.is_gzip = reply.is_cacheable = reply.is_replayed = true;
	reply.is_preflight = true;
	reply.retry_after_s = 3;
	reply.allow = "GET";
	memcpy(reply.location, "/a", 3);
	memcpy(reply.etag, "\"e\"", 4);
	memcpy(reply.challenge, "Bearer", 7);
	memcpy(reply.echo.request_id, "0123456789", REFUND_ID_SIZE);
	reply.echo.origin = "https://shop";
	reply.echo.origin_len = 12;
	for (k = 1; was_refused; k++) {
		fake_io_init(&fake, "REQUEST_METHOD=GET\n\n", 20);
		scarce_begin(SCARCE_MEMORY, k);
		f = web_io_reply(&fake.io, &reply, &note);
		was_refused = scarce_end();
		assert_int_equal(f, was_refused ? FAULT_NOMEM : FAULT_NONE);
		if (f != FAULT_NONE)
			assert_string_equal(fake_io_answer(&fake), "");
		else
			assert_non_null(strstr(fake_io_answer(&fake),
			    "Idempotency-Replayed: true\r\n\r\n"));
		fake_io_deinit(&fake);
	}
	assert_true(k > 2);
	web_reply_deinit(&reply);
}

/* ---- pages -------------------------------------------------------------- */

static void
a_page_is_whole_or_none(void **state)
{
	static const char text[] = "<html><head></head><p>page</html>";
	static const char *const mounts[] = { "", "/shop" };
	static struct fake_io fake;
	char dir[] = "/tmp/scarce-t-XXXXXX", path[64];
	struct web_reply reply;
	struct fault_note note;
	enum scarce_what what;
	bool was_refused;
	FILE *file;
	enum fault f;
	size_t i;
	long k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.html", dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	fake_io_init(&fake, "REQUEST_METHOD=GET\n\n", 20);
	for (i = 0; i < N(mounts); i++) {
		for (what = SCARCE_MEMORY; what <= SCARCE_CALLS; what++) {
			for (k = 1, was_refused = true; was_refused; k++) {
				web_reply_init(&reply);
				scarce_begin(what, k);
				f = web_static_read(dir, "a.html", mounts[i],
				    &fake.io, &reply, &note);
				was_refused = scarce_end();
				assert_int_equal(was_refused, f != FAULT_NONE);
				if (f == FAULT_NONE)
					assert_int_equal(buf_len(&reply.body),
					    strlen(text) +
						(i == 0 ? 0
							: strlen("<base href="
								 "\"/shop/"
								 "\">")));
				web_reply_deinit(&reply);
			}
			assert_true(k > 2);
		}
	}
	fake_io_deinit(&fake);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_whole_or_refused),
		cmocka_unit_test(without_memory_a_refusal_is_a_status),
		cmocka_unit_test(an_answer_is_whole_or_none),
		cmocka_unit_test(a_head_is_whole_or_nothing_is_written),
		cmocka_unit_test(a_page_is_whole_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
