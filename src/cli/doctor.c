/* SPDX-License-Identifier: MIT */
/*
 * cancelpay doctor: what an operator has to guarantee, looked at one by one.
 * Changes nothing; i'mport is asked about a payment that is not there.  What
 * moves money is in doctor_live.c.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/doctor.h"

/* Two clocks this far apart are worth a word. */
#define SKEW_MS 60000
#define HOUR_MS 3600000
/* How long one step of the provider waits. */
#define STEP_MS 1000
/* No imp_uid begins like this. */
#define NO_PAYMENT "doctor_0000"

static const struct checkup_words words = {
	.text = { "ok", "WARN", "FAIL" },
	.json = { "ok", "warn", "fail" },
	.width = 4,
};

/* ---- configuration ------------------------------------------------------ */

static bool
check_configuration(struct checkup *checkup, struct cli *cli)
{
	struct fault_note note = { "" };

	if (cli_try_open(cli, &note) != FAULT_NONE) {
		checkup_say(
		    checkup, CHECKUP_BAD, "configuration", "%s", note.text);
		return false;
	}
	if (cli->conf.auth_mode == CONF_AUTH_UNSET)
		checkup_say(checkup, CHECKUP_DOUBTFUL, "configuration",
		    "[auth] mode is not set: no refund is served; see "
		    "cancelpay.conf(5)");
	else
		checkup_say(checkup, CHECKUP_GOOD, "configuration", "%s",
		    conf_file(cli->config_file, CLI_CONFIG_FILE, environ));
	return true;
}

/* ---- i'mport ------------------------------------------------------------ */

/* How far our clock is ahead of i'mport's; its Date has whole seconds. */
static int64_t
skew_ms(const struct provider_outcome *outcome, int64_t sent_ms, int64_t now_ms)
{
	int64_t ahead_ms = now_ms - outcome->date_ms;
	int64_t least_ms = sent_ms - (outcome->date_ms + 999);

	/* The Date was made somewhere between the two. */
	if (least_ms > 0)
		return least_ms;
	return ahead_ms < 0 ? ahead_ms : 0;
}

static void
check_clock(struct checkup *checkup, const struct cli *cli,
    const struct provider_outcome *outcome, int64_t sent_ms, int64_t now_ms)
{
	int64_t skew = skew_ms(outcome, sent_ms, now_ms);
	enum checkup_grade grade = CHECKUP_GOOD;

	if (outcome->date_ms == 0) {
		checkup_say(checkup, CHECKUP_DOUBTFUL, "clock",
		    "no answer of i'mport's with a Date to compare with");
		return;
	}
	if (llabs(skew) > cli->conf.iamport_quiet_ms)
		grade = CHECKUP_BAD;
	else if (llabs(skew) > SKEW_MS)
		grade = CHECKUP_DOUBTFUL;
	checkup_say(checkup, grade, "clock",
	    "ours is %" PRId64 " s %s i'mport's%s", (int64_t)llabs(skew) / 1000,
	    skew < 0 ? "behind" : "ahead of",
	    grade == CHECKUP_GOOD ? "" : "; let NTP set it");
}

void
doctor_ask(const struct provider *provider, struct provider_call *call)
{
	provider_start(provider, call);
	while (provider_step(provider, STEP_MS) == NULL)
		;
}

static void
check_answer(struct checkup *checkup, const struct cli *cli,
    const struct provider_outcome *outcome)
{
	const char *url = cli->conf.iamport_base_url;

	if (outcome->said == PROVIDER_LOST ||
	    outcome->said == PROVIDER_NOT_SENT)
		checkup_say(checkup, CHECKUP_DOUBTFUL, "i'mport",
		    "%s: no answer: %s", url, outcome->note.text);
	else
		checkup_say(checkup, CHECKUP_GOOD, "i'mport",
		    "%s gave a token and answers", url);
}

/* Without a token at hand, so that it has to be asked for. */
static void
check_provider(struct checkup *checkup, struct cli *cli)
{
	struct provider_call call = { .want = PROVIDER_READ,
		.imp_uid = NO_PAYMENT };
	const struct clock *clock = &setup_app(cli->setup)->clock;
	struct fault_note note = { "" };
	struct provider provider;
	int64_t sent_ms;

	if (setup_provider(cli->setup, &provider, &note) != FAULT_NONE) {
		checkup_say(checkup, CHECKUP_BAD, "i'mport", "%s", note.text);
		return;
	}
	sent_ms = clock_now_ms(clock);
	doctor_ask(&provider, &call);
	check_answer(checkup, cli, &call.outcome);
	check_clock(checkup, cli, &call.outcome, sent_ms, clock_now_ms(clock));
	provider_outcome_deinit(&call.outcome);
}

/* ---- the book ----------------------------------------------------------- */

static enum fault
read_figures(struct cli *cli, struct store_figures *ret_figures,
    bool *ret_is_frozen, struct fault_note *note)
{
	struct store store;
	enum fault f = setup_reader(cli->setup, &store, note);

	if (f == FAULT_NONE)
		f = store_begin(&store, CLI_WAIT_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = store_figures(&store, clock_now_ms(&setup_app(cli->setup)->clock),
	    ret_figures, note);
	if (f == FAULT_NONE)
		f = store_frozen(&store, ret_is_frozen, note);
	store_rollback(&store);
	return f;
}

static void
check_refunds(struct checkup *checkup, struct cli *cli)
{
	struct store_figures figures;
	struct fault_note note = { "" };
	int64_t n_open = 0, n_review;
	bool is_frozen;
	size_t i;

	if (read_figures(cli, &figures, &is_frozen, &note) != FAULT_NONE) {
		checkup_say(checkup, CHECKUP_BAD, "refunds", "%s", note.text);
		return;
	}
	if (is_frozen)
		checkup_say(checkup, CHECKUP_DOUBTFUL, "freeze",
		    "no new refunds are taken; after a restore that was broken "
		    "off: cancelpay restore --continue");
	for (i = 0; i < INTENT__COUNT; i++)
		n_open += figures.unfinished[i];
	n_review = figures.unfinished[INTENT_NEEDS_REVIEW];
	checkup_say(checkup,
	    n_review > 0 || figures.n_overdue > 0 ? CHECKUP_DOUBTFUL
						  : CHECKUP_GOOD,
	    "refunds",
	    "%" PRId64 " open, %" PRId64 " past their deadline, %" PRId64
	    " for a person to look at, %" PRId64 " awaiting approval (the "
	    "oldest for %" PRId64 " h)%s",
	    n_open, figures.n_overdue, n_review,
	    figures.unfinished[INTENT_AWAITING_APPROVAL],
	    figures.awaiting_ms / HOUR_MS,
	    n_review > 0 || figures.n_overdue > 0
		? "; see: cancelpay list --stuck"
		: "");
}

/* ---- the whole ---------------------------------------------------------- */

static enum cli_exit
examine(struct cli *cli, bool is_json)
{
	struct fault_note note = { "" };
	struct checkup checkup;
	enum checkup_grade worst;
	enum fault f;

	checkup_init(&checkup, &words, is_json);
	if (check_configuration(&checkup, cli)) {
		doctor_files(&checkup, cli);
		check_refunds(&checkup, cli);
		check_provider(&checkup, cli);
	}
	f = checkup_end(&checkup, &note);
	worst = checkup_worst(&checkup);
	checkup_deinit(&checkup);
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	if (worst == CHECKUP_BAD)
		return CLI_FAILED;
	return worst == CHECKUP_GOOD ? CLI_OK : CLI_FOUND;
}

struct options {
	const char *live; /* NULL = nothing is tried */
	bool is_yes;
	bool is_json;
};

static bool
parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = {
		{ "live", required_argument, NULL, 'l' },
		{ "yes", no_argument, NULL, 'y' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			ret->live = optarg;
		else if (c == 'y')
			ret->is_yes = true;
		else if (c == 'j')
			ret->is_json = true;
		else
			return false;
	}
	return optind == argc && (ret->live != NULL || !ret->is_yes);
}

enum cli_exit
cli_doctor(struct cli *cli, int argc, char **argv)
{
	struct options options = { .live = NULL };

	if (!parse_options(argc, argv, &options))
		return cli_misused("doctor");
	/* OpenSSL may write to a connection that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (options.live != NULL)
		return doctor_live(
		    cli, options.live, options.is_yes, options.is_json);
	return examine(cli, options.is_json);
}
