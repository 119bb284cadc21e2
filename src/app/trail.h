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

/* More of those in a row than this are only in the log. */
#define TRAIL_REFUSALS_PER_MINUTE 20
/* The verdict that says so. */
#define TRAIL_MORE "more_refused"

/*
 * trail_refusal: what is to be written of a request for a refund that was
 * refused with that code at no cost to whoever sends them: act and verdict.
 * The rest is the caller's to fill in, unless the verdict is TRAIL_MORE, which
 * stands for all that come too soon after those written down, and is said once
 * a minute; "": nothing is to be written.
 *
 * The one idea: nobody may ever delete a row, and everybody may be refused, so
 * it is the whole shop's refusals that are counted, and not somebody's.
 */
struct trail_entry trail_refusal(const struct limits *limits, const char *code);

/* trail_refused: writes down what trail_refusal wants, as of now. */
enum fault MUST_CHECK trail_refused(const struct app *app,
    const struct store *store, const struct trail_entry *entry,
    struct fault_note *note);

/*
 * trail_one_too_many: the same of a request that is refused and was one too
 * many of its order or its caller, which costs him nothing either.
 */
enum fault MUST_CHECK trail_one_too_many(const struct app *app,
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
