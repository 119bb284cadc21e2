/* SPDX-License-Identifier: MIT */
/*
 * Queue: the door between two rooms.  Any thread pushes, one kind of room
 * takes.  What is passed on carries its own link, so pushing can't fail for
 * lack of memory and an item is in one place at a time.
 */
#ifndef SERVE_QUEUE_H
#define SERVE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/* The first member of whatever is passed on. */
struct queue_item {
	TAILQ_ENTRY(queue_item) link;
};
TAILQ_HEAD(queue_list, queue_item);

/* Only the functions below touch the members. */
struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct queue_list items;
	bool is_closed;
	void (*wake)(void *arg); /* NULL: takers wait on cond */
	void *arg;
};

/*
 * queue_init: wake is called, outside any lock, when the queue stops being
 * empty or is closed; it has to be remembered by a taker that is not waiting
 * just then.  NULL: takers wait in the queue itself.
 */
void queue_init(struct queue *queue, void (*wake)(void *arg), void *arg);
void queue_deinit(struct queue *queue);

/* queue_push: false when it is closed: the item is still the caller's. */
bool queue_push(struct queue *queue, struct queue_item *item);

/* queue_take: waits for the next one; NULL: closed and empty. */
struct queue_item *queue_take(struct queue *queue);

/*
 * queue_take_all: appends everything there is to list, waiting at most
 * timeout_ms (-1: for ever, 0: not at all) while there is nothing.  False when
 * the queue is closed: this was all.
 */
bool queue_take_all(
    struct queue *queue, int timeout_ms, struct queue_list *list);

/* queue_close: what is in it may still be taken; nothing comes any more. */
void queue_close(struct queue *queue);

#endif
