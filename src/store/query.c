/* SPDX-License-Identifier: MIT */
/*
 * Binding by position and reading by position over sqlite3_stmt.
 */
#include "store/query.h"

#include <assert.h>
#include <string.h>

enum fault
query_fault(sqlite3 *db, struct fault_note *note)
{
	const char *path = sqlite3_db_filename(db, "main");
	enum fault f = FAULT_STORE;

	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		f = FAULT_BUSY;
		break;
	case SQLITE_NOMEM:
		f = FAULT_NOMEM;
		break;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		f = FAULT_IO;
		break;
	}
	return fault_set(note, f, "%s: %s", path != NULL ? path : "database",
	    sqlite3_errmsg(db));
}

struct query
query_begin(sqlite3 *db, sqlite3_stmt *statement)
{
	assert(!sqlite3_stmt_busy(statement));
	return (struct query){
		.db = db, .statement = statement, .fault = FAULT_NONE
	};
}

/* Binding fails only for a place or a statement that is not there. */
static void
check_bound(const struct query *query, int rc)
{
	assert(rc == SQLITE_OK || query->statement == NULL);
	(void)query;
	(void)rc;
}

void
query_put_null(struct query *query)
{
	check_bound(query, sqlite3_bind_null(query->statement, ++query->at));
}

void
query_put_int(struct query *query, int64_t value)
{
	check_bound(
	    query, sqlite3_bind_int64(query->statement, ++query->at, value));
}

void
query_put_some(struct query *query, int64_t value)
{
	if (value != 0)
		query_put_int(query, value);
	else
		query_put_null(query);
}

void
query_put_text(struct query *query, const char *text)
{
	check_bound(query,
	    sqlite3_bind_text(
		query->statement, ++query->at, text, -1, SQLITE_STATIC));
}

void
query_put_word(struct query *query, const char *text)
{
	if (text[0] != '\0')
		query_put_text(query, text);
	else
		query_put_null(query);
}

void
query_put_bytes(struct query *query, const void *bytes, size_t len)
{
	check_bound(query,
	    sqlite3_bind_blob64(
		query->statement, ++query->at, bytes, len, SQLITE_STATIC));
}

enum fault
query_step(struct query *query, bool *ret_has_row, struct fault_note *note)
{
	int rc;

	if (query->statement == NULL)
		return query_fault(query->db, note);
	rc = sqlite3_step(query->statement);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return query_fault(query->db, note);
	query->at = -1;
	*ret_has_row = rc == SQLITE_ROW;
	return FAULT_NONE;
}

enum fault
query_run(struct query *query, struct fault_note *note)
{
	bool has_row;

	return query_step(query, &has_row, note);
}

bool
query_is_null(const struct query *query)
{
	return sqlite3_column_type(query->statement, query->at + 1) ==
	    SQLITE_NULL;
}

int64_t
query_take_int(struct query *query)
{
	return sqlite3_column_int64(query->statement, ++query->at);
}

int32_t
query_take_int32(struct query *query)
{
	int64_t value = query_take_int(query);

	if (value < INT32_MIN || value > INT32_MAX) {
		query_spoil(query);
		return 0;
	}
	return (int32_t)value;
}

/*
 * The blob's face of a text is its UTF-8 without a NUL, and does not need
 * memory to be made.
 */
static size_t
take(struct query *query, void *bytes, size_t most)
{
	const void *held;
	size_t len;

	query->at++;
	held = sqlite3_column_blob(query->statement, query->at);
	len = (size_t)sqlite3_column_bytes(query->statement, query->at);
	if (held == NULL) {
		if (sqlite3_errcode(query->db) == SQLITE_NOMEM)
			query->fault = FAULT_NOMEM;
		return 0;
	}
	if (len > most) {
		query_spoil(query);
		return 0;
	}
	memcpy(bytes, held, len);
	return len;
}

void
query_take_text(struct query *query, char *ret_text, size_t size)
{
	ret_text[take(query, ret_text, size - 1)] = '\0';
}

void
query_take_bytes(struct query *query, void *ret_bytes, size_t len)
{
	if (take(query, ret_bytes, len) != len)
		memset(ret_bytes, 0, len);
}

void
query_spoil(struct query *query)
{
	if (query->fault == FAULT_NONE)
		query->fault = FAULT_STORE;
}

enum fault
query_end(struct query *query, enum fault fault, struct fault_note *note)
{
	(void)sqlite3_reset(query->statement);
	if (fault != FAULT_NONE || query->fault == FAULT_NONE)
		return fault;
	return fault_set(note, query->fault, "row unreadable in: %s",
	    sqlite3_sql(query->statement));
}
