/* SPDX-License-Identifier: MIT */
/*
 * Timers: what is to happen later, soonest first.  A binary heap, because ten
 * thousand answers may be waiting at once.  It borrows what it is given and
 * knows no clock: a due time is a number in whatever unit the owner counts.
 */
#ifndef SANDBOX_TIMERS_H
#define SANDBOX_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"

struct timers_item {
	int64_t due;
	void *what;
};

struct timers {
	struct timers_item *items;
	size_t n;
	size_t room;
};

void timers_init(struct timers *timers);
void timers_deinit(struct timers *timers); /* the items stay the owner's */

enum fault timers_add(struct timers *timers, int64_t due, void *what,
    struct fault_note *note) MUST_CHECK;

/* timers_next: when the soonest is due; INT64_MAX if there is none. */
int64_t timers_next(const struct timers *timers);

/* timers_pop: takes out one that is due by now; NULL if none is. */
void *timers_pop(struct timers *timers, int64_t now);

#endif
