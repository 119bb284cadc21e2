/* SPDX-License-Identifier: MIT */
/*
 * What every store promises (port/store.h), as tests over any of them.
 */
#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port/store.h"

/* Makes an empty store before each test and takes it away afterwards. */
struct contract_maker {
	void (*make)(struct contract_maker *maker);
	void (*unmake)(struct contract_maker *maker);
	struct store store; /* made */
	void *own;          /* the maker's */
};

/*
 * contract_run: the promises, then the store's own tests (more), as one group;
 * *state of every test is the maker.  The number of failures.
 */
int contract_run(const char *name, struct contract_maker *maker,
    const struct CMUnitTest *more, size_t n_more);

/* Setup and teardown for the store's own tests that want it made. */
int contract_setup(void **state);
int contract_teardown(void **state);

/* Paid in won by card, order "order-1". */
struct payment contract_payment(const char *imp_uid, int64_t amount);
/* In flight, written at 1000 ms, deadline 2000 ms. */
struct refund_record contract_refund(
    const char *id, const char *imp_uid, int64_t amount, int64_t checksum);
/* The same, closed at 3000 ms. */
struct refund_record contract_succeeded(
    const struct refund_record *record, const char *cancellation_id);
struct refund_record contract_failed(
    const struct refund_record *record, enum intent_failure failure);

/* In a transaction of its own, which has to go well. */
void contract_put_payment(const struct store *store, const char *imp_uid);
void contract_put_refund(
    const struct store *store, const struct refund_record *record);

#endif
