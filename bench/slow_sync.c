/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: a disk whose every sync takes SLOW_SYNC_US microseconds longer.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
wait_longer(void)
{
	const char *us = getenv("SLOW_SYNC_US");

	if (us != NULL)
		usleep((useconds_t)atoi(us));
}

int
fsync(int fd)
{
	wait_longer();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	wait_longer();
	return (int)syscall(SYS_fdatasync, fd);
}
