/* SPDX-License-Identifier: MIT */
/*
 * The provider against a scripted server: what each answer, and each way of
 * having none, is worth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "provider/iamport_v1.h"
#include "provider/http-server.h"

#define N(array)   ((int)(sizeof(array) / sizeof(array[0])))
#define WALL_MS    INT64_C(1795392000000) /* as the server's Date */
#define TIMEOUT_MS 500

#define GOOD_TOKEN                                                             \
	"{\"code\":0,\"message\":null,\"response\":{\"access_token\":"         \
	"\"tok1\",\"now\":1000,\"expired_at\":2800}}"
#define OTHER_TOKEN                                                            \
	"{\"code\":0,\"message\":null,\"response\":{\"access_token\":"         \
	"\"tok2\",\"now\":1000,\"expired_at\":2800}}"
#define PAYMENT(uid, order, status)                                            \
	"{\"imp_uid\":\"" uid "\",\"merchant_uid\":\"" order "\","             \
	"\"amount\":1000,\"cancel_amount\":0,\"currency\":\"KRW\","            \
	"\"status\":\"" status "\",\"cancel_history\":"                        \
	"[{\"amount\":5,\"cancellation_id\":\"c1\"}]}"
#define RECEIPT(url)                                                           \
	"{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"o/1\",\"amount\":1000,"     \
	"\"cancel_amount\":5,\"currency\":\"KRW\",\"status\":\"cancelled\","   \
	"\"cancel_history\":[{\"amount\":5,\"cancellation_id\":\"c1\","        \
	"\"receipt_url\":\"" url "\"}]}"
#define DONE(payment) "{\"code\":0,\"message\":null,\"response\":" payment "}"
#define MINE          DONE(PAYMENT("imp_1", "o/1", "paid"))
#define NONE          "{\"code\":-1,\"message\":\"없음\",\"response\":null}"
#define DECLINED      "{\"code\":1,\"message\":\"이미\",\"response\":null}"
#define LIST(a, b)                                                             \
	"{\"code\":0,\"response\":{\"total\":2,\"list\":[" a "," b "]}}"

static const struct server_reply good_token[] = {
	{ .status = 200, .body = GOOD_TOKEN },
};

static struct server server;
static struct iamport_v1 *v1;
static struct provider provider;

static int64_t
now_ms(void *self)
{
	(void)self;
	return WALL_MS;
}

static int64_t
steady_ms(void *self)
{
	struct timespec time;

	(void)self;
	(void)clock_gettime(CLOCK_BOOTTIME, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static const struct clock test_clock = {
	.now_ms = now_ms,
	.steady_ms = steady_ms,
	.steady_name = "test",
};

static struct iamport_v1_options
options_at(const char *base_url, const char *ca_file, int max_connections)
{
	return (struct iamport_v1_options){
		.base_url = base_url,
		.key = "key",
		.secret = "secret",
		.tier = "abc",
		.ca_file = ca_file,
		.max_connections = max_connections,
		.connect_timeout_ms = 5000,
		/* Under valgrind a handshake takes its time. */
		.timeout_ms = ca_file != NULL ? 10000 : TIMEOUT_MS,
		.clock = test_clock,
	};
}

static enum fault
open_at(const char *base_url, const char *ca_file, int max_connections)
{
	struct iamport_v1_options options =
	    options_at(base_url, ca_file, max_connections);
	struct fault_note note;
	enum fault f = iamport_v1_open(&options, &v1, &note);

	if (f == FAULT_NONE)
		provider = iamport_v1_provider(v1);
	return f;
}

static int
set_up_with(int max_connections)
{
	static char url[64];

	server_start(&server, NULL);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", server.port);
	return open_at(url, NULL, max_connections) == FAULT_NONE ? 0 : -1;
}

static int
set_up(void **state)
{
	(void)state;
	return set_up_with(16);
}

static int
set_up_narrow(void **state)
{
	(void)state;
	return set_up_with(2);
}

static int
tear_down(void **state)
{
	(void)state;
	iamport_v1_close(v1);
	v1 = NULL;
	server_stop(&server);
	return 0;
}

/* A call that brings a good token along. */
static struct provider_call
call_of(enum provider_want want)
{
	struct provider_call call = {
		.want = want,
		.imp_uid = "imp_1",
		.merchant_uid = "o/1",
		.currency = currency_find("KRW"),
		.amount = 300,
		.checksum = 1000,
		.tax_free = -1,
		.vat = -1,
		.reason = "r [cp:0123456789]",
		.account = { .account = "110-1" },
		.send_by_ms = steady_ms(NULL) + 5000,
		.token = { "brought", WALL_MS + 1800000 },
	};

	return call;
}

/* Steps until n calls have come back. */
static void
wait_for(int n)
{
	struct provider_call *call;
	int64_t end_ms = steady_ms(NULL) + 10000;

	while (n > 0) {
		assert_true(steady_ms(NULL) < end_ms);
		call = provider_step(&provider, 1000);
		for (; call != NULL; call = call->next)
			n--;
	}
}

static void
run(struct provider_call *call)
{
	provider_start(&provider, call);
	wait_for(1);
}

struct row {
	const char *what;
	struct server_reply replies[3];
	enum provider_said said;
	bool has_truth;
	int n_requests;
};

static void
check_rows(enum provider_want want, const struct row *rows, int n)
{
	struct provider_call call;
	const struct row *row;

	for (row = rows; row < rows + n; row++) {
		server_script(&server, good_token, 1, row->replies, 3);
		call = call_of(want);
		run(&call);
		if (call.outcome.said != row->said ||
		    call.outcome.has_truth != row->has_truth)
			fail_msg("%s: said %d, truth %d (%s)", row->what,
			    (int)call.outcome.said, call.outcome.has_truth,
			    call.outcome.note.text);
		if ((row->said == PROVIDER_LOST ||
			row->said == PROVIDER_NOT_SENT) &&
		    call.outcome.note.text[0] == '\0')
			fail_msg("%s: no note", row->what);
		if (server_count(&server, "") != row->n_requests)
			fail_msg("%s: %d requests", row->what,
			    server_count(&server, ""));
		provider_outcome_deinit(&call.outcome);
	}
}

static void
each_answer_to_a_cancel_is_worth_what_it_says(void **state)
{
	static const struct row rows[] = {
		{ "code 0", { { .status = 200, .body = MINE } }, PROVIDER_DONE,
		    true, 1 },
		{ "code 0 without payment",
		    { { .status = 200, .body = DONE("null") } }, PROVIDER_DONE,
		    false, 1 },
		{ "code 0, other payment",
		    { { .status = 200,
			.body = DONE(PAYMENT("imp_2", "o/1", "paid")) } },
		    PROVIDER_DONE, false, 1 },
		{ "code 1", { { .status = 200, .body = DECLINED } },
		    PROVIDER_REFUSED, false, 1 },
		{ "code -1", { { .status = 200, .body = NONE } },
		    PROVIDER_REFUSED, false, 1 },
		{ "garbage", { { .status = 200, .body = "<html>" } },
		    PROVIDER_LOST, false, 1 },
		{ "empty", { { .status = 200, .body = "" } }, PROVIDER_LOST,
		    false, 1 },
		{ "201", { { .status = 201, .body = MINE } }, PROVIDER_LOST,
		    false, 1 },
		{ "302", { { .status = 302, .body = "" } }, PROVIDER_LOST,
		    false, 1 },
		{ "307", { { .status = 307, .body = MINE } }, PROVIDER_LOST,
		    false, 1 },
		{ "400", { { .status = 400, .body = DECLINED } }, PROVIDER_LOST,
		    false, 1 },
		{ "404", { { .status = 404, .body = NONE } }, PROVIDER_LOST,
		    false, 1 },
		{ "429", { { .status = 429, .body = "" } }, PROVIDER_LOST,
		    false, 1 },
		{ "500, code 0", { { .status = 500, .body = MINE } },
		    PROVIDER_LOST, false, 1 },
		{ "503", { { .status = 503, .body = "<html>" } }, PROVIDER_LOST,
		    false, 1 },
		{ "truncated",
		    { { SERVER_TRUNCATE, .status = 200, .body = MINE } },
		    PROVIDER_LOST, false, 1 },
		{ "huge", { { SERVER_HUGE, .status = 200 } }, PROVIDER_LOST,
		    false, 1 },
		{ "hang", { { .how = SERVER_HANG } }, PROVIDER_LOST, false, 1 },
	};

	(void)state;
	check_rows(PROVIDER_CANCEL, rows, N(rows));
	assert_false(server_has(&server, "/elsewhere"));
}

static void
each_answer_to_a_read_is_worth_what_it_says(void **state)
{
	static const struct row rows[] = {
		{ "there", { { .status = 200, .body = MINE } }, PROVIDER_DONE,
		    true, 1 },
		{ "unknown", { { .status = 404, .body = NONE } },
		    PROVIDER_ABSENT, false, 1 },
		{ "a proxy's 404", { { .status = 404, .body = "<html>" } },
		    PROVIDER_LOST, false, 1 },
		{ "404, code 0", { { .status = 404, .body = MINE } },
		    PROVIDER_LOST, false, 1 },
		{ "200, code -1", { { .status = 200, .body = NONE } },
		    PROVIDER_LOST, false, 1 },
		{ "other payment",
		    { { .status = 200,
			.body = DONE(PAYMENT("imp_2", "o/1", "paid")) } },
		    PROVIDER_LOST, false, 1 },
		{ "unknown status",
		    { { .status = 200,
			.body = DONE(PAYMENT("imp_1", "o/1", "half")) } },
		    PROVIDER_DONE, true, 1 },
		{ "an empty 404", { { .status = 404, .body = "" } },
		    PROVIDER_ABSENT, false, 1 },
		{ "garbage", { { .status = 200, .body = "{" } }, PROVIDER_LOST,
		    false, 1 },
		{ "500", { { .status = 500, .body = MINE } }, PROVIDER_LOST,
		    false, 1 },
	};

	(void)state;
	check_rows(PROVIDER_READ, rows, N(rows));
}

static void
each_answer_to_a_find_is_worth_what_it_says(void **state)
{
	static const struct row rows[] = {
		{ "one",
		    { { .status = 200, .body = MINE },
			{ .status = 200,
			    .body = LIST(PAYMENT("imp_1", "o/1", "paid"),
				PAYMENT("imp_2", "o/1", "failed")) } },
		    PROVIDER_DONE, true, 2 },
		{ "no list",
		    { { .status = 200, .body = MINE },
			{ .status = 404, .body = NONE } },
		    PROVIDER_DONE, true, 2 },
		{ "list not allowed",
		    { { .status = 200, .body = MINE },
			{ .status = 405, .body = "<html>" } },
		    PROVIDER_DONE, true, 2 },
		{ "list garbled",
		    { { .status = 200, .body = MINE },
			{ .status = 200, .body = "<html>" } },
		    PROVIDER_LOST, false, 2 },
		{ "list garbled in part",
		    { { .status = 200, .body = MINE },
			{ .status = 200,
			    .body = LIST(PAYMENT("imp_1", "o/1", "paid"),
				"{\"imp_uid\":7}") } },
		    PROVIDER_LOST, false, 2 },
		{ "list in trouble",
		    { { .status = 200, .body = MINE },
			{ .status = 503, .body = "" } },
		    PROVIDER_LOST, false, 2 },
		{ "list hangs",
		    { { .status = 200, .body = MINE }, { .how = SERVER_HANG } },
		    PROVIDER_LOST, false, 2 },
		{ "unknown", { { .status = 404, .body = NONE } },
		    PROVIDER_ABSENT, false, 1 },
		{ "other order",
		    { { .status = 200,
			.body = DONE(PAYMENT("imp_1", "o/2", "paid")) } },
		    PROVIDER_LOST, false, 1 },
	};

	(void)state;
	check_rows(PROVIDER_FIND, rows, N(rows));
	assert_int_equal(
	    server_count(&server, "GET /payments/find/o%2F1 HTTP/1.1\r\n"), 1);
}

static void
each_answer_to_a_list_is_worth_what_it_says(void **state)
{
	static const struct {
		struct server_reply reply;
		enum provider_said said;
	} rows[] = {
		{ { .status = 200,
		      .body =
			  "{\"code\":0,\"response\":{\"total\":3,"
			  "\"next\":2,\"list\":[{\"imp_uid\":\"imp_9\"}]}}" },
		    PROVIDER_DONE },
		{ { .status = 200, .body = NONE }, PROVIDER_LOST },
		{ { .status = 400, .body = NONE }, PROVIDER_LOST },
		{ { .status = 404, .body = NONE }, PROVIDER_LOST },
		{ { .status = 500, .body = "" }, PROVIDER_LOST },
		{ { .status = 200, .body = MINE }, PROVIDER_LOST },
	};
	struct provider_call call;
	int i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		server_script(&server, good_token, 1, &rows[i].reply, 1);
		call = call_of(PROVIDER_LIST);
		call.from_at = 1000;
		call.to_at = 2000;
		call.page = 1;
		run(&call);
		assert_int_equal(call.outcome.said, rows[i].said);
		assert_int_equal(call.outcome.page.n, i == 0);
		if (i == 0) {
			assert_string_equal(
			    call.outcome.page.imp_uids[0], "imp_9");
			assert_int_equal(call.outcome.page.next, 2);
			assert_int_equal(server_count(&server,
					     "GET /payments/status/cancelled?"
					     "from=1000&to=2000&limit=100&"
					     "page=1&sorting=-updated"),
			    1);
		}
		provider_outcome_deinit(&call.outcome);
	}
}

static void
several_paid_payments_of_an_order_are_ambiguous(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200,
		    .body = DONE(PAYMENT("imp_3", "o/1", "failed")) },
		{ .status = 200,
		    .body = LIST(PAYMENT("imp_1", "o/1", "paid"),
			PAYMENT("imp_2", "o/1", "paid")) },
		{ .status = 200,
		    .body = DONE(PAYMENT("imp_3", "o/1", "failed")) },
		{ .status = 200,
		    .body = LIST(PAYMENT("imp_3", "o/1", "failed"),
			PAYMENT("imp_2", "o/1", "paid")) },
		{ .status = 200,
		    .body = DONE(PAYMENT("imp_3", "o/1", "failed")) },
		{ .status = 200,
		    .body = LIST(PAYMENT("imp_3", "o/1", "failed"),
			PAYMENT("imp_4", "o/2", "paid")) },
	};
	struct provider_call call;

	(void)state;
	server_script(&server, good_token, 1, replies, N(replies));
	call = call_of(PROVIDER_FIND);
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_DONE);
	assert_true(call.outcome.is_ambiguous);
	provider_outcome_deinit(&call.outcome);

	call = call_of(PROVIDER_FIND);
	run(&call);
	assert_false(call.outcome.is_ambiguous);
	assert_string_equal(call.outcome.truth.payment.imp_uid, "imp_2");
	provider_outcome_deinit(&call.outcome);

	call = call_of(PROVIDER_FIND);
	run(&call);
	assert_false(call.outcome.is_ambiguous);
	assert_string_equal(call.outcome.truth.payment.imp_uid, "imp_3");
	provider_outcome_deinit(&call.outcome);
}

static void
what_a_pg_quotes_of_the_account_is_masked(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200,
		    .body = "{\"code\":1,\"message\":\"110-1: 홍길동 (110-1) "
			    "010-2, 110-\",\"response\":null}" },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	strcpy(call.account.holder, "홍길동");
	strcpy(call.account.tel, "010-2");
	server_script(&server, good_token, 1, replies, N(replies));
	run(&call);
	assert_string_equal(
	    call.outcome.message, "*****: ********* (*****) *****, 110-");
	provider_outcome_deinit(&call.outcome);

	call = call_of(PROVIDER_CANCEL);
	strcpy(call.account.holder, "*");
	server_script(&server, good_token, 1, replies, N(replies));
	run(&call);
	assert_non_null(strstr(call.outcome.message, "홍길동 (*****)"));
	provider_outcome_deinit(&call.outcome);
}

static void
a_receipt_that_quotes_the_account_is_dropped(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200,
		    .body = DONE(RECEIPT("https://r.invalid/?to=1101")) },
		{ .status = 200,
		    .body = DONE(RECEIPT("https://r.invalid/?to=1102")) },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	strcpy(call.account.account, "110-1");
	server_script(&server, good_token, 1, replies, N(replies));
	run(&call);
	assert_int_equal(call.outcome.truth.n, 1);
	assert_string_equal(call.outcome.truth.entries[0].receipt_url, "");
	provider_outcome_deinit(&call.outcome);

	call = call_of(PROVIDER_CANCEL);
	strcpy(call.account.account, "110-1");
	run(&call);
	assert_string_equal(call.outcome.truth.entries[0].receipt_url,
	    "https://r.invalid/?to=1102");
	provider_outcome_deinit(&call.outcome);
}

static void
an_outcome_tells_all_that_was_heard(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = DECLINED },
		{ .status = 200, .body = MINE },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, good_token, 1, replies, N(replies));
	run(&call);
	assert_int_equal(call.outcome.code, 1);
	assert_string_equal(call.outcome.message, "이미");
	assert_true(call.outcome.date_ms == WALL_MS);
	assert_false(call.outcome.has_new_token);
	assert_string_equal(call.account.account, "");

	call = call_of(PROVIDER_CANCEL);
	run(&call);
	assert_int_equal(call.outcome.truth.n, 1);
	assert_string_equal(call.outcome.truth.entries[0].id, "c1");
	provider_outcome_deinit(&call.outcome);
}

static void
requests_look_as_documented(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	call.token.text[0] = '\0';
	run(&call);
	provider_outcome_deinit(&call.outcome);
	call = call_of(PROVIDER_READ);
	run(&call);
	provider_outcome_deinit(&call.outcome);
	assert_int_equal(server.n_seen, 3);
	assert_string_equal(server.seen[0].body,
	    "{\"imp_key\":\"key\",\"imp_secret\":\"secret\"}");
	assert_null(strstr(server.seen[0].head, "Authorization"));
	assert_int_equal(
	    server_count(&server, "POST /payments/cancel HTTP/1.1\r\n"), 1);
	assert_non_null(
	    strstr(server.seen[1].head, "\r\nAuthorization: Bearer tok1\r\n"));
	assert_non_null(strstr(server.seen[1].head, "\r\nTier: abc\r\n"));
	assert_non_null(strstr(
	    server.seen[1].head, "\r\nContent-Type: application/json\r\n"));
	assert_null(strstr(server.seen[1].head, "Expect"));
	assert_string_equal(server.seen[1].body,
	    "{\"imp_uid\":\"imp_1\",\"amount\":300,\"checksum\":1000,"
	    "\"reason\":\"r [cp:0123456789]\",\"refund_account\":\"110-1\","
	    "\"extra\":{\"requester\":\"admin\"}}");
	assert_int_equal(
	    server_count(&server,
		"GET /payments/imp_1?include_sandbox=true HTTP/1.1\r\n"),
	    1);
	assert_int_equal(server.n_connections, 1);
}

/* A READ opens a connection that the next request finds kept. */
static void
make_kept_connection(void)
{
	struct provider_call call = call_of(PROVIDER_READ);

	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_DONE);
	provider_outcome_deinit(&call.outcome);
	assert_int_equal(server.n_connections, 1);
}

static const struct server_reply dies_when_kept[] = {
	{ .status = 200, .body = MINE },
	{ .how = SERVER_DROP },
	{ .status = 200, .body = MINE },
};

static void
a_cancel_on_a_dying_connection_is_sent_once(void **state)
{
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, good_token, 1, dies_when_kept, 3);
	make_kept_connection();
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_LOST);
	assert_int_equal(server_count(&server, "POST /payments/cancel "), 1);
	/* libcurl was about to send it again. */
	assert_non_null(strstr(call.outcome.note.text, "sent twice"));
}

static void
a_read_on_a_dying_connection_is_repeated(void **state)
{
	struct provider_call call = call_of(PROVIDER_READ);

	(void)state;
	server_script(&server, good_token, 1, dies_when_kept, 3);
	make_kept_connection();
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_DONE);
	assert_int_equal(server_count(&server, "GET "), 3);
	provider_outcome_deinit(&call.outcome);
}

static void
a_cancel_on_a_new_dying_connection_is_lost(void **state)
{
	static const struct server_reply replies[] = {
		{ .how = SERVER_DROP },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_LOST);
	assert_int_equal(server_count(&server, ""), 1);
}

static void
a_cancel_past_its_time_is_not_sent(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	call.send_by_ms = steady_ms(NULL) - 1;
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
	assert_int_equal(server_count(&server, ""), 0);
}

static void
a_cancel_that_waits_too_long_for_a_token_is_not_sent(void **state)
{
	static const struct server_reply tokens[] = {
		{ .status = 200, .body = GOOD_TOKEN, .delay_ms = 300 },
	};
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, tokens, 1, replies, 1);
	call.token.text[0] = '\0';
	call.send_by_ms = steady_ms(NULL) + 100;
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
	assert_true(steady_ms(NULL) < call.send_by_ms + 100);
	assert_int_equal(server_count(&server, "POST /payments/cancel"), 0);
}

static void
no_more_connections_than_allowed(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE, .delay_ms = 30 },
	};
	struct provider_call calls[8];
	int i;

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	for (i = 0; i < 8; i++) {
		calls[i] = call_of(PROVIDER_READ);
		provider_start(&provider, &calls[i]);
	}
	wait_for(8);
	for (i = 0; i < 8; i++) {
		assert_int_equal(calls[i].outcome.said, PROVIDER_DONE);
		provider_outcome_deinit(&calls[i].outcome);
	}
	assert_int_equal(server.max_open, 2);
}

static void
a_cancel_that_waits_too_long_for_a_connection_is_not_sent(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE, .delay_ms = 300 },
	};
	struct provider_call calls[3];
	int i;

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	for (i = 0; i < 3; i++) {
		calls[i] = call_of(PROVIDER_CANCEL);
		if (i == 2)
			calls[i].send_by_ms = steady_ms(NULL) + 100;
		provider_start(&provider, &calls[i]);
	}
	wait_for(3);
	assert_int_equal(calls[0].outcome.said, PROVIDER_DONE);
	assert_int_equal(calls[1].outcome.said, PROVIDER_DONE);
	assert_int_equal(calls[2].outcome.said, PROVIDER_NOT_SENT);
	assert_int_equal(server_count(&server, "POST"), 2);
	for (i = 0; i < 3; i++)
		provider_outcome_deinit(&calls[i].outcome);
}

static void
waiting_for_a_connection_is_not_part_of_the_time_limit(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE, .delay_ms = TIMEOUT_MS - 200 },
	};
	struct provider_call calls[6];
	int i;

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	for (i = 0; i < 6; i++) {
		calls[i] = call_of(PROVIDER_CANCEL);
		provider_start(&provider, &calls[i]);
	}
	wait_for(6);
	for (i = 0; i < 6; i++) {
		assert_int_equal(calls[i].outcome.said, PROVIDER_DONE);
		provider_outcome_deinit(&calls[i].outcome);
	}
}

static void
calls_without_a_token_share_one(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call calls[5];
	int i;

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	for (i = 0; i < 5; i++) {
		calls[i] = call_of(PROVIDER_READ);
		/* Too old to be used. */
		calls[i].token.expires_ms = WALL_MS + 59999;
		provider_start(&provider, &calls[i]);
	}
	wait_for(5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(calls[i].outcome.said, PROVIDER_DONE);
		assert_true(calls[i].outcome.has_new_token);
		assert_string_equal(calls[i].outcome.new_token.text, "tok1");
		assert_true(
		    calls[i].outcome.new_token.expires_ms == WALL_MS + 1800000);
		provider_outcome_deinit(&calls[i].outcome);
	}
	assert_int_equal(server_count(&server, "POST /users/getToken "), 1);
	assert_false(server_has(&server, "Bearer brought"));
}

static void
the_newest_token_is_used(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call call;
	int i;

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	for (i = 0; i < 3; i++) {
		call = call_of(PROVIDER_READ);
		(void)snprintf(
		    call.token.text, sizeof(call.token.text), "t%d", i);
		/* The second one is older than what is known. */
		if (i == 1)
			call.token.expires_ms -= 1;
		if (i == 2)
			call.token.expires_ms += 1;
		run(&call);
		provider_outcome_deinit(&call.outcome);
	}
	assert_non_null(strstr(server.seen[0].head, "Bearer t0\r\n"));
	assert_non_null(strstr(server.seen[1].head, "Bearer t0\r\n"));
	assert_non_null(strstr(server.seen[2].head, "Bearer t2\r\n"));
}

static void
a_token_that_is_no_header_text_is_not_used(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call call = call_of(PROVIDER_READ);

	(void)state;
	server_script(&server, good_token, 1, replies, 1);
	strcpy(call.token.text, "a\r\nEvil: 1");
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_DONE);
	assert_false(server_has(&server, "Evil"));
	provider_outcome_deinit(&call.outcome);
}

static void
after_a_401_a_cancel_is_sent_with_a_new_token(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 401, .body = NONE },
		{ .status = 200, .body = MINE },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, good_token, 1, replies, 2);
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_DONE);
	assert_string_equal(call.outcome.new_token.text, "tok1");
	provider_outcome_deinit(&call.outcome);
	assert_int_equal(server.n_seen, 3);
	assert_non_null(strstr(server.seen[0].head, "Bearer brought\r\n"));
	assert_non_null(strstr(server.seen[2].head, "Bearer tok1\r\n"));

	/* Nor does the refused one come back with a later call. */
	call = call_of(PROVIDER_READ);
	call.token.expires_ms += 3600000;
	run(&call);
	provider_outcome_deinit(&call.outcome);
	assert_non_null(strstr(server.seen[3].head, "Bearer tok1\r\n"));
}

static void
two_401s_end_a_call(void **state)
{
	static const struct server_reply tokens[] = {
		{ .status = 200, .body = GOOD_TOKEN },
		{ .status = 200, .body = OTHER_TOKEN },
	};
	static const struct server_reply replies[] = {
		{ .status = 401, .body = NONE },
	};
	struct provider_call call = call_of(PROVIDER_CANCEL);

	(void)state;
	server_script(&server, tokens, 2, replies, 1);
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
	assert_string_equal(call.outcome.note.text, "401 twice");
	assert_true(call.outcome.is_shut_out);
	assert_int_equal(server_count(&server, "POST /payments/cancel"), 2);
	call = call_of(PROVIDER_READ);
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_LOST);
	assert_int_equal(server_count(&server, "GET"), 2);
}

static void
without_a_token_nothing_is_sent(void **state)
{
	static const struct server_reply bad[] = {
		{ .status = 401, .body = NONE },
		{ .status = 200, .body = NONE },
		{ .status = 500, .body = GOOD_TOKEN },
		{ .status = 200, .body = "<html>" },
		{ .how = SERVER_DROP },
		{ .how = SERVER_HANG },
	};
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	struct provider_call call;
	int i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		server_script(&server, bad + i, 1, replies, 1);
		call = call_of(PROVIDER_CANCEL);
		call.token.text[0] = '\0';
		run(&call);
		assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
		assert_true(call.outcome.is_shut_out);
		if (i == 0)
			assert_string_equal(call.outcome.note.text,
			    "no token: i'mport refused key and secret");
		assert_int_equal(
		    server_count(&server, "POST /payments/cancel"), 0);
	}
}

static void
a_refused_connection_means_not_sent(void **state)
{
	enum provider_want want;
	struct provider_call call;

	(void)state;
	/* The port is ours, but nobody listens any more. */
	(void)shutdown(server.fd, SHUT_RDWR);
	for (want = PROVIDER_CANCEL; want <= PROVIDER_FIND; want++) {
		call = call_of(want);
		run(&call);
		assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
		assert_true(call.outcome.note.text[0] != '\0');
	}
}

static void *
wake_later(void *arg)
{
	struct timespec time = { 0, 50000000 };

	(void)arg;
	(void)nanosleep(&time, NULL);
	provider_wake(&provider);
	return NULL;
}

static void
a_waiting_step_can_be_woken(void **state)
{
	int64_t start_ms = steady_ms(NULL);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wake_later, NULL), 0);
	assert_null(provider_step(&provider, 5000));
	assert_true(steady_ms(NULL) < start_ms + 2000);
	(void)pthread_join(thread, NULL);
}

static void
a_close_lets_go_of_calls_still_out(void **state)
{
	static const struct server_reply replies[] = {
		{ .how = SERVER_HANG },
	};
	struct provider_call calls[4];
	int i;

	(void)state;
	server_script(&server, replies, 1, replies, 1);
	for (i = 0; i < 4; i++) {
		calls[i] = call_of(PROVIDER_READ);
		if (i == 0)
			calls[i].token.text[0] = '\0';
		provider_start(&provider, &calls[i]);
		assert_null(provider_step(&provider, 50));
	}
}

static void
only_safe_base_urls_are_taken(void **state)
{
	static const char *const bad[] = {
		"",
		"api.iamport.kr",
		"http://api.iamport.kr",
		"http://128.0.0.1",
		"http://127.evil.example",
		"http://localhost.evil.example",
		"ftp://127.0.0.1",
		"file:///etc/passwd",
		"https://user@api.iamport.kr",
		"https://u:p@api.iamport.kr",
		"https://api.iamport.kr/?a",
		"https://api.iamport.kr/#a",
		"https:///x y",
	};
	static const char *const good[] = {
		"https://api.iamport.kr",
		"https://api.iamport.kr/",
		"http://127.9.9.9:8081",
		"http://localhost:8081/v1/",
		"http://[::1]:8081",
	};
	char account[80] = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (open_at(bad[i], NULL, 1) != FAULT_CONFIG)
			fail_msg("taken: %s", bad[i]);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(open_at(good[i], NULL, 1), FAULT_NONE);
		assert_int_equal(strlen(iamport_v1_account(v1)), 64);
		/* A slash at the end does not make another account. */
		if (i < 2 && account[0] != '\0')
			assert_string_equal(account, iamport_v1_account(v1));
		strcpy(account, iamport_v1_account(v1));
		iamport_v1_close(v1);
	}
	assert_int_equal(open_at(good[0], NULL, 0), FAULT_CONFIG);
	assert_int_equal(open_at(good[0], "/nowhere", 1), FAULT_CONFIG);
	v1 = NULL;
}

static void
opened_late_a_mistake_is_told_by_the_first_call(void **state)
{
	struct iamport_v1_options options =
	    options_at("http://128.0.0.1", NULL, 1);
	struct provider_call call = call_of(PROVIDER_CANCEL);
	struct fault_note note;

	(void)state;
	options.loads_late = true;
	assert_int_equal(iamport_v1_open(&options, &v1, &note), FAULT_NONE);
	provider = iamport_v1_provider(v1);
	run(&call);
	assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
	assert_non_null(strstr(call.outcome.note.text, "base_url: has to be"));
	iamport_v1_close(v1);
	v1 = NULL;
}

static void
over_tls_only_a_known_authority_is_believed(void **state)
{
	static const struct server_reply replies[] = {
		{ .status = 200, .body = MINE },
	};
	char path[] = "/tmp/iamport-v1-t.XXXXXX", url[64];
	struct provider_call call;
	const char *host;
	SSL_CTX *tls;
	int i, fd;

	(void)state;
	fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	tls = server_tls(path);
	server_start(&server, tls);
	server_script(&server, good_token, 1, replies, 1);
	for (i = 0; i < 3; i++) {
		/* Known; unknown; known, but not by that name. */
		host = i == 2 ? "localhost" : "127.0.0.1";
		(void)snprintf(
		    url, sizeof(url), "https://%s:%d", host, server.port);
		assert_int_equal(
		    open_at(url, i == 1 ? "" : path, 4), FAULT_NONE);
		call = call_of(PROVIDER_CANCEL);
		run(&call);
		assert_int_equal(call.outcome.said,
		    i == 0 ? PROVIDER_DONE : PROVIDER_NOT_SENT);
		provider_outcome_deinit(&call.outcome);
		call = call_of(PROVIDER_READ);
		run(&call);
		provider_outcome_deinit(&call.outcome);
		iamport_v1_close(v1);
		/* Two requests, one connection. */
		if (i == 0)
			assert_int_equal(server.n_connections, 1);
	}
	assert_int_equal(server_count(&server, ""), 2);
	v1 = NULL;
	server_stop(&server);
	SSL_CTX_free(tls);
	(void)unlink(path);
}

#define WITH_SERVER(test)                                                      \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_TWO_CONNECTIONS(test)                                             \
	cmocka_unit_test_setup_teardown(test, set_up_narrow, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(each_answer_to_a_cancel_is_worth_what_it_says),
		WITH_SERVER(each_answer_to_a_read_is_worth_what_it_says),
		WITH_SERVER(each_answer_to_a_find_is_worth_what_it_says),
		WITH_SERVER(each_answer_to_a_list_is_worth_what_it_says),
		WITH_SERVER(several_paid_payments_of_an_order_are_ambiguous),
		WITH_SERVER(an_outcome_tells_all_that_was_heard),
		WITH_SERVER(what_a_pg_quotes_of_the_account_is_masked),
		WITH_SERVER(a_receipt_that_quotes_the_account_is_dropped),
		WITH_SERVER(requests_look_as_documented),
		WITH_SERVER(a_cancel_on_a_dying_connection_is_sent_once),
		WITH_SERVER(a_read_on_a_dying_connection_is_repeated),
		WITH_SERVER(a_cancel_on_a_new_dying_connection_is_lost),
		WITH_SERVER(a_cancel_past_its_time_is_not_sent),
		WITH_SERVER(
		    a_cancel_that_waits_too_long_for_a_token_is_not_sent),
		WITH_TWO_CONNECTIONS(no_more_connections_than_allowed),
		WITH_TWO_CONNECTIONS(
		    a_cancel_that_waits_too_long_for_a_connection_is_not_sent),
		WITH_TWO_CONNECTIONS(
		    waiting_for_a_connection_is_not_part_of_the_time_limit),
		WITH_SERVER(calls_without_a_token_share_one),
		WITH_SERVER(the_newest_token_is_used),
		WITH_SERVER(a_token_that_is_no_header_text_is_not_used),
		WITH_SERVER(after_a_401_a_cancel_is_sent_with_a_new_token),
		WITH_SERVER(two_401s_end_a_call),
		WITH_SERVER(without_a_token_nothing_is_sent),
		WITH_SERVER(a_refused_connection_means_not_sent),
		WITH_SERVER(a_waiting_step_can_be_woken),
		WITH_SERVER(a_close_lets_go_of_calls_still_out),
		cmocka_unit_test(only_safe_base_urls_are_taken),
		cmocka_unit_test(
		    opened_late_a_mistake_is_told_by_the_first_call),
		cmocka_unit_test(over_tls_only_a_known_authority_is_believed),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
