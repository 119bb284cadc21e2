/* SPDX-License-Identifier: MIT */
/*
 * One loop around provider_step.
 */
#include "serve/line.h"

#include "serve/answer.h"
#include "serve/job.h"

#define LOOK_MS 50    /* between looks for callers who waited long enough */
#define IDLE_MS 60000 /* nobody waits; wake ends it earlier */

void
line_wake(void *arg)
{
	struct rooms *rooms = arg;

	provider_wake(&rooms->serve->provider);
}

static void
start(struct rooms *rooms, struct job *job)
{
	TAILQ_INSERT_TAIL(&rooms->at_line, &job->item, link);
	provider_start(&rooms->serve->provider, &job->task->call);
}

/* Back to the ledger, which is open as long as we are. */
static void
hand_back(struct rooms *rooms, struct job *job)
{
	if (!queue_push(&rooms->to_ledger, &job->item))
		job_free(rooms, job);
}

static void
hear(struct rooms *rooms, struct provider_call *call)
{
	struct job *job = call->owner;

	TAILQ_REMOVE(&rooms->at_line, &job->item, link);
	answer_log_outcome(&call->outcome, job->task->request.request_id);
	task_heard(rooms->serve->app, job->task);
	if (job->task->next == TASK_CALL)
		start(rooms, job);
	else
		hand_back(rooms, job);
}

static void
hear_all(struct rooms *rooms, struct provider_call *finished)
{
	struct provider_call *call;

	while ((call = finished) != NULL) {
		finished = call->next;
		hear(rooms, call);
	}
}

/* Tells whoever waited for answer_ms; true if somebody is still waiting. */
static bool
tell_late(struct rooms *rooms, int64_t now_ms)
{
	struct queue_item *item;
	bool has_waiting = false;

	TAILQ_FOREACH (item, &rooms->at_line, link) {
		if (job_is_late(rooms, job_of(item), now_ms))
			job_not_yet(rooms, job_of(item));
		else if (job_of(item)->exchange != NULL)
			has_waiting = true;
	}
	return has_waiting;
}

/* We are leaving: nothing new is sent, and nobody waits any longer. */
static void
leave(struct rooms *rooms, struct queue_list *unsent)
{
	struct queue_item *item;

	while ((item = TAILQ_FIRST(unsent)) != NULL) {
		TAILQ_REMOVE(unsent, item, link);
		job_not_sent(rooms, job_of(item));
		hand_back(rooms, job_of(item));
	}
	TAILQ_FOREACH (item, &rooms->at_line, link)
		job_not_yet(rooms, job_of(item));
}

void *
line_main(void *arg)
{
	struct rooms *rooms = arg;
	const struct provider *provider = &rooms->serve->provider;
	struct queue_list news = TAILQ_HEAD_INITIALIZER(news);
	struct queue_item *item;
	int64_t now_ms, look_ms = 0;
	bool has_waiting = false;

	while (queue_take_all(&rooms->to_line, 0, &news)) {
		has_waiting = has_waiting || !TAILQ_EMPTY(&news);
		while ((item = TAILQ_FIRST(&news)) != NULL) {
			TAILQ_REMOVE(&news, item, link);
			start(rooms, job_of(item));
		}
		hear_all(rooms,
		    provider_step(provider, has_waiting ? LOOK_MS : IDLE_MS));
		now_ms = rooms_now_ms(rooms);
		if (has_waiting && now_ms >= look_ms) {
			has_waiting = tell_late(rooms, now_ms);
			look_ms = now_ms + LOOK_MS;
		}
	}
	leave(rooms, &news);
	return NULL;
}
