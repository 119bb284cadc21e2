/* SPDX-License-Identifier: MIT */
/*
 * The program's own calls of the kernel, of threads and of libcurl: the K-th
 * is not made but fails with ARG, an errno.  What libraries call for themselves
 * is their affair; so are close and munmap, which nobody can do without.
 *
 * The letters tell a test which one it was: without unlink, say, something is
 * left behind, and that is no fault of the program's.
 */
#include "fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool
fault_fails(void *caller, char letter)
{
	if (!fault_is(FAULT_KIND_CALL) || !fault_is_program(caller) ||
	    !fault_strikes(letter))
		return false;
	fault_hit();
	errno = (int)fault_number();
	return true;
}

#define FAILS(letter) fault_fails(__builtin_return_address(0), letter)

/* A function like the real one, but for the call that returns wrong. */
#define CALL(type, name, letter, wrong, params, args)                          \
	type name params                                                       \
	{                                                                      \
		static type(*real) params;                                     \
                                                                               \
		if (FAILS(letter))                                             \
			return wrong;                                          \
		if (real == NULL)                                              \
			*(void **)&real = dlsym(RTLD_NEXT, #name);             \
		return real args;                                              \
	}

/* ---- files ----------------------------------------------------------- */

CALL(int, mkostemp, 'o', -1, (char *name, int flags), (name, flags))
CALL(FILE *, fopen, 'o', NULL,
    (const char *restrict path, const char *restrict mode), (path, mode))
CALL(DIR *, opendir, 'o', NULL, (const char *path), (path))
CALL(int, fstat, 't', -1, (int fd, struct stat *ret_st), (fd, ret_st))
CALL(int, stat, 't', -1,
    (const char *restrict path, struct stat *restrict ret_st), (path, ret_st))
CALL(int, lstat, 't', -1,
    (const char *restrict path, struct stat *restrict ret_st), (path, ret_st))
CALL(int, statfs, 't', -1, (const char *path, struct statfs *ret_st),
    (path, ret_st))
CALL(int, access, 't', -1, (const char *path, int mode), (path, mode))
CALL(int, link, 'l', -1, (const char *from, const char *to), (from, to))
CALL(int, unlink, 'u', -1, (const char *path), (path))
CALL(int, rename, 'n', -1, (const char *from, const char *to), (from, to))
CALL(int, chown, 'w', -1, (const char *path, uid_t uid, gid_t gid),
    (path, uid, gid))
CALL(int, fchown, 'w', -1, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
CALL(int, fsync, 's', -1, (int fd), (fd))
CALL(int, ftruncate, 'c', -1, (int fd, off_t size), (fd, size))
CALL(int, flock, 'k', -1, (int fd, int how), (fd, how))
CALL(int, dup2, 'd', -1, (int from, int to), (from, to))

int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if (FAILS('o'))
		return -1;
	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}

int
openat(int folder, const char *path, int flags, ...)
{
	static int (*real)(int folder, const char *path, int flags, ...);
	va_list args;
	mode_t mode;

	if (FAILS('o'))
		return -1;
	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "openat");
	return real(folder, path, flags, mode);
}

int
fcntl(int fd, int command, ...)
{
	static int (*real)(int fd, int command, ...);
	va_list args;
	void *arg;

	if (FAILS('f'))
		return -1;
	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fcntl");
	return real(fd, command, arg);
}

/* ---- sockets, processes, threads ------------------------------------- */

CALL(int, socket, 'S', -1, (int family, int type, int protocol),
    (family, type, protocol))
CALL(int, bind, 'B', -1, (int fd, const struct sockaddr *at, socklen_t size),
    (fd, at, size))
CALL(int, listen, 'L', -1, (int fd, int n), (fd, n))
CALL(int, accept4, 'A', -1,
    (int fd, struct sockaddr *at, socklen_t *size, int flags),
    (fd, at, size, flags))
CALL(int, getsockopt, 'G', -1,
    (int fd, int level, int name, void *value, socklen_t *size),
    (fd, level, name, value, size))
CALL(int, getsockname, 'G', -1, (int fd, struct sockaddr *at, socklen_t *size),
    (fd, at, size))
CALL(int, epoll_create1, 'E', -1, (int flags), (flags))
CALL(int, epoll_ctl, 'E', -1,
    (int fd, int what, int other, struct epoll_event *event),
    (fd, what, other, event))
CALL(int, epoll_wait, 'W', -1,
    (int fd, struct epoll_event *events, int n, int timeout_ms),
    (fd, events, n, timeout_ms))
CALL(int, poll, 'W', -1, (struct pollfd * fds, nfds_t n, int timeout_ms),
    (fds, n, timeout_ms))
CALL(int, eventfd, 'E', -1, (unsigned count, int flags), (count, flags))
CALL(int, signalfd, 'E', -1, (int fd, const sigset_t *mask, int flags),
    (fd, mask, flags))
CALL(int, timer_create, 'T', -1,
    (clockid_t clock, struct sigevent *event, timer_t *ret_timer),
    (clock, event, ret_timer))
CALL(pid_t, fork, 'P', -1, (void), ())
CALL(pid_t, waitpid, 'P', -1, (pid_t pid, int *ret_status, int options),
    (pid, ret_status, options))
CALL(int, pthread_create, 'P', errno,
    (pthread_t *restrict ret, const pthread_attr_t *restrict how,
	void *(*run)(void *), void *restrict arg),
    (ret, how, run, arg))

/* ---- libcurl, which is found by its name ----------------------------- */

#define CURL_NO_MEMORY  27
#define CURLM_NO_MEMORY 3

typedef int set_option(void *handle, int option, ...);

static set_option *real_easy, *real_multi;

static int
easy_setopt(void *handle, int option, ...)
{
	va_list args;
	void *value;

	if (FAILS('e'))
		return CURL_NO_MEMORY;
	va_start(args, option);
	value = va_arg(args, void *);
	va_end(args);
	return real_easy(handle, option, value);
}

static int
multi_setopt(void *handle, int option, ...)
{
	va_list args;
	void *value;

	if (FAILS('m'))
		return CURLM_NO_MEMORY;
	va_start(args, option);
	value = va_arg(args, void *);
	va_end(args);
	return real_multi(handle, option, value);
}

void *
dlsym(void *restrict library, const char *restrict name)
{
	static void *(*real)(void *library, const char *name);
	void *found;

	if (real == NULL)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	found = real(library, name);
	if (found != NULL && strcmp(name, "curl_easy_setopt") == 0) {
		*(void **)&real_easy = found;
		*(void **)&found = (void *)easy_setopt;
	} else if (found != NULL && strcmp(name, "curl_multi_setopt") == 0) {
		*(void **)&real_multi = found;
		*(void **)&found = (void *)multi_setopt;
	}
	return found;
}
