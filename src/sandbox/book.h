/* SPDX-License-Identifier: MIT */
/*
 * The book: i'mport's own record of payments and of every cancel applied to
 * them, in memory.  What a payment shows (status, cancel_amount) follows from
 * its list of cancels and is stored nowhere else.  The book applies what it is
 * told; whether a cancel may be is said by cancel.h, and that it survives a
 * kill is state.h's work.
 */
#ifndef SANDBOX_BOOK_H
#define SANDBOX_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/payment.h"
#include "sandbox/route.h"

#define BOOK_CANCEL_ID_SIZE 21

enum book_origin {
	BOOK_API,     /* POST /payments/cancel */
	BOOK_CONSOLE, /* a person at the admin console */
	BOOK_EARLIER, /* came with the payment: a CSV's cancel_amount */
	BOOK__COUNT
};

struct book_cancel {
	uint64_t seq;   /* in the order of applying, from 1; 0 = earlier */
	int64_t at_ms;  /* UNIX milliseconds */
	int64_t amount; /* smallest unit */
	int64_t after;  /* cancelled in all, this one included */
	enum book_origin origin;
	char id[BOOK_CANCEL_ID_SIZE];
	char *reason; /* the book's own copy */
};

struct book_payment {
	struct payment is; /* as it was made; status is ready, paid, failed */
	char *notice_url;  /* where its webhooks go; NULL: the world's */
	int64_t made_at;   /* UNIX seconds: paid, or failed, or opened */
	int64_t taken;     /* accepted by the PG, not applied yet */
	struct book_cancel *cancels; /* oldest first */
	size_t n;
	size_t room;
	uint64_t calls[ROUTE__COUNT];
	struct book_payment *next; /* older one with this merchant_uid */
};

struct book;

struct book *book_new(void); /* NULL: no memory */
void book_free(struct book *book);

const char *book_origin_name(enum book_origin origin);

/*
 * book_add: a payment as it came from outside, at a moment in UNIX seconds,
 * which stands in for times it does not tell.  Its cancel_amount becomes an
 * earlier cancel with an id that depends on the imp_uid only.  notice_url may
 * be NULL.  Copies.  FAULT_INPUT if the imp_uid is known.
 */
enum fault book_add(struct book *book, const struct payment *payment,
    const char *notice_url, int64_t now_s, struct book_payment **ret_payment,
    struct fault_note *note) MUST_CHECK;

/* NULL if unknown; by merchant_uid the newest, its ->next the one before. */
struct book_payment *book_find(const struct book *book, const char *imp_uid);
struct book_payment *book_find_order(
    const struct book *book, const char *merchant_uid);

/* All payments in the order of adding. */
size_t book_n(const struct book *book);
struct book_payment *book_at(const struct book *book, size_t i);

/* When the payment window opened, when it failed (0 = did not); UNIX seconds.
 */
int64_t book_started_at(const struct book_payment *payment);
int64_t book_failed_at(const struct book_payment *payment);

/* What is left to cancel. */
int64_t book_left(const struct book_payment *payment);

/* Status and last change (UNIX milliseconds) with the first n cancels only. */
enum payment_status book_status(const struct book_payment *payment, size_t n);
int64_t book_changed_ms(const struct book_payment *payment);

/*
 * book_apply: add a cancel of at most what is left, with a seq above all
 * before.  seq, at_ms, amount, origin, id and reason are read; copies.
 */
enum fault book_apply(struct book *book, struct book_payment *payment,
    const struct book_cancel *cancel, struct fault_note *note) MUST_CHECK;

/* The cancels applied here, in order of seq; earlier ones are not in it. */
struct book_line {
	struct book_payment *payment;
	size_t i; /* which of its cancels */
};
size_t book_lines(const struct book *book);
const struct book_line *book_line(const struct book *book, size_t i);

#endif
