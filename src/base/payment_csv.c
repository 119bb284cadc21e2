/* SPDX-License-Identifier: MIT */
/*
 * A table of columns {name, reader, required}; a row is read in the order of
 * the table, whatever order the file has, so that the later readers may rely on
 * the earlier columns (cancel_amount on amount).
 */
#include "base/payment_csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "core/civil.h"

#define MERCHANT_UID_CHARS 40
#define WORD_CHARS         32
#define UNIX_S_MAX         INT64_C(253402300799) /* the end of the year 9999 */

typedef enum fault reader(
    const char *text, struct payment *payment, struct fault_note *note);

/* C0, DEL and C1, the latter in its two bytes. */
static bool
has_control(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
			return true;
	}
	return false;
}

static enum fault
read_merchant_uid(
    const char *text, struct payment *payment, struct fault_note *note)
{
	size_t len = strlen(text);

	if (!text_utf8_is_valid(text, len) || has_control(text))
		return fault_set(
		    note, FAULT_INPUT, "merchant_uid: not clean UTF-8");
	if (text_utf8_length(text, len) > MERCHANT_UID_CHARS)
		return fault_set(note, FAULT_INPUT,
		    "merchant_uid: longer than %d characters",
		    MERCHANT_UID_CHARS);
	(void)strcpy(payment->merchant_uid, text);
	return FAULT_NONE;
}
_Static_assert(
    MERCHANT_UID_SIZE > 4 * MERCHANT_UID_CHARS, "characters of four bytes fit");

/* ASCII letters, digits, '_', '-' and '.', so many at most. */
static enum fault
read_word(
    const char *name, const char *text, char *word, struct fault_note *note)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.";
	size_t len = strlen(text);

	if (len > WORD_CHARS || strspn(text, allowed) != len)
		return fault_set(note, FAULT_INPUT,
		    "%s: not 1 to %d letters, digits, '_', '-' or '.'", name,
		    WORD_CHARS);
	(void)strcpy(word, text);
	return FAULT_NONE;
}
_Static_assert(IMP_UID_SIZE > WORD_CHARS && PAY_METHOD_SIZE > WORD_CHARS &&
	PG_PROVIDER_SIZE > WORD_CHARS,
    "a word fits where it is put");

static enum fault
read_imp_uid(const char *text, struct payment *payment, struct fault_note *note)
{
	return read_word("imp_uid", text, payment->imp_uid, note);
}

static enum fault
read_pay_method(
    const char *text, struct payment *payment, struct fault_note *note)
{
	return read_word("pay_method", text, payment->pay_method, note);
}

static enum fault
read_pg_provider(
    const char *text, struct payment *payment, struct fault_note *note)
{
	return read_word("pg_provider", text, payment->pg_provider, note);
}

/* Smallest units are whole numbers, as won are: the won's parser reads both. */
static bool
parse_units(const char *text, int64_t *ret_units)
{
	return money_parse(text, strlen(text), currency_find("KRW"), ret_units);
}

static enum fault
read_amount(const char *text, struct payment *payment, struct fault_note *note)
{
	if (!parse_units(text, &payment->amount) || payment->amount == 0)
		return fault_set(note, FAULT_INPUT,
		    "amount: not a positive whole number of smallest units");
	return FAULT_NONE;
}

static enum fault
read_cancel_amount(
    const char *text, struct payment *payment, struct fault_note *note)
{
	if (!parse_units(text, &payment->cancel_amount))
		return fault_set(note, FAULT_INPUT,
		    "cancel_amount: not a whole number of smallest units");
	if (payment->cancel_amount > payment->amount)
		return fault_set(
		    note, FAULT_INPUT, "cancel_amount: more than the amount");
	return FAULT_NONE;
}

static enum fault
read_currency(
    const char *text, struct payment *payment, struct fault_note *note)
{
	payment->currency = currency_find(text);
	if (payment->currency == NULL)
		return fault_set(note, FAULT_INPUT,
		    "currency: not a known code of three capital letters");
	return FAULT_NONE;
}

/*
 * "cancelled" without an amount would make a refunded payment look
 * refundable, so the two columns have to agree.
 */
static enum fault
read_status(const char *text, struct payment *payment, struct fault_note *note)
{
	if (!payment_status_find(text, &payment->status))
		return fault_set(note, FAULT_INPUT,
		    "status: not ready, paid, cancelled or failed");
	if (payment->status == PAYMENT_CANCELLED && payment->cancel_amount == 0)
		return fault_set(note, FAULT_INPUT,
		    "status: cancelled, but no cancel_amount");
	if ((payment->status == PAYMENT_READY ||
		payment->status == PAYMENT_FAILED) &&
	    payment->cancel_amount != 0)
		return fault_set(
		    note, FAULT_INPUT, "status: %s, but a cancel_amount", text);
	return FAULT_NONE;
}

/* n digits as a number from least to most; moves on behind them. */
static bool
take_number(const char **text, int n, int least, int most, int *ret_number)
{
	int i, number = 0;

	for (i = 0; i < n; i++) {
		char c = *(*text)++;

		if (c < '0' || c > '9')
			return false;
		number = number * 10 + (c - '0');
	}
	*ret_number = number;
	return number >= least && number <= most;
}

static bool
take_char(const char **text, char c)
{
	return *(*text)++ == c;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* "Z" or "+09:00" up to the end of the text; seconds east of UTC. */
static bool
parse_zone(const char *text, int *ret_offset_s)
{
	int sign, hours, minutes;

	if (strcmp(text, "Z") == 0) {
		*ret_offset_s = 0;
		return true;
	}
	if (*text != '+' && *text != '-')
		return false;
	sign = *text++ == '+' ? 1 : -1;
	if (!take_number(&text, 2, 0, 14, &hours) || !take_char(&text, ':') ||
	    !take_number(&text, 2, 0, 59, &minutes))
		return false;
	*ret_offset_s = sign * (hours * 3600 + minutes * 60);
	return *text == '\0';
}

/* ISO 8601 with a zone; a fraction of a second is read over. */
static bool
parse_moment(const char *text, int64_t *ret_unix_s)
{
	int year, month, day, hour, minute, second, offset_s;
	struct civil_date date;

	if (!take_number(&text, 4, 1970, 9999, &year) ||
	    !take_char(&text, '-') || !take_number(&text, 2, 1, 12, &month) ||
	    !take_char(&text, '-') ||
	    !take_number(&text, 2, 1, month_days(year, month), &day) ||
	    !take_char(&text, 'T') || !take_number(&text, 2, 0, 23, &hour) ||
	    !take_char(&text, ':') || !take_number(&text, 2, 0, 59, &minute) ||
	    !take_char(&text, ':') || !take_number(&text, 2, 0, 59, &second))
		return false;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (!parse_zone(text, &offset_s))
		return false;
	date.year = year;
	date.month = month;
	date.day = day;
	*ret_unix_s = civil_days(date) * 86400 + hour * 3600 + minute * 60 +
	    second - offset_s;
	return true;
}

static enum fault
read_paid_at(const char *text, struct payment *payment, struct fault_note *note)
{
	if (!parse_units(text, &payment->paid_at) &&
	    !parse_moment(text, &payment->paid_at))
		return fault_set(note, FAULT_INPUT,
		    "paid_at: neither UNIX seconds nor like "
		    "2026-11-23T10:00:00+09:00");
	if (payment->paid_at < 0 || payment->paid_at > UNIX_S_MAX)
		return fault_set(
		    note, FAULT_INPUT, "paid_at: not from 1970 to 9999");
	return FAULT_NONE;
}

static const struct {
	const char *name;
	reader *read;
	bool required;
} columns[] = {
	[PAYMENT_CSV_MERCHANT_UID] = { "merchant_uid", read_merchant_uid,
	    true },
	[PAYMENT_CSV_IMP_UID] = { "imp_uid", read_imp_uid, true },
	[PAYMENT_CSV_AMOUNT] = { "amount", read_amount, true },
	[PAYMENT_CSV_CANCEL_AMOUNT] = { "cancel_amount", read_cancel_amount,
	    false },
	[PAYMENT_CSV_CURRENCY] = { "currency", read_currency, false },
	[PAYMENT_CSV_PAY_METHOD] = { "pay_method", read_pay_method, false },
	[PAYMENT_CSV_PG_PROVIDER] = { "pg_provider", read_pg_provider, false },
	[PAYMENT_CSV_STATUS] = { "status", read_status, false },
	[PAYMENT_CSV_PAID_AT] = { "paid_at", read_paid_at, false },
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == PAYMENT_CSV__COUNT,
    "every column has a name and a reader");

const char *
payment_csv_name(enum payment_csv_column column)
{
	return columns[column].name;
}

enum fault
payment_csv_parse(const char *const cells[PAYMENT_CSV__COUNT],
    struct payment *ret_payment, struct fault_note *note)
{
	struct payment payment = { .currency = currency_find("KRW") };
	const char *status = cells[PAYMENT_CSV_STATUS];
	enum fault f;
	int i;

	for (i = 0; i < PAYMENT_CSV__COUNT; i++) {
		if (cells[i] != NULL && cells[i][0] != '\0')
			f = columns[i].read(cells[i], &payment, note);
		else if (columns[i].required)
			f = fault_set(
			    note, FAULT_INPUT, "%s: missing", columns[i].name);
		else
			f = FAULT_NONE;
		if (f != FAULT_NONE)
			return f;
	}
	if (status == NULL || status[0] == '\0')
		payment.status = payment.cancel_amount > 0 ? PAYMENT_CANCELLED
							   : PAYMENT_PAID;
	*ret_payment = payment;
	return FAULT_NONE;
}

struct payment_csv {
	struct csv *csv;
	size_t n;                                  /* cells in the header */
	enum payment_csv_column at[CSV_CELLS_MAX]; /* column of each cell */
};

static enum fault
find_column(const char *name, enum payment_csv_column *ret_column,
    struct fault_note *note)
{
	int i;

	for (i = 0; i < PAYMENT_CSV__COUNT; i++) {
		if (strcmp(columns[i].name, name) == 0) {
			*ret_column = (enum payment_csv_column)i;
			return FAULT_NONE;
		}
	}
	return fault_set(
	    note, FAULT_INPUT, "line 1: unknown column \"%.40s\"", name);
}

static enum fault
read_header(struct payment_csv *csv, struct fault_note *note)
{
	bool seen[PAYMENT_CSV__COUNT] = { false };
	enum fault f = csv_next(csv->csv, note);
	int i;

	if (f == FAULT_ABSENT)
		return fault_set(note, FAULT_INPUT, "line 1: no header line");
	if (f != FAULT_NONE)
		return f;
	for (csv->n = 0; csv->n < csv_n(csv->csv); csv->n++) {
		const char *name = csv_cell(csv->csv, csv->n);

		f = find_column(name, &csv->at[csv->n], note);
		if (f != FAULT_NONE)
			return f;
		if (seen[csv->at[csv->n]])
			return fault_set(note, FAULT_INPUT,
			    "line 1: column %s comes twice", name);
		seen[csv->at[csv->n]] = true;
	}
	for (i = 0; i < PAYMENT_CSV__COUNT; i++) {
		if (columns[i].required && !seen[i])
			return fault_set(note, FAULT_INPUT,
			    "line 1: no column %s", columns[i].name);
	}
	return FAULT_NONE;
}

enum fault
payment_csv_open(
    const char *path, struct payment_csv **ret_csv, struct fault_note *note)
{
	struct payment_csv *csv = calloc(1, sizeof(*csv));
	enum fault f;

	if (csv == NULL)
		return fault_set(note, FAULT_NOMEM, "%s: no memory", path);
	f = csv_open(path, &csv->csv, note);
	if (f == FAULT_NONE)
		f = read_header(csv, note);
	if (f == FAULT_IO && csv->csv != NULL)
		f = fault_set(note, f, "%.200s: can't read", path);
	if (f != FAULT_NONE) {
		payment_csv_close(csv);
		return f;
	}
	*ret_csv = csv;
	return FAULT_NONE;
}

void
payment_csv_close(struct payment_csv *csv)
{
	if (csv == NULL)
		return;
	csv_close(csv->csv);
	free(csv);
}

enum fault
payment_csv_next(struct payment_csv *csv, struct payment *ret_payment,
    struct fault_note *note)
{
	const char *cells[PAYMENT_CSV__COUNT] = { NULL };
	struct fault_note inner = { "" };
	enum fault f = csv_next(csv->csv, note);
	size_t i;

	if (f != FAULT_NONE)
		return f;
	if (csv_n(csv->csv) != csv->n)
		return fault_set(note, FAULT_INPUT,
		    "line %llu: %zu cells, the header has %zu",
		    (unsigned long long)csv_line(csv->csv), csv_n(csv->csv),
		    csv->n);
	for (i = 0; i < csv->n; i++)
		cells[csv->at[i]] = csv_cell(csv->csv, i);
	f = payment_csv_parse(cells, ret_payment, &inner);
	if (f != FAULT_NONE)
		return fault_set(note, f, "line %llu: %.200s",
		    (unsigned long long)csv_line(csv->csv), inner.text);
	return FAULT_NONE;
}

uint64_t
payment_csv_line(const struct payment_csv *csv)
{
	return csv_line(csv->csv);
}

uint64_t
payment_csv_offset(const struct payment_csv *csv)
{
	return csv_offset(csv->csv);
}
