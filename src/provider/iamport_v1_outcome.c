/* SPDX-License-Identifier: MIT */
/*
 * The worth of answers, one function for each kind of request.
 */
#include "provider/iamport_v1_outcome.h"

#include <stdlib.h>
#include <string.h>

#include "provider/iamport_v1_wire.h"

/* Moves what was read into the outcome. */
static void
take(struct provider_outcome *outcome, struct iamport_v1_wire_answer *answer)
{
	free(outcome->truth.entries);
	outcome->code = answer->code;
	memcpy(outcome->message, answer->message, sizeof(outcome->message));
	outcome->has_truth = answer->has_truth;
	outcome->truth = answer->truth;
	answer->truth = (struct truth){ .entries = NULL };
}

static enum provider_said
of_cancel(struct provider_call *call, long status,
    struct iamport_v1_wire_answer *answer)
{
	struct provider_outcome *outcome = &call->outcome;

	if (status != 200) {
		(void)fault_set(&outcome->note, FAULT_IO, "HTTP %ld", status);
		return PROVIDER_LOST;
	}
	outcome->note = answer->note;
	if (answer->has_truth &&
	    strcmp(answer->truth.payment.imp_uid, call->imp_uid) != 0) {
		(void)fault_set(&outcome->note, FAULT_INPUT,
		    "an answer about another payment");
		free(answer->truth.entries);
		answer->truth = (struct truth){ .entries = NULL };
		answer->has_truth = false;
	}
	take(outcome, answer);
	return outcome->code == 0 ? PROVIDER_DONE : PROVIDER_REFUSED;
}

/* Is the payment in the answer the one that was asked for? */
static bool
is_asked_for(const struct provider_call *call, const struct payment *payment)
{
	return call->want == PROVIDER_READ
	    ? strcmp(payment->imp_uid, call->imp_uid) == 0
	    : strcmp(payment->merchant_uid, call->merchant_uid) == 0;
}

static enum provider_said
of_reading(struct provider_call *call, long status,
    struct iamport_v1_wire_answer *answer)
{
	struct provider_outcome *outcome = &call->outcome;

	if (status == 404 && answer->code != 0) {
		take(outcome, answer);
		return PROVIDER_ABSENT;
	}
	if (status != 200 || answer->code != 0) {
		(void)fault_set(&outcome->note, FAULT_IO, "HTTP %ld, code %lld",
		    status, (long long)answer->code);
		return PROVIDER_LOST;
	}
	if (!answer->has_truth) {
		outcome->note = answer->note;
		return PROVIDER_LOST;
	}
	if (!is_asked_for(call, &answer->truth.payment)) {
		(void)fault_set(&outcome->note, FAULT_INPUT,
		    "an answer about another payment");
		return PROVIDER_LOST;
	}
	take(outcome, answer);
	return PROVIDER_DONE;
}

enum provider_said
iamport_v1_outcome_of(
    struct provider_call *call, long status, const char *bytes, size_t len)
{
	struct iamport_v1_wire_answer answer;
	struct fault_note note;
	enum provider_said said;

	if (status == 404 && len == 0 && call->want != PROVIDER_CANCEL)
		return PROVIDER_ABSENT;
	if (iamport_v1_wire_payment(bytes, len, &answer, &note) != FAULT_NONE) {
		(void)fault_set(&call->outcome.note, FAULT_INPUT,
		    "HTTP %ld: %.200s", status, note.text);
		return PROVIDER_LOST;
	}
	said = call->want == PROVIDER_CANCEL
	    ? of_cancel(call, status, &answer)
	    : of_reading(call, status, &answer);
	iamport_v1_wire_answer_deinit(&answer);
	return said;
}

enum provider_said
iamport_v1_outcome_of_list(
    struct provider_call *call, long status, const char *bytes, size_t len)
{
	struct provider_outcome *outcome = &call->outcome;
	struct iamport_v1_wire_answer answer;
	struct fault_note note;
	size_t n_paid;

	/* There are servers without it. */
	if (status == 404 || status == 405)
		return PROVIDER_DONE;
	if (status != 200) {
		(void)fault_set(
		    &outcome->note, FAULT_IO, "findAll: HTTP %ld", status);
		return PROVIDER_LOST;
	}
	if (iamport_v1_wire_paid(bytes, len, call->merchant_uid, &answer,
		&n_paid, &note) != FAULT_NONE) {
		(void)fault_set(
		    &outcome->note, FAULT_INPUT, "findAll: %.200s", note.text);
		return PROVIDER_LOST;
	}
	if (n_paid > 0)
		take(outcome, &answer);
	outcome->is_ambiguous = n_paid > 1;
	iamport_v1_wire_answer_deinit(&answer);
	return PROVIDER_DONE;
}

enum provider_said
iamport_v1_outcome_of_page(
    struct provider_call *call, long status, const char *bytes, size_t len)
{
	struct provider_outcome *outcome = &call->outcome;
	struct fault_note note = { "" };

	if (status == 200 &&
	    iamport_v1_wire_page(bytes, len, &outcome->page, &note) ==
		FAULT_NONE)
		return PROVIDER_DONE;
	(void)fault_set(&outcome->note, FAULT_INPUT, "list: HTTP %ld: %.200s",
	    status, note.text);
	return PROVIDER_LOST;
}

static void
mask(char *message, const char *text)
{
	size_t len = strlen(text);
	char *at = message;

	while (len > 0 && (at = strstr(at, text)) != NULL) {
		memset(at, '*', len); /* which is a holder's name, too */
		at += len;
	}
}

void
iamport_v1_outcome_mask(
    struct provider_outcome *outcome, const struct refund_account *account)
{
	size_t i;

	mask(outcome->message, account->holder);
	mask(outcome->message, account->account);
	mask(outcome->message, account->tel);
	/* With stars in it an address leads nowhere. */
	for (i = 0; i < outcome->truth.n; i++) {
		struct truth_entry *entry = &outcome->truth.entries[i];

		if (receipt_quotes(entry->receipt_url, account->holder) ||
		    receipt_quotes(entry->receipt_url, account->account) ||
		    receipt_quotes(entry->receipt_url, account->tel))
			entry->receipt_url[0] = '\0';
	}
}
