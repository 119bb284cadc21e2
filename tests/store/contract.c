/* SPDX-License-Identifier: MIT */
/*
 * The promises one by one.  "open" below is a transaction.
 */
#include "contract.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS  5000
#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char id1[] = "0123456789";
static const char id2[] = "ABCDEFGHJK";
static const char id3[] = "MNPQRSTVWX";

int
contract_setup(void **state)
{
	struct contract_maker *maker = *state;

	maker->make(maker);
	return 0;
}

int
contract_teardown(void **state)
{
	struct contract_maker *maker = *state;

	maker->unmake(maker);
	return 0;
}

static const struct store *
store_of(void **state)
{
	return &((struct contract_maker *)*state)->store;
}

/* A fault that should not be prints its note. */
static void
expect(enum fault got, enum fault wanted, const struct fault_note *note)
{
	if (got != wanted)
		print_error("%s: %s\n", fault_name(got), note->text);
	assert_int_equal(got, wanted);
}

#define OK(call)           expect((call), FAULT_NONE, &note)
#define FAILS(fault, call) expect((call), (fault), &note)

struct payment
contract_payment(const char *imp_uid, int64_t amount)
{
	struct payment payment;

	memset(&payment, 0, sizeof(payment));
	strcpy(payment.imp_uid, imp_uid);
	strcpy(payment.merchant_uid, "order-1");
	payment.amount = amount;
	payment.currency = currency_find("KRW");
	strcpy(payment.pay_method, "card");
	strcpy(payment.pg_provider, "html5_inicis");
	payment.status = PAYMENT_PAID;
	payment.paid_at = 1700000000;
	return payment;
}

struct refund_record
contract_refund(
    const char *id, const char *imp_uid, int64_t amount, int64_t checksum)
{
	struct refund_record record;

	memset(&record, 0, sizeof(record));
	strcpy(record.intent.id, id);
	strcpy(record.intent.marker, id);
	strcpy(record.intent.imp_uid, imp_uid);
	record.intent.amount = amount;
	record.intent.checksum = checksum;
	record.intent.state = INTENT_IN_FLIGHT;
	record.intent.created_ms = 1000;
	record.intent.send_by_ms = 1500;
	record.intent.deadline_ms = 2000;
	strcpy(record.caller, "shop");
	strcpy(record.language, "ko");
	return record;
}

struct refund_record
contract_succeeded(
    const struct refund_record *record, const char *cancellation_id)
{
	struct refund_record done = *record;

	done.intent.state = INTENT_SUCCEEDED;
	strcpy(done.intent.cancellation_id, cancellation_id);
	done.intent.applied_amount = done.intent.amount;
	strcpy(done.receipt_url, "https://receipt.invalid/1");
	done.closed_ms = 3000;
	return done;
}

struct refund_record
contract_failed(const struct refund_record *record, enum intent_failure failure)
{
	struct refund_record done = *record;

	done.intent.state = INTENT_FAILED;
	done.intent.failure = failure;
	done.closed_ms = 3000;
	return done;
}

static void
open_it(const struct store *store)
{
	struct fault_note note = { "" };

	OK(store_begin(store, WAIT_MS, &note));
}

static void
commit_it(const struct store *store)
{
	struct fault_note note = { "" };

	OK(store_commit(store, &note));
}

void
contract_put_payment(const struct store *store, const char *imp_uid)
{
	struct payment payment = contract_payment(imp_uid, 10000);
	struct fault_note note = { "" };

	open_it(store);
	OK(store_payment_put(store, &payment, 1, &note));
	commit_it(store);
}

void
contract_put_refund(
    const struct store *store, const struct refund_record *record)
{
	struct fault_note note = { "" };

	open_it(store);
	OK(store_refund_put(store, record, &note));
	commit_it(store);
}

static bool
save(const struct store *store, const struct refund_record *record)
{
	struct fault_note note = { "" };
	bool won = false;

	open_it(store);
	OK(store_refund_save(store, record, &won, &note));
	commit_it(store);
	return won;
}

/* Refused, inside a transaction that is then given up. */
static void
refuse_put(const struct store *store, const struct refund_record *record)
{
	struct fault_note note = { "" };

	open_it(store);
	FAILS(FAULT_STORE, store_refund_put(store, record, &note));
	assert_true(note.text[0] != '\0');
	store_rollback(store);
}

static void
payment_is_read_back(void **state)
{
	const struct store *store = store_of(state);
	struct payment put = contract_payment("imp_1", MONEY_MAX), got;
	struct fault_note note = { "" };

	put.cancel_amount = MONEY_MAX - 1;
	put.currency = currency_find("USD");
	put.status = PAYMENT_CANCELLED;
	strcpy(put.merchant_uid, "\xec\xa3\xbc\xeb\xac\xb8/1");
	memset(&got, 0xff, sizeof(got));
	open_it(store);
	OK(store_payment_put(store, &put, 1, &note));
	commit_it(store);
	OK(store_payment(store, "imp_1", &got, &note));
	assert_memory_equal(&put, &got, sizeof(put));
}

static void
payment_without_extras_is_read_back(void **state)
{
	const struct store *store = store_of(state);
	struct payment put = contract_payment("imp_1", 1), got;
	struct fault_note note = { "" };

	put.pay_method[0] = '\0';
	memset(put.pay_method, 0, sizeof(put.pay_method));
	memset(put.pg_provider, 0, sizeof(put.pg_provider));
	put.paid_at = 0;
	put.status = PAYMENT_READY;
	memset(&got, 0xff, sizeof(got));
	open_it(store);
	OK(store_payment_put(store, &put, 1, &note));
	commit_it(store);
	OK(store_payment(store, "imp_1", &got, &note));
	assert_memory_equal(&put, &got, sizeof(put));
}

static void
absent_things_are_absent(void **state)
{
	const struct store *store = store_of(state);
	unsigned char fingerprint[FINGERPRINT_LEN] = { 0 };
	struct payment payments[SAME_ORDER_MAX];
	struct refund_record record;
	struct provider_token token;
	struct fault_note note = { "" };
	struct book book;
	size_t n = 9;
	bool has = true;

	FAILS(FAULT_ABSENT, store_payment(store, "x", payments, &note));
	FAILS(FAULT_ABSENT, store_refund(store, "x", &record, &note));
	FAILS(FAULT_ABSENT, store_unfinished(store, "x", &record, &note));
	FAILS(
	    FAULT_ABSENT, store_refund_by_key(store, "x", "x", &record, &note));
	FAILS(FAULT_ABSENT,
	    store_refund_like(
		store, "x", fingerprint, 0, 9999, &record, &note));
	FAILS(FAULT_ABSENT, store_token(store, "x", &token, &note));
	OK(store_payments_of(store, "x", payments, &n, &note));
	assert_int_equal(n, 0);
	OK(store_has_not_applied(store, "x", &has, &note));
	assert_false(has);
	OK(store_book(store, "x", "", &book, &note));
	assert_int_equal(book.n, 0);
	free(book.entries);
}

static void
payment_does_not_become_another(void **state)
{
	const struct store *store = store_of(state);
	struct payment put = contract_payment("imp_1", 10000), other, got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	open_it(store);
	other = put;
	other.amount++;
	FAILS(FAULT_INPUT, store_payment_put(store, &other, 2, &note));
	other = put;
	other.currency = currency_find("USD");
	FAILS(FAULT_INPUT, store_payment_put(store, &other, 2, &note));
	other = put;
	strcpy(other.merchant_uid, "order-2");
	FAILS(FAULT_INPUT, store_payment_put(store, &other, 2, &note));
	commit_it(store);
	OK(store_payment(store, "imp_1", &got, &note));
	assert_memory_equal(&put, &got, sizeof(put));
}

static void
cancel_amount_only_grows(void **state)
{
	const struct store *store = store_of(state);
	struct payment put = contract_payment("imp_1", 10000), got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	put.cancel_amount = 4000;
	put.status = PAYMENT_CANCELLED;
	open_it(store);
	OK(store_payment_put(store, &put, 2, &note));
	OK(store_payment_put(store, &put, 3, &note));
	put.cancel_amount = 3999;
	FAILS(FAULT_INPUT, store_payment_put(store, &put, 4, &note));
	put.cancel_amount = 10001;
	FAILS(FAULT_STORE, store_payment_put(store, &put, 4, &note));
	commit_it(store);
	OK(store_payment(store, "imp_1", &got, &note));
	assert_int_equal(got.cancel_amount, 4000);
	assert_int_equal(got.status, PAYMENT_CANCELLED);
}

static void
amounts_have_bounds(void **state)
{
	static const int64_t wrong[] = { INT64_MIN, -1, 0, MONEY_MAX + 1,
		INT64_MAX };
	const struct store *store = store_of(state);
	struct payment put;
	struct fault_note note = { "" };
	size_t i;

	for (i = 0; i < N(wrong); i++) {
		put = contract_payment("imp_1", wrong[i]);
		open_it(store);
		FAILS(FAULT_STORE, store_payment_put(store, &put, 1, &note));
		store_rollback(store);
	}
}

static void
paid_payments_of_an_order_come_first(void **state)
{
	const struct store *store = store_of(state);
	struct payment payments[SAME_ORDER_MAX], put;
	struct fault_note note = { "" };
	char imp_uid[IMP_UID_SIZE];
	size_t n = 0;
	int i;

	open_it(store);
	for (i = 0; i < 20; i++) {
		(void)snprintf(imp_uid, sizeof(imp_uid), "imp_%02d", i);
		put = contract_payment(imp_uid, 10000);
		put.status = i == 18 ? PAYMENT_PAID : PAYMENT_FAILED;
		OK(store_payment_put(store, &put, 1, &note));
	}
	put = contract_payment("imp_zz", 10000);
	strcpy(put.merchant_uid, "order-2");
	OK(store_payment_put(store, &put, 1, &note));
	commit_it(store);
	OK(store_payments_of(store, "order-1", payments, &n, &note));
	assert_int_equal(n, SAME_ORDER_MAX);
	assert_string_equal(payments[0].imp_uid, "imp_18");
	assert_string_equal(payments[1].imp_uid, "imp_00");
	OK(store_payments_of(store, "order-2", payments, &n, &note));
	assert_int_equal(n, 1);
}

static struct truth_entry
entry_of(const char *id, int64_t amount, int64_t cancelled_at)
{
	struct truth_entry entry = { .amount = amount,
		.cancelled_at = cancelled_at };

	strcpy(entry.id, id);
	return entry;
}

static void
put_entry(const struct store *store, const struct truth_entry *entry,
    const char *refund_id)
{
	struct fault_note note = { "" };

	open_it(store);
	OK(store_cancellation_put(store, "imp_1", entry, refund_id, 1, &note));
	commit_it(store);
}

static void
history_is_oldest_first_with_what_was_known(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 1, 9000);
	struct truth_entry late = entry_of("c-late", 300, 300),
			   early = entry_of("c-early", 100, 100),
			   middle = entry_of("c-middle", 200, 200);
	struct fault_note note = { "" };
	struct book book;

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	put_entry(store, &late, "");
	put_entry(store, &early, "");
	contract_put_refund(store, &record);
	put_entry(store, &middle, id1);
	OK(store_book(store, "imp_1", id1, &book, &note));
	assert_int_equal(book.n, 3);
	assert_string_equal(book.entries[0].id, "c-early");
	assert_string_equal(book.entries[1].id, "c-middle");
	assert_string_equal(book.entries[2].id, "c-late");
	assert_int_equal(book.entries[1].amount, 200);
	assert_string_equal(book.entries[1].refund_id, id1);
	assert_string_equal(book.entries[0].refund_id, "");
	assert_true(book.entries[0].is_known);
	assert_false(book.entries[1].is_known);
	assert_true(book.entries[2].is_known);
	free(book.entries);
	OK(store_book(store, "imp_1", "", &book, &note));
	assert_false(book.entries[0].is_known);
	free(book.entries);
	OK(store_book(store, "imp_2", id1, &book, &note));
	assert_int_equal(book.n, 0);
	free(book.entries);
}

static void
long_history_is_kept(void **state)
{
	const struct store *store = store_of(state);
	struct fault_note note = { "" };
	struct truth_entry entry;
	struct book book;
	char id[CANCELLATION_ID_SIZE];
	int i;

	contract_put_payment(store, "imp_1");
	open_it(store);
	for (i = 1; i <= 100; i++) {
		(void)snprintf(id, sizeof(id), "#%d", i);
		entry = entry_of(id, i, 500);
		OK(store_cancellation_put(
		    store, "imp_1", &entry, "", 1, &note));
	}
	commit_it(store);
	OK(store_book(store, "imp_1", "", &book, &note));
	assert_int_equal(book.n, 100);
	for (i = 1; i <= 100; i++)
		assert_int_equal(book.entries[i - 1].amount, i);
	free(book.entries);
}

static void
history_entry_gets_an_owner_once(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_1", 1, 9000);
	struct truth_entry entry = entry_of("c-1", 100, 100);
	struct fault_note note = { "" };
	struct book book;

	contract_put_payment(store, "imp_1");
	one = contract_failed(&one, INTENT_DECLINED);
	contract_put_refund(store, &one);
	contract_put_refund(store, &two);
	put_entry(store, &entry, "");
	put_entry(store, &entry, id1);
	entry.amount = 999;
	put_entry(store, &entry, id2);
	put_entry(store, &entry, "");
	OK(store_book(store, "imp_1", "", &book, &note));
	assert_int_equal(book.n, 1);
	assert_int_equal(book.entries[0].amount, 100);
	assert_string_equal(book.entries[0].refund_id, id1);
	free(book.entries);
}

static void
history_of_what_is_not_there_is_refused(void **state)
{
	const struct store *store = store_of(state);
	struct truth_entry entry = entry_of("c-1", 100, 100);
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	open_it(store);
	FAILS(FAULT_STORE,
	    store_cancellation_put(store, "imp_9", &entry, "", 1, &note));
	FAILS(FAULT_STORE,
	    store_cancellation_put(store, "imp_1", &entry, id1, 1, &note));
	commit_it(store);
}

/* Every field filled to its end. */
static struct refund_record
full_record(void)
{
	struct refund_record full = contract_refund(id1, "imp_1", 500, 9000);
	struct intent *intent = &full.intent;

	intent->state = INTENT_UNKNOWN;
	intent->heard = INTENT_HEARD_REFUSED;
	intent->provider_code = -1;
	memset(intent->provider_message, 'm', PROVIDER_MESSAGE_SIZE - 1);
	intent->checks = 7;
	intent->next_check_ms = 4000;
	intent->quiet.is_running = true;
	intent->quiet.since_ms = 0;
	strcpy(intent->quiet.clock, "date");
	intent->quiet.n_entries = 3;
	memset(full.caller, 'c', CALLER_SIZE - 1);
	full.is_customer = true;
	memset(full.reason, 'r', REASON_SIZE - 1);
	memset(full.idempotency_key, 'k', IDEMPOTENCY_KEY_SIZE - 1);
	memset(full.fingerprint, 0xab, FINGERPRINT_LEN);
	full.answered_ms = 2500;
	full.answer.status = 202;
	memset(full.answer.body, 'b', ANSWER_BODY_SIZE - 1);
	return full;
}

static void
refund_is_read_back_whole(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record full = full_record(), got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_refund(store, &full);
	memset(&got, 0xff, sizeof(got));
	OK(store_refund(store, id1, &got, &note));
	assert_memory_equal(&full, &got, sizeof(full));
	memset(&got, 0xff, sizeof(got));
	OK(store_unfinished(store, "imp_1", &got, &note));
	assert_memory_equal(&full, &got, sizeof(full));
}

static void
bare_refund_is_read_back(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record bare = contract_refund(id1, "imp_1", 500, 500);
	struct refund_record got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_refund(store, &bare);
	memset(&got, 0xff, sizeof(got));
	OK(store_refund(store, id1, &got, &note));
	assert_memory_equal(&bare, &got, sizeof(bare));
}

static void
bad_rows_are_refused(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record good = contract_refund(id1, "imp_1", 500, 500);
	struct refund_record bad;

	contract_put_payment(store, "imp_1");
	bad = contract_refund(id1, "imp_1", 501, 500);
	refuse_put(store, &bad);
	bad = contract_refund(id1, "imp_1", 0, 500);
	refuse_put(store, &bad);
	bad = contract_refund(id1, "imp_9", 500, 500);
	refuse_put(store, &bad);
	bad = good;
	strcpy(bad.intent.marker, id2);
	refuse_put(store, &bad);
	bad = good;
	bad.intent.failure = INTENT_DECLINED;
	refuse_put(store, &bad);
	bad = contract_failed(&good, INTENT_NOT_FAILED);
	refuse_put(store, &bad);
	bad = good;
	strcpy(bad.intent.cancellation_id, "c-1");
	refuse_put(store, &bad);
	bad = contract_succeeded(&good, "");
	refuse_put(store, &bad);
	bad = good;
	bad.intent.applied_amount = 500;
	refuse_put(store, &bad);
	bad = good;
	strcpy(bad.receipt_url, "https://receipt.invalid/1");
	refuse_put(store, &bad);
	bad = contract_succeeded(&good, "c-1");
	strcpy(bad.receipt_url, "http://receipt.invalid/1");
	refuse_put(store, &bad);
	strcpy(bad.receipt_url, "https://");
	refuse_put(store, &bad);
	bad = contract_succeeded(&good, "c-1");
	bad.closed_ms = 0;
	refuse_put(store, &bad);
	bad = good;
	bad.closed_ms = 3000;
	refuse_put(store, &bad);
	contract_put_refund(store, &good);
	refuse_put(store, &good);
}

static void
second_unfinished_refund_is_refused(void **state)
{
	static const enum intent_state states[] = { INTENT_IN_FLIGHT,
		INTENT_UNKNOWN, INTENT_PENDING, INTENT_NEEDS_REVIEW };
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_1", 1, 9000);
	size_t i;

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	contract_put_refund(store, &one);
	for (i = 0; i < N(states); i++) {
		one.intent.state = states[i];
		assert_true(save(store, &one));
		refuse_put(store, &two);
		two.intent.state = INTENT_AWAITING_APPROVAL;
		refuse_put(store, &two);
		two.intent.state = INTENT_IN_FLIGHT;
	}
	one = contract_failed(&one, INTENT_NOT_APPLIED);
	assert_true(save(store, &one));
	contract_put_refund(store, &two);
	one = contract_refund(id3, "imp_2", 1, 9000);
	contract_put_refund(store, &one);
}

static void
key_is_used_once_until_not_sent(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_2", 1, 9000);
	struct refund_record got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	strcpy(one.idempotency_key, "key");
	strcpy(two.idempotency_key, "key");
	contract_put_refund(store, &one);
	refuse_put(store, &two);
	OK(store_refund_by_key(store, "shop", "key", &got, &note));
	assert_string_equal(got.intent.id, id1);
	FAILS(FAULT_ABSENT,
	    store_refund_by_key(store, "other", "key", &got, &note));
	one = contract_failed(&one, INTENT_NOT_SENT);
	assert_true(save(store, &one));
	FAILS(FAULT_ABSENT,
	    store_refund_by_key(store, "shop", "key", &got, &note));
	contract_put_refund(store, &two);
	OK(store_refund_by_key(store, "shop", "key", &got, &note));
	assert_string_equal(got.intent.id, id2);
	two = contract_failed(&two, INTENT_DECLINED);
	assert_true(save(store, &two));
	OK(store_refund_by_key(store, "shop", "key", &got, &note));
}

static void
ticket_is_used_once_by_whoever_has_it(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_2", 1, 9000);
	struct refund_record got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	strcpy(one.ticket_id, "t-1");
	strcpy(two.ticket_id, "t-1");
	strcpy(two.caller, "other");
	contract_put_refund(store, &one);
	refuse_put(store, &two);
	OK(store_refund_by_ticket(store, "t-1", &got, &note));
	assert_string_equal(got.intent.id, id1);
	assert_string_equal(got.ticket_id, "t-1");
	FAILS(FAULT_ABSENT, store_refund_by_ticket(store, "t-2", &got, &note));
	one = contract_failed(&one, INTENT_NOT_SENT);
	assert_true(save(store, &one));
	FAILS(FAULT_ABSENT, store_refund_by_ticket(store, "t-1", &got, &note));
	contract_put_refund(store, &two);
	OK(store_refund_by_ticket(store, "t-1", &got, &note));
	assert_string_equal(got.intent.id, id2);
	two = contract_failed(&two, INTENT_DECLINED);
	assert_true(save(store, &two));
	OK(store_refund_by_ticket(store, "t-1", &got, &note));
}

static void
key_of_another_caller_is_another_key(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_2", 1, 9000);

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	strcpy(one.idempotency_key, "key");
	strcpy(two.idempotency_key, "key");
	strcpy(two.caller, "other");
	contract_put_refund(store, &one);
	contract_put_refund(store, &two);
}

static void
double_click_finds_the_first_refund(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_2", 1, 9000);
	unsigned char other[FINGERPRINT_LEN] = { 1 };
	struct refund_record got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	contract_put_refund(store, &one);
	OK(store_refund_like(
	    store, "shop", one.fingerprint, 1, 9999, &got, &note));
	one.answered_ms = 2000;
	one = contract_succeeded(&one, "c-1");
	assert_true(save(store, &one));
	OK(store_refund_like(
	    store, "shop", one.fingerprint, 2000, 2000, &got, &note));
	assert_string_equal(got.intent.id, id1);
	FAILS(FAULT_ABSENT,
	    store_refund_like(
		store, "shop", one.fingerprint, 2001, 9999, &got, &note));
	/* Answered in the future: the clock has been set back since. */
	FAILS(FAULT_ABSENT,
	    store_refund_like(
		store, "shop", one.fingerprint, 0, 1999, &got, &note));
	FAILS(FAULT_ABSENT,
	    store_refund_like(store, "shop", other, 0, 9999, &got, &note));
	FAILS(FAULT_ABSENT,
	    store_refund_like(
		store, "you", one.fingerprint, 0, 9999, &got, &note));
	contract_put_refund(store, &two);
	OK(store_refund_like(
	    store, "shop", one.fingerprint, 0, 9999, &got, &note));
	assert_string_equal(got.intent.id, id2);
}

static void
failed_and_keyed_refunds_are_no_double_click(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 1, 9000);
	struct refund_record two = contract_refund(id2, "imp_1", 1, 9000);
	struct refund_record got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	one = contract_failed(&one, INTENT_DECLINED);
	contract_put_refund(store, &one);
	strcpy(two.idempotency_key, "key");
	contract_put_refund(store, &two);
	FAILS(FAULT_ABSENT,
	    store_refund_like(
		store, "shop", one.fingerprint, 0, 9999, &got, &note));
}

static void
only_the_first_to_close_wins(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record done, lost, got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_refund(store, &record);
	done = contract_succeeded(&record, "c-1");
	done.answer.status = 200;
	strcpy(done.answer.body, "{}");
	assert_true(save(store, &done));
	lost = contract_failed(&record, INTENT_DECLINED);
	assert_false(save(store, &lost));
	assert_false(save(store, &record));
	OK(store_refund(store, id1, &got, &note));
	assert_memory_equal(&done, &got, sizeof(done));
	FAILS(FAULT_ABSENT, store_unfinished(store, "imp_1", &got, &note));
	strcpy(lost.intent.id, id2);
	assert_false(save(store, &lost));
}

static void
saving_leaves_the_wish_alone(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record changed, got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	contract_put_refund(store, &record);
	changed = record;
	changed.intent.amount = 6;
	changed.intent.checksum = 8000;
	changed.intent.created_ms = 1;
	strcpy(changed.intent.imp_uid, "imp_2");
	strcpy(changed.intent.marker, id2);
	strcpy(changed.caller, "other");
	strcpy(changed.reason, "other");
	strcpy(changed.idempotency_key, "other");
	changed.intent.checks = 3;
	assert_true(save(store, &changed));
	record.intent.checks = 3;
	OK(store_refund(store, id1, &got, &note));
	assert_memory_equal(&record, &got, sizeof(got));
}

/* design.md "States of a refund": may the row become the column? */
static const bool may[INTENT__COUNT][INTENT__COUNT] = {
	/* awaiting, in_flight, pending, unknown, review, succeeded, failed */
	[INTENT_AWAITING_APPROVAL] = { 1, 1, 0, 0, 0, 0, 1 },
	[INTENT_IN_FLIGHT] = { 0, 1, 1, 1, 1, 1, 1 },
	[INTENT_PENDING] = { 0, 0, 1, 0, 1, 1, 1 },
	[INTENT_UNKNOWN] = { 0, 0, 1, 1, 1, 1, 1 },
	[INTENT_NEEDS_REVIEW] = { 0, 0, 0, 0, 1, 1, 1 },
};

static struct refund_record
in_state(const struct refund_record *record, enum intent_state intent_state,
    enum intent_failure failure)
{
	struct refund_record made = *record;

	if (intent_state == INTENT_SUCCEEDED)
		return contract_succeeded(record, "c-1");
	if (intent_state == INTENT_FAILED)
		return contract_failed(record, failure);
	made.intent.state = intent_state;
	return made;
}

static void
states_move_only_forward(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record, to;
	struct fault_note note = { "" };
	enum fault f, wanted;
	int i, j;
	bool won;

	contract_put_payment(store, "imp_1");
	for (i = 0; i < INTENT_SUCCEEDED; i++) {
		for (j = 0; j < INTENT__COUNT; j++) {
			record = contract_refund(id1, "imp_1", 5, 9000);
			record.intent.state = (enum intent_state)i;
			to = in_state(&record, (enum intent_state)j,
			    i == INTENT_AWAITING_APPROVAL ? INTENT_REJECTED
							  : INTENT_DECLINED);
			open_it(store);
			OK(store_refund_put(store, &record, &note));
			f = store_refund_save(store, &to, &won, &note);
			wanted = may[i][j] ? FAULT_NONE : FAULT_STORE;
			if (f != wanted)
				print_error("from %d to %d\n", i, j);
			expect(f, wanted, &note);
			store_rollback(store);
		}
	}
}

static void
only_approval_is_rejected(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record to;
	struct fault_note note = { "" };
	bool won;

	contract_put_payment(store, "imp_1");
	open_it(store);
	OK(store_refund_put(store, &record, &note));
	to = contract_failed(&record, INTENT_REJECTED);
	FAILS(FAULT_STORE, store_refund_save(store, &to, &won, &note));
	store_rollback(store);
	open_it(store);
	record.intent.state = INTENT_AWAITING_APPROVAL;
	OK(store_refund_put(store, &record, &note));
	to = contract_failed(&record, INTENT_DECLINED);
	FAILS(FAULT_STORE, store_refund_save(store, &to, &won, &note));
	store_rollback(store);
}

static void
what_is_approved_begins_anew(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record got;
	struct fault_note note = { "" };
	bool won = false;

	contract_put_payment(store, "imp_1");
	record.intent.state = INTENT_AWAITING_APPROVAL;
	contract_put_refund(store, &record);
	record.intent.checksum = 8000;
	record.intent.created_ms = 90000000;
	record.intent.begun_steady_ms = 7;
	strcpy(record.intent.begun_clock, "boot:x");
	record.intent.send_by_ms = 90001000;
	record.intent.deadline_ms = record.intent.next_check_ms = 90002000;
	open_it(store);
	OK(store_refund_approve(store, &record, &won, &note));
	assert_true(won);
	OK(store_refund_approve(store, &record, &won, &note));
	assert_false(won);
	OK(store_commit(store, &note));
	OK(store_refund(store, id1, &got, &note));
	assert_int_equal(got.intent.state, INTENT_IN_FLIGHT);
	assert_int_equal(got.intent.checksum, 8000);
	assert_int_equal(got.intent.created_ms, 90000000);
	assert_int_equal(got.intent.begun_steady_ms, 7);
	assert_string_equal(got.intent.begun_clock, "boot:x");
	assert_int_equal(got.intent.send_by_ms, 90001000);
	assert_int_equal(got.intent.deadline_ms, 90002000);
	assert_int_equal(got.intent.next_check_ms, 90002000);
	assert_true(got.is_approved);
}

static int64_t
unapproved_of(const struct store *store, const char *imp_uid)
{
	struct fault_note note = { "" };
	int64_t amount = -1;

	OK(store_unapproved(store, imp_uid, &amount, &note));
	return amount;
}

/* By payment: what has not failed, and nobody has let go. */
static void
a_payment_counts_what_nobody_has_approved(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record two = contract_refund(id2, "imp_1", 7, 9000);
	struct refund_record other = contract_refund(id3, "imp_2", 11, 9000);
	struct fault_note note = { "" };
	bool won;

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	assert_int_equal(unapproved_of(store, "imp_1"), 0);
	contract_put_refund(store, &other);
	contract_put_refund(store, &one);
	assert_int_equal(unapproved_of(store, "imp_1"), 5);
	one = contract_succeeded(&one, "c-1");
	assert_true(save(store, &one));
	assert_int_equal(unapproved_of(store, "imp_1"), 5);
	two.intent.state = INTENT_AWAITING_APPROVAL;
	contract_put_refund(store, &two);
	assert_int_equal(unapproved_of(store, "imp_1"), 12);
	open_it(store);
	OK(store_refund_approve(store, &two, &won, &note));
	OK(store_commit(store, &note));
	assert_int_equal(unapproved_of(store, "imp_1"), 5);
	two.intent.state = INTENT_IN_FLIGHT;
	two = contract_succeeded(&two, "c-2");
	assert_true(save(store, &two));
	assert_int_equal(unapproved_of(store, "imp_1"), 5);
	other = contract_failed(&other, INTENT_DECLINED);
	assert_true(save(store, &other));
	assert_int_equal(unapproved_of(store, "imp_2"), 0);
}

static int64_t
given_on(const struct store *store, int64_t day)
{
	struct fault_note note = { "" };
	int64_t amount = -1;

	OK(store_given(store, day, &amount, &note));
	return amount;
}

/* Day 0 ends at 15:00 UTC, midnight in Seoul. */
static void
a_day_counts_what_has_not_failed(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record two = contract_refund(id2, "imp_2", 7, 9000);
	struct fault_note note = { "" };
	bool won;

	contract_put_payment(store, "imp_1");
	contract_put_payment(store, "imp_2");
	assert_int_equal(given_on(store, 0), 0);
	one.intent.created_ms = 15 * 3600000 - 1;
	two.intent.created_ms = 15 * 3600000;
	two.intent.state = INTENT_AWAITING_APPROVAL;
	contract_put_refund(store, &one);
	contract_put_refund(store, &two);
	assert_int_equal(given_on(store, 0), 5);
	assert_int_equal(given_on(store, 1), 7);
	one = contract_failed(&one, INTENT_DECLINED);
	assert_true(save(store, &one));
	assert_int_equal(given_on(store, 0), 0);
	two.intent.created_ms += 86400000;
	strcpy(two.intent.begun_clock, "boot:x");
	open_it(store);
	OK(store_refund_approve(store, &two, &won, &note));
	OK(store_commit(store, &note));
	assert_int_equal(given_on(store, 1), 0);
	assert_int_equal(given_on(store, 2), 7);
	two.intent.state = INTENT_IN_FLIGHT;
	two = contract_succeeded(&two, "c-1");
	assert_true(save(store, &two));
	assert_int_equal(given_on(store, 2), 7);
}

static enum fault
count_entry(void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	struct trail_entry *last = arg;

	(void)note;
	assert_true(entry->at_ms > last->at_ms);
	*last = *entry;
	return FAULT_NONE;
}

static void
the_trail_of_an_order_is_told_in_its_order(void **state)
{
	const struct store *store = store_of(state);
	struct trail_entry entry = { .at_ms = 1,
		.act = TRAIL_ASKED,
		.verdict = "accepted",
		.actor = "user:kim",
		.address = "2001:db8::1",
		.request_id = "0123456789",
		.merchant_uid = "order",
		.imp_uid = "imp_1",
		.refund_id = "ABCDEFGHJK",
		.amount = 5 };
	struct trail_entry got = { 0 };
	struct fault_note note = { "" };

	open_it(store);
	OK(store_trail_put(store, &entry, &note));
	entry.at_ms = 2;
	entry.act = TRAIL_MOVED;
	OK(store_trail_put(store, &entry, &note));
	strcpy(entry.merchant_uid, "another");
	OK(store_trail_put(store, &entry, &note));
	OK(store_commit(store, &note));
	OK(store_trail_of(store, "order", count_entry, &got, &note));
	strcpy(entry.merchant_uid, "order");
	assert_int_equal(got.at_ms, 2);
	assert_int_equal(got.act, TRAIL_MOVED);
	assert_string_equal(got.verdict, entry.verdict);
	assert_string_equal(got.actor, entry.actor);
	assert_string_equal(got.address, entry.address);
	assert_string_equal(got.request_id, entry.request_id);
	assert_string_equal(got.merchant_uid, "order");
	assert_string_equal(got.imp_uid, entry.imp_uid);
	assert_string_equal(got.refund_id, entry.refund_id);
	assert_int_equal(got.amount, 5);
	memset(&got, 0, sizeof(got));
	OK(store_trail_of(store, "nobody", count_entry, &got, &note));
	assert_int_equal(got.at_ms, 0);
}

static enum fault
note_entry(void *arg, const struct trail_entry *entry, struct fault_note *note)
{
	char *seen = arg;

	(void)note;
	assert_int_equal(entry->act, TRAIL_REFUSED);
	assert_true(strlen(seen) < 8);
	strcat(seen, entry->request_id);
	return FAULT_NONE;
}

static void
what_was_refused_is_told_newest_first(void **state)
{
	const struct store *store = store_of(state);
	struct trail_entry entry = { .at_ms = 1, .act = TRAIL_REFUSED };
	struct fault_note note = { "" };
	char seen[16] = "";
	int i;

	OK(store_trail_refused(store, 9, note_entry, seen, &note));
	assert_string_equal(seen, "");
	open_it(store);
	for (i = 0; i < 4; i++) {
		entry.request_id[0] = (char)('A' + i);
		entry.act = i == 1 ? TRAIL_ASKED : TRAIL_REFUSED;
		strcpy(entry.merchant_uid, i == 2 ? "order" : "");
		OK(store_trail_put(store, &entry, &note));
	}
	OK(store_commit(store, &note));
	OK(store_trail_refused(store, 9, note_entry, seen, &note));
	assert_string_equal(seen, "DCA");
	seen[0] = '\0';
	OK(store_trail_refused(store, 2, note_entry, seen, &note));
	assert_string_equal(seen, "DC");
}

static void
one_history_entry_is_one_refund(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record two = contract_refund(id2, "imp_1", 5, 9000);
	struct fault_note note = { "" };
	bool won;

	contract_put_payment(store, "imp_1");
	one = contract_succeeded(&one, "c-1");
	contract_put_refund(store, &one);
	contract_put_refund(store, &two);
	two = contract_succeeded(&two, "c-1");
	open_it(store);
	FAILS(FAULT_STORE, store_refund_save(store, &two, &won, &note));
	store_rollback(store);
	two = contract_succeeded(&two, "c-2");
	assert_true(save(store, &two));
}

static void
late_and_recovered_rows_are_put_succeeded(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record late = contract_refund(id2, "imp_1", 9500, 0);
	struct refund_record found = contract_refund(id3, "imp_1", 1, 0);
	struct refund_record got;
	struct fault_note note = { "" };

	contract_put_payment(store, "imp_1");
	one = contract_failed(&one, INTENT_NOT_APPLIED);
	contract_put_refund(store, &one);
	late = contract_succeeded(&late, "c-1");
	late.origin = INTENT_LATE;
	refuse_put(store, &late);
	strcpy(late.origin_of, id1);
	strcpy(late.intent.marker, id1);
	assert_int_equal(
	    store_late_of(store, "imp_1", id1, &got, &note), FAULT_ABSENT);
	contract_put_refund(store, &late);
	OK(store_refund(store, id2, &got, &note));
	assert_memory_equal(&late, &got, sizeof(got));
	OK(store_late_of(store, "imp_1", id1, &got, &note));
	assert_memory_equal(&late, &got, sizeof(got));
	assert_int_equal(
	    store_late_of(store, "imp_1", id2, &got, &note), FAULT_ABSENT);
	assert_int_equal(
	    store_late_of(store, "imp_2", id1, &got, &note), FAULT_ABSENT);
	found.origin = INTENT_RECOVERED;
	refuse_put(store, &found);
	found = contract_succeeded(&found, "c-2");
	contract_put_refund(store, &found);
}

static void
not_applied_is_remembered(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record one = contract_refund(id1, "imp_1", 5, 9000);
	struct refund_record late;
	struct fault_note note = { "" };
	bool has = true;

	contract_put_payment(store, "imp_1");
	contract_put_refund(store, &one);
	OK(store_has_not_applied(store, "imp_1", &has, &note));
	assert_false(has);
	one = contract_failed(&one, INTENT_NOT_APPLIED);
	assert_true(save(store, &one));
	OK(store_has_not_applied(store, "imp_1", &has, &note));
	assert_true(has);
	OK(store_has_not_applied(store, "imp_2", &has, &note));
	assert_false(has);

	/* It was found done after all. */
	late = contract_refund("000000000B", "imp_1", 5, 9000);
	late = contract_succeeded(&late, "c1");
	late.origin = INTENT_LATE;
	memcpy(late.origin_of, id1, REFUND_ID_SIZE);
	contract_put_refund(store, &late);
	OK(store_has_not_applied(store, "imp_1", &has, &note));
	assert_false(has);
}

/* Six refunds of six payments: ids "000000000" and a digit. */
static void
put_six(const struct store *store)
{
	static const struct {
		enum intent_state state;
		int64_t next_check_ms;
	} rows[] = {
		{ INTENT_IN_FLIGHT, 0 },
		{ INTENT_UNKNOWN, 50 },
		{ INTENT_PENDING, 20 },
		{ INTENT_NEEDS_REVIEW, 0 },
		{ INTENT_AWAITING_APPROVAL, 0 },
		{ INTENT_FAILED, 0 },
	};
	struct refund_record record;
	char id[REFUND_ID_SIZE] = "0000000000", imp_uid[] = "imp_0";
	size_t i;

	for (i = 0; i < N(rows); i++) {
		id[9] = (char)('0' + i);
		imp_uid[4] = id[9];
		contract_put_payment(store, imp_uid);
		record = contract_refund(id, imp_uid, 5, 9000);
		record.intent.created_ms = 1000 + (int64_t)i / 2;
		record.intent.next_check_ms = rows[i].next_check_ms;
		record = in_state(&record, rows[i].state, INTENT_DECLINED);
		contract_put_refund(store, &record);
	}
}

static void
due_refunds_are_found_in_order(void **state)
{
	const struct store *store = store_of(state);
	char ids[4][REFUND_ID_SIZE];
	struct fault_note note = { "" };
	size_t n = 9;

	put_six(store);
	OK(store_due(store, 49, ids, 4, &n, &note));
	assert_int_equal(n, 1);
	assert_string_equal(ids[0], "0000000002");
	OK(store_due(store, 1999, ids, 4, &n, &note));
	assert_int_equal(n, 2);
	assert_string_equal(ids[1], "0000000001");
	OK(store_due(store, 2000, ids, 4, &n, &note));
	assert_int_equal(n, 3);
	assert_string_equal(ids[0], "0000000000");
	OK(store_due(store, 2000, ids, 2, &n, &note));
	assert_int_equal(n, 2);
}

struct seen {
	char digits[16];
	size_t n;
	size_t fail_at;
};

static enum fault
see(void *arg, const struct refund_record *record, struct fault_note *note)
{
	struct seen *seen = arg;

	seen->digits[seen->n++] = record->intent.id[9];
	seen->digits[seen->n] = '\0';
	return seen->n == seen->fail_at
	    ? fault_set(note, FAULT_IO, "pipe closed")
	    : FAULT_NONE;
}

static void
expect_list(const struct store *store, const struct refund_filter *filter,
    const char *digits)
{
	struct fault_note note = { "" };
	struct seen seen = { .n = 0 };

	OK(store_list(store, filter, see, &seen, &note));
	assert_string_equal(seen.digits, digits);
}

static void
refunds_are_listed_newest_first(void **state)
{
	const struct store *store = store_of(state);
	struct refund_filter filter = { .limit = 10 };
	struct seen seen = { .fail_at = 2 };
	struct fault_note note = { "" };

	put_six(store);
	expect_list(store, &filter, "543210");
	filter.limit = 2;
	expect_list(store, &filter, "54");
	filter.limit = 10;
	FAILS(FAULT_IO, store_list(store, &filter, see, &seen, &note));
	assert_string_equal(seen.digits, "54");
	filter.state = "pending";
	expect_list(store, &filter, "2");
	filter.state = NULL;
	filter.imp_uid = "imp_4";
	expect_list(store, &filter, "4");
	filter.state = "failed";
	expect_list(store, &filter, "");
}

static void
stuck_refunds_are_listed(void **state)
{
	const struct store *store = store_of(state);
	struct refund_filter filter = { .limit = 10, .is_stuck = true };

	put_six(store);
	filter.now_ms = 1999;
	expect_list(store, &filter, "3");
	filter.now_ms = 2000;
	expect_list(store, &filter, "3210");
	filter.state = "unknown";
	expect_list(store, &filter, "1");
	filter.imp_uid = "imp_1";
	expect_list(store, &filter, "1");
	filter.now_ms = 1999;
	expect_list(store, &filter, "");
}

static void
figures_tell_how_long_the_oldest_awaits_approval(void **state)
{
	const struct store *store = store_of(state);
	struct store_figures figures;
	struct refund_record record;
	struct fault_note note = { "" };
	int i;

	for (i = 0; i < 3; i++) {
		char imp_uid[16];
		char id[] = "000000000A";

		id[0] = (char)('1' + i);
		(void)snprintf(imp_uid, sizeof(imp_uid), "imp_%d", i + 1);
		contract_put_payment(store, imp_uid);
		record = contract_refund(id, imp_uid, 5, 9000);
		record.intent.created_ms = 5000 - i * 1000;
		if (i < 2)
			record.intent.state = INTENT_AWAITING_APPROVAL;
		contract_put_refund(store, &record);
	}
	OK(store_figures(store, 10000, &figures, &note));
	assert_int_equal(figures.unfinished[INTENT_AWAITING_APPROVAL], 2);
	assert_int_equal(figures.awaiting_ms, 6000);
	/* A clock set back is none. */
	OK(store_figures(store, 1000, &figures, &note));
	assert_int_equal(figures.awaiting_ms, 0);
}

static void
figures_count_what_an_operator_watches(void **state)
{
	const struct store *store = store_of(state);
	struct store_figures figures;
	struct refund_record one;
	struct fault_note note = { "" };

	OK(store_figures(store, 2000, &figures, &note));
	assert_int_equal(figures.n_overdue + figures.n_late, 0);
	put_six(store);
	one = contract_refund("000000000A", "imp_5", 5, 9000);
	one = contract_succeeded(&one, "c1");
	one.origin = INTENT_RECOVERED;
	one.intent.applied_amount = 4;
	contract_put_refund(store, &one);
	OK(store_figures(store, 1999, &figures, &note));
	assert_int_equal(figures.n_overdue, 0);
	OK(store_figures(store, 2000, &figures, &note));
	assert_int_equal(figures.n_overdue, 3);
	assert_int_equal(figures.unfinished[INTENT_IN_FLIGHT], 1);
	assert_int_equal(figures.unfinished[INTENT_NEEDS_REVIEW], 1);
	assert_int_equal(figures.unfinished[INTENT_FAILED], 0);
	assert_int_equal(figures.unfinished[INTENT_SUCCEEDED], 0);
	assert_int_equal(figures.n_recovered, 1);
	assert_int_equal(figures.n_mismatched, 1);
	assert_int_equal(figures.n_late, 0);
}

static void
token_is_shared_and_replaced(void **state)
{
	const struct store *store = store_of(state);
	struct provider_token token = { .expires_ms = 5 }, got;
	struct fault_note note = { "" };

	strcpy(token.text, "first");
	open_it(store);
	OK(store_token_put(store, "account", &token, &note));
	memset(token.text, 't', PROVIDER_TOKEN_SIZE - 1);
	token.expires_ms = 6;
	OK(store_token_put(store, "account", &token, &note));
	commit_it(store);
	memset(&got, 0xff, sizeof(got));
	OK(store_token(store, "account", &got, &note));
	assert_memory_equal(&token, &got, sizeof(got));
	FAILS(FAULT_ABSENT, store_token(store, "other", &got, &note));
}

static void
any_freeze_freezes(void **state)
{
	const struct store *store = store_of(state);
	struct store_freeze restore = { .cause = FREEZE_RESTORE,
		.until_ms = 9,
		.since_ms = 4,
		.created_ms = 5 };
	struct store_freeze by_hand = { .cause = FREEZE_OPERATOR,
		.created_ms = 6 };
	struct store_freeze got;
	struct fault_note note = { "" };
	bool is_frozen = true;

	OK(store_frozen(store, &is_frozen, &note));
	assert_false(is_frozen);
	FAILS(FAULT_ABSENT, store_freeze(store, FREEZE_RESTORE, &got, &note));
	open_it(store);
	OK(store_freeze_put(store, &restore, &note));
	OK(store_freeze_put(store, &by_hand, &note));
	restore.until_ms = 10;
	OK(store_freeze_put(store, &restore, &note));
	commit_it(store);
	OK(store_freeze(store, FREEZE_RESTORE, &got, &note));
	assert_int_equal(got.cause, FREEZE_RESTORE);
	assert_int_equal(got.until_ms, 10);
	assert_int_equal(got.since_ms, 4);
	assert_int_equal(got.created_ms, 5);
	OK(store_freeze(store, FREEZE_OPERATOR, &got, &note));
	assert_int_equal(got.cause, FREEZE_OPERATOR);
	assert_int_equal(got.until_ms, 0);
	assert_int_equal(got.created_ms, 6);

	open_it(store);
	OK(store_freeze_delete(store, FREEZE_RESTORE, &note));
	OK(store_freeze_delete(store, FREEZE_RESTORE, &note));
	commit_it(store);
	OK(store_frozen(store, &is_frozen, &note));
	assert_true(is_frozen);
	OK(store_freeze(store, FREEZE_OPERATOR, &got, &note));
	open_it(store);
	OK(store_freeze_delete(store, FREEZE_OPERATOR, &note));
	OK(store_frozen(store, &is_frozen, &note));
	assert_false(is_frozen);
	store_rollback(store);
	OK(store_frozen(store, &is_frozen, &note));
	assert_true(is_frozen);
}

static void
rollback_forgets_everything(void **state)
{
	const struct store *store = store_of(state);
	struct refund_record record = contract_refund(id1, "imp_1", 5, 9000);
	struct payment payment = contract_payment("imp_1", 10000);
	struct truth_entry entry = entry_of("c-1", 5, 5);
	struct fault_note note = { "" };
	struct book book;

	open_it(store);
	OK(store_payment_put(store, &payment, 1, &note));
	OK(store_refund_put(store, &record, &note));
	OK(store_cancellation_put(store, "imp_1", &entry, id1, 1, &note));
	store_rollback(store);
	store_rollback(store);
	FAILS(FAULT_ABSENT, store_payment(store, "imp_1", &payment, &note));
	FAILS(FAULT_ABSENT, store_refund(store, id1, &record, &note));
	OK(store_book(store, "imp_1", "", &book, &note));
	assert_int_equal(book.n, 0);
	free(book.entries);
}

static void
undo_forgets_and_release_keeps(void **state)
{
	const struct store *store = store_of(state);
	struct payment one = contract_payment("imp_1", 10000);
	struct payment two = contract_payment("imp_2", 10000);
	struct refund_record bad = contract_refund(id1, "imp_9", 1, 1);
	struct fault_note note = { "" };

	open_it(store);
	OK(store_savepoint(store, &note));
	OK(store_payment_put(store, &one, 1, &note));
	OK(store_release(store, &note));
	OK(store_savepoint(store, &note));
	OK(store_payment_put(store, &two, 1, &note));
	FAILS(FAULT_STORE, store_refund_put(store, &bad, &note));
	OK(store_undo(store, &note));
	OK(store_savepoint(store, &note));
	OK(store_release(store, &note));
	commit_it(store);
	OK(store_payment(store, "imp_1", &one, &note));
	FAILS(FAULT_ABSENT, store_payment(store, "imp_2", &two, &note));
}

static void
change_outside_a_transaction_is_refused(void **state)
{
	const struct store *store = store_of(state);
	struct payment payment = contract_payment("imp_1", 10000);
	struct fault_note note = { "" };

	FAILS(FAULT_STORE, store_payment_put(store, &payment, 1, &note));
	FAILS(FAULT_STORE, store_savepoint(store, &note));
	FAILS(FAULT_STORE, store_release(store, &note));
	FAILS(FAULT_STORE, store_undo(store, &note));
	FAILS(FAULT_STORE, store_commit(store, &note));
	FAILS(FAULT_ABSENT, store_payment(store, "imp_1", &payment, &note));
}

#define TEST(name, function)                                                   \
	{                                                                      \
		name, function, contract_setup, contract_teardown, NULL        \
	}

static const struct CMUnitTest promises[] = {
	TEST("a payment is read back as it was put", payment_is_read_back),
	TEST("a payment without method and gateway is read back",
	    payment_without_extras_is_read_back),
	TEST("what is not there is absent", absent_things_are_absent),
	TEST("a payment's order, amount and currency never change",
	    payment_does_not_become_another),
	TEST("cancel_amount only grows, up to the amount",
	    cancel_amount_only_grows),
	TEST("amounts out of bounds are refused", amounts_have_bounds),
	TEST("of an order's payments the paid ones come first",
	    paid_payments_of_an_order_come_first),
	TEST("history is oldest first and tells what a refund knew",
	    history_is_oldest_first_with_what_was_known),
	TEST("a long history is kept whole", long_history_is_kept),
	TEST("a history entry gets an owner once",
	    history_entry_gets_an_owner_once),
	TEST("history of an unknown payment or refund is refused",
	    history_of_what_is_not_there_is_refused),
	TEST("a refund with every field full is read back whole",
	    refund_is_read_back_whole),
	TEST("a refund with nothing optional is read back",
	    bare_refund_is_read_back),
	TEST("a refund that contradicts itself is refused",
	    bad_rows_are_refused),
	TEST("a second unfinished refund of a payment is refused",
	    second_unfinished_refund_is_refused),
	TEST("a key is used once, unless its refund was not sent",
	    key_is_used_once_until_not_sent),
	TEST("a ticket is used once, unless its refund was not sent",
	    ticket_is_used_once_by_whoever_has_it),
	TEST("what is approved begins anew", what_is_approved_begins_anew),
	TEST("a payment counts what nobody has approved",
	    a_payment_counts_what_nobody_has_approved),
	TEST("a day counts what has not failed",
	    a_day_counts_what_has_not_failed),
	TEST("the trail of an order is told in its order",
	    the_trail_of_an_order_is_told_in_its_order),
	TEST("what was refused is told newest first",
	    what_was_refused_is_told_newest_first),
	TEST("another caller's key is another key",
	    key_of_another_caller_is_another_key),
	TEST("a double click finds the first refund",
	    double_click_finds_the_first_refund),
	TEST("failed refunds and those with a key are no double click",
	    failed_and_keyed_refunds_are_no_double_click),
	TEST("only the first to close a refund wins",
	    only_the_first_to_close_wins),
	TEST("saving leaves what was asked for alone",
	    saving_leaves_the_wish_alone),
	TEST("states move only along the design's arrows",
	    states_move_only_forward),
	TEST("only an approval is rejected", only_approval_is_rejected),
	TEST(
	    "one history entry is one refund", one_history_entry_is_one_refund),
	TEST("late and recovered rows are put as succeeded",
	    late_and_recovered_rows_are_put_succeeded),
	TEST("a refund that was not applied is remembered",
	    not_applied_is_remembered),
	TEST("due refunds are found, the longest due first",
	    due_refunds_are_found_in_order),
	TEST(
	    "refunds are listed newest first", refunds_are_listed_newest_first),
	TEST("stuck refunds are listed", stuck_refunds_are_listed),
	TEST("figures count what an operator watches",
	    figures_count_what_an_operator_watches),
	TEST("figures tell how long the oldest awaits approval",
	    figures_tell_how_long_the_oldest_awaits_approval),
	TEST("any freeze freezes, each till it is taken back",
	    any_freeze_freezes),
	TEST("a token is shared and replaced", token_is_shared_and_replaced),
	TEST("rollback forgets everything", rollback_forgets_everything),
	TEST("undo forgets and release keeps, each alone",
	    undo_forgets_and_release_keeps),
	TEST("a change outside a transaction is refused",
	    change_outside_a_transaction_is_refused),
};

static struct contract_maker *the_maker;

static int
hand_over_maker(void **state)
{
	*state = the_maker;
	return 0;
}

int
contract_run(const char *name, struct contract_maker *maker,
    const struct CMUnitTest *more, size_t n_more)
{
	struct CMUnitTest all[N(promises) + 64];

	assert(n_more <= 64);
	memcpy(all, promises, sizeof(promises));
	if (n_more > 0)
		memcpy(all + N(promises), more, n_more * sizeof(*more));
	the_maker = maker;
	return _cmocka_run_group_tests(
	    name, all, N(promises) + n_more, hand_over_maker, NULL);
}
