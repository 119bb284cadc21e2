/* SPDX-License-Identifier: MIT */
/*
 * In this order: route, count, token, mishap that comes before, the call
 * itself, mishap that comes after.
 */
#include "sandbox/api.h"

#include <string.h>

#include "sandbox/control.h"
#include "sandbox/effect.h"
#include "sandbox/lazy.h"
#include "sandbox/read.h"
#include "sandbox/refund.h"

/* Observed, code and text. */
#define NO_KEY    "imp_key, imp_secret 파라메터가 누락되었습니다."
#define WRONG_KEY "인증에 실패하였습니다. API키와 secret을 확인하세요."

#define KEY_CHARS 128

static enum fault
give_token(struct world *world, struct call *call, int64_t now_s)
{
	const char *key, *secret;
	struct render render;
	enum fault f;

	f = params_text(&call->params, "imp_key", KEY_CHARS, &key, &call->note);
	if (f == FAULT_NONE)
		f = params_text(&call->params, "imp_secret", KEY_CHARS, &secret,
		    &call->note);
	if (f != FAULT_NONE)
		return call_bad(call, world);
	if (key == NULL || secret == NULL)
		return call_error(call, world, 400, -1, NO_KEY);
	if (strcmp(key, world->options.key) != 0 ||
	    strcmp(secret, world->options.secret) != 0)
		return call_error(call, world, 401, -1, WRONG_KEY);
	f = token_renew(
	    &world->token, world->options.token_seconds, now_s, &call->note);
	if (f != FAULT_NONE)
		return f;
	call_render(call, world, 200, &render);
	render_raw(&render, "{\"code\":0,\"message\":null,\"response\":{");
	render_name(&render, "access_token");
	render_text(&render, world->token.text);
	render_member_integer(&render, "now", now_s);
	render_member_integer(&render, "expired_at", world->token.expires_at);
	render_raw(&render, "}}");
	return render.fault;
}

static bool
is_segment(const struct call *call, size_t i, const char *text)
{
	return i < call->n && strcmp(call->segments[i], text) == 0;
}

/* Words that are no imp_uid. */
static bool
is_list(const struct call *call)
{
	return is_segment(call, 1, "find") || is_segment(call, 1, "findAll") ||
	    is_segment(call, 1, "status");
}

/* ROUTE__COUNT: not one of i'mport's that we have. */
static enum route
find_route(const struct call *call)
{
	bool get = strcmp(call->method, "GET") == 0;
	bool post = strcmp(call->method, "POST") == 0;

	if (post && call->n == 2 && is_segment(call, 0, "users") &&
	    is_segment(call, 1, "getToken"))
		return ROUTE_TOKEN;
	if (!is_segment(call, 0, "payments"))
		return ROUTE__COUNT;
	if (call->n == 1)
		return get ? ROUTE_FIND : ROUTE__COUNT;
	if (post && call->n == 2 && is_segment(call, 1, "cancel"))
		return ROUTE_CANCEL;
	if (get && call->n == 2 && !is_list(call))
		return ROUTE_READ;
	if (get && call->n >= 3 && call->n <= 4 &&
	    (is_segment(call, 1, "find") || is_segment(call, 1, "findAll") ||
		(is_segment(call, 1, "status") && call->n == 3)))
		return ROUTE_FIND;
	return ROUTE__COUNT;
}

/* The payment a call is about, or NULL. */
static struct book_payment *
find_payment(const struct world *world, const struct call *call)
{
	switch (call->route) {
	case ROUTE_CANCEL:
		return refund_target(world, &call->params);
	case ROUTE_READ:
		return book_find(world->book, call->segments[1]);
	case ROUTE_FIND:
		return call->n < 3 || is_segment(call, 1, "status")
		    ? NULL
		    : book_find_order(world->book, call->segments[2]);
	case ROUTE_TOKEN:
	case ROUTE__COUNT:
		break;
	}
	return NULL;
}

static bool
is_uid(const char *name)
{
	return strcmp(name, "imp_uid") == 0 ||
	    strcmp(name, "merchant_uid") == 0 ||
	    strncmp(name, "imp_uid[", 8) == 0 ||
	    strncmp(name, "merchant_uid[", 13) == 0;
}

/* Whatever a lazy world has to make before the call looks for it. */
static enum fault
summon(struct world *world, struct call *call, int64_t now_ms)
{
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 1; f == FAULT_NONE && i < call->n; i++)
		f = lazy_summon(world, call->segments[i], now_ms, &call->note);
	for (i = 0; f == FAULT_NONE && i < call->params.n; i++) {
		if (is_uid(call->params.items[i].name))
			f = lazy_summon(world, call->params.items[i].text,
			    now_ms, &call->note);
	}
	return f;
}

/* The mishap that strikes this call, or NULL. */
static const struct mishap_rule *
strike(struct world *world, const struct call *call,
    const struct book_payment *payment, int64_t now_ms)
{
	struct mishap_call seen = {
		.route = call->route,
		.imp_uid = "",
		.merchant_uid = "",
		.nth = world->received[call->route],
	};

	if (payment != NULL) {
		seen.imp_uid = payment->is.imp_uid;
		seen.merchant_uid = payment->is.merchant_uid;
		seen.nth = payment->calls[call->route];
		seen.cancel_age_ms = payment->n == 0
		    ? INT64_MAX
		    : now_ms - payment->cancels[payment->n - 1].at_ms;
	}
	return mishap_strike(world->mishaps, &seen);
}

/* The call as it goes when nothing goes wrong. */
static enum fault
carry_out(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	struct payment_json_view view;

	effect_view(rule, now_ms, &view);
	view.is_live = world->options.live;
	switch (call->route) {
	case ROUTE_TOKEN:
		return give_token(world, call, now_ms / 1000);
	case ROUTE_CANCEL:
		return refund_answer(
		    world, call, effect_blind_ms(rule), now_ms);
	case ROUTE_READ:
		return read_one(world, call, &view);
	case ROUTE_FIND:
		if (call->n == 1)
			return read_many(world, call, &view);
		if (is_segment(call, 1, "status"))
			return read_status(world, call, &view, now_ms / 1000);
		return is_segment(call, 1, "find")
		    ? read_find(world, call, &view)
		    : read_find_all(world, call, &view);
	case ROUTE__COUNT:
		break;
	}
	return fault_set(&call->note, FAULT_BUG, "a call without a route");
}

/* What fits; a fault that has nothing to repeat leaves the answer alone. */
static enum fault
remember(struct world *world, struct call *call)
{
	struct world_answer *earlier = &world->earlier[call->route];
	enum fault f;

	if (mishap_list_n(world->mishaps) == 0)
		return FAULT_NONE;
	buf_clear(&earlier->body);
	f = buf_add(&earlier->body, buf_bytes(&call->answer),
	    buf_len(&call->answer), NULL);
	earlier->status = f == FAULT_NONE ? call->status : 0;
	return f == FAULT_NOMEM ? f : FAULT_NONE;
}

/* Without a token nothing of the API is looked at, but for getToken. */
static bool
is_allowed(const struct world *world, const struct call *call, int64_t now_ms)
{
	return call->route == ROUTE_TOKEN || call->route == ROUTE__COUNT ||
	    token_allows(&world->token, call->authorization, now_ms / 1000);
}

static enum fault
answer_api(struct world *world, struct call *call, int64_t now_ms)
{
	bool may_ask = is_allowed(world, call, now_ms);
	struct book_payment *payment;
	const struct mishap_rule *rule;
	enum mishap mishap;
	enum fault f;

	if (may_ask) {
		f = summon(world, call, now_ms);
		if (f != FAULT_NONE)
			return f;
	}
	payment = find_payment(world, call);
	world->received[call->route]++;
	if (payment != NULL)
		payment->calls[call->route]++;
	call->delay_ms = world->options.latency_ms;
	if (!may_ask)
		return effect_unauthorized(world, call);
	rule = strike(world, call, payment, now_ms);
	mishap = rule == NULL ? MISHAP_NONE : rule->mishap;
	if (effect_before(mishap) != NULL)
		return effect_before(mishap)(world, call, rule, now_ms);
	f = carry_out(world, call, rule, now_ms);
	if (f == FAULT_NONE && mishap != MISHAP_DUPLICATE)
		f = remember(world, call);
	if (f == FAULT_NONE && effect_after(mishap) != NULL)
		f = effect_after(mishap)(world, call, rule, now_ms);
	return f;
}

enum fault
api_answer(struct world *world, struct call *call, int64_t now_ms)
{
	enum fault f = call_read(call);

	if (f == FAULT_INPUT) {
		call->route = find_route(call);
		return is_allowed(world, call, now_ms)
		    ? call_bad(call, world)
		    : effect_unauthorized(world, call);
	}
	if (f != FAULT_NONE)
		return f;
	if (is_segment(call, 0, "sandbox")) {
		f = summon(world, call, now_ms);
		return f != FAULT_NONE ? f
				       : control_answer(world, call, now_ms);
	}
	call->route = find_route(call);
	if (call->route != ROUTE__COUNT)
		return answer_api(world, call, now_ms);
	return call_error(call, world, 404, -1, "[sandbox] no such route");
}

enum fault
api_too_large(struct world *world, struct call *call)
{
	return call_error(
	    call, world, 413, -1, "[sandbox] the body is larger than 1 MiB");
}
