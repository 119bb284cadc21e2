/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: writes how long each wait for the turn to commit took, as
 * microseconds in 8 bytes, to the end of the file LOCK_WAITS.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void
note(int64_t us)
{
	const char *path = getenv("LOCK_WAITS");
	int fd = path == NULL ? -1
			      : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || write(fd, &us, sizeof(us)) != (ssize_t)sizeof(us))
		abort();
	close(fd);
}

int
fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;
	int64_t start_us;
	long rc;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	if (command != F_OFD_SETLKW)
		return (int)syscall(SYS_fcntl, fd, command, arg);
	start_us = now_us();
	rc = syscall(SYS_fcntl, fd, command, arg);
	note(now_us() - start_us);
	return (int)rc;
}

int fcntl64(int, int, ...) __attribute__((alias("fcntl")));
