/* SPDX-License-Identifier: MIT */
/*
 * Wish: what a rival asks for next: a refund of one of the orders all of them
 * fight over, as a request's variables and body.  Half of them without an
 * Idempotency-Key, a quarter with one of their own, a quarter with one that
 * others use too: the same key makes the same wish, whoever draws it, but for a
 * few that get the body wrong.
 */
#ifndef TESTS_RIVALS_WISH_H
#define TESTS_RIVALS_WISH_H

#include <stddef.h>
#include <stdint.h>

#define WISH_ORDERS 300 /* at a time; the driver knows it too */

struct wish {
	/* Lines "NAME=value", an empty line, the body: web/fake_io.h. */
	char text[1024];
	size_t len;
	size_t body; /* where the body begins */
};

/* wish_chance: the next draw; *state is any number at first. */
uint64_t wish_chance(uint64_t *state);

/* wish_make: for one of the orders from first on. */
void wish_make(struct wish *wish, int64_t first, uint64_t *state);

#endif
