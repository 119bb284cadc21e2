/* SPDX-License-Identifier: MIT */
/*
 * cancelpay: the operator's command.  Finds the subcommand and its help; each
 * does its work in a file of its own.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "cli/cli.h"

static const char general_help[] =
    "Usage: cancelpay [--config FILE] COMMAND [ARGUMENT]...\n"
    "The refund desk's book of payments and refunds.\n"
    "\n"
    "  init       make the database and its key file, or upgrade them\n"
    "  import     take over payments from a CSV file\n"
    "  list       list refunds, newest first\n"
    "  show       show a payment or a refund with its history\n"
    "  resolve    ask i'mport about refunds whose end is not known yet\n"
    "  approve    let a refund go that awaits approval\n"
    "  reject     refuse one\n"
    "  freeze     take no new refunds, in any process, from now on\n"
    "  unfreeze   take them again\n"
    "  ticket     make a ticket that lets its bearer refund an order\n"
    "  backup     copy the book to a file, while refunds go on\n"
    "  restore    put a backup in the book's place and read back the rest\n"
    "  doctor     check what the operator has to guarantee\n"
    "  help       explain a command\n"
    "\n"
    "  -c, --config FILE  configuration instead of\n"
    "                     " SYSCONFDIR "/cancelpay.conf\n"
    "  -h, --help         this help\n"
    "  -V, --version      the version\n"
    "\n"
    "Exit status: 0 fine; 1 something found, missing or refused; 2 wrong\n"
    "usage or configuration; 3 the database failed.  See cancelpay(1).\n";

static const struct command {
	const char *name;
	cli_command *run;
	const char *help;
} commands[] = {
	{ "init", cli_init,
	    "Usage: cancelpay init\n"
	    "Make the database [store] url names, mode 0600, or upgrade it;\n"
	    "and make the key file if there is none.  Never overwrites.\n" },
	{ "import", cli_import,
	    "Usage: cancelpay import FILE.csv\n"
	    "Take over payments.  The first line names the columns:\n"
	    "merchant_uid,imp_uid,amount (required), cancel_amount, currency,\n"
	    "pay_method, pg_provider, status, paid_at.  Amounts are in the\n"
	    "currency's smallest unit.  Nothing is written unless the whole\n"
	    "file is right; importing again changes nothing.\n" },
	{ "list", cli_list,
	    "Usage: cancelpay list [--stuck] [--state STATE] [--limit N] "
	    "[--json]\n"
	    "List refunds, newest first.\n"
	    "\n"
	    "      --stuck        those under review or past their deadline;\n"
	    "                     exit status 1 if there are any,\n"
	    "                     or while refunds are frozen\n"
	    "  -s, --state STATE  in_flight, pending, unknown, needs_review,\n"
	    "                     awaiting_approval, succeeded or failed\n"
	    "  -n, --limit N      at most N (default 50)\n"
	    "      --json         an array of objects\n" },
	{ "show", cli_show,
	    "Usage: cancelpay show [--json] REFUND|IMP_UID|MERCHANT_UID\n"
	    "       cancelpay show [--json] --refused\n"
	    "Show one refund with its times, or a payment with its refunds\n"
	    "and its history at i'mport as we know it; or who was refused\n"
	    "before anything was looked up (401, 403, 400, 429).\n" },
	{ "resolve", cli_resolve,
	    "Usage: cancelpay resolve [--json]\n"
	    "Ask i'mport about every refund that is due and record what came\n"
	    "of it.  Exit status 1 if one of them now needs review, or money\n"
	    "was found moved that the book did not expect.\n" },
	{ "approve", cli_approve,
	    "Usage: cancelpay approve REFUND --by NAME\n"
	    "Let a refund go that awaits approval, and say what came of it.\n"
	    "NAME, who may not be the one who asked for it, is kept in the\n"
	    "trail.  Of a virtual account, standard input has four lines:\n"
	    "account holder, bank code, account number, telephone.\n" },
	{ "reject", cli_reject,
	    "Usage: cancelpay reject REFUND --by NAME\n"
	    "Refuse a refund that awaits approval; it moves no money.\n" },
	{ "freeze", cli_freeze,
	    "Usage: cancelpay freeze [--by NAME]\n"
	    "Take no new refunds, in any process, from now on (403 frozen).\n"
	    "What is under way goes on.\n" },
	{ "unfreeze", cli_unfreeze,
	    "Usage: cancelpay unfreeze [--by NAME]\n"
	    "Take refunds again.  Exit status 1 if a restore still freezes\n"
	    "them.\n" },
	{ "ticket", cli_ticket,
	    "Usage: cancelpay ticket ORDER --max AMOUNT [--minutes N] "
	    "[--admin]\n"
	    "Make a ticket ([auth] mode = ticket): its bearer may have that\n"
	    "much of the order refunded, once.  Prints nothing else.\n"
	    "\n"
	    "      --max AMOUNT   at most so much, in the usual notation\n"
	    "      --minutes N    good for N minutes, at most 15, the default\n"
	    "      --admin        ask in the shop's name, not the "
	    "customer's\n" },
	{ "backup", cli_backup,
	    "Usage: cancelpay backup FILE\n"
	    "Copy the book, as it is at one moment, to the new file FILE,\n"
	    "mode 0600, and check the copy.  Refunds go on meanwhile.\n" },
	{ "restore", cli_restore,
	    "Usage: cancelpay restore [--force] FILE\n"
	    "       cancelpay restore --continue\n"
	    "Put the backup FILE in the book's place.  New refunds are\n"
	    "refused until all that i'mport cancelled since is read back.\n"
	    "\n"
	    "      --force     even if the book holds refunds FILE does not\n"
	    "      --continue  go on with a restore that was broken off\n"
	    "\n"
	    "Exit status 1 if refunds stay frozen, or nothing was done.\n" },
	{ "doctor", cli_doctor,
	    "Usage: cancelpay doctor [--json]\n"
	    "       cancelpay doctor [--json] --live IMP_UID [--yes]\n"
	    "Check configuration, database, locks, permissions, clock and\n"
	    "i'mport, one line each: ok, WARN, or FAIL with what to do.\n"
	    "Changes nothing.  Exit status 1 if there is a WARN, 3 if there\n"
	    "is a FAIL.\n"
	    "\n"
	    "      --live IMP_UID  instead, try on a paid payment of a test\n"
	    "                      channel what the program relies on: sends\n"
	    "                      two small cancels, one to be refused and\n"
	    "                      one refund; exit status 1 if something\n"
	    "                      does not hold\n"
	    "      --yes           do it, and not only say what would be done\n"
	    "      --json          an array of objects\n" },
};

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	(void)fprintf(stderr, "cancelpay: no command \"%s\"\n", name);
	return NULL;
}

static enum cli_exit
print_help(const char *name)
{
	const struct command *command;

	if (name == NULL) {
		(void)fputs(general_help, stdout);
		return CLI_OK;
	}
	command = find_command(name);
	if (command == NULL)
		return CLI_USAGE;
	(void)fputs(command->help, stdout);
	return CLI_OK;
}

/* The C library learns how to read a character when it reads the first one. */
static bool
reads_utf8(void)
{
	wchar_t c;

	return mbtowc(&c, "가", 3) == 3;
}

/* Names are UTF-8 whatever the locale, and cron's locale is C. */
static void
set_locale(void)
{
	if (setlocale(LC_CTYPE, "") != NULL && reads_utf8())
		return;
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL || !reads_utf8())
		(void)fputs("cancelpay: no UTF-8 locale: what is not ASCII "
			    "shows as \"?\"\n",
		    stderr);
}

static enum cli_exit
run(struct cli *cli, char *program, int argc, char **argv)
{
	const struct command *command;

	if (argc == 0) {
		(void)fputs(general_help, stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[0], "help") == 0)
		return print_help(argc > 1 ? argv[1] : NULL);
	command = find_command(argv[0]);
	if (command == NULL) {
		(void)fputs("Try \"cancelpay --help\".\n", stderr);
		return CLI_USAGE;
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return print_help(command->name);
	argv[0] = program; /* whom getopt's messages are from */
	optind = 0;        /* and it starts anew */
	return command->run(cli, argc, argv);
}

/* The options before the command; true when there is a command to run. */
static bool
parse_options(struct cli *cli, int argc, char **argv, enum cli_exit *ret_status)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+c:hV", options, NULL)) == 'c')
		cli->config_file = optarg;
	if (c == 'h') {
		*ret_status = print_help(NULL);
	} else if (c == 'V') {
		(void)puts("cancelpay " PACKAGE_VERSION);
		*ret_status = CLI_OK;
	} else if (c != -1) {
		(void)fputs("Try \"cancelpay --help\".\n", stderr);
		*ret_status = CLI_USAGE;
	}
	return c == -1;
}

int
main(int argc, char **argv)
{
	struct cli cli = { .config_file = NULL };
	enum cli_exit status;

	secret_forbid_core();
	set_locale();
	if (parse_options(&cli, argc, argv, &status))
		status = run(&cli, argv[0], argc - optind, argv + optind);
	cli_close(&cli);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("cancelpay: standard output");
		return CLI_FAILED;
	}
	return (int)status;
}
