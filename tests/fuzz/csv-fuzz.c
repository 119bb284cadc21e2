/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a CSV file, of cells and of payments: a payment that is read is
 * in range, and written as a row it is read as the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/payment_csv.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

#define UNIX_S_MAX INT64_C(253402300799)

static void
check_cells(const char *path, size_t len)
{
	struct fault_note note = { "" };
	uint64_t line = 0;
	struct csv *csv;
	size_t i, n = 0;

	if (csv_open(path, &csv, &note) != FAULT_NONE)
		return;
	while (csv_next(csv, &note) == FAULT_NONE) {
		fuzz_must(csv_n(csv) >= 1 && csv_n(csv) <= CSV_CELLS_MAX);
		for (i = 0, n = 0; i < csv_n(csv); i++)
			n += strlen(csv_cell(csv, i)) + 1;
		fuzz_must(n <= CSV_RECORD_MAX);
		fuzz_must(csv_line(csv) > line && csv_offset(csv) <= len);
		line = csv_line(csv);
	}
	fuzz_must(note.text[0] != '\0');
	csv_close(csv);
}

static bool
is_word(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~' || strchr("\",;'", *text))
			return false;
	}
	return true;
}

static bool
is_same(const struct payment *one, const struct payment *other)
{
	return strcmp(one->imp_uid, other->imp_uid) == 0 &&
	    strcmp(one->merchant_uid, other->merchant_uid) == 0 &&
	    one->amount == other->amount &&
	    one->cancel_amount == other->cancel_amount &&
	    one->currency == other->currency &&
	    strcmp(one->pay_method, other->pay_method) == 0 &&
	    strcmp(one->pg_provider, other->pg_provider) == 0 &&
	    one->status == other->status && one->paid_at == other->paid_at;
}

static void
check_again(const struct payment *payment)
{
	char amount[32], cancelled[32], paid_at[32];
	const char *const cells[PAYMENT_CSV__COUNT] = {
		[PAYMENT_CSV_MERCHANT_UID] = payment->merchant_uid,
		[PAYMENT_CSV_IMP_UID] = payment->imp_uid,
		[PAYMENT_CSV_AMOUNT] = amount,
		[PAYMENT_CSV_CANCEL_AMOUNT] = cancelled,
		[PAYMENT_CSV_CURRENCY] = payment->currency->code,
		[PAYMENT_CSV_PAY_METHOD] = payment->pay_method,
		[PAYMENT_CSV_PG_PROVIDER] = payment->pg_provider,
		[PAYMENT_CSV_STATUS] = payment_status_name(payment->status),
		[PAYMENT_CSV_PAID_AT] = paid_at,
	};
	struct payment again;

	(void)snprintf(amount, sizeof(amount), "%" PRId64, payment->amount);
	(void)snprintf(
	    cancelled, sizeof(cancelled), "%" PRId64, payment->cancel_amount);
	(void)snprintf(paid_at, sizeof(paid_at), "%" PRId64, payment->paid_at);
	fuzz_must(payment_csv_parse(cells, &again, NULL) == FAULT_NONE);
	fuzz_must(is_same(payment, &again));
}

static void
check_payment(const struct payment *payment)
{
	fuzz_must(payment->merchant_uid[0] != '\0');
	fuzz_text(payment->merchant_uid, MERCHANT_UID_CHARS);
	fuzz_must(payment->imp_uid[0] != '\0' && is_word(payment->imp_uid));
	fuzz_must(is_word(payment->pay_method));
	fuzz_must(is_word(payment->pg_provider));
	fuzz_must(payment->amount >= 1 && payment->amount <= MONEY_MAX);
	fuzz_must(payment->cancel_amount >= 0 &&
	    payment->cancel_amount <= payment->amount);
	fuzz_must(payment->currency != NULL);
	fuzz_must(payment->status < PAYMENT__COUNT);
	/* Refunded in part or whole, or else nothing has gone back. */
	fuzz_must((payment->status == PAYMENT_CANCELLED) ==
		(payment->cancel_amount > 0) ||
	    payment->status == PAYMENT_PAID);
	fuzz_must(payment->paid_at >= 0 && payment->paid_at <= UNIX_S_MAX);
	check_again(payment);
}

static void
check_payments(const char *path)
{
	struct fault_note note = { "" };
	struct payment_csv *csv;
	struct payment payment;
	enum fault f;

	f = payment_csv_open(path, &csv, &note);
	if (f == FAULT_NONE) {
		while (
		    (f = payment_csv_next(csv, &payment, &note)) == FAULT_NONE)
			check_payment(&payment);
		payment_csv_close(csv);
	}
	fuzz_must(f == FAULT_ABSENT ||
	    (f == FAULT_INPUT && strncmp(note.text, "line ", 5) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *path = fuzz_file(bytes, len);

	check_cells(path, len);
	check_payments(path);
	return 0;
}
