/* SPDX-License-Identifier: MIT */
/*
 * Keys and double clicks.
 */
#include "app/replay.h"

#include <string.h>

#include "app/ask.h"
#include "app/late.h"

enum fault
replay_record(const struct store *store, struct task *task,
    struct refund_record *record, struct fault_note *note)
{
	struct payment payment;
	enum fault f;

	f = late_follow(store, record, note);
	if (f != FAULT_NONE)
		return f;
	f = store_payment(store, record->intent.imp_uid, &payment, note);
	if (f != FAULT_NONE)
		return f;
	result_of_record(record, &payment, &task->result);
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
	struct refund_record *record = &task->record;
	int64_t now_ms = clock_now_ms(&app->clock);
	enum fault f;

	if (has_key)
		f = store_refund_by_key(store, request->caller,
		    request->idempotency_key, record, note);
	else if (task->waits_for[0] != '\0')
		f = store_refund(store, task->waits_for, record, note);
	else
		f = store_refund_like(store, request->caller,
		    request->fingerprint, now_ms - app->duplicate_window_ms,
		    now_ms + CLOCK_SLACK_MS, record, note);
	if (f != FAULT_NONE)
		return f;
	if (has_key &&
	    memcmp(record->fingerprint, request->fingerprint,
		FINGERPRINT_LEN) != 0) {
		task->result.code = RESULT_IDEMPOTENCY_MISMATCH;
		task->next = TASK_END;
		return FAULT_NONE;
	}
	f = replay_record(store, task, record, note);
	if (f != FAULT_NONE)
		return f;
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
