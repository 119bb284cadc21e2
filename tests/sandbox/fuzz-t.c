/* SPDX-License-Identifier: MIT */
/*
 * Requests that were good once, broken at random: each gets an answer that can
 * be read, with a status the API has, and no payment ever gives back more than
 * it took.  The argument is how many (20000); the second one the seed (1).
 * make check runs the default; a million take less than a minute with the
 * sanitizers on: tests/sandbox/fuzz-t 1000000
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "sandbox/api.h"
#include "sandbox/call.h"
#include "sandbox/world.h"

#define REQUESTS  20000
#define ROUND     500 /* then the world is made anew */
#define TEXT_MAX  2048
#define CHANGES   6
#define NOW_MS    INT64_C(1794700000000)
#define JSON      "application/json"
#define FORM      "application/x-www-form-urlencoded"
#define JSON_DEEP 64

struct seed {
	const char *method;
	const char *uri;
	const char *type;
	const char *body;
};

static const struct seed seeds[] = {
	{ "POST", "/users/getToken", JSON,
	    "{\"imp_key\":\"k\",\"imp_secret\":\"s\"}" },
	{ "POST", "/users/getToken/", FORM, "imp_key=k&imp_secret=s" },
	{ "POST", "/payments/cancel", JSON,
	    "{\"imp_uid\":\"imp_000000000001\",\"amount\":10,\"checksum\":"
	    "10000,\"reason\":\"\\uac00\",\"extra\":{\"requester\":\"admin\"},"
	    "\"tax_free\":0,\"vat_amount\":1,\"enable_webhook\":true}" },
	{ "POST", "/payments/cancel", FORM,
	    "merchant_uid=ORD-2&amount=1&refund_holder=%EA%B0%80"
	    "&refund_bank=04&refund_account=123&refund_tel=010" },
	{ "GET", "/payments/imp_000000000003?include_sandbox=true", NULL, "" },
	{ "GET", "/payments?imp_uid[]=imp_000000000001&merchant_uid[]=ORD-9",
	    NULL, "" },
	{ "GET", "/payments/find/ORD-4/paid?sorting=-updated", NULL, "" },
	{ "GET", "/payments/findAll/ORD-4?page=1&limit=20", NULL, "" },
	{ "GET", "/payments/status/all?from=1794000000&to=1794700000&limit=2",
	    NULL, "" },
	{ "POST", "/sandbox/payments", JSON,
	    "{\"imp_uid\":\"imp_x\",\"merchant_uid\":\"x\",\"amount\":1000,"
	    "\"pay_method\":\"vbank\",\"pg_provider\":\"smartro_v2\","
	    "\"notice_url\":\"http:\\/\\/127.0.0.1\\/"
	    "\",\"currency\":\"USD\"}" },
	{ "POST", "/sandbox/cancel", FORM,
	    "imp_uid=imp_000000000001&amount=1" },
	{ "POST", "/sandbox/faults", JSON,
	    "{\"fault\":\"duplicate\",\"p\":0.1,\"count\":2,\"route\":"
	    "\"read\"}" },
	{ "POST", "/sandbox/faults", FORM, "fault=late&ms=5&nth=1" },
	{ "DELETE", "/sandbox/faults", NULL, "" },
	{ "POST", "/sandbox/clock", FORM, "advance_ms=1000" },
	{ "POST", "/sandbox/latency", FORM, "ms=1" },
	{ "POST", "/sandbox/unsettled", FORM, "amount=100000" },
	{ "POST", "/sandbox/webhook", FORM,
	    "imp_uid=imp_000000000001&times=2" },
	{ "GET", "/sandbox/journal?since=1&last=3", NULL, "" },
	{ "GET", "/sandbox/payments?last=2", NULL, "" },
	{ "GET", "/sandbox/stats", NULL, "" },
	{ "GET", "/sandbox/", NULL, "" },
};

static uint64_t state;
static size_t cancels; /* applied, over all rounds */

/* splitmix64 */
static uint64_t
draw(uint64_t n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % n;
}

/* One change: a byte, a cut, a doubled piece, or a word that hurts. */
static void
change(char *text, size_t *len)
{
	static const char *const words[] = { "-1", "0", "1e9", "NaN", "null",
		"9223372036854775807", "99999999999999999999", "%00", "%ff",
		"\\u0000", "\\ud800", "{}", "[[", "\"", "&", "=", "[]", "/",
		"../", "true", "0.001", "\xff", "\xed\xa0\x80", "imp_uid",
		"%" };
	const char *word = words[draw(sizeof(words) / sizeof(words[0]))];
	size_t at = *len == 0 ? 0 : (size_t)draw(*len + 1);
	size_t n = strlen(word);

	switch (draw(4)) {
	case 0:
		if (at < *len)
			text[at] = (char)draw(256);
		break;
	case 1:
		*len = at;
		break;
	case 2:
		n = (size_t)draw(*len - at + 1);
		if (*len + n <= TEXT_MAX) {
			memmove(text + at + n, text + at, *len - at);
			*len += n;
		}
		break;
	default:
		if (*len + n <= TEXT_MAX) {
			memmove(text + at + n, text + at, *len - at);
			memcpy(text + at, word, n);
			*len += n;
		}
		break;
	}
}

static size_t
mutate(const char *from, char text[static TEXT_MAX + 1])
{
	uint64_t times = draw(CHANGES);
	size_t len = strlen(from);

	memcpy(text, from, len);
	for (; times > 0; times--)
		change(text, &len);
	text[len] = '\0';
	return len;
}

static void
fail(const struct call *call, const char *why)
{
	printf("not ok 1 - %s\n# %s %s\n# %.*s\n# %u %.200s\n# %s\n", why,
	    call->method, call->uri, (int)call->len, call->body, call->status,
	    buf_bytes(&call->answer), call->note.text);
	exit(1);
}

static void
check_answer(const struct call *call)
{
	static const unsigned known[] = { 200, 207, 307, 400, 401, 404, 409,
		413, 429, 500, 502, 503 };
	bool is_known = call->end != CALL_WHOLE && call->status == 0;
	struct json_tokener *tokener;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_known = is_known || call->status == known[i];
	if (!is_known)
		fail(call, "a status of nobody's");
	if (call->status != 200 || strcmp(call->type, CALL_TYPE_JSON) != 0 ||
	    buf_len(&call->answer) == 0 ||
	    strstr(buf_bytes(&call->answer), "\"mess\x01") != NULL)
		return;
	tokener = json_tokener_new_ex(JSON_DEEP);
	json_tokener_set_flags(
	    tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json_object_put(json_tokener_parse_ex(
	    tokener, buf_bytes(&call->answer), (int)buf_len(&call->answer)));
	if (json_tokener_get_error(tokener) != json_tokener_success)
		fail(call, "an answer that can't be read");
	json_tokener_free(tokener);
}

static void
check_book(const struct world *world)
{
	size_t i;

	for (i = 0; i < book_n(world->book); i++) {
		const struct book_payment *payment = book_at(world->book, i);

		if (book_left(payment) < 0 || payment->taken < 0) {
			printf("not ok 1 - %s gave back more than it took\n",
			    payment->is.imp_uid);
			exit(1);
		}
	}
}

static void
send(struct world *world, const struct seed *seed, bool is_changed)
{
	char uri[TEXT_MAX + 1], body[TEXT_MAX + 1];
	struct call call;

	call_init(&call);
	(void)snprintf(uri, sizeof(uri), "%s", seed->uri);
	call.len = strlen(seed->body);
	memcpy(body, seed->body, call.len + 1);
	if (is_changed && draw(2) == 0)
		(void)mutate(seed->uri, uri);
	else if (is_changed)
		call.len = mutate(seed->body, body);
	call.method = seed->method;
	call.uri = uri[0] == '\0' ? "/" : uri;
	call.content_type = seed->type;
	call.authorization = draw(50) == 0 ? "Bearer x" : world->token.text;
	call.body = body;
	if (api_answer(world, &call, NOW_MS + world->shift_ms) != FAULT_NONE)
		fail(&call, "the sandbox would have stopped");
	check_answer(&call);
	call_deinit(&call);
}

static void
run_round(uint64_t n)
{
	const struct world_options options = { .key = "k",
		.secret = "s",
		.token_seconds = 1000000000,
		.pending_ms = 10,
		.lazy_amount = 10000,
		.seed = 1 };
	struct fault_note note = { "" };
	struct world world;
	enum fault f;

	f = world_open(&world, &options, NOW_MS, &note);
	send(&world, &seeds[0], false);
	for (; f == FAULT_NONE && n > 0; n--) {
		send(&world, &seeds[draw(sizeof(seeds) / sizeof(seeds[0]))],
		    true);
		f = world_tick(&world, NOW_MS + world.shift_ms, &note);
	}
	if (f != FAULT_NONE) {
		printf("not ok 1 - %s\n", note.text);
		exit(1);
	}
	check_book(&world);
	cancels += book_lines(world.book);
	world_close(&world);
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : REQUESTS;
	uint64_t left = n;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	printf("1..1\n");
	for (; left > 0; left -= left < ROUND ? left : ROUND)
		run_round(left < ROUND ? left : ROUND);
	printf("%s 1 - %" PRIu64 " broken requests are answered\n",
	    cancels > 0 ? "ok" : "not ok", n);
	printf("# %zu cancels among them\n", cancels);
	return cancels == 0;
}
