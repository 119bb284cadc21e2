/* SPDX-License-Identifier: MIT */
/*
 * View: what GET may see of the book: a payment with its refunds, or one
 * refund.  Reads only, nothing personal.
 */
#ifndef APP_VIEW_H
#define APP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/intent.h"
#include "core/payment.h"
#include "port/store.h"

/* Newest refunds shown with a payment. */
#define VIEW_REFUNDS_MAX 100

struct view_refund {
	char id[REFUND_ID_SIZE];
	enum intent_state state;
	enum intent_failure failure;
	enum intent_origin origin;
	char origin_of[REFUND_ID_SIZE]; /* late: of which refund; or "" */
	int64_t amount;
	int64_t applied_amount;
	int64_t created_ms;
	int64_t closed_ms;
	int64_t next_check_ms;
	char receipt_url[RECEIPT_URL_SIZE]; /* "" = none */
	char provider_message[PROVIDER_MESSAGE_SIZE];
};

struct view_payment {
	struct payment payment;
	struct view_refund *refunds; /* n, newest first, on the heap */
	size_t n;
	bool is_due; /* a refund of it wants resolving now */
};

/*
 * view_payment_read: the payment of an order by merchant_uid (of several, the
 * one paid for; FAULT_INPUT when several are).  FAULT_ABSENT: unknown.  Inside
 * the caller's read transaction.  Release with view_payment_deinit.
 */
enum fault MUST_CHECK view_payment_read(const struct store *store,
    const char *merchant_uid, int64_t now_ms, struct view_payment *ret,
    struct fault_note *note);
void view_payment_deinit(struct view_payment *view);

/*
 * view_refund_read: one refund and the payment whose currency it is in; what it
 * became when that was found after it had failed (app/late.h).
 */
enum fault MUST_CHECK view_refund_read(const struct store *store,
    const char *id, int64_t now_ms, struct view_refund *ret,
    struct payment *ret_payment, bool *ret_is_due, struct fault_note *note);

#endif
