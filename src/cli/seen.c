/* SPDX-License-Identifier: MIT */
/*
 * A table in a temporary database of SQLite's: without a name it is a file that
 * has no name either.
 */
#include "cli/seen.h"

#include <stdbool.h>
#include <stdlib.h>

#include <sqlite3.h>

/* 8 MB of memory; nothing here has to outlive a crash. */
#define MAKE                                                                   \
	"PRAGMA cache_size = -8000; PRAGMA journal_mode = OFF; "               \
	"PRAGMA synchronous = OFF; "                                           \
	"CREATE TABLE seen (imp_uid TEXT PRIMARY KEY, line INTEGER) "          \
	"WITHOUT ROWID; BEGIN"

struct seen {
	sqlite3 *db;
	sqlite3_stmt *add, *find;
};

static enum fault
fail(struct seen *seen, struct fault_note *note)
{
	return fault_set(note,
	    sqlite3_errcode(seen->db) == SQLITE_NOMEM ? FAULT_NOMEM : FAULT_IO,
	    "a temporary file: %s", sqlite3_errmsg(seen->db));
}

enum fault
seen_open(struct seen **ret_seen, struct fault_note *note)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	enum fault f;

	if (seen == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory to import");
	if (sqlite3_open("", &seen->db) == SQLITE_OK &&
	    sqlite3_exec(seen->db, MAKE, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(seen->db,
		"INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING", -1,
		&seen->add, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(seen->db,
		"SELECT line FROM seen WHERE imp_uid = ?", -1, &seen->find,
		NULL) == SQLITE_OK) {
		*ret_seen = seen;
		return FAULT_NONE;
	}
	f = fail(seen, note);
	seen_close(seen);
	return f;
}

static bool
insert(struct seen *seen, const char *imp_uid, uint64_t line)
{
	return sqlite3_bind_text(seen->add, 1, imp_uid, -1, SQLITE_STATIC) ==
	    SQLITE_OK &&
	    sqlite3_bind_int64(seen->add, 2, (sqlite3_int64)line) ==
	    SQLITE_OK &&
	    sqlite3_step(seen->add) == SQLITE_DONE &&
	    sqlite3_reset(seen->add) == SQLITE_OK;
}

enum fault
seen_add(struct seen *seen, const char *imp_uid, uint64_t line,
    uint64_t *ret_line, struct fault_note *note)
{
	if (!insert(seen, imp_uid, line))
		return fail(seen, note);
	*ret_line = 0;
	if (sqlite3_changes(seen->db) > 0)
		return FAULT_NONE;
	if (sqlite3_bind_text(seen->find, 1, imp_uid, -1, SQLITE_STATIC) !=
		SQLITE_OK ||
	    sqlite3_step(seen->find) != SQLITE_ROW)
		return fail(seen, note);
	*ret_line = (uint64_t)sqlite3_column_int64(seen->find, 0);
	(void)sqlite3_reset(seen->find);
	return FAULT_NONE;
}

void
seen_close(struct seen *seen)
{
	if (seen == NULL)
		return;
	(void)sqlite3_finalize(seen->add);
	(void)sqlite3_finalize(seen->find);
	(void)sqlite3_close(seen->db);
	free(seen);
}
