/* SPDX-License-Identifier: MIT */
/*
 * Progress: a bar on a terminal, for commands that take their time; nothing
 * where standard error is no terminal.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "port/clock.h"

struct progress {
	const struct clock *clock; /* keeps */
	bool is_shown;
	int64_t shown_ms;
};

void progress_init(struct progress *progress, const struct clock *clock);

/*
 * progress_show: so much of all is done, ten times a second at most; what is a
 * word of at most eight letters.
 */
void progress_show(
    struct progress *progress, const char *what, int64_t done, int64_t all);

/* progress_clear: before anything else is written. */
void progress_clear(const struct progress *progress);

#endif
