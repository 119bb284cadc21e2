/* SPDX-License-Identifier: MIT */
/*
 * What may happen, and what it does.
 */
#include "move.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "operator.h"

#define JUMP_MS INT64_C(1800000)

/* # is who or what. */
static const char *const names[] = {
	[MOVE_ARRIVE] = "request # arrives",
	[MOVE_STORE] = "task #: transaction",
	[MOVE_STORE_FAILS] = "task #: transaction fails",
	[MOVE_STORE_UNSURE] = "task #: transaction kept, and said to fail",
	[MOVE_SEND] = "task #: cancel sent",
	[MOVE_SEND_FAILS] = "task #: cancel can't be sent",
	[MOVE_WORK] = "i'mport works on cancel #",
	[MOVE_DECLINE] = "the PG declines cancel #",
	[MOVE_VANISH] = "cancel # never gets there",
	[MOVE_ANSWER] = "task #: i'mport's answer",
	[MOVE_LOSE] = "task #: the answer is lost",
	[MOVE_TIME_OUT] = "task #: no answer in time",
	[MOVE_LIE] = "task #: answered \"no\", though it was applied",
	[MOVE_BLANK] = "task #: answered \"done\", and nothing else",
	[MOVE_READ] = "task #: read-back",
	[MOVE_READ_STALE] = "task #: read-back that is stale",
	[MOVE_READ_LOST] = "task #: read-back lost",
	[MOVE_TELL] = "task #: its caller is told to come back",
	[MOVE_CRASH] = "process # dies and starts anew",
	[MOVE_POWER] = "the power is cut",
	[MOVE_CONSOLE] = "a cancel at i'mport's console",
	[MOVE_RESOLVE] = "process # resolves what is due",
	[MOVE_HINT] = "process # gets a webhook",
	[MOVE_APPROVE] = "operator # asks to approve",
	[MOVE_REJECT] = "operator # rejects",
	[MOVE_REJECT_FAILS] = "operator # rejects: transaction fails",
	[MOVE_TICK] = "time goes on",
	[MOVE_CLOCK_FORTH] = "our clock is set forth",
	[MOVE_CLOCK_BACK] = "our clock is set back",
};
_Static_assert(
    sizeof(names) / sizeof(names[0]) == MOVE__COUNT, "every move has a name");

/* ---- i'mport ----------------------------------------------------------- */

/* wire NULL: by the console. */
static void
add_fact(struct world *world, const struct wire *wire)
{
	struct fact *fact;

	if (world->n_facts == ENTRIES_MAX)
		explore_die("more cancels than thought of");
	fact = &world->facts[world->n_facts];
	fact->id[0] = (char)('a' + world->n_facts);
	fact->amount = world->scenario->console_amount;
	fact->key = "";
	if (wire != NULL) {
		memcpy(fact->owner, wire->refund_id, REFUND_ID_SIZE);
		fact->key = wire->key;
		fact->ticket = wire->ticket;
		fact->amount = wire->amount;
		fact->is_late = wire_is_late(world, wire);
		fact->is_marked =
		    wire->marker[0] != '\0' && !world->scenario->is_marker_cut;
	}
	world->n_facts++;
	check_money(world, fact);
}

static void
answer(struct wire *wire, const struct world *world, enum provider_said said)
{
	wire->is_answered = true;
	wire->said = said;
	wire->n_shown = world->n_facts;
}

static void
apply(struct world *world, struct wire *wire)
{
	wire->stage = STAGE_OVER;
	add_fact(world, wire);
	if (!wire->is_answered)
		answer(wire, world, PROVIDER_DONE);
}

/*
 * A cancel without checksum is applied if there is enough left.  Source:
 * doc/provider-v1.md; nobody may count on more than that.
 */
static bool
is_right(const struct world *world, const struct wire *wire)
{
	int64_t left = PAID - world_given(world);

	return wire->amount <= left &&
	    (wire->checksum < 0 || wire->checksum == left);
}

static void
work(struct world *world, struct wire *wire)
{
	if (wire->stage == STAGE_TESTED || wire->stage == STAGE_TAKEN) {
		if (wire->amount <= PAID - world_given(world))
			apply(world, wire);
		else
			wire->stage = STAGE_OVER;
	} else if (!is_right(world, wire)) {
		wire->stage = STAGE_OVER;
		answer(wire, world, PROVIDER_REFUSED);
	} else if (world->scenario->is_torn) {
		wire->stage = STAGE_TESTED;
	} else if (world->scenario->is_async) {
		wire->stage = STAGE_TAKEN;
		answer(wire, world, PROVIDER_DONE);
	} else {
		apply(world, wire);
	}
}

/* The first n entries of the history, as i'mport would show them. */
static void
show(const struct world *world, int n, struct provider_outcome *outcome)
{
	struct truth *truth = &outcome->truth;
	int i;

	truth->entries = calloc(ENTRIES_MAX, sizeof(truth->entries[0]));
	if (truth->entries == NULL)
		explore_die("no memory");
	outcome->has_truth = true;
	truth->payment = world_payment(world);
	truth->payment.cancel_amount = 0;
	truth->n = (size_t)n;
	for (i = 0; i < n; i++) {
		const struct fact *fact = &world->facts[i];
		struct truth_entry *entry = &truth->entries[i];

		memcpy(entry->id, fact->id, sizeof(fact->id));
		entry->amount = fact->amount;
		if (fact->is_marked)
			memcpy(entry->marker, fact->owner, REFUND_ID_SIZE);
		truth->payment.cancel_amount += fact->amount;
	}
	truth->payment.status = n > 0 ? PAYMENT_CANCELLED : PAYMENT_PAID;
}

/* ---- tasks ------------------------------------------------------------- */

/*
 * An operator's read-back has its approval after it, which says what came of it
 * like a request.
 */
static void
end_task(struct world *world, struct slot *slot)
{
	bool is_word = slot->word_on[0] != '\0';

	if (is_word && slot->task->kind == TASK_RESOLVE &&
	    operator_has_read(world, slot))
		return;
	if ((slot->request >= 0 && !slot->is_told) ||
	    (is_word && slot->task->is_journalled))
		check_told(world, slot->request, &slot->task->result);
	task_free(slot->task);
	*slot = (struct slot){ .wire = -1 };
}

/* A call has come back. */
static void
hear(struct world *world, struct slot *slot, enum provider_said said, int n)
{
	struct provider_outcome *outcome = &slot->task->call.outcome;

	outcome->said = said;
	outcome->code = said == PROVIDER_REFUSED ? -1 : 0;
	if (said == PROVIDER_DONE && n >= 0)
		show(world, n, outcome);
	if (said != PROVIDER_LOST && said != PROVIDER_NOT_SENT)
		outcome->date_ms = world->now_ms / 1000 * 1000;
	slot->wire = -1;
	task_heard(world_app_of(world), slot->task);
}

/* What the command does around an approval's transaction. */
static void
approve_step(struct world *world, struct slot *slot, enum move_kind kind)
{
	if (operator_approve(world, slot, kind != MOVE_STORE_FAILS,
		kind == MOVE_STORE_UNSURE)) {
		slot->called_ms = world->now_ms;
		return;
	}
	slot->task->is_journalled = false;
	end_task(world, slot);
}

/* What the walk and the rooms do around a store step. */
static void
store_step(struct world *world, struct slot *slot, enum move_kind kind)
{
	struct store store = store_mem_port(world->book);
	struct task *task = slot->task;
	struct fault_note note;
	enum fault f;

	if (slot->is_to_approve) {
		approve_step(world, slot, kind);
		return;
	}
	if (store_begin(&store, 0, &note) != FAULT_NONE)
		explore_die(note.text);
	f = task_store(world_app_of(world), &store, task, &note);
	if (f == FAULT_BUG || f == FAULT_STORE)
		world->wrong = "the store was asked for what it refuses";
	if (f == FAULT_NONE && kind != MOVE_STORE_FAILS)
		f = store_commit(&store, &note);
	else
		store_rollback(&store);
	check_book(world);
	if (f != FAULT_NONE || kind != MOVE_STORE) {
		if (task_must_save(task))
			task->next = TASK_STORE;
		else
			task_fault(task, FAULT_BUSY);
	}
	if (task->next == TASK_CALL)
		slot->called_ms = world->now_ms;
	if (task->next == TASK_END)
		end_task(world, slot);
}

static struct slot *
free_slot(struct world *world)
{
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		if (world->slots[i].task == NULL)
			return &world->slots[i];
	}
	explore_die("more tasks than thought of");
}

static struct slot *
occupy(struct world *world, struct task *task, int process, int request)
{
	struct slot *slot = free_slot(world);

	if (task == NULL)
		explore_die("no memory");
	*slot = (struct slot){
		.task = task, .process = process, .request = request, .wire = -1
	};
	return slot;
}

static void
start(struct world *world, struct task *task, int process, int request)
{
	store_step(world, occupy(world, task, process, request), MOVE_STORE);
}

static void
approve(struct world *world, int who)
{
	char word_on[REFUND_ID_SIZE];
	struct task *task = operator_read(world, who, word_on);
	struct slot *slot = occupy(world, task, PROCESSES + who, -1);

	memcpy(slot->word_on, word_on, sizeof(word_on));
	store_step(world, slot, MOVE_STORE);
}

static void
set_ticket(struct request_ticket *ticket, const char *id)
{
	(void)snprintf(ticket->id, sizeof(ticket->id), "%s", id);
	(void)strcpy(ticket->order, "ORD-1");
	(void)snprintf(ticket->most, sizeof(ticket->most), "%d", PAID);
}

static void
arrive(struct world *world, int at)
{
	const struct wish *wish = &world->scenario->wishes[at];
	struct refund_request *request = calloc(1, sizeof(*request));
	int i;

	if (request == NULL)
		explore_die("no memory");
	(void)strcpy(request->merchant_uid, "ORD-1");
	(void)strcpy(request->caller, "shop");
	(void)strcpy(request->language, "en");
	(void)snprintf(request->idempotency_key,
	    sizeof(request->idempotency_key), "%s", wish->key);
	for (i = 0; i < FINGERPRINT_LEN; i++)
		request->key_mac[i] = (unsigned char)(wish->key[0] + i);
	request->amount.is_given = wish->amount != 0;
	(void)snprintf(request->amount.text, sizeof(request->amount.text),
	    "%lld", (long long)wish->amount);
	(void)snprintf((char *)request->fingerprint, FINGERPRINT_LEN, "%lld",
	    (long long)wish->amount);
	if (wish->ticket != NULL)
		set_ticket(&request->ticket, wish->ticket);
	world->has_arrived[at] = true;
	start(world, task_refund(world_app_of(world), request), at % PROCESSES,
	    at);
	free(request);
}

/* The id of a refund that is due, or "". */
static void
find_due(const struct world *world, char ret_id[static REFUND_ID_SIZE])
{
	struct store store = store_mem_port(world->book);
	struct fault_note note;
	size_t n;

	if (store.ops->due(store.self, world->now_ms + world->wall_off,
		(char(*)[REFUND_ID_SIZE])ret_id, 1, &n, &note) != FAULT_NONE)
		explore_die(note.text);
	if (n == 0)
		ret_id[0] = '\0';
}

static void
resolve(struct world *world, int process)
{
	char id[REFUND_ID_SIZE];

	find_due(world, id);
	start(world, task_resolve(world_app_of(world), "", id, false), process,
	    -1);
}

/* What the refund was asked for; an operator only has its row. */
static const struct wish *
wish_of(const struct world *world, const struct slot *slot)
{
	const char *key = slot->task->record.idempotency_key;
	int i = slot->request;

	if (i < 0) {
		for (i = 0; strcmp(world->scenario->wishes[i].key, key) != 0;
		     i++) {
			if (i == REQUESTS_MAX - 1)
				explore_die("a refund nobody asked for");
		}
	}
	return &world->scenario->wishes[i];
}

static void
send_cancel(struct world *world, struct slot *slot)
{
	const struct provider_call *call = &slot->task->call;
	const struct wish *wish = wish_of(world, slot);
	struct wire *wire;

	check_send(world, slot);
	if (world->n_wires == REFUNDS_MAX)
		explore_die("more cancels than thought of");
	wire = &world->wires[world->n_wires];
	*wire = (struct wire){ .amount = call->amount,
		.checksum = call->checksum,
		.key = wish->key,
		.ticket = wish->ticket,
		.sent_ms = world->now_ms };
	memcpy(wire->refund_id, slot->task->record.intent.id, REFUND_ID_SIZE);
	marker_read(call->reason, strlen(call->reason), wire->marker);
	slot->wire = world->n_wires++;
	slot->called_ms = world->now_ms;
}

static void
crash(struct world *world, int process)
{
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		struct slot *slot = &world->slots[i];

		if (slot->task != NULL &&
		    (process < 0 || slot->process == process)) {
			task_free(slot->task);
			*slot = (struct slot){ .wire = -1 };
		}
	}
}

static void
tell(struct world *world, struct slot *slot)
{
	struct refund_result *result = malloc(sizeof(*result));

	if (result == NULL)
		explore_die("no memory");
	task_not_yet(slot->task, result);
	check_told(world, slot->request, result);
	slot->is_told = true;
	slot->is_told_no = result->code == RESULT_PROVIDER_UNREACHABLE ||
	    result->code == RESULT_DATABASE_BUSY;
	free(result);
}

/* ---- time -------------------------------------------------------------- */

static void
sooner(int64_t *ret_at, int64_t now, int64_t at)
{
	if (at > now && (*ret_at == 0 || at < *ret_at))
		*ret_at = at;
}

static void
sooner_of_slots(const struct world *world, int64_t *ret_at)
{
	int64_t now = world->now_ms;
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		const struct slot *slot = &world->slots[i];
		const struct task *task = slot->task;

		if (task == NULL)
			continue;
		if (slot->request >= 0 && !slot->is_told)
			sooner(ret_at, now,
			    task->born_steady_ms + world_app.answer_ms);
		if (task->next == TASK_CALL && slot->wire >= 0)
			sooner(ret_at, now,
			    slot->called_ms + world_app.timeout_ms);
		else if (task->next == TASK_CALL &&
		    task->call.want == PROVIDER_CANCEL)
			sooner(ret_at, now, task->call.send_by_ms + 1);
	}
}

static bool
is_more_to_come(const struct world *world)
{
	int i;

	for (i = 0; i < world->scenario->n_requests; i++) {
		if (!world->has_arrived[i])
			return true;
	}
	return false;
}

/* The next moment at which anything changes by itself; 0 = none. */
static int64_t
next_moment(const struct world *world)
{
	static struct refund_record rows[REFUNDS_MAX];
	int64_t at = 0, now = world->now_ms, off = world->wall_off;
	int i, n = world_rows(world, rows);

	sooner_of_slots(world, &at);
	for (i = 0; i < n; i++) {
		const struct intent *intent = &rows[i].intent;

		if (intent_is_open(intent->state)) {
			sooner(&at, now, intent->next_check_ms - off);
			sooner(&at, now, intent->deadline_ms - off);
		}
		if (rows[i].answered_ms != 0 && is_more_to_come(world) &&
		    rows[i].idempotency_key[0] == '\0')
			sooner(&at, now,
			    rows[i].answered_ms +
				world_app.duplicate_window_ms + 1 - off);
	}
	for (i = 0; i < world->n_wires; i++) {
		if (world->wires[i].stage != STAGE_OVER)
			sooner(&at, now,
			    world->wires[i].sent_ms + world_app.timeout_ms +
				world_app.quiet_ms);
	}
	return at;
}

/*
 * Where the checksum is not tested and applied at once, nothing of ours runs
 * any more after the quiet period: that is what the promise stands on.
 */
static void
tick(struct world *world)
{
	int i;

	world->now_ms = next_moment(world);
	for (i = 0; i < world->n_wires && world->scenario->is_torn; i++) {
		if (wire_is_late(world, &world->wires[i]))
			world->wires[i].stage = STAGE_OVER;
	}
}

/* ---- the list ---------------------------------------------------------- */

struct list {
	const struct world *world;
	struct move *moves;
	int n;
};

static void
add(struct list *list, enum move_kind kind, int at)
{
	if (list->n == MOVES_MAX)
		explore_die("more moves than thought of");
	list->moves[list->n++] = (struct move){ kind, at };
}

static void
add_if(struct list *list, enum trouble trouble, enum move_kind kind, int at)
{
	if (list->world->left[trouble] > 0)
		add(list, kind, at);
}

/* Nobody resolves for this process now. */
static bool
is_idle(const struct world *world, int process)
{
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		if (world->slots[i].task != NULL &&
		    world->slots[i].process == process &&
		    world->slots[i].request < 0)
			return false;
	}
	return true;
}

/* So that a power cut is more than a crash. */
static bool
is_all_busy(const struct world *world)
{
	bool is_busy[PROCESSES] = { false };
	int i, n = 0;

	for (i = 0; i < SLOTS_MAX; i++) {
		if (world->slots[i].task != NULL &&
		    world->slots[i].process < PROCESSES)
			is_busy[world->slots[i].process] = true;
	}
	for (i = 0; i < PROCESSES; i++)
		n += is_busy[i];
	return n == PROCESSES;
}

static void
list_cancel(struct list *list, const struct slot *slot, int at)
{
	const struct world *world = list->world;
	const struct wire *wire;
	bool is_applied;

	if (slot->wire < 0) {
		if (world->now_ms <= slot->task->call.send_by_ms)
			add(list, MOVE_SEND, at);
		else
			add(list, MOVE_SEND_FAILS, at);
		add_if(list, TROUBLE_NETWORK, MOVE_SEND_FAILS, at);
		return;
	}
	wire = &world->wires[slot->wire];
	is_applied = wire->is_answered && wire->said == PROVIDER_DONE;
	if (wire->is_answered)
		add(list, MOVE_ANSWER, at);
	add_if(list, TROUBLE_NETWORK, MOVE_LOSE, at);
	if (world->now_ms >= slot->called_ms + world_app.timeout_ms)
		add(list, MOVE_TIME_OUT, at);
	if (is_applied) {
		add_if(list, TROUBLE_LIE, MOVE_LIE, at);
		add_if(list, TROUBLE_LIE, MOVE_BLANK, at);
	}
}

/*
 * May a reading still lack the last entry?  The quiet period is for this, too.
 * An answer that lies and a reading that hides it at once are beyond the
 * promise.
 */
static bool
may_be_stale(const struct world *world)
{
	const struct fact *fact;
	int i;

	if (world->n_facts == 0 || world->scenario->budget[TROUBLE_LIE] > 0)
		return false;
	fact = &world->facts[world->n_facts - 1];
	for (i = 0; i < world->n_wires; i++) {
		if (strcmp(world->wires[i].refund_id, fact->owner) == 0)
			return !wire_is_late(world, &world->wires[i]);
	}
	return true;
}

static void
list_slot(struct list *list, int at)
{
	const struct world *world = list->world;
	const struct slot *slot = &world->slots[at];
	const struct task *task = slot->task;

	if (task == NULL)
		return;
	if (slot->request >= 0 && !slot->is_told &&
	    world->now_ms - task->born_steady_ms >= world_app.answer_ms)
		add(list, MOVE_TELL, at);
	if (task->next == TASK_STORE || task->next == TASK_WAIT) {
		add(list, MOVE_STORE, at);
		add_if(list, TROUBLE_STORE, MOVE_STORE_FAILS, at);
		add_if(list, TROUBLE_STORE, MOVE_STORE_UNSURE, at);
	} else if (task->call.want == PROVIDER_CANCEL) {
		list_cancel(list, slot, at);
	} else {
		add(list, MOVE_READ, at);
		add_if(list, TROUBLE_READ, MOVE_READ_LOST, at);
		if (may_be_stale(world))
			add_if(list, TROUBLE_READ, MOVE_READ_STALE, at);
	}
}

static void
list_wire(struct list *list, int at)
{
	const struct wire *wire = &list->world->wires[at];

	if (wire->stage == STAGE_OVER)
		return;
	add(list, MOVE_WORK, at);
	if (wire->stage == STAGE_SENT || wire->stage == STAGE_TAKEN)
		add_if(list, TROUBLE_DECLINE, MOVE_DECLINE, at);
	if (wire->stage == STAGE_SENT)
		add_if(list, TROUBLE_NETWORK, MOVE_VANISH, at);
}

static void
list_process(struct list *list, int process)
{
	const struct world *world = list->world;
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		if (world->slots[i].task != NULL &&
		    world->slots[i].process == process) {
			add_if(list, TROUBLE_CRASH, MOVE_CRASH, process);
			break;
		}
	}
}

/* By a process that does not resolve; which of them makes no difference. */
static void
list_resolving(struct list *list)
{
	const struct world *world = list->world;
	char id[REFUND_ID_SIZE];
	int process = PROCESSES;

	while (process > 0 && !is_idle(world, process - 1))
		process--;
	if (process == 0)
		return;
	find_due(world, id);
	if (id[0] != '\0')
		add(list, MOVE_RESOLVE, process - 1);
	add_if(list, TROUBLE_HINT, MOVE_HINT, process - 1);
}

static void
list_operator(struct list *list, int who)
{
	if (!operator_may_speak(list->world, who))
		return;
	if (list->world->scenario->words[who] == WORD_APPROVE) {
		add(list, MOVE_APPROVE, who);
		return;
	}
	add(list, MOVE_REJECT, who);
	add_if(list, TROUBLE_STORE, MOVE_REJECT_FAILS, who);
}

/* Something else than time, the network and i'mport is waited for. */
static bool
is_work_left(const struct world *world)
{
	char id[REFUND_ID_SIZE];
	int i;

	for (i = 0; i < SLOTS_MAX; i++) {
		const struct slot *slot = &world->slots[i];

		if (slot->task != NULL && slot->task->next != TASK_WAIT &&
		    (slot->wire < 0 ||
			world->now_ms >=
			    slot->called_ms + world_app.timeout_ms))
			return true;
	}
	find_due(world, id);
	return id[0] != '\0';
}

int
move_list(const struct world *world, struct move moves[static MOVES_MAX])
{
	struct list list = { world, moves, 0 };
	int i;

	for (i = 0; i < world->scenario->n_requests; i++) {
		if (!world->has_arrived[i])
			add(&list, MOVE_ARRIVE, i);
	}
	for (i = 0; i < SLOTS_MAX; i++)
		list_slot(&list, i);
	for (i = 0; i < world->n_wires; i++)
		list_wire(&list, i);
	for (i = 0; i < PROCESSES + OPERATORS_MAX; i++)
		list_process(&list, i);
	for (i = 0; i < OPERATORS_MAX; i++)
		list_operator(&list, i);
	if (is_all_busy(world))
		add_if(&list, TROUBLE_CRASH, MOVE_POWER, 0);
	if (world->scenario->console_amount <= PAID - world_given(world))
		add_if(&list, TROUBLE_CONSOLE, MOVE_CONSOLE, 0);
	add_if(&list, TROUBLE_CLOCK, MOVE_CLOCK_FORTH, 0);
	add_if(&list, TROUBLE_CLOCK, MOVE_CLOCK_BACK, 0);
	list_resolving(&list);
	if (next_moment(world) == 0)
		return list.n;
	if (!is_work_left(world))
		add(&list, MOVE_TICK, 0);
	else
		add_if(&list, TROUBLE_DELAY, MOVE_TICK, 0);
	return list.n;
}

/* ---- making one -------------------------------------------------------- */

static enum trouble
price(const struct world *world, struct move move)
{
	switch (move.kind) {
	case MOVE_CRASH:
	case MOVE_POWER:
		return TROUBLE_CRASH;
	case MOVE_SEND_FAILS:
		return world->now_ms >
			world->slots[move.at].task->call.send_by_ms
		    ? TROUBLE__COUNT
		    : TROUBLE_NETWORK;
	case MOVE_LOSE:
	case MOVE_VANISH:
		return TROUBLE_NETWORK;
	case MOVE_LIE:
	case MOVE_BLANK:
		return TROUBLE_LIE;
	case MOVE_DECLINE:
		return TROUBLE_DECLINE;
	case MOVE_READ_STALE:
	case MOVE_READ_LOST:
		return TROUBLE_READ;
	case MOVE_CONSOLE:
		return TROUBLE_CONSOLE;
	case MOVE_STORE_FAILS:
	case MOVE_STORE_UNSURE:
	case MOVE_REJECT_FAILS:
		return TROUBLE_STORE;
	case MOVE_CLOCK_FORTH:
	case MOVE_CLOCK_BACK:
		return TROUBLE_CLOCK;
	case MOVE_HINT:
		return TROUBLE_HINT;
	case MOVE_TICK:
		return is_work_left(world) ? TROUBLE_DELAY : TROUBLE__COUNT;
	default:
		return TROUBLE__COUNT;
	}
}

static void
make_call(struct world *world, struct slot *slot, enum move_kind kind)
{
	const struct wire *wire =
	    slot->wire >= 0 ? &world->wires[slot->wire] : NULL;

	switch (kind) {
	case MOVE_ANSWER:
		hear(world, slot, wire->said, wire->n_shown);
		break;
	case MOVE_LIE:
		hear(world, slot, PROVIDER_REFUSED, -1);
		break;
	case MOVE_BLANK:
		hear(world, slot, PROVIDER_DONE, -1);
		break;
	case MOVE_READ:
		hear(world, slot, PROVIDER_DONE, world->n_facts);
		break;
	case MOVE_READ_STALE:
		hear(world, slot, PROVIDER_DONE, world->n_facts - 1);
		break;
	case MOVE_SEND_FAILS:
		hear(world, slot, PROVIDER_NOT_SENT, -1);
		break;
	default:
		hear(world, slot, PROVIDER_LOST, -1);
		break;
	}
}

void
move_make(struct world *world, struct move move)
{
	enum trouble trouble = price(world, move);
	struct wire *wire = &world->wires[move.at % REFUNDS_MAX];
	struct slot *slot = &world->slots[move.at % SLOTS_MAX];

	if (trouble != TROUBLE__COUNT)
		world->left[trouble]--;
	switch (move.kind) {
	case MOVE_ARRIVE:
		arrive(world, move.at);
		break;
	case MOVE_STORE:
	case MOVE_STORE_FAILS:
	case MOVE_STORE_UNSURE:
		store_step(world, slot, move.kind);
		break;
	case MOVE_SEND:
		send_cancel(world, slot);
		break;
	case MOVE_WORK:
		work(world, wire);
		break;
	case MOVE_DECLINE:
		wire->stage = STAGE_OVER;
		if (!wire->is_answered)
			answer(wire, world, PROVIDER_REFUSED);
		break;
	case MOVE_VANISH:
		wire->stage = STAGE_OVER;
		break;
	case MOVE_TELL:
		tell(world, slot);
		break;
	case MOVE_CRASH:
		crash(world, move.at);
		break;
	case MOVE_POWER:
		crash(world, -1);
		break;
	case MOVE_CONSOLE:
		add_fact(world, NULL);
		break;
	case MOVE_RESOLVE:
		resolve(world, move.at);
		break;
	case MOVE_HINT:
		start(world,
		    task_resolve(world_app_of(world), "imp_1", "", true),
		    move.at, -1);
		break;
	case MOVE_APPROVE:
		approve(world, move.at);
		break;
	case MOVE_REJECT:
	case MOVE_REJECT_FAILS:
		operator_reject(world, move.at, move.kind == MOVE_REJECT);
		break;
	case MOVE_TICK:
		tick(world);
		break;
	case MOVE_CLOCK_FORTH:
		world->wall_off += JUMP_MS;
		break;
	case MOVE_CLOCK_BACK:
		world->wall_off -= JUMP_MS;
		break;
	default:
		make_call(world, slot, move.kind);
		break;
	}
}

void
move_print(FILE *out, struct move move, const struct world *after)
{
	const char *name = names[move.kind];

	(void)fprintf(
	    out, "  %6lld s  ", (long long)(after->now_ms / 1000 - 1793600100));
	for (; *name != '\0'; name++) {
		if (*name == '#')
			(void)fprintf(out, "%d", move.at);
		else
			(void)fputc(*name, out);
	}
	(void)fputc('\n', out);
}
