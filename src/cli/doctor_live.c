/* SPDX-License-Identifier: MIT */
/*
 * cancelpay doctor --live: what doc/design.md "Assumptions" and
 * doc/provider-v1.md say of i'mport, tried on a payment of a test channel.
 *
 * Two cancels are sent, each once.  The first has a wrong checksum and is not
 * journalled: it should move nothing, and if it does, the book takes it over as
 * a cancel of somebody else's.  The second is a refund like any other, of the
 * same amount, so that the checksum is all that tells them apart: only if it
 * succeeds, the refusal of the first says something about checksums.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/walk.h"
#include "cli/doctor.h"
#include "cli/table.h"
#include "web/web_text.h"

/* Where PGs begin to take part cancels, and little: 100 KRW, 1.00 USD. */
#define SMALL_AMOUNT 100
/* How often a history that lacks the refund is read again. */
#define LATE_TRIES   20
#define LATE_WAIT_MS 500
#define CALLER       "doctor"
#define REASON       "cancelpay doctor"
#define REASON_WRONG "cancelpay doctor, with a wrong checksum"

static const struct checkup_words words = {
	.text = { "holds", "not known", "DOES NOT HOLD" },
	.json = { "holds", "unknown", "fails" },
	.width = 13,
};

struct live {
	struct cli *cli;
	const struct app *app;
	const char *imp_uid;
	struct store store; /* a writer */
	struct provider provider;
	struct payment before; /* as i'mport showed it at first */
	size_t n_before;       /* entries of its history then */
	int64_t amount;        /* of each of the two cancels */
	struct checkup checkup;
};

/* ---- before anything is done -------------------------------------------- */

static enum cli_exit __attribute__((format(printf, 2, 3)))
refuse(const struct live *live, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "cancelpay: doctor: %s: ", live->imp_uid);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return CLI_FOUND;
}

/* The payment as i'mport shows it now; false: there was no usable answer. */
static bool
read_back(const struct live *live, struct provider_outcome *ret_outcome)
{
	struct provider_call call = { .want = PROVIDER_READ };

	(void)snprintf(call.imp_uid, sizeof(call.imp_uid), "%s", live->imp_uid);
	doctor_ask(&live->provider, &call);
	*ret_outcome = call.outcome;
	return call.outcome.said == PROVIDER_DONE && call.outcome.has_truth;
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
remember(struct live *live, const struct truth *truth)
{
	int64_t left = payment_refundable(&truth->payment);

	live->before = truth->payment;
	live->n_before = truth->n;
	/* A part only: with all of it there would be no rest to get wrong. */
	live->amount = left > SMALL_AMOUNT ? SMALL_AMOUNT : left - 1;
}

static enum cli_exit
look_at_payment(struct live *live)
{
	struct provider_outcome outcome;
	enum cli_exit status = CLI_OK;
	const char *why;

	if (read_back(live, &outcome)) {
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
look_at_book(const struct live *live)
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
announce(const struct live *live, bool is_yes, bool is_json)
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

/* ---- walking ------------------------------------------------------------ */

static void
failed(void *arg, enum fault fault, const struct fault_note *note)
{
	(void)arg;
	(void)cli_fault(fault, note);
}

static enum fault
walk(const struct live *live, struct task *task, struct fault_note *note)
{
	const struct walk walk = { .app = live->app,
		.store = &live->store,
		.provider = &live->provider,
		.failed = failed };
	bool is_told;

	if (task == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a task");
	return walk_task(&walk, task, &is_told, note);
}

/* What i'mport shows of the payment goes into the book, as by a webhook. */
static enum fault
take_over(const struct live *live, struct fault_note *note)
{
	struct task *task = task_resolve(live->app, live->imp_uid, "", true);
	enum fault f = walk(live, task, note);

	task_free(task);
	return f;
}

/* ---- the wrong checksum ------------------------------------------------- */

static struct provider_call
wrong_cancel(const struct live *live)
{
	struct provider_call call = {
		.want = PROVIDER_CANCEL,
		.currency = live->before.currency,
		.amount = live->amount,
		/* Not 0, which could pass for none. */
		.checksum = payment_refundable(&live->before) - 1,
		.vat = -1,
		.reason = REASON_WRONG,
		.send_by_ms = clock_steady_ms(&live->app->clock) +
		    live->app->send_within_ms,
	};

	(void)snprintf(call.imp_uid, sizeof(call.imp_uid), "%s", live->imp_uid);
	return call;
}

/* It was refused: has really nothing moved?  Says so only if it has. */
static bool
has_moved_nothing(struct live *live)
{
	struct provider_outcome now;
	bool is_read = read_back(live, &now), is_same;

	is_same = is_read &&
	    now.truth.payment.cancel_amount == live->before.cancel_amount &&
	    now.truth.n == live->n_before;
	if (!is_read)
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "checksum",
		    "a wrong one was refused, but the payment can't be read "
		    "back: %s",
		    now.note.text);
	else if (!is_same)
		checkup_say(&live->checkup, CHECKUP_BAD, "checksum",
		    "a wrong one was refused, and yet cancel_amount went from "
		    "%" PRId64 " to %" PRId64,
		    live->before.cancel_amount,
		    now.truth.payment.cancel_amount);
	provider_outcome_deinit(&now);
	return is_same;
}

/*
 * True: refused, and nothing moved; what that is worth shows the refund.
 * False: said, and no more is tried.
 */
static bool
is_wrong_refused(struct live *live, char ret_why[static PROVIDER_MESSAGE_SIZE])
{
	struct provider_call call = wrong_cancel(live);
	struct provider_outcome *outcome = &call.outcome;
	bool is_refused;

	doctor_ask(&live->provider, &call);
	is_refused = outcome->said == PROVIDER_REFUSED;
	if (is_refused)
		memcpy(ret_why, outcome->message, PROVIDER_MESSAGE_SIZE);
	else if (outcome->said == PROVIDER_DONE)
		checkup_say(&live->checkup, CHECKUP_BAD, "checksum",
		    "%" PRId64 " was sent, %" PRId64
		    " were left, and i'mport took the cancel; see: cancelpay "
		    "show %s",
		    call.checksum, payment_refundable(&live->before),
		    live->imp_uid);
	else if (outcome->said == PROVIDER_NOT_SENT)
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "checksum",
		    "nothing could be sent: %s", outcome->note.text);
	else
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "checksum",
		    "no answer to the cancel with a wrong one, which may still "
		    "be carried out: %s",
		    outcome->note.text);
	provider_outcome_deinit(outcome);
	return is_refused && has_moved_nothing(live);
}

/* ---- the refund --------------------------------------------------------- */

/* Unlike any other, so that no earlier one is taken for the same. */
static enum fault
make_request(const struct live *live, struct refund_request *ret_request,
    struct fault_note *note)
{
	struct refund_request request = {
		.amount = { .is_given = true },
		.reason = REASON,
		.caller = CALLER,
		.language = "en",
	};
	uint64_t bits;
	enum fault f = FAULT_NONE;
	size_t i;

	(void)snprintf(
	    request.imp_uid, sizeof(request.imp_uid), "%s", live->imp_uid);
	money_format(live->amount, live->before.currency, request.amount.text);
	for (i = 0; i < FINGERPRINT_LEN && f == FAULT_NONE; i += sizeof(bits)) {
		f = chance_bits(&live->app->chance, &bits, note);
		if (f == FAULT_NONE)
			memcpy(request.fingerprint + i, &bits, sizeof(bits));
	}
	if (f == FAULT_NONE)
		*ret_request = request;
	return f;
}

static void
say_refund(struct live *live, const struct refund_result *result)
{
	const struct web_text_answer *told = web_text_of_result(result->code);

	if (!result->has_refund)
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "refund",
		    "it was not begun: %s: %s", told->code, told->detail.en);
	else if (result->state == INTENT_SUCCEEDED)
		checkup_say(&live->checkup,
		    result->applied_amount == live->amount ? CHECKUP_GOOD
							   : CHECKUP_BAD,
		    "refund", "%s succeeded: %" PRId64 " of %" PRId64,
		    result->refund_id, result->applied_amount, live->amount);
	else if (result->state == INTENT_FAILED)
		checkup_say(&live->checkup, CHECKUP_BAD, "refund",
		    "%s failed: %s: %s", result->refund_id,
		    intent_failure_name(result->failure),
		    result->provider_message);
	else
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "refund",
		    "%s is %s; wait for it with: cancelpay resolve",
		    result->refund_id, intent_state_name(result->state));
}

/* ---- what the history says then ----------------------------------------- */

static void
check_marker(struct live *live, const struct truth *truth, const char *id)
{
	size_t i;

	for (i = 0; i < truth->n; i++) {
		if (strcmp(truth->entries[i].marker, id) == 0)
			break;
	}
	if (i < truth->n)
		checkup_say(&live->checkup, CHECKUP_GOOD, "marker",
		    "cancel_history shows our reason with its marker, %s", id);
	else
		checkup_say(&live->checkup, CHECKUP_BAD, "marker",
		    "no reason in cancel_history ends in our marker, %s: a "
		    "lost answer could not be cleared up",
		    id);
}

static void
check_ids(struct live *live, const struct truth *truth)
{
	size_t i, n_without = 0;

	for (i = 0; i < truth->n; i++)
		n_without += truth->entries[i].id[0] == '#';
	checkup_say(&live->checkup, n_without == 0 ? CHECKUP_GOOD : CHECKUP_BAD,
	    "cancellation_id", "%zu of %zu entries of cancel_history have one",
	    truth->n - n_without, truth->n);
}

static void
check_history(struct live *live, const struct truth *truth)
{
	int64_t cancel_amount = truth->payment.cancel_amount, sum = 0;
	bool is_good;
	size_t i;

	for (i = 0; i < truth->n; i++)
		sum += truth->entries[i].amount;
	is_good = sum == cancel_amount && truth->n == live->n_before + 1 &&
	    cancel_amount == live->before.cancel_amount + live->amount;
	checkup_say(&live->checkup, is_good ? CHECKUP_GOOD : CHECKUP_BAD,
	    "history",
	    "%zu entries, %zu before, add up to %" PRId64
	    "; cancel_amount is %" PRId64 ", was %" PRId64,
	    truth->n, live->n_before, sum, cancel_amount,
	    live->before.cancel_amount);
}

/* Nothing in it is of our refund; one of two signs would be a finding. */
static bool
has_not_heard(const struct live *live, const struct truth *truth)
{
	return truth->n == live->n_before &&
	    truth->payment.cancel_amount == live->before.cancel_amount;
}

/* A reading may come from a copy that has not heard of the refund yet. */
static bool
read_back_late(const struct live *live, struct provider_outcome *ret_outcome)
{
	bool is_read = read_back(live, ret_outcome);
	int i;

	for (i = 0; i < LATE_TRIES && is_read &&
	     has_not_heard(live, &ret_outcome->truth);
	     i++) {
		provider_outcome_deinit(ret_outcome);
		(void)poll(NULL, 0, LATE_WAIT_MS);
		is_read = read_back(live, ret_outcome);
	}
	return is_read;
}

static void
check_read_back(struct live *live, const char *refund_id)
{
	struct provider_outcome now;

	if (!read_back_late(live, &now)) {
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "history",
		    "the payment can't be read back: %s", now.note.text);
	} else {
		check_marker(live, &now.truth, refund_id);
		check_ids(live, &now.truth);
		check_history(live, &now.truth);
		checkup_say(&live->checkup,
		    now.date_ms != 0 ? CHECKUP_GOOD : CHECKUP_BAD, "Date", "%s",
		    now.date_ms != 0 ? "answers have one"
				     : "answers have none");
	}
	provider_outcome_deinit(&now);
}

/* ---- the whole ---------------------------------------------------------- */

static void
say_checksum(struct live *live, bool has_refunded, const char *why)
{
	if (has_refunded)
		checkup_say(&live->checkup, CHECKUP_GOOD, "checksum",
		    "a wrong one is refused and nothing moves: %s", why);
	else
		checkup_say(&live->checkup, CHECKUP_DOUBTFUL, "checksum",
		    "a wrong one was refused, but so may be a right one: %s",
		    why);
}

static enum fault
refund(struct live *live, const char *why, struct fault_note *note)
{
	struct refund_request request;
	const struct refund_result *result;
	struct task *task;
	bool has_refunded;
	enum fault f = make_request(live, &request, note);

	if (f != FAULT_NONE)
		return f;
	task = task_refund(live->app, &request);
	f = walk(live, task, note);
	if (f == FAULT_NONE) {
		result = &task->result;
		has_refunded =
		    result->has_refund && result->state == INTENT_SUCCEEDED;
		say_checksum(live, has_refunded, why);
		say_refund(live, result);
		if (has_refunded)
			check_read_back(live, result->refund_id);
	}
	task_free(task);
	return f;
}

static enum fault
try_all(struct live *live, struct fault_note *note)
{
	char why[PROVIDER_MESSAGE_SIZE];
	enum fault f = take_over(live, note);

	if (f != FAULT_NONE)
		return f;
	if (is_wrong_refused(live, why))
		return refund(live, why, note);
	return take_over(live, note);
}

static enum cli_exit
open_all(struct live *live)
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
	struct live live = { .cli = cli, .imp_uid = imp_uid };
	struct fault_note note = { "" };
	enum cli_exit status;
	enum fault f;

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
	f = checkup_init(&live.checkup, &words, is_json, &note);
	if (f == FAULT_NONE)
		f = try_all(&live, &note);
	if (f == FAULT_NONE)
		f = checkup_end(&live.checkup, &note);
	if (f != FAULT_NONE)
		status = cli_fault(f, &note);
	else if (checkup_worst(&live.checkup) != CHECKUP_GOOD)
		status = CLI_FOUND;
	checkup_deinit(&live.checkup);
	return status;
}
