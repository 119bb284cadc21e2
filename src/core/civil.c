/* SPDX-License-Identifier: MIT */
/*
 * Calendar arithmetic by Howard Hinnant's days-and-civil algorithms
 * ("chrono-Compatible Low-Level Date Algorithms", 2014): the year starts on
 * 1 March, so that the leap day is its last.
 */
#include "core/civil.h"

#define DAY_S      INT64_C(86400)
#define ERA_DAYS   INT64_C(146097) /* 400 years */
#define EPOCH_DAYS INT64_C(719468) /* 0000-03-01 to 1970-01-01 */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
civil_seoul_day(int64_t unix_s)
{
	return floor_div(unix_s + CIVIL_SEOUL_OFFSET_S, DAY_S);
}

struct civil_date
civil_seoul(int64_t unix_s)
{
	int64_t days = civil_seoul_day(unix_s);
	int64_t era, doe, yoe, doy, mp;
	struct civil_date date;

	days += EPOCH_DAYS;
	era = floor_div(days, ERA_DAYS);
	doe = days - era * ERA_DAYS;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	date.day = (int32_t)(doy - (153 * mp + 2) / 5 + 1);
	date.month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
	date.year = (int32_t)(yoe + era * 400 + (date.month <= 2));
	return date;
}

int64_t
civil_days(struct civil_date date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = floor_div(year, 400);
	int64_t yoe = year - era * 400;
	int64_t mp = date.month > 2 ? date.month - 3 : date.month + 9;
	int64_t doy = (153 * mp + 2) / 5 + date.day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * ERA_DAYS + doe - EPOCH_DAYS;
}

bool
civil_is_same_month(struct civil_date a, struct civil_date b)
{
	return a.year == b.year && a.month == b.month;
}
