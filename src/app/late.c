/* SPDX-License-Identifier: MIT */
/*
 * One step along origin_of, backwards.
 */
#include "app/late.h"

enum fault
late_follow(const struct store *store, struct refund_record *record,
    struct fault_note *note)
{
	enum fault f;

	if (record->intent.state != INTENT_FAILED)
		return FAULT_NONE;
	f = store_late_of(
	    store, record->intent.imp_uid, record->intent.id, record, note);
	return f == FAULT_ABSENT ? FAULT_NONE : f;
}
