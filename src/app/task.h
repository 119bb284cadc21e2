/* SPDX-License-Identifier: MIT */
/*
 * Task: one use case on its way through the world, in steps that are either a
 * piece of one store transaction or a call to i'mport.
 *
 * The one idea: a step says what comes next and nothing else happens in
 * between, so the same steps run one after the other (app/walk.h) or in rooms
 * that do each kind for many tasks at once (src/serve).  A store step may be
 * run again from the start when its transaction could not be committed.
 */
#ifndef APP_TASK_H
#define APP_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/request.h"
#include "app/result.h"
#include "core/intent.h"
#include "port/provider.h"
#include "port/store.h"

enum task_kind {
	TASK_REFUND,  /* one refund, from lookup to save: app/cancel.h */
	TASK_RESOLVE, /* one read-back of one payment: app/resolve.h */
	TASK_NOTE     /* one entry of the trail: app/trail.h */
};

enum task_next {
	TASK_STORE, /* task_store inside a transaction */
	TASK_CALL,  /* provider_start(&task->call), then task_heard */
	TASK_WAIT,  /* task_store again, a little later */
	TASK_END    /* nothing; result tells what to say */
};

/* What the intent's own cancel brought, until it is saved. */
struct task_answered {
	bool is_there;
	enum provider_said said;
	int64_t code;
	char message[PROVIDER_MESSAGE_SIZE];
};

/* An access token fetched on the way, until it is saved. */
struct task_token {
	bool is_new;
	struct provider_token token;
};

/* What the last store step changed in the book, for the log. */
struct task_news {
	bool has_moved; /* a refund has another state now: the five below */
	char refund_id[REFUND_ID_SIZE];
	enum intent_state state;
	enum intent_failure failure;
	int64_t amount;
	int64_t applied_amount;
	int n_surprises; /* late or recovered refunds that were found */
};

struct task {
	enum task_kind kind;
	enum task_next next;
	int64_t born_steady_ms;
	struct provider_call call;
	int64_t asked_steady_ms; /* when the call was made ready */
	/* The unfinished refund whose answer was in our book then; or "". */
	char answered_id[REFUND_ID_SIZE];
	struct task_token token;
	struct task_news news;

	/* TASK_REFUND */
	struct refund_request request;
	char waits_for[REFUND_ID_SIZE]; /* the equal one; "" = none */
	char key_id[REFUND_ID_SIZE];    /* for a new one of its key; "" = any */
	bool has_asked;     /* i'mport was asked about the payment once */
	bool is_counted;    /* as one more of its order and its caller */
	bool is_given_up;   /* the caller was told: nothing may start now */
	bool is_of_another; /* what is asked is the end of the equal refund,
			     * whose state result tells meanwhile */
	bool is_journalled; /* record is our refund's, as written */
	struct refund_record record; /* or the equal one's we wait for */
	struct book known; /* the history when the intent was written */
	struct task_answered answered; /* is_there: the cancel is over */
	struct refund_result result;   /* valid when next is TASK_END */

	/* TASK_RESOLVE: which payment, by either */
	char imp_uid[IMP_UID_SIZE];
	char refund_id[REFUND_ID_SIZE]; /* "" = the payment's unfinished one */
	bool is_hint;                   /* webhook: store an unknown payment */

	/* TASK_NOTE */
	struct trail_entry entry;

	void *owner; /* the room's */
};

/*
 * task_refund, task_resolve, task_note: a new task on the heap, next
 * TASK_STORE; NULL without memory.  imp_uid and refund_id are shorter than
 * IMP_UID_SIZE and REFUND_ID_SIZE; either may be "".  The caller owns it and
 * frees it with task_free, which also wipes the refund account.
 */
struct task *task_refund(
    const struct app *app, const struct refund_request *request);
struct task *task_resolve(const struct app *app, const char *imp_uid,
    const char *refund_id, bool is_hint);
struct task *task_note(const struct app *app, const struct trail_entry *entry);
void task_free(struct task *task);

/*
 * task_store: the next store step, inside the caller's transaction or
 * savepoint.  A fault means: undo the savepoint; then task_fault decides
 * whether to try again.
 */
enum fault MUST_CHECK task_store(const struct app *app,
    const struct store *store, struct task *task, struct fault_note *note);

/*
 * task_heard: the provider has handed task->call back.  No store, no wait.
 * When next is TASK_CALL again, start it.
 */
void task_heard(const struct app *app, struct task *task);

/*
 * task_must_save: i'mport has been asked to move money and what came of it is
 * only in this task: a failed store step has to be tried again, not given up.
 */
bool task_must_save(const struct task *task);

/*
 * task_fault: end a task that could not be stored, before anything was sent:
 * the result is DATABASE_BUSY (busy, no memory) or FAULT.  Not when
 * task_must_save.
 */
void task_fault(struct task *task, enum fault fault);

/*
 * task_not_yet: what to tell the caller now, when the answer is still out
 * (answer_ms is over, or we are shutting down): 202 with the intent's state
 * when it is journalled; otherwise 503, or the state of the equal refund that
 * is waited for, and then this task will start nothing any more.
 */
void task_not_yet(struct task *task, struct refund_result *ret);

#endif
