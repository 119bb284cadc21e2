/* SPDX-License-Identifier: MIT */
/*
 * Every row of tests/cases/refund.cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases/cases.h"
#include "core/fault.h"
#include "core/refund.h"

static const char letters[] = "rhbatfvm"; /* in the order of the bits */

static unsigned
fields_of(const char *text)
{
	unsigned fields = 0;
	const char *at;

	for (; *text != '\0' && *text != '-'; text++) {
		at = strchr(letters, *text);
		assert_non_null(at);
		fields |= 1U << (at - letters);
	}
	return fields;
}

/* "2026-11-23T03:00" or "2026-11-23T03:00:59" in UTC, or 0. */
static int64_t
moment_of(const char *text)
{
	struct civil_date date;
	int hour, minute, second = 0;

	if (strcmp(text, "0") == 0)
		return 0;
	assert_true(sscanf(text, "%d-%d-%dT%d:%d:%d", &date.year, &date.month,
			&date.day, &hour, &minute, &second) >= 5);
	return civil_days(date) * 86400 + hour * 3600 + minute * 60 + second;
}

/* What the manual says, but for the letters in switched. */
static struct refund_policy
policy_of(const char *month_rule, const char *switched)
{
	struct refund_policy policy = {
		.has_kcp_next_month = strchr(switched, 'n') != NULL,
		.is_method_checked = strchr(switched, 'm') == NULL,
		.is_part_checked = strchr(switched, 'p') == NULL,
		.is_account_required = strchr(switched, 'a') == NULL,
		.is_bank_checked = strchr(switched, 'b') == NULL,
		.is_tax_free_required = strchr(switched, 'f') != NULL,
		.is_vat_required = strchr(switched, 'v') != NULL,
		.is_reason_required = strchr(switched, 'r') != NULL,
	};

	assert_true(month_rule_find(month_rule, &policy.month_rule));
	return policy;
}

static void
check_case(const struct cases_line *line)
{
	struct payment payment = { .imp_uid = "imp_1" };
	struct refund_past past = { 0 };
	struct refund_wish wish = { 0 };
	struct refund_policy policy;
	struct refund_decision got;
	char *const *w = line->word;

	payment.amount = cases_int(line, 0);
	payment.cancel_amount = cases_int(line, 1);
	payment.currency = currency_find(w[2]);
	(void)snprintf(
	    payment.pay_method, sizeof(payment.pay_method), "%s", w[3]);
	(void)snprintf(
	    payment.pg_provider, sizeof(payment.pg_provider), "%s", w[4]);
	assert_true(payment_status_find(w[5], &payment.status));
	payment.paid_at = moment_of(w[6]);
	past.has_unfinished = strcmp(w[7], "yes") == 0;
	past.n_cancels = (size_t)cases_int(line, 8);
	wish.is_whole = strcmp(w[9], "all") == 0;
	wish.amount = wish.is_whole ? 0 : cases_int(line, 9);
	wish.tax_free = cases_int(line, 10);
	wish.vat = cases_int(line, 11);
	wish.given = fields_of(w[12]);
	wish.bank = w[13];
	policy = policy_of(w[15], w[16]);

	got = refund_decide(
	    &payment, &past, &wish, &policy, civil_seoul(moment_of(w[14])));
	if (strcmp(refund_verdict_name(got.verdict), w[17]) != 0)
		cases_fail(
		    line, "verdict is %s", refund_verdict_name(got.verdict));
	if (got.amount != cases_int(line, 18))
		cases_fail(line, "amount is %lld", (long long)got.amount);
	if (got.checksum != cases_int(line, 19))
		cases_fail(line, "checksum is %lld", (long long)got.checksum);
	if (got.fields != fields_of(w[20]))
		cases_fail(line, "fields are %x", got.fields);
}

static void
every_case_of_a_refund_is_decided_as_written(void **state)
{
	(void)state;
	(void)cases_run("refund.cases", 21, check_case);
}

static void
check_limit(const struct cases_line *line)
{
	struct payment payment = { .imp_uid = "imp_1" };
	struct refund_policy policy = { 0 };
	struct refund_given given = { 0 };
	enum refund_verdict got;
	char *const *w = line->word;
	int64_t most;

	payment.currency = currency_find(w[1]);
	policy.per_refund_limit = cases_int(line, 2);
	policy.per_day_limit = cases_int(line, 3);
	policy.approval_threshold = cases_int(line, 4);
	given.today = cases_int(line, 5);
	given.unapproved = cases_int(line, 6);
	got =
	    refund_limit(&payment, cases_int(line, 0), &policy, &given, &most);
	if (strcmp(refund_verdict_name(got), w[7]) != 0)
		cases_fail(line, "verdict is %s", refund_verdict_name(got));
	if (strcmp(w[8], "-") != 0 && most != cases_int(line, 8))
		cases_fail(line, "most is %lld", (long long)most);
}

static void
every_case_of_a_limit_is_decided_as_written(void **state)
{
	(void)state;
	(void)cases_run("limit.cases", 9, check_limit);
}

static void
an_allowed_refund_is_never_more_than_the_balance(void **state)
{
	struct payment payment = { .amount = 20,
		.currency = currency_find("KRW"),
		.status = PAYMENT_PAID };
	struct refund_policy policy = { .month_rule = MONTH_RULE_OFF };
	struct refund_past past = { 0 };
	struct refund_wish wish = { 0 };
	struct refund_decision got;

	(void)state;
	for (; payment.cancel_amount <= payment.amount;
	     payment.cancel_amount++) {
		for (wish.amount = -1; wish.amount <= 22; wish.amount++) {
			got = refund_decide(
			    &payment, &past, &wish, &policy, civil_seoul(0));
			assert_int_equal(got.verdict == REFUND_ALLOWED,
			    wish.amount >= 1 &&
				wish.amount <= payment_refundable(&payment));
		}
	}
}

static void
a_verdict_without_a_word_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(refund_verdict_name(REFUND__COUNT), "?");
	assert_string_equal(fault_name(FAULT__COUNT), "?");
}

static void
an_account_is_named_where_the_money_has_no_way_back(void **state)
{
	struct payment payment = { .pg_provider = "smartro",
		.pay_method = "card" };

	(void)state;
	assert_int_equal(refund_account_fields(&payment), 0);
	(void)strcpy(payment.pay_method, "vbank");
	assert_int_equal(refund_account_fields(&payment),
	    REFUND_FIELD_HOLDER | REFUND_FIELD_BANK | REFUND_FIELD_ACCOUNT |
		REFUND_FIELD_TEL);
	(void)strcpy(payment.pg_provider, "nice");
	assert_int_equal(refund_account_fields(&payment),
	    REFUND_FIELD_HOLDER | REFUND_FIELD_BANK | REFUND_FIELD_ACCOUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_of_a_refund_is_decided_as_written),
		cmocka_unit_test(every_case_of_a_limit_is_decided_as_written),
		cmocka_unit_test(
		    an_allowed_refund_is_never_more_than_the_balance),
		cmocka_unit_test(a_verdict_without_a_word_is_a_question_mark),
		cmocka_unit_test(
		    an_account_is_named_where_the_money_has_no_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
