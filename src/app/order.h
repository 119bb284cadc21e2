/* SPDX-License-Identifier: MIT */
/*
 * Order: the payment a merchant_uid means.
 */
#ifndef APP_ORDER_H
#define APP_ORDER_H

#include "port/store.h"

/*
 * order_payment: the one that was paid; of an order none of whose payments was
 * paid, the first.  *ret_n_paid tells how many were: with two or more nobody
 * can say which one is meant.  FAULT_ABSENT: none in our book.
 */
enum fault MUST_CHECK order_payment(const struct store *store,
    const char *merchant_uid, struct payment *ret_payment, size_t *ret_n_paid,
    struct fault_note *note);

#endif
