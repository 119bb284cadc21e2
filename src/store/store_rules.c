/* SPDX-License-Identifier: MIT */
/*
 * The rules of payment_put, and the words of freezes and of the trail.
 */
#include "store/store_rules.h"

#include <string.h>

static const char *const freeze_names[] = {
	[FREEZE_RESTORE] = "restore",
	[FREEZE_OPERATOR] = "operator",
};
_Static_assert(sizeof(freeze_names) / sizeof(freeze_names[0]) == FREEZE__COUNT,
    "every cause has its word");

static const char *const act_names[] = {
	[TRAIL_ASKED] = "asked",
	[TRAIL_REFUSED] = "refused",
	[TRAIL_MOVED] = "moved",
	[TRAIL_APPROVED] = "approved",
	[TRAIL_REJECTED] = "rejected",
	[TRAIL_FROZEN] = "frozen",
	[TRAIL_THAWED] = "thawed",
};
_Static_assert(sizeof(act_names) / sizeof(act_names[0]) == TRAIL__COUNT,
    "every act has its word");

enum fault
store_rules_replace(const struct payment *held, const struct payment *wanted,
    struct fault_note *note)
{
	const char *field = NULL;

	if (strcmp(held->merchant_uid, wanted->merchant_uid) != 0)
		field = "merchant_uid";
	else if (held->amount != wanted->amount)
		field = "amount";
	else if (held->currency != wanted->currency)
		field = "currency";
	if (field != NULL)
		return fault_set(note, FAULT_INPUT,
		    "payment %s: %s differs from the one already known",
		    held->imp_uid, field);
	if (wanted->cancel_amount < held->cancel_amount)
		return fault_set(note, FAULT_INPUT,
		    "payment %s: cancel_amount would be lowered",
		    held->imp_uid);
	return FAULT_NONE;
}

const char *
store_rules_freeze_name(enum freeze_cause cause)
{
	return freeze_names[cause];
}

const char *
store_rules_act_name(enum trail_act act)
{
	return act_names[act];
}

bool
store_rules_act_find(const char *name, enum trail_act *ret_act)
{
	int i;

	for (i = 0; i < TRAIL__COUNT; i++) {
		if (strcmp(act_names[i], name) == 0) {
			*ret_act = (enum trail_act)i;
			return true;
		}
	}
	return false;
}
