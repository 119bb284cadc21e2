/* SPDX-License-Identifier: MIT */
/*
 * Every row of tests/cases/intent.cases, and the plan of looks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases/cases.h"
#include "core/intent.h"

#define OWN        "0123456789"
#define OTHER      "ABCDEFGHJK"
#define DEADLINE_S 80
#define QUIET_S    180
#define ENTRIES    8

static const char *
owner_of(const char *word)
{
	if (strcmp(word, "own") == 0)
		return OWN;
	return strcmp(word, "other") == 0 ? OTHER : "";
}

/* "a:5000:own,b:100:none:k": at most four parts each. */
static int
each_entry(char *text, char parts[ENTRIES][4][16])
{
	char *item, *rest = NULL;
	int n = 0;

	if (strcmp(text, "-") == 0)
		return 0;
	memset(parts, 0, ENTRIES * sizeof(parts[0]));
	for (item = strtok_r(text, ",", &rest); item != NULL;
	     item = strtok_r(NULL, ",", &rest), n++) {
		assert_true(n < ENTRIES);
		assert_true(
		    sscanf(item, "%15[^:]:%15[^:]:%15[^:]:%15[^:]", parts[n][0],
			parts[n][1], parts[n][2], parts[n][3]) >= 3);
	}
	return n;
}

static void
read_book(char *text, struct book *ret)
{
	static struct book_entry entries[ENTRIES];
	char parts[ENTRIES][4][16];
	int i, n = each_entry(text, parts);

	memset(entries, 0, sizeof(entries));
	for (i = 0; i < n; i++) {
		memcpy(entries[i].id, parts[i][0], sizeof(parts[i][0]));
		assert_int_equal(
		    sscanf(parts[i][1], "%ld", &entries[i].amount), 1);
		strcpy(entries[i].refund_id, owner_of(parts[i][2]));
		entries[i].is_known = parts[i][3][0] == 'k';
	}
	ret->entries = entries;
	ret->n = (size_t)n;
}

static void
read_truth(char *text, struct truth *ret)
{
	static struct truth_entry entries[ENTRIES];
	char parts[ENTRIES][4][16];
	int i, n = each_entry(text, parts);

	memset(entries, 0, sizeof(entries));
	for (i = 0; i < n; i++) {
		memcpy(entries[i].id, parts[i][0], sizeof(parts[i][0]));
		assert_int_equal(
		    sscanf(parts[i][1], "%ld", &entries[i].amount), 1);
		strcpy(entries[i].marker, owner_of(parts[i][2]));
	}
	ret->entries = entries;
	ret->n = (size_t)n;
}

static struct intent
an_intent(void)
{
	struct intent intent = { .id = OWN, .marker = OWN, .imp_uid = "imp_1" };

	intent.send_by_ms = 10000;
	intent.deadline_ms = DEADLINE_S * 1000;
	(void)strcpy(intent.begun_clock, "boot:1");
	return intent;
}

static void
read_intent(const struct cases_line *line, struct intent *ret)
{
	static const char *const heard[] = { "nothing", "done", "refused" };
	int i, n;

	*ret = an_intent();
	ret->amount = cases_int(line, 0);
	ret->checksum = cases_int(line, 1);
	assert_true(intent_state_find(line->word[2], &ret->state));
	for (i = 0; i < INTENT_HEARD__COUNT; i++) {
		if (strcmp(heard[i], line->word[3]) == 0)
			ret->heard = (enum intent_heard)i;
	}
	if (strcmp(line->word[9], "-") != 0) {
		ret->quiet.is_running = true;
		(void)snprintf(
		    ret->quiet.clock, sizeof(ret->quiet.clock), "date");
		n = sscanf(line->word[9], "%ld:%ld:%d:%ld",
		    &ret->quiet.since_ms, &ret->quiet.cancel_amount,
		    &ret->quiet.n_entries, &ret->quiet.seen_ms);
		assert_true(n >= 3);
		if (n == 3)
			ret->quiet.seen_ms = ret->quiet.since_ms;
		ret->quiet.since_ms *= 1000;
		ret->quiet.seen_ms *= 1000;
	}
}

static struct intent_reading
a_reading(int64_t now_s)
{
	struct intent_reading reading = {
		.now_ms = now_s * 1000,
		.steady_ms = now_s * 1000,
		.steady_clock = "boot:1",
		.is_own = true,
		.stamp_ms = now_s * 1000,
		.stamp_clock = "date",
		.quiet_ms = QUIET_S * 1000,
		.pending_ms = INT64_C(30) * 86400 * 1000,
	};

	return reading;
}

static void
check_case(const struct cases_line *line)
{
	struct truth truth = { .payment = { .imp_uid = "imp_1" } };
	struct intent_reading reading = a_reading(cases_int(line, 8));
	const char *flags = line->word[10], *failure;
	struct intent intent;
	struct book book;

	read_intent(line, &intent);
	read_book(line->word[4], &book);
	truth.payment.amount = cases_int(line, 5);
	truth.payment.cancel_amount = cases_int(line, 6);
	truth.payment.currency = currency_find("KRW");
	read_truth(line->word[7], &truth);
	reading.is_own = strstr(flags, "later") == NULL;
	reading.is_after_answer = strstr(flags, "before") == NULL;
	if (strstr(flags, "async") != NULL)
		(void)snprintf(truth.payment.pg_provider,
		    sizeof(truth.payment.pg_provider), "paypal_v2");
	reading.has_not_applied = strcmp(flags, "late") == 0;
	if (strcmp(flags, "early") == 0) {
		reading.asked_ago_ms = reading.now_ms - (DEADLINE_S - 1) * 1000;
		reading.is_own = false;
	}
	if (strcmp(flags, "before") == 0)
		reading.is_own = false;
	if (strcmp(flags, "boot") == 0)
		reading.steady_clock = "boot:2";
	if (strcmp(flags, "unnamed") == 0)
		intent.begun_clock[0] = '\0';
	if (strcmp(flags, "jump") == 0)
		reading.steady_ms = (DEADLINE_S - 1) * 1000;
	if (strcmp(flags, "sent") == 0)
		reading.stamp_clock = "boot:1";

	intent_judge(&intent, &truth, &book, &reading);
	if (strcmp(intent_state_name(intent.state), line->word[11]) != 0)
		cases_fail(
		    line, "state is %s", intent_state_name(intent.state));
	failure = intent_failure_name(intent.failure);
	if (strcmp(failure[0] != '\0' ? failure : "-", line->word[12]) != 0)
		cases_fail(line, "failure is %s", failure);
	if (strcmp(intent.cancellation_id[0] != '\0' ? intent.cancellation_id
						     : "-",
		line->word[13]) != 0)
		cases_fail(
		    line, "cancellation_id is %s", intent.cancellation_id);
	if (intent.applied_amount != cases_int(line, 14))
		cases_fail(line, "applied_amount is %lld",
		    (long long)intent.applied_amount);
}

static void
every_case_of_a_reading_is_judged_as_written(void **state)
{
	(void)state;
	(void)cases_run("intent.cases", 15, check_case);
}

/* Looks from the answer's loss on; each look shows nothing of ours. */
static void
looks_come_by_the_schedule_the_deadline_and_the_quiet_end(void **state)
{
	static const int64_t want_s[] = { 5, 20, 80, 260 };
	struct truth truth = { .payment = { .amount = 10000 } };
	struct intent intent = an_intent();
	struct intent_reading reading;
	struct book book = { 0 };
	int64_t now_s = 0;
	size_t i;

	(void)state;
	intent.amount = intent.checksum = 10000;
	intent.state = INTENT_IN_FLIGHT;
	intent_answered(&intent, INTENT_HEARD_NOTHING, 0, "");
	for (i = 0; i < sizeof(want_s) / sizeof(want_s[0]); i++) {
		reading = a_reading(now_s);
		intent_judge(&intent, &truth, &book, &reading);
		assert_int_equal(intent.state, INTENT_UNKNOWN);
		now_s = intent.next_check_ms / 1000;
		assert_int_equal(now_s, want_s[i]);
	}
	reading = a_reading(now_s);
	intent_judge(&intent, &truth, &book, &reading);
	assert_int_equal(intent.state, INTENT_FAILED);
	assert_int_equal(intent.failure, INTENT_NOT_APPLIED);
}

static void
looks_without_answer_grow_to_one_a_day_and_never_end(void **state)
{
	struct intent intent = an_intent();
	struct intent_reading reading;
	int64_t now_s = 100, before_s;
	int i;

	(void)state;
	intent.state = INTENT_UNKNOWN;
	for (i = 0; i < 400; i++) {
		reading = a_reading(now_s);
		intent_unheard(&intent, &reading);
		assert_int_equal(intent.state, INTENT_UNKNOWN);
		before_s = now_s;
		now_s = intent.next_check_ms / 1000;
		assert_true(now_s > before_s);
		assert_true(now_s - before_s <= 86400);
	}
	assert_int_equal(now_s - before_s, 86400);
}

static void
what_was_surely_not_sent_has_failed(void **state)
{
	struct intent intent = an_intent();

	(void)state;
	intent.state = INTENT_IN_FLIGHT;
	intent_not_sent(&intent);
	assert_int_equal(intent.state, INTENT_FAILED);
	assert_int_equal(intent.failure, INTENT_NOT_SENT);

	intent = an_intent();
	intent.state = INTENT_SUCCEEDED;
	intent_not_sent(&intent);
	assert_int_equal(intent.state, INTENT_SUCCEEDED);
}

static void
an_absent_payment_declines_only_what_was_refused(void **state)
{
	struct intent_reading reading = a_reading(1);
	struct intent intent = an_intent();

	(void)state;
	intent.state = INTENT_IN_FLIGHT;
	intent_answered(&intent, INTENT_HEARD_REFUSED, 1, "no such payment");
	intent_absent(&intent, &reading);
	assert_int_equal(intent.state, INTENT_UNKNOWN);
	/* Once may be a mistake; it has to be said again. */
	reading = a_reading(QUIET_S);
	intent_absent(&intent, &reading);
	assert_int_equal(intent.state, INTENT_UNKNOWN);
	assert_int_equal(intent.next_check_ms, (QUIET_S + 2) * 1000);
	reading = a_reading(QUIET_S + 1);
	intent_absent(&intent, &reading);
	assert_int_equal(intent.state, INTENT_FAILED);
	assert_int_equal(intent.failure, INTENT_DECLINED);
	assert_string_equal(intent.provider_message, "no such payment");

	intent = an_intent();
	intent.state = INTENT_IN_FLIGHT;
	intent_answered(&intent, INTENT_HEARD_NOTHING, 0, "");
	intent_absent(&intent, &reading);
	assert_int_equal(intent.state, INTENT_UNKNOWN);
}

/* A reading of another amount, currency or order. */
static struct intent
judged_by_other(enum intent_state state, enum intent_heard heard,
    int32_t checks, bool is_same_currency, bool is_own)
{
	struct truth_entry entry = { .id = "a", .amount = 5000 };
	struct truth truth = {
		.payment = { .amount = 50000 }, .entries = &entry, .n = 1
	};
	struct intent_reading reading = a_reading(DEADLINE_S - 1);
	struct intent intent = an_intent();
	struct book book = { 0 };

	if (heard != INTENT_HEARD_REFUSED)
		(void)strcpy(entry.marker, OWN);
	intent.state = state;
	intent.heard = heard;
	intent.checks = checks;
	reading.is_own = is_own;
	intent_judge_other(&intent, &truth, &book, &reading, is_same_currency);
	return intent;
}

static void
what_is_shown_of_another_payment_is_believed_twice_or_not(void **state)
{
	struct intent got;

	(void)state;
	/* In flight before its deadline, or over: not to be moved. */
	got = judged_by_other(
	    INTENT_IN_FLIGHT, INTENT_HEARD_NOTHING, 1, true, false);
	assert_int_equal(got.state, INTENT_IN_FLIGHT);
	got = judged_by_other(
	    INTENT_FAILED, INTENT_HEARD_NOTHING, 1, true, false);
	assert_int_equal(got.state, INTENT_FAILED);
	/* Refused: over, if that was read after the refusal. */
	got = judged_by_other(
	    INTENT_UNKNOWN, INTENT_HEARD_REFUSED, 0, true, true);
	assert_int_equal(got.failure, INTENT_BALANCE_CHANGED);
	got = judged_by_other(
	    INTENT_UNKNOWN, INTENT_HEARD_REFUSED, 0, true, false);
	assert_int_equal(got.state, INTENT_UNKNOWN);
	/* Our marker: from the second time on, in our currency. */
	got = judged_by_other(
	    INTENT_UNKNOWN, INTENT_HEARD_NOTHING, 0, true, false);
	assert_int_equal(got.state, INTENT_UNKNOWN);
	got = judged_by_other(
	    INTENT_UNKNOWN, INTENT_HEARD_NOTHING, 1, false, false);
	assert_int_equal(got.state, INTENT_UNKNOWN);
	got = judged_by_other(
	    INTENT_UNKNOWN, INTENT_HEARD_NOTHING, 1, true, false);
	assert_int_equal(got.state, INTENT_SUCCEEDED);
}

static void
without_an_answer_only_time_moves_a_refund(void **state)
{
	struct intent_reading early = a_reading(DEADLINE_S - 1);
	struct intent_reading past = a_reading(DEADLINE_S);
	struct intent_reading much_later = a_reading(30 * 86400);
	struct intent intent = an_intent();

	(void)state;
	intent.state = INTENT_SUCCEEDED;
	intent_unheard(&intent, &past);
	assert_int_equal(intent.state, INTENT_SUCCEEDED);
	intent.state = INTENT_IN_FLIGHT;
	intent_unheard(&intent, &early);
	assert_int_equal(intent.state, INTENT_IN_FLIGHT);
	intent_unheard(&intent, &past);
	assert_int_equal(intent.state, INTENT_UNKNOWN);
	intent.state = INTENT_PENDING;
	intent_unheard(&intent, &past);
	assert_int_equal(intent.state, INTENT_PENDING);
	intent_absent(&intent, &past);
	assert_int_equal(intent.state, INTENT_PENDING);
	intent_unheard(&intent, &much_later);
	assert_int_equal(intent.state, INTENT_NEEDS_REVIEW);
}

static void
a_long_message_is_cut_between_characters(void **state)
{
	struct intent intent = an_intent();
	char text[3 * 400 + 1];
	size_t i, len;

	(void)state;
	for (i = 0; i < 400; i++)
		memcpy(text + 3 * i, "\xea\xb0\x80", 3);
	text[3 * 400] = '\0';
	intent_answered(&intent, INTENT_HEARD_REFUSED, -1, text);
	len = strlen(intent.provider_message);
	assert_true(len < PROVIDER_MESSAGE_SIZE);
	assert_true(len > PROVIDER_MESSAGE_SIZE - 5);
	assert_int_equal(len % 3, 0);
}

static void
every_word_of_the_schema_is_found_again(void **state)
{
	enum intent_failure failure;
	enum intent_origin origin;
	enum intent_state found;
	int i;

	(void)state;
	for (i = 0; i < INTENT__COUNT; i++) {
		assert_true(intent_state_find(
		    intent_state_name((enum intent_state)i), &found));
		assert_int_equal(found, i);
	}
	for (i = 0; i < INTENT_FAILURE__COUNT; i++) {
		assert_true(intent_failure_find(
		    intent_failure_name((enum intent_failure)i), &failure));
		assert_int_equal(failure, i);
	}
	for (i = 0; i < INTENT_ORIGIN__COUNT; i++) {
		assert_true(intent_origin_find(
		    intent_origin_name((enum intent_origin)i), &origin));
		assert_int_equal(origin, i);
	}
	assert_false(intent_state_find("done", &found));
	assert_false(intent_failure_find("lost", &failure));
	assert_false(intent_origin_find("mail", &origin));
	assert_string_equal(intent_state_name(INTENT__COUNT), "?");
	assert_string_equal(intent_failure_name(INTENT_FAILURE__COUNT), "?");
	assert_string_equal(intent_origin_name(INTENT_ORIGIN__COUNT), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_of_a_reading_is_judged_as_written),
		cmocka_unit_test(
		    looks_come_by_the_schedule_the_deadline_and_the_quiet_end),
		cmocka_unit_test(
		    looks_without_answer_grow_to_one_a_day_and_never_end),
		cmocka_unit_test(what_was_surely_not_sent_has_failed),
		cmocka_unit_test(
		    an_absent_payment_declines_only_what_was_refused),
		cmocka_unit_test(
		    what_is_shown_of_another_payment_is_believed_twice_or_not),
		cmocka_unit_test(without_an_answer_only_time_moves_a_refund),
		cmocka_unit_test(a_long_message_is_cut_between_characters),
		cmocka_unit_test(every_word_of_the_schema_is_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
