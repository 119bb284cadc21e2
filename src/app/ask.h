/* SPDX-License-Identifier: MIT */
/*
 * Ask: how a task gets ready for its next call to i'mport.
 */
#ifndef APP_ASK_H
#define APP_ASK_H

#include "app/app.h"
#include "app/task.h"

/*
 * ask_prepare: next is CALL for want, with the shared access token; what the
 * last call brought is gone.  The caller fills in what it is about.
 */
enum fault MUST_CHECK ask_prepare(const struct app *app,
    const struct store *store, struct task *task, enum provider_want want,
    struct fault_note *note);

/*
 * ask_read, ask_find: one payment by imp_uid (shorter than IMP_UID_SIZE), an
 * order by merchant_uid (shorter than MERCHANT_UID_SIZE).
 */
enum fault MUST_CHECK ask_read(const struct app *app, const struct store *store,
    struct task *task, const char *imp_uid, struct fault_note *note);
enum fault MUST_CHECK ask_find(const struct app *app, const struct store *store,
    struct task *task, const char *merchant_uid, struct fault_note *note);

/* ask_read_back: a read of the payment the last call was about. */
void ask_read_back(const struct app *app, struct task *task);

#endif
