/* SPDX-License-Identifier: MIT */
/*
 * Amounts from text and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/money.h"

static const struct {
	const char *text;
	const char *currency;
	int64_t strict; /* -1: refused */
	int64_t loose;
} amounts[] = {
	{ "0", "KRW", 0, 0 },
	{ "1", "KRW", 1, 1 },
	{ "10000", "KRW", 10000, 10000 },
	{ "100000000000000", "KRW", MONEY_MAX, MONEY_MAX },
	{ "100000000000001", "KRW", -1, -1 },
	{ "99999999999999999999999", "KRW", -1, -1 },
	{ "10000.0", "KRW", -1, 10000 },
	{ "10000.00", "KRW", -1, 10000 },
	{ "10000.01", "KRW", -1, -1 },
	{ "12", "USD", 1200, 1200 },
	{ "12.5", "USD", 1250, 1250 },
	{ "12.50", "USD", 1250, 1250 },
	{ "0.01", "USD", 1, 1 },
	{ "99999999999999", "USD", -1, -1 },
	{ "12.500", "USD", -1, 1250 },
	{ "12.505", "USD", -1, -1 },
	{ "1000000000000.00", "USD", MONEY_MAX, MONEY_MAX },
	{ "1000000000000.01", "USD", -1, -1 },
	{ "1.234", "KWD", 1234, 1234 },
	{ "", "KRW", -1, -1 },
	{ "-1", "KRW", -1, -1 },
	{ "+1", "KRW", -1, -1 },
	{ " 1", "KRW", -1, -1 },
	{ "1 ", "KRW", -1, -1 },
	{ "1e3", "KRW", -1, -1 },
	{ "01", "KRW", -1, -1 },
	{ "00", "KRW", -1, -1 },
	{ "1.", "USD", -1, -1 },
	{ ".5", "USD", -1, -1 },
	{ "1.2.3", "USD", -1, -1 },
	{ "0x10", "KRW", -1, -1 },
	{ "1,000", "KRW", -1, -1 },
};

static int64_t
read_as(bool (*parse)(const char *, size_t, const struct currency *, int64_t *),
    const char *text, const char *code)
{
	int64_t amount = -2;

	if (!parse(text, strlen(text), currency_find(code), &amount)) {
		assert_int_equal(amount, -2); /* written only on success */
		return -1;
	}
	return amount;
}

static void
amounts_are_read_exactly_or_not_at_all(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		assert_int_equal(
		    read_as(money_parse, amounts[i].text, amounts[i].currency),
		    amounts[i].strict);
		assert_int_equal(read_as(money_parse_loose, amounts[i].text,
				     amounts[i].currency),
		    amounts[i].loose);
	}
}

static void
a_nul_inside_the_text_is_no_digit(void **state)
{
	int64_t amount;

	(void)state;
	assert_false(money_parse("1\0002", 3, currency_find("KRW"), &amount));
}

static void
written_amounts_are_read_back_the_same(void **state)
{
	static const int64_t values[] = { 0, 1, 9, 10, 99, 100, 101, 1250,
		99999, MONEY_MAX };
	static const char *const codes[] = { "KRW", "USD", "KWD" };
	char text[MONEY_TEXT_SIZE];
	int64_t back;
	size_t i, c;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		for (c = 0; c < 3; c++) {
			money_format(values[i], currency_find(codes[c]), text);
			assert_true(money_parse(text, strlen(text),
			    currency_find(codes[c]), &back));
			assert_int_equal(back, values[i]);
		}
	}
	money_format(1250, currency_find("USD"), text);
	assert_string_equal(text, "12.50");
	money_format(5, currency_find("USD"), text);
	assert_string_equal(text, "0.05");
	money_format(10000, currency_find("KRW"), text);
	assert_string_equal(text, "10000");
	money_format(INT64_MAX, currency_find("KWD"), text);
	assert_string_equal(text, "9223372036854775.807");
}

static void
only_known_currencies_are_found(void **state)
{
	(void)state;
	assert_int_equal(currency_find("KRW")->exponent, 0);
	assert_int_equal(currency_find("JPY")->exponent, 0);
	assert_int_equal(currency_find("USD")->exponent, 2);
	assert_null(currency_find("krw"));
	assert_null(currency_find(""));
	assert_null(currency_find("XXX"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_are_read_exactly_or_not_at_all),
		cmocka_unit_test(a_nul_inside_the_text_is_no_digit),
		cmocka_unit_test(written_amounts_are_read_back_the_same),
		cmocka_unit_test(only_known_currencies_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
