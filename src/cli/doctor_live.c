/* SPDX-License-Identifier: MIT */
/*
 * The assumptions of doc/design.md, tried out: a cancel with a wrong checksum,
 * which must be refused, and one small refund on the ordinary way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/walk.h"
#include "cli/doctor.h"

#define STEP_MS   50
#define SMALL     100 /* in the smallest unit */
#define UNMARKED  "cancelpay doctor: to be refused"
#define THIS_DESK "doctor"

struct trial {
	struct doctor *doctor;
	const struct app *app;
	struct provider provider;
	struct store writer;
	const char *imp_uid;
	int64_t amount;
	struct truth before;
};

static void
ask(const struct trial *trial, struct provider_call *call)
{
	provider_start(&trial->provider, call);
	while (provider_step(&trial->provider, STEP_MS) == NULL)
		continue;
}

/* What i'mport shows of the payment; entries are the caller's. */
static bool
read_back(const struct trial *trial, struct provider_outcome *ret)
{
	struct provider_call call = { .want = PROVIDER_READ };

	(void)snprintf(
	    call.imp_uid, sizeof(call.imp_uid), "%s", trial->imp_uid);
	ask(trial, &call);
	*ret = call.outcome;
	if (call.outcome.said == PROVIDER_DONE && call.outcome.has_truth)
		return true;
	doctor_tell(trial->doctor, FINDING_FAIL, "read-back",
	    "i'mport does not show %s: %s", trial->imp_uid,
	    call.outcome.said == PROVIDER_ABSENT ? "no such payment"
						 : call.outcome.note.text);
	provider_outcome_deinit(ret);
	return false;
}

static void
holds(const struct trial *trial, bool do_hold, const char *check,
    const char *what)
{
	doctor_tell(trial->doctor, do_hold ? FINDING_OK : FINDING_FAIL, check,
	    "%s: %s", do_hold ? "holds" : "DOES NOT HOLD", what);
}

/*
 * Not written down first, for it must not succeed; should it, the entry has no
 * marker and is nobody's refund.
 */
static bool
try_checksum(const struct trial *trial)
{
	int64_t balance = payment_refundable(&trial->before.payment);
	struct provider_call call = { .want = PROVIDER_CANCEL,
		.currency = trial->before.payment.currency,
		.amount = trial->amount,
		.checksum = balance + 1,
		.vat = -1,
		.reason = UNMARKED };
	struct provider_outcome after;
	bool do_hold, is_refused;

	(void)snprintf(
	    call.imp_uid, sizeof(call.imp_uid), "%s", trial->imp_uid);
	call.send_by_ms =
	    clock_steady_ms(&trial->app->clock) + trial->app->send_within_ms;
	ask(trial, &call);
	is_refused = call.outcome.said == PROVIDER_REFUSED;
	provider_outcome_deinit(&call.outcome);
	if (!read_back(trial, &after))
		return false;
	do_hold =
	    is_refused && payment_refundable(&after.truth.payment) == balance;
	provider_outcome_deinit(&after);
	holds(trial, do_hold, "checksum",
	    "a cancel with a wrong checksum is refused and moves nothing");
	return do_hold;
}

static void
told(void *arg, const struct refund_result *result)
{
	(void)arg;
	(void)result;
}

/* One refund as a caller's; its id, if it was done. */
static bool
refund(const struct trial *trial, char ret_id[static REFUND_ID_SIZE])
{
	const struct walk walk = { .app = trial->app,
		.store = &trial->writer,
		.provider = &trial->provider,
		.not_yet = told };
	struct refund_request request = { .caller = THIS_DESK,
		.language = "en",
		.reason = "cancelpay doctor" };
	int64_t now_ms = clock_now_ms(&trial->app->clock);
	struct fault_note note = { "" };
	struct task *task;
	bool is_told, is_done;
	enum fault f;

	(void)snprintf(
	    request.imp_uid, sizeof(request.imp_uid), "%s", trial->imp_uid);
	request.amount.is_given = true;
	request.amount.is_string = trial->before.payment.currency->exponent > 0;
	money_format(
	    trial->amount, trial->before.payment.currency, request.amount.text);
	memcpy(request.fingerprint, &now_ms, sizeof(now_ms));
	task = task_refund(trial->app, &request);
	if (task == NULL)
		return false;
	f = walk_task(&walk, task, &is_told, &note);
	is_done = f == FAULT_NONE && task->result.code == RESULT_REFUNDED;
	memcpy(ret_id, task->result.refund_id, REFUND_ID_SIZE);
	task_free(task);
	if (!is_done)
		doctor_tell(trial->doctor, FINDING_FAIL, "refund",
		    "was not done: %s",
		    f == FAULT_NONE ? "see cancelpay list" : note.text);
	return is_done;
}

static void
look_at(const struct trial *trial, const struct provider_outcome *after,
    const char *refund_id)
{
	const struct truth *truth = &after->truth;
	const struct truth_entry *own = NULL;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < truth->n; i++) {
		sum += truth->entries[i].amount;
		if (strcmp(truth->entries[i].marker, refund_id) == 0)
			own = &truth->entries[i];
	}
	holds(trial, own != NULL, "reason",
	    "cancel_history shows our reason to its end");
	holds(trial, own != NULL && own->amount == trial->amount, "amount",
	    "the entry is of the amount that was asked for");
	holds(trial, own != NULL && own->id[0] != '#', "cancellation",
	    "the entry has a cancellation_id");
	holds(trial, sum == truth->payment.cancel_amount, "history",
	    "cancel_history adds up to cancel_amount");
	holds(trial, after->date_ms != 0, "date", "answers have a Date");
}

static void
try_out(struct trial *trial)
{
	char id[REFUND_ID_SIZE] = "";
	struct provider_outcome after;

	if (!try_checksum(trial) || !refund(trial, id) ||
	    !read_back(trial, &after))
		return;
	look_at(trial, &after, id);
	provider_outcome_deinit(&after);
}

void
doctor_live(struct doctor *doctor, const char *imp_uid)
{
	struct trial trial = { .doctor = doctor,
		.app = setup_app(doctor->cli->setup),
		.imp_uid = imp_uid };
	struct fault_note note = { "" };
	struct provider_outcome before;
	int64_t balance;
	enum fault f;

	f = setup_writer(doctor->cli->setup, &trial.writer, &note);
	if (f == FAULT_NONE)
		f = setup_provider(doctor->cli->setup, &trial.provider, &note);
	if (f != FAULT_NONE) {
		doctor_tell(doctor, FINDING_FAIL, "set-up", "%s", note.text);
		return;
	}
	if (!read_back(&trial, &before))
		return;
	trial.before = before.truth;
	balance = payment_refundable(&trial.before.payment);
	trial.amount = balance / 2 < SMALL ? balance / 2 : SMALL;
	if (!payment_is_paid(&trial.before.payment) || trial.amount < 1 ||
	    payment_is_vbank(&trial.before.payment))
		doctor_tell(doctor, FINDING_FAIL, "payment",
		    "%s: take one that is paid, by card, and has at least 2 "
		    "of its smallest unit left; it has %" PRId64,
		    imp_uid, balance);
	else
		try_out(&trial);
	provider_outcome_deinit(&before);
}
