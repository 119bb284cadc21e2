/* SPDX-License-Identifier: MIT */
/*
 * First the staged copy, whole and frozen, beside the book; then one of two
 * ways into its place: through SQLite where there is a sound database, which
 * other processes may have open, or as a file where there is none.
 */
#include "store/store_sqlite_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/file_lock.h"
#include "store/query.h"
#include "store/store_sqlite_file.h"

#define WAIT_MS 60000

/* i'mport opened in 2014: no refund is older, in ms. */
#define BEGINNING "1388534400000"

/* Other clocks than the one that wrote the newest row may have been behind. */
#define SPARE "3600000"

/* SQLite's locks on a database file that is open: sqlite3's os.h. */
#define SHARED_FIRST 0x40000002
#define SHARED_SIZE  510

/* Which way the copy goes. */
enum place {
	PLACE_SOUND,   /* a book, or an empty database */
	PLACE_MISSING, /* no file */
	PLACE_DAMAGED  /* a file that SQLite can't read */
};

struct staged {
	char name[PATH_MAX]; /* "" = none */
	sqlite3 *db;
};

static enum fault
io_fault(const char *path, struct fault_note *note)
{
	return fault_set(note, FAULT_IO, "%.180s: %s", path, strerror(errno));
}

/* ---- the staged copy --------------------------------------------------- */

/*
 * since_ms is set once, by the oldest restore that is not through: what is to
 * be read back begins with the newest thing the book knows.
 */
static enum fault
write_freeze(const struct store_sqlite_restore *what, sqlite3 *db,
    struct fault_note *note)
{
	static const char insert[] =
	    "WITH newest (ms) AS (SELECT max("
	    "ifnull((SELECT max(created_ms) FROM refunds), 0), "
	    "ifnull((SELECT max(answered_ms) FROM refunds), 0), "
	    "ifnull((SELECT max(closed_ms) FROM refunds), 0), "
	    "ifnull((SELECT max(updated_ms) FROM payments), 0), "
	    "ifnull((SELECT max(seen_ms) FROM cancellations), 0))) "
	    "INSERT INTO freezes (cause, until_ms, since_ms, created_ms) "
	    "SELECT 'restore', ?1 + ?2, "
	    "max(min(ms, ?1) - " SPARE ", " BEGINNING "), ?1 FROM newest "
	    "WHERE true ON CONFLICT (cause) DO UPDATE SET "
	    "until_ms = excluded.until_ms, "
	    "since_ms = min(since_ms, excluded.since_ms), "
	    "created_ms = excluded.created_ms";
	sqlite3_stmt *statement;
	struct query query;
	enum fault f;

	if (sqlite3_prepare_v2(db, insert, -1, &statement, NULL) != SQLITE_OK)
		return query_fault(db, note);
	query = query_begin(db, statement);
	query_put_int(&query, clock_now_ms(what->clock));
	query_put_int(&query, what->freeze_ms);
	f = query_end(&query, query_run(&query, note), note);
	(void)sqlite3_finalize(statement);
	return f;
}

/*
 * The old book can't say what its operator had: he may have frozen refunds, or
 * rejected what awaits approval in the backup.  He has to look.
 */
static enum fault
freeze_for_operator(sqlite3 *db, struct fault_note *note)
{
	return store_sqlite_file_run(db,
	    "INSERT INTO trail (at_ms, act, actor) "
	    "SELECT created_ms, 'frozen', 'restore' FROM freezes "
	    "WHERE cause = 'restore' AND NOT EXISTS "
	    "(SELECT 1 FROM freezes WHERE cause = 'operator'); "
	    "INSERT OR IGNORE INTO freezes (cause, created_ms) "
	    "SELECT 'operator', created_ms FROM freezes "
	    "WHERE cause = 'restore'",
	    note);
}

static enum fault
stage(const struct store_sqlite_restore *what, struct staged *staged,
    struct fault_note *note)
{
	sqlite3 *backup = NULL;
	int n = snprintf(staged->name, sizeof(staged->name),
	    "%s.restore-XXXXXX", what->path);
	enum fault f;

	if (n < 0 || (size_t)n >= sizeof(staged->name)) {
		staged->name[0] = '\0';
		return fault_set(note, FAULT_INPUT, "path too long");
	}
	f = store_sqlite_file_open(what->file, false, &backup, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_sound(backup, note);
	if (f == FAULT_NONE)
		f = store_sqlite_copy_make(
		    backup, staged->name, &what->watch, &staged->db, note);
	(void)sqlite3_close(backup);
	if (f != FAULT_NONE)
		staged->name[0] = '\0';
	return f;
}

static void
unstage(struct staged *staged)
{
	(void)sqlite3_close(staged->db);
	if (staged->name[0] != '\0')
		store_sqlite_copy_remove(staged->name);
}

/* ---- what is there now ------------------------------------------------- */

/* SQLite could not read it, or read it and found it wrong; not: no memory. */
static bool
is_damage(sqlite3 *db)
{
	int code = sqlite3_errcode(db) & 0xff;

	return code == SQLITE_NOTADB || code == SQLITE_CORRUPT ||
	    code == SQLITE_OK;
}

/* A damaged database has nothing to say about whose it is. */
static enum fault
look_at(sqlite3 *db, enum place *ret_place, struct fault_note *note)
{
	int64_t n;
	enum fault f = store_sqlite_file_number(
	    db, "SELECT count(*) FROM sqlite_schema", &n, note);

	if (f == FAULT_NONE)
		f = store_sqlite_file_sound(db, note);
	if (f == FAULT_NONE)
		*ret_place = PLACE_SOUND;
	else if (f == FAULT_STORE && is_damage(db))
		*ret_place = PLACE_DAMAGED;
	else
		return f;
	return FAULT_NONE;
}

static bool
has_none(sqlite3 *db, const char *count)
{
	struct fault_note note;
	int64_t n = 1;

	return store_sqlite_file_number(db, count, &n, &note) == FAULT_NONE &&
	    n == 0;
}

static enum fault
look(const char *path, enum place *ret_place, bool *ret_is_empty,
    struct fault_note *note)
{
	sqlite3 *db = NULL;
	struct stat st;
	enum fault f;

	*ret_is_empty = false;
	if (stat(path, &st) != 0) {
		if (errno != ENOENT)
			return io_fault(path, note);
		*ret_place = PLACE_MISSING;
		return FAULT_NONE;
	}
	f = store_sqlite_file_connect(path, true, &db, note);
	if (f == FAULT_NONE)
		f = look_at(db, ret_place, note);
	if (f == FAULT_NONE && *ret_place == PLACE_SOUND)
		*ret_is_empty =
		    has_none(db, "SELECT count(*) FROM sqlite_schema");
	(void)sqlite3_close(db);
	/* Another program's database is none to write over. */
	if (f == FAULT_NONE && *ret_place == PLACE_SOUND && !*ret_is_empty) {
		f = store_sqlite_file_open(path, true, &db, note);
		if (f == FAULT_NONE)
			(void)sqlite3_close(db);
	}
	return f;
}

/* ---- into a sound database --------------------------------------------- */

/*
 * Both books at hand: what would be lost, and whose freeze has to stay.  One
 * without payments and trail was made in the place of one that is gone.
 */
static enum fault
compare_books(const struct store_sqlite_restore *what, sqlite3 *present,
    bool *ret_is_new, struct fault_note *note)
{
	int64_t n = 0;
	enum fault f = store_sqlite_file_number(present,
	    "SELECT count(*) FROM main.refunds WHERE NOT EXISTS "
	    "(SELECT 1 FROM staged.refunds AS held "
	    "WHERE held.id = main.refunds.id AND "
	    /* An operator's word is in no history of i'mport's. */
	    "(held.state <> 'awaiting_approval' OR "
	    "main.refunds.state = 'awaiting_approval'))",
	    &n, note);

	if (f == FAULT_NONE && n > 0 && !what->is_forced)
		return fault_set(note, FAULT_INPUT,
		    "%.120s: holds refunds, or words on them, that the backup "
		    "does not: %lld; if they may go, say --force",
		    what->path, (long long)n);
	if (f == FAULT_NONE)
		f = store_sqlite_file_run(present,
		    "INSERT OR IGNORE INTO staged.freezes "
		    "SELECT * FROM main.freezes WHERE cause = 'operator'",
		    note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_number(present,
		    "SELECT (SELECT count(*) FROM main.payments) + "
		    "(SELECT count(*) FROM main.trail)",
		    &n, note);
	*ret_is_new = f == FAULT_NONE && n == 0;
	return f;
}

static enum fault
merge_freezes(const struct store_sqlite_restore *what, struct staged *staged,
    bool *ret_is_new, struct fault_note *note)
{
	sqlite3 *present = NULL;
	sqlite3_stmt *attach = NULL;
	struct query query;
	enum fault f = store_sqlite_file_open(what->path, true, &present, note);

	if (f != FAULT_NONE)
		return f;
	if (sqlite3_prepare_v2(present, "ATTACH ? AS staged", -1, &attach,
		NULL) != SQLITE_OK) {
		f = query_fault(present, note);
	} else {
		query = query_begin(present, attach);
		query_put_text(&query, staged->name);
		f = query_end(&query, query_run(&query, note), note);
	}
	(void)sqlite3_finalize(attach);
	if (f == FAULT_NONE)
		f = compare_books(what, present, ret_is_new, note);
	(void)sqlite3_close(present);
	return f;
}

/*
 * Writers are kept out by the lock they queue at from before the comparison
 * until the new content is there, and until_ms counts from within, so no refund
 * of the old book was journalled after it.
 */
static enum fault
pour(const struct store_sqlite_restore *what, bool is_empty,
    struct staged *staged, bool *ret_is_mute, struct fault_note *note)
{
	sqlite3 *present = NULL;
	int lock = -1;
	enum fault f = file_lock_open(what->path, &lock, note);

	if (f == FAULT_NONE)
		f = file_lock_take(lock, WAIT_MS, note);
	*ret_is_mute = is_empty;
	if (f == FAULT_NONE && !is_empty)
		f = merge_freezes(what, staged, ret_is_mute, note);
	if (f == FAULT_NONE)
		f = write_freeze(what, staged->db, note);
	if (f == FAULT_NONE && *ret_is_mute)
		f = freeze_for_operator(staged->db, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_connect(what->path, true, &present, note);
	if (f == FAULT_NONE)
		f = store_sqlite_file_run(present,
		    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
		    note);
	if (f == FAULT_NONE)
		f = store_sqlite_copy_pages(
		    staged->db, present, WAIT_MS, &what->watch, note);
	(void)sqlite3_close(present);
	if (lock >= 0)
		(void)close(lock);
	return f;
}

/* ---- in the place of a file -------------------------------------------- */

/* Who has a database open in WAL mode holds a lock on it all the time. */
static enum fault
check_unused(const char *path, struct fault_note *note)
{
	struct flock flock = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = SHARED_FIRST,
		.l_len = SHARED_SIZE };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	enum fault f = FAULT_NONE;

	if (fd < 0)
		return io_fault(path, note);
	if (fcntl(fd, F_GETLK, &flock) != 0)
		f = io_fault(path, note);
	else if (flock.l_type != F_UNLCK)
		f = fault_set(note, FAULT_INPUT,
		    "%.120s: damaged, and in use by process %ld; stop "
		    "cancelpay "
		    "first",
		    path, (long)flock.l_pid);
	(void)close(fd);
	return f;
}

/* PATH.broken, or the first of PATH.broken.1 ... that is free. */
static enum fault
find_aside(const char *path, char *ret_aside, struct fault_note *note)
{
	int i, n;

	for (i = 0; i < 1000; i++) {
		n = i == 0 ? snprintf(ret_aside, STORE_SQLITE_ASIDE_SIZE,
				 "%s.broken", path)
			   : snprintf(ret_aside, STORE_SQLITE_ASIDE_SIZE,
				 "%s.broken.%d", path, i);
		if (n < 0 || n >= STORE_SQLITE_ASIDE_SIZE)
			return fault_set(note, FAULT_INPUT, "path too long");
		if (access(ret_aside, F_OK) != 0)
			return FAULT_NONE;
	}
	return fault_set(
	    note, FAULT_INPUT, "%.180s: too many damaged ones", path);
}

/* A WAL left behind would be taken for the new file's. */
static enum fault
move_aside(const char *path, const char *aside, struct fault_note *note)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char from[PATH_MAX], to[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(from, sizeof(from), "%s%s", path, ends[i]);
		(void)snprintf(to, sizeof(to), "%s%s", aside, ends[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			return io_fault(from, note);
	}
	return FAULT_NONE;
}

/* Restored by root, the file stays the web server's user's. */
static enum fault
keep_owner(const char *path, const char *name, struct fault_note *note)
{
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) != 0)
		return FAULT_NONE;
	return chown(name, st.st_uid, st.st_gid) == 0 ? FAULT_NONE
						      : io_fault(name, note);
}

static enum fault
place_file(const struct store_sqlite_restore *what, enum place place,
    struct staged *staged, struct store_sqlite_restored *ret,
    struct fault_note *note)
{
	char aside[STORE_SQLITE_ASIDE_SIZE];
	enum fault f = FAULT_NONE;

	if (place == PLACE_DAMAGED)
		f = check_unused(what->path, note);
	if (f == FAULT_NONE)
		f = write_freeze(what, staged->db, note);
	if (f == FAULT_NONE)
		f = freeze_for_operator(staged->db, note);
	(void)sqlite3_close(staged->db);
	staged->db = NULL;
	if (f == FAULT_NONE)
		f = keep_owner(what->path, staged->name, note);
	if (f == FAULT_NONE)
		f = find_aside(what->path, aside, note);
	if (f == FAULT_NONE)
		f = move_aside(what->path, aside, note);
	if (f == FAULT_NONE && place == PLACE_DAMAGED)
		memcpy(ret->aside, aside, sizeof(aside));
	if (f == FAULT_NONE)
		f = store_sqlite_copy_name(staged->name, what->path, note);
	ret->is_mute = true;
	return f;
}

enum fault
store_sqlite_restore(const struct store_sqlite_restore *what,
    struct store_sqlite_restored *ret, struct fault_note *note)
{
	struct staged staged = { .db = NULL };
	enum place place = PLACE_SOUND;
	bool is_empty = false;
	enum fault f = look(what->path, &place, &is_empty, note);

	*ret = (struct store_sqlite_restored){ 0 };
	if (f == FAULT_NONE)
		f = stage(what, &staged, note);
	if (f == FAULT_NONE && place == PLACE_SOUND)
		f = pour(what, is_empty, &staged, &ret->is_mute, note);
	else if (f == FAULT_NONE)
		f = place_file(what, place, &staged, ret, note);
	ret->is_mute = ret->is_mute && f == FAULT_NONE;
	unstage(&staged);
	return f;
}
