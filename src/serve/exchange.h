/* SPDX-License-Identifier: MIT */
/*
 * Exchange: one FastCGI connection of the web server and the request that is
 * on it.  Front, desk and a job hold it in turn, one at a time.
 *
 * The one idea: nothing here waits.  What has not come yet, or does not go out
 * yet, is the front's to wait for, so that neither an idle connection nor a
 * slow one costs a thread.
 */
#ifndef SERVE_EXCHANGE_H
#define SERVE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/result.h"
#include "serve/intake.h"
#include "serve/queue.h"
#include "web/web_io.h"
#include "web/web_reply.h"
#include "web/web_request.h"

/* What a desk has to do. */
enum errand_kind {
	ERRAND_READ,  /* a request has come in on an exchange */
	ERRAND_REPLY, /* exchange->result is its answer */
	ERRAND_SCAN   /* no exchange: look for refunds to resolve */
};

struct errand {
	struct queue_item item;
	enum errand_kind kind;
};

struct exchange {
	struct errand errand; /* first: queues know it by this */
	int fd;
	struct intake intake; /* its request, as it comes in */
	struct talk *talk;    /* libfcgi's side of it; NULL: none */
	struct web_io io;     /* valid as long as talk is there */
	uint16_t id;          /* the request's, for its answer */
	bool is_kept;         /* the connection may carry another one */
	bool is_used;         /* it has carried a request before */
	struct buf out;       /* its answer, in records */
	size_t n_out;         /* bytes of it that are sent */
	char language[3];     /* of the request, for the answer */
	struct web_echo echo; /* the same */
	char base_path[sizeof(((struct web_request *)0)->base_path)];
	struct refund_result result;
	/* The front's: */
	struct queue_list *list; /* it waits in; NULL: the front has it not */
	int64_t since_ms;        /* steady: when it began to be slow; 0: not */
	size_t held;             /* of its memory, accounted for */
};

/* How far the bytes have come. */
enum exchange_progress {
	EXCHANGE_DONE, /* a whole request is here; all of an answer is sent */
	EXCHANGE_WAIT, /* the peer is not as far yet */
	EXCHANGE_GONE  /* he has gone, or sends what is no request */
};

/*
 * exchange_new: takes a connected fd, which is closed on failure too; NULL
 * without memory.
 */
struct exchange *exchange_new(int fd);
/* exchange_free: closes the connection, without an answer if none was given. */
void exchange_free(struct exchange *exchange);

/*
 * exchange_receive: takes what has come.  room, of size bytes, is used and
 * wiped; no more than that is read at once.
 */
enum exchange_progress exchange_receive(
    struct exchange *exchange, char *room, size_t size);

/*
 * exchange_begin: the request as exchange->io, once it is whole.  False: no
 * memory.
 */
bool exchange_begin(struct exchange *exchange);
/* exchange_forget: the request is read, and io is needed no more. */
void exchange_forget(struct exchange *exchange);

/*
 * exchange_reply: the answer, which ends the request, as far as it goes out.
 * A caller that has gone away is no fault.
 */
enum exchange_progress exchange_reply(
    struct exchange *exchange, const struct web_reply *reply);
/* exchange_send: more of it. */
enum exchange_progress exchange_send(struct exchange *exchange);
/* exchange_is_sending: some of an answer is not sent yet. */
bool exchange_is_sending(const struct exchange *exchange);

/* exchange_held: bytes of memory that a slow peer makes us keep. */
size_t exchange_held(const struct exchange *exchange);

#endif
