/* SPDX-License-Identifier: MIT */
/*
 * Entries of the trail.
 */
#include "app/trail.h"

#include <stdio.h>
#include <string.h>

static void
copy(char *ret, size_t size, const char *text)
{
	(void)snprintf(ret, size, "%s", text);
}

static void
set_order(struct trail_entry *entry, const struct task *task)
{
	const struct refund_request *request = &task->request;
	const struct payment *payment = &task->result.payment;
	bool is_found = task->result.has_payment;

	copy(entry->merchant_uid, sizeof(entry->merchant_uid),
	    is_found                            ? payment->merchant_uid
		: request->ticket.id[0] != '\0' ? request->ticket.order
						: request->merchant_uid);
	copy(entry->imp_uid, sizeof(entry->imp_uid),
	    is_found ? payment->imp_uid : request->imp_uid);
}

struct trail_entry
trail_refusal(const struct limits *limits, const char *code)
{
	struct trail_entry entry = { .act = TRAIL_REFUSED };

	if (limits_take(limits, LIMIT_REFUSALS, "", NULL))
		copy(entry.verdict, sizeof(entry.verdict), code);
	else if (limits_take(limits, LIMIT_LOG, "trail", NULL))
		copy(entry.verdict, sizeof(entry.verdict), TRAIL_MORE);
	return entry;
}

enum fault
trail_refused(const struct app *app, const struct store *store,
    const struct trail_entry *entry, struct fault_note *note)
{
	struct trail_entry at_last = *entry;

	if (entry->verdict[0] == '\0')
		return FAULT_NONE;
	at_last.at_ms = clock_now_ms(&app->clock);
	return store_trail_put(store, &at_last, note);
}

/* Who asked, and for what. */
static void
set_request(struct trail_entry *entry, const struct task *task)
{
	const struct refund_request *request = &task->request;

	copy(entry->actor, sizeof(entry->actor), request->caller);
	copy(entry->address, sizeof(entry->address), request->address);
	copy(entry->request_id, sizeof(entry->request_id), request->request_id);
	set_order(entry, task);
}

enum fault
trail_one_too_many(const struct app *app, const struct store *store,
    const struct task *task, struct fault_note *note)
{
	const char *code = app->code_name(task->result.code);
	struct trail_entry entry = trail_refusal(&app->limits, code);

	if (strcmp(entry.verdict, code) == 0)
		set_request(&entry, task);
	return trail_refused(app, store, &entry, note);
}

enum fault
trail_asked(const struct app *app, const struct store *store,
    const struct task *task, struct fault_note *note)
{
	const struct intent *intent = &task->record.intent;
	struct trail_entry entry = { .act = TRAIL_ASKED };

	entry.at_ms = clock_now_ms(&app->clock);
	set_request(&entry, task);
	if (task->is_journalled) {
		copy(entry.refund_id, sizeof(entry.refund_id), intent->id);
		entry.amount = intent->amount;
		copy(entry.verdict, sizeof(entry.verdict),
		    intent->state == INTENT_IN_FLIGHT
			? "accepted"
			: intent_state_name(intent->state));
	} else {
		copy(entry.verdict, sizeof(entry.verdict),
		    app->code_name(task->result.code));
	}
	return store_trail_put(store, &entry, note);
}

static struct trail_entry
of_refund(const struct app *app, enum trail_act act,
    const struct refund_record *record, const char *merchant_uid)
{
	const struct intent *intent = &record->intent;
	struct trail_entry entry = { .act = act };

	entry.at_ms = clock_now_ms(&app->clock);
	copy(entry.merchant_uid, sizeof(entry.merchant_uid), merchant_uid);
	copy(entry.imp_uid, sizeof(entry.imp_uid), intent->imp_uid);
	copy(entry.refund_id, sizeof(entry.refund_id), intent->id);
	entry.amount = intent->state == INTENT_SUCCEEDED
	    ? intent->applied_amount
	    : intent->amount;
	return entry;
}

enum fault
trail_moved(const struct app *app, const struct store *store,
    const struct refund_record *record, const char *merchant_uid,
    struct fault_note *note)
{
	const struct intent *intent = &record->intent;
	struct trail_entry entry =
	    of_refund(app, TRAIL_MOVED, record, merchant_uid);

	(void)snprintf(entry.verdict, sizeof(entry.verdict), "%s%s%s",
	    intent_state_name(intent->state),
	    intent->failure != INTENT_NOT_FAILED ? " " : "",
	    intent_failure_name(intent->failure));
	return store_trail_put(store, &entry, note);
}

enum fault
trail_told(const struct app *app, const struct store *store, enum trail_act act,
    const char *by, const struct refund_record *record,
    const char *merchant_uid, struct fault_note *note)
{
	struct trail_entry entry = { .act = act };

	if (record != NULL)
		entry = of_refund(app, act, record, merchant_uid);
	entry.at_ms = clock_now_ms(&app->clock);
	copy(entry.actor, sizeof(entry.actor), by);
	return store_trail_put(store, &entry, note);
}
