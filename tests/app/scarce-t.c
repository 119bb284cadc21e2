/* SPDX-License-Identifier: MIT */
/*
 * The use cases while a piece of memory or a call of the store is refused, each
 * in turn: what is told is true, and what was begun can be gone on with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "scarce/scarce.h"

#include "app/recover.h"
#include "app/view.h"
#include "app/walk.h"

#define K_MAX 500

/* What is refused: memory, or the store's call. */
enum lack {
	LACK_MEMORY,
	LACK_STORE,
	LACK__COUNT
};

/* i'mport has all the memory it wants. */
static const struct provider *generous;

static void
start(void *self, struct provider_call *call)
{
	(void)self;
	scarce_pause(true);
	provider_start(generous, call);
	scarce_pause(false);
}

static struct provider_call *
step(void *self, int timeout_ms)
{
	(void)self;
	return provider_step(generous, timeout_ms);
}

static const struct provider_ops provider_ops = { .start = start,
	.step = step };
static const struct provider provider = { &provider_ops, NULL };

static struct walk
walk_of(struct model *model)
{
	generous = &model->provider;
	return (struct walk){ .app = &model->app,
		.store = &model->store,
		.provider = &provider };
}

/* A model of its own for each try: its book must not grow. */
static struct model *
anew(void **state)
{
	(void)model_teardown(state);
	assert_int_equal(model_setup(state), 0);
	return *state;
}

static void
begin(struct model *model, enum lack lack, long k)
{
	if (lack == LACK_MEMORY)
		scarce_begin(SCARCE_MEMORY, k);
	else
		store_mem_fail(model->mem, k, FAULT_IO);
}

/* Was anything refused, of k? */
static bool
end(struct model *model, enum lack lack, long n_before, long k)
{
	bool was = scarce_end();

	store_mem_fail(model->mem, 0, FAULT_NONE);
	return lack == LACK_MEMORY
	    ? was
	    : store_mem_calls(model->mem) - n_before >= k;
}

static bool
is_expected(enum fault fault, enum lack lack)
{
	return fault == (lack == LACK_MEMORY ? FAULT_NOMEM : FAULT_IO);
}

/* ---- refunds ----------------------------------------------------------- */

/* False: it could not even be begun. */
static bool
ask(struct model *model, const struct refund_request *request,
    struct refund_result *ret)
{
	struct walk walk = walk_of(model);
	struct task *task = task_refund(&model->app, request);
	struct fault_note note;
	bool told;

	if (task == NULL)
		return false;
	assert_int_equal(walk_task(&walk, task, &told, &note), FAULT_NONE);
	*ret = task->result;
	task_free(task);
	return true;
}

static void
a_refund_short_of_memory_is_made_once_or_not_at_all(void **state)
{
	struct refund_request request;
	struct refund_result result;
	struct model_payment *paid;
	struct model *model;
	bool was_refused = true, has_begun;
	int is_known;
	long k;

	for (is_known = 0; is_known < 2; is_known++, was_refused = true) {
		for (k = 1; was_refused; k++) {
			model = anew(state);
			paid = model_pay(model, "imp_1", "ORD-1", 10000);
			model_cancel(paid, "c-0", 500, "");
			if (is_known)
				model_book(model, paid);
			request = model_request("ORD-1", 3000, "k");
			scarce_begin(SCARCE_MEMORY, k);
			has_begun = ask(model, &request, &result);
			was_refused = scarce_end();
			assert_true(k < K_MAX);
			assert_true(!has_begun ||
			    result.code == RESULT_REFUNDED ||
			    (was_refused &&
				result.code == RESULT_DATABASE_BUSY));
			assert_int_equal(paid->payment.cancel_amount,
			    has_begun && result.code == RESULT_REFUNDED ? 3500
									: 500);
			model->now_ms += 100000;
			assert_true(ask(model, &request, &result));
			assert_int_equal(result.code, RESULT_REFUNDED);
			assert_int_equal(paid->payment.cancel_amount, 3500);
			assert_int_equal(model->n_cancels, 1);
		}
		assert_true(k > 5);
	}
}

/* ---- what is open is resolved ------------------------------------------ */

static void
a_resolve_that_is_refused_something_is_gone_on_with(void **state)
{
	struct refund_request request;
	struct model_payment *paid;
	struct refund_result result;
	struct model *model;
	struct walk walk;
	struct fault_note note;
	bool was_refused = true;
	enum fault f;
	size_t n;
	int lack;
	long k, before;

	for (lack = 0; lack < LACK__COUNT; lack++, was_refused = true) {
		for (k = 1; was_refused; k++) {
			model = anew(state);
			paid = model_booked(model);
			request = model_request("ORD-1", 3000, "k");
			model->cancel_way = MODEL_LOST_DONE;
			model->read_way = MODEL_LOST;
			assert_true(ask(model, &request, &result));
			assert_int_equal(result.code, RESULT_UNKNOWN);
			model->read_way = MODEL_HONEST;
			model->now_ms += model->app.quiet_ms;
			/* Nor is anything else of this payment. */
			model_cancel(paid, "c-9", 100, "");
			before = store_mem_calls(model->mem);
			walk = walk_of(model);
			begin(model, (enum lack)lack, k);
			f = walk_due(&walk, 10, NULL, &n, &note);
			was_refused = end(model, (enum lack)lack, before, k);
			assert_true(k < K_MAX);
			assert_true(
			    f == FAULT_NONE || is_expected(f, (enum lack)lack));
			if (!was_refused)
				assert_int_equal(f, FAULT_NONE);
			model->now_ms += model->app.quiet_ms;
			(void)model_resolve(model);
			assert_int_equal(
			    model_refund(model, result.refund_id).intent.state,
			    INTENT_SUCCEEDED);
			assert_int_equal(model->n_cancels, 1);
		}
		assert_true(k > 5);
	}
}

/* ---- after a restore --------------------------------------------------- */

static void
a_recovery_that_is_refused_something_stays_frozen(void **state)
{
	struct store_freeze freeze = { .cause = FREEZE_RESTORE,
		.created_ms = 7 };
	struct recovered recovered;
	struct model *model;
	struct walk walk;
	struct fault_note note;
	bool was_refused = true, is_frozen;
	enum fault f;
	int lack;
	long k, before;

	for (lack = 0; lack < LACK__COUNT; lack++, was_refused = true) {
		for (k = 1; was_refused; k++) {
			model = anew(state);
			model_cancel(
			    model_booked(model), "c-1", 4000, "ABCDEFGHJK");
			freeze.since_ms = model->now_ms - 3600000;
			freeze.until_ms = model->now_ms;
			assert_int_equal(
			    store_begin(&model->store, 0, NULL), FAULT_NONE);
			assert_int_equal(
			    store_freeze_put(&model->store, &freeze, NULL),
			    FAULT_NONE);
			assert_int_equal(
			    store_commit(&model->store, NULL), FAULT_NONE);
			before = store_mem_calls(model->mem);
			walk = walk_of(model);
			begin(model, (enum lack)lack, k);
			f = recover_run(
			    &walk, &freeze, NULL, &recovered, &note);
			was_refused = end(model, (enum lack)lack, before, k);
			assert_true(k < K_MAX);
			assert_true(
			    f == FAULT_NONE || is_expected(f, (enum lack)lack));
			assert_int_equal(
			    store_frozen(&model->store, &is_frozen, NULL),
			    FAULT_NONE);
			assert_int_equal(
			    is_frozen, f != FAULT_NONE || !recovered.is_thawed);
			/* Thawed is only what is whole. */
			if (!is_frozen)
				assert_int_equal(
				    model_refund(model, "ABCDEFGHJK").origin,
				    INTENT_RECOVERED);
			assert_int_equal(recover_run(&walk, &freeze, NULL,
					     &recovered, &note),
			    is_frozen ? FAULT_NONE : FAULT_ABSENT);
			assert_int_equal(model->n_cancels, 0);
		}
		assert_true(k > 5);
	}
}

/* ---- what is shown ------------------------------------------------------ */

static void
a_view_is_whole_or_says_why_not(void **state)
{
	struct view_payment view;
	struct view_refund refund;
	struct payment payment;
	struct refund_request request;
	struct refund_result result;
	struct model *model = *state;
	struct fault_note note;
	bool was_refused = true, is_due;
	enum fault f, g;
	int lack;
	long k, before;

	(void)model_booked(model);
	request = model_request("ORD-1", 3000, "k");
	assert_true(ask(model, &request, &result));
	assert_int_equal(result.code, RESULT_REFUNDED);
	for (lack = 0; lack < LACK__COUNT; lack++, was_refused = true) {
		for (k = 1; was_refused; k++) {
			view = (struct view_payment){ .n = 0 };
			before = store_mem_calls(model->mem);
			begin(model, (enum lack)lack, k);
			f = view_payment_read(&model->store, "ORD-1",
			    model->now_ms, &view, &note);
			g = view_refund_read(&model->store, result.refund_id,
			    model->now_ms, &refund, &payment, &is_due, &note);
			was_refused = end(model, (enum lack)lack, before, k);
			assert_true(k < K_MAX);
			assert_true(
			    f == FAULT_NONE || is_expected(f, (enum lack)lack));
			assert_true(
			    g == FAULT_NONE || is_expected(g, (enum lack)lack));
			assert_int_equal(
			    was_refused, f != FAULT_NONE || g != FAULT_NONE);
			if (f == FAULT_NONE) {
				assert_int_equal(view.n, 1);
				assert_int_equal(view.refunds[0].amount, 3000);
			} else {
				assert_null(view.refunds);
			}
			if (g == FAULT_NONE) {
				assert_int_equal(
				    refund.state, INTENT_SUCCEEDED);
				assert_int_equal(payment.cancel_amount, 3000);
				assert_false(is_due);
			}
			view_payment_deinit(&view);
		}
		assert_true(k > 3);
	}
}

static void
a_view_says_what_wants_resolving_and_what_is_ambiguous(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct view_payment view = { .n = 0 };
	struct refund_result result;
	struct fault_note note;

	(void)model_booked(model);
	model->cancel_way = MODEL_LOST;
	model->read_way = MODEL_LOST;
	assert_true(ask(model, &request, &result));
	assert_int_equal(view_payment_read(&model->store, "ORD-1",
			     model->now_ms, &view, &note),
	    FAULT_NONE);
	assert_false(view.is_due);
	view_payment_deinit(&view);
	assert_int_equal(view_payment_read(&model->store, "ORD-1",
			     model->now_ms + model->app.quiet_ms, &view, &note),
	    FAULT_NONE);
	assert_true(view.is_due);
	view_payment_deinit(&view);
	model_book(model, model_pay(model, "imp_2", "ORD-1", 5000));
	assert_int_equal(view_payment_read(&model->store, "ORD-1",
			     model->now_ms, &view, &note),
	    FAULT_INPUT);
	assert_null(view.refunds);
	assert_int_equal(view_payment_read(&model->store, "ORD-2",
			     model->now_ms, &view, &note),
	    FAULT_ABSENT);
}

/* A task that there is no memory for is none. */
static void
without_memory_there_is_no_task(void **state)
{
	struct model *model = *state;
	const struct trail_entry entry = { .act = TRAIL_REFUSED };
	const struct refund_request request = model_request("ORD-1", 0, "");

	scarce_begin(SCARCE_MEMORY, 1);
	assert_null(task_refund(&model->app, &request));
	scarce_begin(SCARCE_MEMORY, 1);
	assert_null(task_resolve(&model->app, "imp_1", "", true));
	scarce_begin(SCARCE_MEMORY, 1);
	assert_null(task_note(&model->app, &entry));
	assert_true(scarce_end());
	task_free(NULL);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refund_short_of_memory_is_made_once_or_not_at_all),
		TEST(a_resolve_that_is_refused_something_is_gone_on_with),
		TEST(a_recovery_that_is_refused_something_stays_frozen),
		TEST(a_view_is_whole_or_says_why_not),
		TEST(a_view_says_what_wants_resolving_and_what_is_ambiguous),
		TEST(without_memory_there_is_no_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
