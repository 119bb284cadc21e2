/* SPDX-License-Identifier: MIT */
/*
 * Writers and readers side by side, so that they stay each other's mirror.
 */
#include "sandbox/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/payment_csv.h"

void
record_wait_free(struct record_wait *wait)
{
	if (wait == NULL)
		return;
	free(wait->reason);
	free(wait);
}

static const char *
column(enum payment_csv_column which)
{
	return payment_csv_name(which);
}

static void
put_payment(struct render *render, const struct book_payment *payment,
    enum payment_status status, int64_t cancel_amount)
{
	const struct payment *is = &payment->is;

	render_member_text(
	    render, column(PAYMENT_CSV_MERCHANT_UID), is->merchant_uid);
	render_member_text(render, column(PAYMENT_CSV_IMP_UID), is->imp_uid);
	render_member_integer(render, column(PAYMENT_CSV_AMOUNT), is->amount);
	render_member_integer(
	    render, column(PAYMENT_CSV_CANCEL_AMOUNT), cancel_amount);
	render_member_text(
	    render, column(PAYMENT_CSV_CURRENCY), is->currency->code);
	render_member_text(
	    render, column(PAYMENT_CSV_PAY_METHOD), is->pay_method);
	render_member_text(
	    render, column(PAYMENT_CSV_PG_PROVIDER), is->pg_provider);
	render_member_text(
	    render, column(PAYMENT_CSV_STATUS), payment_status_name(status));
	render_member_integer(render, column(PAYMENT_CSV_PAID_AT), is->paid_at);
}

void
record_payment(struct render *render, const struct book_payment *payment)
{
	put_payment(render, payment, book_status(payment, payment->n),
	    payment->is.amount - book_left(payment));
}

void
record_payment_made(struct render *render, const struct book_payment *payment)
{
	put_payment(render, payment,
	    payment->is.cancel_amount > 0 ? PAYMENT_CANCELLED
					  : payment->is.status,
	    payment->is.cancel_amount);
	render_member_integer(render, "made_at", payment->made_at);
	if (payment->notice_url != NULL)
		render_member_text(render, "notice_url", payment->notice_url);
}

void
record_cancel(struct render *render, const struct book_payment *payment,
    const struct book_cancel *cancel)
{
	render_member_integer(render, "seq", (int64_t)cancel->seq);
	render_member_integer(render, "at", cancel->at_ms);
	render_member_text(render, "origin", book_origin_name(cancel->origin));
	render_member_text(render, "imp_uid", payment->is.imp_uid);
	render_member_text(render, "merchant_uid", payment->is.merchant_uid);
	render_member_integer(render, "amount", cancel->amount);
	render_member_integer(render, "cancel_amount", cancel->after);
	render_member_text(render, "currency", payment->is.currency->code);
	render_member_text(render, "cancellation_id", cancel->id);
	render_member_text(render, "reason", cancel->reason);
}

void
record_wait(struct render *render, const struct record_wait *wait)
{
	render_member_integer(render, "wait", (int64_t)wait->id);
	render_member_integer(render, "due", wait->due_ms);
	render_member_text(render, "imp_uid", wait->payment->is.imp_uid);
	render_member_bool(render, "taken", wait->is_taken);
	render_member_integer(render, "amount", wait->wish.amount);
	if (wait->wish.has_checksum)
		render_member_integer(render, "checksum", wait->wish.checksum);
	render_member_bool(render, "account", wait->wish.has_account);
	render_member_bool(render, "no_bank", wait->wish.is_bank_unknown);
	render_member_bool(render, "tel", wait->wish.has_tel);
	render_member_bool(render, "said_why", wait->wish.has_reason);
	render_member_bool(render, "requester", wait->wish.has_requester);
	render_member_bool(render, "webhook", wait->wish.wants_webhook);
	render_member_integer(render, "tax", wait->wish.tax);
	render_member_text(render, "reason", wait->reason);
}

/* The column of that name, or PAYMENT_CSV__COUNT. */
static int
find_column(const char *name)
{
	int i;

	for (i = 0; i < PAYMENT_CSV__COUNT; i++) {
		if (strcmp(column((enum payment_csv_column)i), name) == 0)
			break;
	}
	return i;
}

enum fault
record_read_payment(const struct params *params, bool is_strict,
    struct payment *ret_payment, struct fault_note *note)
{
	const char *cells[PAYMENT_CSV__COUNT] = { NULL };
	size_t i;

	for (i = 0; i < params->n; i++) {
		int at = find_column(params->items[i].name);

		if (at < PAYMENT_CSV__COUNT)
			cells[at] = params->items[i].text;
		else if (is_strict &&
		    strcmp(params->items[i].name, "notice_url") != 0)
			return fault_set(note, FAULT_INPUT, "%.40s: unknown",
			    params->items[i].name);
	}
	return payment_csv_parse(cells, ret_payment, note);
}

static enum fault
read_origin(const struct params *params, enum book_origin *ret_origin,
    struct fault_note *note)
{
	const char *name = params_get(params, "origin");
	int i;

	for (i = 0; name != NULL && i < BOOK__COUNT; i++) {
		if (strcmp(book_origin_name((enum book_origin)i), name) == 0) {
			*ret_origin = (enum book_origin)i;
			return FAULT_NONE;
		}
	}
	return fault_set(note, FAULT_INPUT, "origin: unknown");
}

enum fault
record_read_cancel(const struct params *params, struct book_cancel *ret_cancel,
    struct fault_note *note)
{
	const char *id = params_get(params, "cancellation_id");
	const struct params_item *reason = params_find(params, "reason");
	long long seq = 0, at = -1, amount = 0;
	struct book_cancel cancel = { 0 };
	enum fault f;

	f = params_integer(params, "seq", 1, INT64_MAX, &seq, note);
	if (f == FAULT_NONE)
		f = params_integer(params, "at", 0, INT64_MAX, &at, note);
	if (f == FAULT_NONE)
		f = params_integer(
		    params, "amount", 1, MONEY_MAX, &amount, note);
	if (f == FAULT_NONE)
		f = read_origin(params, &cancel.origin, note);
	if (f != FAULT_NONE)
		return f;
	if (seq == 0 || at < 0 || amount == 0 || reason == NULL || id == NULL ||
	    strlen(id) != BOOK_CANCEL_ID_SIZE - 1)
		return fault_set(note, FAULT_INPUT, "not a whole cancel");
	cancel.seq = (uint64_t)seq;
	cancel.at_ms = at;
	cancel.amount = amount;
	cancel.reason = reason->text;
	(void)strcpy(cancel.id, id);
	*ret_cancel = cancel;
	return FAULT_NONE;
}

static bool
is_true(const struct params *params, const char *name)
{
	const char *text = params_get(params, name);

	return text != NULL && strcmp(text, "true") == 0;
}

static enum fault
read_wish(const struct params *params, struct record_wait *wait,
    struct fault_note *note)
{
	long long id = 0, due = 0, amount = -1, checksum = 0, tax = 0;
	enum fault f;

	f = params_integer(params, "wait", 1, INT64_MAX, &id, note);
	if (f == FAULT_NONE)
		f = params_integer(params, "due", 0, INT64_MAX, &due, note);
	if (f == FAULT_NONE)
		f = params_integer(
		    params, "amount", 0, MONEY_MAX, &amount, note);
	if (f == FAULT_NONE)
		f = params_integer(
		    params, "checksum", 0, MONEY_MAX, &checksum, note);
	if (f == FAULT_NONE)
		f = params_integer(params, "tax", 0, INT64_MAX, &tax, note);
	if (f != FAULT_NONE)
		return f;
	if (id == 0 || amount < 0)
		return fault_set(note, FAULT_INPUT, "not a whole wait");
	wait->id = (uint64_t)id;
	wait->due_ms = due;
	wait->is_taken = is_true(params, "taken");
	wait->wish.amount = amount;
	wait->wish.has_checksum = params_find(params, "checksum") != NULL;
	wait->wish.checksum = checksum;
	wait->wish.has_account = is_true(params, "account");
	wait->wish.is_bank_unknown = is_true(params, "no_bank");
	wait->wish.has_tel = is_true(params, "tel");
	wait->wish.has_reason = is_true(params, "said_why");
	wait->wish.has_requester = is_true(params, "requester");
	wait->wish.wants_webhook = is_true(params, "webhook");
	wait->wish.tax = tax;
	return FAULT_NONE;
}

enum fault
record_read_wait(const struct params *params, const struct book *book,
    struct record_wait **ret_wait, struct fault_note *note)
{
	const char *imp_uid = params_get(params, "imp_uid");
	const char *reason = params_get(params, "reason");
	struct record_wait *wait = calloc(1, sizeof(*wait));
	enum fault f;

	if (wait == NULL)
		return fault_set(note, FAULT_NOMEM, "wait: no memory");
	f = read_wish(params, wait, note);
	if (f != FAULT_NONE)
		goto fail;
	wait->payment = imp_uid == NULL ? NULL : book_find(book, imp_uid);
	if (wait->payment == NULL || reason == NULL) {
		f = fault_set(note, FAULT_INPUT, "not a whole wait");
		goto fail;
	}
	wait->reason = strdup(reason);
	if (wait->reason == NULL) {
		f = fault_set(note, FAULT_NOMEM, "wait: no memory");
		goto fail;
	}
	wait->wish.reason = wait->reason;
	*ret_wait = wait;
	return FAULT_NONE;
fail:
	record_wait_free(wait);
	return f;
}
