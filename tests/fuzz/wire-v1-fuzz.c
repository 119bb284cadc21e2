/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as i'mport's answer: what is read keeps the promises of
 * core/intent.h, and nothing is read past the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "provider/iamport_v1_wire.h"

static void
check_payment(const struct payment *payment)
{
	fuzz_must(payment->imp_uid[0] != '\0');
	fuzz_text(payment->imp_uid, IMP_UID_SIZE - 1);
	fuzz_text(payment->merchant_uid, MERCHANT_UID_CHARS);
	fuzz_must(payment->amount >= 1 && payment->amount <= MONEY_MAX);
	fuzz_must(payment->cancel_amount >= 0 &&
	    payment->cancel_amount <= payment->amount);
	fuzz_must(payment->currency != NULL);
}

static void
check_answer(struct iamport_v1_wire_answer *answer)
{
	const struct truth_entry *entries = answer->truth.entries;
	size_t i, j;

	fuzz_text(answer->message, sizeof(answer->message) - 1);
	if (answer->has_truth) {
		check_payment(&answer->truth.payment);
		fuzz_must(answer->truth.n <= HISTORY_MAX);
		for (i = 0; i < answer->truth.n; i++) {
			fuzz_must(entries[i].id[0] != '\0');
			fuzz_must(entries[i].amount >= 0);
			fuzz_must(entries[i].marker[0] == '\0' ||
			    refund_id_is_valid(entries[i].marker));
			fuzz_must(entries[i].receipt_url[0] == '\0' ||
			    receipt_is_url(entries[i].receipt_url));
			for (j = 0; j < i && i < 20; j++)
				fuzz_must(
				    strcmp(entries[i].id, entries[j].id) != 0);
		}
	}
	iamport_v1_wire_answer_deinit(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct iamport_v1_wire_answer answer;
	struct iamport_v1_wire_token token;
	char *text = fuzz_copy(bytes, len);
	struct provider_page page;
	size_t n_paid;

	if (iamport_v1_wire_token(text, len, &token, NULL) == FAULT_NONE)
		fuzz_must(iamport_v1_wire_is_token(token.text));
	if (iamport_v1_wire_payment(text, len, &answer, NULL) == FAULT_NONE)
		check_answer(&answer);
	if (iamport_v1_wire_paid(text, len, "ORD-1", &answer, &n_paid, NULL) ==
	    FAULT_NONE)
		check_answer(&answer);
	if (iamport_v1_wire_page(text, len, &page, NULL) == FAULT_NONE) {
		fuzz_must(page.n <= PROVIDER_PAGE_MAX && page.next >= 0);
		free(page.imp_uids);
	}
	free(text);
	return 0;
}
