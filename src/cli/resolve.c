/* SPDX-License-Identifier: MIT */
/*
 * cancelpay resolve: one walk over the refunds whose end is not known yet, for
 * cron where no responder runs all the time.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/walk.h"
#include "cli/cli.h"
#include "cli/listing.h"

/* More than any backlog; a walk that meets it is gone on with by the next. */
#define DUE_MOST 100000

struct resolving {
	struct store reader;
	struct listing listing;
	bool has_found;   /* something that needs a look */
	enum fault fault; /* the first of a visit */
	struct fault_note note;
};

/* Money that moved unexpectedly: it is in the book now, as a row of its own. */
static void
stored(void *arg, const struct task *task)
{
	struct resolving *resolving = arg;

	if (task->news.n_surprises == 0)
		return;
	resolving->has_found = true;
	(void)fprintf(stderr,
	    "cancelpay: %s: refunds found done that the book did not expect: "
	    "%d; see: cancelpay show %s\n",
	    task->imp_uid, task->news.n_surprises, task->imp_uid);
}

/* What has become of one refund, read by a connection of our own. */
static void
visit(void *arg, const char *refund_id)
{
	struct resolving *resolving = arg;
	struct fault_note *note = &resolving->note;
	struct refund_record record;
	struct payment payment;
	enum fault f;

	if (resolving->fault != FAULT_NONE)
		return;
	f = store_begin(&resolving->reader, CLI_WAIT_MS, note);
	if (f == FAULT_NONE)
		f = store_refund(&resolving->reader, refund_id, &record, note);
	if (f == FAULT_NONE)
		f = store_payment(
		    &resolving->reader, record.intent.imp_uid, &payment, note);
	store_rollback(&resolving->reader);
	if (f == FAULT_NONE)
		f = listing_add(&resolving->listing, &record, &payment, note);
	if (f == FAULT_NONE && record.intent.state == INTENT_NEEDS_REVIEW)
		resolving->has_found = true;
	resolving->fault = f;
}

static enum cli_exit
open_all(struct cli *cli, struct resolving *resolving, struct store *ret_writer,
    struct provider *ret_provider)
{
	struct fault_note note = { "" };
	enum cli_exit status = cli_open(cli);
	enum fault f;

	if (status == CLI_OK)
		status = cli_writer(cli, ret_writer);
	if (status == CLI_OK)
		status = cli_reader(cli, &resolving->reader);
	if (status != CLI_OK)
		return status;
	/* OpenSSL may write to a connection that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	f = setup_late_provider(cli->setup, ret_provider, &note);
	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}

static enum fault
resolve(struct cli *cli, struct resolving *resolving,
    const struct store *writer, const struct provider *provider,
    struct fault_note *note)
{
	const struct walk walk = { .app = setup_app(cli->setup),
		.store = writer,
		.provider = provider,
		.heard = cli_heard,
		.stored = stored,
		.arg = resolving };
	size_t n;
	enum fault f;

	f = walk_due(&walk, DUE_MOST, visit, &n, note);
	if (f != FAULT_NONE)
		return f;
	*note = resolving->note;
	return resolving->fault;
}

enum cli_exit
cli_resolve(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct resolving resolving = { .fault = FAULT_NONE };
	struct fault_note note = { "" };
	struct provider provider;
	struct store writer;
	struct fault_note other;
	enum cli_exit status;
	bool is_json = false;
	enum fault f;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'j')
			return cli_misused("resolve");
		is_json = true;
	}
	if (optind != argc)
		return cli_misused("resolve");
	status = open_all(cli, &resolving, &writer, &provider);
	if (status != CLI_OK)
		return status;
	listing_init(&resolving.listing, is_json);
	f = resolve(cli, &resolving, &writer, &provider, &note);
	if (f == FAULT_NONE)
		f = listing_print(&resolving.listing, "nothing is due", &note);
	/* One that failed keeps nothing of the others back. */
	else if (listing_n(&resolving.listing) > 0 &&
	    listing_print(&resolving.listing, "", &other) != FAULT_NONE)
		note = other;
	if (f != FAULT_NONE)
		status = cli_fault(f, &note);
	else if (resolving.has_found)
		status = CLI_FOUND;
	listing_deinit(&resolving.listing);
	return status;
}
