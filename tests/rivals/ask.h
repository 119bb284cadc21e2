/* SPDX-License-Identifier: MIT */
/*
 * Ask: the two ways to a refund: by walking its task here, which is what a CGI
 * program does, or through a FastCGI responder.
 */
#ifndef TESTS_RIVALS_ASK_H
#define TESTS_RIVALS_ASK_H

#include <stdbool.h>

#include "port/provider.h"
#include "port/store.h"
#include "rivals/wish.h"
#include "web/web_request.h"

struct fake_io;
struct setup;

/* What was heard: an HTTP status, 0 for none. */
struct ask_answer {
	int status;
	bool is_replayed;
};

/* One thread's own way; the first five for walking, the rest for FastCGI. */
struct ask {
	struct setup *setup;
	const struct web *web;
	struct store store;
	struct provider provider;
	struct fake_io *fake; /* kept: it is large */
	const char *socket;   /* path; NULL = walk */
	int fd;               /* connection to it; -1 = none */
};

/* ask_walk: parses, walks and answers, all in this thread. */
void ask_walk(struct ask *ask, const struct wish *wish, struct ask_answer *ret);

/*
 * ask_fcgi: asks the responder.  One that does not answer, or is not there, is
 * no answer; the next one opens a new connection.
 */
void ask_fcgi(struct ask *ask, const struct wish *wish, struct ask_answer *ret);

#endif
