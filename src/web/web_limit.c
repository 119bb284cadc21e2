/* SPDX-License-Identifier: MIT */
/*
 * REMOTE_ADDR is what the web server says; nothing a client sends gets in
 * there.
 */
#include "web/web_limit.h"

#include "base/address.h"
#include "base/log.h"

static const char *
peer_of(const struct web_io *io)
{
	const char *peer = web_io_param(io, "REMOTE_ADDR");

	return peer == NULL ? "" : peer;
}

bool
web_limit_address(const struct limits *limits, enum limit limit,
    const struct web_io *io, int64_t *ret_wait_ms)
{
	char sender[ADDRESS_TEXT_SIZE];

	address_sender(peer_of(io), sender);
	return limits_take(limits, limit, sender, ret_wait_ms);
}

bool
web_limit_is_listed(const char *list, const struct web_io *io)
{
	return address_is_listed(list, peer_of(io));
}

void
web_limit_log(
    const struct limits *limits, const char *key, const char *request_id)
{
	if (limits_take(limits, LIMIT_LOG, key, NULL))
		log_event(LOG_LEVEL_WARNING, "limited",
		    "[policy] %s: requests are refused (told once a minute) "
		    "request %s",
		    key, request_id);
}
