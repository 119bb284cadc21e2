/* SPDX-License-Identifier: MIT */
/*
 * Approve: an operator's word on a refund that awaits it.
 */
#ifndef APP_APPROVE_H
#define APP_APPROVE_H

#include "app/app.h"
#include "app/task.h"

enum approve_verdict {
	APPROVE_DONE,
	APPROVE_ABSENT,       /* there is no such refund */
	APPROVE_NOT_AWAITING, /* it awaits nothing (any more) */
	APPROVE_OWN,          /* by the one who asked for it */
	APPROVE_FROZEN,       /* no refunds are taken just now */
	APPROVE_REFUSED,      /* it may not be made (any more): see result */
	APPROVE__COUNT
};

/*
 * approve_open: like cancel_open for a refund of which only its row is left:
 * task is task_refund's of an empty request but for the refund account, which
 * is stored nowhere.  APPROVE_DONE: it is in_flight in the book, and
 * task->next is TASK_CALL; commit, and walk it to its end.  APPROVE_REFUSED:
 * task->result says why.  by is who says so, "user:" and a name or any other
 * name of an operator.  Inside the caller's transaction.
 */
enum fault MUST_CHECK approve_open(const struct app *app,
    const struct store *store, struct task *task, const char *refund_id,
    const char *by, enum approve_verdict *ret, struct fault_note *note);

/* approve_reject: the refund ends as failed, rejected.  As approve_open. */
enum fault MUST_CHECK approve_reject(const struct app *app,
    const struct store *store, const char *refund_id, const char *by,
    enum approve_verdict *ret, struct fault_note *note);

#endif
