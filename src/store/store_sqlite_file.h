/* SPDX-License-Identifier: MIT */
/*
 * The database file as such: is it ours, how is it opened, how is it made.
 * store_sqlite_init and store_sqlite_check (store_sqlite.h) live here too.
 */
#ifndef STORE_STORE_SQLITE_FILE_H
#define STORE_STORE_SQLITE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "core/fault.h"

/*
 * store_sqlite_file_open: connect to a database of this program's version and
 * set the connection up.  sqlite3_close is the caller's.
 */
enum fault store_sqlite_file_open(const char *path, bool may_write,
    sqlite3 **ret_db, struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_file_connect: the same to any database, for those who make,
 * copy or look at one.  FAULT_CONFIG when there is no such file.
 */
enum fault store_sqlite_file_connect(const char *path, bool may_write,
    sqlite3 **ret_db, struct fault_note *note) MUST_CHECK;

/* store_sqlite_file_run: statements without parameters and rows. */
enum fault store_sqlite_file_run(
    sqlite3 *db, const char *text, struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_file_sound: FAULT_STORE, told why, unless every page is whole
 * and every reference leads somewhere.
 */
enum fault store_sqlite_file_sound(
    sqlite3 *db, struct fault_note *note) MUST_CHECK;

/* store_sqlite_file_number: the one number a PRAGMA or a SELECT gives. */
enum fault store_sqlite_file_number(sqlite3 *db, const char *text,
    int64_t *ret_number, struct fault_note *note) MUST_CHECK;

#endif
