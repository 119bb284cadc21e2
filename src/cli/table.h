/* SPDX-License-Identifier: MIT */
/*
 * Table: rows of text in aligned columns for a terminal, on which a Korean
 * character is two places wide; and amounts as people write them.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/fault.h"
#include "core/money.h"

#define TABLE_COLUMNS_MAX 8
/* An amount with its currency: "12.50 USD". */
#define TABLE_MONEY_SIZE (MONEY_TEXT_SIZE + 4)

struct table_column {
	const char *title;
	bool is_number; /* to the right */
};

/* Only the functions below touch the members. */
struct table {
	const struct table_column *columns;
	size_t n_columns;
	char **cells; /* n_rows times n_columns, on the heap */
	size_t n_rows;
	size_t size; /* rows there is room for */
};

/* table_init: keeps columns, at most TABLE_COLUMNS_MAX of them. */
void table_init(
    struct table *table, const struct table_column *columns, size_t n);
void table_deinit(struct table *table);

/*
 * table_add: one row; copies its n_columns cells, an empty one as "-".
 * FAULT_NOMEM.
 */
enum fault table_add(struct table *table, const char *const *cells,
    struct fault_note *note) MUST_CHECK;

/* table_print: titles, then the rows. */
void table_print(const struct table *table, FILE *file);

/*
 * table_text: text for a terminal: what can't be printed there, such as the
 * control characters of an outside text, becomes a question mark.
 */
void table_text(FILE *file, const char *text);

void table_money(int64_t amount, const struct currency *currency,
    char ret_text[static TABLE_MONEY_SIZE]);

#endif
