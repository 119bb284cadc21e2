/* SPDX-License-Identifier: MIT */
/*
 * Refund: may this much of this payment go back, today?  READ THIS FILE FIRST.
 *
 * A refund is a wish until refund_decide has said how much and against which
 * balance; only then is it written down (core/intent.h) and asked of i'mport.
 * A "no" is a verdict with its reason, not a fault.
 */
#ifndef CORE_REFUND_H
#define CORE_REFUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/civil.h"
#include "core/payment.h"

enum refund_verdict {
	REFUND_ALLOWED,
	REFUND_NOT_PAID,         /* the money never came in */
	REFUND_ALREADY_REFUNDED, /* nothing is left */
	REFUND_IN_PROGRESS,      /* another refund of it has not ended */
	REFUND_EXCEEDS,          /* more than is left */
	REFUND_UNSUPPORTED,      /* i'mport's cancel does not reach it */
	REFUND_MONTH_CLOSED,     /* paid in another calendar month */
	REFUND_WHOLE_ONLY,       /* its PG gives no part of it back */
	REFUND_PARTS_USED,       /* or no more parts */
	REFUND_ACCOUNT_REQUIRED, /* where to? fields says what is missing */
	REFUND_FIELD_INVALID,    /* fields says which ones, and nothing else */
	REFUND_LIMITED,          /* more than the shop lets go at once */
	REFUND_NEEDS_APPROVAL,   /* somebody has to say yes first */
	REFUND__COUNT
};

/* Fields of a request a verdict may point at; a set of bits. */
enum refund_field {
	REFUND_FIELD_REASON = 1 << 0,
	REFUND_FIELD_HOLDER = 1 << 1,
	REFUND_FIELD_BANK = 1 << 2,
	REFUND_FIELD_ACCOUNT = 1 << 3,
	REFUND_FIELD_TEL = 1 << 4,
	REFUND_FIELD_TAX_FREE = 1 << 5,
	REFUND_FIELD_VAT = 1 << 6,
	REFUND_FIELD_AMOUNT = 1 << 7
};

/* Which payments can't be refunded once the month has changed. */
enum month_rule {
	MONTH_RULE_PHONE, /* mobile-phone payments: the carrier has billed */
	MONTH_RULE_ALL,   /* every payment, the English guide to the letter */
	MONTH_RULE_OFF,
	MONTH_RULE__COUNT
};

/* What a shop lets its desk check; doc/cancelpay.conf.5 has the defaults. */
struct refund_policy {
	enum month_rule month_rule;
	bool has_kcp_next_month;   /* a contract: to an account, next month */
	bool is_method_checked;    /* what i'mport can't cancel is refused */
	bool is_part_checked;      /* parts a PG does not give are refused */
	bool is_account_required;  /* where the PG wants one */
	bool is_bank_checked;      /* the bank's code is one of the PG's */
	bool is_tax_free_required; /* where none is not 0 to the PG */
	bool is_vat_required;      /* the same */
	bool is_reason_required;
	/* In won, and for payments in won: any other currency is beyond a limit
	 * that is set.  0 = none. */
	int64_t per_refund_limit;   /* of each one by itself */
	int64_t per_day_limit;      /* of all refunds of a day in Seoul */
	int64_t approval_threshold; /* more of a payment wants an approval */
};

/* What was asked for before and has not failed, as the limits count it. */
struct refund_given {
	int64_t today;      /* of payments in won, all together */
	int64_t unapproved; /* of this payment, and nobody has approved it */
};

/* What has been refunded of the payment before. */
struct refund_past {
	bool has_unfinished;
	size_t n_cancels; /* as i'mport's history has them */
};

/* What the caller wants.  Amounts in the payment currency's smallest unit. */
struct refund_wish {
	bool is_whole;    /* no amount named: all that is refundable */
	int64_t amount;   /* 1 to MONEY_MAX; not looked at when is_whole */
	int64_t tax_free; /* part of the amount; 0 = none named */
	int64_t vat;      /* the same */
	const char *bank; /* refund_bank; not looked at unless given has it */
	unsigned given;   /* REFUND_FIELD_* that came, as bits */
};

struct refund_decision {
	enum refund_verdict verdict;
	int64_t amount;   /* to give back; 1 or more when allowed */
	int64_t checksum; /* the balance it is decided against */
	unsigned fields;  /* REFUND_FIELD_* bits the verdict is about */
};

/*
 * refund_decide: how much of a payment may go back today.
 *
 * past->has_unfinished: some refund of this payment is in flight, pending,
 * unknown, under review or awaits approval; whoever holds the payment's lock
 * knows.  A payment has at most one such refund, because its balance is
 * uncertain until it has ended.
 * today is the date at the shop.  Borrows everything; never fails.
 * Source: doc/design.md "What may be refunded".
 */
struct refund_decision refund_decide(const struct payment *payment,
    const struct refund_past *past, const struct refund_wish *wish,
    const struct refund_policy *policy, struct civil_date today);

/*
 * refund_account_fields: REFUND_FIELD_* bits of the account a refund of the
 * payment has to name whatever the day, 0 when the money goes back the way it
 * came.  Source: doc/provider-v1.md "Refund account".
 */
unsigned refund_account_fields(const struct payment *payment);

/*
 * refund_limit: how far the shop lets a refund go that refund_decide has
 * allowed: REFUND_ALLOWED, REFUND_LIMITED or REFUND_NEEDS_APPROVAL.
 * *ret_most is how much may be given back at once when that is the limit, and
 * 0 when it is the day's, which is nobody's business but the shop's.
 * Source: doc/design.md "Limits".
 */
enum refund_verdict refund_limit(const struct payment *payment, int64_t amount,
    const struct refund_policy *policy, const struct refund_given *given,
    int64_t *ret_most);

/* Words of the configuration and of tests/cases. */
const char *refund_verdict_name(enum refund_verdict verdict);
bool month_rule_find(const char *name, enum month_rule *ret_rule);

#endif
