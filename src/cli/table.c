/* SPDX-License-Identifier: MIT */
/*
 * Widths by wcwidth(3), in the locale main has set.
 */
#include "cli/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

#define GAP 2

void
table_init(struct table *table, const struct table_column *columns, size_t n)
{
	assert(n <= TABLE_COLUMNS_MAX);
	*table = (struct table){ .columns = columns, .n_columns = n };
}

void
table_deinit(struct table *table)
{
	size_t i;

	for (i = 0; i < table->n_rows * table->n_columns; i++)
		free(table->cells[i]);
	free(table->cells);
	table_init(table, table->columns, table->n_columns);
}

static enum fault
reserve(struct table *table, struct fault_note *note)
{
	size_t size = table->size == 0 ? 16 : table->size * 2;
	char **cells;

	if (table->n_rows < table->size)
		return FAULT_NONE;
	cells =
	    reallocarray(table->cells, size * table->n_columns, sizeof(*cells));
	if (cells == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a table");
	table->cells = cells;
	table->size = size;
	return FAULT_NONE;
}

enum fault
table_add(
    struct table *table, const char *const *cells, struct fault_note *note)
{
	enum fault f = reserve(table, note);
	char **row;
	size_t i;

	if (f != FAULT_NONE)
		return f;
	row = table->cells + table->n_rows * table->n_columns;
	for (i = 0; i < table->n_columns; i++) {
		row[i] = strdup(cells[i][0] == '\0' ? "-" : cells[i]);
		if (row[i] == NULL)
			break;
	}
	if (i == table->n_columns) {
		table->n_rows++;
		return FAULT_NONE;
	}
	while (i > 0)
		free(row[--i]);
	return fault_set(note, FAULT_NOMEM, "no memory for a table");
}

/*
 * The next character of *text as it may be printed, its width in *ret_width;
 * moves on behind it.
 */
static wchar_t
next_character(const char **text, mbstate_t *state, int *ret_width)
{
	wchar_t c;
	size_t n = mbrtowc(&c, *text, strlen(*text), state);

	if (n == (size_t)-1 || n == (size_t)-2) {
		*state = (mbstate_t){ 0 };
		n = 1;
		c = L'?';
	}
	*text += n;
	*ret_width = wcwidth(c);
	if (*ret_width < 0 || text_steers((uint32_t)c)) {
		*ret_width = 1;
		return L'?';
	}
	return c;
}

static size_t
width(const char *text)
{
	mbstate_t state = { 0 };
	size_t sum = 0;
	int n;

	while (*text != '\0') {
		(void)next_character(&text, &state, &n);
		sum += (size_t)n;
	}
	return sum;
}

void
table_text(FILE *file, const char *text)
{
	mbstate_t state = { 0 };
	int n;

	while (*text != '\0')
		(void)fprintf(
		    file, "%lc", (wint_t)next_character(&text, &state, &n));
}

static void
print_row(const struct table *table, const char *const *cells,
    const size_t *widths, FILE *file)
{
	size_t i;

	for (i = 0; i < table->n_columns; i++) {
		int pad = (int)(widths[i] - width(cells[i]));

		if (table->columns[i].is_number)
			(void)fprintf(file, "%*s", pad, "");
		table_text(file, cells[i]);
		if (i + 1 == table->n_columns)
			break;
		if (table->columns[i].is_number)
			pad = 0;
		(void)fprintf(file, "%*s", pad + GAP, "");
	}
	(void)fputc('\n', file);
}

void
table_print(const struct table *table, FILE *file)
{
	const char *titles[TABLE_COLUMNS_MAX];
	size_t widths[TABLE_COLUMNS_MAX];
	size_t i, row;

	for (i = 0; i < table->n_columns; i++) {
		titles[i] = table->columns[i].title;
		widths[i] = width(titles[i]);
	}
	for (i = 0; i < table->n_rows * table->n_columns; i++) {
		size_t n = width(table->cells[i]);

		if (n > widths[i % table->n_columns])
			widths[i % table->n_columns] = n;
	}
	print_row(table, titles, widths, file);
	for (row = 0; row < table->n_rows; row++)
		print_row(table,
		    (const char *const *)table->cells + row * table->n_columns,
		    widths, file);
}

void
table_money(int64_t amount, const struct currency *currency,
    char ret_text[static TABLE_MONEY_SIZE])
{
	char text[MONEY_TEXT_SIZE];

	money_format(amount, currency, text);
	(void)snprintf(
	    ret_text, TABLE_MONEY_SIZE, "%s %s", text, currency->code);
}
