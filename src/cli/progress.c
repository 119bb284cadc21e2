/* SPDX-License-Identifier: MIT */
/*
 * The bar is drawn over itself, from the start of the line.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define EVERY_MS  100

void
progress_init(struct progress *progress, const struct clock *clock)
{
	*progress = (struct progress){ .clock = clock,
		.is_shown = isatty(STDERR_FILENO) == 1 };
}

void
progress_show(
    struct progress *progress, const char *what, int64_t done, int64_t all)
{
	int64_t now_ms = clock_steady_ms(progress->clock);
	int i, percent;

	if (!progress->is_shown || all <= 0 ||
	    now_ms - progress->shown_ms < EVERY_MS)
		return;
	progress->shown_ms = now_ms;
	percent = done < all ? (int)(done * 100 / all) : 100;
	(void)fprintf(stderr, "\r%-8s [", what);
	for (i = 0; i < BAR_WIDTH; i++)
		(void)fputc(i * 100 < percent * BAR_WIDTH ? '#' : ' ', stderr);
	(void)fprintf(stderr, "] %3d%%", percent);
	(void)fflush(stderr);
}

void
progress_clear(const struct progress *progress)
{
	if (progress->is_shown)
		(void)fprintf(stderr, "\r%*s\r", BAR_WIDTH + 20, "");
}
