/* SPDX-License-Identifier: MIT */
/*
 * HTTP by libcurl: bytes to one server and its answer back, many at once, in
 * one thread.  What the bytes mean is not known here.
 *
 * The one idea: libcurl repeats a request by itself, a POST too, when a kept
 * connection dies before the first byte of the answer.  A transfer that says
 * once is put on the wire at most once: the hook that libcurl calls before each
 * send lets the first pass and aborts the second.  The same hook knows whether
 * anything can have been sent at all.
 */
#ifndef PROVIDER_HTTP_CURL_H
#define PROVIDER_HTTP_CURL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "core/fault.h"
#include "port/clock.h"

/* A reply of more bytes is not read to its end and counts as lost. */
#define HTTP_CURL_REPLY_MAX (1024 * 1024)

struct http_curl;
struct curl_slist;

struct http_curl_options {
	const char *base_url; /* as http_base_make takes it; kept */
	const char *ca_file;  /* NULL or "" = the system's authorities; kept */
	int max_connections;  /* transfers at a time; the others wait */
	int connect_timeout_ms;
	struct clock clock;
	/*
	 * Load libcurl and look at base_url and ca_file with the first
	 * transfer: what is wrong with them is its end, NOT_SENT.
	 */
	bool loads_late;
};

enum http_curl_end {
	HTTP_CURL_NOT_SENT, /* surely no byte of the request left */
	HTTP_CURL_LOST,     /* it may have left, and there is no whole answer */
	HTTP_CURL_ANSWERED  /* status and reply are there, whole */
};

/* Where a transfer is: with its starter, or here and how far. */
enum http_curl_place {
	HTTP_CURL_AT_HOME,
	HTTP_CURL_AT_DOOR, /* waits for a free connection */
	HTTP_CURL_AT_WORK,
	HTTP_CURL_AT_END /* over, not taken yet */
};

/* One request and its answer. */
struct http_curl_transfer {
	/* The starter's: */
	struct buf path;    /* what follows the base URL, from its slash on */
	struct buf body;    /* POSTed; GET when empty */
	bool once;          /* send at most once, and not after send_by_ms */
	int64_t send_by_ms; /* steady ms */
	int timeout_ms;     /* for the whole, once it is no longer waiting */
	void *owner;

	/* What came of it: */
	enum http_curl_end end;
	long status;
	int64_t date_ms; /* UNIX ms, from the Date header; 0 = none */
	struct buf reply;
	struct fault_note note; /* why not answered */

	/* http_curl's own: */
	struct http_curl *http;
	struct curl_slist *headers;
	enum http_curl_place place;
	TAILQ_ENTRY(http_curl_transfer) link;
	void *easy;          /* its handle while at work */
	bool is_sent;        /* the hook has let it pass */
	const char *refusal; /* why we ended it ourselves, or NULL */
};

TAILQ_HEAD(http_curl_transfers, http_curl_transfer);

/*
 * http_curl_open: FAULT_CONFIG without libcurl, for a base_url that is none or
 * not safe, or a ca_file that can't be read; FAULT_NOMEM, FAULT_IO.
 * http_curl_close: accepts NULL; transfers still out have to be dropped first.
 */
enum fault http_curl_open(const struct http_curl_options *options,
    struct http_curl **ret_http, struct fault_note *note) MUST_CHECK;
void http_curl_close(struct http_curl *http);

void http_curl_transfer_init(struct http_curl_transfer *transfer);
/* http_curl_transfer_deinit: wipes both bodies and the headers. */
void http_curl_transfer_deinit(struct http_curl_transfer *transfer);

/*
 * http_curl_transfer_header: add "Name: value".  The value must not hold line
 * breaks.  FAULT_INPUT when it is too long, FAULT_NOMEM.
 */
enum fault http_curl_transfer_header(struct http_curl_transfer *transfer,
    const char *name, const char *value, struct fault_note *note) MUST_CHECK;

/*
 * http_curl_distrust: an answer was not to what was asked; for some seconds no
 * connection is used twice, and those kept meanwhile are found out by libcurl.
 */
void http_curl_distrust(struct http_curl *http);

/*
 * http_curl_start: takes the transfer until it is taken back or dropped.  Never
 * fails: what goes wrong is its end.
 */
void http_curl_start(
    struct http_curl *http, struct http_curl_transfer *transfer);
/*
 * http_curl_drop: give a transfer up, wherever it is; nothing is known of its
 * end.
 */
void http_curl_drop(
    struct http_curl *http, struct http_curl_transfer *transfer);

/*
 * http_curl_step: move all transfers on, waiting at most timeout_ms (0 or more)
 * for anything to happen.
 * http_curl_take: take back one that has ended, or NULL.
 */
void http_curl_step(struct http_curl *http, int timeout_ms);
struct http_curl_transfer *http_curl_take(struct http_curl *http);

/* http_curl_wake: ends a step that waits; from any thread. */
void http_curl_wake(struct http_curl *http);

#endif
