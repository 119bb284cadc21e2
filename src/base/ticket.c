/* SPDX-License-Identifier: MIT */
/*
 * libjwt checks signature and JSON; whatever it takes that is not ours (other
 * algorithms with the same secret, critical headers) is refused after it.
 * Claims are compared as JSON texts, so that a number is never a string.
 */
#include "base/ticket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "base/digest.h"
#include "base/secret.h"
#include "base/text.h"

#define AUDIENCE "cancelpay"

enum fault
ticket_secrets_read(const char *path, struct ticket_secrets *ret_secrets,
    struct fault_note *note)
{
	struct ticket_secrets secrets = { .n = 0 };
	enum fault f;
	int i;

	f = secret_read_lines(path, secrets.text[0], sizeof(secrets.text[0]),
	    TICKET_SECRETS, &secrets.n, note);
	for (i = 0; f == FAULT_NONE && i < secrets.n; i++) {
		if (strlen(secrets.text[i]) < TICKET_SECRET_MIN)
			f = fault_set(note, FAULT_CONFIG,
			    "%s: line %d: a ticket secret has %d characters "
			    "or more",
			    path, i + 1, TICKET_SECRET_MIN);
	}
	if (f == FAULT_NONE)
		*ret_secrets = secrets;
	explicit_bzero(&secrets, sizeof(secrets));
	return f;
}

/* NULL: not signed by any of the secrets. */
static jwt_t *
decode(const struct ticket_secrets *secrets, const char *token)
{
	jwt_t *jwt = NULL;
	int i;

	for (i = 0; i < secrets->n; i++) {
		if (jwt_decode(&jwt, token,
			(const unsigned char *)secrets->text[i],
			(int)strlen(secrets->text[i])) == 0)
			return jwt;
	}
	return NULL;
}

/* RFC 7515 section 4.1.1: a name of exactly these letters. */
static bool
is_hs256(jwt_t *jwt)
{
	const char *name = jwt_get_header(jwt, "alg");

	return jwt_get_alg(jwt) == JWT_ALG_HS256 && name != NULL &&
	    strcmp(name, "HS256") == 0;
}

/* RFC 7515 section 4.1.11: what is critical and not understood is refused. */
static bool
has_critical(jwt_t *jwt)
{
	char *critical = jwt_get_headers_json(jwt, "crit");

	free(critical);
	return critical != NULL;
}

/* A list of one says the same as its only member (RFC 7519 section 4.1.3). */
static bool
is_for_us(jwt_t *jwt)
{
	char *audience = jwt_get_grants_json(jwt, "aud");
	bool is_ours = audience != NULL &&
	    (strcmp(audience, "\"" AUDIENCE "\"") == 0 ||
		strcmp(audience, "[\"" AUDIENCE "\"]") == 0);

	free(audience);
	return is_ours;
}

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

static bool
copy(char *ret, size_t size, const char *text)
{
	if (text == NULL || *text == '\0' || strlen(text) >= size)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

/* An amount in either of its notations; digits and a point are for later. */
static bool
take_most(jwt_t *jwt, struct ticket *ticket)
{
	char *json = jwt_get_grants_json(jwt, "max_amount");
	const char *text = json;
	size_t len;
	bool is_good = false;

	if (json != NULL) {
		ticket->most_is_string = *text == '"';
		text += ticket->most_is_string;
		len = strspn(text,
		    ticket->most_is_string ? "0123456789." : "0123456789");
		is_good = len > 0 && len < sizeof(ticket->most) &&
		    strcmp(text + len, ticket->most_is_string ? "\"" : "") == 0;
		if (is_good)
			memcpy(ticket->most, text, len);
	}
	free(json);
	return is_good;
}

/* A claim that need not be there: customer is what it stands for then. */
static bool
take_requester(jwt_t *jwt, struct ticket *ticket)
{
	char *json = jwt_get_grants_json(jwt, "requester");
	bool is_admin = json != NULL && strcmp(json, "\"admin\"") == 0;
	bool is_good =
	    json == NULL || is_admin || strcmp(json, "\"customer\"") == 0;

	free(json);
	ticket->is_customer = !is_admin;
	return is_good;
}

/* False: there, and not a whole number of seconds. */
static bool
take_time(jwt_t *jwt, const char *name, bool *ret_is_there, int64_t *ret_s)
{
	char *json = jwt_get_grants_json(jwt, name), *end;
	bool is_good = true;

	*ret_is_there = json != NULL;
	if (json != NULL) {
		errno = 0;
		*ret_s = strtoll(json, &end, 10);
		is_good = errno == 0 && end != json && *end == '\0';
	}
	free(json);
	return is_good;
}

static enum ticket_verdict
check_times(jwt_t *jwt, int64_t now_s, const char **ret_claim)
{
	static const char *const begins[] = { "nbf", "iat" };
	int64_t at_s;
	bool is_there;
	size_t i;

	*ret_claim = "exp";
	if (!take_time(jwt, "exp", &is_there, &at_s) || !is_there)
		return TICKET_UNFIT;
	if (at_s <= now_s)
		return TICKET_EXPIRED;
	if (at_s - now_s > TICKET_LIFE_S + TICKET_LEEWAY_S)
		return TICKET_LONG;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		*ret_claim = begins[i];
		if (!take_time(jwt, begins[i], &is_there, &at_s))
			return TICKET_UNFIT;
		if (is_there && at_s > now_s + TICKET_LEEWAY_S)
			return TICKET_EARLY;
	}
	*ret_claim = NULL;
	return TICKET_GOOD;
}

/* The first claim that is not what it has to be; NULL: all are. */
static const char *
take_claims(jwt_t *jwt, struct ticket *ticket)
{
	if (!is_for_us(jwt))
		return "aud";
	if (!copy(ticket->order, sizeof(ticket->order),
		jwt_get_grant(jwt, "sub")) ||
	    !text_utf8_is_valid(ticket->order, strlen(ticket->order)))
		return "sub";
	if (!copy(ticket->id, sizeof(ticket->id), jwt_get_grant(jwt, "jti")) ||
	    !is_visible(ticket->id))
		return "jti";
	if (!take_most(jwt, ticket))
		return "max_amount";
	if (!take_requester(jwt, ticket))
		return "requester";
	return NULL;
}

enum ticket_verdict
ticket_read(const struct ticket_secrets *secrets, const char *token,
    int64_t now_s, struct ticket *ret, const char **ret_claim)
{
	struct ticket ticket = { .order = "" };
	enum ticket_verdict verdict = TICKET_FORGED;
	jwt_t *jwt;

	*ret_claim = NULL;
	if (strlen(token) > TICKET_TEXT_MAX)
		return TICKET_FORGED;
	jwt = decode(secrets, token);
	if (jwt == NULL)
		return TICKET_FORGED;
	if (is_hs256(jwt) && !has_critical(jwt)) {
		verdict = check_times(jwt, now_s, ret_claim);
		if (verdict == TICKET_GOOD)
			*ret_claim = take_claims(jwt, &ticket);
		if (*ret_claim != NULL && verdict == TICKET_GOOD)
			verdict = TICKET_UNFIT;
	}
	if (verdict == TICKET_GOOD)
		*ret = ticket;
	jwt_free(jwt);
	return verdict;
}

/* 128 bits nobody has used before. */
static enum fault
make_id(char ret_id[static TICKET_ID_SIZE], struct fault_note *note)
{
	uint64_t bits[2];
	enum fault f;

	f = digest_random(&bits[0], note);
	if (f == FAULT_NONE)
		f = digest_random(&bits[1], note);
	if (f == FAULT_NONE)
		(void)snprintf(ret_id, TICKET_ID_SIZE, "%016llx%016llx",
		    (unsigned long long)bits[0], (unsigned long long)bits[1]);
	return f;
}

static bool
add_claims(
    jwt_t *jwt, const struct ticket *ticket, const char *id, int64_t exp_s)
{
	char most[sizeof(ticket->most) + 40];
	const char *quote = ticket->most_is_string ? "\"" : "";

	(void)snprintf(most, sizeof(most), "{\"max_amount\":%s%s%s}", quote,
	    ticket->most, quote);
	return jwt_add_grant(jwt, "aud", AUDIENCE) == 0 &&
	    jwt_add_grant(jwt, "sub", ticket->order) == 0 &&
	    jwt_add_grant(jwt, "jti", id) == 0 &&
	    jwt_add_grants_json(jwt, most) == 0 &&
	    jwt_add_grant(jwt, "requester",
		ticket->is_customer ? "customer" : "admin") == 0 &&
	    jwt_add_grant_int(jwt, "exp", (long)exp_s) == 0;
}

enum fault
ticket_mint(const struct ticket_secrets *secrets, const struct ticket *ticket,
    int64_t now_s, int life_s, char ret_token[static TICKET_TEXT_MAX + 1],
    struct fault_note *note)
{
	const char *secret = secrets->text[0];
	char id[TICKET_ID_SIZE];
	char *token = NULL;
	jwt_t *jwt = NULL;
	enum fault f;

	f = make_id(id, note);
	if (f != FAULT_NONE)
		return f;
	if (jwt_new(&jwt) == 0 && add_claims(jwt, ticket, id, now_s + life_s) &&
	    jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret,
		(int)strlen(secret)) == 0)
		token = jwt_encode_str(jwt);
	if (token == NULL) {
		f = fault_set(note, FAULT_NOMEM, "no memory for a ticket");
	} else {
		(void)snprintf(ret_token, TICKET_TEXT_MAX + 1, "%s", token);
		explicit_bzero(token, strlen(token));
	}
	free(token);
	jwt_free(jwt);
	return f;
}
