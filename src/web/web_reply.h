/* SPDX-License-Identifier: MIT */
/*
 * Web_reply: what a result is in HTTP: status, headers and JSON, in Korean or
 * English.  The words are web_text's and web_detail's.
 */
#ifndef WEB_WEB_REPLY_H
#define WEB_WEB_REPLY_H

#include <stdbool.h>

#include "app/result.h"
#include "app/view.h"
#include "base/buf.h"
#include "core/fault.h"
#include "port/store.h"

struct web_text;

/* Longest text of a challenge, with its NUL. */
#define WEB_CHALLENGE_SIZE 160

/* Refusals that never reach the app: form, method, caller, load. */
enum web_refusal {
	WEB_MALFORMED_REQUEST,  /* 400 */
	WEB_INVALID_FIELD,      /* 400, names the field and what it wants */
	WEB_UNAUTHORIZED,       /* 401 */
	WEB_TICKET_EXPIRED,     /* 401 */
	WEB_FORBIDDEN,          /* 403: Origin */
	WEB_NOT_YOURS,          /* 403: another order than the ticket's */
	WEB_ADDRESS,            /* 403: a webhook's sender */
	WEB_NOT_FOUND,          /* 404: no such route or file */
	WEB_REFUND_NOT_FOUND,   /* 404 */
	WEB_PAYMENT_NOT_FOUND,  /* 404 */
	WEB_METHOD_NOT_ALLOWED, /* 405 with Allow */
	WEB_LENGTH_REQUIRED,    /* 411 */
	WEB_BODY_LARGE,         /* 413 */
	WEB_NOT_JSON,           /* 415 */
	WEB_RATE_LIMITED,       /* 429; web_reply_wait says how long */
	WEB_NOT_CONFIGURED,     /* 503: no [auth] mode, refunds are off */
	WEB_OVERLOADED,         /* 503 + Retry-After: max_in_flight */
	WEB_DATABASE_BUSY,      /* 503 + Retry-After */
	WEB_FAULT,              /* 500 */
	WEB_REFUSAL__COUNT
};

/* What every answer says of its request. */
struct web_echo {
	char request_id[REFUND_ID_SIZE]; /* X-Request-Id; "" = none */
	/* The Origin whose pages may read the answer, in the configuration;
	 * NULL = none. */
	const char *origin;
	int origin_len;
};

/* Static parts of the headers are const text; only what varies is copied. */
struct web_reply {
	int status;
	const char *content_type; /* NULL = no body */
	char location[160];       /* "" = none */
	int retry_after_s;        /* 0 = none */
	const char *allow;        /* NULL = none */
	struct web_echo echo;
	bool is_preflight; /* tells that Origin what it may send */
	char challenge[WEB_CHALLENGE_SIZE]; /* WWW-Authenticate; "" = none */
	bool is_replayed;                   /* Idempotency-Replayed: true */
	bool is_cacheable; /* a static file: etag; else no-store */
	char etag[48];     /* "" = none */
	bool is_gzip;      /* the body is, and was so on disk */
	bool is_head;      /* headers only */
	struct buf body;
};

/*
 * web_reply_init: an empty reply, as every function below wants it.
 * web_reply_deinit: may be repeated.
 */
void web_reply_init(struct web_reply *reply);
void web_reply_deinit(struct web_reply *reply);

/*
 * web_reply_result: the answer to a refund.  base_path is where the program is
 * mounted ("" or "/shop"), for Location.  language is "ko" or "en".
 */
enum fault MUST_CHECK web_reply_result(const struct refund_result *result,
    const char *base_path, const char *language, struct web_reply *ret,
    struct fault_note *note);

/* web_reply_code: a result in one word; fits struct app.code_name. */
const char *web_reply_code(enum result_code code);

/* web_reply_answer: the same as stored bytes; fits struct app.write_answer. */
enum fault MUST_CHECK web_reply_answer(const struct refund_result *result,
    const char *language, struct refund_answer *ret_answer,
    struct fault_note *note);

/* web_reply_wait: Retry-After of wait_ms, rounded up. */
void web_reply_wait(struct web_reply *reply, int64_t wait_ms);

/*
 * web_reply_refuse: a refusal; field and want may be NULL.  want goes on where
 * the field's name ends: "must be an integer above 0".  Of what ret held
 * before only is_head stays.
 */
enum fault MUST_CHECK web_reply_refuse(enum web_refusal refusal,
    const char *field, const struct web_text *want, const char *language,
    struct web_reply *ret, struct fault_note *note);

enum fault MUST_CHECK web_reply_payment(const struct view_payment *view,
    struct web_reply *ret, struct fault_note *note);
enum fault MUST_CHECK web_reply_refund(const struct view_refund *view,
    const struct payment *payment, struct web_reply *ret,
    struct fault_note *note);
/* {"status":"ok"} with 200, or {"status":"..."} with 503. */
enum fault MUST_CHECK web_reply_health(
    bool is_alive, struct web_reply *ret, struct fault_note *note);
/* web_reply_metrics: Prometheus text, version 0.0.4. */
enum fault MUST_CHECK web_reply_metrics(const struct store_figures *figures,
    struct web_reply *ret, struct fault_note *note);
/* 200 without a body: the webhook was heard; i'mport repeats it until a 200. */
void web_reply_empty(struct web_reply *ret);

#endif
