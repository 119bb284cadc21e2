/* SPDX-License-Identifier: MIT */
/*
 * A table of routes; bad input is 400 (404, 409) in the API's shape.
 */
#include "sandbox/control.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/moment.h"
#include "sandbox/pages.h"
#include "sandbox/refund.h"

#define ADVANCE_MAX  INT64_C(100000000000000)
#define CLOCK_MAX    INT64_C(253402300799000)
#define LATENCY_MAX  3600000
#define REASON_CHARS 256
#define TIMES_MAX    100
#define URL_CHARS    500

typedef enum fault handler(
    struct world *world, struct call *call, int64_t now_ms);

/* A fault that is the caller's becomes the answer. */
static enum fault
bad_or(struct world *world, struct call *call, enum fault f)
{
	return f == FAULT_INPUT ? call_bad(call, world) : f;
}

static enum fault
done(struct world *world, struct call *call)
{
	struct render render;

	call_render(call, world, 200, &render);
	render_raw(&render, "{}");
	return render.fault;
}

static void
put_rule(struct render *render, const struct mishap_rule *rule)
{
	char p[32];

	render_raw(render, "{");
	render_member_text(render, "fault", mishap_name(rule->mishap));
	render_member_text(render, "route", route_name(rule->route));
	(void)snprintf(p, sizeof(p), "%.9g", rule->p);
	render_name(render, "p");
	render_raw(render, p);
	if (rule->count != UINT64_MAX)
		render_member_integer(render, "count", (int64_t)rule->count);
	if (rule->nth != 0)
		render_member_integer(render, "nth", (int64_t)rule->nth);
	if (rule->imp_uid[0] != '\0')
		render_member_text(render, "imp_uid", rule->imp_uid);
	if (rule->merchant_uid[0] != '\0')
		render_member_text(render, "merchant_uid", rule->merchant_uid);
	if (rule->code[0] != '\0')
		render_member_text(render, "code", rule->code);
	render_member_integer(render, "ms", rule->ms);
	render_member_integer(render, "fired", (int64_t)rule->fired);
	render_raw(render, "}");
}

static enum fault
add_fault(struct world *world, struct call *call, int64_t now_ms)
{
	struct mishap_rule rule;
	struct render render;
	enum fault f;

	(void)now_ms;
	f = mishap_read(&call->params, &rule, &call->note);
	if (f == FAULT_NONE)
		f = mishap_list_add(world->mishaps, &rule, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	call_render(call, world, 200, &render);
	put_rule(&render, &rule);
	return render.fault;
}

static enum fault
list_faults(struct world *world, struct call *call, int64_t now_ms)
{
	struct render render;
	size_t i;

	(void)now_ms;
	call_render(call, world, 200, &render);
	render_raw(&render, "[");
	for (i = 0; i < mishap_list_n(world->mishaps); i++) {
		if (i > 0)
			render_raw(&render, ",");
		put_rule(&render, mishap_list_at(world->mishaps, i));
	}
	render_raw(&render, "]");
	return render.fault;
}

static enum fault
forget_faults(struct world *world, struct call *call, int64_t now_ms)
{
	(void)now_ms;
	mishap_list_clear(world->mishaps);
	return done(world, call);
}

static enum fault
show_last(
    struct world *world, struct call *call, const struct book_payment *payment)
{
	struct render render;

	call_render(call, world, 200, &render);
	render_raw(&render, "{");
	record_cancel(&render, payment, &payment->cancels[payment->n - 1]);
	render_raw(&render, "}");
	return render.fault;
}

static enum fault
cancel_as_person(struct world *world, struct call *call, int64_t now_ms)
{
	struct book_payment *payment = refund_target(world, &call->params);
	struct cancel_wish wish = { .reason = CANCEL_REASON };
	enum cancel_verdict verdict;
	const char *reason, *refused;
	long long amount = 0;
	enum fault f;

	f = params_integer(
	    &call->params, "amount", 0, MONEY_MAX, &amount, &call->note);
	if (f == FAULT_NONE)
		f = params_text(&call->params, "reason", REASON_CHARS, &reason,
		    &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	if (payment == NULL)
		return call_error(
		    call, world, 404, 1, cancel_message(CANCEL_UNKNOWN, ""));
	wish.amount = amount;
	if (reason != NULL)
		wish.reason = reason;
	verdict = cancel_judge(payment, &wish, true, now_ms, &wish.amount);
	if (verdict != CANCEL_YES)
		return call_error(call, world, 409, cancel_code(verdict),
		    cancel_message(verdict, payment->is.pg_provider));
	refused = refund_draw(world, payment, wish.amount);
	if (refused != NULL)
		return call_error(call, world, 409, -1, refused);
	f = world_cancel(
	    world, payment, &wish, BOOK_CONSOLE, now_ms, &call->note);
	return f != FAULT_NONE ? f : show_last(world, call, payment);
}

static void
put_payment(struct render *render, const struct book_payment *payment)
{
	render_raw(render, "{");
	record_payment(render, payment);
	render_raw(render, "}");
}

static enum fault
add_payment(struct world *world, struct call *call, int64_t now_ms)
{
	struct book_payment *added;
	struct payment payment;
	struct render render;
	const char *url;
	enum fault f;

	f = record_read_payment(&call->params, true, &payment, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	if (book_find(world->book, payment.imp_uid) != NULL)
		return call_error(call, world, 409, -1,
		    "[sandbox] imp_uid: is known already");
	f = params_text(
	    &call->params, "notice_url", URL_CHARS, &url, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	f = world_add(world, &payment, url, now_ms, &added, &call->note);
	if (f != FAULT_NONE)
		return f;
	/* Of what is not paid yet, only an account to pay into is told. */
	if (payment.status == PAYMENT_PAID ||
	    payment.status == PAYMENT_CANCELLED ||
	    (payment.status == PAYMENT_READY &&
		strcmp(payment.pay_method, "vbank") == 0))
		world_tell(world, added, now_ms);
	call_render(call, world, 200, &render);
	put_payment(&render, added);
	return render.fault;
}

/* The first of n items to show: only so many at the end, if so wished. */
static enum fault
read_last(struct call *call, size_t n, size_t *ret_first)
{
	long long last = INT64_MAX;
	enum fault f;

	f = params_integer(
	    &call->params, "last", 0, INT64_MAX, &last, &call->note);
	if (f == FAULT_NONE)
		*ret_first = (size_t)last < n ? n - (size_t)last : 0;
	return f;
}

static enum fault
list_payments(struct world *world, struct call *call, int64_t now_ms)
{
	size_t i, first, n = book_n(world->book);
	struct render render;
	enum fault f;

	(void)now_ms;
	f = read_last(call, n, &first);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	call_render(call, world, 200, &render);
	render_raw(&render, "[");
	for (i = first; i < n; i++) {
		if (i > first)
			render_raw(&render, ",");
		put_payment(&render, book_at(world->book, i));
	}
	render_raw(&render, "]");
	return render.fault;
}

static void
put_lines(struct render *render, const struct book *book, size_t first,
    uint64_t since)
{
	size_t i, n = book_lines(book);

	/* Backwards to the first that is new, then forwards. */
	for (i = n; i > first; i--) {
		const struct book_line *line = book_line(book, i - 1);

		if (line->payment->cancels[line->i].seq <= since)
			break;
	}
	for (first = i; i < n; i++) {
		const struct book_line *line = book_line(book, i);

		render_raw(render, i == first ? "{" : ",{");
		record_cancel(
		    render, line->payment, &line->payment->cancels[line->i]);
		render_raw(render, "}");
	}
}

static enum fault
list_journal(struct world *world, struct call *call, int64_t now_ms)
{
	struct render render;
	long long since = 0;
	size_t first;
	enum fault f;

	(void)now_ms;
	f = read_last(call, book_lines(world->book), &first);
	if (f == FAULT_NONE)
		f = params_integer(
		    &call->params, "since", 0, INT64_MAX, &since, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	call_render(call, world, 200, &render);
	render_raw(&render, "[");
	put_lines(&render, world->book, first, (uint64_t)since);
	render_raw(&render, "]");
	return render.fault;
}

static void
put_counts(struct render *render, const char *name,
    const uint64_t counts[static ROUTE__COUNT])
{
	int i;

	render_name(render, name);
	render_raw(render, "{");
	for (i = 0; i < ROUTE__COUNT; i++)
		render_member_integer(
		    render, route_name((enum route)i), (int64_t)counts[i]);
	render_raw(render, "}");
}

static enum fault
show_stats(struct world *world, struct call *call, int64_t now_ms)
{
	struct render render;
	size_t i;

	(void)now_ms;
	call_render(call, world, 200, &render);
	render_raw(&render, "{");
	put_counts(&render, "received", world->received);
	put_counts(&render, "answered", world->answered);
	render_name(&render, "cancels");
	render_raw(&render, "{");
	for (i = 0; i < book_n(world->book); i++) {
		const struct book_payment *payment = book_at(world->book, i);

		if (payment->calls[ROUTE_CANCEL] > 0)
			render_member_integer(&render, payment->is.imp_uid,
			    (int64_t)payment->calls[ROUTE_CANCEL]);
	}
	render_raw(&render, "}");
	render_member_integer(&render, "waiting", (int64_t)world->waiting);
	render_raw(&render, "}");
	return render.fault;
}

static enum fault
set_latency(struct world *world, struct call *call, int64_t now_ms)
{
	long long ms = -1;
	enum fault f;

	(void)now_ms;
	f = params_integer(
	    &call->params, "ms", 0, LATENCY_MAX, &ms, &call->note);
	if (f == FAULT_NONE && ms < 0)
		f = fault_set(&call->note, FAULT_INPUT, "ms: missing");
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	world->options.latency_ms = ms;
	return done(world, call);
}

/* Without an amount there are enough again. */
static enum fault
set_unsettled(struct world *world, struct call *call, int64_t now_ms)
{
	long long amount = -1;
	enum fault f;

	(void)now_ms;
	f = params_integer(
	    &call->params, "amount", 0, MONEY_MAX, &amount, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	world->unsettled = amount;
	return done(world, call);
}

static enum fault
show_clock(struct world *world, struct call *call, int64_t now_ms)
{
	struct render render;

	call_render(call, world, 200, &render);
	render_raw(&render, "{");
	render_member_integer(&render, "now_ms", now_ms);
	render_member_integer(&render, "shift_ms", world->shift_ms);
	render_raw(&render, "}");
	return render.fault;
}

static enum fault
set_clock(struct world *world, struct call *call, int64_t now_ms)
{
	const char *at = params_get(&call->params, "at");
	long long advance = 0;
	int64_t new_ms = now_ms;
	enum fault f;

	f = params_integer(
	    &call->params, "advance_ms", 0, ADVANCE_MAX, &advance, &call->note);
	if (f == FAULT_NONE && at != NULL)
		f = moment_parse(at, &new_ms, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	new_ms += advance;
	if (new_ms > CLOCK_MAX)
		return bad_or(world, call,
		    fault_set(&call->note, FAULT_INPUT,
			"the clock ends with the year 9999"));
	world->shift_ms += new_ms - now_ms;
	/* Whoever has the answer may count on what was due. */
	f = world_tick(world, new_ms, &call->note);
	return f != FAULT_NONE ? f : show_clock(world, call, new_ms);
}

/* A file of the console; it needs no JSON but the bytes as they are. */
static enum fault
show_page(
    struct world *world, struct call *call, const char *type, const char *page)
{
	struct render render;

	call_render(call, world, 200, &render);
	call->type = type;
	render_raw(&render, page);
	return render.fault;
}

static enum fault
show_index(struct world *world, struct call *call, int64_t now_ms)
{
	(void)now_ms;
	return show_page(world, call, CALL_TYPE_HTML, pages_index_html);
}

static enum fault
show_css(struct world *world, struct call *call, int64_t now_ms)
{
	(void)now_ms;
	return show_page(world, call, CALL_TYPE_CSS, pages_console_css);
}

static enum fault
show_js(struct world *world, struct call *call, int64_t now_ms)
{
	(void)now_ms;
	return show_page(world, call, CALL_TYPE_JS, pages_console_js);
}

/* As the console's button to send one again. */
static enum fault
send_webhook(struct world *world, struct call *call, int64_t now_ms)
{
	const struct book_payment *payment =
	    refund_target(world, &call->params);
	long long times = 1;
	enum fault f;

	f = params_integer(
	    &call->params, "times", 1, TIMES_MAX, &times, &call->note);
	if (f != FAULT_NONE)
		return bad_or(world, call, f);
	if (payment == NULL)
		return call_error(
		    call, world, 404, 1, cancel_message(CANCEL_UNKNOWN, ""));
	for (; times > 0; times--)
		world_tell(world, payment, now_ms);
	return done(world, call);
}

/* takes: the names of what may come along; NULL: the handler's own. */
static const struct {
	const char *method;
	const char *name;
	handler *answer;
	const char *takes;
} routes[] = {
	{ "GET", "", show_index, "" },
	{ "POST", "cancel", cancel_as_person,
	    "imp_uid merchant_uid amount reason" },
	{ "GET", "clock", show_clock, "" },
	{ "POST", "clock", set_clock, "at advance_ms" },
	{ "GET", "console.css", show_css, "" },
	{ "GET", "console.js", show_js, "" },
	{ "DELETE", "faults", forget_faults, "" },
	{ "GET", "faults", list_faults, "" },
	{ "POST", "faults", add_fault, NULL },
	{ "GET", "journal", list_journal, "last since" },
	{ "POST", "latency", set_latency, "ms" },
	{ "GET", "payments", list_payments, "last" },
	{ "POST", "payments", add_payment, NULL },
	{ "GET", "stats", show_stats, "" },
	{ "POST", "unsettled", set_unsettled, "amount" },
	{ "POST", "webhook", send_webhook, "imp_uid merchant_uid times" },
};

static bool
is_word_of(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (; words != NULL && *words != '\0';
	     words += *words == ' ' ? 1 : 0) {
		size_t n = strcspn(words, " ");

		if (n == len && strncmp(words, word, n) == 0)
			return true;
		words += n;
	}
	return false;
}

/* A slip of the pen must not become "everything that is left". */
static enum fault
check_names(struct call *call, const char *takes)
{
	size_t i;

	for (i = 0; takes != NULL && i < call->params.n; i++) {
		const char *name = call->params.items[i].name;

		if (!is_word_of(takes, name))
			return fault_set(
			    &call->note, FAULT_INPUT, "%.40s: unknown", name);
	}
	return FAULT_NONE;
}

enum fault
control_answer(struct world *world, struct call *call, int64_t now_ms)
{
	const char *name = call->n > 1 ? call->segments[1] : "";
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (call->n > 2 ||
		    strcmp(routes[i].method, call->method) != 0 ||
		    strcmp(routes[i].name, name) != 0)
			continue;
		if (check_names(call, routes[i].takes) != FAULT_NONE)
			return call_bad(call, world);
		return routes[i].answer(world, call, now_ms);
	}
	return call_error(call, world, 404, -1, "[sandbox] no such route");
}
