/* SPDX-License-Identifier: MIT */
/*
 * Payment: what the customer paid, as a plain value, and what may be said of it
 * without asking anybody.
 */
#ifndef CORE_PAYMENT_H
#define CORE_PAYMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/money.h"

/* Sizes with NUL.  Source: doc/provider-v1.md "Field lengths". */
#define IMP_UID_SIZE         33
#define MERCHANT_UID_CHARS   40
#define MERCHANT_UID_SIZE    161 /* 40 characters of at most four bytes */
#define PAY_METHOD_SIZE      33
#define PG_PROVIDER_SIZE     33
#define CANCELLATION_ID_SIZE 65

enum payment_status {
	PAYMENT_READY, /* not paid yet, or a virtual account still empty */
	PAYMENT_PAID,
	PAYMENT_CANCELLED, /* also after a partial cancel: V1 has no "partial"
			    */
	PAYMENT_FAILED,
	PAYMENT__COUNT
};

struct payment {
	char imp_uid[IMP_UID_SIZE];
	char merchant_uid[MERCHANT_UID_SIZE];
	int64_t amount;        /* 1 to MONEY_MAX */
	int64_t cancel_amount; /* 0 to amount: i'mport's word, never a sum */
	const struct currency *currency;
	char pay_method[PAY_METHOD_SIZE];   /* i'mport's word, "" = unknown */
	char pg_provider[PG_PROVIDER_SIZE]; /* the same */
	enum payment_status status;
	int64_t paid_at; /* UNIX seconds, 0 = unknown */
};

/* payment_status_name: i'mport's own word; payment_status_find: back again. */
const char *payment_status_name(enum payment_status status);
bool payment_status_find(const char *name, enum payment_status *ret_status);

/* payment_refundable: the balance that may still go back; the checksum. */
int64_t payment_refundable(const struct payment *payment);

/*
 * payment_is_paid: money has come in, even if all of it went back since.  A
 * virtual account cancelled before its deposit is cancelled and was never paid.
 */
bool payment_is_paid(const struct payment *payment);

/*
 * payment_is_async: code 0 for a cancel of this payment may mean "taken", not
 * "done".  Source: doc/provider-v1.md "Code 0 that is not the end".
 */
bool payment_is_async(const struct payment *payment);

/*
 * payment_choose: of an order's payments (1 or more) the one that was paid, or
 * the first if none was.  Returns how many were paid: with two or more nobody
 * can tell which one is meant.
 */
size_t payment_choose(
    const struct payment *payments, size_t n, size_t *ret_chosen);

/* payment_is_vbank: the customer paid into a virtual account. */
bool payment_is_vbank(const struct payment *payment);

/*
 * payment_wants_tel: i'mport asks for the account holder's telephone too.
 * Source: doc/provider-v1.md "Refund account".
 */
bool payment_wants_tel(const struct payment *payment);

/*
 * payment_has_next_month: once its month is over, its PG gives it back to a
 * bank account, where the shop has a contract for that.
 * Source: doc/provider-v1.md "What goes back how".
 */
bool payment_has_next_month(const struct payment *payment);

/*
 * payment_is_cancellable: i'mport's cancel is of use for it.  One we know
 * nothing of is.  Source: as above.
 */
bool payment_is_cancellable(const struct payment *payment);

/*
 * payment_is_whole_only: its PG gives no part of it back.
 * payment_parts_max: how many parts it gives back at most; 0 = any number.
 * Source: as above.
 */
bool payment_is_whole_only(const struct payment *payment);
size_t payment_parts_max(const struct payment *payment);

/*
 * payment_wants_tax_free, payment_wants_vat: its PG has to be told how much of
 * a refund is free of tax, or is VAT, if the sale had such a part; of a part of
 * the payment, or of all of it.
 * Source: doc/provider-v1.md "Tax".
 */
bool payment_wants_tax_free(const struct payment *payment, bool is_part);
bool payment_wants_vat(const struct payment *payment, bool is_part);

#endif
