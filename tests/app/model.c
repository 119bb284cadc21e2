/* SPDX-License-Identifier: MIT */
/*
 * The model i'mport.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/walk.h"

static int64_t
now_ms(void *self)
{
	const struct model *model = self;

	return model->now_ms;
}

static enum fault
next_bits(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	struct model *model = self;

	(void)note;
	*ret_bits = model->next_bits++;
	return FAULT_NONE;
}

/* Enough of an answer to be told from another one. */
static enum fault
write_answer(const struct refund_result *result, const char *language,
    struct refund_answer *ret_answer, struct fault_note *note)
{
	(void)note;
	ret_answer->status = result->code == RESULT_REFUNDED ? 200 : 409;
	(void)snprintf(ret_answer->body, sizeof(ret_answer->body),
	    "%d %s %s %lld", (int)result->code, result->refund_id, language,
	    (long long)payment_refundable(&result->payment));
	return FAULT_NONE;
}

static const char *
code_name(enum result_code code)
{
	return code == RESULT_REFUNDED ? "refunded" : "refused";
}

static struct model_payment *
find(struct model *model, const char *imp_uid, const char *merchant_uid)
{
	size_t i;

	for (i = 0; i < model->n_payments; i++) {
		struct model_payment *paid = &model->payments[i];

		if (imp_uid != NULL &&
		    strcmp(paid->payment.imp_uid, imp_uid) == 0)
			return paid;
		if (merchant_uid != NULL &&
		    strcmp(paid->payment.merchant_uid, merchant_uid) == 0)
			return paid;
	}
	return NULL;
}

static void
show(struct model *model, const struct model_payment *paid,
    struct provider_outcome *outcome)
{
	size_t i;

	outcome->said = PROVIDER_DONE;
	outcome->has_truth = true;
	outcome->truth.payment = paid->payment;
	if (model->n_garbled > 0) {
		model->n_garbled--;
		outcome->truth.payment.amount *= 10;
	}
	outcome->truth.n = paid->n;
	outcome->truth.entries =
	    calloc(MODEL_ENTRIES, sizeof(paid->entries[0]));
	assert_non_null(outcome->truth.entries);
	memcpy(outcome->truth.entries, paid->entries, sizeof(paid->entries));
	for (i = 0; model->is_marker_cut && i < paid->n; i++)
		outcome->truth.entries[i].marker[0] = '\0';
}

static void
apply(struct model *model, struct model_payment *paid,
    const struct provider_call *call)
{
	char marker[REFUND_ID_SIZE], id[16];

	marker_read(call->reason, strlen(call->reason), marker);
	(void)snprintf(id, sizeof(id), "c%d", ++model->n_applied);
	model_cancel(paid, id, call->amount, marker);
}

static void
do_cancel(struct model *model, struct provider_call *call)
{
	struct model_payment *paid = find(model, call->imp_uid, NULL);
	struct provider_outcome *outcome = &call->outcome;
	enum model_way way = model->cancel_way;

	model->n_cancels++;
	model->last = *call;
	model->cancel_way = MODEL_HONEST;
	assert_true(call->amount > 0);
	if (way == MODEL_NOT_SENT || way == MODEL_LOST) {
		outcome->said =
		    way == MODEL_LOST ? PROVIDER_LOST : PROVIDER_NOT_SENT;
		return;
	}
	if (way == MODEL_REFUSED || paid == NULL ||
	    call->checksum != payment_refundable(&paid->payment)) {
		outcome->said = PROVIDER_REFUSED;
		outcome->code = -1;
		(void)snprintf(
		    outcome->message, sizeof(outcome->message), "no");
		return;
	}
	if (way != MODEL_TAKEN)
		apply(model, paid, call);
	if (way == MODEL_LOST_DONE) {
		outcome->said = PROVIDER_LOST;
	} else if (way == MODEL_REFUSED_DONE) {
		outcome->said = PROVIDER_REFUSED;
		outcome->code = -1;
	} else if (way == MODEL_BLANK) {
		outcome->said = PROVIDER_DONE;
	} else {
		show(model, paid, outcome);
	}
}

static void
do_read(struct model *model, struct provider_call *call)
{
	struct model_payment *paid = call->want == PROVIDER_READ
	    ? find(model, call->imp_uid, NULL)
	    : find(model, NULL, call->merchant_uid);

	model->n_reads++;
	if (model->read_way == MODEL_LOST)
		call->outcome.said = PROVIDER_LOST;
	else if (paid == NULL)
		call->outcome.said = PROVIDER_ABSENT;
	else
		show(model, paid, &call->outcome);
}

/* All that was cancelled, whenever it was, in one page. */
static void
do_list(struct model *model, struct provider_call *call)
{
	struct provider_page *page = &call->outcome.page;
	size_t i;

	model->n_lists++;
	assert_in_range(call->to_at - call->from_at, 0, PROVIDER_LIST_MAX_S);
	if (model->list_way == MODEL_LOST) {
		call->outcome.said = PROVIDER_LOST;
		return;
	}
	call->outcome.said = PROVIDER_DONE;
	page->imp_uids = calloc(MODEL_PAYMENTS, sizeof(*page->imp_uids));
	assert_non_null(page->imp_uids);
	for (i = 0; i < model->n_payments; i++) {
		const struct payment *payment = &model->payments[i].payment;

		if (payment->cancel_amount > 0)
			memcpy(page->imp_uids[page->n++], payment->imp_uid,
			    IMP_UID_SIZE);
	}
	page->total = (int64_t)page->n;
	/*
	 * Torn: one more on page 1 than there is on page 2.  Shifted: page 2
	 * names the first one again instead of the last.
	 */
	if (model->n_torn > 0 && call->page == 1) {
		page->total++;
		page->next = 2;
	} else if (model->n_shifted > 0 && call->page == 1) {
		page->n--;
		page->next = 2;
	} else if (call->page == 2) {
		model->n_torn -= model->n_torn > 0;
		page->n = model->n_shifted > 0 ? 1 : 0;
		model->n_shifted -= model->n_shifted > 0;
	}
}

static void
start(void *self, struct provider_call *call)
{
	struct model *model = self;

	if (call->want == PROVIDER_CANCEL)
		do_cancel(model, call);
	else if (call->want == PROVIDER_LIST)
		do_list(model, call);
	else
		do_read(model, call);
	if (!model->has_no_dates)
		call->outcome.date_ms = model->now_ms / 1000 * 1000;
	call->next = model->done;
	model->done = call;
}

static struct provider_call *
step(void *self, int timeout_ms)
{
	struct model *model = self;
	struct provider_call *done = model->done;

	(void)timeout_ms;
	model->done = NULL;
	return done;
}

static void
wake(void *self)
{
	(void)self;
}

static const struct provider_ops ops = { start, step, wake };

int
model_setup(void **state)
{
	struct model *model = calloc(1, sizeof(*model));
	struct fault_note note;

	assert_non_null(model);
	assert_int_equal(store_mem_new(&model->mem, &note), FAULT_NONE);
	model->store = store_mem_port(model->mem);
	model->provider = (struct provider){ &ops, model };
	model->now_ms = INT64_C(1793600100000);
	model->app.clock =
	    (struct clock){ now_ms, now_ms, "boot:model", model };
	model->app.chance = (struct chance){ next_bits, model };
	model->app.duplicate_window_ms = 10000;
	model->app.send_within_ms = 10000;
	model->app.timeout_ms = 60000;
	model->app.quiet_ms = 180000;
	model->app.pending_ms = INT64_C(30) * 86400 * 1000;
	model->app.answer_ms = 25000;
	model->app.token_account = "account";
	model->app.write_answer = write_answer;
	model->app.code_name = code_name;
	*state = model;
	return 0;
}

int
model_teardown(void **state)
{
	struct model *model = *state;

	store_mem_free(model->mem);
	free(model);
	return 0;
}

struct model_payment *
model_pay(struct model *model, const char *imp_uid, const char *merchant_uid,
    int64_t amount)
{
	struct model_payment *paid = &model->payments[model->n_payments++];

	assert_true(model->n_payments <= MODEL_PAYMENTS);
	(void)snprintf(paid->payment.imp_uid, sizeof(paid->payment.imp_uid),
	    "%s", imp_uid);
	(void)snprintf(paid->payment.merchant_uid,
	    sizeof(paid->payment.merchant_uid), "%s", merchant_uid);
	(void)snprintf(
	    paid->payment.pay_method, sizeof(paid->payment.pay_method), "card");
	paid->payment.amount = amount;
	paid->payment.currency = currency_find("KRW");
	paid->payment.status = PAYMENT_PAID;
	paid->payment.paid_at = model->now_ms / 1000 - 3600;
	return paid;
}

void
model_book(struct model *model, const struct model_payment *paid)
{
	struct fault_note note;

	assert_int_equal(store_begin(&model->store, 0, &note), FAULT_NONE);
	assert_int_equal(store_payment_put(&model->store, &paid->payment,
			     model->now_ms, &note),
	    FAULT_NONE);
	assert_int_equal(store_commit(&model->store, &note), FAULT_NONE);
}

struct model_payment *
model_booked(struct model *model)
{
	struct model_payment *paid = model_pay(model, "imp_1", "ORD-1", 10000);

	model_book(model, paid);
	return paid;
}

void
model_cancel(struct model_payment *paid, const char *id, int64_t amount,
    const char *marker)
{
	struct truth_entry *entry = &paid->entries[paid->n++];

	assert_true(paid->n <= MODEL_ENTRIES);
	(void)snprintf(entry->id, sizeof(entry->id), "%s", id);
	(void)snprintf(entry->marker, sizeof(entry->marker), "%s", marker);
	(void)snprintf(entry->receipt_url, sizeof(entry->receipt_url),
	    "https://receipt.invalid/%s", id);
	entry->amount = amount;
	paid->payment.cancel_amount += amount;
	paid->payment.status = PAYMENT_CANCELLED;
	assert_true(paid->payment.cancel_amount <= paid->payment.amount);
}

struct refund_request
model_request(const char *merchant_uid, int64_t amount, const char *key)
{
	struct refund_request request = { .caller = "none", .language = "en" };
	size_t i;

	(void)snprintf(request.merchant_uid, sizeof(request.merchant_uid), "%s",
	    merchant_uid);
	if (amount != 0) {
		request.amount.is_given = true;
		(void)snprintf(request.amount.text, sizeof(request.amount.text),
		    "%lld", (long long)amount);
	}
	(void)snprintf(request.idempotency_key, sizeof(request.idempotency_key),
	    "%s", key);
	for (i = 0; i < FINGERPRINT_LEN && key[0] != '\0'; i++)
		request.key_mac[i] =
		    (unsigned char)((size_t)key[i % strlen(key)] + i);
	(void)snprintf((char *)request.fingerprint, FINGERPRINT_LEN, "%s/%lld",
	    merchant_uid, (long long)amount);
	return request;
}

struct refund_result
model_ask(struct model *model, const struct refund_request *request)
{
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider };
	struct task *task = task_refund(&model->app, request);
	struct refund_result result;
	struct fault_note note;
	bool told;

	assert_non_null(task);
	assert_int_equal(walk_task(&walk, task, &told, &note), FAULT_NONE);
	assert_false(told);
	result = task->result;
	task_free(task);
	return result;
}

void
model_store_step(struct model *model, struct task *task)
{
	struct fault_note note;

	assert_int_equal(store_begin(&model->store, 0, &note), FAULT_NONE);
	assert_int_equal(
	    task_store(&model->app, &model->store, task, &note), FAULT_NONE);
	assert_int_equal(store_commit(&model->store, &note), FAULT_NONE);
}

size_t
model_resolve(struct model *model)
{
	struct walk walk = { .app = &model->app,
		.store = &model->store,
		.provider = &model->provider };
	struct fault_note note;
	size_t n;

	assert_int_equal(walk_due(&walk, 100, NULL, &n, &note), FAULT_NONE);
	return n;
}

struct refund_record
model_refund(struct model *model, const char *id)
{
	struct refund_record record;
	struct fault_note note;

	assert_int_equal(store_begin(&model->store, 0, &note), FAULT_NONE);
	assert_int_equal(
	    store_refund(&model->store, id, &record, &note), FAULT_NONE);
	store_rollback(&model->store);
	return record;
}
