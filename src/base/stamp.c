/* SPDX-License-Identifier: MIT */
/*
 * What strftime can't do: milliseconds, and the colon in the offset.
 */
#include "base/stamp.h"

#include <stdio.h>
#include <time.h>

void
stamp_local(int64_t unix_ms, bool has_ms, char ret_text[static STAMP_SIZE])
{
	char date[24], zone[8], fraction[8] = "";
	int64_t ms = (unix_ms % 1000 + 1000) % 1000;
	time_t unix_s = (time_t)((unix_ms - ms) / 1000);
	struct tm tm = { 0 };

	(void)localtime_r(&unix_s, &tm);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)strftime(zone, sizeof(zone), "%z", &tm);
	if (has_ms)
		(void)snprintf(fraction, sizeof(fraction), ".%03d", (int)ms);
	(void)snprintf(ret_text, STAMP_SIZE, "%s%s%.3s:%s", date, fraction,
	    zone, zone + 3);
}
