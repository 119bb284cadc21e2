/* SPDX-License-Identifier: MIT */
/*
 * cancelpay ticket: the operator's own ticket, for trying things out and for
 * shops without a program of their own.  Only its text goes to stdout.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ticket.h"
#include "cli/cli.h"
#include "web/web_fields.h"

#define MINUTES_MAX (TICKET_LIFE_S / 60)

struct wish {
	const char *order;
	const char *most;
	int minutes;
	bool is_admin;
};

static bool
read_minutes(const char *text, int *ret_minutes)
{
	char *end;
	long minutes = strtol(text, &end, 10);

	if (end == text || *end != '\0' || minutes < 1 || minutes > MINUTES_MAX)
		return false;
	*ret_minutes = (int)minutes;
	return true;
}

static bool
parse(int argc, char **argv, struct wish *ret)
{
	static const struct option options[] = {
		{ "max", required_argument, NULL, 'm' },
		{ "minutes", required_argument, NULL, 't' },
		{ "admin", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*ret = (struct wish){ .minutes = MINUTES_MAX };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'm') {
			ret->most = optarg;
		} else if (c == 'a') {
			ret->is_admin = true;
		} else if (c != 't') {
			return false;
		} else if (!read_minutes(optarg, &ret->minutes)) {
			(void)fprintf(stderr,
			    "cancelpay: --minutes takes 1 to %d\n",
			    MINUTES_MAX);
			return false;
		}
	}
	if (optind + 1 != argc)
		return false;
	ret->order = argv[optind];
	if (ret->most == NULL)
		(void)fputs("cancelpay: --max is missing\n", stderr);
	return ret->most != NULL;
}

/* Which currency the order has is not looked up; with "0.1" yen gets nothing.
 */
static bool
fill(const struct wish *wish, struct ticket *ret)
{
	size_t len = strlen(wish->most);
	struct web_fields_wrong wrong;
	int64_t amount;

	*ret = (struct ticket){ .is_customer = !wish->is_admin,
		.most_is_string = strchr(wish->most, '.') != NULL };
	if (strlen(wish->order) >= sizeof(ret->order) ||
	    !web_fields_order(wish->order, &wrong)) {
		(void)fputs(
		    "cancelpay: an order has 1 to 40 characters\n", stderr);
		return false;
	}
	/* The finest there are: three decimals. */
	if (len >= sizeof(ret->most) ||
	    !money_parse(wish->most, len, currency_find("KWD"), &amount)) {
		(void)fputs("cancelpay: --max takes an amount such as 5000 or "
			    "12.50\n",
		    stderr);
		return false;
	}
	memcpy(ret->order, wish->order, strlen(wish->order) + 1);
	memcpy(ret->most, wish->most, len + 1);
	return true;
}

enum cli_exit
cli_ticket(struct cli *cli, int argc, char **argv)
{
	char token[TICKET_TEXT_MAX + 1];
	const struct ticket_secrets *secrets;
	struct fault_note note = { "" };
	struct ticket ticket;
	struct wish wish;
	enum cli_exit status;
	enum fault f;

	if (!parse(argc, argv, &wish) || !fill(&wish, &ticket))
		return cli_misused("ticket");
	status = cli_open(cli);
	if (status != CLI_OK)
		return status;
	f = setup_tickets(cli->setup, &secrets, &note);
	if (f == FAULT_NONE)
		f = ticket_mint(secrets, &ticket,
		    clock_now_ms(&setup_app(cli->setup)->clock) / 1000,
		    wish.minutes * 60, token, &note);
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	(void)puts(token);
	explicit_bzero(token, sizeof(token));
	return CLI_OK;
}
