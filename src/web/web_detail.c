/* SPDX-License-Identifier: MIT */
/*
 * What a field takes is known without a payment (web_fields.c), but not how
 * many decimals an amount may have, how much is left, which banks a PG has, or
 * if a reason is needed.  A sentence is a field's name, its want, and in
 * brackets the currency.
 */
#include "web/web_detail.h"

#include "core/bank.h"
#include "core/refund.h"
#include "web/web_fields.h"
#include "web/web_text.h"

#define EXPONENT_MAX 3 /* core/money.h */

/* What an amount has to be; how it is written follows. */
static const struct web_text want_amount = {
	"must be above 0 and",
	"값은 0보다 커야 하며",
};
static const struct web_text want_tax_free = {
	"must be at most the amount refunded less vat_amount and",
	"값은 환불 금액에서 vat_amount를 뺀 금액 이하여야 하며",
};
static const struct web_text want_vat = {
	"must be at most the amount refunded less tax_free and",
	"값은 환불 금액에서 tax_free를 뺀 금액 이하여야 하며",
};
/* By the currency's exponent. */
static const struct web_text written[EXPONENT_MAX + 1] = {
	{ "a whole number, not a string",
	    "문자열이 아닌 정수로 보내야 합니다" },
	{ "have at most 1 decimal", "소수점 아래 1자리까지만 쓸 수 있습니다" },
	{ "have at most 2 decimals", "소수점 아래 2자리까지만 쓸 수 있습니다" },
	{ "have at most 3 decimals", "소수점 아래 3자리까지만 쓸 수 있습니다" },
};
static const struct web_text want_refundable = {
	"must be at most what can still be refunded",
	"값은 환불 가능 금액 이하여야 합니다",
};
static const struct web_text want_allowed = {
	"must be at most what you may ask for",
	"값은 요청하실 수 있는 금액 이하여야 합니다",
};
static const struct web_text want_whole = {
	"must be left out or be the whole amount",
	"항목은 빼거나 전액으로 보내야 합니다",
};
static const struct web_text want_rest = {
	"must be left out or be all that is left",
	"항목은 빼거나 남은 금액 전부로 보내야 합니다",
};
static const struct web_text want_stated = {
	"is required for this payment; where there is no such part, send 0",
	"항목은 이 결제에 반드시 있어야 합니다. 해당 금액이 없으면 0을 보내야 "
	"합니다",
};
static const struct web_text want_bank = {
	"must be a bank code of this payment's PG",
	"값은 이 결제를 처리한 PG의 은행코드여야 합니다",
};
static const struct web_text want_reason = {
	"is required by this shop",
	"항목은 이 상점에서 반드시 있어야 합니다",
};

/* "tax_free must be at most the amount refunded and ... (KRW)." */
static enum fault
add_amount(struct buf *detail, const char *field, const struct web_text *want,
    const struct currency *currency, const char *language,
    struct fault_note *note)
{
	return buf_printf(detail, note, " %s %s %s (%s).", field,
	    web_text_in(want, language),
	    web_text_in(&written[currency->exponent], language),
	    currency->code);
}

/* "cancel_request_amount must be ... (7500 KRW)." */
static enum fault
add_most(struct buf *detail, const char *field, const struct web_text *want,
    int64_t most, const struct currency *currency, const char *language,
    struct fault_note *note)
{
	char text[MONEY_TEXT_SIZE];

	money_format(most, currency, text);
	return buf_printf(detail, note, " %s %s (%s %s).", field,
	    web_text_in(want, language), text, currency->code);
}

/* "refund_bank must be ... (html5_inicis): 04 KB Kookmin, 23 SC First." */
static enum fault
add_banks(struct buf *detail, const char *field, const char *pg_provider,
    const char *language, struct fault_note *note)
{
	struct web_text name;
	struct bank bank;
	enum fault f;
	size_t i;

	f = buf_printf(detail, note, " %s %s (%s)", field,
	    web_text_in(&want_bank, language), pg_provider);
	for (i = 0; f == FAULT_NONE && bank_at(pg_provider, i, &bank); i++) {
		name = (struct web_text){ bank.en, bank.ko };
		f = buf_printf(detail, note, "%s %s %s", i == 0 ? ":" : ",",
		    bank.code, web_text_in(&name, language));
	}
	if (f == FAULT_NONE)
		f = buf_add_text(detail, ".", note);
	return f;
}

/* What the amount has to be for this result. */
static enum fault
add_request_amount(struct buf *detail, const char *field,
    const struct refund_result *result, const char *language,
    struct fault_note *note)
{
	const struct currency *currency = result->payment.currency;
	int64_t left = payment_refundable(&result->payment);

	if (result->code == RESULT_AMOUNT_EXCEEDS)
		return add_most(detail, field, &want_refundable, left, currency,
		    language, note);
	if (result->code == RESULT_WHOLE_ONLY)
		return add_most(
		    detail, field, &want_whole, left, currency, language, note);
	if (result->code == RESULT_PARTS_USED)
		return add_most(
		    detail, field, &want_rest, left, currency, language, note);
	if (result->code == RESULT_FORBIDDEN ||
	    result->code == RESULT_LIMIT_EXCEEDED)
		return add_most(detail, field, &want_allowed, result->most,
		    currency, language, note);
	return add_amount(
	    detail, field, &want_amount, currency, language, note);
}

/* Only a payment at hand makes a result point at fields. */
static enum fault
add_want(struct buf *detail, enum refund_field bit,
    const struct refund_result *result, const char *language,
    struct fault_note *note)
{
	const struct web_text *want;
	const char *field = web_fields_name(bit, &want);

	switch (bit) {
	case REFUND_FIELD_AMOUNT:
		return add_request_amount(
		    detail, field, result, language, note);
	case REFUND_FIELD_TAX_FREE:
	case REFUND_FIELD_VAT:
		want = bit == REFUND_FIELD_VAT ? &want_vat : &want_tax_free;
		if ((result->missing & bit) == 0)
			return add_amount(detail, field, want,
			    result->payment.currency, language, note);
		want = &want_stated;
		break;
	case REFUND_FIELD_REASON:
		want = &want_reason;
		break;
	case REFUND_FIELD_BANK:
		if ((result->missing & bit) == 0)
			return add_banks(detail, field,
			    result->payment.pg_provider, language, note);
		break;
	case REFUND_FIELD_HOLDER:
	case REFUND_FIELD_ACCOUNT:
	case REFUND_FIELD_TEL:
		break;
	}
	return buf_printf(
	    detail, note, " %s %s.", field, web_text_in(want, language));
}

enum fault
web_detail_of_result(const struct refund_result *result, const char *language,
    struct buf *detail, struct fault_note *note)
{
	const struct web_text_answer *answer = web_text_of_result(result->code);
	enum fault f;
	unsigned bit;

	f = buf_add_text(detail, web_text_in(&answer->detail, language), note);
	for (bit = 1; bit <= REFUND_FIELD_AMOUNT; bit <<= 1) {
		if (f == FAULT_NONE && result->has_payment &&
		    (result->fields & bit) != 0)
			f = add_want(detail, (enum refund_field)bit, result,
			    language, note);
	}
	return f;
}

enum fault
web_detail_of_refusal(enum web_refusal refusal, const char *field,
    const struct web_text *want, const char *language, struct buf *detail,
    struct fault_note *note)
{
	const struct web_text_answer *answer = web_text_of_refusal(refusal);

	if (field == NULL || want == NULL)
		return buf_add_text(
		    detail, web_text_in(&answer->detail, language), note);
	return buf_printf(
	    detail, note, "%s %s.", field, web_text_in(want, language));
}
