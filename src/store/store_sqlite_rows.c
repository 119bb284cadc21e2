/* SPDX-License-Identifier: MIT */
/*
 * Columns in the order of the lists in store_sqlite_sql.c.
 */
#include "store/store_sqlite_rows.h"

#include <string.h>

#include "store/store_rules.h"

/* The longest word a CHECK lets into a column. */
#define WORD_SIZE 24

static const char *const heard_names[] = {
	[INTENT_HEARD_NOTHING] = "nothing",
	[INTENT_HEARD_DONE] = "done",
	[INTENT_HEARD_REFUSED] = "refused",
};
_Static_assert(
    sizeof(heard_names) / sizeof(heard_names[0]) == INTENT_HEARD__COUNT,
    "everything heard has a name");

void
store_sqlite_rows_take_payment(struct query *query, struct payment *payment)
{
	char word[WORD_SIZE];

	*payment = (struct payment){ 0 };
	query_take_text(query, payment->imp_uid, sizeof(payment->imp_uid));
	query_take_text(
	    query, payment->merchant_uid, sizeof(payment->merchant_uid));
	payment->amount = query_take_int(query);
	payment->cancel_amount = query_take_int(query);
	query_take_text(query, word, sizeof(word));
	payment->currency = currency_find(word);
	if (payment->currency == NULL)
		query_spoil(query);
	query_take_text(
	    query, payment->pay_method, sizeof(payment->pay_method));
	query_take_text(
	    query, payment->pg_provider, sizeof(payment->pg_provider));
	query_take_text(query, word, sizeof(word));
	if (!payment_status_find(word, &payment->status))
		query_spoil(query);
	payment->paid_at = query_take_int(query);
}

void
store_sqlite_rows_put_payment(
    struct query *query, const struct payment *payment)
{
	query_put_text(query, payment->imp_uid);
	query_put_text(query, payment->merchant_uid);
	query_put_int(query, payment->amount);
	query_put_int(query, payment->cancel_amount);
	query_put_text(query, payment->currency->code);
	query_put_word(query, payment->pay_method);
	query_put_word(query, payment->pg_provider);
	query_put_text(query, payment_status_name(payment->status));
	query_put_some(query, payment->paid_at);
}

/* What a caller may have left out: -1 here, NULL there. */
static void
put_said(struct query *query, int64_t value)
{
	if (value >= 0)
		query_put_int(query, value);
	else
		query_put_null(query);
}

static int64_t
take_said(struct query *query)
{
	bool is_said = !query_is_null(query);
	int64_t value = query_take_int(query);

	return is_said ? value : -1;
}

void
store_sqlite_rows_put_wish(
    struct query *query, const struct refund_record *record)
{
	const struct intent *intent = &record->intent;

	query_put_text(query, intent->id);
	query_put_text(query, intent->marker);
	query_put_text(query, intent->imp_uid);
	query_put_int(query, intent->amount);
	query_put_int(query, intent->checksum);
	query_put_text(query, intent_origin_name(record->origin));
	query_put_word(query, record->origin_of);
	query_put_text(query, record->caller);
	query_put_text(query, record->is_customer ? "customer" : "admin");
	query_put_word(query, record->reason);
	query_put_word(query, record->language);
	query_put_word(query, record->idempotency_key);
	query_put_word(query, record->ticket_id);
	put_said(query, record->tax_free);
	put_said(query, record->vat);
	put_said(query, record->retain_promotion);
	query_put_bytes(
	    query, record->fingerprint, sizeof(record->fingerprint));
	query_put_int(query, intent->created_ms);
	if (intent->begun_clock[0] != '\0')
		query_put_int(query, intent->begun_steady_ms);
	else
		query_put_null(query);
	query_put_word(query, intent->begun_clock);
}

static void
take_wish(struct query *query, struct refund_record *record)
{
	struct intent *intent = &record->intent;
	char word[WORD_SIZE];

	query_take_text(query, intent->id, sizeof(intent->id));
	query_take_text(query, intent->marker, sizeof(intent->marker));
	query_take_text(query, intent->imp_uid, sizeof(intent->imp_uid));
	intent->amount = query_take_int(query);
	intent->checksum = query_take_int(query);
	query_take_text(query, word, sizeof(word));
	if (!intent_origin_find(word, &record->origin))
		query_spoil(query);
	query_take_text(query, record->origin_of, sizeof(record->origin_of));
	query_take_text(query, record->caller, sizeof(record->caller));
	query_take_text(query, word, sizeof(word));
	record->is_customer = strcmp(word, "customer") == 0;
	query_take_text(query, record->reason, sizeof(record->reason));
	query_take_text(query, record->language, sizeof(record->language));
	query_take_text(
	    query, record->idempotency_key, sizeof(record->idempotency_key));
	query_take_text(query, record->ticket_id, sizeof(record->ticket_id));
	record->tax_free = take_said(query);
	record->vat = take_said(query);
	record->retain_promotion = (int)take_said(query);
	query_take_bytes(
	    query, record->fingerprint, sizeof(record->fingerprint));
	intent->created_ms = query_take_int(query);
	intent->begun_steady_ms = query_take_int(query);
	query_take_text(
	    query, intent->begun_clock, sizeof(intent->begun_clock));
}

/* What is there only under a condition: 0 is a value then. */
static void
put_if(struct query *query, bool is_there, int64_t value)
{
	if (is_there)
		query_put_int(query, value);
	else
		query_put_some(query, value);
}

static void
put_quiet(struct query *query, const struct intent_quiet *quiet)
{
	int i;

	if (!quiet->is_running) {
		for (i = 0; i < 5; i++)
			query_put_null(query);
		return;
	}
	query_put_int(query, quiet->since_ms);
	query_put_text(query, quiet->clock);
	query_put_int(query, quiet->seen_ms);
	query_put_int(query, quiet->cancel_amount);
	query_put_int(query, quiet->n_entries);
}

static void
take_quiet(struct query *query, struct intent_quiet *quiet)
{
	quiet->is_running = !query_is_null(query);
	quiet->since_ms = query_take_int(query);
	query_take_text(query, quiet->clock, sizeof(quiet->clock));
	quiet->seen_ms = query_take_int(query);
	quiet->cancel_amount = query_take_int(query);
	quiet->n_entries = query_take_int32(query);
}

void
store_sqlite_rows_put_course(
    struct query *query, const struct refund_record *record)
{
	const struct intent *intent = &record->intent;
	bool is_heard = intent->heard != INTENT_HEARD_NOTHING;

	query_put_text(query, intent_state_name(intent->state));
	query_put_word(query, intent_failure_name(intent->failure));
	query_put_text(query, heard_names[intent->heard]);
	if (is_heard)
		query_put_int(query, intent->provider_code);
	else
		query_put_null(query);
	query_put_word(query, intent->provider_message);
	query_put_word(query, intent->cancellation_id);
	put_if(
	    query, intent->state == INTENT_SUCCEEDED, intent->applied_amount);
	query_put_word(query, record->receipt_url);
	query_put_int(query, intent->send_by_ms);
	query_put_int(query, intent->deadline_ms);
	query_put_int(query, intent->checks);
	query_put_int(query, intent->next_check_ms);
	put_quiet(query, &intent->quiet);
	query_put_some(query, record->answer.status);
	if (record->answer.status != 0)
		query_put_text(query, record->answer.body);
	else
		query_put_null(query);
	query_put_some(query, record->answered_ms);
	query_put_some(query, record->closed_ms);
}

static enum intent_heard
take_heard(struct query *query)
{
	char word[WORD_SIZE];
	int i;

	query_take_text(query, word, sizeof(word));
	for (i = 0; i < INTENT_HEARD__COUNT; i++) {
		if (strcmp(heard_names[i], word) == 0)
			return (enum intent_heard)i;
	}
	query_spoil(query);
	return INTENT_HEARD_NOTHING;
}

static void
take_course(struct query *query, struct refund_record *record)
{
	struct intent *intent = &record->intent;
	char word[WORD_SIZE];

	query_take_text(query, word, sizeof(word));
	if (!intent_state_find(word, &intent->state))
		query_spoil(query);
	query_take_text(query, word, sizeof(word));
	if (!intent_failure_find(word, &intent->failure))
		query_spoil(query);
	intent->heard = take_heard(query);
	intent->provider_code = query_take_int(query);
	query_take_text(
	    query, intent->provider_message, sizeof(intent->provider_message));
	query_take_text(
	    query, intent->cancellation_id, sizeof(intent->cancellation_id));
	intent->applied_amount = query_take_int(query);
	query_take_text(
	    query, record->receipt_url, sizeof(record->receipt_url));
	intent->send_by_ms = query_take_int(query);
	intent->deadline_ms = query_take_int(query);
	intent->checks = query_take_int32(query);
	intent->next_check_ms = query_take_int(query);
	take_quiet(query, &intent->quiet);
	record->answer.status = query_take_int32(query);
	query_take_text(
	    query, record->answer.body, sizeof(record->answer.body));
	record->answered_ms = query_take_int(query);
	record->closed_ms = query_take_int(query);
}

void
store_sqlite_rows_put_trail(
    struct query *query, const struct trail_entry *entry)
{
	query_put_int(query, entry->at_ms);
	query_put_text(query, store_rules_act_name(entry->act));
	query_put_word(query, entry->verdict);
	query_put_word(query, entry->actor);
	query_put_word(query, entry->address);
	query_put_word(query, entry->request_id);
	query_put_word(query, entry->merchant_uid);
	query_put_word(query, entry->imp_uid);
	query_put_word(query, entry->refund_id);
	query_put_some(query, entry->amount);
}

void
store_sqlite_rows_take_trail(struct query *query, struct trail_entry *entry)
{
	char word[WORD_SIZE];

	*entry = (struct trail_entry){ 0 };
	entry->at_ms = query_take_int(query);
	query_take_text(query, word, sizeof(word));
	if (!store_rules_act_find(word, &entry->act))
		query_spoil(query);
	query_take_text(query, entry->verdict, sizeof(entry->verdict));
	query_take_text(query, entry->actor, sizeof(entry->actor));
	query_take_text(query, entry->address, sizeof(entry->address));
	query_take_text(query, entry->request_id, sizeof(entry->request_id));
	query_take_text(
	    query, entry->merchant_uid, sizeof(entry->merchant_uid));
	query_take_text(query, entry->imp_uid, sizeof(entry->imp_uid));
	query_take_text(query, entry->refund_id, sizeof(entry->refund_id));
	entry->amount = query_take_int(query);
}

void
store_sqlite_rows_take_entry(struct query *query, struct book_entry *entry)
{
	*entry = (struct book_entry){ 0 };
	query_take_text(query, entry->id, sizeof(entry->id));
	entry->amount = query_take_int(query);
	query_take_text(query, entry->refund_id, sizeof(entry->refund_id));
	entry->is_known = query_take_int(query) != 0;
}

void
store_sqlite_rows_take_refund(struct query *query, struct refund_record *record)
{
	*record = (struct refund_record){ 0 };
	take_wish(query, record);
	take_course(query, record);
	record->is_approved = query_take_int(query) != 0;
}
