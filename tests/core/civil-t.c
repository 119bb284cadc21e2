/* SPDX-License-Identifier: MIT */
/*
 * Days and months in Seoul.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/civil.h"

static void
assert_date(int64_t unix_s, int year, int month, int day)
{
	struct civil_date date = civil_seoul(unix_s);

	assert_int_equal(date.year, year);
	assert_int_equal(date.month, month);
	assert_int_equal(date.day, day);
}

static void
a_day_begins_at_midnight_in_seoul(void **state)
{
	(void)state;
	assert_date(0, 1970, 1, 1);
	assert_date(-32401, 1969, 12, 31);
	assert_date(-32400, 1970, 1, 1);
	assert_date(1793458799, 2026, 10, 31); /* 2026-10-31T14:59:59Z */
	assert_date(1793458800, 2026, 11, 1);
	assert_date(951750000, 2000, 2, 29);  /* 2000-02-28T15:00:00Z */
	assert_date(4107423600, 2100, 2, 28); /* no leap year */
	assert_date(4107423600 + 86400, 2100, 3, 1);
}

static void
a_month_ends_with_the_last_second_of_its_last_day(void **state)
{
	/* Where the next one begins, by "date -u -d 2026-01-31T15:00Z +%s". */
	static const struct {
		int64_t next;
		int year, month, day; /* its last */
	} months[] = {
		{ 1769871600, 2026, 1, 31 }, { 1772290800, 2026, 2, 28 },
		{ 1774969200, 2026, 3, 31 }, { 1777561200, 2026, 4, 30 },
		{ 1780239600, 2026, 5, 31 }, { 1782831600, 2026, 6, 30 },
		{ 1785510000, 2026, 7, 31 }, { 1788188400, 2026, 8, 31 },
		{ 1790780400, 2026, 9, 30 }, { 1793458800, 2026, 10, 31 },
		{ 1796050800, 2026, 11, 30 }, { 1798729200, 2026, 12, 31 },
		{ 1803826800, 2027, 2, 28 }, { 1835449200, 2028, 2, 29 },
		{ 951836400, 2000, 2, 29 },
		{ 4107510000, 2100, 2, 28 }, /* no leap year */
	};
	int64_t next;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
		next = months[i].next;
		assert_date(next - 86401, months[i].year, months[i].month,
		    months[i].day - 1);
		assert_date(next - 86400, months[i].year, months[i].month,
		    months[i].day);
		assert_date(
		    next - 1, months[i].year, months[i].month, months[i].day);
		assert_date(next, months[i].year + months[i].month / 12,
		    months[i].month % 12 + 1, 1);
		assert_false(civil_is_same_month(
		    civil_seoul(next - 1), civil_seoul(next)));
	}
}

static void
days_and_dates_are_each_others_inverse_for_four_hundred_years(void **state)
{
	struct civil_date date, before = civil_seoul(-32400 - 86400);
	int64_t day;

	(void)state;
	for (day = 0; day < 146097; day++) {
		date = civil_seoul(day * 86400 - CIVIL_SEOUL_OFFSET_S);
		assert_int_equal(civil_days(date), day);
		assert_true(date.day == before.day + 1 || date.day == 1);
		before = date;
	}
}

static void
the_same_month_of_another_year_is_another_month(void **state)
{
	struct civil_date a = { 2026, 11, 1 }, b = { 2026, 11, 30 },
			  c = { 2025, 11, 1 }, d = { 2026, 12, 1 };

	(void)state;
	assert_true(civil_is_same_month(a, b));
	assert_false(civil_is_same_month(a, c));
	assert_false(civil_is_same_month(a, d));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_begins_at_midnight_in_seoul),
		cmocka_unit_test(
		    a_month_ends_with_the_last_second_of_its_last_day),
		cmocka_unit_test(
		    days_and_dates_are_each_others_inverse_for_four_hundred_years),
		cmocka_unit_test(
		    the_same_month_of_another_year_is_another_month),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
