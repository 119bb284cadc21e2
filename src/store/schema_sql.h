/* SPDX-License-Identifier: MIT */
/*
 * The text of the migrations in sql, version 1 first, made part of the program
 * by tools/sql2c.
 */
#ifndef STORE_SCHEMA_SQL_H
#define STORE_SCHEMA_SQL_H

struct schema_sql {
	int version; /* PRAGMA user_version after it has run */
	const char *text;
};

extern const struct schema_sql schema_sql[];
/* The newest version, which is also how many there are. */
extern const int schema_sql_version;

#endif
