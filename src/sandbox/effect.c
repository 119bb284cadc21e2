/* SPDX-License-Identifier: MIT */
/*
 * Short steps that set how the answer leaves or write another one over it.
 */
#include "sandbox/effect.h"

#include <stddef.h>
#include <string.h>

#include "sandbox/refund.h"
#include "sandbox/refusal.h"

/* What i'mport says here is not known. */
#define UNAUTHORIZED "[sandbox] Unauthorized (invented text)"

#define HUGE_FIELDS ((size_t)8 * 1024 * 1024 / 60)

enum fault
effect_unauthorized(const struct world *world, struct call *call)
{
	return call_error(call, world, 401, -1, UNAUTHORIZED);
}

void
effect_view(const struct mishap_rule *rule, int64_t now_ms,
    struct payment_json_view *ret_view)
{
	*ret_view = PAYMENT_JSON_TRUE;
	if (rule == NULL)
		return;
	if (rule->mishap == MISHAP_STALE_READ)
		ret_view->hide_ms = now_ms - rule->ms;
	if (rule->mishap == MISHAP_NO_REASON)
		ret_view->reasons = PAYMENT_JSON_NONE;
	if (rule->mishap == MISHAP_SHORT_REASON)
		ret_view->reasons = PAYMENT_JSON_SHORT;
}

int64_t
effect_blind_ms(const struct mishap_rule *rule)
{
	return rule != NULL && rule->mishap == MISHAP_CHECKSUM_RACE ? rule->ms
								    : 0;
}

/* Another body instead of the answer there may be. */
static enum fault
replace(const struct world *world, struct call *call, unsigned status,
    const char *type, const char *body)
{
	struct render render;

	call_render(call, world, status, &render);
	call->type = type;
	render_raw(&render, body);
	return render.fault;
}

static enum fault
drop(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)world;
	(void)rule;
	(void)now_ms;
	call->end = CALL_DROP;
	return FAULT_NONE;
}

static enum fault
hang(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)world;
	(void)rule;
	(void)now_ms;
	call->end = CALL_HANG;
	return FAULT_NONE;
}

static enum fault
reset(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)world;
	(void)rule;
	(void)now_ms;
	call->end = CALL_RESET;
	return FAULT_NONE;
}

static enum fault
half_body(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)world;
	(void)rule;
	(void)now_ms;
	call->end = CALL_HALF;
	return FAULT_NONE;
}

static enum fault
long_body(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)world;
	(void)rule;
	(void)now_ms;
	call->end = CALL_LONG;
	return FAULT_NONE;
}

static enum fault
drip(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)world;
	(void)now_ms;
	call->end = CALL_DRIP;
	call->drip_ms = rule->ms;
	return FAULT_NONE;
}

static enum fault
slow(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)world;
	(void)now_ms;
	call->delay_ms += rule->ms;
	return FAULT_NONE;
}

static enum fault
garbage(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return replace(world, call, 200, CALL_TYPE_JSON,
	    "{\"code\":0,\"mess\x01\xff\xfe age\":nul\xc3(,,]]");
}

static enum fault
html_502(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return replace(world, call, 502, CALL_TYPE_HTML,
	    "<html><head><title>502 Bad Gateway</title></head>"
	    "<body><h1>502 Bad Gateway</h1></body></html>\n");
}

static enum fault
http_429(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	call->header = "Retry-After";
	call->value = "1";
	return call_error(call, world, 429, -1, "[sandbox] Too Many Requests");
}

static enum fault
http_500(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return call_error(
	    call, world, 500, -1, "[sandbox] Internal Server Error");
}

static enum fault
http_502(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return call_error(call, world, 502, -1, "[sandbox] Bad Gateway");
}

static enum fault
http_503(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return call_error(
	    call, world, 503, -1, "[sandbox] Service Unavailable");
}

static enum fault
http_401(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return effect_unauthorized(world, call);
}

/* Whoever follows it cancels twice. */
static enum fault
redirect(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	call->header = "Location";
	call->value = call->uri;
	return replace(world, call, 307, CALL_TYPE_JSON, "");
}

static enum fault
empty_body(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return replace(world, call, 200, CALL_TYPE_JSON, "");
}

static enum fault
wrong_types(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return replace(world, call, 200, CALL_TYPE_JSON,
	    "{\"code\":\"0\",\"message\":{},\"response\":{\"amount\":\"much\","
	    "\"cancel_amount\":[1],\"cancel_history\":{\"amount\":true},"
	    "\"imp_uid\":7,\"merchant_uid\":false,\"status\":[\"paid\"],"
	    "\"access_token\":1e400,\"expired_at\":\"soon\",\"list\":0}}");
}

/* Puts a text behind the first place where another one ends. */
static enum fault
splice(struct call *call, const char *behind, const char *text, size_t times)
{
	const char *at = strstr(buf_bytes(&call->answer), behind);
	struct buf whole;
	enum fault f;
	size_t head;

	if (at == NULL)
		return FAULT_NONE;
	head = (size_t)(at - buf_bytes(&call->answer)) + strlen(behind);
	buf_init(&whole, CALL_ANSWER_MAX);
	f = buf_add(&whole, buf_bytes(&call->answer), head, &call->note);
	for (; f == FAULT_NONE && times > 0; times--)
		f = buf_add_text(&whole, text, &call->note);
	if (f == FAULT_NONE)
		f = buf_add_text(
		    &whole, buf_bytes(&call->answer) + head, &call->note);
	if (f != FAULT_NONE) {
		buf_deinit(&whole);
		return f;
	}
	buf_deinit(&call->answer);
	call->answer = whole;
	return FAULT_NONE;
}

static enum fault
unknown_fields(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	static const char odd[] = "\"aaa_new\":{\"deep\":[[[{\"x\":null}]]],"
				  "\"amount\":-1,\"code\":9},";
	enum fault f;

	(void)world;
	(void)rule;
	(void)now_ms;
	f = splice(call, "\"response\":{", odd, 1);
	return f != FAULT_NONE ? f : splice(call, "{", odd, 1);
}

/* Eight MiB more, in fields that nobody knows. */
static enum fault
huge_body(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)world;
	(void)rule;
	(void)now_ms;
	return splice(call, "{",
	    "\"aaa_new\":\"0123456789abcdef0123456789abcdef0123456789abcdef\",",
	    HUGE_FIELDS);
}

static enum fault
duplicate(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	const struct world_answer *earlier = &world->earlier[call->route];

	(void)rule;
	(void)now_ms;
	if (earlier->status == 0)
		return FAULT_NONE;
	buf_clear(&call->answer);
	call->status = earlier->status;
	return buf_add(&call->answer, buf_bytes(&earlier->body),
	    buf_len(&earlier->body), &call->note);
}

static enum fault
null_response(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	return replace(world, call, 200, CALL_TYPE_JSON,
	    "{\"code\":0,\"message\":null,\"response\":null}");
}

static enum fault
pg_refusal(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	const struct book_payment *payment =
	    refund_target(world, &call->params);

	(void)now_ms;
	return call_error(call, world, 200, -1,
	    refusal_text(
		payment == NULL ? "" : payment->is.pg_provider, rule->code));
}

static enum fault
token_expired(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms)
{
	(void)rule;
	(void)now_ms;
	token_forget(&world->token);
	return effect_unauthorized(world, call);
}

static enum fault
late(struct world *world, struct call *call, const struct mishap_rule *rule,
    int64_t now_ms)
{
	return refund_late(world, call, now_ms + rule->ms);
}

static const struct {
	effect_step *before;
	effect_step *after;
} effects[] = {
	[MISHAP_DROP_BEFORE] = { .before = drop },
	[MISHAP_GARBAGE_BEFORE] = { .before = garbage },
	[MISHAP_HANG] = { .before = hang },
	[MISHAP_HTML_502] = { .before = html_502 },
	[MISHAP_HTTP_401] = { .before = http_401 },
	[MISHAP_HTTP_429] = { .before = http_429 },
	[MISHAP_HTTP_500_BEFORE] = { .before = http_500 },
	[MISHAP_HTTP_502_BEFORE] = { .before = http_502 },
	[MISHAP_HTTP_503_BEFORE] = { .before = http_503 },
	[MISHAP_PG_REFUSAL] = { .before = pg_refusal },
	[MISHAP_RESET_BEFORE] = { .before = reset },
	[MISHAP_TOKEN_EXPIRED] = { .before = token_expired },
	[MISHAP_LATE] = { .before = late },
	[MISHAP_DRIP] = { .after = drip },
	[MISHAP_DROP_AFTER] = { .after = drop },
	[MISHAP_DUPLICATE] = { .after = duplicate },
	[MISHAP_EMPTY_BODY] = { .after = empty_body },
	[MISHAP_GARBAGE] = { .after = garbage },
	[MISHAP_HALF_BODY] = { .after = half_body },
	[MISHAP_HANG_AFTER] = { .after = hang },
	[MISHAP_HTTP_500_AFTER] = { .after = http_500 },
	[MISHAP_HTTP_502_AFTER] = { .after = http_502 },
	[MISHAP_HTTP_503_AFTER] = { .after = http_503 },
	[MISHAP_HUGE_BODY] = { .after = huge_body },
	[MISHAP_LONG_BODY] = { .after = long_body },
	[MISHAP_NULL_RESPONSE] = { .after = null_response },
	[MISHAP_REDIRECT] = { .after = redirect },
	[MISHAP_RESET] = { .after = reset },
	[MISHAP_SLOW] = { .after = slow },
	[MISHAP_UNKNOWN_FIELDS] = { .after = unknown_fields },
	[MISHAP_WRONG_TYPES] = { .after = wrong_types },
	/* checksum_race is a matter of refund_answer; the last three change
	 * what a read shows: effect_view. */
	[MISHAP_STALE_READ] = { NULL, NULL },
};
_Static_assert(sizeof(effects) / sizeof(effects[0]) == MISHAP__COUNT,
    "the last mishap is in the table");

effect_step *
effect_before(enum mishap mishap)
{
	return effects[mishap].before;
}

effect_step *
effect_after(enum mishap mishap)
{
	return effects[mishap].after;
}
