/* SPDX-License-Identifier: MIT */
/*
 * A library that is put under a real program by LD_PRELOAD and makes the world
 * fail at one chosen call.  Without FAULT_PLAN it does nothing.
 *
 *     FAULT_PLAN  KIND:K[:ARG[:forever]], the kinds are below
 *     FAULT_PAGE  a file of FAULT_PAGE_BYTES, shared with the test
 *
 * The one idea: the calls of a kind are counted in a page that outlives
 * kill -9, so that a test learns how many there are, and what each was, and can
 * let every one of them fail in turn.  While the page says "held" nothing is
 * counted: a responder starts in peace.
 */
#ifndef FAULT_FAULT_H
#define FAULT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_PAGE_BYTES 65536
#define FAULT_TRACE_MAX  (FAULT_PAGE_BYTES - 24)

enum fault_kind {
	FAULT_KIND_NONE,
	FAULT_KIND_VFS_KILL,   /* kill -9 just before SQLite's K-th call */
	FAULT_KIND_VFS_ERROR,  /* the K-th that may, returns ARG */
	FAULT_KIND_VFS_CUT,    /* power is lost before it; ARG: a seed */
	FAULT_KIND_VFS_LIE,    /* the same, of a disk that never synced */
	FAULT_KIND_MALLOC,     /* the K-th piece of memory is not to be had */
	FAULT_KIND_OWN_MALLOC, /* the same, but those SQLite wants */
	FAULT_KIND_CRYPTO_MALLOC, /* the same, of those libcrypto wants */
	FAULT_KIND_CALL,          /* the program's K-th call fails: ARG */
	FAULT_KIND_SOCKET_KILL,   /* kill -9 before the K-th call on a socket */
	FAULT_KIND_CONNECT_STOP,  /* SIGSTOP before the K-th TCP connect */
	FAULT_KIND_CLOCK,         /* ARG ms off after the K-th TCP connect */
	FAULT_KIND__COUNT
};

/* As a test sees it: three numbers and a letter for every call. */
struct fault_page {
	uint64_t held;
	uint64_t count;
	uint64_t hits; /* calls that were made to fail */
	char trace[FAULT_TRACE_MAX];
};

/* Whether the plan is of that kind. */
bool fault_is(enum fault_kind kind);

/*
 * Counts a call, known by a letter; true when it is the one (or, with forever,
 * one after it) that has to fail.  0 while nothing is counted.
 */
bool fault_strikes(char letter);

/* Whether the K-th call has come, or K is 0. */
bool fault_is_past(void);

/* That it did: some calls can't return what was asked for. */
void fault_hit(void);

/* Whether the caller is the program itself and no library. */
bool fault_is_program(void *caller);

/* Whether a call of the program's has to fail; errno is set, then. */
bool fault_fails(void *caller, char letter);

/* ARG as a number and as it was written; K. */
int64_t fault_number(void);
const char *fault_word(void);
uint64_t fault_at(void);

/* Counting begins; ends. */
void fault_release(void);
void fault_hold(void);

_Noreturn void fault_die(void);

#endif
