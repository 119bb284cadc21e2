/* SPDX-License-Identifier: MIT */
/*
 * Move: all that can happen next in a world, one call of a port at a time.
 */
#ifndef TESTS_EXPLORE_MOVE_H
#define TESTS_EXPLORE_MOVE_H

#include <stdio.h>

#include "world.h"

enum move_kind {
	MOVE_ARRIVE,       /* request .at comes, and its first transaction */
	MOVE_STORE,        /* slot .at: one transaction */
	MOVE_STORE_FAILS,  /* slot .at: it is rolled back */
	MOVE_STORE_UNSURE, /* slot .at: it is kept, and said to have failed */
	MOVE_SEND,         /* slot .at: a cancel is put on the wire */
	MOVE_SEND_FAILS,   /* slot .at: no byte of it leaves */
	MOVE_WORK,         /* wire .at: i'mport tests, or applies, or refuses */
	MOVE_DECLINE,      /* wire .at: the PG says no */
	MOVE_VANISH,       /* wire .at: never gets there */
	MOVE_ANSWER,       /* slot .at: the answer gets back */
	MOVE_LOSE,         /* slot .at: the connection dies */
	MOVE_TIME_OUT,     /* slot .at */
	MOVE_LIE,          /* slot .at: applied, and the answer says no */
	MOVE_BLANK,        /* slot .at: applied, and the answer shows nothing */
	MOVE_READ,         /* slot .at: i'mport's truth */
	MOVE_READ_STALE,   /* slot .at: the truth before the last entry */
	MOVE_READ_LOST,    /* slot .at */
	MOVE_TELL,         /* slot .at: its caller has waited long enough */
	MOVE_CRASH,        /* process .at dies and starts anew */
	MOVE_POWER,        /* all of them do */
	MOVE_CONSOLE,      /* somebody cancels at i'mport's console */
	MOVE_RESOLVE,      /* process .at looks at a refund that is due */
	MOVE_HINT,         /* process .at gets a webhook */
	MOVE_APPROVE,      /* operator .at reads the payment back, to approve */
	MOVE_REJECT,       /* operator .at, and it is kept */
	MOVE_REJECT_FAILS, /* operator .at: it is rolled back */
	MOVE_TICK,         /* the next moment at which something is due */
	MOVE_CLOCK_FORTH,  /* our wall clock is set */
	MOVE_CLOCK_BACK,
	MOVE__COUNT
};

struct move {
	enum move_kind kind;
	int at;
};

#define MOVES_MAX 96

/* move_list: returns how many there are. */
int move_list(const struct world *world, struct move moves[static MOVES_MAX]);

/*
 * move_make: changes the world, which has been entered; world->wrong says if a
 * caller was told what is not true, or money moved that must not.
 */
void move_make(struct world *world, struct move move);

/* move_print: one line of a trace. */
void move_print(FILE *out, struct move move, const struct world *after);

#endif
