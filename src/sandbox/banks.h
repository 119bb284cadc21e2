/* SPDX-License-Identifier: MIT */
/*
 * Banks: which codes a PG knows for refund_bank.  Each PG has a set of its own,
 * and one PG's code may be another bank at the next (11 is Nonghyup at Inicis
 * and SC First at Kiwoom), so a wrong table can pass for a right one.
 */
#ifndef SANDBOX_BANKS_H
#define SANDBOX_BANKS_H

#include <stdbool.h>

/*
 * banks_has: the PG knows that code.  Of a PG whose codes are not documented
 * any is taken.
 * Source: doc/provider-v1.md "Bank codes".
 */
bool banks_has(const char *pg_provider, const char *code);

#endif
