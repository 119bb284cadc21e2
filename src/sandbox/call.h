/* SPDX-License-Identifier: MIT */
/*
 * Call: one HTTP request and the answer being made to it, free of any HTTP
 * library.  api.c routes it; read.c, refund.c and control.c answer it; effect.c
 * spoils it.
 */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include <stdint.h>

#include "base/buf.h"
#include "core/fault.h"
#include "sandbox/world.h"
#include "sandbox/params.h"
#include "sandbox/payment_json.h"
#include "sandbox/render.h"
#include "sandbox/route.h"

#define CALL_BODY_MAX   (1U << 20)
#define CALL_ANSWER_MAX (1U << 26)
#define CALL_SEGMENTS   5

#define CALL_TYPE_JSON "application/json; charset=UTF-8"
#define CALL_TYPE_HTML "text/html; charset=UTF-8"
#define CALL_TYPE_CSS  "text/css; charset=UTF-8"
#define CALL_TYPE_JS   "text/javascript; charset=UTF-8"

/* How the answer leaves. */
enum call_end {
	CALL_WHOLE,
	CALL_HALF,  /* a Content-Length that half the body never fills */
	CALL_LONG,  /* a body twice as long as its Content-Length */
	CALL_DRIP,  /* a byte every drip_ms */
	CALL_DROP,  /* the connection is closed without a byte */
	CALL_RESET, /* the same by RST */
	CALL_HANG   /* nothing, until the caller leaves */
};

struct call {
	/* The request; all borrowed, NULL if there was none. */
	const char *method;
	const char *uri; /* as it came: path and query, not decoded */
	const char *authorization;
	const char *content_type;
	const char *body;
	size_t len;
	/* What was read from it. */
	char *segments[CALL_SEGMENTS]; /* of the path, decoded */
	size_t n;
	struct params params; /* query, then body */
	enum route route;     /* ROUTE__COUNT for /sandbox/ and the unknown */
	/* The answer. */
	unsigned status; /* HTTP */
	const char *type;
	enum call_end end;
	int64_t delay_ms;
	int64_t drip_ms;
	const char *header; /* one more, and its value; or NULL */
	const char *value;
	struct buf answer;
	struct fault_note note;
};

void call_init(struct call *call);
void call_deinit(struct call *call);

/* call_read: segments and params.  FAULT_INPUT says in the note what is bad. */
enum fault call_read(struct call *call) MUST_CHECK;

/*
 * call_render: start the answer over, as JSON with this status, in the
 * escapes the world was told to use.
 */
void call_render(struct call *call, const struct world *world, unsigned status,
    struct render *ret_render);

/* call_error: a whole answer in the API's shape. */
enum fault call_error(struct call *call, const struct world *world,
    unsigned status, int code, const char *message) MUST_CHECK;

/* call_payment: code 0 with a payment. */
enum fault call_payment(struct call *call, const struct world *world,
    const struct book_payment *payment,
    const struct payment_json_view *view) MUST_CHECK;

/* call_bad: 400 with the note's text, marked as ours. */
enum fault call_bad(struct call *call, const struct world *world) MUST_CHECK;

#endif
