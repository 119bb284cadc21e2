/* SPDX-License-Identifier: MIT */
/*
 * A journal of what a disk may still forget: for each write since its file's
 * last sync, what was there before and what came.
 *
 * At the cut all of it is undone from the newest to the oldest, then some of it
 * is done again in its order: that is what any subset of writes, however the
 * disk has ordered them, leaves behind.  A deletion counts as done at once.
 */
#include "power.h"

#include "fault.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512

struct entry {
	struct entry *newer, *older;
	char *path;
	sqlite3_int64 at;
	sqlite3_int64 size_before;
	size_t n;
	size_t n_before; /* of before, that were in the file */
	unsigned char *before;
	unsigned char *after; /* NULL: a truncation to at */
};

static struct {
	pthread_mutex_t mutex;
	struct entry *oldest, *newest;
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static void
forget(struct entry *entry)
{
	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		disk.oldest = entry->newer;
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		disk.newest = entry->older;
	free(entry->path);
	free(entry->before);
	free(entry->after);
	free(entry);
}

static void
forget_all(const char *path)
{
	struct entry *entry, *newer;

	for (entry = disk.oldest; entry != NULL; entry = newer) {
		newer = entry->newer;
		if (strcmp(entry->path, path) == 0)
			forget(entry);
	}
}

/* What stands between at and n bytes on, as far as the file goes. */
static void
keep_before(struct entry *entry, sqlite3_file *file)
{
	sqlite3_int64 left;

	if (file->pMethods->xFileSize(file, &entry->size_before) != SQLITE_OK)
		abort();
	left = entry->size_before - entry->at;
	if (left <= 0)
		return;
	entry->n_before = entry->after == NULL || (size_t)left < entry->n
	    ? (size_t)left
	    : entry->n;
	entry->before = must(malloc(entry->n_before));
	if (file->pMethods->xRead(file, entry->before, (int)entry->n_before,
		entry->at) != SQLITE_OK)
		abort();
}

static void
remember(const char *path, sqlite3_file *file, const void *bytes, size_t n,
    sqlite3_int64 at)
{
	struct entry *entry = must(calloc(1, sizeof(*entry)));

	entry->path = must(strdup(path));
	entry->at = at;
	entry->n = n;
	if (bytes != NULL)
		entry->after = memcpy(must(malloc(n)), bytes, n);
	keep_before(entry, file);
	entry->older = disk.newest;
	if (disk.newest != NULL)
		disk.newest->newer = entry;
	else
		disk.oldest = entry;
	disk.newest = entry;
}

static bool
is_of_interest(const char *path)
{
	return path != NULL &&
	    (fault_is(FAULT_KIND_VFS_CUT) || fault_is(FAULT_KIND_VFS_LIE));
}

int
power_write(const char *path, sqlite3_file *file, const void *bytes, int n,
    sqlite3_int64 at)
{
	int code;

	if (!is_of_interest(path))
		return file->pMethods->xWrite(file, bytes, n, at);
	(void)pthread_mutex_lock(&disk.mutex);
	remember(path, file, bytes, (size_t)n, at);
	code = file->pMethods->xWrite(file, bytes, n, at);
	(void)pthread_mutex_unlock(&disk.mutex);
	return code;
}

int
power_truncate(const char *path, sqlite3_file *file, sqlite3_int64 size)
{
	int code;

	if (!is_of_interest(path))
		return file->pMethods->xTruncate(file, size);
	(void)pthread_mutex_lock(&disk.mutex);
	remember(path, file, NULL, 0, size);
	code = file->pMethods->xTruncate(file, size);
	(void)pthread_mutex_unlock(&disk.mutex);
	return code;
}

int
power_sync(const char *path, sqlite3_file *file, int flags)
{
	int code = file->pMethods->xSync(file, flags);

	if (!is_of_interest(path) || code != SQLITE_OK ||
	    fault_is(FAULT_KIND_VFS_LIE))
		return code;
	(void)pthread_mutex_lock(&disk.mutex);
	forget_all(path);
	(void)pthread_mutex_unlock(&disk.mutex);
	return code;
}

void
power_delete(const char *path)
{
	if (!is_of_interest(path))
		return;
	(void)pthread_mutex_lock(&disk.mutex);
	forget_all(path);
	(void)pthread_mutex_unlock(&disk.mutex);
}

/* SplitMix64: the same cut for the same seed, everywhere. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
put(int fd, const void *bytes, size_t n, sqlite3_int64 at)
{
	if (n > 0 && pwrite(fd, bytes, n, (off_t)at) != (ssize_t)n)
		abort();
}

static int
open_of(const struct entry *entry)
{
	int fd = open(entry->path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

static void
undo(const struct entry *entry)
{
	int fd = open_of(entry);

	put(fd, entry->before, entry->n_before, entry->at);
	if (ftruncate(fd, (off_t)entry->size_before) != 0)
		abort();
	(void)close(fd);
}

/* n: how much of it came to the disk. */
static void
redo(const struct entry *entry, size_t n)
{
	int fd = open_of(entry);

	if (entry->after != NULL)
		put(fd, entry->after, n, entry->at);
	else if (ftruncate(fd, (off_t)entry->at) != 0)
		abort();
	(void)close(fd);
}

static size_t
torn(const struct entry *entry, uint64_t random)
{
	size_t n_sectors = entry->n / SECTOR;

	return n_sectors == 0 ? 0 : random % n_sectors * SECTOR;
}

/* The shared memory's file is only memory: nothing of it is left. */
static void
drop_shared(const char *path)
{
	char name[4096];
	size_t len = strlen(path);

	if (len > 4 && strcmp(path + len - 4, "-wal") == 0)
		len -= 4;
	(void)snprintf(name, sizeof(name), "%.*s-shm", (int)len, path);
	(void)unlink(name);
}

_Noreturn void
power_cut(uint64_t seed)
{
	uint64_t state = seed * 1000003 + fault_at();
	bool may_tear = next_random(&state) % 2 == 0;
	const struct entry *entry;

	/* Never given back: nobody writes any more. */
	(void)pthread_mutex_lock(&disk.mutex);
	for (entry = disk.newest; entry != NULL; entry = entry->older)
		undo(entry);
	for (entry = disk.oldest; entry != NULL; entry = entry->newer) {
		if (next_random(&state) % 2 == 0)
			continue;
		if (may_tear && next_random(&state) % 3 == 0) {
			redo(entry, torn(entry, next_random(&state)));
			may_tear = false;
		} else {
			redo(entry, entry->n);
		}
	}
	for (entry = disk.newest; entry != NULL; entry = entry->older)
		drop_shared(entry->path);
	fault_die();
}
