/* SPDX-License-Identifier: MIT */
/*
 * A list of rows.
 */
#include "app/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void
tally_init(struct tally *tally)
{
	*tally = (struct tally){ .held_ms = -1 };
}

static int *
find(struct tally *tally, enum limit limit, const char *subject)
{
	size_t i;

	for (i = 0; i < tally->n_rows; i++) {
		if (tally->rows[i].limit == limit &&
		    strcmp(tally->rows[i].subject, subject) == 0)
			return &tally->rows[i].n;
	}
	assert_in_range(i, 0, TALLY_ROWS - 1);
	tally->rows[i].limit = limit;
	(void)snprintf(tally->rows[i].subject, sizeof(tally->rows[i].subject),
	    "%s", subject);
	tally->n_rows++;
	return &tally->rows[i].n;
}

int
tally_of(struct tally *tally, enum limit limit, const char *subject)
{
	return *find(tally, limit, subject);
}

static bool
take(void *self, enum limit limit, const char *subject, int64_t *ret_wait_ms)
{
	struct tally *tally = self;
	int *n = find(tally, limit, subject);

	if (tally->most[limit] != 0 && *n >= tally->most[limit]) {
		if (ret_wait_ms != NULL)
			*ret_wait_ms = TALLY_WAIT_MS;
		return false;
	}
	++*n;
	return true;
}

static void
hold(void *self, enum limit limit, const char *subject, int64_t ms)
{
	struct tally *tally = self;

	tally->held_ms = ms;
	*find(tally, limit, subject) = ms > 0;
}

struct limits
tally_limits(struct tally *tally)
{
	return (struct limits){ .take = take, .hold = hold, .self = tally };
}
