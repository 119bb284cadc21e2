/* SPDX-License-Identifier: MIT */
/*
 * The use cases of app/approve.h in a world.
 */
#include "operator.h"

#include <string.h>

#include "app/approve.h"
#include "check.h"

static const char *const operators[OPERATORS_MAX] = { "kim", "lee" };

/* Of those that await his word the newest, or else the newest of all; "". */
static void
find_target(const struct world *world, char ret_id[static REFUND_ID_SIZE])
{
	static struct refund_record rows[REFUNDS_MAX];
	int i, n = world_rows(world, rows), best = 0;

	for (i = n - 1; i >= 0; i--) {
		if (rows[i].intent.state == INTENT_AWAITING_APPROVAL)
			best = i;
	}
	ret_id[0] = '\0';
	if (n > 0)
		memcpy(ret_id, rows[best].intent.id, REFUND_ID_SIZE);
}

bool
operator_may_speak(const struct world *world, int who)
{
	char id[REFUND_ID_SIZE];

	if (world->scenario->words[who] == WORD_NONE || world->has_spoken[who])
		return false;
	find_target(world, id);
	return id[0] != '\0';
}

struct task *
operator_read(
    struct world *world, int who, char ret_word_on[static REFUND_ID_SIZE])
{
	world->has_spoken[who] = true;
	find_target(world, ret_word_on);
	return task_resolve(world_app_of(world), "imp_1", "", false);
}

bool
operator_has_read(struct world *world, struct slot *slot)
{
	static const struct refund_request nothing;
	bool has_seen = slot->task->call.outcome.has_truth;

	if (!has_seen)
		return false;
	task_free(slot->task);
	slot->task = task_refund(world_app_of(world), &nothing);
	if (slot->task == NULL)
		explore_die("no memory");
	slot->is_to_approve = true;
	return true;
}

static struct store
begin(struct world *world)
{
	struct store store = store_mem_port(world->book);
	struct fault_note note;

	if (store_begin(&store, 0, &note) != FAULT_NONE)
		explore_die(note.text);
	return store;
}

/* True: it was done, and is in the book. */
static bool
end(struct world *world, const struct store *store, enum fault fault,
    enum approve_verdict verdict, bool is_kept)
{
	struct fault_note note;

	if (fault == FAULT_BUG || fault == FAULT_STORE)
		world->wrong = "the store was asked for what it refuses";
	if (fault == FAULT_NONE && is_kept)
		fault = store_commit(store, &note);
	else
		store_rollback(store);
	return fault == FAULT_NONE && is_kept && verdict == APPROVE_DONE;
}

bool
operator_approve(
    struct world *world, struct slot *slot, bool is_kept, bool is_said_to_fail)
{
	struct store store = begin(world);
	enum approve_verdict verdict = APPROVE_ABSENT;
	struct fault_note note;
	enum fault f;

	f = approve_open(world_app_of(world), &store, slot->task, slot->word_on,
	    operators[slot->process - PROCESSES], &verdict, &note);
	slot->is_to_approve = false;
	if (!end(world, &store, f, verdict, is_kept))
		return false;
	check_word(world, slot->word_on, WORD_APPROVE);
	check_book(world);
	return !is_said_to_fail;
}

void
operator_reject(struct world *world, int who, bool is_kept)
{
	struct store store = begin(world);
	enum approve_verdict verdict = APPROVE_ABSENT;
	char id[REFUND_ID_SIZE];
	struct fault_note note;
	enum fault f;

	find_target(world, id);
	world->has_spoken[who] = true;
	f = approve_reject(
	    world_app_of(world), &store, id, operators[who], &verdict, &note);
	if (end(world, &store, f, verdict, is_kept))
		check_word(world, id, WORD_REJECT);
	check_book(world);
}
