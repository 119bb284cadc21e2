/* SPDX-License-Identifier: MIT */
/*
 * Any variables as an address: what is found is safe where it will be put, and
 * the same whatever folder the program is mounted in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "web/fake_io.h"
#include "web/web_route.h"

static const char *
param(const struct web_io *io, const char *name)
{
	const char *value = web_io_param(io, name);

	return value == NULL ? "" : value;
}

/* It goes into a header and into HTML. */
static void
check_base_path(const char *path)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~%/";

	fuzz_must(path[strspn(path, safe)] == '\0');
	fuzz_must(path[0] == '\0' || path[0] == '/');
	fuzz_must(strstr(path, "//") == NULL);
	fuzz_must(strlen(path) < WEB_BASE_PATH_SIZE);
	fuzz_must(path[0] == '\0' || path[strlen(path) - 1] != '/');
}

/* It goes to the file system, below the pages' folder. */
static void
check_static_path(const char *path)
{
	fuzz_must(path[0] != '\0' && path[0] != '/' && path[0] != '.');
	fuzz_must(strstr(path, "/.") == NULL && strstr(path, "//") == NULL);
	fuzz_must(strchr(path, '\\') == NULL);
	fuzz_text(path, WEB_PATH_SIZE - 1);
}

static void
check_found(const struct web_route_found *found, const char *method)
{
	bool is_post = strcmp(method, "POST") == 0;

	check_base_path(found->base_path);
	fuzz_text(found->id, WEB_PATH_SIZE - 1);
	switch (found->route) {
	case WEB_ROUTE_REFUND:
	case WEB_ROUTE_WEBHOOK:
		fuzz_must(is_post);
		break;
	case WEB_ROUTE_STATE:
		fuzz_must(found->id[0] != '\0');
		fuzz_must(!is_post);
		break;
	case WEB_ROUTE_PAYMENT:
	case WEB_ROUTE_HEALTH:
	case WEB_ROUTE_METRICS:
		fuzz_must(!is_post);
		break;
	case WEB_ROUTE_STATIC:
		fuzz_must(!is_post);
		check_static_path(found->path);
		break;
	}
}

/* The same address below a folder more. */
static void
check_mounted(const char *method, const char *uri,
    enum web_route_verdict verdict, const struct web_route_found *found)
{
	struct web_route_found below;
	struct fake_io fake;
	char *text;
	int len;

	len = asprintf(
	    &text, "REQUEST_METHOD=%s\nREQUEST_URI=/m%s\n", method, uri);
	fuzz_must(len > 0);
	fake_io_init(&fake, text, (size_t)len);
	/* One step more may be one too many. */
	if (web_route_find(&fake.io, &below) == WEB_ROUTE_OK) {
		fuzz_must(verdict == WEB_ROUTE_OK);
		fuzz_must(below.route == found->route);
		fuzz_must(strcmp(below.id, found->id) == 0);
	}
	fake_io_deinit(&fake);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct web_route_found found;
	enum web_route_verdict verdict;
	const char *method, *uri;
	static struct fake_io fake;

	fake_io_init(&fake, (const char *)bytes, len);
	method = param(&fake.io, "REQUEST_METHOD");
	uri = param(&fake.io, "REQUEST_URI");
	verdict = web_route_find(&fake.io, &found);
	if (verdict == WEB_ROUTE_OK)
		check_found(&found, method);
	if (verdict != WEB_ROUTE_NOWHERE)
		fuzz_must(strchr(found.allow, 'P') || strchr(found.allow, 'G'));
	if (*param(&fake.io, "PATH_INFO") == '\0' && *uri == '/' &&
	    (uri[1] != '\0' && uri[1] != '?' && uri[1] != '/'))
		check_mounted(method, uri, verdict, &found);
	fake_io_deinit(&fake);
	return 0;
}
