/* SPDX-License-Identifier: MIT */
/*
 * Serve: the responder: many refunds at once, each walking through rooms that
 * own one resource alone.  A front accepts and listens to signals, desks talk
 * FastCGI, one ledger writes, one line talks to i'mport.
 * Source: doc/design.md "Rooms".
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "port/provider.h"
#include "port/store.h"
#include "serve/listen.h"
#include "web/web_request.h"

/* What the rooms are made of; keeps all of it. */
struct serve {
	const struct app *app;
	const struct web *web;
	struct listener listener;
	struct store writer;
	const struct store *readers; /* n_workers: one a desk */
	size_t n_workers;            /* desk threads, 1 or more */
	struct provider provider;
	int max_in_flight;
	int64_t drain_ms;
};

struct rooms;

/*
 * serve_hold_signals: to be called first: from then on no signal ends the
 * process half-way, and none is lost before serve_run listens to it.
 */
void serve_hold_signals(void);

/* serve_open: builds the rooms; starts no thread yet. */
enum fault MUST_CHECK serve_open(const struct serve *serve,
    struct rooms **ret_rooms, struct fault_note *note);

/*
 * serve_run: serves until SIGTERM, SIGINT, SIGHUP or SIGUSR1, then finishes
 * what is in flight, for at most drain_ms; what is still out then stays in the
 * journal and its caller is told so.  Every thread has ended on return.
 */
enum fault MUST_CHECK serve_run(struct rooms *rooms, struct fault_note *note);

/*
 * serve_close: frees what the provider still held when serve_run returned, so
 * the provider has to be closed before.  Accepts NULL.
 */
void serve_close(struct rooms *rooms);

#endif
