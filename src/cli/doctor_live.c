/* SPDX-License-Identifier: MIT */
/*
 * cancelpay doctor --live: which payment may be tried on, and saying what will
 * be done.  The trying is in doctor_try.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"
#include "cli/doctor_live.h"
#include "cli/table.h"

/* Where PGs begin to take part cancels, and little: 100 KRW, 1.00 USD. */
#define SMALL_AMOUNT 100

static const struct checkup_words words = {
	.text = { "holds", "not known", "DOES NOT HOLD" },
	.json = { "holds", "unknown", "fails" },
	.width = 13,
};

/* ---- before anything is done -------------------------------------------- */

static enum cli_exit __attribute__((format(printf, 2, 3)))
refuse(const struct doctor_live *live, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "cancelpay: doctor: %s: ", live->imp_uid);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return CLI_FOUND;
}

/* Why nothing is tried on this payment, or NULL. */
static const char *
why_not(const struct truth *truth)
{
	const struct payment *payment = &truth->payment;

	if (truth->channel == TRUTH_CHANNEL_LIVE)
		return "it is of a live channel: its money is real";
	if (truth->channel != TRUTH_CHANNEL_TEST)
		return "i'mport does not say that it is of a test channel";
	if (!payment_is_paid(payment))
		return "it is not paid";
	if (payment_is_async(payment) || payment_is_vbank(payment))
		return "its way to pay takes an account, or time; name one "
		       "paid by card";
	if (payment_refundable(payment) < 2)
		return "less than 2 of its currency's smallest unit are left";
	return NULL;
}

static void
remember(struct doctor_live *live, const struct truth *truth)
{
	int64_t left = payment_refundable(&truth->payment);

	live->before = truth->payment;
	live->n_before = truth->n;
	/* A part only: with all of it there would be no rest to get wrong. */
	live->amount = left > SMALL_AMOUNT ? SMALL_AMOUNT : left - 1;
}

static enum cli_exit
look_at_payment(struct doctor_live *live)
{
	struct provider_outcome outcome;
	enum cli_exit status = CLI_OK;
	const char *why;

	if (doctor_live_read(live, &outcome)) {
		why = why_not(&outcome.truth);
		if (why != NULL)
			status = refuse(live, "%s", why);
		else
			remember(live, &outcome.truth);
	} else if (outcome.said == PROVIDER_ABSENT) {
		status = refuse(live, "i'mport knows no such payment");
	} else {
		(void)refuse(
		    live, "no answer from i'mport: %s", outcome.note.text);
		status = CLI_FAILED;
	}
	provider_outcome_deinit(&outcome);
	return status;
}

/* A refund under way could end between our looks. */
static enum cli_exit
look_at_book(const struct doctor_live *live)
{
	struct fault_note note = { "" };
	struct refund_record record;
	enum fault f = store_begin(&live->store, CLI_WAIT_MS, &note);

	if (f == FAULT_NONE)
		f = store_unfinished(
		    &live->store, live->imp_uid, &record, &note);
	store_rollback(&live->store);
	if (f == FAULT_ABSENT)
		return CLI_OK;
	if (f == FAULT_NONE)
		return refuse(
		    live, "its refund %s has not ended yet", record.intent.id);
	return cli_fault(f, &note);
}

/* To people who run it with --json, on stderr: stdout is the array's. */
static enum cli_exit
announce(const struct doctor_live *live, bool is_yes, bool is_json)
{
	FILE *file = is_json ? stderr : stdout;
	char amount[TABLE_MONEY_SIZE], left[TABLE_MONEY_SIZE];

	table_money(live->amount, live->before.currency, amount);
	table_money(
	    payment_refundable(&live->before), live->before.currency, left);
	(void)fprintf(file,
	    "Payment %s of a test channel, %s left to give back:\n"
	    "1. ask i'mport to cancel %s with a wrong checksum, which it has "
	    "to refuse;\n"
	    "2. refund %s as any other refund, into the book, and read the "
	    "history back.\n",
	    live->imp_uid, left, amount, amount);
	if (is_yes)
		return CLI_OK;
	(void)fflush(file);
	(void)fputs(
	    "cancelpay: doctor: nothing was sent; do it with --yes\n", stderr);
	return CLI_FOUND;
}

/* ---- the whole ---------------------------------------------------------- */

static enum cli_exit
open_all(struct doctor_live *live)
{
	struct fault_note note = { "" };
	enum cli_exit status = cli_open(live->cli);
	enum fault f;

	if (status == CLI_OK)
		status = cli_writer(live->cli, &live->store);
	if (status != CLI_OK)
		return status;
	live->app = setup_app(live->cli->setup);
	f = setup_provider(live->cli->setup, &live->provider, &note);
	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}

enum cli_exit
doctor_live(struct cli *cli, const char *imp_uid, bool is_yes, bool is_json)
{
	struct doctor_live live = { .cli = cli, .imp_uid = imp_uid };
	struct fault_note note = { "" }, other;
	enum cli_exit status;
	enum fault f, ended;

	if (imp_uid[0] == '\0' || strlen(imp_uid) >= IMP_UID_SIZE)
		return refuse(&live, "no imp_uid");
	status = open_all(&live);
	if (status == CLI_OK)
		status = look_at_payment(&live);
	if (status == CLI_OK)
		status = look_at_book(&live);
	if (status == CLI_OK)
		status = announce(&live, is_yes, is_json);
	if (status != CLI_OK)
		return status;
	checkup_init(&live.checkup, &words, is_json);
	f = doctor_live_try(&live, &note);
	/* What was found is told, whatever came in between. */
	ended = checkup_end(&live.checkup, f == FAULT_NONE ? &note : &other);
	if (f == FAULT_NONE)
		f = ended;
	if (f != FAULT_NONE)
		status = cli_fault(f, &note);
	else if (checkup_worst(&live.checkup) != CHECKUP_GOOD)
		status = CLI_FOUND;
	checkup_deinit(&live.checkup);
	return status;
}
