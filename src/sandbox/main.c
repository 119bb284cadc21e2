/* SPDX-License-Identifier: MIT */
/*
 * iamport-sandbox: i'mport's V1 API on loopback, for tests and for developers.
 * Options in, world and server opened, loop.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sandbox/moment.h"
#include "sandbox/server.h"
#include "sandbox/world.h"

#define NAME        "iamport-sandbox"
#define PORT        8081
#define MS_MAX      INT64_C(86400000)
#define TOKEN_S     1800
#define PENDING_MS  3000
#define LAZY_AMOUNT 10000
#define REPEATS_MAX 5
#define EXIT_USAGE  2
#define FAULTS_MAX  100

struct settings {
	struct world_options world;
	struct server_options server;
	const char *clock;
	const char *script;
	const char *faults[FAULTS_MAX];
	size_t faults_n;
};

enum option_code {
	OPTION_CLOCK = 256,
	OPTION_FAULT,
	OPTION_HELP,
	OPTION_JOURNAL,
	OPTION_KEY,
	OPTION_LATENCY,
	OPTION_LAZY,
	OPTION_LIST_FAULTS,
	OPTION_PAYMENTS,
	OPTION_PENDING,
	OPTION_PORT,
	OPTION_SCRIPT,
	OPTION_SECRET,
	OPTION_SEED,
	OPTION_STATE,
	OPTION_TLS_CERT,
	OPTION_TLS_KEY,
	OPTION_TOKEN_SECONDS,
	OPTION_LIVE,
	OPTION_UTF8,
	OPTION_VERSION,
	OPTION_WEBHOOK,
	OPTION_WEBHOOK_FORM,
	OPTION_WEBHOOK_REPEATS
};

static const struct option options[] = {
	{ "clock", required_argument, NULL, OPTION_CLOCK },
	{ "fault", required_argument, NULL, OPTION_FAULT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "journal", required_argument, NULL, OPTION_JOURNAL },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "latency", required_argument, NULL, OPTION_LATENCY },
	{ "lazy", optional_argument, NULL, OPTION_LAZY },
	{ "list-faults", no_argument, NULL, OPTION_LIST_FAULTS },
	{ "payments", required_argument, NULL, OPTION_PAYMENTS },
	{ "pending-ms", required_argument, NULL, OPTION_PENDING },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "script", required_argument, NULL, OPTION_SCRIPT },
	{ "secret", required_argument, NULL, OPTION_SECRET },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "tls-cert", required_argument, NULL, OPTION_TLS_CERT },
	{ "tls-key", required_argument, NULL, OPTION_TLS_KEY },
	{ "token-seconds", required_argument, NULL, OPTION_TOKEN_SECONDS },
	{ "live", no_argument, NULL, OPTION_LIVE },
	{ "utf8", no_argument, NULL, OPTION_UTF8 },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "webhook", required_argument, NULL, OPTION_WEBHOOK },
	{ "webhook-form", no_argument, NULL, OPTION_WEBHOOK_FORM },
	{ "webhook-repeats", required_argument, NULL, OPTION_WEBHOOK_REPEATS },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
    "usage: " NAME " [option ...]\n"
    "i'mport's V1 API on 127.0.0.1, for tests; see " NAME "(1).\n"
    "\n"
    "  --port N            listen here; 0 is any free port (8081)\n"
    "  --payments FILE     payments as CSV, amounts in smallest units\n"
    "  --lazy[=AMOUNT]     any order ORD-<n> exists, of 10000 won\n"
    "  --state FILE        remember everything across restarts and kills\n"
    "  --journal FILE      one JSON line for each cancel applied\n"
    "  --latency MS        every answer waits so long (0)\n"
    "  --pending-ms MS     asynchronous methods apply after (3000)\n"
    "  --fault SPEC        drop_after:p=0.1,count=3 and so on; repeatable\n"
    "  --list-faults       their names, and the calls each may meet\n"
    "  --script FILE       one fault SPEC a line, # comments\n"
    "  --seed N            of the faults' probabilities (from the clock)\n"
    "  --key, --secret     sandbox_key and sandbox_secret\n"
    "  --token-seconds N   lifetime of a token (1800)\n"
    "  --live              all payments are of a live channel, sandbox false\n"
    "  --utf8              raw UTF-8 in answers instead of \\uXXXX\n"
    "  --clock WHEN        the sandbox's clock starts here, not now\n"
    "  --webhook URL       send webhooks here\n"
    "  --webhook-form      as forms instead of JSON\n"
    "  --webhook-repeats N repeat one that failed after a minute (0 to 5)\n"
    "  --tls-cert, --tls-key FILE  PEM; speak HTTPS with them\n"
    "  --help, --version\n";

static bool
parse_number(
    const char *text, long long least, long long most, long long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9' &&
	    *ret_number >= least && *ret_number <= most;
}

/* One option that is a number; false: its value is no good. */
static bool
take_number(int code, const char *text, struct settings *settings)
{
	long long most = code == OPTION_PORT ? UINT16_MAX
	    : code == OPTION_SEED            ? INT64_MAX
	    : code == OPTION_LAZY            ? MONEY_MAX
	    : code == OPTION_WEBHOOK_REPEATS ? REPEATS_MAX
					     : MS_MAX;
	long long least = code == OPTION_TOKEN_SECONDS || code == OPTION_LAZY;
	long long number = LAZY_AMOUNT;

	/* Only an optional argument can be missing. */
	if (text != NULL && !parse_number(text, least, most, &number))
		return false;
	switch (code) {
	case OPTION_LATENCY:
		settings->world.latency_ms = number;
		break;
	case OPTION_LAZY:
		settings->world.lazy_amount = number;
		break;
	case OPTION_PENDING:
		settings->world.pending_ms = number;
		break;
	case OPTION_PORT:
		settings->server.port = (uint16_t)number;
		break;
	case OPTION_SEED:
		settings->world.seed = (uint64_t)number;
		break;
	case OPTION_TOKEN_SECONDS:
		settings->world.token_seconds = number;
		break;
	case OPTION_WEBHOOK_REPEATS:
		settings->server.hooks.repeats = number;
		break;
	default:
		return false;
	}
	return true;
}

/* One option that is not a number; false: its value is no good. */
static bool
take_text(int code, const char *text, struct settings *settings)
{
	struct world_options *world = &settings->world;

	switch (code) {
	case OPTION_CLOCK:
		settings->clock = text;
		break;
	case OPTION_FAULT:
		if (settings->faults_n == FAULTS_MAX)
			return false;
		settings->faults[settings->faults_n++] = text;
		break;
	case OPTION_JOURNAL:
		world->journal = text;
		break;
	case OPTION_KEY:
		world->key = text;
		break;
	case OPTION_PAYMENTS:
		world->payments = text;
		break;
	case OPTION_SCRIPT:
		settings->script = text;
		break;
	case OPTION_SECRET:
		world->secret = text;
		break;
	case OPTION_STATE:
		world->state = text;
		break;
	case OPTION_TLS_CERT:
		settings->server.tls_cert = text;
		break;
	case OPTION_TLS_KEY:
		settings->server.tls_key = text;
		break;
	case OPTION_LIVE:
		world->live = true;
		break;
	case OPTION_UTF8:
		world->utf8 = true;
		break;
	case OPTION_WEBHOOK:
		settings->server.hooks.url = text;
		break;
	case OPTION_WEBHOOK_FORM:
		settings->server.hooks.is_form = true;
		break;
	default:
		return take_number(code, text, settings);
	}
	return true;
}

static void
list_faults(void)
{
	int mishap, route;

	for (mishap = MISHAP_NONE + 1; mishap < MISHAP__COUNT; mishap++) {
		(void)printf("%s:", mishap_name((enum mishap)mishap));
		for (route = 0; route < ROUTE__COUNT; route++) {
			if (mishap_may((enum mishap)mishap, (enum route)route))
				(void)printf(
				    " %s", route_name((enum route)route));
		}
		(void)putchar('\n');
	}
}

/* -1: go on; else the status to exit with. */
static int
read_options(int argc, char **argv, struct settings *settings)
{
	int code, index;

	while ((code = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (code == OPTION_HELP) {
			(void)fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (code == OPTION_LIST_FAULTS) {
			list_faults();
			return EXIT_SUCCESS;
		}
		if (code == OPTION_VERSION) {
			(void)puts(NAME " " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		}
		if (code == '?')
			return EXIT_USAGE;
		if (!take_text(code, optarg, settings)) {
			(void)fprintf(stderr, NAME ": --%s: bad value \"%s\"\n",
			    options[index].name, optarg == NULL ? "" : optarg);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		(void)fprintf(
		    stderr, NAME ": %s: no such option\n", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static enum fault
add_fault(struct world *world, const char *spec, struct fault_note *note)
{
	struct fault_note inner = { "" };
	struct mishap_rule rule;
	enum fault f = mishap_parse(spec, &rule, &inner);

	if (f == FAULT_NONE)
		f = mishap_list_add(world->mishaps, &rule, &inner);
	if (f != FAULT_NONE)
		return fault_set(
		    note, f, "fault \"%.60s\": %.150s", spec, inner.text);
	return FAULT_NONE;
}

static enum fault
read_script(struct world *world, const char *path, struct fault_note *note)
{
	FILE *file = fopen(path, "re");
	enum fault f = FAULT_NONE;
	char *line = NULL;
	size_t room = 0;

	if (file == NULL)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	while (f == FAULT_NONE && getline(&line, &room, file) > 0) {
		char *spec = line + strspn(line, " \t");

		spec[strcspn(spec, "# \t\r\n")] = '\0';
		if (*spec != '\0')
			f = add_fault(world, spec, note);
	}
	if (f == FAULT_NONE && !feof(file))
		f = fault_set(note, FAULT_IO, "%s: %s", path, strerror(errno));
	free(line);
	(void)fclose(file);
	return f;
}

static enum fault
add_faults(struct world *world, const struct settings *settings,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < settings->faults_n && f == FAULT_NONE; i++)
		f = add_fault(world, settings->faults[i], note);
	if (f == FAULT_NONE && settings->script != NULL)
		f = read_script(world, settings->script, note);
	return f;
}

static enum fault
serve(struct world *world, const struct settings *settings,
    struct fault_note *note)
{
	struct server *server = NULL;
	enum fault f;

	f = server_open(world, &settings->server, &server, note);
	if (f != FAULT_NONE)
		return f;
	(void)fprintf(stderr, NAME ": seed %llu\n",
	    (unsigned long long)settings->world.seed);
	(void)printf(NAME ": listening on %s://127.0.0.1:%u\n",
	    server_is_tls(server) ? "https" : "http",
	    (unsigned)server_port(server));
	(void)fflush(stdout);
	f = server_run(server, note);
	server_close(server);
	return f;
}

static enum fault
read_clock(
    const struct settings *settings, int64_t *now_ms, struct fault_note *note)
{
	struct fault_note inner = { "" };
	enum fault f = FAULT_NONE;

	if (settings->clock != NULL)
		f = moment_parse(settings->clock, now_ms, &inner);
	return f == FAULT_NONE
	    ? f
	    : fault_set(note, f, "--clock: %.200s", inner.text);
}

int
main(int argc, char **argv)
{
	struct settings settings = {
		.server = { .port = PORT },
		.world = {
			.key = "sandbox_key",
			.secret = "sandbox_secret",
			.token_seconds = TOKEN_S,
			.pending_ms = PENDING_MS,
			.seed = (uint64_t)time(NULL),
		},
	};
	struct fault_note note = { "" };
	const int64_t real_ms = (int64_t)time(NULL) * 1000;
	int64_t now_ms = real_ms;
	struct world world = { 0 };
	enum fault f;
	int status = read_options(argc, argv, &settings);

	if (status >= 0)
		return status;
	f = read_clock(&settings, &now_ms, &note);
	if (f == FAULT_NONE)
		f = world_open(&world, &settings.world, now_ms, &note);
	world.shift_ms = now_ms - real_ms;
	if (f == FAULT_NONE)
		f = add_faults(&world, &settings, &note);
	if (f == FAULT_NONE)
		f = serve(&world, &settings, &note);
	world_close(&world);
	if (f != FAULT_NONE)
		(void)fprintf(stderr, NAME ": %s\n", note.text);
	return f == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
