/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a ticket: what is believed keeps the promises of base/ticket.h,
 * and is not believed when it has expired.  The first byte chooses: 't' is
 * followed by a token as it stands, anything else by claims that are signed
 * here, so that what lies behind the signature is reached.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ticket.h"
#include "fuzz/fuzz.h"

#define NOW        INT64_C(1795700000)
#define SECRET     "0123456789abcdef0123456789abcdef"
#define CLAIMS_MAX 3000

static const struct ticket_secrets secrets = { { SECRET }, 1 };

/* Base64 as in a URL, without its padding. */
static void
add_base64(char *token, const void *bytes, size_t len)
{
	char *end = token + strlen(token), *p;

	(void)EVP_EncodeBlock((unsigned char *)end, bytes, (int)len);
	for (p = end; *p != '\0' && *p != '='; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	*p = '\0';
}

static void
sign(const uint8_t *claims, size_t len, char ret_token[static 2 * CLAIMS_MAX])
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len;

	ret_token[0] = '\0';
	add_base64(ret_token, header, strlen(header));
	strcat(ret_token, ".");
	add_base64(ret_token, claims, len);
	fuzz_must(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET),
		      (unsigned char *)ret_token, strlen(ret_token), mac,
		      &mac_len) != NULL);
	strcat(ret_token, ".");
	add_base64(ret_token, mac, mac_len);
}

static void
check_good(const struct ticket *ticket)
{
	const char *p;

	fuzz_must(ticket->order[0] != '\0' && strlen(ticket->order) <= 160);
	fuzz_text(ticket->order, 160);
	fuzz_must(ticket->id[0] != '\0' && strlen(ticket->id) < TICKET_ID_SIZE);
	for (p = ticket->id; *p != '\0'; p++)
		fuzz_must(*p > ' ' && *p <= '~');
	fuzz_must(ticket->most[0] != '\0');
	fuzz_must(ticket->most[strspn(ticket->most, "0123456789.")] == '\0');
	fuzz_must(ticket->most_is_string || strchr(ticket->most, '.') == NULL);
}

/* Good now; at the latest a life and a leeway later it is not. */
static void
check_end(const char *token)
{
	struct ticket ticket;
	const char *claim;

	fuzz_must(
	    ticket_read(&secrets, token, NOW + TICKET_LIFE_S + TICKET_LEEWAY_S,
		&ticket, &claim) == TICKET_EXPIRED);
}

static void
check_token(const char *token, bool is_signed)
{
	struct ticket ticket = { .order = "untouched" };
	enum ticket_verdict verdict;
	const char *claim = "";

	verdict = ticket_read(&secrets, token, NOW, &ticket, &claim);
	fuzz_must(verdict < TICKET__COUNT);
	if (verdict == TICKET_GOOD) {
		/* Nobody guesses a signature. */
		fuzz_must(is_signed && claim == NULL);
		check_good(&ticket);
		check_end(token);
	} else {
		fuzz_must(strcmp(ticket.order, "untouched") == 0);
		fuzz_must((claim == NULL) == (verdict == TICKET_FORGED));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char token[2 * CLAIMS_MAX], *text;

	if (len > 0 && bytes[0] == 't') {
		text = strndup((const char *)bytes + 1, len - 1);
		fuzz_must(text != NULL);
		check_token(text, false);
		free(text);
	} else if (len <= CLAIMS_MAX) {
		sign(bytes, len, token);
		check_token(token, true);
	}
	return 0;
}
