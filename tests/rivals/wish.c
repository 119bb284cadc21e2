/* SPDX-License-Identifier: MIT */
/*
 * Everything about a wish follows from one number, so that a shared key can be
 * that number.
 */
#include "rivals/wish.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AMOUNT_MOST 300
#define SHARED_KEYS 4000 /* for each set of orders */
#define WRONG_ONE   32   /* of so many shared ones, one is wrong */

/* splitmix64 (Sebastiano Vigna, public domain). */
uint64_t
wish_chance(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The key's line, and the number its wish follows from. */
static uint64_t
draw(int64_t first, uint64_t *state, char *ret_key, size_t size)
{
	uint64_t number = wish_chance(state);
	uint64_t kind = wish_chance(state) % 4;

	if (kind < 2) {
		ret_key[0] = '\0';
	} else if (kind == 2) {
		(void)snprintf(ret_key, size,
		    "HTTP_IDEMPOTENCY_KEY=own-%016" PRIx64 "\n", number);
	} else {
		number %= SHARED_KEYS;
		(void)snprintf(ret_key, size,
		    "HTTP_IDEMPOTENCY_KEY=shared-%" PRId64 "-%" PRIu64 "\n",
		    first, number);
		number += (uint64_t)first * SHARED_KEYS;
		if (wish_chance(state) % WRONG_ONE == 0)
			number++;
	}
	return number;
}

static int
make_body(int64_t first, uint64_t number, char *ret, size_t size)
{
	uint64_t amount = 1 + wish_chance(&number) % AMOUNT_MOST;
	int64_t order = first + (int64_t)(wish_chance(&number) % WISH_ORDERS);
	int is_by_order = wish_chance(&number) % 2 == 0;

	return snprintf(ret, size,
	    "{\"%s\":\"%s%0*" PRId64 "\",\"cancel_request_amount\":%" PRIu64
	    ",\"reason\":\"rivals\"}",
	    is_by_order ? "merchant_uid" : "imp_uid",
	    is_by_order ? "ORD-" : "imp_", is_by_order ? 1 : 12, order, amount);
}

void
wish_make(struct wish *wish, int64_t first, uint64_t *state)
{
	char key[128], body[256];
	uint64_t number = draw(first, state, key, sizeof(key));
	int len = make_body(first, number, body, sizeof(body));
	int n = snprintf(wish->text, sizeof(wish->text),
	    "REQUEST_METHOD=POST\n"
	    "SCRIPT_NAME=\n"
	    "PATH_INFO=/payments/cancel\n"
	    "QUERY_STRING=\n"
	    "CONTENT_TYPE=application/json\n"
	    "CONTENT_LENGTH=%d\n"
	    "%s\n%s",
	    len, key, body);

	assert(len > 0 && (size_t)len < sizeof(body));
	assert(n > len && (size_t)n < sizeof(wish->text));
	wish->len = (size_t)n;
	wish->body = (size_t)(n - len);
}
