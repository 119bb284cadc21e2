/* SPDX-License-Identifier: MIT */
/*
 * The commands' common ground.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "web/web_fields.h"

#define NAME_MAX_LEN 100

enum fault
cli_try_open(struct cli *cli, struct fault_note *note)
{
	enum fault f;

	f = conf_read(
	    cli->config_file, CLI_CONFIG_FILE, environ, &cli->conf, note);
	if (f == FAULT_NONE)
		f = setup_open(&cli->conf, &cli->setup, note);
	return f;
}

enum cli_exit
cli_open(struct cli *cli)
{
	struct fault_note note = { "" };
	enum fault f = cli_try_open(cli, &note);

	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}

void
cli_close(struct cli *cli)
{
	setup_close(cli->setup);
	cli->setup = NULL;
	conf_wipe(&cli->conf);
}

/* A database that is missing or not ours is a matter of the database. */
static enum cli_exit
opened(enum fault fault, const struct fault_note *note)
{
	if (fault == FAULT_NONE)
		return CLI_OK;
	(void)cli_fault(fault, note);
	return CLI_FAILED;
}

enum cli_exit
cli_reader(struct cli *cli, struct store *ret_store)
{
	struct fault_note note = { "" };

	return opened(setup_reader(cli->setup, ret_store, &note), &note);
}

enum cli_exit
cli_writer(struct cli *cli, struct store *ret_store)
{
	struct fault_note note = { "" };

	return opened(setup_writer(cli->setup, ret_store, &note), &note);
}

enum cli_exit
cli_fault(enum fault fault, const struct fault_note *note)
{
	(void)fprintf(stderr, "cancelpay: %s\n",
	    note->text[0] != '\0' ? note->text : fault_name(fault));
	switch (fault) {
	case FAULT_INPUT:
	case FAULT_ABSENT:
		return CLI_FOUND;
	case FAULT_CONFIG:
		return CLI_USAGE;
	case FAULT_NONE:
	case FAULT_NOMEM:
	case FAULT_BUSY:
	case FAULT_IO:
	case FAULT_STORE:
	case FAULT_BUG:
	case FAULT__COUNT:
		break;
	}
	return CLI_FAILED;
}

bool
cli_is_name(const char *by)
{
	size_t len = by == NULL ? 0 : strlen(by);

	if (len > 0 && len <= NAME_MAX_LEN && text_utf8_is_valid(by, len) &&
	    !web_fields_has_control(by, "") && by[0] != ' ' &&
	    by[len - 1] != ' ')
		return true;
	(void)fputs("cancelpay: --by has to say who you are\n", stderr);
	return false;
}

void
cli_heard(void *arg, const struct provider_outcome *outcome)
{
	(void)arg;
	if (outcome->said == PROVIDER_NOT_SENT ||
	    outcome->said == PROVIDER_LOST)
		(void)fprintf(stderr, "cancelpay: no answer from i'mport: %s\n",
		    outcome->note.text);
}

enum cli_exit
cli_misused(const char *command)
{
	(void)fprintf(stderr, "Try \"cancelpay help %s\" for more.\n", command);
	return CLI_USAGE;
}
