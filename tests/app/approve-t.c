/* SPDX-License-Identifier: MIT */
/*
 * A refund that awaits an operator's word: who may say it, what it is worth,
 * and that a store that fails leaves it as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

#include "app/approve.h"
#include "app/cancel.h"
#include "app/walk.h"

#define DAY_MS (INT64_C(86400) * 1000)

static const struct refund_request nothing;

/* A refund of amount of ORD-1, asked for by kim, that awaits a word. */
static struct refund_record
awaiting(struct model *model, int64_t amount)
{
	struct refund_request request = model_request("ORD-1", amount, "k");
	struct refund_result result;

	model->app.policy.approval_threshold = 1000;
	memcpy(request.caller, "user:kim", sizeof("user:kim"));
	request.tax_free.is_given = request.vat.is_given = true;
	memcpy(request.tax_free.text, "100", 4);
	memcpy(request.vat.text, "0", 2);
	request.has_retain_promotion = true;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_AWAITING_APPROVAL);
	assert_int_equal(model->n_cancels, 0);
	return model_refund(model, result.refund_id);
}

/* In a transaction of its own, and walked to its end if it was let go. */
static enum fault
approve(struct model *model, const char *id, const char *by,
    enum approve_verdict *ret, struct refund_result *ret_result)
{
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider };
	struct task *task = task_refund(&model->app, &nothing);
	struct fault_note note = { "" };
	enum fault f;
	bool told;

	assert_non_null(task);
	f = store_begin(&model->store, 0, &note);
	if (f == FAULT_NONE)
		f = approve_open(
		    &model->app, &model->store, task, id, by, ret, &note);
	if (f == FAULT_NONE)
		f = store_commit(&model->store, &note);
	store_rollback(&model->store);
	assert_true(f == FAULT_NONE || note.text[0] != '\0');
	if (f == FAULT_NONE && *ret == APPROVE_DONE) {
		store_mem_fail(model->mem, 0, FAULT_NONE);
		assert_int_equal(
		    walk_task(&walk, task, &told, &note), FAULT_NONE);
	}
	*ret_result = task->result;
	task_free(task);
	return f;
}

static enum approve_verdict
word(struct model *model, const char *id, const char *by)
{
	enum approve_verdict verdict = APPROVE__COUNT;
	struct refund_result result;

	assert_int_equal(approve(model, id, by, &verdict, &result), FAULT_NONE);
	return verdict;
}

/* What stood in the way, where the verdict is that it was refused. */
static enum result_code
refused(struct model *model, const char *id)
{
	enum approve_verdict verdict = APPROVE__COUNT;
	struct refund_result result;

	assert_int_equal(
	    approve(model, id, "lee", &verdict, &result), FAULT_NONE);
	assert_int_equal(verdict, APPROVE_REFUSED);
	assert_int_equal(
	    model_refund(model, id).intent.state, INTENT_AWAITING_APPROVAL);
	assert_int_equal(model->n_cancels, 0);
	return result.code;
}

static enum fault
reject(struct model *model, const char *id, enum approve_verdict *ret)
{
	struct fault_note note = { "" };
	enum fault f;

	f = store_begin(&model->store, 0, &note);
	if (f == FAULT_NONE)
		f = approve_reject(
		    &model->app, &model->store, id, "lee", ret, &note);
	if (f == FAULT_NONE)
		f = store_commit(&model->store, &note);
	store_rollback(&model->store);
	assert_true(f == FAULT_NONE || note.text[0] != '\0');
	return f;
}

static void
set_frozen(struct model *model, bool is_frozen)
{
	struct store_freeze freeze = { .cause = FREEZE_OPERATOR };

	assert_int_equal(store_begin(&model->store, 0, NULL), FAULT_NONE);
	if (is_frozen)
		assert_int_equal(
		    store_freeze_put(&model->store, &freeze, NULL), FAULT_NONE);
	else
		assert_int_equal(
		    store_freeze_delete(&model->store, FREEZE_OPERATOR, NULL),
		    FAULT_NONE);
	assert_int_equal(store_commit(&model->store, NULL), FAULT_NONE);
}

/* Our book hears of what somebody cancelled at the console. */
static void
put_payment(struct model *model, const struct payment *payment)
{
	assert_int_equal(store_begin(&model->store, 0, NULL), FAULT_NONE);
	assert_int_equal(
	    store_payment_put(&model->store, payment, model->now_ms, NULL),
	    FAULT_NONE);
	assert_int_equal(store_commit(&model->store, NULL), FAULT_NONE);
}

static void
the_one_who_asked_may_not_say_yes(void **state)
{
	static const char *const same[] = { "user:kim", "kim", "Kim",
		"USER:KIM" };
	static const char *const others[] = { "ki", "kimm", "user:", "",
		"user:lee" };
	struct model *model = *state;
	struct refund_record record;
	size_t i;

	(void)model_booked(model);
	record = awaiting(model, 3000);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(
		    word(model, record.intent.id, same[i]), APPROVE_OWN);
	assert_int_equal(model->n_cancels, 0);
	/* Anybody else is, frozen only so that it goes on awaiting. */
	set_frozen(model, true);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(
		    word(model, record.intent.id, others[i]), APPROVE_FROZEN);
	assert_int_equal(model->n_cancels, 0);
}

static void
who_has_no_name_before_a_colon_is_known_by_all_of_it(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;

	(void)model_booked(model);
	model->app.policy.approval_threshold = 1000;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_AWAITING_APPROVAL);
	assert_int_equal(word(model, result.refund_id, "None"), APPROVE_OWN);
	assert_int_equal(word(model, result.refund_id, "one"), APPROVE_DONE);
	assert_int_equal(model->n_cancels, 1);
}

static void
one_that_is_approved_is_sent_once_as_it_was_asked_for(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_record record = awaiting(model, 3000);
	enum approve_verdict verdict = APPROVE__COUNT;
	struct refund_result result;

	assert_int_equal(
	    approve(model, record.intent.id, "lee", &verdict, &result),
	    FAULT_NONE);
	assert_int_equal(verdict, APPROVE_DONE);
	assert_int_equal(result.code, RESULT_REFUNDED);
	assert_int_equal(paid->payment.cancel_amount, 3000);
	assert_int_equal(model->last.amount, 3000);
	assert_int_equal(model->last.tax_free, 100);
	assert_int_equal(model->last.vat, 0);
	assert_true(model->last.has_retain_promotion);
	assert_false(model->last.retain_promotion);
	assert_int_equal(
	    word(model, record.intent.id, "lee"), APPROVE_NOT_AWAITING);
	assert_int_equal(word(model, "0123456789", "lee"), APPROVE_ABSENT);
	assert_int_equal(reject(model, record.intent.id, &verdict), FAULT_NONE);
	assert_int_equal(verdict, APPROVE_NOT_AWAITING);
	assert_int_equal(model->n_cancels, 1);
}

static void
one_that_is_rejected_is_never_sent(void **state)
{
	struct model *model = *state;
	struct refund_record record;
	enum approve_verdict verdict = APPROVE__COUNT;

	(void)model_booked(model);
	record = awaiting(model, 3000);
	assert_int_equal(reject(model, record.intent.id, &verdict), FAULT_NONE);
	assert_int_equal(verdict, APPROVE_DONE);
	record = model_refund(model, record.intent.id);
	assert_int_equal(record.intent.state, INTENT_FAILED);
	assert_int_equal(record.intent.failure, INTENT_REJECTED);
	assert_int_equal(record.closed_ms, model->now_ms);
	assert_int_equal(
	    word(model, record.intent.id, "lee"), APPROVE_NOT_AWAITING);
	assert_int_equal(reject(model, "0123456789", &verdict), FAULT_NONE);
	assert_int_equal(verdict, APPROVE_ABSENT);
	assert_int_equal(model->n_cancels, 0);
}

static void
while_frozen_it_awaits_and_then_it_goes(void **state)
{
	struct model *model = *state;
	struct refund_record record;

	(void)model_booked(model);
	record = awaiting(model, 3000);
	set_frozen(model, true);
	assert_int_equal(word(model, record.intent.id, "lee"), APPROVE_FROZEN);
	assert_int_equal(model->n_cancels, 0);
	set_frozen(model, false);
	assert_int_equal(word(model, record.intent.id, "lee"), APPROVE_DONE);
	assert_int_equal(model->n_cancels, 1);
}

static void
what_is_no_longer_left_is_not_given(void **state)
{
	struct model *model = *state;
	struct truth_entry entry = { .id = "c-9", .amount = 8000 };
	struct model_payment *paid = model_booked(model);
	struct refund_record record = awaiting(model, 3000);
	struct payment payment = paid->payment;

	/* The balance is known, and what it came from is not. */
	payment.cancel_amount = 100;
	put_payment(model, &payment);
	assert_int_equal(
	    refused(model, record.intent.id), RESULT_PROVIDER_UNREACHABLE);
	payment.cancel_amount = 8000;
	put_payment(model, &payment);
	assert_int_equal(store_begin(&model->store, 0, NULL), FAULT_NONE);
	assert_int_equal(store_cancellation_put(&model->store, payment.imp_uid,
			     &entry, "", model->now_ms, NULL),
	    FAULT_NONE);
	assert_int_equal(store_commit(&model->store, NULL), FAULT_NONE);
	assert_int_equal(
	    refused(model, record.intent.id), RESULT_AMOUNT_EXCEEDS);
}

static void
a_days_limit_counts_it_once_on_the_day_it_goes(void **state)
{
	struct model *model = *state;
	struct refund_record record;
	int day;

	for (day = 0; day < 2; day++) {
		(void)model_teardown(state);
		assert_int_equal(model_setup(state), 0);
		model = *state;
		(void)model_booked(model);
		record = awaiting(model, 3000);
		model->now_ms += day * DAY_MS;
		model->app.policy.per_day_limit = 2999;
		assert_int_equal(
		    refused(model, record.intent.id), RESULT_LIMIT_EXCEEDED);
		model->app.policy.per_day_limit = 3000;
		assert_int_equal(
		    word(model, record.intent.id, "lee"), APPROVE_DONE);
		assert_int_equal(model->n_cancels, 1);
	}
}

/* Of approve or reject: whichever call fails, it awaits as before. */
static void
fail_at_each_call(void **state, bool is_approval)
{
	enum approve_verdict verdict = APPROVE__COUNT;
	struct refund_record record;
	struct refund_result result;
	struct model *model;
	enum fault f = FAULT_IO;
	long nth;

	for (nth = 1; f != FAULT_NONE; nth++) {
		(void)model_teardown(state);
		assert_int_equal(model_setup(state), 0);
		model = *state;
		(void)model_booked(model);
		record = awaiting(model, 3000);
		store_mem_fail(model->mem, nth, FAULT_IO);
		f = is_approval
		    ? approve(model, record.intent.id, "lee", &verdict, &result)
		    : reject(model, record.intent.id, &verdict);
		store_mem_fail(model->mem, 0, FAULT_NONE);
		if (f == FAULT_NONE)
			break;
		assert_int_equal(f, FAULT_IO);
		assert_int_equal(
		    model_refund(model, record.intent.id).intent.state,
		    INTENT_AWAITING_APPROVAL);
		assert_int_equal(model->n_cancels, 0);
		assert_int_equal(
		    word(model, record.intent.id, "lee"), APPROVE_DONE);
		assert_int_equal(model->n_cancels, 1);
	}
	/* begin, refund, payment, ..., commit */
	assert_true(nth > 5);
	assert_int_equal(verdict, APPROVE_DONE);
}

static void
an_approval_that_fails_sends_nothing(void **state)
{
	fail_at_each_call(state, true);
}

static void
a_rejection_that_fails_leaves_it_awaiting(void **state)
{
	fail_at_each_call(state, false);
}

/* As a store that keeps no promises: the row is another's meanwhile. */
static enum fault
lose(void *self, const struct refund_record *record, bool *ret_won,
    struct fault_note *note)
{
	(void)self;
	(void)record;
	(void)note;
	*ret_won = false;
	return FAULT_NONE;
}

static void
a_row_that_changes_under_its_lock_is_a_bug_and_nothing_is_sent(void **state)
{
	struct model *model = *state;
	const struct store_ops *honest = model->store.ops;
	struct store_ops ops = *honest;
	enum approve_verdict verdict = APPROVE__COUNT;
	struct refund_record record;
	struct refund_result result;

	(void)model_booked(model);
	record = awaiting(model, 3000);
	ops.refund_approve = lose;
	ops.refund_save = lose;
	model->store.ops = &ops;
	assert_int_equal(
	    approve(model, record.intent.id, "lee", &verdict, &result),
	    FAULT_BUG);
	assert_int_equal(reject(model, record.intent.id, &verdict), FAULT_BUG);
	model->store.ops = honest;
	assert_int_equal(model->n_cancels, 0);
	assert_int_equal(model_refund(model, record.intent.id).intent.state,
	    INTENT_AWAITING_APPROVAL);
}

static void
each_verdict_of_the_rules_has_its_answer(void **state)
{
	static const struct {
		enum refund_verdict verdict;
		enum result_code code;
	} rows[] = {
		{ REFUND_NOT_PAID, RESULT_NOT_PAID },
		{ REFUND_ALREADY_REFUNDED, RESULT_ALREADY_REFUNDED },
		{ REFUND_EXCEEDS, RESULT_AMOUNT_EXCEEDS },
		{ REFUND_FIELD_INVALID, RESULT_INVALID_FIELD },
		{ REFUND_IN_PROGRESS, RESULT_REFUND_IN_PROGRESS },
		{ REFUND_ACCOUNT_REQUIRED, RESULT_ACCOUNT_REQUIRED },
		{ REFUND_UNSUPPORTED, RESULT_UNSUPPORTED },
		{ REFUND_MONTH_CLOSED, RESULT_MONTH_CLOSED },
		{ REFUND_WHOLE_ONLY, RESULT_WHOLE_ONLY },
		{ REFUND_PARTS_USED, RESULT_PARTS_USED },
		{ REFUND_LIMITED, RESULT_LIMIT_EXCEEDED },
		/* No reason to refuse: asked for by mistake. */
		{ REFUND_ALLOWED, RESULT_FAULT },
		{ REFUND_NEEDS_APPROVAL, RESULT_FAULT },
		{ REFUND__COUNT, RESULT_FAULT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cancel_code_of(rows[i].verdict), rows[i].code);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_one_who_asked_may_not_say_yes),
		TEST(who_has_no_name_before_a_colon_is_known_by_all_of_it),
		TEST(one_that_is_approved_is_sent_once_as_it_was_asked_for),
		TEST(one_that_is_rejected_is_never_sent),
		TEST(while_frozen_it_awaits_and_then_it_goes),
		TEST(what_is_no_longer_left_is_not_given),
		TEST(a_days_limit_counts_it_once_on_the_day_it_goes),
		TEST(an_approval_that_fails_sends_nothing),
		TEST(a_rejection_that_fails_leaves_it_awaiting),
		TEST(
		    a_row_that_changes_under_its_lock_is_a_bug_and_nothing_is_sent),
		TEST(each_verdict_of_the_rules_has_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
