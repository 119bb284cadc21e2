/* SPDX-License-Identifier: MIT */
/*
 * Worlds: made, copied and told apart.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS INT64_C(1793600100000)
#define FAR_MS   INT64_C(100000000) /* further away makes no difference */

/* Whose clock and ids the app uses. */
static struct world *entered;

void
explore_die(const char *what)
{
	(void)fprintf(stderr, "explore: %s\n", what);
	exit(2);
}

static int64_t
wall_ms(void *self)
{
	(void)self;
	return entered->now_ms + entered->wall_off;
}

static int64_t
steady_ms(void *self)
{
	(void)self;
	return entered->now_ms;
}

static enum fault
next_bits(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	(void)self;
	(void)note;
	*ret_bits = ++entered->n_ids;
	return FAULT_NONE;
}

/* Enough of an answer to be told from another one. */
static enum fault
write_answer(const struct refund_result *result, const char *language,
    struct refund_answer *ret_answer, struct fault_note *note)
{
	(void)language;
	(void)note;
	ret_answer->status = result->code == RESULT_REFUNDED ? 200 : 409;
	(void)snprintf(ret_answer->body, sizeof(ret_answer->body), "%d %s",
	    (int)result->code, result->refund_id);
	return FAULT_NONE;
}

static const char *
code_name(enum result_code code)
{
	return code == RESULT_REFUNDED ? "refunded" : "refused";
}

#define APP                                                                    \
	.clock = { wall_ms, steady_ms, "boot:explore", NULL },                 \
	.chance = { next_bits, NULL }, .duplicate_window_ms = 10000,           \
	.send_within_ms = 10000, .timeout_ms = 60000, .quiet_ms = 180000,      \
	.pending_ms = 3600000, .answer_ms = 25000, .token_account = "account", \
	.write_answer = write_answer, .code_name = code_name

const struct app world_app = { APP };
static const struct app nothing_app = { APP,
	.policy = { .approval_threshold = THRESHOLD_NOTHING } };
static const struct app one_app = { APP,
	.policy = { .approval_threshold = THRESHOLD_ONE } };

const struct app *
world_app_of(const struct world *world)
{
	int64_t threshold = world->scenario->threshold;

	return threshold == THRESHOLD_NOTHING ? &nothing_app
	    : threshold == THRESHOLD_ONE      ? &one_app
					      : &world_app;
}

void
world_enter(struct world *world)
{
	entered = world;
}

static void *
allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (memory == NULL)
		explore_die("no memory");
	return memory;
}

static void
put_payment(struct store_mem *book, const struct scenario *scenario)
{
	struct store store = store_mem_port(book);
	struct payment payment = { .imp_uid = "imp_1",
		.merchant_uid = "ORD-1",
		.amount = PAID,
		.currency = currency_find("KRW"),
		.pay_method = "card",
		.pg_provider = "html5_inicis",
		.status = PAYMENT_PAID,
		.paid_at = START_MS / 1000 - 3600 };
	struct fault_note note;

	if (scenario->is_async)
		(void)strcpy(payment.pg_provider, "paypal_v2");
	if (store_begin(&store, 0, &note) != FAULT_NONE ||
	    store_payment_put(&store, &payment, START_MS, &note) !=
		FAULT_NONE ||
	    store_commit(&store, &note) != FAULT_NONE)
		explore_die("the payment is not taken");
}

struct world *
world_new(const struct scenario *scenario)
{
	struct world *world = allocate(sizeof(*world));
	struct fault_note note;

	world->scenario = scenario;
	world->now_ms = START_MS;
	memcpy(world->left, scenario->budget, sizeof(world->left));
	if (store_mem_new(&world->book, &note) != FAULT_NONE)
		explore_die(note.text);
	put_payment(world->book, scenario);
	return world;
}

static struct task *
task_copy(const struct task *from)
{
	struct task *to = allocate(sizeof(*to));
	const struct truth *truth = &from->call.outcome.truth;
	size_t size;

	*to = *from;
	to->call.owner = to;
	if (truth->entries != NULL) {
		size = (truth->n + 1) * sizeof(truth->entries[0]);
		to->call.outcome.truth.entries = allocate(size);
		memcpy(to->call.outcome.truth.entries, truth->entries,
		    truth->n * sizeof(truth->entries[0]));
	}
	if (from->known.entries != NULL) {
		size = (from->known.n + 1) * sizeof(from->known.entries[0]);
		to->known.entries = allocate(size);
		memcpy(to->known.entries, from->known.entries,
		    from->known.n * sizeof(from->known.entries[0]));
	}
	return to;
}

struct world *
world_copy(const struct world *world)
{
	struct world *copy = allocate(sizeof(*copy));
	struct fault_note note;
	int i;

	*copy = *world;
	if (store_mem_copy(world->book, &copy->book, &note) != FAULT_NONE)
		explore_die(note.text);
	for (i = 0; i < SLOTS_MAX; i++) {
		if (world->slots[i].task != NULL)
			copy->slots[i].task = task_copy(world->slots[i].task);
	}
	return copy;
}

void
world_free(struct world *world)
{
	int i;

	if (world == NULL)
		return;
	store_mem_free(world->book);
	for (i = 0; i < SLOTS_MAX; i++)
		task_free(world->slots[i].task);
	free(world);
}

int64_t
world_given(const struct world *world)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < world->n_facts; i++)
		sum += world->facts[i].amount;
	return sum;
}

struct rows {
	struct refund_record *rows;
	int n;
};

static enum fault
take_row(void *arg, const struct refund_record *record, struct fault_note *note)
{
	struct rows *rows = arg;

	(void)note;
	if (rows->n == REFUNDS_MAX)
		explore_die("more refunds than thought of");
	rows->rows[rows->n++] = *record;
	return FAULT_NONE;
}

int
world_rows(
    const struct world *world, struct refund_record rows[static REFUNDS_MAX])
{
	struct refund_filter filter = { .imp_uid = "imp_1",
		.limit = REFUNDS_MAX + 1 };
	struct store store = store_mem_port(world->book);
	struct rows taken = { rows, 0 };
	struct fault_note note;

	if (store.ops->list(store.self, &filter, take_row, &taken, &note) !=
	    FAULT_NONE)
		explore_die(note.text);
	return taken.n;
}

struct payment
world_payment(const struct world *world)
{
	struct store store = store_mem_port(world->book);
	struct fault_note note;
	struct payment payment;

	if (store_payment(&store, "imp_1", &payment, &note) != FAULT_NONE)
		explore_die(note.text);
	return payment;
}

struct book
world_history(const struct world *world, const char *refund_id)
{
	struct store store = store_mem_port(world->book);
	struct fault_note note;
	struct book book;

	if (store_book(&store, "imp_1", refund_id, &book, &note) != FAULT_NONE)
		explore_die(note.text);
	return book;
}

struct fate *
world_fate(struct world *world, const char *refund_id)
{
	struct fate *fate;
	int i;

	for (i = 0; i < world->n_fates; i++) {
		if (strcmp(world->fates[i].id, refund_id) == 0)
			return &world->fates[i];
	}
	if (world->n_fates == REFUNDS_MAX)
		explore_die("more refunds than thought of");
	fate = &world->fates[world->n_fates++];
	memcpy(fate->id, refund_id, REFUND_ID_SIZE);
	return fate;
}

bool
wire_is_late(const struct world *world, const struct wire *wire)
{
	return world->now_ms - wire->sent_ms >=
	    world_app.timeout_ms + world_app.quiet_ms;
}

/* ---- telling worlds apart ---------------------------------------------- */

static void
mix(uint64_t *digest, uint64_t value)
{
	*digest = (*digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	*digest ^= *digest >> 29;
}

static void
mix_text(uint64_t *digest, const char *text)
{
	for (; *text != '\0'; text++)
		mix(digest, (unsigned char)*text);
	mix(digest, 256);
}

/* A time counts by how far away it is, and not at all once it is long past. */
static void
mix_time(uint64_t *digest, int64_t at_ms, int64_t now_ms)
{
	int64_t away = at_ms - now_ms;

	if (at_ms == 0)
		away = -FAR_MS - 1;
	else if (away < -FAR_MS)
		away = -FAR_MS;
	mix(digest, (uint64_t)away);
}

/* A time that only matters while it lies less than span back. */
static void
mix_age(uint64_t *digest, int64_t at_ms, int64_t now_ms, int64_t span_ms)
{
	int64_t age = at_ms == 0 ? span_ms : now_ms - at_ms;

	mix(digest, (uint64_t)(age > span_ms ? span_ms : age));
}

static void
mix_intent(
    uint64_t *digest, const struct intent *intent, const struct world *world)
{
	int64_t wall = world->now_ms + world->wall_off;

	mix_text(digest, intent->id);
	mix(digest, (uint64_t)intent->amount);
	mix(digest, (uint64_t)intent->checksum);
	mix(digest, intent->state);
	mix(digest, intent->failure);
	mix(digest, intent->heard);
	mix_text(digest, intent->cancellation_id);
	if (intent_is_final(intent->state))
		return;
	mix_time(digest, intent->created_ms, wall);
	mix_time(digest, intent->begun_steady_ms, world->now_ms);
	mix_time(digest, intent->next_check_ms, wall);
	mix(digest, (uint64_t)intent->checks);
	mix(digest, intent->quiet.is_running);
	if (intent->quiet.is_running) {
		mix_time(digest, intent->quiet.since_ms, wall);
		mix_time(digest, intent->quiet.seen_ms, wall);
		mix(digest, (uint64_t)intent->quiet.cancel_amount);
		mix(digest, (uint64_t)intent->quiet.n_entries);
	}
}

static void
mix_book(uint64_t *digest, const struct world *world)
{
	static struct refund_record rows[REFUNDS_MAX];
	struct payment payment = world_payment(world);
	int64_t wall = world->now_ms + world->wall_off;
	int i, n = world_rows(world, rows);
	const char *open_id = "";
	struct book book;
	size_t j;

	for (i = 0; i < n; i++) {
		if (intent_is_open(rows[i].intent.state))
			open_id = rows[i].intent.id;
	}
	book = world_history(world, open_id);
	mix(digest, (uint64_t)payment.cancel_amount);
	for (j = 0; j < book.n; j++) {
		mix_text(digest, book.entries[j].id);
		mix_text(digest, book.entries[j].refund_id);
		mix(digest, book.entries[j].is_known);
	}
	free(book.entries);
	for (i = 0; i < n; i++) {
		mix_intent(digest, &rows[i].intent, world);
		mix(digest, rows[i].origin);
		mix_text(digest, rows[i].origin_of);
		mix_text(digest, rows[i].idempotency_key);
		mix(digest, rows[i].is_approved);
		mix(digest, (uint64_t)rows[i].answer.status);
		mix_age(digest, rows[i].answered_ms, wall,
		    world_app.duplicate_window_ms + 1);
	}
}

static void
mix_task(uint64_t *digest, const struct slot *slot, const struct world *world)
{
	const struct task *task = slot->task;
	const struct provider_outcome *outcome = &task->call.outcome;
	int64_t now = world->now_ms;
	size_t i;

	mix(digest, task->kind);
	mix(digest, task->next);
	mix_age(digest, task->born_steady_ms, now, world_app.answer_ms);
	mix(digest, slot->is_told);
	mix(digest, slot->is_told_no);
	mix_text(digest, slot->word_on);
	mix(digest, slot->is_to_approve);
	mix(digest, (uint64_t)slot->wire);
	mix_text(digest, task->waits_for);
	mix_text(digest, task->refund_id);
	mix_text(digest, task->answered_id);
	mix(digest, task->has_asked);
	mix(digest, task->is_given_up);
	mix(digest, task->is_journalled);
	mix(digest, task->answered.is_there);
	mix(digest, task->answered.said);
	if (task->is_journalled)
		mix_text(digest, task->record.intent.id);
	if (task->next == TASK_CALL) {
		mix(digest, task->call.want);
		mix_time(digest, slot->called_ms, now);
		if (task->call.want == PROVIDER_CANCEL)
			mix_age(digest, task->call.send_by_ms, now, 1);
	}
	mix_time(digest, task->asked_steady_ms, now);
	mix(digest, outcome->said);
	mix(digest, outcome->has_truth);
	if (outcome->has_truth) {
		mix_time(digest, outcome->date_ms, now);
		for (i = 0; i < outcome->truth.n; i++) {
			mix_text(digest, outcome->truth.entries[i].id);
			mix_text(digest, outcome->truth.entries[i].marker);
		}
	}
}

static void
mix_imports(uint64_t *digest, const struct world *world)
{
	int i;

	for (i = 0; i < world->n_facts; i++) {
		mix_text(digest, world->facts[i].owner);
		mix(digest, (uint64_t)world->facts[i].amount);
	}
	for (i = 0; i < world->n_wires; i++) {
		const struct wire *wire = &world->wires[i];

		mix_text(digest, wire->refund_id);
		mix(digest, (uint64_t)wire->checksum);
		mix(digest, wire->stage);
		mix(digest, wire->is_answered);
		mix(digest, wire->said);
		mix(digest, (uint64_t)wire->n_shown);
		if (wire->stage != STAGE_OVER)
			mix_age(digest, wire->sent_ms, world->now_ms,
			    world_app.timeout_ms + world_app.quiet_ms);
	}
	for (i = 0; i < world->n_fates; i++) {
		mix_text(digest, world->fates[i].id);
		mix(digest, world->fates[i].is_told_failed);
		mix(digest, (uint64_t)world->fates[i].n_facts_then);
		mix(digest, world->fates[i].word);
	}
}

uint64_t
world_digest(const struct world *world)
{
	uint64_t digest = 1;
	int i;

	mix(&digest, (uint64_t)world->wall_off);
	for (i = 0; i < TROUBLE__COUNT; i++)
		mix(&digest, (uint64_t)world->left[i]);
	for (i = 0; i < REQUESTS_MAX; i++)
		mix(&digest, world->has_arrived[i]);
	for (i = 0; i < OPERATORS_MAX; i++)
		mix(&digest, world->has_spoken[i]);
	mix_imports(&digest, world);
	mix_book(&digest, world);
	for (i = 0; i < SLOTS_MAX; i++) {
		mix(&digest, (uint64_t)i);
		if (world->slots[i].task != NULL) {
			mix(&digest, (uint64_t)world->slots[i].process);
			mix(&digest, (uint64_t)world->slots[i].request);
			mix_task(&digest, &world->slots[i], world);
		}
	}
	return digest;
}
