/* SPDX-License-Identifier: MIT */
/*
 * What all tasks have in common: birth, steps, giving up, death.
 */
#include "app/task.h"

#include <stdlib.h>
#include <string.h>

#include "app/cancel.h"
#include "app/resolve.h"
#include "app/trail.h"

static struct task *
task_new(const struct app *app, enum task_kind kind)
{
	struct task *task = calloc(1, sizeof(*task));

	if (task == NULL)
		return NULL;
	task->kind = kind;
	task->next = TASK_STORE;
	task->born_steady_ms = clock_steady_ms(&app->clock);
	task->call.owner = task;
	return task;
}

struct task *
task_refund(const struct app *app, const struct refund_request *request)
{
	struct task *task = task_new(app, TASK_REFUND);

	if (task != NULL)
		task->request = *request;
	return task;
}

struct task *
task_resolve(const struct app *app, const char *imp_uid, const char *refund_id,
    bool is_hint)
{
	struct task *task = task_new(app, TASK_RESOLVE);

	if (task == NULL)
		return NULL;
	memcpy(task->imp_uid, imp_uid, strlen(imp_uid) + 1);
	memcpy(task->refund_id, refund_id, strlen(refund_id) + 1);
	task->is_hint = is_hint;
	return task;
}

struct task *
task_note(const struct app *app, const struct trail_entry *entry)
{
	struct task *task = task_new(app, TASK_NOTE);

	if (task == NULL)
		return NULL;
	task->entry = *entry;
	memcpy(task->request.request_id, entry->request_id,
	    sizeof(task->request.request_id));
	return task;
}

void
task_free(struct task *task)
{
	if (task == NULL)
		return;
	provider_outcome_deinit(&task->call.outcome);
	free(task->known.entries);
	/* The refund account is nobody's business once the call is over. */
	explicit_bzero(task, sizeof(*task));
	free(task);
}

static enum fault
save_token(const struct app *app, const struct store *store,
    const struct task *task, struct fault_note *note)
{
	if (!task->token.is_new)
		return FAULT_NONE;
	return store_token_put(
	    store, app->token_account, &task->token.token, note);
}

enum fault
task_store(const struct app *app, const struct store *store, struct task *task,
    struct fault_note *note)
{
	enum fault f = save_token(app, store, task, note);

	task->news = (struct task_news){ 0 };
	if (f != FAULT_NONE)
		return f;
	switch (task->kind) {
	case TASK_REFUND:
		if (task->answered.is_there)
			return cancel_close(app, store, task, note);
		return cancel_open(app, store, task, note);
	case TASK_RESOLVE:
		return resolve_store(app, store, task, note);
	case TASK_NOTE:
		task->next = TASK_END;
		return trail_refused(app, store, &task->entry, note);
	}
	return fault_set(note, FAULT_BUG, "a task of no kind");
}

void
task_heard(const struct app *app, struct task *task)
{
	const struct provider_outcome *outcome = &task->call.outcome;

	if (outcome->has_new_token) {
		task->token.is_new = true;
		task->token.token = outcome->new_token;
		task->call.token = outcome->new_token;
	}
	switch (task->kind) {
	case TASK_REFUND:
		cancel_heard(app, task);
		break;
	case TASK_RESOLVE:
		task->has_asked = true;
		task->next = TASK_STORE;
		break;
	case TASK_NOTE:
		break; /* asks nobody */
	}
}

bool
task_must_save(const struct task *task)
{
	return task->answered.is_there;
}

void
task_fault(struct task *task, enum fault fault)
{
	task->is_journalled = false;
	task->next = TASK_END;
	memset(&task->result, 0, sizeof(task->result));
	task->result.code = fault == FAULT_BUSY || fault == FAULT_NOMEM
	    ? RESULT_DATABASE_BUSY
	    : RESULT_FAULT;
}

void
task_not_yet(struct task *task, struct refund_result *ret)
{
	const struct payment *payment = &task->result.payment;

	memset(ret, 0, sizeof(*ret));
	if (task->is_journalled) {
		result_of_record(&task->record, payment, ret);
		/* Of a step that could not be saved it would be untrue. */
		ret->has_payment =
		    task->result.has_payment && !task_must_save(task);
		return;
	}
	task->is_given_up = true;
	if (task->next == TASK_WAIT || task->is_of_another)
		*ret = task->result;
	else
		ret->code = task->next == TASK_CALL
		    ? RESULT_PROVIDER_UNREACHABLE
		    : RESULT_DATABASE_BUSY;
}
