/* SPDX-License-Identifier: MIT */
/*
 * CSV as RFC 4180 has it, read one record at a time: quoted cells with doubled
 * quotes and line breaks inside, CRLF or LF, a UTF-8 byte order mark skipped,
 * empty lines skipped.  It knows nothing of columns or money; it bounds what a
 * file can cost and says in which line something is wrong.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"

#define CSV_RECORD_MAX 65536 /* bytes of one record, without its quotes */
#define CSV_CELLS_MAX  64

struct csv;

/*
 * csv_open: start reading a file.  FAULT_IO if it can't be opened.
 * csv_close: accepts NULL.
 */
enum fault csv_open(
    const char *path, struct csv **ret_csv, struct fault_note *note) MUST_CHECK;
void csv_close(struct csv *csv);

/*
 * csv_next: the next record; its cells stay valid until the next call.
 * FAULT_ABSENT at the end of the file, FAULT_INPUT for a record that breaks
 * the rules, holds a NUL or passes a ceiling, FAULT_IO if reading failed.
 */
enum fault csv_next(struct csv *csv, struct fault_note *note) MUST_CHECK;

size_t csv_n(const struct csv *csv);
const char *csv_cell(const struct csv *csv, size_t i); /* i < csv_n() */

/* csv_line: number of the line, from 1, in which the last record began. */
uint64_t csv_line(const struct csv *csv);

/* csv_offset: bytes read so far, for those who show progress. */
uint64_t csv_offset(const struct csv *csv);

#endif
