/* SPDX-License-Identifier: MIT */
/*
 * The state file is the list of events since the first start: payment, cancel,
 * wait (accepted, applied later) and gone (a wait that came to nothing).  It
 * is enough by itself: a restart needs no CSV.
 */
#include "sandbox/world.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/payment_csv.h"
#include "sandbox/refund.h"
#include "sandbox/replay.h"

#define LINE_MAX_BYTES (1U << 20)
#define FLUSH_BYTES    (1U << 16)
#define EARLIER_MAX    (1U << 20)

/* Begins a line of the state file behind what is in world->line. */
static void
event_begin(struct world *world, const char *event, struct render *render,
    struct fault_note *note)
{
	render_init(render, &world->line, true, note);
	render_raw(render, "{");
	render_member_text(render, "event", event);
}

static enum fault
event_end(struct render *render)
{
	render_raw(render, "}\n");
	return render->fault;
}

/* Writes what has gathered in world->line. */
static enum fault
flush(struct world *world, struct lines *lines, struct fault_note *note)
{
	enum fault f = FAULT_NONE;

	if (lines != NULL)
		f = lines_append(lines, buf_bytes(&world->line),
		    buf_len(&world->line), note);
	buf_clear(&world->line);
	return f;
}

/*
 * 48 bits of time, 50 of chance: ten digits each, so that ids sort by time.
 */
static enum fault
make_id(int64_t now_ms, char ret_id[static BOOK_CANCEL_ID_SIZE],
    struct fault_note *note)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char chance[10];
	uint64_t time = (uint64_t)now_ms;
	int i;

	if (RAND_bytes(chance, sizeof(chance)) != 1)
		return fault_set(note, FAULT_IO, "no random bytes");
	for (i = 9; i >= 0; i--, time >>= 5)
		ret_id[i] = digits[time & 31];
	for (i = 0; i < 10; i++)
		ret_id[10 + i] = digits[chance[i] & 31];
	ret_id[BOOK_CANCEL_ID_SIZE - 1] = '\0';
	return FAULT_NONE;
}

static enum fault
write_journal(struct world *world, const struct book_payment *payment,
    const struct book_cancel *cancel, struct fault_note *note)
{
	struct render render;

	if (world->journal == NULL)
		return FAULT_NONE;
	render_init(&render, &world->line, true, note);
	render_raw(&render, "{");
	record_cancel(&render, payment, cancel);
	render_raw(&render, "}\n");
	return render.fault != FAULT_NONE ? render.fault
					  : flush(world, world->journal, note);
}

/* wait_id 0: the cancel did not wait. */
static enum fault
apply(struct world *world, struct book_payment *payment,
    struct book_cancel *cancel, uint64_t wait_id, struct fault_note *note)
{
	struct render render;
	enum fault f;

	f = make_id(cancel->at_ms, cancel->id, note);
	if (f != FAULT_NONE)
		return f;
	cancel->seq = world->next_seq++;
	event_begin(world, "cancel", &render, note);
	record_cancel(&render, payment, cancel);
	if (wait_id != 0)
		render_member_integer(&render, "waited", (int64_t)wait_id);
	f = event_end(&render);
	if (f == FAULT_NONE)
		f = flush(world, world->state, note);
	if (f == FAULT_NONE)
		f = book_apply(world->book, payment, cancel, note);
	if (f == FAULT_NONE)
		f = write_journal(
		    world, payment, &payment->cancels[payment->n - 1], note);
	return f;
}

void
world_tell(const struct world *world, const struct book_payment *payment,
    int64_t now_ms)
{
	const struct world_notice notice = {
		.payment = payment,
		.cancellation_id = payment->n == 0
		    ? NULL
		    : payment->cancels[payment->n - 1].id,
		.status = book_status(payment, payment->n),
	};

	if (world->notify != NULL)
		world->notify(world->notify_arg, &notice, now_ms);
}

enum fault
world_cancel(struct world *world, struct book_payment *payment,
    const struct cancel_wish *wish, enum book_origin origin, int64_t now_ms,
    struct fault_note *note)
{
	char *reason = strdup(wish->reason);
	struct book_cancel cancel = {
		.at_ms = now_ms,
		.amount = wish->amount,
		.after = payment->is.amount - book_left(payment) + wish->amount,
		.origin = origin,
		.reason = reason,
	};
	enum fault f;

	if (reason == NULL)
		return fault_set(note, FAULT_NOMEM, "cancel: no memory");
	f = apply(world, payment, &cancel, 0, note);
	free(reason);
	if (f == FAULT_NONE && (origin == BOOK_CONSOLE || wish->wants_webhook))
		world_tell(world, payment, now_ms);
	return f;
}

/* Takes the wait: into the heap, its amount set aside. */
static enum fault
start_wait_take(
    struct world *world, struct record_wait *wait, struct fault_note *note)
{
	enum fault f = timers_add(&world->waits, wait->due_ms, wait, note);

	if (f != FAULT_NONE) {
		record_wait_free(wait);
		return f;
	}
	if (wait->is_taken)
		wait->payment->taken += wait->wish.amount;
	if (wait->id >= world->next_wait)
		world->next_wait = wait->id + 1;
	return FAULT_NONE;
}

static enum fault
write_wait(struct world *world, const struct record_wait *wait,
    struct fault_note *note)
{
	struct render render;
	enum fault f;

	event_begin(world, "wait", &render, note);
	record_wait(&render, wait);
	f = event_end(&render);
	return f != FAULT_NONE ? f : flush(world, world->state, note);
}

enum fault
world_wait(struct world *world, struct book_payment *payment,
    const struct cancel_wish *wish, bool is_taken, int64_t due_ms,
    struct fault_note *note)
{
	struct record_wait *wait = calloc(1, sizeof(*wait));
	enum fault f;

	if (wait == NULL)
		return fault_set(note, FAULT_NOMEM, "wait: no memory");
	wait->id = world->next_wait;
	wait->due_ms = due_ms;
	wait->payment = payment;
	wait->is_taken = is_taken;
	wait->wish = *wish;
	wait->reason = strdup(wish->reason);
	wait->wish.reason = wait->reason;
	if (wait->reason == NULL)
		f = fault_set(note, FAULT_NOMEM, "wait: no memory");
	else
		f = write_wait(world, wait, note);
	if (f != FAULT_NONE) {
		record_wait_free(wait);
		return f;
	}
	return start_wait_take(world, wait, note);
}

static enum fault
write_gone(struct world *world, uint64_t wait_id, struct fault_note *note)
{
	struct render render;
	enum fault f;

	event_begin(world, "gone", &render, note);
	render_member_integer(&render, "wait", (int64_t)wait_id);
	f = event_end(&render);
	return f != FAULT_NONE ? f : flush(world, world->state, note);
}

/*
 * A taken cancel still has to fit (the console may have cancelled meanwhile);
 * a late one is judged only now, as a call that arrives late would be.
 */
static enum fault
finish_wait(struct world *world, const struct record_wait *wait, int64_t now_ms,
    struct fault_note *note)
{
	struct book_cancel cancel = {
		.at_ms = now_ms,
		.origin = BOOK_API,
		.reason = wait->reason,
	};
	enum cancel_verdict verdict = CANCEL_YES;
	enum fault f;

	if (wait->is_taken) {
		wait->payment->taken -= wait->wish.amount;
		cancel.amount = wait->wish.amount;
		if (cancel.amount > book_left(wait->payment))
			verdict = CANCEL_OVER_AT_PG;
	} else {
		verdict = cancel_judge(
		    wait->payment, &wait->wish, false, now_ms, &cancel.amount);
		if ((verdict == CANCEL_YES || verdict == CANCEL_LATER) &&
		    refund_draw(world, wait->payment, cancel.amount) != NULL)
			verdict = CANCEL_OVER_AT_PG;
	}
	if (verdict != CANCEL_YES && verdict != CANCEL_LATER)
		return write_gone(world, wait->id, note);
	cancel.after =
	    wait->payment->is.amount - book_left(wait->payment) + cancel.amount;
	f = apply(world, wait->payment, &cancel, wait->id, note);
	/* That an asynchronous cancel is done, only a webhook can say. */
	if (f == FAULT_NONE && (wait->is_taken || wait->wish.wants_webhook))
		world_tell(world, wait->payment, now_ms);
	return f;
}

enum fault
world_tick(struct world *world, int64_t now_ms, struct fault_note *note)
{
	struct record_wait *wait;
	enum fault f;

	while ((wait = timers_pop(&world->waits, now_ms)) != NULL) {
		f = finish_wait(world, wait, now_ms, note);
		record_wait_free(wait);
		if (f != FAULT_NONE)
			return f;
	}
	return FAULT_NONE;
}

int64_t
world_next_ms(const struct world *world)
{
	return timers_next(&world->waits);
}

/* Into the book and into world->line, which the caller flushes. */
static enum fault
add(struct world *world, const struct payment *payment, const char *notice_url,
    int64_t now_ms, struct book_payment **ret_payment, struct fault_note *note)
{
	struct payment filled = *payment;
	struct render render;
	enum fault f;

	if (filled.pay_method[0] == '\0')
		(void)strcpy(filled.pay_method, "card");
	if (filled.pg_provider[0] == '\0')
		(void)strcpy(filled.pg_provider, "html5_inicis");
	f = book_add(
	    world->book, &filled, notice_url, now_ms / 1000, ret_payment, note);
	if (f != FAULT_NONE || world->state == NULL)
		return f;
	event_begin(world, "payment", &render, note);
	record_payment_made(&render, *ret_payment);
	return event_end(&render);
}

enum fault
world_add(struct world *world, const struct payment *payment,
    const char *notice_url, int64_t now_ms, struct book_payment **ret_payment,
    struct fault_note *note)
{
	enum fault f =
	    add(world, payment, notice_url, now_ms, ret_payment, note);

	return f != FAULT_NONE ? f : flush(world, world->state, note);
}

/* What the state file tells, and the waits it leaves open. */
static enum fault
open_state(struct world *world, struct fault_note *note)
{
	struct record_wait *wait;
	struct replay replay;
	enum fault f;

	if (world->options.state == NULL)
		return FAULT_NONE;
	f = lines_open(world->options.state, &world->state, note);
	if (f != FAULT_NONE)
		return f;
	replay_init(&replay, world->book);
	f = replay_run(&replay, world->state, note);
	if (replay.n > 0)
		world->next_wait = replay.ids[replay.n - 1] + 1;
	while (f == FAULT_NONE && (wait = replay_take_wait(&replay)) != NULL)
		f = start_wait_take(world, wait, note);
	world->next_seq = replay.last_seq + 1;
	replay_deinit(&replay);
	return f;
}

/* Lines of the journal that a kill kept from being written. */
static enum fault
open_journal(struct world *world, struct fault_note *note)
{
	const struct book_line *line;
	const struct book_cancel *cancel;
	uint64_t last = 0;
	enum fault f;
	size_t i;

	if (world->options.journal == NULL)
		return FAULT_NONE;
	f = lines_open(world->options.journal, &world->journal, note);
	if (f == FAULT_NONE)
		f = replay_last_seq(world->journal, &last, note);
	for (i = 0; f == FAULT_NONE && i < book_lines(world->book); i++) {
		line = book_line(world->book, i);
		cancel = &line->payment->cancels[line->i];
		if (cancel->seq > last)
			f = write_journal(world, line->payment, cancel, note);
	}
	if (last >= world->next_seq)
		world->next_seq = last + 1;
	return f;
}

/* A CSV's payment that the state knows must be the same payment. */
static enum fault
check_known(const struct world *world, const struct payment *payment,
    uint64_t line, struct fault_note *note)
{
	const struct book_payment *known =
	    book_find(world->book, payment->imp_uid);

	if (known == NULL ||
	    (strcmp(known->is.merchant_uid, payment->merchant_uid) == 0 &&
		known->is.amount == payment->amount &&
		known->is.currency == payment->currency))
		return FAULT_NONE;
	return fault_set(note, FAULT_INPUT,
	    "%.100s: line %llu: imp_uid: %s is known with another order or "
	    "amount",
	    world->options.payments, (unsigned long long)line,
	    payment->imp_uid);
}

static enum fault
next_payment(struct payment_csv *csv, const char *path,
    struct payment *ret_payment, struct fault_note *note)
{
	struct fault_note inner = { "" };
	enum fault f = payment_csv_next(csv, ret_payment, &inner);

	return f == FAULT_NONE
	    ? f
	    : fault_set(note, f, "%.120s: %.130s", path, inner.text);
}

/* All rows: the first time only looked at, the second time taken over. */
static enum fault
read_rows(struct world *world, struct payment_csv *csv, bool is_for_real,
    int64_t now_ms, struct fault_note *note)
{
	const char *path = world->options.payments;
	struct book_payment *added;
	struct payment payment;
	enum fault f;

	while ((f = next_payment(csv, path, &payment, note)) == FAULT_NONE) {
		f = check_known(world, &payment, payment_csv_line(csv), note);
		if (f == FAULT_NONE && is_for_real &&
		    book_find(world->book, payment.imp_uid) == NULL)
			f = add(world, &payment, NULL, now_ms, &added, note);
		if (f == FAULT_NONE && buf_len(&world->line) > FLUSH_BYTES)
			f = flush(world, world->state, note);
		if (f != FAULT_NONE)
			break;
	}
	return f == FAULT_ABSENT ? FAULT_NONE : f;
}

static enum fault
read_payments(struct world *world, bool is_for_real, int64_t now_ms,
    struct fault_note *note)
{
	struct fault_note inner = { "" };
	struct payment_csv *csv;
	enum fault f;

	f = payment_csv_open(world->options.payments, &csv, &inner);
	if (f == FAULT_INPUT)
		return fault_set(note, f, "%.120s: %.130s",
		    world->options.payments, inner.text);
	if (f != FAULT_NONE)
		return fault_set(note, f, "%s", inner.text);
	f = read_rows(world, csv, is_for_real, now_ms, note);
	payment_csv_close(csv);
	if (f != FAULT_NONE)
		return f;
	f = flush(world, world->state, note);
	buf_deinit(&world->line); /* later lines are short: back to small */
	return f;
}

static enum fault
open_payments(struct world *world, int64_t now_ms, struct fault_note *note)
{
	enum fault f;

	if (world->options.payments == NULL)
		return FAULT_NONE;
	f = read_payments(world, false, now_ms, note);
	if (f == FAULT_NONE)
		f = read_payments(world, true, now_ms, note);
	return f;
}

enum fault
world_open(struct world *world, const struct world_options *options,
    int64_t now_ms, struct fault_note *note)
{
	enum fault f;
	int i;

	*world = (struct world){
		.options = *options,
		.next_seq = 1,
		.next_wait = 1,
		.unsettled = -1,
	};
	timers_init(&world->waits);
	buf_init(&world->line, LINE_MAX_BYTES);
	for (i = 0; i < ROUTE__COUNT; i++)
		buf_init(&world->earlier[i].body, EARLIER_MAX);
	world->book = book_new();
	world->mishaps = mishap_list_new(options->seed);
	if (world->book == NULL || world->mishaps == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory");
	f = open_state(world, note);
	if (f == FAULT_NONE)
		f = open_payments(world, now_ms, note);
	if (f == FAULT_NONE)
		f = open_journal(world, note);
	return f;
}

void
world_close(struct world *world)
{
	struct record_wait *wait;
	int i;

	while ((wait = timers_pop(&world->waits, INT64_MAX)) != NULL)
		record_wait_free(wait);
	timers_deinit(&world->waits);
	buf_deinit(&world->line);
	for (i = 0; i < ROUTE__COUNT; i++)
		buf_deinit(&world->earlier[i].body);
	mishap_list_free(world->mishaps);
	lines_close(world->journal);
	lines_close(world->state);
	book_free(world->book);
}
