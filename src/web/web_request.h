/* SPDX-License-Identifier: MIT */
/*
 * Web_request: bytes to a request: its route, and for a refund every field
 * checked for form.  What is wrong is refused by name, never repaired.
 */
#ifndef WEB_WEB_REQUEST_H
#define WEB_WEB_REQUEST_H

#include <stdbool.h>

#include "app/request.h"
#include "port/chance.h"
#include "port/limits.h"
#include "web/web_auth.h"
#include "web/web_io.h"
#include "web/web_reply.h"
#include "web/web_route.h"

/* Set once in main, const afterwards. */
struct web {
	struct web_auth auth;
	struct limits limits;
	/* Who may send webhooks: base/address.h; "" = everybody. */
	const char *webhook_addresses;
	const char *static_dir; /* "" = no pages */
	/* The key of request fingerprints: kept outside the database. */
	unsigned char fingerprint_key[32];
	struct chance chance; /* of request ids */
};

struct web_request {
	enum web_route route;
	bool is_head;
	struct web_echo echo; /* for the answer, the log and the trail */
	char language[3];     /* "ko" or "en", by Accept-Language */
	bool lacks_slash;     /* WEB_ROUTE_STATIC: see web_route.h */
	char base_path[WEB_BASE_PATH_SIZE]; /* what comes before the route: "",
					       "/shop" */
	char merchant_uid[MERCHANT_UID_SIZE]; /* WEB_ROUTE_PAYMENT */
	char refund_id[REFUND_ID_SIZE];       /* WEB_ROUTE_STATE */
	char imp_uid[IMP_UID_SIZE];           /* WEB_ROUTE_WEBHOOK */
	char path[WEB_PATH_SIZE]; /* WEB_ROUTE_STATIC: "index.html", no ".." */
	struct refund_request refund; /* WEB_ROUTE_REFUND */
	/* Of a refund that was refused here: what the trail is to be told;
	 * verdict "" = nothing. */
	struct trail_entry refused;
};

/*
 * web_request_read: reads the whole request from io.  True: *ret is filled and
 * the caller is authorised for its route.  False: *ret_reply, initialised by
 * the caller, is the refusal (its status 0 when the connection broke and
 * nobody listens), and of *ret route, echo and refused say what it was.
 * *ret_reply knows in both cases if it answers a HEAD.
 * A refund holds an account number: the caller wipes *ret when done with it.
 */
bool web_request_read(const struct web *web, struct web_io *io,
    struct web_request *ret, struct web_reply *ret_reply);

#endif
