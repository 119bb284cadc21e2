/* SPDX-License-Identifier: MIT */
/*
 * Hint: what a webhook's notice is worth.  Anybody can send one, so it never
 * says more than "look at this payment", and looking costs a call to i'mport:
 * a payment has one look under way and one that waits at the most, and what
 * we don't know has a budget that what we know does not share, nor do
 * unfinished refunds with all other payments.
 */
#ifndef SERVE_HINT_H
#define SERVE_HINT_H

#include <stdbool.h>

#include "app/app.h"
#include "port/store.h"

enum hint {
	HINT_SEEN,    /* 200: a look at it is to begin anyway; no task */
	HINT_LIMIT,   /* 429: the budget is used up; no task */
	HINT_UNKNOWN, /* 200 and a task: of a payment that we don't know */
	HINT_KNOWN,   /* 200 and a task */
	HINT_OPEN     /* 200 and a task: of one with an unfinished refund */
};

/*
 * hint_judge: reads the book through store, a reader.  A fault is for the log:
 * a payment that could not be looked up is an unknown one.  For HINT_LIMIT
 * *ret_wait_ms is when to try again.  With a task for imp_uid it has taken
 * LIMIT_NOTICE, which the task gives back (app/resolve.h).
 */
enum fault MUST_CHECK hint_judge(const struct app *app,
    const struct store *store, const char *imp_uid, enum hint *ret_hint,
    int64_t *ret_wait_ms, struct fault_note *note);

/* hint_wants_look: there is to be a task. */
static inline bool
hint_wants_look(enum hint hint)
{
	return hint >= HINT_UNKNOWN;
}

/* hint_forget: no task came of it. */
void hint_forget(const struct app *app, const char *imp_uid);

#endif
