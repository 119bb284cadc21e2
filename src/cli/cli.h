/* SPDX-License-Identifier: MIT */
/*
 * Cli: what the subcommands of `cancelpay` share: one shape, one set of exit
 * codes, one way to open the configuration and to say what went wrong.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/conf.h"
#include "core/fault.h"
#include "port/provider.h"
#include "port/store.h"
#include "setup/setup.h"

/* How long a command waits for its turn to read or write. */
#define CLI_WAIT_MS 60000

/* Where the configuration is if nobody says where. */
#define CLI_CONFIG_FILE SYSCONFDIR "/cancelpay.conf"

/* Exit status, as cancelpay(1) promises. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FOUND = 1, /* something to look at, not found, or refused */
	CLI_USAGE = 2, /* command line or configuration */
	CLI_FAILED = 3 /* database or system */
};

struct cli {
	const char *config_file; /* NULL = the usual places */
	struct conf conf;
	struct setup *setup;
};

/* A subcommand with its arguments.  It calls cli_open when it needs to. */
typedef enum cli_exit cli_command(struct cli *cli, int argc, char **argv);

cli_command cli_init, cli_import, cli_list, cli_show, cli_resolve, cli_backup,
    cli_restore, cli_doctor, cli_ticket, cli_approve, cli_reject, cli_freeze,
    cli_unfreeze;

/*
 * cli_open: reads the configuration and sets up.  Anything but CLI_OK has been
 * told and is what to exit with.  cli_close accepts an empty struct.
 */
enum cli_exit cli_open(struct cli *cli);
/* cli_try_open: the same, telling nobody. */
enum fault MUST_CHECK cli_try_open(struct cli *cli, struct fault_note *note);
void cli_close(struct cli *cli);

/* cli_reader, cli_writer: the database, the same way. */
enum cli_exit cli_reader(struct cli *cli, struct store *ret_store);
enum cli_exit cli_writer(struct cli *cli, struct store *ret_store);

/* cli_fault: tells of a fault; what to exit with. */
enum cli_exit cli_fault(enum fault fault, const struct fault_note *note);

/*
 * cli_is_name: what --by says names somebody: 1 to 100 bytes of visible text,
 * without blanks at its ends.  If not (NULL too) it is told.
 */
bool cli_is_name(const char *by);

/* cli_heard: for struct walk: tells that i'mport gave no answer, and why. */
void cli_heard(void *arg, const struct provider_outcome *outcome);

/* cli_misused: points at a command's help; CLI_USAGE. */
enum cli_exit cli_misused(const char *command);

#endif
