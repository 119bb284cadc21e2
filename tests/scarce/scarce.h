/* SPDX-License-Identifier: MIT */
/*
 * Scarce: what our own code asks for is refused once, at the k-th time.  A test
 * tries every k until nothing was refused any more.
 *
 * The linker hands us the calls of all objects of the test's program (--wrap);
 * what shared libraries ask for themselves is granted.  Counted is only what
 * the thread asks that began.
 */
#ifndef TESTS_SCARCE_H
#define TESTS_SCARCE_H

#include <stdbool.h>

enum scarce_what {
	SCARCE_NOTHING,
	SCARCE_MEMORY, /* malloc and its like; json-c's tokeners and objects */
	SCARCE_CALLS   /* what the test itself wraps, by scarce_refuses */
};

/* scarce_begin: the k-th time, from 1 on, such a thing is asked for. */
void scarce_begin(enum scarce_what what, long k);
/* scarce_end: all is granted again.  Was anything refused? */
bool scarce_end(void);
/* scarce_pause: true: nothing is counted till it is called with false. */
void scarce_pause(bool is_paused);
/* scarce_refuses: counts one; is it the one? */
bool scarce_refuses(enum scarce_what what);

#endif
