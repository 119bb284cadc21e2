/* SPDX-License-Identifier: MIT */
/*
 * The one place that touches libfcgi's request struct.  It says "don't use
 * anything below here" over the members for the connection; they are the same
 * in 2.4.2 to 2.4.7, and the only way to give it a connection of our own.
 */
#include "serve/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcgiapp.h>

_Static_assert(offsetof(FCGX_Request, keepConnection) ==
	offsetof(FCGX_Request, ipcFd) + 2 * sizeof(int),
    "libfcgi's request struct has changed");

struct exchange *
exchange_new(int fd)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL) {
		close(fd);
		return NULL;
	}
	exchange->errand.kind = ERRAND_READ;
	exchange->fd = fd;
	return exchange;
}

/* Lets libfcgi forget the request; the connection stays ours. */
static void
end_request(struct exchange *exchange)
{
	if (exchange->io.fcgx == NULL)
		return;
	FCGX_Free(exchange->io.fcgx, 0);
	free(exchange->io.fcgx);
	exchange->io.fcgx = NULL;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	end_request(exchange);
	if (exchange->fd >= 0)
		close(exchange->fd);
	explicit_bzero(&exchange->result, sizeof(exchange->result));
	free(exchange);
}

bool
exchange_begin(struct exchange *exchange)
{
	FCGX_Request *fcgx = calloc(1, sizeof(*fcgx));

	if (fcgx == NULL)
		return false;
	exchange->io.fcgx = fcgx;
	exchange->errand.kind = ERRAND_READ;
	/* No listen socket: after an error it can't go and accept another. */
	FCGX_InitRequest(fcgx, -1, 0);
	fcgx->ipcFd = exchange->fd;
	/* Accept begins with a Finish, which must not close what we lend. */
	fcgx->keepConnection = 1;
	/* Detached: a close doesn't linger for 2 s. */
	fcgx->detached = 1;
	if (FCGX_Accept_r(fcgx) < 0) {
		exchange->fd = -1; /* it has closed it */
		return false;
	}
	exchange->is_kept = fcgx->keepConnection != 0;
	return true;
}

bool
exchange_reply(struct exchange *exchange, const struct web_reply *reply)
{
	FCGX_Request *fcgx = exchange->io.fcgx;
	bool may_keep = exchange->is_kept;
	struct fault_note note;

	if (web_io_reply(&exchange->io, reply, &note) != FAULT_NONE)
		may_keep = false;
	/* What is left of a body would be taken for the next request, which
	 * its author would have forged. */
	if (!web_io_is_drained(&exchange->io))
		may_keep = false;
	fcgx->keepConnection = 1;
	fcgx->detached = 1;
	FCGX_Finish_r(fcgx);
	if (fcgx->ipcFd < 0) {
		exchange->fd = -1; /* it had an error and closed it */
		may_keep = false;
	}
	free(fcgx);
	exchange->io.fcgx = NULL;
	exchange->is_used = true;
	return may_keep;
}
