/* SPDX-License-Identifier: MIT */
/*
 * Line: the room that owns the provider: makes every call, listens to all of
 * them at once, and tells callers who have waited long enough.
 */
#ifndef SERVE_LINE_H
#define SERVE_LINE_H

/*
 * line_main: the thread.  Runs until its queue is closed; then callers still
 * waiting here are told, and jobs the provider still has stay in
 * rooms->at_line.
 */
void *line_main(void *rooms);

/* line_wake: the queue's: ends the provider's wait. */
void line_wake(void *rooms);

#endif
