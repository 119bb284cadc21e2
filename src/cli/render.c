/* SPDX-License-Identifier: MIT */
/*
 * What is not known is null in JSON and "-" for people.
 */
#include "cli/render.h"

#include <stdio.h>
#include <string.h>

bool
render_put(
    struct json_object *object, const char *name, struct json_object *value)
{
	if (value == NULL)
		return false;
	if (json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool
render_append(struct json_object *array, struct json_object *value)
{
	if (value == NULL)
		return false;
	if (json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool
put_null(struct json_object *object, const char *name)
{
	return json_object_object_add(object, name, NULL) == 0;
}

static bool
put_text(struct json_object *object, const char *name, const char *text)
{
	if (text[0] == '\0')
		return put_null(object, name);
	return render_put(object, name, json_object_new_string(text));
}

static bool
put_int(struct json_object *object, const char *name, int64_t number)
{
	return render_put(object, name, json_object_new_int64(number));
}

static bool
put_time(struct json_object *object, const char *name, int64_t unix_ms)
{
	char text[STAMP_SIZE];

	if (unix_ms == 0)
		return put_null(object, name);
	stamp_local(unix_ms, true, text);
	return put_text(object, name, text);
}

static bool
put_wish(struct json_object *json, const struct refund_record *record,
    const struct payment *payment)
{
	const struct intent *intent = &record->intent;

	return put_text(json, "id", intent->id) &&
	    put_text(json, "imp_uid", payment->imp_uid) &&
	    put_text(json, "merchant_uid", payment->merchant_uid) &&
	    put_int(json, "amount", intent->amount) &&
	    put_int(json, "checksum", intent->checksum) &&
	    put_text(json, "currency", payment->currency->code) &&
	    put_text(json, "reason", record->reason) &&
	    put_text(json, "caller", record->caller) &&
	    put_text(json, "requester",
		record->is_customer ? "customer" : "admin") &&
	    put_text(json, "idempotency_key", record->idempotency_key) &&
	    put_text(json, "origin", intent_origin_name(record->origin)) &&
	    put_text(json, "origin_of", record->origin_of);
}

static bool
put_outcome(struct json_object *json, const struct intent *intent)
{
	bool has_heard = intent->heard != INTENT_HEARD_NOTHING;

	return put_text(json, "state", intent_state_name(intent->state)) &&
	    put_text(json, "failure", intent_failure_name(intent->failure)) &&
	    put_int(json, "applied_amount", intent->applied_amount) &&
	    put_text(json, "cancellation_id", intent->cancellation_id) &&
	    (has_heard ? put_int(json, "provider_code", intent->provider_code)
		       : put_null(json, "provider_code")) &&
	    put_text(json, "provider_message", intent->provider_message) &&
	    put_int(json, "checks", intent->checks);
}

static bool
put_times(struct json_object *json, const struct refund_record *record)
{
	const struct intent *intent = &record->intent;
	bool is_open = intent_is_open(intent->state);

	return put_time(json, "created_at", intent->created_ms) &&
	    put_time(json, "send_by", intent->send_by_ms) &&
	    put_time(json, "deadline", intent->deadline_ms) &&
	    put_time(
		json, "next_check_at", is_open ? intent->next_check_ms : 0) &&
	    put_time(json, "answered_at", record->answered_ms) &&
	    put_time(json, "closed_at", record->closed_ms);
}

/* json, or NULL with json freed when it could not be filled. */
static struct json_object *
whole(struct json_object *json, bool is_filled)
{
	if (is_filled)
		return json;
	json_object_put(json);
	return NULL;
}

struct json_object *
render_refund_json(
    const struct refund_record *record, const struct payment *payment)
{
	struct json_object *json = json_object_new_object();

	return whole(json,
	    json != NULL && put_wish(json, record, payment) &&
		put_outcome(json, &record->intent) && put_times(json, record));
}

struct json_object *
render_payment_json(const struct payment *payment)
{
	struct json_object *json = json_object_new_object();

	return whole(json,
	    json != NULL && put_text(json, "imp_uid", payment->imp_uid) &&
		put_text(json, "merchant_uid", payment->merchant_uid) &&
		put_int(json, "amount", payment->amount) &&
		put_int(json, "cancel_amount", payment->cancel_amount) &&
		put_int(
		    json, "refundable_amount", payment_refundable(payment)) &&
		put_text(json, "currency", payment->currency->code) &&
		put_text(json, "pay_method", payment->pay_method) &&
		put_text(json, "pg_provider", payment->pg_provider) &&
		put_text(
		    json, "status", payment_status_name(payment->status)) &&
		put_time(json, "paid_at", payment->paid_at * 1000));
}

static struct json_object *
entry_json(const struct book_entry *entry)
{
	struct json_object *json = json_object_new_object();

	return whole(json,
	    json != NULL && put_text(json, "cancellation_id", entry->id) &&
		put_int(json, "amount", entry->amount) &&
		put_text(json, "refund", entry->refund_id));
}

struct json_object *
render_book_json(const struct book *book)
{
	struct json_object *json = json_object_new_array();
	bool is_filled = json != NULL;
	size_t i;

	for (i = 0; i < book->n && is_filled; i++)
		is_filled = render_append(json, entry_json(&book->entries[i]));
	return whole(json, is_filled);
}

enum fault
render_print(struct json_object *value, struct fault_note *note)
{
	const char *text = value == NULL
	    ? NULL
	    : json_object_to_json_string_ext(value,
		  JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
		      JSON_C_TO_STRING_NOSLASHESCAPE);
	enum fault f = FAULT_NONE;

	if (text == NULL)
		f = fault_set(note, FAULT_NOMEM, "no memory for the output");
	else
		(void)puts(text);
	json_object_put(value);
	return f;
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
