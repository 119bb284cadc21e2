/* SPDX-License-Identifier: MIT */
/*
 * What follows from a payment's own fields.
 */
#include "core/payment.h"

#include <string.h>

static const char *const status_names[] = {
	[PAYMENT_READY] = "ready",
	[PAYMENT_PAID] = "paid",
	[PAYMENT_CANCELLED] = "cancelled",
	[PAYMENT_FAILED] = "failed",
};
_Static_assert(sizeof(status_names) / sizeof(status_names[0]) == PAYMENT__COUNT,
    "every status has a name");

/* "" matches any. */
static const struct {
	const char *pg_provider;
	const char *pay_method;
} async_methods[] = {
	{ "smartro_v2", "vbank" },
	{ "paypal_v2", "" },
	{ "paymentwall", "" },
	{ "kicc", "wechat" },
};

const char *
payment_status_name(enum payment_status status)
{
	return (unsigned)status < PAYMENT__COUNT ? status_names[status] : "?";
}

bool
payment_status_find(const char *name, enum payment_status *ret_status)
{
	int i;

	for (i = 0; i < PAYMENT__COUNT; i++) {
		if (strcmp(status_names[i], name) == 0) {
			*ret_status = (enum payment_status)i;
			return true;
		}
	}
	return false;
}

int64_t
payment_refundable(const struct payment *payment)
{
	return payment->amount - payment->cancel_amount;
}

bool
payment_is_paid(const struct payment *payment)
{
	return payment->status == PAYMENT_PAID ||
	    (payment->status == PAYMENT_CANCELLED &&
		(payment->paid_at != 0 || payment->cancel_amount != 0));
}

bool
payment_is_async(const struct payment *payment)
{
	size_t i;

	for (i = 0; i < sizeof(async_methods) / sizeof(async_methods[0]); i++) {
		if (strcmp(payment->pg_provider,
			async_methods[i].pg_provider) == 0 &&
		    (async_methods[i].pay_method[0] == '\0' ||
			strcmp(payment->pay_method,
			    async_methods[i].pay_method) == 0))
			return true;
	}
	return false;
}

size_t
payment_choose(const struct payment *payments, size_t n, size_t *ret_chosen)
{
	size_t i, n_paid = 0;

	*ret_chosen = 0;
	for (i = 0; i < n; i++) {
		if (payment_is_paid(&payments[i])) {
			*ret_chosen = i;
			n_paid++;
		}
	}
	return n_paid;
}

bool
payment_is_vbank(const struct payment *payment)
{
	return strcmp(payment->pay_method, "vbank") == 0;
}

bool
payment_wants_tel(const struct payment *payment)
{
	if (strcmp(payment->pg_provider, "smartro") == 0)
		return payment_is_vbank(payment);
	if (strcmp(payment->pg_provider, "smartro_v2") == 0)
		return payment_is_vbank(payment) ||
		    strcmp(payment->pay_method, "trans") == 0;
	return false;
}
