/* SPDX-License-Identifier: MIT */
/*
 * Limits: how often something may be done, counted by all processes of this
 * host together.  The app says what and for whom; how often that may be, and
 * whether it is limited at all, is the operator's word.
 */
#ifndef PORT_LIMITS_H
#define PORT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is counted, and what a subject names. */
enum limit {
	LIMIT_ORDER_REFUNDS,    /* order number */
	LIMIT_CALLER_REFUNDS,   /* caller */
	LIMIT_CALLER_READS,     /* caller */
	LIMIT_ADDRESS_READS,    /* whom the web server talks to */
	LIMIT_ADDRESS_WEBHOOKS, /* the same */
	LIMIT_OPEN_LOOKUPS,     /* "": for notices of unfinished refunds */
	LIMIT_KNOWN_LOOKUPS,    /* "": of other payments we know */
	LIMIT_UNKNOWN_LOOKUPS,  /* "": of those we don't */
	LIMIT_NOTICE,           /* imp_uid: one waits to be looked at */
	LIMIT_LOOK,             /* imp_uid: one look at a time */
	LIMIT_REFUSALS,         /* "": those that the trail is told of */
	LIMIT_LOG,              /* what is told once a minute */
	LIMIT__COUNT
};

/* take NULL: nothing is limited. */
struct limits {
	bool (*take)(void *self, enum limit limit, const char *subject,
	    int64_t *ret_wait_ms);
	void (*hold)(
	    void *self, enum limit limit, const char *subject, int64_t ms);
	void *self;
};

/*
 * limits_take: counts one more.  False, and counts nothing, when it is one too
 * many; then *ret_wait_ms, which may be NULL, is when to try again.
 */
static inline bool
limits_take(const struct limits *limits, enum limit limit, const char *subject,
    int64_t *ret_wait_ms)
{
	return limits->take == NULL ||
	    limits->take(limits->self, limit, subject, ret_wait_ms);
}

/*
 * limits_hold: of a limit that lets one through at a time: the next may be
 * taken in ms, and not before.  The limit's own period is ms or longer.
 */
static inline void
limits_hold(const struct limits *limits, enum limit limit, const char *subject,
    int64_t ms)
{
	if (limits->hold != NULL)
		limits->hold(limits->self, limit, subject, ms);
}

#endif
