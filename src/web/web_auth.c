/* SPDX-License-Identifier: MIT */
/*
 * The caller by the web server's word, and browsers by their Origin (RFC 6454;
 * an Origin of "null" is nobody's).  A cookie is never looked at.
 */
#include "web/web_auth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "web/web_fields.h"

#define USER_MAX   100
#define ORIGIN_MAX 300

static bool
is_visible(const char *text, size_t len)
{
	return text_utf8_is_valid(text, len) && strchr(text, ' ') == NULL &&
	    !web_fields_has_control(text, "");
}

static enum web_auth_verdict
remote_user(const char *user_param, const struct web_io *io,
    char ret_caller[static CALLER_SIZE])
{
	const char *user = web_io_param(io, user_param);
	size_t len;

	if (user == NULL || *user == '\0')
		return WEB_AUTH_NOBODY;
	len = strlen(user);
	/* Of two names one may be the caller's own invention. */
	if (web_io_param_count(io, user_param) > 1 || len > USER_MAX ||
	    !is_visible(user, len))
		return WEB_AUTH_REFUSED;
	(void)snprintf(ret_caller, CALLER_SIZE, "user:%s", user);
	return WEB_AUTH_OK;
}

enum web_auth_verdict
web_auth_caller(const struct web_auth *auth, const struct web_io *io,
    char ret_caller[static CALLER_SIZE])
{
	switch (auth->mode) {
	case WEB_AUTH_UNSET:
		break;
	case WEB_AUTH_NONE:
		(void)snprintf(ret_caller, CALLER_SIZE, "none");
		return WEB_AUTH_OK;
	case WEB_AUTH_REMOTE_USER:
		return remote_user(auth->user_param, io, ret_caller);
	}
	return WEB_AUTH_OFF;
}

static bool
is_listed(const char *list, const char *origin)
{
	size_t len = strlen(origin), word;

	for (;;) {
		list += strspn(list, " ");
		word = strcspn(list, " ");
		if (word == 0)
			return false;
		if (word == len && strncasecmp(list, origin, len) == 0)
			return true;
		list += word;
	}
}

/* Whether a Host names a port: a colon not inside [an IPv6 address]. */
static bool
has_port(const char *host)
{
	const char *end = strrchr(host, ']');

	return strchr(end == NULL ? host : end, ':') != NULL;
}

/*
 * The page came from this very host.  Some web servers pass the Host without
 * its port (Debian's nginx does), so the server's own port may stand in.
 */
static bool
is_own(const struct web_io *io, const char *origin)
{
	const char *https = web_io_param(io, "HTTPS");
	const char *host = web_io_param(io, "HTTP_HOST");
	const char *port = web_io_param(io, "SERVER_PORT");
	const char *scheme;
	char own[ORIGIN_MAX];

	if (host == NULL || *host == '\0' ||
	    web_io_param_count(io, "HTTP_HOST") > 1)
		return false;
	scheme =
	    https != NULL && strcasecmp(https, "on") == 0 ? "https" : "http";
	if (snprintf(own, sizeof(own), "%s://%s", scheme, host) >=
	    (int)sizeof(own))
		return false;
	if (strcasecmp(own, origin) == 0)
		return true;
	if (port == NULL || has_port(host) ||
	    snprintf(own, sizeof(own), "%s://%s:%s", scheme, host, port) >=
		(int)sizeof(own))
		return false;
	return strcasecmp(own, origin) == 0;
}

enum web_auth_verdict
web_auth_check(const struct web_auth *auth, const struct web_io *io,
    char ret_caller[static CALLER_SIZE])
{
	const char *origin = web_io_param(io, "HTTP_ORIGIN");

	if (origin != NULL &&
	    (web_io_param_count(io, "HTTP_ORIGIN") > 1 ||
		strcmp(origin, "null") == 0 ||
		(!is_listed(auth->allowed_origins, origin) &&
		    !is_own(io, origin))))
		return WEB_AUTH_ORIGIN;
	return web_auth_caller(auth, io, ret_caller);
}
