/* SPDX-License-Identifier: MIT */
/*
 * Token: the one access token that i'mport hands to everybody who knows the
 * key, until it expires.  Source: doc/provider-v1.md "Token".
 */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"

struct token {
	char text[41];      /* 40 lower-case hexadecimal digits; "" = none */
	int64_t expires_at; /* UNIX seconds */
};

/*
 * token_renew: the same token until it expires, five minutes longer when asked
 * in its last minute, a new one of so many seconds afterwards.
 */
enum fault token_renew(struct token *token, int64_t seconds, int64_t now_s,
    struct fault_note *note) MUST_CHECK;

/*
 * token_allows: is this Authorization header ours and still good?  With or
 * without "Bearer "; NULL is no header.
 */
bool token_allows(
    const struct token *token, const char *authorization, int64_t now_s);

void token_forget(struct token *token);

#endif
