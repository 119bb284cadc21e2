/* SPDX-License-Identifier: MIT */
/*
 * Opening never makes a file, so that a wrong path in the configuration is an
 * error and not a new, empty book.  Only store_sqlite_init makes one; it runs
 * the migrations that are missing, all in one transaction.
 */
#include "store/store_sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/file_lock.h"
#include "store/query.h"
#include "store/schema_sql.h"
#include "store/store_sqlite.h"

/* 'cpay', as in sql/0001-init.sql. */
#define APPLICATION_ID 0x63706179

/*
 * So much of what a savepoint may have to undo is kept in memory, not in a
 * file: one refund changes some 20 pages, more than SQLite's own 64 kB.
 */
#define UNDO_MAX (256 * 1024)

/* Others may be recovering or closing the database just now. */
#define OPEN_WAIT_MS 5000
/* Making or upgrading lets everybody finish first. */
#define INIT_WAIT_MS 60000

enum fault
store_sqlite_file_run(sqlite3 *db, const char *text, struct fault_note *note)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		return query_fault(db, note);
	return FAULT_NONE;
}

enum fault
store_sqlite_file_number(
    sqlite3 *db, const char *text, int64_t *ret_number, struct fault_note *note)
{
	sqlite3_stmt *statement;
	enum fault f = FAULT_NONE;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		return query_fault(db, note);
	if (sqlite3_step(statement) == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	else
		f = query_fault(db, note);
	(void)sqlite3_finalize(statement);
	return f;
}

enum fault
store_sqlite_file_connect(
    const char *path, bool may_write, sqlite3 **ret_db, struct fault_note *note)
{
	int flags = SQLITE_OPEN_NOMUTEX |
	    (may_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	sqlite3 *db = NULL;
	struct stat st;
	enum fault f;

	if (stat(path, &st) != 0 && errno == ENOENT)
		return fault_set(note, FAULT_CONFIG,
		    "%s: no such file; a new database is made by: "
		    "cancelpay init",
		    path);
	/* Nobody asks how much there is, and counting it takes a lock each
	 * time.  Refused once SQLite is in use. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, UNDO_MAX);
	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
		f = db == NULL ? fault_set(note, FAULT_NOMEM, "no memory")
			       : query_fault(db, note);
		(void)sqlite3_close(db);
		return f;
	}
	(void)sqlite3_busy_timeout(db, OPEN_WAIT_MS);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	*ret_db = db;
	return FAULT_NONE;
}

/*
 * The version of our schema in the file, 0 when nothing is in it yet; a
 * FAULT_CONFIG when it holds something else.
 */
static enum fault
identify(sqlite3 *db, const char *path, int64_t *ret_version,
    struct fault_note *note)
{
	/* One look: another process may be making it just now. */
	bool is_alone = sqlite3_get_autocommit(db);
	int64_t id = 0, n = 0;
	enum fault f = FAULT_NONE;

	if (is_alone)
		f = store_sqlite_file_run(db, "BEGIN", note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_number(
		    db, "PRAGMA application_id", &id, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_number(
		    db, "PRAGMA user_version", ret_version, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_number(
		    db, "SELECT count(*) FROM sqlite_schema", &n, note);
	if (f == FAULT_STORE && sqlite3_errcode(db) == SQLITE_NOTADB)
		f = fault_set(note, FAULT_CONFIG,
		    "%s: not a database; name another file", path);
	if (is_alone && !sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	if (f == FAULT_NONE && id != APPLICATION_ID &&
	    (id != 0 || *ret_version != 0 || n != 0))
		return fault_set(note, FAULT_CONFIG,
		    "%s: a database of another program; name another file",
		    path);
	return f;
}

static enum fault
check_version(sqlite3 *db, const char *path, struct fault_note *note)
{
	int64_t version = 0;
	enum fault f = identify(db, path, &version, note);

	if (f != FAULT_NONE || version == schema_sql_version)
		return f;
	if (version > schema_sql_version)
		return fault_set(note, FAULT_CONFIG,
		    "%s: made by a newer cancelpay (schema %lld, this program "
		    "knows %d)",
		    path, (long long)version, schema_sql_version);
	return fault_set(note, FAULT_CONFIG,
	    "%s: %s; bring it up to date by: cancelpay init", path,
	    version == 0 ? "an empty database" : "made by an older cancelpay");
}

enum fault
store_sqlite_file_open(
    const char *path, bool may_write, sqlite3 **ret_db, struct fault_note *note)
{
	sqlite3 *db = NULL;
	enum fault f;

	f = store_sqlite_file_connect(path, may_write, &db, note);
	if (f == FAULT_NONE)
		f = check_version(db, path, note);
	/* A larger WAL than the default: fewer, longer checkpoints. */
	if (f == FAULT_NONE && may_write)
		f = store_sqlite_file_run(db,
		    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		    "PRAGMA wal_autocheckpoint = 4000",
		    note);
	if (f != FAULT_NONE) {
		(void)sqlite3_close(db);
		return f;
	}
	*ret_db = db;
	return FAULT_NONE;
}

/*
 * The first column of the first row; "" when there is no row.  None of those
 * asked for is ever NULL: that is for want of memory, and no damage.
 */
static enum fault
first_text(sqlite3 *db, const char *text, char *ret_text, size_t size,
    struct fault_note *note)
{
	const unsigned char *column = (const unsigned char *)"";
	sqlite3_stmt *statement;
	enum fault f = FAULT_NONE;
	int step;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		return query_fault(db, note);
	step = sqlite3_step(statement);
	if (step == SQLITE_ROW)
		column = sqlite3_column_text(statement, 0);
	else if (step != SQLITE_DONE)
		f = query_fault(db, note);
	if (column == NULL)
		f = fault_set(note, FAULT_NOMEM, "no memory for a text");
	else
		(void)snprintf(ret_text, size, "%s", (const char *)column);
	(void)sqlite3_finalize(statement);
	return f;
}

/* A page that there was no memory for is told of like a damaged one. */
static bool
is_for_want_of_memory(const char *text)
{
	static const char code[] = "unable to get the page. error code=";
	const char *at = strstr(text, code);

	return at != NULL &&
	    (atoi(at + sizeof(code) - 1) & 0xff) == SQLITE_NOMEM;
}

/* Foreign keys count too: a refund without its payment is not a book. */
enum fault
store_sqlite_file_sound(sqlite3 *db, struct fault_note *note)
{
	const char *path = sqlite3_db_filename(db, "main");
	char text[120];
	enum fault f;

	f = first_text(
	    db, "PRAGMA integrity_check(1)", text, sizeof(text), note);
	if (f == FAULT_NONE && strcmp(text, "ok") != 0)
		f = fault_set(note,
		    is_for_want_of_memory(text) ? FAULT_NOMEM : FAULT_STORE,
		    "%.100s: damaged: integrity_check: %s", path, text);
	if (f != FAULT_NONE)
		return f;
	f = first_text(
	    db, "PRAGMA foreign_key_check", text, sizeof(text), note);
	if (f == FAULT_NONE && text[0] != '\0')
		f = fault_set(note, FAULT_STORE,
		    "%.100s: damaged: foreign_key_check: a row of %s points to "
		    "nothing",
		    path, text);
	return f;
}

enum fault
store_sqlite_check(const char *path, struct fault_note *note)
{
	sqlite3 *db = NULL;
	char text[16];
	enum fault f = store_sqlite_file_open(path, false, &db, note);

	if (f == FAULT_NONE)
		f = first_text(
		    db, "PRAGMA journal_mode", text, sizeof(text), note);
	if (f == FAULT_NONE && strcmp(text, "wal") != 0)
		f = fault_set(note, FAULT_STORE,
		    "journal_mode is %s and not wal; mended by: cancelpay init",
		    text);
	if (f == FAULT_NONE)
		f = store_sqlite_file_sound(db, note);
	(void)sqlite3_close(db);
	return f;
}

/* Empty and the owner's only; SQLite gives what lies beside it the same mode.
 */
static enum fault
make_file(const char *path, struct fault_note *note)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	else if (errno != EEXIST)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	return FAULT_NONE;
}

/* Inside a transaction: what is there now counts, not what was there before. */
static enum fault
run_migrations(sqlite3 *db, const char *path, bool *ret_has_changed,
    struct fault_note *note)
{
	int64_t version = 0;
	enum fault f = identify(db, path, &version, note);

	*ret_has_changed = version < schema_sql_version;
	for (; f == FAULT_NONE && version < schema_sql_version; version++)
		f = store_sqlite_file_run(db, schema_sql[version].text, note);
	if (f == FAULT_NONE)
		f = check_version(db, path, note);
	return f;
}

static enum fault
bring_up_to_date(sqlite3 *db, const char *path, bool *ret_has_changed,
    struct fault_note *note)
{
	bool has_changed = false;
	enum fault f;

	(void)sqlite3_busy_timeout(db, INIT_WAIT_MS);
	f = store_sqlite_file_run(db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
	    "BEGIN IMMEDIATE",
	    note);
	if (f != FAULT_NONE)
		return f;
	f = run_migrations(db, path, &has_changed, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_run(db, "COMMIT", note);
	if (f == FAULT_NONE)
		*ret_has_changed = has_changed;
	else if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return f;
}

enum fault
store_sqlite_init(
    const char *path, bool *ret_has_changed, struct fault_note *note)
{
	sqlite3 *db = NULL;
	int64_t version = 0;
	int lock = -1;
	enum fault f;

	f = make_file(path, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_connect(path, true, &db, note);
	/* Before anything is written: a file that is not ours stays as it is.
	 */
	if (f == FAULT_NONE)
		f = identify(db, path, &version, note);
	if (f == FAULT_NONE)
		f = file_lock_open(path, &lock, note);
	if (f == FAULT_NONE)
		f = file_lock_take(lock, INIT_WAIT_MS, note);
	if (f == FAULT_NONE)
		f = bring_up_to_date(db, path, ret_has_changed, note);
	(void)sqlite3_close(db);
	if (lock >= 0)
		(void)close(lock);
	return f;
}
