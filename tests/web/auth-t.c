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

	fake_io_init(&fake, params, strlen(params));
	verdict = web_auth_check(auth, &fake.io, ret_caller);
	fake_io_deinit(&fake);
	return verdict;
}

static void
without_a_mode_nobody_may_call(void **state)
{
	const struct web_auth auth = { WEB_AUTH_UNSET, "", "" };
	char caller[CALLER_SIZE];

	(void)state;
	assert_int_equal(check(&auth, "REMOTE_USER=a\n", caller), WEB_AUTH_OFF);
}

static void
mode_none_lets_everybody_in_as_none(void **state)
{
	const struct web_auth auth = { WEB_AUTH_NONE, "", "" };
	char caller[CALLER_SIZE];

	(void)state;
	assert_int_equal(check(&auth, "A=b\n", caller), WEB_AUTH_OK);
	assert_string_equal(caller, "none");
}

static void
a_user_is_known_by_the_named_variable_only(void **state)
{
	const struct web_auth auth = { WEB_AUTH_REMOTE_USER, "AUTH_USER", "" };
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
	const struct web_auth auth = { WEB_AUTH_NONE, "",
		" https://one.kr  https://two.kr:444 null" };
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
	const struct web_auth auth = { WEB_AUTH_REMOTE_USER, "U", "" };
	const char *params = "HTTP_ORIGIN=http://x\nU=a\n";
	static struct fake_io fake;
	char caller[CALLER_SIZE];

	(void)state;
	fake_io_init(&fake, params, strlen(params));
	assert_int_equal(web_auth_caller(&auth, &fake.io, caller), WEB_AUTH_OK);
	assert_string_equal(caller, "user:a");
	fake_io_deinit(&fake);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
