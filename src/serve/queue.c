/* SPDX-License-Identifier: MIT */
/*
 * One mutex, one condition.
 */
#include "serve/queue.h"

#include <assert.h>
#include <stdint.h>
#include <time.h>

void
queue_init(struct queue *queue, void (*wake)(void *arg), void *arg)
{
	pthread_condattr_t attr;
	int rc;

	TAILQ_INIT(&queue->items);
	queue->is_closed = false;
	queue->wake = wake;
	queue->arg = arg;
	/* None of these can fail with glibc's default kinds. */
	rc = pthread_mutex_init(&queue->mutex, NULL);
	assert(rc == 0);
	rc = pthread_condattr_init(&attr);
	assert(rc == 0);
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	assert(rc == 0);
	rc = pthread_cond_init(&queue->cond, &attr);
	assert(rc == 0);
	(void)rc;
	pthread_condattr_destroy(&attr);
}

void
queue_deinit(struct queue *queue)
{
	assert(TAILQ_EMPTY(&queue->items));
	pthread_cond_destroy(&queue->cond);
	pthread_mutex_destroy(&queue->mutex);
}

bool
queue_push(struct queue *queue, struct queue_item *item)
{
	bool is_closed, was_empty;

	pthread_mutex_lock(&queue->mutex);
	is_closed = queue->is_closed;
	was_empty = TAILQ_EMPTY(&queue->items);
	if (!is_closed)
		TAILQ_INSERT_TAIL(&queue->items, item, link);
	pthread_mutex_unlock(&queue->mutex);
	/* Unlocked: whoever wakes up would only wait for the lock. */
	if (is_closed)
		return false;
	if (queue->wake == NULL)
		pthread_cond_signal(&queue->cond);
	else if (was_empty)
		queue->wake(queue->arg);
	return true;
}

struct queue_item *
queue_take(struct queue *queue)
{
	struct queue_item *item;

	pthread_mutex_lock(&queue->mutex);
	while (TAILQ_EMPTY(&queue->items) && !queue->is_closed)
		pthread_cond_wait(&queue->cond, &queue->mutex);
	item = TAILQ_FIRST(&queue->items);
	if (item != NULL)
		TAILQ_REMOVE(&queue->items, item, link);
	pthread_mutex_unlock(&queue->mutex);
	return item;
}

static struct timespec
from_now(int timeout_ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += timeout_ms / 1000;
	at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

bool
queue_take_all(struct queue *queue, int timeout_ms, struct queue_list *list)
{
	struct timespec until = from_now(timeout_ms > 0 ? timeout_ms : 0);
	bool is_open;
	int rc = timeout_ms == 0 ? 1 : 0;

	pthread_mutex_lock(&queue->mutex);
	while (rc == 0 && TAILQ_EMPTY(&queue->items) && !queue->is_closed) {
		if (timeout_ms < 0)
			rc = pthread_cond_wait(&queue->cond, &queue->mutex);
		else
			rc = pthread_cond_timedwait(
			    &queue->cond, &queue->mutex, &until);
	}
	TAILQ_CONCAT(list, &queue->items, link);
	is_open = !queue->is_closed;
	pthread_mutex_unlock(&queue->mutex);
	return is_open;
}

void
queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->is_closed = true;
	pthread_cond_broadcast(&queue->cond);
	pthread_mutex_unlock(&queue->mutex);
	if (queue->wake != NULL)
		queue->wake(queue->arg);
}
