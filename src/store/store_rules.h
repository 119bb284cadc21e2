/* SPDX-License-Identifier: MIT */
/*
 * What every store refuses, whatever keeps its rows.
 */
#ifndef STORE_STORE_RULES_H
#define STORE_STORE_RULES_H

#include "core/fault.h"
#include "core/payment.h"
#include "port/store.h"

/*
 * store_rules_replace: FAULT_INPUT when wanted, of the same imp_uid, may not
 * take the place of held.
 */
enum fault store_rules_replace(const struct payment *held,
    const struct payment *wanted, struct fault_note *note) MUST_CHECK;

/* store_rules_freeze_name: the word of a freeze's cause in the book. */
const char *store_rules_freeze_name(enum freeze_cause cause);

/* The word of an act in the trail; and back. */
const char *store_rules_act_name(enum trail_act act);
bool store_rules_act_find(const char *name, enum trail_act *ret_act);

#endif
