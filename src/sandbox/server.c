/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd brings its own epoll; ours holds that one, the signals, and the
 * sockets of hanging exchanges.
 */
#include "sandbox/server.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "sandbox/exchange.h"
#include "sandbox/hooks.h"

#define CONNECTIONS_MAX 20000U
#define OTHER_FILES     64U /* ours, and those of webhooks */
/* Enough for the 100 ids that GET /payments takes. */
#define CONNECTION_BYTES ((size_t)12288)
#define IDLE_SECONDS     120U
#define BACKLOG          4096
#define EVENTS           64
#define IDLE_MS          1000
/* Documented (TLS page): TLS 1.3, and 1.2 with ECDHE only. */
#define TLS_AS_IMPORT "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA"
#define PEM_MAX       ((size_t)1 << 20)

struct server {
	struct world *world;
	struct MHD_Daemon *daemon;
	struct exchange_list exchanges;
	struct hooks *hooks;
	struct buf cert, key; /* PEM; empty: plain HTTP */
	int listener;
	int epoll;
	int signals;
	unsigned connections; /* at most */
	uint16_t port;
	bool is_stopping;
};

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The wait cut to that until something due, INT64_MAX being never. */
static int64_t
sooner(int64_t ms, int64_t due, int64_t now)
{
	return due == INT64_MAX ? ms : least(ms, due - now);
}

/*
 * Milliseconds until something is due.  Never for ever: a connection that
 * libmicrohttpd gives up is closed only when it runs the next time.
 */
static int
next_timeout(const struct server *server)
{
	int64_t next_mono = least(timers_next(&server->exchanges.timers),
	    hooks_next_mono_ms(server->hooks));
	int64_t next_world = least(
	    world_next_ms(server->world), hooks_next_world_ms(server->hooks));
	int64_t ms = IDLE_MS;
	MHD_UNSIGNED_LONG_LONG mhd;

	if (MHD_get_timeout(server->daemon, &mhd) == MHD_YES)
		ms = mhd < IDLE_MS ? (int64_t)mhd : IDLE_MS;
	ms = sooner(ms, next_mono, exchange_now_ms(CLOCK_MONOTONIC));
	ms = sooner(ms, next_world, exchange_world_ms(server->world));
	return ms < 0 ? 0 : (int)ms;
}

static void
take_signal(struct server *server)
{
	struct signalfd_siginfo info;

	if (read(server->signals, &info, sizeof(info)) > 0)
		server->is_stopping = true;
}

/* Waits once; signals and callers who left are dealt with. */
static enum fault
wait_events(struct server *server, struct fault_note *note)
{
	struct epoll_event events[EVENTS];
	int i,
	    n = epoll_wait(server->epoll, events, EVENTS, next_timeout(server));

	if (n < 0 && errno != EINTR)
		return fault_set(
		    note, FAULT_IO, "epoll_wait: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		if (events[i].data.ptr == &server->signals)
			take_signal(server);
		else if (events[i].data.ptr != server &&
		    events[i].data.ptr != server->hooks)
			exchange_resume(events[i].data.ptr);
	}
	return FAULT_NONE;
}

enum fault
server_run(struct server *server, struct fault_note *note)
{
	const struct exchange_list *exchanges = &server->exchanges;
	enum fault f = FAULT_NONE;

	while (f == FAULT_NONE && !server->is_stopping) {
		f = wait_events(server, note);
		exchange_resume_due(&server->exchanges);
		hooks_run(server->hooks, exchange_world_ms(server->world),
		    exchange_now_ms(CLOCK_MONOTONIC));
		if (f == FAULT_NONE)
			f = world_tick(server->world,
			    exchange_world_ms(server->world), note);
		if (f == FAULT_NONE && MHD_run(server->daemon) != MHD_YES)
			f = fault_set(note, FAULT_IO, "HTTP: can't go on");
		if (f == FAULT_NONE && exchanges->fault != FAULT_NONE)
			f = fault_set(
			    note, exchanges->fault, "%s", exchanges->note.text);
	}
	return f;
}

static enum fault
fail(const char *what, struct fault_note *note)
{
	return fault_set(note, errno == EADDRINUSE ? FAULT_BUSY : FAULT_IO,
	    "%s: %s", what, strerror(errno));
}

static enum fault
listen_on(struct server *server, uint16_t port, struct fault_note *note)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int on = 1;

	server->listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->listener < 0 ||
	    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on,
		sizeof(on)) != 0 ||
	    bind(server->listener, (const struct sockaddr *)&address, len) !=
		0 ||
	    listen(server->listener, BACKLOG) != 0 ||
	    getsockname(server->listener, (struct sockaddr *)&address, &len) !=
		0)
		return fail("can't listen on 127.0.0.1", note);
	server->port = ntohs(address.sin_port);
	return FAULT_NONE;
}

static enum fault
watch(struct server *server, int fd, void *who, struct fault_note *note)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = who };

	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		return fail("epoll", note);
	return FAULT_NONE;
}

/*
 * As many descriptors as we may have; returns how many of them connections may
 * take.  libmicrohttpd has to count them itself: after accept() has failed for
 * want of one, its epoll never tells it of another caller.
 */
static unsigned
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return CONNECTIONS_MAX;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= CONNECTIONS_MAX + OTHER_FILES)
		return CONNECTIONS_MAX;
	return limit.rlim_cur > 2 * OTHER_FILES
	    ? (unsigned)limit.rlim_cur - OTHER_FILES
	    : (unsigned)limit.rlim_cur / 2;
}

static enum fault
open_signals(struct server *server, struct fault_note *note)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return fail("signals", note);
	server->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (server->signals < 0)
		return fail("signals", note);
	return watch(server, server->signals, &server->signals, note);
}

static enum fault
open_hooks(struct server *server, const struct hooks_options *options,
    struct fault_note *note)
{
	enum fault f = hooks_open(options, &server->hooks, note);

	if (f != FAULT_NONE)
		return f;
	server->world->notify = hooks_notify;
	server->world->notify_arg = server->hooks;
	return watch(server, hooks_fd(server->hooks), server->hooks, note);
}

/* A PEM file as a string, which libmicrohttpd borrows while it runs. */
static enum fault
read_pem(const char *path, struct buf *pem, struct fault_note *note)
{
	FILE *file = fopen(path, "re");
	enum fault f = FAULT_NONE;
	char block[4096];
	size_t n;

	if (file == NULL)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	while (
	    f == FAULT_NONE && (n = fread(block, 1, sizeof(block), file)) > 0)
		f = buf_add(pem, block, n, note);
	(void)fclose(file);
	if (f == FAULT_NONE && buf_len(pem) == 0)
		f = fault_set(note, FAULT_INPUT, "%s: empty", path);
	return f;
}

static enum fault
open_tls(struct server *server, const struct server_options *options,
    struct fault_note *note)
{
	enum fault f;

	if ((options->tls_cert == NULL) != (options->tls_key == NULL))
		return fault_set(note, FAULT_INPUT,
		    "--tls-cert and --tls-key need each other");
	if (options->tls_cert == NULL)
		return FAULT_NONE;
	f = read_pem(options->tls_cert, &server->cert, note);
	return f != FAULT_NONE ? f
			       : read_pem(options->tls_key, &server->key, note);
}

static enum fault
open_daemon(struct server *server, struct fault_note *note)
{
	struct exchange_list *exchanges = &server->exchanges;
	bool is_tls = server_is_tls(server);
	const struct MHD_OptionItem pems[] = {
		{ is_tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
		    (void *)(uintptr_t)buf_bytes(&server->cert) },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0,
		    (void *)(uintptr_t)buf_bytes(&server->key) },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		    (void *)(uintptr_t)TLS_AS_IMPORT },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
	    (is_tls ? MHD_USE_TLS : 0U);
	const union MHD_DaemonInfo *info;

	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_answer,
	    exchanges, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)server->listener,
	    MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, exchanges,
	    MHD_OPTION_NOTIFY_COMPLETED, exchange_end, exchanges,
	    MHD_OPTION_NOTIFY_CONNECTION, exchange_connection, exchanges,
	    MHD_OPTION_CONNECTION_LIMIT, server->connections,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_ARRAY, pems,
	    MHD_OPTION_END);
	if (server->daemon == NULL)
		return fault_set(note, FAULT_IO,
		    is_tls
			? "HTTPS: can't start; are certificate and key a pair?"
			: "HTTP: can't start");
	server->listener = -1; /* the daemon closes it now */
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return fault_set(note, FAULT_BUG, "HTTP: no epoll");
	return watch(server, info->epoll_fd, server, note);
}

enum fault
server_open(struct world *world, const struct server_options *options,
    struct server **ret_server, struct fault_note *note)
{
	struct server *server = calloc(1, sizeof(*server));
	enum fault f;

	if (server == NULL)
		return fault_set(note, FAULT_NOMEM, "server: no memory");
	server->world = world;
	server->listener = -1;
	server->signals = -1;
	server->connections = raise_limit();
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->exchanges.world = world;
	server->exchanges.epoll = server->epoll;
	timers_init(&server->exchanges.timers);
	buf_init(&server->cert, PEM_MAX);
	buf_init(&server->key, PEM_MAX);
	f = server->epoll < 0 ? fail("epoll", note)
			      : listen_on(server, options->port, note);
	if (f == FAULT_NONE)
		f = open_signals(server, note);
	if (f == FAULT_NONE)
		f = open_hooks(server, &options->hooks, note);
	if (f == FAULT_NONE)
		f = open_tls(server, options, note);
	if (f == FAULT_NONE)
		f = open_daemon(server, note);
	if (f != FAULT_NONE) {
		server_close(server);
		return f;
	}
	*ret_server = server;
	return FAULT_NONE;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void
server_close(struct server *server)
{
	if (server == NULL)
		return;
	exchange_drop_all(&server->exchanges);
	if (server->daemon != NULL) {
		(void)MHD_run(server->daemon);
		MHD_stop_daemon(server->daemon);
	}
	hooks_close(server->hooks);
	buf_deinit(&server->cert);
	buf_clear(&server->key);
	buf_deinit(&server->key);
	timers_deinit(&server->exchanges.timers);
	close_fd(server->listener);
	close_fd(server->signals);
	close_fd(server->epoll);
	free(server);
}

bool
server_is_tls(const struct server *server)
{
	return buf_len(&server->cert) > 0;
}

uint16_t
server_port(const struct server *server)
{
	return server->port;
}
