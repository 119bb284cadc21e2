/* SPDX-License-Identifier: MIT */
/*
 * cancelpay list: refunds, newest first; with --stuck those a person or a
 * cron job should know of.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/listing.h"
#include "cli/render.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MOST    1000000

struct list {
	const struct store *store;
	struct listing listing;
	bool is_frozen;
	struct store_figures figures;
};

static enum fault
list_one(void *arg, const struct refund_record *record, struct fault_note *note)
{
	struct list *list = arg;
	struct payment payment;
	enum fault f;

	f = store_payment(list->store, record->intent.imp_uid, &payment, note);
	if (f == FAULT_NONE)
		f = listing_add(&list->listing, record, &payment, note);
	return f;
}

static enum fault
list_all(struct list *list, const struct refund_filter *filter,
    struct fault_note *note)
{
	enum fault f = store_begin(list->store, CLI_WAIT_MS, note);

	if (f != FAULT_NONE)
		return f;
	f = store_list(list->store, filter, list_one, list, note);
	if (f == FAULT_NONE)
		f = store_frozen(list->store, &list->is_frozen, note);
	if (f == FAULT_NONE)
		f = store_figures(
		    list->store, filter->now_ms, &list->figures, note);
	store_rollback(list->store);
	return f;
}

/* They are not stuck: it is for a person to say when. */
static void
tell_awaiting(const struct store_figures *figures, int64_t now_ms)
{
	int64_t n = figures->unfinished[INTENT_AWAITING_APPROVAL];
	char since[STAMP_SIZE];

	if (n == 0)
		return;
	render_time(now_ms - figures->awaiting_ms, since);
	(void)fprintf(stderr,
	    "cancelpay: awaiting approval: %" PRId64 ", the oldest since %s: "
	    "see cancelpay list --state awaiting_approval\n",
	    n, since);
}

static bool
parse_limit(const char *text, int *ret_limit)
{
	char *end;
	long limit = strtol(text, &end, 10);

	if (end == text || *end != '\0' || limit < 1 || limit > LIMIT_MOST)
		return false;
	*ret_limit = (int)limit;
	return true;
}

static bool
parse_options(
    int argc, char **argv, struct refund_filter *filter, bool *ret_is_json)
{
	static const struct option options[] = {
		{ "stuck", no_argument, NULL, 'S' },
		{ "state", required_argument, NULL, 's' },
		{ "limit", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	enum intent_state state;
	int c;

	while ((c = getopt_long(argc, argv, "s:n:", options, NULL)) != -1) {
		if (c == 'S') {
			filter->is_stuck = true;
		} else if (c == 'j') {
			*ret_is_json = true;
		} else if (c == 's' && intent_state_find(optarg, &state)) {
			filter->state = optarg;
		} else if (c != 'n' || !parse_limit(optarg, &filter->limit)) {
			if (c == 's' || c == 'n')
				(void)fprintf(stderr,
				    "cancelpay: list: no %s \"%s\"\n",
				    c == 's' ? "state" : "limit", optarg);
			return false;
		}
	}
	return optind == argc;
}

enum cli_exit
cli_list(struct cli *cli, int argc, char **argv)
{
	struct refund_filter filter = { .limit = LIMIT_DEFAULT };
	struct fault_note note = { "" };
	struct store store;
	struct list list = { .store = &store };
	enum cli_exit status;
	bool is_json = false;
	enum fault f;

	if (!parse_options(argc, argv, &filter, &is_json))
		return cli_misused("list");
	status = cli_open(cli);
	if (status == CLI_OK)
		status = cli_reader(cli, &store);
	if (status != CLI_OK)
		return status;
	filter.now_ms = clock_now_ms(&setup_app(cli->setup)->clock);
	listing_init(&list.listing, is_json);
	f = list_all(&list, &filter, &note);
	if (f == FAULT_NONE)
		f = listing_print(&list.listing, "no refunds", &note);
	if (f != FAULT_NONE)
		status = cli_fault(f, &note);
	else if (filter.is_stuck &&
	    (listing_n(&list.listing) > 0 || list.is_frozen))
		status = CLI_FOUND;
	if (list.is_frozen)
		(void)fputs("cancelpay: new refunds are frozen: see "
			    "cancelpay unfreeze; or, after a restore, "
			    "cancelpay restore --continue\n",
		    stderr);
	if (f == FAULT_NONE && filter.is_stuck)
		tell_awaiting(&list.figures, filter.now_ms);
	listing_deinit(&list.listing);
	return status;
}
