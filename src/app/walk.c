/* SPDX-License-Identifier: MIT */
/*
 * The straight line.
 */
#include "app/walk.h"

#include <poll.h>

#define WAIT_MS       50   /* between looks at a refund being served */
#define LOCK_MS       2000 /* for the lock, to look what is due */
#define DUE_BATCH     64
#define SAVE_TRIES_MS 60000 /* how long what was sent is tried to be saved */

struct stroll {
	const struct walk *walk;
	struct task *task;
	bool is_told;
};

static int64_t
age_ms(const struct stroll *stroll)
{
	return clock_steady_ms(&stroll->walk->app->clock) -
	    stroll->task->born_steady_ms;
}

static void
tell_if_late(struct stroll *stroll)
{
	const struct walk *walk = stroll->walk;
	struct refund_result result;

	if (stroll->is_told || walk->not_yet == NULL ||
	    age_ms(stroll) < walk->app->answer_ms)
		return;
	task_not_yet(stroll->task, &result);
	walk->not_yet(walk->arg, &result);
	stroll->is_told = true;
}

/*
 * For the lock: whoever gives up loses his place in the queue.  So until the
 * caller has to be told, and then until only the journal can help.
 */
static int64_t
patience_ms(const struct stroll *stroll, int64_t since_ms, bool must_save)
{
	const struct walk *walk = stroll->walk;
	int64_t left_ms = walk->app->answer_ms - age_ms(stroll);

	if (must_save && (stroll->is_told || walk->not_yet == NULL))
		left_ms = since_ms + SAVE_TRIES_MS - age_ms(stroll);
	return left_ms > 0 ? left_ms : 0;
}

static enum fault
store_once(struct stroll *stroll, int64_t timeout_ms, struct fault_note *note)
{
	const struct store *store = stroll->walk->store;
	enum fault f;

	f = store_begin(store, timeout_ms, note);
	if (f != FAULT_NONE)
		return f;
	f = task_store(stroll->walk->app, store, stroll->task, note);
	if (f == FAULT_NONE)
		f = store_commit(store, note);
	if (f != FAULT_NONE)
		store_rollback(store);
	return f;
}

/*
 * One store step.  What has not been sent gives up at answer_ms; what has been
 * is tried again until it is saved, or until only the journal can help.
 */
static enum fault
walk_store(struct stroll *stroll, struct fault_note *note)
{
	const struct app *app = stroll->walk->app;
	int64_t since_ms = age_ms(stroll);
	bool must_save = task_must_save(stroll->task);
	enum fault f;

	while ((f = store_once(stroll, patience_ms(stroll, since_ms, must_save),
		    note)) != FAULT_NONE) {
		tell_if_late(stroll);
		if (must_save) {
			if (age_ms(stroll) - since_ms > SAVE_TRIES_MS)
				return f;
			(void)poll(NULL, 0, WAIT_MS);
		} else if (f != FAULT_BUSY ||
		    age_ms(stroll) >= app->answer_ms) {
			task_fault(stroll->task, f);
			if (stroll->walk->failed != NULL)
				stroll->walk->failed(
				    stroll->walk->arg, f, note);
			return stroll->task->kind == TASK_RESOLVE ? f
								  : FAULT_NONE;
		}
	}
	if (stroll->walk->stored != NULL)
		stroll->walk->stored(stroll->walk->arg, stroll->task);
	return FAULT_NONE;
}

static void
walk_call(struct stroll *stroll)
{
	const struct walk *walk = stroll->walk;

	provider_start(walk->provider, &stroll->task->call);
	while (provider_step(walk->provider, WAIT_MS) == NULL)
		tell_if_late(stroll);
	if (walk->heard != NULL)
		walk->heard(walk->arg, &stroll->task->call.outcome);
	task_heard(walk->app, stroll->task);
}

enum fault
walk_task(const struct walk *walk, struct task *task, bool *ret_told,
    struct fault_note *note)
{
	struct stroll stroll = { .walk = walk, .task = task };
	enum fault f = FAULT_NONE;

	while (f == FAULT_NONE && task->next != TASK_END) {
		switch (task->next) {
		case TASK_WAIT:
			(void)poll(NULL, 0, WAIT_MS);
			tell_if_late(&stroll);
			/* fall through */
		case TASK_STORE:
			f = walk_store(&stroll, note);
			break;
		case TASK_CALL:
			walk_call(&stroll);
			break;
		case TASK_END:
			break;
		}
	}
	*ret_told = stroll.is_told;
	return f;
}

static enum fault
read_due(const struct walk *walk, char (*ret_ids)[REFUND_ID_SIZE], size_t size,
    size_t *ret_n, struct fault_note *note)
{
	enum fault f;

	f = store_begin(walk->store, LOCK_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = store_due(walk->store, clock_now_ms(&walk->app->clock), ret_ids,
	    size, ret_n, note);
	store_rollback(walk->store);
	return f;
}

static enum fault
walk_one(
    const struct walk *walk, const char *refund_id, struct fault_note *note)
{
	struct task *task = task_resolve(walk->app, "", refund_id, false);
	bool told;
	enum fault f;

	if (task == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a task");
	f = walk_task(walk, task, &told, note);
	task_free(task);
	return f;
}

enum fault
walk_due(const struct walk *walk, size_t max,
    void (*visit)(void *arg, const char *refund_id), size_t *ret_n,
    struct fault_note *note)
{
	char ids[DUE_BATCH][REFUND_ID_SIZE];
	struct fault_note other;
	enum fault f, first = FAULT_NONE;
	size_t n, i, n_good;

	/* Each look puts the next one off, so the batches run out. */
	*ret_n = 0;
	do {
		f = read_due(walk, ids, DUE_BATCH, &n, note);
		if (f != FAULT_NONE)
			return f;
		n_good = 0;
		for (i = 0; i < n && *ret_n < max; i++) {
			f = walk_one(
			    walk, ids[i], first == FAULT_NONE ? note : &other);
			if (f != FAULT_NONE) {
				first = first == FAULT_NONE ? f : first;
				continue;
			}
			if (visit != NULL)
				visit(walk->arg, ids[i]);
			++*ret_n;
			n_good++;
		}
	} while (n_good > 0 && *ret_n < max);
	return first;
}
