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
	if (f == FAULT_ABSENT && !task->is_hint) {
		task->next = TASK_END;
		return FAULT_NONE;
	}
	if (f != FAULT_NONE && f != FAULT_ABSENT)
		return f;
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
		return f;
	}
	if (task->refund_id[0] == '\0')
		return open_by_payment(app, store, task, note);
	record = malloc(sizeof(*record));
	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = claim(app, store, task, record, note);
	free(record);
	return f;
}
