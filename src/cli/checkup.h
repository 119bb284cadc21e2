/* SPDX-License-Identifier: MIT */
/*
 * Checkup: findings, one a line for people or one an object of a JSON array,
 * and the worst of them.
 */
#ifndef CLI_CHECKUP_H
#define CLI_CHECKUP_H

#include <stdbool.h>

#include "cli/render.h"
#include "core/fault.h"

enum checkup_grade {
	CHECKUP_GOOD,
	CHECKUP_DOUBTFUL,
	CHECKUP_BAD,
	CHECKUP__COUNT
};

/* What the grades are called. */
struct checkup_words {
	const char *text[CHECKUP__COUNT]; /* for people */
	const char *json[CHECKUP__COUNT];
	int width; /* of the longest text */
};

/* Only the functions below touch the members.  Must not be moved. */
struct checkup {
	const struct checkup_words *words;
	bool is_json;
	struct render array; /* unless it is lines */
	enum checkup_grade worst;
};

/* checkup_init: keeps words.  deinit accepts an empty struct. */
void checkup_init(
    struct checkup *checkup, const struct checkup_words *words, bool is_json);
void checkup_deinit(struct checkup *checkup);

/*
 * checkup_say: one finding about name, a word.  A line is printed at once, for
 * the next check may take long.
 */
void checkup_say(struct checkup *checkup, enum checkup_grade grade,
    const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * checkup_end: prints the array, if it is one.  FAULT_NOMEM when it is not
 * whole.
 */
enum fault checkup_end(
    struct checkup *checkup, struct fault_note *note) MUST_CHECK;

/* checkup_worst: the worst grade so far; CHECKUP_GOOD if nothing was said. */
enum checkup_grade checkup_worst(const struct checkup *checkup);

#endif
