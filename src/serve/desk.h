/* SPDX-License-Identifier: MIT */
/*
 * Desk: the room that understands requests: answers what only asks, sends
 * refunds on their way, and writes their answers.  It never waits for a peer:
 * it gets a request when all of it is there, and what does not go out at once
 * of an answer is the front's to send.
 */
#ifndef SERVE_DESK_H
#define SERVE_DESK_H

#include <pthread.h>

#include "port/store.h"

struct rooms;

struct desk {
	struct rooms *rooms;
	const struct store *store; /* its own reader */
	pthread_t thread;
};

/* desk_main: the thread.  Runs until the desks' queue is closed and empty. */
void *desk_main(void *desk);

#endif
