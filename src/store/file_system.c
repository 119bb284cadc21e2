/* SPDX-License-Identifier: MIT */
/*
 * The table of file systems, and the one test that needs no table: two
 * processes and a lock.  The table is needed all the same, because locks on a
 * network file system do work between processes of one machine.
 */
#include "store/file_system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child found; also its exit status. */
enum found {
	FOUND_APART,    /* as it should be */
	FOUND_TOGETHER, /* it got the lock that its parent holds */
	FOUND_NO_LOCKS, /* a lock that nobody holds could not be had */
	FOUND_NOTHING   /* it could not try */
};

enum byte {
	BYTE_HELD,
	BYTE_FREE
};

/*
 * Source: linux/magic.h; for those it lacks statfs(2) and the file systems'
 * own headers.
 */
/* clang-format off */
static const struct known {
	uint32_t magic;
	struct file_system is;
} table[] = {
	{ 0x00006969, { FILE_SYSTEM_NETWORK, "NFS" } },
	{ 0x0000517b, { FILE_SYSTEM_NETWORK, "SMB" } },
	{ 0xff534d42, { FILE_SYSTEM_NETWORK, "CIFS" } },
	{ 0xfe534d42, { FILE_SYSTEM_NETWORK, "SMB2" } },
	{ 0x01021997, { FILE_SYSTEM_NETWORK, "9p" } },
	{ 0x5346414f, { FILE_SYSTEM_NETWORK, "AFS" } },
	{ 0x6b414653, { FILE_SYSTEM_NETWORK, "AFS" } },
	{ 0x00c36400, { FILE_SYSTEM_NETWORK, "Ceph" } },
	{ 0x73757245, { FILE_SYSTEM_NETWORK, "Coda" } },
	{ 0x0000564c, { FILE_SYSTEM_NETWORK, "NCP" } },
	{ 0x0bd00bd0, { FILE_SYSTEM_NETWORK, "Lustre" } },
	{ 0x47504653, { FILE_SYSTEM_NETWORK, "GPFS" } },
	{ 0x19830326, { FILE_SYSTEM_NETWORK, "BeeGFS" } },
	{ 0x01161970, { FILE_SYSTEM_NETWORK, "GFS2" } },
	{ 0x7461636f, { FILE_SYSTEM_NETWORK, "OCFS2" } },
	{ 0x786f4256, { FILE_SYSTEM_NETWORK, "VirtualBox's shared folder" } },
	{ 0xbacbacbc, { FILE_SYSTEM_NETWORK, "VMware's shared folder" } },
	{ 0x65735546, { FILE_SYSTEM_USERSPACE, "FUSE" } },
};
/* clang-format on */

struct file_system
file_system_of(uint64_t magic)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].magic == (uint32_t)magic)
			return table[i].is;
	}
	return (struct file_system){ FILE_SYSTEM_LOCAL, "local" };
}

enum fault
file_system_find(
    const char *path, struct file_system *ret_system, struct fault_note *note)
{
	struct statfs st;

	if (statfs(path, &st) != 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	*ret_system = file_system_of((uint64_t)st.f_type);
	return FAULT_NONE;
}

static bool
lock(int fd, int command, enum byte byte)
{
	struct flock flock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	return fcntl(fd, command, &flock) == 0;
}

/* The child's part, on a descriptor that shares no lock with its parent's. */
static enum found
try_from_outside(const char *name, int command)
{
	int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return FOUND_NOTHING;
	if (lock(fd, command, BYTE_HELD))
		return FOUND_TOGETHER;
	if (errno != EACCES && errno != EAGAIN)
		return FOUND_NO_LOCKS;
	return lock(fd, command, BYTE_FREE) ? FOUND_APART : FOUND_NO_LOCKS;
}

static enum found
try_as_child(const char *name, int command)
{
	int status = 0;
	pid_t pid = fork(), ended;

	if (pid == 0)
		_exit((int)try_from_outside(name, command));
	if (pid < 0)
		return FOUND_NOTHING;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > (int)FOUND_NOTHING)
		return FOUND_NOTHING;
	return (enum found)WEXITSTATUS(status);
}

/* Each kind on a file of its own: the two kinds exclude each other, too. */
static enum found
try_kind(char *name, int command)
{
	int fd = mkostemp(name, O_CLOEXEC);
	enum found found;

	if (fd < 0)
		return FOUND_NOTHING;
	found = lock(fd, command, BYTE_HELD) ? try_as_child(name, command)
					     : FOUND_NO_LOCKS;
	(void)unlink(name);
	(void)close(fd);
	return found;
}

enum fault
file_system_try_locks(const char *folder, struct fault_note *note)
{
	static const int kinds[] = { F_SETLK, F_OFD_SETLK };
	enum found found = FOUND_APART;
	char name[PATH_MAX];
	size_t i;
	int n;

	for (i = 0; i < 2 && found == FOUND_APART; i++) {
		n = snprintf(
		    name, sizeof(name), "%s/.cancelpay-XXXXXX", folder);
		if (n < 0 || (size_t)n >= sizeof(name))
			return fault_set(note, FAULT_IO, "path too long");
		found = try_kind(name, kinds[i]);
	}
	switch (found) {
	case FOUND_APART:
		return FAULT_NONE;
	case FOUND_TOGETHER:
		return fault_set(note, FAULT_STORE,
		    "%s: two processes got the same lock", folder);
	case FOUND_NO_LOCKS:
		return fault_set(
		    note, FAULT_STORE, "%s: files can't be locked", folder);
	case FOUND_NOTHING:
		break;
	}
	return fault_set(note, FAULT_IO,
	    "%s: no file could be made and locked there: %s", folder,
	    strerror(errno));
}
