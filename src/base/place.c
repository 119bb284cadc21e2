/* SPDX-License-Identifier: MIT */
/*
 * File systems by their magic numbers (statfs(2)), and locks that are tried
 * out.
 */
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	unsigned long magic;
	enum place_kind kind;
	const char *name;
} places[] = {
	{ 0x6969, PLACE_NETWORK, "NFS" },
	{ 0x517b, PLACE_NETWORK, "SMB" },
	{ 0xff534d42, PLACE_NETWORK, "CIFS" },
	{ 0xfe534d42, PLACE_NETWORK, "SMB2" },
	{ 0x01021997, PLACE_NETWORK, "9p" },
	{ 0x5346414f, PLACE_NETWORK, "AFS" },
	{ 0x6b414653, PLACE_NETWORK, "AFS" },
	{ 0x73757245, PLACE_NETWORK, "Coda" },
	{ 0x00c36400, PLACE_NETWORK, "Ceph" },
	{ 0x0bd00bd0, PLACE_NETWORK, "Lustre" },
	{ 0x01161970, PLACE_NETWORK, "GFS2" },
	{ 0x7461636f, PLACE_NETWORK, "OCFS2" },
	{ 0x47504653, PLACE_NETWORK, "GPFS" },
	{ 0x65735546, PLACE_UNSURE, "FUSE" },
};

enum place_kind
place_kind_of(unsigned long magic, const char **ret_name)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].magic == magic) {
			*ret_name = places[i].name;
			return places[i].kind;
		}
	}
	*ret_name = NULL;
	return PLACE_LOCAL;
}

enum fault
place_find(const char *path, enum place_kind *ret_kind, const char **ret_name,
    struct fault_note *note)
{
	struct statfs about;

	if (statfs(path, &about) != 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	*ret_kind =
	    place_kind_of((unsigned long)about.f_type & 0xffffffffUL, ret_name);
	return FAULT_NONE;
}

/* Another process tries to get what this one holds; 1: it could not. */
static int
try_in_child(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return 2;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES || errno == EAGAIN ? 1 : 2;
}

static enum fault
try_lock(int fd, const char *path, bool *ret_do, struct fault_note *note)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int status;
	pid_t child;

	if (fcntl(fd, F_SETLK, &lock) != 0)
		return fault_set(
		    note, FAULT_IO, "%s: no lock: %s", path, strerror(errno));
	child = fork();
	if (child == 0)
		_exit(try_in_child(path));
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return fault_set(note, FAULT_IO, "%s: could not try", path);
	*ret_do = WEXITSTATUS(status) == 1;
	return FAULT_NONE;
}

enum fault
place_locks(const char *folder, bool *ret_do, struct fault_note *note)
{
	char path[PATH_MAX];
	enum fault f;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/.cancelpay-lock.XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", folder, strerror(errno));
	f = try_lock(fd, path, ret_do, note);
	(void)unlink(path);
	(void)close(fd);
	return f;
}

bool
place_is_below(const char *path, const char *folder)
{
	char *real_path = realpath(path, NULL);
	char *real_folder = realpath(folder, NULL);
	bool is_below = false;
	size_t len;

	if (real_path != NULL && real_folder != NULL) {
		len = strlen(real_folder);
		is_below = strncmp(real_path, real_folder, len) == 0 &&
		    (real_path[len] == '\0' || real_path[len] == '/' ||
			len == 1);
	}
	free(real_path);
	free(real_folder);
	return is_below;
}
