/* SPDX-License-Identifier: MIT */
/*
 * Copies of the book: taken while it is in use, and held against the rules
 * before anybody relies on them.
 *
 * The one idea: a copy is made whole under a name of its own, checked, brought
 * to the disk, and only then given its name, so whatever has that name is good.
 */
#ifndef STORE_STORE_SQLITE_COPY_H
#define STORE_STORE_SQLITE_COPY_H

#include <stdint.h>

#include <sqlite3.h>

#include "core/fault.h"

/* Who wants to know how far a copy has come; show may be NULL. */
struct store_sqlite_watch {
	void (*show)(void *arg, int64_t n_done, int64_t n_all);
	void *arg;
};

/*
 * store_sqlite_backup: the book at path, as it was at one moment, as file:
 * without access tokens, mode 0600, checked and synced.  Readers and writers go
 * on meanwhile.  FAULT_INPUT when file is there already; FAULT_CONFIG as
 * store_sqlite_open; FAULT_STORE when the copy, and so the book, is damaged.
 */
enum fault store_sqlite_backup(const char *path, const char *file,
    const struct store_sqlite_watch *watch, struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_copy_make: a checked copy of the database from, mode 0600, under
 * a new name in ret_name, which comes in as "PATH.XXXXXX".  In *ret_db it is
 * open for changes and in no one else's hands; sqlite3_close is the caller's,
 * and then store_sqlite_copy_remove.
 */
enum fault store_sqlite_copy_make(sqlite3 *from, char *ret_name,
    const struct store_sqlite_watch *watch, sqlite3 **ret_db,
    struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_copy_remove: a copy that nobody has open, with what SQLite left
 * beside it because it could not end its work there.
 */
void store_sqlite_copy_remove(const char *temporary);

/*
 * store_sqlite_copy_pages: the content of from takes the place of that of to,
 * in one transaction of to; wait_ms is how long it waits for its turn.
 */
enum fault store_sqlite_copy_pages(sqlite3 *from, sqlite3 *to, int wait_ms,
    const struct store_sqlite_watch *watch, struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_copy_name: the finished copy temporary gets its name for good.
 * FAULT_INPUT when name is taken.  On the disk when it returns.
 */
enum fault store_sqlite_copy_name(const char *temporary, const char *name,
    struct fault_note *note) MUST_CHECK;

#endif
