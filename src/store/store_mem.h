/* SPDX-License-Identifier: MIT */
/*
 * The store in memory, for tests: keeps the same promises as store_sqlite but
 * that of being there tomorrow, and fails on demand.
 */
#ifndef STORE_STORE_MEM_H
#define STORE_STORE_MEM_H

#include "core/fault.h"
#include "port/store.h"

struct store_mem;

enum fault store_mem_new(
    struct store_mem **ret_store, struct fault_note *note) MUST_CHECK;

/* store_mem_free: NULL is fine. */
void store_mem_free(struct store_mem *store);

/*
 * store_mem_copy: another store with the same rows, for a caller who wants to
 * try what happens next; no transaction is open in either.
 */
enum fault store_mem_copy(const struct store_mem *from,
    struct store_mem **ret_store, struct fault_note *note) MUST_CHECK;

/* store_mem_port: good until the store is freed. */
struct store store_mem_port(struct store_mem *store);

/*
 * store_mem_fail: the nth call of an op that can fail, counted from now and 1
 * being the next, does nothing and returns fault; 0 takes that back.
 */
void store_mem_fail(struct store_mem *store, long nth, enum fault fault);

/* store_mem_calls: calls of ops that can fail, since the store was made. */
long store_mem_calls(const struct store_mem *store);

#endif
