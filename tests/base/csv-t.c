/* SPDX-License-Identifier: MIT */
/*
 * csv and payment_csv: what is read, and in which words the rest is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/payment_csv.h"

#define HEAD "merchant_uid,imp_uid,amount"

static char path[] = "csv-t.XXXXXX";

static void
write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static struct csv *
open_text(const char *text)
{
	struct fault_note note;
	struct csv *csv;

	write_file(text, strlen(text));
	assert_int_equal(csv_open(path, &csv, &note), FAULT_NONE);
	return csv;
}

/* The next record is these cells, joined by '|'. */
static void
expect_record(struct csv *csv, const char *cells)
{
	struct fault_note note;
	char joined[256] = "";
	size_t i;

	assert_int_equal(csv_next(csv, &note), FAULT_NONE);
	for (i = 0; i < csv_n(csv); i++) {
		(void)strcat(joined, i == 0 ? "" : "|");
		(void)strcat(joined, csv_cell(csv, i));
	}
	assert_string_equal(joined, cells);
}

static void
expect_end(struct csv *csv)
{
	struct fault_note note;

	assert_int_equal(csv_next(csv, &note), FAULT_ABSENT);
	csv_close(csv);
}

static void
expect_refusal(const char *text, size_t len, const char *wants)
{
	struct fault_note note = { "" };
	struct csv *csv;
	enum fault f;

	write_file(text, len);
	f = csv_open(path, &csv, &note);
	if (f == FAULT_NONE) {
		while ((f = csv_next(csv, &note)) == FAULT_NONE)
			;
		csv_close(csv);
	}
	assert_int_equal(f, FAULT_INPUT);
	assert_non_null(strstr(note.text, wants));
}

static void
plain_records_are_read(void **state)
{
	struct csv *csv = open_text("a,b,c\nd,,f\n,\n");

	(void)state;
	expect_record(csv, "a|b|c");
	expect_record(csv, "d||f");
	expect_record(csv, "|");
	expect_end(csv);
}

static void
mark_crlf_and_empty_lines_are_skipped(void **state)
{
	struct csv *csv = open_text("\xef\xbb\xbf"
				    "a,b\r\n\r\n\nc,d");

	(void)state;
	expect_record(csv, "a|b");
	assert_int_equal(csv_line(csv), 1);
	expect_record(csv, "c|d");
	assert_int_equal(csv_line(csv), 4);
	assert_int_equal(csv_offset(csv), 14);
	expect_end(csv);
}

static void
quoted_cells_hold_commas_quotes_and_breaks(void **state)
{
	struct csv *csv = open_text("\"a,b\",\"c\"\"d\",\"e\nf\"\n\"\",x\n");

	(void)state;
	expect_record(csv, "a,b|c\"d|e\nf");
	expect_record(csv, "|x");
	assert_int_equal(csv_line(csv), 3);
	expect_end(csv);
}

static void
broken_records_are_refused_with_their_line(void **state)
{
	(void)state;
	expect_refusal("a\n\"b\n", 5, "line 2: a quote is never closed");
	expect_refusal("a\nb\"c\n", 6, "line 2: stray quote");
	expect_refusal("\"a\"b\n", 5, "line 1: stray text after");
	expect_refusal("a\rb\n", 4, "line 1: stray carriage return");
	expect_refusal("a\0b\n", 4, "line 1: stray NUL");
	expect_refusal("\"a\0b\"\n", 6, "line 1: NUL");
	expect_refusal("\xef\xbbx\n", 4, "line 1");
}

static void
too_long_records_and_too_many_cells_are_refused(void **state)
{
	size_t len = CSV_RECORD_MAX + 2;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', len);
	text[len - 1] = '\n';
	expect_refusal(text, len, "longer than");
	memset(text, ',', CSV_CELLS_MAX);
	expect_refusal(text, CSV_CELLS_MAX, "more than 64 cells");
	free(text);
}

/* --- payments --- */

static enum fault
read_payment(const char *text, struct payment *payment, struct fault_note *note)
{
	struct payment_csv *csv;
	enum fault f;

	write_file(text, strlen(text));
	f = payment_csv_open(path, &csv, note);
	if (f != FAULT_NONE)
		return f;
	f = payment_csv_next(csv, payment, note);
	payment_csv_close(csv);
	return f;
}

static void
expect_payment(const char *text, struct payment *payment)
{
	struct fault_note note = { "" };

	assert_int_equal(read_payment(text, payment, &note), FAULT_NONE);
}

static void
expect_bad(const char *text, const char *wants)
{
	struct fault_note note = { "" };
	struct payment payment;

	assert_int_equal(read_payment(text, &payment, &note), FAULT_INPUT);
	assert_string_equal(note.text, wants);
}

static void
a_short_row_gets_the_defaults(void **state)
{
	struct payment payment;

	(void)state;
	expect_payment(HEAD "\nORD-1,imp_1,10000\n", &payment);
	assert_string_equal(payment.merchant_uid, "ORD-1");
	assert_string_equal(payment.imp_uid, "imp_1");
	assert_int_equal(payment.amount, 10000);
	assert_int_equal(payment.cancel_amount, 0);
	assert_string_equal(payment.currency->code, "KRW");
	assert_string_equal(payment.pay_method, "");
	assert_string_equal(payment.pg_provider, "");
	assert_int_equal(payment.status, PAYMENT_PAID);
	assert_int_equal(payment.paid_at, 0);
}

static void
columns_come_in_any_order(void **state)
{
	struct payment payment;

	(void)state;
	expect_payment("status,paid_at,cancel_amount,currency,pg_provider,"
		       "pay_method,amount,imp_uid,merchant_uid\n"
		       ",1793500000,50,USD,kcp,card,1250,imp_1,주문\n",
	    &payment);
	assert_string_equal(payment.merchant_uid, "주문");
	assert_int_equal(payment.amount, 1250);
	assert_int_equal(payment.cancel_amount, 50);
	assert_string_equal(payment.currency->code, "USD");
	assert_int_equal(payment.status, PAYMENT_CANCELLED);
	assert_int_equal(payment.paid_at, 1793500000);
}

static void
paid_at_is_seconds_or_iso_8601_with_a_zone(void **state)
{
	static const struct {
		const char *text;
		int64_t unix_s; /* -1: refused */
	} rows[] = {
		{ "0", 0 },
		{ "1793500000", 1793500000 },
		{ "2026-11-23T10:00:00+09:00", 1795395600 },
		{ "2026-11-23T01:00:00Z", 1795395600 },
		{ "2026-11-23T01:00:00.123Z", 1795395600 },
		{ "2026-11-22T20:30:00-04:30", 1795395600 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2023-02-29T00:00:00Z", -1 },
		{ "2026-11-23T10:00:00", -1 },
		{ "2026-11-23", -1 },
		{ "2026-13-01T00:00:00Z", -1 },
		{ "2026-11-23T24:00:00Z", -1 },
		{ "2026-11-23T10:00:00+09:00x", -1 },
		{ "1970-01-01T00:00:00+09:00", -1 },
		{ "2026/11-23T10:00:00Z", -1 },
		{ "2026-11/23T10:00:00Z", -1 },
		{ "2026-1x-23T10:00:00Z", -1 },
		{ "2026-11-31T10:00:00Z", -1 },
		{ "2026-11-23 10:00:00Z", -1 },
		{ "2026-11-23T10.00:00Z", -1 },
		{ "2026-11-23T10:60:00Z", -1 },
		{ "2026-11-23T10:00.00Z", -1 },
		{ "2026-11-23T10:00:60Z", -1 },
		{ "2026-11-23T10:00:00+15:00", -1 },
		{ "2026-11-23T10:00:00+0900", -1 },
		{ "2026-11-23T10:00:00+09:60", -1 },
		{ "2100-02-29T00:00:00Z", -1 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2000-02-29T00:00:00Z", 951782400 },
		{ "253402300800", -1 },
		{ "-1", -1 },
		{ "soon", -1 },
	};
	struct fault_note note;
	struct payment payment;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), HEAD ",paid_at\na,b,1,%s\n",
		    rows[i].text);
		if (rows[i].unix_s < 0) {
			assert_int_equal(
			    read_payment(text, &payment, &note), FAULT_INPUT);
			continue;
		}
		expect_payment(text, &payment);
		assert_int_equal(payment.paid_at, rows[i].unix_s);
	}
}

static void
bad_headers_are_refused(void **state)
{
	(void)state;
	expect_bad("", "line 1: no header line");
	expect_bad("merchant_uid,amount\n", "line 1: no column imp_uid");
	expect_bad(HEAD ",colour\n", "line 1: unknown column \"colour\"");
	expect_bad(HEAD ",amount\n", "line 1: column amount comes twice");
}

static void
bad_rows_are_refused_with_line_and_column(void **state)
{
	(void)state;
	expect_bad(HEAD "\na,b\n", "line 2: 2 cells, the header has 3");
	expect_bad(HEAD "\n\n,b,1\n", "line 3: merchant_uid: missing");
	expect_bad(HEAD "\na,b,0\n",
	    "line 2: amount: not a positive whole number of smallest units");
	expect_bad(HEAD "\na,b,1.5\n",
	    "line 2: amount: not a positive whole number of smallest units");
	expect_bad(HEAD "\na,b,-1\n",
	    "line 2: amount: not a positive whole number of smallest units");
	expect_bad(HEAD "\na,b,100000000000001\n",
	    "line 2: amount: not a positive whole number of smallest units");
	expect_bad(HEAD ",cancel_amount\na,b,1,2\n",
	    "line 2: cancel_amount: more than the amount");
	expect_bad(HEAD ",currency\na,b,1,krw\n",
	    "line 2: currency: not a known code of three capital letters");
	expect_bad(HEAD ",status\na,b,1,refunded\n",
	    "line 2: status: not ready, paid, cancelled or failed");
	expect_bad(HEAD ",status\na,b,1,cancelled\n",
	    "line 2: status: cancelled, but no cancel_amount");
	expect_bad(HEAD ",status,cancel_amount\na,b,1,ready,1\n",
	    "line 2: status: ready, but a cancel_amount");
	expect_bad(HEAD "\na,b c,1\n",
	    "line 2: imp_uid: not 1 to 32 letters, digits, '_', '-' or '.'");
	expect_bad(
	    HEAD "\n\xff,b,1\n", "line 2: merchant_uid: not clean UTF-8");
	expect_bad(
	    HEAD "\na\tb,b,1\n", "line 2: merchant_uid: not clean UTF-8");
	expect_bad(
	    HEAD "\na\x7f,b,1\n", "line 2: merchant_uid: not clean UTF-8");
	expect_bad(
	    HEAD "\na\xc2\x85,b,1\n", "line 2: merchant_uid: not clean UTF-8");
	expect_bad(HEAD "\na,b23456789012345678901234567890123,1\n",
	    "line 2: imp_uid: not 1 to 32 letters, digits, '_', '-' or '.'");
	expect_bad(HEAD ",cancel_amount\na,b,1,x\n",
	    "line 2: cancel_amount: not a whole number of smallest units");
}

static void
forty_characters_are_the_longest_order(void **state)
{
	char text[512] = HEAD "\n";
	struct payment payment;
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		(void)strcat(text, "😀");
	(void)strcat(text, ",b,1\n");
	expect_payment(text, &payment);
	assert_int_equal(strlen(payment.merchant_uid), 160);
	(void)strcpy(text, HEAD "\n");
	for (i = 0; i < 41; i++)
		(void)strcat(text, "a");
	(void)strcat(text, ",b,1\n");
	expect_bad(text, "line 2: merchant_uid: longer than 40 characters");
}

static void
a_missing_file_is_an_io_fault(void **state)
{
	struct payment_csv *csv;
	struct fault_note note;

	(void)state;
	assert_int_equal(
	    payment_csv_open("/nonexistent/x.csv", &csv, &note), FAULT_IO);
	payment_csv_close(NULL);
	csv_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_records_are_read),
		cmocka_unit_test(mark_crlf_and_empty_lines_are_skipped),
		cmocka_unit_test(quoted_cells_hold_commas_quotes_and_breaks),
		cmocka_unit_test(broken_records_are_refused_with_their_line),
		cmocka_unit_test(
		    too_long_records_and_too_many_cells_are_refused),
		cmocka_unit_test(a_short_row_gets_the_defaults),
		cmocka_unit_test(columns_come_in_any_order),
		cmocka_unit_test(paid_at_is_seconds_or_iso_8601_with_a_zone),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(bad_rows_are_refused_with_line_and_column),
		cmocka_unit_test(forty_characters_are_the_longest_order),
		cmocka_unit_test(a_missing_file_is_an_io_fault),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	(void)close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
