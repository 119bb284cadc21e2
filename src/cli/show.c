/* SPDX-License-Identifier: MIT */
/*
 * cancelpay show: one refund, or a payment with all that happened to it; or
 * what was refused before any was looked up.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/render.h"
#include "cli/story.h"
#include "cli/table.h"

/* A payment with more refunds than this has other problems. */
#define REFUNDS_MOST 100000

static const struct table_column refund_columns[] = {
	{ "REFUND", false },
	{ "CREATED", false },
	{ "AMOUNT", true },
	{ "STATE", false },
	{ "CANCELLATION", false },
	{ "I'MPORT SAID", false },
};
#define REFUND_COLUMNS (sizeof(refund_columns) / sizeof(refund_columns[0]))

static const struct table_column entry_columns[] = {
	{ "CANCELLATION", false },
	{ "AMOUNT", true },
	{ "REFUND", false },
};
#define ENTRY_COLUMNS (sizeof(entry_columns) / sizeof(entry_columns[0]))

struct showing {
	const struct store *store;
	bool is_json;
	struct render render; /* of all payments */
	/* The payment being shown: */
	const struct payment *payment;
	struct table refunds;
	struct book book;
};

static void
line(const char *label, const char *text)
{
	(void)printf("%-13s", label);
	table_text(stdout, text[0] == '\0' ? "-" : text);
	(void)putchar('\n');
}

static void
line_time(const char *label, int64_t unix_ms)
{
	char text[STAMP_SIZE];

	render_time(unix_ms, text);
	line(label, text);
}

static void
line_money(const char *label, int64_t amount, const struct currency *currency)
{
	char text[TABLE_MONEY_SIZE];

	table_money(amount, currency, text);
	line(label, text);
}

/* ---- a refund ---------------------------------------------------------- */

static void
print_outcome(
    const struct refund_record *record, const struct currency *currency)
{
	const struct intent *intent = &record->intent;
	char text[RENDER_STATE_SIZE];

	render_state(intent, text);
	line("state", text);
	line_money("given back", intent->applied_amount, currency);
	line("cancellation", intent->cancellation_id);
	line("receipt", record->receipt_url);
	if (intent->heard != INTENT_HEARD_NOTHING) {
		(void)snprintf(text, sizeof(text), "%lld",
		    (long long)intent->provider_code);
		line("i'mport code", text);
		line("i'mport said", intent->provider_message);
	}
	(void)snprintf(text, sizeof(text), "%d", (int)intent->checks);
	line("looked", text);
}

static void
print_refund(const struct refund_record *record, const struct payment *payment)
{
	const struct intent *intent = &record->intent;

	line("refund", intent->id);
	line("order", payment->merchant_uid);
	line("payment", payment->imp_uid);
	line_money("amount", intent->amount, payment->currency);
	line_money("checksum", intent->checksum, payment->currency);
	print_outcome(record, payment->currency);
	line("reason", record->reason);
	line("caller", record->caller);
	line("requester", record->is_customer ? "customer" : "admin");
	line("key", record->idempotency_key);
	if (record->origin != INTENT_BY_REQUEST) {
		line("origin", intent_origin_name(record->origin));
		line("origin of", record->origin_of);
	}
	line_time("created", intent->created_ms);
	line_time("send by", intent->send_by_ms);
	line_time("deadline", intent->deadline_ms);
	if (intent_is_open(intent->state))
		line_time("next look", intent->next_check_ms);
	line_time("answered", record->answered_ms);
	line_time("closed", record->closed_ms);
}

static enum fault
show_refund(struct showing *showing, const char *id, struct fault_note *note)
{
	struct refund_record record;
	struct payment payment;
	enum fault f;

	f = store_refund(showing->store, id, &record, note);
	if (f == FAULT_NONE)
		f = store_payment(
		    showing->store, record.intent.imp_uid, &payment, note);
	if (f != FAULT_NONE)
		return f;
	if (showing->is_json)
		render_refund(&showing->render.json, &record, &payment);
	else
		print_refund(&record, &payment);
	return FAULT_NONE;
}

/* ---- a payment --------------------------------------------------------- */

static enum fault
add_refund(
    void *arg, const struct refund_record *record, struct fault_note *note)
{
	struct showing *showing = arg;
	const struct intent *intent = &record->intent;
	char created[STAMP_SIZE], state[RENDER_STATE_SIZE];
	char amount[TABLE_MONEY_SIZE];
	const char *const cells[REFUND_COLUMNS] = { intent->id, created, amount,
		state, intent->cancellation_id, intent->provider_message };

	if (!showing->is_json) {
		render_time(intent->created_ms, created);
		render_state(intent, state);
		table_money(intent->amount, showing->payment->currency, amount);
		return table_add(&showing->refunds, cells, note);
	}
	render_refund(&showing->render.json, record, showing->payment);
	return render_fault(&showing->render, note);
}

static enum fault
print_book(const struct showing *showing, struct fault_note *note)
{
	char amount[TABLE_MONEY_SIZE];
	enum fault f = FAULT_NONE;
	struct table table;
	size_t i;

	table_init(&table, entry_columns, ENTRY_COLUMNS);
	for (i = 0; i < showing->book.n && f == FAULT_NONE; i++) {
		const struct book_entry *entry = &showing->book.entries[i];
		const char *const cells[ENTRY_COLUMNS] = { entry->id, amount,
			entry->refund_id[0] == '\0' ? "(not ours)"
						    : entry->refund_id };

		table_money(entry->amount, showing->payment->currency, amount);
		f = table_add(&table, cells, note);
	}
	if (f == FAULT_NONE && table.n_rows > 0) {
		(void)puts("\nHistory at i'mport, oldest first");
		table_print(&table, stdout);
	}
	table_deinit(&table);
	return f;
}

static enum fault
print_payment(const struct showing *showing, struct fault_note *note)
{
	const struct payment *payment = showing->payment;
	enum fault f;

	line("payment", payment->imp_uid);
	line("order", payment->merchant_uid);
	line("status", payment_status_name(payment->status));
	line_money("amount", payment->amount, payment->currency);
	line_money("cancelled", payment->cancel_amount, payment->currency);
	line_money(
	    "refundable", payment_refundable(payment), payment->currency);
	line("pay method", payment->pay_method);
	line("PG", payment->pg_provider);
	line_time("paid", payment->paid_at * 1000);
	if (showing->refunds.n_rows > 0) {
		(void)puts("\nRefunds, newest first");
		table_print(&showing->refunds, stdout);
	}
	f = print_book(showing, note);
	return f == FAULT_NONE ? story_print(showing->store, payment, note) : f;
}

static enum fault
show_as_text(struct showing *showing, const struct refund_filter *filter,
    struct fault_note *note)
{
	enum fault f =
	    store_list(showing->store, filter, add_refund, showing, note);

	return f == FAULT_NONE ? print_payment(showing, note) : f;
}

static enum fault
show_as_json(struct showing *showing, const struct refund_filter *filter,
    struct fault_note *note)
{
	struct web_json *json = &showing->render.json;
	enum fault f;

	web_json_open(json, NULL, '{');
	render_payment(json, showing->payment);
	web_json_open(json, "refunds", '[');
	f = store_list(showing->store, filter, add_refund, showing, note);
	web_json_close(json, ']');
	render_book(json, "history", &showing->book);
	if (f == FAULT_NONE)
		f = story_json(showing->store, showing->payment, json, note);
	web_json_close(json, '}');
	return f;
}

static enum fault
show_payment(struct showing *showing, const struct payment *payment,
    struct fault_note *note)
{
	const struct refund_filter filter = { .imp_uid = payment->imp_uid,
		.limit = REFUNDS_MOST };
	enum fault f;

	showing->payment = payment;
	table_init(&showing->refunds, refund_columns, REFUND_COLUMNS);
	f = store_book(
	    showing->store, payment->imp_uid, "", &showing->book, note);
	if (f == FAULT_NONE)
		f = showing->is_json ? show_as_json(showing, &filter, note)
				     : show_as_text(showing, &filter, note);
	free(showing->book.entries);
	showing->book = (struct book){ NULL, 0 };
	table_deinit(&showing->refunds);
	return f;
}

/* In JSON one payment is an object, several of one order are an array. */
static enum fault
show_payments(struct showing *showing, const struct payment *payments, size_t n,
    struct fault_note *note)
{
	struct web_json *json = &showing->render.json;
	enum fault f = FAULT_NONE;
	size_t i;

	if (n > 1)
		web_json_open(json, NULL, '[');
	for (i = 0; i < n && f == FAULT_NONE; i++) {
		if (i > 0 && !showing->is_json)
			(void)putchar('\n');
		f = show_payment(showing, &payments[i], note);
	}
	if (n > 1)
		web_json_close(json, ']');
	return f;
}

/* ---- which of the three it is ------------------------------------------ */

static enum fault
show(struct showing *showing, const char *name, struct fault_note *note)
{
	struct payment payments[SAME_ORDER_MAX];
	size_t n = 1;
	enum fault f = FAULT_ABSENT;

	if (refund_id_is_valid(name))
		f = show_refund(showing, name, note);
	if (f != FAULT_ABSENT)
		return f;
	f = store_payment(showing->store, name, &payments[0], note);
	if (f == FAULT_ABSENT)
		f = store_payments_of(showing->store, name, payments, &n, note);
	if (f != FAULT_NONE)
		return f;
	if (n == 0)
		return fault_set(note, FAULT_ABSENT,
		    "%.160s: no refund, payment or order of that name", name);
	return show_payments(showing, payments, n, note);
}

/* name NULL: what was refused. */
static enum fault
show_it(struct showing *showing, const char *name, struct fault_note *note)
{
	enum fault f = store_begin(showing->store, CLI_WAIT_MS, note);

	if (f != FAULT_NONE)
		return f;
	if (name != NULL)
		f = show(showing, name, note);
	else
		f = story_refused(showing->store,
		    showing->is_json ? &showing->render.json : NULL, note);
	store_rollback(showing->store);
	return f;
}

/* *ret_name is NULL for what was refused. */
static bool
parse_options(int argc, char **argv, bool *ret_is_json, const char **ret_name)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "refused", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	bool is_refused = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'j')
			*ret_is_json = true;
		else if (c == 'r')
			is_refused = true;
		else
			return false;
	}
	*ret_name = is_refused ? NULL : argv[optind];
	return argc - optind == (is_refused ? 0 : 1);
}

enum cli_exit
cli_show(struct cli *cli, int argc, char **argv)
{
	struct showing showing = { .is_json = false };
	struct fault_note note = { "" };
	struct store store;
	enum cli_exit status;
	const char *name;
	enum fault f;

	if (!parse_options(argc, argv, &showing.is_json, &name))
		return cli_misused("show");
	status = cli_open(cli);
	if (status == CLI_OK)
		status = cli_reader(cli, &store);
	if (status != CLI_OK)
		return status;
	showing.store = &store;
	render_init(&showing.render);
	f = show_it(&showing, name, &note);
	if (f == FAULT_NONE && showing.is_json)
		f = render_print(&showing.render, &note);
	render_deinit(&showing.render);
	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}
