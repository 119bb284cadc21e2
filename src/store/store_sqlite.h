/* SPDX-License-Identifier: MIT */
/*
 * The store in one SQLite file, in WAL mode, shared by any number of threads
 * and processes of one host: each holds its own struct store_sqlite and uses it
 * in one thread at a time.
 *
 * Beside FILE lie FILE-wal, FILE-shm and FILE.lock.  The last one is where
 * writers queue, first come, first served; SQLite's own lock is what keeps them
 * apart, so losing the file costs fairness only.
 */
#ifndef STORE_STORE_SQLITE_H
#define STORE_STORE_SQLITE_H

#include <stdbool.h>

#include "core/fault.h"
#include "port/store.h"

struct store_sqlite;

enum store_sqlite_mode {
	STORE_SQLITE_READER, /* cannot write, waits for no writer */
	STORE_SQLITE_WRITER
};

/*
 * store_sqlite_init: make the database, or bring an older one up to date.
 *
 * A new file is readable by its owner only.  *ret_has_changed is false when
 * all was as it should be; running twice, or two at once, is harmless.
 * FAULT_CONFIG when path is some other file or from a newer cancelpay.
 */
enum fault store_sqlite_init(const char *path, bool *ret_has_changed,
    struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_check: the database as store_sqlite_open wants it, and whole:
 * reads all of it, which takes its time, but keeps nobody waiting.
 * FAULT_CONFIG as store_sqlite_open, FAULT_STORE when it is damaged.
 */
enum fault store_sqlite_check(
    const char *path, struct fault_note *note) MUST_CHECK;

/*
 * store_sqlite_open: open a database that store_sqlite_init made; never makes
 * one.  FAULT_CONFIG, with what to do in the note, when path is missing, is
 * something else or has another version.  Borrows path.
 */
enum fault store_sqlite_open(const char *path, enum store_sqlite_mode mode,
    struct store_sqlite **ret_store, struct fault_note *note) MUST_CHECK;

/* store_sqlite_close: rolls back what was begun.  NULL is fine. */
void store_sqlite_close(struct store_sqlite *store);

/* store_sqlite_port: good until the store is closed. */
struct store store_sqlite_port(struct store_sqlite *store);

#endif
