/* SPDX-License-Identifier: MIT */
/*
 * First all names, then all read-backs, then the thaw.
 */
#include "app/recover.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_MS     10000
#define STEP_MS     50
#define SLACK_S     60 /* i'mport's clock may be ahead of ours so far */
#define TRIES       3  /* of one page or payment */
#define NAMES_MAX   2000000
#define ALL_REFUNDS INT_MAX

/* What a read-back was worth. */
enum answer {
	ANSWER_NONE,
	ANSWER_TAKEN, /* the book knows all that i'mport knows */
	ANSWER_ODD    /* i'mport shows another payment than ours */
};

struct recovering {
	struct walk walk;
	struct recovered *ret;
	char (*names)[IMP_UID_SIZE];
	size_t n, room;
	size_t n_listed; /* the first ones, by i'mport */
	int64_t end_at;  /* of the time listed, UNIX seconds */
	/* Of the read-back under way: */
	enum answer answer;
	bool is_hopeless;
	enum provider_said said;
	struct truth shown; /* without its history */
};

/* ---- names ------------------------------------------------------------- */

static enum fault
add_name(struct recovering *all, const char *imp_uid, struct fault_note *note)
{
	size_t room = all->room == 0 ? 256 : all->room * 2;
	char(*names)[IMP_UID_SIZE];

	if (all->n == NAMES_MAX)
		return fault_set(note, FAULT_NOMEM, "too many payments");
	if (all->n == all->room) {
		names = realloc(all->names, room * sizeof(*names));
		if (names == NULL)
			return fault_set(note, FAULT_NOMEM, "no memory");
		all->names = names;
		all->room = room;
	}
	memcpy(all->names[all->n++], imp_uid, strlen(imp_uid) + 1);
	return FAULT_NONE;
}

/* The shared token, or none. */
static enum fault
take_token(const struct walk *walk, struct provider_call *call,
    struct fault_note *note)
{
	enum fault f = store_begin(walk->store, LOCK_MS, note);

	if (f != FAULT_NONE)
		return f;
	f = store_token(
	    walk->store, walk->app->token_account, &call->token, note);
	store_rollback(walk->store);
	if (f != FAULT_ABSENT)
		return f;
	call->token.text[0] = '\0';
	return FAULT_NONE;
}

static enum fault
save_token(const struct walk *walk, const struct provider_outcome *outcome,
    struct fault_note *note)
{
	enum fault f;

	if (!outcome->has_new_token)
		return FAULT_NONE;
	f = store_begin(walk->store, LOCK_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = store_token_put(
	    walk->store, walk->app->token_account, &outcome->new_token, note);
	if (f == FAULT_NONE)
		f = store_commit(walk->store, note);
	if (f != FAULT_NONE)
		store_rollback(walk->store);
	return f;
}

/* One page; the outcome in call is the caller's to free. */
static enum fault
ask_page(const struct walk *walk, struct provider_call *call,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	int i;

	for (i = 0; i < TRIES && f == FAULT_NONE; i++) {
		provider_outcome_deinit(&call->outcome);
		f = take_token(walk, call, note);
		if (f != FAULT_NONE)
			break;
		provider_start(walk->provider, call);
		while (provider_step(walk->provider, STEP_MS) == NULL)
			;
		f = save_token(walk, &call->outcome, note);
		if (call->outcome.said == PROVIDER_DONE)
			break;
	}
	return f;
}

static enum fault
add_page(struct recovering *all, const struct provider_outcome *outcome,
    struct fault_note *note)
{
	int64_t end_at = outcome->date_ms / 1000 + SLACK_S;
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < outcome->page.n && f == FAULT_NONE; i++)
		f = add_name(all, outcome->page.imp_uids[i], note);
	if (outcome->date_ms != 0 && all->end_at < end_at)
		all->end_at = end_at;
	return f;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Of the names from the first-th on: each stays once. */
static void
drop_doubles(struct recovering *all, size_t first)
{
	size_t i, n = first;

	if (all->n > first)
		qsort(all->names + first, all->n - first, sizeof(*all->names),
		    compare);
	for (i = first; i < all->n; i++) {
		if (n == first || strcmp(all->names[n - 1], all->names[i]) != 0)
			memmove(all->names[n++], all->names[i], IMP_UID_SIZE);
	}
	all->n = n;
}

/*
 * All pages of one time, once.  Whole: the first and the last one agree, and
 * each payment they count was named.  One that is cancelled again meanwhile
 * changes its place: it or another one is then named twice, and one never.
 */
static enum fault
list_pages(struct recovering *all, struct provider_call *call,
    bool *ret_is_whole, struct fault_note *note)
{
	struct provider_outcome *outcome = &call->outcome;
	const size_t first = all->n;
	int64_t first_total = -1;
	enum fault f = FAULT_NONE;

	*ret_is_whole = false;
	for (call->page = 1; call->page != 0; call->page = outcome->page.next) {
		f = ask_page(&all->walk, call, note);
		if (f != FAULT_NONE || outcome->said != PROVIDER_DONE)
			return f;
		f = add_page(all, outcome, note);
		if (f != FAULT_NONE)
			return f;
		if (outcome->page.next != 0 &&
		    outcome->page.next <= call->page) {
			(void)fault_set(&outcome->note, FAULT_INPUT,
			    "pages of a list that go backwards");
			return FAULT_NONE;
		}
		if (first_total < 0)
			first_total = outcome->page.total;
	}
	drop_doubles(all, first);
	*ret_is_whole = outcome->page.total == first_total &&
	    first_total == (int64_t)(all->n - first);
	if (!*ret_is_whole)
		(void)fault_set(&outcome->note, FAULT_INPUT,
		    "a list that changed while it was read");
	return FAULT_NONE;
}

/* One that left the time while it was listed may have hidden another. */
static enum fault
list_time(struct recovering *all, int64_t from_at, int64_t to_at,
    bool *ret_is_whole, struct fault_note *note)
{
	struct provider_call *call = calloc(1, sizeof(*call));
	enum fault f = FAULT_NONE;
	int i;

	*ret_is_whole = false;
	if (call == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a call");
	call->want = PROVIDER_LIST;
	call->from_at = from_at;
	call->to_at = to_at;
	for (i = 0; i < TRIES && f == FAULT_NONE && !*ret_is_whole; i++)
		f = list_pages(all, call, ret_is_whole, note);
	if (!*ret_is_whole)
		all->ret->note = call->outcome.note;
	provider_outcome_deinit(&call->outcome);
	explicit_bzero(call, sizeof(*call));
	free(call);
	return f;
}

/* *ret_is_whole says if i'mport named them all. */
static enum fault
list_cancelled(struct recovering *all, int64_t since_ms, bool *ret_is_whole,
    struct fault_note *note)
{
	int64_t from_at = since_ms / 1000, to_at;
	enum fault f = FAULT_NONE;

	*ret_is_whole = true;
	all->end_at = clock_now_ms(&all->walk.app->clock) / 1000 + SLACK_S;
	while (f == FAULT_NONE && *ret_is_whole && from_at <= all->end_at) {
		to_at = from_at + PROVIDER_LIST_MAX_S < all->end_at
		    ? from_at + PROVIDER_LIST_MAX_S
		    : all->end_at;
		f = list_time(all, from_at, to_at, ret_is_whole, note);
		from_at = to_at + 1;
	}
	drop_doubles(all, 0);
	all->n_listed = all->n;
	return f;
}

static enum fault
visit_open(
    void *arg, const struct refund_record *record, struct fault_note *note)
{
	return add_name(arg, record->intent.imp_uid, note);
}

/* The payments the book itself has a question about. */
static enum fault
list_open(struct recovering *all, struct fault_note *note)
{
	const struct store *store = all->walk.store;
	struct refund_filter filter = { .limit = ALL_REFUNDS };
	enum fault f = store_begin(store, LOCK_MS, note);
	int state;

	if (f != FAULT_NONE)
		return f;
	for (state = 0; state < INTENT__COUNT && f == FAULT_NONE; state++) {
		if (intent_is_final((enum intent_state)state))
			continue;
		filter.state = intent_state_name((enum intent_state)state);
		f = store_list(store, &filter, visit_open, all, note);
	}
	store_rollback(store);
	return f;
}

/* ---- read-backs -------------------------------------------------------- */

static void
heard(void *arg, const struct provider_outcome *outcome)
{
	struct recovering *all = arg;

	all->said = outcome->said;
	all->shown = (struct truth){ .payment = outcome->truth.payment };
	all->is_hopeless =
	    outcome->is_shut_out || outcome->said == PROVIDER_NOT_SENT;
	if (outcome->said == PROVIDER_NOT_SENT ||
	    outcome->said == PROVIDER_LOST)
		all->ret->note = outcome->note;
}

static void
stored(void *arg, const struct task *task)
{
	struct recovering *all = arg;

	all->ret->n_surprises += (size_t)task->news.n_surprises;
}

/*
 * Settling takes nothing over of a history that lacks what our book holds, and
 * nothing of a payment of another amount or order; each may be right the next
 * time.  The second kind may also stay so for ever: such a payment is none of
 * ours, and its balance is no checksum i'mport would take.
 */
static enum fault
hold_against_book(
    struct recovering *all, const char *imp_uid, struct fault_note *note)
{
	const struct store *store = all->walk.store;
	struct payment payment;
	enum fault f = store_begin(store, LOCK_MS, note);

	if (f != FAULT_NONE)
		return f;
	f = store_payment(store, imp_uid, &payment, note);
	store_rollback(store);
	if (f != FAULT_NONE)
		return f;
	if (!truth_is_of(&all->shown, &payment)) {
		all->answer = ANSWER_ODD;
		(void)fault_set(&all->ret->note, FAULT_INPUT,
		    "%s: another order, amount or currency than ours", imp_uid);
	} else if (payment.cancel_amount < all->shown.payment.cancel_amount) {
		(void)fault_set(&all->ret->note, FAULT_INPUT,
		    "%s: a history that lacks what the book holds", imp_uid);
	} else {
		all->answer = ANSWER_TAKEN;
	}
	return FAULT_NONE;
}

/*
 * What i'mport has just listed has to be shown; what only our book holds it
 * may say it does not have.
 */
static enum fault
weigh(struct recovering *all, size_t i, struct fault_note *note)
{
	if (all->said == PROVIDER_DONE)
		return hold_against_book(all, all->names[i], note);
	if (all->said == PROVIDER_ABSENT && i >= all->n_listed)
		all->answer = ANSWER_TAKEN;
	else if (all->said == PROVIDER_ABSENT)
		(void)fault_set(&all->ret->note, FAULT_INPUT,
		    "%s: listed, and then not there", all->names[i]);
	return FAULT_NONE;
}

static enum fault
read_once(struct recovering *all, size_t i, struct fault_note *note)
{
	struct task *task =
	    task_resolve(all->walk.app, all->names[i], "", true);
	enum fault f;
	bool told;

	if (task == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a task");
	all->answer = ANSWER_NONE;
	all->said = PROVIDER_NOT_SENT;
	f = walk_task(&all->walk, task, &told, note);
	task_free(task);
	return f == FAULT_NONE ? weigh(all, i, note) : f;
}

static enum fault
read_one(struct recovering *all, size_t i, struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	int try;

	all->answer = ANSWER_NONE;
	for (try = 0;
	     try < TRIES && f == FAULT_NONE && all->answer != ANSWER_TAKEN;
	     try++)
		f = read_once(all, i, note);
	if (f != FAULT_NONE)
		return f;
	all->ret->n_read += all->answer == ANSWER_TAKEN;
	all->ret->n_odd += all->answer == ANSWER_ODD;
	all->ret->n_failed += all->answer == ANSWER_NONE;
	return FAULT_NONE;
}

static enum fault
read_all(struct recovering *all,
    void (*show)(void *arg, size_t n_done, size_t n_all), void *arg,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < all->n && f == FAULT_NONE; i++) {
		if (show != NULL)
			show(arg, i, all->n);
		f = read_one(all, i, note);
		if (f != FAULT_NONE)
			break;
		/* i'mport is away: the rest would only fail, too. */
		if (all->answer == ANSWER_NONE && all->is_hopeless)
			break;
	}
	return f;
}

/* Only the freeze we worked for: another restore may have come meanwhile. */
static enum fault
thaw(struct recovering *all, const struct store_freeze *freeze,
    struct fault_note *note)
{
	const struct store *store = all->walk.store;
	struct store_freeze held;
	bool is_frozen;
	enum fault f = store_begin(store, LOCK_MS, note);

	if (f != FAULT_NONE)
		return f;
	f = store_freeze(store, FREEZE_RESTORE, &held, note);
	if (f == FAULT_NONE && held.created_ms != freeze->created_ms)
		f = fault_set(note, FAULT_BUSY, "another restore is at work");
	if (f == FAULT_NONE)
		f = store_freeze_delete(store, FREEZE_RESTORE, note);
	if (f == FAULT_NONE)
		f = store_frozen(store, &is_frozen, note);
	if (f == FAULT_NONE)
		f = store_commit(store, note);
	if (f != FAULT_NONE) {
		store_rollback(store);
		return f;
	}
	all->ret->is_thawed = true;
	all->ret->is_frozen = is_frozen;
	return FAULT_NONE;
}

enum fault
recover_run(const struct walk *walk, const struct store_freeze *freeze,
    void (*show)(void *arg, size_t n_done, size_t n_all), struct recovered *ret,
    struct fault_note *note)
{
	struct recovering all = { .walk = *walk, .ret = ret };
	bool is_whole;
	enum fault f;

	*ret = (struct recovered){ .n_read = 0 };
	all.walk.not_yet = NULL;
	all.walk.failed = NULL;
	all.walk.heard = heard;
	all.walk.stored = stored;
	all.walk.arg = &all;
	f = list_cancelled(&all, freeze->since_ms, &is_whole, note);
	if (f == FAULT_NONE && is_whole)
		f = list_open(&all, note);
	if (f == FAULT_NONE && is_whole)
		f = read_all(&all, show, walk->arg, note);
	if (f == FAULT_NONE && is_whole && ret->n_failed == 0)
		f = thaw(&all, freeze, note);
	free(all.names);
	return f;
}
