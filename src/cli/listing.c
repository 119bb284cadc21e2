/* SPDX-License-Identifier: MIT */
/*
 * Either the table or the array is filled.
 */
#include "cli/listing.h"

#include <stdio.h>
#include <unistd.h>

static const struct table_column columns[] = {
	{ "REFUND", false },
	{ "CREATED", false },
	{ "ORDER", false },
	{ "AMOUNT", true },
	{ "STATE", false },
	{ "ORIGIN", false },
	{ "NEXT LOOK", false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void
listing_init(struct listing *listing, bool is_json)
{
	*listing = (struct listing){ .is_json = is_json };
	table_init(&listing->table, columns, COLUMNS);
	render_init(&listing->array);
	web_json_open(&listing->array.json, NULL, '[');
}

void
listing_deinit(struct listing *listing)
{
	table_deinit(&listing->table);
	render_deinit(&listing->array);
}

static enum fault
add_row(struct listing *listing, const struct refund_record *record,
    const struct payment *payment, struct fault_note *note)
{
	const struct intent *intent = &record->intent;
	bool is_open = intent_is_open(intent->state);
	char created[STAMP_SIZE], look[STAMP_SIZE], state[RENDER_STATE_SIZE];
	char amount[TABLE_MONEY_SIZE];
	const char *const cells[COLUMNS] = { intent->id, created,
		payment->merchant_uid, amount, state,
		intent_origin_name(record->origin), look };

	render_time(intent->created_ms, created);
	render_time(is_open ? intent->next_check_ms : 0, look);
	render_state(intent, state);
	table_money(intent->amount, payment->currency, amount);
	return table_add(&listing->table, cells, note);
}

enum fault
listing_add(struct listing *listing, const struct refund_record *record,
    const struct payment *payment, struct fault_note *note)
{
	listing->n++;
	if (!listing->is_json)
		return add_row(listing, record, payment, note);
	render_refund(&listing->array.json, record, payment);
	return render_fault(&listing->array, note);
}

enum fault
listing_print(
    struct listing *listing, const char *if_empty, struct fault_note *note)
{
	if (listing->is_json) {
		web_json_close(&listing->array.json, ']');
		return render_print(&listing->array, note);
	}
	/* For people; cron would send it by mail. */
	if (listing->n == 0 && isatty(STDERR_FILENO))
		(void)fprintf(stderr, "cancelpay: %s\n", if_empty);
	else if (listing->n > 0)
		table_print(&listing->table, stdout);
	return FAULT_NONE;
}

size_t
listing_n(const struct listing *listing)
{
	return listing->n;
}
