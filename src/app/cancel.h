/* SPDX-License-Identifier: MIT */
/*
 * Cancel: one refund: lookup, decide, journal | i'mport | save.  The bars are
 * where app/task.h lets go of the transaction.
 */
#ifndef APP_CANCEL_H
#define APP_CANCEL_H

#include "app/app.h"
#include "app/task.h"

/*
 * cancel_open: replay, look up, decide, journal: all in the caller's
 * transaction.  Leaves task->next at CALL (ask about the payment, or send the
 * cancel that is now journalled), WAIT (an equal request is being served) or
 * END.  May be run again from the start if the transaction is undone.
 */
enum fault MUST_CHECK cancel_open(const struct app *app,
    const struct store *store, struct task *task, struct fault_note *note);

/*
 * cancel_heard: task->call has come back.  An answer that does not explain
 * itself by the history it shows is followed by a read-back at once.
 */
void cancel_heard(const struct app *app, struct task *task);

/* cancel_close: save what came of it; next is END, result is set. */
enum fault MUST_CHECK cancel_close(const struct app *app,
    const struct store *store, struct task *task, struct fault_note *note);

/* For app/approve.h, which goes on where cancel_open would have. */

/* cancel_code_of: what a refusal is told as; RESULT_FAULT of what is none. */
enum result_code cancel_code_of(enum refund_verdict verdict);

/* cancel_begin: the intent is in flight from now on, against that balance. */
void cancel_begin(
    const struct app *app, int64_t checksum, struct intent *intent);

/*
 * cancel_read_history: how often the payment was cancelled, and whether the
 * history we hold does not explain how much: a payment that was part-refunded
 * before we met it.  Its old entries have to be known before a new one can be
 * told from them.
 */
enum fault MUST_CHECK cancel_read_history(const struct store *store,
    const struct payment *payment, size_t *ret_n, bool *ret_is_short,
    struct fault_note *note);

/* cancel_given_fields: which of the request's fields came, as bits. */
unsigned cancel_given_fields(const struct refund_request *request);

/*
 * cancel_prepare: next is TASK_CALL for the cancel of the task's record;
 * everything i'mport needs is in the request, the wish and the intent.
 */
enum fault MUST_CHECK cancel_prepare(const struct app *app,
    const struct store *store, struct task *task, const struct payment *payment,
    const struct refund_wish *wish, struct fault_note *note);

#endif
