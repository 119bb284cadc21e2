/* SPDX-License-Identifier: MIT */
/*
 * Provider: asking i'mport.  Calls are started and come back finished in any
 * order; one thread owns a provider and loops on step.
 *
 * The one idea: a call always comes back, with what is known for sure.
 * PROVIDER_NOT_SENT means that no byte of a cancel reached i'mport;
 * PROVIDER_LOST that it may have.  A cancel is put on the wire at most once.
 */
#ifndef PORT_PROVIDER_H
#define PORT_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/fault.h"
#include "core/intent.h"
#include "core/payment.h"

#define ACCOUNT_FIELD_SIZE  65 /* 16 characters */
#define PROVIDER_TOKEN_SIZE 1025
#define PROVIDER_PAGE_MAX   100
/* LIST: i'mport refuses a longer time. */
#define PROVIDER_LIST_MAX_S (INT64_C(90) * 86400)

enum provider_want {
	PROVIDER_CANCEL, /* give money back; changes i'mport's book */
	PROVIDER_READ,   /* one payment by imp_uid */
	PROVIDER_FIND,   /* payments by merchant_uid */
	PROVIDER_LIST    /* one page of the payments cancelled in a time */
};

enum provider_said {
	PROVIDER_NOT_SENT, /* surely nothing happened there */
	PROVIDER_LOST,     /* no usable answer; a cancel may have happened */
	PROVIDER_DONE,     /* code 0; truth may be there */
	PROVIDER_REFUSED,  /* code other than 0 under HTTP 200 */
	PROVIDER_ABSENT    /* READ, FIND: i'mport knows no such payment */
};

/*
 * The access token i'mport gave, so that processes can share it.  A wall clock
 * that is off only means a token renewed too early or a 401 and a renewal.
 */
struct provider_token {
	char text[PROVIDER_TOKEN_SIZE]; /* "" = none */
	int64_t expires_ms;             /* by our wall clock, UNIX ms */
};

/*
 * Where virtual-account money goes.  Personal: never stored, never logged,
 * wiped when the call is over.
 */
struct refund_account {
	char holder[ACCOUNT_FIELD_SIZE];
	char bank[ACCOUNT_FIELD_SIZE];
	char account[ACCOUNT_FIELD_SIZE];
	char tel[ACCOUNT_FIELD_SIZE];
};

/* LIST: the last changed first, so what changes meanwhile shows up twice. */
struct provider_page {
	char (*imp_uids)[IMP_UID_SIZE]; /* on the heap */
	size_t n;                       /* PROVIDER_PAGE_MAX at most */
	int64_t next;                   /* page, 0 = this was the last one */
	int64_t total;                  /* of all pages */
};

struct provider_outcome {
	enum provider_said said;
	int64_t code; /* i'mport's, for DONE and REFUSED */
	/* I'mport's words, or ""; what they quote of the account is masked. */
	char message[PROVIDER_MESSAGE_SIZE];
	bool has_truth;
	struct truth truth; /* READ, FIND, DONE; entries on the heap */
	/*
	 * FIND: more than one payment of that merchant_uid has been paid;
	 * truth is one of them.
	 */
	bool is_ambiguous;
	struct provider_page page; /* LIST, DONE */
	int64_t date_ms; /* the answer's HTTP Date, UNIX ms; 0 = none */
	/*
	 * There was no token to be had, or i'mport refused a fresh one: the
	 * next call fares no better, and somebody should be told.
	 */
	bool is_shut_out;
	bool has_new_token; /* fetched in the course of this call */
	struct provider_token new_token;
	struct fault_note note; /* why NOT_SENT or LOST, for the log */
};

/*
 * One call.  The starter fills the first part and leaves it alone until step
 * hands the call back; outcome is written by the provider.
 */
struct provider_call {
	enum provider_want want;
	char imp_uid[IMP_UID_SIZE];           /* CANCEL, READ */
	char merchant_uid[MERCHANT_UID_SIZE]; /* FIND */
	/* LIST: cancelled from .. to, UNIX seconds, both included. */
	int64_t from_at, to_at; /* PROVIDER_LIST_MAX_S apart at most */
	int64_t page;           /* from 1 on */
	/* CANCEL only, from here to token: */
	const struct currency *currency;
	int64_t amount;                /* 1 or more; always sent */
	int64_t checksum;              /* always sent */
	int64_t tax_free;              /* -1 = not sent */
	int64_t vat;                   /* the same */
	char reason[REASON_SENT_SIZE]; /* with its marker */
	struct refund_account account; /* "" = not sent */
	bool is_customer; /* extra.requester: customer, else admin */
	bool has_retain_promotion;
	bool retain_promotion;
	int64_t send_by_ms;          /* steady ms; after it, do not send */
	struct provider_token token; /* known at the start; "" = none */

	struct provider_outcome outcome;
	struct provider_call *next; /* the provider's, then step's list */
	void *owner;                /* the starter's */
};

struct provider_ops {
	/*
	 * Takes the call until step hands it back.  Never blocks, never
	 * fails: what goes wrong comes back as the outcome.
	 */
	void (*start)(void *self, struct provider_call *call);
	/*
	 * Moves all started calls on, waiting at most timeout_ms for anything
	 * to happen; returns the list of finished ones (next), or NULL.
	 */
	struct provider_call *(*step)(void *self, int timeout_ms);
	/* Ends a step that waits; the only op any thread may call. */
	void (*wake)(void *self);
};

struct provider {
	const struct provider_ops *ops;
	void *self;
};

static inline void
provider_start(const struct provider *provider, struct provider_call *call)
{
	provider->ops->start(provider->self, call);
}

static inline struct provider_call *
provider_step(const struct provider *provider, int timeout_ms)
{
	return provider->ops->step(provider->self, timeout_ms);
}

static inline void
provider_wake(const struct provider *provider)
{
	provider->ops->wake(provider->self);
}

/* provider_outcome_deinit: frees history and page; the struct is empty again.
 */
static inline void
provider_outcome_deinit(struct provider_outcome *outcome)
{
	free(outcome->truth.entries);
	free(outcome->page.imp_uids);
	*outcome = (struct provider_outcome){ 0 };
}

#endif
