/* SPDX-License-Identifier: MIT */
/*
 * Two limits and a row or two.
 */
#include "serve/hint.h"

#include <stdlib.h>

#define READ_MS 2000 /* a reader waits for a checkpoint at most */

static enum fault
find(const struct store *store, const char *imp_uid, enum hint *ret_hint,
    struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	struct payment payment;
	enum fault f;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = store_unfinished(store, imp_uid, record, note);
	free(record);
	if (f == FAULT_NONE)
		*ret_hint = HINT_OPEN;
	if (f != FAULT_ABSENT)
		return f;
	f = store_payment(store, imp_uid, &payment, note);
	if (f == FAULT_NONE)
		*ret_hint = HINT_KNOWN;
	return f == FAULT_ABSENT ? FAULT_NONE : f;
}

static enum fault
look_up(const struct store *store, const char *imp_uid, enum hint *ret_hint,
    struct fault_note *note)
{
	enum fault f = store_begin(store, READ_MS, note);

	*ret_hint = HINT_UNKNOWN;
	if (f != FAULT_NONE)
		return f;
	f = find(store, imp_uid, ret_hint, note);
	store_rollback(store);
	return f;
}

static enum limit
budget_of(enum hint hint)
{
	if (hint == HINT_OPEN)
		return LIMIT_OPEN_LOOKUPS;
	return hint == HINT_KNOWN ? LIMIT_KNOWN_LOOKUPS : LIMIT_UNKNOWN_LOOKUPS;
}

enum fault
hint_judge(const struct app *app, const struct store *store,
    const char *imp_uid, enum hint *ret_hint, int64_t *ret_wait_ms,
    struct fault_note *note)
{
	const struct limits *limits = &app->limits;
	enum fault f;

	*ret_hint = HINT_SEEN;
	if (!limits_take(limits, LIMIT_NOTICE, imp_uid, NULL))
		return FAULT_NONE;
	f = look_up(store, imp_uid, ret_hint, note);
	if (!limits_take(limits, budget_of(*ret_hint), "", ret_wait_ms)) {
		hint_forget(app, imp_uid);
		*ret_hint = HINT_LIMIT;
	}
	return f;
}

void
hint_forget(const struct app *app, const char *imp_uid)
{
	limits_hold(&app->limits, LIMIT_NOTICE, imp_uid, 0);
}
