/* SPDX-License-Identifier: MIT */
/*
 * Front: the room with the doors to the street: accepts connections, keeps the
 * idle ones, hears signals and the tick of a second.  It never waits for any
 * one peer.
 */
#ifndef SERVE_FRONT_H
#define SERVE_FRONT_H

#include "core/fault.h"

struct rooms;

/*
 * front_run: until a signal says so, and then until everything in flight has
 * been answered or drain_ms is over.
 */
enum fault MUST_CHECK front_run(struct rooms *rooms, struct fault_note *note);

/* front_wake: the queue's. */
void front_wake(void *rooms);

#endif
