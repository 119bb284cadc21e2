/* SPDX-License-Identifier: MIT */
/*
 * Settle: every word of i'mport about a payment, whoever asked for it (a
 * refund's own call, the resolver, a webhook), enters our book here and only
 * here: it closes the intent it explains, writes down the history, takes over
 * the balance, and records what should have been impossible.
 */
#ifndef APP_SETTLE_H
#define APP_SETTLE_H

#include "app/app.h"
#include "app/task.h"

struct settle {
	const char *imp_uid;
	const struct provider_outcome *outcome; /* of the last call about it */
	int64_t asked_steady_ms; /* when that call was made ready */
	/*
	 * The unfinished refund whose cancel's answer was in our book already
	 * when the call was made ready; "" = none.
	 */
	const char *answered_id;
	const char *own_id; /* refund whose cancel this was; "" = nobody's */
	const struct task_answered *answered; /* what was said to own_id */
};

/* What settling found out beside what is in the book now. */
struct settled {
	bool is_known;    /* payment is filled: it is in our book now */
	bool is_mismatch; /* i'mport shows another amount, currency or order */
	struct task_news news;
	struct payment payment;
	/* own_id's row as it is in the book now, if it was unfinished till
	 * then, else NULL; the caller frees it. */
	struct refund_record *own;
};

/*
 * settle: inside the caller's transaction.  An unknown payment is stored when
 * the outcome shows it.  Faults are the store's; nothing is half done, because
 * the caller undoes its savepoint.
 * Source: doc/design.md "Settling".
 */
enum fault MUST_CHECK settle(const struct app *app, const struct store *store,
    const struct settle *what, struct settled *ret, struct fault_note *note);

#endif
