/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: a disk whose every sync takes SLOW_SYNC_US microseconds longer,
 * and adds a byte to the file SYNCS, if there is that variable.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
count(void)
{
	const char *path = getenv("SYNCS");
	int file;

	if (path == NULL)
		return;
	file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (file < 0 || write(file, "s", 1) != 1)
		abort();
	close(file);
}

static int
slow(long call, int fd)
{
	const char *us = getenv("SLOW_SYNC_US");

	count();
	if (us != NULL)
		usleep((useconds_t)atoi(us));
	return (int)syscall(call, fd);
}

int
fsync(int fd)
{
	return slow(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return slow(SYS_fdatasync, fd);
}
