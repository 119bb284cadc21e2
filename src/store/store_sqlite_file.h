/* SPDX-License-Identifier: MIT */
/*
 * The database file as such: is it ours, how is it opened, how is it made.
 * store_sqlite_init (store_sqlite.h) lives here too.
 */
#ifndef STORE_STORE_SQLITE_FILE_H
#define STORE_STORE_SQLITE_FILE_H

#include <stdbool.h>

#include <sqlite3.h>

#include "core/fault.h"

/*
 * store_sqlite_file_open: connect to a database of this program's version and
 * set the connection up.  sqlite3_close is the caller's.
 */
enum fault store_sqlite_file_open(const char *path, bool may_write,
    sqlite3 **ret_db, struct fault_note *note) MUST_CHECK;

#endif
