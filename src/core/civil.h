/* SPDX-License-Identifier: MIT */
/*
 * Civil: calendar dates in the shop's time zone.  Korea has been at UTC+9
 * without summer time since 1988, so the zone is a constant and no zone file
 * is needed.  A moment is int64_t milliseconds or seconds since 1970 in UTC
 * and says so in its name.
 */
#ifndef CORE_CIVIL_H
#define CORE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_SEOUL_OFFSET_S INT64_C(32400)

struct civil_date {
	int32_t year;
	int32_t month; /* 1 to 12 */
	int32_t day;   /* 1 to 31 */
};

/*
 * civil_seoul: the date in Asia/Seoul at a moment.  Proleptic Gregorian
 * calendar; any moment within some million years of 1970.
 */
struct civil_date civil_seoul(int64_t unix_s);

/* civil_seoul_day: the day in Asia/Seoul, counted from 1970-01-01. */
int64_t civil_seoul_day(int64_t unix_s);

/* civil_days: days from 1970-01-01 to a date; negative before it. */
int64_t civil_days(struct civil_date date);

bool civil_is_same_month(struct civil_date a, struct civil_date b);

#endif
