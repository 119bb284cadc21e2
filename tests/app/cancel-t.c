/* SPDX-License-Identifier: MIT */
/*
 * One refund against a model i'mport: what is told, and how often money moves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "tally.h"

#include "app/walk.h"

static void
a_whole_refund_moves_everything_once(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 0, "");
	struct refund_result result = model_ask(model, &request);
	struct refund_record record;

	assert_int_equal(result.code, RESULT_REFUNDED);
	assert_int_equal(result.payment.cancel_amount, 10000);
	assert_int_equal(result.payment.status, PAYMENT_CANCELLED);
	assert_int_equal(paid->payment.cancel_amount, 10000);
	assert_int_equal(model->n_cancels, 1);
	assert_int_equal(model->n_reads, 0);
	assert_int_equal(model->last.amount, 10000);
	assert_int_equal(model->last.checksum, 10000);
	record = model_refund(model, result.refund_id);
	assert_int_equal(record.intent.state, INTENT_SUCCEEDED);
	assert_string_equal(record.intent.cancellation_id, "c1");
	assert_int_equal(record.answer.status, 200);
	assert_true(record.closed_ms != 0);
}

/* At most most refunds of each order, and of each caller. */
static void
limit(struct model *model, struct tally *tally, int order, int caller)
{
	tally_init(tally);
	tally->most[LIMIT_ORDER_REFUNDS] = order;
	tally->most[LIMIT_CALLER_REFUNDS] = caller;
	model->app.limits = tally_limits(tally);
}

static void
one_refund_too_many_of_an_order_is_refused_before_anything(void **state)
{
	struct model *model = *state;
	struct refund_request first = model_request("ORD-1", 1000, "a");
	struct refund_request second = model_request("ORD-1", 2000, "b");
	struct refund_request other = model_request("ORD-2", 1000, "c");
	struct refund_result result;
	struct tally tally;

	(void)model_booked(model);
	(void)model_pay(model, "imp_2", "ORD-2", 5000);
	limit(model, &tally, 1, 0);
	assert_int_equal(model_ask(model, &first).code, RESULT_REFUNDED);
	result = model_ask(model, &second);
	assert_int_equal(result.code, RESULT_RATE_LIMITED);
	assert_int_equal(result.wait_ms, TALLY_WAIT_MS);
	assert_false(result.has_refund || result.has_payment);
	assert_int_equal(model->n_cancels, 1);
	assert_int_equal(model->n_reads, 0);
	/* Unknown here: asked about, refunded, counted once. */
	assert_int_equal(model_ask(model, &other).code, RESULT_REFUNDED);
	assert_int_equal(tally_of(&tally, LIMIT_ORDER_REFUNDS, "ORD-2"), 1);
	assert_int_equal(tally_of(&tally, LIMIT_CALLER_REFUNDS, "none"), 2);
	/* Its key is still free. */
	tally.most[LIMIT_ORDER_REFUNDS] = 0;
	assert_int_equal(model_ask(model, &second).code, RESULT_REFUNDED);
}

static void
an_order_is_the_same_by_either_of_its_names(void **state)
{
	struct model *model = *state;
	struct refund_request by_order = model_request("ORD-1", 1000, "a");
	struct refund_request by_id = model_request("", 2000, "b");
	struct tally tally;

	(void)model_booked(model);
	memcpy(by_id.imp_uid, "imp_1", sizeof("imp_1"));
	limit(model, &tally, 1, 0);
	assert_int_equal(model_ask(model, &by_id).code, RESULT_REFUNDED);
	assert_int_equal(model_ask(model, &by_order).code, RESULT_RATE_LIMITED);
	memcpy(by_id.imp_uid, "imp_9", sizeof("imp_9"));
	memcpy(by_id.idempotency_key, "c", 2);
	assert_int_equal(
	    model_ask(model, &by_id).code, RESULT_PAYMENT_NOT_FOUND);
	assert_int_equal(model_ask(model, &by_id).code, RESULT_RATE_LIMITED);
	assert_int_equal(model->n_reads, 1);
}

static void
who_hears_an_earlier_answer_again_does_not_count(void **state)
{
	struct model *model = *state;
	struct refund_request keyed = model_request("ORD-1", 1000, "a");
	struct refund_request bare = model_request("ORD-1", 2000, "");
	struct tally tally;
	int i;

	(void)model_booked(model);
	limit(model, &tally, 2, 2);
	assert_int_equal(model_ask(model, &keyed).code, RESULT_REFUNDED);
	assert_int_equal(model_ask(model, &bare).code, RESULT_REFUNDED);
	for (i = 0; i < 50; i++) {
		assert_true(model_ask(model, &keyed).is_replay);
		assert_true(model_ask(model, &bare).is_replay);
	}
	assert_int_equal(tally_of(&tally, LIMIT_ORDER_REFUNDS, "ORD-1"), 2);
	assert_int_equal(tally_of(&tally, LIMIT_CALLER_REFUNDS, "none"), 2);
}

static void
what_is_refused_counts_and_an_order_does_not_use_up_its_caller(void **state)
{
	struct model *model = *state;
	struct refund_request much = model_request("ORD-1", 99999, "");
	struct refund_request other = model_request("ORD-2", 1000, "");
	struct model_payment *paid = model_booked(model);
	struct tally tally;
	int i;

	model_book(model, paid);
	model_book(model, model_pay(model, "imp_2", "ORD-2", 5000));
	limit(model, &tally, 2, 3);
	for (i = 0; i < 20; i++)
		assert_int_equal(model_ask(model, &much).code,
		    i < 2 ? RESULT_AMOUNT_EXCEEDS : RESULT_RATE_LIMITED);
	assert_int_equal(model_ask(model, &other).code, RESULT_REFUNDED);
	other.amount.text[0] = '2';
	other.fingerprint[0] = 'x';
	assert_int_equal(model_ask(model, &other).code, RESULT_RATE_LIMITED);
	assert_int_equal(model->n_cancels, 1);
}

/* Its transaction could not be committed, and is made anew. */
static void
a_step_that_is_run_again_counts_once(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 1000, "a");
	struct task *task = task_refund(&model->app, &request);
	struct tally tally;
	int i;

	(void)model_booked(model);
	limit(model, &tally, 1, 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    store_begin(&model->store, 0, NULL), FAULT_NONE);
		assert_int_equal(
		    task_store(&model->app, &model->store, task, NULL),
		    FAULT_NONE);
		assert_int_equal(task->next, TASK_CALL);
		store_rollback(&model->store);
	}
	assert_int_equal(tally_of(&tally, LIMIT_ORDER_REFUNDS, "ORD-1"), 1);
	task_free(task);
}

static void
set_frozen(struct model *model, bool is_frozen)
{
	struct store_freeze freeze = {
		.cause = FREEZE_RESTORE, .since_ms = 1, .created_ms = 1
	};

	assert_int_equal(store_begin(&model->store, 0, NULL), FAULT_NONE);
	if (is_frozen)
		assert_int_equal(
		    store_freeze_put(&model->store, &freeze, NULL), FAULT_NONE);
	else
		assert_int_equal(
		    store_freeze_delete(&model->store, FREEZE_RESTORE, NULL),
		    FAULT_NONE);
	assert_int_equal(store_commit(&model->store, NULL), FAULT_NONE);
}

static void
while_frozen_nothing_new_starts_and_the_old_is_repeated(void **state)
{
	struct model *model = *state;
	struct refund_request old = model_request("ORD-1", 3000, "a");
	struct refund_request new = model_request("ORD-1", 3000, "b");
	struct refund_request unknown = model_request("ORD-2", 0, "c");

	(void)model_booked(model);
	(void)model_pay(model, "imp_2", "ORD-2", 5000);
	assert_int_equal(model_ask(model, &old).code, RESULT_REFUNDED);
	set_frozen(model, true);
	assert_int_equal(model_ask(model, &new).code, RESULT_FROZEN);
	assert_int_equal(model_ask(model, &unknown).code, RESULT_FROZEN);
	assert_true(model_ask(model, &old).is_replay);
	assert_int_equal(model->n_cancels, 1);
	assert_int_equal(model->n_reads, 0);
	set_frozen(model, false);
	assert_int_equal(model_ask(model, &new).code, RESULT_REFUNDED);
	assert_int_equal(model->n_cancels, 2);
}

/* Frozen between the question about an unknown order and its answer. */
static void
a_freeze_that_comes_meanwhile_is_seen(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-2", 0, "c");
	struct task *task = task_refund(&model->app, &request);

	(void)model_pay(model, "imp_2", "ORD-2", 5000);
	model_store_step(model, task);
	assert_int_equal(task->next, TASK_CALL);
	provider_start(&model->provider, &task->call);
	assert_ptr_equal(provider_step(&model->provider, 0), &task->call);
	task_heard(&model->app, task);
	set_frozen(model, true);
	model_store_step(model, task);
	assert_int_equal(task->next, TASK_END);
	assert_int_equal(task->result.code, RESULT_FROZEN);
	assert_int_equal(model->n_cancels, 0);
	task_free(task);
}

/* A refund is sent, and its book becomes one that knows nothing of it. */
static enum result_code
close_in_another_book(struct model *model, enum model_way way)
{
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);
	enum result_code code;

	model_store_step(model, task);
	model->cancel_way = way;
	model->read_way = MODEL_LOST;
	while (task->next == TASK_CALL) {
		provider_start(&model->provider, &task->call);
		assert_ptr_equal(
		    provider_step(&model->provider, 0), &task->call);
		task_heard(&model->app, task);
	}
	store_mem_free(model->mem);
	assert_int_equal(store_mem_new(&model->mem, NULL), FAULT_NONE);
	model->store = store_mem_port(model->mem);
	model_book(model, paid);
	assert_int_equal(task->next, TASK_STORE);
	model_store_step(model, task);
	assert_int_equal(task->next, TASK_END);
	code = task->result.code;
	task_free(task);
	return code;
}

static void
a_refund_whose_book_was_replaced_ends(void **state)
{
	assert_int_equal(
	    close_in_another_book(*state, MODEL_LOST), RESULT_FAULT);
}

static void
one_that_was_not_sent_says_so_in_any_book(void **state)
{
	assert_int_equal(close_in_another_book(*state, MODEL_NOT_SENT),
	    RESULT_PROVIDER_UNREACHABLE);
}

static void
parts_add_up_to_the_amount_and_no_further(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "a");

	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	request = model_request("ORD-1", 7001, "b");
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_AMOUNT_EXCEEDS);
	request = model_request("ORD-1", 7000, "c");
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	request = model_request("ORD-1", 1, "d");
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_ALREADY_REFUNDED);
	assert_int_equal(paid->payment.cancel_amount, 10000);
	assert_int_equal(model->n_cancels, 2);
}

static void
each_refund_has_the_receipt_of_its_own_entry(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "a");
	struct refund_result first, second, declined;

	first = model_ask(model, &request);
	request = model_request("ORD-1", 1000, "b");
	second = model_ask(model, &request);
	assert_int_equal(paid->n, 2);
	assert_string_equal(first.receipt_url, paid->entries[0].receipt_url);
	assert_string_equal(second.receipt_url, paid->entries[1].receipt_url);
	assert_string_not_equal(first.receipt_url, second.receipt_url);
	assert_string_equal(model_refund(model, first.refund_id).receipt_url,
	    first.receipt_url);
	request = model_request("ORD-1", 9000, "c");
	declined = model_ask(model, &request);
	assert_int_equal(declined.code, RESULT_AMOUNT_EXCEEDS);
	assert_string_equal(declined.receipt_url, "");
}

static void
a_key_brings_the_same_answer_for_ever(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result first, again;

	(void)model_booked(model);
	first = model_ask(model, &request);
	model->now_ms += INT64_C(400) * 86400 * 1000;
	again = model_ask(model, &request);
	assert_true(again.is_replay);
	assert_int_equal(again.answer.status, 200);
	assert_string_equal(again.answer.body,
	    model_refund(model, first.refund_id).answer.body);
	assert_int_equal(model->n_cancels, 1);

	request = model_request("ORD-1", 3001, "k");
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_IDEMPOTENCY_MISMATCH);
	request = model_request("ORD-1", 3000, "k");
	(void)snprintf(request.caller, sizeof(request.caller), "user:other");
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_cancels, 2);
}

static void
without_a_key_only_a_double_click_is_the_same_refund(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "");

	(void)model_booked(model);
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	model->now_ms += 9999;
	assert_true(model_ask(model, &request).is_replay);
	model->now_ms += 2;
	assert_false(model_ask(model, &request).is_replay);
	assert_int_equal(model->n_cancels, 2);
}

static void
an_equal_request_waits_for_the_first_ones_answer(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "");
	struct task *first = task_refund(&model->app, &request);
	struct task *second = task_refund(&model->app, &request);

	(void)model_booked(model);
	model_store_step(model, first);
	assert_int_equal(first->next, TASK_CALL);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_WAIT);

	provider_start(&model->provider, &first->call);
	assert_ptr_equal(provider_step(&model->provider, 0), &first->call);
	task_heard(&model->app, first);
	assert_true(task_must_save(first));
	model_store_step(model, first);
	assert_int_equal(first->result.code, RESULT_REFUNDED);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_END);
	assert_true(second->result.is_replay);
	assert_string_equal(second->result.refund_id, first->result.refund_id);
	assert_int_equal(model->n_cancels, 1);
	task_free(first);
	task_free(second);
}

static void
who_waits_hears_a_refusal_too_and_starts_nothing(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "");
	struct task *first = task_refund(&model->app, &request);
	struct task *second = task_refund(&model->app, &request);

	(void)model_booked(model);
	model_store_step(model, first);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_WAIT);
	model->cancel_way = MODEL_REFUSED;
	provider_start(&model->provider, &first->call);
	while (first->next == TASK_CALL) {
		(void)provider_step(&model->provider, 0);
		task_heard(&model->app, first);
		if (first->next == TASK_CALL)
			provider_start(&model->provider, &first->call);
	}
	model_store_step(model, first);
	assert_int_equal(first->result.code, RESULT_DECLINED);
	model_store_step(model, second);
	assert_int_equal(second->next, TASK_END);
	assert_int_equal(second->result.code, RESULT_DECLINED);
	assert_int_equal(model->n_cancels, 1);
	task_free(first);
	task_free(second);
}

static void
a_key_that_still_runs_says_so(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *first = task_refund(&model->app, &request);
	struct refund_result result;

	(void)model_booked(model);
	model_store_step(model, first);
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_REQUEST_IN_PROGRESS);
	assert_string_equal(result.refund_id, first->record.intent.id);
	request = model_request("ORD-1", 100, "other");
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_REFUND_IN_PROGRESS);
	assert_string_equal(result.refund_id, first->record.intent.id);
	assert_int_equal(model->n_cancels, 0);
	task_free(first);
}

static void
a_lost_answer_is_found_by_reading_back_at_once(void **state)
{
	static const enum model_way ways[] = { MODEL_LOST_DONE, MODEL_BLANK,
		MODEL_REFUSED_DONE };
	struct model *model = *state;
	struct refund_request request;
	char key[8];
	size_t i;

	(void)model_booked(model);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		(void)snprintf(key, sizeof(key), "k%zu", i);
		request = model_request("ORD-1", 1000, key);
		model->cancel_way = ways[i];
		assert_int_equal(
		    model_ask(model, &request).code, RESULT_REFUNDED);
		assert_int_equal(model->n_reads, (int)i + 1);
		assert_int_equal(model->n_cancels, (int)i + 1);
	}
}

static void
a_lost_request_is_unknown_until_the_quiet_period_has_passed(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;
	int64_t born_ms = model->now_ms;
	int i;

	model->cancel_way = MODEL_LOST;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	for (i = 0; i < 100; i++) {
		model->now_ms += 1000;
		(void)model_resolve(model);
		if (model_refund(model, result.refund_id).intent.state !=
		    INTENT_UNKNOWN)
			fail_msg("decided after %d s", i + 1);
	}
	for (i = 0; i < 200; i++) {
		model->now_ms += 1000;
		(void)model_resolve(model);
		if (model_refund(model, result.refund_id).intent.state ==
		    INTENT_FAILED)
			break;
	}
	assert_int_equal(model_refund(model, result.refund_id).intent.failure,
	    INTENT_NOT_APPLIED);
	assert_true(model->now_ms - born_ms >= 70000 + 180000);
	assert_true(model->now_ms - born_ms <= 70000 + 180000 + 5000);
	assert_int_equal(paid->payment.cancel_amount, 0);

	result = model_ask(model, &request);
	assert_true(result.is_replay);
	request = model_request("ORD-1", 3000, "k2");
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_cancels, 2);
}

static void
a_crash_before_the_answer_is_resolved_from_the_journal(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);
	char id[REFUND_ID_SIZE];

	model_store_step(model, task);
	memcpy(id, task->record.intent.id, sizeof(id));
	provider_start(&model->provider, &task->call);
	(void)provider_step(&model->provider, 0);
	task_free(task); /* killed here */

	assert_int_equal(model_resolve(model), 0);
	model->now_ms += 70000;
	assert_int_equal(model_resolve(model), 1);
	assert_int_equal(
	    model_refund(model, id).intent.state, INTENT_SUCCEEDED);
	assert_int_equal(paid->payment.cancel_amount, 3000);
	assert_true(model_ask(model, &request).is_replay);
	assert_int_equal(model->n_cancels, 1);
}

static void
a_request_meets_an_overdue_refund_and_resolves_it_first(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);

	(void)model_booked(model);
	model_store_step(model, task);
	provider_start(&model->provider, &task->call);
	(void)provider_step(&model->provider, 0);
	task_free(task);

	model->now_ms += 70000;
	request = model_request("ORD-1", 7000, "other");
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_reads, 1);
	assert_int_equal(model->payments[0].payment.cancel_amount, 10000);
}

static void
a_refusal_with_an_unmoved_balance_is_declined(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;

	(void)model_booked(model);
	model->cancel_way = MODEL_REFUSED;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_DECLINED);
	assert_string_equal(result.provider_message, "no");
	assert_true(model_ask(model, &request).is_replay);
	assert_int_equal(model->n_cancels, 1);
}

static void
a_console_cancel_changes_the_balance_and_is_taken_over(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;

	model_cancel(paid, "console", 4000, "");
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_BALANCE_CHANGED);
	assert_int_equal(payment_refundable(&result.payment), 6000);
	request = model_request("ORD-1", 0, "k2");
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_REFUNDED);
	assert_int_equal(result.amount, 6000);
}

static void
what_was_not_sent_leaves_the_key_free(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");

	(void)model_booked(model);
	model->cancel_way = MODEL_NOT_SENT;
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_PROVIDER_UNREACHABLE);
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->payments[0].payment.cancel_amount, 3000);
}

static void
an_unknown_order_is_looked_up_once(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "");

	assert_int_equal(
	    model_ask(model, &request).code, RESULT_PAYMENT_NOT_FOUND);
	assert_int_equal(model->n_reads, 1);
	(void)model_pay(model, "imp_1", "ORD-1", 10000);
	model->read_way = MODEL_LOST;
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_PROVIDER_UNREACHABLE);
	model->read_way = MODEL_HONEST;
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_reads, 3);
	request = model_request("ORD-1", 1000, "");
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_reads, 3);
}

static void
a_payment_refunded_before_we_met_it_is_read_first(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_pay(model, "imp_1", "ORD-1", 10000);
	struct refund_request request = model_request("ORD-1", 3000, "a");

	model_cancel(paid, "old", 3000, "");
	model_book(model, paid);
	model->is_marker_cut = true;
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_reads, 1);
	request = model_request("ORD-1", 3000, "b");
	assert_int_equal(model_ask(model, &request).code, RESULT_REFUNDED);
	assert_int_equal(model->n_reads, 1);
	assert_int_equal(paid->payment.cancel_amount, 9000);
}

static void
another_amount_at_imports_is_a_mismatch_and_not_taken_over(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "");
	struct refund_result result;

	paid->payment.amount = 9000;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_PAYMENT_MISMATCH);
	assert_int_equal(result.payment.amount, 10000);
	assert_int_equal(paid->payment.cancel_amount, 0);
}

static void
of_another_payment_at_imports_no_history_is_taken_over(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_booked(model);
	struct refund_request request = model_request("ORD-1", 3000, "");
	struct fault_note note;
	struct book book;

	paid->payment.amount = 9000;
	model_cancel(paid, "console", 1000, "");
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_PAYMENT_MISMATCH);
	assert_int_equal(store_begin(&model->store, 0, &note), FAULT_NONE);
	assert_int_equal(
	    store_book(&model->store, "imp_1", "", &book, &note), FAULT_NONE);
	store_rollback(&model->store);
	assert_int_equal(book.n, 0);
	free(book.entries);
}

static void
a_payment_imports_does_not_know_is_not_found(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_pay(model, "imp_1", "ORD-1", 10000);
	struct refund_request request = model_request("ORD-1", 3000, "");

	model_cancel(paid, "old", 1000, "");
	model_book(model, paid);
	model->n_payments = 0;
	assert_int_equal(
	    model_ask(model, &request).code, RESULT_PAYMENT_NOT_FOUND);
}

static void
an_asynchronous_refund_is_pending_until_it_is_seen(void **state)
{
	struct model *model = *state;
	struct model_payment *paid = model_pay(model, "imp_1", "ORD-1", 10000);
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct refund_result result;

	(void)snprintf(paid->payment.pg_provider,
	    sizeof(paid->payment.pg_provider), "paypal_v2");
	model_book(model, paid);
	model->cancel_way = MODEL_TAKEN;
	result = model_ask(model, &request);
	assert_int_equal(result.code, RESULT_PENDING);
	assert_int_equal(model_ask(model, &request).code, RESULT_PENDING);
	model_cancel(paid, "later", 3000, result.refund_id);
	model->now_ms += 60000;
	assert_int_equal(model_resolve(model), 1);
	assert_int_equal(model_ask(model, &request).answer.status, 200);
	assert_int_equal(model->n_cancels, 1);
}

static void
who_was_told_that_nothing_was_sent_is_not_surprised_later(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);
	struct refund_result result;

	(void)model_pay(model, "imp_1", "ORD-1", 10000);
	model_store_step(model, task);
	assert_int_equal(task->next, TASK_CALL); /* to find the order */
	provider_start(&model->provider, &task->call);
	task_not_yet(task, &result);
	assert_int_equal(result.code, RESULT_PROVIDER_UNREACHABLE);
	(void)provider_step(&model->provider, 0);
	task_heard(&model->app, task);
	model_store_step(model, task);
	assert_int_equal(task->next, TASK_END);
	assert_int_equal(model->n_cancels, 0);
	task_free(task);
}

static void
who_waits_too_long_hears_the_state_and_the_refund_goes_on(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);
	struct refund_result result;

	(void)model_booked(model);
	model_store_step(model, task);
	provider_start(&model->provider, &task->call);
	task_not_yet(task, &result);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	assert_int_equal(result.state, INTENT_IN_FLIGHT);
	assert_string_equal(result.refund_id, task->record.intent.id);
	(void)provider_step(&model->provider, 0);
	task_heard(&model->app, task);
	model_store_step(model, task);
	assert_int_equal(task->result.code, RESULT_REFUNDED);
	task_free(task);
}

static void
who_asks_again_and_waits_too_long_hears_the_refunds_state(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);
	struct refund_result result;

	(void)model_booked(model);
	model_store_step(model, task); /* written down; then the process dies */
	task_free(task);
	model->now_ms += model->app.send_within_ms + model->app.timeout_ms;
	task = task_refund(&model->app, &request);
	model_store_step(model, task);
	assert_int_equal(task->next, TASK_CALL); /* how did it end? */
	task_not_yet(task, &result);
	assert_int_equal(result.code, RESULT_UNKNOWN);
	assert_true(result.has_refund);
	task_free(task);
}

static void
a_step_whose_commit_failed_can_be_run_again(void **state)
{
	struct model *model = *state;
	struct refund_request request = model_request("ORD-1", 3000, "k");
	struct task *task = task_refund(&model->app, &request);
	struct fault_note note;
	int i;

	(void)model_booked(model);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    store_begin(&model->store, 0, &note), FAULT_NONE);
		assert_int_equal(
		    task_store(&model->app, &model->store, task, &note),
		    FAULT_NONE);
		store_rollback(&model->store);
	}
	model_store_step(model, task);
	provider_start(&model->provider, &task->call);
	(void)provider_step(&model->provider, 0);
	task_heard(&model->app, task);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    store_begin(&model->store, 0, &note), FAULT_NONE);
		assert_int_equal(
		    task_store(&model->app, &model->store, task, &note),
		    FAULT_NONE);
		store_rollback(&model->store);
	}
	model_store_step(model, task);
	assert_int_equal(task->result.code, RESULT_REFUNDED);
	assert_int_equal(model->n_cancels, 1);
	task_free(task);
}

/* Every store call of a refund fails once; the money moves at most once. */
static void
every_store_call_that_fails_leaves_an_honest_answer(void **state)
{
	struct model *model = *state;
	struct refund_request request;
	struct refund_result result;
	char order[32], imp_uid[32];
	struct model_payment *paid;
	long nth;
	bool has_failed = true;

	for (nth = 1; has_failed; nth++) {
		model->n_payments = 0;
		memset(&model->payments[0], 0, sizeof(model->payments[0]));
		(void)snprintf(order, sizeof(order), "ORD-%ld", nth);
		(void)snprintf(imp_uid, sizeof(imp_uid), "imp_%ld", nth);
		paid = model_pay(model, imp_uid, order, 10000);
		model_book(model, paid);
		request = model_request(order, 3000, order);
		store_mem_fail(model->mem, nth, FAULT_IO);
		result = model_ask(model, &request);
		has_failed = result.code != RESULT_REFUNDED || nth < 10;
		store_mem_fail(model->mem, 0, FAULT_NONE);
		/* Either it was refused before it was sent, or it is done. */
		assert_true(result.code == RESULT_REFUNDED ||
		    result.code == RESULT_FAULT);
		if (paid->payment.cancel_amount !=
		    (result.code == RESULT_REFUNDED ? 3000 : 0))
			fail_msg("call %ld: told %d, moved %lld", nth,
			    (int)result.code,
			    (long long)paid->payment.cancel_amount);
		model->now_ms += 11000;
		assert_int_equal(
		    model_ask(model, &request).code, RESULT_REFUNDED);
		assert_int_equal(paid->payment.cancel_amount, 3000);
	}
	assert_true(nth > 10);
}

/* A payment of its own, which the book knows or has to ask for. */
static struct model_payment *
another(struct model *model, int number, bool is_known)
{
	char order[32], imp_uid[32];
	struct model_payment *paid;

	model->n_payments = 0;
	memset(&model->payments[0], 0, sizeof(model->payments[0]));
	(void)snprintf(order, sizeof(order), "ORD-%d", number);
	(void)snprintf(imp_uid, sizeof(imp_uid), "imp_%d", number);
	paid = model_pay(model, imp_uid, order, 10000);
	if (is_known)
		model_book(model, paid);
	return paid;
}

/* One walk of the resolver, which a store call may end. */
static void
try_to_resolve(struct model *model)
{
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider };
	struct fault_note note;
	size_t n;
	enum fault f = walk_due(&walk, 100, NULL, &n, &note);

	assert_true(f == FAULT_NONE || f == FAULT_IO);
}

/* Past every look that is planned. */
static void
let_it_end(struct model *model)
{
	int i;

	for (i = 0; i < 12; i++) {
		model->now_ms += model->app.quiet_ms + model->app.timeout_ms;
		(void)model_resolve(model);
	}
}

static int64_t
cancelled_by_the_book(struct model *model, const struct model_payment *paid)
{
	struct payment payment;
	struct fault_note note;

	assert_int_equal(store_payment(&model->store, paid->payment.imp_uid,
			     &payment, &note),
	    FAULT_NONE);
	return payment.cancel_amount;
}

/* However i'mport answers, and whichever store call fails on the way. */
static void
no_failing_store_call_makes_a_refund_twice_or_forgets_it(void **state)
{
	static const enum model_way ways[] = { MODEL_HONEST, MODEL_LOST_DONE,
		MODEL_LOST, MODEL_NOT_SENT, MODEL_REFUSED, MODEL_REFUSED_DONE,
		MODEL_BLANK };
	struct refund_request request;
	struct model_payment *paid;
	struct model *model;
	int number = 0, nth, told;
	size_t way, known;

	for (way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		for (known = 0; known < 2; known++) {
			/* A savepoint copies the book: it must not grow. */
			(void)model_teardown(state);
			assert_int_equal(model_setup(state), 0);
			model = *state;
			for (nth = 1; nth < 40; nth++) {
				paid = another(model, ++number, known != 0);
				request =
				    model_request(paid->payment.merchant_uid,
					3000, paid->payment.imp_uid);
				model->cancel_way = ways[way];
				store_mem_fail(model->mem, nth, FAULT_IO);
				told = (int)model_ask(model, &request).code;
				model->cancel_way = MODEL_HONEST;
				/* If it was not met on the way. */
				model->now_ms += model->app.quiet_ms;
				try_to_resolve(model);
				store_mem_fail(model->mem, 0, FAULT_NONE);
				let_it_end(model);
				(void)model_ask(model, &request);
				let_it_end(model);
				if (paid->n > 1 ||
				    cancelled_by_the_book(model, paid) !=
					paid->payment.cancel_amount)
					fail_msg("way %zu, call %d: told %d, "
						 "moved %zu times",
					    way, nth, told, paid->n);
			}
		}
	}
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)

/* A store whose lock others hold for ever, from the n-th begin on. */
struct crowd {
	struct model *model;
	int n_free;        /* how often it is to be had first */
	int64_t waited_ms; /* for it, by one begin at most */
};

static struct crowd crowd;

static enum fault
begin_in_crowd(void *self, int64_t timeout_ms, struct fault_note *note)
{
	if (crowd.n_free-- > 0)
		return crowd.model->store.ops->begin(self, timeout_ms, note);
	if (timeout_ms > crowd.waited_ms)
		crowd.waited_ms = timeout_ms;
	crowd.model->now_ms += timeout_ms + 1;
	return fault_set(note, FAULT_BUSY, "others hold it");
}

static enum fault
walk_in_crowd(struct model *model, int n_free, enum result_code *ret_code)
{
	struct refund_request request = model_request("ORD-1", 0, "");
	struct task *task = task_refund(&model->app, &request);
	struct store_ops ops = *model->store.ops;
	struct store store = { .ops = &ops, .self = model->store.self };
	struct walk walk = { .app = &model->app,
		.store = &store,
		.provider = &model->provider };
	struct fault_note note;
	bool told;
	enum fault f;

	crowd = (struct crowd){ .model = model, .n_free = n_free };
	ops.begin = begin_in_crowd;
	f = walk_task(&walk, task, &told, &note);
	*ret_code = task->result.code;
	task_free(task);
	return f;
}

static void
nobody_gives_up_his_turn_while_he_may_wait(void **state)
{
	struct model *model = *state;
	enum result_code code;

	(void)model_booked(model);
	assert_int_equal(walk_in_crowd(model, 0, &code), FAULT_NONE);
	assert_int_equal(code, RESULT_DATABASE_BUSY);
	assert_int_equal(crowd.waited_ms, model->app.answer_ms);
	assert_int_equal(model->n_cancels, 0);
	/* What has been sent is tried to be saved for longer. */
	assert_int_equal(walk_in_crowd(model, 1, &code), FAULT_BUSY);
	assert_true(crowd.waited_ms > model->app.answer_ms);
	assert_int_equal(model->n_cancels, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_refund_moves_everything_once),
		TEST(
		    one_refund_too_many_of_an_order_is_refused_before_anything),
		TEST(an_order_is_the_same_by_either_of_its_names),
		TEST(who_hears_an_earlier_answer_again_does_not_count),
		TEST(
		    what_is_refused_counts_and_an_order_does_not_use_up_its_caller),
		TEST(a_step_that_is_run_again_counts_once),
		TEST(while_frozen_nothing_new_starts_and_the_old_is_repeated),
		TEST(a_freeze_that_comes_meanwhile_is_seen),
		TEST(a_refund_whose_book_was_replaced_ends),
		TEST(one_that_was_not_sent_says_so_in_any_book),
		TEST(parts_add_up_to_the_amount_and_no_further),
		TEST(each_refund_has_the_receipt_of_its_own_entry),
		TEST(a_key_brings_the_same_answer_for_ever),
		TEST(without_a_key_only_a_double_click_is_the_same_refund),
		TEST(an_equal_request_waits_for_the_first_ones_answer),
		TEST(who_waits_hears_a_refusal_too_and_starts_nothing),
		TEST(a_key_that_still_runs_says_so),
		TEST(a_lost_answer_is_found_by_reading_back_at_once),
		TEST(
		    a_lost_request_is_unknown_until_the_quiet_period_has_passed),
		TEST(a_crash_before_the_answer_is_resolved_from_the_journal),
		TEST(a_request_meets_an_overdue_refund_and_resolves_it_first),
		TEST(a_refusal_with_an_unmoved_balance_is_declined),
		TEST(a_console_cancel_changes_the_balance_and_is_taken_over),
		TEST(what_was_not_sent_leaves_the_key_free),
		TEST(an_unknown_order_is_looked_up_once),
		TEST(a_payment_refunded_before_we_met_it_is_read_first),
		TEST(
		    another_amount_at_imports_is_a_mismatch_and_not_taken_over),
		TEST(of_another_payment_at_imports_no_history_is_taken_over),
		TEST(a_payment_imports_does_not_know_is_not_found),
		TEST(an_asynchronous_refund_is_pending_until_it_is_seen),
		TEST(who_was_told_that_nothing_was_sent_is_not_surprised_later),
		TEST(who_waits_too_long_hears_the_state_and_the_refund_goes_on),
		TEST(who_asks_again_and_waits_too_long_hears_the_refunds_state),
		TEST(nobody_gives_up_his_turn_while_he_may_wait),
		TEST(a_step_whose_commit_failed_can_be_run_again),
		TEST(every_store_call_that_fails_leaves_an_honest_answer),
		TEST(no_failing_store_call_makes_a_refund_twice_or_forgets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
