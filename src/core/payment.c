/* SPDX-License-Identifier: MIT */
/*
 * What follows from a payment's own fields.  What its method and PG can do is
 * one table of traits; a PG that has no row is left to say no for itself.
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

#define KSNET_PARTS_MAX 9

enum trait {
	TRAIT_ASYNC,         /* code 0 may mean "taken" */
	TRAIT_TEL,           /* the account holder's telephone is wanted */
	TRAIT_NEXT_MONTH,    /* to a bank account once the month is over */
	TRAIT_NO_CANCEL,     /* i'mport's cancel does not do it */
	TRAIT_WHOLE,         /* no parts */
	TRAIT_PHONE_PARTS,   /* parts, though it is a phone payment */
	TRAIT_NINE_PARTS,    /* and no more */
	TRAIT_TAX_FREE,      /* a missing tax_free is not 0 */
	TRAIT_TAX_FREE_PART, /* the same, of a part */
	TRAIT_VAT,           /* VAT that was given has to be given back */
	TRAIT_VAT_PART       /* the same, of a part */
};

/*
 * "" matches any method.
 * Source: doc/provider-v1.md "Code 0 that is not the end", "Refund account",
 * "What goes back how", "Tax".
 */
/* clang-format off */
static const struct {
	enum trait trait;
	const char *pg_provider;
	const char *pay_method;
} traits[] = {
	{ TRAIT_ASYNC, "smartro_v2", "vbank" },
	{ TRAIT_ASYNC, "paypal_v2", "" },
	{ TRAIT_ASYNC, "paymentwall", "" },
	{ TRAIT_ASYNC, "kicc", "wechat" },
	{ TRAIT_TEL, "smartro", "vbank" },
	{ TRAIT_TEL, "smartro_v2", "vbank" },
	{ TRAIT_TEL, "smartro_v2", "trans" },
	{ TRAIT_NEXT_MONTH, "kcp", "phone" },
	{ TRAIT_NO_CANCEL, "danal", "vbank" },
	{ TRAIT_NO_CANCEL, "danal_tpay", "vbank" },
	{ TRAIT_NO_CANCEL, "naverco", "" },
	{ TRAIT_WHOLE, "tosspayments", "cultureland" },
	{ TRAIT_WHOLE, "tosspayments", "culturegift" },
	{ TRAIT_WHOLE, "tosspayments", "smartculture" },
	{ TRAIT_WHOLE, "tosspayments", "booknlife" },
	{ TRAIT_WHOLE, "tosspayments", "happymoney" },
	{ TRAIT_WHOLE, "daou", "cultureland" },
	{ TRAIT_WHOLE, "daou", "culturegift" },
	{ TRAIT_WHOLE, "daou", "smartculture" },
	{ TRAIT_WHOLE, "daou", "booknlife" },
	{ TRAIT_WHOLE, "daou", "happymoney" },
	{ TRAIT_WHOLE, "mobilians", "cultureland" },
	{ TRAIT_WHOLE, "mobilians", "culturegift" },
	{ TRAIT_WHOLE, "mobilians", "smartculture" },
	{ TRAIT_WHOLE, "mobilians", "booknlife" },
	{ TRAIT_WHOLE, "mobilians", "happymoney" },
	{ TRAIT_PHONE_PARTS, "html5_inicis", "phone" },
	{ TRAIT_PHONE_PARTS, "inicis", "phone" },
	{ TRAIT_PHONE_PARTS, "inicis_unified", "phone" },
	{ TRAIT_PHONE_PARTS, "kcp", "phone" },
	{ TRAIT_NINE_PARTS, "ksnet", "" },
	{ TRAIT_TAX_FREE, "kcp", "" },
	{ TRAIT_TAX_FREE, "kcp_quick", "" },
	{ TRAIT_TAX_FREE, "kicc", "" },
	{ TRAIT_TAX_FREE, "nice", "" },
	{ TRAIT_TAX_FREE, "payco", "" },
	{ TRAIT_TAX_FREE, "welcome", "" },
	{ TRAIT_TAX_FREE_PART, "smartro_v2", "" },
	{ TRAIT_VAT, "nice", "" },
	{ TRAIT_VAT, "nice_v2", "" },
	{ TRAIT_VAT, "html5_inicis", "" },
	{ TRAIT_VAT, "welcome", "" },
	{ TRAIT_VAT_PART, "tosspay_v2", "" },
};
/* clang-format on */

static bool
has_trait(const struct payment *payment, enum trait trait)
{
	size_t i;

	for (i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
		if (traits[i].trait == trait &&
		    strcmp(payment->pg_provider, traits[i].pg_provider) == 0 &&
		    (traits[i].pay_method[0] == '\0' ||
			strcmp(payment->pay_method, traits[i].pay_method) == 0))
			return true;
	}
	return false;
}

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
	return has_trait(payment, TRAIT_ASYNC);
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
	return has_trait(payment, TRAIT_TEL);
}

bool
payment_has_next_month(const struct payment *payment)
{
	return has_trait(payment, TRAIT_NEXT_MONTH);
}

bool
payment_is_cancellable(const struct payment *payment)
{
	return !has_trait(payment, TRAIT_NO_CANCEL);
}

/* A phone payment without a PG may be one of those that have parts. */
bool
payment_is_whole_only(const struct payment *payment)
{
	if (strcmp(payment->pay_method, "phone") == 0)
		return payment->pg_provider[0] != '\0' &&
		    !has_trait(payment, TRAIT_PHONE_PARTS);
	return has_trait(payment, TRAIT_WHOLE);
}

size_t
payment_parts_max(const struct payment *payment)
{
	return has_trait(payment, TRAIT_NINE_PARTS) ? KSNET_PARTS_MAX : 0;
}

bool
payment_wants_tax_free(const struct payment *payment, bool is_part)
{
	return has_trait(payment, TRAIT_TAX_FREE) ||
	    (is_part && has_trait(payment, TRAIT_TAX_FREE_PART));
}

bool
payment_wants_vat(const struct payment *payment, bool is_part)
{
	return has_trait(payment, TRAIT_VAT) ||
	    (is_part && has_trait(payment, TRAIT_VAT_PART));
}
