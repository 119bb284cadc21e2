/* SPDX-License-Identifier: MIT */
/*
 * Intent: a refund as the journal knows it, from just before i'mport is called
 * to its end, and what i'mport's words make of it.
 *
 * The one idea: i'mport's answer is only a hint about *its* book; the truth is
 * the payment's cancel_history.  intent_judge holds that history against what
 * the intent knew when it was written, and only ever moves an unfinished state.
 */
#ifndef CORE_INTENT_H
#define CORE_INTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/payment.h"
#include "core/truth.h"

#define PROVIDER_MESSAGE_SIZE 513
/*
 * No look is ever planned further ahead (one a day, and an hour): a later one
 * means that our clock has been set back since.
 */
#define LOOK_AHEAD_MAX_MS INT64_C(90000000)
/* A clock's name: "date", or the boot whose monotonic time it is. */
#define CLOCK_NAME_SIZE 48
/* A wall clock may be corrected by less than this without being "set". */
#define CLOCK_SLACK_MS INT64_C(60000)

enum intent_state {
	INTENT_AWAITING_APPROVAL,
	INTENT_IN_FLIGHT,
	INTENT_PENDING,      /* i'mport took it, the PG has not finished */
	INTENT_UNKNOWN,      /* sent, and no usable answer */
	INTENT_NEEDS_REVIEW, /* a person has to look */
	INTENT_SUCCEEDED,
	INTENT_FAILED,
	INTENT__COUNT
};

enum intent_failure {
	INTENT_NOT_FAILED,
	INTENT_DECLINED,        /* i'mport or the PG said no */
	INTENT_NOT_SENT,        /* no byte of it left */
	INTENT_NOT_APPLIED,     /* lost on its way; i'mport never did it */
	INTENT_BALANCE_CHANGED, /* somebody else had cancelled meanwhile */
	INTENT_REJECTED,        /* approval was refused */
	INTENT_FAILURE__COUNT
};

enum intent_origin {
	INTENT_BY_REQUEST,
	INTENT_LATE,      /* found done after it was closed as failed */
	INTENT_RECOVERED, /* a marker of ours without a row */
	INTENT_ORIGIN__COUNT
};

/* What i'mport itself said to the cancel, remembered with the intent. */
enum intent_heard {
	INTENT_HEARD_NOTHING,
	INTENT_HEARD_DONE,    /* code 0 */
	INTENT_HEARD_REFUSED, /* another code under HTTP 200 */
	INTENT_HEARD__COUNT
};

/*
 * The first of two agreeing read-backs: what it showed, and when by which
 * clock, and by ours.  is_running false: there is none yet.
 */
struct intent_quiet {
	bool is_running;
	int64_t since_ms;
	int64_t seen_ms; /* our wall clock, UNIX ms */
	char clock[CLOCK_NAME_SIZE];
	int64_t cancel_amount;
	int32_t n_entries; /* -1: there was no such payment */
};

/* The part of an intent that judging needs and changes. */
struct intent {
	char id[REFUND_ID_SIZE];
	char marker[REFUND_ID_SIZE]; /* the id, but for INTENT_LATE */
	char imp_uid[IMP_UID_SIZE];
	int64_t amount;   /* asked for */
	int64_t checksum; /* balance when written; sent along */
	enum intent_state state;
	enum intent_failure failure;
	enum intent_heard heard;
	int64_t provider_code; /* valid unless heard nothing */
	char provider_message[PROVIDER_MESSAGE_SIZE];
	char cancellation_id[CANCELLATION_ID_SIZE];  /* "" until succeeded */
	int64_t applied_amount;                      /* 0 until succeeded */
	int64_t created_ms, send_by_ms, deadline_ms; /* UNIX ms */
	/* created_ms by a clock that nobody sets, while that one runs. */
	int64_t begun_steady_ms;
	char begun_clock[CLOCK_NAME_SIZE]; /* "" = unknown */
	int32_t checks;                    /* read-backs so far */
	int64_t next_check_ms;
	struct intent_quiet quiet;
};

/* When and how a truth was read, and what judging may lean on. */
struct intent_reading {
	int64_t now_ms;           /* our wall clock, UNIX ms */
	int64_t steady_ms;        /* by the clock that nobody sets */
	const char *steady_clock; /* its name */
	int64_t asked_ago_ms;     /* how long ago the reading began */
	bool is_own;          /* by the refund itself, after its own answer */
	bool is_after_answer; /* begun when that answer was in our book */
	int64_t stamp_ms;     /* i'mport's Date, or monotonic time */
	const char *stamp_clock; /* which of the two; as intent_quiet.clock */
	int64_t quiet_ms;
	int64_t pending_ms;   /* a pending refund goes to review after it */
	bool has_not_applied; /* an earlier refund here ended not_applied */
};

/*
 * intent_answered: the intent's own call has come back; remember what i'mport
 * said to it.  Nothing of it runs here any more, so it is unknown from now on
 * until something explains it.  message (i'mport's, may be "") is cut to fit.
 */
void intent_answered(struct intent *intent, enum intent_heard heard,
    int64_t provider_code, const char *message);

/* intent_not_sent: no byte of the cancel left: surely nothing happened. */
void intent_not_sent(struct intent *intent);

/*
 * intent_judge: what a reading of the payment makes of an unfinished intent.
 *
 * Changes state, failure, cancellation_id, applied_amount, quiet, checks and
 * next_check_ms.  An intent that is not in_flight, pending or unknown stays as
 * it is: only those are ours to move.  One in flight before its deadline still
 * has an owner, and only its own marker moves it.
 *
 * book: every entry known to our database for the payment, with is_known as of
 * this intent.  A truth that lacks one of them is stale: our marker in it is
 * still proof, but neither its balance nor what it does not show is.
 * Source: doc/design.md "Judging".
 */
void intent_judge(struct intent *intent, const struct truth *truth,
    const struct book *book, const struct intent_reading *reading);

/*
 * intent_judge_other: the same when i'mport shows another amount, currency or
 * order than we have.  A cancel it had refused is over then.  Otherwise the
 * first such reading may be garbled; from the second on our own marker is
 * believed, if the amounts are at least of the same currency.
 */
void intent_judge_other(struct intent *intent, const struct truth *truth,
    const struct book *book, const struct intent_reading *reading,
    bool is_same_currency);

/*
 * intent_unheard: the same after a read-back without usable answer: past its
 * deadline in_flight becomes unknown, past its days pending becomes
 * needs_review, and the next look is planned.
 */
void intent_unheard(
    struct intent *intent, const struct intent_reading *reading);

/*
 * intent_absent: the same after i'mport said that it has no such payment.  It
 * has to say so twice, the quiet period apart; a cancel it had refused is
 * declined then: there was nothing to cancel.
 */
void intent_absent(struct intent *intent, const struct intent_reading *reading);

/* State words: as in the database and in HTTP answers. */
const char *intent_state_name(enum intent_state state);
bool intent_state_find(const char *name, enum intent_state *ret_state);
const char *intent_failure_name(enum intent_failure failure); /* "" = none */
bool intent_failure_find(const char *name, enum intent_failure *ret_failure);
const char *intent_origin_name(enum intent_origin origin);
bool intent_origin_find(const char *name, enum intent_origin *ret_origin);

/* in_flight, pending or unknown: the resolver may still move it. */
bool intent_is_open(enum intent_state state);
/* succeeded or failed: nobody may move it any more. */
bool intent_is_final(enum intent_state state);

/* intent_is_due: the resolver wants to look at it by now. */
bool intent_is_due(const struct intent *intent, int64_t now_ms);

#endif
