/* SPDX-License-Identifier: MIT */
/*
 * Trail: what the book keeps of who asked for what and what came of it, in the
 * transaction in which it happens.
 */
#ifndef APP_TRAIL_H
#define APP_TRAIL_H

#include "app/app.h"
#include "app/task.h"

/*
 * trail_asked: the task's request was taken, and is journalled as its record,
 * or refused, as its result says.
 */
enum fault MUST_CHECK trail_asked(const struct app *app,
    const struct store *store, const struct task *task,
    struct fault_note *note);

/* trail_moved: the refund of that order is in the state the record says. */
enum fault MUST_CHECK trail_moved(const struct app *app,
    const struct store *store, const struct refund_record *record,
    const char *merchant_uid, struct fault_note *note);

/*
 * trail_told: by an operator, who says who he is (cut to fit).  record and
 * merchant_uid are NULL and "" where it is about no refund.
 */
enum fault MUST_CHECK trail_told(const struct app *app,
    const struct store *store, enum trail_act act, const char *by,
    const struct refund_record *record, const char *merchant_uid,
    struct fault_note *note);

#endif
