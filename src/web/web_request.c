/* SPDX-License-Identifier: MIT */
/*
 * One request in the order in which it may be refused: its bytes, its address
 * and method, its caller, how often it comes, its type and length, its fields.
 * The body is read before anything else, because a web server that is still
 * sending it may not hear an answer.  How often refunds come is counted where
 * it is known whether they are new (app/cancel.c).
 */
#include "web/web_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/trail.h"
#include "base/digest.h"
#include "core/intent.h"
#include "web/web_fields.h"
#include "web/web_form.h"
#include "web/web_limit.h"
#include "web/web_text.h"

_Static_assert(FINGERPRINT_LEN == DIGEST_LEN, "a fingerprint is an HMAC");

/* A request while it is read. */
struct reading {
	const struct web *web;
	struct web_io *io;
	struct buf body;
	enum web_body how; /* the body came */
	struct web_request *request;
	struct web_reply *reply; /* the refusal */
	const char *code;        /* its word; NULL = none */
	bool are_fields_read;    /* of a refund, or as far as they are good */
};

static bool
refuse(struct reading *reading, enum web_refusal refusal)
{
	reading->code = web_text_of_refusal(refusal)->code;
	/* Without memory the status alone has to do. */
	if (web_reply_refuse(refusal, NULL, NULL, reading->request->language,
		reading->reply, NULL) != FAULT_NONE)
		buf_clear(&reading->reply->body);
	return false;
}

static bool
refuse_wrong(struct reading *reading, const struct web_fields_wrong *wrong)
{
	const char *field = wrong->want == NULL ? NULL : wrong->field;

	reading->code = web_text_of_refusal(wrong->refusal)->code;
	if (web_reply_refuse(wrong->refusal, field, wrong->want,
		reading->request->language, reading->reply, NULL) != FAULT_NONE)
		buf_clear(&reading->reply->body);
	return false;
}

/* It came too often for a key of [policy]. */
static bool
refuse_limited(struct reading *reading, const char *key, int64_t wait_ms)
{
	web_limit_log(
	    &reading->web->limits, key, reading->request->echo.request_id);
	(void)refuse(reading, WEB_RATE_LIMITED);
	web_reply_wait(reading->reply, wait_ms);
	return false;
}

/* A language range's weight in thousandths: RFC 9110 section 12.4.2. */
static int
weight_of(const char *range, size_t len)
{
	const char *q = memmem(range, len, "q=", 2);
	int weight = 0, unit = 100;

	if (q == NULL || q[2] == '1')
		return 1000;
	if (q[2] != '0' || q[3] != '.')
		return 0;
	for (q += 4; *q >= '0' && *q <= '9' && unit > 0; q++, unit /= 10)
		weight += (*q - '0') * unit;
	return weight;
}

/* The range is a language or one of its regions: "ko", "ko-KR". */
static bool
is_language(const char *range, const char *language)
{
	return strncasecmp(range, language, 2) == 0 &&
	    strchr("-;, \t", range[2]) != NULL;
}

/*
 * "ko" if Accept-Language puts it before English, which is what everybody
 * else gets; of equals the first.
 */
static const char *
language_of(const struct web_io *io)
{
	const char *range = web_io_param(io, "HTTP_ACCEPT_LANGUAGE");
	const char *language = "en";
	int best = 0, weight;
	size_t len;

	while (range != NULL && *range != '\0') {
		range += strspn(range, " \t,");
		len = strcspn(range, ",");
		weight = weight_of(range, len);
		if (weight > best &&
		    (is_language(range, "ko") || is_language(range, "en") ||
			*range == '*')) {
			language = is_language(range, "ko") ? "ko" : "en";
			best = weight;
		}
		range += len;
	}
	return language;
}

/* The media type without its parameters, which may only be charset=utf-8. */
static bool
is_type(const struct web_io *io, const char *type)
{
	const char *value = web_io_param(io, "CONTENT_TYPE");
	size_t len = strlen(type);

	if (value == NULL || strncasecmp(value, type, len) != 0)
		return false;
	value += len;
	value += strspn(value, " \t");
	if (*value == '\0')
		return true;
	if (*value != ';')
		return false;
	value++;
	value += strspn(value, " \t");
	return strcasecmp(value, "charset=utf-8") == 0 ||
	    strcasecmp(value, "charset=\"utf-8\"") == 0;
}

static bool
challenge(struct reading *reading, enum web_refusal refusal,
    const struct web_caller *caller)
{
	(void)refuse(reading, refusal);
	memcpy(reading->reply->challenge, caller->challenge,
	    sizeof(reading->reply->challenge));
	return false;
}

/* Refuses who may not ask. */
static bool
admit(struct reading *reading, enum web_auth_verdict verdict,
    const struct web_caller *caller)
{
	switch (verdict) {
	case WEB_AUTH_OK:
		return true;
	case WEB_AUTH_NOBODY:
	case WEB_AUTH_REFUSED:
	case WEB_AUTH_BAD:
		return challenge(reading, WEB_UNAUTHORIZED, caller);
	case WEB_AUTH_EXPIRED:
		return challenge(reading, WEB_TICKET_EXPIRED, caller);
	case WEB_AUTH_ORIGIN:
		return refuse(reading, WEB_FORBIDDEN);
	case WEB_AUTH_OFF:
		return refuse(reading, WEB_NOT_CONFIGURED);
	}
	return refuse(reading, WEB_FAULT);
}

/* The body came whole. */
static bool
admit_body(struct reading *reading)
{
	switch (reading->how) {
	case WEB_BODY_READ:
		return true;
	case WEB_BODY_TOO_LARGE:
		return refuse(reading, WEB_BODY_LARGE);
	case WEB_BODY_SHORT:
	case WEB_BODY_BAD_LENGTH:
		return refuse(reading, WEB_MALFORMED_REQUEST);
	case WEB_BODY_NO_LENGTH:
		return refuse(reading, WEB_LENGTH_REQUIRED);
	case WEB_BODY_NO_MEMORY:
	case WEB_BODY_BROKEN:
		break;
	}
	return refuse(reading, WEB_FAULT);
}

static enum fault
add_text(struct buf *bytes, const char *text)
{
	return buf_printf(bytes, NULL, "%zu:%s", strlen(text), text);
}

static enum fault
add_amount(struct buf *bytes, const struct request_amount *amount)
{
	return buf_printf(bytes, NULL, "%d%d%zu:%s", amount->is_given,
	    amount->is_string, strlen(amount->text), amount->text);
}

/*
 * What was asked for, so written that no two requests look the same: every
 * text after its length, every field in its place.
 */
static enum fault
serialise(const struct refund_request *refund, struct buf *bytes)
{
	const char *const texts[] = { refund->imp_uid, refund->merchant_uid,
		refund->reason, refund->account.holder, refund->account.bank,
		refund->account.account, refund->account.tel };
	const struct request_amount *const amounts[] = { &refund->amount,
		&refund->tax_free, &refund->vat };
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		f = add_text(bytes, texts[i]);
		if (f != FAULT_NONE)
			return f;
	}
	for (i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		f = add_amount(bytes, amounts[i]);
		if (f != FAULT_NONE)
			return f;
	}
	return buf_printf(bytes, NULL, "%d%d%d", refund->is_customer,
	    refund->has_retain_promotion, refund->retain_promotion);
}

/* The account is in it too, hence a keyed hash. */
static bool
set_fingerprint(struct reading *reading, struct refund_request *refund)
{
	struct buf bytes;
	enum fault f;

	buf_init(&bytes, 8192);
	f = serialise(refund, &bytes);
	if (f == FAULT_NONE)
		digest_hmac(reading->web->fingerprint_key,
		    sizeof(reading->web->fingerprint_key), buf_bytes(&bytes),
		    buf_len(&bytes), refund->fingerprint);
	buf_deinit(&bytes);
	return f == FAULT_NONE || refuse(reading, WEB_FAULT);
}

/* A 1 in front: no fingerprint's bytes begin so. */
static bool
set_key_mac(struct reading *reading, struct refund_request *refund)
{
	struct buf bytes;
	enum fault f;

	if (refund->idempotency_key[0] == '\0')
		return true;
	buf_init(&bytes, 1024);
	f = buf_printf(
	    &bytes, NULL, "\1%s\n%s", refund->caller, refund->idempotency_key);
	if (f == FAULT_NONE)
		digest_hmac(reading->web->fingerprint_key,
		    sizeof(reading->web->fingerprint_key), buf_bytes(&bytes),
		    buf_len(&bytes), refund->key_mac);
	buf_deinit(&bytes);
	return f == FAULT_NONE || refuse(reading, WEB_FAULT);
}

static bool
read_key(struct reading *reading, struct refund_request *refund)
{
	const char *value = web_io_param(reading->io, "HTTP_IDEMPOTENCY_KEY");
	struct web_fields_wrong wrong;

	if (value == NULL)
		return true;
	/* Two values are not one, and web_fields_key says so of "". */
	if (web_io_param_count(reading->io, "HTTP_IDEMPOTENCY_KEY") > 1)
		value = "";
	return web_fields_key(value, refund->idempotency_key, &wrong) ||
	    refuse_wrong(reading, &wrong);
}

/* As the web server says; what does not fit is no address. */
static void
set_address(const struct web_io *io, char ret[static ADDRESS_SIZE])
{
	const char *address = web_io_param(io, "REMOTE_ADDR");

	if (address != NULL && strlen(address) < ADDRESS_SIZE &&
	    strspn(address, "0123456789abcdefABCDEF.:") == strlen(address))
		memcpy(ret, address, strlen(address) + 1);
}

/*
 * What the ticket allows goes with the request, to be judged where it is
 * written down.  It is its own key where the caller has none.
 */
static void
bind_ticket(const struct ticket *ticket, struct refund_request *refund)
{
	struct request_ticket *bound = &refund->ticket;

	bound->is_customer = ticket->is_customer;
	if (!refund->has_requester)
		refund->is_customer = ticket->is_customer;
	memcpy(bound->id, ticket->id, sizeof(bound->id));
	memcpy(bound->order, ticket->order, sizeof(bound->order));
	memcpy(bound->most, ticket->most, sizeof(bound->most));
	if (refund->idempotency_key[0] == '\0')
		memcpy(refund->idempotency_key, ticket->id, sizeof(ticket->id));
}

static bool
read_refund(struct reading *reading)
{
	struct refund_request *refund = &reading->request->refund;
	struct web_fields_wrong wrong;
	struct web_caller caller;

	if (!admit(reading,
		web_auth_check(&reading->web->auth, reading->io, &caller),
		&caller) ||
	    !admit_body(reading))
		return false;
	memcpy(refund->caller, caller.name, sizeof(refund->caller));
	memcpy(refund->request_id, reading->request->echo.request_id,
	    sizeof(refund->request_id));
	set_address(reading->io, refund->address);
	if (!is_type(reading->io, "application/json"))
		return refuse(reading, WEB_NOT_JSON);
	if (!read_key(reading, refund))
		return false;
	reading->are_fields_read = true;
	if (!web_fields_read(buf_bytes(&reading->body), buf_len(&reading->body),
		refund, &wrong))
		return refuse_wrong(reading, &wrong);
	memcpy(refund->language, reading->request->language,
	    sizeof(refund->language));
	if (caller.has_ticket)
		bind_ticket(&caller.ticket, refund);
	return set_fingerprint(reading, refund) && set_key_mac(reading, refund);
}

static bool
admit_sender(struct reading *reading)
{
	const struct web *web = reading->web;
	int64_t wait_ms;

	if (web->webhook_addresses[0] != '\0' &&
	    !web_limit_is_listed(web->webhook_addresses, reading->io)) {
		web_limit_log(&web->limits, "webhook_addresses",
		    reading->request->echo.request_id);
		return refuse(reading, WEB_ADDRESS);
	}
	return web_limit_address(&web->limits, LIMIT_ADDRESS_WEBHOOKS,
		   reading->io, &wait_ms) ||
	    refuse_limited(reading, "address_webhooks_per_minute", wait_ms);
}

static bool
read_webhook(struct reading *reading)
{
	bool is_json = is_type(reading->io, "application/json");
	struct web_fields_wrong wrong;

	if (!admit_sender(reading) || !admit_body(reading))
		return false;
	if (!is_json &&
	    !is_type(reading->io, "application/x-www-form-urlencoded"))
		return refuse(reading, WEB_NOT_JSON);
	return web_fields_notice(buf_bytes(&reading->body),
		   buf_len(&reading->body), is_json, reading->request->imp_uid,
		   &wrong) ||
	    refuse_wrong(reading, &wrong);
}

/* So that order numbers can't be tried out one after the other. */
static bool
admit_reader(struct reading *reading, const char *caller)
{
	const struct limits *limits = &reading->web->limits;
	int64_t wait_ms;

	if (!web_limit_address(
		limits, LIMIT_ADDRESS_READS, reading->io, &wait_ms))
		return refuse_limited(
		    reading, "address_reads_per_minute", wait_ms);
	return limits_take(limits, LIMIT_CALLER_READS, caller, &wait_ms) ||
	    refuse_limited(reading, "caller_reads_per_minute", wait_ms);
}

/* The order comes in the path or, where that can't be, in the query. */
static bool
read_order(struct reading *reading, const char *id)
{
	const char *query = web_io_param(reading->io, "QUERY_STRING");
	char order[MERCHANT_UID_SIZE] = "";
	struct web_fields_wrong wrong;
	struct web_caller caller;

	if (!admit(reading,
		web_auth_caller(&reading->web->auth, reading->io, &caller),
		&caller) ||
	    !admit_reader(reading, caller.name))
		return false;
	if (*id == '\0' && query != NULL &&
	    web_form_value(query, strlen(query), "merchant_uid", order,
		sizeof(order)) == WEB_FORM_FOUND)
		id = order;
	if (strlen(id) >= sizeof(order))
		id = "";
	if (!web_fields_order(id, &wrong))
		return refuse_wrong(reading, &wrong);
	if (!web_auth_may_see(&caller, id))
		return refuse(reading, WEB_NOT_YOURS);
	memcpy(reading->request->merchant_uid, id, strlen(id) + 1);
	return true;
}

/*
 * Not counted: pages poll it, its 50 random bits can't be guessed at any rate,
 * and the answer names nobody.
 */
static bool
read_state(struct reading *reading, const char *id)
{
	if (!refund_id_is_valid(id))
		return refuse(reading, WEB_REFUND_NOT_FOUND);
	memcpy(reading->request->refund_id, id, REFUND_ID_SIZE);
	return true;
}

/*
 * For who may refund anyway, and for a collector on this host.  A ticket is for
 * one order, and these are the figures of all.
 */
static bool
read_metrics(struct reading *reading)
{
	const char *peer = web_io_param(reading->io, "REMOTE_ADDR");
	struct web_caller caller;

	if (peer != NULL &&
	    (strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0))
		return true;
	return admit(reading,
		   web_auth_caller(&reading->web->auth, reading->io, &caller),
		   &caller) &&
	    (!caller.has_ticket || refuse(reading, WEB_NOT_YOURS));
}

/*
 * A browser asks whether a page of another Origin may ask (the Fetch standard's
 * preflight).  Of one that is not on the list it hears what everybody hears of
 * a method that is not taken.
 */
static bool
is_preflight(const struct reading *reading)
{
	const struct web_io *io = reading->io;
	const char *method = web_io_param(io, "REQUEST_METHOD");

	return reading->request->echo.origin != NULL && method != NULL &&
	    strcmp(method, "OPTIONS") == 0 &&
	    web_io_param(io, "HTTP_ACCESS_CONTROL_REQUEST_METHOD") != NULL;
}

static bool
answer_preflight(struct reading *reading)
{
	reading->reply->status = 204;
	reading->reply->is_preflight = true;
	return false;
}

static bool
read_route(struct reading *reading)
{
	struct web_request *request = reading->request;
	struct web_route_found found;

	switch (web_route_find(reading->io, &found)) {
	case WEB_ROUTE_OK:
		break;
	case WEB_ROUTE_NOWHERE:
		return refuse(reading, WEB_NOT_FOUND);
	case WEB_ROUTE_NOT_METHOD:
		(void)refuse(reading, WEB_METHOD_NOT_ALLOWED);
		reading->reply->allow = found.allow;
		return false;
	}
	request->route = found.route;
	memcpy(request->base_path, found.base_path, sizeof(found.base_path));
	memcpy(request->path, found.path, sizeof(found.path));
	request->lacks_slash = found.lacks_slash;
	switch (found.route) {
	case WEB_ROUTE_REFUND:
		return read_refund(reading);
	case WEB_ROUTE_PAYMENT:
		return read_order(reading, found.id);
	case WEB_ROUTE_STATE:
		return read_state(reading, found.id);
	case WEB_ROUTE_WEBHOOK:
		return read_webhook(reading);
	case WEB_ROUTE_METRICS:
		return read_metrics(reading);
	case WEB_ROUTE_HEALTH:
	case WEB_ROUTE_STATIC:
		return true;
	}
	return refuse(reading, WEB_FAULT);
}

/*
 * What was to be refunded, as far as the body tells: whoever sent it has not
 * been asked for his authority, so it is what he says and no more.
 */
static void
name_order(struct reading *reading, struct trail_entry *entry)
{
	struct refund_request *refund = &reading->request->refund;
	struct web_fields_wrong wrong;

	if (!reading->are_fields_read && reading->how == WEB_BODY_READ)
		(void)web_fields_read(buf_bytes(&reading->body),
		    buf_len(&reading->body), refund, &wrong);
	memcpy(entry->merchant_uid, refund->merchant_uid,
	    sizeof(entry->merchant_uid));
	memcpy(entry->imp_uid, refund->imp_uid, sizeof(entry->imp_uid));
}

/*
 * A refund that is refused for what its caller did is told to the trail, as
 * long as that has not been told of too many.
 */
static void
note_refusal(struct reading *reading)
{
	struct web_request *request = reading->request;
	struct trail_entry *entry = &request->refused;
	int status = reading->reply->status;

	if (request->route != WEB_ROUTE_REFUND || status < 400 || status >= 500)
		return;
	*entry = trail_refusal(&reading->web->limits, reading->code);
	if (strcmp(entry->verdict, reading->code) != 0)
		return;
	memcpy(entry->actor, request->refund.caller, sizeof(entry->actor));
	set_address(reading->io, entry->address);
	memcpy(entry->request_id, request->echo.request_id,
	    sizeof(entry->request_id));
	name_order(reading, entry);
}

/* Of a look like a refund's, but in no way one.  Without luck there is none. */
static void
set_request_id(const struct web *web, char ret_id[static REFUND_ID_SIZE])
{
	struct fault_note note;
	uint64_t bits;

	if (chance_bits(&web->chance, &bits, &note) == FAULT_NONE)
		refund_id_make(bits, ret_id);
}

bool
web_request_read(const struct web *web, struct web_io *io,
    struct web_request *ret, struct web_reply *ret_reply)
{
	struct reading reading = {
		.web = web, .io = io, .request = ret, .reply = ret_reply
	};
	const char *method = web_io_param(io, "REQUEST_METHOD");
	bool is_good = false;

	*ret = (struct web_request){ .route = WEB_ROUTE_STATIC };
	(void)snprintf(
	    ret->language, sizeof(ret->language), "%s", language_of(io));
	ret->is_head = method != NULL && strcmp(method, "HEAD") == 0;
	ret_reply->is_head = ret->is_head;
	set_request_id(web, ret->echo.request_id);
	web_auth_share(&web->auth, io, &ret->echo);
	ret_reply->echo = ret->echo;
	buf_init(&reading.body, WEB_BODY_MAX);
	reading.how = web_io_body(io, &reading.body);
	if (reading.how == WEB_BODY_BROKEN)
		ret_reply->status = 0;
	else if (is_preflight(&reading))
		is_good = answer_preflight(&reading);
	else
		is_good = read_route(&reading);
	if (!is_good)
		note_refusal(&reading);
	buf_deinit(&reading.body);
	return is_good;
}
