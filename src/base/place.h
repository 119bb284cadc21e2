/* SPDX-License-Identifier: MIT */
/*
 * Place: what kind of file system a path lies on, as far as a database cares.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <stdbool.h>

#include "core/fault.h"

enum place_kind {
	PLACE_LOCAL,
	PLACE_NETWORK, /* locks and syncs are another machine's word */
	PLACE_UNSURE   /* FUSE: it depends on who serves it */
};

/* place_kind_of: of a statfs f_type; *ret_name is its name, or NULL. */
enum place_kind place_kind_of(unsigned long magic, const char **ret_name);

/* place_find: of the file system path lies on.  FAULT_IO. */
enum fault place_find(const char *path, enum place_kind *ret_kind,
    const char **ret_name, struct fault_note *note) MUST_CHECK;

/*
 * place_locks: a lock taken in folder by one process is seen by another one.
 * FAULT_IO when that could not be tried.
 */
enum fault place_locks(
    const char *folder, bool *ret_do, struct fault_note *note) MUST_CHECK;

/* place_is_below: path is folder or lies below it, links followed. */
bool place_is_below(const char *path, const char *folder);

#endif
