/* SPDX-License-Identifier: MIT */
/*
 * Rows to views.
 */
#include "app/view.h"

#include <stdlib.h>
#include <string.h>

#include "app/late.h"
#include "app/order.h"

static void
view_of(const struct refund_record *record, struct view_refund *ret)
{
	const struct intent *intent = &record->intent;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, intent->id, sizeof(ret->id));
	ret->state = intent->state;
	ret->failure = intent->failure;
	ret->origin = record->origin;
	memcpy(ret->origin_of, record->origin_of, sizeof(ret->origin_of));
	ret->amount = intent->amount;
	ret->applied_amount = intent->applied_amount;
	ret->created_ms = intent->created_ms;
	ret->closed_ms = record->closed_ms;
	ret->next_check_ms = intent->next_check_ms;
	memcpy(ret->receipt_url, record->receipt_url, sizeof(ret->receipt_url));
	memcpy(ret->provider_message, intent->provider_message,
	    sizeof(ret->provider_message));
}

struct listing {
	struct view_payment *view;
	int64_t now_ms;
};

static enum fault
add_refund(
    void *arg, const struct refund_record *record, struct fault_note *note)
{
	struct listing *listing = arg;
	struct view_payment *view = listing->view;

	if (view->n == VIEW_REFUNDS_MAX)
		return fault_set(note, FAULT_BUG, "more refunds than asked");
	view_of(record, &view->refunds[view->n++]);
	if (intent_is_due(&record->intent, listing->now_ms))
		view->is_due = true;
	return FAULT_NONE;
}

enum fault
view_payment_read(const struct store *store, const char *merchant_uid,
    int64_t now_ms, struct view_payment *ret, struct fault_note *note)
{
	struct refund_filter filter = { .limit = VIEW_REFUNDS_MAX };
	struct view_payment view = { 0 };
	struct listing listing = { &view, now_ms };
	size_t n_paid;
	enum fault f;

	f = order_payment(store, merchant_uid, &view.payment, &n_paid, note);
	if (f != FAULT_NONE)
		return f;
	if (n_paid > 1)
		return fault_set(note, FAULT_INPUT, "paid more than once");
	view.refunds = calloc(VIEW_REFUNDS_MAX, sizeof(*view.refunds));
	if (view.refunds == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a view");
	filter.imp_uid = view.payment.imp_uid;
	f = store_list(store, &filter, add_refund, &listing, note);
	if (f != FAULT_NONE)
		view_payment_deinit(&view);
	else
		*ret = view;
	return f;
}

void
view_payment_deinit(struct view_payment *view)
{
	free(view->refunds);
	*view = (struct view_payment){ 0 };
}

enum fault
view_refund_read(const struct store *store, const char *id, int64_t now_ms,
    struct view_refund *ret, struct payment *ret_payment, bool *ret_is_due,
    struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	enum fault f;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a view");
	f = store_refund(store, id, record, note);
	if (f == FAULT_NONE)
		f = late_follow(store, record, note);
	if (f != FAULT_NONE)
		goto out;
	f = store_payment(store, record->intent.imp_uid, ret_payment, note);
	if (f != FAULT_NONE)
		goto out;
	view_of(record, ret);
	*ret_is_due = intent_is_due(&record->intent, now_ms);
out:
	free(record);
	return f;
}
