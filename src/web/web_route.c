/* SPDX-License-Identifier: MIT */
/*
 * Paths as lists of decoded steps.  The path is PATH_INFO where the web server
 * splits it off; else the address as it was asked for, which alone still tells
 * %2F from a slash; else what the server made of it.
 */
#include "web/web_route.h"

#include <string.h>

#include "base/text.h"

#define STEPS_MAX 32

struct steps {
	char bytes[1024]; /* decoded, each ends in a NUL */
	size_t len;
	const char *at[STEPS_MAX];
	size_t n;
	bool ends_in_slash;
};

enum method {
	METHOD_GET,
	METHOD_POST,
	METHOD_OTHER
};

/* Adds the steps of a path; doubled slashes count as one. */
static bool
steps_add(struct steps *steps, const char *path, size_t len, bool is_encoded)
{
	const char *end = path + len, *next;
	char *room;
	size_t size;

	steps->ends_in_slash = len > 0 && end[-1] == '/';
	for (; path < end; path = next + 1) {
		next = memchr(path, '/', (size_t)(end - path));
		if (next == NULL)
			next = end;
		if (next == path)
			continue;
		room = steps->bytes + steps->len;
		size = sizeof(steps->bytes) - steps->len;
		len = (size_t)(next - path);
		if (steps->n == STEPS_MAX || len >= size)
			return false;
		memcpy(room, path, len);
		room[len] = '\0';
		if (is_encoded ? !text_url_decode(path, len, false, room, size)
			       : !text_utf8_is_valid(room, len))
			return false;
		steps->at[steps->n++] = room;
		steps->len += strlen(room) + 1;
	}
	return true;
}

static const char *
param_or_empty(const struct web_io *io, const char *name)
{
	const char *value = web_io_param(io, name);

	return value == NULL ? "" : value;
}

/*
 * The steps of the request's path.  *ret_base is where the web server says we
 * are mounted, NULL when the path holds that too.
 */
static bool
read_path(
    const struct web_io *io, struct steps *ret_path, const char **ret_base)
{
	const char *path = param_or_empty(io, "PATH_INFO");

	*ret_base = NULL;
	if (*path != '\0') {
		*ret_base = param_or_empty(io, "SCRIPT_NAME");
		return steps_add(ret_path, path, strlen(path), false);
	}
	path = param_or_empty(io, "REQUEST_URI");
	if (*path == '/')
		return steps_add(ret_path, path, strcspn(path, "?"), true);
	path = param_or_empty(io, "DOCUMENT_URI");
	if (*path != '/')
		path = param_or_empty(io, "SCRIPT_NAME");
	return steps_add(ret_path, path, strlen(path), false);
}

static enum method
method_of(const struct web_io *io)
{
	const char *method = param_or_empty(io, "REQUEST_METHOD");

	if (strcmp(method, "POST") == 0)
		return METHOD_POST;
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		return METHOD_GET;
	return METHOD_OTHER;
}

static bool
ends_in(const struct steps *path, const char *folder, const char *name)
{
	return path->n >= 2 && strcmp(path->at[path->n - 2], folder) == 0 &&
	    (name == NULL || strcmp(path->at[path->n - 1], name) == 0);
}

static bool
is_last(const struct steps *path, const char *name)
{
	return path->n >= 1 && strcmp(path->at[path->n - 1], name) == 0;
}

/*
 * The path may be the program's own: nothing comes after its mount point, or
 * nothing says where that ends and the name is not a page's.
 */
static bool
is_bare(const struct steps *path, const char *base)
{
	const char *dot;

	if (path->n == 0)
		return true;
	if (base != NULL)
		return false;
	dot = strrchr(path->at[path->n - 1], '.');
	return dot == NULL || strcmp(dot, ".cgi") == 0 ||
	    strcmp(dot, ".fcgi") == 0;
}

static bool
copy(char *ret, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(ret, text, len + 1);
	return true;
}

/* The file's path below the pages' folder, "" when it can't be one. */
static void
set_static_path(
    const struct steps *path, bool is_folder, char ret[static WEB_PATH_SIZE])
{
	size_t len = 0, i;

	for (i = 0; i < path->n; i++) {
		if (path->at[i][0] == '.' || strpbrk(path->at[i], "/\\") ||
		    !copy(ret + len, WEB_PATH_SIZE - len, path->at[i])) {
			ret[0] = '\0';
			return;
		}
		len += strlen(path->at[i]);
		if (i + 1 < path->n || is_folder) {
			if (!copy(ret + len, WEB_PATH_SIZE - len, "/")) {
				ret[0] = '\0';
				return;
			}
			len++;
		}
	}
	if (is_folder && !copy(ret + len, WEB_PATH_SIZE - len, "index.html"))
		ret[0] = '\0';
}

/* The first n steps, encoded anew, so that nothing odd gets into a header. */
static enum fault
add_steps(struct buf *base, const struct steps *steps, size_t n)
{
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < n && f == FAULT_NONE; i++) {
		f = buf_add_text(base, "/", NULL);
		if (f == FAULT_NONE)
			f = text_url(base, steps->at[i], NULL);
	}
	return f;
}

static void
set_base_path(const struct steps *path, size_t route_steps, const char *mounted,
    char ret[static WEB_BASE_PATH_SIZE])
{
	struct steps mount = { .n = 0 };
	struct buf base;

	ret[0] = '\0';
	buf_init(&base, WEB_BASE_PATH_SIZE - 1);
	if ((mounted == NULL ||
		steps_add(&mount, mounted, strlen(mounted), false)) &&
	    add_steps(&base, &mount, mount.n) == FAULT_NONE &&
	    add_steps(&base, path, path->n - route_steps) == FAULT_NONE)
		(void)copy(ret, WEB_BASE_PATH_SIZE, buf_bytes(&base));
	buf_deinit(&base);
}

/* GET: *ret_steps of the path's end are the route. */
static bool
find_get(const struct steps *path, const char *base,
    struct web_route_found *ret, size_t *ret_steps)
{
	const char *last = path->n > 0 ? path->at[path->n - 1] : "";

	if (ends_in(path, "payments", NULL) || ends_in(path, "refunds", NULL)) {
		ret->route = ends_in(path, "payments", NULL) ? WEB_ROUTE_PAYMENT
							     : WEB_ROUTE_STATE;
		*ret_steps = 2;
		return copy(ret->id, sizeof(ret->id), last);
	}
	*ret_steps = 1;
	if (is_last(path, "payments") && !path->ends_in_slash) {
		ret->route = WEB_ROUTE_PAYMENT;
		return true;
	}
	if (is_last(path, "healthz")) {
		ret->route = WEB_ROUTE_HEALTH;
		return true;
	}
	if (is_last(path, "metrics")) {
		ret->route = WEB_ROUTE_METRICS;
		return true;
	}
	*ret_steps = 0;
	ret->route = WEB_ROUTE_STATIC;
	ret->lacks_slash = !path->ends_in_slash && is_bare(path, base);
	set_static_path(
	    path, path->ends_in_slash || ret->lacks_slash, ret->path);
	return ret->path[0] != '\0';
}

/* POST: false when only GET makes sense there. */
static bool
find_post(const struct steps *path, const char *base,
    struct web_route_found *ret, size_t *ret_steps)
{
	*ret_steps = 2;
	ret->route = WEB_ROUTE_WEBHOOK;
	if (ends_in(path, "payments", "webhook"))
		return true;
	ret->route = WEB_ROUTE_REFUND;
	if (ends_in(path, "payments", "cancel"))
		return true;
	*ret_steps = 0;
	return is_bare(path, base) && !ends_in(path, "payments", NULL) &&
	    !ends_in(path, "refunds", NULL) && !is_last(path, "payments") &&
	    !is_last(path, "healthz") && !is_last(path, "metrics");
}

/* Only the program's own URL, of no steps, is a page as well as a refund. */
static const char *
allowed(bool takes_post, size_t route_steps)
{
	if (!takes_post)
		return "GET, HEAD";
	return route_steps > 0 ? "POST" : "GET, HEAD, POST";
}

static bool
is_allowed(enum method method, bool takes_post, size_t route_steps)
{
	switch (method) {
	case METHOD_POST:
		return takes_post;
	case METHOD_GET:
		return !takes_post || route_steps == 0;
	case METHOD_OTHER:
		break;
	}
	return false;
}

enum web_route_verdict
web_route_find(const struct web_io *io, struct web_route_found *ret)
{
	struct steps path = { .n = 0 };
	enum method method = method_of(io);
	const char *base;
	size_t route_steps;
	bool takes_post;

	*ret = (struct web_route_found){ .route = WEB_ROUTE_STATIC };
	if (!read_path(io, &path, &base))
		return WEB_ROUTE_NOWHERE;
	takes_post = find_post(&path, base, ret, &route_steps);
	ret->allow = allowed(takes_post, route_steps);
	if (!is_allowed(method, takes_post, route_steps))
		return WEB_ROUTE_NOT_METHOD;
	if (method == METHOD_GET && !find_get(&path, base, ret, &route_steps))
		return WEB_ROUTE_NOWHERE;
	set_base_path(&path, route_steps, base, ret->base_path);
	return WEB_ROUTE_OK;
}
