/* SPDX-License-Identifier: MIT */
/*
 * Looks things up in what src/core/banks.csv says.
 */
#include "core/bank.h"

#include <string.h>

#include "core/bank_table.h"

/* NULL: its codes are not known. */
static const struct bank_table *
table_of(const char *pg_provider)
{
	size_t i;

	for (i = 0; i < bank_tables_n; i++) {
		if (strcmp(bank_tables[i].pg_provider, pg_provider) == 0)
			return &bank_tables[i];
	}
	return NULL;
}

bool
bank_at(const char *pg_provider, size_t i, struct bank *ret_bank)
{
	const struct bank_table *table = table_of(pg_provider);

	if (table == NULL || i >= table->n)
		return false;
	*ret_bank = table->banks[i];
	return true;
}

bool
bank_is_of(const char *pg_provider, const char *code)
{
	const struct bank_table *table = table_of(pg_provider);
	size_t i;

	if (table == NULL)
		return true;
	for (i = 0; i < table->n; i++) {
		if (strcmp(table->banks[i].code, code) == 0)
			return true;
	}
	return false;
}
