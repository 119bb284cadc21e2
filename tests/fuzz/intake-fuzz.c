/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a web server's side of a FastCGI connection: what is read of
 * them is bounded, and the same however they are cut into pieces.  The first
 * byte says how large the pieces are.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "serve/intake.h"

/* Each is a NAME=value by itself. */
static void
check_variables(char *const *variables)
{
	size_t n, len = 0;

	for (n = 0; variables[n] != NULL; n++) {
		fuzz_must(strchr(variables[n], '=') > variables[n]);
		len += strlen(variables[n]);
	}
	fuzz_must(n <= INTAKE_NAMES_MAX && len <= INTAKE_PARAMS_MAX);
}

static void
check_whole(const struct intake *intake)
{
	fuzz_must(intake->id != 0);
	fuzz_must(buf_len(&intake->body) <= INTAKE_BODY_MAX);
	fuzz_must(!intake->is_cut || buf_len(&intake->body) == INTAKE_BODY_MAX);
	check_variables(intake->variables);
}

/* Feeds pieces of that size; a whole request is like the one in one piece. */
static enum intake_verdict
feed(struct intake *intake, const uint8_t *bytes, size_t len, size_t size,
    size_t *ret_used)
{
	enum intake_verdict verdict = INTAKE_MORE;
	size_t used, piece;
	char *copy;

	*ret_used = 0;
	while (verdict == INTAKE_MORE && *ret_used < len) {
		piece = len - *ret_used < size ? len - *ret_used : size;
		copy = fuzz_copy(bytes + *ret_used, piece);
		verdict = intake_feed(intake, copy, piece, &used);
		free(copy);
		fuzz_must(used <= piece);
		fuzz_must(verdict != INTAKE_MORE || used == piece);
		*ret_used += used;
	}
	return verdict;
}

static void
check_same(const struct intake *one, const struct intake *other)
{
	size_t i;

	fuzz_must(one->id == other->id && one->is_kept == other->is_kept);
	fuzz_must(buf_len(&one->body) == buf_len(&other->body));
	fuzz_must(memcmp(buf_bytes(&one->body), buf_bytes(&other->body),
		      buf_len(&one->body)) == 0);
	for (i = 0; one->variables[i] != NULL; i++)
		fuzz_must(other->variables[i] != NULL &&
		    strcmp(one->variables[i], other->variables[i]) == 0);
	fuzz_must(other->variables[i] == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct intake whole, pieces;
	enum intake_verdict verdict;
	size_t used, used_again;

	if (len == 0)
		return 0;
	intake_init(&whole);
	intake_init(&pieces);
	verdict = feed(&whole, bytes + 1, len - 1, SIZE_MAX, &used);
	fuzz_must(verdict ==
	    feed(&pieces, bytes + 1, len - 1, (size_t)bytes[0] + 1,
		&used_again));
	fuzz_must(buf_len(&whole.answers) == buf_len(&pieces.answers));
	if (verdict == INTAKE_WHOLE) {
		fuzz_must(whole.is_cut || used == used_again);
		check_whole(&whole);
		check_same(&whole, &pieces);
	}
	fuzz_must(intake_held(&whole) <=
	    INTAKE_BODY_MAX + 4 * INTAKE_PARAMS_MAX + 4096);
	intake_deinit(&whole);
	intake_deinit(&pieces);
	return 0;
}
