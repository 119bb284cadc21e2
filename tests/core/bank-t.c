/* SPDX-License-Identifier: MIT */
/*
 * The banks of each PG.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/bank.h"

static void
every_pg_has_the_banks_of_its_list(void **state)
{
	static const struct {
		const char *pg_provider;
		size_t n;
		const char *kookmin, *toss, *hana;
	} pgs[] = {
		{ "html5_inicis", 22, "04", "92", "81" },
		{ "inicis", 22, "04", "92", "81" },
		{ "inicis_unified", 22, "04", "92", "81" },
		{ "kcp", 22, "BK04", "BK92", "BK81" },
		{ "kcp_billing", 22, "BK04", "BK92", "BK81" },
		{ "kcp_quick", 22, "BK04", "BK92", "BK81" },
		{ "tosspayments", 22, "004", "092", "081" },
		{ "uplus", 22, "004", "092", "081" },
		{ "danal", 22, "004", "092", "081" },
		{ "danal_tpay", 22, "004", "092", "081" },
		{ "nice", 22, "004", "092", "081" },
		{ "kicc", 22, "004", "092", "081" },
		{ "smartro", 22, "004", "092", "081" },
		{ "settle", 22, "004", "092", "081" },
		{ "jtnet", 22, "004", "092", "081" },
		{ "daou", 10, "04", NULL, "12" },
		{ "nice_v2", 12, "004", NULL, "081" },
		{ "welcome", 12, "004", NULL, "081" },
	};
	struct bank bank = { 0 };
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(pgs) / sizeof(pgs[0]); i++) {
		for (n = 0; bank_at(pgs[i].pg_provider, n, &bank); n++) {
			if (strcmp(bank.en, "KB Kookmin") == 0)
				assert_string_equal(bank.code, pgs[i].kookmin);
			if (strcmp(bank.ko, "토스뱅크") == 0)
				assert_string_equal(bank.code, pgs[i].toss);
			if (strcmp(bank.en, "Hana") == 0)
				assert_string_equal(bank.code, pgs[i].hana);
			assert_true(strlen(bank.code) <= 4); /* refund_bank */
			assert_true(bank_is_of(pgs[i].pg_provider, bank.code));
		}
		assert_int_equal(n, pgs[i].n);
	}
}

static void
no_pg_calls_two_banks_by_one_code(void **state)
{
	static const char *const pgs[] = { "inicis", "kcp", "nice", "daou",
		"nice_v2", "welcome" };
	struct bank one, other;
	size_t pg, i, j;

	(void)state;
	for (pg = 0; pg < sizeof(pgs) / sizeof(pgs[0]); pg++) {
		for (i = 0; bank_at(pgs[pg], i, &one); i++) {
			for (j = 0; j < i; j++) {
				assert_true(bank_at(pgs[pg], j, &other));
				assert_string_not_equal(one.code, other.code);
				assert_string_not_equal(one.en, other.en);
				assert_string_not_equal(one.ko, other.ko);
			}
		}
	}
}

static void
one_code_is_another_bank_at_another_pg(void **state)
{
	struct bank bank;
	size_t i;

	(void)state;
	for (i = 0; bank_at("html5_inicis", i, &bank); i++) {
		if (strcmp(bank.code, "11") == 0)
			assert_string_equal(bank.en, "NH Nonghyup");
	}
	for (i = 0; bank_at("daou", i, &bank); i++) {
		if (strcmp(bank.code, "11") == 0)
			assert_string_equal(bank.en, "SC First");
	}
	assert_true(bank_is_of("html5_inicis", "11"));
	assert_true(bank_is_of("daou", "11"));
}

static void
a_code_is_taken_as_a_whole(void **state)
{
	(void)state;
	assert_true(bank_is_of("kcp", "BK04"));
	assert_false(bank_is_of("kcp", "bk04"));
	assert_false(bank_is_of("kcp", "BK0"));
	assert_false(bank_is_of("kcp", "04"));
	assert_false(bank_is_of("nice", "04"));
	assert_false(bank_is_of("html5_inicis", ""));
	assert_false(bank_is_of("html5_inicis", "004"));
}

static void
of_a_pg_without_a_list_any_code_is_taken(void **state)
{
	static const char *const pgs[] = { "ksnet", "smartro_v2", "mobilians",
		"settle_acc", "kcpx", "kc", "" };
	struct bank bank;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pgs) / sizeof(pgs[0]); i++) {
		assert_true(bank_is_of(pgs[i], "zzzz"));
		assert_false(bank_at(pgs[i], 0, &bank));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pg_has_the_banks_of_its_list),
		cmocka_unit_test(no_pg_calls_two_banks_by_one_code),
		cmocka_unit_test(one_code_is_another_bank_at_another_pg),
		cmocka_unit_test(a_code_is_taken_as_a_whole),
		cmocka_unit_test(of_a_pg_without_a_list_any_code_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
