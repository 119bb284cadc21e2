/* SPDX-License-Identifier: MIT */
/*
 * Clocks and chance of a Linux host.
 */
#include "base/host.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"

#define BOOT_ID_LEN 36

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
now_ms(void *self)
{
	(void)self;
	return clock_ms(CLOCK_REALTIME);
}

static int64_t
steady_ms(void *self)
{
	(void)self;
	return clock_ms(CLOCK_BOOTTIME);
}

/*
 * Without /proc a name of this process only: its times then compare with
 * nobody else's, which costs a little waiting and is never wrong.
 */
static void
name_boot(char name[static HOST_BOOT_SIZE])
{
	ssize_t n = -1;
	int fd;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, BOOT_ID_LEN);
		(void)close(fd);
	}
	if (n == BOOT_ID_LEN)
		name[BOOT_ID_LEN] = '\0';
	else
		(void)snprintf(name, HOST_BOOT_SIZE, "process %ld %" PRId64,
		    (long)getpid(), clock_ms(CLOCK_REALTIME));
}

struct clock
host_clock(char boot[static HOST_BOOT_SIZE])
{
	name_boot(boot);
	return (struct clock){
		.now_ms = now_ms, .steady_ms = steady_ms, .steady_name = boot
	};
}

static enum fault
random_bits(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	(void)self;
	return digest_random(ret_bits, note);
}

struct chance
host_chance(void)
{
	return (struct chance){ .bits = random_bits };
}
