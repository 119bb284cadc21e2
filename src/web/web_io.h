/* SPDX-License-Identifier: MIT */
/*
 * Web_io: one request's bytes, from libfcgi or from a CGI program's stdin and
 * environment, so that nothing above knows how the program was started.
 */
#ifndef WEB_WEB_IO_H
#define WEB_WEB_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/fault.h"

struct FCGX_Request;
struct web_reply;

/* Largest request body; no refund takes a quarter of it. */
#define WEB_BODY_MAX 65536

/* Why a body was not read; each has its own status. */
enum web_body {
	WEB_BODY_READ,
	WEB_BODY_TOO_LARGE,  /* 413 */
	WEB_BODY_SHORT,      /* fewer or more bytes than announced: 400 */
	WEB_BODY_NO_LENGTH,  /* 411 */
	WEB_BODY_BAD_LENGTH, /* Content-Length is not a number: 400 */
	WEB_BODY_NO_MEMORY,  /* 500 */
	WEB_BODY_BROKEN      /* the connection failed; nobody to answer */
};

/* Either a FastCGI request (fcgx) or this process's own CGI request. */
struct web_io {
	struct FCGX_Request *fcgx; /* NULL: CGI */
};

/*
 * web_io_param: the value of a CGI variable, NULL when it is not there.
 * Of a repeated one the first; web_io_param_count tells how often it came.
 * Valid as long as the request.
 */
const char *web_io_param(const struct web_io *io, const char *name);
size_t web_io_param_count(const struct web_io *io, const char *name);

/*
 * web_io_body: reads the body to its end into body, which is empty and takes
 * WEB_BODY_MAX; past that the rest is read and thrown away up to 1 MiB, so
 * that the web server can hear our answer.  With CONTENT_LENGTH exactly that
 * many bytes have to come; without it HTTP_TRANSFER_ENCODING chunked reads to
 * the end, anything else is NO_LENGTH for methods that carry a body.
 */
enum web_body web_io_body(struct web_io *io, struct buf *body);

/*
 * web_io_is_drained: the body was read to its end without error.  A kept
 * FastCGI connection may be used again only then: what is left of the body
 * would be taken for the next request.
 */
bool web_io_is_drained(const struct web_io *io);

/* web_io_reply: writes status line, headers and body.  FAULT_IO: gone. */
enum fault MUST_CHECK web_io_reply(
    struct web_io *io, const struct web_reply *reply, struct fault_note *note);

#endif
