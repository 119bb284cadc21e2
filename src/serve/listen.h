/* SPDX-License-Identifier: MIT */
/*
 * Listen: how we were started, and the socket the web server will come to.
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/fault.h"

enum listen_how {
	LISTEN_SOCKET, /* a responder: *ret_listener is filled */
	LISTEN_CGI,    /* one request, on stdin and in the environment */
	LISTEN_UNKNOWN /* by a person: nothing to do */
};

struct listener {
	int fd; /* listening and not blocking */
	/* The file of a unix socket we made, "" = none: removed at the end, if
	 * it is still that one. */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev;
	ino_t ino;
};

/*
 * listen_find: in this order: systemd's descriptor 3 (LISTEN_PID, LISTEN_FDS),
 * a listening socket on descriptor 0, a CGI program's environment, and last a
 * socket of our own at configured ("" = none): "/path" or "host:port".
 *
 * CGI goes before configured, so that one configuration file does for both.  A
 * handed socket becomes non-blocking for every process that shares it; they are
 * our siblings, who expect it.
 * FAULT_CONFIG: somebody listens at configured already, or it can't be used.
 */
enum fault MUST_CHECK listen_find(const char *configured,
    enum listen_how *ret_how, struct listener *ret_listener,
    struct fault_note *note);

/* listen_end: removes the file; the caller closes fd. */
void listen_end(const struct listener *listener);

#endif
