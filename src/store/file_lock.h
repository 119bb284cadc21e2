/* SPDX-License-Identifier: MIT */
/*
 * A lock on a file that the kernel gives to those who wait in the order they
 * came, and that it takes back when its holder dies.  Threads exclude each
 * other too: the lock belongs to the open file.
 *
 * Waiting ends by a signal to the waiting thread, FILE_LOCK_SIGNAL, which the
 * program must not use otherwise.
 */
#ifndef STORE_FILE_LOCK_H
#define STORE_FILE_LOCK_H

#include <stdint.h>
#include <signal.h>
#include <sys/types.h>

#include "core/fault.h"

#define FILE_LOCK_SIGNAL (SIGRTMAX - 2)

/*
 * file_lock_open: open the lock of the file path, path.lock, making it with
 * the owner (if we may) and the permissions of path.
 */
enum fault file_lock_open(
    const char *path, int *ret_fd, struct fault_note *note) MUST_CHECK;

/*
 * file_lock_take: FAULT_BUSY when it is not ours after timeout_ms.  Taking it
 * again is harmless.
 */
enum fault file_lock_take(
    int fd, int64_t timeout_ms, struct fault_note *note) MUST_CHECK;

/* file_lock_drop: harmless when it is not held. */
void file_lock_drop(int fd);

#endif
