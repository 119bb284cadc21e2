/* SPDX-License-Identifier: MIT */
/*
 * Seen: which imp_uid stood in which line of a file, however long it is.
 */
#ifndef CLI_SEEN_H
#define CLI_SEEN_H

#include <stdint.h>

#include "core/fault.h"

struct seen;

/*
 * seen_open: nothing has been seen.  It keeps a bounded part in memory and the
 * rest in a temporary file that goes with it.
 * seen_add: imp_uid stands in that line (from 1).  *ret_line: the line it was
 * seen in before, 0 for the first time.
 * seen_close: accepts NULL.
 */
enum fault seen_open(
    struct seen **ret_seen, struct fault_note *note) MUST_CHECK;
enum fault seen_add(struct seen *seen, const char *imp_uid, uint64_t line,
    uint64_t *ret_line, struct fault_note *note) MUST_CHECK;
void seen_close(struct seen *seen);

#endif
