/* SPDX-License-Identifier: MIT */
/*
 * The checks in the order in which i'mport, then the PG, would make them.
 * Source: doc/provider-v1.md "Cancel", "Failures".
 */
#include "sandbox/cancel.h"

#include <string.h>

#include "core/civil.h"

#define PG_FAILED "결제취소에 실패하였습니다. "

/* Documented: KSNET carries out nine partial cancels of a payment. */
#define KSNET_PARTIALS 9

/* A PG's own words are only that PG's: others say that they are invented. */
static const struct {
	int code;
	const char *message;
	const char *pgs[3]; /* whose words they are; none: i'mport's */
	const char *others; /* invented, for the other PGs */
} answers[] = {
	[CANCEL_YES] = { 0, NULL },
	[CANCEL_LATER] = { 0, NULL },
	/* Observed: the end of the sentence; the rest and the code invented. */
	[CANCEL_NO_UID] = { 1,
	    "[sandbox] imp_uid 또는 merchant_uid를 지정해주셔야합니다." },
	/* Observed, code and text. */
	[CANCEL_UNKNOWN] = { 1, "취소할 결제건이 존재하지 않습니다." },
	[CANCEL_ALL_GONE] = { 1, "이미 전액취소된 주문입니다." },
	/* Invented. */
	[CANCEL_NOT_PAID] = { 1,
	    "[sandbox] the payment is not paid (invented text)" },
	/* Documented PG text; the code is inferred. */
	[CANCEL_NO_DEPOSIT] = { -1,
	    PG_FAILED "요청하신 건에 대해 입금된 내역이 없습니다",
	    { "tosspayments", "uplus" },
	    PG_FAILED "[sandbox] nothing was paid in yet (invented text)" },
	/* Documented that it fails; code inferred, text invented. */
	[CANCEL_CHECKSUM] = { 1,
	    "[sandbox] checksum differs from what is left (invented text)" },
	/* Code observed, text invented. */
	[CANCEL_OVER] = { 1,
	    "[sandbox] amount is more than what is left (invented text)" },
	/* Documented PG text [500826]; the code is inferred. */
	[CANCEL_OVER_AT_PG] = { -1,
	    PG_FAILED "[500826|취소 요청 금액이 잔액보다 큼]",
	    { "html5_inicis", "inicis", "inicis_unified" },
	    PG_FAILED "[sandbox] more than is left (invented text)" },
	/* Documented that they are required; code and texts invented. */
	[CANCEL_NO_ACCOUNT] = { 1,
	    "[sandbox] refund_holder, refund_bank and refund_account are "
	    "required (invented text)" },
	[CANCEL_NO_TEL] = { 1,
	    "[sandbox] refund_tel is required (invented text)" },
	/* Documented that each PG has codes of its own; the rest invented. */
	[CANCEL_NO_BANK] = { -1,
	    PG_FAILED
	    "[sandbox] refund_bank is no code of this PG (invented)" },
	/* Documented that Danal can't; code and text invented. */
	[CANCEL_NO_VBANK] = { -1,
	    PG_FAILED
	    "[sandbox] danal refunds no virtual accounts (invented)" },
	/* Documented that Naver Pay wants them; codes and texts invented. */
	[CANCEL_NO_REASON] = { 1,
	    "[sandbox] reason is required for naverpay (invented text)" },
	[CANCEL_NO_REQUESTER] = { 1,
	    "[sandbox] extra.requester is required for naverpay (invented "
	    "text)" },
	/* Documented that it has a route of its own; the rest invented. */
	[CANCEL_NAVERCO] = { 1,
	    "[sandbox] naverco is cancelled by "
	    "/payments/{imp_uid}/naver/cancel "
	    "(invented text)" },
	/* Inferred, with the text invented. */
	[CANCEL_TAX] = { 1,
	    "[sandbox] tax_free and vat_amount are more than the amount "
	    "(invented text)" },
	/* Documented that they are barred; code inferred, text invented. */
	[CANCEL_NO_PARTIAL] = { -1,
	    PG_FAILED "[sandbox] no partial cancels here (invented text)" },
	/* Documented that KSNET carries out nine; code inferred, text invented.
	 */
	[CANCEL_TOO_MANY] = { -1,
	    PG_FAILED "[sandbox] too many partial cancels (invented text)" },
	/* Documented PG text (Toss phone 225); the code is inferred. */
	[CANCEL_OTHER_MONTH] = { -1, PG_FAILED "구매 취소 기간이 지났습니다.",
	    { "tosspayments", "uplus" },
	    PG_FAILED "[sandbox] paid in another month (invented text)" },
	/* Documented that KCP refuses it as 8345; the text is invented. */
	[CANCEL_SAME_MONTH] = { -1,
	    PG_FAILED
	    "[sandbox] 8345: a refund account only helps from the next "
	    "month on (invented text)" },
};
_Static_assert(sizeof(answers) / sizeof(answers[0]) == CANCEL__COUNT,
    "every verdict has an answer");

int
cancel_code(enum cancel_verdict verdict)
{
	return answers[verdict].code;
}

const char *
cancel_message(enum cancel_verdict verdict, const char *pg_provider)
{
	const char *const *pgs = answers[verdict].pgs;
	size_t i;

	if (pgs[0] == NULL)
		return answers[verdict].message;
	for (i = 0; i < 3 && pgs[i] != NULL; i++) {
		if (strcmp(pgs[i], pg_provider) == 0)
			return answers[verdict].message;
	}
	return answers[verdict].others;
}

static bool
is_pg(const struct book_payment *payment, const char *name)
{
	return strcmp(payment->is.pg_provider, name) == 0;
}

static bool
is_method(const struct book_payment *payment, const char *name)
{
	return strcmp(payment->is.pay_method, name) == 0;
}

/* Methods whose cancel is only taken: the money moves later. */
static bool
is_slow(const struct book_payment *payment)
{
	return (is_pg(payment, "smartro_v2") && is_method(payment, "vbank")) ||
	    (is_pg(payment, "kicc") && is_method(payment, "wechat")) ||
	    is_pg(payment, "paypal_v2") || is_pg(payment, "paymentwall");
}

/* Money in a virtual account can't go back the way it came. */
static enum cancel_verdict
judge_account(
    const struct book_payment *payment, const struct cancel_wish *wish)
{
	bool vbank = is_method(payment, "vbank");
	bool smartro_v2 = is_pg(payment, "smartro_v2") &&
	    (vbank || is_method(payment, "trans"));

	if (vbank && (is_pg(payment, "danal") || is_pg(payment, "danal_tpay")))
		return CANCEL_NO_VBANK;
	if ((vbank || smartro_v2) && !wish->has_account)
		return CANCEL_NO_ACCOUNT;
	if ((vbank || smartro_v2 || is_method(payment, "phone")) &&
	    wish->is_bank_unknown)
		return CANCEL_NO_BANK;
	if ((smartro_v2 || (vbank && is_pg(payment, "smartro"))) &&
	    !wish->has_tel)
		return CANCEL_NO_TEL;
	return CANCEL_YES;
}

static enum cancel_verdict
judge_naver(const struct book_payment *payment, const struct cancel_wish *wish)
{
	if (is_pg(payment, "naverco"))
		return CANCEL_NAVERCO;
	if (!is_pg(payment, "naverpay"))
		return CANCEL_YES;
	if (!wish->has_reason)
		return CANCEL_NO_REASON;
	return wish->has_requester ? CANCEL_YES : CANCEL_NO_REQUESTER;
}

/*
 * A phone payment goes back within its month, except KCP's by its refund to a
 * bank account, which in turn is for other months only.
 */
static enum cancel_verdict
judge_month(const struct book_payment *payment, const struct cancel_wish *wish,
    int64_t now_s)
{
	bool by_account = is_pg(payment, "kcp") && wish->has_account;

	if (!is_method(payment, "phone"))
		return CANCEL_YES;
	if (civil_is_same_month(
		civil_seoul(payment->is.paid_at), civil_seoul(now_s)))
		return by_account ? CANCEL_SAME_MONTH : CANCEL_YES;
	return by_account ? CANCEL_YES : CANCEL_OTHER_MONTH;
}

/* Phones of most PGs, and vouchers of some, only go back whole. */
static bool
bars_partial(const struct book_payment *payment)
{
	static const char *const phone[] = { "html5_inicis", "inicis",
		"inicis_unified", "kcp" };
	static const char *const vouchers[] = { "cultureland", "culturegift",
		"smartculture", "booknlife", "happymoney" };
	size_t i;

	if (is_method(payment, "phone")) {
		for (i = 0; i < sizeof(phone) / sizeof(phone[0]); i++) {
			if (is_pg(payment, phone[i]))
				return false;
		}
		return true;
	}
	if (!is_pg(payment, "tosspayments") && !is_pg(payment, "daou") &&
	    !is_pg(payment, "mobilians"))
		return false;
	for (i = 0; i < sizeof(vouchers) / sizeof(vouchers[0]); i++) {
		if (is_method(payment, vouchers[i]))
			return true;
	}
	return false;
}

static enum cancel_verdict
judge_partial(const struct book_payment *payment, int64_t amount)
{
	if (amount == payment->is.amount)
		return CANCEL_YES;
	if (bars_partial(payment))
		return CANCEL_NO_PARTIAL;
	return is_pg(payment, "ksnet") && payment->n >= KSNET_PARTIALS
	    ? CANCEL_TOO_MANY
	    : CANCEL_YES;
}

static enum cancel_verdict
judge_paid(const struct book_payment *payment)
{
	if (payment->is.status == PAYMENT_PAID)
		return book_left(payment) > 0 ? CANCEL_YES : CANCEL_ALL_GONE;
	return payment->is.status == PAYMENT_READY &&
		is_method(payment, "vbank")
	    ? CANCEL_NO_DEPOSIT
	    : CANCEL_NOT_PAID;
}

/* What was left before all cancels younger than so much. */
static int64_t
left_before(const struct book_payment *payment, int64_t since_ms)
{
	int64_t left = book_left(payment);
	size_t i;

	for (i = payment->n; i > 0 && payment->cancels[i - 1].at_ms >= since_ms;
	     i--)
		left += payment->cancels[i - 1].amount;
	return left;
}

static bool
is_checksum_good(const struct book_payment *payment,
    const struct cancel_wish *wish, int64_t now_ms)
{
	return !wish->has_checksum || wish->checksum == book_left(payment) ||
	    (wish->blind_ms > 0 &&
		wish->checksum ==
		    left_before(payment, now_ms - wish->blind_ms));
}

/* What a person at the console is not asked. */
static enum cancel_verdict
judge_call(const struct book_payment *payment, const struct cancel_wish *wish,
    int64_t now_ms)
{
	enum cancel_verdict verdict = judge_naver(payment, wish);

	if (verdict != CANCEL_YES)
		return verdict;
	return is_checksum_good(payment, wish, now_ms)
	    ? judge_account(payment, wish)
	    : CANCEL_CHECKSUM;
}

/* What the PG says to an amount that i'mport passed. */
static enum cancel_verdict
judge_pg(const struct book_payment *payment, const struct cancel_wish *wish,
    int64_t amount, int64_t now_ms)
{
	enum cancel_verdict verdict = judge_month(payment, wish, now_ms / 1000);

	if (verdict == CANCEL_YES)
		verdict = judge_partial(payment, amount);
	if (verdict == CANCEL_YES &&
	    amount > book_left(payment) - payment->taken)
		verdict = CANCEL_OVER_AT_PG;
	return verdict;
}

enum cancel_verdict
cancel_judge(const struct book_payment *payment, const struct cancel_wish *wish,
    bool is_console, int64_t now_ms, int64_t *ret_amount)
{
	int64_t left = book_left(payment);
	int64_t amount = wish->amount == 0 ? left : wish->amount;
	enum cancel_verdict verdict = judge_paid(payment);

	if (verdict == CANCEL_YES && !is_console)
		verdict = judge_call(payment, wish, now_ms);
	if (verdict == CANCEL_YES && amount > left)
		verdict = CANCEL_OVER;
	if (verdict == CANCEL_YES && wish->tax > amount)
		verdict = CANCEL_TAX;
	if (verdict == CANCEL_YES)
		verdict = judge_pg(payment, wish, amount, now_ms);
	if (verdict != CANCEL_YES)
		return verdict;
	*ret_amount = amount;
	return is_slow(payment) && !is_console ? CANCEL_LATER : CANCEL_YES;
}
