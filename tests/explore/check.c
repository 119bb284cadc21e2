/* SPDX-License-Identifier: MIT */
/*
 * What must never be, and what must come to be in the end.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "move.h"

/* More steps than the slowest resolving takes. */
#define STEPS_TO_THE_END 400

static void
broken(struct world *world, const char *promise)
{
	if (world->wrong == NULL)
		world->wrong = promise;
}

static const struct fact *
fact_of(const struct world *world, const char *refund_id)
{
	int i;

	for (i = 0; i < world->n_facts; i++) {
		if (strcmp(world->facts[i].owner, refund_id) == 0)
			return &world->facts[i];
	}
	return NULL;
}

static const struct wire *
wire_of(const struct world *world, const char *refund_id)
{
	int i;

	for (i = 0; i < world->n_wires; i++) {
		if (strcmp(world->wires[i].refund_id, refund_id) == 0)
			return &world->wires[i];
	}
	return NULL;
}

static const struct refund_record *
row_of(const struct refund_record *rows, int n, const char *refund_id)
{
	int i;

	for (i = 0; i < n; i++) {
		if (strcmp(rows[i].intent.id, refund_id) == 0)
			return &rows[i];
	}
	return NULL;
}

static bool
is_same_ticket(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Money moved for two refunds that are one wish: of one key, or one ticket. */
static void
check_keys(struct world *world, const struct fact *fact)
{
	int i;

	for (i = 0; i < world->n_facts; i++) {
		const struct fact *other = &world->facts[i];

		if (other == fact)
			continue;
		if (fact->key[0] != '\0' && strcmp(other->key, fact->key) == 0)
			broken(world, "one key has moved money twice");
		if (is_same_ticket(other->ticket, fact->ticket))
			broken(world, "one ticket has moved money twice");
	}
}

/*
 * A refund that was told to have failed moves after all.  That may only be
 * i'mport's doing, later than it is trusted to be; and never after its caller
 * has been paid by asking again.
 */
static void
check_fate(struct world *world, const struct fact *fact)
{
	const struct fate *fate = world_fate(world, fact->owner);
	int i;

	if (!fate->is_told_failed)
		return;
	if (!fact->is_late)
		broken(world, "told \"failed\", and then the money moved");
	for (i = fate->n_facts_then; i < world->n_facts; i++) {
		if (&world->facts[i] != fact &&
		    world->facts[i].owner[0] != '\0')
			broken(world,
			    "told \"failed\", and paid after the "
			    "refund that was asked for instead");
	}
}

void
check_money(struct world *world, const struct fact *fact)
{
	if (world_given(world) > PAID)
		broken(world, "more given back than was paid");
	if (fact->owner[0] == '\0')
		return;
	if (fact_of(world, fact->owner) != fact)
		broken(world, "one refund has moved money twice");
	check_keys(world, fact);
	check_fate(world, fact);
}

/* Ours that nobody approved, and that i'mport did in time for us to see. */
static int64_t
unapproved(struct world *world)
{
	const struct fact *fact;
	int64_t sum = 0;

	for (fact = world->facts; fact < &world->facts[world->n_facts];
	     fact++) {
		if (fact->owner[0] != '\0' && !fact->is_late &&
		    world_fate(world, fact->owner)->word == WORD_NONE)
			sum += fact->amount;
	}
	return sum;
}

void
check_send(struct world *world, const struct slot *slot)
{
	const struct intent *intent = &slot->task->record.intent;
	enum word word = world_fate(world, intent->id)->word;
	int64_t threshold = world->scenario->threshold;

	if (word == WORD_REJECT)
		broken(world, "sent, and it was rejected");
	else if (word == WORD_NONE && threshold > 0 &&
	    unapproved(world) + intent->amount > threshold)
		broken(world, "sent, and nobody has approved it");
	if (slot->is_told_no)
		broken(world, "sent after its caller was told it would not be");
	if (wire_of(world, intent->id) != NULL)
		broken(world, "a cancel is sent twice");
	if (slot->task->call.amount < 1)
		broken(world, "a cancel without amount is one of everything");
}

void
check_word(struct world *world, const char *refund_id, enum word word)
{
	struct fate *fate = world_fate(world, refund_id);

	if (fate->word != WORD_NONE)
		broken(world,
		    fate->word == word ? "one word was taken twice"
				       : "approved, and rejected as well");
	fate->word = word;
}

/* "Refunded" has to be true of the very entry it was recorded by. */
static void
check_refunded(struct world *world, const char *refund_id)
{
	static struct refund_record rows[REFUNDS_MAX];
	int i, n = world_rows(world, rows);
	const struct refund_record *row = row_of(rows, n, refund_id);
	const char *owner;

	if (row == NULL) {
		broken(world,
		    "told \"refunded\" of a refund that is not "
		    "there");
		return;
	}
	owner = row->origin == INTENT_LATE ? row->origin_of : refund_id;
	for (i = 0; i < world->n_facts; i++) {
		if (strcmp(world->facts[i].id, row->intent.cancellation_id) ==
			0 &&
		    strcmp(world->facts[i].owner, owner) == 0)
			return;
	}
	broken(world, "told \"refunded\", and no money has moved for it");
}

static void
check_failed(struct world *world, const char *refund_id)
{
	const struct fact *fact = fact_of(world, refund_id);
	struct fate *fate = world_fate(world, refund_id);

	if (fact != NULL && !fact->is_late)
		broken(world, "told \"failed\", and the money has moved");
	if (!fate->is_told_failed)
		fate->n_facts_then = world->n_facts;
	fate->is_told_failed = true;
}

/* Nor has any other refund of its key: its caller would ask for it again. */
static void
check_no_other(struct world *world, int request)
{
	const struct wish *wish;
	int i;

	if (request < 0)
		return; /* an operator asks for nothing again */
	wish = &world->scenario->wishes[request];
	for (i = 0; i < world->n_facts; i++) {
		const struct fact *fact = &world->facts[i];
		bool is_of_key =
		    wish->key[0] != '\0' && strcmp(fact->key, wish->key) == 0;

		if ((is_of_key || is_same_ticket(fact->ticket, wish->ticket)) &&
		    !fact->is_late)
			broken(world,
			    "told \"failed\", and the money of its "
			    "key or ticket has moved");
	}
}

void
check_told(struct world *world, int request, const struct refund_result *result)
{
	switch (result->code) {
	case RESULT_REFUNDED:
		check_refunded(world, result->refund_id);
		break;
	case RESULT_DECLINED:
	case RESULT_NOT_APPLIED:
	case RESULT_BALANCE_CHANGED:
	case RESULT_REJECTED:
		check_failed(world, result->refund_id);
		check_no_other(world, request);
		break;
	case RESULT_PROVIDER_UNREACHABLE:
		/* Its key is free; asking again tells of the others. */
		if (result->has_refund)
			check_failed(world, result->refund_id);
		else
			check_no_other(world, request);
		break;
	case RESULT_ALREADY_REFUNDED:
		if (world_given(world) != PAID)
			broken(world, "told \"all refunded\", and it is not");
		break;
	case RESULT_PAYMENT_NOT_FOUND:
	case RESULT_PAYMENT_MISMATCH:
	case RESULT_AMBIGUOUS_ORDER:
	case RESULT_IDEMPOTENCY_MISMATCH:
		broken(world, "told what has nothing to do with it");
		break;
	default:
		break;
	}
}

void
check_book(struct world *world)
{
	static struct refund_record rows[REFUNDS_MAX];
	int i, n = world_rows(world, rows);

	for (i = 0; i < n; i++) {
		const struct intent *intent = &rows[i].intent;
		struct fate *fate = world_fate(world, intent->id);

		if (fate->is_closed &&
		    (intent->state != fate->state ||
			intent->failure != fate->failure))
			broken(world, "a final state has changed");
		/* GET /refunds/{id} tells everybody from now on. */
		if (intent->state == INTENT_FAILED)
			check_failed(world, intent->id);
		fate->is_closed = intent_is_final(intent->state);
		fate->state = intent->state;
		fate->failure = intent->failure;
	}
}

/* ---- the end ----------------------------------------------------------- */

/* One step towards the end without any trouble; false when there is none. */
static bool
step_on(struct world *world)
{
	static const enum move_kind ways[] = { MOVE_STORE, MOVE_READ,
		MOVE_RESOLVE, MOVE_TICK };
	struct move moves[MOVES_MAX];
	int n = move_list(world, moves);
	size_t way;
	int i;

	for (way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		for (i = 0; i < n; i++) {
			if (moves[i].kind == ways[way]) {
				move_make(world, moves[i]);
				return true;
			}
		}
	}
	return false;
}

static bool
is_open(const struct world *world)
{
	static struct refund_record rows[REFUNDS_MAX];
	int i, n = world_rows(world, rows);

	for (i = 0; i < n; i++) {
		if (intent_is_open(rows[i].intent.state))
			return true;
	}
	return false;
}

static bool
is_busy(const struct world *world)
{
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		if (world->slots[i].task != NULL)
			return true;
	}
	return false;
}

/* A person has to look: only where nobody but a person could tell. */
static bool
is_unclear(const struct world *world, const struct refund_record *row)
{
	const struct fact *own = fact_of(world, row->intent.id);
	int i;

	if (row->intent.heard == INTENT_HEARD_DONE && own == NULL)
		return true; /* "done", and nothing of it is shown */
	if (world->scenario->is_async && own == NULL)
		return true; /* its PG may be at it for days */
	if (own != NULL && (world->scenario->is_marker_cut || own->is_late))
		return true; /* not marked; or after a person was asked */
	for (i = 0; i < world->n_facts; i++) {
		if (&world->facts[i] != own && !world->facts[i].is_marked &&
		    world->facts[i].amount == row->intent.amount)
			return true; /* somebody gave as much, without marker */
	}
	return false;
}

/* Refused, where an earlier one that was not applied may yet be. */
static bool
is_in_doubt(
    const struct refund_record *rows, int n, const struct refund_record *row)
{
	int i;

	for (i = 0; i < n; i++) {
		if (rows[i].intent.failure == INTENT_NOT_APPLIED)
			return row->intent.heard == INTENT_HEARD_REFUSED;
	}
	return false;
}

static void
check_row(struct world *world, const struct refund_record *rows, int n,
    const struct refund_record *row)
{
	const struct fact *own = fact_of(world, row->intent.id);
	int i;

	if (row->intent.state == INTENT_NEEDS_REVIEW &&
	    !is_unclear(world, row) && !is_in_doubt(rows, n, row))
		broken(world, "a person has to look, and need not");
	if (row->intent.state == INTENT_SUCCEEDED &&
	    row->origin == INTENT_BY_REQUEST &&
	    (own == NULL || strcmp(own->id, row->intent.cancellation_id) != 0))
		broken(world, "the book says refunded, and it is not");
	if (row->intent.state == INTENT_AWAITING_APPROVAL && own != NULL)
		broken(world, "it awaits approval, and the money has moved");
	if (row->intent.state != INTENT_FAILED || own == NULL)
		return;
	for (i = 0; i < n; i++) {
		if (rows[i].origin == INTENT_LATE &&
		    strcmp(rows[i].origin_of, row->intent.id) == 0)
			return;
	}
	/* Without its marker nobody could know. */
	if (!world->scenario->is_marker_cut)
		broken(world, "the book says failed, and the money has moved");
}

static void
check_history(struct world *world)
{
	struct book book = world_history(world, "");
	size_t i;

	if (world_payment(world).cancel_amount != world_given(world))
		broken(world, "the book's balance is not i'mport's");
	if (book.n != (size_t)world->n_facts)
		broken(world, "the book's history is not i'mport's");
	for (i = 0; i < book.n && world->wrong == NULL; i++) {
		const struct fact *fact = &world->facts[i];

		if (strcmp(book.entries[i].id, fact->id) != 0)
			broken(world, "the book's history is not i'mport's");
		else if (fact->is_marked &&
		    book.entries[i].refund_id[0] == '\0')
			broken(world, "the book takes ours for the console's");
		else if (fact->owner[0] == '\0' &&
		    book.entries[i].refund_id[0] != '\0')
			broken(world, "the book takes the console's for ours");
	}
	free(book.entries);
}

static void
run_to_the_end(struct world *world)
{
	static struct refund_record rows[REFUNDS_MAX];
	int i, n, steps = 0;

	for (i = 0; i < REQUESTS_MAX; i++)
		world->has_arrived[i] = true;
	for (i = 0; i < OPERATORS_MAX; i++)
		world->has_spoken[i] = true;
	memset(world->left, 0, sizeof(world->left));
	while ((is_open(world) || is_busy(world)) && world->wrong == NULL) {
		if (!step_on(world) || ++steps > STEPS_TO_THE_END)
			broken(world, "a refund is never decided");
	}
	/* What the console did nobody has told us; a webhook would. */
	world->left[TROUBLE_HINT] = 1;
	if (world->wrong == NULL)
		move_make(world, (struct move){ MOVE_HINT, 0 });
	while (is_busy(world) && world->wrong == NULL) {
		if (!step_on(world))
			broken(world, "a read-back does not end");
	}
	if (world->wrong != NULL)
		return;
	n = world_rows(world, rows);
	for (i = 0; i < n; i++)
		check_row(world, rows, n, &rows[i]);
	check_history(world);
}

void
check_end(struct world *world)
{
	struct world *end;

	if (is_busy(world) || world->wrong != NULL)
		return;
	end = world_copy(world);
	world_enter(end);
	run_to_the_end(end);
	world->wrong = end->wrong;
	world_free(end);
	world_enter(world);
}
