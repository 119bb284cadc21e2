/* SPDX-License-Identifier: MIT */
/*
 * Taking a request to pieces and starting answers.
 */
#include "sandbox/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
call_init(struct call *call)
{
	*call = (struct call){ .route = ROUTE__COUNT };
	params_init(&call->params);
	buf_init(&call->answer, CALL_ANSWER_MAX);
}

void
call_deinit(struct call *call)
{
	while (call->n > 0)
		free(call->segments[--call->n]);
	params_deinit(&call->params);
	buf_deinit(&call->answer);
}

/* Empty segments fall away, and with them slashes at the end. */
static enum fault
read_path(struct call *call, size_t len)
{
	const char *p = call->uri, *end = call->uri + len;
	enum fault f;

	while (p < end) {
		size_t n = strcspn(p, "/");

		if (n > (size_t)(end - p))
			n = (size_t)(end - p);
		if (n > 0 && call->n == CALL_SEGMENTS)
			return fault_set(
			    &call->note, FAULT_INPUT, "path: too deep");
		if (n > 0) {
			f = params_decode(
			    p, n, false, &call->segments[call->n], &call->note);
			if (f != FAULT_NONE)
				return f;
			call->n++;
		}
		p += n + 1;
	}
	return FAULT_NONE;
}

/* "application/json; charset=UTF-8" is application/json. */
static bool
is_type(const char *type, const char *wanted)
{
	size_t len = strlen(wanted);

	return strncasecmp(type, wanted, len) == 0 &&
	    (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/*
 * A body is JSON if its type says so, or if there is no type; i'mport's
 * documents know only forms beside.
 */
static enum fault
read_body(struct call *call)
{
	const char *type = call->content_type;

	if (call->len == 0)
		return FAULT_NONE;
	if (type == NULL || is_type(type, "application/json"))
		return params_json(
		    &call->params, call->body, call->len, &call->note);
	if (is_type(type, "application/x-www-form-urlencoded"))
		return params_form(
		    &call->params, call->body, call->len, &call->note);
	return fault_set(
	    &call->note, FAULT_INPUT, "Content-Type: neither JSON nor a form");
}

enum fault
call_read(struct call *call)
{
	size_t len = strcspn(call->uri, "?");
	const char *query = call->uri + len;
	enum fault f = read_path(call, len);

	if (f == FAULT_NONE && *query == '?')
		f = params_form(
		    &call->params, query + 1, strlen(query + 1), &call->note);
	if (f == FAULT_NONE)
		f = read_body(call);
	return f;
}

void
call_render(struct call *call, const struct world *world, unsigned status,
    struct render *ret_render)
{
	buf_clear(&call->answer);
	call->status = status;
	call->type = CALL_TYPE_JSON;
	render_init(
	    ret_render, &call->answer, world->options.utf8, &call->note);
}

enum fault
call_error(struct call *call, const struct world *world, unsigned status,
    int code, const char *message)
{
	struct render render;

	call_render(call, world, status, &render);
	render_error(&render, code, message);
	return render.fault;
}

enum fault
call_payment(struct call *call, const struct world *world,
    const struct book_payment *payment, const struct payment_json_view *view)
{
	struct render render;

	call_render(call, world, 200, &render);
	render_raw(&render, "{\"code\":0,\"message\":null,\"response\":");
	payment_json(&render, payment, view);
	render_raw(&render, "}");
	return render.fault;
}

enum fault
call_bad(struct call *call, const struct world *world)
{
	char text[sizeof(call->note.text) + 16];

	(void)snprintf(text, sizeof(text), "[sandbox] %s", call->note.text);
	return call_error(call, world, 400, -1, text);
}
