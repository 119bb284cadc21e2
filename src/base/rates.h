/* SPDX-License-Identifier: MIT */
/*
 * Rates: the limits of port/limits.h in a file that all processes of this host
 * map, so that counting is one compare-and-swap: no lock, no write of the
 * database, no system call.
 *
 * The one idea: what is counted is a time (GCRA, ATM Forum TM 4.0 section
 * 4.4.2): the theoretical arrival time of the next one, in 64 bits.  Each one
 * that is let through moves it ahead by its share of the period; who would move
 * it further ahead than a whole period is one too many.  Time itself empties a
 * slot, so nobody has to.
 */
#ifndef BASE_RATES_H
#define BASE_RATES_H

#include <stdint.h>

#include "core/fault.h"
#include "port/clock.h"
#include "port/limits.h"

#define RATES_KEY_LEN 32
#define RATES_N_MOST  1000000

/* So many at once or spread over a period; n 0: not limited. */
struct rates_limit {
	int64_t n; /* 0 to RATES_N_MOST */
	int64_t period_ms;
};

struct rates_options {
	const char *database;                    /* beside it lies the file */
	unsigned char key[RATES_KEY_LEN];        /* nobody else knows it */
	struct rates_limit limits[LIMIT__COUNT]; /* by enum limit */
	struct clock clock;                      /* its steady one; keeps */
};

struct rates;

/*
 * rates_open: maps DATABASE.rates; makes it first, mode 0600, with all its
 * space on the disk, when it is not there.  As root it becomes the database's
 * owner's.  FAULT_CONFIG: it can't be made, read and written, or others can.
 */
enum fault MUST_CHECK rates_open(const struct rates_options *options,
    struct rates **ret_rates, struct fault_note *note);
void rates_close(struct rates *rates);

/*
 * rates_limits: any thread may use them, until rates_close.  Two subjects whose
 * keyed hashes fall on the same one of 65,536 slots share it; which ones do,
 * nobody can tell without the key.
 */
struct limits rates_limits(struct rates *rates);

#endif
