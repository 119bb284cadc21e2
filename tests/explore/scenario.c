/* SPDX-License-Identifier: MIT */
/*
 * The table.  All troubles at once are too many worlds, so each scenario allows
 * some of each; together they pair every trouble with every other one.
 *
 * Amounts are of 10000: two refunds of 6000 don't go together, two of 3000 do,
 * and 0 is everything.
 */
#include "scenario.h"

/* clang-format off */
#define ONE   .n_requests = 1, .wishes = { { 3000, "a" } }
#define WHOLE .n_requests = 1, .wishes = { { 0, "a" } }
#define TWICE .n_requests = 2, .wishes = { { 3000, "a" }, { 3000, "a" } }
#define TWO   .n_requests = 2, .wishes = { { 3000, "a" }, { 3000, "b" } }
#define PLAIN .n_requests = 2, .wishes = { { 3000, "" }, { 3000, "" } }
#define OVER  .n_requests = 2, .wishes = { { 6000, "a" }, { 6000, "b" } }
#define THREE .n_requests = 3, \
	.wishes = { { 3000, "a" }, { 3000, "b" }, { 3000, "a" } }
#define TICKET .n_requests = 2, \
	.wishes = { { 3000, "a", "t" }, { 3000, "b", "t" } }
#define SAY(a, b) .threshold = THRESHOLD_NOTHING, \
	.words = { WORD_##a, WORD_##b }
#define PARTS(a, b) .threshold = THRESHOLD_ONE, \
	.words = { WORD_##a, WORD_##b }
#define MIXED .n_requests = 3, \
	.wishes = { { 6000, "a" }, { 0, "b" }, { 3000, "" } }

/* What to allow: crash, network, lie, decline, read, console, store, clock,
 * hint, delay. */
#define MAY(c, n, l, d, r, o, s, k, h, w) \
	.console_amount = 3000, .budget = { c, n, l, d, r, o, s, k, h, w }

static const struct scenario scenarios[] = {
	{ .name = "one: crash",             ONE,   MAY(2, 2, 0, 0, 1, 0, 0, 0, 0, 1) },
	{ .name = "one: console",           ONE,   MAY(1, 1, 0, 0, 1, 1, 0, 0, 0, 1) },
	{ .name = "one: console, webhooks", ONE,   MAY(1, 1, 0, 0, 0, 2, 0, 0, 2, 0) },
	{ .name = "one: store",             ONE,   MAY(1, 1, 0, 0, 1, 0, 2, 0, 0, 1) },
	{ .name = "one: clock",             ONE,   MAY(1, 1, 0, 0, 0, 0, 0, 1, 0, 1) },
	{ .name = "one: clock, reads",      ONE,   MAY(0, 1, 0, 0, 1, 1, 0, 1, 0, 0) },
	{ .name = "one: lies",              ONE,   MAY(1, 1, 2, 1, 1, 1, 0, 0, 0, 1) },
	{ .name = "one: suspended",         ONE,   MAY(1, 1, 0, 0, 0, 0, 0, 0, 0, 3) },
	{ .name = "whole: all",             WHOLE, MAY(1, 1, 1, 1, 1, 1, 0, 0, 0, 1) },
	{ .name = "twice: crash",           TWICE, MAY(2, 2, 0, 0, 0, 0, 0, 0, 0, 1) },
	{ .name = "twice: reads",           TWICE, MAY(1, 1, 0, 0, 1, 0, 0, 0, 0, 1) },
	{ .name = "twice: console",         TWICE, MAY(1, 1, 0, 0, 0, 1, 0, 0, 0, 0) },
	{ .name = "twice: lies, store",     TWICE, MAY(1, 0, 1, 1, 0, 0, 1, 0, 0, 1) },
	{ .name = "twice: clock",           TWICE, MAY(0, 1, 0, 0, 0, 0, 0, 1, 0, 0) },
	{ .name = "two: crash",             TWO,   MAY(1, 2, 0, 0, 0, 0, 0, 0, 0, 1) },
	{ .name = "two: reads",             TWO,   MAY(1, 1, 0, 0, 1, 0, 0, 0, 0, 0) },
	{ .name = "two: console",           TWO,   MAY(0, 1, 0, 0, 0, 1, 0, 0, 0, 0) },
	{ .name = "two: lies",              TWO,   MAY(1, 0, 1, 1, 0, 0, 0, 0, 0, 0) },
	{ .name = "plain: crash",           PLAIN, MAY(1, 1, 0, 0, 1, 0, 0, 0, 0, 0) },
	{ .name = "over: crash",            OVER,  MAY(1, 2, 0, 0, 0, 1, 0, 0, 0, 0) },
	{ .name = "three: network",         THREE, MAY(0, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "three: crash",           THREE, MAY(1, 0, 0, 0, 0, 1, 0, 0, 0, 0) },
	{ .name = "mixed: network",         MIXED, MAY(0, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "torn, two: crash",       TWO,   .is_torn = true,
	    MAY(1, 2, 0, 0, 0, 0, 0, 0, 0, 1) },
	{ .name = "torn, two: console",     TWO,   .is_torn = true,
	    MAY(1, 1, 0, 0, 0, 1, 0, 0, 0, 0) },
	{ .name = "torn, one: reads",       ONE,   .is_torn = true,
	    MAY(1, 1, 0, 0, 2, 0, 0, 0, 0, 1) },
	{ .name = "torn, three: network",   THREE, .is_torn = true,
	    MAY(0, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "slow PG, one",           ONE,   .is_async = true,
	    MAY(1, 1, 0, 1, 1, 0, 0, 0, 0, 1) },
	{ .name = "slow PG, one: console",  ONE,   .is_async = true,
	    MAY(0, 1, 0, 0, 0, 1, 0, 0, 0, 0) },
	{ .name = "slow PG, twice",         TWICE, .is_async = true,
	    MAY(1, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "marker cut, one",        ONE,   .is_marker_cut = true,
	    MAY(1, 1, 0, 1, 1, 1, 0, 0, 0, 1) },
	{ .name = "marker cut, two",        TWO,   .is_marker_cut = true,
	    MAY(1, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "approved, rejected: crash", ONE, SAY(APPROVE, REJECT),
	    MAY(2, 2, 0, 0, 1, 0, 0, 0, 0, 1) },
	{ .name = "approved, rejected: store", ONE, SAY(APPROVE, REJECT),
	    MAY(1, 1, 0, 0, 0, 0, 2, 0, 0, 1) },
	{ .name = "approved twice: crash",  ONE,   SAY(APPROVE, APPROVE),
	    MAY(1, 2, 0, 0, 1, 0, 0, 0, 0, 0) },
	{ .name = "approved twice: store",  ONE,   SAY(APPROVE, APPROVE),
	    MAY(1, 1, 0, 0, 0, 0, 1, 0, 0, 0) },
	{ .name = "approved: lies, console", ONE,  SAY(APPROVE, NONE),
	    MAY(1, 1, 1, 1, 0, 1, 0, 0, 0, 1) },
	{ .name = "approved, rejected, two", TWO,  SAY(APPROVE, REJECT),
	    MAY(1, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "parts, approved",        TWO,   PARTS(APPROVE, NONE),
	    MAY(1, 1, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ .name = "parts, rejected",        TWO,   PARTS(REJECT, NONE),
	    MAY(0, 1, 0, 1, 0, 0, 0, 0, 0, 0) },
	{ .name = "one ticket: crash",      TICKET, MAY(1, 1, 0, 0, 0, 0, 0, 0, 0, 1) },
	{ .name = "one ticket: store",      TICKET, MAY(0, 1, 0, 0, 0, 0, 1, 0, 0, 0) },
};
/* clang-format on */

#define N_SCENARIOS ((int)(sizeof(scenarios) / sizeof(scenarios[0])))

static const char *const trouble_names[TROUBLE__COUNT] = {
	[TROUBLE_CRASH] = "crash",
	[TROUBLE_NETWORK] = "network",
	[TROUBLE_LIE] = "lie",
	[TROUBLE_DECLINE] = "decline",
	[TROUBLE_READ] = "read",
	[TROUBLE_CONSOLE] = "console",
	[TROUBLE_STORE] = "store",
	[TROUBLE_CLOCK] = "clock",
	[TROUBLE_HINT] = "hint",
	[TROUBLE_DELAY] = "delay",
};

/* The i-th of what is in scenarios, a trouble at a time; false after the last.
 */
static bool
find_longer(int i, int *which, int *trouble)
{
	for (*which = 0; *which < N_SCENARIOS; (*which)++) {
		for (*trouble = 0; *trouble < TROUBLE__COUNT; (*trouble)++) {
			if (scenarios[*which].budget[*trouble] > 0 && i-- == 0)
				return true;
		}
	}
	return false;
}

int
scenario_count(bool is_long)
{
	int which, trouble, n = 0;

	if (!is_long)
		return N_SCENARIOS;
	while (find_longer(n, &which, &trouble))
		n++;
	return n;
}

struct scenario
scenario_get(int i, bool is_long)
{
	struct scenario scenario;
	int which = i, trouble;

	if (!is_long)
		return scenarios[i];
	if (!find_longer(i, &which, &trouble))
		explore_die("no such scenario");
	scenario = scenarios[which];
	scenario.more = trouble_names[trouble];
	scenario.budget[trouble]++;
	return scenario;
}
