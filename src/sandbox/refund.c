/* SPDX-License-Identifier: MIT */
/*
 * The parameters are read by a table of names and limits; amounts are read when
 * the payment, and so the currency, is known.
 * Source: doc/provider-v1.md "Cancel".
 */
#include "sandbox/refund.h"

#include <string.h>

#include "sandbox/banks.h"
#include "sandbox/refusal.h"

#define REASON_CHARS 256

enum field_kind {
	FIELD_TEXT,
	FIELD_AMOUNT,
	FIELD_BOOL,
	FIELD_REQUESTER
};

static const struct {
	const char *name;
	enum field_kind kind;
	size_t max_chars;
} fields[] = {
	{ "imp_uid", FIELD_TEXT, 32 },
	{ "merchant_uid", FIELD_TEXT, 40 },
	{ "amount", FIELD_AMOUNT, 0 },
	{ "tax_free", FIELD_AMOUNT, 0 },
	{ "vat_amount", FIELD_AMOUNT, 0 },
	{ "checksum", FIELD_AMOUNT, 0 },
	{ "reason", FIELD_TEXT, REASON_CHARS },
	{ "refund_holder", FIELD_TEXT, 16 },
	{ "refund_bank", FIELD_TEXT, 4 },
	{ "refund_account", FIELD_TEXT, 16 },
	{ "refund_tel", FIELD_TEXT, 16 },
	{ "retain_promotion", FIELD_BOOL, 0 },
	{ "enable_webhook", FIELD_BOOL, 0 },
	{ "escrow_confirmed", FIELD_BOOL, 0 },
	{ "extra[requester]", FIELD_REQUESTER, 0 },
};

/* Of several payments with one merchant_uid: the newest with money in it. */
static struct book_payment *
pick_order(struct book_payment *newest)
{
	struct book_payment *payment;

	for (payment = newest; payment != NULL; payment = payment->next) {
		if (payment->is.status == PAYMENT_PAID &&
		    book_left(payment) > 0)
			return payment;
	}
	return newest;
}

static bool
has_text(const struct params *params, const char *name)
{
	const char *text = params_get(params, name);

	return text != NULL && *text != '\0';
}

struct book_payment *
refund_target(const struct world *world, const struct params *params)
{
	if (has_text(params, "imp_uid"))
		return book_find(world->book, params_get(params, "imp_uid"));
	if (has_text(params, "merchant_uid"))
		return pick_order(book_find_order(
		    world->book, params_get(params, "merchant_uid")));
	return NULL;
}

/* An amount in usual notation; left out is 0 and no "has". */
static enum fault
read_amount(struct call *call, const char *name,
    const struct currency *currency, bool *ret_has, int64_t *ret_amount)
{
	const struct params_item *item = params_find(&call->params, name);

	*ret_has = item != NULL;
	*ret_amount = 0;
	if (item != NULL &&
	    !money_parse_loose(
		item->text, strlen(item->text), currency, ret_amount))
		return fault_set(&call->note, FAULT_INPUT,
		    "%s: not an amount in %s", name, currency->code);
	return FAULT_NONE;
}

static enum fault
check_bool(struct call *call, const char *name)
{
	static const char *const words[] = { "true", "false", "1", "0", "" };
	const char *text = params_get(&call->params, name);
	size_t i;

	if (text == NULL)
		return FAULT_NONE;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0)
			return FAULT_NONE;
	}
	return fault_set(
	    &call->note, FAULT_INPUT, "%s: neither true nor false", name);
}

static enum fault
check_requester(struct call *call, const char *name)
{
	const char *text = params_get(&call->params, name);

	if (text == NULL || *text == '\0' || strcmp(text, "customer") == 0 ||
	    strcmp(text, "admin") == 0)
		return FAULT_NONE;
	return fault_set(
	    &call->note, FAULT_INPUT, "%s: neither customer nor admin", name);
}

static enum fault
check_fields(struct call *call, const struct currency *currency)
{
	enum fault f = FAULT_NONE;
	const char *text;
	int64_t amount;
	bool has;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		switch (fields[i].kind) {
		case FIELD_TEXT:
			f = params_text(&call->params, fields[i].name,
			    fields[i].max_chars, &text, &call->note);
			break;
		case FIELD_AMOUNT:
			f = read_amount(
			    call, fields[i].name, currency, &has, &amount);
			break;
		case FIELD_BOOL:
			f = check_bool(call, fields[i].name);
			break;
		case FIELD_REQUESTER:
			f = check_requester(call, fields[i].name);
			break;
		}
		if (f != FAULT_NONE)
			return f;
	}
	return FAULT_NONE;
}

static bool
is_true(const struct params *params, const char *name)
{
	const char *text = params_get(params, name);

	return text != NULL &&
	    (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

static enum fault
read_amounts(struct call *call, const struct currency *currency,
    struct cancel_wish *wish)
{
	int64_t tax_free = 0, vat = 0;
	enum fault f;
	bool has;

	f = read_amount(call, "amount", currency, &has, &wish->amount);
	if (f == FAULT_NONE)
		f = read_amount(call, "checksum", currency, &wish->has_checksum,
		    &wish->checksum);
	if (f == FAULT_NONE)
		f = read_amount(call, "tax_free", currency, &has, &tax_free);
	if (f == FAULT_NONE)
		f = read_amount(call, "vat_amount", currency, &has, &vat);
	/* Each is at most MONEY_MAX, so the sum can't overflow. */
	wish->tax = tax_free + vat;
	return f;
}

static enum fault
read_wish(struct call *call, const struct book_payment *payment,
    struct cancel_wish *ret_wish)
{
	const struct currency *currency = payment->is.currency;
	const struct params *params = &call->params;
	struct cancel_wish wish = { .amount = 0 };
	enum fault f;

	f = check_fields(call, currency);
	if (f == FAULT_NONE)
		f = read_amounts(call, currency, &wish);
	if (f != FAULT_NONE)
		return f;
	wish.has_account = has_text(params, "refund_holder") &&
	    has_text(params, "refund_bank") &&
	    has_text(params, "refund_account");
	wish.is_bank_unknown = wish.has_account &&
	    !banks_has(
		payment->is.pg_provider, params_get(params, "refund_bank"));
	wish.has_tel = has_text(params, "refund_tel");
	wish.has_reason = has_text(params, "reason");
	wish.has_requester = has_text(params, "extra[requester]");
	wish.wants_webhook = is_true(params, "enable_webhook");
	wish.reason =
	    wish.has_reason ? params_get(params, "reason") : CANCEL_REASON;
	*ret_wish = wish;
	return FAULT_NONE;
}

/* payment: NULL where there is none. */
static enum fault
refuse(struct world *world, struct call *call,
    const struct book_payment *payment, enum cancel_verdict verdict)
{
	return call_error(call, world, 200, cancel_code(verdict),
	    cancel_message(
		verdict, payment == NULL ? "" : payment->is.pg_provider));
}

const char *
refund_draw(
    struct world *world, const struct book_payment *payment, int64_t amount)
{
	if (world->unsettled < 0)
		return NULL;
	if (amount > world->unsettled)
		return refusal_text(payment->is.pg_provider, "");
	world->unsettled -= amount;
	return NULL;
}

static enum fault
carry_out(struct world *world, struct call *call, struct book_payment *payment,
    struct cancel_wish *wish, int64_t now_ms)
{
	struct payment_json_view view = PAYMENT_JSON_TRUE;
	enum cancel_verdict verdict;
	const char *refused;
	enum fault f;

	view.is_live = world->options.live;
	verdict = cancel_judge(payment, wish, false, now_ms, &wish->amount);
	if (verdict != CANCEL_YES && verdict != CANCEL_LATER)
		return refuse(world, call, payment, verdict);
	refused = refund_draw(world, payment, wish->amount);
	if (refused != NULL)
		return call_error(call, world, 200, -1, refused);
	if (verdict == CANCEL_YES)
		f = world_cancel(
		    world, payment, wish, BOOK_API, now_ms, &call->note);
	else
		f = world_wait(world, payment, wish, true,
		    now_ms + world->options.pending_ms, &call->note);
	return f != FAULT_NONE ? f : call_payment(call, world, payment, &view);
}

enum fault
refund_answer(
    struct world *world, struct call *call, int64_t blind_ms, int64_t now_ms)
{
	struct book_payment *payment = refund_target(world, &call->params);
	struct cancel_wish wish;
	enum fault f;

	if (!has_text(&call->params, "imp_uid") &&
	    !has_text(&call->params, "merchant_uid"))
		return refuse(world, call, NULL, CANCEL_NO_UID);
	if (payment == NULL)
		return refuse(world, call, NULL, CANCEL_UNKNOWN);
	f = read_wish(call, payment, &wish);
	if (f == FAULT_INPUT)
		return call_bad(call, world);
	wish.blind_ms = blind_ms;
	return f != FAULT_NONE ? f
			       : carry_out(world, call, payment, &wish, now_ms);
}

enum fault
refund_late(struct world *world, struct call *call, int64_t due_ms)
{
	struct book_payment *payment = refund_target(world, &call->params);
	struct cancel_wish wish;
	enum fault f;

	call->end = CALL_DROP;
	if (payment == NULL)
		return FAULT_NONE;
	f = read_wish(call, payment, &wish);
	if (f == FAULT_INPUT)
		return FAULT_NONE;
	return f != FAULT_NONE
	    ? f
	    : world_wait(world, payment, &wish, false, due_ms, &call->note);
}
