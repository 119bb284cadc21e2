/* SPDX-License-Identifier: MIT */
/*
 * One refund's two transactions and the thought between them.
 *
 * The one idea: cancel_open may find at each of its steps that it has to ask
 * i'mport first (an unknown order, an unfinished refund that is due, a balance
 * whose history we don't know).  It then asks, once, and runs again from its
 * start with what was learned.
 */
#include "app/cancel.h"

#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/order.h"
#include "app/replay.h"
#include "app/settle.h"
#include "app/trail.h"
#include "core/civil.h"

static enum fault
end(struct task *task, enum result_code code)
{
	task->next = TASK_END;
	task->result.code = code;
	return FAULT_NONE;
}

static enum fault
end_payment(
    struct task *task, enum result_code code, const struct payment *payment)
{
	task->result.has_payment = true;
	task->result.payment = *payment;
	return end(task, code);
}

/* i'mport was asked about a payment and showed none. */
static enum result_code
code_of_silence(const struct task *task)
{
	return task->call.outcome.said == PROVIDER_ABSENT
	    ? RESULT_PAYMENT_NOT_FOUND
	    : RESULT_PROVIDER_UNREACHABLE;
}

/*
 * What the one question about the payment brought enters the book.  next is
 * TASK_END when that already answers the caller.
 */
static enum fault
learn(const struct app *app, const struct store *store, struct task *task,
    struct fault_note *note)
{
	const struct provider_outcome *outcome = &task->call.outcome;
	struct settle what = { .outcome = outcome,
		.asked_steady_ms = task->asked_steady_ms,
		.answered_id = task->answered_id,
		.own_id = "" };
	struct settled settled;
	enum fault f;

	if (outcome->is_ambiguous)
		return end(task, RESULT_AMBIGUOUS_ORDER);
	what.imp_uid = outcome->has_truth ? outcome->truth.payment.imp_uid
					  : task->call.imp_uid;
	if (what.imp_uid[0] != '\0') {
		f = settle(app, store, &what, &settled, note);
		if (f != FAULT_NONE)
			return f;
		task->news = settled.news;
		if (settled.is_mismatch)
			return end_payment(
			    task, RESULT_PAYMENT_MISMATCH, &settled.payment);
		if (settled.is_known)
			return FAULT_NONE;
	}
	return end(task, code_of_silence(task));
}

static enum fault
find_by_order(const struct store *store, struct task *task,
    struct payment *ret_payment, struct fault_note *note)
{
	size_t n_paid;
	enum fault f;

	f = order_payment(
	    store, task->request.merchant_uid, ret_payment, &n_paid, note);
	if (f == FAULT_NONE && n_paid > 1)
		return end(task, RESULT_AMBIGUOUS_ORDER);
	return f;
}

/* An amount as text becomes one, now that its currency is known. */
static bool
read_amount(const struct request_amount *amount,
    const struct currency *currency, int64_t *ret)
{
	if (!amount->is_given)
		return true;
	if (amount->is_string && currency->exponent == 0)
		return false;
	return money_parse(amount->text, strlen(amount->text), currency, ret);
}

unsigned
cancel_given_fields(const struct refund_request *request)
{
	unsigned given = 0;

	if (request->reason[0] != '\0')
		given |= REFUND_FIELD_REASON;
	if (request->account.holder[0] != '\0')
		given |= REFUND_FIELD_HOLDER;
	if (request->account.bank[0] != '\0')
		given |= REFUND_FIELD_BANK;
	if (request->account.account[0] != '\0')
		given |= REFUND_FIELD_ACCOUNT;
	if (request->account.tel[0] != '\0')
		given |= REFUND_FIELD_TEL;
	if (request->tax_free.is_given)
		given |= REFUND_FIELD_TAX_FREE;
	if (request->vat.is_given)
		given |= REFUND_FIELD_VAT;
	if (request->amount.is_given)
		given |= REFUND_FIELD_AMOUNT;
	return given;
}

/* Returns the REFUND_FIELD_* bits that are no amounts of this currency. */
static unsigned
read_wish(const struct refund_request *request, const struct currency *currency,
    struct refund_wish *ret)
{
	unsigned bad = 0;

	*ret = (struct refund_wish){ .is_whole = !request->amount.is_given,
		.bank = request->account.bank,
		.given = cancel_given_fields(request) };
	if (!read_amount(&request->amount, currency, &ret->amount))
		bad |= REFUND_FIELD_AMOUNT;
	if (!read_amount(&request->tax_free, currency, &ret->tax_free))
		bad |= REFUND_FIELD_TAX_FREE;
	if (!read_amount(&request->vat, currency, &ret->vat))
		bad |= REFUND_FIELD_VAT;
	return bad;
}

/* *ret_most is what the ticket allows. */
static bool
is_over_ticket(const struct refund_request *request,
    const struct payment *payment, int64_t amount, int64_t *ret_most)
{
	*ret_most = 0;
	if (request->ticket.id[0] == '\0')
		return false;
	return !money_parse(request->ticket.most, strlen(request->ticket.most),
		   payment->currency, ret_most) ||
	    amount > *ret_most;
}

enum result_code
cancel_code_of(enum refund_verdict verdict)
{
	switch (verdict) {
	case REFUND_NOT_PAID:
		return RESULT_NOT_PAID;
	case REFUND_ALREADY_REFUNDED:
		return RESULT_ALREADY_REFUNDED;
	case REFUND_IN_PROGRESS:
		return RESULT_REFUND_IN_PROGRESS;
	case REFUND_EXCEEDS:
		return RESULT_AMOUNT_EXCEEDS;
	case REFUND_UNSUPPORTED:
		return RESULT_UNSUPPORTED;
	case REFUND_MONTH_CLOSED:
		return RESULT_MONTH_CLOSED;
	case REFUND_WHOLE_ONLY:
		return RESULT_WHOLE_ONLY;
	case REFUND_PARTS_USED:
		return RESULT_PARTS_USED;
	case REFUND_ACCOUNT_REQUIRED:
		return RESULT_ACCOUNT_REQUIRED;
	case REFUND_FIELD_INVALID:
		return RESULT_INVALID_FIELD;
	case REFUND_LIMITED:
		return RESULT_LIMIT_EXCEEDED;
	case REFUND_ALLOWED:
	case REFUND_NEEDS_APPROVAL:
	case REFUND__COUNT:
		break;
	}
	return RESULT_FAULT;
}

static bool
has_failed_to_ask(const struct task *task)
{
	return task->has_asked && !task->call.outcome.has_truth;
}

enum fault
cancel_read_history(const struct store *store, const struct payment *payment,
    size_t *ret_n, bool *ret_is_short, struct fault_note *note)
{
	struct book book = { 0 };
	int64_t sum = 0;
	enum fault f;
	size_t i;

	f = store_book(store, payment->imp_uid, "", &book, note);
	if (f != FAULT_NONE)
		return f;
	for (i = 0; i < book.n; i++)
		sum += book.entries[i].amount;
	*ret_n = book.n;
	*ret_is_short = sum != payment->cancel_amount;
	free(book.entries);
	return FAULT_NONE;
}

enum fault
cancel_prepare(const struct app *app, const struct store *store,
    struct task *task, const struct payment *payment,
    const struct refund_wish *wish, struct fault_note *note)
{
	const struct refund_request *request = &task->request;
	const struct intent *intent = &task->record.intent;
	struct provider_call *call = &task->call;

	memcpy(call->imp_uid, intent->imp_uid, sizeof(call->imp_uid));
	call->currency = payment->currency;
	call->amount = intent->amount;
	call->checksum = intent->checksum;
	call->tax_free = request->tax_free.is_given ? wish->tax_free : -1;
	call->vat = request->vat.is_given ? wish->vat : -1;
	marker_append(request->reason, intent->marker, call->reason);
	call->account = request->account;
	call->is_customer = request->is_customer;
	call->has_retain_promotion = request->has_retain_promotion;
	call->retain_promotion = request->retain_promotion;
	call->send_by_ms = clock_steady_ms(&app->clock) + app->send_within_ms;
	return ask_prepare(app, store, task, PROVIDER_CANCEL, note);
}

/* The one its key has, or any. */
static enum fault
choose_id(const struct app *app, const struct task *task,
    char ret_id[static REFUND_ID_SIZE], struct fault_note *note)
{
	uint64_t bits;
	enum fault f;

	if (task->key_id[0] != '\0') {
		memcpy(ret_id, task->key_id, REFUND_ID_SIZE);
		return FAULT_NONE;
	}
	f = chance_bits(&app->chance, &bits, note);
	if (f == FAULT_NONE)
		refund_id_make(bits, ret_id);
	return f;
}

void
cancel_begin(const struct app *app, int64_t checksum, struct intent *intent)
{
	intent->checksum = checksum;
	intent->state = INTENT_IN_FLIGHT;
	intent->created_ms = clock_now_ms(&app->clock);
	intent->send_by_ms = intent->created_ms + app->send_within_ms;
	intent->deadline_ms = intent->send_by_ms + app->timeout_ms;
	intent->begun_steady_ms = clock_steady_ms(&app->clock);
	(void)strncpy(intent->begun_clock, app->clock.steady_name,
	    sizeof(intent->begun_clock) - 1);
	intent->next_check_ms = intent->deadline_ms;
}

/* n_cancels: how long the history is that is known when it is written. */
static enum fault
journal(const struct app *app, const struct store *store, struct task *task,
    const struct payment *payment, const struct refund_wish *wish,
    const struct refund_decision *decision, size_t n_cancels,
    struct fault_note *note)
{
	const struct refund_request *request = &task->request;
	struct refund_record *record = &task->record;
	struct intent *intent = &record->intent;
	char id[REFUND_ID_SIZE];
	enum fault f;

	f = choose_id(app, task, id, note);
	if (f != FAULT_NONE)
		return f;
	memset(record, 0, sizeof(*record));
	memcpy(intent->id, id, sizeof(id));
	memcpy(intent->marker, intent->id, sizeof(intent->marker));
	memcpy(intent->imp_uid, payment->imp_uid, sizeof(intent->imp_uid));
	intent->amount = decision->amount;
	cancel_begin(app, decision->checksum, intent);
	if (decision->verdict == REFUND_NEEDS_APPROVAL)
		intent->state = INTENT_AWAITING_APPROVAL;
	record->tax_free = request->tax_free.is_given ? wish->tax_free : -1;
	record->vat = request->vat.is_given ? wish->vat : -1;
	record->retain_promotion =
	    request->has_retain_promotion ? request->retain_promotion : -1;
	record->origin = INTENT_BY_REQUEST;
	memcpy(record->caller, request->caller, sizeof(record->caller));
	record->is_customer = request->is_customer;
	memcpy(record->reason, request->reason, sizeof(record->reason));
	memcpy(record->language, request->language, sizeof(record->language));
	memcpy(record->idempotency_key, request->idempotency_key,
	    sizeof(record->idempotency_key));
	memcpy(
	    record->ticket_id, request->ticket.id, sizeof(record->ticket_id));
	memcpy(record->fingerprint, request->fingerprint, FINGERPRINT_LEN);
	f = store_refund_put(store, record, note);
	if (f != FAULT_NONE)
		return f;
	free(task->known.entries);
	task->known = (struct book){ 0 };
	if (n_cancels == 0)
		return FAULT_NONE;
	return store_book(
	    store, intent->imp_uid, intent->id, &task->known, note);
}

static enum fault
refuse(struct task *task, const struct payment *payment,
    const struct refund_record *unfinished,
    const struct refund_decision *decision)
{
	enum result_code code = cancel_code_of(decision->verdict);

	if (code == RESULT_REFUND_IN_PROGRESS)
		result_of_record(unfinished, payment, &task->result);
	task->result.fields = decision->fields;
	task->result.missing =
	    decision->fields & ~cancel_given_fields(&task->request);
	return end_payment(task, code, payment);
}

/* The shop's limits; counted in the transaction that journals. */
static enum fault
limit(const struct app *app, const struct store *store, struct task *task,
    const struct payment *payment, struct refund_decision *decision,
    struct fault_note *note)
{
	struct refund_given given = { 0 };
	enum fault f = FAULT_NONE;

	if (app->policy.per_day_limit > 0)
		f = store_given(store,
		    civil_seoul_day(clock_now_ms(&app->clock) / 1000),
		    &given.today, note);
	if (f == FAULT_NONE && app->policy.approval_threshold > 0)
		f = store_unapproved(
		    store, payment->imp_uid, &given.unapproved, note);
	if (f != FAULT_NONE)
		return f;
	decision->verdict = refund_limit(payment, decision->amount,
	    &app->policy, &given, &task->result.most);
	if (decision->verdict == REFUND_LIMITED && task->result.most > 0)
		decision->fields = REFUND_FIELD_AMOUNT;
	return FAULT_NONE;
}

/*
 * The payment is at hand and locked: decide, and write the intent down before
 * anybody is asked to move money.
 */
static enum fault
decide(const struct app *app, const struct store *store, struct task *task,
    const struct payment *payment, struct fault_note *note)
{
	struct refund_record *unfinished = &task->record;
	struct refund_decision decision = { 0 };
	struct refund_wish wish;
	int64_t now_ms = clock_now_ms(&app->clock);
	struct refund_past past;
	bool is_short;
	enum fault f;

	f = store_unfinished(store, payment->imp_uid, unfinished, note);
	if (f != FAULT_NONE && f != FAULT_ABSENT)
		return f;
	past.has_unfinished = f == FAULT_NONE;
	if (past.has_unfinished && intent_is_due(&unfinished->intent, now_ms) &&
	    !task->has_asked)
		return ask_read(app, store, task, payment->imp_uid, note);

	decision.fields = read_wish(&task->request, payment->currency, &wish);
	if (decision.fields != 0) {
		decision.verdict = REFUND_FIELD_INVALID;
		return refuse(task, payment, unfinished, &decision);
	}
	f = cancel_read_history(
	    store, payment, &past.n_cancels, &is_short, note);
	if (f != FAULT_NONE)
		return f;
	decision = refund_decide(
	    payment, &past, &wish, &app->policy, civil_seoul(now_ms / 1000));
	if (decision.verdict != REFUND_ALLOWED)
		return refuse(task, payment, unfinished, &decision);

	if (is_over_ticket(
		&task->request, payment, decision.amount, &task->result.most)) {
		task->result.fields =
		    task->result.most > 0 ? REFUND_FIELD_AMOUNT : 0;
		return end_payment(task, RESULT_FORBIDDEN, payment);
	}
	f = limit(app, store, task, payment, &decision, note);
	if (f != FAULT_NONE)
		return f;
	if (decision.verdict == REFUND_LIMITED)
		return refuse(task, payment, unfinished, &decision);
	if (is_short && !task->has_asked)
		return ask_read(app, store, task, payment->imp_uid, note);
	if (is_short && has_failed_to_ask(task))
		return end_payment(task, code_of_silence(task), payment);

	f = journal(
	    app, store, task, payment, &wish, &decision, past.n_cancels, note);
	if (f != FAULT_NONE)
		return f;
	result_of_record(&task->record, payment, &task->result);
	task->is_journalled = true;
	f = trail_asked(app, store, task, note);
	if (f != FAULT_NONE)
		return f;
	if (decision.verdict == REFUND_NEEDS_APPROVAL)
		return end(task, RESULT_AWAITING_APPROVAL);
	return cancel_prepare(app, store, task, payment, &wish, note);
}

/*
 * What is asked for anew counts once, whatever becomes of it, before anything
 * is written or asked; what hears an earlier answer again does not get here.
 * The order comes first: who hammers at one does not use up what its caller,
 * which may be the whole shop, has for all others.
 */
static bool
is_one_too_many(const struct app *app, struct task *task, const char *order)
{
	int64_t *wait_ms = &task->result.wait_ms;

	if (!task->is_counted)
		task->is_counted = limits_take(&app->limits,
				       LIMIT_ORDER_REFUNDS, order, wait_ms) &&
		    limits_take(&app->limits, LIMIT_CALLER_REFUNDS,
			task->request.caller, wait_ms);
	return !task->is_counted;
}

/*
 * Its number, or what it is called by one who does not know that.  A ticket
 * is for one order, so it uses up no other's.
 */
static const char *
order_of(const struct refund_request *request, const struct payment *payment)
{
	if (request->ticket.id[0] != '\0')
		return request->ticket.order;
	if (payment != NULL)
		return payment->merchant_uid;
	return request->imp_uid[0] != '\0' ? request->imp_uid
					   : request->merchant_uid;
}

/*
 * A ticket is for one order, in one name.  Who names another is told so before
 * anything is looked up.
 */
static bool
is_beyond_ticket(const struct refund_request *request)
{
	const struct request_ticket *ticket = &request->ticket;

	return ticket->id[0] != '\0' &&
	    (request->is_customer != ticket->is_customer ||
		(request->merchant_uid[0] != '\0' &&
		    strcmp(request->merchant_uid, ticket->order) != 0));
}

/*
 * By an imp_uid that is not the ticket's order's, as far as the book tells: it
 * hears the same whether i'mport knows that payment or not, which is not asked.
 */
static bool
is_another_s(
    const struct refund_request *request, const struct payment *payment)
{
	if (request->ticket.id[0] == '\0')
		return false;
	if (payment == NULL)
		return request->imp_uid[0] != '\0';
	return strcmp(request->ticket.order, payment->merchant_uid) != 0;
}

/* Lookup: by imp_uid, which wins, or by the order; then at i'mport, once. */
static enum fault
look_up(const struct app *app, const struct store *store, struct task *task,
    struct fault_note *note)
{
	const struct refund_request *request = &task->request;
	bool by_order = request->imp_uid[0] == '\0';
	struct payment payment;
	enum fault f;

	if (by_order)
		f = find_by_order(store, task, &payment, note);
	else
		f = store_payment(store, request->imp_uid, &payment, note);
	if (f == FAULT_ABSENT && task->has_asked)
		return end(task, RESULT_PAYMENT_NOT_FOUND);
	if (f != FAULT_NONE && f != FAULT_ABSENT)
		return f;
	if (f == FAULT_NONE && task->next == TASK_END)
		return FAULT_NONE; /* ambiguous */
	if (is_one_too_many(app, task,
		order_of(request, f == FAULT_NONE ? &payment : NULL)))
		return end(task, RESULT_RATE_LIMITED);
	if (is_another_s(request, f == FAULT_NONE ? &payment : NULL))
		return end(task, RESULT_FORBIDDEN);
	/* Unknown, or unpaid as far as we know: the customer may have paid
	 * since, with another attempt of the same order even. */
	if (f == FAULT_ABSENT ||
	    (!payment_is_paid(&payment) && !task->has_asked)) {
		if (by_order)
			return ask_find(
			    app, store, task, request->merchant_uid, note);
		return ask_read(app, store, task, request->imp_uid, note);
	}
	if (!payment_is_paid(&payment) && has_failed_to_ask(task))
		return end_payment(task, code_of_silence(task), &payment);
	return decide(app, store, task, &payment, note);
}

/*
 * A request that nobody has made before.  Looked at here and not before what
 * was learned: the freeze has to be seen by the transaction that journals.
 */
static enum fault
open_new(const struct app *app, const struct store *store, struct task *task,
    struct fault_note *note)
{
	bool is_frozen;
	enum fault f;

	if (is_beyond_ticket(&task->request))
		return end(task, RESULT_FORBIDDEN);
	f = store_frozen(store, &is_frozen, note);
	if (f != FAULT_NONE)
		return f;
	if (is_frozen)
		return end(task, RESULT_FROZEN);
	return look_up(app, store, task, note);
}

/* What is told again was decided before. */
static enum fault
note_refusal(const struct app *app, const struct store *store,
    struct task *task, struct fault_note *note)
{
	const struct refund_result *result = &task->result;
	bool is_known = task->is_journalled || result->is_replay ||
	    (result->has_refund && result->code != RESULT_REFUND_IN_PROGRESS);

	if (task->next != TASK_END || is_known)
		return FAULT_NONE;
	/* By imp_uid it was counted for the order's other name. */
	if (result->code == RESULT_RATE_LIMITED ||
	    is_one_too_many(app, task, order_of(&task->request, NULL)))
		return trail_one_too_many(app, store, task, note);
	return trail_asked(app, store, task, note);
}

enum fault
cancel_open(const struct app *app, const struct store *store, struct task *task,
    struct fault_note *note)
{
	enum fault f;

	memset(&task->result, 0, sizeof(task->result));
	task->is_journalled = task->is_of_another = false;
	task->next = TASK_STORE;
	if (task->is_given_up)
		return end(task, RESULT_PROVIDER_UNREACHABLE);
	if (task->has_asked) {
		f = learn(app, store, task, note);
		if (f != FAULT_NONE)
			return f;
		if (task->next == TASK_END)
			return note_refusal(app, store, task, note);
	}
	f = replay_request(app, store, task, note);
	if (f == FAULT_ABSENT)
		f = open_new(app, store, task, note);
	return f == FAULT_NONE ? note_refusal(app, store, task, note) : f;
}

/*
 * Does the answer explain itself?  Code 0 with our entry in the history it
 * shows does; so does an asynchronous method's "taken".
 */
static bool
is_conclusive(const struct app *app, const struct task *task)
{
	const struct provider_outcome *outcome = &task->call.outcome;
	struct intent_reading reading = {
		.now_ms = clock_now_ms(&app->clock),
		.is_own = true,
		.stamp_clock = "",
		.steady_clock = "",
		.quiet_ms = app->quiet_ms,
		.pending_ms = app->pending_ms,
	};
	struct intent intent;

	if (outcome->said == PROVIDER_NOT_SENT)
		return true;
	if (outcome->said != PROVIDER_DONE || !outcome->has_truth ||
	    !truth_is_of(&outcome->truth, &task->result.payment))
		return false;
	intent = task->record.intent;
	intent_answered(&intent, INTENT_HEARD_DONE, outcome->code, "");
	intent_judge(&intent, &outcome->truth, &task->known, &reading);
	return intent.state == INTENT_SUCCEEDED ||
	    intent.state == INTENT_PENDING;
}

void
cancel_heard(const struct app *app, struct task *task)
{
	struct provider_outcome *outcome = &task->call.outcome;

	task->next = TASK_STORE;
	if (task->call.want != PROVIDER_CANCEL) {
		task->has_asked = true;
		return;
	}
	task->answered.is_there = true;
	task->answered.said = outcome->said;
	task->answered.code = outcome->code;
	memcpy(task->answered.message, outcome->message,
	    sizeof(task->answered.message));
	if (!is_conclusive(app, task))
		ask_read_back(app, task);
}

/*
 * The row we wrote is gone: a backup has taken the book's place meanwhile, and
 * what the restore reads back will tell.  There is nothing to close any more.
 */
static enum fault
end_gone(struct task *task)
{
	return end(task,
	    task->answered.said == PROVIDER_NOT_SENT
		? RESULT_PROVIDER_UNREACHABLE
		: RESULT_FAULT);
}

/* *ret_record is the caller's to free. */
static enum fault
read_row(const struct store *store, const char *id,
    struct refund_record **ret_record, struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	enum fault f;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = store_refund(store, id, record, note);
	if (f == FAULT_NONE)
		*ret_record = record;
	else
		free(record);
	return f;
}

enum fault
cancel_close(const struct app *app, const struct store *store,
    struct task *task, struct fault_note *note)
{
	struct settle what = {
		.imp_uid = task->record.intent.imp_uid,
		.outcome = &task->call.outcome,
		.own_id = task->record.intent.id,
		.answered = &task->answered,
		.asked_steady_ms = task->asked_steady_ms,
		.answered_id = task->answered_id,
	};
	struct refund_record *record;
	struct settled settled;
	enum fault f;

	f = settle(app, store, &what, &settled, note);
	if (f != FAULT_NONE)
		return f;
	task->news = settled.news;
	/* Whoever closed it, the row is what the caller hears. */
	record = settled.own;
	if (record == NULL) {
		f = read_row(store, what.own_id, &record, note);
		if (f == FAULT_ABSENT)
			return end_gone(task);
		if (f != FAULT_NONE)
			return f;
	}
	f = replay_record(store, task, record,
	    settled.is_known ? &settled.payment : NULL, note);
	task->result.is_replay = false;
	result_explain(&task->result, settled.is_mismatch);
	free(record);
	return f;
}
