/* SPDX-License-Identifier: MIT */
/*
 * What moves whole books while SQLite's memory or a call of the kernel is
 * refused: a backup is whole or not there, a restore that failed can be done
 * again, and a book is never thawed or half another's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "scarce/scarce.h"
#include "store/file_lock.h"
#include "store/file_system.h"
#include "store/store_sqlite.h"
#include "store/store_sqlite_copy.h"
#include "store/store_sqlite_restore.h"

#define OK(call) assert_int_equal((call), FAULT_NONE)
#define K_MAX    100000
#define NOW_MS   INT64_C(1795700000000)

/* ---- what refuses ------------------------------------------------------ */

#define WRAP(type, name, params, args)                                         \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	type __wrap_##name params                                              \
	{                                                                      \
		return scarce_refuses(SCARCE_CALLS) ? (type)-1                 \
						    : __real_##name args;      \
	}

WRAP(int, access, (const char *path, int how), (path, how))
WRAP(int, chown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(pid_t, fork, (void), ())
WRAP(int, fsync, (int fd), (fd))
WRAP(int, link, (const char *from, const char *to), (from, to))
WRAP(int, mkostemp, (char *name, int flags), (name, flags))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, stat, (const char *path, struct stat *st), (path, st))
WRAP(int, statfs, (const char *path, struct statfs *st), (path, st))
WRAP(int, timer_create, (clockid_t clock, struct sigevent *event, timer_t *ret),
    (clock, event, ret))
WRAP(pid_t, waitpid, (pid_t pid, int *status, int how), (pid, status, how))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode = 0;

	if (scarce_refuses(SCARCE_CALLS))
		return -1;
	va_start(args, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(args, int);
	va_end(args);
	return __real_open(path, flags, mode);
}

/* Ours is about locks only. */
int
__wrap_fcntl(int fd, int command, ...)
{
	struct flock *flock;
	va_list args;

	va_start(args, command);
	flock = va_arg(args, struct flock *);
	va_end(args);
	return scarce_refuses(SCARCE_CALLS) ? -1
					    : __real_fcntl(fd, command, flock);
}

/* SQLite's memory, and for the rest its own ways. */
static sqlite3_mem_methods memory;

static void *
take(int size)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : memory.xMalloc(size);
}

static void *
move(void *old, int size)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL
					     : memory.xRealloc(old, size);
}

static int
ration_memory(void **state)
{
	sqlite3_mem_methods rationed;

	(void)state;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) != SQLITE_OK)
		return -1;
	rationed = memory;
	rationed.xMalloc = take;
	rationed.xRealloc = move;
	/* Whose memory it keeps for small things can't be refused. */
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &rationed) == SQLITE_OK &&
		sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK
	    ? 0
	    : -1;
}

/* SQLite asks for thousands of pieces: the first ones, and then some. */
static long
next(enum scarce_what what, long k)
{
	return what == SCARCE_CALLS ? k + 1 : k + 1 + k / 2;
}

/* ---- books -------------------------------------------------------------- */

static char folder[32];
static char path[64], backup[64], other[64];

static int
set_up(void **state)
{
	(void)state;
	/* In memory, where there is such a place: what syncs is not waited for.
	 */
	(void)snprintf(folder, sizeof(folder), "%s/scarce-t-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/a.db", folder);
	(void)snprintf(backup, sizeof(backup), "%s/backup", folder);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

/* All files whose name has that in it; *ret_n of them. */
static void
remove_files(const char *part, int *ret_n)
{
	DIR *dir = opendir(folder);
	char name[sizeof(folder) + 256 + 1];
	struct dirent *entry;

	assert_non_null(dir);
	*ret_n = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    strstr(entry->d_name, part) == NULL)
			continue;
		(void)snprintf(
		    name, sizeof(name), "%s/%s", folder, entry->d_name);
		assert_int_equal(unlink(name), 0);
		++*ret_n;
	}
	(void)closedir(dir);
}

static int
tear_down(void **state)
{
	int n;

	(void)state;
	(void)scarce_end();
	remove_files("", &n);
	return rmdir(folder);
}

static void
put_payment(const char *database, const char *imp_uid)
{
	struct payment payment = { .amount = 10000, .status = PAYMENT_PAID };
	struct store_sqlite *held;
	struct fault_note note;
	struct store store;

	(void)snprintf(payment.imp_uid, sizeof(payment.imp_uid), "%s", imp_uid);
	(void)snprintf(payment.merchant_uid, sizeof(payment.merchant_uid),
	    "o-%s", imp_uid);
	payment.currency = currency_find("KRW");
	OK(store_sqlite_open(database, STORE_SQLITE_WRITER, &held, &note));
	store = store_sqlite_port(held);
	OK(store_begin(&store, 1000, &note));
	OK(store_payment_put(&store, &payment, NOW_MS, &note));
	OK(store_commit(&store, &note));
	store_sqlite_close(held);
}

static void
make_book(const char *database, const char *imp_uid)
{
	struct fault_note note;
	bool has_changed;

	OK(store_sqlite_init(database, &has_changed, &note));
	put_payment(database, imp_uid);
}

/* By SQLite alone: a book on its way is in no mode of ours. */
static int64_t
number(sqlite3 *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t number;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	return number;
}

static bool
has_payment(const char *database, const char *imp_uid, bool *ret_is_frozen)
{
	char text[128];
	sqlite3 *db;
	bool has;

	assert_int_equal(
	    sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL),
	    SQLITE_OK);
	assert_int_equal(number(db,
			     "SELECT integrity_check = 'ok' "
			     "FROM pragma_integrity_check"),
	    1);
	(void)snprintf(text, sizeof(text),
	    "SELECT count(*) FROM payments WHERE imp_uid = '%s'", imp_uid);
	has = number(db, text) == 1;
	*ret_is_frozen = number(db, "SELECT count(*) FROM freezes") > 0;
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return has;
}

static bool
is_frozen_by_operator(const char *database)
{
	sqlite3 *db;
	bool is;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	is = number(db,
		 "SELECT count(*) FROM freezes WHERE cause = 'operator'") == 1;
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return is;
}

static bool
is_there(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0;
}

static void
write_file(const char *file, const char *text, int n)
{
	FILE *stream = fopen(file, "we");

	assert_non_null(stream);
	for (; n > 0; n--)
		assert_true(fputs(text, stream) >= 0);
	assert_int_equal(fclose(stream), 0);
}

/* ---- the tests ---------------------------------------------------------- */

static void
a_backup_is_whole_or_not_there(void **state)
{
	const struct store_sqlite_watch watch = { NULL, NULL };
	enum scarce_what what;
	struct fault_note note;
	bool was_refused, is_frozen;
	enum fault f;
	long k;
	int n;

	(void)state;
	make_book(path, "imp_1");
	for (what = SCARCE_MEMORY; what <= SCARCE_CALLS; what++) {
		was_refused = true;
		for (k = 1; was_refused; k = next(what, k)) {
			note.text[0] = '\0';
			scarce_begin(what, k);
			f = store_sqlite_backup(path, backup, &watch, &note);
			was_refused = scarce_end();
			assert_true(k < K_MAX);
			assert_true(was_refused || f == FAULT_NONE);
			assert_true(f == FAULT_NONE || note.text[0] != '\0');
			/* A name it may have got before its folder was synced.
			 */
			if (f == FAULT_NONE || is_there(backup))
				assert_true(
				    has_payment(backup, "imp_1", &is_frozen));
			remove_files("backup.", &n);
			assert_int_equal(n, 0);
			remove_files("backup", &n);
		}
	}
}

/*
 * SQLite tells of a page that it had no memory for as of a damaged one.  One
 * in eight pieces is enough to meet one of its pages.
 */
static void
a_book_that_there_is_no_memory_to_check_is_not_damaged(void **state)
{
	char imp_uid[32];
	struct fault_note note;
	bool was_refused = true;
	enum fault f;
	long k;
	int i;

	(void)state;
	make_book(path, "imp_1");
	for (i = 0; i < 60; i++) {
		(void)snprintf(imp_uid, sizeof(imp_uid), "imp_a_%d", i);
		put_payment(path, imp_uid);
	}
	for (k = 1; was_refused; k += 8) {
		scarce_begin(SCARCE_MEMORY, k);
		f = store_sqlite_check(path, &note);
		was_refused = scarce_end();
		assert_true(k < K_MAX);
		if (f != FAULT_NOMEM && f != FAULT_NONE)
			fail_msg("refusal %ld: %d (%s)", k, (int)f, note.text);
		assert_true(was_refused || f == FAULT_NONE);
	}
}

/* What the restore finds in the book's place. */
enum place {
	SOUND,
	EMPTY, /* a file of no bytes */
	NEW,   /* a book that knows nothing */
	MISSING,
	DAMAGED,
	PLACE__COUNT
};

static void
make_place(enum place place)
{
	bool has_changed;
	int n;

	remove_files("a.db", &n);
	if (place == SOUND)
		make_book(path, "imp_2");
	else if (place == NEW)
		OK(store_sqlite_init(path, &has_changed, NULL));
	else if (place == EMPTY)
		write_file(path, "", 0);
	else if (place == DAMAGED)
		write_file(path, "no database at all. ", 1000);
}

static int64_t
now_ms(void *self)
{
	(void)self;
	return NOW_MS;
}

static void
try_to_restore(enum place place, enum scarce_what what, long k,
    const struct store_sqlite_restore *restore, bool *ret_was_refused)
{
	struct store_sqlite_restored restored;
	struct fault_note note = { "" };
	bool is_frozen = false;
	enum fault f;
	int n;

	make_place(place);
	scarce_begin(what, k);
	f = store_sqlite_restore(restore, &restored, &note);
	*ret_was_refused = scarce_end();
	assert_true(*ret_was_refused || f == FAULT_NONE);
	assert_true(f == FAULT_NONE || note.text[0] != '\0');
	remove_files(".restore-", &n);
	if (n != 0)
		fail_msg("place %d, kind %d, %ld: %d left", (int)place,
		    (int)what, k, n);
	if (f == FAULT_NONE) {
		assert_true(has_payment(path, "imp_1", &is_frozen));
		assert_true(is_frozen);
		assert_int_equal(restored.aside[0] != '\0', place == DAMAGED);
		assert_true(place != DAMAGED || is_there(restored.aside));
		/* Whose operator's word is not known: nothing goes. */
		assert_int_equal(restored.is_mute, place != SOUND);
		assert_int_equal(is_frozen_by_operator(path), place != SOUND);
		return;
	}
	/* One book or the other; never the backup's without its freeze. */
	if (place == SOUND) {
		if (has_payment(path, "imp_1", &is_frozen))
			assert_true(is_frozen);
		else
			assert_true(has_payment(path, "imp_2", &is_frozen));
	}
	OK(store_sqlite_restore(restore, &restored, &note));
	assert_true(has_payment(path, "imp_1", &is_frozen));
	assert_true(is_frozen);
}

static void
a_restore_that_failed_can_be_done_again(void **state)
{
	const struct clock clock = { now_ms, now_ms, "test", NULL };
	const struct store_sqlite_restore restore = { .path = path,
		.file = backup,
		.clock = &clock,
		.freeze_ms = 60000,
		.is_forced = true };
	const struct store_sqlite_watch watch = { NULL, NULL };
	enum scarce_what what;
	struct fault_note note;
	bool was_refused;
	int place;
	long k;

	(void)state;
	make_book(other, "imp_1");
	OK(store_sqlite_backup(other, backup, &watch, &note));
	for (place = 0; place < PLACE__COUNT; place++) {
		for (what = SCARCE_MEMORY; what <= SCARCE_CALLS; what++) {
			was_refused = true;
			/* What a new one lacks is asked by one statement. */
			for (k = 1; was_refused; k = place == NEW && k > 384
				 ? k + 256
				 : next(what, k)) {
				try_to_restore((enum place)place, what, k,
				    &restore, &was_refused);
				assert_true(k < K_MAX);
			}
		}
	}
}

/* A book that may be damaged is never taken for empty, or moved away. */
static void
what_is_not_ours_is_not_restored_over(void **state)
{
	const struct clock clock = { now_ms, now_ms, "test", NULL };
	struct store_sqlite_restore restore = { .path = path,
		.file = backup,
		.clock = &clock,
		.freeze_ms = 60000,
		.is_forced = true };
	const struct store_sqlite_watch watch = { NULL, NULL };
	struct store_sqlite_restored restored;
	char endless[5000];
	struct fault_note note;
	sqlite3 *db;

	(void)state;
	make_book(other, "imp_1");
	OK(store_sqlite_backup(other, backup, &watch, &note));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "CREATE TABLE theirs (a)", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(
	    store_sqlite_restore(&restore, &restored, &note), FAULT_CONFIG);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "INSERT INTO theirs VALUES (1)", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	memset(endless, 'a', sizeof(endless) - 1);
	endless[0] = '/';
	endless[sizeof(endless) - 1] = '\0';
	restore.path = endless;
	assert_int_equal(
	    store_sqlite_restore(&restore, &restored, &note), FAULT_IO);
	assert_int_equal(
	    store_sqlite_backup(other, endless, &watch, &note), FAULT_INPUT);
}

static void
locks_that_can_not_be_tried_are_no_good_ones(void **state)
{
	struct file_system system;
	struct fault_note note;
	char endless[5000];
	bool was_refused;
	enum fault f = FAULT_IO;
	long k;

	(void)state;
	for (k = 1; f != FAULT_NONE; k++) {
		note.text[0] = '\0';
		/* The child counts on from where it began. */
		scarce_begin(SCARCE_CALLS, k);
		f = file_system_try_locks(folder, &note);
		was_refused = scarce_end();
		assert_true(f != FAULT_NONE || !was_refused);
		assert_int_equal(f != FAULT_NONE, note.text[0] != '\0');
		while (waitpid(-1, NULL, 0) > 0)
			continue;
	}
	/* mkostemp, fcntl, fork, then waitpid or open, fcntl, fcntl; twice */
	assert_true(k > 8);
	scarce_begin(SCARCE_CALLS, 1);
	assert_int_equal(file_system_find(folder, &system, &note), FAULT_IO);
	assert_true(scarce_end());
	memset(endless, 'a', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(file_system_try_locks(endless, &note), FAULT_IO);
}

/* With another at the lock, so that it has to be waited for. */
static void
a_lock_that_can_not_be_waited_for_is_not_held(void **state)
{
	struct fault_note note;
	char endless[5000];
	int first = -1, second = -1;
	bool was_refused = true;
	enum fault f;
	long k;

	(void)state;
	write_file(path, "", 0);
	for (k = 1; was_refused; k++) {
		scarce_begin(SCARCE_CALLS, k);
		f = file_lock_open(path, &first, &note);
		was_refused = scarce_end();
		assert_int_equal(f, was_refused ? FAULT_IO : FAULT_NONE);
	}
	assert_true(k > 3);
	OK(file_lock_open(path, &second, &note));
	OK(file_lock_take(first, 0, &note));
	/* Whether it is free is asked first; then fcntl and timer_create. */
	assert_int_equal(file_lock_take(second, 0, &note), FAULT_BUSY);
	assert_int_equal(file_lock_take(second, 1, &note), FAULT_BUSY);
	for (k = 3; k < 5; k++) {
		scarce_begin(SCARCE_CALLS, k);
		assert_int_equal(file_lock_take(second, 1, &note), FAULT_IO);
		assert_true(scarce_end());
	}
	file_lock_drop(first);
	OK(file_lock_take(second, 0, &note));
	(void)close(first);
	(void)close(second);
	memset(endless, 'a', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(file_lock_open(endless, &first, &note), FAULT_CONFIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_is_whole_or_not_there),
		TEST(a_book_that_there_is_no_memory_to_check_is_not_damaged),
		TEST(a_restore_that_failed_can_be_done_again),
		TEST(what_is_not_ours_is_not_restored_over),
		TEST(locks_that_can_not_be_tried_are_no_good_ones),
		TEST(a_lock_that_can_not_be_waited_for_is_not_held),
	};

	return cmocka_run_group_tests(tests, ration_memory, NULL);
}
