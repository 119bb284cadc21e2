/* SPDX-License-Identifier: MIT */
/*
 * Web_limit: requests that come too often or from where none should come, and
 * what the log hears of them.
 */
#ifndef WEB_WEB_LIMIT_H
#define WEB_WEB_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "port/limits.h"
#include "web/web_io.h"

/*
 * web_limit_address: one more of a limit for whom the web server talks to,
 * which is a proxy where it stands behind one.  False: one too many.
 */
bool web_limit_address(const struct limits *limits, enum limit limit,
    const struct web_io *io, int64_t *ret_wait_ms);

/* web_limit_is_listed: the same peer is on a list of base/address.h. */
bool web_limit_is_listed(const char *list, const struct web_io *io);

/*
 * web_limit_log: that the key of [policy] had a request refused; once a minute
 * for all processes, because who hammers must not fill the log, too.
 */
void web_limit_log(
    const struct limits *limits, const char *key, const char *request_id);

#endif
