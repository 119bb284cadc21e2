/* SPDX-License-Identifier: MIT */
/*
 * Lines: a file that only ever grows by whole lines, for the state and the
 * journal.  A line is one write(2), so it is there after a kill -9 at any
 * moment; what a kill left half written at the end is cut off at the next
 * open.  (There is no fsync: a sandbox need not survive a power failure.)
 */
#ifndef SANDBOX_LINES_H
#define SANDBOX_LINES_H

#include <stddef.h>

#include "core/fault.h"

struct lines;

/*
 * lines_open: open or create, lock against a second sandbox (FAULT_BUSY), cut
 * off a torn last line.  lines_close: accepts NULL.
 */
enum fault lines_open(const char *path, struct lines **ret_lines,
    struct fault_note *note) MUST_CHECK;
void lines_close(struct lines *lines);

/*
 * lines_each: hand every line there is, without its end, to a function until it
 * fails; its fault is returned with file and line number in the note.
 */
typedef enum fault lines_reader(
    const char *line, size_t len, void *arg, struct fault_note *note);
enum fault lines_each(struct lines *lines, lines_reader *read, void *arg,
    struct fault_note *note) MUST_CHECK;

/*
 * lines_append: add text, which ends in '\n' and may be several lines.  After
 * FAULT_IO the file may end in half a line: the sandbox has to stop.
 */
enum fault lines_append(struct lines *lines, const char *text, size_t len,
    struct fault_note *note) MUST_CHECK;

#endif
