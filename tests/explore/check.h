/* SPDX-License-Identifier: MIT */
/*
 * Check: the promise, held against what has really happened.  Each check writes
 * the first broken one to world->wrong.
 */
#ifndef TESTS_EXPLORE_CHECK_H
#define TESTS_EXPLORE_CHECK_H

#include "world.h"

/* check_money: money has just moved, as fact says. */
void check_money(struct world *world, const struct fact *fact);

/* check_send: a cancel is about to be put on the wire. */
void check_send(struct world *world, const struct slot *slot);

/* check_word: an operator's word on a refund was taken, and committed. */
void check_word(struct world *world, const char *refund_id, enum word word);

/*
 * check_told: the caller of the request, or with -1 an operator, is being told
 * this.
 */
void check_told(
    struct world *world, int request, const struct refund_result *result);

/* check_book: something was committed: final states are final. */
void check_book(struct world *world);

/*
 * check_end: no task is on its way and no more trouble comes: the book has to
 * become decided, and the same as i'mport's.  The world itself stays as it is.
 */
void check_end(struct world *world);

#endif
