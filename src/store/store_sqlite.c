/* SPDX-License-Identifier: MIT */
/*
 * The ops of port/store.h, each one statement or two.  What may not be is
 * refused by the schema (sql/0001-init.sql), not checked again here.
 */
#include "store/store_sqlite.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/file_lock.h"
#include "store/query.h"
#include "store/store_rules.h"
#include "store/store_sqlite_file.h"
#include "store/store_sqlite_rows.h"
#include "store/store_sqlite_sql.h"

struct store_sqlite {
	sqlite3 *db;
	int lock; /* -1: a reader */
	sqlite3_stmt *statements[SQL__COUNT];
};

/* A reader's are prepared when first used: a CGI program needs few of them. */
static struct query
use(struct store_sqlite *store, enum store_sqlite_sql sql)
{
	sqlite3_stmt **statement = &store->statements[sql];

	if (*statement == NULL)
		(void)sqlite3_prepare_v3(store->db, store_sqlite_sql[sql], -1,
		    SQLITE_PREPARE_PERSISTENT, statement, NULL);
	return query_begin(store->db, *statement);
}

/* A statement without parameters and rows. */
static enum fault
run(struct store_sqlite *store, enum store_sqlite_sql sql,
    struct fault_note *note)
{
	struct query query = use(store, sql);

	return query_end(&query, query_run(&query, note), note);
}

/*
 * After some faults (disk full) SQLite has ended the transaction by itself.
 * What came next would then be committed on its own, so it has to fail too.
 */
static enum fault
check_begun(struct store_sqlite *store, struct fault_note *note)
{
	if (sqlite3_get_autocommit(store->db))
		return fault_set(note, FAULT_STORE, "no transaction is open");
	return FAULT_NONE;
}

/* For what changes the database: bound to its end, it is run and over. */
static enum fault
change(struct store_sqlite *store, struct query *query, struct fault_note *note)
{
	enum fault f = check_begun(store, note);

	if (f == FAULT_NONE)
		f = query_run(query, note);
	return query_end(query, f, note);
}

static int64_t
steady_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/*
 * What is written into a file that was moved or deleted under us, nobody reads;
 * and of a freeze in the book that took its place we would not know.
 */
static enum fault
check_there(struct store_sqlite *store, struct fault_note *note)
{
	int has_moved = 0;

	(void)sqlite3_file_control(
	    store->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
	if (has_moved == 0)
		return FAULT_NONE;
	return fault_set(note, FAULT_STORE,
	    "the database was moved or deleted under us; start anew");
}

static enum fault
begin(void *self, int64_t timeout_ms, struct fault_note *note)
{
	struct store_sqlite *store = self;
	int64_t until_ms = steady_ms() + timeout_ms;
	int64_t left_ms;
	enum fault f = FAULT_NONE;

	assert(sqlite3_get_autocommit(store->db));
	if (store->lock >= 0)
		f = file_lock_take(store->lock, timeout_ms, note);
	if (f != FAULT_NONE)
		return f;
	left_ms = until_ms - steady_ms();
	if (left_ms < 0)
		left_ms = 0;
	(void)sqlite3_busy_timeout(
	    store->db, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
	f = check_there(store, note);
	if (f == FAULT_NONE)
		f = run(store,
		    store->lock >= 0 ? SQL_BEGIN_WRITER : SQL_BEGIN_READER,
		    note);
	if (f != FAULT_NONE && store->lock >= 0)
		file_lock_drop(store->lock);
	return f;
}

static void
rollback(void *self)
{
	struct store_sqlite *store = self;

	if (!sqlite3_get_autocommit(store->db))
		(void)run(store, SQL_ROLLBACK, NULL);
	if (store->lock >= 0)
		file_lock_drop(store->lock);
}

static enum fault
commit(void *self, struct fault_note *note)
{
	struct store_sqlite *store = self;
	enum fault f = check_begun(store, note);

	if (f == FAULT_NONE)
		f = run(store, SQL_COMMIT, note);
	/* Committed or not, nothing of it stays open and the lock goes. */
	rollback(store);
	return f;
}

static enum fault
savepoint(void *self, struct fault_note *note)
{
	enum fault f = check_begun(self, note);

	return f == FAULT_NONE ? run(self, SQL_SAVEPOINT, note) : f;
}

static enum fault
release(void *self, struct fault_note *note)
{
	return run(self, SQL_RELEASE, note);
}

static enum fault
undo(void *self, struct fault_note *note)
{
	enum fault f = run(self, SQL_UNDO, note);

	return f == FAULT_NONE ? run(self, SQL_RELEASE, note) : f;
}

/* On to the one row there has to be. */
static enum fault
step_to_one(struct query *query, const char *what, struct fault_note *note)
{
	bool has_row;
	enum fault f = query_step(query, &has_row, note);

	if (f == FAULT_NONE && !has_row)
		f = fault_set(note, FAULT_ABSENT, "%s: not in the book", what);
	return f;
}

static enum fault
payment(void *self, const char *imp_uid, struct payment *ret_payment,
    struct fault_note *note)
{
	struct query query = use(self, SQL_PAYMENT);
	struct payment found = { 0 };
	enum fault f;

	query_put_text(&query, imp_uid);
	f = step_to_one(&query, imp_uid, note);
	if (f == FAULT_NONE)
		store_sqlite_rows_take_payment(&query, &found);
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_payment = found;
	return f;
}

/* Those that were paid, or the others; *n grows. */
static enum fault
add_payments_of(struct store_sqlite *store, const char *merchant_uid,
    bool is_paid, struct payment ret_payments[static SAME_ORDER_MAX], size_t *n,
    struct fault_note *note)
{
	struct query query = use(store, SQL_PAYMENTS_OF);
	bool has_row;
	enum fault f;

	query_put_text(&query, merchant_uid);
	query_put_int(&query, is_paid);
	query_put_int(&query, (int64_t)(SAME_ORDER_MAX - *n));
	f = query_step(&query, &has_row, note);
	while (f == FAULT_NONE && has_row) {
		store_sqlite_rows_take_payment(&query, &ret_payments[(*n)++]);
		f = query_step(&query, &has_row, note);
	}
	return query_end(&query, f, note);
}

/* Paid ones first: there may be more failed ones than are read. */
static enum fault
payments_of(void *self, const char *merchant_uid,
    struct payment ret_payments[static SAME_ORDER_MAX], size_t *ret_n,
    struct fault_note *note)
{
	size_t n = 0;
	enum fault f;

	f = add_payments_of(self, merchant_uid, true, ret_payments, &n, note);
	if (f == FAULT_NONE)
		f = add_payments_of(
		    self, merchant_uid, false, ret_payments, &n, note);
	if (f == FAULT_NONE)
		*ret_n = n;
	return f;
}

/* The statement writes nothing that the rules are against; they say why. */
static enum fault
payment_put(void *self, const struct payment *wanted, int64_t now_ms,
    struct fault_note *note)
{
	struct store_sqlite *store = self;
	struct query query = use(store, SQL_PAYMENT_PUT);
	struct payment held;
	enum fault f;

	store_sqlite_rows_put_payment(&query, wanted);
	query_put_int(&query, now_ms);
	f = change(store, &query, note);
	if (f != FAULT_NONE || sqlite3_changes(store->db) > 0)
		return f;
	f = payment(store, wanted->imp_uid, &held, note);
	if (f == FAULT_NONE)
		f = store_rules_replace(&held, wanted, note);
	if (f == FAULT_NONE)
		f = fault_set(note, FAULT_BUG, "payment %s: not written",
		    wanted->imp_uid);
	return f;
}

/* The array doubles when it is full, up to HISTORY_MAX. */
static enum fault
make_room(struct book *book, size_t *room, struct fault_note *note)
{
	struct book_entry *entries;

	if (book->n < *room)
		return FAULT_NONE;
	if (book->n >= HISTORY_MAX)
		return fault_set(
		    note, FAULT_STORE, "a payment with too long a history");
	*room = *room == 0 ? 8 : *room * 2;
	entries = realloc(book->entries, *room * sizeof(*entries));
	if (entries == NULL)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	book->entries = entries;
	return FAULT_NONE;
}

static enum fault
take_book(struct query *query, struct book *book, struct fault_note *note)
{
	size_t room = 0;
	bool has_row;
	enum fault f;

	f = query_step(query, &has_row, note);
	while (f == FAULT_NONE && has_row) {
		f = make_room(book, &room, note);
		if (f != FAULT_NONE)
			break;
		store_sqlite_rows_take_entry(query, &book->entries[book->n++]);
		f = query_step(query, &has_row, note);
	}
	return f;
}

static enum fault
book(void *self, const char *imp_uid, const char *refund_id,
    struct book *ret_book, struct fault_note *note)
{
	struct query query = use(self, SQL_BOOK);
	struct book found = { 0 };
	enum fault f;

	query_put_text(&query, refund_id);
	query_put_text(&query, imp_uid);
	f = query_end(&query, take_book(&query, &found, note), note);
	if (f == FAULT_NONE)
		*ret_book = found;
	else
		free(found.entries);
	return f;
}

static enum fault
cancellation_put(void *self, const char *imp_uid,
    const struct truth_entry *entry, const char *refund_id, int64_t now_ms,
    struct fault_note *note)
{
	struct query query = use(self, SQL_CANCELLATION_PUT);

	query_put_text(&query, imp_uid);
	query_put_text(&query, entry->id);
	query_put_int(&query, entry->amount);
	query_put_int(&query, entry->cancelled_at);
	query_put_word(&query, entry->marker);
	query_put_word(&query, refund_id);
	query_put_int(&query, now_ms);
	return change(self, &query, note);
}

/* Ends the query, which is bound and finds one refund or none. */
static enum fault
one_refund(struct query *query, const char *what,
    struct refund_record *ret_record, struct fault_note *note)
{
	struct refund_record found;
	enum fault f;

	f = step_to_one(query, what, note);
	if (f == FAULT_NONE) {
		memset(&found, 0, sizeof(found));
		store_sqlite_rows_take_refund(query, &found);
	}
	f = query_end(query, f, note);
	if (f == FAULT_NONE)
		*ret_record = found;
	return f;
}

static enum fault
refund(void *self, const char *id, struct refund_record *ret_record,
    struct fault_note *note)
{
	struct query query = use(self, SQL_REFUND);

	query_put_text(&query, id);
	return one_refund(&query, "refund", ret_record, note);
}

static enum fault
unfinished(void *self, const char *imp_uid, struct refund_record *ret_record,
    struct fault_note *note)
{
	struct query query = use(self, SQL_UNFINISHED);

	query_put_text(&query, imp_uid);
	return one_refund(&query, "unfinished refund", ret_record, note);
}

static enum fault
refund_by_key(void *self, const char *caller, const char *key,
    struct refund_record *ret_record, struct fault_note *note)
{
	struct query query = use(self, SQL_REFUND_BY_KEY);

	query_put_text(&query, caller);
	query_put_text(&query, key);
	return one_refund(&query, "refund of that key", ret_record, note);
}

static enum fault
refund_by_ticket(void *self, const char *ticket_id,
    struct refund_record *ret_record, struct fault_note *note)
{
	struct query query = use(self, SQL_REFUND_BY_TICKET);

	query_put_text(&query, ticket_id);
	return one_refund(&query, "refund of that ticket", ret_record, note);
}

static enum fault
refund_like(void *self, const char *caller,
    const unsigned char fingerprint[static FINGERPRINT_LEN], int64_t since_ms,
    int64_t until_ms, struct refund_record *ret_record, struct fault_note *note)
{
	struct query query = use(self, SQL_REFUND_LIKE);

	query_put_text(&query, caller);
	query_put_bytes(&query, fingerprint, FINGERPRINT_LEN);
	query_put_int(&query, since_ms);
	query_put_int(&query, until_ms);
	return one_refund(&query, "refund like this", ret_record, note);
}

static enum fault
has_not_applied(
    void *self, const char *imp_uid, bool *ret_has, struct fault_note *note)
{
	struct query query = use(self, SQL_HAS_NOT_APPLIED);
	bool has = false;
	enum fault f;

	query_put_text(&query, imp_uid);
	f = step_to_one(&query, imp_uid, note);
	if (f == FAULT_NONE)
		has = query_take_int(&query) != 0;
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_has = has;
	return f;
}

static enum fault
late_of(void *self, const char *imp_uid, const char *refund_id,
    struct refund_record *ret_record, struct fault_note *note)
{
	struct query query = use(self, SQL_LATE_OF);

	query_put_text(&query, imp_uid);
	query_put_text(&query, refund_id);
	return one_refund(&query, "late refund", ret_record, note);
}

static enum fault
refund_put(
    void *self, const struct refund_record *record, struct fault_note *note)
{
	struct query query = use(self, SQL_REFUND_PUT);

	store_sqlite_rows_put_wish(&query, record);
	store_sqlite_rows_put_course(&query, record);
	return change(self, &query, note);
}

static enum fault
refund_save(void *self, const struct refund_record *record, bool *ret_won,
    struct fault_note *note)
{
	struct store_sqlite *store = self;
	struct query query = use(store, SQL_REFUND_SAVE);
	enum fault f;

	store_sqlite_rows_put_course(&query, record);
	query_put_text(&query, record->intent.id);
	f = change(store, &query, note);
	if (f == FAULT_NONE)
		*ret_won = sqlite3_changes(store->db) == 1;
	return f;
}

static enum fault
refund_approve(void *self, const struct refund_record *record, bool *ret_won,
    struct fault_note *note)
{
	const struct intent *intent = &record->intent;
	struct store_sqlite *store = self;
	struct query query = use(store, SQL_REFUND_APPROVE);
	enum fault f;

	query_put_int(&query, intent->checksum);
	query_put_int(&query, intent->created_ms);
	query_put_int(&query, intent->begun_steady_ms);
	query_put_text(&query, intent->begun_clock);
	query_put_int(&query, intent->send_by_ms);
	query_put_int(&query, intent->deadline_ms);
	query_put_int(&query, intent->next_check_ms);
	query_put_text(&query, intent->id);
	f = change(store, &query, note);
	if (f == FAULT_NONE)
		*ret_won = sqlite3_changes(store->db) > 0;
	return f;
}

static enum fault
given(void *self, int64_t day, int64_t *ret_amount, struct fault_note *note)
{
	struct query query = use(self, SQL_GIVEN);
	int64_t amount = 0;
	bool has_row;
	enum fault f;

	query_put_int(&query, day);
	f = query_step(&query, &has_row, note);
	if (f == FAULT_NONE && has_row)
		amount = query_take_int(&query);
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_amount = amount;
	return f;
}

static enum fault
unapproved(void *self, const char *imp_uid, int64_t *ret_amount,
    struct fault_note *note)
{
	struct query query = use(self, SQL_UNAPPROVED);
	int64_t amount = 0;
	enum fault f;

	query_put_text(&query, imp_uid);
	f = step_to_one(&query, "what nobody has approved", note);
	if (f == FAULT_NONE)
		amount = query_take_int(&query);
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_amount = amount;
	return f;
}

static enum fault
trail_put(void *self, const struct trail_entry *entry, struct fault_note *note)
{
	struct query query = use(self, SQL_TRAIL_PUT);

	store_sqlite_rows_put_trail(&query, entry);
	return change(self, &query, note);
}

static enum fault
visit_trail(struct query *query,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	struct trail_entry entry;
	bool has_row;
	enum fault f = query_step(query, &has_row, note);

	while (f == FAULT_NONE && has_row) {
		store_sqlite_rows_take_trail(query, &entry);
		f = visit(arg, &entry, note);
		if (f == FAULT_NONE)
			f = query_step(query, &has_row, note);
	}
	return query_end(query, f, note);
}

static enum fault
trail_of(void *self, const char *merchant_uid,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	struct query query = use(self, SQL_TRAIL_OF);

	query_put_text(&query, merchant_uid);
	return visit_trail(&query, visit, arg, note);
}

static enum fault
trail_refused(void *self, int limit,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	struct query query = use(self, SQL_TRAIL_REFUSED);

	query_put_int(&query, limit);
	return visit_trail(&query, visit, arg, note);
}

static enum fault
due(void *self, int64_t now_ms, char (*ret_ids)[REFUND_ID_SIZE], size_t size,
    size_t *ret_n, struct fault_note *note)
{
	struct query query = use(self, SQL_DUE);
	size_t n = 0;
	bool has_row;
	enum fault f;

	query_put_int(&query, now_ms);
	query_put_int(&query, (int64_t)size);
	f = query_step(&query, &has_row, note);
	while (f == FAULT_NONE && has_row) {
		query_take_text(&query, ret_ids[n++], REFUND_ID_SIZE);
		f = query_step(&query, &has_row, note);
	}
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_n = n;
	return f;
}

static void
put_word_or_null(struct query *query, const char *text)
{
	query_put_word(query, text != NULL ? text : "");
}

static struct query
list_query(struct store_sqlite *store, const struct refund_filter *filter)
{
	enum store_sqlite_sql sql = SQL_LIST;
	struct query query;

	if (filter->imp_uid != NULL)
		sql = SQL_LIST_OF;
	else if (filter->is_stuck)
		sql = SQL_LIST_STUCK;
	query = use(store, sql);
	put_word_or_null(&query, filter->state);
	query_put_int(&query, filter->limit);
	if (filter->imp_uid != NULL)
		query_put_text(&query, filter->imp_uid);
	if (filter->is_stuck)
		query_put_int(&query, filter->now_ms);
	else if (filter->imp_uid != NULL)
		query_put_null(&query);
	return query;
}

/* Only a whole row is shown. */
static enum fault
show(struct query *query,
    enum fault (*visit)(
	void *arg, const struct refund_record *record, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	struct refund_record found;

	store_sqlite_rows_take_refund(query, &found);
	if (query->fault != FAULT_NONE)
		return fault_set(note, query->fault, "refund %s: unreadable",
		    found.intent.id);
	return visit(arg, &found, note);
}

static enum fault
list(void *self, const struct refund_filter *filter,
    enum fault (*visit)(
	void *arg, const struct refund_record *record, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	struct query query = list_query(self, filter);
	bool has_row;
	enum fault f;

	f = query_step(&query, &has_row, note);
	while (f == FAULT_NONE && has_row) {
		f = show(&query, visit, arg, note);
		if (f == FAULT_NONE)
			f = query_step(&query, &has_row, note);
	}
	return query_end(&query, f, note);
}

static enum fault
take_unfinished(
    struct query *query, struct store_figures *figures, struct fault_note *note)
{
	char word[24];
	enum intent_state state;
	int64_t age_ms;
	bool has_row;
	enum fault f;

	f = query_step(query, &has_row, note);
	while (f == FAULT_NONE && has_row) {
		query_take_text(query, word, sizeof(word));
		if (!intent_state_find(word, &state))
			return fault_set(
			    note, FAULT_STORE, "refunds: an unknown state");
		figures->unfinished[state]++;
		figures->n_overdue += query_take_int(query);
		age_ms = query_take_int(query);
		if (state == INTENT_AWAITING_APPROVAL &&
		    age_ms > figures->awaiting_ms)
			figures->awaiting_ms = age_ms;
		f = query_step(query, &has_row, note);
	}
	return f;
}

static enum fault
figures(void *self, int64_t now_ms, struct store_figures *ret_figures,
    struct fault_note *note)
{
	struct query query = use(self, SQL_UNFINISHED_STATES);
	struct store_figures found = { 0 };
	enum fault f;

	query_put_int(&query, now_ms);
	f = query_end(&query, take_unfinished(&query, &found, note), note);
	if (f != FAULT_NONE)
		return f;
	query = use(self, SQL_ALARMS);
	f = step_to_one(&query, "figures", note);
	if (f == FAULT_NONE) {
		found.n_late = query_take_int(&query);
		found.n_recovered = query_take_int(&query);
		found.n_mismatched = query_take_int(&query);
	}
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_figures = found;
	return f;
}

static enum fault
frozen(void *self, bool *ret_is_frozen, struct fault_note *note)
{
	struct query query = use(self, SQL_FROZEN);
	bool is_frozen = true;
	enum fault f;

	f = step_to_one(&query, "freezes", note);
	if (f == FAULT_NONE)
		is_frozen = query_take_int(&query) != 0;
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_is_frozen = is_frozen;
	return f;
}

static enum fault
freeze(void *self, enum freeze_cause cause, struct store_freeze *ret_freeze,
    struct fault_note *note)
{
	struct query query = use(self, SQL_FREEZE);
	struct store_freeze found = { .cause = cause };
	enum fault f;

	query_put_text(&query, store_rules_freeze_name(cause));
	f = step_to_one(&query, "freeze", note);
	if (f == FAULT_NONE) {
		found.until_ms = query_take_int(&query);
		found.since_ms = query_take_int(&query);
		found.created_ms = query_take_int(&query);
	}
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_freeze = found;
	return f;
}

static enum fault
freeze_put(
    void *self, const struct store_freeze *wanted, struct fault_note *note)
{
	struct query query = use(self, SQL_FREEZE_PUT);

	query_put_text(&query, store_rules_freeze_name(wanted->cause));
	query_put_some(&query, wanted->until_ms);
	if (wanted->cause == FREEZE_RESTORE)
		query_put_int(&query, wanted->since_ms);
	else
		query_put_null(&query);
	query_put_int(&query, wanted->created_ms);
	return change(self, &query, note);
}

static enum fault
freeze_delete(void *self, enum freeze_cause cause, struct fault_note *note)
{
	struct query query = use(self, SQL_FREEZE_DELETE);

	query_put_text(&query, store_rules_freeze_name(cause));
	return change(self, &query, note);
}

static enum fault
token(void *self, const char *account, struct provider_token *ret_token,
    struct fault_note *note)
{
	struct query query = use(self, SQL_TOKEN);
	struct provider_token found = { 0 };
	enum fault f;

	query_put_text(&query, account);
	f = step_to_one(&query, "token", note);
	if (f == FAULT_NONE) {
		query_take_text(&query, found.text, sizeof(found.text));
		found.expires_ms = query_take_int(&query);
	}
	f = query_end(&query, f, note);
	if (f == FAULT_NONE)
		*ret_token = found;
	return f;
}

static enum fault
token_put(void *self, const char *account, const struct provider_token *wanted,
    struct fault_note *note)
{
	struct query query = use(self, SQL_TOKEN_PUT);

	query_put_text(&query, account);
	query_put_text(&query, wanted->text);
	query_put_int(&query, wanted->expires_ms);
	return change(self, &query, note);
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

struct store
store_sqlite_port(struct store_sqlite *store)
{
	return (struct store){ .ops = &ops, .self = store };
}

/*
 * A writer's all before it takes the lock, which others wait for; of a reader's
 * those that begin and end, so that no lack of memory keeps a transaction open.
 */
static enum fault
prepare(struct store_sqlite *store, bool may_write, struct fault_note *note)
{
	int i, n = may_write ? SQL__COUNT : SQL_UNDO + 1;

	for (i = 0; i < n; i++) {
		if (sqlite3_prepare_v3(store->db, store_sqlite_sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &store->statements[i],
			NULL) != SQLITE_OK)
			return query_fault(store->db, note);
	}
	return FAULT_NONE;
}

enum fault
store_sqlite_open(const char *path, enum store_sqlite_mode mode,
    struct store_sqlite **ret_store, struct fault_note *note)
{
	struct store_sqlite *store = calloc(1, sizeof(*store));
	bool may_write = mode == STORE_SQLITE_WRITER;
	enum fault f;

	if (store == NULL)
		return fault_set(note, FAULT_NOMEM, "store: no memory");
	store->lock = -1;
	f = store_sqlite_file_open(path, may_write, &store->db, note);
	if (f == FAULT_NONE)
		f = prepare(store, may_write, note);
	if (f == FAULT_NONE && may_write)
		f = file_lock_open(path, &store->lock, note);
	if (f == FAULT_NONE)
		*ret_store = store;
	else
		store_sqlite_close(store);
	return f;
}

void
store_sqlite_close(struct store_sqlite *store)
{
	int i;

	if (store == NULL)
		return;
	for (i = 0; i < SQL__COUNT; i++)
		(void)sqlite3_finalize(store->statements[i]);
	/* What was begun is rolled back by it. */
	(void)sqlite3_close(store->db);
	if (store->lock >= 0)
		(void)close(store->lock);
	free(store);
}
