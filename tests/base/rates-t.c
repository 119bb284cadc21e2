/* SPDX-License-Identifier: MIT */
/*
 * One file, counted in by this process, by threads and by others.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/host.h"
#include "base/rates.h"

#define MINUTE_MS INT64_C(60000)
#define PROCESSES 4
#define THREADS   4
#define TRIES     2000

struct fixture {
	char folder[64];
	char database[80];
	char file[128];
	int64_t now_ms;
	struct rates_options options;
	struct rates *rates;
	struct limits limits;
};

static int64_t
now_ms(void *self)
{
	const struct fixture *fixture = self;

	return fixture->now_ms;
}

static void
open_rates(struct fixture *fixture)
{
	struct fault_note note = { "" };

	if (rates_open(&fixture->options, &fixture->rates, &note) != FAULT_NONE)
		fail_msg("%s", note.text);
	fixture->limits = rates_limits(fixture->rates);
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)snprintf(
	    fixture->folder, sizeof(fixture->folder), "/tmp/rates-t.XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->database, sizeof(fixture->database),
	    "%s/shop.db", fixture->folder);
	(void)snprintf(fixture->file, sizeof(fixture->file), "%s.rates",
	    fixture->database);
	fixture->now_ms = 1000;
	fixture->options = (struct rates_options){
		.database = fixture->database,
		.key = "a key for tests only, 31 bytes",
		.limits = { [LIMIT_ORDER_REFUNDS] = { 10, MINUTE_MS },
		    [LIMIT_CALLER_REFUNDS] = { 0, MINUTE_MS },
		    [LIMIT_CALLER_READS] = { RATES_N_MOST, MINUTE_MS },
		    [LIMIT_ADDRESS_READS] = { 6, MINUTE_MS },
		    [LIMIT_LOOK] = { 1, 5000 } },
		.clock = { .steady_ms = now_ms, .self = fixture },
	};
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	rates_close(fixture->rates);
	(void)unlink(fixture->file);
	(void)rmdir(fixture->file);
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
	return 0;
}

static bool
take(struct fixture *fixture, const char *order)
{
	return limits_take(&fixture->limits, LIMIT_ORDER_REFUNDS, order, NULL);
}

/* How many of n are let through. */
static int
take_many(
    const struct limits *limits, enum limit limit, const char *subject, int n)
{
	int taken = 0;

	while (n-- > 0)
		taken += limits_take(limits, limit, subject, NULL);
	return taken;
}

static void
a_burst_is_let_through_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	int64_t wait_ms = 0;

	open_rates(fixture);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ORDER_REFUNDS, "ORD-1", 100), 10);
	assert_false(limits_take(
	    &fixture->limits, LIMIT_ORDER_REFUNDS, "ORD-1", &wait_ms));
	assert_in_range(wait_ms, 6000, 6001);
	assert_true(take(fixture, "ORD-2"));
	fixture->now_ms += wait_ms;
	assert_true(take(fixture, "ORD-1"));
	assert_false(take(fixture, "ORD-1"));
	fixture->now_ms += MINUTE_MS;
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ORDER_REFUNDS, "ORD-1", 100), 10);
}

static void
what_is_spread_over_the_minute_is_let_through(void **state)
{
	struct fixture *fixture = *state;
	int i;

	open_rates(fixture);
	for (i = 0; i < 1000; i++) {
		assert_true(take(fixture, "ORD-1"));
		fixture->now_ms += 6000;
	}
}

static void
a_limit_of_nothing_is_none(void **state)
{
	struct fixture *fixture = *state;
	struct limits none = { .take = NULL };

	open_rates(fixture);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_CALLER_REFUNDS, "none", 1000),
	    1000);
	assert_int_equal(
	    take_many(&none, LIMIT_ORDER_REFUNDS, "ORD-1", 1000), 1000);
	limits_hold(&none, LIMIT_LOOK, "imp_1", 1000);
}

static void
the_largest_limit_is_kept_to_the_very_number(void **state)
{
	struct fixture *fixture = *state;

	open_rates(fixture);
	fixture->options.limits[LIMIT_CALLER_READS].n = 54321;
	rates_close(fixture->rates);
	open_rates(fixture);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_CALLER_READS, "user:a", 54400),
	    54321);
}

static void
the_same_name_counts_apart_for_each_limit(void **state)
{
	struct fixture *fixture = *state;

	open_rates(fixture);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ORDER_REFUNDS, "a", 100), 10);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ADDRESS_READS, "a", 100), 6);
}

static void
who_opens_it_next_goes_on_counting(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	open_rates(fixture);
	assert_int_equal(stat(fixture->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(st.st_blocks * 512 >= st.st_size);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ORDER_REFUNDS, "ORD-1", 8), 8);
	rates_close(fixture->rates);
	open_rates(fixture);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ORDER_REFUNDS, "ORD-1", 100), 2);
}

static void
without_the_key_nobody_can_tell_who_shares_a_slot(void **state)
{
	struct fixture *fixture = *state;

	open_rates(fixture);
	assert_int_equal(
	    take_many(&fixture->limits, LIMIT_ORDER_REFUNDS, "ORD-1", 100), 10);
	rates_close(fixture->rates);
	fixture->options.key[0] ^= 1;
	open_rates(fixture);
	assert_true(take(fixture, "ORD-1"));
}

/* Writes the same time into all slots. */
static void
spoil(const struct fixture *fixture, int64_t value)
{
	int64_t page[512];
	struct stat st;
	off_t at;
	size_t i;
	int fd;

	for (i = 0; i < 512; i++)
		page[i] = value;
	fd = open(fixture->file, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	for (at = 0; at < st.st_size; at += (off_t)sizeof(page))
		assert_int_equal(
		    pwrite(fd, page, sizeof(page), at), sizeof(page));
	(void)close(fd);
}

static void
a_slot_of_another_start_or_damaged_is_empty(void **state)
{
	static const int64_t values[] = { INT64_MAX, INT64_MIN, -1,
		(1000 + MINUTE_MS) * 1000000 + 1 };
	struct fixture *fixture = *state;
	size_t i;

	open_rates(fixture);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		spoil(fixture, values[i]);
		assert_int_equal(take_many(&fixture->limits,
				     LIMIT_ORDER_REFUNDS, "ORD-1", 100),
		    10);
	}
	spoil(fixture, (1000 + MINUTE_MS) * 1000000);
	assert_false(take(fixture, "ORD-1"));
}

static void
a_look_is_held_until_it_is_over(void **state)
{
	struct fixture *fixture = *state;
	const struct limits *limits = &fixture->limits;

	open_rates(fixture);
	assert_true(limits_take(limits, LIMIT_LOOK, "imp_1", NULL));
	fixture->now_ms += 4999;
	assert_false(limits_take(limits, LIMIT_LOOK, "imp_1", NULL));
	limits_hold(limits, LIMIT_LOOK, "imp_1", 1000);
	fixture->now_ms += 999;
	assert_false(limits_take(limits, LIMIT_LOOK, "imp_1", NULL));
	fixture->now_ms += 1;
	assert_true(limits_take(limits, LIMIT_LOOK, "imp_1", NULL));
	limits_hold(limits, LIMIT_LOOK, "imp_1", 0);
	assert_true(limits_take(limits, LIMIT_LOOK, "imp_1", NULL));
	fixture->now_ms += 5000; /* whoever looked has died */
	assert_true(limits_take(limits, LIMIT_LOOK, "imp_1", NULL));
}

/* ---- many at once -------------------------------------------------------- */

struct crowd {
	struct fixture fixture; /* a process's own */
	int n_tries;
	atomic_int *n_taken; /* all processes' */
};

static void *
take_as_thread(void *arg)
{
	struct crowd *crowd = arg;

	(void)atomic_fetch_add(crowd->n_taken,
	    take_many(&crowd->fixture.limits, LIMIT_ORDER_REFUNDS, "ORD-1",
		crowd->n_tries));
	return NULL;
}

static bool
take_as_process(struct crowd *crowd)
{
	pthread_t threads[THREADS];
	size_t i;

	if (rates_open(&crowd->fixture.options, &crowd->fixture.rates, NULL) !=
	    FAULT_NONE)
		return false;
	crowd->fixture.limits = rates_limits(crowd->fixture.rates);
	for (i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, take_as_thread, crowd) !=
		    0)
			return false;
	}
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	rates_close(crowd->fixture.rates);
	return true;
}

/* Returns how many all of them were let through. */
static int
take_as_crowd(const struct fixture *fixture, int n_tries)
{
	struct crowd crowd = { .fixture = *fixture, .n_tries = n_tries };
	int i, status, n_taken;
	pid_t pids[PROCESSES];

	crowd.n_taken = mmap(NULL, sizeof(*crowd.n_taken),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(crowd.n_taken != MAP_FAILED);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(take_as_process(&crowd) ? 0 : 1);
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	n_taken = atomic_load(crowd.n_taken);
	(void)munmap(crowd.n_taken, sizeof(*crowd.n_taken));
	return n_taken;
}

/* The file is made by whoever needs it first, and then they all take at once.
 */
static void
processes_and_threads_share_one_count(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.limits[LIMIT_ORDER_REFUNDS].n = 5000;
	/* Time stands still for all of them. */
	assert_int_equal(take_as_crowd(fixture, TRIES), 5000);
}

static void
as_time_passes_its_share_is_added_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	char boot[HOST_BOOT_SIZE];
	int64_t n = 5000, passed_ms;
	int n_taken;

	fixture->options.limits[LIMIT_ORDER_REFUNDS].n = n;
	fixture->options.clock = host_clock(boot);
	passed_ms = -clock_steady_ms(&fixture->options.clock);
	n_taken = take_as_crowd(fixture, 3 * TRIES);
	passed_ms += clock_steady_ms(&fixture->options.clock);
	assert_true(n_taken >= n);
	if (n_taken > n + n * (passed_ms + 1) / MINUTE_MS)
		fail_msg("%d in %" PRId64 " ms", n_taken, passed_ms);
}

/* ---- files that won't do ------------------------------------------------- */

static void
assert_no_start(struct fixture *fixture, const char *says)
{
	struct fault_note note = { "" };

	assert_int_equal(rates_open(&fixture->options, &fixture->rates, &note),
	    FAULT_CONFIG);
	assert_null(fixture->rates);
	if (strstr(note.text, says) == NULL ||
	    strstr(note.text, ".rates") == NULL)
		fail_msg("'%s' does not say '%s'", note.text, says);
}

static void
a_file_that_others_may_change_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int fd = open(fixture->file, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0660), 0);
	(void)close(fd);
	assert_no_start(fixture, "use 0600");
}

static void
what_is_no_file_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkfifo(fixture->file, 0600), 0);
	assert_no_start(fixture, "not a regular file");
	assert_int_equal(unlink(fixture->file), 0);
	assert_int_equal(symlink("elsewhere", fixture->file), 0);
	assert_no_start(fixture, "requests are counted");
}

static void
a_file_that_can_not_be_made_is_told(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.database = "/nowhere/at/all/shop.db";
	assert_no_start(fixture, "No such file");
}

/* One that was copied may have holes; one cut short is made whole. */
static void
holes_are_filled_before_anybody_writes(void **state)
{
	struct fixture *fixture = *state;
	struct stat st, whole;

	open_rates(fixture);
	assert_int_equal(stat(fixture->file, &whole), 0);
	rates_close(fixture->rates);
	fixture->rates = NULL;
	assert_int_equal(truncate(fixture->file, 0), 0);
	assert_int_equal(truncate(fixture->file, whole.st_size), 0);
	open_rates(fixture);
	assert_int_equal(stat(fixture->file, &st), 0);
	assert_true(st.st_blocks * 512 >= whole.st_size);
	rates_close(fixture->rates);
	fixture->rates = NULL;
	assert_int_equal(truncate(fixture->file, 4096), 0);
	open_rates(fixture);
	assert_int_equal(stat(fixture->file, &st), 0);
	assert_int_equal(st.st_size, whole.st_size);
	assert_true(take(fixture, "ORD-1"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_burst_is_let_through_and_no_more),
		TEST(what_is_spread_over_the_minute_is_let_through),
		TEST(a_limit_of_nothing_is_none),
		TEST(the_largest_limit_is_kept_to_the_very_number),
		TEST(the_same_name_counts_apart_for_each_limit),
		TEST(who_opens_it_next_goes_on_counting),
		TEST(without_the_key_nobody_can_tell_who_shares_a_slot),
		TEST(a_slot_of_another_start_or_damaged_is_empty),
		TEST(a_look_is_held_until_it_is_over),
		TEST(processes_and_threads_share_one_count),
		TEST(as_time_passes_its_share_is_added_and_no_more),
		TEST(a_file_that_others_may_change_is_refused),
		TEST(what_is_no_file_is_refused),
		TEST(a_file_that_can_not_be_made_is_told),
		TEST(holes_are_filled_before_anybody_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
