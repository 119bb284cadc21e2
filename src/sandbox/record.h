/* SPDX-License-Identifier: MIT */
/*
 * Record: the sandbox's own JSON, in smallest units throughout: payments under
 * the CSV's names, cancels as journal lines, and the events that make up the
 * state file.  Each function writes or reads the members of one object; the
 * braces are the caller's.
 */
#ifndef SANDBOX_RECORD_H
#define SANDBOX_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/payment.h"
#include "sandbox/book.h"
#include "sandbox/cancel.h"
#include "sandbox/params.h"
#include "sandbox/render.h"

/* A cancel accepted now and applied later. */
struct record_wait {
	uint64_t id;
	int64_t due_ms; /* UNIX milliseconds */
	struct book_payment *payment;
	bool is_taken; /* judged already, its amount set aside */
	struct cancel_wish wish;
	char *reason; /* the wait's own copy, wish.reason points to it */
};

void record_wait_free(struct record_wait *wait); /* accepts NULL */

/*
 * record_payment: as the payment is now.  record_payment_made: as it was when
 * it came, for the state.
 */
void record_payment(struct render *render, const struct book_payment *payment);
void record_payment_made(
    struct render *render, const struct book_payment *payment);
void record_cancel(struct render *render, const struct book_payment *payment,
    const struct book_cancel *cancel);
void record_wait(struct render *render, const struct record_wait *wait);

/*
 * record_read_payment: unknown members are FAULT_INPUT only if is_strict.
 * record_read_cancel: *ret_cancel borrows its reason from params.
 * record_read_wait: FAULT_INPUT also if the payment is not in the book.
 */
enum fault record_read_payment(const struct params *params, bool is_strict,
    struct payment *ret_payment, struct fault_note *note) MUST_CHECK;
enum fault record_read_cancel(const struct params *params,
    struct book_cancel *ret_cancel, struct fault_note *note) MUST_CHECK;
enum fault record_read_wait(const struct params *params,
    const struct book *book, struct record_wait **ret_wait,
    struct fault_note *note) MUST_CHECK;

#endif
