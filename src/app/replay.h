/* SPDX-License-Identifier: MIT */
/*
 * Replay: the same request again gets the same answer, by its idempotency key
 * or, without one, as the double click it probably is.
 */
#ifndef APP_REPLAY_H
#define APP_REPLAY_H

#include "app/app.h"
#include "app/task.h"

/*
 * replay_request: FAULT_ABSENT when the task's request is new.  Otherwise next
 * is END with what its refund's caller heard or hears now, WAIT while an equal
 * one without a key is being served, or CALL when that refund is due for a
 * look and i'mport was not asked yet.
 * Source: doc/design.md "The same request again".
 */
enum fault MUST_CHECK replay_request(const struct app *app,
    const struct store *store, struct task *task, struct fault_note *note);

/*
 * replay_record: END, with the record's stored answer or its present state.
 * One that was found done after it had failed becomes what it became
 * (app/late.h).  payment is the record's as the book has it now, or NULL: it is
 * looked up.
 */
enum fault MUST_CHECK replay_record(const struct store *store,
    struct task *task, struct refund_record *record,
    const struct payment *payment, struct fault_note *note);

#endif
