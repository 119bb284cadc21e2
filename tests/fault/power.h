/* SPDX-License-Identifier: MIT */
/*
 * Power that is cut: of what was written since a file's last sync, a disk has
 * kept what it liked.
 */
#ifndef FAULT_POWER_H
#define FAULT_POWER_H

#include <stdint.h>

#include <sqlite3.h>

/*
 * These do it to the file; with a plan of power that is cut and a path they
 * also remember how to undo it until the file's next sync.  SQLite's codes.
 */
int power_write(const char *path, sqlite3_file *file, const void *bytes, int n,
    sqlite3_int64 at);
int power_truncate(const char *path, sqlite3_file *file, sqlite3_int64 size);
int power_sync(const char *path, sqlite3_file *file, int flags);

/* What was written to it is of no interest any more. */
void power_delete(const char *path);

/*
 * Of the writes not synced a random part stays, one of them perhaps torn at a
 * sector's end; the others never were.  What SQLite keeps in shared memory is
 * gone.  The process ends by SIGKILL.
 */
_Noreturn void power_cut(uint64_t seed);

#endif
