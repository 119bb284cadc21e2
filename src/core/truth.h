/* SPDX-License-Identifier: MIT */
/*
 * Truth and book: a payment's cancel_history as i'mport shows it now, and as
 * our database holds it.
 */
#ifndef CORE_TRUTH_H
#define CORE_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/marker.h"
#include "core/payment.h"
#include "core/receipt.h"

/* More cancels than this on one payment are not believed. */
#define HISTORY_MAX 1000

/* One entry of i'mport's cancel_history, oldest first. */
struct truth_entry {
	/* cancellation_id, or one made up, which begins with '#' */
	char id[CANCELLATION_ID_SIZE];
	int64_t amount;
	int64_t cancelled_at;        /* UNIX seconds */
	char marker[REFUND_ID_SIZE]; /* "" when its reason ends in none */
	char receipt_url[RECEIPT_URL_SIZE]; /* of receipt_is_url; "" = none */
};

/* Whether money is real there, in i'mport's words. */
enum truth_channel {
	TRUTH_CHANNEL_UNKNOWN, /* it did not say */
	TRUTH_CHANNEL_TEST,
	TRUTH_CHANNEL_LIVE
};

/* A payment as i'mport shows it now.  entries: n of them. */
struct truth {
	struct payment payment;
	enum truth_channel channel;
	struct truth_entry *entries;
	size_t n;
};

/* One entry of cancel_history as our book holds it. */
struct book_entry {
	char id[CANCELLATION_ID_SIZE];
	int64_t amount;
	char refund_id[REFUND_ID_SIZE]; /* whose it is; "" = not ours */
	bool is_known; /* the intent knew it when it was written */
};

struct book {
	struct book_entry *entries;
	size_t n;
};

/* truth_is_stale: it lacks a history entry our book already holds. */
bool truth_is_stale(const struct truth *truth, const struct book *book);

/*
 * truth_is_of: this is the payment we have in our book: same imp_uid,
 * merchant_uid, amount and currency.
 */
bool truth_is_of(const struct truth *truth, const struct payment *payment);

/* book_find: the book's entry of that id, or NULL. */
const struct book_entry *book_find(const struct book *book, const char *id);

#endif
