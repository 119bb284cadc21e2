/* SPDX-License-Identifier: MIT */
/*
 * Fake_io: a FastCGI request that lives in memory, so that tests and fuzzers
 * go through web_io's own code and libfcgi's own streams without a socket.
 *
 * A request is text: lines "NAME=value", an empty line, the body.  Without a
 * CONTENT_LENGTH line the right one is added.
 */
#ifndef TESTS_WEB_FAKE_IO_H
#define TESTS_WEB_FAKE_IO_H

#include <stddef.h>

#include <fcgiapp.h>

#include "web/web_io.h"

#define FAKE_PARAMS_MAX 64

struct fake_io {
	struct web_io io;
	FCGX_Request fcgx;
	FCGX_Stream in, out;
	char *text; /* our copy of the request, cut into variables */
	char *params[FAKE_PARAMS_MAX + 2];
	char length[48];
	unsigned char written[262144]; /* last: what was answered */
};

/* fake_io_init: keeps nothing of text; fake_io_deinit frees the copy. */
void fake_io_init(struct fake_io *fake, const char *text, size_t len);
void fake_io_deinit(struct fake_io *fake);

/* fake_io_answer: head and body as written, with a NUL behind. */
const char *fake_io_answer(struct fake_io *fake);

#endif
