/* SPDX-License-Identifier: MIT */
/*
 * One run of a prepared SQLite statement: parameters are bound in order, rows
 * stepped through, columns taken in order.
 *
 * The one idea: binding and taking cannot fail on the spot.  A column that does
 * not fit is remembered and told by query_end, so a row is read in a straight
 * line and believed only when query_end has said that it is whole.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "core/fault.h"

struct query {
	sqlite3 *db;
	sqlite3_stmt *statement; /* NULL: db has refused to prepare it */
	int at;                  /* the parameter or column used last */
	enum fault fault;
};

/* query_fault: the fault and the note for what db has just refused. */
enum fault query_fault(sqlite3 *db, struct fault_note *note);

/*
 * query_begin: keeps the statement, which nobody else may be running.  NULL is
 * what db has just failed to prepare: query_step says why.
 */
struct query query_begin(sqlite3 *db, sqlite3_stmt *statement);

/*
 * The next parameter.  Text is borrowed until query_end.  Where a column says
 * "none" by NULL, query_put_word and query_put_some make it of "" and 0.
 */
void query_put_null(struct query *query);
void query_put_int(struct query *query, int64_t value);
void query_put_some(struct query *query, int64_t value);
void query_put_text(struct query *query, const char *text);
void query_put_word(struct query *query, const char *text);
void query_put_bytes(struct query *query, const void *bytes, size_t len);

/* query_step: on to the next row, if there is one. */
enum fault query_step(
    struct query *query, bool *ret_has_row, struct fault_note *note) MUST_CHECK;

/* query_run: to the end, for statements without rows. */
enum fault query_run(struct query *query, struct fault_note *note) MUST_CHECK;

/* The next column; NULL is 0 or "" (all zero bytes). */
bool query_is_null(const struct query *query);
int64_t query_take_int(struct query *query);
int32_t query_take_int32(struct query *query);
void query_take_text(struct query *query, char *ret_text, size_t size);
void query_take_bytes(struct query *query, void *ret_bytes, size_t len);

/* query_spoil: what was taken last is no word we know. */
void query_spoil(struct query *query);

/*
 * query_end: the statement is free again.  fault is what has happened so far
 * and is returned; FAULT_NONE becomes FAULT_STORE or FAULT_NOMEM when a row was
 * not whole.
 */
enum fault query_end(
    struct query *query, enum fault fault, struct fault_note *note) MUST_CHECK;

#endif
