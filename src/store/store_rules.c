/* SPDX-License-Identifier: MIT */
/*
 * The rules of payment_put.
 */
#include "store/store_rules.h"

#include <string.h>

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
