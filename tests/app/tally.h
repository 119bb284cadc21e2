/* SPDX-License-Identifier: MIT */
/*
 * Tally: limits that count in memory and never forget, for tests of who counts
 * what and when.
 */
#ifndef TESTS_APP_TALLY_H
#define TESTS_APP_TALLY_H

#include "port/limits.h"

#define TALLY_ROWS    64
#define TALLY_WAIT_MS 1500

struct tally {
	int most[LIMIT__COUNT]; /* of each subject; 0: not limited */
	struct {
		enum limit limit;
		char subject[256];
		int n;
	} rows[TALLY_ROWS];
	size_t n_rows;
	int64_t held_ms; /* by the last hold; -1: none yet */
};

void tally_init(struct tally *tally);
struct limits tally_limits(struct tally *tally);

/* tally_of: how many were let through. */
int tally_of(struct tally *tally, enum limit limit, const char *subject);

#endif
