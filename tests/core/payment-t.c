/* SPDX-License-Identifier: MIT */
/*
 * What follows from a payment's own fields.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/payment.h"
#include "core/truth.h"

static struct payment
paid_by(const char *pay_method, const char *pg_provider)
{
	struct payment payment = { .amount = 10000, .cancel_amount = 3000 };

	(void)snprintf(
	    payment.pay_method, sizeof(payment.pay_method), "%s", pay_method);
	(void)snprintf(payment.pg_provider, sizeof(payment.pg_provider), "%s",
	    pg_provider);
	payment.status = PAYMENT_PAID;
	return payment;
}

static void
the_balance_is_what_was_not_cancelled(void **state)
{
	struct payment payment = paid_by("card", "kcp");

	(void)state;
	assert_int_equal(payment_refundable(&payment), 7000);
}

static void
only_the_listed_methods_are_asynchronous(void **state)
{
	static const struct {
		const char *pay_method, *pg_provider;
		bool is_async;
	} rows[] = {
		{ "vbank", "smartro_v2", true },
		{ "card", "smartro_v2", false },
		{ "vbank", "smartro", false },
		{ "paypal", "paypal_v2", true },
		{ "card", "paymentwall", true },
		{ "paypal", "paypal", false },
		{ "card", "html5_inicis", false },
		{ "", "", false },
	};
	struct payment payment;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		payment = paid_by(rows[i].pay_method, rows[i].pg_provider);
		assert_int_equal(payment_is_async(&payment), rows[i].is_async);
	}
}

static void
of_an_orders_payments_the_paid_one_is_meant(void **state)
{
	struct payment payments[3] = { paid_by("card", "kcp"),
		paid_by("card", "kcp"), paid_by("card", "kcp") };
	size_t chosen;

	(void)state;
	payments[0].status = PAYMENT_FAILED;
	payments[1].status = PAYMENT_CANCELLED;
	payments[2].status = PAYMENT_READY;
	assert_int_equal(payment_choose(payments, 3, &chosen), 1);
	assert_int_equal(chosen, 1);
	payments[2].status = PAYMENT_PAID;
	assert_int_equal(payment_choose(payments, 3, &chosen), 2);
	assert_int_equal(payment_choose(payments, 1, &chosen), 0);
	assert_int_equal(chosen, 0);
}

static void
every_status_of_imports_is_found_by_its_word(void **state)
{
	enum payment_status status;
	int i;

	(void)state;
	for (i = 0; i < PAYMENT__COUNT; i++) {
		assert_true(payment_status_find(
		    payment_status_name((enum payment_status)i), &status));
		assert_int_equal(status, i);
	}
	assert_false(payment_status_find("partial", &status));
	assert_false(payment_status_find("", &status));
	assert_string_equal(payment_status_name(PAYMENT__COUNT), "?");
}

static void
smartro_asks_for_a_telephone(void **state)
{
	static const struct {
		const char *pg, *method;
		bool wants;
	} rows[] = {
		{ "smartro", "vbank", true },
		{ "smartro", "trans", false },
		{ "smartro_v2", "vbank", true },
		{ "smartro_v2", "trans", true },
		{ "smartro_v2", "card", false },
		{ "html5_inicis", "vbank", false },
	};
	struct payment payment = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)strcpy(payment.pg_provider, rows[i].pg);
		(void)strcpy(payment.pay_method, rows[i].method);
		assert_int_equal(payment_wants_tel(&payment), rows[i].wants);
	}
}

static void
a_phone_payment_of_an_unknown_pg_is_left_to_it(void **state)
{
	struct payment payment = paid_by("phone", "");

	(void)state;
	assert_false(payment_is_whole_only(&payment));
	payment = paid_by("phone", "galaxia");
	assert_true(payment_is_whole_only(&payment));
	payment = paid_by("", "");
	assert_false(payment_is_whole_only(&payment));
	assert_true(payment_is_cancellable(&payment));
	assert_int_equal(payment_parts_max(&payment), 0);
	assert_false(payment_wants_tax_free(&payment, true));
	assert_false(payment_wants_vat(&payment, true));
}

/* Each of what makes a payment this one. */
static void
a_truth_is_of_a_payment_only_if_all_of_it_is_the_same(void **state)
{
	const struct payment ours = { .imp_uid = "imp_1",
		.merchant_uid = "ORD-1",
		.amount = 10000,
		.currency = currency_find("KRW") };
	struct truth truth = { .payment = ours };

	(void)state;
	assert_true(truth_is_of(&truth, &ours));
	truth.payment.currency = currency_find("USD");
	assert_false(truth_is_of(&truth, &ours));
	truth.payment = ours;
	truth.payment.amount++;
	assert_false(truth_is_of(&truth, &ours));
	truth.payment = ours;
	(void)strcpy(truth.payment.merchant_uid, "ORD-2");
	assert_false(truth_is_of(&truth, &ours));
	truth.payment = ours;
	(void)strcpy(truth.payment.imp_uid, "imp_2");
	assert_false(truth_is_of(&truth, &ours));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_balance_is_what_was_not_cancelled),
		cmocka_unit_test(only_the_listed_methods_are_asynchronous),
		cmocka_unit_test(of_an_orders_payments_the_paid_one_is_meant),
		cmocka_unit_test(every_status_of_imports_is_found_by_its_word),
		cmocka_unit_test(smartro_asks_for_a_telephone),
		cmocka_unit_test(
		    a_phone_payment_of_an_unknown_pg_is_left_to_it),
		cmocka_unit_test(
		    a_truth_is_of_a_payment_only_if_all_of_it_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
