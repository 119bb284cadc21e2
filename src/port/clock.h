/* SPDX-License-Identifier: MIT */
/*
 * Clock: what time it is, by the wall and by a clock nobody sets.
 */
#ifndef PORT_CLOCK_H
#define PORT_CLOCK_H

#include <stdint.h>

struct clock {
	/* UNIX milliseconds, as the operator has set them. */
	int64_t (*now_ms)(void *self);
	/* Milliseconds that only grow, through a suspend too. */
	int64_t (*steady_ms)(void *self);
	/*
	 * Which start of the machine steady_ms belongs to; steady times of
	 * different names can't be compared.  Below CLOCK_NAME_SIZE
	 * bytes.
	 */
	const char *steady_name;
	void *self;
};

static inline int64_t
clock_now_ms(const struct clock *clock)
{
	return clock->now_ms(clock->self);
}

static inline int64_t
clock_steady_ms(const struct clock *clock)
{
	return clock->steady_ms(clock->self);
}

#endif
