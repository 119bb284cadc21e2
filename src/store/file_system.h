/* SPDX-License-Identifier: MIT */
/*
 * File system: is the folder of a database one where SQLite's locks and its WAL
 * can be trusted.  On a network file system they can't: two machines may both
 * believe that they hold the lock, and a WAL needs memory that all of its users
 * share.
 * Source: sqlite.org/wal.html "Overview" (all processes on the same host),
 * sqlite.org/howtocorrupt.html section 2.1.
 */
#ifndef STORE_FILE_SYSTEM_H
#define STORE_FILE_SYSTEM_H

#include <stdint.h>

#include "core/fault.h"

enum file_system_kind {
	FILE_SYSTEM_LOCAL,     /* of this machine, or none we know of */
	FILE_SYSTEM_USERSPACE, /* FUSE: may be local, may be sshfs */
	FILE_SYSTEM_NETWORK    /* not for a database */
};

struct file_system {
	enum file_system_kind kind;
	const char *name; /* for people; "local" when it is in no table */
};

/*
 * file_system_of: what a statfs(2) f_type means; only its low 32 bits count,
 * because some of them come back with their sign spread over the rest.
 */
struct file_system file_system_of(uint64_t magic);

/* file_system_find: the one path lies on.  FAULT_IO. */
enum fault file_system_find(const char *path, struct file_system *ret_system,
    struct fault_note *note) MUST_CHECK;

/*
 * file_system_try_locks: a child process asks for a lock that this one holds,
 * on a file made and removed in folder, and must not get it; and for one that
 * nobody holds, and must get it.  Both kinds of lock that are used are tried:
 * SQLite's, which belong to a process, and file_lock.h's.
 *
 * FAULT_STORE: locks do not keep processes apart there, FAULT_IO: it could not
 * be tried.  Forks, so before there are threads.
 */
enum fault file_system_try_locks(
    const char *folder, struct fault_note *note) MUST_CHECK;

#endif
