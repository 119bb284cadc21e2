/* SPDX-License-Identifier: MIT */
/*
 * All addresses are IPv6 inside: of IPv4 the mapped ones.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BYTES       16
#define BITS        128
#define FOUR_AT     12 /* where the bytes of IPv4 begin */
#define SENDER_BITS 64
/* "IPv6/128" and its NUL. */
#define WORD_SIZE (ADDRESS_TEXT_SIZE + 4)

_Static_assert(ADDRESS_TEXT_SIZE == INET6_ADDRSTRLEN, "address text");

struct network {
	uint8_t bytes[BYTES];
	unsigned bits;
};

static const uint8_t mapped[FOUR_AT] = { [10] = 0xff, [11] = 0xff };

static bool
is_four(const uint8_t *bytes)
{
	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

/* *ret_before: how many bits come before those the text shows. */
static bool
parse_address(
    const char *text, uint8_t ret_bytes[static BYTES], unsigned *ret_before)
{
	*ret_before = 0;
	if (inet_pton(AF_INET6, text, ret_bytes) == 1)
		return true;
	*ret_before = FOUR_AT * 8;
	memcpy(ret_bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ret_bytes + FOUR_AT) == 1;
}

/* "0" to most, without a sign or a zero in front. */
static bool
parse_bits(const char *text, unsigned most, unsigned *ret_bits)
{
	size_t len = strlen(text), i;
	unsigned bits = 0;

	if (len == 0 || len > 3 || (len > 1 && text[0] == '0'))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		bits = bits * 10 + (unsigned)(text[i] - '0');
	}
	*ret_bits = bits;
	return bits <= most;
}

/* Clears what is behind the first n bits; true if something was there. */
static bool
cut(uint8_t bytes[static BYTES], unsigned n)
{
	bool has_cut = false;
	uint8_t keep = (uint8_t)(0xff00u >> n % 8);
	unsigned i;

	for (i = n / 8; i < BYTES; i++) {
		has_cut |= (bytes[i] & ~keep) != 0;
		bytes[i] &= keep;
		keep = 0;
	}
	return has_cut;
}

static bool
parse_network(const char *text, size_t len, struct network *ret)
{
	char word[WORD_SIZE], *slash;
	unsigned before;

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	slash = strchr(word, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (!parse_address(word, ret->bytes, &before))
		return false;
	ret->bits = BITS - before;
	if (slash != NULL && !parse_bits(slash, ret->bits, &ret->bits))
		return false;
	ret->bits += before;
	return !cut(ret->bytes, ret->bits);
}

static bool
is_in(const struct network *network, const uint8_t address[static BYTES])
{
	uint8_t start[BYTES];

	memcpy(start, address, sizeof(start));
	(void)cut(start, network->bits);
	return memcmp(start, network->bytes, sizeof(start)) == 0;
}

/*
 * Takes the list's next word; false at its end, and at what is no network,
 * which *ret_is_bad tells.
 */
static bool
next_network(const char **list, struct network *ret, bool *ret_is_bad)
{
	size_t len;

	*list += strspn(*list, " ");
	len = strcspn(*list, " ");
	*ret_is_bad = len > 0 && !parse_network(*list, len, ret);
	*list += len;
	return len > 0 && !*ret_is_bad;
}

bool
address_is_list(const char *list)
{
	struct network network;
	bool is_bad;

	while (next_network(&list, &network, &is_bad))
		;
	return !is_bad;
}

bool
address_is_listed(const char *list, const char *address)
{
	struct network network;
	uint8_t bytes[BYTES];
	unsigned before;
	bool is_bad;

	if (!parse_address(address, bytes, &before))
		return false;
	while (next_network(&list, &network, &is_bad)) {
		if (is_in(&network, bytes))
			return true;
	}
	return false;
}

void
address_sender(const char *address, char ret_sender[static ADDRESS_TEXT_SIZE])
{
	uint8_t bytes[BYTES];
	unsigned before;

	if (!parse_address(address, bytes, &before)) {
		(void)snprintf(ret_sender, ADDRESS_TEXT_SIZE, "%s", address);
	} else if (is_four(bytes)) {
		(void)inet_ntop(
		    AF_INET, bytes + FOUR_AT, ret_sender, ADDRESS_TEXT_SIZE);
	} else {
		(void)cut(bytes, SENDER_BITS);
		(void)inet_ntop(AF_INET6, bytes, ret_sender, ADDRESS_TEXT_SIZE);
	}
}
