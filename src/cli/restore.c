/* SPDX-License-Identifier: MIT */
/*
 * cancelpay restore: a backup back into the place of the book.
 *
 * The one idea: what lies between the backup and now is not lost, i'mport
 * knows it.  The restored book is frozen; once nothing of the old one can be on
 * its way any more, all that was cancelled since is read back, and only then
 * new refunds are taken again.
 */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/recover.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "store/store_sqlite_restore.h"

#define POLL_MS 50

struct restoring {
	struct cli *cli;
	const char *file;
	bool is_forced, is_continued;
	struct progress progress;
	struct store store;
	struct provider provider;
	struct store_freeze freeze;
};

static void
show_pages(void *arg, int64_t n_done, int64_t n_all)
{
	progress_show(arg, "copying", n_done, n_all);
}

static void
show_names(void *arg, size_t n_done, size_t n_all)
{
	progress_show(arg, "reading", (int64_t)n_done, (int64_t)n_all);
}

/*
 * A refund the book does not know any more may be sent until send_within_ms
 * and be under way for timeout_ms; and quiet_ms is what i'mport itself may
 * need.
 */
static int64_t
freeze_ms(const struct cli *cli)
{
	const struct app *app = setup_app(cli->setup);
	int64_t ms = app->send_within_ms + app->timeout_ms + app->quiet_ms;
	int64_t tickets_ms = (TICKET_LIFE_S + TICKET_LEEWAY_S) * 1000;

	/* What a ticket was used for may have gone with the old book. */
	return cli->conf.auth_mode == CONF_AUTH_TICKET && ms < tickets_ms
	    ? tickets_ms
	    : ms;
}

static enum cli_exit
put_back(struct restoring *restoring)
{
	const struct app *app = setup_app(restoring->cli->setup);
	struct store_sqlite_restore what = {
		.file = restoring->file,
		.path = restoring->cli->conf.store_path,
		.is_forced = restoring->is_forced,
		.freeze_ms = freeze_ms(restoring->cli),
		.clock = &app->clock,
		.watch = { .show = show_pages, .arg = &restoring->progress },
	};
	struct store_sqlite_restored restored;
	struct fault_note note = { "" };
	enum fault f;

	f = store_sqlite_restore(&what, &restored, &note);
	progress_clear(&restoring->progress);
	if (restored.aside[0] != '\0')
		(void)printf(
		    "%s: damaged; kept as %s\n", what.path, restored.aside);
	if (restored.is_mute)
		(void)printf("The book before can't say whether you had frozen "
			     "refunds, or rejected one that awaits approval in "
			     "the backup: refunds stay frozen until cancelpay "
			     "unfreeze\n");
	if (f == FAULT_CONFIG)
		f = FAULT_STORE; /* missing or not ours, as for the others */
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	(void)printf("%s: restored from %s; refunds are frozen until all is "
		     "read back\n",
	    what.path, restoring->file);
	(void)fflush(stdout);
	return CLI_OK;
}

/* The freeze to work off; told when there is none. */
static enum cli_exit
read_freeze(struct restoring *restoring)
{
	struct fault_note note = { "" };
	enum fault f;

	f = store_begin(&restoring->store, CLI_WAIT_MS, &note);
	if (f == FAULT_NONE)
		f = store_freeze(&restoring->store, FREEZE_RESTORE,
		    &restoring->freeze, &note);
	store_rollback(&restoring->store);
	if (f == FAULT_ABSENT)
		(void)fault_set(&note, f, "no restore waits to be continued");
	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}

static enum cli_exit
open_all(struct restoring *restoring)
{
	struct fault_note note = { "" };
	enum cli_exit status = cli_writer(restoring->cli, &restoring->store);
	enum fault f;

	if (status == CLI_OK)
		status = read_freeze(restoring);
	if (status != CLI_OK)
		return status;
	/* OpenSSL may write to a connection that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	f = setup_provider(restoring->cli->setup, &restoring->provider, &note);
	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}

/* A clock set back meanwhile makes no one wait for more than the whole time. */
static void
wait_until(struct restoring *restoring)
{
	const struct app *app = setup_app(restoring->cli->setup);
	int64_t all_ms = freeze_ms(restoring->cli);
	int64_t left_ms =
	    restoring->freeze.until_ms - clock_now_ms(&app->clock);
	int64_t end_ms;

	if (left_ms > all_ms)
		left_ms = all_ms;
	end_ms = clock_steady_ms(&app->clock) + left_ms;
	while ((left_ms = end_ms - clock_steady_ms(&app->clock)) > 0) {
		progress_show(
		    &restoring->progress, "waiting", all_ms - left_ms, all_ms);
		(void)poll(NULL, 0, left_ms < POLL_MS ? (int)left_ms : POLL_MS);
	}
	progress_clear(&restoring->progress);
}

/* Frozen still: what is missing, and how it goes on. */
static enum cli_exit
tell_frozen(const struct recovered *recovered)
{
	(void)fprintf(stderr,
	    "cancelpay: refunds stay frozen: %s\n"
	    "Payments read back: %zu, without an answer: %zu.  Go on by: "
	    "cancelpay restore --continue\n",
	    recovered->note.text[0] != '\0' ? recovered->note.text
					    : "no answer from i'mport",
	    recovered->n_read, recovered->n_failed);
	return CLI_FOUND;
}

/* The restore is through; an operator's own freeze it leaves alone. */
static enum cli_exit
tell_end(const struct recovered *recovered)
{
	(void)printf("payments read back: %zu; refunds found that the backup "
		     "did not hold: %zu; %s\n",
	    recovered->n_read, recovered->n_surprises,
	    recovered->is_frozen
		? "refunds stay frozen until cancelpay unfreeze"
		: "refunds are taken again");
	if (recovered->n_odd > 0)
		(void)fprintf(stderr,
		    "cancelpay: payments that i'mport shows otherwise, left "
		    "alone: %zu; the last: %s\n",
		    recovered->n_odd, recovered->note.text);
	return recovered->is_frozen || recovered->n_odd > 0 ? CLI_FOUND
							    : CLI_OK;
}

static enum cli_exit
read_back(struct restoring *restoring)
{
	const struct walk walk = { .app = setup_app(restoring->cli->setup),
		.store = &restoring->store,
		.provider = &restoring->provider,
		.arg = &restoring->progress };
	struct recovered recovered;
	struct fault_note note = { "" };
	enum fault f;

	f = recover_run(
	    &walk, &restoring->freeze, show_names, &recovered, &note);
	progress_clear(&restoring->progress);
	if (f != FAULT_NONE) {
		(void)cli_fault(f, &note);
		(void)fputs("Refunds stay frozen.  Go on by: cancelpay restore "
			    "--continue\n",
		    stderr);
		return CLI_FAILED;
	}
	if (!recovered.is_thawed)
		return tell_frozen(&recovered);
	return tell_end(&recovered);
}

static bool
parse_options(struct restoring *restoring, int argc, char **argv)
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "continue", no_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'f')
			restoring->is_forced = true;
		else if (c == 'c')
			restoring->is_continued = true;
		else
			return false;
	}
	if (restoring->is_continued)
		return optind == argc && !restoring->is_forced;
	restoring->file = argv[optind];
	return optind + 1 == argc;
}

enum cli_exit
cli_restore(struct cli *cli, int argc, char **argv)
{
	struct restoring restoring = { .cli = cli };
	enum cli_exit status;

	if (!parse_options(&restoring, argc, argv))
		return cli_misused("restore");
	status = cli_open(cli);
	if (status != CLI_OK)
		return status;
	progress_init(&restoring.progress, &setup_app(cli->setup)->clock);
	if (!restoring.is_continued)
		status = put_back(&restoring);
	if (status == CLI_OK)
		status = open_all(&restoring);
	if (status != CLI_OK)
		return status;
	wait_until(&restoring);
	return read_back(&restoring);
}
