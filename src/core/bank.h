/* SPDX-License-Identifier: MIT */
/*
 * Bank: the codes by which a PG calls the banks a refund can go to.  Each PG
 * has its own, and one PG's code may be another bank at the next (11 is
 * Nonghyup at Inicis and SC First at Kiwoom), so a code is only ever looked at
 * beside its PG.
 */
#ifndef CORE_BANK_H
#define CORE_BANK_H

#include <stdbool.h>
#include <stddef.h>

struct bank {
	const char *code; /* what goes into refund_bank */
	const char *en;   /* what people call it */
	const char *ko;
};

/*
 * bank_is_of: the PG (a pg_provider) has that code.  Of a PG whose codes are
 * not known any is taken.
 * Source: doc/provider-v1.md "Bank codes".
 */
bool bank_is_of(const char *pg_provider, const char *code);

/*
 * bank_at: bank number i, from 0 on, of a PG; false when there is no such one.
 * *ret_bank is valid for ever.
 */
bool bank_at(const char *pg_provider, size_t i, struct bank *ret_bank);

#endif
