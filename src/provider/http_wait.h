/* SPDX-License-Identifier: MIT */
/*
 * Http_wait: waits for the sockets and times of one curl_multi, and works off
 * what has come.
 *
 * The one idea: libcurl's own curl_multi_poll and curl_multi_perform look at
 * every transfer each time, with a system call for each; epoll names those that
 * have something.
 */
#ifndef PROVIDER_HTTP_WAIT_H
#define PROVIDER_HTTP_WAIT_H

#include <stdint.h>

#include "core/fault.h"
#include "port/clock.h"
#include "provider/curl_library.h"

struct http_wait {
	const struct curl_library *curl;
	CURLM *multi;
	struct clock clock;
	int epoll;
	int event; /* eventfd of http_wait_wake */
	/* Steady: when libcurl wants to be called; or never. */
	int64_t timer_ms;
};

/*
 * http_wait_init: nothing open, so that http_wait_close has nothing to do.
 * http_wait_open: FAULT_IO.  Keeps all it gets, and stays where it is, until
 * http_wait_close, which comes after the multi's cleanup.
 */
void http_wait_init(struct http_wait *wait);
enum fault http_wait_open(struct http_wait *wait,
    const struct curl_library *curl, CURLM *multi, const struct clock *clock,
    struct fault_note *note) MUST_CHECK;
void http_wait_close(struct http_wait *wait);

/* http_wait_step: as http_curl_step; what has ended libcurl's messages say. */
void http_wait_step(struct http_wait *wait, int timeout_ms);

/* http_wait_wake: ends a step that waits; from any thread. */
void http_wait_wake(const struct http_wait *wait);

#endif
