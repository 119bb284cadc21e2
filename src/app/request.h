/* SPDX-License-Identifier: MIT */
/*
 * Request: a refund as its caller asks for it, checked for form only; whether
 * it may be is decided with the payment at hand.
 */
#ifndef APP_REQUEST_H
#define APP_REQUEST_H

#include <stdbool.h>

#include "core/money.h"
#include "core/payment.h"
#include "core/refund.h"
#include "port/provider.h"
#include "port/store.h"

/*
 * An amount in the usual notation; how many decimals it may have is known only
 * with the payment's currency.
 */
struct request_amount {
	bool is_given;
	bool is_string; /* "12.50": only for currencies with decimals */
	char text[MONEY_TEXT_SIZE]; /* digits and at most one point */
};

/* What the shop has allowed, once, by a ticket (base/ticket.h). */
struct request_ticket {
	char id[TICKET_ID_SIZE];       /* "" = there is no ticket */
	char order[MERCHANT_UID_SIZE]; /* of this one only */
	char most[MONEY_TEXT_SIZE];    /* and so much of it; usual notation */
	bool is_customer;              /* in whose name */
};

struct refund_request {
	char imp_uid[IMP_UID_SIZE];           /* "" = not given; wins */
	char merchant_uid[MERCHANT_UID_SIZE]; /* "" = not given */
	struct request_amount amount;         /* not given = everything */
	struct request_amount tax_free;
	struct request_amount vat;
	char reason[REASON_SIZE]; /* "" = not given */
	struct refund_account account;
	bool has_requester; /* the body said which */
	bool is_customer;
	bool has_retain_promotion;
	bool retain_promotion;
	char caller[CALLER_SIZE];   /* who asks; scope of keys and repeats */
	char address[ADDRESS_SIZE]; /* where from; "" = not known */
	char request_id[REFUND_ID_SIZE]; /* as in the log and the answer */
	struct request_ticket ticket;
	char language[3];                           /* "ko" or "en" */
	char idempotency_key[IDEMPOTENCY_KEY_SIZE]; /* "" = none */
	unsigned char
	    fingerprint[FINGERPRINT_LEN];       /* HMAC of what is asked for */
	unsigned char key_mac[FINGERPRINT_LEN]; /* of caller and key, if any */
};

#endif
