/* SPDX-License-Identifier: MIT */
/*
 * One read-back.
 */
#include "app/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/settle.h"

/*
 * The next look is put off for as long as this one may take; settling plans it
 * properly.  Were we to die now, it would just be looked at again then.
 */
static enum fault
claim(const struct app *app, const struct store *store, struct task *task,
    struct refund_record *record, struct fault_note *note)
{
	int64_t now_ms = clock_now_ms(&app->clock);
	bool won;
	enum fault f;

	f = store_refund(store, task->refund_id, record, note);
	if (f != FAULT_NONE)
		return f;
	if (!intent_is_due(&record->intent, now_ms)) {
		task->next = TASK_END;
		return FAULT_NONE;
	}
	memcpy(task->imp_uid, record->intent.imp_uid, sizeof(task->imp_uid));
	record->intent.next_check_ms = now_ms + app->timeout_ms;
	f = store_refund_save(store, record, &won, note);
	if (f != FAULT_NONE)
		return f;
	return ask_read(app, store, task, task->imp_uid, note);
}

static enum fault
open_by_payment(const struct app *app, const struct store *store,
    struct task *task, struct fault_note *note)
{
	struct payment payment;
	enum fault f;

	f = store_payment(store, task->imp_uid, &payment, note);
	if (f == FAULT_ABSENT) {
		task->next = TASK_END;
		return FAULT_NONE;
	}
	if (f != FAULT_NONE)
		return f;
	return ask_read(app, store, task, task->imp_uid, note);
}

/*
 * One look at a time, so that notices of the same payment cost no more than
 * that.  One that comes from now on is not covered by this look, and waits for
 * the next.
 */
static enum fault
open_by_hint(const struct app *app, const struct store *store,
    struct task *task, struct fault_note *note)
{
	if (!limits_take(&app->limits, LIMIT_LOOK, task->imp_uid, NULL)) {
		task->next = TASK_WAIT;
		return FAULT_NONE;
	}
	limits_hold(&app->limits, LIMIT_NOTICE, task->imp_uid, 0);
	return ask_read(app, store, task, task->imp_uid, note);
}

enum fault
resolve_store(const struct app *app, const struct store *store,
    struct task *task, struct fault_note *note)
{
	struct settle what = { .imp_uid = task->imp_uid,
		.outcome = &task->call.outcome,
		.asked_steady_ms = task->asked_steady_ms,
		.answered_id = task->answered_id,
		.own_id = "" };
	struct refund_record *record;
	struct settled settled;
	enum fault f;

	if (task->has_asked) {
		task->next = TASK_END;
		f = settle(app, store, &what, &settled, note);
		task->news = settled.news;
		if (task->is_hint)
			limits_hold(&app->limits, LIMIT_LOOK, task->imp_uid,
			    RESOLVE_FRESH_MS);
		return f;
	}
	if (task->is_hint)
		return open_by_hint(app, store, task, note);
	if (task->refund_id[0] == '\0')
		return open_by_payment(app, store, task, note);
	record = malloc(sizeof(*record));
	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = claim(app, store, task, record, note);
	free(record);
	return f;
}
