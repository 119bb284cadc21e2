/* SPDX-License-Identifier: MIT */
/*
 * The order of the fields is that of observed replies.
 * Source: doc/provider-v1.md "Reading".
 */
#include "sandbox/payment_json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SHORT_CHARS 10
#define RECEIPT_URL "https://receipt.invalid/"
#define URL_SIZE    (sizeof(RECEIPT_URL) + BOOK_CANCEL_ID_SIZE + IMP_UID_SIZE)

/* How much of a payment a reader gets to see. */
struct sight {
	const struct book_payment *payment;
	size_t n; /* its first n cancels */
	enum payment_json_reasons reasons;
	bool is_live;
};

static const char *
receipt_url(const char *id, char url[static URL_SIZE])
{
	(void)snprintf(url, URL_SIZE, RECEIPT_URL "%s", id);
	return url;
}

static bool
is_method(const struct sight *sight, const char *name)
{
	return strcmp(sight->payment->is.pay_method, name) == 0;
}

static void
put_reason(struct render *render, const struct sight *sight, const char *name,
    const char *reason)
{
	size_t len = strlen(reason);

	if (sight->reasons == PAYMENT_JSON_NONE) {
		render_member_text(render, name, NULL);
		return;
	}
	while (sight->reasons == PAYMENT_JSON_SHORT &&
	    text_utf8_length(reason, len) > SHORT_CHARS)
		len = text_utf8_cut(reason, len, len - 1);
	render_name(render, name);
	render_text_n(render, reason, len);
}

static void
put_history(struct render *render, const struct sight *sight)
{
	const struct currency *currency = sight->payment->is.currency;
	char url[URL_SIZE];
	size_t i;

	render_name(render, "cancel_history");
	render_raw(render, "[");
	for (i = 0; i < sight->n; i++) {
		const struct book_cancel *cancel = &sight->payment->cancels[i];
		char tid[BOOK_CANCEL_ID_SIZE + 16];

		(void)snprintf(tid, sizeof(tid), "sandboxcancel%s", cancel->id);
		render_raw(render, i == 0 ? "{" : ",{");
		render_member_text(render, "pg_tid", tid);
		render_name(render, "amount");
		render_amount(render, cancel->amount, currency);
		render_member_integer(
		    render, "cancelled_at", cancel->at_ms / 1000);
		put_reason(render, sight, "reason", cancel->reason);
		render_member_text(
		    render, "receipt_url", receipt_url(cancel->id, url));
		render_member_text(render, "cancellation_id", cancel->id);
		render_raw(render, "}");
	}
	render_raw(render, "]");
}

static void
put_receipts(struct render *render, const struct sight *sight)
{
	char url[URL_SIZE];
	size_t i;

	render_name(render, "cancel_receipt_urls");
	render_raw(render, "[");
	for (i = 0; i < sight->n; i++) {
		if (i > 0)
			render_raw(render, ",");
		render_text(
		    render, receipt_url(sight->payment->cancels[i].id, url));
	}
	render_raw(render, "]");
}

static void
put_buyer(struct render *render, const struct sight *sight)
{
	bool trans = is_method(sight, "trans");

	render_member_text(render, "bank_code", trans ? "088" : NULL);
	render_member_text(render, "bank_name", trans ? "신한은행" : NULL);
	render_member_text(render, "buyer_addr", NULL);
	render_member_text(render, "buyer_email", "buyer@example.com");
	render_member_text(render, "buyer_name", "홍길동");
	render_member_text(render, "buyer_postcode", NULL);
	render_member_text(render, "buyer_tel", "010-0000-0000");
}

static void
put_cancels(struct render *render, const struct sight *sight)
{
	const struct book_cancel *last =
	    sight->n == 0 ? NULL : &sight->payment->cancels[sight->n - 1];

	render_name(render, "cancel_amount");
	render_amount(render, last == NULL ? 0 : last->after,
	    sight->payment->is.currency);
	put_history(render, sight);
	if (last == NULL)
		render_member_text(render, "cancel_reason", NULL);
	else
		put_reason(render, sight, "cancel_reason", last->reason);
	put_receipts(render, sight);
	render_member_integer(
	    render, "cancelled_at", last == NULL ? 0 : last->at_ms / 1000);
}

static void
put_card(struct render *render, const struct sight *sight)
{
	bool card = is_method(sight, "card");

	render_member_text(render, "card_code", card ? "366" : NULL);
	render_member_text(render, "card_name", card ? "신한카드" : NULL);
	render_member_text(
	    render, "card_number", card ? "510737*********6" : NULL);
	render_member_integer(render, "card_quota", 0);
	render_name(render, "card_type");
	render_raw(render, card ? "0" : "null");
	render_member_bool(render, "cash_receipt_issued", false);
	render_member_text(render, "channel", "pc");
	render_member_text(
	    render, "currency", sight->payment->is.currency->code);
	render_member_text(render, "custom_data", NULL);
	render_member_text(render, "customer_uid", NULL);
	render_member_text(render, "customer_uid_usage", NULL);
	render_member_text(render, "emb_pg_provider", NULL);
	render_member_bool(render, "escrow", false);
}

static void
put_payment(struct render *render, const struct sight *sight)
{
	const struct payment *is = &sight->payment->is;
	char tid[IMP_UID_SIZE + 16], url[URL_SIZE];
	int64_t failed_at = book_failed_at(sight->payment);

	(void)snprintf(tid, sizeof(tid), "sandboxpay%s", is->imp_uid);
	render_member_text(render, "fail_reason",
	    failed_at != 0 ? "[sandbox] 결제실패" : NULL);
	render_member_integer(render, "failed_at", failed_at);
	render_member_text(render, "imp_uid", is->imp_uid);
	render_member_text(render, "merchant_uid", is->merchant_uid);
	render_member_text(render, "name", "노르웨이 회전 의자");
	render_member_integer(render, "paid_at", is->paid_at);
	render_member_text(render, "pay_method", is->pay_method);
	render_member_text(render, "pg_id", "sandbox");
	render_member_text(render, "pg_provider", is->pg_provider);
	render_member_text(render, "pg_tid", tid);
	render_member_text(render, "receipt_url",
	    is->paid_at != 0 ? receipt_url(is->imp_uid, url) : NULL);
	render_member_bool(render, "sandbox", !sight->is_live);
	render_member_integer(
	    render, "started_at", book_started_at(sight->payment));
	render_member_text(render, "status",
	    payment_status_name(book_status(sight->payment, sight->n)));
	render_member_text(render, "user_agent", "Mozilla/5.0");
}

static void
put_vbank(struct render *render, const struct sight *sight)
{
	bool vbank = is_method(sight, "vbank");
	int64_t issued_at = vbank ? book_started_at(sight->payment) : 0;

	render_member_text(render, "vbank_code", vbank ? "088" : NULL);
	render_member_integer(
	    render, "vbank_date", vbank ? issued_at + 7 * 86400 : 0);
	/* Documented: not told by tosspayments. */
	render_member_text(render, "vbank_holder",
	    vbank && strcmp(sight->payment->is.pg_provider, "tosspayments") != 0
		? "홍길동"
		: NULL);
	render_member_integer(render, "vbank_issued_at", issued_at);
	render_member_text(render, "vbank_name", vbank ? "신한은행" : NULL);
	render_member_text(
	    render, "vbank_num", vbank ? "56211105948400" : NULL);
}

size_t
payment_json_n(
    const struct book_payment *payment, const struct payment_json_view *view)
{
	return payment->n > 0 &&
		payment->cancels[payment->n - 1].at_ms > view->hide_ms
	    ? payment->n - 1
	    : payment->n;
}

void
payment_json(struct render *render, const struct book_payment *payment,
    const struct payment_json_view *view)
{
	struct sight sight = { payment, payment_json_n(payment, view),
		view->reasons, view->is_live };

	render_raw(render, "{");
	render_name(render, "amount");
	render_amount(render, payment->is.amount, payment->is.currency);
	render_member_text(render, "apply_num",
	    is_method(&sight, "card") && payment->is.paid_at != 0 ? "30011223"
								  : "");
	put_buyer(render, &sight);
	put_cancels(render, &sight);
	put_card(render, &sight);
	put_payment(render, &sight);
	put_vbank(render, &sight);
	render_raw(render, "}");
}
