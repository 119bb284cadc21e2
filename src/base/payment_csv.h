/* SPDX-License-Identifier: MIT */
/*
 * Payments as CSV: the columns that `cancelpay import` and iamport-sandbox both
 * read, and the only place that says what may stand in them.  Amounts are in
 * the currency's smallest unit, as in the database.  Whether a row fits what is
 * known already is left to the caller, who also decides to read the file twice
 * (once to check it all, once to use it).
 */
#ifndef BASE_PAYMENT_CSV_H
#define BASE_PAYMENT_CSV_H

#include <stdint.h>

#include "core/fault.h"
#include "core/payment.h"

enum payment_csv_column {
	PAYMENT_CSV_MERCHANT_UID,
	PAYMENT_CSV_IMP_UID,
	PAYMENT_CSV_AMOUNT, /* up to here required */
	PAYMENT_CSV_CANCEL_AMOUNT,
	PAYMENT_CSV_CURRENCY,
	PAYMENT_CSV_PAY_METHOD,
	PAYMENT_CSV_PG_PROVIDER,
	PAYMENT_CSV_STATUS,
	PAYMENT_CSV_PAID_AT,
	PAYMENT_CSV__COUNT
};

/* payment_csv_name: the column's name in the header line. */
const char *payment_csv_name(enum payment_csv_column column);

/*
 * payment_csv_parse: one row as a payment.  cells by column; NULL or "" is a
 * cell left out.  Left out means: cancel_amount 0, currency KRW, pay_method and
 * pg_provider "" (unknown), paid_at 0 (unknown), status "cancelled" if
 * something was cancelled and "paid" if not.  FAULT_INPUT names the column.
 */
enum fault payment_csv_parse(const char *const cells[PAYMENT_CSV__COUNT],
    struct payment *ret_payment, struct fault_note *note) MUST_CHECK;

struct payment_csv;

/*
 * payment_csv_open: open the file and read its header line: names in any order;
 * unknown, repeated or missing ones are FAULT_INPUT.
 * payment_csv_next: the next payment, or FAULT_ABSENT at the end.  FAULT_INPUT
 * names line and column.
 * payment_csv_close: accepts NULL.
 */
enum fault payment_csv_open(const char *path, struct payment_csv **ret_csv,
    struct fault_note *note) MUST_CHECK;
enum fault payment_csv_next(struct payment_csv *csv,
    struct payment *ret_payment, struct fault_note *note) MUST_CHECK;
void payment_csv_close(struct payment_csv *csv);

/* Line of the payment read last; bytes read so far. */
uint64_t payment_csv_line(const struct payment_csv *csv);
uint64_t payment_csv_offset(const struct payment_csv *csv);

#endif
