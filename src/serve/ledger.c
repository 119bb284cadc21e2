/* SPDX-License-Identifier: MIT */
/*
 * One loop around one transaction.
 *
 * The one idea: a job whose refund has been sent (must_save) is never given up
 * here; its caller may be told to come back, but what i'mport said is tried to
 * be saved until it is.  Any other job holds nothing that a second try by its
 * caller would not bring again.
 */
#include "serve/ledger.h"

#include "base/log.h"
#include "serve/answer.h"
#include "serve/job.h"

#define LOCK_MS      2000 /* one try for the lock; then look around */
#define WAIT_MS      50   /* between looks at a refund being served */
#define AGAIN_MS     100  /* before a failed save is tried again, growing */
#define AGAIN_MAX_MS 5000
#define COMPLAIN_MS  10000 /* a fault that stays is logged this often */

struct ledger {
	struct rooms *rooms;
	const struct store *store;
	struct queue_list batch;   /* to be stored now */
	struct queue_list waiting; /* again_ms says when */
	int64_t complain_ms;       /* steady; not before */
};

static void
move(struct queue_list *from, struct queue_list *to, struct job *job)
{
	TAILQ_REMOVE(from, &job->item, link);
	TAILQ_INSERT_TAIL(to, &job->item, link);
}

static void
wait_again(struct ledger *ledger, struct job *job, int64_t delay_ms)
{
	job->again_ms = rooms_now_ms(ledger->rooms) + delay_ms;
	move(&ledger->batch, &ledger->waiting, job);
}

static void
end(struct ledger *ledger, struct job *job)
{
	TAILQ_REMOVE(&ledger->batch, &job->item, link);
	job_end(ledger->rooms, job);
}

/*
 * A database in trouble has one line now and then, not one a job; request_id is
 * "" where it is about all that wait.
 */
static void
complain(struct ledger *ledger, enum fault fault, const struct fault_note *note,
    const char *request_id)
{
	int64_t now_ms = rooms_now_ms(ledger->rooms);

	if (now_ms < ledger->complain_ms)
		return;
	ledger->complain_ms = now_ms + COMPLAIN_MS;
	answer_log_fault(
	    fault == FAULT_BUSY ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
	    "database", fault, note, request_id);
}

/* Its step is undone, or was not even begun. */
static void
again_or_end(struct ledger *ledger, struct job *job, enum fault fault)
{
	if (!job->must_save) {
		task_fault(job->task, fault);
		end(ledger, job);
		return;
	}
	job->task->next = TASK_STORE;
	job->delay_ms = job->delay_ms == 0 ? AGAIN_MS : job->delay_ms * 2;
	if (job->delay_ms > AGAIN_MAX_MS)
		job->delay_ms = AGAIN_MAX_MS;
	wait_again(ledger, job, job->delay_ms);
}

/*
 * A caller who has waited long enough is told.  True: the job has gone with
 * him; it would only have been to answer him.
 */
static bool
tell_late(struct ledger *ledger, struct queue_list *list, struct job *job,
    int64_t now_ms)
{
	if (!job_is_late(ledger->rooms, job, now_ms))
		return false;
	job_not_yet(ledger->rooms, job);
	if (task_must_save(job->task))
		return false;
	TAILQ_REMOVE(list, &job->item, link);
	job_free(ledger->rooms, job);
	return true;
}

/* The lock was not to be had: whoever has time left waits on. */
static void
put_off(struct ledger *ledger)
{
	int64_t now_ms = rooms_now_ms(ledger->rooms);
	struct queue_item *item, *next;

	for (item = TAILQ_FIRST(&ledger->batch); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		(void)tell_late(ledger, &ledger->batch, job_of(item), now_ms);
	}
}

static void
spoil(struct ledger *ledger, enum fault fault)
{
	struct queue_item *item, *next;

	for (item = TAILQ_FIRST(&ledger->batch); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		again_or_end(ledger, job_of(item), fault);
	}
}

/* After the commit: where the job goes now. */
static void
hand_on(struct ledger *ledger, struct job *job)
{
	struct rooms *rooms = ledger->rooms;

	job->delay_ms = 0;
	answer_log(job->task);
	switch (job->task->next) {
	case TASK_CALL:
		TAILQ_REMOVE(&ledger->batch, &job->item, link);
		if (queue_push(&rooms->to_line, &job->item))
			break;
		job_not_sent(rooms, job);
		job->again_ms = 0;
		TAILQ_INSERT_TAIL(&ledger->waiting, &job->item, link);
		break;
	case TASK_WAIT:
		wait_again(ledger, job, WAIT_MS);
		break;
	case TASK_STORE:
		wait_again(ledger, job, 0);
		break;
	case TASK_END:
		end(ledger, job);
		break;
	}
}

static void
finish(struct ledger *ledger)
{
	struct queue_item *item, *next;
	struct job *job;

	for (item = TAILQ_FIRST(&ledger->batch); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		job = job_of(item);
		if (job->fault == FAULT_NONE)
			hand_on(ledger, job);
		else
			again_or_end(ledger, job, job->fault);
	}
}

/*
 * A job's own savepoint, so that one that fails spoils no other.  The fault
 * returned is the transaction's; the job's own is in it.
 */
static enum fault
step(struct ledger *ledger, struct job *job, struct fault_note *note)
{
	const struct store *store = ledger->store;
	enum fault f;

	f = store_savepoint(store, note);
	if (f != FAULT_NONE)
		return f;
	job->fault =
	    task_store(ledger->rooms->serve->app, store, job->task, note);
	if (job->fault == FAULT_NONE)
		return store_release(store, note);
	if (job->fault != FAULT_ABSENT)
		complain(
		    ledger, job->fault, note, job->task->request.request_id);
	return store_undo(store, note);
}

/* One transaction for all. */
static enum fault
store_all(struct ledger *ledger, struct fault_note *note)
{
	struct queue_item *item;
	enum fault f = FAULT_NONE;

	TAILQ_FOREACH (item, &ledger->batch, link) {
		f = step(ledger, job_of(item), note);
		if (f != FAULT_NONE)
			break;
	}
	if (f == FAULT_NONE)
		f = store_commit(ledger->store, note);
	if (f != FAULT_NONE)
		store_rollback(ledger->store);
	return f;
}

/* As long as the first caller to lose patience, and never long. */
static int64_t
lock_timeout_ms(struct ledger *ledger)
{
	const struct app *app = ledger->rooms->serve->app;
	int64_t now_ms = rooms_now_ms(ledger->rooms), left_ms;
	int64_t timeout_ms = LOCK_MS;
	struct queue_item *item;
	struct job *job;

	TAILQ_FOREACH (item, &ledger->batch, link) {
		job = job_of(item);
		left_ms = job->task->born_steady_ms + app->answer_ms - now_ms;
		if (job->exchange != NULL && left_ms < timeout_ms)
			timeout_ms = left_ms > 0 ? left_ms : 0;
	}
	return timeout_ms;
}

static void
run_batch(struct ledger *ledger)
{
	struct fault_note note = { "" };
	struct queue_item *item;
	enum fault f;

	TAILQ_FOREACH (item, &ledger->batch, link)
		job_of(item)->must_save = task_must_save(job_of(item)->task);
	f = store_begin(ledger->store, lock_timeout_ms(ledger), &note);
	if (f == FAULT_BUSY) {
		complain(ledger, f, &note, "");
		put_off(ledger);
		return;
	}
	if (f == FAULT_NONE)
		f = store_all(ledger, &note);
	if (f == FAULT_NONE) {
		finish(ledger);
		return;
	}
	complain(ledger, f, &note, "");
	spoil(ledger, f);
}

/*
 * Those whose time has come join the batch.  Returns how long until the next
 * one's, -1 when there is none.
 */
static int
gather(struct ledger *ledger)
{
	struct rooms *rooms = ledger->rooms;
	int64_t now_ms = rooms_now_ms(rooms), next_ms = -1;
	struct queue_item *item, *next;
	struct job *job;

	for (item = TAILQ_FIRST(&ledger->waiting); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		job = job_of(item);
		if (tell_late(ledger, &ledger->waiting, job, now_ms))
			continue;
		if (job->again_ms <= now_ms)
			move(&ledger->waiting, &ledger->batch, job);
		else if (next_ms < 0 || job->again_ms - now_ms < next_ms)
			next_ms = job->again_ms - now_ms;
	}
	if (next_ms > WAIT_MS)
		next_ms = WAIT_MS; /* callers may become late before */
	return TAILQ_EMPTY(&ledger->batch) ? (int)next_ms : 0;
}

/* Callers here are told; what must not be lost remains in the batch. */
static void
dismiss(struct ledger *ledger)
{
	struct queue_item *item, *next;
	struct job *job;

	TAILQ_CONCAT(&ledger->batch, &ledger->waiting, link);
	for (item = TAILQ_FIRST(&ledger->batch); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		job = job_of(item);
		if (task_must_save(job->task))
			continue;
		job_not_yet(ledger->rooms, job);
		TAILQ_REMOVE(&ledger->batch, item, link);
		job_free(ledger->rooms, job);
	}
}

/* One last try; what can't be saved is still in the journal as in flight. */
static void
leave(struct ledger *ledger)
{
	struct queue_item *item;
	struct job *job;

	dismiss(ledger);
	if (!TAILQ_EMPTY(&ledger->batch))
		run_batch(ledger);
	TAILQ_CONCAT(&ledger->batch, &ledger->waiting, link);
	while ((item = TAILQ_FIRST(&ledger->batch)) != NULL) {
		job = job_of(item);
		log_event(LOG_LEVEL_ERROR, "refund_unsaved",
		    "%s stays in_flight in the journal until it is resolved "
		    "request %s",
		    job->task->record.intent.id, job->task->request.request_id);
		TAILQ_REMOVE(&ledger->batch, item, link);
		job_not_yet(ledger->rooms, job);
		job_free(ledger->rooms, job);
	}
}

void *
ledger_main(void *arg)
{
	struct ledger ledger = { .rooms = arg };
	bool is_open = true;

	ledger.store = &ledger.rooms->serve->writer;
	TAILQ_INIT(&ledger.batch);
	TAILQ_INIT(&ledger.waiting);
	while (is_open) {
		is_open = queue_take_all(
		    &ledger.rooms->to_ledger, gather(&ledger), &ledger.batch);
		if (is_open && !TAILQ_EMPTY(&ledger.batch))
			run_batch(&ledger);
	}
	leave(&ledger);
	return NULL;
}
