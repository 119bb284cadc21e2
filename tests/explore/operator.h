/* SPDX-License-Identifier: MIT */
/*
 * Operator: what somebody says at the command line of a refund that awaits
 * approval, as src/cli/approve.c does it: to approve, the payment is read back
 * first; then comes the transaction; then what it has begun is walked like any
 * other.  To reject is one transaction.
 */
#ifndef TESTS_EXPLORE_OPERATOR_H
#define TESTS_EXPLORE_OPERATOR_H

#include "world.h"

/*
 * operator_may_speak: he has not yet, and there is a refund he can name, be it
 * awaiting his word or not any more.
 */
bool operator_may_speak(const struct world *world, int who);

/* operator_read: his read-back, on the heap; slot knows what it is for. */
struct task *operator_read(
    struct world *world, int who, char ret_word_on[static REFUND_ID_SIZE]);

/* operator_has_read: it has ended; the approval comes next, or nothing. */
bool operator_has_read(struct world *world, struct slot *slot);

/*
 * operator_approve: the approval's transaction, kept or not.  False: that was
 * all, and his command ends.
 */
bool operator_approve(
    struct world *world, struct slot *slot, bool is_kept, bool is_said_to_fail);

/* operator_reject: the whole of a rejection. */
void operator_reject(struct world *world, int who, bool is_kept);

#endif
