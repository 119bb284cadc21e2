/* SPDX-License-Identifier: MIT */
/*
 * Chance: bits nobody can guess, for the ids of refunds.
 */
#ifndef PORT_CHANCE_H
#define PORT_CHANCE_H

#include <stdint.h>

#include "core/fault.h"

struct chance {
	enum fault (*bits)(
	    void *self, uint64_t *ret_bits, struct fault_note *note);
	void *self;
};

static inline enum fault MUST_CHECK
chance_bits(
    const struct chance *chance, uint64_t *ret_bits, struct fault_note *note)
{
	return chance->bits(chance->self, ret_bits, note);
}

#endif
