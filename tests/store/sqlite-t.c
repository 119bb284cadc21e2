/* SPDX-License-Identifier: MIT */
/*
 * The store in SQLite keeps the promises, and those that only a file can break:
 * which files it takes, what the schema itself refuses, several connections and
 * processes at once, and being killed.
 */
#include "contract.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/file_lock.h"
#include "store/store_sqlite.h"
#include "store/store_sqlite_sql.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define OK(call) assert_int_equal((call), FAULT_NONE)
#define WAIT_MS  5000
/* In a child, where cmocka's assertions would go on with the other tests. */
#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			_exit(1);                                              \
	} while (0)

#define PROCESSES 8
#define COMMITS   200
/*
 * Commits of others while one waits: each is before it once, and some more
 * because a busy machine may leave it aside before it has even queued up.
 * Without turns it is nearly all of them.
 */
#define OVERTAKEN_MAX (PROCESSES * COMMITS / 4)

static const char id1[] = "0123456789";
static const char id2[] = "ABCDEFGHJK";

/* A folder with the database in it, and one connection. */
struct place {
	char folder[64];
	char path[96];
	char lock_path[104];
	struct store_sqlite *store;
};

static const char *
path_of(void **state)
{
	return ((struct place *)((struct contract_maker *)*state)->own)->path;
}

static const char *
lock_path_of(void **state)
{
	struct contract_maker *maker = *state;

	return ((struct place *)maker->own)->lock_path;
}

static const struct store *
store_of(void **state)
{
	return &((struct contract_maker *)*state)->store;
}

/* Only the folder. */
static void
make_place(struct contract_maker *maker)
{
	struct place *place = maker->own;

	strcpy(place->folder, "sqlite-t-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(
	    place->path, sizeof(place->path), "%s/book.db", place->folder);
	(void)snprintf(
	    place->lock_path, sizeof(place->lock_path), "%s.lock", place->path);
	place->store = NULL;
}

static void
make(struct contract_maker *maker)
{
	struct place *place = maker->own;
	struct fault_note note = { "" };
	bool has_changed = false;

	make_place(maker);
	if (store_sqlite_init(place->path, &has_changed, &note) != FAULT_NONE)
		fail_msg("%s", note.text);
	assert_true(has_changed);
	OK(store_sqlite_open(
	    place->path, STORE_SQLITE_WRITER, &place->store, &note));
	maker->store = store_sqlite_port(place->store);
}

static void
unmake(struct contract_maker *maker)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal",
		".lock" };
	struct place *place = maker->own;
	char path[128];
	size_t i;

	store_sqlite_close(place->store);
	for (i = 0; i < N(endings); i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s", place->path, endings[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(place->folder), 0);
}

static int
setup_place(void **state)
{
	make_place(*state);
	return 0;
}

static struct store_sqlite *
open_more(const char *path, enum store_sqlite_mode mode)
{
	struct store_sqlite *store = NULL;
	struct fault_note note = { "" };
	enum fault f = store_sqlite_open(path, mode, &store, &note);

	if (f != FAULT_NONE)
		print_error("%s\n", note.text);
	assert_int_equal(f, FAULT_NONE);
	return store;
}

static int64_t
steady_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void
refuse_to_open(const char *path, const char *hint)
{
	struct store_sqlite *store = NULL;
	struct fault_note note = { "" };

	assert_int_equal(
	    store_sqlite_open(path, STORE_SQLITE_WRITER, &store, &note),
	    FAULT_CONFIG);
	assert_non_null(strstr(note.text, path));
	if (strstr(note.text, hint) == NULL)
		print_error("%s\n", note.text);
	assert_non_null(strstr(note.text, hint));
	assert_int_equal(
	    store_sqlite_open(path, STORE_SQLITE_READER, &store, &note),
	    FAULT_CONFIG);
	assert_null(store);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Past the store, as the sqlite3 shell would; the error, or SQLITE_OK. */
static int
shell(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_open_v2(
	    path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	assert_int_equal(rc, SQLITE_OK);
	(void)sqlite3_busy_timeout(db, WAIT_MS);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	(void)sqlite3_close(db);
	return rc;
}

static void
missing_file_is_not_made(void **state)
{
	refuse_to_open(path_of(state), "cancelpay init");
	assert_int_equal(access(path_of(state), F_OK), -1);
	assert_int_equal(access(lock_path_of(state), F_OK), -1);
}

static void
empty_file_is_refused_until_init(void **state)
{
	struct store_sqlite *store;
	bool has_changed = false;

	write_file(path_of(state), "");
	refuse_to_open(path_of(state), "cancelpay init");
	OK(store_sqlite_init(path_of(state), &has_changed, NULL));
	assert_true(has_changed);
	store = open_more(path_of(state), STORE_SQLITE_WRITER);
	store_sqlite_close(store);
}

static void
refuse_to_init(const char *path)
{
	struct fault_note note = { "" };
	struct stat before, after;
	bool has_changed = false;

	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(
	    store_sqlite_init(path, &has_changed, &note), FAULT_CONFIG);
	assert_non_null(strstr(note.text, path));
	assert_false(has_changed);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void
other_file_is_refused_and_left_alone(void **state)
{
	const char *path = path_of(state);

	write_file(path,
	    "This is the diary of a young lady and no database; "
	    "it is more than a hundred characters long, as diaries are.\n");
	refuse_to_open(path, "not a database");
	refuse_to_init(path);
	assert_int_equal(access(lock_path_of(state), F_OK), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(shell(path, "CREATE TABLE diary (t)"), SQLITE_OK);
	refuse_to_open(path, "another program");
	refuse_to_init(path);
	assert_int_equal(
	    shell(path, "DROP TABLE diary; PRAGMA application_id = 7"),
	    SQLITE_OK);
	refuse_to_open(path, "another program");
	refuse_to_init(path);
}

static void
other_version_is_refused(void **state)
{
	struct contract_maker *maker = *state;
	struct place *place = maker->own;

	store_sqlite_close(place->store);
	place->store = NULL;
	assert_int_equal(
	    shell(place->path, "PRAGMA user_version = 99"), SQLITE_OK);
	refuse_to_open(place->path, "newer");
	refuse_to_init(place->path);
	assert_int_equal(
	    shell(place->path, "PRAGMA user_version = 0"), SQLITE_OK);
	refuse_to_open(place->path, "cancelpay init");
}

static void
second_init_changes_nothing(void **state)
{
	bool has_changed = true;

	contract_put_payment(store_of(state), "imp_1");
	OK(store_sqlite_init(path_of(state), &has_changed, NULL));
	assert_false(has_changed);
	contract_put_payment(store_of(state), "imp_2");
}

static void
only_the_owner_may_read_a_new_database(void **state)
{
	static const char *const endings[] = { "", "-wal", "-shm", ".lock" };
	char path[128];
	struct stat st;
	size_t i;

	contract_put_payment(store_of(state), "imp_1");
	for (i = 0; i < N(endings); i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s", path_of(state), endings[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static void
schema_refuses_what_the_code_never_does(void **state)
{
	static const char *const wrong[] = {
		"DELETE FROM refunds WHERE state = 'failed'",
		"DELETE FROM payments",
		"DELETE FROM cancellations",
		"UPDATE payments SET amount = amount + 1",
		"UPDATE payments SET currency = 'USD'",
		"UPDATE payments SET merchant_uid = 'x'",
		"UPDATE payments SET imp_uid = 'x'",
		"UPDATE payments SET cancel_amount = 399",
		"UPDATE payments SET cancel_amount = amount + 1",
		"UPDATE payments SET amount = 1.5",
		"UPDATE payments SET status = 'gone'",
		"UPDATE refunds SET state = 'unknown'",
		"UPDATE refunds SET state = 'failed', failure = 'declined', "
		"cancellation_id = NULL, applied_amount = NULL",
		"UPDATE refunds SET applied_amount = 4",
		"UPDATE refunds SET cancellation_id = 'c-2'",
		"UPDATE refunds SET receipt_url = 'https://receipt.invalid/2'",
		"UPDATE refunds SET receipt_url = NULL",
		"UPDATE refunds SET closed_ms = 4",
		"UPDATE refunds SET amount = 4",
		"UPDATE refunds SET checksum = 8999",
		"UPDATE refunds SET marker = 'XXXXXXXXXX'",
		"UPDATE refunds SET id = 'XXXXXXXXXX', marker = 'XXXXXXXXXX'",
		"UPDATE refunds SET known_cancellations = '[1]'",
		"UPDATE refunds SET fingerprint = zeroblob(31)",
		"UPDATE refunds SET requester = 'nobody'",
		"UPDATE cancellations SET amount = 4",
		"UPDATE cancellations SET refund_id = NULL",
	};
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record failed = contract_refund(id2, "imp_1", 5, 9000);
	struct truth_entry entry = { .id = "c-1", .amount = 5 };
	struct payment payment = contract_payment("imp_1", 10000);
	size_t i;

	contract_put_payment(store, "imp_1");
	record = contract_succeeded(&record, "c-1");
	contract_put_refund(store, &record);
	failed = contract_failed(&failed, INTENT_DECLINED);
	contract_put_refund(store, &failed);
	payment.cancel_amount = 400;
	OK(store_begin(store, WAIT_MS, NULL));
	OK(store_payment_put(store, &payment, 2, NULL));
	OK(store_cancellation_put(store, "imp_1", &entry, id1, 1, NULL));
	OK(store_commit(store, NULL));
	for (i = 0; i < N(wrong); i++) {
		int rc = shell(path_of(state), wrong[i]);

		if (rc == SQLITE_OK)
			print_error("allowed: %s\n", wrong[i]);
		assert_int_equal(rc, SQLITE_CONSTRAINT);
	}
}

/* A full reading of a table, in EXPLAIN QUERY PLAN's words. */
static int
see_plan(void *arg, int n, char **values, char **names)
{
	bool *is_slow = arg;

	(void)names;
	if (strncmp(values[n - 1], "SCAN ", 5) == 0 &&
	    strstr(values[n - 1], "USING INDEX") == NULL &&
	    strstr(values[n - 1], "VIRTUAL TABLE") == NULL &&
	    strstr(values[n - 1], "CONSTANT ROW") == NULL)
		*is_slow = true;
	return 0;
}

static void
every_lookup_uses_an_index(void **state)
{
	char text[4096];
	sqlite3 *db = NULL;
	bool is_slow;
	int i;

	assert_int_equal(sqlite3_open(path_of(state), &db), SQLITE_OK);
	for (i = SQL_PAYMENT; i < SQL__COUNT; i++) {
		is_slow = false;
		(void)snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s",
		    store_sqlite_sql[i]);
		assert_int_equal(
		    sqlite3_exec(db, text, see_plan, &is_slow, NULL),
		    SQLITE_OK);
		if (is_slow)
			print_error("%s\n", store_sqlite_sql[i]);
		assert_false(is_slow);
	}
	(void)sqlite3_close(db);
}

/* Where it says NEW.x IS NOT OLD.x it has to wake for x. */
static void
check_trigger(const char *sql)
{
	const char *of = strstr(sql, "UPDATE OF "),
		   *when = strstr(sql, "WHEN ");
	const char *is = when, *name;
	char column[64], columns[1024];
	size_t i;

	if (of == NULL)
		return;
	assert_true(when > of && (size_t)(when - of) < sizeof(columns));
	memcpy(columns, of, (size_t)(when - of));
	columns[when - of] = '\0';
	while ((is = strstr(is, " IS NOT OLD.")) != NULL) {
		is += strlen(" IS NOT OLD.");
		column[0] = ' ';
		i = 1 + strspn(is, "abcdefghijklmnopqrstuvwxyz_");
		assert_true(i < sizeof(column));
		memcpy(column + 1, is, i - 1);
		column[i] = '\0';
		name = strstr(columns, column);
		if (name == NULL || (name[i] != ',' && name[i] != ' '))
			fail_msg("%s:%s is not named", sql, column);
	}
}

static void
triggers_name_the_columns_they_guard(void **state)
{
	sqlite3_stmt *statement;
	sqlite3 *db = NULL;
	int n = 0;

	assert_int_equal(sqlite3_open(path_of(state), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT sql FROM sqlite_schema "
			     "WHERE type = 'trigger'",
			     -1, &statement, NULL),
	    SQLITE_OK);
	for (; sqlite3_step(statement) == SQLITE_ROW; n++)
		check_trigger((const char *)sqlite3_column_text(statement, 0));
	assert_true(n > 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
}

static int
count_pages(void **state)
{
	sqlite3_stmt *statement;
	sqlite3 *db = NULL;
	int n;

	assert_int_equal(sqlite3_open(path_of(state), &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &statement, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	n = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
	return n;
}

/* In the order in which an import brings them: each page is full. */
static void
put_payments(void **state, const struct payment *like, int64_t now_ms)
{
	const struct store *store = store_of(state);
	struct payment put = *like;
	struct fault_note note;
	int i;

	OK(store_begin(store, WAIT_MS, &note));
	for (i = 0; i < 1000; i++) {
		(void)snprintf(
		    put.imp_uid, sizeof(put.imp_uid), "imp_%012d", i);
		(void)snprintf(
		    put.merchant_uid, sizeof(put.merchant_uid), "ORD-%d", i);
		OK(store_payment_put(store, &put, now_ms, &note));
	}
	OK(store_commit(store, &note));
}

static void
first_refund_of_a_payment_splits_no_page(void **state)
{
	struct payment payment = contract_payment("", 10000);
	int n;

	payment.paid_at = 0;
	payment.pg_provider[0] = '\0';
	put_payments(state, &payment, 1793500000000);
	n = count_pages(state);
	payment.paid_at = 1793500000;
	strcpy(payment.pg_provider, "html5_inicis");
	payment.cancel_amount = 10000;
	payment.status = PAYMENT_CANCELLED;
	put_payments(state, &payment, 1793500001000);
	assert_int_equal(count_pages(state), n);
}

static void
reader_sees_what_is_committed_and_never_writes(void **state)
{
	const struct store *writer = store_of(state);
	struct store_sqlite *second =
	    open_more(path_of(state), STORE_SQLITE_READER);
	struct store reader = store_sqlite_port(second);
	struct payment payment = contract_payment("imp_1", 10000);

	OK(store_begin(writer, WAIT_MS, NULL));
	OK(store_payment_put(writer, &payment, 1, NULL));
	OK(store_begin(&reader, 0, NULL));
	assert_int_equal(
	    store_payment(&reader, "imp_1", &payment, NULL), FAULT_ABSENT);
	OK(store_commit(writer, NULL));
	assert_int_equal(
	    store_payment(&reader, "imp_1", &payment, NULL), FAULT_ABSENT);
	OK(store_commit(&reader, NULL));
	OK(store_payment(&reader, "imp_1", &payment, NULL));
	OK(store_begin(&reader, 0, NULL));
	assert_int_equal(
	    store_payment_put(&reader, &payment, 2, NULL), FAULT_IO);
	store_rollback(&reader);
	store_sqlite_close(second);
}

/*
 * valgrind (3.19) does not know that F_OFD_SETLKW waits and holds the signal
 * back that should end it.
 */
static void
skip_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload != NULL && strstr(preload, "vgpreload") != NULL)
		skip();
}

/* begin fails with FAULT_BUSY, not before timeout_ms and not long after. */
static void
expect_busy(const struct store *store, int64_t timeout_ms)
{
	struct fault_note note = { "" };
	int64_t took_ms = steady_ms();

	assert_int_equal(store_begin(store, timeout_ms, &note), FAULT_BUSY);
	took_ms = steady_ms() - took_ms;
	assert_true(note.text[0] != '\0');
	assert_in_range(
	    took_ms, timeout_ms > 5 ? timeout_ms - 5 : 0, timeout_ms + 1000);
}

static void
second_writer_waits_and_is_told_busy_in_time(void **state)
{
	const struct store *one = store_of(state);
	struct store_sqlite *second;
	struct store two;

	skip_under_valgrind();
	second = open_more(path_of(state), STORE_SQLITE_WRITER);
	two = store_sqlite_port(second);
	OK(store_begin(one, WAIT_MS, NULL));
	expect_busy(&two, 0);
	expect_busy(&two, 150);
	OK(store_commit(one, NULL));
	OK(store_begin(&two, 0, NULL));
	expect_busy(one, 20);
	store_rollback(&two);
	OK(store_begin(one, 0, NULL));
	OK(store_commit(one, NULL));
	store_sqlite_close(second);
}

/* What the child does before it stands still. */
enum hold {
	HOLD_LOCK_FILE,
	HOLD_TURN,
	HOLD_DATABASE,
	HOLD_BEGUN
};

static void
hold(const char *path, const char *lock_path, enum hold what)
{
	struct flock flock = { .l_type = F_WRLCK, .l_len = 1 };
	struct payment payment = contract_payment("imp_killed", 10000);
	struct store_sqlite *store;
	struct store port;
	sqlite3 *db;

	switch (what) {
	case HOLD_TURN:
		flock.l_start = 1;
		/* fall through */
	case HOLD_LOCK_FILE:
		MUST(fcntl(open(lock_path, O_RDWR), F_OFD_SETLK, &flock) == 0);
		break;
	case HOLD_DATABASE:
		MUST(sqlite3_open(path, &db) == SQLITE_OK);
		MUST(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
		    SQLITE_OK);
		break;
	case HOLD_BEGUN:
		MUST(store_sqlite_open(path, STORE_SQLITE_WRITER, &store,
			 NULL) == FAULT_NONE);
		port = store_sqlite_port(store);
		MUST(store_begin(&port, WAIT_MS, NULL) == FAULT_NONE);
		MUST(store_payment_put(&port, &payment, 1, NULL) == FAULT_NONE);
		break;
	}
}

/* A process that holds it from now until it is killed. */
static pid_t
start_holder(void **state, enum hold what)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Not left behind when the test fails. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		hold(path_of(state), lock_path_of(state), what);
		(void)!write(ends[1], "x", 1);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return pid;
}

static void
kill_holder(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void
another_process_makes_begin_busy_in_time(void **state)
{
	static const enum hold holds[] = { HOLD_LOCK_FILE, HOLD_TURN,
		HOLD_DATABASE, HOLD_BEGUN };
	const struct store *store = store_of(state);
	pid_t pid;
	size_t i;

	skip_under_valgrind();
	for (i = 0; i < N(holds); i++) {
		pid = start_holder(state, holds[i]);
		expect_busy(store, 0);
		expect_busy(store, 150);
		kill_holder(pid);
		OK(store_begin(store, WAIT_MS, NULL));
		OK(store_commit(store, NULL));
	}
}

static void
killed_writer_leaves_nothing_and_frees_the_lock(void **state)
{
	const struct store *store = store_of(state);
	pid_t pid = start_holder(state, HOLD_BEGUN);
	struct payment payment;

	kill_holder(pid);
	OK(store_begin(store, 0, NULL));
	assert_int_equal(
	    store_payment(store, "imp_killed", &payment, NULL), FAULT_ABSENT);
	OK(store_commit(store, NULL));
}

/* In a process of its own, which dies with all its files open. */
static void
commit_and_die(const char *path)
{
	struct payment payment = contract_payment("imp_1", 10000);
	struct store_sqlite *store = NULL;
	struct store port;

	MUST(store_sqlite_open(path, STORE_SQLITE_WRITER, &store, NULL) ==
	    FAULT_NONE);
	port = store_sqlite_port(store);
	MUST(store_begin(&port, WAIT_MS, NULL) == FAULT_NONE);
	MUST(store_payment_put(&port, &payment, 1, NULL) == FAULT_NONE);
	MUST(store_commit(&port, NULL) == FAULT_NONE);
	(void)raise(SIGKILL);
}

static void
reader_comes_first_after_a_crash(void **state)
{
	struct contract_maker *maker = *state;
	struct place *place = maker->own;
	struct payment payment;
	int status;
	pid_t pid;

	store_sqlite_close(place->store);
	place->store = NULL;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		commit_and_die(place->path);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	place->store = open_more(place->path, STORE_SQLITE_READER);
	maker->store = store_sqlite_port(place->store);
	OK(store_payment(&maker->store, "imp_1", &payment, NULL));
}

static void
one_of_many_inits_makes_the_database(void **state)
{
	pid_t pids[PROCESSES];
	bool has_changed;
	int i, status, n_made = 0;

	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			MUST(store_sqlite_init(path_of(state), &has_changed,
				 NULL) == FAULT_NONE);
			_exit(has_changed ? 2 : 0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) != 1);
		n_made += WEXITSTATUS(status) == 2;
	}
	assert_int_equal(n_made, 1);
	store_sqlite_close(open_more(path_of(state), STORE_SQLITE_READER));
}

struct waiter {
	const struct store *store;
	enum fault fault;
	bool is_mask_kept;
};

static void *
wait_with_all_signals_blocked(void *arg)
{
	struct waiter *waiter = arg;
	sigset_t all, after;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	waiter->fault = store_begin(waiter->store, 100, NULL);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &after);
	waiter->is_mask_kept = sigismember(&after, FILE_LOCK_SIGNAL) == 1;
	(void)sigpending(&after);
	if (sigismember(&after, FILE_LOCK_SIGNAL) == 1)
		waiter->is_mask_kept = false;
	return NULL;
}

static void
wait_ends_in_a_thread_that_blocks_signals(void **state)
{
	struct store_sqlite *second;
	struct store two;
	struct waiter waiter = { .store = &two };
	pthread_t thread;

	skip_under_valgrind();
	second = open_more(path_of(state), STORE_SQLITE_WRITER);
	two = store_sqlite_port(second);
	OK(store_begin(store_of(state), WAIT_MS, NULL));
	assert_int_equal(pthread_create(&thread, NULL,
			     wait_with_all_signals_blocked, &waiter),
	    0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(waiter.fault, FAULT_BUSY);
	assert_true(waiter.is_mask_kept);
	store_rollback(store_of(state));
	store_sqlite_close(second);
}

/* Shared by the committing processes. */
struct race {
	atomic_int n_commits;
	atomic_int n_started;
};

/* In a process of its own; its exit status is the fault, if any. */
static void
commit_many(const char *path, int who, struct race *race)
{
	struct payment payment = contract_payment("", 10000);
	struct store_sqlite *store = NULL;
	struct store port;
	int i, before, most = 0;

	MUST(store_sqlite_open(path, STORE_SQLITE_WRITER, &store, NULL) ==
	    FAULT_NONE);
	port = store_sqlite_port(store);
	atomic_fetch_add(&race->n_started, 1);
	while (atomic_load(&race->n_started) < PROCESSES)
		(void)usleep(1000);
	for (i = 0; i < COMMITS; i++) {
		(void)snprintf(payment.imp_uid, sizeof(payment.imp_uid),
		    "imp_%d_%d", who, i);
		before = atomic_load(&race->n_commits);
		MUST(store_begin(&port, 60000, NULL) == FAULT_NONE);
		before = atomic_load(&race->n_commits) - before;
		most = before > most ? before : most;
		MUST(store_payment_put(&port, &payment, 1, NULL) == FAULT_NONE);
		atomic_fetch_add(&race->n_commits, 1);
		MUST(store_commit(&port, NULL) == FAULT_NONE);
	}
	store_sqlite_close(store);
	_exit(most <= OVERTAKEN_MAX ? 0 : 2);
}

static int
count_payments(const char *path)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int n;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM payments",
			     -1, &statement, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	n = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
	return n;
}

static void
processes_take_turns(void **state)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[PROCESSES];
	int i, status;

	assert_true(race != MAP_FAILED);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			commit_many(path_of(state), i, race);
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(count_payments(path_of(state)), PROCESSES * COMMITS);
	(void)munmap(race, sizeof(*race));
}

/* As much as no WAL of this test may grow to. */
static enum fault
put_too_much(const struct store *store, int *ret_n)
{
	struct payment payment = contract_payment("", 10000);
	enum fault f = FAULT_NONE;

	for (*ret_n = 0; f == FAULT_NONE && *ret_n < 100000; (*ret_n)++) {
		(void)snprintf(payment.imp_uid, sizeof(payment.imp_uid),
		    "imp_full_%d", *ret_n);
		f = store_payment_put(store, &payment, 1, NULL);
	}
	return f != FAULT_NONE ? f : store_commit(store, NULL);
}

/* In a process of its own, for the limit stays. */
static void
fill_the_disk(const char *path)
{
	const struct rlimit limit = { 256 * 1024, 256 * 1024 };
	struct payment payment = contract_payment("imp_after", 10000);
	struct store_sqlite *store = NULL;
	struct store port;
	int n;

	(void)signal(SIGXFSZ, SIG_IGN);
	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	MUST(store_sqlite_open(path, STORE_SQLITE_WRITER, &store, NULL) ==
	    FAULT_NONE);
	port = store_sqlite_port(store);
	MUST(store_begin(&port, WAIT_MS, NULL) == FAULT_NONE);
	MUST(put_too_much(&port, &n) == FAULT_IO);
	store_rollback(&port);
	MUST(store_begin(&port, 0, NULL) == FAULT_NONE);
	MUST(store_payment_put(&port, &payment, 1, NULL) == FAULT_NONE);
	MUST(store_commit(&port, NULL) == FAULT_NONE);
	store_sqlite_close(store);
	_exit(0);
}

static void
full_disk_is_a_fault_and_keeps_nothing(void **state)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		fill_the_disk(path_of(state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(count_payments(path_of(state)), 1);
}

/* Whatever took its place: ours is not the book any more. */
static void
a_book_moved_away_is_neither_written_nor_read(void **state)
{
	const struct store *store = store_of(state);
	const char *path = path_of(state);
	struct store_sqlite *reader = NULL;
	struct fault_note note = { "" };
	struct store port;
	char aside[128];
	int fd;

	(void)snprintf(aside, sizeof(aside), "%s.aside", path);
	OK(store_sqlite_open(path, STORE_SQLITE_READER, &reader, &note));
	port = store_sqlite_port(reader);
	OK(store_begin(&port, 0, &note));
	store_rollback(&port);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(store_begin(store, 0, &note), FAULT_STORE);
	assert_int_equal(store_begin(&port, 0, &note), FAULT_STORE);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(store_begin(store, 0, &note), FAULT_STORE);
	assert_int_equal(store_begin(&port, 0, &note), FAULT_STORE);
	assert_non_null(strstr(note.text, "moved or deleted"));
	assert_int_equal(rename(aside, path), 0);
	OK(store_begin(store, 0, &note));
	store_rollback(store);
	OK(store_begin(&port, 0, &note));
	store_rollback(&port);
	store_sqlite_close(reader);
}

#define TEST(name, function)                                                   \
	{                                                                      \
		name, function, contract_setup, contract_teardown, NULL        \
	}
#define TEST_IN_AN_EMPTY_PLACE(name, function)                                 \
	{                                                                      \
		name, function, setup_place, contract_teardown, NULL           \
	}

int
main(void)
{
	static const struct CMUnitTest own[] = {
		TEST_IN_AN_EMPTY_PLACE("a missing file is refused and not made",
		    missing_file_is_not_made),
		TEST_IN_AN_EMPTY_PLACE("an empty file is refused until init",
		    empty_file_is_refused_until_init),
		TEST_IN_AN_EMPTY_PLACE(
		    "another program's file is refused and left alone",
		    other_file_is_refused_and_left_alone),
		TEST("another version is refused", other_version_is_refused),
		TEST("a second init changes nothing",
		    second_init_changes_nothing),
		TEST("only the owner may read a new database",
		    only_the_owner_may_read_a_new_database),
		TEST("the schema refuses what the code never does",
		    schema_refuses_what_the_code_never_does),
		TEST("every lookup uses an index", every_lookup_uses_an_index),
		TEST("triggers name the columns they guard",
		    triggers_name_the_columns_they_guard),
		TEST("a payment's first refund splits no page",
		    first_refund_of_a_payment_splits_no_page),
		TEST("a reader sees what is committed and never writes",
		    reader_sees_what_is_committed_and_never_writes),
		TEST("a second writer waits and is told busy in time",
		    second_writer_waits_and_is_told_busy_in_time),
		TEST("another process makes begin busy in time",
		    another_process_makes_begin_busy_in_time),
		TEST("a killed writer leaves nothing and frees the lock",
		    killed_writer_leaves_nothing_and_frees_the_lock),
		TEST("a reader may be the first after a crash",
		    reader_comes_first_after_a_crash),
		TEST_IN_AN_EMPTY_PLACE("one of many inits makes the database",
		    one_of_many_inits_makes_the_database),
		TEST("waiting ends in a thread that blocks all signals",
		    wait_ends_in_a_thread_that_blocks_signals),
		TEST("eight processes take turns and nothing is lost",
		    processes_take_turns),
		TEST("a book moved away is neither written nor read",
		    a_book_moved_away_is_neither_written_nor_read),
		TEST("a full disk is a fault and keeps nothing",
		    full_disk_is_a_fault_and_keeps_nothing),
	};
	struct place place = { .store = NULL };
	struct contract_maker maker = {
		.make = make,
		.unmake = unmake,
		.own = &place,
	};

	return contract_run("store_sqlite", &maker, own, N(own));
}
