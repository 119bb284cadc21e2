/* SPDX-License-Identifier: MIT */
/*
 * One transaction's worth of truth.  The judging itself is core/intent.c's;
 * here it meets the rows.
 */
#include "app/settle.h"

#include <stdlib.h>
#include <string.h>

#include "app/trail.h"

#include "app/result.h"

/* All that is read once and looked at by the steps below. */
struct settling {
	const struct app *app;
	const struct store *store;
	const struct settle *what;
	const struct truth *truth; /* NULL: nothing usable was shown */
	struct settled *out;
	struct book book;
	struct refund_record *open; /* the unfinished refund, or NULL */
	int64_t now_ms;
};

static void
reading_make(const struct settling *all, struct intent_reading *ret)
{
	const struct app *app = all->app;
	int64_t date_ms = all->what->outcome->date_ms;

	ret->now_ms = all->now_ms;
	ret->steady_ms = clock_steady_ms(&app->clock);
	ret->steady_clock = app->clock.steady_name;
	ret->asked_ago_ms = ret->steady_ms - all->what->asked_steady_ms;
	ret->is_own = false;
	ret->is_after_answer =
	    strcmp(all->what->answered_id, all->open->intent.id) == 0;
	ret->quiet_ms = app->quiet_ms;
	ret->pending_ms = app->pending_ms;
	ret->has_not_applied = false;
	if (date_ms != 0) {
		ret->stamp_ms = date_ms;
		ret->stamp_clock = "date";
	} else {
		ret->stamp_ms = ret->steady_ms;
		ret->stamp_clock = ret->steady_clock;
	}
}

/* What i'mport said to the intent's own cancel. */
static void
take_answer(struct intent *intent, const struct task_answered *answered)
{
	switch (answered->said) {
	case PROVIDER_NOT_SENT:
		intent_not_sent(intent);
		break;
	case PROVIDER_LOST:
	case PROVIDER_ABSENT:
		intent_answered(intent, INTENT_HEARD_NOTHING, 0, "");
		break;
	case PROVIDER_DONE:
		intent_answered(intent, INTENT_HEARD_DONE, answered->code,
		    answered->message);
		break;
	case PROVIDER_REFUSED:
		intent_answered(intent, INTENT_HEARD_REFUSED, answered->code,
		    answered->message);
		break;
	}
}

static enum fault
judge_open(struct settling *all, struct fault_note *note)
{
	struct intent *intent = &all->open->intent;
	const struct settle *what = all->what;
	struct intent_reading reading;
	enum fault f;

	reading_make(all, &reading);
	f = store_has_not_applied(
	    all->store, what->imp_uid, &reading.has_not_applied, note);
	if (f != FAULT_NONE)
		return f;
	if (what->answered != NULL && what->answered->is_there &&
	    strcmp(what->own_id, intent->id) == 0) {
		reading.is_own = true;
		take_answer(intent, what->answered);
	}
	if (all->truth != NULL && all->out->is_mismatch)
		intent_judge_other(intent, all->truth, &all->book, &reading,
		    all->truth->payment.currency == all->out->payment.currency);
	else if (all->truth != NULL)
		intent_judge(intent, all->truth, &all->book, &reading);
	else if (what->outcome->said == PROVIDER_ABSENT)
		intent_absent(intent, &reading);
	else
		intent_unheard(intent, &reading);
	return FAULT_NONE;
}

/*
 * i'mport's balance becomes ours.  A lower one is a reversal and a different
 * payment is no news of this one: both are left to reconciliation.
 */
static enum fault
take_balance(struct settling *all, struct fault_note *note)
{
	struct payment *ours = &all->out->payment;
	const struct payment *shown;

	if (all->truth == NULL)
		return FAULT_NONE;
	shown = &all->truth->payment;
	all->out->is_mismatch = !truth_is_of(all->truth, ours);
	if (all->out->is_mismatch ||
	    shown->cancel_amount < ours->cancel_amount ||
	    truth_is_stale(all->truth, &all->book))
		return FAULT_NONE;
	ours->cancel_amount = shown->cancel_amount;
	ours->status = shown->status;
	if (shown->paid_at != 0)
		ours->paid_at = shown->paid_at;
	if (shown->pay_method[0] != '\0')
		memcpy(ours->pay_method, shown->pay_method,
		    sizeof(ours->pay_method));
	if (shown->pg_provider[0] != '\0')
		memcpy(ours->pg_provider, shown->pg_provider,
		    sizeof(ours->pg_provider));
	return store_payment_put(all->store, ours, all->now_ms, note);
}

/* Where the entry of i'mport's that a refund has become can be looked at. */
static void
take_receipt(const struct settling *all, struct refund_record *record)
{
	const struct truth_entry *entry;
	size_t i;

	if (record->intent.state != INTENT_SUCCEEDED || all->truth == NULL)
		return;
	for (i = 0; i < all->truth->n; i++) {
		entry = &all->truth->entries[i];
		if (strcmp(entry->id, record->intent.cancellation_id) == 0)
			memcpy(record->receipt_url, entry->receipt_url,
			    sizeof(record->receipt_url));
	}
}

/* The answer a refund that has just ended is to give for ever. */
static enum fault
store_answer(const struct settling *all, struct refund_record *record,
    struct fault_note *note)
{
	struct refund_result result;

	if (!result_is_final(record))
		return FAULT_NONE;
	result_of_record(record, &all->out->payment, &result);
	result_explain(&result, all->out->is_mismatch);
	return all->app->write_answer(
	    &result, record->language, &record->answer, note);
}

static void
tell_move(struct settling *all, enum intent_state before)
{
	const struct intent *intent = &all->open->intent;
	struct task_news *news = &all->out->news;

	news->has_moved = intent->state != before;
	memcpy(news->refund_id, intent->id, sizeof(news->refund_id));
	news->state = intent->state;
	news->failure = intent->failure;
	news->amount = intent->amount;
	news->applied_amount = intent->applied_amount;
}

static enum fault
save_open(struct settling *all, struct fault_note *note)
{
	struct refund_record *record = all->open;
	bool won;
	enum fault f;

	if (record->answered_ms == 0 &&
	    record->intent.state != INTENT_IN_FLIGHT)
		record->answered_ms = all->now_ms;
	if (intent_is_final(record->intent.state))
		record->closed_ms = all->now_ms;
	take_receipt(all, record);
	f = store_answer(all, record, note);
	if (f != FAULT_NONE)
		return f;
	f = store_refund_save(all->store, record, &won, note);
	if (f == FAULT_NONE && !won)
		return fault_set(note, FAULT_BUG,
		    "refund %s changed under its lock", record->intent.id);
	return f;
}

/*
 * A row for money that moved although our book did not expect it: after its
 * refund was closed (late), or without any (recovered).
 */
static enum fault
put_surprise(const struct settling *all, const struct truth_entry *entry,
    const struct refund_record *late_of, char ret_id[static REFUND_ID_SIZE],
    struct fault_note *note)
{
	struct refund_record *record = calloc(1, sizeof(*record));
	struct intent *intent;
	uint64_t bits = 0;
	enum fault f = FAULT_NONE;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	intent = &record->intent;
	if (late_of != NULL) {
		f = chance_bits(&all->app->chance, &bits, note);
		if (f != FAULT_NONE)
			goto out;
		refund_id_make(bits, intent->id);
		record->origin = INTENT_LATE;
		memcpy(record->origin_of, late_of->intent.id, REFUND_ID_SIZE);
		memcpy(record->caller, late_of->caller, CALLER_SIZE);
		memcpy(record->language, late_of->language,
		    sizeof(record->language));
		record->is_customer = late_of->is_customer;
	} else {
		memcpy(intent->id, entry->marker, REFUND_ID_SIZE);
		record->origin = INTENT_RECOVERED;
		memcpy(record->language, "ko", 3);
	}
	memcpy(intent->marker, entry->marker, REFUND_ID_SIZE);
	memcpy(intent->imp_uid, all->what->imp_uid,
	    strlen(all->what->imp_uid) + 1);
	memcpy(intent->cancellation_id, entry->id, sizeof(entry->id));
	intent->state = INTENT_SUCCEEDED;
	intent->amount = intent->applied_amount = entry->amount;
	intent->checksum = all->out->payment.amount;
	intent->created_ms = intent->send_by_ms = all->now_ms;
	intent->deadline_ms = intent->next_check_ms = all->now_ms;
	record->answered_ms = record->closed_ms = all->now_ms;
	record->tax_free = record->vat = record->retain_promotion = -1;
	take_receipt(all, record);
	memcpy(ret_id, intent->id, REFUND_ID_SIZE);
	all->out->news.n_surprises++;
	f = store_answer(all, record, note);
	if (f == FAULT_NONE)
		f = store_refund_put(all->store, record, note);
	if (f == FAULT_NONE)
		f = trail_moved(all->app, all->store, record,
		    all->out->payment.merchant_uid, note);
out:
	free(record);
	return f;
}

/* Whose is a marked entry?  ret_id "" = not of this payment's refunds. */
static enum fault
owner_by_marker(const struct settling *all, const struct truth_entry *entry,
    char ret_id[static REFUND_ID_SIZE], struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	enum fault f;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = store_refund(all->store, entry->marker, record, note);
	if (f == FAULT_ABSENT) {
		f = put_surprise(all, entry, NULL, ret_id, note);
	} else if (f == FAULT_NONE) {
		if (strcmp(record->intent.imp_uid, all->what->imp_uid) != 0)
			ret_id[0] = '\0';
		else if (intent_is_final(record->intent.state) &&
		    strcmp(record->intent.cancellation_id, entry->id) != 0)
			f = put_surprise(all, entry, record, ret_id, note);
		else
			memcpy(ret_id, record->intent.id, REFUND_ID_SIZE);
	}
	free(record);
	return f;
}

static enum fault
put_entry(const struct settling *all, const struct truth_entry *entry,
    struct fault_note *note)
{
	const struct book_entry *held = book_find(&all->book, entry->id);
	char owner[REFUND_ID_SIZE] = "";
	enum fault f = FAULT_NONE;

	if (held != NULL && held->refund_id[0] != '\0')
		return FAULT_NONE;
	if (all->open != NULL && all->open->intent.state == INTENT_SUCCEEDED &&
	    strcmp(all->open->intent.cancellation_id, entry->id) == 0)
		memcpy(owner, all->open->intent.id, REFUND_ID_SIZE);
	else if (entry->marker[0] != '\0')
		f = owner_by_marker(all, entry, owner, note);
	if (f != FAULT_NONE || (held != NULL && owner[0] == '\0'))
		return f;
	return store_cancellation_put(
	    all->store, all->what->imp_uid, entry, owner, all->now_ms, note);
}

/* An unknown payment enters the book as i'mport shows it. */
static enum fault
find_payment(struct settling *all, struct fault_note *note)
{
	struct settled *out = all->out;
	enum fault f;

	f = store_payment(all->store, all->what->imp_uid, &out->payment, note);
	if (f == FAULT_ABSENT && all->truth != NULL) {
		out->payment = all->truth->payment;
		f = store_payment_put(
		    all->store, &out->payment, all->now_ms, note);
	}
	out->is_known = f == FAULT_NONE;
	return f == FAULT_ABSENT ? FAULT_NONE : f;
}

static enum fault
find_open(struct settling *all, struct fault_note *note)
{
	enum fault f;

	f = store_unfinished(all->store, all->what->imp_uid, all->open, note);
	if (f == FAULT_ABSENT) {
		free(all->open);
		all->open = NULL;
		f = FAULT_NONE;
	}
	if (f != FAULT_NONE)
		return f;
	return store_book(all->store, all->what->imp_uid,
	    all->open != NULL ? all->open->intent.id : "", &all->book, note);
}

/*
 * A refund that awaits approval, and whose money has moved: it was approved in
 * a book that a backup has taken the place of.
 */
static enum fault
begin_approved(const struct settling *all, struct fault_note *note)
{
	struct refund_record *record = all->open;
	bool is_shown = false, won;
	size_t i;

	if (record == NULL || all->truth == NULL ||
	    record->intent.state != INTENT_AWAITING_APPROVAL)
		return FAULT_NONE;
	for (i = 0; i < all->truth->n && !is_shown; i++)
		is_shown = strcmp(all->truth->entries[i].marker,
			       record->intent.marker) == 0;
	if (!is_shown)
		return FAULT_NONE;
	record->intent.state = INTENT_IN_FLIGHT;
	return store_refund_approve(all->store, record, &won, note);
}

enum fault
settle(const struct app *app, const struct store *store,
    const struct settle *what, struct settled *ret, struct fault_note *note)
{
	struct settling all = { .app = app, .store = store, .what = what };
	enum intent_state before;
	enum fault f = FAULT_BUG;
	size_t i;

	*ret = (struct settled){ 0 };
	all.out = ret;
	all.truth = what->outcome->has_truth ? &what->outcome->truth : NULL;
	all.now_ms = clock_now_ms(&app->clock);
	f = find_payment(&all, note);
	if (f != FAULT_NONE || !ret->is_known)
		return f;
	all.open = malloc(sizeof(*all.open));
	if (all.open == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = find_open(&all, note);
	if (f != FAULT_NONE)
		goto out;
	f = take_balance(&all, note);
	if (f == FAULT_NONE)
		f = begin_approved(&all, note);
	if (f != FAULT_NONE)
		goto out;
	if (all.open != NULL) {
		before = all.open->intent.state;
		f = judge_open(&all, note);
		if (f != FAULT_NONE)
			goto out;
		tell_move(&all, before);
		f = save_open(&all, note);
		if (f == FAULT_NONE && ret->news.has_moved)
			f = trail_moved(app, store, all.open,
			    ret->payment.merchant_uid, note);
		if (f != FAULT_NONE)
			goto out;
	}
	if (all.truth != NULL && !ret->is_mismatch &&
	    !truth_is_stale(all.truth, &all.book)) {
		for (i = 0; i < all.truth->n && f == FAULT_NONE; i++)
			f = put_entry(&all, &all.truth->entries[i], note);
	}
out:
	free(all.book.entries);
	if (f == FAULT_NONE && all.open != NULL &&
	    strcmp(all.open->intent.id, what->own_id) == 0)
		ret->own = all.open;
	else
		free(all.open);
	return f;
}
