/* SPDX-License-Identifier: MIT */
/*
 * Store: the book of payments and refunds, and what a database has to promise
 * to be one.
 *
 * Between begin and commit the caller is alone with what it reads: nobody else
 * changes a payment, its refunds or its cancellations (SQLite: the whole file;
 * a row lock would do).  commit returns only when everything is on the disk.
 * A store belongs to one thread at a time.
 */
#ifndef PORT_STORE_H
#define PORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/intent.h"
#include "core/payment.h"
#include "core/receipt.h"
#include "port/provider.h"

#define CALLER_SIZE          176 /* "ticket:" and an order */
#define ADDRESS_SIZE         46  /* of IPv6 with an IPv4 in it */
#define TRAIL_VERDICT_SIZE   40
#define TICKET_ID_SIZE       129 /* 128 visible ASCII characters */
#define IDEMPOTENCY_KEY_SIZE 256 /* 255 visible ASCII characters */
#define FINGERPRINT_LEN      32
#define REASON_CHARS         500
#define REASON_SIZE          (REASON_CHARS * 4 + 1)
#define ANSWER_BODY_SIZE     4096
/* Payments looked at for one merchant_uid. */
#define SAME_ORDER_MAX 16

/* The answer a refund's caller got or would have got. */
struct refund_answer {
	int status; /* HTTP; 0 = none is stored */
	char body[ANSWER_BODY_SIZE];
};

/* A refund as it is kept for ever: the intent and who wanted it. */
struct refund_record {
	struct intent intent;
	enum intent_origin origin;
	char origin_of[REFUND_ID_SIZE]; /* INTENT_LATE: of which refund */
	char caller[CALLER_SIZE];       /* who asked, in web_auth's words */
	bool is_customer;               /* requester: customer, else admin */
	char reason[REASON_SIZE];       /* whole, without the marker; or "" */
	char language[3];               /* of the stored answer: "ko", "en" */
	char idempotency_key[IDEMPOTENCY_KEY_SIZE]; /* "" = none */
	char ticket_id[TICKET_ID_SIZE];             /* "" = none */
	/* What an approval sends along; part of amount, -1 = none named. */
	int64_t tax_free, vat;
	int retain_promotion;                       /* 0, 1; -1 = not said */
	bool is_approved;                           /* by an operator */
	unsigned char fingerprint[FINGERPRINT_LEN]; /* of the request */
	int64_t answered_ms; /* UNIX ms of the first answer; 0 = not yet */
	int64_t closed_ms;   /* UNIX ms of the final state; 0 = not yet */
	/* Of one that succeeded, as i'mport showed it then; "" = none. */
	char receipt_url[RECEIPT_URL_SIZE];
	struct refund_answer answer; /* the final one, for replays */
};

/* Which refunds to list; empty members don't restrict. */
struct refund_filter {
	const char *imp_uid;
	const char *state; /* a state word */
	bool is_stuck;     /* needs_review, or open and past its deadline */
	int64_t now_ms;    /* for is_stuck */
	int limit;         /* 1 or more; newest first */
};

/* What an operator watches. */
struct store_figures {
	int64_t unfinished[INTENT__COUNT]; /* by state; finals are 0 */
	int64_t n_overdue;                 /* open, and past their deadline */
	int64_t awaiting_ms; /* how long the oldest awaits approval; 0 = none */
	int64_t n_late;      /* of origin late, for ever */
	int64_t n_recovered; /* of origin recovered, for ever */
	int64_t n_mismatched; /* succeeded with another amount, for ever */
};

/* Why no new refund may be journalled. */
enum freeze_cause {
	FREEZE_RESTORE, /* a backup was restored; app/recover.h thaws */
	FREEZE_OPERATOR,
	FREEZE__COUNT
};

struct store_freeze {
	enum freeze_cause cause;
	int64_t until_ms; /* UNIX ms, not thawed before; 0 = till taken back */
	int64_t since_ms; /* RESTORE: read back what was cancelled since */
	int64_t created_ms;
};

enum trail_act {
	TRAIL_ASKED,    /* a refund was asked for: verdict is the answer */
	TRAIL_REFUSED,  /* the same, before anything was looked up */
	TRAIL_MOVED,    /* a refund has another state: verdict is it */
	TRAIL_APPROVED, /* somebody let it go */
	TRAIL_REJECTED,
	TRAIL_FROZEN, /* no new refunds from then on */
	TRAIL_THAWED,
	TRAIL__COUNT
};

/* One line of the audit trail.  "" and 0 are "none" or "unknown". */
struct trail_entry {
	int64_t at_ms; /* UNIX ms */
	enum trail_act act;
	char verdict[TRAIL_VERDICT_SIZE];
	char actor[CALLER_SIZE];
	char address[ADDRESS_SIZE]; /* where from */
	char request_id[REFUND_ID_SIZE];
	char merchant_uid[MERCHANT_UID_SIZE];
	char imp_uid[IMP_UID_SIZE];
	char refund_id[REFUND_ID_SIZE];
	int64_t amount;
};

/*
 * Every op: FAULT_STORE or FAULT_IO when the database fails, FAULT_NOMEM,
 * FAULT_ABSENT where a single thing asked for is not there.
 */
struct store_ops {
	/*
	 * Locks, waiting at most timeout_ms: FAULT_BUSY when it took longer.
	 * A reader's begin only pins what it will read.
	 */
	enum fault (*begin)(
	    void *self, int64_t timeout_ms, struct fault_note *note);
	enum fault (*commit)(void *self, struct fault_note *note);
	void (*rollback)(void *self); /* harmless outside a transaction */

	/* One level inside a transaction: kept by release, forgotten by undo.
	 */
	enum fault (*savepoint)(void *self, struct fault_note *note);
	enum fault (*release)(void *self, struct fault_note *note);
	enum fault (*undo)(void *self, struct fault_note *note);

	enum fault (*payment)(void *self, const char *imp_uid,
	    struct payment *ret_payment, struct fault_note *note);
	/* Up to SAME_ORDER_MAX payments of an order; none is not a fault. */
	enum fault (*payments_of)(void *self, const char *merchant_uid,
	    struct payment ret_payments[static SAME_ORDER_MAX], size_t *ret_n,
	    struct fault_note *note);
	/*
	 * Inserts or replaces by imp_uid.  FAULT_INPUT when amount, currency
	 * or merchant_uid of a known imp_uid differ, or cancel_amount would
	 * be lowered.
	 */
	enum fault (*payment_put)(void *self, const struct payment *payment,
	    int64_t now_ms, struct fault_note *note);

	/*
	 * The history our book holds for a payment, oldest first, with
	 * is_known as of refund_id ("" or an unknown id: is_known false).
	 * entries is the caller's to free.
	 */
	enum fault (*book)(void *self, const char *imp_uid,
	    const char *refund_id, struct book *ret_book,
	    struct fault_note *note);
	/*
	 * Writes down one history entry; a known one only gets an owner it
	 * did not have.  refund_id "" = foreign.
	 */
	enum fault (*cancellation_put)(void *self, const char *imp_uid,
	    const struct truth_entry *entry, const char *refund_id,
	    int64_t now_ms, struct fault_note *note);

	enum fault (*refund)(void *self, const char *id,
	    struct refund_record *ret_record, struct fault_note *note);
	/* The one unfinished refund of a payment. */
	enum fault (*unfinished)(void *self, const char *imp_uid,
	    struct refund_record *ret_record, struct fault_note *note);
	/* By its key; refunds that were not sent have let go of theirs. */
	enum fault (*refund_by_key)(void *self, const char *caller,
	    const char *key, struct refund_record *ret_record,
	    struct fault_note *note);
	/* By the ticket it used up; who was not sent has not. */
	enum fault (*refund_by_ticket)(void *self, const char *ticket_id,
	    struct refund_record *ret_record, struct fault_note *note);
	/*
	 * The newest refund without a key with that fingerprint that is
	 * unfinished or succeeded and was not answered before since_ms, nor
	 * after until_ms (by a clock that has been set back since).
	 */
	enum fault (*refund_like)(void *self, const char *caller,
	    const unsigned char fingerprint[static FINGERPRINT_LEN],
	    int64_t since_ms, int64_t until_ms,
	    struct refund_record *ret_record, struct fault_note *note);
	enum fault (*has_not_applied)(void *self, const char *imp_uid,
	    bool *ret_has, struct fault_note *note);
	/* The oldest refund of origin late that points to refund_id. */
	enum fault (*late_of)(void *self, const char *imp_uid,
	    const char *refund_id, struct refund_record *ret_record,
	    struct fault_note *note);
	/*
	 * Journals a new refund, together with the cancellation_ids the book
	 * holds for its payment now.
	 */
	enum fault (*refund_put)(void *self, const struct refund_record *record,
	    struct fault_note *note);
	/*
	 * Saves what judging changed, the answer and the times, if the row is
	 * still unfinished; *ret_won is false when it is not, and then nothing
	 * is written.
	 */
	enum fault (*refund_save)(void *self,
	    const struct refund_record *record, bool *ret_won,
	    struct fault_note *note);
	/*
	 * A refund that awaits approval is approved, and goes on as record
	 * says: in_flight, with a new beginning and the balance and history of
	 * now.  *ret_won as above: it was not awaiting any more.
	 */
	enum fault (*refund_approve)(void *self,
	    const struct refund_record *record, bool *ret_won,
	    struct fault_note *note);
	/*
	 * What was asked for on a day (civil_seoul_day of created_ms) of
	 * payments in won, and has not failed.
	 */
	enum fault (*given)(void *self, int64_t day, int64_t *ret_amount,
	    struct fault_note *note);
	/*
	 * What was asked for of a payment, has not failed, and was not
	 * approved.  What was found late, or recovered, nobody has approved as
	 * far as the row tells.
	 */
	enum fault (*unapproved)(void *self, const char *imp_uid,
	    int64_t *ret_amount, struct fault_note *note);
	/*
	 * Ids of refunds that resolving should look at: in_flight past the
	 * deadline, unknown or pending, with next_check_ms in the past.
	 */
	enum fault (*due)(void *self, int64_t now_ms,
	    char (*ret_ids)[REFUND_ID_SIZE], size_t size, size_t *ret_n,
	    struct fault_note *note);
	/* Calls visit for each row; its fault ends the listing. */
	enum fault (*list)(void *self, const struct refund_filter *filter,
	    enum fault (*visit)(void *arg, const struct refund_record *record,
		struct fault_note *note),
	    void *arg, struct fault_note *note);

	/* Entries stay as they are for ever. */
	enum fault (*trail_put)(void *self, const struct trail_entry *entry,
	    struct fault_note *note);
	/* Those of an order, oldest first. */
	enum fault (*trail_of)(void *self, const char *merchant_uid,
	    enum fault (*visit)(void *arg, const struct trail_entry *entry,
		struct fault_note *note),
	    void *arg, struct fault_note *note);
	/* Those of TRAIL_REFUSED, newest first, at most limit (1 or more). */
	enum fault (*trail_refused)(void *self, int limit,
	    enum fault (*visit)(void *arg, const struct trail_entry *entry,
		struct fault_note *note),
	    void *arg, struct fault_note *note);

	enum fault (*figures)(void *self, int64_t now_ms,
	    struct store_figures *ret_figures, struct fault_note *note);

	/* Is there any freeze?  Then no new refund is journalled. */
	enum fault (*frozen)(
	    void *self, bool *ret_is_frozen, struct fault_note *note);
	enum fault (*freeze)(void *self, enum freeze_cause cause,
	    struct store_freeze *ret_freeze, struct fault_note *note);
	/* Inserts or replaces by cause. */
	enum fault (*freeze_put)(void *self, const struct store_freeze *freeze,
	    struct fault_note *note);
	/* One that is not there is not a fault. */
	enum fault (*freeze_delete)(
	    void *self, enum freeze_cause cause, struct fault_note *note);

	/* The shared access token; account says whose (a hash). */
	enum fault (*token)(void *self, const char *account,
	    struct provider_token *ret_token, struct fault_note *note);
	enum fault (*token_put)(void *self, const char *account,
	    const struct provider_token *token, struct fault_note *note);
};

struct store {
	const struct store_ops *ops;
	void *self;
};

static inline enum fault MUST_CHECK
store_begin(
    const struct store *store, int64_t timeout_ms, struct fault_note *note)
{
	return store->ops->begin(store->self, timeout_ms, note);
}

static inline enum fault MUST_CHECK
store_commit(const struct store *store, struct fault_note *note)
{
	return store->ops->commit(store->self, note);
}

static inline void
store_rollback(const struct store *store)
{
	store->ops->rollback(store->self);
}

static inline enum fault MUST_CHECK
store_savepoint(const struct store *store, struct fault_note *note)
{
	return store->ops->savepoint(store->self, note);
}

static inline enum fault MUST_CHECK
store_release(const struct store *store, struct fault_note *note)
{
	return store->ops->release(store->self, note);
}

static inline enum fault MUST_CHECK
store_undo(const struct store *store, struct fault_note *note)
{
	return store->ops->undo(store->self, note);
}

static inline enum fault MUST_CHECK
store_payment(const struct store *store, const char *imp_uid,
    struct payment *ret_payment, struct fault_note *note)
{
	return store->ops->payment(store->self, imp_uid, ret_payment, note);
}

static inline enum fault MUST_CHECK
store_payments_of(const struct store *store, const char *merchant_uid,
    struct payment ret_payments[static SAME_ORDER_MAX], size_t *ret_n,
    struct fault_note *note)
{
	return store->ops->payments_of(
	    store->self, merchant_uid, ret_payments, ret_n, note);
}

static inline enum fault MUST_CHECK
store_payment_put(const struct store *store, const struct payment *payment,
    int64_t now_ms, struct fault_note *note)
{
	return store->ops->payment_put(store->self, payment, now_ms, note);
}

static inline enum fault MUST_CHECK
store_book(const struct store *store, const char *imp_uid,
    const char *refund_id, struct book *ret_book, struct fault_note *note)
{
	return store->ops->book(
	    store->self, imp_uid, refund_id, ret_book, note);
}

static inline enum fault MUST_CHECK
store_cancellation_put(const struct store *store, const char *imp_uid,
    const struct truth_entry *entry, const char *refund_id, int64_t now_ms,
    struct fault_note *note)
{
	return store->ops->cancellation_put(
	    store->self, imp_uid, entry, refund_id, now_ms, note);
}

static inline enum fault MUST_CHECK
store_refund(const struct store *store, const char *id,
    struct refund_record *ret_record, struct fault_note *note)
{
	return store->ops->refund(store->self, id, ret_record, note);
}

static inline enum fault MUST_CHECK
store_unfinished(const struct store *store, const char *imp_uid,
    struct refund_record *ret_record, struct fault_note *note)
{
	return store->ops->unfinished(store->self, imp_uid, ret_record, note);
}

static inline enum fault MUST_CHECK
store_refund_by_key(const struct store *store, const char *caller,
    const char *key, struct refund_record *ret_record, struct fault_note *note)
{
	return store->ops->refund_by_key(
	    store->self, caller, key, ret_record, note);
}

static inline enum fault MUST_CHECK
store_refund_by_ticket(const struct store *store, const char *ticket_id,
    struct refund_record *ret_record, struct fault_note *note)
{
	return store->ops->refund_by_ticket(
	    store->self, ticket_id, ret_record, note);
}

static inline enum fault MUST_CHECK
store_refund_like(const struct store *store, const char *caller,
    const unsigned char fingerprint[static FINGERPRINT_LEN], int64_t since_ms,
    int64_t until_ms, struct refund_record *ret_record, struct fault_note *note)
{
	return store->ops->refund_like(store->self, caller, fingerprint,
	    since_ms, until_ms, ret_record, note);
}

static inline enum fault MUST_CHECK
store_has_not_applied(const struct store *store, const char *imp_uid,
    bool *ret_has, struct fault_note *note)
{
	return store->ops->has_not_applied(store->self, imp_uid, ret_has, note);
}

static inline enum fault MUST_CHECK
store_late_of(const struct store *store, const char *imp_uid,
    const char *refund_id, struct refund_record *ret_record,
    struct fault_note *note)
{
	return store->ops->late_of(
	    store->self, imp_uid, refund_id, ret_record, note);
}

static inline enum fault MUST_CHECK
store_refund_put(const struct store *store, const struct refund_record *record,
    struct fault_note *note)
{
	return store->ops->refund_put(store->self, record, note);
}

static inline enum fault MUST_CHECK
store_refund_save(const struct store *store, const struct refund_record *record,
    bool *ret_won, struct fault_note *note)
{
	return store->ops->refund_save(store->self, record, ret_won, note);
}

static inline enum fault MUST_CHECK
store_refund_approve(const struct store *store,
    const struct refund_record *record, bool *ret_won, struct fault_note *note)
{
	return store->ops->refund_approve(store->self, record, ret_won, note);
}

static inline enum fault MUST_CHECK
store_given(const struct store *store, int64_t day, int64_t *ret_amount,
    struct fault_note *note)
{
	return store->ops->given(store->self, day, ret_amount, note);
}

static inline enum fault MUST_CHECK
store_unapproved(const struct store *store, const char *imp_uid,
    int64_t *ret_amount, struct fault_note *note)
{
	return store->ops->unapproved(store->self, imp_uid, ret_amount, note);
}

static inline enum fault MUST_CHECK
store_trail_put(const struct store *store, const struct trail_entry *entry,
    struct fault_note *note)
{
	return store->ops->trail_put(store->self, entry, note);
}

static inline enum fault MUST_CHECK
store_trail_of(const struct store *store, const char *merchant_uid,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	return store->ops->trail_of(
	    store->self, merchant_uid, visit, arg, note);
}

static inline enum fault MUST_CHECK
store_trail_refused(const struct store *store, int limit,
    enum fault (*visit)(
	void *arg, const struct trail_entry *entry, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	return store->ops->trail_refused(store->self, limit, visit, arg, note);
}

static inline enum fault MUST_CHECK
store_due(const struct store *store, int64_t now_ms,
    char (*ret_ids)[REFUND_ID_SIZE], size_t size, size_t *ret_n,
    struct fault_note *note)
{
	return store->ops->due(store->self, now_ms, ret_ids, size, ret_n, note);
}

static inline enum fault MUST_CHECK
store_list(const struct store *store, const struct refund_filter *filter,
    enum fault (*visit)(
	void *arg, const struct refund_record *record, struct fault_note *note),
    void *arg, struct fault_note *note)
{
	return store->ops->list(store->self, filter, visit, arg, note);
}

static inline enum fault MUST_CHECK
store_figures(const struct store *store, int64_t now_ms,
    struct store_figures *ret_figures, struct fault_note *note)
{
	return store->ops->figures(store->self, now_ms, ret_figures, note);
}

static inline enum fault MUST_CHECK
store_frozen(
    const struct store *store, bool *ret_is_frozen, struct fault_note *note)
{
	return store->ops->frozen(store->self, ret_is_frozen, note);
}

static inline enum fault MUST_CHECK
store_freeze(const struct store *store, enum freeze_cause cause,
    struct store_freeze *ret_freeze, struct fault_note *note)
{
	return store->ops->freeze(store->self, cause, ret_freeze, note);
}

static inline enum fault MUST_CHECK
store_freeze_put(const struct store *store, const struct store_freeze *freeze,
    struct fault_note *note)
{
	return store->ops->freeze_put(store->self, freeze, note);
}

static inline enum fault MUST_CHECK
store_freeze_delete(
    const struct store *store, enum freeze_cause cause, struct fault_note *note)
{
	return store->ops->freeze_delete(store->self, cause, note);
}

static inline enum fault MUST_CHECK
store_token(const struct store *store, const char *account,
    struct provider_token *ret_token, struct fault_note *note)
{
	return store->ops->token(store->self, account, ret_token, note);
}

static inline enum fault MUST_CHECK
store_token_put(const struct store *store, const char *account,
    const struct provider_token *token, struct fault_note *note)
{
	return store->ops->token_put(store->self, account, token, note);
}

#endif
