/* SPDX-License-Identifier: MIT */
/*
 * One process of rivals: threads that ask for refunds of the same orders, one
 * wish after the other, until the board says stop or somebody kills them.  Each
 * has a connection to the database and to i'mport of its own, as programs of a
 * web server would, or asks a responder.  tests/rivals/run starts them, kills
 * them and looks at the books.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "rivals/ask.h"
#include "rivals/board.h"
#include "setup/setup.h"
#include "web/fake_io.h"

#define THREADS_MAX 64
#define PAUSE_MS    20 /* before a responder that is gone is asked again */

struct rival {
	struct board *board;
	struct ask ask;
	uint64_t chance;
	pthread_t thread;
};

struct options {
	const char *config;
	const char *board;
	const char *socket;
	unsigned long seed;
	unsigned long threads;
};

extern char **environ;

static void *
fight(void *arg)
{
	struct rival *rival = arg;
	struct ask_answer answer;
	struct wish wish;

	while (board_read(rival->board, BOARD_STOP) == 0) {
		wish_make(&wish, board_read(rival->board, BOARD_FIRST),
		    &rival->chance);
		if (rival->ask.socket == NULL)
			ask_walk(&rival->ask, &wish, &answer);
		else
			ask_fcgi(&rival->ask, &wish, &answer);
		board_count(rival->board, answer.status, answer.is_replayed);
		if (answer.status == 0)
			(void)poll(NULL, 0, PAUSE_MS);
	}
	return NULL;
}

static enum fault
open_rival(
    const struct conf *conf, struct rival *rival, struct fault_note *note)
{
	struct ask *ask = &rival->ask;
	enum fault f;

	if (ask->socket != NULL)
		return FAULT_NONE;
	ask->fake = malloc(sizeof(*ask->fake));
	if (ask->fake == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a rival");
	f = setup_open(conf, &ask->setup, note);
	if (f == FAULT_NONE)
		f = setup_web(ask->setup, &ask->web, note);
	if (f == FAULT_NONE)
		f = setup_writer(ask->setup, &ask->store, note);
	if (f == FAULT_NONE)
		f = setup_provider(ask->setup, &ask->provider, note);
	return f;
}

/* Starts all of them and waits for their end. */
static enum fault
run_threads(struct rival *rivals, size_t n, struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	size_t i, n_started;

	for (n_started = 0; n_started < n; n_started++) {
		if (pthread_create(&rivals[n_started].thread, NULL, fight,
			&rivals[n_started]) != 0) {
			f = fault_set(note, FAULT_NOMEM, "no more threads");
			break;
		}
	}
	for (i = 0; i < n_started; i++)
		(void)pthread_join(rivals[i].thread, NULL);
	return f;
}

static enum fault
run(const struct options *options, struct conf *conf, struct board *board,
    struct fault_note *note)
{
	size_t i, n = options->threads;
	struct rival *rivals = calloc(n, sizeof(*rivals));
	uint64_t seed = options->seed;
	enum fault f = FAULT_NONE;

	if (rivals == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for rivals");
	for (i = 0; f == FAULT_NONE && i < n; i++) {
		rivals[i].board = board;
		rivals[i].chance = wish_chance(&seed);
		rivals[i].ask.socket = options->socket;
		rivals[i].ask.fd = -1;
		f = open_rival(conf, &rivals[i], note);
	}
	if (f == FAULT_NONE)
		f = run_threads(rivals, n, note);
	for (i = 0; i < n; i++) {
		setup_close(rivals[i].ask.setup);
		free(rivals[i].ask.fake);
	}
	free(rivals);
	return f;
}

static bool
parse_number(const char *text, unsigned long most, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, 10);
	return errno == 0 && *text != '\0' && *end == '\0' && *ret <= most;
}

/* One option; false: it is unknown or makes no sense. */
static bool
take_option(int c, struct options *ret)
{
	switch (c) {
	case 'c':
		ret->config = optarg;
		return true;
	case 'b':
		ret->board = optarg;
		return true;
	case 'u':
		ret->socket = optarg;
		return true;
	case 's':
		return parse_number(optarg, ULONG_MAX, &ret->seed);
	case 't':
		return parse_number(optarg, THREADS_MAX, &ret->threads);
	default:
		return false;
	}
}

static bool
parse_options(int argc, char **argv, struct options *ret)
{
	int c;

	while ((c = getopt(argc, argv, "c:b:s:t:u:")) != -1) {
		if (!take_option(c, ret))
			return false;
	}
	return ret->config != NULL && ret->board != NULL && ret->threads > 0 &&
	    optind == argc;
}

int
main(int argc, char **argv)
{
	struct options options = { .threads = 1 };
	struct fault_note note = { "" };
	struct conf conf = { 0 };
	struct board *board;
	enum fault f;

	if (!parse_options(argc, argv, &options)) {
		(void)fputs("usage: rivals -c CONFIG -b BOARD [-s SEED] "
			    "[-t THREADS] [-u SOCKET]\n",
		    stderr);
		return 2;
	}
	/* OpenSSL may write to a connection that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	board = board_open(options.board);
	if (board == NULL) {
		perror(options.board);
		return 2;
	}
	f = conf_read(options.config, options.config, environ, &conf, &note);
	if (f == FAULT_NONE)
		f = run(&options, &conf, board, &note);
	if (f != FAULT_NONE)
		(void)fprintf(stderr, "rivals: %s\n", note.text);
	conf_wipe(&conf);
	return f == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
