/* SPDX-License-Identifier: MIT */
/*
 * Keys and double clicks.
 */
#include "app/replay.h"

#include <string.h>

#include "app/ask.h"
#include "app/key_id.h"
#include "app/late.h"

enum fault
replay_record(const struct store *store, struct task *task,
    struct refund_record *record, const struct payment *payment,
    struct fault_note *note)
{
	struct payment found;
	enum fault f;

	f = late_follow(store, record, note);
	if (f != FAULT_NONE)
		return f;
	if (payment == NULL) {
		f = store_payment(store, record->intent.imp_uid, &found, note);
		if (f != FAULT_NONE)
			return f;
		payment = &found;
	}
	result_of_record(record, payment, &task->result);
	task->next = TASK_END;
	if (record->answer.status != 0) {
		task->result.is_replay = true;
		task->result.answer = record->answer;
	}
	return FAULT_NONE;
}

/* Its caller still waits; at answer_ms he has been told that it goes on. */
static bool
is_being_served(
    const struct app *app, const struct refund_record *record, int64_t now_ms)
{
	const struct intent *intent = &record->intent;

	return intent->state == INTENT_IN_FLIGHT && record->answered_ms == 0 &&
	    now_ms < intent->created_ms + app->answer_ms &&
	    now_ms < intent->deadline_ms;
}

static enum fault
end_mismatch(struct task *task)
{
	memset(&task->result, 0, sizeof(task->result));
	task->result.code = RESULT_IDEMPOTENCY_MISMATCH;
	task->next = TASK_END;
	return FAULT_NONE;
}

/* As far as can be told of a refund that was found at i'mport. */
static bool
is_of_request(
    const struct refund_result *result, const struct refund_request *request)
{
	const struct payment *payment = &result->payment;
	int64_t amount;

	if (request->imp_uid[0] != '\0'
		? strcmp(request->imp_uid, payment->imp_uid) != 0
		: strcmp(request->merchant_uid, payment->merchant_uid) != 0)
		return false;
	return !request->amount.is_given ||
	    (money_parse(request->amount.text, strlen(request->amount.text),
		 payment->currency, &amount) &&
		amount == result->amount);
}

/* By the same caller: a ticket's id is looked up among those of all. */
static bool
is_same(
    const struct refund_record *record, const struct refund_request *request)
{
	return strcmp(record->caller, request->caller) == 0 &&
	    memcmp(record->fingerprint, request->fingerprint,
		FINGERPRINT_LEN) == 0;
}

/*
 * By its key, or by its ticket, which is used once; or one that was found at
 * i'mport after its row had been lost with an old database: what was asked for
 * then is not known any more, only that its money has moved.
 */
static enum fault
find_by_key(const struct store *store, struct task *task,
    bool *ret_is_recovered, struct fault_note *note)
{
	const struct refund_request *request = &task->request;
	enum fault f;

	f = store_refund_by_key(store, request->caller,
	    request->idempotency_key, &task->record, note);
	if (f == FAULT_ABSENT && request->ticket.id[0] != '\0')
		f = store_refund_by_ticket(
		    store, request->ticket.id, &task->record, note);
	if (f != FAULT_ABSENT)
		return f;
	f = key_id_look(store, request, &task->record, task->key_id, note);
	*ret_is_recovered = f == FAULT_NONE;
	return f;
}

/*
 * With a key the caller can tell its tries apart and hears that the first one
 * still runs; without one it is told what the first one is told.
 */
enum fault
replay_request(const struct app *app, const struct store *store,
    struct task *task, struct fault_note *note)
{
	const struct refund_request *request = &task->request;
	bool has_key = request->idempotency_key[0] != '\0';
	bool is_recovered = false;
	struct refund_record *record = &task->record;
	int64_t now_ms = clock_now_ms(&app->clock);
	enum fault f;

	if (has_key)
		f = find_by_key(store, task, &is_recovered, note);
	else if (task->waits_for[0] != '\0')
		f = store_refund(store, task->waits_for, record, note);
	else
		f = store_refund_like(store, request->caller,
		    request->fingerprint, now_ms - app->duplicate_window_ms,
		    now_ms + CLOCK_SLACK_MS, record, note);
	if (f != FAULT_NONE)
		return f;
	if (has_key && !is_recovered && !is_same(record, request))
		return end_mismatch(task);
	f = replay_record(store, task, record, NULL, note);
	if (f != FAULT_NONE)
		return f;
	if (is_recovered && !is_of_request(&task->result, request))
		return end_mismatch(task);
	if (intent_is_due(&record->intent, now_ms) && !task->has_asked) {
		task->is_of_another = true;
		return ask_read(app, store, task, record->intent.imp_uid, note);
	}
	if (!is_being_served(app, record, now_ms))
		return FAULT_NONE;
	if (has_key)
		task->result.code = RESULT_REQUEST_IN_PROGRESS;
	else {
		memcpy(task->waits_for, record->intent.id, REFUND_ID_SIZE);
		task->next = TASK_WAIT;
	}
	return FAULT_NONE;
}
