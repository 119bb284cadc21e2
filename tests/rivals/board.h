/* SPDX-License-Identifier: MIT */
/*
 * Board: a file of 64-bit numbers that the driver and all rivals have in
 * memory.  The driver says what to do; the rivals count what they heard, so
 * that the counts of one that is killed are not lost.
 */
#ifndef TESTS_RIVALS_BOARD_H
#define TESTS_RIVALS_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

/* The driver, tests/rivals/run, has the same list. */
enum board_place {
	BOARD_STOP,   /* not 0: no new wishes */
	BOARD_FIRST,  /* the first order there is now, from 1 */
	BOARD_DONE,   /* 200 */
	BOARD_AGAIN,  /* a stored answer heard once more */
	BOARD_OPEN,   /* 202 */
	BOARD_NO,     /* 4xx */
	BOARD_LATER,  /* 503 */
	BOARD_BROKEN, /* no answer: the responder was killed */
	BOARD_FAULT,  /* anything else: never right */
	BOARD__COUNT
};

struct board {
	_Atomic int64_t at[BOARD__COUNT];
};

/* board_open: the file's numbers, shared until exit; NULL with errno. */
struct board *board_open(const char *path);

static inline int64_t
board_read(struct board *board, enum board_place place)
{
	return atomic_load_explicit(&board->at[place], memory_order_relaxed);
}

/* board_count: one answer of this HTTP status; 0 = there was none. */
void board_count(struct board *board, int status, int is_replayed);

#endif
