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

#endif
