/* SPDX-License-Identifier: MIT */
/*
 * Desk: the room that talks to the web server: reads requests, answers what
 * only asks, sends refunds on their way, and writes their answers.
 */
#ifndef SERVE_DESK_H
#define SERVE_DESK_H

#include <pthread.h>
#include <stdint.h>

#include "port/store.h"

struct rooms;

struct desk {
	struct rooms *rooms;
	const struct store *store; /* its own reader */
	pthread_t thread;
	/* Whom it listens or talks to just now, for desk_hurry. */
	pthread_mutex_t mutex;
	int guard; /* its connection's second descriptor; -1: nobody's */
	int64_t since_ms;
};

void desk_init(
    struct desk *desk, struct rooms *rooms, const struct store *store);
void desk_deinit(struct desk *desk);

/* desk_main: the thread.  Runs until the desks' queue is closed and empty. */
void *desk_main(void *desk);

/*
 * desk_hurry: cuts off a peer that has been sending its request, or taking its
 * answer, for max_ms or longer; any thread.
 */
void desk_hurry(struct desk *desk, int64_t now_ms, int64_t max_ms);

#endif
