/* SPDX-License-Identifier: MIT */
/*
 * The banks of each PG, compiled in: bank_table.c is made from
 * src/core/banks.csv by tools/banks.
 */
#ifndef CORE_BANK_TABLE_H
#define CORE_BANK_TABLE_H

#include <stddef.h>

#include "core/bank.h"

struct bank_table {
	const char *pg_provider;
	const struct bank *banks; /* n of them */
	size_t n;
};

/* One a PG whose codes are known, bank_tables_n in all. */
extern const struct bank_table bank_tables[];
extern const size_t bank_tables_n;

#endif
