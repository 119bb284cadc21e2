/* SPDX-License-Identifier: MIT */
/*
 * The listening socket while the kernel refuses a call: a fault that says why,
 * no descriptor, and all well the next time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "scarce/scarce.h"
#include "serve/listen.h"

/* ---- what refuses ------------------------------------------------------ */

#define WRAP(name, params, args)                                               \
	int __real_##name params;                                              \
	int __wrap_##name params;                                              \
	int __wrap_##name params                                               \
	{                                                                      \
		return scarce_refuses(SCARCE_CALLS) ? -1 : __real_##name args; \
	}

WRAP(bind, (int fd, const struct sockaddr *at, socklen_t len), (fd, at, len))
WRAP(dup2, (int from, int to), (from, to))
WRAP(listen, (int fd, int n), (fd, n))
WRAP(socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(unlink, (const char *name), (name))

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);

int
__wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	int value;

	va_start(args, command);
	value = command == F_GETFL ? 0 : va_arg(args, int);
	va_end(args);
	return scarce_refuses(SCARCE_CALLS) ? -1
					    : __real_fcntl(fd, command, value);
}

/* Ours makes no file. */
int
__wrap_open(const char *name, int flags, ...)
{
	return scarce_refuses(SCARCE_CALLS) ? -1 : __real_open(name, flags);
}

/* ---- the tests ---------------------------------------------------------- */

static char folder[] = "/tmp/scarce-t-XXXXXX";
static char path[sizeof(folder) + 8];
static int kept_stdin;

static int
set_up(void **state)
{
	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	(void)unsetenv("GATEWAY_INTERFACE");
	(void)unsetenv("REQUEST_METHOD");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	kept_stdin = dup(STDIN_FILENO);
	assert_true(kept_stdin > STDIN_FILENO);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)scarce_end();
	assert_int_equal(dup2(kept_stdin, STDIN_FILENO), STDIN_FILENO);
	(void)close(kept_stdin);
	(void)unlink(path);
	return rmdir(folder);
}

/* A listening socket at path, on fd if it is not negative. */
static int
make_socket(int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(made >= 0);
	(void)unlink(path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(
	    bind(made, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(made, 1), 0);
	if (fd < 0)
		return made;
	assert_int_equal(dup2(made, fd), fd);
	(void)close(made);
	return fd;
}

static void
make_nothing(void)
{
}

/* Somebody has crashed, and left his socket's file. */
static void
make_stale(void)
{
	(void)close(make_socket(-1));
}

static void
make_handed(void)
{
	(void)make_socket(STDIN_FILENO);
}

static void
try_each(const char *configured, void (*make)(void), long least)
{
	struct listener listener;
	struct fault_note note;
	enum listen_how how;
	bool was_refused = true;
	enum fault f;
	long k;

	for (k = 1; was_refused; k++) {
		make();
		note.text[0] = '\0';
		scarce_begin(SCARCE_CALLS, k);
		f = listen_find(configured, &how, &listener, &note);
		was_refused = scarce_end();
		/* Where one address can't be had another one may. */
		if (f == FAULT_NONE) {
			assert_int_equal(how, LISTEN_SOCKET);
			assert_true(listener.fd > STDIN_FILENO);
			assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
			(void)close(listener.fd);
			listen_end(&listener);
		} else {
			assert_true(was_refused);
			assert_true(note.text[0] != '\0');
			assert_int_equal(listener.fd, -1);
		}
	}
	assert_true(k > least);
}

static void
a_socket_that_can_not_be_made_is_a_clear_fault(void **state)
{
	(void)state;
	/* socket, bind, listen */
	try_each(path, make_nothing, 3);
	/* The same, and before that socket and unlink. */
	try_each(path, make_stale, 5);
	try_each("127.0.0.1:0", make_nothing, 3);
}

static void
a_handed_socket_that_can_not_be_moved_is_a_clear_fault(void **state)
{
	(void)state;
	/* fcntl, open, dup2, fcntl, fcntl */
	try_each("", make_handed, 5);
}

static void
what_is_no_place_to_listen_at_is_refused(void **state)
{
	static const char *const places[] = { "[]:9000", "[127.0.0.1:9000",
		":9000", "127.0.0.1:nothing", "[::1]9000" };
	struct listener listener;
	struct fault_note note;
	enum listen_how how;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (listen_find(places[i], &how, &listener, &note) !=
		    FAULT_CONFIG)
			fail_msg("%s was taken", places[i]);
		assert_int_equal(listener.fd, -1);
	}
}

/* Another one has taken our place meanwhile: it is his. */
static void
only_our_own_file_is_removed_in_the_end(void **state)
{
	struct listener listener;
	struct fault_note note;
	enum listen_how how;
	char kept[sizeof(path) + 8];
	struct stat st;
	int other;

	(void)state;
	assert_int_equal(listen_find(path, &how, &listener, &note), FAULT_NONE);
	/* Kept, so that the new one can't have the number of the old. */
	(void)snprintf(kept, sizeof(kept), "%s.kept", path);
	assert_int_equal(rename(path, kept), 0);
	other = make_socket(-1);
	listen_end(&listener);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(unlink(kept), 0);
	(void)close(other);
	(void)close(listener.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_socket_that_can_not_be_made_is_a_clear_fault),
		TEST(a_handed_socket_that_can_not_be_moved_is_a_clear_fault),
		TEST(what_is_no_place_to_listen_at_is_refused),
		TEST(only_our_own_file_is_removed_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
