/* SPDX-License-Identifier: MIT */
/*
 * Host: this machine's clocks and randomness, as ports.
 */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include "port/chance.h"
#include "port/clock.h"

#define HOST_BOOT_SIZE 48

/*
 * host_clock: CLOCK_REALTIME, and CLOCK_BOOTTIME named by the kernel's boot
 * id, so that a suspended machine's time counts and a restart is told apart.
 * Writes the name to boot and keeps it: the clock is good as long as boot is.
 */
struct clock host_clock(char boot[static HOST_BOOT_SIZE]);

struct chance host_chance(void);

#endif
