/* SPDX-License-Identifier: MIT */
/*
 * One row an entry.  What an entry lacks is left out.
 */
#include "cli/story.h"

#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "store/store_rules.h"
#include "web/web_json.h"

static const struct table_column columns[] = {
	{ "WHEN", false },
	{ "WHAT", false },
	{ "REFUND", false },
	{ "AMOUNT", true },
	{ "WHO", false },
	{ "FROM", false },
	{ "REQUEST", false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const struct table_column refused_columns[] = {
	{ "WHEN", false },
	{ "WHY", false },
	{ "ORDER", false },
	{ "PAYMENT", false },
	{ "WHO", false },
	{ "FROM", false },
	{ "REQUEST", false },
};
#define REFUSED_COLUMNS (sizeof(refused_columns) / sizeof(refused_columns[0]))

struct telling {
	const struct payment *payment;
	struct table table;
	struct web_json *json;
};

/* Several payments may be one order's; each has the story of its refunds. */
static bool
is_of_another(const struct telling *telling, const struct trail_entry *entry)
{
	return entry->refund_id[0] != '\0' &&
	    strcmp(entry->imp_uid, telling->payment->imp_uid) != 0;
}

static enum fault
add_row(void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	struct telling *telling = arg;
	char when[STAMP_SIZE], amount[TABLE_MONEY_SIZE] = "";
	char what[TRAIL_VERDICT_SIZE + 16];
	const char *const cells[COLUMNS] = { when, what, entry->refund_id,
		amount, entry->actor, entry->address, entry->request_id };

	if (is_of_another(telling, entry))
		return FAULT_NONE;
	render_time(entry->at_ms, when);
	(void)snprintf(what, sizeof(what), "%s%s%s",
	    store_rules_act_name(entry->act),
	    entry->verdict[0] != '\0' ? ": " : "", entry->verdict);
	if (entry->amount > 0)
		table_money(entry->amount, telling->payment->currency, amount);
	return table_add(&telling->table, cells, note);
}

enum fault
story_print(const struct store *store, const struct payment *payment,
    struct fault_note *note)
{
	struct telling telling = { .payment = payment };
	enum fault f;

	table_init(&telling.table, columns, COLUMNS);
	f = store_trail_of(
	    store, payment->merchant_uid, add_row, &telling, note);
	if (f == FAULT_NONE && telling.table.n_rows > 0) {
		(void)puts("\nThe order's story, oldest first");
		table_print(&telling.table, stdout);
	}
	table_deinit(&telling.table);
	return f;
}

static void
put_text(struct web_json *json, const char *name, const char *text)
{
	if (text[0] != '\0')
		web_json_text(json, name, text);
}

static void
put_entry(struct web_json *json, const struct trail_entry *entry)
{
	web_json_int(json, "at_ms", entry->at_ms);
	web_json_text(json, "act", store_rules_act_name(entry->act));
	put_text(json, "verdict", entry->verdict);
	put_text(json, "refund_id", entry->refund_id);
	put_text(json, "imp_uid", entry->imp_uid);
	if (entry->amount > 0)
		web_json_int(json, "amount", entry->amount);
	put_text(json, "actor", entry->actor);
	put_text(json, "address", entry->address);
	put_text(json, "request_id", entry->request_id);
}

static enum fault
add_object(void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	struct telling *telling = arg;
	struct web_json *json = telling->json;

	(void)note;
	if (is_of_another(telling, entry))
		return FAULT_NONE;
	web_json_open(json, NULL, '{');
	put_entry(json, entry);
	web_json_close(json, '}');
	return json->fault;
}

enum fault
story_json(const struct store *store, const struct payment *payment,
    struct web_json *json, struct fault_note *note)
{
	struct telling telling = { .payment = payment, .json = json };
	enum fault f;

	web_json_open(json, "trail", '[');
	f = store_trail_of(
	    store, payment->merchant_uid, add_object, &telling, note);
	web_json_close(json, ']');
	return f;
}

/* ---- what was refused before an order was looked up ---------------------- */

static enum fault
add_refused_row(
    void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	char when[STAMP_SIZE];
	const char *const cells[REFUSED_COLUMNS] = { when, entry->verdict,
		entry->merchant_uid, entry->imp_uid, entry->actor,
		entry->address, entry->request_id };

	render_time(entry->at_ms, when);
	return table_add(arg, cells, note);
}

static enum fault
add_refused_object(
    void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	struct web_json *json = arg;

	(void)note;
	web_json_open(json, NULL, '{');
	put_entry(json, entry);
	put_text(json, "merchant_uid", entry->merchant_uid);
	web_json_close(json, '}');
	return json->fault;
}

static enum fault
print_refused(const struct store *store, struct fault_note *note)
{
	struct table table;
	enum fault f;

	table_init(&table, refused_columns, REFUSED_COLUMNS);
	f = store_trail_refused(
	    store, STORY_REFUSED_MOST, add_refused_row, &table, note);
	if (f == FAULT_NONE && table.n_rows > 0)
		table_print(&table, stdout);
	else if (f == FAULT_NONE)
		(void)puts("nothing was refused");
	table_deinit(&table);
	return f;
}

enum fault
story_refused(
    const struct store *store, struct web_json *json, struct fault_note *note)
{
	enum fault f;

	if (json == NULL)
		return print_refused(store, note);
	web_json_open(json, NULL, '[');
	f = store_trail_refused(
	    store, STORY_REFUSED_MOST, add_refused_object, json, note);
	web_json_close(json, ']');
	return f;
}
