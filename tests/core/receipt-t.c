/* SPDX-License-Identifier: MIT */
/*
 * What may become a link on a customer's page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/receipt.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void
an_address_over_https_is_one(void **state)
{
	static const char *const good[] = {
		"https://receipt.invalid/06K0EXAMPLE000000001",
		"https://iniweb.inicis.com/DefaultWebApp/mall/cr/cm/"
		"mCmReceipt_head.jsp?noTid=StdpayCARDINIpayTest&noMethod=1",
		"https://example.invalid/r?a=1&b=/2",
		"https://example.invalid",
		"https://example.invalid:8443/?x=%ED%99%98#top",
		"https://example.invalid/a@b:c",
		"https://192.0.2.1/",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++) {
		if (!receipt_is_url(good[i]))
			fail_msg("%s", good[i]);
	}
}

static void
anything_else_is_none(void **state)
{
	static const char *const bad[] = {
		"",
		"https:",
		"https://",
		"https:///path",
		"https://?x",
		"http://example.invalid/",
		"HTTPS://example.invalid/",
		"javascript:alert(1)",
		"javascript:alert(1)//https://example.invalid/",
		"data:text/html,<script>alert(1)</script>",
		"//example.invalid/",
		"/refunds/1",
		" https://example.invalid/",
		"https://example.invalid/ ",
		"https://example.invalid/\n",
		"https://example.invalid/\x01",
		"https://example.invalid/\x7f",
		"https://example.invalid/\"onclick=",
		"https://example.invalid/<script>",
		"https://example.invalid/\\",
		"https://example.invalid\\@evil.invalid/",
		"https://bank.invalid@evil.invalid/",
		"https://bank.invalid:443@evil.invalid/",
		"https://bank.invalid:x/",
		"https://.invalid/",
		"https://-a.invalid/",
		"https://[::1]/",
		"https://예시.invalid/",
		"https://example.invalid/환불",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		if (receipt_is_url(bad[i]))
			fail_msg("%s", bad[i]);
	}
}

static void
its_length_has_an_end(void **state)
{
	char url[RECEIPT_URL_SIZE + 1] = "https://example.invalid/";

	(void)state;
	memset(url + strlen(url), 'a', RECEIPT_URL_SIZE - 1 - strlen(url));
	assert_int_equal(strlen(url), RECEIPT_URL_SIZE - 1);
	assert_true(receipt_is_url(url));
	url[RECEIPT_URL_SIZE - 1] = 'a';
	assert_false(receipt_is_url(url));
}

static void
a_quoted_account_is_found_by_its_digits(void **state)
{
	static const char url[] = "https://pg.invalid/?to=110123456789";

	(void)state;
	assert_true(receipt_quotes(url, "110123456789"));
	assert_true(receipt_quotes(url, "110-123-456789"));
	assert_true(receipt_quotes(
	    "https://pg.invalid/?to=110-123-456789", "110-123-456789"));
	assert_true(receipt_quotes("https://pg.invalid/HONG", "HONG"));
	assert_false(receipt_quotes(url, "110-123-456780"));
	assert_false(receipt_quotes(url, "홍길동"));
	assert_false(receipt_quotes(url, "-"));
	assert_false(receipt_quotes(url, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_over_https_is_one),
		cmocka_unit_test(anything_else_is_none),
		cmocka_unit_test(its_length_has_an_end),
		cmocka_unit_test(a_quoted_account_is_found_by_its_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
