/* SPDX-License-Identifier: MIT */
/*
 * What is not known is null in JSON and "-" for people.
 */
#include "cli/render.h"

#include <stdio.h>
#include <string.h>

/* A million refunds, the most there are in a list, are half of it. */
#define TEXT_MAX ((size_t)1 << 31)

void
render_init(struct render *render)
{
	*render = (struct render){ .note = { "" } };
	buf_init(&render->text, TEXT_MAX);
	web_json_init(&render->json, &render->text, &render->note);
	web_json_indent(&render->json);
}

void
render_deinit(struct render *render)
{
	buf_deinit(&render->text);
}

enum fault
render_fault(const struct render *render, struct fault_note *note)
{
	if (render->json.fault != FAULT_NONE)
		*note = render->note;
	return render->json.fault;
}

enum fault
render_print(const struct render *render, struct fault_note *note)
{
	enum fault f = render_fault(render, note);

	if (f == FAULT_NONE)
		(void)puts(buf_bytes(&render->text));
	return f;
}

static void
put_text(struct web_json *json, const char *name, const char *text)
{
	if (text[0] == '\0')
		web_json_null(json, name);
	else
		web_json_text(json, name, text);
}

static void
put_time(struct web_json *json, const char *name, int64_t unix_ms)
{
	char text[STAMP_SIZE] = "";

	if (unix_ms != 0)
		stamp_local(unix_ms, true, text);
	put_text(json, name, text);
}

static void
put_wish(struct web_json *json, const struct refund_record *record,
    const struct payment *payment)
{
	const struct intent *intent = &record->intent;

	put_text(json, "id", intent->id);
	put_text(json, "imp_uid", payment->imp_uid);
	put_text(json, "merchant_uid", payment->merchant_uid);
	web_json_int(json, "amount", intent->amount);
	web_json_int(json, "checksum", intent->checksum);
	put_text(json, "currency", payment->currency->code);
	put_text(json, "reason", record->reason);
	put_text(json, "caller", record->caller);
	put_text(json, "requester", record->is_customer ? "customer" : "admin");
	put_text(json, "idempotency_key", record->idempotency_key);
	put_text(json, "origin", intent_origin_name(record->origin));
	put_text(json, "origin_of", record->origin_of);
}

static void
put_outcome(struct web_json *json, const struct refund_record *record)
{
	const struct intent *intent = &record->intent;

	put_text(json, "state", intent_state_name(intent->state));
	put_text(json, "failure", intent_failure_name(intent->failure));
	web_json_int(json, "applied_amount", intent->applied_amount);
	put_text(json, "cancellation_id", intent->cancellation_id);
	put_text(json, "receipt_url", record->receipt_url);
	if (intent->heard != INTENT_HEARD_NOTHING)
		web_json_int(json, "provider_code", intent->provider_code);
	else
		web_json_null(json, "provider_code");
	put_text(json, "provider_message", intent->provider_message);
	web_json_int(json, "checks", intent->checks);
}

static void
put_times(struct web_json *json, const struct refund_record *record)
{
	const struct intent *intent = &record->intent;
	bool is_open = intent_is_open(intent->state);

	put_time(json, "created_at", intent->created_ms);
	put_time(json, "send_by", intent->send_by_ms);
	put_time(json, "deadline", intent->deadline_ms);
	put_time(json, "next_check_at", is_open ? intent->next_check_ms : 0);
	put_time(json, "answered_at", record->answered_ms);
	put_time(json, "closed_at", record->closed_ms);
}

void
render_refund(struct web_json *json, const struct refund_record *record,
    const struct payment *payment)
{
	web_json_open(json, NULL, '{');
	put_wish(json, record, payment);
	put_outcome(json, record);
	put_times(json, record);
	web_json_close(json, '}');
}

void
render_payment(struct web_json *json, const struct payment *payment)
{
	put_text(json, "imp_uid", payment->imp_uid);
	put_text(json, "merchant_uid", payment->merchant_uid);
	web_json_int(json, "amount", payment->amount);
	web_json_int(json, "cancel_amount", payment->cancel_amount);
	web_json_int(json, "refundable_amount", payment_refundable(payment));
	put_text(json, "currency", payment->currency->code);
	put_text(json, "pay_method", payment->pay_method);
	put_text(json, "pg_provider", payment->pg_provider);
	put_text(json, "status", payment_status_name(payment->status));
	put_time(json, "paid_at", payment->paid_at * 1000);
}

void
render_book(struct web_json *json, const char *name, const struct book *book)
{
	size_t i;

	web_json_open(json, name, '[');
	for (i = 0; i < book->n; i++) {
		const struct book_entry *entry = &book->entries[i];

		web_json_open(json, NULL, '{');
		put_text(json, "cancellation_id", entry->id);
		web_json_int(json, "amount", entry->amount);
		put_text(json, "refund", entry->refund_id);
		web_json_close(json, '}');
	}
	web_json_close(json, ']');
}

void
render_state(
    const struct intent *intent, char ret_text[static RENDER_STATE_SIZE])
{
	const char *failure = intent_failure_name(intent->failure);

	(void)snprintf(ret_text, RENDER_STATE_SIZE, "%s%s%s",
	    intent_state_name(intent->state), failure[0] == '\0' ? "" : ": ",
	    failure);
}

void
render_time(int64_t unix_ms, char ret_text[static STAMP_SIZE])
{
	if (unix_ms == 0)
		(void)strcpy(ret_text, "-");
	else
		stamp_local(unix_ms, false, ret_text);
}
