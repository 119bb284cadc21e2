/* SPDX-License-Identifier: MIT */
/*
 * Model: a small i'mport, a clock and a chance for the tests of the use cases.
 * i'mport's book is right by construction; what it answers is scripted.
 */
#ifndef TESTS_APP_MODEL_H
#define TESTS_APP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/task.h"
#include "port/provider.h"
#include "store/store_mem.h"

/* What becomes of the next cancel or read. */
enum model_way {
	MODEL_HONEST,       /* does it and says so */
	MODEL_LOST_DONE,    /* does it; the answer is lost */
	MODEL_LOST,         /* neither */
	MODEL_NOT_SENT,     /* never got there */
	MODEL_REFUSED,      /* code -1, not done */
	MODEL_REFUSED_DONE, /* a lie: code -1, done */
	MODEL_BLANK,        /* done, code 0, no payment in the answer */
	MODEL_TAKEN         /* code 0 and nothing grew */
};

#define MODEL_PAYMENTS 8
#define MODEL_ENTRIES  16

struct model_payment {
	struct payment payment;
	struct truth_entry entries[MODEL_ENTRIES];
	size_t n;
};

struct model {
	struct app app;
	struct store_mem *mem;
	struct store store;
	struct provider provider;
	int64_t now_ms;
	uint64_t next_bits;

	struct model_payment payments[MODEL_PAYMENTS];
	size_t n_payments;
	enum model_way cancel_way; /* of the next cancel, then HONEST */
	enum model_way read_way;   /* of every read until changed */
	enum model_way list_way;   /* of every list until changed */
	int n_torn;                /* lists that change while they are read */
	int n_shifted; /* lists that name one payment twice, and one never */
	int n_lists;   /* pages asked for */
	bool has_no_dates;
	bool is_marker_cut;
	int n_garbled; /* so many payments are shown with another amount */
	int n_cancels; /* asked for */
	int n_reads;
	int n_applied;
	struct provider_call last; /* the last cancel as it was asked */
	struct provider_call *done;
};

int model_setup(void **state);
int model_teardown(void **state);

/* model_pay: i'mport gets a payment; model_book puts it into our book too. */
struct model_payment *model_pay(struct model *model, const char *imp_uid,
    const char *merchant_uid, int64_t amount);
void model_book(struct model *model, const struct model_payment *paid);

/* model_booked: 10000 won for ORD-1, by imp_1, there and in our book. */
struct model_payment *model_booked(struct model *model);

/* model_cancel: somebody cancels at i'mport's console; marker "" = none. */
void model_cancel(struct model_payment *paid, const char *id, int64_t amount,
    const char *marker);

/* model_request: a request of amount (0 = everything) for an order. */
struct refund_request model_request(
    const char *merchant_uid, int64_t amount, const char *key);

/* model_ask: the request walked to its end; returns what was told. */
struct refund_result model_ask(
    struct model *model, const struct refund_request *request);

/* model_store_step: one store step of a task in a transaction of its own. */
void model_store_step(struct model *model, struct task *task);

/* model_resolve: resolves all that is due; returns how many. */
size_t model_resolve(struct model *model);

/* model_refund: the refund as the book has it. */
struct refund_record model_refund(struct model *model, const char *id);

#endif
