/* SPDX-License-Identifier: MIT */
/*
 * serve/listen: where the listening socket comes from, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "serve/listen.h"

#define SYSTEMD_FD 3

static char folder[] = "/tmp/listen-t-XXXXXX";
static char path[sizeof(folder) + 8];

static int
set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	(void)unsetenv("GATEWAY_INTERFACE");
	(void)unsetenv("REQUEST_METHOD");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static struct listener
found(const char *configured)
{
	struct fault_note note = { "" };
	struct listener listener;
	enum listen_how how;

	if (listen_find(configured, &how, &listener, &note) != FAULT_NONE)
		fail_msg("%s: %s", configured, note.text);
	assert_int_equal(how, LISTEN_SOCKET);
	assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
	return listener;
}

static void
refused(const char *configured, const char *words)
{
	struct fault_note note = { "" };
	struct listener listener;
	enum listen_how how;

	assert_int_equal(
	    listen_find(configured, &how, &listener, &note), FAULT_CONFIG);
	if (strstr(note.text, words) == NULL)
		fail_msg("%s: %s", configured, note.text);
	assert_int_equal(listener.fd, -1);
}

static int
port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static void
a_path_is_a_socket_of_ours_and_goes_with_us(void **state)
{
	struct listener listener = found(path);
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	refused(path, "somebody listens");
	assert_int_equal(close(listener.fd), 0);
	/* Left over, and taken by the next one. */
	listener = found(path);
	listen_end(&listener);
	assert_int_not_equal(stat(path, &st), 0);
	/* Gone already, which is no matter. */
	listen_end(&listener);
	assert_int_equal(close(listener.fd), 0);
}

static void
what_is_not_ours_is_left_alone(void **state)
{
	struct listener first = found(path), second;
	struct stat st;

	(void)state;
	assert_int_equal(unlink(path), 0);
	second = found(path);
	listen_end(&first);
	assert_int_equal(stat(path, &st), 0);
	listen_end(&second);
	assert_int_equal(close(first.fd), 0);
	assert_int_equal(close(second.fd), 0);
}

static void
paths_that_can_be_no_socket_are_refused(void **state)
{
	char text[200];
	int fd;

	(void)state;
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	refused(path, "is no socket");
	assert_int_equal(unlink(path), 0);
	refused("/nowhere/at/all", "/nowhere/at/all");
	memset(text, 'a', sizeof(text) - 1);
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	refused(text, "a path of at most");
}

static void
a_port_of_loopback_is_listened_on(void **state)
{
	struct listener first = found("127.0.0.1:0");
	char text[64];

	(void)state;
	assert_string_equal(first.path, "");
	(void)snprintf(text, sizeof(text), "127.0.0.1:%d", port_of(first.fd));
	refused(text, text);
	listen_end(&first);
	assert_int_equal(close(first.fd), 0);
}

static void
a_port_of_ip_6_stands_in_brackets(void **state)
{
	int probe = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 here = { .sin6_family = AF_INET6,
		.sin6_addr = in6addr_loopback };
	struct listener listener;

	(void)state;
	if (probe < 0 ||
	    bind(probe, (struct sockaddr *)&here, sizeof(here)) != 0)
		skip();
	assert_int_equal(close(probe), 0);
	listener = found("[::1]:0");
	assert_int_equal(close(listener.fd), 0);
}

static void
what_is_no_host_and_port_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "9000", "takes /path" },
		{ ":9000", "takes /path" },
		{ "[]:9000", "takes /path" },
		{ "127.0.0.1:http", "127.0.0.1" },
		{ "127.0.0.300:9000", "127.0.0.300" },
		{ "203.0.113.1:9000", "203.0.113.1:9000" },
	};
	char text[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(rows[i][0], rows[i][1]);
	memset(text, 'a', 300);
	(void)strcpy(text + 300, ":1");
	refused(text, "takes /path");
}

static void
by_its_environment_it_is_cgi_or_a_person(void **state)
{
	struct fault_note note;
	struct listener listener;
	enum listen_how how;

	(void)state;
	assert_int_equal(listen_find("", &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_UNKNOWN);
	assert_int_equal(setenv("REQUEST_METHOD", "GET", 1), 0);
	assert_int_equal(listen_find(path, &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_CGI);
	assert_int_equal(setenv("GATEWAY_INTERFACE", "CGI/1.1", 1), 0);
	assert_int_equal(unsetenv("REQUEST_METHOD"), 0);
	assert_int_equal(listen_find(path, &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_CGI);
	assert_int_equal(unsetenv("GATEWAY_INTERFACE"), 0);
}

/* Ours alone, and a socket that listens. */
static void
of_systemd_only_what_is_meant_for_us_is_taken(void **state)
{
	int kept = fcntl(SYSTEMD_FD, F_DUPFD_CLOEXEC, 10);
	struct listener ours = found("127.0.0.1:0"), listener;
	struct fault_note note;
	enum listen_how how;
	char pid[32];

	(void)state;
	assert_int_equal(dup2(ours.fd, SYSTEMD_FD), SYSTEMD_FD);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	assert_int_equal(setenv("LISTEN_PID", "1", 1), 0);
	assert_int_equal(listen_find("", &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_UNKNOWN);
	assert_int_equal(setenv("LISTEN_FDS", "1", 1), 0);
	assert_int_equal(listen_find("", &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_UNKNOWN);
	assert_int_equal(setenv("LISTEN_PID", pid, 1), 0);
	assert_int_equal(setenv("LISTEN_FDS", "0", 1), 0);
	assert_int_equal(listen_find("", &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_UNKNOWN);
	assert_int_equal(setenv("LISTEN_FDS", "1", 1), 0);
	listener = found("");
	assert_int_equal(listener.fd, SYSTEMD_FD);
	assert_int_equal(close(SYSTEMD_FD), 0);
	assert_int_equal(listen_find("", &how, &listener, &note), FAULT_NONE);
	assert_int_equal(how, LISTEN_UNKNOWN);
	if (kept >= 0)
		assert_int_equal(dup2(kept, SYSTEMD_FD), SYSTEMD_FD);
	assert_int_equal(unsetenv("LISTEN_PID"), 0);
	assert_int_equal(unsetenv("LISTEN_FDS"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_a_socket_of_ours_and_goes_with_us),
		cmocka_unit_test(what_is_not_ours_is_left_alone),
		cmocka_unit_test(paths_that_can_be_no_socket_are_refused),
		cmocka_unit_test(a_port_of_loopback_is_listened_on),
		cmocka_unit_test(a_port_of_ip_6_stands_in_brackets),
		cmocka_unit_test(what_is_no_host_and_port_is_refused),
		cmocka_unit_test(by_its_environment_it_is_cgi_or_a_person),
		cmocka_unit_test(of_systemd_only_what_is_meant_for_us_is_taken),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
