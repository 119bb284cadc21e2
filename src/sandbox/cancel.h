/* SPDX-License-Identifier: MIT */
/*
 * Cancel: may this payment be cancelled by this much, and if not, in which of
 * i'mport's words.  A verdict only: nothing is changed here.  Each answer's
 * text is marked where it is written down as observed, documented or invented;
 * the invented ones begin with "[sandbox]", so that nobody relies on them.
 */
#ifndef SANDBOX_CANCEL_H
#define SANDBOX_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/book.h"

/* i'mport's default reason. */
#define CANCEL_REASON "취소요청api"

enum cancel_verdict {
	CANCEL_YES,
	CANCEL_LATER, /* yes, but the PG takes its time: nothing grows yet */
	CANCEL_NO_UID,
	CANCEL_UNKNOWN,
	CANCEL_ALL_GONE,
	CANCEL_NOT_PAID,
	CANCEL_NO_DEPOSIT,
	CANCEL_CHECKSUM,
	CANCEL_OVER,
	CANCEL_OVER_AT_PG,
	CANCEL_NO_ACCOUNT,
	CANCEL_NO_BANK,
	CANCEL_NO_TEL,
	CANCEL_NO_VBANK,
	CANCEL_NO_REASON,
	CANCEL_NO_REQUESTER,
	CANCEL_NAVERCO,
	CANCEL_TAX,
	CANCEL_NO_PARTIAL,
	CANCEL_TOO_MANY,
	CANCEL_OTHER_MONTH,
	CANCEL_SAME_MONTH,
	CANCEL__COUNT
};

struct cancel_wish {
	int64_t amount; /* smallest unit; 0 = everything that is left */
	bool has_checksum;
	int64_t checksum; /* smallest unit: what the caller thinks is left */
	bool has_account; /* holder, bank and account were sent */
	bool is_bank_unknown; /* and the payment's PG has no such bank */
	bool has_tel;
	bool has_reason;
	bool has_requester;
	bool wants_webhook;
	int64_t tax;      /* tax_free and vat_amount together, smallest unit */
	int64_t blind_ms; /* the checksum test is blind for younger cancels */
	const char *reason;
};

/*
 * cancel_judge: the verdict at a moment in UNIX milliseconds.  On CANCEL_YES
 * and CANCEL_LATER *ret_amount is how much, above 0 and at most what is left.
 * The console asks with is_console: no checksum, no refund account, at once.
 */
enum cancel_verdict cancel_judge(const struct book_payment *payment,
    const struct cancel_wish *wish, bool is_console, int64_t now_ms,
    int64_t *ret_amount);

/*
 * The answer to a verdict other than yes: HTTP 200, this code and text.  The
 * payment's pg_provider says in whose words; "" where there is no payment.
 */
int cancel_code(enum cancel_verdict verdict);
const char *cancel_message(
    enum cancel_verdict verdict, const char *pg_provider);

#endif
