/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as i'mport's answer: what is read keeps the promises of
 * core/intent.h, and nothing is read past the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "provider/iamport_v1_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* assert() that also speaks in builds without it. */
static void
must(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_text(const char *text)
{
	must(text_utf8_is_valid(text, strlen(text)));
}

static void
check_payment(const struct payment *payment)
{
	must(payment->imp_uid[0] != '\0');
	check_text(payment->imp_uid);
	check_text(payment->merchant_uid);
	must(payment->amount >= 1 && payment->amount <= MONEY_MAX);
	must(payment->cancel_amount >= 0 &&
	    payment->cancel_amount <= payment->amount);
	must(payment->currency != NULL);
}

static void
check_answer(struct iamport_v1_wire_answer *answer)
{
	const struct truth_entry *entries = answer->truth.entries;
	size_t i, j;

	check_text(answer->message);
	if (answer->has_truth) {
		check_payment(&answer->truth.payment);
		must(answer->truth.n <= HISTORY_MAX);
		for (i = 0; i < answer->truth.n; i++) {
			must(entries[i].id[0] != '\0');
			must(entries[i].amount >= 0);
			must(entries[i].marker[0] == '\0' ||
			    refund_id_is_valid(entries[i].marker));
			for (j = 0; j < i && i < 20; j++)
				must(strcmp(entries[i].id, entries[j].id) != 0);
		}
	}
	iamport_v1_wire_answer_deinit(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct iamport_v1_wire_answer answer;
	struct iamport_v1_wire_token token;
	char *text = malloc(len > 0 ? len : 1);
	struct provider_page page;
	size_t n_paid;

	if (text == NULL)
		return 0;
	/* Of just that length, so that the sanitizer sees a step too far. */
	memcpy(text, bytes, len);
	if (iamport_v1_wire_token(text, len, &token, NULL) == FAULT_NONE)
		must(iamport_v1_wire_is_token(token.text));
	if (iamport_v1_wire_payment(text, len, &answer, NULL) == FAULT_NONE)
		check_answer(&answer);
	if (iamport_v1_wire_paid(text, len, "ORD-1", &answer, &n_paid, NULL) ==
	    FAULT_NONE)
		check_answer(&answer);
	if (iamport_v1_wire_page(text, len, &page, NULL) == FAULT_NONE) {
		must(page.n <= PROVIDER_PAGE_MAX && page.next >= 0);
		free(page.imp_uids);
	}
	free(text);
	return 0;
}
