/* SPDX-License-Identifier: MIT */
/*
 * Waits are written in the order of their ids, so the list of them is sorted
 * and an ended one is found by bisection.
 */
#include "sandbox/replay.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/params.h"

void
replay_init(struct replay *replay, struct book *book)
{
	*replay = (struct replay){ .book = book };
}

void
replay_deinit(struct replay *replay)
{
	size_t i;

	for (i = 0; i < replay->n; i++)
		record_wait_free(replay->waits[i]);
	free(replay->waits);
	free(replay->ids);
	replay_init(replay, NULL);
}

static enum fault
replay_payment(
    struct replay *replay, const struct params *params, struct fault_note *note)
{
	struct book_payment *added;
	struct payment payment;
	long long made_at = 0;
	enum fault f;

	f = params_integer(params, "made_at", 0, INT64_MAX, &made_at, note);
	if (f == FAULT_NONE)
		f = record_read_payment(params, false, &payment, note);
	if (f == FAULT_NONE)
		f = book_add(replay->book, &payment,
		    params_get(params, "notice_url"), made_at, &added, note);
	return f;
}

/* Marks the wait named by a member as ended, if there is that member. */
static enum fault
end_wait(struct replay *replay, const struct params *params, const char *name,
    struct fault_note *note)
{
	size_t low = 0, high = replay->n;
	long long id = 0;
	enum fault f;

	f = params_integer(params, name, 1, INT64_MAX, &id, note);
	if (f != FAULT_NONE || id == 0)
		return f;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (replay->ids[middle] < (uint64_t)id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == replay->n || replay->ids[low] != (uint64_t)id ||
	    replay->waits[low] == NULL)
		return fault_set(note, FAULT_INPUT, "%s: no such wait", name);
	record_wait_free(replay->waits[low]);
	replay->waits[low] = NULL;
	return FAULT_NONE;
}

static enum fault
replay_cancel(
    struct replay *replay, const struct params *params, struct fault_note *note)
{
	const char *imp_uid = params_get(params, "imp_uid");
	struct book_payment *payment = NULL;
	struct book_cancel cancel;
	enum fault f;

	if (imp_uid != NULL)
		payment = book_find(replay->book, imp_uid);
	if (payment == NULL)
		return fault_set(note, FAULT_INPUT, "imp_uid: unknown");
	f = record_read_cancel(params, &cancel, note);
	if (f != FAULT_NONE)
		return f;
	if (cancel.amount > book_left(payment) ||
	    cancel.seq <= replay->last_seq)
		return fault_set(note, FAULT_INPUT, "the cancel fits no more");
	f = end_wait(replay, params, "waited", note);
	if (f != FAULT_NONE)
		return f;
	replay->last_seq = cancel.seq;
	return book_apply(replay->book, payment, &cancel, note);
}

static enum fault
make_room(struct replay *replay, struct fault_note *note)
{
	size_t room = replay->room == 0 ? 64 : replay->room * 2;
	struct record_wait **waits;
	uint64_t *ids;

	if (replay->n < replay->room)
		return FAULT_NONE;
	waits = reallocarray(replay->waits, room, sizeof(struct record_wait *));
	if (waits == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory");
	replay->waits = waits;
	ids = reallocarray(replay->ids, room, sizeof(*ids));
	if (ids == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory");
	replay->ids = ids;
	replay->room = room;
	return FAULT_NONE;
}

static enum fault
replay_wait(
    struct replay *replay, const struct params *params, struct fault_note *note)
{
	struct record_wait *wait;
	enum fault f;

	f = make_room(replay, note);
	if (f != FAULT_NONE)
		return f;
	f = record_read_wait(params, replay->book, &wait, note);
	if (f != FAULT_NONE)
		return f;
	if (replay->n > 0 && wait->id <= replay->ids[replay->n - 1]) {
		record_wait_free(wait);
		return fault_set(note, FAULT_INPUT, "wait: out of order");
	}
	replay->ids[replay->n] = wait->id;
	replay->waits[replay->n++] = wait;
	return FAULT_NONE;
}

static enum fault
replay_gone(
    struct replay *replay, const struct params *params, struct fault_note *note)
{
	return end_wait(replay, params, "wait", note);
}

static const struct {
	const char *name;
	enum fault (*replay)(struct replay *replay, const struct params *params,
	    struct fault_note *note);
} events[] = {
	{ "payment", replay_payment },
	{ "cancel", replay_cancel },
	{ "wait", replay_wait },
	{ "gone", replay_gone },
};

static enum fault
replay_event(
    struct replay *replay, const struct params *params, struct fault_note *note)
{
	const char *name = params_get(params, "event");
	size_t i;

	for (i = 0; name != NULL && i < sizeof(events) / sizeof(events[0]);
	     i++) {
		if (strcmp(events[i].name, name) == 0)
			return events[i].replay(replay, params, note);
	}
	return fault_set(note, FAULT_INPUT, "event: unknown");
}

static enum fault
replay_line(const char *line, size_t len, void *arg, struct fault_note *note)
{
	struct params params;
	enum fault f;

	params_init(&params);
	f = params_json(&params, line, len, note);
	if (f == FAULT_NONE)
		f = replay_event(arg, &params, note);
	params_deinit(&params);
	return f;
}

enum fault
replay_run(struct replay *replay, struct lines *state, struct fault_note *note)
{
	return lines_each(state, replay_line, replay, note);
}

struct record_wait *
replay_take_wait(struct replay *replay)
{
	struct record_wait *wait = NULL;

	while (wait == NULL && replay->n > 0)
		wait = replay->waits[--replay->n];
	return wait;
}

static enum fault
read_seq(const char *line, size_t len, void *arg, struct fault_note *note)
{
	uint64_t *last = arg;
	struct params params;
	long long seq = 0;
	enum fault f;

	params_init(&params);
	f = params_json(&params, line, len, note);
	if (f == FAULT_NONE)
		f = params_integer(&params, "seq", 1, INT64_MAX, &seq, note);
	params_deinit(&params);
	if ((uint64_t)seq > *last)
		*last = (uint64_t)seq;
	return f;
}

enum fault
replay_last_seq(
    struct lines *journal, uint64_t *ret_seq, struct fault_note *note)
{
	uint64_t last = 0;
	enum fault f = lines_each(journal, read_seq, &last, note);

	if (f == FAULT_NONE)
		*ret_seq = last;
	return f;
}
