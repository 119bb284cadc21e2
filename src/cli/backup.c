/* SPDX-License-Identifier: MIT */
/*
 * cancelpay backup: a copy of the book, while refunds go on.  The key of the
 * fingerprints is not in it and should be kept somewhere else.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "store/store_sqlite_copy.h"

static void
show(void *arg, int64_t n_done, int64_t n_all)
{
	progress_show(arg, "copying", n_done, n_all);
}

enum cli_exit
cli_backup(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct fault_note note = { "" };
	struct progress progress;
	struct store_sqlite_watch watch = { .show = show, .arg = &progress };
	enum cli_exit status;
	enum fault f;

	if (getopt_long(argc, argv, "", none, NULL) != -1 || optind + 1 != argc)
		return cli_misused("backup");
	status = cli_open(cli);
	if (status != CLI_OK)
		return status;
	progress_init(&progress, &setup_app(cli->setup)->clock);
	f = store_sqlite_backup(
	    cli->conf.store_path, argv[optind], &watch, &note);
	progress_clear(&progress);
	if (f == FAULT_CONFIG)
		f = FAULT_STORE; /* missing or not ours, as for the others */
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	(void)printf("%s: written and checked\n", argv[optind]);
	return CLI_OK;
}
