/* SPDX-License-Identifier: MIT */
/*
 * Who a request comes from, and from which page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/fake_io.h"
#include "web/web_auth.h"

static enum web_auth_verdict
check(const struct web_auth *auth, const char *params,
    char ret_caller[static CALLER_SIZE])
{
	static struct fake_io fake;
	enum web_auth_verdict verdict;
	struct web_caller caller;

	fake_io_init(&fake, params, strlen(params));
	verdict = web_auth_check(auth, &fake.io, &caller);
	fake_io_deinit(&fake);
	memcpy(ret_caller, caller.name, CALLER_SIZE);
	return verdict;
}

static void
without_a_mode_nobody_may_call(void **state)
{
	const struct web_auth auth = {
		.mode = WEB_AUTH_UNSET, .user_param = "", .allowed_origins = ""
	};
	char caller[CALLER_SIZE];

	(void)state;
	assert_int_equal(check(&auth, "REMOTE_USER=a\n", caller), WEB_AUTH_OFF);
}

static void
mode_none_lets_everybody_in_as_none(void **state)
{
	const struct web_auth auth = {
		.mode = WEB_AUTH_NONE, .user_param = "", .allowed_origins = ""
	};
	char caller[CALLER_SIZE];

	(void)state;
	assert_int_equal(check(&auth, "A=b\n", caller), WEB_AUTH_OK);
	assert_string_equal(caller, "none");
}

static void
a_user_is_known_by_the_named_variable_only(void **state)
{
	const struct web_auth auth = { .mode = WEB_AUTH_REMOTE_USER,
		.user_param = "AUTH_USER",
		.allowed_origins = "" };
	char caller[CALLER_SIZE] = "?", params[256] = "AUTH_USER=", *end;
	int i;

	(void)state;
	assert_int_equal(
	    check(&auth, "AUTH_USER=홍길동\n", caller), WEB_AUTH_OK);
	assert_string_equal(caller, "user:홍길동");
	assert_int_equal(check(&auth, "REMOTE_USER=a\nAUTH_USERS=b\n", caller),
	    WEB_AUTH_NOBODY);
	assert_int_equal(check(&auth, "AUTH_USER=\n", caller), WEB_AUTH_NOBODY);
	assert_int_equal(check(&auth, "AUTH_USER=a\nAUTH_USER=a\n", caller),
	    WEB_AUTH_REFUSED);
	assert_int_equal(
	    check(&auth, "AUTH_USER=a b\n", caller), WEB_AUTH_REFUSED);
	assert_int_equal(
	    check(&auth, "AUTH_USER=a\tb\n", caller), WEB_AUTH_REFUSED);
	assert_int_equal(
	    check(&auth, "AUTH_USER=\xff\n", caller), WEB_AUTH_REFUSED);
	assert_int_equal(
	    check(&auth, "AUTH_USER=\xc2\x85\n", caller), WEB_AUTH_REFUSED);
	end = params + strlen(params);
	for (i = 0; i < 100; i++)
		*end++ = 'u';
	assert_int_equal(check(&auth, params, caller), WEB_AUTH_OK);
	*end = 'u';
	assert_int_equal(check(&auth, params, caller), WEB_AUTH_REFUSED);
}

static void
an_origin_has_to_be_ours_or_listed(void **state)
{
	static const struct {
		const char *params;
		enum web_auth_verdict verdict;
	} cases[] = {
		{ "HTTP_HOST=shop.kr\n", WEB_AUTH_OK },
		{ "HTTP_ORIGIN=http://shop.kr\nHTTP_HOST=shop.kr\n",
		    WEB_AUTH_OK },
		{ "HTTP_ORIGIN=http://shop.kr:8080\nHTTP_HOST=shop.kr:8080\n",
		    WEB_AUTH_OK },
		{ "HTTP_ORIGIN=http://shop.kr:8080\nHTTP_HOST=shop.kr\n"
		  "SERVER_PORT=8080\n",
		    WEB_AUTH_OK },
		{ "HTTP_ORIGIN=http://[::1]:8080\nHTTP_HOST=[::1]\n"
		  "SERVER_PORT=8080\n",
		    WEB_AUTH_OK },
		{ "HTTP_ORIGIN=http://shop.kr:9\nHTTP_HOST=shop.kr:8080\n"
		  "SERVER_PORT=9\n",
		    WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=https://shop.kr\nHTTP_HOST=shop.kr\nHTTPS=on\n",
		    WEB_AUTH_OK },
		{ "HTTP_ORIGIN=http://shop.kr\nHTTP_HOST=shop.kr\nHTTPS=on\n",
		    WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=https://shop.kr\nHTTP_HOST=shop.kr\n",
		    WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=http://shop.kr.evil.com\nHTTP_HOST=shop.kr\n",
		    WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=null\nHTTP_HOST=shop.kr\n", WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=\nHTTP_HOST=shop.kr\n", WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=http://\nHTTP_HOST=\n", WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=http://x\n", WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=http://a\nHTTP_HOST=b\nHTTP_HOST=a\n",
		    WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=http://a\nHTTP_ORIGIN=http://a\nHTTP_HOST=a\n",
		    WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=https://one.kr\n", WEB_AUTH_OK },
		{ "HTTP_ORIGIN=https://two.kr:444\n", WEB_AUTH_OK },
		{ "HTTP_ORIGIN=https://two.kr\n", WEB_AUTH_ORIGIN },
		{ "HTTP_ORIGIN=https://one.kr https://two.kr:444\n",
		    WEB_AUTH_ORIGIN },
	};
	const struct web_auth auth = { .mode = WEB_AUTH_NONE,
		.user_param = "",
		.allowed_origins = " https://one.kr  https://two.kr:444 null" };
	char caller[CALLER_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    check(&auth, cases[i].params, caller), cases[i].verdict);
}

static void
a_reader_needs_a_name_but_no_origin(void **state)
{
	const struct web_auth auth = { .mode = WEB_AUTH_REMOTE_USER,
		.user_param = "U",
		.allowed_origins = "" };
	const char *params = "HTTP_ORIGIN=http://x\nU=a\n";
	static struct fake_io fake;
	struct web_caller caller;

	(void)state;
	fake_io_init(&fake, params, strlen(params));
	assert_int_equal(
	    web_auth_caller(&auth, &fake.io, &caller), WEB_AUTH_OK);
	assert_string_equal(caller.name, "user:a");
	assert_true(web_auth_may_see(&caller, "any order"));
	fake_io_deinit(&fake);
}

static int64_t
at_noon(void *self)
{
	(void)self;
	return INT64_C(1795700000000);
}

/* A ticket of that order for the next minute, as a header. */
static const char *
header_of(const struct ticket_secrets *secrets, const char *order)
{
	static char header[TICKET_TEXT_MAX + 100];
	struct ticket ticket = { .most = "1" };
	char token[TICKET_TEXT_MAX + 1];

	strcpy(ticket.order, order);
	assert_int_equal(
	    ticket_mint(secrets, &ticket, 1795700000, 60, token, NULL),
	    FAULT_NONE);
	(void)snprintf(
	    header, sizeof(header), "HTTP_AUTHORIZATION=Bearer %s\n", token);
	return header;
}

static enum web_auth_verdict
by_ticket(const char *params, int64_t (*now_ms)(void *self),
    struct web_caller *ret_caller)
{
	static const struct ticket_secrets secrets = {
		{ "0123456789abcdef0123456789abcdef" }, 1
	};
	const struct web_auth auth = { .mode = WEB_AUTH_TICKET,
		.secrets = &secrets,
		.clock = { .now_ms = now_ms },
		.user_param = "",
		.allowed_origins = "" };
	static struct fake_io fake;
	enum web_auth_verdict verdict;

	if (params == NULL)
		params = header_of(&secrets, "order 1");
	fake_io_init(&fake, params, strlen(params));
	verdict = web_auth_check(&auth, &fake.io, ret_caller);
	fake_io_deinit(&fake);
	return verdict;
}

static void
a_ticket_lets_its_bearer_ask_for_its_order(void **state)
{
	struct web_caller caller;

	(void)state;
	assert_int_equal(by_ticket(NULL, at_noon, &caller), WEB_AUTH_OK);
	assert_string_equal(caller.name, "ticket:order 1");
	assert_true(caller.has_ticket);
	assert_true(web_auth_may_see(&caller, "order 1"));
	assert_false(web_auth_may_see(&caller, "order 2"));
	assert_false(web_auth_may_see(&caller, "order 1 "));
}

static int64_t
at_one(void *self)
{
	return at_noon(self) + INT64_C(3600000);
}

static void
without_a_good_ticket_the_challenge_says_why(void **state)
{
	struct web_caller caller;

	(void)state;
	assert_int_equal(by_ticket("A=b\n", at_noon, &caller), WEB_AUTH_NOBODY);
	assert_string_equal(caller.challenge, "Bearer realm=\"cancelpay\"");
	assert_int_equal(
	    by_ticket("HTTP_AUTHORIZATION=Basic YTpi\n", at_noon, &caller),
	    WEB_AUTH_NOBODY);
	assert_int_equal(
	    by_ticket("HTTP_AUTHORIZATION=Bearer a.b.c\n", at_noon, &caller),
	    WEB_AUTH_BAD);
	assert_non_null(strstr(caller.challenge, "error=\"invalid_token\""));
	assert_non_null(strstr(caller.challenge, "HS256"));
	assert_int_equal(by_ticket(NULL, at_one, &caller), WEB_AUTH_EXPIRED);
	assert_non_null(strstr(caller.challenge, "expired: exp"));
	assert_false(caller.has_ticket);
	assert_int_equal(by_ticket("HTTP_AUTHORIZATION=Bearer a\n"
				   "HTTP_AUTHORIZATION=Bearer b\n",
			     at_noon, &caller),
	    WEB_AUTH_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_mode_nobody_may_call),
		cmocka_unit_test(mode_none_lets_everybody_in_as_none),
		cmocka_unit_test(a_user_is_known_by_the_named_variable_only),
		cmocka_unit_test(an_origin_has_to_be_ours_or_listed),
		cmocka_unit_test(a_reader_needs_a_name_but_no_origin),
		cmocka_unit_test(a_ticket_lets_its_bearer_ask_for_its_order),
		cmocka_unit_test(without_a_good_ticket_the_challenge_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
