/* SPDX-License-Identifier: MIT */
/*
 * Requests are put together here and not by json-c, which would leave copies of
 * account numbers and of the secret in freed memory.
 */
#include "provider/iamport_v1_ask.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* A member after another one. */
static enum fault
put_text(struct buf *buf, const char *name, const char *text,
    struct fault_note *note)
{
	enum fault f;

	if (text[0] == '\0')
		return FAULT_NONE;
	if (!text_utf8_is_valid(text, strlen(text)))
		return fault_set(note, FAULT_INPUT, "%s: not UTF-8", name);
	f = buf_printf(buf, note, ",\"%s\":", name);
	return f == FAULT_NONE ? text_json(buf, text, strlen(text), note) : f;
}

static enum fault
put_amount(struct buf *buf, const char *name, int64_t amount,
    const struct currency *currency, struct fault_note *note)
{
	char text[MONEY_TEXT_SIZE];

	money_format(amount, currency, text);
	return buf_printf(buf, note, ",\"%s\":%s", name, text);
}

enum fault
iamport_v1_ask_token(struct buf *buf, const char *key, const char *secret,
    struct fault_note *note)
{
	enum fault f;

	if (!text_utf8_is_valid(key, strlen(key)) ||
	    !text_utf8_is_valid(secret, strlen(secret)))
		return fault_set(note, FAULT_INPUT, "key or secret: not UTF-8");
	f = buf_add_text(buf, "{\"imp_key\":", note);
	if (f == FAULT_NONE)
		f = text_json(buf, key, strlen(key), note);
	if (f == FAULT_NONE)
		f = buf_add_text(buf, ",\"imp_secret\":", note);
	if (f == FAULT_NONE)
		f = text_json(buf, secret, strlen(secret), note);
	return f == FAULT_NONE ? buf_add_text(buf, "}", note) : f;
}

static enum fault
put_amounts(
    struct buf *buf, const struct provider_call *call, struct fault_note *note)
{
	enum fault f;

	/* Missing or 0 would mean "all that is left". */
	assert(call->amount > 0 && call->currency != NULL);
	f = put_amount(buf, "amount", call->amount, call->currency, note);
	if (f == FAULT_NONE)
		f = put_amount(
		    buf, "checksum", call->checksum, call->currency, note);
	if (f == FAULT_NONE && call->tax_free >= 0)
		f = put_amount(
		    buf, "tax_free", call->tax_free, call->currency, note);
	if (f == FAULT_NONE && call->vat >= 0)
		f = put_amount(
		    buf, "vat_amount", call->vat, call->currency, note);
	return f;
}

static enum fault
put_cancel(
    struct buf *buf, const struct provider_call *call, struct fault_note *note)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "reason", call->reason },
		{ "refund_holder", call->account.holder },
		{ "refund_bank", call->account.bank },
		{ "refund_account", call->account.account },
		{ "refund_tel", call->account.tel },
	};
	enum fault f;
	size_t i;

	f = buf_add_text(buf, "{\"imp_uid\":", note);
	if (f == FAULT_NONE)
		f = text_json(buf, call->imp_uid, strlen(call->imp_uid), note);
	if (f == FAULT_NONE)
		f = put_amounts(buf, call, note);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (f == FAULT_NONE)
			f = put_text(buf, texts[i].name, texts[i].text, note);
	}
	if (f == FAULT_NONE && call->has_retain_promotion)
		f = buf_printf(buf, note, ",\"retain_promotion\":%s",
		    call->retain_promotion ? "true" : "false");
	if (f == FAULT_NONE)
		f = buf_printf(buf, note, ",\"extra\":{\"requester\":\"%s\"}}",
		    call->is_customer ? "customer" : "admin");
	return f;
}

/*
 * By the time of change, downwards: by any other order a payment cancelled
 * between two pages would push one over the edge unseen.
 */
static enum fault
put_list(
    struct buf *path, const struct provider_call *call, struct fault_note *note)
{
	return buf_printf(path, note,
	    "/payments/status/cancelled?from=%lld&to=%lld&limit=%d&page=%lld"
	    "&sorting=-updated",
	    (long long)call->from_at, (long long)call->to_at, PROVIDER_PAGE_MAX,
	    (long long)call->page);
}

enum fault
iamport_v1_ask_call(const struct provider_call *call, bool is_all,
    struct buf *path, struct buf *body, struct fault_note *note)
{
	enum fault f = FAULT_BUG;

	switch (call->want) {
	case PROVIDER_CANCEL:
		f = buf_add_text(path, "/payments/cancel", note);
		if (f == FAULT_NONE)
			f = put_cancel(body, call, note);
		break;
	case PROVIDER_READ:
		f = buf_add_text(path, "/payments/", note);
		if (f == FAULT_NONE)
			f = text_url(path, call->imp_uid, note);
		if (f == FAULT_NONE)
			f = buf_add_text(path, "?include_sandbox=true", note);
		break;
	case PROVIDER_FIND:
		f = buf_add_text(path,
		    is_all ? "/payments/findAll/" : "/payments/find/", note);
		if (f == FAULT_NONE)
			f = text_url(path, call->merchant_uid, note);
		if (f == FAULT_NONE && is_all)
			f = buf_add_text(path, "?limit=100", note);
		break;
	case PROVIDER_LIST:
		f = put_list(path, call, note);
		break;
	}
	return f;
}
