/* SPDX-License-Identifier: MIT */
/*
 * The row is decided again, on the balance of now: it may have waited for days.
 */
#include "app/approve.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/cancel.h"
#include "app/trail.h"
#include "core/civil.h"

/* In capitals or not, as far as ASCII has them. */
static bool
is_same(const char *a, const char *b)
{
	while (*a != '\0' &&
	    tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

/* "user:kim" and kim are the same person. */
static bool
is_asker(const struct refund_record *record, const char *by)
{
	const char *name = strchr(record->caller, ':');

	return is_same(record->caller, by) ||
	    (name != NULL && is_same(name + 1, by));
}

static enum fault
find(const struct store *store, const char *refund_id, const char *by,
    struct refund_record *record, struct payment *payment,
    enum approve_verdict *ret, struct fault_note *note)
{
	enum fault f;

	f = store_refund(store, refund_id, record, note);
	*ret = APPROVE_ABSENT;
	if (f == FAULT_ABSENT)
		return FAULT_NONE;
	if (f == FAULT_NONE)
		f = store_payment(store, record->intent.imp_uid, payment, note);
	*ret = record->intent.state != INTENT_AWAITING_APPROVAL
	    ? APPROVE_NOT_AWAITING
	    : is_asker(record, by) ? APPROVE_OWN
				   : APPROVE_DONE;
	return f;
}

/* What was asked for, as far as the row tells; the account is in the task. */
static struct refund_wish
wish_of(const struct refund_record *record, struct refund_request *request)
{
	memcpy(request->reason, record->reason, sizeof(request->reason));
	memcpy(request->caller, record->caller, sizeof(request->caller));
	memcpy(request->language, record->language, sizeof(request->language));
	request->is_customer = record->is_customer;
	request->amount.is_given = true;
	request->tax_free.is_given = record->tax_free >= 0;
	request->vat.is_given = record->vat >= 0;
	request->has_retain_promotion = record->retain_promotion >= 0;
	request->retain_promotion = record->retain_promotion > 0;
	return (struct refund_wish){ .amount = record->intent.amount,
		.tax_free = record->tax_free > 0 ? record->tax_free : 0,
		.vat = record->vat > 0 ? record->vat : 0,
		.bank = request->account.bank,
		.given = cancel_given_fields(request) };
}

/*
 * Of the day's sum this one may be a part already.  How much of the payment
 * nobody has approved does not matter any more.
 */
static enum fault
is_over_limit(const struct app *app, const struct store *store,
    const struct intent *intent, const struct payment *payment, bool *ret_is,
    struct fault_note *note)
{
	int64_t today = civil_seoul_day(clock_now_ms(&app->clock) / 1000);
	struct refund_given given = { 0 };
	int64_t most;
	enum fault f;

	f = store_given(store, today, &given.today, note);
	if (f != FAULT_NONE)
		return f;
	if (civil_seoul_day(intent->created_ms / 1000) == today)
		given.today -= intent->amount;
	*ret_is = refund_limit(payment, intent->amount, &app->policy, &given,
		      &most) == REFUND_LIMITED;
	return FAULT_NONE;
}

/* result.code stays RESULT_REFUNDED when it may be made. */
static enum fault
decide(const struct app *app, const struct store *store, struct task *task,
    const struct payment *payment, const struct refund_wish *wish,
    struct refund_decision *ret_decision, struct fault_note *note)
{
	const struct intent *intent = &task->record.intent;
	struct refund_past past = { .has_unfinished = false };
	bool is_short, is_over;
	enum fault f;

	f = cancel_read_history(
	    store, payment, &past.n_cancels, &is_short, note);
	if (f == FAULT_NONE)
		f = is_over_limit(app, store, intent, payment, &is_over, note);
	if (f != FAULT_NONE)
		return f;
	*ret_decision = refund_decide(payment, &past, wish, &app->policy,
	    civil_seoul(clock_now_ms(&app->clock) / 1000));
	task->result = (struct refund_result){ .has_payment = true,
		.payment = *payment,
		.fields = ret_decision->fields,
		.missing = ret_decision->fields & ~wish->given };
	if (ret_decision->verdict != REFUND_ALLOWED)
		task->result.code = cancel_code_of(ret_decision->verdict);
	else if (is_short)
		task->result.code = RESULT_PROVIDER_UNREACHABLE;
	else if (is_over)
		task->result.code = RESULT_LIMIT_EXCEEDED;
	return FAULT_NONE;
}

/* Written down as under way, and made ready to be sent. */
static enum fault
let_go(const struct app *app, const struct store *store, struct task *task,
    const struct payment *payment, const struct refund_wish *wish,
    const struct refund_decision *decision, const char *by,
    struct fault_note *note)
{
	struct intent *intent = &task->record.intent;
	bool won = false;
	enum fault f;

	cancel_begin(app, decision->checksum, intent);
	f = store_refund_approve(store, &task->record, &won, note);
	if (f == FAULT_NONE && !won)
		f = fault_set(note, FAULT_BUG,
		    "refund %s changed under its lock", intent->id);
	if (f == FAULT_NONE)
		f = trail_told(app, store, TRAIL_APPROVED, by, &task->record,
		    payment->merchant_uid, note);
	if (f == FAULT_NONE)
		f = store_book(
		    store, intent->imp_uid, intent->id, &task->known, note);
	if (f != FAULT_NONE)
		return f;
	task->is_journalled = true;
	return cancel_prepare(app, store, task, payment, wish, note);
}

enum fault
approve_open(const struct app *app, const struct store *store,
    struct task *task, const char *refund_id, const char *by,
    enum approve_verdict *ret, struct fault_note *note)
{
	struct refund_decision decision;
	struct refund_wish wish;
	struct payment payment;
	bool is_frozen;
	enum fault f;

	f = find(store, refund_id, by, &task->record, &payment, ret, note);
	if (f == FAULT_NONE)
		f = store_frozen(store, &is_frozen, note);
	if (f != FAULT_NONE)
		return f;
	if (*ret == APPROVE_DONE && is_frozen)
		*ret = APPROVE_FROZEN;
	if (*ret != APPROVE_DONE)
		return FAULT_NONE;
	wish = wish_of(&task->record, &task->request);
	f = decide(app, store, task, &payment, &wish, &decision, note);
	if (f != FAULT_NONE)
		return f;
	if (task->result.code != RESULT_REFUNDED) {
		*ret = APPROVE_REFUSED;
		return FAULT_NONE;
	}
	return let_go(app, store, task, &payment, &wish, &decision, by, note);
}

enum fault
approve_reject(const struct app *app, const struct store *store,
    const char *refund_id, const char *by, enum approve_verdict *ret,
    struct fault_note *note)
{
	struct refund_record *record = calloc(1, sizeof(*record));
	struct refund_result result;
	struct payment payment;
	bool won = false;
	enum fault f;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = find(store, refund_id, by, record, &payment, ret, note);
	if (f != FAULT_NONE || *ret != APPROVE_DONE)
		goto out;
	record->intent.state = INTENT_FAILED;
	record->intent.failure = INTENT_REJECTED;
	record->closed_ms = clock_now_ms(&app->clock);
	if (record->answered_ms == 0)
		record->answered_ms = record->closed_ms;
	result_of_record(record, &payment, &result);
	f = app->write_answer(&result, record->language, &record->answer, note);
	if (f == FAULT_NONE)
		f = store_refund_save(store, record, &won, note);
	if (f == FAULT_NONE && !won)
		f = fault_set(note, FAULT_BUG,
		    "refund %s changed under its lock", refund_id);
	if (f == FAULT_NONE)
		f = trail_told(app, store, TRAIL_REJECTED, by, record,
		    payment.merchant_uid, note);
out:
	free(record);
	return f;
}
