/* SPDX-License-Identifier: MIT */
/*
 * The rules of a refund, in the order in which a person would ask them.
 */
#include "core/refund.h"

#include <string.h>

#include "core/bank.h"

static const char *const verdict_names[] = {
	[REFUND_ALLOWED] = "allowed",
	[REFUND_NOT_PAID] = "not_paid",
	[REFUND_ALREADY_REFUNDED] = "already_refunded",
	[REFUND_IN_PROGRESS] = "in_progress",
	[REFUND_EXCEEDS] = "exceeds",
	[REFUND_UNSUPPORTED] = "unsupported",
	[REFUND_MONTH_CLOSED] = "month_closed",
	[REFUND_WHOLE_ONLY] = "whole_only",
	[REFUND_PARTS_USED] = "parts_used",
	[REFUND_ACCOUNT_REQUIRED] = "account_required",
	[REFUND_FIELD_INVALID] = "field_invalid",
	[REFUND_LIMITED] = "limited",
	[REFUND_NEEDS_APPROVAL] = "needs_approval",
};
_Static_assert(
    sizeof(verdict_names) / sizeof(verdict_names[0]) == REFUND__COUNT,
    "every verdict has a name");

static const char *const month_rule_names[] = {
	[MONTH_RULE_PHONE] = "phone",
	[MONTH_RULE_ALL] = "all",
	[MONTH_RULE_OFF] = "off",
};
_Static_assert(
    sizeof(month_rule_names) / sizeof(month_rule_names[0]) == MONTH_RULE__COUNT,
    "every month rule has a name");

const char *
refund_verdict_name(enum refund_verdict verdict)
{
	return (unsigned)verdict < REFUND__COUNT ? verdict_names[verdict] : "?";
}

bool
month_rule_find(const char *name, enum month_rule *ret_rule)
{
	int i;

	for (i = 0; i < MONTH_RULE__COUNT; i++) {
		if (strcmp(month_rule_names[i], name) == 0) {
			*ret_rule = (enum month_rule)i;
			return true;
		}
	}
	return false;
}

/* A payment whose time we don't know is left to its PG. */
static bool
is_of_this_month(const struct payment *payment, struct civil_date today)
{
	return payment->paid_at == 0 ||
	    civil_is_same_month(civil_seoul(payment->paid_at), today);
}

/*
 * "If the month of payment and the month of refund differ, even a full refund
 * is impossible": the guide's note on mobile-phone payments.
 */
static bool
is_month_closed(const struct payment *payment, enum month_rule rule,
    struct civil_date today)
{
	bool is_bound = rule == MONTH_RULE_ALL ||
	    (rule == MONTH_RULE_PHONE &&
		strcmp(payment->pay_method, "phone") == 0);

	return is_bound && !is_of_this_month(payment, today);
}

/* By its contract with KCP the shop refunds it to a bank account. */
static bool
is_next_month(const struct payment *payment, const struct refund_policy *policy,
    struct civil_date today)
{
	return policy->has_kcp_next_month && payment_has_next_month(payment) &&
	    !is_of_this_month(payment, today);
}

/*
 * A part that went back before shows that this PG, or this contract, has
 * parts, whatever our table says; and the last part, all that is left, is left
 * to the PG.
 */
static enum refund_verdict
judge_part(const struct payment *payment, const struct refund_past *past,
    int64_t amount)
{
	size_t most = payment_parts_max(payment);

	if (amount == payment_refundable(payment))
		return REFUND_ALLOWED;
	if (payment->cancel_amount == 0 && payment_is_whole_only(payment))
		return REFUND_WHOLE_ONLY;
	if (most != 0 && past->n_cancels >= most)
		return REFUND_PARTS_USED;
	return REFUND_ALLOWED;
}

/* A virtual account has no way back: the customer has to name an account. */
static unsigned
account_fields(const struct payment *payment, bool by_account)
{
	unsigned wanted = 0;

	if (by_account || payment_is_vbank(payment) ||
	    payment_wants_tel(payment))
		wanted = REFUND_FIELD_HOLDER | REFUND_FIELD_BANK |
		    REFUND_FIELD_ACCOUNT;
	if (payment_wants_tel(payment))
		wanted |= REFUND_FIELD_TEL;
	return wanted;
}

unsigned
refund_account_fields(const struct payment *payment)
{
	return account_fields(payment, false);
}

/* Fields that are not there, though the shop or the PG wants them. */
static unsigned
missing_fields(const struct payment *payment, const struct refund_wish *wish,
    int64_t amount, const struct refund_policy *policy)
{
	bool is_part = amount < payment->amount;
	unsigned wanted = 0;

	if (policy->is_reason_required)
		wanted |= REFUND_FIELD_REASON;
	if (policy->is_tax_free_required &&
	    payment_wants_tax_free(payment, is_part))
		wanted |= REFUND_FIELD_TAX_FREE;
	if (policy->is_vat_required && payment_wants_vat(payment, is_part))
		wanted |= REFUND_FIELD_VAT;
	return wanted & ~wish->given;
}

/*
 * Tax-free part and VAT are parts of the amount that have nothing in common.
 * A bank matters only where an account does: of other payments i'mport looks at
 * none.
 */
static unsigned
wrong_fields(const struct payment *payment, const struct refund_wish *wish,
    int64_t amount, const struct refund_policy *policy)
{
	unsigned fields = 0;

	if (wish->tax_free > amount - wish->vat) {
		if (wish->tax_free > 0)
			fields |= REFUND_FIELD_TAX_FREE;
		if (wish->vat > 0)
			fields |= REFUND_FIELD_VAT;
	}
	if (policy->is_bank_checked && (wish->given & REFUND_FIELD_BANK) != 0 &&
	    account_fields(payment, payment_has_next_month(payment)) != 0 &&
	    !bank_is_of(payment->pg_provider, wish->bank))
		fields |= REFUND_FIELD_BANK;
	return fields;
}

static struct refund_decision
no(struct refund_decision decision, enum refund_verdict verdict,
    unsigned fields)
{
	decision.verdict = verdict;
	decision.fields = fields;
	return decision;
}

/* What a request has to hold, once it is clear that it may be. */
static struct refund_decision
judge_fields(struct refund_decision decision, const struct payment *payment,
    const struct refund_wish *wish, const struct refund_policy *policy,
    bool by_account)
{
	unsigned fields = account_fields(payment, by_account) & ~wish->given;

	if (policy->is_account_required && fields != 0)
		return no(decision, REFUND_ACCOUNT_REQUIRED, fields);
	fields = missing_fields(payment, wish, decision.amount, policy);
	fields |= wrong_fields(payment, wish, decision.amount, policy);
	if (fields != 0)
		return no(decision, REFUND_FIELD_INVALID, fields);
	return decision;
}

struct refund_decision
refund_decide(const struct payment *payment, const struct refund_past *past,
    const struct refund_wish *wish, const struct refund_policy *policy,
    struct civil_date today)
{
	struct refund_decision decision = { .verdict = REFUND_ALLOWED };
	bool by_account = is_next_month(payment, policy, today);
	enum refund_verdict part;

	decision.checksum = payment_refundable(payment);
	decision.amount = wish->is_whole ? decision.checksum : wish->amount;
	if (!payment_is_paid(payment))
		return no(decision, REFUND_NOT_PAID, 0);
	if (decision.checksum == 0)
		return no(decision, REFUND_ALREADY_REFUNDED, 0);
	if (past->has_unfinished)
		return no(decision, REFUND_IN_PROGRESS, 0);
	/* i'mport would take 0 as "everything". */
	if (decision.amount < 1)
		return no(decision, REFUND_FIELD_INVALID, REFUND_FIELD_AMOUNT);
	if (decision.amount > decision.checksum)
		return no(decision, REFUND_EXCEEDS, REFUND_FIELD_AMOUNT);
	if (policy->is_method_checked && !payment_is_cancellable(payment))
		return no(decision, REFUND_UNSUPPORTED, 0);
	if (!by_account && is_month_closed(payment, policy->month_rule, today))
		return no(decision, REFUND_MONTH_CLOSED, 0);
	part = judge_part(payment, past, decision.amount);
	if (policy->is_part_checked && part != REFUND_ALLOWED)
		return no(decision, part, REFUND_FIELD_AMOUNT);
	return judge_fields(decision, payment, wish, policy, by_account);
}

/* What a limit leaves of itself; an amount in another currency is beyond it. */
static int64_t
left_of(int64_t limit, int64_t used, const struct payment *payment)
{
	if (limit == 0)
		return MONEY_MAX;
	if (strcmp(payment->currency->code, "KRW") != 0 || used >= limit)
		return 0;
	return limit - used;
}

enum refund_verdict
refund_limit(const struct payment *payment, int64_t amount,
    const struct refund_policy *policy, const struct refund_given *given,
    int64_t *ret_most)
{
	int64_t once = left_of(policy->per_refund_limit, 0, payment);
	int64_t today = left_of(policy->per_day_limit, given->today, payment);
	/* Of the payment, or who asks for it in parts would need nobody. */
	int64_t alone =
	    left_of(policy->approval_threshold, given->unapproved, payment);

	*ret_most = amount > once ? once : 0;
	if (amount > once || amount > today)
		return REFUND_LIMITED;
	return amount > alone ? REFUND_NEEDS_APPROVAL : REFUND_ALLOWED;
}
