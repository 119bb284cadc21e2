/* SPDX-License-Identifier: MIT */
/*
 * Server: libmicrohttpd around the world.  One thread and one epoll do all:
 * HTTP, answers that are due later, cancels that are due later, signals.  So
 * nothing here needs a lock, and an answer that waits costs a few kilobytes,
 * not a thread.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "sandbox/hooks.h"
#include "sandbox/world.h"

struct server;

struct server_options {
	uint16_t port;
	const char *tls_cert; /* PEM files, both or neither: HTTPS or HTTP */
	const char *tls_key;
	struct hooks_options hooks;
};

/*
 * server_open: listen on 127.0.0.1; port 0 is any free one.  FAULT_BUSY if the
 * port is taken.  Keeps the world.  server_close: accepts NULL; answers that
 * still wait are dropped.
 */
enum fault server_open(struct world *world,
    const struct server_options *options, struct server **ret_server,
    struct fault_note *note) MUST_CHECK;
void server_close(struct server *server);

bool server_is_tls(const struct server *server);
uint16_t server_port(const struct server *server);

/* server_run: until SIGINT or SIGTERM, or until the world has to stop. */
enum fault server_run(
    struct server *server, struct fault_note *note) MUST_CHECK;

#endif
