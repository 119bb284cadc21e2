/* SPDX-License-Identifier: MIT */
/*
 * What every room may do with a job.
 */
#include "serve/job.h"

#include <stdlib.h>

#include "app/trail.h"

/* Hints are cut short first: whoever sends them need not be i'mport. */
#define DUE_MAX  64
#define NEWS_MAX 32
#define HINT_MAX 32
/* As many as the trail is told of at once, and one that there were more. */
#define NOTE_MAX (TRAIL_REFUSALS_PER_MINUTE + 1)

static int
ceiling(const struct rooms *rooms, enum job_class class)
{
	switch (class) {
	case JOB_REFUND:
		return rooms->serve->max_in_flight;
	case JOB_DUE:
		return DUE_MAX;
	case JOB_NEWS:
		return NEWS_MAX;
	case JOB_HINT:
		return HINT_MAX;
	case JOB_NOTE:
		return NOTE_MAX;
	case JOB__COUNT:
		break;
	}
	return 0;
}

static struct job *
job_new(struct rooms *rooms, enum job_class class, struct task *task)
{
	struct job *job;

	if (atomic_fetch_add(&rooms->n_jobs[class], 1) >= ceiling(rooms, class))
		goto full;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		goto full;
	job->class = class;
	job->task = task;
	task->call.owner = job;
	return job;
full:
	atomic_fetch_sub(&rooms->n_jobs[class], 1);
	return NULL;
}

bool
job_start(struct rooms *rooms, enum job_class class, struct task *task,
    struct exchange *exchange)
{
	struct job *job;

	if (task == NULL)
		return false;
	job = job_new(rooms, class, task);
	if (job == NULL) {
		task_free(task);
		return false;
	}
	job->exchange = exchange;
	if (!queue_push(&rooms->to_ledger, &job->item)) {
		job->exchange = NULL;
		job_free(rooms, job);
		return false;
	}
	return true;
}

bool
job_is_late(const struct rooms *rooms, const struct job *job, int64_t now_ms)
{
	return job->exchange != NULL &&
	    now_ms - job->task->born_steady_ms >= rooms->serve->app->answer_ms;
}

/* The answer is in the exchange; a desk writes it. */
static void
send_reply(struct rooms *rooms, struct job *job)
{
	struct exchange *exchange = job->exchange;

	job->exchange = NULL;
	exchange->errand.kind = ERRAND_REPLY;
	rooms_send(rooms, &exchange->errand);
}

void
job_not_yet(struct rooms *rooms, struct job *job)
{
	if (job->exchange == NULL)
		return;
	task_not_yet(job->task, &job->exchange->result);
	send_reply(rooms, job);
}

void
job_not_sent(struct rooms *rooms, struct job *job)
{
	struct provider_outcome *outcome = &job->task->call.outcome;

	provider_outcome_deinit(outcome);
	outcome->said = PROVIDER_NOT_SENT;
	(void)fault_set(&outcome->note, FAULT_BUSY, "shutting down");
	task_heard(rooms->serve->app, job->task);
}

void
job_end(struct rooms *rooms, struct job *job)
{
	if (job->exchange != NULL) {
		job->exchange->result = job->task->result;
		send_reply(rooms, job);
	}
	job_free(rooms, job);
}

void
job_free(struct rooms *rooms, struct job *job)
{
	if (job->exchange != NULL)
		rooms_drop(rooms, job->exchange);
	atomic_fetch_sub(&rooms->n_jobs[job->class], 1);
	task_free(job->task);
	free(job);
}
