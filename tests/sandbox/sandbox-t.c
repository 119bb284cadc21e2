/* SPDX-License-Identifier: MIT */
/*
 * The sandbox's pure parts: rules for faults, the book and its verdicts, and
 * what JSON goes in and out.  The whole is asked in tests/e2e/test_sandbox.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/bank.h"
#include "sandbox/banks.h"
#include "sandbox/book.h"
#include "sandbox/cancel.h"
#include "sandbox/mishap.h"
#include "sandbox/moment.h"
#include "sandbox/params.h"
#include "sandbox/refusal.h"
#include "sandbox/render.h"
#include "sandbox/timers.h"
#include "sandbox/token.h"

/* 15 November 2026 in Seoul. */
#define NOW_S INT64_C(1794700000)

static struct fault_note note;

/* --- fault rules --- */

static void
a_spec_is_read_with_its_defaults(void **state)
{
	struct mishap_rule rule;

	(void)state;
	assert_int_equal(mishap_parse("late", &rule, &note), FAULT_NONE);
	assert_int_equal(rule.mishap, MISHAP_LATE);
	assert_int_equal(rule.route, ROUTE_CANCEL);
	assert_int_equal(rule.ms, 3000);
	assert_true(rule.count == UINT64_MAX && rule.nth == 0);
	assert_int_equal(
	    mishap_parse("stale_read:route=find,p=0.25,count=3,nth=2,"
			 "imp_uid=imp_1,merchant_uid=A-1,ms=500",
		&rule, &note),
	    FAULT_NONE);
	assert_int_equal(rule.route, ROUTE_FIND);
	assert_true(rule.p > 0.24 && rule.p < 0.26);
	assert_int_equal(rule.count, 3);
	assert_int_equal(rule.nth, 2);
	assert_string_equal(rule.imp_uid, "imp_1");
	assert_string_equal(rule.merchant_uid, "A-1");
	assert_int_equal(rule.ms, 500);
}

static void
bad_specs_are_refused(void **state)
{
	static const char *const specs[] = { "", "none", "Drop_after",
		"drop_after:p", "drop_after:p=1.1", "drop_after:p=nan",
		"drop_after:count=0", "slow:ms=-1", "slow:ms=99999999999999",
		"slow:nth=x", "slow:route=all", "pg_refusal:route=read",
		"stale_read:route=cancel", "token_expired:route=token",
		"slow:imp_uid=0123456789012345678901234567890123",
		"drop_after:p=", "drop_after:p=0.5x", "drop_after:p=-1",
		"slow:ms=5x", "slow:ms=+5", "slow:count=1000000000001",
		"slow:code=1", "pg_refusal:code=nonsense",
		"pg_refusal:code=0123456789012345678901234567890123456789" };
	struct mishap_rule rule;
	char text[1200];
	size_t i;

	(void)state;
	(void)strcpy(text, "slow:merchant_uid=");
	memset(text + strlen(text), 'a', 200);
	text[218] = '\0';
	assert_int_equal(mishap_parse(text, &rule, &note), FAULT_INPUT);
	memset(text, 'a', 1001);
	text[1001] = '\0';
	assert_int_equal(mishap_parse(text, &rule, &note), FAULT_INPUT);
	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		assert_int_equal(
		    mishap_parse(specs[i], &rule, &note), FAULT_INPUT);
}

static void
add_rule(struct mishap_list *list, const char *spec)
{
	struct mishap_rule rule;

	assert_int_equal(mishap_parse(spec, &rule, &note), FAULT_NONE);
	assert_int_equal(mishap_list_add(list, &rule, &note), FAULT_NONE);
}

static enum mishap
strike(struct mishap_list *list, enum route route, const char *imp_uid,
    uint64_t nth, int64_t age_ms)
{
	const struct mishap_call call = { route, imp_uid, "", nth, age_ms };
	const struct mishap_rule *rule = mishap_strike(list, &call);

	return rule == NULL ? MISHAP_NONE : rule->mishap;
}

static void
a_thousand_rules_are_enough(void **state)
{
	struct mishap_list *list = mishap_list_new(1);
	struct mishap_rule rule;
	int i;

	(void)state;
	assert_non_null(list);
	assert_int_equal(mishap_parse("slow", &rule, &note), FAULT_NONE);
	for (i = 0; i < 1000; i++)
		assert_int_equal(
		    mishap_list_add(list, &rule, &note), FAULT_NONE);
	assert_int_equal(mishap_list_add(list, &rule, &note), FAULT_INPUT);
	mishap_list_free(list);
	mishap_list_free(NULL);
}

static void
a_rule_strikes_where_and_as_often_as_it_says(void **state)
{
	struct mishap_list *list = mishap_list_new(1);

	(void)state;
	add_rule(list, "drop_after:nth=2,imp_uid=a");
	add_rule(list, "reset:count=2");
	add_rule(list, "stale_read:ms=100");
	assert_int_equal(
	    strike(list, ROUTE_TOKEN, "", 1, INT64_MAX), MISHAP_NONE);
	assert_int_equal(
	    strike(list, ROUTE_CANCEL, "a", 2, INT64_MAX), MISHAP_DROP_AFTER);
	assert_int_equal(
	    strike(list, ROUTE_CANCEL, "b", 2, INT64_MAX), MISHAP_RESET);
	assert_int_equal(
	    strike(list, ROUTE_CANCEL, "a", 1, INT64_MAX), MISHAP_RESET);
	assert_int_equal(
	    strike(list, ROUTE_CANCEL, "a", 1, INT64_MAX), MISHAP_NONE);
	assert_int_equal(strike(list, ROUTE_READ, "a", 1, 100), MISHAP_NONE);
	assert_int_equal(
	    strike(list, ROUTE_READ, "a", 1, 99), MISHAP_STALE_READ);
	assert_int_equal(mishap_list_at(list, 1)->fired, 2);
	mishap_list_clear(list);
	assert_int_equal(mishap_list_n(list), 0);
	mishap_list_free(list);
	mishap_list_free(NULL);
}

/* --- the book --- */

static struct book_payment *
add_payment(struct book *book, const char *imp_uid, const char *method,
    const char *pg, int64_t paid_at)
{
	struct payment payment = {
		.merchant_uid = "order",
		.amount = 1000,
		.currency = currency_find("KRW"),
		.status = PAYMENT_PAID,
		.paid_at = paid_at,
	};
	struct book_payment *added;

	(void)strcpy(payment.imp_uid, imp_uid);
	(void)strcpy(payment.pay_method, method);
	(void)strcpy(payment.pg_provider, pg);
	assert_int_equal(
	    book_add(book, &payment, NULL, NOW_S, &added, &note), FAULT_NONE);
	return added;
}

static void
apply(struct book *book, struct book_payment *payment, uint64_t seq,
    int64_t amount)
{
	char reason[] = "why";
	const struct book_cancel cancel = {
		.seq = seq,
		.at_ms = NOW_S * 1000,
		.amount = amount,
		.id = "01234567890123456789",
		.reason = reason,
	};

	assert_int_equal(book_apply(book, payment, &cancel, &note), FAULT_NONE);
}

static void
cancels_add_up_and_make_the_status(void **state)
{
	struct book *book = book_new();
	struct book_payment *a = add_payment(book, "a", "card", "kcp", 5);

	(void)state;
	assert_int_equal(book_status(a, a->n), PAYMENT_PAID);
	apply(book, a, 1, 300);
	apply(book, a, 2, 700);
	assert_int_equal(book_left(a), 0);
	assert_int_equal(a->cancels[0].after, 300);
	assert_int_equal(a->cancels[1].after, 1000);
	assert_int_equal(book_status(a, a->n), PAYMENT_CANCELLED);
	assert_int_equal(book_status(a, 0), PAYMENT_PAID);
	assert_int_equal(book_lines(book), 2);
	assert_ptr_equal(book_line(book, 1)->payment, a);
	book_free(book);
	book_free(NULL);
}

static void
payments_are_found_by_both_ids(void **state)
{
	struct book *book = book_new();
	struct book_payment *a = add_payment(book, "a", "card", "kcp", 5);
	struct book_payment *b = add_payment(book, "b", "card", "kcp", 6);
	struct book_payment *again;

	(void)state;
	assert_ptr_equal(book_find(book, "a"), a);
	assert_null(book_find(book, "c"));
	assert_ptr_equal(book_find_order(book, "order"), b);
	assert_ptr_equal(b->next, a);
	assert_null(a->next);
	assert_null(book_find_order(book, "other"));
	assert_int_equal(
	    book_add(book, &a->is, NULL, NOW_S, &again, &note), FAULT_INPUT);
	assert_int_equal(book_n(book), 2);
	book_free(book);
}

static void
an_earlier_cancel_always_has_the_same_id(void **state)
{
	struct payment payment = {
		.imp_uid = "imp_1",
		.merchant_uid = "order",
		.amount = 1000,
		.cancel_amount = 400,
		.currency = currency_find("KRW"),
		.status = PAYMENT_CANCELLED,
	};
	struct book *one = book_new(), *two = book_new();
	struct book_payment *a, *b;

	(void)state;
	assert_int_equal(
	    book_add(one, &payment, NULL, 1, &a, &note), FAULT_NONE);
	assert_int_equal(
	    book_add(two, &payment, NULL, 2, &b, &note), FAULT_NONE);
	assert_int_equal(book_left(a), 600);
	assert_int_equal(strlen(a->cancels[0].id), 20);
	assert_string_equal(a->cancels[0].id, b->cancels[0].id);
	assert_int_equal(book_lines(one), 0);
	book_free(one);
	book_free(two);
}

/* --- verdicts --- */

struct verdict_row {
	const char *method;
	const char *pg;
	int64_t paid_at;
	struct cancel_wish wish;
	bool is_console;
	enum cancel_verdict verdict;
	int64_t amount;
};

/* Each against a payment of 1,000 won of which 400 were cancelled. */
static const struct verdict_row verdict_rows[] = {
	{ "card", "kcp", 5, { .amount = 0 }, false, CANCEL_YES, 600 },
	{ "card", "kcp", 5, { .amount = 600 }, false, CANCEL_YES, 600 },
	{ "card", "kcp", 5, { .amount = 601 }, false, CANCEL_OVER, 0 },
	{ "card", "kcp", 5,
	    { .amount = 1, .has_checksum = true, .checksum = 600 }, false,
	    CANCEL_YES, 1 },
	{ "card", "kcp", 5,
	    { .amount = 1, .has_checksum = true, .checksum = 601 }, false,
	    CANCEL_CHECKSUM, 0 },
	{ "card", "kcp", 5,
	    { .amount = 1, .has_checksum = true, .checksum = 0 }, false,
	    CANCEL_CHECKSUM, 0 },
	{ "card", "kcp", 5,
	    { .amount = 1, .has_checksum = true, .checksum = 0 }, true,
	    CANCEL_YES, 1 },
	{ "vbank", "kcp", 5, { .amount = 1 }, false, CANCEL_NO_ACCOUNT, 0 },
	{ "vbank", "kcp", 5, { .amount = 1 }, true, CANCEL_YES, 1 },
	{ "vbank", "kcp", 5, { .amount = 1, .has_account = true }, false,
	    CANCEL_YES, 1 },
	{ "vbank", "kcp", 5,
	    { .amount = 1, .has_account = true, .is_bank_unknown = true },
	    false, CANCEL_NO_BANK, 0 },
	{ "card", "kcp", 5,
	    { .amount = 1, .has_account = true, .is_bank_unknown = true },
	    false, CANCEL_YES, 1 },
	{ "vbank", "smartro", 5, { .amount = 1, .has_account = true }, false,
	    CANCEL_NO_TEL, 0 },
	{ "trans", "smartro", 5, { .amount = 1 }, false, CANCEL_YES, 1 },
	{ "trans", "smartro_v2", 5, { .amount = 1 }, false, CANCEL_NO_ACCOUNT,
	    0 },
	{ "trans", "smartro_v2", 5,
	    { .amount = 1, .has_account = true, .has_tel = true }, false,
	    CANCEL_YES, 1 },
	{ "vbank", "smartro_v2", 5,
	    { .amount = 1, .has_account = true, .has_tel = true }, false,
	    CANCEL_LATER, 1 },
	{ "paypal", "paypal_v2", 5, { .amount = 0 }, false, CANCEL_LATER, 600 },
	{ "card", "paymentwall", 5, { .amount = 7 }, false, CANCEL_LATER, 7 },
	/* 31 October 23:59:59 and 1 November 00:00:00 in Seoul. */
	{ "phone", "danal", 1793458799, { .amount = 1 }, false,
	    CANCEL_OTHER_MONTH, 0 },
	{ "phone", "html5_inicis", 1793458800, { .amount = 1 }, false,
	    CANCEL_YES, 1 },
	{ "phone", "danal", 1793458800, { .amount = 1 }, false,
	    CANCEL_NO_PARTIAL, 0 },
	{ "phone", "kcp", 1793458799, { .amount = 1 }, false,
	    CANCEL_OTHER_MONTH, 0 },
	{ "phone", "kcp", 1793458799, { .amount = 1, .has_account = true },
	    false, CANCEL_YES, 1 },
	{ "phone", "kcp", 1793458800, { .amount = 1, .has_account = true },
	    false, CANCEL_SAME_MONTH, 0 },
	{ "culturegift", "tosspayments", 5, { .amount = 1 }, false,
	    CANCEL_NO_PARTIAL, 0 },
	{ "culturegift", "kcp", 5, { .amount = 1 }, false, CANCEL_YES, 1 },
	{ "wechat", "kicc", 5, { .amount = 1 }, false, CANCEL_LATER, 1 },
	{ "vbank", "danal", 5, { .amount = 1, .has_account = true }, false,
	    CANCEL_NO_VBANK, 0 },
	{ "naverpay", "naverpay", 5, { .amount = 1, .has_requester = true },
	    false, CANCEL_NO_REASON, 0 },
	{ "naverpay", "naverpay", 5, { .amount = 1, .has_reason = true }, false,
	    CANCEL_NO_REQUESTER, 0 },
	{ "naverpay", "naverpay", 5,
	    { .amount = 1, .has_reason = true, .has_requester = true }, false,
	    CANCEL_YES, 1 },
	{ "naverpay", "naverco", 5, { .amount = 1 }, false, CANCEL_NAVERCO, 0 },
	{ "card", "nice", 5, { .amount = 10, .tax = 11 }, false, CANCEL_TAX,
	    0 },
	{ "card", "nice", 5, { .amount = 10, .tax = 10 }, false, CANCEL_YES,
	    10 },
	/* A test that does not see the cancel of 400 yet. */
	{ "card", "kcp", 5,
	    { .amount = 1,
		.has_checksum = true,
		.checksum = 1000,
		.blind_ms = NOW_S * 1000 },
	    false, CANCEL_YES, 1 },
	{ "card", "danal", 1793458799, { .amount = 1 }, false, CANCEL_YES, 1 },
};

static void
verdicts_follow_the_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(verdict_rows) / sizeof(verdict_rows[0]); i++) {
		const struct verdict_row *row = &verdict_rows[i];
		struct book *book = book_new();
		struct book_payment *payment =
		    add_payment(book, "a", row->method, row->pg, row->paid_at);
		int64_t amount = 0;

		apply(book, payment, 1, 400);
		assert_int_equal(cancel_judge(payment, &row->wish,
				     row->is_console, NOW_S * 1000, &amount),
		    row->verdict);
		assert_int_equal(amount, row->amount);
		book_free(book);
	}
}

static void
nothing_can_be_cancelled_twice(void **state)
{
	const struct cancel_wish wish = { .amount = 0 };
	struct book *book = book_new();
	struct book_payment *payment = add_payment(book, "a", "card", "kcp", 5);
	int64_t amount;

	(void)state;
	payment->taken = 1;
	assert_int_equal(
	    cancel_judge(payment, &wish, false, NOW_S * 1000, &amount),
	    CANCEL_OVER_AT_PG);
	apply(book, payment, 1, 1000);
	assert_int_equal(
	    cancel_judge(payment, &wish, false, NOW_S * 1000, &amount),
	    CANCEL_ALL_GONE);
	assert_int_equal(cancel_code(CANCEL_ALL_GONE), 1);
	book_free(book);
}

static void
unpaid_payments_are_refused(void **state)
{
	const struct cancel_wish wish = { .amount = 0 };
	struct book *book = book_new();
	struct book_payment *payment =
	    add_payment(book, "a", "vbank", "kcp", 5);
	int64_t amount;

	(void)state;
	payment->is.status = PAYMENT_READY;
	assert_int_equal(
	    cancel_judge(payment, &wish, false, NOW_S * 1000, &amount),
	    CANCEL_NO_DEPOSIT);
	payment->is.status = PAYMENT_FAILED;
	assert_int_equal(
	    cancel_judge(payment, &wish, false, NOW_S * 1000, &amount),
	    CANCEL_NOT_PAID);
	book_free(book);
}

static void
each_pg_knows_banks_by_codes_of_its_own(void **state)
{
	(void)state;
	assert_true(banks_has("html5_inicis", "04"));
	assert_false(banks_has("html5_inicis", "004"));
	assert_true(banks_has("kcp", "BK92"));
	assert_false(banks_has("kcp", "92"));
	assert_true(banks_has("tosspayments", "092"));
	/* 11 is Nonghyup at Inicis and SC First at Kiwoom. */
	assert_true(banks_has("inicis", "11") && banks_has("daou", "11"));
	assert_true(banks_has("daou", "12") && banks_has("daou", "05"));
	assert_false(banks_has("daou", "2 0"));
	assert_false(banks_has("daou", "1"));
	assert_false(banks_has("daou", ""));
	assert_false(banks_has("nice_v2", "090"));
	assert_true(banks_has("nice", "090"));
	assert_false(banks_has("welcome", "023"));
	assert_true(banks_has("ksnet", "whatever"));
}

/* The sandbox and the refund desk read i'mport's page each for itself. */
static void
two_readings_of_the_bank_codes_agree(void **state)
{
	static const char *const pgs[] = { "html5_inicis", "inicis",
		"inicis_unified", "kcp", "kcp_billing", "kcp_quick",
		"tosspayments", "uplus", "danal", "danal_tpay", "nice", "kicc",
		"smartro", "settle", "jtnet", "daou", "nice_v2", "welcome",
		"ksnet", "smartro_v2", "mobilians", "galaxia", "payco",
		"settle_acc", "" };
	static const struct {
		const char *before;
		int digits;
	} forms[] = { { "", 2 }, { "", 3 }, { "", 4 }, { "BK", 2 } };
	char code[16];
	size_t pg, form;
	int n;

	(void)state;
	for (pg = 0; pg < sizeof(pgs) / sizeof(pgs[0]); pg++) {
		for (form = 0; form < 4; form++) {
			for (n = 0; n < 1000; n++) {
				(void)snprintf(code, sizeof(code), "%s%0*d",
				    forms[form].before, forms[form].digits, n);
				if (bank_is_of(pgs[pg], code) !=
				    banks_has(pgs[pg], code))
					fail_msg("%s: %s", pgs[pg], code);
			}
		}
	}
}

static void
a_pg_refuses_in_its_own_words(void **state)
{
	(void)state;
	assert_non_null(strstr(refusal_text("danal", ""), "취소불가 상태"));
	assert_string_equal(
	    refusal_text("nice_v2", ""), refusal_text("nice", ""));
	assert_non_null(strstr(refusal_text("unheard of", ""), "[sandbox]"));
	assert_non_null(
	    strstr(refusal_text("nice", "500626"), "[500626|기 취소 거래]"));
	assert_null(refusal_text("nice", "500627"));
}

/* --- in and out --- */

static void
moments_are_read_and_written(void **state)
{
	char date[MOMENT_DATE_SIZE];
	int64_t ms = 0;

	(void)state;
	assert_int_equal(
	    moment_parse("2026-02-28T23:59:59+09:00", &ms, &note), FAULT_NONE);
	assert_true(ms == INT64_C(1772290799000));
	moment_date(ms, date);
	assert_string_equal(date, "Sat, 28 Feb 2026 14:59:59 GMT");
	assert_int_equal(moment_parse("1772290799", &ms, &note), FAULT_NONE);
	assert_true(ms == INT64_C(1772290799000));
	assert_int_equal(moment_parse("", &ms, &note), FAULT_INPUT);
	assert_int_equal(moment_parse("tomorrow", &ms, &note), FAULT_INPUT);
	moment_date(0, date);
	assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void
an_object_in_an_object_is_named_as_in_a_form(void **state)
{
	static const char json[] = "{\"extra\":{\"requester\":\"admin\","
				   "\"deep\":{\"x\":1}},\"a\":[1]}";
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(
	    params_json(&params, json, strlen(json), &note), FAULT_NONE);
	assert_string_equal(params_get(&params, "extra[requester]"), "admin");
	assert_null(params_get(&params, "extra[deep][x]"));
	assert_int_equal(params_find(&params, "a")->kind, PARAMS_OTHER);
	params_deinit(&params);
}

static void
numbers_keep_the_text_they_were_written_in(void **state)
{
	static const char json[] = "{\"a\":12.50,\"b\":\"12.5\",\"c\":null,"
				   "\"d\":true,\"e\":[1],\"f\":7,\"f\":8}";
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(
	    params_json(&params, json, strlen(json), &note), FAULT_NONE);
	assert_string_equal(params_get(&params, "a"), "12.50");
	assert_string_equal(params_get(&params, "b"), "12.5");
	assert_null(params_find(&params, "c"));
	assert_int_equal(params_find(&params, "d")->kind, PARAMS_BOOL);
	assert_int_equal(params_find(&params, "e")->kind, PARAMS_OTHER);
	assert_string_equal(params_get(&params, "f"), "8");
	params_deinit(&params);
}

static void
forms_are_decoded(void **state)
{
	static const char form[] = "a=1+2%2B&&b&c=%ED%95%9C=&a=x";
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(
	    params_form(&params, form, strlen(form), &note), FAULT_NONE);
	assert_string_equal(params_get(&params, "a"), "x");
	assert_string_equal(params.items[0].text, "1 2+");
	assert_string_equal(params_get(&params, "b"), "");
	assert_string_equal(params_get(&params, "c"), "한=");
	params_deinit(&params);
}

static void
malformed_input_is_refused(void **state)
{
	static const char *const forms[] = { "a=%", "a=%4", "a=%4g", "%00",
		"a=%ff", "a=\xff" };
	static const char *const jsons[] = { "", "[]", "1", "{", "{}{}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\\u0000\"}" };
	struct params params;
	size_t i;

	(void)state;
	params_init(&params);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_int_equal(
		    params_form(&params, forms[i], strlen(forms[i]), &note),
		    FAULT_INPUT);
	for (i = 0; i < sizeof(jsons) / sizeof(jsons[0]); i++)
		assert_int_equal(
		    params_json(&params, jsons[i], strlen(jsons[i]), &note),
		    FAULT_INPUT);
	params_deinit(&params);
}

static void
expect_text(bool utf8, const char *text, const char *wants)
{
	struct render render;
	struct buf buf;

	buf_init(&buf, 1000);
	render_init(&render, &buf, utf8, &note);
	render_text(&render, text);
	assert_int_equal(render.fault, FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), wants);
	buf_deinit(&buf);
}

static void
text_is_escaped_as_the_real_one_does(void **state)
{
	(void)state;
	expect_text(false, "a/\"\\\n\x01", "\"a\\/\\\"\\\\\\n\\u0001\"");
	expect_text(false, "한😀", "\"\\ud55c\\ud83d\\ude00\"");
	expect_text(true, "한/😀", "\"한\\/😀\"");
	expect_text(false, NULL, "null");
}

static void
a_full_buffer_is_a_fault_that_sticks(void **state)
{
	struct render render;
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	render_init(&render, &buf, false, &note);
	render_text(&render, "0123456789");
	render_raw(&render, "x");
	assert_int_equal(render.fault, FAULT_INPUT);
	buf_deinit(&buf);
}

static void
timers_come_out_in_order(void **state)
{
	int whats[100], i;
	struct timers timers;
	int64_t last = -1;
	int *what;

	(void)state;
	timers_init(&timers);
	assert_true(timers_next(&timers) == INT64_MAX);
	for (i = 0; i < 100; i++) {
		whats[i] = i * 37 % 100;
		assert_int_equal(
		    timers_add(&timers, whats[i], &whats[i], &note),
		    FAULT_NONE);
	}
	assert_null(timers_pop(&timers, -1));
	for (i = 0; i < 100; i++) {
		what = timers_pop(&timers, 99);
		assert_non_null(what);
		assert_true(*what > last);
		last = *what;
	}
	assert_null(timers_pop(&timers, INT64_MAX));
	timers_deinit(&timers);
}

static void
a_token_lives_as_documented(void **state)
{
	struct token token = { "", 0 }, first;

	(void)state;
	assert_false(token_allows(&token, "", 1000));
	assert_int_equal(token_renew(&token, 1800, 1000, &note), FAULT_NONE);
	first = token;
	assert_int_equal(first.expires_at, 2800);
	assert_true(token_allows(&token, first.text, 2799));
	assert_false(token_allows(&token, first.text, 2800));
	assert_false(token_allows(&token, NULL, 1000));
	assert_int_equal(token_renew(&token, 1800, 2740, &note), FAULT_NONE);
	assert_int_equal(token.expires_at, 2800);
	assert_int_equal(token_renew(&token, 1800, 2741, &note), FAULT_NONE);
	assert_int_equal(token.expires_at, 3100);
	assert_string_equal(token.text, first.text);
	assert_int_equal(token_renew(&token, 1800, 3100, &note), FAULT_NONE);
	assert_int_equal(token.expires_at, 4900);
	assert_string_not_equal(token.text, first.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spec_is_read_with_its_defaults),
		cmocka_unit_test(bad_specs_are_refused),
		cmocka_unit_test(a_thousand_rules_are_enough),
		cmocka_unit_test(a_rule_strikes_where_and_as_often_as_it_says),
		cmocka_unit_test(cancels_add_up_and_make_the_status),
		cmocka_unit_test(payments_are_found_by_both_ids),
		cmocka_unit_test(an_earlier_cancel_always_has_the_same_id),
		cmocka_unit_test(verdicts_follow_the_table),
		cmocka_unit_test(nothing_can_be_cancelled_twice),
		cmocka_unit_test(unpaid_payments_are_refused),
		cmocka_unit_test(each_pg_knows_banks_by_codes_of_its_own),
		cmocka_unit_test(two_readings_of_the_bank_codes_agree),
		cmocka_unit_test(a_pg_refuses_in_its_own_words),
		cmocka_unit_test(moments_are_read_and_written),
		cmocka_unit_test(an_object_in_an_object_is_named_as_in_a_form),
		cmocka_unit_test(numbers_keep_the_text_they_were_written_in),
		cmocka_unit_test(forms_are_decoded),
		cmocka_unit_test(malformed_input_is_refused),
		cmocka_unit_test(text_is_escaped_as_the_real_one_does),
		cmocka_unit_test(a_full_buffer_is_a_fault_that_sticks),
		cmocka_unit_test(timers_come_out_in_order),
		cmocka_unit_test(a_token_lives_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
