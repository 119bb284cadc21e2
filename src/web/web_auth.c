/* SPDX-License-Identifier: MIT */
/*
 * The caller by the web server's word or by the shop's ticket, and browsers by
 * their Origin (RFC 6454; an Origin of "null" is nobody's).  A cookie is never
 * looked at.
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
remote_user(
    const char *user_param, const struct web_io *io, struct web_caller *caller)
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
	(void)snprintf(caller->name, sizeof(caller->name), "user:%s", user);
	return WEB_AUTH_OK;
}

static const struct verdict {
	enum web_auth_verdict means;
	const char *says; /* to the shop's developer */
} verdicts[] = {
	[TICKET_GOOD] = { WEB_AUTH_OK, "" },
	[TICKET_FORGED] = { WEB_AUTH_BAD,
	    "not a JWT signed with HS256 and the shop's secret" },
	[TICKET_UNFIT] = { WEB_AUTH_BAD, "missing or not valid:" },
	[TICKET_EXPIRED] = { WEB_AUTH_EXPIRED, "expired:" },
	[TICKET_EARLY] = { WEB_AUTH_BAD, "not valid yet:" },
	[TICKET_LONG] = { WEB_AUTH_BAD, "more than 15 minutes ahead:" },
};
_Static_assert(sizeof(verdicts) / sizeof(verdicts[0]) == TICKET__COUNT,
    "every verdict on a ticket means something");

/* What follows "Bearer" in an Authorization header; NULL if that is not it. */
static const char *
bearer_of(const struct web_io *io)
{
	const char *value = web_io_param(io, "HTTP_AUTHORIZATION");

	if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	value += 7;
	return value + strspn(value, " ");
}

static enum ticket_verdict
read_ticket(const struct web_auth *auth, const char *token,
    struct ticket *ret_ticket, const char **ret_claim)
{
	struct web_fields_wrong wrong;
	enum ticket_verdict verdict;

	verdict = ticket_read(auth->secrets, token,
	    clock_now_ms(&auth->clock) / 1000, ret_ticket, ret_claim);
	if (verdict != TICKET_GOOD ||
	    web_fields_order(ret_ticket->order, &wrong))
		return verdict;
	*ret_claim = "sub";
	return TICKET_UNFIT;
}

static enum web_auth_verdict
by_ticket(const struct web_auth *auth, const struct web_io *io,
    struct web_caller *caller)
{
	const char *token = bearer_of(io), *claim;
	const struct verdict *verdict;

	(void)snprintf(caller->challenge, sizeof(caller->challenge),
	    "Bearer realm=\"cancelpay\"");
	if (token == NULL)
		return WEB_AUTH_NOBODY;
	if (web_io_param_count(io, "HTTP_AUTHORIZATION") > 1)
		return WEB_AUTH_REFUSED;
	verdict = &verdicts[read_ticket(auth, token, &caller->ticket, &claim)];
	if (verdict->means == WEB_AUTH_OK) {
		caller->has_ticket = true;
		(void)snprintf(caller->name, sizeof(caller->name), "ticket:%s",
		    caller->ticket.order);
	} else {
		(void)snprintf(caller->challenge, sizeof(caller->challenge),
		    "Bearer realm=\"cancelpay\", error=\"invalid_token\", "
		    "error_description=\"%s%s%s\"",
		    verdict->says, claim != NULL ? " " : "",
		    claim != NULL ? claim : "");
	}
	return verdict->means;
}

enum web_auth_verdict
web_auth_caller(const struct web_auth *auth, const struct web_io *io,
    struct web_caller *ret_caller)
{
	*ret_caller = (struct web_caller){ .name = "" };
	switch (auth->mode) {
	case WEB_AUTH_UNSET:
		break;
	case WEB_AUTH_NONE:
		(void)snprintf(
		    ret_caller->name, sizeof(ret_caller->name), "none");
		return WEB_AUTH_OK;
	case WEB_AUTH_REMOTE_USER:
		return remote_user(auth->user_param, io, ret_caller);
	case WEB_AUTH_TICKET:
		return by_ticket(auth, io, ret_caller);
	}
	return WEB_AUTH_OFF;
}

bool
web_auth_may_see(const struct web_caller *caller, const char *merchant_uid)
{
	return !caller->has_ticket ||
	    strcmp(caller->ticket.order, merchant_uid) == 0;
}

/* The Origin as the list has it; NULL: it has not. */
static const char *
find_listed(const char *list, const char *origin)
{
	size_t len = strlen(origin), word;

	for (;;) {
		list += strspn(list, " ");
		word = strcspn(list, " ");
		if (word == 0)
			return NULL;
		if (word == len && strncasecmp(list, origin, len) == 0)
			return list;
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
    struct web_caller *ret_caller)
{
	const char *origin = web_io_param(io, "HTTP_ORIGIN");

	if (origin != NULL &&
	    (web_io_param_count(io, "HTTP_ORIGIN") > 1 ||
		strcmp(origin, "null") == 0 ||
		(find_listed(auth->allowed_origins, origin) == NULL &&
		    !is_own(io, origin))))
		return WEB_AUTH_ORIGIN;
	return web_auth_caller(auth, io, ret_caller);
}

void
web_auth_share(
    const struct web_auth *auth, const struct web_io *io, struct web_echo *echo)
{
	const char *origin = web_io_param(io, "HTTP_ORIGIN");

	if (origin != NULL && web_io_param_count(io, "HTTP_ORIGIN") == 1) {
		echo->origin = find_listed(auth->allowed_origins, origin);
		echo->origin_len = (int)strlen(origin);
	}
}
