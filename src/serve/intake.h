/* SPDX-License-Identifier: MIT */
/*
 * Intake: a FastCGI request put together from its bytes as they come.  It does
 * no I/O and never waits, so that a peer who sends slowly costs memory with a
 * ceiling, and no thread.
 *
 * libfcgi's own reader waits for the rest in the middle of a request, takes
 * parameters without end, and ends the program at some lengths of a name.
 * Source: FastCGI Specification 1.0 (Open Market, 1996), sections 3 to 5.
 */
#ifndef SERVE_INTAKE_H
#define SERVE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "web/web_io.h"

/* Bytes of all names and values; web servers take 32 to 64 KiB of headers. */
#define INTAKE_PARAMS_MAX ((size_t)128 * 1024)
#define INTAKE_NAMES_MAX  1000
/* One more than may be, so that it shows. */
#define INTAKE_BODY_MAX (WEB_BODY_MAX + 1)
/* A body too large is read up to here for the sake of its answer. */
#define INTAKE_DRAIN_MAX ((size_t)1024 * 1024)
/* All bytes of one request, however small its records are. */
#define INTAKE_BYTES_MAX ((size_t)16 * 1024 * 1024)

enum intake_verdict {
	INTAKE_MORE,  /* there is more to come */
	INTAKE_WHOLE, /* a request to be answered */
	INTAKE_BAD    /* no request, given up by the peer, or no memory */
};

/* The first ones are for reading; only the functions below touch the others. */
struct intake {
	uint16_t id;        /* the request's */
	bool is_kept;       /* the web server will use the connection again */
	bool is_cut;        /* the body's end was not waited for */
	char **variables;   /* WHOLE: "NAME=value", NULL at the end */
	struct buf body;    /* WHOLE: at most INTAKE_BODY_MAX of it */
	struct buf answers; /* to be sent to the peer at once, then cleared */

	unsigned char header[8];
	size_t n_header;        /* of the record's header, read */
	size_t n_content;       /* of its content, to come */
	size_t n_padding;       /* of its padding, to come */
	struct buf content;     /* of a record that is read as one */
	struct buf params;      /* the stream */
	bool has_id;            /* a request has begun */
	bool has_params;        /* its parameters have ended */
	size_t n_body, n_bytes; /* read of the body; of everything */
	size_t n_text;          /* bytes behind variables */
};

void intake_init(struct intake *intake);
/* intake_deinit: wipes what it held, and may be repeated. */
void intake_deinit(struct intake *intake);

/*
 * intake_feed: takes the next len bytes.  After WHOLE and BAD nothing more may
 * be fed.  *ret_used are the bytes of this request: what is behind them was
 * sent without waiting for an answer, which no web server does.
 */
enum intake_verdict intake_feed(
    struct intake *intake, const void *bytes, size_t len, size_t *ret_used);

/* intake_has_begun: something of a request has come. */
static inline bool
intake_has_begun(const struct intake *intake)
{
	return intake->n_bytes > 0;
}

/* intake_held: how many bytes of memory it takes up. */
size_t intake_held(const struct intake *intake);

#endif
