/* SPDX-License-Identifier: MIT */
/*
 * Replay: the state file's events back into a book, at start.
 */
#ifndef SANDBOX_REPLAY_H
#define SANDBOX_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "sandbox/book.h"
#include "sandbox/lines.h"
#include "sandbox/record.h"

struct replay {
	struct book *book;
	uint64_t last_seq;
	struct record_wait **waits; /* by id; NULL where one has ended */
	uint64_t *ids;
	size_t n;
	size_t room;
};

/* Keeps the book. */
void replay_init(struct replay *replay, struct book *book);
void replay_deinit(struct replay *replay);

/* replay_run: FAULT_INPUT names file and line of what does not fit. */
enum fault replay_run(struct replay *replay, struct lines *state,
    struct fault_note *note) MUST_CHECK;

/* replay_take_wait: the next wait not ended, now the caller's; NULL at last. */
struct record_wait *replay_take_wait(struct replay *replay);

/* replay_last_seq: the highest seq of a journal's lines. */
enum fault replay_last_seq(struct lines *journal, uint64_t *ret_seq,
    struct fault_note *note) MUST_CHECK;

#endif
