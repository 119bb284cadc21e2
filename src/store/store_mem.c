/* SPDX-License-Identifier: MIT */
/*
 * All rows are plain values in seven arrays, so that a transaction or a
 * savepoint is a copy of the arrays, and rolling back is taking the copy.
 * The checks are those of sql/0001-init.sql that a caller could run into.
 */
#include "store/store_mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/civil.h"
#include "store/store_rules.h"

#define ACCOUNT_SIZE 129

struct table {
	void *rows;
	size_t n;
	size_t row_size;
};

struct cancellation_row {
	char imp_uid[IMP_UID_SIZE];
	struct truth_entry entry;
	char refund_id[REFUND_ID_SIZE];
};

/* A cancellation_id the book held when the refund was written. */
struct known_row {
	char refund_id[REFUND_ID_SIZE];
	char cancellation_id[CANCELLATION_ID_SIZE];
};

struct token_row {
	char account[ACCOUNT_SIZE];
	struct provider_token token;
};

enum table_of {
	PAYMENTS,
	CANCELLATIONS,
	REFUNDS,
	KNOWN,
	FREEZES,
	TOKENS,
	TRAIL,
	TABLE__COUNT
};

static const size_t row_sizes[TABLE__COUNT] = {
	[PAYMENTS] = sizeof(struct payment),
	[CANCELLATIONS] = sizeof(struct cancellation_row),
	[REFUNDS] = sizeof(struct refund_record),
	[KNOWN] = sizeof(struct known_row),
	[FREEZES] = sizeof(struct store_freeze),
	[TOKENS] = sizeof(struct token_row),
	[TRAIL] = sizeof(struct trail_entry),
};

struct state {
	struct table tables[TABLE__COUNT];
};

enum level {
	LEVEL_BEGIN,
	LEVEL_SAVEPOINT,
	LEVEL__COUNT
};

struct store_mem {
	struct state now;
	struct state before[LEVEL__COUNT]; /* each level's beginning */
	int n_levels;
	long calls;
	long fail_at; /* 0: never */
	enum fault fail_with;
};

/* May state (row) become state (column)?  Finals lead nowhere. */
static const bool moves[INTENT__COUNT][INTENT__COUNT] = {
	[INTENT_AWAITING_APPROVAL] = { [INTENT_AWAITING_APPROVAL] = true,
	    [INTENT_IN_FLIGHT] = true,
	    [INTENT_FAILED] = true },
	[INTENT_IN_FLIGHT] = { [INTENT_IN_FLIGHT] = true,
	    [INTENT_PENDING] = true,
	    [INTENT_UNKNOWN] = true,
	    [INTENT_NEEDS_REVIEW] = true,
	    [INTENT_SUCCEEDED] = true,
	    [INTENT_FAILED] = true },
	[INTENT_PENDING] = { [INTENT_PENDING] = true,
	    [INTENT_NEEDS_REVIEW] = true,
	    [INTENT_SUCCEEDED] = true,
	    [INTENT_FAILED] = true },
	[INTENT_UNKNOWN] = { [INTENT_PENDING] = true,
	    [INTENT_UNKNOWN] = true,
	    [INTENT_NEEDS_REVIEW] = true,
	    [INTENT_SUCCEEDED] = true,
	    [INTENT_FAILED] = true },
	[INTENT_NEEDS_REVIEW] = { [INTENT_NEEDS_REVIEW] = true,
	    [INTENT_SUCCEEDED] = true,
	    [INTENT_FAILED] = true },
};

static void
state_deinit(struct state *state)
{
	int i;

	for (i = 0; i < TABLE__COUNT; i++)
		free(state->tables[i].rows);
	*state = (struct state){ 0 };
}

static enum fault
state_copy(const struct state *from, struct state *ret_to)
{
	struct state to = { 0 };
	int i;

	for (i = 0; i < TABLE__COUNT; i++) {
		const struct table *table = &from->tables[i];

		to.tables[i] = *table;
		/* One more, for an empty table's copy is not NULL either. */
		to.tables[i].rows = malloc((table->n + 1) * table->row_size);
		if (to.tables[i].rows == NULL) {
			state_deinit(&to);
			return FAULT_NOMEM;
		}
		if (table->n > 0)
			memcpy(to.tables[i].rows, table->rows,
			    table->n * table->row_size);
	}
	*ret_to = to;
	return FAULT_NONE;
}

static void *
row(const struct store_mem *store, enum table_of of, size_t i)
{
	const struct table *table = &store->now.tables[of];

	return i < table->n ? (char *)table->rows + i * table->row_size : NULL;
}

static enum fault
add(struct store_mem *store, enum table_of of, const void *new_row,
    struct fault_note *note)
{
	struct table *table = &store->now.tables[of];
	char *rows;

	rows = realloc(table->rows, (table->n + 1) * table->row_size);
	if (rows == NULL)
		return fault_set(note, FAULT_NOMEM, "store_mem: no memory");
	memcpy(rows + table->n * table->row_size, new_row, table->row_size);
	table->rows = rows;
	table->n++;
	return FAULT_NONE;
}

/* At the head of each op that can fail. */
static enum fault
enter(struct store_mem *store, struct fault_note *note)
{
	store->calls++;
	if (store->fail_at != 0 && store->calls == store->fail_at)
		return fault_set(
		    note, store->fail_with, "store_mem: on demand");
	return FAULT_NONE;
}

static enum fault
enter_change(struct store_mem *store, struct fault_note *note)
{
	enum fault f = enter(store, note);

	if (f == FAULT_NONE && store->n_levels == 0)
		f = fault_set(note, FAULT_STORE, "no transaction is open");
	return f;
}

/* The beginning of the innermost level comes back, or is forgotten. */
static void
leave(struct store_mem *store, bool is_kept)
{
	struct state *before = &store->before[--store->n_levels];

	if (is_kept) {
		state_deinit(before);
	} else {
		state_deinit(&store->now);
		store->now = *before;
		*before = (struct state){ 0 };
	}
}

static enum fault
begin(void *self, int64_t timeout_ms, struct fault_note *note)
{
	struct store_mem *store = self;
	enum fault f = enter(store, note);

	(void)timeout_ms;
	assert(store->n_levels == 0);
	if (f == FAULT_NONE)
		f = state_copy(&store->now, &store->before[LEVEL_BEGIN]);
	if (f == FAULT_NONE)
		store->n_levels = 1;
	return f;
}

static void
rollback(void *self)
{
	struct store_mem *store = self;

	while (store->n_levels > 0)
		leave(store, false);
}

static enum fault
commit(void *self, struct fault_note *note)
{
	struct store_mem *store = self;
	enum fault f = enter_change(store, note);

	if (f != FAULT_NONE) {
		rollback(store);
		return f;
	}
	while (store->n_levels > 0)
		leave(store, true);
	return FAULT_NONE;
}

static enum fault
savepoint(void *self, struct fault_note *note)
{
	struct store_mem *store = self;
	enum fault f = enter_change(store, note);

	assert(f != FAULT_NONE || store->n_levels == 1);
	if (f == FAULT_NONE)
		f = state_copy(&store->now, &store->before[LEVEL_SAVEPOINT]);
	if (f == FAULT_NONE)
		store->n_levels = 2;
	return f;
}

static enum fault
end_savepoint(struct store_mem *store, bool is_kept, struct fault_note *note)
{
	enum fault f = enter(store, note);

	if (f == FAULT_NONE && store->n_levels != 2)
		f = fault_set(note, FAULT_STORE, "no savepoint is open");
	if (f == FAULT_NONE)
		leave(store, is_kept);
	return f;
}

static enum fault
release(void *self, struct fault_note *note)
{
	return end_savepoint(self, true, note);
}

static enum fault
undo(void *self, struct fault_note *note)
{
	return end_savepoint(self, false, note);
}

static struct payment *
find_payment(const struct store_mem *store, const char *imp_uid)
{
	struct payment *found;
	size_t i;

	for (i = 0; (found = row(store, PAYMENTS, i)) != NULL; i++) {
		if (strcmp(found->imp_uid, imp_uid) == 0)
			break;
	}
	return found;
}

static enum fault
payment(void *self, const char *imp_uid, struct payment *ret_payment,
    struct fault_note *note)
{
	const struct payment *found = find_payment(self, imp_uid);
	enum fault f = enter(self, note);

	if (f != FAULT_NONE)
		return f;
	if (found == NULL)
		return fault_set(
		    note, FAULT_ABSENT, "%s: not in the book", imp_uid);
	*ret_payment = *found;
	return FAULT_NONE;
}

/* Paid ones first, then by imp_uid. */
static int
compare_payments(const void *a, const void *b)
{
	const struct payment *left = a, *right = b;

	if (payment_is_paid(left) != payment_is_paid(right))
		return payment_is_paid(left) ? -1 : 1;
	return strcmp(left->imp_uid, right->imp_uid);
}

static enum fault
payments_of(void *self, const char *merchant_uid,
    struct payment ret_payments[static SAME_ORDER_MAX], size_t *ret_n,
    struct fault_note *note)
{
	struct store_mem *store = self;
	const struct table *table = &store->now.tables[PAYMENTS];
	const struct payment *found;
	struct payment *all;
	enum fault f = enter(self, note);
	size_t i, n = 0;

	if (f != FAULT_NONE)
		return f;
	all = malloc((table->n + 1) * sizeof(*all));
	if (all == NULL)
		return fault_set(note, FAULT_NOMEM, "store_mem: no memory");
	for (i = 0; (found = row(store, PAYMENTS, i)) != NULL; i++) {
		if (strcmp(found->merchant_uid, merchant_uid) == 0)
			all[n++] = *found;
	}
	qsort(all, n, sizeof(*all), compare_payments);
	*ret_n = n < SAME_ORDER_MAX ? n : SAME_ORDER_MAX;
	memcpy(ret_payments, all, *ret_n * sizeof(*all));
	free(all);
	return FAULT_NONE;
}

static enum fault
payment_put(void *self, const struct payment *wanted, int64_t now_ms,
    struct fault_note *note)
{
	struct payment *held = find_payment(self, wanted->imp_uid);
	enum fault f = enter_change(self, note);

	(void)now_ms;
	if (f != FAULT_NONE)
		return f;
	if (wanted->amount < 1 || wanted->amount > MONEY_MAX ||
	    wanted->cancel_amount < 0 || wanted->cancel_amount > wanted->amount)
		return fault_set(note, FAULT_STORE, "payments: amounts");
	if (held == NULL)
		return add(self, PAYMENTS, wanted, note);
	f = store_rules_replace(held, wanted, note);
	if (f == FAULT_NONE)
		*held = *wanted;
	return f;
}

static bool
is_known(const struct store_mem *store, const char *refund_id,
    const char *cancellation_id)
{
	const struct known_row *known;
	size_t i;

	for (i = 0; (known = row(store, KNOWN, i)) != NULL; i++) {
		if (strcmp(known->refund_id, refund_id) == 0 &&
		    strcmp(known->cancellation_id, cancellation_id) == 0)
			return true;
	}
	return false;
}

/* The entries of a payment from the row *i on, one a call. */
static struct cancellation_row *
next_cancellation(const struct store_mem *store, const char *imp_uid, size_t *i)
{
	struct cancellation_row *found;

	while ((found = row(store, CANCELLATIONS, (*i)++)) != NULL) {
		if (strcmp(found->imp_uid, imp_uid) == 0)
			break;
	}
	return found;
}

/* Behind all that are not younger; times are those of entries, in step. */
static void
insert_entry(struct book *book, int64_t *times,
    const struct cancellation_row *found, bool is_known_one)
{
	size_t at = book->n++;

	for (; at > 0 && times[at - 1] > found->entry.cancelled_at; at--) {
		times[at] = times[at - 1];
		book->entries[at] = book->entries[at - 1];
	}
	times[at] = found->entry.cancelled_at;
	book->entries[at] = (struct book_entry){
		.amount = found->entry.amount,
		.is_known = is_known_one,
	};
	memcpy(book->entries[at].id, found->entry.id, CANCELLATION_ID_SIZE);
	memcpy(book->entries[at].refund_id, found->refund_id, REFUND_ID_SIZE);
}

static enum fault
book(void *self, const char *imp_uid, const char *refund_id,
    struct book *ret_book, struct fault_note *note)
{
	struct store_mem *store = self;
	size_t most = store->now.tables[CANCELLATIONS].n;
	const struct cancellation_row *found;
	struct book made = { 0 };
	int64_t *times;
	enum fault f = enter(store, note);
	size_t i = 0;

	if (f != FAULT_NONE)
		return f;
	times = calloc(most + 1, sizeof(*times));
	made.entries = calloc(most + 1, sizeof(*made.entries));
	if (times == NULL || made.entries == NULL) {
		free(times);
		free(made.entries);
		return fault_set(note, FAULT_NOMEM, "store_mem: no memory");
	}
	while ((found = next_cancellation(store, imp_uid, &i)) != NULL)
		insert_entry(&made, times, found,
		    is_known(store, refund_id, found->entry.id));
	free(times);
	*ret_book = made;
	return FAULT_NONE;
}

static struct refund_record *
find_refund(const struct store_mem *store, const char *id)
{
	struct refund_record *found;
	size_t i;

	for (i = 0; (found = row(store, REFUNDS, i)) != NULL; i++) {
		if (strcmp(found->intent.id, id) == 0)
			break;
	}
	return found;
}

static enum fault
cancellation_put(void *self, const char *imp_uid,
    const struct truth_entry *entry, const char *refund_id, int64_t now_ms,
    struct fault_note *note)
{
	struct cancellation_row *held, new_row = { .entry = *entry };
	enum fault f = enter_change(self, note);
	size_t i = 0;

	(void)now_ms;
	if (f != FAULT_NONE)
		return f;
	if (find_payment(self, imp_uid) == NULL ||
	    (refund_id[0] != '\0' && find_refund(self, refund_id) == NULL))
		return fault_set(
		    note, FAULT_STORE, "cancellations: of what is not there");
	while ((held = next_cancellation(self, imp_uid, &i)) != NULL) {
		if (strcmp(held->entry.id, entry->id) == 0)
			break;
	}
	if (held != NULL) {
		if (held->refund_id[0] == '\0')
			strcpy(held->refund_id, refund_id);
		return FAULT_NONE;
	}
	strcpy(new_row.imp_uid, imp_uid);
	strcpy(new_row.refund_id, refund_id);
	return add(self, CANCELLATIONS, &new_row, note);
}

static enum fault
refund(void *self, const char *id, struct refund_record *ret_record,
    struct fault_note *note)
{
	const struct refund_record *found = find_refund(self, id);
	enum fault f = enter(self, note);

	if (f != FAULT_NONE)
		return f;
	if (found == NULL)
		return fault_set(note, FAULT_ABSENT, "refund: not in the book");
	*ret_record = *found;
	return FAULT_NONE;
}

/* What a search of refunds looks for; each search reads what it needs. */
struct wanted {
	const char *imp_uid;
	const char *caller;
	const char *key;
	const unsigned char *fingerprint;
	int64_t since_ms;
	int64_t until_ms;
};

static bool
is_unfinished(const struct refund_record *held, const struct wanted *wanted)
{
	return strcmp(held->intent.imp_uid, wanted->imp_uid) == 0 &&
	    !intent_is_final(held->intent.state);
}

static bool
is_of_key(const struct refund_record *held, const struct wanted *wanted)
{
	return strcmp(held->caller, wanted->caller) == 0 &&
	    strcmp(held->idempotency_key, wanted->key) == 0 &&
	    held->idempotency_key[0] != '\0' &&
	    held->intent.failure != INTENT_NOT_SENT;
}

static bool
is_of_ticket(const struct refund_record *held, const struct wanted *wanted)
{
	return strcmp(held->ticket_id, wanted->key) == 0 &&
	    held->ticket_id[0] != '\0' &&
	    held->intent.failure != INTENT_NOT_SENT;
}

static bool
is_like(const struct refund_record *held, const struct wanted *wanted)
{
	return strcmp(held->caller, wanted->caller) == 0 &&
	    memcmp(held->fingerprint, wanted->fingerprint, FINGERPRINT_LEN) ==
	    0 &&
	    held->idempotency_key[0] == '\0' &&
	    held->intent.state != INTENT_FAILED &&
	    (held->answered_ms == 0 ||
		(held->answered_ms >= wanted->since_ms &&
		    held->answered_ms <= wanted->until_ms));
}

/* The newest refund that matches, or NULL. */
static const struct refund_record *
newest(const struct store_mem *store,
    bool (*matches)(
	const struct refund_record *held, const struct wanted *wanted),
    const struct wanted *wanted)
{
	const struct refund_record *held, *found = NULL;
	size_t i;

	for (i = 0; (held = row(store, REFUNDS, i)) != NULL; i++) {
		if (matches(held, wanted) &&
		    (found == NULL ||
			held->intent.created_ms >= found->intent.created_ms))
			found = held;
	}
	return found;
}

/* Lost, and not found done since. */
static bool
is_still_lost(const struct store_mem *store, const struct refund_record *held)
{
	const struct refund_record *other;
	size_t i;

	if (held->intent.failure != INTENT_NOT_APPLIED)
		return false;
	for (i = 0; (other = row(store, REFUNDS, i)) != NULL; i++) {
		if (strcmp(other->origin_of, held->intent.id) == 0)
			return false;
	}
	return true;
}

static enum fault
search(struct store_mem *store,
    bool (*matches)(
	const struct refund_record *held, const struct wanted *wanted),
    const struct wanted *wanted, struct refund_record *ret_record,
    struct fault_note *note)
{
	const struct refund_record *found = newest(store, matches, wanted);
	enum fault f = enter(store, note);

	if (f != FAULT_NONE)
		return f;
	if (found == NULL)
		return fault_set(note, FAULT_ABSENT, "refund: not in the book");
	*ret_record = *found;
	return FAULT_NONE;
}

static enum fault
unfinished(void *self, const char *imp_uid, struct refund_record *ret_record,
    struct fault_note *note)
{
	struct wanted wanted = { .imp_uid = imp_uid };

	return search(self, is_unfinished, &wanted, ret_record, note);
}

static enum fault
refund_by_key(void *self, const char *caller, const char *key,
    struct refund_record *ret_record, struct fault_note *note)
{
	struct wanted wanted = { .caller = caller, .key = key };

	return search(self, is_of_key, &wanted, ret_record, note);
}

static enum fault
refund_by_ticket(void *self, const char *ticket_id,
    struct refund_record *ret_record, struct fault_note *note)
{
	struct wanted wanted = { .key = ticket_id };

	return search(self, is_of_ticket, &wanted, ret_record, note);
}

static enum fault
refund_like(void *self, const char *caller,
    const unsigned char fingerprint[static FINGERPRINT_LEN], int64_t since_ms,
    int64_t until_ms, struct refund_record *ret_record, struct fault_note *note)
{
	struct wanted wanted = {
		.caller = caller,
		.fingerprint = fingerprint,
		.since_ms = since_ms,
		.until_ms = until_ms,
	};

	return search(self, is_like, &wanted, ret_record, note);
}

static enum fault
has_not_applied(
    void *self, const char *imp_uid, bool *ret_has, struct fault_note *note)
{
	const struct refund_record *held;
	enum fault f = enter(self, note);
	bool has = false;
	size_t i;

	if (f != FAULT_NONE)
		return f;
	for (i = 0; (held = row(self, REFUNDS, i)) != NULL; i++) {
		if (strcmp(held->intent.imp_uid, imp_uid) == 0 &&
		    is_still_lost(self, held))
			has = true;
	}
	*ret_has = has;
	return FAULT_NONE;
}

static enum fault
late_of(void *self, const char *imp_uid, const char *refund_id,
    struct refund_record *ret_record, struct fault_note *note)
{
	const struct refund_record *held, *oldest = NULL;
	enum fault f = enter(self, note);
	size_t i;

	if (f != FAULT_NONE)
		return f;
	for (i = 0; (held = row(self, REFUNDS, i)) != NULL; i++) {
		if (strcmp(held->intent.imp_uid, imp_uid) == 0 &&
		    strcmp(held->origin_of, refund_id) == 0 &&
		    (oldest == NULL ||
			held->intent.created_ms < oldest->intent.created_ms))
			oldest = held;
	}
	if (oldest == NULL)
		return fault_set(note, FAULT_ABSENT, "refund: not late");
	*ret_record = *oldest;
	return FAULT_NONE;
}

/* The CHECKs of a row of refunds that look at this row alone. */
static const char *
row_error(const struct refund_record *record)
{
	const struct intent *intent = &record->intent;
	bool is_done = intent->state == INTENT_SUCCEEDED;

	if (intent->amount < 1 || intent->amount > MONEY_MAX ||
	    intent->checksum < 0 || intent->checksum > MONEY_MAX ||
	    (record->origin == INTENT_BY_REQUEST &&
		intent->amount > intent->checksum))
		return "amounts";
	if (record->origin == INTENT_BY_REQUEST ? record->origin_of[0] != '\0'
						: !is_done)
		return "origin";
	if ((record->origin == INTENT_LATE) != (record->origin_of[0] != '\0'))
		return "origin_of";
	if (record->origin != INTENT_LATE &&
	    strcmp(intent->marker, intent->id) != 0)
		return "marker";
	if ((intent->failure != INTENT_NOT_FAILED) !=
	    (intent->state == INTENT_FAILED))
		return "failure";
	if ((intent->cancellation_id[0] != '\0') != is_done ||
	    (!is_done && intent->applied_amount != 0))
		return "cancellation_id, applied_amount";
	if (record->receipt_url[0] != '\0' &&
	    (!is_done || strncmp(record->receipt_url, "https://", 8) != 0 ||
		record->receipt_url[8] == '\0'))
		return "receipt_url";
	if ((record->closed_ms != 0) != intent_is_final(intent->state))
		return "closed_ms";
	return NULL;
}

/* The unique indexes, seen from a row against another one. */
static const char *
clash(const struct refund_record *record, const struct refund_record *other)
{
	const struct intent *a = &record->intent, *b = &other->intent;

	if (strcmp(record->caller, other->caller) == 0 &&
	    record->idempotency_key[0] != '\0' &&
	    strcmp(record->idempotency_key, other->idempotency_key) == 0 &&
	    a->failure != INTENT_NOT_SENT && b->failure != INTENT_NOT_SENT)
		return "idempotency_key";
	if (record->ticket_id[0] != '\0' &&
	    strcmp(record->ticket_id, other->ticket_id) == 0 &&
	    a->failure != INTENT_NOT_SENT && b->failure != INTENT_NOT_SENT)
		return "ticket_id";
	if (strcmp(a->imp_uid, b->imp_uid) != 0)
		return NULL;
	if (!intent_is_final(a->state) && !intent_is_final(b->state))
		return "a second unfinished one";
	if (a->cancellation_id[0] != '\0' &&
	    strcmp(a->cancellation_id, b->cancellation_id) == 0)
		return "cancellation_id";
	return NULL;
}

static enum fault
check_refund(const struct store_mem *store, const struct refund_record *record,
    struct fault_note *note)
{
	const char *error = row_error(record);
	const struct refund_record *other;
	size_t i;

	for (i = 0; error == NULL && (other = row(store, REFUNDS, i)) != NULL;
	     i++) {
		if (strcmp(other->intent.id, record->intent.id) != 0)
			error = clash(record, other);
	}
	if (error != NULL)
		return fault_set(note, FAULT_STORE, "refunds: %s", error);
	return FAULT_NONE;
}

static enum fault
remember_known(struct store_mem *store, const struct intent *intent,
    struct fault_note *note)
{
	const struct cancellation_row *found;
	struct known_row known = { 0 };
	enum fault f = FAULT_NONE;
	size_t i = 0;

	memcpy(known.refund_id, intent->id, sizeof(known.refund_id));
	while (f == FAULT_NONE &&
	    (found = next_cancellation(store, intent->imp_uid, &i)) != NULL) {
		memcpy(known.cancellation_id, found->entry.id,
		    sizeof(known.cancellation_id));
		f = add(store, KNOWN, &known, note);
	}
	return f;
}

/* Those of one refund; the last row takes the place of one that goes. */
static void
forget_known(struct store_mem *store, const char *refund_id)
{
	struct table *table = &store->now.tables[KNOWN];
	const struct known_row *last;
	struct known_row *known;
	size_t i = 0;

	while ((known = row(store, KNOWN, i)) != NULL) {
		if (strcmp(known->refund_id, refund_id) != 0) {
			i++;
			continue;
		}
		last = row(store, KNOWN, table->n - 1);
		if (last != NULL && last != known)
			*known = *last;
		table->n--;
	}
}

static enum fault
refund_put(
    void *self, const struct refund_record *record, struct fault_note *note)
{
	enum fault f = enter_change(self, note);

	if (f == FAULT_NONE &&
	    (find_payment(self, record->intent.imp_uid) == NULL ||
		find_refund(self, record->intent.id) != NULL ||
		(record->origin_of[0] != '\0' &&
		    find_refund(self, record->origin_of) == NULL)))
		f = fault_set(note, FAULT_STORE,
		    "refunds: id taken, or of what is not there");
	if (f == FAULT_NONE)
		f = check_refund(self, record, note);
	if (f == FAULT_NONE)
		f = remember_known(self, &record->intent, note);
	return f == FAULT_NONE ? add(self, REFUNDS, record, note) : f;
}

static bool
may_move(const struct intent *from, const struct intent *to)
{
	return moves[from->state][to->state] &&
	    (to->state != INTENT_FAILED ||
		(from->state == INTENT_AWAITING_APPROVAL) ==
		    (to->failure == INTENT_REJECTED));
}

/* What judging changed, the answer and the times; the wish stays. */
static struct refund_record
with_course(const struct refund_record *held, const struct refund_record *from)
{
	struct refund_record made = *held;

	made.intent = from->intent;
	memcpy(made.intent.marker, held->intent.marker, REFUND_ID_SIZE);
	memcpy(made.intent.imp_uid, held->intent.imp_uid, IMP_UID_SIZE);
	made.intent.amount = held->intent.amount;
	made.intent.checksum = held->intent.checksum;
	made.intent.created_ms = held->intent.created_ms;
	made.intent.begun_steady_ms = held->intent.begun_steady_ms;
	memcpy(made.intent.begun_clock, held->intent.begun_clock,
	    sizeof(made.intent.begun_clock));
	made.answered_ms = from->answered_ms;
	made.closed_ms = from->closed_ms;
	made.answer = from->answer;
	memcpy(made.receipt_url, from->receipt_url, sizeof(made.receipt_url));
	return made;
}

static enum fault
refund_save(void *self, const struct refund_record *record, bool *ret_won,
    struct fault_note *note)
{
	struct refund_record *held = find_refund(self, record->intent.id);
	struct refund_record made;
	enum fault f = enter_change(self, note);

	if (f != FAULT_NONE)
		return f;
	*ret_won = held != NULL && !intent_is_final(held->intent.state);
	if (!*ret_won)
		return FAULT_NONE;
	if (!may_move(&held->intent, &record->intent))
		return fault_set(note, FAULT_STORE,
		    "refunds: no way leads from this state to that");
	made = with_course(held, record);
	f = check_refund(self, &made, note);
	if (f == FAULT_NONE)
		*held = made;
	return f;
}

static bool
is_due(const struct intent *intent, int64_t now_ms)
{
	return intent_is_due(intent, now_ms) &&
	    (intent->state != INTENT_IN_FLIGHT ||
		intent->deadline_ms <= now_ms ||
		intent->next_check_ms > now_ms + LOOK_AHEAD_MAX_MS);
}

static int
compare_checks(const void *a, const void *b)
{
	const struct refund_record *const *left = a, *const *right = b;
	int64_t x = (*left)->intent.next_check_ms;
	int64_t y = (*right)->intent.next_check_ms;

	return (x > y) - (x < y);
}

/* Newest first; of one moment, the later written. */
static int
compare_ages(const void *a, const void *b)
{
	const struct refund_record *const *left = a, *const *right = b;
	int64_t x = (*left)->intent.created_ms;
	int64_t y = (*right)->intent.created_ms;

	if (x != y)
		return (x < y) - (x > y);
	return (*left < *right) - (*left > *right);
}

/* All refunds in an order; free is the caller's. */
static enum fault
sorted(const struct store_mem *store,
    int (*compare)(const void *a, const void *b),
    const struct refund_record ***ret_all, size_t *ret_n,
    struct fault_note *note)
{
	size_t i, n = store->now.tables[REFUNDS].n;
	const struct refund_record **all = malloc((n + 1) * sizeof(*all));

	if (all == NULL)
		return fault_set(note, FAULT_NOMEM, "store_mem: no memory");
	for (i = 0; i < n; i++)
		all[i] = row(store, REFUNDS, i);
	qsort(all, n, sizeof(*all), compare);
	*ret_all = all;
	*ret_n = n;
	return FAULT_NONE;
}

static enum fault
refund_approve(void *self, const struct refund_record *record, bool *ret_won,
    struct fault_note *note)
{
	struct refund_record *held = find_refund(self, record->intent.id);
	const struct intent *from = &record->intent;
	enum fault f = enter_change(self, note);

	if (f != FAULT_NONE)
		return f;
	*ret_won =
	    held != NULL && held->intent.state == INTENT_AWAITING_APPROVAL;
	if (!*ret_won)
		return FAULT_NONE;
	held->is_approved = true;
	held->intent.state = INTENT_IN_FLIGHT;
	held->intent.checksum = from->checksum;
	held->intent.created_ms = from->created_ms;
	held->intent.begun_steady_ms = from->begun_steady_ms;
	memcpy(held->intent.begun_clock, from->begun_clock,
	    sizeof(held->intent.begun_clock));
	held->intent.send_by_ms = from->send_by_ms;
	held->intent.deadline_ms = from->deadline_ms;
	held->intent.next_check_ms = from->next_check_ms;
	forget_known(self, from->id);
	return remember_known(self, from, note);
}

static enum fault
given(void *self, int64_t day, int64_t *ret_amount, struct fault_note *note)
{
	const struct refund_record *held;
	const struct payment *payment;
	enum fault f = enter(self, note);
	size_t i;

	*ret_amount = 0;
	for (i = 0; (held = row(self, REFUNDS, i)) != NULL; i++) {
		payment = find_payment(self, held->intent.imp_uid);
		if (held->intent.state != INTENT_FAILED && payment != NULL &&
		    civil_seoul_day(held->intent.created_ms / 1000) == day &&
		    strcmp(payment->currency->code, "KRW") == 0)
			*ret_amount += held->intent.amount;
	}
	return f;
}

static enum fault
unapproved(void *self, const char *imp_uid, int64_t *ret_amount,
    struct fault_note *note)
{
	const struct refund_record *held;
	enum fault f = enter(self, note);
	size_t i;

	*ret_amount = 0;
	for (i = 0; (held = row(self, REFUNDS, i)) != NULL; i++) {
		if (strcmp(held->intent.imp_uid, imp_uid) == 0 &&
		    held->intent.state != INTENT_FAILED && !held->is_approved)
			*ret_amount += held->intent.amount;
	}
	return f;
}

static enum fault
trail_put(void *self, const struct trail_entry *entry, struct fault_note *note)
{
	enum fault f = enter_change(self, note);

	return f == FAULT_NONE ? add(self, TRAIL, entry, note) : f;
}

static enum fault
trail_of(void *self, const char *merchant_uid,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	const struct trail_entry *entry;
	enum fault f = enter(self, note);
	size_t i;

	for (i = 0; f == FAULT_NONE && (entry = row(self, TRAIL, i)) != NULL;
	     i++) {
		if (strcmp(entry->merchant_uid, merchant_uid) == 0)
			f = visit(arg, entry, note);
	}
	return f;
}

static enum fault
trail_refused(void *self, int limit,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	const struct trail_entry *entry;
	enum fault f = enter(self, note);
	size_t i = 0;

	while (row(self, TRAIL, i) != NULL)
		i++;
	while (f == FAULT_NONE && limit > 0 && i > 0 &&
	    (entry = row(self, TRAIL, --i)) != NULL) {
		if (entry->act != TRAIL_REFUSED)
			continue;
		f = visit(arg, entry, note);
		limit--;
	}
	return f;
}

static enum fault
due(void *self, int64_t now_ms, char (*ret_ids)[REFUND_ID_SIZE], size_t size,
    size_t *ret_n, struct fault_note *note)
{
	const struct refund_record **all = NULL;
	enum fault f = enter(self, note);
	size_t i, n, n_due = 0;

	if (f == FAULT_NONE)
		f = sorted(self, compare_checks, &all, &n, note);
	if (f != FAULT_NONE)
		return f;
	for (i = 0; i < n && n_due < size; i++) {
		if (is_due(&all[i]->intent, now_ms))
			memcpy(ret_ids[n_due++], all[i]->intent.id,
			    REFUND_ID_SIZE);
	}
	free(all);
	*ret_n = n_due;
	return FAULT_NONE;
}

static bool
is_listed(const struct intent *intent, const struct refund_filter *filter)
{
	bool is_stuck = intent->state == INTENT_NEEDS_REVIEW ||
	    (intent_is_open(intent->state) &&
		intent->deadline_ms <= filter->now_ms);

	if (filter->imp_uid != NULL &&
	    strcmp(filter->imp_uid, intent->imp_uid) != 0)
		return false;
	if (filter->state != NULL &&
	    strcmp(filter->state, intent_state_name(intent->state)) != 0)
		return false;
	return !filter->is_stuck || is_stuck;
}

static enum fault
list(void *self, const struct refund_filter *filter,
    enum fault (*visit)(
	void *arg, const struct refund_record *record, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	const struct refund_record **all = NULL;
	enum fault f = enter(self, note);
	int n_listed = 0;
	size_t i, n = 0;

	if (f == FAULT_NONE)
		f = sorted(self, compare_ages, &all, &n, note);
	for (i = 0; f == FAULT_NONE && i < n && n_listed < filter->limit; i++) {
		if (!is_listed(&all[i]->intent, filter))
			continue;
		n_listed++;
		f = visit(arg, all[i], note);
	}
	free(all);
	return f;
}

static void
count(const struct refund_record *record, int64_t now_ms,
    struct store_figures *figures)
{
	const struct intent *intent = &record->intent;

	if (!intent_is_final(intent->state))
		figures->unfinished[intent->state]++;
	if (intent_is_open(intent->state) && intent->deadline_ms <= now_ms)
		figures->n_overdue++;
	if (intent->state == INTENT_AWAITING_APPROVAL &&
	    now_ms - intent->created_ms > figures->awaiting_ms)
		figures->awaiting_ms = now_ms - intent->created_ms;
	if (record->origin == INTENT_LATE)
		figures->n_late++;
	if (record->origin == INTENT_RECOVERED)
		figures->n_recovered++;
	if (intent->state == INTENT_SUCCEEDED &&
	    intent->applied_amount != intent->amount)
		figures->n_mismatched++;
}

static enum fault
figures(void *self, int64_t now_ms, struct store_figures *ret_figures,
    struct fault_note *note)
{
	struct store_figures found = { 0 };
	const struct refund_record *record;
	enum fault f = enter(self, note);
	size_t i;

	if (f != FAULT_NONE)
		return f;
	for (i = 0; (record = row(self, REFUNDS, i)) != NULL; i++)
		count(record, now_ms, &found);
	*ret_figures = found;
	return FAULT_NONE;
}

static struct store_freeze *
find_freeze(const struct store_mem *store, enum freeze_cause cause)
{
	struct store_freeze *found;
	size_t i;

	for (i = 0; (found = row(store, FREEZES, i)) != NULL; i++) {
		if (found->cause == cause)
			break;
	}
	return found;
}

static enum fault
frozen(void *self, bool *ret_is_frozen, struct fault_note *note)
{
	enum fault f = enter(self, note);

	if (f == FAULT_NONE)
		*ret_is_frozen = row(self, FREEZES, 0) != NULL;
	return f;
}

static enum fault
freeze(void *self, enum freeze_cause cause, struct store_freeze *ret_freeze,
    struct fault_note *note)
{
	const struct store_freeze *found = find_freeze(self, cause);
	enum fault f = enter(self, note);

	if (f != FAULT_NONE)
		return f;
	if (found == NULL)
		return fault_set(note, FAULT_ABSENT, "freeze: not in the book");
	*ret_freeze = *found;
	return FAULT_NONE;
}

static enum fault
freeze_put(
    void *self, const struct store_freeze *wanted, struct fault_note *note)
{
	struct store_freeze *held = find_freeze(self, wanted->cause);
	enum fault f = enter_change(self, note);

	if (f != FAULT_NONE)
		return f;
	if (held == NULL)
		return add(self, FREEZES, wanted, note);
	*held = *wanted;
	return FAULT_NONE;
}

/* The last row takes the place of the one that goes. */
static enum fault
freeze_delete(void *self, enum freeze_cause cause, struct fault_note *note)
{
	struct store_mem *store = self;
	struct store_freeze *held = find_freeze(store, cause), *last;
	struct table *table = &store->now.tables[FREEZES];
	enum fault f = enter_change(store, note);

	if (f != FAULT_NONE || held == NULL)
		return f;
	last = row(store, FREEZES, table->n - 1);
	if (last != NULL && last != held)
		*held = *last;
	table->n--;
	return FAULT_NONE;
}

static struct token_row *
find_token(const struct store_mem *store, const char *account)
{
	struct token_row *found;
	size_t i;

	for (i = 0; (found = row(store, TOKENS, i)) != NULL; i++) {
		if (strcmp(found->account, account) == 0)
			break;
	}
	return found;
}

static enum fault
token(void *self, const char *account, struct provider_token *ret_token,
    struct fault_note *note)
{
	const struct token_row *found = find_token(self, account);
	enum fault f = enter(self, note);

	if (f != FAULT_NONE)
		return f;
	if (found == NULL)
		return fault_set(note, FAULT_ABSENT, "token: not in the book");
	*ret_token = found->token;
	return FAULT_NONE;
}

static enum fault
token_put(void *self, const char *account, const struct provider_token *wanted,
    struct fault_note *note)
{
	struct token_row *held = find_token(self, account);
	struct token_row new_row = { .token = *wanted };
	enum fault f = enter_change(self, note);

	if (f != FAULT_NONE)
		return f;
	assert(strlen(account) < sizeof(new_row.account));
	strcpy(new_row.account, account);
	if (held == NULL)
		return add(self, TOKENS, &new_row, note);
	*held = new_row;
	return FAULT_NONE;
}

static const struct store_ops ops = {
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.savepoint = savepoint,
	.release = release,
	.undo = undo,
	.payment = payment,
	.payments_of = payments_of,
	.payment_put = payment_put,
	.book = book,
	.cancellation_put = cancellation_put,
	.refund = refund,
	.unfinished = unfinished,
	.refund_by_key = refund_by_key,
	.refund_by_ticket = refund_by_ticket,
	.refund_like = refund_like,
	.has_not_applied = has_not_applied,
	.late_of = late_of,
	.refund_put = refund_put,
	.refund_save = refund_save,
	.refund_approve = refund_approve,
	.given = given,
	.unapproved = unapproved,
	.due = due,
	.list = list,
	.trail_put = trail_put,
	.trail_of = trail_of,
	.trail_refused = trail_refused,
	.figures = figures,
	.frozen = frozen,
	.freeze = freeze,
	.freeze_put = freeze_put,
	.freeze_delete = freeze_delete,
	.token = token,
	.token_put = token_put,
};

enum fault
store_mem_new(struct store_mem **ret_store, struct fault_note *note)
{
	struct store_mem *store = calloc(1, sizeof(*store));
	int i;

	if (store == NULL)
		return fault_set(note, FAULT_NOMEM, "store_mem: no memory");
	for (i = 0; i < TABLE__COUNT; i++)
		store->now.tables[i].row_size = row_sizes[i];
	*ret_store = store;
	return FAULT_NONE;
}

enum fault
store_mem_copy(const struct store_mem *from, struct store_mem **ret_store,
    struct fault_note *note)
{
	struct store_mem *store = calloc(1, sizeof(*store));

	assert(from->n_levels == 0);
	if (store == NULL ||
	    state_copy(&from->now, &store->now) != FAULT_NONE) {
		free(store);
		return fault_set(note, FAULT_NOMEM, "store_mem: no memory");
	}
	*ret_store = store;
	return FAULT_NONE;
}

void
store_mem_free(struct store_mem *store)
{
	if (store == NULL)
		return;
	rollback(store);
	state_deinit(&store->now);
	free(store);
}

struct store
store_mem_port(struct store_mem *store)
{
	return (struct store){ .ops = &ops, .self = store };
}

void
store_mem_fail(struct store_mem *store, long nth, enum fault fault)
{
	store->fail_at = nth > 0 ? store->calls + nth : 0;
	store->fail_with = fault;
}

long
store_mem_calls(const struct store_mem *store)
{
	return store->calls;
}
