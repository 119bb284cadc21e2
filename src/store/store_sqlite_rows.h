/* SPDX-License-Identifier: MIT */
/*
 * Our structs as rows: what is bound to a statement of store_sqlite_sql.h and
 * what is taken from its columns.  An unknown word spoils the query.
 */
#ifndef STORE_STORE_SQLITE_ROWS_H
#define STORE_STORE_SQLITE_ROWS_H

#include "port/store.h"
#include "store/query.h"

void store_sqlite_rows_put_payment(
    struct query *query, const struct payment *payment);
void store_sqlite_rows_take_payment(
    struct query *query, struct payment *payment);

void store_sqlite_rows_take_entry(
    struct query *query, struct book_entry *entry);

/* Who wanted what, which never changes, and how far it has come. */
void store_sqlite_rows_put_wish(
    struct query *query, const struct refund_record *record);
void store_sqlite_rows_put_course(
    struct query *query, const struct refund_record *record);
void store_sqlite_rows_take_refund(
    struct query *query, struct refund_record *record);

void store_sqlite_rows_put_trail(
    struct query *query, const struct trail_entry *entry);
void store_sqlite_rows_take_trail(
    struct query *query, struct trail_entry *entry);

#endif
