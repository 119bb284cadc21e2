/* SPDX-License-Identifier: MIT */
/*
 * World: the sandbox as a whole, without HTTP: the book and everything that
 * changes it.  A change is written to the state file, then made in the book,
 * then written to the journal, all before anybody hears of it; so a kill -9
 * loses nothing, and the next start makes up for a journal line that is
 * missing.  A file that can't be written is a fault after which the sandbox has
 * to stop.  Everything happens on one thread, which is what makes the checksum
 * test atomic.
 */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "sandbox/book.h"
#include "sandbox/cancel.h"
#include "sandbox/lines.h"
#include "sandbox/mishap.h"
#include "sandbox/record.h"
#include "sandbox/route.h"
#include "sandbox/timers.h"
#include "sandbox/token.h"

struct world_options {
	const char *key;
	const char *secret;
	const char *payments; /* CSV file, or NULL */
	const char *state;    /* the same */
	const char *journal;  /* the same */
	int64_t token_seconds;
	int64_t pending_ms;
	int64_t latency_ms;
	int64_t lazy_amount; /* of payments made by rule; 0: there are none */
	uint64_t seed;
	bool live; /* all payments are of a live channel, not of a test one */
	bool utf8;
};

/*
 * What a webhook says.  A function that is told of it; it borrows everything
 * and never fails, as nothing of the book hangs on it.
 */
struct world_notice {
	const struct book_payment *payment;
	const char *cancellation_id; /* NULL: not of a cancel */
	enum payment_status status;
};
typedef void world_notify(
    void *arg, const struct world_notice *notice, int64_t now_ms);

/* An answer as it left, for the fault that gives it once more. */
struct world_answer {
	unsigned status; /* 0: none yet */
	struct buf body;
};

struct world {
	struct world_options options; /* only latency_ms changes */
	struct book *book;
	struct lines *state;   /* or NULL */
	struct lines *journal; /* or NULL */
	struct mishap_list *mishaps;
	struct world_answer earlier[ROUTE__COUNT]; /* kept if there are rules */
	struct token token;
	struct timers waits;  /* of record_wait, by UNIX milliseconds */
	struct buf line;      /* what is written to a file next */
	world_notify *notify; /* or NULL */
	void *notify_arg;
	int64_t unsettled; /* won of sales to refund from; -1: enough */
	int64_t shift_ms;  /* the world's clock is so far ahead of ours */
	uint64_t next_seq;
	uint64_t next_wait;
	uint64_t received[ROUTE__COUNT];
	uint64_t answered[ROUTE__COUNT];
	size_t waiting; /* answers on their way */
};

/*
 * world_open: replay the state, check the whole CSV, then take over its
 * payments that are not known yet, at a moment in UNIX milliseconds.  Keeps
 * the texts in options.  world_close: accepts a half-built world.
 */
enum fault world_open(struct world *world, const struct world_options *options,
    int64_t now_ms, struct fault_note *note) MUST_CHECK;
void world_close(struct world *world);

/*
 * world_add: a new payment; empty pay_method and pg_provider become a card's.
 * notice_url may be NULL.
 */
enum fault world_add(struct world *world, const struct payment *payment,
    const char *notice_url, int64_t now_ms, struct book_payment **ret_payment,
    struct fault_note *note) MUST_CHECK;

/* world_cancel: apply a cancel that was judged CANCEL_YES. */
enum fault world_cancel(struct world *world, struct book_payment *payment,
    const struct cancel_wish *wish, enum book_origin origin, int64_t now_ms,
    struct fault_note *note) MUST_CHECK;

/*
 * world_wait: apply a cancel later.  is_taken: it was judged CANCEL_LATER, and
 * wish->amount is what the judge said; else it is judged when it is due.
 */
enum fault world_wait(struct world *world, struct book_payment *payment,
    const struct cancel_wish *wish, bool is_taken, int64_t due_ms,
    struct fault_note *note) MUST_CHECK;

/* world_tell: the webhook of a payment as it is now. */
void world_tell(const struct world *world, const struct book_payment *payment,
    int64_t now_ms);

/* world_tick: apply what is due.  world_next_ms: when to come again. */
enum fault world_tick(
    struct world *world, int64_t now_ms, struct fault_note *note) MUST_CHECK;
int64_t world_next_ms(const struct world *world);

#endif
