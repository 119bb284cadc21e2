/* SPDX-License-Identifier: MIT */
/*
 * Receipt: the address where a PG shows a cancel's sales slip.  It comes from
 * outside and ends as a link on a customer's page, so it is kept only if it
 * can be nothing but a link.
 */
#ifndef CORE_RECEIPT_H
#define CORE_RECEIPT_H

#include <stdbool.h>

/* 511 characters; the longest of a PG we have seen has about 150. */
#define RECEIPT_URL_SIZE 512

/*
 * receipt_is_url: fit to be kept and shown: https with a host, at most
 * RECEIPT_URL_SIZE - 1 characters, all of them those of an address (RFC 3986),
 * and no user name before the host, which would make it look like another's.
 */
bool receipt_is_url(const char *text);

/*
 * receipt_quotes: the address has this text in it, or its digits without what
 * stands between them: a number of an account.  An empty text: no.
 */
bool receipt_quotes(const char *url, const char *text);

#endif
