/* SPDX-License-Identifier: MIT */
/*
 * A merchant_uid may repeat over attempts to pay.
 */
#include "app/order.h"

enum fault
order_payment(const struct store *store, const char *merchant_uid,
    struct payment *ret_payment, size_t *ret_n_paid, struct fault_note *note)
{
	struct payment payments[SAME_ORDER_MAX];
	size_t n, chosen;
	enum fault f;

	f = store_payments_of(store, merchant_uid, payments, &n, note);
	if (f != FAULT_NONE)
		return f;
	if (n == 0)
		return fault_set(note, FAULT_ABSENT, "no such order");
	*ret_n_paid = payment_choose(payments, n, &chosen);
	*ret_payment = payments[chosen];
	return FAULT_NONE;
}
