/* SPDX-License-Identifier: MIT */
/*
 * serve/ledger: whatever call of the store fails, nothing goes to the line that
 * is not in the journal, and what i'mport said is saved in the end.
 *
 * Each test runs once for every k: the kth call of the store from there on
 * fails, until a run needs fewer calls than k.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../app/model.h"
#include "serve/job.h"
#include "serve/ledger.h"

#define N_JOBS  2
#define TRIES   2000 /* looks of LOOK_MS at most, then it hangs */
#define LOOK_MS 5
/* More than any run needs, and far from for ever. */
#define K_MAX 200

struct office {
	struct model *model;
	struct serve serve;
	struct rooms rooms;
	struct queue_list at_line; /* what the ledger has sent there */
	pthread_t thread;
};

/* The ledger waits by this clock, so it has to go on by itself. */
static int64_t
steady_ms(void *self)
{
	struct timespec now;

	(void)self;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void
open_rooms(struct office *office)
{
	struct model *model;
	void *state;

	memset(office, 0, sizeof(*office));
	assert_int_equal(model_setup(&state), 0);
	office->model = model = state;
	model->app.clock.steady_ms = steady_ms;
	office->serve.app = &model->app;
	office->serve.writer = model->store;
	office->serve.max_in_flight = 2 * N_JOBS;
	office->rooms.serve = &office->serve;
	queue_init(&office->rooms.to_ledger, NULL, NULL);
	queue_init(&office->rooms.to_line, NULL, NULL);
	TAILQ_INIT(&office->at_line);
}

static void
start_ledger(struct office *office)
{
	assert_int_equal(
	    pthread_create(&office->thread, NULL, ledger_main, &office->rooms),
	    0);
}

static void
end_ledger(struct office *office)
{
	queue_close(&office->rooms.to_ledger);
	assert_int_equal(pthread_join(office->thread, NULL), 0);
}

static void
close_rooms(struct office *office)
{
	struct queue_item *item;
	void *state = office->model;

	while ((item = TAILQ_FIRST(&office->at_line)) != NULL) {
		TAILQ_REMOVE(&office->at_line, item, link);
		job_free(&office->rooms, job_of(item));
	}
	queue_deinit(&office->rooms.to_ledger);
	queue_deinit(&office->rooms.to_line);
	assert_int_equal(model_teardown(&state), 0);
}

static int
n_jobs(struct office *office)
{
	return atomic_load(&office->rooms.n_jobs[JOB_REFUND]);
}

static int
n_at_line(const struct office *office)
{
	struct queue_item *item;
	int n = 0;

	TAILQ_FOREACH (item, &office->at_line, link)
		n++;
	return n;
}

/* Until every job there still is has come to the line. */
static void
await_rest(struct office *office)
{
	int tries;

	for (tries = 0; n_jobs(office) > n_at_line(office); tries++) {
		assert_true(tries < TRIES);
		(void)queue_take_all(
		    &office->rooms.to_line, LOOK_MS, &office->at_line);
	}
}

/* A request for each of two payments, in the ledger's queue. */
static void
ask_both(struct office *office)
{
	static const char *const orders[N_JOBS] = { "ORD-1", "ORD-2" };
	static const char *const payments[N_JOBS] = { "imp_1", "imp_2" };
	struct refund_request request;
	int i;

	for (i = 0; i < N_JOBS; i++) {
		model_book(office->model,
		    model_pay(office->model, payments[i], orders[i], 10000));
		request = model_request(orders[i], 3000, "");
		assert_true(job_start(&office->rooms, JOB_REFUND,
		    task_refund(&office->model->app, &request), NULL));
	}
}

static enum fault
count_refund(
    void *arg, const struct refund_record *record, struct fault_note *note)
{
	(void)note;
	assert_int_equal(record->intent.state, INTENT_IN_FLIGHT);
	++*(int *)arg;
	return FAULT_NONE;
}

static int
n_refunds(struct office *office)
{
	const struct store *store = &office->model->store;
	struct refund_filter filter = { .limit = 100 };
	struct fault_note note;
	int n = 0;

	assert_int_equal(store_begin(store, 0, &note), FAULT_NONE);
	assert_int_equal(
	    store_list(store, &filter, count_refund, &n, &note), FAULT_NONE);
	store_rollback(store);
	return n;
}

/* The kth call fails; false: there were fewer. */
static bool
open_with_fault(long k, enum fault fault, int *ret_n_at_line)
{
	struct office office;
	struct queue_item *item;
	struct refund_record record;
	long before;
	bool has_failed;

	open_rooms(&office);
	ask_both(&office);
	before = store_mem_calls(office.model->mem);
	store_mem_fail(office.model->mem, k, fault);
	start_ledger(&office);
	await_rest(&office);
	end_ledger(&office);
	has_failed = store_mem_calls(office.model->mem) - before >= k;
	store_mem_fail(office.model->mem, 0, FAULT_NONE);

	*ret_n_at_line = n_at_line(&office);
	assert_int_equal(n_refunds(&office), *ret_n_at_line);
	TAILQ_FOREACH (item, &office.at_line, link) {
		record = model_refund(
		    office.model, job_of(item)->task->record.intent.id);
		assert_string_equal(
		    record.intent.imp_uid, job_of(item)->task->call.imp_uid);
	}
	close_rooms(&office);
	return has_failed;
}

static void
nothing_is_sent_that_is_not_in_the_journal(void **state)
{
	int n_sent, n_halves = 0;
	long k;

	(void)state;
	for (k = 1; open_with_fault(k, FAULT_STORE, &n_sent); k++) {
		assert_true(k < K_MAX);
		assert_true(n_sent < N_JOBS);
		n_halves += n_sent == 1;
	}
	assert_int_equal(n_sent, N_JOBS);
	/* Some faults are one job's alone and spoil no other. */
	assert_true(n_halves > 0);
}

/* A busy database is waited for, unless it comes in the middle. */
static void
a_lock_that_comes_late_costs_nothing(void **state)
{
	int n_sent;

	(void)state;
	assert_true(open_with_fault(1, FAULT_BUSY, &n_sent));
	assert_int_equal(n_sent, N_JOBS);
}

/* One refund that i'mport was asked for and did, not saved yet. */
static void
ask_imports(struct office *office)
{
	struct model *model = office->model;
	struct refund_request request = model_request("ORD-1", 3000, "");
	struct task *task = task_refund(&model->app, &request);

	(void)model_booked(model);
	assert_non_null(task);
	model_store_step(model, task);
	while (task->next == TASK_CALL) {
		provider_start(&model->provider, &task->call);
		assert_non_null(provider_step(&model->provider, 0));
		task_heard(&model->app, task);
	}
	assert_true(task_must_save(task));
	assert_true(job_start(&office->rooms, JOB_REFUND, task, NULL));
}

static enum intent_state
state_of_the_one(struct office *office)
{
	const struct store *store = &office->model->store;
	struct refund_record record;
	struct fault_note note;
	enum fault f;

	assert_int_equal(store_begin(store, 0, &note), FAULT_NONE);
	f = store_unfinished(store, "imp_1", &record, &note);
	store_rollback(store);
	return f == FAULT_ABSENT ? INTENT_SUCCEEDED : record.intent.state;
}

static bool
save_with_fault(long k, enum fault fault)
{
	struct office office;
	long before;
	bool has_failed;

	open_rooms(&office);
	ask_imports(&office);
	assert_int_equal(state_of_the_one(&office), INTENT_IN_FLIGHT);
	before = store_mem_calls(office.model->mem);
	store_mem_fail(office.model->mem, k, fault);
	start_ledger(&office);
	await_rest(&office);
	end_ledger(&office);
	has_failed = store_mem_calls(office.model->mem) - before >= k;
	store_mem_fail(office.model->mem, 0, FAULT_NONE);
	assert_int_equal(n_at_line(&office), 0);
	assert_int_equal(state_of_the_one(&office), INTENT_SUCCEEDED);
	assert_int_equal(office.model->n_cancels, 1);
	close_rooms(&office);
	return has_failed;
}

static void
what_imports_said_is_saved_in_the_end(void **state)
{
	long k;

	(void)state;
	for (k = 1; save_with_fault(k, FAULT_STORE); k++)
		assert_true(k < K_MAX);
	assert_true(k > 3); /* begin, savepoint, commit at least */
	assert_true(save_with_fault(1, FAULT_BUSY));
	assert_true(save_with_fault(1, FAULT_NOMEM));
}

static void
a_drain_saves_what_imports_said(void **state)
{
	struct office office;

	(void)state;
	open_rooms(&office);
	ask_imports(&office);
	queue_close(&office.rooms.to_ledger);
	assert_null(ledger_main(&office.rooms));
	assert_int_equal(state_of_the_one(&office), INTENT_SUCCEEDED);
	assert_int_equal(n_jobs(&office), 0);
	close_rooms(&office);
}

/* It can't be saved: then it is in the journal, and the resolver's. */
static void
a_drain_that_can_not_save_leaves_it_in_flight(void **state)
{
	struct office office;

	(void)state;
	open_rooms(&office);
	ask_imports(&office);
	queue_close(&office.rooms.to_ledger);
	store_mem_fail(office.model->mem, 1, FAULT_STORE);
	assert_null(ledger_main(&office.rooms));
	store_mem_fail(office.model->mem, 0, FAULT_NONE);
	assert_int_equal(state_of_the_one(&office), INTENT_IN_FLIGHT);
	assert_int_equal(n_jobs(&office), 0);
	close_rooms(&office);
}

/* Somebody who only asked is not begun any more. */
static void
a_drain_starts_no_refund(void **state)
{
	struct office office;

	(void)state;
	open_rooms(&office);
	ask_both(&office);
	queue_close(&office.rooms.to_ledger);
	assert_null(ledger_main(&office.rooms));
	assert_int_equal(n_refunds(&office), 0);
	assert_int_equal(n_jobs(&office), 0);
	close_rooms(&office);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_sent_that_is_not_in_the_journal),
		cmocka_unit_test(a_lock_that_comes_late_costs_nothing),
		cmocka_unit_test(what_imports_said_is_saved_in_the_end),
		cmocka_unit_test(a_drain_saves_what_imports_said),
		cmocka_unit_test(a_drain_that_can_not_save_leaves_it_in_flight),
		cmocka_unit_test(a_drain_starts_no_refund),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
