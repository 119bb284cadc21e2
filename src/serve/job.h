/* SPDX-License-Identifier: MIT */
/*
 * Job: a task on its way through the rooms, and the caller who waits for it.
 * It belongs to one room at a time, so it needs no lock.
 */
#ifndef SERVE_JOB_H
#define SERVE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "app/task.h"
#include "serve/exchange.h"
#include "serve/queue.h"
#include "serve/rooms.h"

struct job {
	struct queue_item item; /* first: queues and lists know it by this */
	enum job_class class;
	struct task *task;
	struct exchange *exchange; /* NULL: nobody waits, or no more */
	/* The ledger's: */
	bool must_save;   /* task_must_save before the step */
	enum fault fault; /* of its step in this batch */
	int64_t delay_ms; /* before the next try to save; 0: none failed */
	int64_t again_ms; /* steady; not before */
};

static inline struct job *
job_of(struct queue_item *item)
{
	return (struct job *)item;
}

/*
 * job_start: takes the task (NULL: there was no memory for it) and sends it to
 * the ledger.  False: too many of its class, no memory, or we are closing; the
 * task is freed, the exchange is still the caller's.
 */
bool job_start(struct rooms *rooms, enum job_class class, struct task *task,
    struct exchange *exchange);

/* job_is_late: its caller has waited for answer_ms. */
bool job_is_late(
    const struct rooms *rooms, const struct job *job, int64_t now_ms);

/* job_not_yet: tells the caller, if one waits, that the answer is still out. */
void job_not_yet(struct rooms *rooms, struct job *job);

/* job_not_sent: the line is closed: the call counts as heard, not sent. */
void job_not_sent(struct rooms *rooms, struct job *job);

/* job_end: tells the caller the task's result, if one waits, and frees. */
void job_end(struct rooms *rooms, struct job *job);

/* job_free: the exchange, too, which then goes without an answer. */
void job_free(struct rooms *rooms, struct job *job);

#endif
