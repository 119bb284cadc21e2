/* SPDX-License-Identifier: MIT */
/*
 * Notices, true and false, and which of them are worth a look.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/model.h"
#include "app/tally.h"
#include "serve/hint.h"

struct fixture {
	struct model *model;
	struct tally tally;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *model = NULL;

	assert_non_null(fixture);
	assert_int_equal(model_setup(&model), 0);
	fixture->model = model;
	tally_init(&fixture->tally);
	fixture->tally.most[LIMIT_NOTICE] = 1;
	fixture->tally.most[LIMIT_UNKNOWN_LOOKUPS] = 3;
	fixture->tally.most[LIMIT_KNOWN_LOOKUPS] = 3;
	fixture->tally.most[LIMIT_OPEN_LOOKUPS] = 3;
	fixture->model->app.limits = tally_limits(&fixture->tally);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;
	void *model = fixture->model;

	assert_int_equal(model_teardown(&model), 0);
	free(fixture);
	return 0;
}

static enum hint
judge(struct fixture *fixture, const char *imp_uid, int64_t *ret_wait_ms)
{
	enum hint hint;
	int64_t wait_ms = 0;

	assert_int_equal(
	    hint_judge(&fixture->model->app, &fixture->model->store, imp_uid,
		&hint, &wait_ms, NULL),
	    FAULT_NONE);
	if (ret_wait_ms != NULL)
		*ret_wait_ms = wait_ms;
	return hint;
}

/* A payment whose refund's answer was lost. */
static void
leave_one_open(struct fixture *fixture)
{
	struct refund_request request = model_request("ORD-1", 3000, "lost");

	(void)model_booked(fixture->model);
	fixture->model->cancel_way = MODEL_LOST;
	assert_int_equal(
	    model_ask(fixture->model, &request).code, RESULT_UNKNOWN);
}

static void
a_notice_of_any_payment_is_worth_a_look(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(judge(fixture, "imp_9", NULL), HINT_UNKNOWN);
	(void)model_booked(fixture->model);
	assert_int_equal(judge(fixture, "imp_1", NULL), HINT_KNOWN);
}

static void
a_notice_of_an_unfinished_refund_is_told_apart(void **state)
{
	struct fixture *fixture = *state;

	leave_one_open(fixture);
	assert_int_equal(judge(fixture, "imp_1", NULL), HINT_OPEN);
}

static void
one_notice_of_a_payment_waits_at_a_time(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(judge(fixture, "imp_9", NULL), HINT_UNKNOWN);
	assert_int_equal(judge(fixture, "imp_9", NULL), HINT_SEEN);
	assert_int_equal(
	    tally_of(&fixture->tally, LIMIT_UNKNOWN_LOOKUPS, ""), 1);
	hint_forget(&fixture->model->app, "imp_9");
	assert_int_equal(judge(fixture, "imp_9", NULL), HINT_UNKNOWN);
}

static void
false_notices_use_up_their_budget_and_no_other(void **state)
{
	struct fixture *fixture = *state;
	char imp_uid[16];
	int64_t wait_ms;
	int i;

	leave_one_open(fixture);
	for (i = 0; i < 20; i++) {
		(void)snprintf(imp_uid, sizeof(imp_uid), "imp_x%d", i);
		assert_int_equal(judge(fixture, imp_uid, &wait_ms),
		    i < 3 ? HINT_UNKNOWN : HINT_LIMIT);
	}
	assert_int_equal(wait_ms, TALLY_WAIT_MS);
	assert_int_equal(judge(fixture, "imp_1", NULL), HINT_OPEN);
	model_book(
	    fixture->model, model_pay(fixture->model, "imp_2", "ORD-2", 5000));
	assert_int_equal(judge(fixture, "imp_2", NULL), HINT_KNOWN);
}

static void
notices_of_payments_leave_room_for_unfinished_refunds(void **state)
{
	struct fixture *fixture = *state;

	leave_one_open(fixture);
	model_book(
	    fixture->model, model_pay(fixture->model, "imp_2", "ORD-2", 5000));
	fixture->tally.most[LIMIT_NOTICE] = 0;
	assert_int_equal(judge(fixture, "imp_2", NULL), HINT_KNOWN);
	assert_int_equal(judge(fixture, "imp_2", NULL), HINT_KNOWN);
	assert_int_equal(judge(fixture, "imp_2", NULL), HINT_KNOWN);
	assert_int_equal(judge(fixture, "imp_2", NULL), HINT_LIMIT);
	assert_int_equal(judge(fixture, "imp_1", NULL), HINT_OPEN);
}

/* Else the next, true one would be taken for seen. */
static void
what_was_one_too_many_does_not_count_as_waiting(void **state)
{
	struct fixture *fixture = *state;

	fixture->tally.most[LIMIT_UNKNOWN_LOOKUPS] = 1;
	assert_int_equal(judge(fixture, "imp_8", NULL), HINT_UNKNOWN);
	assert_int_equal(judge(fixture, "imp_9", NULL), HINT_LIMIT);
	assert_int_equal(judge(fixture, "imp_9", NULL), HINT_LIMIT);
}

static void
a_book_that_can_not_be_read_makes_it_an_unknown_one(void **state)
{
	struct fixture *fixture = *state;
	int64_t wait_ms;
	enum hint hint;

	leave_one_open(fixture);
	store_mem_fail(fixture->model->mem, 1, FAULT_IO);
	assert_int_equal(
	    hint_judge(&fixture->model->app, &fixture->model->store, "imp_1",
		&hint, &wait_ms, NULL),
	    FAULT_IO);
	assert_int_equal(hint, HINT_UNKNOWN);
	store_mem_fail(fixture->model->mem, 0, FAULT_NONE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_notice_of_any_payment_is_worth_a_look),
		TEST(a_notice_of_an_unfinished_refund_is_told_apart),
		TEST(one_notice_of_a_payment_waits_at_a_time),
		TEST(false_notices_use_up_their_budget_and_no_other),
		TEST(notices_of_payments_leave_room_for_unfinished_refunds),
		TEST(what_was_one_too_many_does_not_count_as_waiting),
		TEST(a_book_that_can_not_be_read_makes_it_an_unknown_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
