/* SPDX-License-Identifier: MIT */
/*
 * cancelpay freeze, cancelpay unfreeze: a row that every transaction looks for
 * before it journals, so it holds for all processes from its commit on.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "app/trail.h"
#include "cli/cli.h"

static bool
parse(int argc, char **argv, const char **ret_by)
{
	static const struct option options[] = {
		{ "by", required_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*ret_by = "operator";
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'b')
			return false;
		*ret_by = optarg;
	}
	return optind == argc && cli_is_name(*ret_by);
}

static enum fault
change(const struct app *app, const struct store *writer, bool is_freeze,
    const char *by, bool *ret_is_frozen, struct fault_note *note)
{
	struct store_freeze freeze = { .cause = FREEZE_OPERATOR };
	enum fault f;

	freeze.created_ms = clock_now_ms(&app->clock);
	f = store_begin(writer, CLI_WAIT_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = is_freeze ? store_freeze_put(writer, &freeze, note)
		      : store_freeze_delete(writer, FREEZE_OPERATOR, note);
	if (f == FAULT_NONE)
		f = trail_told(app, writer,
		    is_freeze ? TRAIL_FROZEN : TRAIL_THAWED, by, NULL, "",
		    note);
	if (f == FAULT_NONE)
		f = store_frozen(writer, ret_is_frozen, note);
	if (f == FAULT_NONE)
		f = store_commit(writer, note);
	store_rollback(writer);
	return f;
}

static enum cli_exit
run(struct cli *cli, int argc, char **argv, bool is_freeze)
{
	struct fault_note note = { "" };
	bool is_frozen = false;
	struct store writer;
	enum cli_exit status;
	const char *by;
	enum fault f;

	if (!parse(argc, argv, &by))
		return cli_misused(is_freeze ? "freeze" : "unfreeze");
	status = cli_open(cli);
	if (status == CLI_OK)
		status = cli_writer(cli, &writer);
	if (status != CLI_OK)
		return status;
	f = change(
	    setup_app(cli->setup), &writer, is_freeze, by, &is_frozen, &note);
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	if (is_frozen && !is_freeze) {
		(void)fputs("cancelpay: still frozen by a restore: cancelpay "
			    "restore --continue\n",
		    stderr);
		return CLI_FOUND;
	}
	(void)puts(
	    is_freeze ? "no new refunds are taken" : "refunds are taken again");
	return CLI_OK;
}

enum cli_exit
cli_freeze(struct cli *cli, int argc, char **argv)
{
	return run(cli, argc, argv, true);
}

enum cli_exit
cli_unfreeze(struct cli *cli, int argc, char **argv)
{
	return run(cli, argc, argv, false);
}
