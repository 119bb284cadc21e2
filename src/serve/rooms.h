/* SPDX-License-Identifier: MIT */
/*
 * Rooms: the doors between the rooms and the few things all of them know.
 */
#ifndef SERVE_ROOMS_H
#define SERVE_ROOMS_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/exchange.h"
#include "serve/queue.h"
#include "serve/serve.h"

/* Why there is a job; each has its own ceiling. */
enum job_class {
	JOB_REFUND, /* somebody asked for money back */
	JOB_DUE,    /* a refund wants resolving; webhooks of such, too */
	JOB_NEWS,   /* a webhook's of any other payment we know */
	JOB_HINT,   /* any other webhook's: anybody can send one */
	JOB_NOTE,   /* somebody was refused, and the trail is told */
	JOB__COUNT
};

struct rooms {
	const struct serve *serve;
	struct queue to_front;  /* exchanges that may carry another request */
	struct queue to_desks;  /* errands */
	struct queue to_ledger; /* jobs */
	struct queue to_line;   /* jobs */
	int front_event;        /* eventfd: something is in to_front */
	int signals;            /* signalfd */
	struct errand scan;
	unsigned n_bad_scans;    /* in a row; of whoever has scan */
	atomic_bool is_scanning; /* scan is at the desks */
	atomic_bool is_draining; /* no connection is kept any more */
	atomic_bool is_leaving;  /* nothing more is read */
	atomic_int n_exchanges;  /* connections that are open */
	atomic_int n_jobs[JOB__COUNT];
	struct desk *desks;        /* n_workers */
	struct queue_list at_line; /* jobs the provider has; the line's */
};

static inline int64_t
rooms_now_ms(const struct rooms *rooms)
{
	return clock_steady_ms(&rooms->serve->app->clock);
}

/* rooms_send: an errand to the next free desk. */
static inline void
rooms_send(struct rooms *rooms, struct errand *errand)
{
	bool is_open = queue_push(&rooms->to_desks, &errand->item);

	/* The desks' door is closed last, when nobody is left to push. */
	assert(is_open);
	(void)is_open;
}

/* rooms_drop: closes a connection. */
static inline void
rooms_drop(struct rooms *rooms, struct exchange *exchange)
{
	exchange_free(exchange);
	atomic_fetch_sub(&rooms->n_exchanges, 1);
}

#endif
