/* SPDX-License-Identifier: MIT */
/*
 * Web_auth: who calls.  Whether they may touch this payment is decided with
 * the payment at hand.
 */
#ifndef WEB_WEB_AUTH_H
#define WEB_WEB_AUTH_H

#include <stdbool.h>

#include "base/ticket.h"
#include "port/clock.h"
#include "port/store.h"
#include "web/web_io.h"
#include "web/web_reply.h"

enum web_auth_mode {
	WEB_AUTH_UNSET, /* refunds are refused and say why */
	WEB_AUTH_NONE,  /* everybody; has to be written out */
	WEB_AUTH_REMOTE_USER,
	WEB_AUTH_TICKET
};

struct web_auth {
	enum web_auth_mode mode;
	/* The CGI variable that carries the name the web server verified. */
	const char *user_param;
	/* WEB_AUTH_TICKET: by which tickets are believed, and when. */
	const struct ticket_secrets *secrets;
	struct clock clock;
	/* Origins a browser may call from, separated by spaces; "" = any
	 * request with an Origin that is not our own host is refused. */
	const char *allowed_origins;
};

enum web_auth_verdict {
	WEB_AUTH_OK,
	WEB_AUTH_NOBODY,  /* 401 */
	WEB_AUTH_ORIGIN,  /* 403: Origin is not allowed */
	WEB_AUTH_REFUSED, /* 401: the variable came twice or is no name */
	WEB_AUTH_BAD,     /* 401: the ticket is not to be believed */
	WEB_AUTH_EXPIRED, /* 401: the ticket was good once */
	WEB_AUTH_OFF      /* 503: mode is unset */
};

/* Who asks, and what for. */
struct web_caller {
	/* "none"; "user:" and the verified name (visible UTF-8, at most 100
	 * bytes); "ticket:" and the order. */
	char name[CALLER_SIZE];
	bool has_ticket;
	struct ticket ticket; /* if it has one */
	/* Of a 401, for WWW-Authenticate (RFC 6750 section 3); or "". */
	char challenge[WEB_CHALLENGE_SIZE];
};

/* web_auth_caller: the principal of a request. */
enum web_auth_verdict web_auth_caller(const struct web_auth *auth,
    const struct web_io *io, struct web_caller *ret_caller);

/*
 * web_auth_check: the same for a request that moves money: an Origin, which
 * only browsers send, has to be our own or one on the list.
 */
enum web_auth_verdict web_auth_check(const struct web_auth *auth,
    const struct web_io *io, struct web_caller *ret_caller);

/*
 * web_auth_share: pages of an Origin on the list may read the answer (the Fetch
 * standard's CORS); of any other Origin echo stays as it is.
 */
void web_auth_share(const struct web_auth *auth, const struct web_io *io,
    struct web_echo *echo);

/*
 * web_auth_may_see: the caller may know of that order.  Whether it exists is
 * not looked at, so the answer tells nobody.
 */
bool web_auth_may_see(
    const struct web_caller *caller, const char *merchant_uid);

#endif
