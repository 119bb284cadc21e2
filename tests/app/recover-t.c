/* SPDX-License-Identifier: MIT */
/*
 * After a restore: what the book has missed is read back, and only then the
 * freeze goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

#include "app/recover.h"

#define LOST_MARKER "ABCDEFGHJK"
#define YEAR_MS     (INT64_C(365) * 86400 * 1000)

static struct store_freeze
freeze_of(const struct model *model, int64_t age_ms)
{
	return (struct store_freeze){ .cause = FREEZE_RESTORE,
		.until_ms = model->now_ms,
		.since_ms = model->now_ms - age_ms,
		.created_ms = 7 };
}

static void
put_freeze(struct model *model, const struct store_freeze *freeze)
{
	assert_int_equal(store_begin(&model->store, 0, NULL), FAULT_NONE);
	assert_int_equal(
	    store_freeze_put(&model->store, freeze, NULL), FAULT_NONE);
	assert_int_equal(store_commit(&model->store, NULL), FAULT_NONE);
}

static bool
is_frozen(struct model *model)
{
	bool is = false;

	assert_int_equal(store_frozen(&model->store, &is, NULL), FAULT_NONE);
	return is;
}

static enum fault
recover(struct model *model, const struct store_freeze *freeze,
    struct recovered *ret)
{
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider };
	struct fault_note note;

	return recover_run(&walk, freeze, NULL, ret, &note);
}

/* Frozen since an hour, and recovered. */
static struct recovered
recover_an_hour(struct model *model)
{
	struct store_freeze freeze = freeze_of(model, 3600000);
	struct recovered recovered;

	put_freeze(model, &freeze);
	assert_int_equal(recover(model, &freeze, &recovered), FAULT_NONE);
	return recovered;
}

static void
lost_refunds_come_back_and_the_freeze_goes(void **state)
{
	struct model *model = *state;
	struct model_payment *known = model_booked(model);
	struct model_payment *unknown =
	    model_pay(model, "imp_2", "ORD-2", 5000);
	struct refund_request request = model_request("ORD-1", 10000, "k");
	struct recovered recovered;

	(void)model_pay(model, "imp_3", "ORD-3", 700);
	model_cancel(known, "c-1", 10000, LOST_MARKER);
	model_cancel(unknown, "c-2", 2000, "MNPQRSTVWX");
	recovered = recover_an_hour(model);
	assert_true(recovered.is_thawed);
	assert_int_equal(recovered.n_read, 2);
	assert_int_equal(recovered.n_surprises, 2);
	assert_int_equal(recovered.n_failed, 0);
	assert_false(is_frozen(model));
	assert_int_equal(
	    model_refund(model, LOST_MARKER).origin, INTENT_RECOVERED);
	assert_int_equal(
	    model_refund(model, "MNPQRSTVWX").intent.applied_amount, 2000);
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_ALREADY_REFUNDED);
	assert_int_equal(model->n_cancels, 0);
}

static void
an_unfinished_refund_is_read_back_too(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct recovered recovered;

	(void)model_booked(model);
	model->cancel_way = MODEL_LOST;
	model->read_way = MODEL_LOST;
	assert_int_equal(model_ask(model, &request).code, RESULT_UNKNOWN);
	model->read_way = MODEL_HONEST;
	recovered = recover_an_hour(model);
	assert_true(recovered.is_thawed);
	assert_int_equal(recovered.n_read, 1);
}

static void
without_the_list_it_stays_frozen(void **state)
{
	struct model *model = *state;
	struct recovered recovered;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	model->list_way = MODEL_LOST;
	recovered = recover_an_hour(model);
	assert_false(recovered.is_thawed);
	assert_int_equal(recovered.n_read, 0);
	assert_true(is_frozen(model));
	model->list_way = MODEL_HONEST;
	assert_true(recover_an_hour(model).is_thawed);
}

static void
without_one_of_the_answers_it_stays_frozen(void **state)
{
	struct model *model = *state;
	struct recovered recovered;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	model->read_way = MODEL_LOST;
	recovered = recover_an_hour(model);
	assert_false(recovered.is_thawed);
	assert_int_equal(recovered.n_failed, 1);
	assert_true(is_frozen(model));
}

static void
a_list_that_changed_is_read_again(void **state)
{
	struct model *model = *state;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	model->n_torn = 2;
	assert_true(recover_an_hour(model).is_thawed);
	assert_int_equal(model->n_lists, 5);
	model->n_torn = 3;
	assert_false(recover_an_hour(model).is_thawed);
}

/* As many names as payments, but one of them twice. */
static void
a_payment_that_moved_while_listed_hides_no_other(void **state)
{
	struct model *model = *state;
	struct recovered recovered;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	model_cancel(model_pay(model, "imp_2", "ORD-2", 5000), "c-2", 2000,
	    "MNPQRSTVWX");
	model->n_shifted = 3;
	assert_false(recover_an_hour(model).is_thawed);
	model->n_shifted = 1;
	recovered = recover_an_hour(model);
	assert_true(recovered.is_thawed);
	assert_int_equal(recovered.n_read, 2);
}

/* No window is longer than i'mport takes, and none is left out. */
static void
a_year_is_listed_in_windows(void **state)
{
	struct model *model = *state;
	struct store_freeze freeze = freeze_of(model, YEAR_MS);
	struct recovered recovered;

	put_freeze(model, &freeze);
	assert_int_equal(recover(model, &freeze, &recovered), FAULT_NONE);
	assert_true(recovered.is_thawed);
	assert_int_equal(model->n_lists, 5);
}

static void
a_garbled_answer_is_asked_again_and_another_payment_left_alone(void **state)
{
	struct model *model = *state;
	struct recovered recovered;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	model->n_garbled = 1;
	recovered = recover_an_hour(model);
	assert_true(recovered.is_thawed);
	assert_int_equal(recovered.n_odd, 0);
	assert_int_equal(recovered.n_surprises, 1);
	model->n_garbled = 100;
	recovered = recover_an_hour(model);
	assert_true(recovered.is_thawed);
	assert_int_equal(recovered.n_odd, 1);
}

static void
another_restores_freeze_is_left_alone(void **state)
{
	struct model *model = *state;
	struct store_freeze mine = freeze_of(model, 1000), other = mine;
	struct recovered recovered;

	other.created_ms = 8;
	put_freeze(model, &other);
	assert_int_equal(recover(model, &mine, &recovered), FAULT_BUSY);
	assert_false(recovered.is_thawed);
	assert_true(is_frozen(model));
}

static void
every_store_call_that_fails_leaves_it_frozen(void **state)
{
	struct model *model = *state;
	struct store_freeze freeze = freeze_of(model, 3600000);
	struct recovered recovered;
	enum fault f = FAULT_IO;
	long nth;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	put_freeze(model, &freeze);
	for (nth = 1; f != FAULT_NONE; nth++) {
		assert_true(nth < 200);
		store_mem_fail(model->mem, nth, FAULT_IO);
		f = recover(model, &freeze, &recovered);
		store_mem_fail(model->mem, 0, FAULT_IO);
		if (f != FAULT_NONE)
			assert_true(is_frozen(model));
		else if (!recovered.is_thawed)
			f = FAULT_IO;
	}
	assert_true(nth > 10);
	assert_false(is_frozen(model));
	assert_int_equal(
	    model_refund(model, LOST_MARKER).intent.state, INTENT_SUCCEEDED);
}

/* ---- answers i'mport should not give ----------------------------------- */

/* What a read-back says instead of the model's own answer. */
static const struct provider *honest;
static struct provider_outcome said;

static void
start_otherwise(void *self, struct provider_call *call)
{
	(void)self;
	provider_start(honest, call);
	if (call->want == PROVIDER_LIST)
		return;
	provider_outcome_deinit(&call->outcome);
	call->outcome = said;
}

static struct provider_call *
step_otherwise(void *self, int timeout_ms)
{
	(void)self;
	return provider_step(honest, timeout_ms);
}

static struct recovered
recover_with(struct model *model, struct provider_outcome outcome)
{
	static const struct provider_ops ops = { .start = start_otherwise,
		.step = step_otherwise };
	const struct provider provider = { &ops, NULL };
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &provider };
	struct store_freeze freeze = freeze_of(model, 3600000);
	struct recovered recovered;
	struct fault_note note;

	honest = &model->provider;
	said = outcome;
	put_freeze(model, &freeze);
	assert_int_equal(
	    recover_run(&walk, &freeze, NULL, &recovered, &note), FAULT_NONE);
	assert_int_equal(model->n_cancels, 0);
	return recovered;
}

static void
what_was_listed_and_is_not_there_keeps_the_freeze(void **state)
{
	struct model *model = *state;
	struct recovered recovered;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	recovered = recover_with(
	    model, (struct provider_outcome){ .said = PROVIDER_ABSENT });
	assert_false(recovered.is_thawed);
	assert_int_equal(recovered.n_failed, 1);
	assert_non_null(strstr(recovered.note.text, "imp_1"));
	assert_true(is_frozen(model));
}

static void
what_only_our_book_holds_may_not_be_there(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_record record;
	struct recovered recovered;

	(void)model_booked(model);
	model->cancel_way = MODEL_LOST;
	model->read_way = MODEL_LOST;
	record = model_refund(model, model_ask(model, &request).refund_id);
	model->n_cancels = 0;
	recovered = recover_with(
	    model, (struct provider_outcome){ .said = PROVIDER_ABSENT });
	assert_true(recovered.is_thawed);
	assert_int_equal(recovered.n_failed, 0);
	/* Nobody has said that it was not made. */
	assert_false(intent_is_final(
	    model_refund(model, record.intent.id).intent.state));
}

static void
once_nothing_is_heard_any_more_nobody_else_is_asked(void **state)
{
	struct model *model = *state;
	struct recovered recovered;

	model_cancel(model_booked(model), "c-1", 10000, LOST_MARKER);
	model_cancel(
	    model_pay(model, "imp_2", "ORD-2", 500), "c-2", 500, "MNPQRSTVWX");
	recovered = recover_with(model,
	    (struct provider_outcome){
		.said = PROVIDER_NOT_SENT, .is_shut_out = true });
	assert_false(recovered.is_thawed);
	assert_int_equal(recovered.n_failed, 1);
	recovered = recover_with(
	    model, (struct provider_outcome){ .said = PROVIDER_LOST });
	assert_int_equal(recovered.n_failed, 2);
	assert_true(is_frozen(model));
	assert_true(recover_an_hour(model).is_thawed);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lost_refunds_come_back_and_the_freeze_goes),
		TEST(an_unfinished_refund_is_read_back_too),
		TEST(without_the_list_it_stays_frozen),
		TEST(without_one_of_the_answers_it_stays_frozen),
		TEST(a_list_that_changed_is_read_again),
		TEST(a_payment_that_moved_while_listed_hides_no_other),
		TEST(a_year_is_listed_in_windows),
		TEST(
		    a_garbled_answer_is_asked_again_and_another_payment_left_alone),
		TEST(another_restores_freeze_is_left_alone),
		TEST(every_store_call_that_fails_leaves_it_frozen),
		TEST(what_was_listed_and_is_not_there_keeps_the_freeze),
		TEST(what_only_our_book_holds_may_not_be_there),
		TEST(once_nothing_is_heard_any_more_nobody_else_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
