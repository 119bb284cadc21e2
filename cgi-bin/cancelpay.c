/* SPDX-License-Identifier: MIT */
/*
 * The web program: reads the configuration, finds out how it was started, opens
 * what that needs, and lets src/serve do the work.
 *
 * The one idea: what the operator has to mend stops a responder at once, with
 * one line that says where; a CGI program says the same line and answers 500.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/secret.h"
#include "serve/cgi.h"
#include "serve/listen.h"
#include "serve/serve.h"
#include "setup/setup.h"

#define DEFAULT_CONFIG SYSCONFDIR "/cancelpay.conf"
#define EXIT_OPERATOR  2 /* usage or configuration */
/* Connections, those to i'mport, and some for files. */
#define FILES_WANTED 65536
#define MEMORY_KEPT  (32 * 1024 * 1024)
#define MEMORY_STEP  (256 * 1024)

static const char usage[] =
    "Usage: cancelpay.fcgi [--check-config | --version | --help]\n"
    "\n"
    "Refunds of i'mport payments over FastCGI or CGI.  A web server, systemd\n"
    "or spawn-fcgi starts it with a listening socket on descriptor 0 or 3, or\n"
    "as a CGI program; by hand it needs \"listen\" in section [server] of\n"
    "the configuration, " DEFAULT_CONFIG "\n"
    "(or where CANCELPAY_CONFIG says).\n"
    "\n"
    "  --check-config  read the configuration, look at all it names, and say\n"
    "                  OK or what is wrong\n"
    "  --version       print the version\n"
    "  --help          print this\n"
    "\n"
    "Exit status: 0 after an orderly end, 2 when the operator has to mend\n"
    "something, 1 for anything else.  SIGTERM, SIGINT, SIGHUP and SIGUSR1\n"
    "let it finish what is in flight and end.\n";

extern char **environ;

/* The usual 1024 would be less than max_in_flight and what goes with it. */
static void
raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    files.rlim_cur >= FILES_WANTED)
		return;
	files.rlim_cur =
	    files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/*
 * What is freed stays ours for the next request: glibc would hand it to the
 * kernel page by page, all threads waiting while it does, and fetch it again.
 */
static void
keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	(void)mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
	(void)mallopt(M_TOP_PAD, MEMORY_STEP);
}

/* The one line for the operator, on stderr whatever the log's target is. */
static void
complain(const struct conf *conf, const struct fault_note *note)
{
	fprintf(stderr, "cancelpay.fcgi: %s\n", note->text);
	if (conf->log_target[0] != '\0' &&
	    strcmp(conf->log_target, "stderr") != 0)
		log_event(LOG_LEVEL_ERROR, "start", "%s", note->text);
}

static enum fault
open_log(const struct conf *conf, struct fault_note *note)
{
	return log_open("cancelpay.fcgi", (enum log_level)conf->log_level,
	    conf->log_format == CONF_LOG_JSON, conf->log_target, note);
}

/* All that a responder needs; readers is one a worker. */
static enum fault
wire(struct setup *setup, struct serve *serve, struct store *readers,
    struct fault_note *note)
{
	size_t i;
	enum fault f;

	f = setup_web(setup, &serve->web, note);
	if (f == FAULT_NONE)
		f = setup_writer(setup, &serve->writer, note);
	for (i = 0; f == FAULT_NONE && i < serve->n_workers; i++)
		f = setup_reader(setup, &readers[i], note);
	if (f == FAULT_NONE)
		f = setup_provider(setup, &serve->provider, note);
	if (f == FAULT_NONE)
		f = setup_limits(setup, note);
	serve->app = setup_app(setup);
	serve->readers = readers;
	return f;
}

/* A responder's whole life. */
static int
respond(const struct conf *conf, const struct listener *listener)
{
	struct serve serve = { .listener = *listener,
		.n_workers = (size_t)conf->server_workers,
		.max_in_flight = (int)conf->server_max_in_flight,
		.drain_ms = conf->server_drain_ms };
	struct store *readers = calloc(serve.n_workers, sizeof(*readers));
	struct fault_note note = { "out of memory" };
	struct setup *setup = NULL;
	struct rooms *rooms = NULL;
	enum fault f = FAULT_NOMEM;
	int status = EXIT_FAILURE;

	if (readers != NULL)
		f = setup_open(conf, &setup, &note);
	if (f == FAULT_NONE)
		f = wire(setup, &serve, readers, &note);
	if (f == FAULT_NONE)
		f = serve_open(&serve, &rooms, &note);
	if (f != FAULT_NONE) {
		status = EXIT_OPERATOR;
		listen_end(listener);
	} else {
		f = serve_run(rooms, &note);
		status = f == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (f != FAULT_NONE)
		complain(conf, &note);
	setup_close(setup); /* before the calls it may still have */
	serve_close(rooms);
	free(readers);
	return status;
}

static enum fault
open_reader(void *setup, struct store *ret_reader, struct fault_note *note)
{
	return setup_reader(setup, ret_reader, note);
}

static enum fault
open_writer(void *setup, struct store *ret_writer,
    struct provider *ret_provider, struct fault_note *note)
{
	enum fault f;

	f = setup_writer(setup, ret_writer, note);
	if (f == FAULT_NONE)
		f = setup_late_provider(setup, ret_provider, note);
	return f;
}

static int
run_cgi(const struct conf *conf)
{
	struct setup *setup = NULL;
	struct fault_note note;
	struct cgi cgi = { .open_reader = open_reader,
		.open_writer = open_writer };
	enum fault f;

	f = setup_open(conf, &setup, &note);
	if (f == FAULT_NONE)
		f = setup_web(setup, &cgi.web, &note);
	if (f == FAULT_NONE)
		f = setup_limits(setup, &note);
	if (f != FAULT_NONE) {
		complain(conf, &note);
		cgi_refuse();
	} else {
		cgi.app = setup_app(setup);
		cgi.arg = setup;
		cgi_run(&cgi);
	}
	setup_close(setup);
	return f == FAULT_NONE ? EXIT_SUCCESS : EXIT_OPERATOR;
}

/* No configuration, so no log and perhaps not even a socket. */
static int
fail_start(
    const struct conf *conf, enum listen_how how, const struct fault_note *note)
{
	complain(conf, note);
	if (how == LISTEN_CGI)
		cgi_refuse();
	return EXIT_OPERATOR;
}

static int
run(void)
{
	struct conf conf = { 0 };
	struct listener listener = { .fd = -1 };
	struct fault_note note;
	enum listen_how how = LISTEN_UNKNOWN;
	enum fault f;
	int status;

	serve_hold_signals();
	f = listen_find("", &how, &listener, &note);
	if (f == FAULT_NONE)
		f = conf_read(NULL, DEFAULT_CONFIG, environ, &conf, &note);
	if (f == FAULT_NONE)
		f = open_log(&conf, &note);
	if (f == FAULT_NONE && how == LISTEN_UNKNOWN)
		f = listen_find(conf.server_listen, &how, &listener, &note);
	if (f != FAULT_NONE) {
		status = fail_start(&conf, how, &note);
	} else if (how == LISTEN_UNKNOWN) {
		fputs(usage, stderr);
		status = EXIT_OPERATOR;
	} else if (how == LISTEN_CGI) {
		status = run_cgi(&conf);
	} else {
		if (conf.auth_mode == CONF_AUTH_UNSET)
			log_event(LOG_LEVEL_WARNING, "auth",
			    "refunds are refused: [auth] mode is not set");
		raise_files();
		keep_memory();
		status = respond(&conf, &listener);
	}
	conf_wipe(&conf);
	log_close();
	return status;
}

static enum fault
check_static(const struct conf *conf, struct fault_note *note)
{
	struct stat st;

	if (conf->server_static_dir[0] == '\0')
		return FAULT_NONE;
	if (stat(conf->server_static_dir, &st) != 0)
		return fault_set(note, FAULT_CONFIG,
		    "[server] static_dir: %s: %s", conf->server_static_dir,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fault_set(note, FAULT_CONFIG,
		    "[server] static_dir: %s is no folder",
		    conf->server_static_dir);
	return FAULT_NONE;
}

/* Opens all a responder would open, and no socket. */
static enum fault
check(struct conf *conf, struct fault_note *note)
{
	struct setup *setup = NULL;
	struct serve serve = { .n_workers = 1 };
	struct store reader;
	enum fault f;

	f = conf_read(NULL, DEFAULT_CONFIG, environ, conf, note);
	if (f == FAULT_NONE)
		f = open_log(conf, note);
	if (f == FAULT_NONE)
		f = setup_open(conf, &setup, note);
	if (f == FAULT_NONE)
		f = wire(setup, &serve, &reader, note);
	if (f == FAULT_NONE)
		f = check_static(conf, note);
	setup_close(setup);
	return f;
}

static int
check_config(void)
{
	struct conf conf = { 0 };
	struct fault_note note;
	enum fault f = check(&conf, &note);

	if (f != FAULT_NONE)
		fprintf(stderr, "cancelpay.fcgi: %s\n", note.text);
	else if (conf.auth_mode == CONF_AUTH_UNSET)
		puts("OK, but refunds are refused: [auth] mode is not set");
	else
		puts("OK");
	log_close();
	conf_wipe(&conf);
	return f == FAULT_NONE ? EXIT_SUCCESS : EXIT_OPERATOR;
}

int
main(int argc, char **argv)
{
	secret_forbid_core();
	/*
	 * A query without a "=" comes as arguments, too: RFC 3875 section 4.4,
	 * as Apache does it.  They are the client's, and no options of ours.
	 */
	if (argc == 1 || getenv("GATEWAY_INTERFACE") != NULL)
		return run();
	if (argc == 2 && strcmp(argv[1], "--check-config") == 0)
		return check_config();
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("cancelpay.fcgi " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	fputs(usage, stderr);
	return EXIT_OPERATOR;
}
