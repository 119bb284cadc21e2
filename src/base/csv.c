/* SPDX-License-Identifier: MIT */
/*
 * The reader is a loop over bytes.  All cells of a record lie one after the
 * other in one buffer of fixed size, each ended by a NUL.
 */
#include "base/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csv {
	FILE *file;
	uint64_t line;  /* of the byte to be read next */
	uint64_t start; /* line of the current record */
	uint64_t offset;
	size_t n;
	size_t used;
	size_t cells[CSV_CELLS_MAX]; /* where each cell begins in text */
	char text[CSV_RECORD_MAX];
};

static int
take(struct csv *csv)
{
	int c = getc_unlocked(csv->file);

	if (c == EOF)
		return c;
	csv->offset++;
	if (c == '\n')
		csv->line++;
	return c;
}

/* The byte to come, without taking it. */
static int
peek(struct csv *csv)
{
	int c = getc_unlocked(csv->file);

	return c == EOF ? c : ungetc(c, csv->file);
}

/* Works without seeking, so that a pipe can be read too. */
static enum fault
skip_mark(struct csv *csv, struct fault_note *note)
{
	if (peek(csv) != 0xef)
		return FAULT_NONE;
	(void)take(csv);
	if (take(csv) == 0xbb && take(csv) == 0xbf)
		return FAULT_NONE;
	return fault_set(
	    note, FAULT_INPUT, "line 1: begins with neither text nor a mark");
}

enum fault
csv_open(const char *path, struct csv **ret_csv, struct fault_note *note)
{
	struct csv *csv = calloc(1, sizeof(*csv));
	enum fault f;

	if (csv == NULL)
		return fault_set(note, FAULT_NOMEM, "%s: no memory", path);
	csv->file = fopen(path, "re");
	if (csv->file == NULL) {
		csv_close(csv);
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	}
	csv->line = 1;
	f = skip_mark(csv, note);
	if (f != FAULT_NONE) {
		csv_close(csv);
		return f;
	}
	*ret_csv = csv;
	return FAULT_NONE;
}

void
csv_close(struct csv *csv)
{
	if (csv == NULL)
		return;
	if (csv->file != NULL)
		(void)fclose(csv->file);
	free(csv);
}

static enum fault
put(struct csv *csv, int c, struct fault_note *note)
{
	if (csv->used == sizeof(csv->text))
		return fault_set(note, FAULT_INPUT,
		    "line %llu: longer than %d bytes",
		    (unsigned long long)csv->start, CSV_RECORD_MAX);
	csv->text[csv->used++] = (char)c;
	return FAULT_NONE;
}

static enum fault
open_cell(struct csv *csv, struct fault_note *note)
{
	if (csv->n == CSV_CELLS_MAX)
		return fault_set(note, FAULT_INPUT,
		    "line %llu: more than %d cells",
		    (unsigned long long)csv->start, CSV_CELLS_MAX);
	csv->cells[csv->n++] = csv->used;
	return FAULT_NONE;
}

/* A line break at this byte?  Takes the LF of a CRLF. */
static bool
is_break(struct csv *csv, int c)
{
	if (c == '\r' && peek(csv) == '\n')
		c = take(csv);
	return c == '\n';
}

/* The inside of a quoted cell, up to and with its closing quote. */
static enum fault
read_quoted(struct csv *csv, struct fault_note *note)
{
	enum fault f;
	int c;

	for (;;) {
		c = take(csv);
		if (c == EOF)
			return fault_set(note, FAULT_INPUT,
			    "line %llu: a quote is never closed",
			    (unsigned long long)csv->start);
		if (c == '\0')
			return fault_set(note, FAULT_INPUT,
			    "line %llu: NUL byte",
			    (unsigned long long)csv->line);
		if (c == '"') {
			if (peek(csv) != '"')
				return FAULT_NONE;
			(void)take(csv);
		}
		f = put(csv, c, note);
		if (f != FAULT_NONE)
			return f;
	}
}

/*
 * One cell and the byte after it.  *ret_more says whether a comma came, so
 * that another cell follows.
 */
static enum fault
read_cell(struct csv *csv, int c, bool *ret_more, struct fault_note *note)
{
	enum fault f = open_cell(csv, note);
	bool quoted = c == '"';

	if (f != FAULT_NONE)
		return f;
	if (quoted) {
		f = read_quoted(csv, note);
		if (f != FAULT_NONE)
			return f;
		c = take(csv);
	}
	while (c != ',' && c != EOF && !is_break(csv, c)) {
		if (quoted || c == '"' || c == '\0' || c == '\r')
			return fault_set(note, FAULT_INPUT,
			    "line %llu: stray %s",
			    (unsigned long long)csv->start,
			    c == '\0'       ? "NUL byte"
				: c == '\r' ? "carriage return"
				: quoted    ? "text after a closing quote"
					    : "quote");
		f = put(csv, c, note);
		if (f != FAULT_NONE)
			return f;
		c = take(csv);
	}
	*ret_more = c == ',';
	return put(csv, '\0', note);
}

enum fault
csv_next(struct csv *csv, struct fault_note *note)
{
	bool more = true;
	enum fault f;
	int c;

	csv->n = 0;
	csv->used = 0;
	do {
		csv->start = csv->line;
		c = take(csv);
	} while (c != EOF && is_break(csv, c));
	if (c == EOF && !ferror(csv->file))
		return fault_set(note, FAULT_ABSENT, "end of file");
	for (;;) {
		f = read_cell(csv, c, &more, note);
		if (f != FAULT_NONE)
			return f;
		if (!more)
			break;
		c = take(csv);
	}
	if (ferror(csv->file))
		return fault_set(note, FAULT_IO, "line %llu: can't read",
		    (unsigned long long)csv->line);
	return FAULT_NONE;
}

size_t
csv_n(const struct csv *csv)
{
	return csv->n;
}

const char *
csv_cell(const struct csv *csv, size_t i)
{
	return csv->text + csv->cells[i];
}

uint64_t
csv_line(const struct csv *csv)
{
	return csv->start;
}

uint64_t
csv_offset(const struct csv *csv)
{
	return csv->offset;
}
