/* SPDX-License-Identifier: MIT */
/*
 * Result: what a refund's caller is told, before it becomes a status and JSON
 * (web/web_reply.h).
 */
#ifndef APP_RESULT_H
#define APP_RESULT_H

#include <stdbool.h>

#include "core/intent.h"
#include "core/payment.h"
#include "port/store.h"

/* One row of doc/design.md "Answers" each. */
enum result_code {
	RESULT_REFUNDED,             /* 200 */
	RESULT_PENDING,              /* 202: taken, not finished */
	RESULT_UNKNOWN,              /* 202: sent; we don't know yet */
	RESULT_AWAITING_APPROVAL,    /* 202 */
	RESULT_ALREADY_REFUNDED,     /* 400 */
	RESULT_INVALID_FIELD,        /* 400, fields */
	RESULT_FORBIDDEN,            /* 403: beyond what the caller may */
	RESULT_FROZEN,               /* 403: none are taken just now */
	RESULT_PAYMENT_NOT_FOUND,    /* 404 */
	RESULT_REFUND_IN_PROGRESS,   /* 409, of another request */
	RESULT_REQUEST_IN_PROGRESS,  /* 409, of this very key */
	RESULT_PAYMENT_MISMATCH,     /* 409 */
	RESULT_AMBIGUOUS_ORDER,      /* 409 */
	RESULT_BALANCE_CHANGED,      /* 409 */
	RESULT_NOT_APPLIED,          /* 409: it got lost; nothing moved */
	RESULT_AMOUNT_EXCEEDS,       /* 422 */
	RESULT_ACCOUNT_REQUIRED,     /* 422, fields */
	RESULT_UNSUPPORTED,          /* 422: i'mport can't cancel it */
	RESULT_MONTH_CLOSED,         /* 422 */
	RESULT_LIMIT_EXCEEDED,       /* 422: the shop lets no more go */
	RESULT_WHOLE_ONLY,           /* 422: no part of it goes back */
	RESULT_PARTS_USED,           /* 422: no more parts */
	RESULT_NOT_PAID,             /* 422 */
	RESULT_IDEMPOTENCY_MISMATCH, /* 422 */
	RESULT_DECLINED,             /* 422, i'mport's message */
	RESULT_REJECTED,             /* 422: approval was refused */
	RESULT_RATE_LIMITED,         /* 429, wait_ms; nothing was done */
	RESULT_PROVIDER_UNREACHABLE, /* 503: surely not sent */
	RESULT_DATABASE_BUSY,        /* 503: nothing written, nothing sent */
	RESULT_FAULT,                /* 500 */
	RESULT__COUNT
};

struct refund_result {
	enum result_code code;
	bool is_replay;   /* answer was given before */
	bool has_payment; /* payment is filled */
	bool has_refund;  /* the rest from refund_id on is filled */
	unsigned fields;  /* REFUND_FIELD_* the refusal is about */
	int64_t most;     /* FORBIDDEN, LIMIT_EXCEEDED: what would do */
	unsigned missing; /* those of them that were not there */
	int64_t wait_ms;  /* before it may be asked again */
	struct payment payment;
	char refund_id[REFUND_ID_SIZE]; /* the refund told about */
	enum intent_origin origin;
	char origin_of[REFUND_ID_SIZE]; /* late: of which refund; or "" */
	enum intent_state state;
	enum intent_failure failure;
	int64_t amount;         /* of the refund */
	int64_t applied_amount; /* 0 until succeeded */
	int64_t created_ms;
	char receipt_url[RECEIPT_URL_SIZE]; /* "" = none */
	char provider_message[PROVIDER_MESSAGE_SIZE];
	struct refund_answer answer; /* the stored one, which is the answer;
				      * status 0: there is none yet */
};

/*
 * result_of_record: what a refund in this state means for its caller; the
 * payment is the one it belongs to, as it is now.
 */
void result_of_record(const struct refund_record *record,
    const struct payment *payment, struct refund_result *ret);

/*
 * result_explain: a balance that has changed because i'mport shows another
 * payment than we have is told as that.
 */
void result_explain(struct refund_result *result, bool is_mismatch);

/*
 * result_is_final: the answer that stays (200, 409, 422 of a closed refund),
 * to be stored and replayed.
 */
bool result_is_final(const struct refund_record *record);

#endif
