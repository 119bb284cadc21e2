/* SPDX-License-Identifier: MIT */
/*
 * Web_route: what a request's address means.  Routes are found by the end of
 * the path, so the program may be mounted anywhere.
 */
#ifndef WEB_WEB_ROUTE_H
#define WEB_WEB_ROUTE_H

#include "web/web_io.h"

enum web_route {
	WEB_ROUTE_REFUND, /* POST /payments/cancel, or a bare POST */
	/* GET /payments/{merchant_uid}, or ?merchant_uid= for those with a
	 * slash and for "cancel" and "webhook", which are routes. */
	WEB_ROUTE_PAYMENT,
	WEB_ROUTE_STATE,   /* GET /refunds/{id} */
	WEB_ROUTE_WEBHOOK, /* POST /payments/webhook */
	WEB_ROUTE_HEALTH,  /* GET /healthz */
	WEB_ROUTE_METRICS, /* GET /metrics */
	WEB_ROUTE_STATIC   /* GET of a page or what it needs */
};

enum web_route_verdict {
	WEB_ROUTE_OK,
	WEB_ROUTE_NOWHERE,   /* 404: no path of ours could look like that */
	WEB_ROUTE_NOT_METHOD /* 405: allow says which ones */
};

#define WEB_BASE_PATH_SIZE 128
#define WEB_PATH_SIZE      256

struct web_route_found {
	enum web_route route;
	const char *allow;        /* "GET, HEAD", const text */
	char id[WEB_PATH_SIZE];   /* decoded; PAYMENT ("" = see query), STATE */
	char path[WEB_PATH_SIZE]; /* STATIC: "index.html", no ".." */
	/* What comes before the route as the caller sees it, "" or "/shop";
	 * safe in a header and in HTML. */
	char base_path[WEB_BASE_PATH_SIZE];
	/* STATIC: the program's own URL without a slash at its end, so that a
	 * browser would look for what is below it beside it. */
	bool lacks_slash;
};

/* web_route_find: *ret is filled for all verdicts but NOWHERE. */
enum web_route_verdict web_route_find(
    const struct web_io *io, struct web_route_found *ret);

#endif
