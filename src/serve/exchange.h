/* SPDX-License-Identifier: MIT */
/*
 * Exchange: one FastCGI connection of the web server and the request that is
 * on it.  Front, desk and a job hold it in turn, one at a time.
 *
 * The one idea: the connection is accepted by us and only lent to libfcgi, so
 * that an idle one costs no thread and only we decide when it is closed.
 */
#ifndef SERVE_EXCHANGE_H
#define SERVE_EXCHANGE_H

#include <stdbool.h>

#include "app/result.h"
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
	struct web_io io; /* its request; io.fcgx NULL: none */
	bool is_kept;     /* the web server will use the connection again */
	bool is_used;     /* it has carried a request before */
	char language[3]; /* of the request, for the answer */
	char request_id[REFUND_ID_SIZE];
	char base_path[sizeof(((struct web_request *)0)->base_path)];
	struct refund_result result;
};

/*
 * exchange_new: takes a connected fd, which is closed on failure too; NULL
 * without memory.
 */
struct exchange *exchange_new(int fd);
/* exchange_free: closes the connection, without an answer if none was given. */
void exchange_free(struct exchange *exchange);

/*
 * exchange_begin: reads a request up to its body, waiting for slow bytes as
 * long as the connection's time limit says.  False: that was no request, or
 * the connection is gone; then it is good for exchange_free only.
 */
bool exchange_begin(struct exchange *exchange);

/*
 * exchange_reply: writes the answer and ends the request.  True: the
 * connection may carry another one.  A caller that has gone away is no fault.
 */
bool exchange_reply(struct exchange *exchange, const struct web_reply *reply);

#endif
