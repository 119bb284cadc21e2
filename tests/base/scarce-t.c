/* SPDX-License-Identifier: MIT */
/*
 * The basics while memory, a library or the kernel refuse them something: a
 * fault with a note, nothing half-made, and all well the next time.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jwt.h>

#include "base/buf.h"
#include "base/csv.h"
#include "base/digest.h"
#include "base/payment_csv.h"
#include "base/rates.h"
#include "base/ticket.h"
#include "scarce/scarce.h"

#define NOW 1795700000

/* ---- what refuses ------------------------------------------------------ */

#define WRAP(type, name, wrong, params, args)                                  \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	type __wrap_##name params                                              \
	{                                                                      \
		return scarce_refuses(SCARCE_CALLS) ? wrong                    \
						    : __real_##name args;      \
	}

WRAP(int, jwt_new, -1, (jwt_t * *jwt), (jwt))
WRAP(int, jwt_add_grant, -1, (jwt_t * jwt, const char *name, const char *value),
    (jwt, name, value))
WRAP(int, jwt_add_grant_int, -1, (jwt_t * jwt, const char *name, long value),
    (jwt, name, value))
WRAP(int, jwt_add_grants_json, -1, (jwt_t * jwt, const char *json), (jwt, json))
WRAP(int, jwt_set_alg, -1,
    (jwt_t * jwt, jwt_alg_t alg, const unsigned char *key, int len),
    (jwt, alg, key, len))
WRAP(char *, jwt_encode_str, NULL, (jwt_t * jwt), (jwt))
WRAP(int, posix_fallocate, ENOSPC, (int fd, off_t at, off_t len), (fd, at, len))
WRAP(int, fstat, -1, (int fd, struct stat *st), (fd, st))
WRAP(void *, mmap, MAP_FAILED,
    (void *at, size_t len, int prot, int flags, int fd, off_t offset),
    (at, len, prot, flags, fd, offset))

/* ---- tickets ------------------------------------------------------------ */

static void
a_ticket_is_whole_or_there_is_none(void **state)
{
	static const struct ticket_secrets secrets = {
		{ "0123456789abcdef0123456789abcdef" }, 1
	};
	const struct ticket ticket = { .order = "order-1", .most = "5000" };
	char token[TICKET_TEXT_MAX + 1];
	struct fault_note note;
	const char *claim;
	struct ticket read;
	bool was_refused = true;
	enum fault f;
	long k;

	(void)state;
	for (k = 1; was_refused; k++) {
		token[0] = note.text[0] = '\0';
		scarce_begin(SCARCE_CALLS, k);
		f = ticket_mint(&secrets, &ticket, NOW, 600, token, &note);
		was_refused = scarce_end();
		assert_int_equal(was_refused, f != FAULT_NONE);
		assert_int_equal(was_refused, token[0] == '\0');
		assert_int_equal(was_refused, note.text[0] != '\0');
	}
	/* Six claims, and what holds them. */
	assert_true(k > 8);
	assert_int_equal(
	    ticket_read(&secrets, token, NOW, &read, &claim), TICKET_GOOD);
	assert_string_equal(read.order, "order-1");
}

/* ---- files -------------------------------------------------------------- */

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
a_table_that_there_is_no_memory_for_is_not_opened(void **state)
{
	char path[] = "/tmp/scarce-XXXXXX";
	struct payment_csv *payments = NULL;
	struct csv *csv = NULL;
	struct fault_note note;
	bool was_refused = true;
	enum fault f;
	long k;

	(void)state;
	assert_true(close(mkstemp(path)) == 0);
	write_file(path, "merchant_uid,imp_uid,amount\no,imp_1,5\n");
	for (k = 1; was_refused; k++) {
		scarce_begin(SCARCE_MEMORY, k);
		f = payment_csv_open(path, &payments, &note);
		was_refused = scarce_end();
		assert_int_equal(f, was_refused ? FAULT_NOMEM : FAULT_NONE);
	}
	assert_int_equal(k, 4); /* its own, and its CSV's */
	payment_csv_close(payments);
	scarce_begin(SCARCE_MEMORY, 1);
	assert_int_equal(csv_open(path, &csv, &note), FAULT_NOMEM);
	assert_true(scarce_end());
	/* Neither text nor a whole mark. */
	write_file(path,
	    "\xef\xbb"
	    "a,b\n");
	assert_int_equal(csv_open(path, &csv, &note), FAULT_INPUT);
	write_file(path,
	    "\xef"
	    "a,b\n");
	assert_int_equal(csv_open(path, &csv, &note), FAULT_INPUT);
	assert_null(csv);
	assert_int_equal(unlink(path), 0);
}

/* As a folder: it opens, and then nothing can be read. */
static void
a_file_that_can_not_be_read_is_no_empty_one(void **state)
{
	struct payment_csv *payments = NULL;
	struct csv *csv = NULL;
	struct fault_note note;

	(void)state;
	assert_int_equal(csv_open("/tmp", &csv, &note), FAULT_NONE);
	assert_int_equal(csv_next(csv, &note), FAULT_IO);
	csv_close(csv);
	assert_int_equal(payment_csv_open("/tmp", &payments, &note), FAULT_IO);
	assert_non_null(strstr(note.text, "/tmp"));
	assert_int_equal(
	    payment_csv_open("/nowhere/at/all", &payments, &note), FAULT_IO);
	assert_null(payments);
}

static void
rates_that_can_not_be_kept_are_not_opened(void **state)
{
	char folder[] = "/tmp/scarce-XXXXXX", database[64], file[80];
	struct rates_options options = { .database = database };
	char endless[5000];
	struct rates *rates = NULL;
	struct fault_note note;
	enum scarce_what what;
	bool was_refused;
	enum fault f;
	long k;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(database, sizeof(database), "%s/a.db", folder);
	(void)snprintf(file, sizeof(file), "%s.rates", database);
	for (what = SCARCE_MEMORY; what <= SCARCE_CALLS; what++) {
		for (was_refused = true, k = 1; was_refused; k++) {
			note.text[0] = '\0';
			scarce_begin(what, k);
			f = rates_open(&options, &rates, &note);
			was_refused = scarce_end();
			assert_int_equal(was_refused, f != FAULT_NONE);
			if (f != FAULT_NONE) {
				assert_null(rates);
				assert_true(note.text[0] != '\0');
			}
			rates_close(rates);
			rates = NULL;
			(void)unlink(file);
		}
		/* fstat, posix_fallocate, mmap */
		assert_true(k >= (what == SCARCE_MEMORY ? 3 : 5));
	}
	memset(endless, 'a', sizeof(endless) - 1);
	endless[0] = '/';
	endless[sizeof(endless) - 1] = '\0';
	options.database = endless;
	assert_int_equal(rates_open(&options, &rates, &note), FAULT_CONFIG);
	assert_int_equal(rmdir(folder), 0);
}

/* ---- bytes -------------------------------------------------------------- */

static void
a_buffer_that_can_not_grow_keeps_what_it_has(void **state)
{
	struct fault_note note;
	struct buf buf;

	(void)state;
	buf_init(&buf, 10000);
	assert_int_equal(buf_add_text(&buf, "kept", &note), FAULT_NONE);
	scarce_begin(SCARCE_MEMORY, 1);
	assert_int_equal(buf_printf(&buf, &note, "%05000d", 7), FAULT_NOMEM);
	assert_true(scarce_end());
	assert_string_equal(buf_bytes(&buf), "kept");
	assert_int_equal(buf_printf(&buf, &note, "%s", ""), FAULT_NONE);
	assert_int_equal(buf_len(&buf), 4);
	buf_deinit(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_is_whole_or_there_is_none),
		cmocka_unit_test(
		    a_table_that_there_is_no_memory_for_is_not_opened),
		cmocka_unit_test(a_file_that_can_not_be_read_is_no_empty_one),
		cmocka_unit_test(rates_that_can_not_be_kept_are_not_opened),
		cmocka_unit_test(a_buffer_that_can_not_grow_keeps_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
