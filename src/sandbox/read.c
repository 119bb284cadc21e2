/* SPDX-License-Identifier: MIT */
/*
 * Lists are collected as pointers, sorted, then cut to the page asked for.
 * Source: doc/provider-v1.md "Reading".
 */
#include "sandbox/read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     1000
#define MANY_MAX      100
#define WINDOW_S      (INT64_C(90) * 86400)
#define UNIX_S_MAX    INT64_C(253402300799)

/* Observed, code and text. */
#define NOT_FOUND  "존재하지 않는 결제정보입니다."
#define BAD_STATUS "지원되지 않는 상태값입니다."
/* Weakly observed; the code is inferred. */
#define BAD_SORTING "지원되지 않는 정렬규칙입니다."
#define BAD_WINDOW  "유효하지 않은 검색기간입니다."
#define LONG_WINDOW "최대 90일간 검색이 가능합니다"
/* Invented. */
#define BAD_MANY "[sandbox] more than 100 ids (invented text)"
#define BAD_PAGE "[sandbox] page: beyond the last one (invented text)"

enum sort_key {
	SORT_STARTED,
	SORT_PAID,
	SORT_UPDATED
};

struct list_wish {
	const struct payment_json_view *view;
	bool has_status;
	enum payment_status status;
	enum sort_key key;
	bool is_rising;
	long long page;
	long long limit;
	long long from; /* UNIX seconds, both included */
	long long to;
};

struct list_item {
	int64_t value; /* what is sorted by, negative if falling */
	int64_t place; /* in the order of making, the same way */
	const struct book_payment *payment;
};

struct list {
	struct list_item *items;
	size_t n;
	size_t room;
};

static enum fault
not_found(struct world *world, struct call *call)
{
	return call_error(call, world, 404, -1, NOT_FOUND);
}

/*
 * A payment of a test channel is shown by this route only when asked for (since
 * 2026-01-26).
 */
enum fault
read_one(struct world *world, struct call *call,
    const struct payment_json_view *view)
{
	const char *include = params_get(&call->params, "include_sandbox");
	const struct book_payment *payment =
	    book_find(world->book, call->segments[1]);

	if (payment == NULL ||
	    (!view->is_live &&
		(include == NULL ||
		    (strcasecmp(include, "true") != 0 &&
			strcmp(include, "1") != 0))))
		return not_found(world, call);
	return call_payment(call, world, payment, view);
}

/* The list that a query's name asks for; *ret_payment is NULL if unknown. */
static bool
ask(const struct world *world, const struct params_item *item,
    const struct book_payment **ret_payment)
{
	if (strncmp(item->name, "imp_uid[", 8) == 0)
		*ret_payment = book_find(world->book, item->text);
	else if (strncmp(item->name, "merchant_uid[", 13) == 0)
		*ret_payment = book_find_order(world->book, item->text);
	else
		return false;
	return true;
}

/*
 * In the order asked for: what is found.  That 207 counts ids not found, of
 * either kind, is inferred; so is 404 for no id at all.
 */
enum fault
read_many(struct world *world, struct call *call,
    const struct payment_json_view *view)
{
	size_t i, asked = 0, found = 0;
	const struct book_payment *payment;
	struct render render;

	call_render(call, world, 200, &render);
	render_raw(&render, "{\"code\":0,\"message\":null,\"response\":[");
	for (i = 0; i < call->params.n; i++) {
		if (!ask(world, &call->params.items[i], &payment))
			continue;
		asked++;
		if (payment == NULL)
			continue;
		if (found++ > 0)
			render_raw(&render, ",");
		payment_json(&render, payment, view);
	}
	render_raw(&render, "]}");
	if (asked > MANY_MAX)
		return call_error(call, world, 400, -1, BAD_MANY);
	if (found == 0)
		return not_found(world, call);
	call->status = found < asked ? 207 : 200;
	return render.fault;
}

static bool
parse_sorting(const char *text, struct list_wish *wish)
{
	static const char *const names[] = { "started", "paid", "updated" };
	int i;

	wish->is_rising = text != NULL && text[0] != '-';
	wish->key = SORT_STARTED;
	if (text == NULL)
		return true;
	for (i = 0; i < 3; i++) {
		if (strcmp(names[i], text + (text[0] == '-')) == 0) {
			wish->key = (enum sort_key)i;
			return true;
		}
	}
	return false;
}

/* A status at the end of the path, or none. */
static bool
parse_status(const struct call *call, struct list_wish *wish)
{
	wish->has_status = call->n == 4;
	return call->n < 4 ||
	    payment_status_find(call->segments[3], &wish->status);
}

static int64_t
sort_value(const struct book_payment *payment, enum sort_key key)
{
	switch (key) {
	case SORT_STARTED:
		return book_started_at(payment);
	case SORT_PAID:
		return payment->is.paid_at;
	case SORT_UPDATED:
		return book_changed_ms(payment);
	}
	return 0;
}

static int
compare(const void *left, const void *right)
{
	const struct list_item *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static void
sort(struct list *list)
{
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), compare);
}

static enum fault
list_add(struct list *list, const struct book_payment *payment, int64_t place,
    const struct list_wish *wish, struct fault_note *note)
{
	size_t room = list->room == 0 ? 16 : list->room * 2;
	int64_t value = sort_value(payment, wish->key);
	struct list_item *items = list->items;

	if (list->n == list->room) {
		items = reallocarray(items, room, sizeof(*items));
		if (items == NULL)
			return fault_set(note, FAULT_NOMEM, "list: no memory");
		list->items = items;
		list->room = room;
	}
	items[list->n++] = (struct list_item){
		wish->is_rising ? value : -value,
		wish->is_rising ? place : -place,
		payment,
	};
	return FAULT_NONE;
}

/* As the view shows it. */
static bool
has_status(const struct book_payment *payment, const struct list_wish *wish)
{
	return !wish->has_status ||
	    book_status(payment, payment_json_n(payment, wish->view)) ==
	    wish->status;
}

/* The payments of one order. */
static enum fault
collect_order(struct world *world, struct call *call,
    const struct list_wish *wish, struct list *list)
{
	const struct book_payment *payment =
	    book_find_order(world->book, call->segments[2]);
	enum fault f = FAULT_NONE;
	int64_t place = 0; /* the newest comes first */

	for (; payment != NULL && f == FAULT_NONE; payment = payment->next) {
		if (has_status(payment, wish))
			f = list_add(list, payment, --place, wish, &call->note);
	}
	sort(list);
	return f;
}

enum fault
read_find(struct world *world, struct call *call,
    const struct payment_json_view *view)
{
	struct list_wish wish = { .view = view };
	struct list list = { 0 };
	enum fault f;

	if (!parse_status(call, &wish))
		return call_error(call, world, 400, -1, BAD_STATUS);
	if (!parse_sorting(params_get(&call->params, "sorting"), &wish))
		return call_error(call, world, 400, -1, BAD_SORTING);
	/* Documented: with a status, the newest of that status. */
	if (wish.has_status) {
		wish.key = SORT_STARTED;
		wish.is_rising = false;
	}
	f = collect_order(world, call, &wish, &list);
	if (f == FAULT_NONE)
		f = list.n == 0
		    ? not_found(world, call)
		    : call_payment(call, world, list.items[0].payment, view);
	free(list.items);
	return f;
}

/*
 * Page and limit; FAULT_INPUT with a note.  A limit above the maximum is
 * refused rather than cut, which nothing documents.
 */
static enum fault
read_paging(struct call *call, struct list_wish *wish)
{
	enum fault f;

	wish->page = 1;
	wish->limit = LIMIT_DEFAULT;
	f = params_integer(
	    &call->params, "page", 1, INT32_MAX, &wish->page, &call->note);
	if (f == FAULT_NONE)
		f = params_integer(&call->params, "limit", 1, LIMIT_MAX,
		    &wish->limit, &call->note);
	return f;
}

static void
put_list(struct render *render, const struct list *list, size_t from, size_t to,
    const struct payment_json_view *view)
{
	size_t i;

	render_name(render, "list");
	render_raw(render, "[");
	for (i = from; i < to; i++) {
		if (i > from)
			render_raw(render, ",");
		payment_json(render, list->items[i].payment, view);
	}
	render_raw(render, "]");
}

static enum fault
show_page(struct world *world, struct call *call, const struct list *list,
    const struct list_wish *wish, const struct payment_json_view *view)
{
	size_t from = (size_t)((wish->page - 1) * wish->limit);
	size_t to = from + (size_t)wish->limit;
	struct render render;

	if (from >= list->n && wish->page > 1)
		return call_error(call, world, 400, -1, BAD_PAGE);
	if (to > list->n)
		to = list->n;
	call_render(call, world, 200, &render);
	render_raw(&render, "{\"code\":0,\"message\":null,\"response\":{");
	put_list(&render, list, from, to, view);
	render_member_integer(
	    &render, "next", to < list->n ? wish->page + 1 : 0);
	render_member_integer(&render, "previous", wish->page - 1);
	render_member_integer(&render, "total", (int64_t)list->n);
	render_raw(&render, "}}");
	return render.fault;
}

enum fault
read_find_all(struct world *world, struct call *call,
    const struct payment_json_view *view)
{
	struct list_wish wish = { .view = view };
	struct list list = { 0 };
	enum fault f;

	if (!parse_status(call, &wish))
		return call_error(call, world, 400, -1, BAD_STATUS);
	if (!parse_sorting(params_get(&call->params, "sorting"), &wish))
		return call_error(call, world, 400, -1, BAD_SORTING);
	if (read_paging(call, &wish) != FAULT_NONE)
		return call_bad(call, world);
	f = collect_order(world, call, &wish, &list);
	if (f == FAULT_NONE)
		f = list.n == 0 ? not_found(world, call)
				: show_page(world, call, &list, &wish, view);
	free(list.items);
	return f;
}

/* The time that counts depends on what became of the payment. */
static int64_t
status_time(const struct book_payment *payment)
{
	if (book_status(payment, payment->n) == PAYMENT_READY)
		return book_started_at(payment);
	return book_changed_ms(payment) / 1000;
}

static enum fault
collect_status(struct world *world, struct call *call,
    const struct list_wish *wish, struct list *list)
{
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < book_n(world->book) && f == FAULT_NONE; i++) {
		const struct book_payment *payment = book_at(world->book, i);
		int64_t at = status_time(payment);

		if (has_status(payment, wish) && at >= wish->from &&
		    at <= wish->to)
			f = list_add(
			    list, payment, (int64_t)i, wish, &call->note);
	}
	sort(list);
	return f;
}

/* NULL if the window is a good one, else what is wrong with it. */
static const char *
read_window(struct call *call, struct list_wish *wish, int64_t now_s)
{
	wish->to = now_s;
	if (params_integer(&call->params, "to", 0, UNIX_S_MAX, &wish->to,
		&call->note) != FAULT_NONE)
		return BAD_WINDOW;
	wish->from = wish->to > WINDOW_S ? wish->to - WINDOW_S : 0;
	if (params_integer(&call->params, "from", 0, UNIX_S_MAX, &wish->from,
		&call->note) != FAULT_NONE ||
	    wish->from > wish->to)
		return BAD_WINDOW;
	return wish->to - wish->from > WINDOW_S ? LONG_WINDOW : NULL;
}

enum fault
read_status(struct world *world, struct call *call,
    const struct payment_json_view *view, int64_t now_s)
{
	const char *status = call->segments[2], *bad;
	struct list_wish wish = { .view = view };
	struct list list = { 0 };
	enum fault f;

	wish.has_status = strcmp(status, "all") != 0;
	if (wish.has_status && !payment_status_find(status, &wish.status))
		return call_error(call, world, 400, -1, BAD_STATUS);
	if (!parse_sorting(params_get(&call->params, "sorting"), &wish))
		return call_error(call, world, 400, -1, BAD_SORTING);
	bad = read_window(call, &wish, now_s);
	if (bad != NULL)
		return call_error(call, world, 400, -1, bad);
	if (read_paging(call, &wish) != FAULT_NONE)
		return call_bad(call, world);
	f = collect_status(world, call, &wish, &list);
	if (f == FAULT_NONE)
		f = show_page(world, call, &list, &wish, view);
	free(list.items);
	return f;
}
