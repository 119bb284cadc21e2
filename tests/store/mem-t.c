/* SPDX-License-Identifier: MIT */
/*
 * The store in memory keeps the promises, and fails when told to.
 */
#include "contract.h"

#include "store/store_mem.h"

static void
make(struct contract_maker *maker)
{
	struct store_mem *store;

	assert_int_equal(store_mem_new(&store, NULL), FAULT_NONE);
	maker->own = store;
	maker->store = store_mem_port(store);
}

static void
unmake(struct contract_maker *maker)
{
	store_mem_free(maker->own);
}

static void
nth_call_fails(void **state)
{
	struct contract_maker *maker = *state;
	const struct store *store = &maker->store;
	struct payment payment = contract_payment("imp_1", 10000);
	long calls = store_mem_calls(maker->own);

	store_mem_fail(maker->own, 2, FAULT_IO);
	assert_int_equal(store_begin(store, 0, NULL), FAULT_NONE);
	assert_int_equal(store_payment_put(store, &payment, 1, NULL), FAULT_IO);
	assert_int_equal(
	    store_payment_put(store, &payment, 1, NULL), FAULT_NONE);
	assert_int_equal(store_mem_calls(maker->own) - calls, 3);
	store_mem_fail(maker->own, 1, FAULT_BUSY);
	assert_int_equal(store_commit(store, NULL), FAULT_BUSY);
	assert_int_equal(
	    store_payment(store, "imp_1", &payment, NULL), FAULT_ABSENT);
	store_mem_fail(maker->own, 1, FAULT_IO);
	store_mem_fail(maker->own, 0, FAULT_IO);
	assert_int_equal(
	    store_payment(store, "imp_1", &payment, NULL), FAULT_ABSENT);
}

int
main(void)
{
	static const struct CMUnitTest own[] = {
		{ "the nth call fails, and a failed commit keeps nothing",
		    nth_call_fails, contract_setup, contract_teardown, NULL },
	};
	struct contract_maker maker = { .make = make, .unmake = unmake };

	return contract_run("store_mem", &maker, own, 1);
}
