/* SPDX-License-Identifier: MIT */
/*
 * What read-backs make of the book, whoever asked for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/resolve.h"
#include "app/view.h"
#include "app/walk.h"
#include "model.h"
#include "tally.h"

static void
hint(struct model *model, const char *imp_uid, bool is_hint)
{
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider };
	struct task *task = task_resolve(&model->app, imp_uid, "", is_hint);
	struct fault_note note;
	bool told;

	assert_non_null(task);
	assert_int_equal(walk_task(&walk, task, &told, &note), FAULT_NONE);
	task_free(task);
}

static enum fault
view(struct model *model, const char *merchant_uid, struct view_payment *ret)
{
	struct fault_note note;
	enum fault f;

	assert_int_equal(store_begin(&model->store, 0, &note), FAULT_NONE);
	f = view_payment_read(
	    &model->store, merchant_uid, model->now_ms, ret, &note);
	store_rollback(&model->store);
	return f;
}

/* A refund whose request was lost, and the id it got. */
static void
lose_one(struct model *model, struct model_payment *paid, int64_t amount,
    char ret_id[static REFUND_ID_SIZE])
{
	struct refund_request request =
	    model_request(paid->payment.merchant_uid, amount, "lost");
	struct refund_result result;

	model->cancel_way = MODEL_LOST;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	memcpy(ret_id, result.refund_id, REFUND_ID_SIZE);
}

static void
pass_time(struct model *model, int seconds)
{
	int i;

	for (i = 0; i < seconds; i += 5) {
		model->now_ms += 5000;
		(void)model_resolve(model);
	}
}

static void
a_hint_of_a_console_cancel_updates_the_payment(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct view_payment seen;

	model_cancel(paid, "console", 4000, "");
	hint(model, "imp_1", true);
	assert_int_equal(view(model, "ORD-1", &seen), FAULT_NONE);
	assert_int_equal(seen.payment.cancel_amount, 4000);
	assert_int_equal(seen.payment.status, PAYMENT_CANCELLED);
	assert_int_equal(seen.n, 0);
	view_payment_deinit(&seen);
	hint(model, "imp_1", true); /* again is harmless */
}

static void
only_a_hint_stores_an_unknown_payment(void **state)
{
	struct model *model = *state;
	struct view_payment seen;

	(void)model_pay(model, "imp_1", "ORD-1", 10000);
	hint(model, "imp_1", false);
	assert_int_equal(view(model, "ORD-1", &seen), FAULT_ABSENT);
	assert_int_equal(model->n_reads, 0);
	hint(model, "imp_1", true);
	assert_int_equal(view(model, "ORD-1", &seen), FAULT_NONE);
	view_payment_deinit(&seen);
	hint(model, "imp_nobody_knows", true);
}

/* What came before it began is seen by it; what comes later waits for the next.
 */
static void
a_hint_waits_for_the_look_under_way_and_is_not_lost(void **state)
{
	struct model *model = *state;
	struct task *first = task_resolve(&model->app, "imp_1", "", true);
	struct task *second = task_resolve(&model->app, "imp_1", "", true);
	struct task *other = task_resolve(&model->app, "imp_2", "", true);
	struct tally tally;

	(void)model_booked(model);
	tally_init(&tally);
	tally.most[LIMIT_NOTICE] = tally.most[LIMIT_LOOK] = 1;
	model->app.limits = tally_limits(&tally);
	assert_true(
	    limits_take(&model->app.limits, LIMIT_NOTICE, "imp_1", NULL));
	model_store_step(model, first);
	assert_int_equal(first->next, TASK_CALL);
	assert_int_equal(tally_of(&tally, LIMIT_NOTICE, "imp_1"), 0);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_WAIT);
	model_store_step(model, other);
	assert_int_equal(other->next, TASK_CALL);
	provider_start(&model->provider, &first->call);
	assert_ptr_equal(provider_step(&model->provider, 0), &first->call);
	task_heard(&model->app, first);
	model_store_step(model, first);
	assert_int_equal(first->next, TASK_END);
	assert_int_equal(tally.held_ms, RESOLVE_FRESH_MS);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_WAIT);
	limits_hold(&model->app.limits, LIMIT_LOOK, "imp_1", 0);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_CALL);
	task_free(first);
	task_free(second);
	task_free(other);
}

static void
a_refund_that_lands_after_it_was_closed_becomes_a_late_one(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	char id[REFUND_ID_SIZE];
	struct view_payment seen;

	lose_one(model, paid, 3000, id);
	pass_time(model, 300);
	assert_int_equal(
	    model_refund(model, id).intent.failure, INTENT_NOT_APPLIED);
	model_cancel(paid, "late", 3000, id);
	hint(model, "imp_1", true);
	hint(model, "imp_1", true);
	assert_int_equal(view(model, "ORD-1", &seen), FAULT_NONE);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.payment.cancel_amount, 3000);
	assert_int_equal(model_refund(model, id).intent.state, INTENT_FAILED);
	assert_true(seen.refunds[0].origin == INTENT_LATE ||
	    seen.refunds[1].origin == INTENT_LATE);
	view_payment_deinit(&seen);
}

/* Whoever was told "failed" and asks again must not be paid twice. */
static void
a_late_refund_is_what_its_caller_hears_from_then_on(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "lost");
	struct refund_result before, after, again;
	struct view_refund seen;
	struct payment payment;
	struct fault_note note;
	char id[REFUND_ID_SIZE];
	bool is_due;

	lose_one(model, paid, 3000, id);
	pass_time(model, 300);
	before = model_ask(model, &request);
	assert_int_equal(before.answer.status, 409);
	model_cancel(paid, "late", 3000, id);
	hint(model, "imp_1", true);
	after = model_ask(model, &request);
	assert_int_equal(after.code, RESULT_REFUNDED);
	assert_int_equal(after.answer.status, 200);
	assert_int_equal(after.applied_amount, 3000);
	assert_string_equal(after.origin_of, id);
	again = model_ask(model, &request);
	assert_string_equal(again.answer.body, after.answer.body);
	assert_int_equal(model->n_cancels, 1);

	assert_int_equal(store_begin(&model->store, 0, &note), FAULT_NONE);
	assert_int_equal(view_refund_read(&model->store, id, model->now_ms,
			     &seen, &payment, &is_due, &note),
	    FAULT_NONE);
	store_rollback(&model->store);
	assert_int_equal(seen.state, INTENT_SUCCEEDED);
	assert_int_equal(seen.origin, INTENT_LATE);
	assert_string_equal(seen.origin_of, id);
	assert_string_equal(seen.id, after.refund_id);
	assert_string_equal(seen.receipt_url, "https://receipt.invalid/late");
}

static void
a_marker_without_a_refund_is_recovered(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_record record;

	model_cancel(paid, "c", 3000, "ABCDEFGHJK");
	hint(model, "imp_1", true);
	record = model_refund(model, "ABCDEFGHJK");
	assert_int_equal(record.origin, INTENT_RECOVERED);
	assert_int_equal(record.intent.state, INTENT_SUCCEEDED);
	assert_int_equal(record.intent.applied_amount, 3000);
	assert_string_equal(record.receipt_url, "https://receipt.invalid/c");
}

static void
a_marker_cut_off_while_the_answer_is_lost_needs_a_person(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;

	model->is_marker_cut = true;
	model->cancel_way = MODEL_LOST_DONE;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	pass_time(model, 300);
	assert_int_equal(model_refund(model, result.refund_id).intent.state,
	    INTENT_NEEDS_REVIEW);
	request = model_request("ORD-1", 100, "k2");
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_REFUND_IN_PROGRESS);
	assert_int_equal(model->n_cancels, 1);
	assert_int_equal(paid->payment.cancel_amount, 3000);
}

static void
a_garbled_payment_proves_nothing_the_first_time(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;
	struct view_payment seen;

	model->n_garbled = 2; /* the answer and the first read-back */
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	assert_int_equal(model->n_reads, 1);
	model->now_ms += 5000;
	assert_int_equal(model_resolve(model), 1);
	assert_int_equal(model_refund(model, result.refund_id).intent.state,
	    INTENT_SUCCEEDED);
	assert_int_equal(view(model, "ORD-1", &seen), FAULT_NONE);
	assert_int_equal(
	    seen.payment.cancel_amount, paid->payment.cancel_amount);
	view_payment_deinit(&seen);
}

static void
a_payment_that_stays_another_one_still_ends_the_refund(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;

	(void)model_booked(model);
	model->n_garbled = 1000;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	model->now_ms += 5000;
	assert_int_equal(model_resolve(model), 1);
	assert_int_equal(model_refund(model, result.refund_id).intent.state,
	    INTENT_SUCCEEDED);
	assert_int_equal(model->n_cancels, 1);
}

static void
a_reversal_is_not_taken_over(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct view_payment seen;

	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	paid->payment.cancel_amount = 0;
	paid->payment.status = PAYMENT_PAID;
	paid->n = 0;
	hint(model, "imp_1", true);
	assert_int_equal(view(model, "ORD-1", &seen), FAULT_NONE);
	assert_int_equal(seen.payment.cancel_amount, 3000);
	view_payment_deinit(&seen);
}

static void
without_a_date_the_steady_clock_measures_the_quiet(void **state)
{
	struct model *model = *state;
	char id[REFUND_ID_SIZE];

	model->has_no_dates = true;
	lose_one(model, model_booked(model), 3000, id);
	pass_time(model, 100);
	model->app.clock.steady_name = "boot:another";
	pass_time(model, 160);
	assert_int_equal(model_refund(model, id).intent.state, INTENT_UNKNOWN);
	pass_time(model, 300);
	assert_int_equal(
	    model_refund(model, id).intent.failure, INTENT_NOT_APPLIED);
}

static void
while_imports_is_silent_nothing_is_given_up(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	char id[REFUND_ID_SIZE];
	int day;

	lose_one(model, paid, 3000, id);
	model->read_way = MODEL_LOST;
	for (day = 0; day < 400; day++) {
		model->now_ms += INT64_C(86400000);
		(void)model_resolve(model);
	}
	assert_int_equal(model_refund(model, id).intent.state, INTENT_UNKNOWN);
	model_cancel(paid, "c", 3000, id);
	model->read_way = MODEL_HONEST;
	model->now_ms += INT64_C(86400000);
	assert_int_equal(model_resolve(model), 1);
	assert_int_equal(
	    model_refund(model, id).intent.state, INTENT_SUCCEEDED);
}

static void
a_clock_set_back_hides_no_refund(void **state)
{
	struct model *model = *state;
	char id[REFUND_ID_SIZE];

	lose_one(model, model_booked(model), 3000, id);
	model->now_ms -= INT64_C(86400000) * 30;
	assert_true(model_resolve(model) > 0);
}

static void
a_claimed_refund_is_left_alone_by_others(void **state)
{
	struct model *model = *state;
	char id[REFUND_ID_SIZE];
	struct task *first, *second;

	lose_one(model, model_booked(model), 3000, id);
	model->now_ms += 5000;
	first = task_resolve(&model->app, "", id, false);
	second = task_resolve(&model->app, "", id, false);
	model_store_step(model, first);
	assert_int_equal(first->next, TASK_CALL);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_END);
	task_free(first);
	task_free(second);
}

/* The log is written from the task's news after each commit. */
static void
collect_news(void *arg, const struct task *task)
{
	struct task_news *sum = arg;

	if (task->news.has_moved || task->news.n_surprises > 0)
		*sum = task->news;
}

static void
what_a_read_back_changed_is_told_once(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct task_news news = { 0 };
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider,
		.stored = collect_news,
		.arg = &news };
	char id[REFUND_ID_SIZE];
	struct fault_note note;
	size_t n;

	lose_one(model, paid, 3000, id);
	model_cancel(paid, "c", 3000, id);
	model_cancel(paid, "d", 1000, "ABCDEFGHJK");
	model->now_ms += 5000;
	assert_int_equal(walk_due(&walk, 9, NULL, &n, &note), FAULT_NONE);
	assert_true(news.has_moved);
	assert_string_equal(news.refund_id, id);
	assert_int_equal(news.state, INTENT_SUCCEEDED);
	assert_int_equal(news.n_surprises, 1);
	news = (struct task_news){ 0 };
	model->now_ms += 5000;
	assert_int_equal(walk_due(&walk, 9, NULL, &n, &note), FAULT_NONE);
	assert_false(news.has_moved);
	assert_int_equal(news.n_surprises, 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hint_of_a_console_cancel_updates_the_payment),
		TEST(only_a_hint_stores_an_unknown_payment),
		TEST(a_hint_waits_for_the_look_under_way_and_is_not_lost),
		TEST(
		    a_refund_that_lands_after_it_was_closed_becomes_a_late_one),
		TEST(a_late_refund_is_what_its_caller_hears_from_then_on),
		TEST(a_marker_without_a_refund_is_recovered),
		TEST(a_marker_cut_off_while_the_answer_is_lost_needs_a_person),
		TEST(a_garbled_payment_proves_nothing_the_first_time),
		TEST(a_payment_that_stays_another_one_still_ends_the_refund),
		TEST(a_reversal_is_not_taken_over),
		TEST(without_a_date_the_steady_clock_measures_the_quiet),
		TEST(while_imports_is_silent_nothing_is_given_up),
		TEST(a_clock_set_back_hides_no_refund),
		TEST(a_claimed_refund_is_left_alone_by_others),
		TEST(what_a_read_back_changed_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
