/* SPDX-License-Identifier: MIT */
/*
 * Payments are kept in an array in the order they came; two of json-c's hash
 * tables find them by imp_uid and by merchant_uid.  Table keys are the
 * payments' own strings.
 */
#include "sandbox/book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>
#include <openssl/sha.h>

#define HASH_START 1024
#define WINDOW_S   20 /* a customer takes so long to pay */

struct book {
	struct lh_table *by_imp_uid;
	struct lh_table *by_merchant_uid; /* the newest of each */
	struct book_payment **payments;
	size_t n;
	size_t room;
	struct book_line *lines;
	size_t lines_n;
	size_t lines_room;
};

static const char *const origin_names[] = {
	[BOOK_API] = "api",
	[BOOK_CONSOLE] = "console",
	[BOOK_EARLIER] = "earlier",
};
_Static_assert(sizeof(origin_names) / sizeof(origin_names[0]) == BOOK__COUNT,
    "every origin has a name");

const char *
book_origin_name(enum book_origin origin)
{
	return origin_names[origin];
}

struct book *
book_new(void)
{
	struct book *book = calloc(1, sizeof(*book));

	if (book == NULL)
		return NULL;
	book->by_imp_uid = lh_kchar_table_new(HASH_START, NULL);
	book->by_merchant_uid = lh_kchar_table_new(HASH_START, NULL);
	if (book->by_imp_uid == NULL || book->by_merchant_uid == NULL) {
		book_free(book);
		return NULL;
	}
	return book;
}

static void
free_payment(struct book_payment *payment)
{
	size_t i;

	if (payment == NULL)
		return;
	for (i = 0; i < payment->n; i++)
		free(payment->cancels[i].reason);
	free(payment->cancels);
	free(payment->notice_url);
	free(payment);
}

void
book_free(struct book *book)
{
	size_t i;

	if (book == NULL)
		return;
	if (book->by_imp_uid != NULL)
		lh_table_free(book->by_imp_uid);
	if (book->by_merchant_uid != NULL)
		lh_table_free(book->by_merchant_uid);
	for (i = 0; i < book->n; i++)
		free_payment(book->payments[i]);
	free(book->payments);
	free(book->lines);
	free(book);
}

/* One more item's room in an array that doubles; NULL: no memory. */
static void *
grow(void *items, size_t n, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 4 : *room * 2;

	if (n < *room)
		return items;
	items = reallocarray(items, more, size);
	if (items != NULL)
		*room = more;
	return items;
}

struct book_payment *
book_find(const struct book *book, const char *imp_uid)
{
	void *found = NULL;

	(void)lh_table_lookup_ex(book->by_imp_uid, imp_uid, &found);
	return found;
}

struct book_payment *
book_find_order(const struct book *book, const char *merchant_uid)
{
	void *found = NULL;

	(void)lh_table_lookup_ex(book->by_merchant_uid, merchant_uid, &found);
	return found;
}

/* Puts the payment where both ids find it. */
static enum fault
enter(struct book *book, struct book_payment *payment, struct fault_note *note)
{
	struct book_payment **payments;
	struct lh_entry *order;

	payments = grow(book->payments, book->n, &book->room,
	    sizeof(struct book_payment *));
	if (payments == NULL)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	book->payments = payments;
	if (lh_table_insert(book->by_imp_uid, payment->is.imp_uid, payment) !=
	    0)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	order = lh_table_lookup_entry(
	    book->by_merchant_uid, payment->is.merchant_uid);
	if (order != NULL) {
		payment->next = (struct book_payment *)(uintptr_t)order->v;
		order->v = payment;
	} else if (lh_table_insert(book->by_merchant_uid,
		       payment->is.merchant_uid, payment) != 0) {
		(void)lh_table_delete(book->by_imp_uid, payment->is.imp_uid);
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	}
	book->payments[book->n++] = payment;
	return FAULT_NONE;
}

/* 20 characters that only depend on the imp_uid. */
static void
earlier_id(const char *imp_uid, char ret_id[static BOOK_CANCEL_ID_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char hash[SHA256_DIGEST_LENGTH];
	size_t i;

	(void)SHA256((const unsigned char *)imp_uid, strlen(imp_uid), hash);
	for (i = 0; i < BOOK_CANCEL_ID_SIZE - 1; i++)
		ret_id[i] = digits[hash[i] & 31];
	ret_id[0] = '0'; /* sorts before all that are made from the time */
	ret_id[1] = '0';
	ret_id[BOOK_CANCEL_ID_SIZE - 1] = '\0';
}

/* The cancels that happened before the payment came to us, as one. */
static enum fault
add_earlier(
    struct book *book, struct book_payment *payment, struct fault_note *note)
{
	char reason[] = "earlier cancel";
	struct book_cancel cancel = {
		.at_ms = payment->is.paid_at * 1000,
		.amount = payment->is.cancel_amount,
		.origin = BOOK_EARLIER,
		.reason = reason,
	};

	if (payment->is.cancel_amount == 0)
		return FAULT_NONE;
	earlier_id(payment->is.imp_uid, cancel.id);
	return book_apply(book, payment, &cancel, note);
}

static enum fault
keep_url(struct book_payment *payment, const char *url, struct fault_note *note)
{
	if (url == NULL)
		return FAULT_NONE;
	payment->notice_url = strdup(url);
	return payment->notice_url == NULL
	    ? fault_set(note, FAULT_NOMEM, "book: no memory")
	    : FAULT_NONE;
}

enum fault
book_add(struct book *book, const struct payment *payment,
    const char *notice_url, int64_t now_s, struct book_payment **ret_payment,
    struct fault_note *note)
{
	struct book_payment *added;
	enum fault f;

	if (book_find(book, payment->imp_uid) != NULL)
		return fault_set(note, FAULT_INPUT,
		    "imp_uid: %s is known already", payment->imp_uid);
	added = calloc(1, sizeof(*added));
	if (added == NULL)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	added->is = *payment;
	if (added->is.status == PAYMENT_CANCELLED)
		added->is.status = PAYMENT_PAID;
	added->made_at = payment->paid_at != 0 ? payment->paid_at : now_s;
	added->is.paid_at =
	    added->is.status == PAYMENT_PAID ? added->made_at : 0;
	f = keep_url(added, notice_url, note);
	if (f == FAULT_NONE)
		f = add_earlier(book, added, note);
	if (f == FAULT_NONE)
		f = enter(book, added, note);
	if (f != FAULT_NONE) {
		free_payment(added);
		return f;
	}
	*ret_payment = added;
	return FAULT_NONE;
}

size_t
book_n(const struct book *book)
{
	return book->n;
}

struct book_payment *
book_at(const struct book *book, size_t i)
{
	return book->payments[i];
}

int64_t
book_started_at(const struct book_payment *payment)
{
	return payment->made_at > WINDOW_S ? payment->made_at - WINDOW_S : 0;
}

int64_t
book_failed_at(const struct book_payment *payment)
{
	return payment->is.status == PAYMENT_FAILED ? payment->made_at : 0;
}

static int64_t
cancelled(const struct book_payment *payment)
{
	return payment->n == 0 ? 0 : payment->cancels[payment->n - 1].after;
}

int64_t
book_left(const struct book_payment *payment)
{
	return payment->is.amount - cancelled(payment);
}

enum payment_status
book_status(const struct book_payment *payment, size_t n)
{
	return n > 0 ? PAYMENT_CANCELLED : payment->is.status;
}

int64_t
book_changed_ms(const struct book_payment *payment)
{
	if (payment->n > 0)
		return payment->cancels[payment->n - 1].at_ms;
	return payment->made_at * 1000;
}

enum fault
book_apply(struct book *book, struct book_payment *payment,
    const struct book_cancel *cancel, struct fault_note *note)
{
	struct book_cancel *cancels;
	struct book_line *lines;
	char *reason;

	assert(cancel->amount > 0 && cancel->amount <= book_left(payment));
	cancels = grow(
	    payment->cancels, payment->n, &payment->room, sizeof(*cancels));
	if (cancels == NULL)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	payment->cancels = cancels;
	lines =
	    grow(book->lines, book->lines_n, &book->lines_room, sizeof(*lines));
	if (lines == NULL)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	book->lines = lines;
	reason = strdup(cancel->reason);
	if (reason == NULL)
		return fault_set(note, FAULT_NOMEM, "book: no memory");
	cancels += payment->n;
	*cancels = *cancel;
	cancels->reason = reason;
	cancels->after = cancelled(payment) + cancel->amount;
	if (cancel->origin != BOOK_EARLIER)
		lines[book->lines_n++] =
		    (struct book_line){ payment, payment->n };
	payment->n++;
	return FAULT_NONE;
}

size_t
book_lines(const struct book *book)
{
	return book->lines_n;
}

const struct book_line *
book_line(const struct book *book, size_t i)
{
	return &book->lines[i];
}
