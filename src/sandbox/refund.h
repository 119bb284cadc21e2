/* SPDX-License-Identifier: MIT */
/*
 * Refund: POST /payments/cancel.
 */
#ifndef SANDBOX_REFUND_H
#define SANDBOX_REFUND_H

#include "sandbox/call.h"
#include "sandbox/world.h"

/* refund_target: the payment a call names, or NULL; imp_uid wins. */
struct book_payment *refund_target(
    const struct world *world, const struct params *params);

/*
 * refund_draw: take a refund out of the unsettled sales.  NULL, or the PG's
 * words that there are not enough, and nothing is taken.
 */
const char *refund_draw(
    struct world *world, const struct book_payment *payment, int64_t amount);

/*
 * refund_answer: judge, apply and answer; blind_ms as in a cancel_wish.
 */
enum fault refund_answer(struct world *world, struct call *call,
    int64_t blind_ms, int64_t now_ms) MUST_CHECK;

/*
 * refund_late: answer nothing; the call is judged and applied when it is due.
 * One that names no payment or can't be read is forgotten.
 */
enum fault refund_late(
    struct world *world, struct call *call, int64_t due_ms) MUST_CHECK;

#endif
