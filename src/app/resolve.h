/* SPDX-License-Identifier: MIT */
/*
 * Resolve: closes what a crash, a timeout or a lost answer left open, by one
 * read-back of one payment: claim | i'mport | settle.  A webhook's hint walks
 * the same way.
 */
#ifndef APP_RESOLVE_H
#define APP_RESOLVE_H

#include "app/app.h"
#include "app/task.h"

/* A payment that a hint had us look at is not looked at again for so long. */
#define RESOLVE_FRESH_MS 1000

/*
 * resolve_store: the step before the read-back (claims a due refund, so that
 * other processes leave it alone meanwhile; one that is not due any more ends
 * the task; a hint waits until no other one's look is under way or fresh, and
 * gives back the LIMIT_NOTICE its caller has taken) and the one after it
 * (settles what was read).
 */
enum fault MUST_CHECK resolve_store(const struct app *app,
    const struct store *store, struct task *task, struct fault_note *note);

#endif
