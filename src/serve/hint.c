/* SPDX-License-Identifier: MIT */
/*
 * Two limits and one row.
 */
#include "serve/hint.h"

#include <stdlib.h>

#define READ_MS 2000 /* a reader waits for a checkpoint at most */

static enum fault
find_open(const struct store *store, const char *imp_uid, bool *ret_is_open,
    struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	enum fault f;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = store_begin(store, READ_MS, note);
	if (f == FAULT_NONE) {
		f = store_unfinished(store, imp_uid, record, note);
		store_rollback(store);
	}
	free(record);
	*ret_is_open = f == FAULT_NONE;
	return f == FAULT_ABSENT ? FAULT_NONE : f;
}

enum fault
hint_judge(const struct app *app, const struct store *store,
    const char *imp_uid, enum hint *ret_hint, int64_t *ret_wait_ms,
    struct fault_note *note)
{
	bool is_open = false;
	enum fault f;

	*ret_hint = HINT_SEEN;
	if (!limits_take(&app->limits, LIMIT_NOTICE, imp_uid, NULL))
		return FAULT_NONE;
	f = find_open(store, imp_uid, &is_open, note);
	if (limits_take(&app->limits,
		is_open ? LIMIT_OPEN_LOOKUPS : LIMIT_OTHER_LOOKUPS, "",
		ret_wait_ms)) {
		*ret_hint = is_open ? HINT_OPEN : HINT_OTHER;
		return f;
	}
	hint_forget(app, imp_uid);
	*ret_hint = HINT_LIMIT;
	return f;
}

void
hint_forget(const struct app *app, const char *imp_uid)
{
	limits_hold(&app->limits, LIMIT_NOTICE, imp_uid, 0);
}
