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
#include <stdio.h>
#include <string.h>

#include "app/walk.h"
#include "cli/doctor.h"
#include "cli/doctor_live.h"
#include "web/web_text.h"

/* How often a history that lacks the refund is read again. */
#define LATE_TRIES   20
#define LATE_WAIT_MS 500
#define CALLER       "doctor"
#define REASON       "cancelpay doctor"
#define REASON_WRONG "cancelpay doctor, with a wrong checksum"

bool
doctor_live_read(
    const struct doctor_live *live, struct provider_outcome *ret_outcome)
{
	struct provider_call call = { .want = PROVIDER_READ };

	(void)snprintf(call.imp_uid, sizeof(call.imp_uid), "%s", live->imp_uid);
	doctor_ask(&live->provider, &call);
	*ret_outcome = call.outcome;
	return call.outcome.said == PROVIDER_DONE && call.outcome.has_truth;
}

/* ---- walking ------------------------------------------------------------ */

static void
failed(void *arg, enum fault fault, const struct fault_note *note)
{
	(void)arg;
	(void)cli_fault(fault, note);
}

static enum fault
walk(const struct doctor_live *live, struct task *task, struct fault_note *note)
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
take_over(const struct doctor_live *live, struct fault_note *note)
{
	struct task *task = task_resolve(live->app, live->imp_uid, "", true);
	enum fault f = walk(live, task, note);

	task_free(task);
	return f;
}

/* ---- the wrong checksum ------------------------------------------------- */

static struct provider_call
wrong_cancel(const struct doctor_live *live)
{
	struct provider_call call = {
		.want = PROVIDER_CANCEL,
		.currency = live->before.currency,
		.amount = live->amount,
		/* Not 0, which could pass for none. */
		.checksum = payment_refundable(&live->before) - 1,
		.tax_free = -1,
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
has_moved_nothing(struct doctor_live *live)
{
	struct provider_outcome now;
	bool is_read = doctor_live_read(live, &now), is_same;

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
is_wrong_refused(
    struct doctor_live *live, char ret_why[static PROVIDER_MESSAGE_SIZE])
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
make_request(const struct doctor_live *live, struct refund_request *ret_request,
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
say_refund(struct doctor_live *live, const struct refund_result *result)
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
check_marker(
    struct doctor_live *live, const struct truth *truth, const char *id)
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
check_ids(struct doctor_live *live, const struct truth *truth)
{
	size_t i, n_without = 0;

	for (i = 0; i < truth->n; i++)
		n_without += truth->entries[i].id[0] == '#';
	checkup_say(&live->checkup, n_without == 0 ? CHECKUP_GOOD : CHECKUP_BAD,
	    "cancellation_id", "%zu of %zu entries of cancel_history have one",
	    truth->n - n_without, truth->n);
}

static void
check_history(struct doctor_live *live, const struct truth *truth)
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
has_not_heard(const struct doctor_live *live, const struct truth *truth)
{
	return truth->n == live->n_before &&
	    truth->payment.cancel_amount == live->before.cancel_amount;
}

/* A reading may come from a copy that has not heard of the refund yet. */
static bool
read_back_late(
    const struct doctor_live *live, struct provider_outcome *ret_outcome)
{
	bool is_read = doctor_live_read(live, ret_outcome);
	int i;

	for (i = 0; i < LATE_TRIES && is_read &&
	     has_not_heard(live, &ret_outcome->truth);
	     i++) {
		provider_outcome_deinit(ret_outcome);
		(void)poll(NULL, 0, LATE_WAIT_MS);
		is_read = doctor_live_read(live, ret_outcome);
	}
	return is_read;
}

static void
check_read_back(struct doctor_live *live, const char *refund_id)
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

static void
say_checksum(struct doctor_live *live, bool has_refunded, const char *why)
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
refund(struct doctor_live *live, const char *why, struct fault_note *note)
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

enum fault
doctor_live_try(struct doctor_live *live, struct fault_note *note)
{
	char why[PROVIDER_MESSAGE_SIZE];
	enum fault f = take_over(live, note);

	if (f != FAULT_NONE)
		return f;
	if (is_wrong_refused(live, why))
		return refund(live, why, note);
	return take_over(live, note);
}
