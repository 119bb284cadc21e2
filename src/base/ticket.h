/* SPDX-License-Identifier: MIT */
/*
 * Ticket: the shop's word that its bearer may have an order refunded: a JSON
 * Web Token (RFC 7519) signed with HMAC-SHA256 and nothing else.  libjwt knows
 * the format; what a ticket of ours has to say is decided here.
 */
#ifndef BASE_TICKET_H
#define BASE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/money.h"
#include "core/payment.h"
#include "port/store.h"

#define TICKET_TEXT_MAX   4096 /* the token itself */
#define TICKET_LIFE_S     900  /* exp is at most that far ahead */
#define TICKET_LEEWAY_S   60   /* the shop's clock may be that much off */
#define TICKET_SECRET_MIN 32   /* RFC 7518 section 3.2: as long as the hash */
#define TICKET_SECRET_MAX 256
#define TICKET_SECRETS    2 /* while one takes the other's place */

/* The first one signs; each is believed. */
struct ticket_secrets {
	char text[TICKET_SECRETS][TICKET_SECRET_MAX + 1];
	int n;
};

struct ticket {
	char id[TICKET_ID_SIZE];       /* jti: for one refund; visible ASCII */
	char order[MERCHANT_UID_SIZE]; /* sub: a merchant_uid */
	char most[MONEY_TEXT_SIZE]; /* max_amount, usual notation, unparsed */
	bool most_is_string;        /* as in a request: "12.50" */
	bool is_customer;           /* requester; else admin */
};

enum ticket_verdict {
	TICKET_GOOD,
	TICKET_FORGED,  /* no token, not HS256, or of another secret */
	TICKET_UNFIT,   /* a claim is missing or not what it has to be */
	TICKET_EXPIRED, /* exp is past */
	TICKET_EARLY,   /* nbf or iat is ahead */
	TICKET_LONG,    /* exp is too far ahead */
	TICKET__COUNT
};

/*
 * ticket_secrets_read: one secret a line, one or two lines; the file is for
 * its owner alone.  FAULT_CONFIG with a note that names the file and never
 * quotes it.
 */
enum fault MUST_CHECK ticket_secrets_read(const char *path,
    struct ticket_secrets *ret_secrets, struct fault_note *note);

/*
 * ticket_read: what a token says, if it is to be believed at now_s (UNIX
 * seconds): aud is "cancelpay", sub, max_amount, jti and exp are there.  *ret
 * is filled only when TICKET_GOOD.  *ret_claim is the claim it is about, or
 * NULL; valid for ever.  order is valid UTF-8.
 */
enum ticket_verdict ticket_read(const struct ticket_secrets *secrets,
    const char *token, int64_t now_s, struct ticket *ret,
    const char **ret_claim);

/*
 * ticket_mint: a token that ticket_read believes until now_s + life_s.
 * ret_token has TICKET_TEXT_MAX + 1 bytes.  FAULT_NOMEM.
 */
enum fault MUST_CHECK ticket_mint(const struct ticket_secrets *secrets,
    const struct ticket *ticket, int64_t now_s, int life_s,
    char ret_token[static TICKET_TEXT_MAX + 1], struct fault_note *note);

#endif
