/* SPDX-License-Identifier: MIT */
/*
 * explore: walks every order in which requests, processes, i'mport, the
 * network, crashes and clocks can meet, with the shipped core and use cases,
 * and stops at the first broken promise with the shortest way to it.
 *
 * The one idea: depth first, each world a copy; worlds seen before (by a 64-bit
 * digest) are not gone into again.
 *
 *     explore [--long] [--jobs N] [--only NAME] [--list]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "move.h"
#include "scenario.h"

#define DEPTH_MAX 400

/* ---- worlds seen before ------------------------------------------------ */

struct seen {
	uint64_t digest; /* 0 = free */
	int depth;       /* the shortest way there so far */
};

struct seen_set {
	struct seen *slots;
	size_t size; /* a power of two */
	size_t n;
};

static void
seen_init(struct seen_set *set, size_t size)
{
	set->size = size;
	set->n = 0;
	set->slots = calloc(size, sizeof(set->slots[0]));
	if (set->slots == NULL)
		explore_die("no memory");
}

static struct seen *
seen_find(struct seen_set *set, uint64_t digest)
{
	size_t i = digest & (set->size - 1);

	while (set->slots[i].digest != 0 && set->slots[i].digest != digest)
		i = (i + 1) & (set->size - 1);
	return &set->slots[i];
}

static void
seen_grow(struct seen_set *set)
{
	struct seen_set bigger;
	size_t i;

	seen_init(&bigger, set->size * 2);
	for (i = 0; i < set->size; i++) {
		if (set->slots[i].digest != 0)
			*seen_find(&bigger, set->slots[i].digest) =
			    set->slots[i];
	}
	bigger.n = set->n;
	free(set->slots);
	*set = bigger;
}

/* Is this the first time, or with is_shortest a shorter way than before? */
static bool
seen_is_new(struct seen_set *set, uint64_t digest, int depth, bool is_shortest)
{
	struct seen *seen;

	digest += digest == 0;
	seen = seen_find(set, digest);
	if (seen->digest != 0) {
		if (!is_shortest || seen->depth <= depth)
			return false;
		seen->depth = depth;
		return true;
	}
	*seen = (struct seen){ digest, depth };
	if (++set->n * 2 > set->size)
		seen_grow(set);
	return true;
}

/* ---- the walk ---------------------------------------------------------- */

struct figures {
	long worlds;
	long moves;
	long ends;
	long scenarios;
	int next; /* of the scenarios, for the next job */
	bool is_broken;
};

struct search {
	const struct scenario *scenario;
	struct seen_set seen;
	int limit; /* no deeper */
	bool is_shortest;
	struct figures figures;
	struct move trace[DEPTH_MAX];
	int depth;
	const char *wrong;
};

static void walk(struct search *search, struct world *world);

static void
walk_move(struct search *search, const struct world *from, struct move move)
{
	struct world *world = world_copy(from);

	search->trace[search->depth++] = move;
	search->figures.moves++;
	world_enter(world);
	move_make(world, move);
	if (world->wrong != NULL)
		search->wrong = world->wrong;
	else if (seen_is_new(&search->seen, world_digest(world), search->depth,
		     search->is_shortest))
		walk(search, world);
	if (search->wrong == NULL)
		search->depth--;
	world_free(world);
}

static void
walk(struct search *search, struct world *world)
{
	struct move moves[MOVES_MAX];
	int i, n;

	search->figures.worlds++;
	check_end(world);
	search->figures.ends++;
	if (world->wrong != NULL) {
		search->wrong = world->wrong;
		return;
	}
	if (search->depth >= search->limit)
		return;
	n = move_list(world, moves);
	for (i = 0; i < n && search->wrong == NULL; i++)
		walk_move(search, world, moves[i]);
}

static void
search_run(struct search *search, const struct scenario *scenario, int limit,
    bool is_shortest)
{
	struct world *world = world_new(scenario);

	*search = (struct search){
		.scenario = scenario, .limit = limit, .is_shortest = is_shortest
	};
	seen_init(&search->seen, 1 << 16);
	world_enter(world);
	walk(search, world);
	world_free(world);
	free(search->seen.slots);
}

/* The trace again, move by move. */
static void
print_trace(const struct search *search)
{
	struct world *world = world_new(search->scenario);
	int i;

	(void)printf("explore: %s%s%s: %s\n", search->scenario->name,
	    search->scenario->more != NULL ? ", one more " : "",
	    search->scenario->more != NULL ? search->scenario->more : "",
	    search->wrong);
	world_enter(world);
	for (i = 0; i < search->depth; i++) {
		move_make(world, search->trace[i]);
		move_print(stdout, search->trace[i], world);
	}
	if (world->wrong == NULL)
		(void)printf("  and then nothing but time and read-backs\n");
	world_free(world);
}

/* The shortest way to a broken promise, now that there is one. */
static void
find_shortest(struct search *search)
{
	struct search shorter;
	int limit;

	for (limit = 1; limit < search->depth; limit++) {
		search_run(&shorter, search->scenario, limit, true);
		if (shorter.wrong != NULL) {
			*search = shorter;
			return;
		}
	}
}

static bool
explore(const struct scenario *scenario, struct figures *total)
{
	static struct search search;
	struct timespec from, to;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	search_run(&search, scenario, DEPTH_MAX - 1, false);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	if (search.wrong != NULL) {
		find_shortest(&search);
		print_trace(&search);
		__atomic_store_n(&total->is_broken, true, __ATOMIC_SEQ_CST);
		return false;
	}
	(void)printf("%-26s %-13s %9ld worlds %10ld moves %6.1f s\n",
	    scenario->name, scenario->more != NULL ? scenario->more : "",
	    search.figures.worlds, search.figures.moves,
	    (double)(to.tv_sec - from.tv_sec) +
		(double)(to.tv_nsec - from.tv_nsec) / 1e9);
	(void)fflush(stdout);
	__atomic_fetch_add(
	    &total->worlds, search.figures.worlds, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(
	    &total->moves, search.figures.moves, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&total->scenarios, 1, __ATOMIC_SEQ_CST);
	return true;
}

/* ---- main -------------------------------------------------------------- */

struct options {
	bool is_long;
	int jobs;
	const char *only;
	bool is_list;
};

static bool
is_wanted(const struct options *options, const struct scenario *scenario)
{
	return options->only == NULL ||
	    strcmp(options->only, scenario->name) == 0;
}

static void
progress(const struct figures *total, int n)
{
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\rexplore: %ld of %d scenarios ",
		    total->scenarios, n);
}

static int
work_off(const struct options *options, struct figures *total)
{
	struct scenario scenario;
	int i, n = scenario_count(options->is_long);

	while (!total->is_broken &&
	    (i = __atomic_fetch_add(&total->next, 1, __ATOMIC_SEQ_CST)) < n) {
		scenario = scenario_get(i, options->is_long);
		if (is_wanted(options, &scenario) && !explore(&scenario, total))
			return 1;
		progress(total, n);
	}
	return 0;
}

static struct options
read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "long", no_argument, NULL, 'l' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "only", required_argument, NULL, 'o' },
		{ "list", no_argument, NULL, 'L' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .jobs = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'l')
			options.is_long = true;
		else if (c == 'j')
			options.jobs = atoi(optarg);
		else if (c == 'o')
			options.only = optarg;
		else if (c == 'L')
			options.is_list = true;
		else
			exit(2);
	}
	return options;
}

static int
run_jobs(const struct options *options, struct figures *total)
{
	int i, status, failed = 0;

	for (i = 0; i < options->jobs; i++) {
		if (fork() == 0)
			_exit(work_off(options, total));
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

int
main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct figures *total = mmap(NULL, sizeof(*total),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int failed;

	if (total == MAP_FAILED)
		explore_die("no memory");
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	failed = options.jobs > 1 ? run_jobs(&options, total)
				  : work_off(&options, total);
	if (failed)
		return 1;
	(void)printf("explore: %ld scenarios, %ld worlds, %ld moves: no "
		     "promise is broken\n",
	    total->scenarios, total->worlds, total->moves);
	return 0;
}
