/* SPDX-License-Identifier: MIT */
/*
 * Secret: a file that only its owner may read, holding a line or two that
 * nobody else may know.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

#include "core/fault.h"

/*
 * secret_check: FAULT_CONFIG unless fd is a regular file without any right
 * for group and others.  path is for the note only.
 */
enum fault secret_check(
    int fd, const char *path, struct fault_note *note) MUST_CHECK;

/*
 * secret_read: the file's one line, without its line end, in ret_text of size
 * bytes.  FAULT_CONFIG: it can't be read, others may read it too, or it holds
 * anything but one line of 1 to size - 1 visible ASCII characters.  The note
 * never quotes it.
 */
enum fault secret_read(const char *path, char *ret_text, size_t size,
    struct fault_note *note) MUST_CHECK;

/*
 * secret_read_lines: the same of 1 to most (1 or 2) lines: the i-th begins at
 * ret_lines[i * size].
 */
enum fault secret_read_lines(const char *path, char *ret_lines, size_t size,
    int most, int *ret_n, struct fault_note *note) MUST_CHECK;

/*
 * secret_forbid_core: no part of this process's memory is left in a file, and
 * nobody but root may look into it, not even its own user (core(5), ptrace(2)).
 * For every program that holds secrets, before it reads any.
 */
void secret_forbid_core(void);

#endif
