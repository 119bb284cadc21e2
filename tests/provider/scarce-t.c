/* SPDX-License-Identifier: MIT */
/*
 * The provider while memory, libcurl or the kernel refuse it something: what is
 * sent is sent once and by all its rules, and who was told "not sent" can rely
 * on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <json-c/json.h>
#include <signal.h>

#include "provider/curl_library.h"
#include "provider/http-server.h"
#include "provider/iamport_v1.h"
#include "scarce/scarce.h"

#define N(array)   (sizeof(array) / sizeof((array)[0]))
#define WALL_MS    INT64_C(1795392000000)
#define TIMEOUT_MS 1000
#define K_MAX      2000

#define GOOD_TOKEN                                                             \
	"{\"code\":0,\"message\":null,\"response\":{\"access_token\":"         \
	"\"tok1\",\"now\":1000,\"expired_at\":2800}}"
#define PAYMENT                                                                \
	"{\"imp_uid\":\"imp_1\",\"merchant_uid\":\"o/1\",\"amount\":1000,"     \
	"\"cancel_amount\":300,\"currency\":\"KRW\",\"status\":\"cancelled\"," \
	"\"cancel_history\":[{\"amount\":300,\"cancellation_id\":\"c1\"}]}"
#define DONE "{\"code\":0,\"message\":null,\"response\":" PAYMENT "}"
#define LIST                                                                   \
	"{\"code\":0,\"response\":{\"total\":1,\"next\":0,\"list\":[" PAYMENT  \
	"]}}"

static const struct server_reply good_token[] = {
	{ .status = 200, .body = GOOD_TOKEN },
};

static struct server server;
static struct iamport_v1 *v1;

/* ---- what refuses ------------------------------------------------------ */

static struct curl_library real;
static const char *missing; /* of libcurl, or NULL */
static int event_fd = -1;   /* what the provider is woken by */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
char *__real_strdup(const char *text);
void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);
int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __real_eventfd(unsigned int n, int flags);
int __wrap_eventfd(unsigned int n, int flags);
int __real_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
X509_STORE *__real_X509_STORE_new(void);
X509_STORE *__wrap_X509_STORE_new(void);
json_tokener *__real_json_tokener_new(void);
json_tokener *__wrap_json_tokener_new(void);

/* Of libcurl's own memory only what our realloc() takes can be refused. */
static CURLcode
global_init_mem(long flags, curl_malloc_callback m, curl_free_callback f,
    curl_realloc_callback r, curl_strdup_callback s, curl_calloc_callback c)
{
	(void)m;
	(void)s;
	(void)c;
	return scarce_refuses(SCARCE_CALLS)
	    ? CURLE_FAILED_INIT
	    : real.curl_global_init_mem(
		  flags, __real_malloc, f, r, __real_strdup, __real_calloc);
}

static CURL *
easy_init(void)
{
	return scarce_refuses(SCARCE_CALLS) ? NULL : real.curl_easy_init();
}

/* An option's number says what comes with it. */
static CURLcode
easy_setopt(CURL *easy, CURLoption option, ...)
{
	va_list args;
	CURLcode rc;

	if (scarce_refuses(SCARCE_CALLS))
		return CURLE_OUT_OF_MEMORY;
	va_start(args, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		rc = real.curl_easy_setopt(easy, option, va_arg(args, long));
	else
		rc = real.curl_easy_setopt(easy, option, va_arg(args, void *));
	va_end(args);
	return rc;
}

static CURLHcode
easy_header(CURL *easy, const char *name, size_t index, unsigned int origin,
    int request, struct curl_header **ret_header)
{
	return scarce_refuses(SCARCE_CALLS)
	    ? CURLHE_OUT_OF_MEMORY
	    : real.curl_easy_header(
		  easy, name, index, origin, request, ret_header);
}

static CURLM *
multi_init(void)
{
	return scarce_refuses(SCARCE_CALLS) ? NULL : real.curl_multi_init();
}

static CURLMcode
multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	va_list args;
	CURLMcode rc;

	if (scarce_refuses(SCARCE_CALLS))
		return CURLM_OUT_OF_MEMORY;
	va_start(args, option);
	if ((int)option < CURLOPTTYPE_OBJECTPOINT)
		rc = real.curl_multi_setopt(multi, option, va_arg(args, long));
	else
		rc =
		    real.curl_multi_setopt(multi, option, va_arg(args, void *));
	va_end(args);
	return rc;
}

static CURLMcode
multi_add_handle(CURLM *multi, CURL *easy)
{
	return scarce_refuses(SCARCE_CALLS)
	    ? CURLM_OUT_OF_MEMORY
	    : real.curl_multi_add_handle(multi, easy);
}

/* It leaves off before it has said when to call it again. */
static CURLMcode
multi_socket_action(CURLM *multi, curl_socket_t fd, int mask, int *ret_n)
{
	return scarce_refuses(SCARCE_CALLS)
	    ? CURLM_OUT_OF_MEMORY
	    : real.curl_multi_socket_action(multi, fd, mask, ret_n);
}

static CURLU *
url_new(void)
{
	return scarce_refuses(SCARCE_CALLS) ? NULL : real.curl_url();
}

static CURLUcode
url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags)
{
	return scarce_refuses(SCARCE_CALLS)
	    ? CURLUE_OUT_OF_MEMORY
	    : real.curl_url_set(url, part, text, flags);
}

static CURLUcode
url_get(CURLU *url, CURLUPart part, char **ret_text, unsigned int flags)
{
	return scarce_refuses(SCARCE_CALLS)
	    ? CURLUE_OUT_OF_MEMORY
	    : real.curl_url_get(url, part, ret_text, flags);
}

/* Ours in the place of libcurl's. */
static const struct {
	const char *name;
	void *ours;
	void *real;
} replaced[] = {
#define REPLACED(name, ours)                                                   \
	{                                                                      \
#name, (void *)(ours), &real.name                              \
	}
	REPLACED(curl_global_init_mem, global_init_mem),
	REPLACED(curl_easy_init, easy_init),
	REPLACED(curl_easy_setopt, easy_setopt),
	REPLACED(curl_easy_header, easy_header),
	REPLACED(curl_multi_init, multi_init),
	REPLACED(curl_multi_setopt, multi_setopt),
	REPLACED(curl_multi_add_handle, multi_add_handle),
	REPLACED(curl_multi_socket_action, multi_socket_action),
	REPLACED(curl_url, url_new),
	REPLACED(curl_url_set, url_set),
	REPLACED(curl_url_get, url_get),
#undef REPLACED
};

void *
__wrap_dlsym(void *library, const char *name)
{
	void *function;
	size_t i;

	if (missing != NULL && strcmp(name, missing) == 0)
		name = "curl_of_another_library";
	function = __real_dlsym(library, name);
	for (i = 0; i < N(replaced); i++) {
		if (strcmp(name, replaced[i].name) == 0) {
			memcpy(replaced[i].real, &function, sizeof(function));
			return replaced[i].ours;
		}
	}
	return function;
}

int
__wrap_epoll_create1(int flags)
{
	return scarce_refuses(SCARCE_CALLS) ? -1 : __real_epoll_create1(flags);
}

int
__wrap_eventfd(unsigned int n, int flags)
{
	event_fd = scarce_refuses(SCARCE_CALLS) ? -1 : __real_eventfd(n, flags);
	return event_fd;
}

/* A socket that can't be watched costs a whole timeout: not counted. */
int
__wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	return fd == event_fd && scarce_refuses(SCARCE_CALLS)
	    ? -1
	    : __real_epoll_ctl(epoll, op, fd, event);
}

X509_STORE *
__wrap_X509_STORE_new(void)
{
	return scarce_refuses(SCARCE_CALLS) ? NULL : __real_X509_STORE_new();
}

json_tokener *
__wrap_json_tokener_new(void)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_json_tokener_new();
}

/* ---- the world --------------------------------------------------------- */

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

static enum fault
open_v1(bool loads_late, struct fault_note *note)
{
	static char url[64];
	struct iamport_v1_options options = {
		.base_url = url,
		.key = "key",
		.secret = "secret",
		.tier = "abc",
		.max_connections = 2,
		.connect_timeout_ms = TIMEOUT_MS,
		.timeout_ms = TIMEOUT_MS,
		.clock = { now_ms, steady_ms, "test", NULL },
		.loads_late = loads_late,
	};

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server.port);
	return iamport_v1_open(&options, &v1, note);
}

static void
close_v1(void)
{
	iamport_v1_close(v1);
	v1 = NULL;
}

/* Without a token: one has to be fetched first. */
static void
ask(enum provider_want want, struct provider_call *ret)
{
	struct provider provider = iamport_v1_provider(v1);
	int64_t end_ms = steady_ms(NULL) + 10000;

	*ret = (struct provider_call){
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
		.from_at = 1000,
		.to_at = 2000,
		.page = 1,
		.send_by_ms = steady_ms(NULL) + 5000,
	};
	provider_start(&provider, ret);
	while (provider_step(&provider, 1000) == NULL)
		assert_true(steady_ms(NULL) < end_ms);
}

static int
set_up(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	server_start(&server, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)scarce_end();
	close_v1();
	server_stop(&server);
	return 0;
}

/* ---- the tests --------------------------------------------------------- */

static const struct want {
	enum provider_want want;
	const char *sent; /* how it begins */
	const struct server_reply replies[2];
} wants[] = {
	{ PROVIDER_CANCEL, "POST /payments/cancel",
	    { { .status = 200, .body = DONE } } },
	{ PROVIDER_READ, "GET /payments/imp_1",
	    { { .status = 200, .body = DONE } } },
	{ PROVIDER_FIND, "GET /payments/find/",
	    { { .status = 200, .body = DONE },
		{ .status = 200, .body = LIST } } },
	{ PROVIDER_LIST, "GET /payments/status/",
	    { { .status = 200, .body = LIST } } },
};

/* Is what was said of the call true of what the server has seen? */
static void
check_word(const struct want *want, long k, const struct provider_call *call)
{
	const struct provider_outcome *outcome = &call->outcome;
	int n = server_count(&server, want->sent);

	/* A find asks twice: the second may be what was not sent. */
	if (n > 1 || (outcome->said == PROVIDER_DONE && n == 0) ||
	    (outcome->said == PROVIDER_NOT_SENT && n == 1 &&
		want->want != PROVIDER_FIND))
		fail_msg("%s, refusal %ld: said %d, seen %d times (%s)",
		    want->sent, k, (int)outcome->said, n, outcome->note.text);
	if (outcome->said == PROVIDER_DONE)
		assert_true(outcome->has_truth || outcome->page.n == 1 ||
		    want->want == PROVIDER_CANCEL);
	else
		assert_true(outcome->note.text[0] != '\0');
	/* Nobody's business once it is over, however it ended. */
	assert_string_equal(call->account.account, "");
}

/* One call with one thing refused; was there still one to refuse? */
static bool
try(const struct want *want, enum scarce_what what, long k, bool loads_late,
    int *ret_n_opened)
{
	struct provider_call call;
	struct fault_note note = { "" };
	enum fault f;
	bool was_refused;

	server_script(&server, good_token, 1, want->replies,
	    want->want == PROVIDER_FIND ? 2 : 1);
	scarce_begin(what, k);
	f = open_v1(loads_late, &note);
	if (f != FAULT_NONE) {
		assert_true(scarce_end());
		assert_true(note.text[0] != '\0');
		assert_null(v1);
		return true;
	}
	++*ret_n_opened;
	ask(want->want, &call);
	was_refused = scarce_end();
	check_word(want, k, &call);
	if (what == SCARCE_CALLS && call.outcome.said == PROVIDER_LOST)
		fail_msg("%s, refusal %ld: lost (%s)", want->sent, k,
		    call.outcome.note.text);
	provider_outcome_deinit(&call.outcome);
	/* And the next one is served as if nothing had been. */
	server_script(&server, good_token, 1, want->replies,
	    want->want == PROVIDER_FIND ? 2 : 1);
	ask(want->want, &call);
	if (call.outcome.said != PROVIDER_DONE ||
	    server_count(&server, want->sent) != 1)
		fail_msg("%s, after refusal %ld: said %d (%s)", want->sent, k,
		    (int)call.outcome.said, call.outcome.note.text);
	provider_outcome_deinit(&call.outcome);
	close_v1();
	return was_refused;
}

static void
try_all(enum scarce_what what, bool loads_late, size_t n)
{
	size_t i;
	int n_opened;
	long k;

	for (i = 0; i < n; i++) {
		n_opened = 0;
		for (k = 1; try(&wants[i], what, k, loads_late, &n_opened); k++)
			assert_true(k < K_MAX);
		assert_true(k > 10 && n_opened > 5);
	}
}

static void
what_libcurl_refuses_is_not_sent_by_other_rules(void **state)
{
	(void)state;
	try_all(SCARCE_CALLS, false, 2);
}

static void
what_is_refused_to_a_late_libcurl_is_the_calls_end(void **state)
{
	(void)state;
	try_all(SCARCE_CALLS, true, 1);
}

static void
without_a_piece_of_memory_the_word_on_a_call_is_true(void **state)
{
	(void)state;
	try_all(SCARCE_MEMORY, false, N(wants));
}

static void
a_libcurl_that_lacks_anything_is_not_used(void **state)
{
	static const char *const names[] = { "curl_easy_cleanup",
		"curl_easy_header", "SSL_CTX_set1_cert_store" };
	struct provider_call call;
	struct fault_note note;
	size_t i;

	(void)state;
	for (i = 0; i < N(names); i++) {
		missing = names[i];
		assert_int_equal(open_v1(false, &note), FAULT_CONFIG);
		assert_non_null(strstr(note.text, "curl_of_another_library"));
		assert_int_equal(open_v1(true, &note), FAULT_NONE);
		ask(PROVIDER_CANCEL, &call);
		missing = NULL;
		assert_int_equal(call.outcome.said, PROVIDER_NOT_SENT);
		provider_outcome_deinit(&call.outcome);
		close_v1();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_libcurl_refuses_is_not_sent_by_other_rules),
		TEST(what_is_refused_to_a_late_libcurl_is_the_calls_end),
		TEST(without_a_piece_of_memory_the_word_on_a_call_is_true),
		TEST(a_libcurl_that_lacks_anything_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
