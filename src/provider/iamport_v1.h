/* SPDX-License-Identifier: MIT */
/*
 * i'mport V1 (PortOne) as a provider: joins the wire and HTTP, keeps the token,
 * and says of every call what is known for sure.
 * Source: doc/provider-v1.md.
 */
#ifndef PROVIDER_IAMPORT_V1_H
#define PROVIDER_IAMPORT_V1_H

#include <stdbool.h>

#include "core/fault.h"
#include "port/clock.h"
#include "port/provider.h"

struct iamport_v1;

/* Borrowed while opening; NULL is "" where "" is allowed. */
struct iamport_v1_options {
	const char *base_url; /* https, or http to this machine; kept */
	const char *key;
	const char *secret;
	const char *tier;    /* "" = no sub-merchant */
	const char *ca_file; /* "" = the system's authorities; kept */
	int max_connections; /* 1 or more */
	int connect_timeout_ms;
	int timeout_ms; /* a whole request, once it has a connection */
	struct clock clock;
	bool loads_late; /* as in http_curl_options */
};

/*
 * iamport_v1_open: FAULT_CONFIG when an option can't be used, FAULT_NOMEM.
 * Connects to nothing yet.  The program has to ignore SIGPIPE: OpenSSL writes
 * to sockets the other side may have closed.
 * iamport_v1_close: accepts NULL.  Calls still out are never handed back; they
 * are the starter's again, and nothing is known of their end.
 */
enum fault iamport_v1_open(const struct iamport_v1_options *options,
    struct iamport_v1 **ret_v1, struct fault_note *note) MUST_CHECK;
void iamport_v1_close(struct iamport_v1 *v1);

/* iamport_v1_provider: the port; valid until the close. */
struct provider iamport_v1_provider(struct iamport_v1 *v1);

/*
 * iamport_v1_account: whose token it is, a hash of base URL and key in hex, to
 * store the token under; valid until the close.
 */
const char *iamport_v1_account(const struct iamport_v1 *v1);

#endif
