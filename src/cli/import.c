/* SPDX-License-Identifier: MIT */
/*
 * cancelpay import: payments from a CSV file into the book.
 *
 * The file is read twice: once to hold every line against the rules, the other
 * lines and the book, which is only read for that, and then to write, in
 * batches short enough to let refunds through.  Importing is repeatable: it
 * adds to what is known and takes nothing back.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/payment_csv.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/seen.h"

#define BATCH 500

struct import {
	const char *path;
	const struct clock *clock;
	struct store reader, writer;
	struct payment_csv *csv;
	struct seen *seen;
	int64_t size; /* of the file in bytes */
	struct progress progress;
	uint64_t n_new, n_changed, n_same;
};

static void
show_progress(struct import *import, const char *what)
{
	progress_show(&import->progress, what,
	    (int64_t)payment_csv_offset(import->csv), import->size);
}

/* ---- one line ---------------------------------------------------------- */

static enum fault
refuse_line(const struct import *import, enum fault fault, const char *what,
    struct fault_note *note)
{
	return fault_set(note, fault, "%.100s: line %" PRIu64 ": %.120s",
	    import->path, payment_csv_line(import->csv), what);
}

static enum fault
check_once(
    struct import *import, const struct payment *row, struct fault_note *note)
{
	uint64_t line;
	char what[96];
	enum fault f;

	f = seen_add(import->seen, row->imp_uid, payment_csv_line(import->csv),
	    &line, note);
	if (f != FAULT_NONE || line == 0)
		return f;
	(void)snprintf(what, sizeof(what),
	    "imp_uid: %s is in line %" PRIu64 " already", row->imp_uid, line);
	return refuse_line(import, FAULT_INPUT, what, note);
}

/* The payment in our book, if any, has to be the same one. */
static enum fault
check_known(struct import *import, const struct store *store,
    const struct payment *row, struct payment *ret_known, bool *ret_is_known,
    struct fault_note *note)
{
	enum fault f;

	f = store_payment(store, row->imp_uid, ret_known, note);
	*ret_is_known = f == FAULT_NONE;
	if (f == FAULT_ABSENT)
		return FAULT_NONE;
	if (f != FAULT_NONE)
		return f;
	if (strcmp(row->merchant_uid, ret_known->merchant_uid) != 0)
		return refuse_line(import, FAULT_INPUT,
		    "merchant_uid: another one is known for this imp_uid",
		    note);
	if (row->amount != ret_known->amount)
		return refuse_line(import, FAULT_INPUT,
		    "amount: another one is known for this imp_uid", note);
	if (row->currency != ret_known->currency)
		return refuse_line(import, FAULT_INPUT,
		    "currency: another one is known for this imp_uid", note);
	return FAULT_NONE;
}

/* What we know already, and what the row adds to it. */
static struct payment
merge(const struct payment *known, const struct payment *row)
{
	struct payment merged = *known;

	if (row->cancel_amount > known->cancel_amount) {
		merged.cancel_amount = row->cancel_amount;
		merged.status = row->status;
	} else if (known->status == PAYMENT_READY) {
		merged.status = row->status;
	}
	if (known->pay_method[0] == '\0')
		memcpy(merged.pay_method, row->pay_method,
		    sizeof(merged.pay_method));
	if (known->pg_provider[0] == '\0')
		memcpy(merged.pg_provider, row->pg_provider,
		    sizeof(merged.pg_provider));
	if (known->paid_at == 0)
		merged.paid_at = row->paid_at;
	return merged;
}

static bool
is_same(const struct payment *a, const struct payment *b)
{
	return a->cancel_amount == b->cancel_amount && a->status == b->status &&
	    a->paid_at == b->paid_at &&
	    strcmp(a->pay_method, b->pay_method) == 0 &&
	    strcmp(a->pg_provider, b->pg_provider) == 0;
}

static enum fault
write_row(
    struct import *import, const struct payment *row, struct fault_note *note)
{
	struct payment known, payment = *row;
	struct fault_note inner = { "" };
	bool is_known;
	enum fault f;

	f = check_known(import, &import->writer, row, &known, &is_known, note);
	if (f != FAULT_NONE)
		return f;
	if (is_known) {
		payment = merge(&known, row);
		if (is_same(&payment, &known)) {
			import->n_same++;
			return FAULT_NONE;
		}
	}
	f = store_payment_put(
	    &import->writer, &payment, clock_now_ms(import->clock), &inner);
	if (f != FAULT_NONE)
		return refuse_line(import, f, inner.text, note);
	if (is_known)
		import->n_changed++;
	else
		import->n_new++;
	return FAULT_NONE;
}

/* ---- the file, twice --------------------------------------------------- */

/* The next row; *ret_is_end at the end of the file. */
static enum fault
next_row(struct import *import, struct payment *ret_row, bool *ret_is_end,
    struct fault_note *note)
{
	struct fault_note inner = { "" };
	enum fault f = payment_csv_next(import->csv, ret_row, &inner);

	*ret_is_end = f == FAULT_ABSENT;
	if (f == FAULT_NONE || f == FAULT_ABSENT)
		return FAULT_NONE;
	return fault_set(note, f, "%.100s: %.140s", import->path, inner.text);
}

static enum fault
check_row(
    struct import *import, const struct payment *row, struct fault_note *note)
{
	struct payment known;
	bool is_known;
	enum fault f;

	f = check_once(import, row, note);
	if (f != FAULT_NONE)
		return f;
	return check_known(
	    import, &import->reader, row, &known, &is_known, note);
}

/* As many rows as a transaction takes, if the file has as many left. */
static enum fault
take_rows(struct import *import, const char *what,
    enum fault (*take)(struct import *import, const struct payment *row,
	struct fault_note *note),
    bool *ret_is_end, struct fault_note *note)
{
	struct payment row;
	enum fault f = FAULT_NONE;
	int i;

	for (i = 0; i < BATCH && f == FAULT_NONE; i++) {
		f = next_row(import, &row, ret_is_end, note);
		if (f != FAULT_NONE || *ret_is_end)
			break;
		show_progress(import, what);
		f = take(import, &row, note);
	}
	return f;
}

static enum fault
check_batch(struct import *import, bool *ret_is_end, struct fault_note *note)
{
	enum fault f = store_begin(&import->reader, CLI_WAIT_MS, note);

	if (f == FAULT_NONE)
		f = take_rows(import, "checking", check_row, ret_is_end, note);
	store_rollback(&import->reader);
	return f;
}

static enum fault
write_batch(struct import *import, bool *ret_is_end, struct fault_note *note)
{
	enum fault f = store_begin(&import->writer, CLI_WAIT_MS, note);

	if (f == FAULT_NONE)
		f = take_rows(import, "writing", write_row, ret_is_end, note);
	if (f == FAULT_NONE)
		f = store_commit(&import->writer, note);
	if (f != FAULT_NONE)
		store_rollback(&import->writer);
	return f;
}

static enum fault
open_csv(struct import *import, struct fault_note *note)
{
	struct fault_note inner = { "" };
	enum fault f;

	payment_csv_close(import->csv);
	import->csv = NULL;
	f = payment_csv_open(import->path, &import->csv, &inner);
	if (f == FAULT_IO)
		return fault_set(note, FAULT_CONFIG, "%s", inner.text);
	if (f == FAULT_INPUT)
		return fault_set(
		    note, f, "%.100s: %.140s", import->path, inner.text);
	return f;
}

static enum fault
import_file(struct import *import, struct fault_note *note)
{
	bool is_end = false;
	enum fault f;

	f = open_csv(import, note);
	if (f == FAULT_NONE)
		f = seen_open(&import->seen, note);
	while (f == FAULT_NONE && !is_end)
		f = check_batch(import, &is_end, note);
	if (f == FAULT_NONE)
		f = open_csv(import, note);
	is_end = false;
	while (f == FAULT_NONE && !is_end)
		f = write_batch(import, &is_end, note);
	return f;
}

static void
init_progress(struct import *import)
{
	struct stat st;

	progress_init(&import->progress, import->clock);
	if (stat(import->path, &st) == 0)
		import->size = st.st_size;
}

enum cli_exit
cli_import(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct import import = { .size = 0 };
	struct fault_note note = { "" };
	enum cli_exit status;
	enum fault f;

	if (getopt_long(argc, argv, "", none, NULL) != -1 || optind + 1 != argc)
		return cli_misused("import");
	status = cli_open(cli);
	if (status == CLI_OK)
		status = cli_reader(cli, &import.reader);
	if (status == CLI_OK)
		status = cli_writer(cli, &import.writer);
	if (status != CLI_OK)
		return status;
	import.path = argv[optind];
	import.clock = &setup_app(cli->setup)->clock;
	init_progress(&import);
	f = import_file(&import, &note);
	progress_clear(&import.progress);
	if (f != FAULT_NONE)
		status = cli_fault(f, &note);
	if (f == FAULT_NONE || import.n_new + import.n_changed > 0)
		(void)printf("%" PRIu64 " new, %" PRIu64 " changed, %" PRIu64
			     " as they were\n",
		    import.n_new, import.n_changed, import.n_same);
	payment_csv_close(import.csv);
	seen_close(import.seen);
	return status;
}
