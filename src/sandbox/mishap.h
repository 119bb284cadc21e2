/* SPDX-License-Identifier: MIT */
/*
 * Mishaps: the faults that the sandbox makes on purpose (a "fault" in its
 * options and manual; the word is taken in C by our own failures).  A rule says
 * which mishap, to which calls and how often; one list of rules and one seeded
 * generator decide for each call.  What a mishap does to an answer is written
 * in effect.c; here are their names and when they strike.
 */
#ifndef SANDBOX_MISHAP_H
#define SANDBOX_MISHAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/payment.h"
#include "sandbox/params.h"
#include "sandbox/route.h"

enum mishap {
	MISHAP_NONE,
	/* Nothing is applied. */
	MISHAP_DROP_BEFORE,
	MISHAP_GARBAGE_BEFORE,
	MISHAP_HANG,
	MISHAP_HTML_502,
	MISHAP_HTTP_401,
	MISHAP_HTTP_429,
	MISHAP_HTTP_500_BEFORE,
	MISHAP_HTTP_502_BEFORE,
	MISHAP_HTTP_503_BEFORE,
	MISHAP_PG_REFUSAL,
	MISHAP_RESET_BEFORE,
	MISHAP_TOKEN_EXPIRED,
	/* Applied, but later. */
	MISHAP_LATE,
	/* Applied, then the answer goes wrong. */
	MISHAP_DRIP,
	MISHAP_DROP_AFTER,
	MISHAP_DUPLICATE,
	MISHAP_EMPTY_BODY,
	MISHAP_GARBAGE,
	MISHAP_HALF_BODY,
	MISHAP_HANG_AFTER,
	MISHAP_HTTP_500_AFTER,
	MISHAP_HTTP_502_AFTER,
	MISHAP_HTTP_503_AFTER,
	MISHAP_HUGE_BODY,
	MISHAP_LONG_BODY,
	MISHAP_NULL_RESPONSE,
	MISHAP_REDIRECT,
	MISHAP_RESET,
	MISHAP_SLOW,
	MISHAP_UNKNOWN_FIELDS,
	MISHAP_WRONG_TYPES,
	/* A cancel that should have been refused passes. */
	MISHAP_CHECKSUM_RACE,
	/* Read-backs that do not tell everything. */
	MISHAP_NO_REASON,
	MISHAP_SHORT_REASON,
	MISHAP_STALE_READ,
	MISHAP__COUNT
};

struct mishap_rule {
	enum mishap mishap;
	enum route route;
	double p;       /* probability, 0 to 1 */
	uint64_t count; /* strikes at most so often; UINT64_MAX = no limit */
	uint64_t nth;   /* only the nth call of the payment; 0 = any */
	char imp_uid[IMP_UID_SIZE];           /* "" = any */
	char merchant_uid[MERCHANT_UID_SIZE]; /* "" = any */
	char code[16];  /* for pg_refusal: of the code book, "" = unsettled */
	int64_t ms;     /* for those that take time */
	uint64_t fired; /* has struck so often */
};

const char *mishap_name(enum mishap mishap);

/* mishap_may: whether it means something on calls of the route. */
bool mishap_may(enum mishap mishap, enum route route);

/*
 * mishap_parse: "drop_after:route=cancel,p=0.1,count=3,nth=2".
 * mishap_read: the same from named values, the mishap's name under "fault".
 * FAULT_INPUT names what is wrong.
 */
enum fault mishap_parse(const char *spec, struct mishap_rule *ret_rule,
    struct fault_note *note) MUST_CHECK;
enum fault mishap_read(const struct params *params,
    struct mishap_rule *ret_rule, struct fault_note *note) MUST_CHECK;

struct mishap_list;

struct mishap_list *mishap_list_new(uint64_t seed); /* NULL: no memory */
void mishap_list_free(struct mishap_list *list);
enum fault mishap_list_add(struct mishap_list *list,
    const struct mishap_rule *rule, struct fault_note *note) MUST_CHECK;
void mishap_list_clear(struct mishap_list *list);
size_t mishap_list_n(const struct mishap_list *list);
const struct mishap_rule *mishap_list_at(
    const struct mishap_list *list, size_t i);

/* A call as the rules see it. */
struct mishap_call {
	enum route route;
	const char *imp_uid;      /* "" = no payment, or an unknown one */
	const char *merchant_uid; /* the same */
	uint64_t nth;
	int64_t cancel_age_ms; /* since its last cancel; INT64_MAX = none */
};

/*
 * mishap_strike: the first rule, in the order they were made, that fits the
 * call and wins its draw; it counts as having struck.  NULL: all goes well.
 */
const struct mishap_rule *mishap_strike(
    struct mishap_list *list, const struct mishap_call *call);

#endif
