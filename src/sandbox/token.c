/* SPDX-License-Identifier: MIT */
/*
 * Time here is in whole seconds, because i'mport's answers are.
 */
#include "sandbox/token.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#define LAST_S   60
#define LONGER_S 300

enum fault
token_renew(struct token *token, int64_t seconds, int64_t now_s,
    struct fault_note *note)
{
	unsigned char bytes[20];
	size_t i;

	if (token->text[0] != '\0' && now_s < token->expires_at) {
		if (token->expires_at - now_s < LAST_S)
			token->expires_at += LONGER_S;
		return FAULT_NONE;
	}
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return fault_set(note, FAULT_IO, "token: no random bytes");
	for (i = 0; i < sizeof(bytes); i++)
		(void)snprintf(token->text + 2 * i, 3, "%02x", bytes[i]);
	token->expires_at = now_s + seconds;
	return FAULT_NONE;
}

bool
token_allows(
    const struct token *token, const char *authorization, int64_t now_s)
{
	static const char bearer[] = "Bearer ";
	size_t len = strlen(token->text);

	if (authorization == NULL || len == 0 || now_s >= token->expires_at)
		return false;
	if (strncasecmp(authorization, bearer, sizeof(bearer) - 1) == 0)
		authorization += sizeof(bearer) - 1;
	return strlen(authorization) == len &&
	    CRYPTO_memcmp(authorization, token->text, len) == 0;
}

void
token_forget(struct token *token)
{
	token->text[0] = '\0';
	token->expires_at = 0;
}
