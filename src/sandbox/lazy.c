/* SPDX-License-Identifier: MIT */
/*
 * Either id tells n, and n tells both.
 */
#include "sandbox/lazy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 12

/* The number after a prefix: 1 to DIGITS digits, and nothing after them. */
static bool
parse(const char *uid, const char *prefix, unsigned long long *ret_n)
{
	size_t skip = strlen(prefix), len;

	if (strncmp(uid, prefix, skip) != 0)
		return false;
	len = strspn(uid + skip, "0123456789");
	if (len == 0 || len > DIGITS || uid[skip + len] != '\0')
		return false;
	*ret_n = strtoull(uid + skip, NULL, 10);
	return true;
}

/* ORD-7, not ORD-07: an order has one name. */
static bool
parse_uid(const char *uid, unsigned long long *ret_n)
{
	if (parse(uid, "ORD-", ret_n))
		return uid[4] != '0';
	return parse(uid, "imp_", ret_n) && strlen(uid) == 4 + DIGITS &&
	    *ret_n > 0;
}

enum fault
lazy_summon(struct world *world, const char *uid, int64_t now_ms,
    struct fault_note *note)
{
	struct payment payment = {
		.amount = world->options.lazy_amount,
		.currency = currency_find("KRW"),
		.status = PAYMENT_PAID,
		.paid_at = now_ms / 1000,
	};
	struct book_payment *made;
	unsigned long long n;

	if (payment.amount == 0 || uid == NULL || !parse_uid(uid, &n))
		return FAULT_NONE;
	(void)snprintf(
	    payment.merchant_uid, sizeof(payment.merchant_uid), "ORD-%llu", n);
	(void)snprintf(
	    payment.imp_uid, sizeof(payment.imp_uid), "imp_%012llu", n);
	if (book_find(world->book, payment.imp_uid) != NULL ||
	    book_find_order(world->book, payment.merchant_uid) != NULL)
		return FAULT_NONE;
	return world_add(world, &payment, NULL, now_ms, &made, note);
}
