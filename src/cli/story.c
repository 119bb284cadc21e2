/* SPDX-License-Identifier: MIT */
/*
 * One row an entry.  What an entry lacks is left out.
 */
#include "cli/story.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/render.h"
#include "cli/table.h"
#include "store/store_rules.h"

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

struct telling {
	const struct payment *payment;
	struct table table;
	struct json_object *json;
};

/* Several payments may be one order's; each has its own story. */
static bool
is_of_another(const struct telling *telling, const struct trail_entry *entry)
{
	return entry->imp_uid[0] != '\0' &&
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

static bool
put_text(struct json_object *object, const char *name, const char *text)
{
	return text[0] == '\0' ||
	    render_put(object, name, json_object_new_string(text));
}

static enum fault
add_object(void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	struct telling *telling = arg;
	struct json_object *object;

	if (is_of_another(telling, entry))
		return FAULT_NONE;
	object = json_object_new_object();
	if (object != NULL &&
	    render_put(object, "at_ms", json_object_new_int64(entry->at_ms)) &&
	    put_text(object, "act", store_rules_act_name(entry->act)) &&
	    put_text(object, "verdict", entry->verdict) &&
	    put_text(object, "refund_id", entry->refund_id) &&
	    put_text(object, "imp_uid", entry->imp_uid) &&
	    (entry->amount == 0 ||
		render_put(
		    object, "amount", json_object_new_int64(entry->amount))) &&
	    put_text(object, "actor", entry->actor) &&
	    put_text(object, "address", entry->address) &&
	    put_text(object, "request_id", entry->request_id) &&
	    render_append(telling->json, json_object_get(object))) {
		json_object_put(object);
		return FAULT_NONE;
	}
	json_object_put(object);
	return fault_set(note, FAULT_NOMEM, "no memory for the story");
}

enum fault
story_json(const struct store *store, const struct payment *payment,
    struct json_object **ret_json, struct fault_note *note)
{
	struct telling telling = { .payment = payment,
		.json = json_object_new_array() };
	enum fault f;

	if (telling.json == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for the story");
	f = store_trail_of(
	    store, payment->merchant_uid, add_object, &telling, note);
	if (f == FAULT_NONE)
		*ret_json = telling.json;
	else
		json_object_put(telling.json);
	return f;
}
