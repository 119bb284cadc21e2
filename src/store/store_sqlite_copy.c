/* SPDX-License-Identifier: MIT */
/*
 * SQLite's online backup does the copying.  A reader that began before it keeps
 * showing it the same moment, so that writers need not wait, nor can they make
 * it start over and over.
 */
#include "store/store_sqlite_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/query.h"
#include "store/store_sqlite_file.h"

/* Between two looks at the clock of who watches. */
#define PAGES 256

static enum fault
io_fault(const char *path, struct fault_note *note)
{
	return fault_set(note, FAULT_IO, "%.180s: %s", path, strerror(errno));
}

enum fault
store_sqlite_copy_pages(sqlite3 *from, sqlite3 *to, int wait_ms,
    const struct store_sqlite_watch *watch, struct fault_note *note)
{
	sqlite3_backup *backup;
	int rc;

	(void)sqlite3_busy_timeout(to, wait_ms);
	backup = sqlite3_backup_init(to, "main", from, "main");
	if (backup == NULL)
		return query_fault(to, note);
	while ((rc = sqlite3_backup_step(backup, PAGES)) == SQLITE_OK) {
		int n_all = sqlite3_backup_pagecount(backup);

		if (watch->show != NULL)
			watch->show(watch->arg,
			    n_all - sqlite3_backup_remaining(backup), n_all);
	}
	if (sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE)
		return FAULT_NONE;
	return query_fault(to, note);
}

void
store_sqlite_copy_remove(const char *temporary)
{
	static const char *const ends[] = { "", "-journal", "-shm", "-wal" };
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", temporary, ends[i]);
		(void)unlink(path);
	}
}

enum fault
store_sqlite_copy_make(sqlite3 *from, char *ret_name,
    const struct store_sqlite_watch *watch, sqlite3 **ret_db,
    struct fault_note *note)
{
	sqlite3 *db = NULL;
	int fd = mkostemp(ret_name, O_CLOEXEC); /* 0600 */
	enum fault f;

	if (fd < 0)
		return io_fault(ret_name, note);
	(void)close(fd);
	f = store_sqlite_file_connect(ret_name, true, &db, note);
	if (f == FAULT_NONE)
		f = store_sqlite_copy_pages(from, db, 0, watch, note);
	/*
	 * One file alone, whatever from was.  Tokens are worth money for half
	 * an hour; copies go to places that should not have them.
	 */
	if (f == FAULT_NONE)
		f = store_sqlite_file_run(db,
		    "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; "
		    "PRAGMA secure_delete = ON; DELETE FROM tokens",
		    note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_sound(db, note);
	if (f == FAULT_NONE) {
		*ret_db = db;
	} else {
		(void)sqlite3_close(db);
		store_sqlite_copy_remove(ret_name);
	}
	return f;
}

static enum fault
sync_path(const char *path, int flags, struct fault_note *note)
{
	int fd = open(path, flags | O_CLOEXEC);
	enum fault f = FAULT_NONE;

	if (fd < 0)
		return io_fault(path, note);
	if (fsync(fd) != 0)
		f = io_fault(path, note);
	(void)close(fd);
	return f;
}

enum fault
store_sqlite_copy_name(
    const char *temporary, const char *name, struct fault_note *note)
{
	char folder[PATH_MAX];
	enum fault f = sync_path(temporary, O_RDONLY, note);

	if (f != FAULT_NONE)
		return f;
	/* Unlike a rename, a link never takes another file's place. */
	if (link(temporary, name) != 0)
		return errno == EEXIST
		    ? fault_set(note, FAULT_INPUT,
			  "%.200s: is there already; name a new file", name)
		    : io_fault(name, note);
	store_sqlite_copy_remove(temporary);
	(void)snprintf(folder, sizeof(folder), "%s", name);
	return sync_path(dirname(folder), O_RDONLY | O_DIRECTORY, note);
}

/* From here on db shows one moment. */
static enum fault
pin(sqlite3 *db, struct fault_note *note)
{
	int64_t n;
	enum fault f = store_sqlite_file_run(db, "BEGIN", note);

	if (f == FAULT_NONE)
		f = store_sqlite_file_number(
		    db, "SELECT count(*) FROM sqlite_schema", &n, note);
	return f;
}

enum fault
store_sqlite_backup(const char *path, const char *file,
    const struct store_sqlite_watch *watch, struct fault_note *note)
{
	char temporary[PATH_MAX];
	sqlite3 *from = NULL, *copy = NULL;
	int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", file);
	enum fault f;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return fault_set(note, FAULT_INPUT, "path too long");
	if (access(file, F_OK) == 0)
		return fault_set(note, FAULT_INPUT,
		    "%.200s: is there already; name a new file", file);
	f = store_sqlite_file_open(path, false, &from, note);
	if (f == FAULT_NONE)
		f = pin(from, note);
	if (f == FAULT_NONE)
		f = store_sqlite_copy_make(from, temporary, watch, &copy, note);
	(void)sqlite3_close(from);
	if (f != FAULT_NONE)
		return f;
	(void)sqlite3_close(copy);
	f = store_sqlite_copy_name(temporary, file, note);
	if (f != FAULT_NONE)
		store_sqlite_copy_remove(temporary);
	return f;
}
