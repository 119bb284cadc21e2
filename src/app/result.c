/* SPDX-License-Identifier: MIT */
/*
 * From a refund's state to what its caller is told.
 */
#include "app/result.h"

#include <string.h>

static enum result_code
code_of_failure(enum intent_failure failure)
{
	switch (failure) {
	case INTENT_DECLINED:
		return RESULT_DECLINED;
	case INTENT_NOT_SENT:
		return RESULT_PROVIDER_UNREACHABLE;
	case INTENT_NOT_APPLIED:
		return RESULT_NOT_APPLIED;
	case INTENT_BALANCE_CHANGED:
		return RESULT_BALANCE_CHANGED;
	case INTENT_REJECTED:
		return RESULT_REJECTED;
	case INTENT_NOT_FAILED:
	case INTENT_FAILURE__COUNT:
		break;
	}
	return RESULT_FAULT;
}

static enum result_code
code_of(const struct intent *intent)
{
	switch (intent->state) {
	case INTENT_SUCCEEDED:
		return RESULT_REFUNDED;
	case INTENT_PENDING:
		return RESULT_PENDING;
	case INTENT_AWAITING_APPROVAL:
		return RESULT_AWAITING_APPROVAL;
	case INTENT_IN_FLIGHT:
	case INTENT_UNKNOWN:
	case INTENT_NEEDS_REVIEW:
		return RESULT_UNKNOWN;
	case INTENT_FAILED:
		return code_of_failure(intent->failure);
	case INTENT__COUNT:
		break;
	}
	return RESULT_FAULT;
}

void
result_of_record(const struct refund_record *record,
    const struct payment *payment, struct refund_result *ret)
{
	const struct intent *intent = &record->intent;

	memset(ret, 0, sizeof(*ret));
	ret->code = code_of(intent);
	ret->has_payment = true;
	ret->payment = *payment;
	ret->has_refund = true;
	memcpy(ret->refund_id, intent->id, sizeof(ret->refund_id));
	ret->origin = record->origin;
	memcpy(ret->origin_of, record->origin_of, sizeof(ret->origin_of));
	ret->state = intent->state;
	ret->failure = intent->failure;
	ret->amount = intent->amount;
	ret->applied_amount = intent->applied_amount;
	ret->created_ms = intent->created_ms;
	memcpy(ret->receipt_url, record->receipt_url, sizeof(ret->receipt_url));
	memcpy(ret->provider_message, intent->provider_message,
	    sizeof(ret->provider_message));
}

void
result_explain(struct refund_result *result, bool is_mismatch)
{
	if (is_mismatch && result->code == RESULT_BALANCE_CHANGED)
		result->code = RESULT_PAYMENT_MISMATCH;
}

bool
result_is_final(const struct refund_record *record)
{
	return intent_is_final(record->intent.state) &&
	    record->intent.failure != INTENT_NOT_SENT;
}
