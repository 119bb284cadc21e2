/* SPDX-License-Identifier: MIT */
/*
 * Results and refusals as status, headers and JSON.  Success is the payment as
 * i'mport shows it with the refund added; everything else is an RFC 9457
 * problem.  No fault_note ever gets in here.
 */
#include "web/web_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/refund.h"
#include "web/web_detail.h"
#include "web/web_fields.h"
#include "web/web_json.h"
#include "web/web_text.h"

/* The largest file we serve; no JSON of ours comes near it. */
#define REPLY_MAX ((size_t)2 * 1024 * 1024)

/* A sentence, and one for each field of a refund. */
#define DETAIL_MAX 2048

/* Last second of the year 9999: what i'mport sends beyond it is no time. */
#define UNIX_S_MAX INT64_C(253402300799)

#define JSON_TYPE    "application/json"
#define PROBLEM_TYPE "application/problem+json"

/* A refund as every answer shows it; currency NULL: without amounts. */
struct shown {
	const char *id;
	enum intent_origin origin;
	const char *origin_of; /* "" = of none */
	enum intent_state state;
	enum intent_failure failure;
	int64_t amount;
	int64_t applied_amount;
	int64_t created_ms;
	int64_t closed_ms;
	const char *receipt_url; /* "" = none */
	const char *provider_message;
	const struct currency *currency;
};

void
web_reply_init(struct web_reply *reply)
{
	*reply = (struct web_reply){ 0 };
	buf_init(&reply->body, REPLY_MAX);
}

void
web_reply_deinit(struct web_reply *reply)
{
	buf_deinit(&reply->body);
	web_reply_init(reply);
}

static void
put_payment(struct web_json *json, const struct payment *payment)
{
	web_json_text(json, "imp_uid", payment->imp_uid);
	web_json_text(json, "merchant_uid", payment->merchant_uid);
	web_json_amount(json, "amount", payment->amount, payment->currency);
	web_json_amount(
	    json, "cancel_amount", payment->cancel_amount, payment->currency);
	web_json_text(json, "currency", payment->currency->code);
	web_json_text(json, "status", payment_status_name(payment->status));
	web_json_text(json, "pay_method", payment->pay_method);
	web_json_amount(json, "refundable_amount", payment_refundable(payment),
	    payment->currency);
}

static void
put_refund_members(struct web_json *json, const struct shown *refund)
{
	web_json_text(json, "id", refund->id);
	if (refund->origin != INTENT_BY_REQUEST)
		web_json_text(
		    json, "origin", intent_origin_name(refund->origin));
	if (refund->origin_of[0] != '\0')
		web_json_text(json, "origin_of", refund->origin_of);
	web_json_text(json, "state", intent_state_name(refund->state));
	if (refund->failure != INTENT_NOT_FAILED)
		web_json_text(
		    json, "failure", intent_failure_name(refund->failure));
	if (refund->currency != NULL)
		web_json_amount(
		    json, "amount", refund->amount, refund->currency);
	if (refund->currency != NULL && refund->applied_amount > 0)
		web_json_amount(json, "applied_amount", refund->applied_amount,
		    refund->currency);
	web_json_time(json, "created_at", refund->created_ms);
	if (refund->closed_ms > 0)
		web_json_time(json, "closed_at", refund->closed_ms);
	if (refund->receipt_url[0] != '\0')
		web_json_text(json, "receipt_url", refund->receipt_url);
	if (refund->provider_message[0] != '\0')
		web_json_text(
		    json, "provider_message", refund->provider_message);
}

static struct shown
shown_of_result(const struct refund_result *result)
{
	return (struct shown){
		.id = result->refund_id,
		.origin = result->origin,
		.origin_of = result->origin_of,
		.state = result->state,
		.failure = result->failure,
		.amount = result->amount,
		.applied_amount = result->applied_amount,
		.created_ms = result->created_ms,
		.receipt_url = result->receipt_url,
		.provider_message = "",
		.currency =
		    result->has_payment ? result->payment.currency : NULL,
	};
}

static struct shown
shown_of_view(const struct view_refund *view, const struct currency *currency)
{
	return (struct shown){
		.id = view->id,
		.origin = view->origin,
		.origin_of = view->origin_of,
		.state = view->state,
		.failure = view->failure,
		.amount = view->amount,
		.applied_amount = view->applied_amount,
		.created_ms = view->created_ms,
		.closed_ms = view->closed_ms,
		.receipt_url = view->receipt_url,
		.provider_message = view->provider_message,
		.currency = currency,
	};
}

static void
put_result_refund(struct web_json *json, const struct refund_result *result)
{
	struct shown refund = shown_of_result(result);

	if (!result->has_refund)
		return;
	web_json_open(json, "refund", '{');
	put_refund_members(json, &refund);
	web_json_close(json, '}');
}

/* The members every problem has; detail is what people read. */
static void
put_problem(struct web_json *json, const struct web_text_answer *answer,
    const char *detail, const char *language)
{
	char type[64];

	(void)snprintf(
	    type, sizeof(type), "urn:cancelpay:problem:%s", answer->code);
	web_json_text(json, "type", type);
	web_json_text(json, "title", web_text_in(&answer->title, language));
	web_json_int(json, "status", answer->status);
	web_json_text(json, "detail", detail);
	web_json_text(json, "code", answer->code);
	/* The guide's clients show this one. */
	web_json_text(json, "message", detail);
}

/* The names of REFUND_FIELD_* bits. */
static void
put_fields(struct web_json *json, const char *name, unsigned fields)
{
	const struct web_text *want;
	unsigned bit;

	web_json_open(json, name, '[');
	for (bit = 1; bit <= REFUND_FIELD_AMOUNT; bit <<= 1) {
		if ((fields & bit) != 0)
			web_json_text(json, NULL,
			    web_fields_name((enum refund_field)bit, &want));
	}
	web_json_close(json, ']');
}

/* field is the first one, for those who can point at one only. */
static void
put_result_fields(struct web_json *json, unsigned fields)
{
	const struct web_text *want;
	unsigned first = fields & (~fields + 1);

	if (fields == 0)
		return;
	web_json_text(
	    json, "field", web_fields_name((enum refund_field)first, &want));
	put_fields(json, "fields", fields);
}

static void
put_result_problem(struct web_json *json, const struct refund_result *result,
    const struct web_text_answer *answer, const char *language)
{
	struct buf detail;

	buf_init(&detail, DETAIL_MAX);
	if (json->fault == FAULT_NONE)
		json->fault =
		    web_detail_of_result(result, language, &detail, json->note);
	put_problem(json, answer, buf_bytes(&detail), language);
	buf_deinit(&detail);
	put_result_fields(json, result->fields);
	if (result->has_payment &&
	    (result->code == RESULT_BALANCE_CHANGED ||
		result->code == RESULT_AMOUNT_EXCEEDS))
		web_json_amount(json, "refundable_amount",
		    payment_refundable(&result->payment),
		    result->payment.currency);
	if (result->code == RESULT_DECLINED &&
	    result->provider_message[0] != '\0')
		web_json_text(
		    json, "provider_message", result->provider_message);
	put_result_refund(json, result);
}

static void
put_result_success(struct web_json *json, const struct refund_result *result,
    const struct web_text_answer *answer, const char *language)
{
	if (result->has_payment)
		put_payment(json, &result->payment);
	web_json_text(json, "code", answer->code);
	web_json_text(json, "message", web_text_in(&answer->detail, language));
	put_result_refund(json, result);
}

static enum fault
put_result(const struct refund_result *result, const char *language,
    struct buf *body, struct fault_note *note)
{
	const struct web_text_answer *answer = web_text_of_result(result->code);
	struct web_json json;

	web_json_init(&json, body, note);
	web_json_open(&json, NULL, '{');
	if (answer->status < 400)
		put_result_success(&json, result, answer, language);
	else
		put_result_problem(&json, result, answer, language);
	web_json_close(&json, '}');
	return json.fault;
}

static const char *
type_of(int status)
{
	return status < 400 ? JSON_TYPE : PROBLEM_TYPE;
}

/* Where the refund's course can be followed, while there is one. */
static void
set_location(struct web_reply *reply, const struct refund_result *result,
    const char *base_path)
{
	bool is_running = reply->status == 202 ||
	    result->code == RESULT_REFUND_IN_PROGRESS ||
	    result->code == RESULT_REQUEST_IN_PROGRESS;

	if (is_running && result->has_refund)
		(void)snprintf(reply->location, sizeof(reply->location),
		    "%s/refunds/%s", base_path, result->refund_id);
}

void
web_reply_wait(struct web_reply *reply, int64_t wait_ms)
{
	reply->retry_after_s = (int)((wait_ms + 999) / 1000);
}

enum fault
web_reply_result(const struct refund_result *result, const char *base_path,
    const char *language, struct web_reply *ret, struct fault_note *note)
{
	const struct web_text_answer *answer = web_text_of_result(result->code);

	if (result->answer.status != 0) {
		ret->status = result->answer.status;
		ret->content_type = type_of(ret->status);
		ret->is_replayed = result->is_replay;
		return buf_add_text(&ret->body, result->answer.body, note);
	}
	ret->status = answer->status;
	ret->content_type = type_of(ret->status);
	ret->retry_after_s = answer->retry_after_s;
	if (result->code == RESULT_RATE_LIMITED)
		web_reply_wait(ret, result->wait_ms);
	set_location(ret, result, base_path);
	return put_result(result, language, &ret->body, note);
}

const char *
web_reply_code(enum result_code code)
{
	return web_text_of_result(code)->code;
}

enum fault
web_reply_answer(const struct refund_result *result, const char *language,
    struct refund_answer *ret_answer, struct fault_note *note)
{
	struct buf body;
	enum fault f;

	buf_init(&body, sizeof(ret_answer->body) - 1);
	f = put_result(result, language, &body, note);
	if (f != FAULT_NONE)
		goto out;
	ret_answer->status = web_text_of_result(result->code)->status;
	memcpy(ret_answer->body, buf_bytes(&body), buf_len(&body) + 1);
out:
	buf_deinit(&body);
	return f;
}

enum fault
web_reply_refuse(enum web_refusal refusal, const char *field,
    const struct web_text *want, const char *language, struct web_reply *ret,
    struct fault_note *note)
{
	const struct web_text_answer *answer = web_text_of_refusal(refusal);
	struct web_json json;
	struct buf detail;
	bool is_head = ret->is_head;
	struct web_echo echo = ret->echo;
	enum fault f;

	web_reply_deinit(ret);
	ret->is_head = is_head;
	ret->echo = echo;
	ret->status = answer->status;
	ret->content_type = PROBLEM_TYPE;
	ret->retry_after_s = answer->retry_after_s;
	buf_init(&detail, DETAIL_MAX);
	f = web_detail_of_refusal(
	    refusal, field, want, language, &detail, note);
	if (f != FAULT_NONE)
		goto out;
	web_json_init(&json, &ret->body, note);
	web_json_open(&json, NULL, '{');
	put_problem(&json, answer, buf_bytes(&detail), language);
	if (field != NULL) {
		web_json_text(&json, "field", field);
		web_json_open(&json, "fields", '[');
		web_json_text(&json, NULL, field);
		web_json_close(&json, ']');
	}
	web_json_close(&json, '}');
	f = json.fault;
out:
	buf_deinit(&detail);
	return f;
}

enum fault
web_reply_payment(const struct view_payment *view, struct web_reply *ret,
    struct fault_note *note)
{
	struct web_json json;
	struct shown refund;
	size_t i;

	ret->status = 200;
	ret->content_type = JSON_TYPE;
	web_json_init(&json, &ret->body, note);
	web_json_open(&json, NULL, '{');
	put_payment(&json, &view->payment);
	web_json_text(&json, "pg_provider", view->payment.pg_provider);
	if (view->payment.paid_at > 0 && view->payment.paid_at <= UNIX_S_MAX)
		web_json_time(&json, "paid_at", view->payment.paid_at * 1000);
	put_fields(
	    &json, "account_fields", refund_account_fields(&view->payment));
	web_json_open(&json, "refunds", '[');
	for (i = 0; i < view->n; i++) {
		refund =
		    shown_of_view(&view->refunds[i], view->payment.currency);
		web_json_open(&json, NULL, '{');
		put_refund_members(&json, &refund);
		web_json_close(&json, '}');
	}
	web_json_close(&json, ']');
	web_json_close(&json, '}');
	return json.fault;
}

enum fault
web_reply_refund(const struct view_refund *view, const struct payment *payment,
    struct web_reply *ret, struct fault_note *note)
{
	struct shown refund = shown_of_view(view, payment->currency);
	struct web_json json;

	ret->status = 200;
	ret->content_type = JSON_TYPE;
	if (!intent_is_final(view->state))
		ret->retry_after_s = 2;
	web_json_init(&json, &ret->body, note);
	web_json_open(&json, NULL, '{');
	put_refund_members(&json, &refund);
	web_json_text(&json, "currency", payment->currency->code);
	web_json_close(&json, '}');
	return json.fault;
}

enum fault
web_reply_health(bool is_alive, struct web_reply *ret, struct fault_note *note)
{
	struct web_json json;

	ret->status = is_alive ? 200 : 503;
	ret->content_type = JSON_TYPE;
	web_json_init(&json, &ret->body, note);
	web_json_open(&json, NULL, '{');
	web_json_text(&json, "status", is_alive ? "ok" : "database");
	web_json_close(&json, '}');
	return json.fault;
}

static enum fault
add_counter(struct buf *body, const char *name, const char *help, int64_t value,
    struct fault_note *note)
{
	return buf_printf(body, note,
	    "# HELP %s %s\n# TYPE %s counter\n%s %" PRId64 "\n", name, help,
	    name, name, value);
}

enum fault
web_reply_metrics(const struct store_figures *figures, struct web_reply *ret,
    struct fault_note *note)
{
	struct buf *body = &ret->body;
	enum intent_state state;
	enum fault f;

	ret->status = 200;
	ret->content_type = "text/plain; version=0.0.4; charset=utf-8";
	f = buf_add_text(body,
	    "# HELP cancelpay_refunds_unfinished Refunds that have not ended.\n"
	    "# TYPE cancelpay_refunds_unfinished gauge\n",
	    note);
	for (state = 0; f == FAULT_NONE && state < INTENT__COUNT; state++) {
		if (!intent_is_final(state))
			f = buf_printf(body, note,
			    "cancelpay_refunds_unfinished{state=\"%s\"} "
			    "%" PRId64 "\n",
			    intent_state_name(state),
			    figures->unfinished[state]);
	}
	if (f == FAULT_NONE)
		f = buf_printf(body, note,
		    "# HELP cancelpay_refunds_overdue Open past their "
		    "deadline.\n"
		    "# TYPE cancelpay_refunds_overdue gauge\n"
		    "cancelpay_refunds_overdue %" PRId64 "\n",
		    figures->n_overdue);
	if (f == FAULT_NONE)
		f = buf_printf(body, note,
		    "# HELP cancelpay_refunds_awaiting_seconds How long the "
		    "oldest awaits approval.\n"
		    "# TYPE cancelpay_refunds_awaiting_seconds gauge\n"
		    "cancelpay_refunds_awaiting_seconds %" PRId64 "\n",
		    figures->awaiting_ms / 1000);
	if (f == FAULT_NONE)
		f = add_counter(body, "cancelpay_refunds_late_total",
		    "Found done after they were closed.", figures->n_late,
		    note);
	if (f == FAULT_NONE)
		f = add_counter(body, "cancelpay_refunds_recovered_total",
		    "Found at i'mport without a row here.",
		    figures->n_recovered, note);
	if (f == FAULT_NONE)
		f = add_counter(body, "cancelpay_refunds_mismatched_total",
		    "Succeeded with another amount than asked for.",
		    figures->n_mismatched, note);
	return f;
}

void
web_reply_empty(struct web_reply *ret)
{
	ret->status = 200;
}
