/* SPDX-License-Identifier: MIT */
/*
 * serve/queue: order, closing, waking, and many threads at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "serve/queue.h"

#define N_PUSHERS 4
#define N_TAKERS  3
#define N_ITEMS   20000

struct thing {
	struct queue_item item;
	int number;
	atomic_int taken;
};

static int
number_of(struct queue_item *item)
{
	return ((struct thing *)item)->number;
}

static void
count(void *arg)
{
	++*(int *)arg;
}

static void
items_come_out_in_the_order_they_went_in(void **state)
{
	struct thing things[3] = { { .number = 1 }, { .number = 2 },
		{ .number = 3 } };
	struct queue queue;
	size_t i;

	(void)state;
	queue_init(&queue, NULL, NULL);
	for (i = 0; i < 3; i++)
		assert_true(queue_push(&queue, &things[i].item));
	for (i = 0; i < 3; i++)
		assert_int_equal(number_of(queue_take(&queue)), i + 1);
	queue_close(&queue);
	assert_null(queue_take(&queue));
	queue_deinit(&queue);
}

static void
a_closed_queue_gives_what_it_has_and_takes_nothing(void **state)
{
	struct queue_list list = TAILQ_HEAD_INITIALIZER(list);
	struct thing things[2] = { { .number = 1 }, { .number = 2 } };
	struct queue queue;

	(void)state;
	queue_init(&queue, NULL, NULL);
	assert_true(queue_push(&queue, &things[0].item));
	queue_close(&queue);
	assert_false(queue_push(&queue, &things[1].item));
	assert_false(queue_take_all(&queue, -1, &list));
	assert_ptr_equal(TAILQ_FIRST(&list), &things[0].item);
	assert_null(TAILQ_NEXT(TAILQ_FIRST(&list), link));
	queue_deinit(&queue);
}

static void
taking_all_appends_and_waits_no_longer_than_told(void **state)
{
	struct queue_list list = TAILQ_HEAD_INITIALIZER(list);
	struct thing things[2] = { { .number = 1 }, { .number = 2 } };
	struct timespec before, after;
	struct queue queue;

	(void)state;
	queue_init(&queue, NULL, NULL);
	assert_true(queue_push(&queue, &things[0].item));
	assert_true(queue_take_all(&queue, -1, &list));
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_true(queue_take_all(&queue, 0, &list));
	assert_true(queue_take_all(&queue, 30, &list));
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 +
		(after.tv_nsec - before.tv_nsec) / 1000000 >=
	    30);
	assert_true(queue_push(&queue, &things[1].item));
	assert_true(queue_take_all(&queue, 30, &list));
	assert_int_equal(number_of(TAILQ_FIRST(&list)), 1);
	assert_int_equal(number_of(TAILQ_LAST(&list, queue_list)), 2);
	queue_deinit(&queue);
}

static void
a_taker_who_waits_elsewhere_is_woken_once_a_heap(void **state)
{
	struct queue_list list = TAILQ_HEAD_INITIALIZER(list);
	struct thing things[3] = { { .number = 1 } };
	struct queue queue;
	int n_wakes = 0;

	(void)state;
	queue_init(&queue, count, &n_wakes);
	assert_true(queue_push(&queue, &things[0].item));
	assert_true(queue_push(&queue, &things[1].item));
	assert_int_equal(n_wakes, 1);
	assert_true(queue_take_all(&queue, 0, &list));
	assert_true(queue_push(&queue, &things[2].item));
	assert_int_equal(n_wakes, 2);
	queue_close(&queue);
	assert_int_equal(n_wakes, 3);
	assert_false(queue_take_all(&queue, 0, &list));
	queue_deinit(&queue);
}

struct crowd {
	struct queue queue;
	struct thing *things;
	atomic_int next;
};

static void *
push_some(void *arg)
{
	struct crowd *crowd = arg;
	int i;

	while ((i = atomic_fetch_add(&crowd->next, 1)) < N_ITEMS) {
		if (!queue_push(&crowd->queue, &crowd->things[i].item))
			abort();
	}
	return NULL;
}

static void *
take_until_closed(void *arg)
{
	struct crowd *crowd = arg;
	struct queue_item *item;

	while ((item = queue_take(&crowd->queue)) != NULL)
		atomic_fetch_add(&((struct thing *)item)->taken, 1);
	return NULL;
}

static void
each_item_is_taken_by_one_of_many(void **state)
{
	struct crowd crowd = { .next = 0 };
	pthread_t pushers[N_PUSHERS], takers[N_TAKERS];
	size_t i;

	(void)state;
	crowd.things = calloc(N_ITEMS, sizeof(*crowd.things));
	assert_non_null(crowd.things);
	queue_init(&crowd.queue, NULL, NULL);
	for (i = 0; i < N_TAKERS; i++)
		assert_int_equal(
		    pthread_create(&takers[i], NULL, take_until_closed, &crowd),
		    0);
	for (i = 0; i < N_PUSHERS; i++)
		assert_int_equal(
		    pthread_create(&pushers[i], NULL, push_some, &crowd), 0);
	for (i = 0; i < N_PUSHERS; i++)
		pthread_join(pushers[i], NULL);
	queue_close(&crowd.queue);
	for (i = 0; i < N_TAKERS; i++)
		pthread_join(takers[i], NULL);
	for (i = 0; i < N_ITEMS; i++)
		assert_int_equal(atomic_load(&crowd.things[i].taken), 1);
	queue_deinit(&crowd.queue);
	free(crowd.things);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_the_order_they_went_in),
		cmocka_unit_test(
		    a_closed_queue_gives_what_it_has_and_takes_nothing),
		cmocka_unit_test(
		    taking_all_appends_and_waits_no_longer_than_told),
		cmocka_unit_test(
		    a_taker_who_waits_elsewhere_is_woken_once_a_heap),
		cmocka_unit_test(each_item_is_taken_by_one_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
