/* SPDX-License-Identifier: MIT */
/*
 * Replies are read by json-c, which keeps the digits of a number with a
 * fraction as they came.  Of JSON's rules it does not enforce two, even when
 * strict: the last of two equal keys wins, and a key may stand in single
 * quotes.
 */
#include "provider/iamport_v1_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json_clean.h"
#include "base/text.h"

#define DEPTH_MAX 32
/* A token that says it lives longer is asked for anew all the same. */
#define TOKEN_LIFE_MAX_S 86400

_Static_assert(HISTORY_MAX <= INT64_MAX / MONEY_MAX,
    "the amounts of a whole history can be added up");

/* The one JSON object that the bytes are, to be put by the caller. */
static enum fault
parse_once(const char *bytes, size_t len, struct json_object **ret_object,
    struct fault_note *note)
{
	struct json_tokener *tokener;
	struct json_object *object;
	enum fault f = FAULT_NONE;

	if (len > INT32_MAX || !text_utf8_is_valid(bytes, len))
		return fault_set(note, FAULT_INPUT, "reply: not UTF-8");
	tokener = json_clean_tokener(DEPTH_MAX, len);
	if (tokener == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for JSON");
	object = json_tokener_parse_ex(tokener, bytes, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		f = fault_set(note, FAULT_INPUT, "reply: not JSON: %s",
		    json_tokener_error_desc(json_tokener_get_error(tokener)));
	else if (!json_object_is_type(object, json_type_object))
		f = fault_set(note, FAULT_INPUT, "reply: not a JSON object");
	json_clean_free(tokener);
	if (f != FAULT_NONE)
		json_clean_put(object);
	else
		*ret_object = object;
	return f;
}

/* Members of the value, however deep; DEPTH_MAX is how deep that can be. */
static size_t
count_members(struct json_object *value)
{
	size_t i, n = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			(void)name;
			n += 1 + count_members(member);
		}
	}
	return n;
}

/* Each member has a colon, and outside of strings nothing else has. */
static size_t
count_colons(const char *bytes, size_t len)
{
	bool is_inside = false;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (bytes[i] == '"')
			is_inside = !is_inside;
		else if (bytes[i] == '\\' && is_inside)
			i++;
		else if (bytes[i] == ':' && !is_inside)
			n++;
	}
	return n;
}

/*
 * json-c 0.16 drops a member silently when it has no memory to add it.  A count
 * that differs may also come from a reply with two equal keys: that one reads
 * the same the second time.
 */
static enum fault
parse(const char *bytes, size_t len, struct json_object **ret_object,
    struct fault_note *note)
{
	struct json_object *object, *again = NULL;
	enum fault f = parse_once(bytes, len, &object, note);

	if (f != FAULT_NONE)
		return f;
	if (count_members(object) != count_colons(bytes, len)) {
		f = parse_once(bytes, len, &again, note);
		if (f == FAULT_NONE &&
		    count_members(object) != count_members(again))
			f = fault_set(note, FAULT_NOMEM, "no memory for JSON");
		json_clean_put(again);
	}
	if (f != FAULT_NONE)
		json_clean_put(object);
	else
		*ret_object = object;
	return f;
}

/* A string of 1 to size - 1 bytes without a NUL. */
static bool
read_text(struct json_object *object, const char *name, char *ret, size_t size)
{
	struct json_object *value = NULL;
	const char *text;
	size_t len;

	if (!json_object_object_get_ex(object, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (len == 0 || len >= size || strlen(text) != len)
		return false;
	memcpy(ret, text, len + 1);
	return true;
}

static bool
read_integer(struct json_object *object, const char *name, int64_t *ret)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	*ret = json_object_get_int64(value);
	return true;
}

/* A time i'mport may leave out or set to 0. */
static int64_t
read_time(struct json_object *object, const char *name)
{
	int64_t time = 0;

	return read_integer(object, name, &time) && time > 0 ? time : 0;
}

/*
 * json-c gives a number's own digits back, so that a number and a number in
 * quotes, which i'mport's clients are known to use, are read alike.
 */
static bool
read_amount(struct json_object *object, const char *name,
    const struct currency *currency, int64_t *ret)
{
	struct json_object *value = NULL;
	const char *text;

	if (!json_object_object_get_ex(object, name, &value))
		return false;
	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	return text != NULL &&
	    money_parse_loose(text, strlen(text), currency, ret);
}

/* "" when it has none, as in old captures. */
static bool
read_entry_id(
    struct json_object *object, char ret_id[static CANCELLATION_ID_SIZE])
{
	struct json_object *value = NULL;

	ret_id[0] = '\0';
	(void)json_object_object_get_ex(object, "cancellation_id", &value);
	if (value == NULL ||
	    (json_object_is_type(value, json_type_string) &&
		json_object_get_string_len(value) == 0))
		return true;
	return read_text(
	    object, "cancellation_id", ret_id, CANCELLATION_ID_SIZE);
}

/* What is no link is none: no reason to doubt the rest of the entry. */
static void
read_receipt(struct json_object *object, char ret_url[static RECEIPT_URL_SIZE])
{
	if (!read_text(object, "receipt_url", ret_url, RECEIPT_URL_SIZE) ||
	    !receipt_is_url(ret_url))
		ret_url[0] = '\0';
}

static enum fault
read_entry(struct json_object *object, size_t i,
    const struct currency *currency, struct truth_entry *ret_entry,
    struct fault_note *note)
{
	struct json_object *reason = NULL;

	if (!json_object_is_type(object, json_type_object))
		return fault_set(
		    note, FAULT_INPUT, "cancel_history[%zu]: no object", i);
	if (!read_amount(object, "amount", currency, &ret_entry->amount) ||
	    ret_entry->amount == 0)
		return fault_set(note, FAULT_INPUT,
		    "cancel_history[%zu].amount: missing or unreadable", i);
	if (!read_entry_id(object, ret_entry->id))
		return fault_set(note, FAULT_INPUT,
		    "cancel_history[%zu].cancellation_id: unreadable", i);
	ret_entry->cancelled_at = read_time(object, "cancelled_at");
	read_receipt(object, ret_entry->receipt_url);
	if (json_object_object_get_ex(object, "reason", &reason) &&
	    json_object_is_type(reason, json_type_string))
		marker_read(json_object_get_string(reason),
		    (size_t)json_object_get_string_len(reason),
		    ret_entry->marker);
	return FAULT_NONE;
}

static bool
is_id_taken(const struct truth_entry *entries, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(entries[i].id, id) == 0)
			return true;
	}
	return false;
}

/*
 * An entry without an id gets one of what it says, "#TIME.AMOUNT.MARKER.N": a
 * place in the list would be another entry's as soon as the order differs.  N
 * tells apart what looks the same.
 */
static void
name_entry(struct truth_entry *entries, size_t i)
{
	struct truth_entry *entry = &entries[i];
	int n = 0;

	do
		(void)snprintf(entry->id, sizeof(entry->id),
		    "#%" PRId64 ".%" PRId64 ".%s.%d", entry->cancelled_at,
		    entry->amount, entry->marker, n++);
	while (is_id_taken(entries, i, entry->id));
}

static enum fault
read_history(
    struct json_object *object, struct truth *truth, struct fault_note *note)
{
	struct json_object *history = NULL;
	enum fault f;
	size_t i, n;

	(void)json_object_object_get_ex(object, "cancel_history", &history);
	if (history == NULL)
		return FAULT_NONE;
	if (!json_object_is_type(history, json_type_array))
		return fault_set(note, FAULT_INPUT, "cancel_history: no array");
	n = json_object_array_length(history);
	if (n > HISTORY_MAX)
		return fault_set(
		    note, FAULT_INPUT, "cancel_history: %zu entries", n);
	if (n == 0)
		return FAULT_NONE;
	truth->entries = calloc(n, sizeof(truth->entries[0]));
	if (truth->entries == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a history");
	for (i = 0; i < n; i++) {
		f = read_entry(json_object_array_get_idx(history, i), i,
		    truth->payment.currency, &truth->entries[i], note);
		if (f != FAULT_NONE)
			return f;
		if (truth->entries[i].id[0] == '\0')
			name_entry(truth->entries, i);
		else if (is_id_taken(truth->entries, i, truth->entries[i].id))
			return fault_set(note, FAULT_INPUT,
			    "cancel_history[%zu]: its id is there twice", i);
	}
	truth->n = n;
	return FAULT_NONE;
}

/*
 * The fields without which nothing can be said.  A way to pay or a PG that
 * can't be read is one that we don't know.
 */
static enum fault
read_payment(struct json_object *object, struct payment *ret_payment,
    struct fault_note *note)
{
	struct payment payment = { .amount = 0 };
	char word[32] = "";

	if (!read_text(object, "imp_uid", payment.imp_uid, IMP_UID_SIZE))
		return fault_set(note, FAULT_INPUT, "imp_uid: unreadable");
	if (!read_text(object, "merchant_uid", payment.merchant_uid,
		MERCHANT_UID_SIZE) ||
	    text_utf8_length(payment.merchant_uid,
		strlen(payment.merchant_uid)) > MERCHANT_UID_CHARS)
		return fault_set(note, FAULT_INPUT, "merchant_uid: unreadable");
	if (!read_text(object, "status", word, sizeof(word)))
		return fault_set(note, FAULT_INPUT, "status: unreadable");
	/* A new word: what was cancelled is cancelled, anything else waits. */
	if (!payment_status_find(word, &payment.status))
		payment.status = PAYMENT_READY;
	word[0] = '\0';
	if (read_text(object, "currency", word, sizeof(word)))
		payment.currency = currency_find(word);
	if (payment.currency == NULL)
		return fault_set(
		    note, FAULT_INPUT, "currency: unknown '%s'", word);
	if (!read_amount(object, "amount", payment.currency, &payment.amount) ||
	    payment.amount == 0)
		return fault_set(note, FAULT_INPUT, "amount: unreadable");
	if (!read_amount(object, "cancel_amount", payment.currency,
		&payment.cancel_amount) ||
	    payment.cancel_amount > payment.amount)
		return fault_set(
		    note, FAULT_INPUT, "cancel_amount: unreadable");
	if (payment.status == PAYMENT_READY && payment.cancel_amount > 0)
		payment.status = PAYMENT_CANCELLED;
	(void)read_text(
	    object, "pay_method", payment.pay_method, PAY_METHOD_SIZE);
	(void)read_text(
	    object, "pg_provider", payment.pg_provider, PG_PROVIDER_SIZE);
	payment.paid_at = read_time(object, "paid_at");
	*ret_payment = payment;
	return FAULT_NONE;
}

/* i'mport shows "sandbox" since 2026-01-26; anything but a bool says nothing.
 */
static enum truth_channel
read_channel(struct json_object *object)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, "sandbox", &value) ||
	    !json_object_is_type(value, json_type_boolean))
		return TRUTH_CHANNEL_UNKNOWN;
	return json_object_get_boolean(value) ? TRUTH_CHANNEL_TEST
					      : TRUTH_CHANNEL_LIVE;
}

static enum fault
read_truth(struct json_object *object, struct truth *ret_truth,
    struct fault_note *note)
{
	struct truth truth = { .entries = NULL };
	enum fault f;

	if (!json_object_is_type(object, json_type_object))
		return fault_set(note, FAULT_INPUT, "response: no object");
	f = read_payment(object, &truth.payment, note);
	if (f == FAULT_NONE)
		f = read_history(object, &truth, note);
	truth.channel = read_channel(object);
	if (f != FAULT_NONE)
		free(truth.entries);
	else
		*ret_truth = truth;
	return f;
}

static bool
read_message(
    struct json_object *object, char ret_message[static PROVIDER_MESSAGE_SIZE])
{
	struct json_object *value = NULL;
	const char *text;
	size_t len;

	ret_message[0] = '\0';
	(void)json_object_object_get_ex(object, "message", &value);
	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	len = text_utf8_cut(text, strlen(text), PROVIDER_MESSAGE_SIZE - 1);
	memcpy(ret_message, text, len);
	ret_message[len] = '\0';
	return true;
}

/* What every reply has around it; the object is the caller's to put. */
static enum fault
parse_answer(const char *bytes, size_t len, struct json_object **ret_object,
    struct iamport_v1_wire_answer *answer, struct fault_note *note)
{
	enum fault f = parse(bytes, len, ret_object, note);

	if (f != FAULT_NONE)
		return f;
	if (!read_integer(*ret_object, "code", &answer->code))
		f = fault_set(note, FAULT_INPUT, "code: no integer");
	else if (!read_message(*ret_object, answer->message))
		f = fault_set(note, FAULT_INPUT, "message: no text");
	if (f != FAULT_NONE) {
		json_clean_put(*ret_object);
		*ret_object = NULL;
	}
	return f;
}

bool
iamport_v1_wire_is_token(const char *text)
{
	size_t len;

	for (len = 0; text[len] != '\0'; len++) {
		if (text[len] <= ' ' || text[len] > '~')
			return false;
	}
	return len > 0 && len < PROVIDER_TOKEN_SIZE;
}

enum fault
iamport_v1_wire_token(const char *bytes, size_t len,
    struct iamport_v1_wire_token *ret_token, struct fault_note *note)
{
	struct iamport_v1_wire_answer answer = { .code = 0 };
	struct iamport_v1_wire_token token = { .life_s = 0 };
	struct json_object *object = NULL, *response = NULL;
	int64_t now, expired_at;
	enum fault f;

	f = parse_answer(bytes, len, &object, &answer, note);
	if (f != FAULT_NONE)
		return f;
	(void)json_object_object_get_ex(object, "response", &response);
	if (answer.code != 0)
		f = fault_set(note, FAULT_INPUT, "code %lld: %s",
		    (long long)answer.code, answer.message);
	else if (!json_object_is_type(response, json_type_object) ||
	    !read_text(
		response, "access_token", token.text, sizeof(token.text)) ||
	    !iamport_v1_wire_is_token(token.text))
		f = fault_set(note, FAULT_INPUT, "access_token: unreadable");
	else if (!read_integer(response, "now", &now) ||
	    !read_integer(response, "expired_at", &expired_at) ||
	    __builtin_sub_overflow(expired_at, now, &token.life_s) ||
	    token.life_s < 1)
		f = fault_set(note, FAULT_INPUT, "now, expired_at: unreadable");
	json_clean_put(object);
	if (f != FAULT_NONE)
		return f;
	if (token.life_s > TOKEN_LIFE_MAX_S)
		token.life_s = TOKEN_LIFE_MAX_S;
	*ret_token = token;
	return FAULT_NONE;
}

enum fault
iamport_v1_wire_payment(const char *bytes, size_t len,
    struct iamport_v1_wire_answer *ret_answer, struct fault_note *note)
{
	struct iamport_v1_wire_answer answer = { .code = 0 };
	struct json_object *object = NULL, *response = NULL;
	enum fault f;

	f = parse_answer(bytes, len, &object, &answer, note);
	if (f != FAULT_NONE)
		return f;
	(void)json_object_object_get_ex(object, "response", &response);
	answer.has_truth = answer.code == 0 &&
	    read_truth(response, &answer.truth, &answer.note) == FAULT_NONE;
	json_clean_put(object);
	*ret_answer = answer;
	return FAULT_NONE;
}

/* One that can't be read may be a second paid one. */
static enum fault
read_paid(struct json_object *list, const char *merchant_uid,
    struct iamport_v1_wire_answer *answer, size_t *ret_n_paid,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE, one;
	struct truth truth;
	size_t i;

	*ret_n_paid = 0;
	for (i = 0; i < json_object_array_length(list); i++) {
		one = read_truth(
		    json_object_array_get_idx(list, i), &truth, note);
		if (one != FAULT_NONE) {
			f = one;
			continue;
		}
		if (strcmp(truth.payment.merchant_uid, merchant_uid) != 0 ||
		    !payment_is_paid(&truth.payment)) {
			free(truth.entries);
			continue;
		}
		if ((*ret_n_paid)++ == 0) {
			answer->truth = truth;
			answer->has_truth = true;
		} else {
			free(truth.entries);
		}
	}
	return *ret_n_paid > 1 ? FAULT_NONE : f;
}

enum fault
iamport_v1_wire_paid(const char *bytes, size_t len, const char *merchant_uid,
    struct iamport_v1_wire_answer *ret_answer, size_t *ret_n_paid,
    struct fault_note *note)
{
	struct iamport_v1_wire_answer answer = { .code = 0 };
	struct json_object *object = NULL, *response = NULL, *list = NULL;
	enum fault f;

	f = parse_answer(bytes, len, &object, &answer, note);
	if (f != FAULT_NONE)
		return f;
	(void)json_object_object_get_ex(object, "response", &response);
	if (json_object_is_type(response, json_type_object))
		(void)json_object_object_get_ex(response, "list", &list);
	if (answer.code != 0 || !json_object_is_type(list, json_type_array))
		f = fault_set(note, FAULT_INPUT, "response.list: no array");
	else
		f = read_paid(list, merchant_uid, &answer, ret_n_paid, note);
	json_clean_put(object);
	if (f != FAULT_NONE)
		iamport_v1_wire_answer_deinit(&answer);
	else
		*ret_answer = answer;
	return f;
}

static enum fault
read_names(struct json_object *list, struct provider_page *page,
    struct fault_note *note)
{
	size_t i, n = json_object_array_length(list);

	if (n > PROVIDER_PAGE_MAX)
		return fault_set(note, FAULT_INPUT, "response.list: too long");
	/* One more, for an empty page is not NULL either. */
	page->imp_uids = calloc(n + 1, sizeof(*page->imp_uids));
	if (page->imp_uids == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a page");
	for (i = 0; i < n; i++) {
		if (!read_text(json_object_array_get_idx(list, i), "imp_uid",
			page->imp_uids[i], IMP_UID_SIZE))
			return fault_set(
			    note, FAULT_INPUT, "imp_uid: unreadable");
	}
	page->n = n;
	return FAULT_NONE;
}

static enum fault
read_page(struct json_object *response, struct provider_page *page,
    struct fault_note *note)
{
	struct json_object *list = NULL;

	if (!json_object_is_type(response, json_type_object))
		return fault_set(note, FAULT_INPUT, "response: no object");
	(void)json_object_object_get_ex(response, "list", &list);
	if (!json_object_is_type(list, json_type_array))
		return fault_set(note, FAULT_INPUT, "response.list: no array");
	if (!read_integer(response, "next", &page->next) || page->next < 0 ||
	    !read_integer(response, "total", &page->total) || page->total < 0)
		return fault_set(note, FAULT_INPUT, "next, total: unreadable");
	return read_names(list, page, note);
}

enum fault
iamport_v1_wire_page(const char *bytes, size_t len,
    struct provider_page *ret_page, struct fault_note *note)
{
	struct iamport_v1_wire_answer answer = { .code = 0 };
	struct provider_page page = { .imp_uids = NULL };
	struct json_object *object = NULL, *response = NULL;
	enum fault f;

	f = parse_answer(bytes, len, &object, &answer, note);
	if (f != FAULT_NONE)
		return f;
	(void)json_object_object_get_ex(object, "response", &response);
	if (answer.code != 0)
		f = fault_set(note, FAULT_INPUT, "code %lld: %s",
		    (long long)answer.code, answer.message);
	else
		f = read_page(response, &page, note);
	json_clean_put(object);
	if (f != FAULT_NONE)
		free(page.imp_uids);
	else
		*ret_page = page;
	return f;
}

void
iamport_v1_wire_answer_deinit(struct iamport_v1_wire_answer *answer)
{
	free(answer->truth.entries);
	*answer = (struct iamport_v1_wire_answer){ .code = 0 };
}
