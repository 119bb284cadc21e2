/* SPDX-License-Identifier: MIT */
/*
 * Calls, made ready.
 */
#include "app/ask.h"

#include <stdlib.h>
#include <string.h>

static void
next_call(struct task *task, enum provider_want want)
{
	provider_outcome_deinit(&task->call.outcome);
	task->call.want = want;
	task->next = TASK_CALL;
}

enum fault
ask_prepare(const struct app *app, const struct store *store, struct task *task,
    enum provider_want want, struct fault_note *note)
{
	enum fault f;

	next_call(task, want);
	task->asked_steady_ms = clock_steady_ms(&app->clock);
	f = store_token(store, app->token_account, &task->call.token, note);
	if (f == FAULT_ABSENT) {
		task->call.token.text[0] = '\0';
		f = FAULT_NONE;
	}
	return f;
}

/*
 * Is the answer to the payment's unfinished cancel in our book?  Then what is
 * read from now on was there after it.
 */
static enum fault
remember_answered(const struct store *store, struct task *task,
    const char *imp_uid, struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	enum fault f;

	task->answered_id[0] = '\0';
	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = store_unfinished(store, imp_uid, record, note);
	if (f == FAULT_NONE && record->intent.heard != INTENT_HEARD_NOTHING)
		memcpy(task->answered_id, record->intent.id, REFUND_ID_SIZE);
	free(record);
	return f == FAULT_ABSENT ? FAULT_NONE : f;
}

enum fault
ask_read(const struct app *app, const struct store *store, struct task *task,
    const char *imp_uid, struct fault_note *note)
{
	enum fault f = remember_answered(store, task, imp_uid, note);

	if (f != FAULT_NONE)
		return f;
	memcpy(task->call.imp_uid, imp_uid, strlen(imp_uid) + 1);
	return ask_prepare(app, store, task, PROVIDER_READ, note);
}

enum fault
ask_find(const struct app *app, const struct store *store, struct task *task,
    const char *merchant_uid, struct fault_note *note)
{
	memcpy(task->call.merchant_uid, merchant_uid, strlen(merchant_uid) + 1);
	return ask_prepare(app, store, task, PROVIDER_FIND, note);
}

void
ask_read_back(const struct app *app, struct task *task)
{
	next_call(task, PROVIDER_READ);
	task->asked_steady_ms = clock_steady_ms(&app->clock);
}
