/* SPDX-License-Identifier: MIT */
/*
 * A file of zeros is all that has to be there: a slot whose time has passed, or
 * is further ahead than it could have been moved (it is of another start of the
 * machine, or damaged), is empty.  Each limit has slots of its own, because
 * what is far ahead for one is not for another.
 */
#include "base/rates.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

#define SLOTS       65536 /* of a limit; a power of two */
#define FILE_SIZE   (sizeof(_Atomic int64_t) * SLOTS * LIMIT__COUNT)
#define BLOCK_SIZE  512 /* of st_blocks */
#define NS_OF_MS    INT64_C(1000000)
#define SUBJECT_MAX 512

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share no lock");

struct rates {
	struct rates_options options;
	/* Theoretical arrival times, nanoseconds of the steady clock: SLOTS
	 * for each limit.  MAP_FAILED: none. */
	_Atomic int64_t *slots;
};

/* ---- the file ----------------------------------------------------------- */

static enum fault
fail(const char *name, int error, struct fault_note *note)
{
	return fault_set(note, FAULT_CONFIG,
	    "%.150s: %s (requests are counted in this file)", name,
	    strerror(error));
}

/*
 * All its space is there before it is mapped: on a full disk, writing to a hole
 * would end the process.
 */
static enum fault
fill(int fd, const char *name, const struct stat *st, struct fault_note *note)
{
	int error;

	if (st->st_size >= (off_t)FILE_SIZE &&
	    st->st_blocks >= (blkcnt_t)(FILE_SIZE / BLOCK_SIZE))
		return FAULT_NONE;
	do
		error = posix_fallocate(fd, 0, (off_t)FILE_SIZE);
	while (error == EINTR);
	return error == 0 ? FAULT_NONE : fail(name, error, note);
}

/* Made by root for a database of the web server's user. */
static bool
give_away(int fd, const char *database)
{
	struct stat st;

	return geteuid() != 0 || stat(database, &st) != 0 ||
	    fchown(fd, st.st_uid, st.st_gid) == 0;
}

static enum fault
prepare(int fd, const char *name, const char *database, struct fault_note *note)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !give_away(fd, database))
		return fail(name, errno, note);
	if (!S_ISREG(st.st_mode))
		return fault_set(note, FAULT_CONFIG,
		    "%.150s: not a regular file; remove it", name);
	if ((st.st_mode & 077) != 0)
		return fault_set(note, FAULT_CONFIG,
		    "%.150s: others may read or change what is counted: mode "
		    "%04o; use 0600",
		    name, (unsigned)(st.st_mode & 07777));
	return fill(fd, name, &st, note);
}

static enum fault
map(struct rates *rates, struct fault_note *note)
{
	const char *database = rates->options.database;
	char name[4096];
	enum fault f;
	int fd, n;

	n = snprintf(name, sizeof(name), "%s.rates", database);
	if (n < 0 || (size_t)n >= sizeof(name))
		return fault_set(note, FAULT_CONFIG, "path too long");
	fd = open(
	    name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return fail(name, errno, note);
	f = prepare(fd, name, database, note);
	if (f == FAULT_NONE) {
		rates->slots = mmap(
		    NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (rates->slots == MAP_FAILED)
			f = fail(name, errno, note);
	}
	(void)close(fd);
	return f;
}

enum fault
rates_open(const struct rates_options *options, struct rates **ret_rates,
    struct fault_note *note)
{
	struct rates *rates = calloc(1, sizeof(*rates));
	enum fault f;

	if (rates == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for rates");
	rates->options = *options;
	rates->slots = MAP_FAILED;
	f = map(rates, note);
	rates->options.database = NULL;
	if (f != FAULT_NONE)
		rates_close(rates);
	else
		*ret_rates = rates;
	return f;
}

void
rates_close(struct rates *rates)
{
	if (rates == NULL)
		return;
	if (rates->slots != MAP_FAILED)
		(void)munmap(rates->slots, FILE_SIZE);
	explicit_bzero(rates, sizeof(*rates));
	free(rates);
}

/* ---- counting ----------------------------------------------------------- */

static _Atomic int64_t *
find(const struct rates *rates, enum limit limit, const char *subject)
{
	unsigned char mac[DIGEST_LEN];
	unsigned char text[1 + SUBJECT_MAX];
	size_t len = strlen(subject);
	uint64_t hash;

	assert(len <= SUBJECT_MAX);
	text[0] = (unsigned char)limit;
	memcpy(text + 1, subject, len);
	digest_hmac(rates->options.key, RATES_KEY_LEN, text, 1 + len, mac);
	memcpy(&hash, mac, sizeof(hash));
	return &rates->slots[(size_t)limit * SLOTS + hash % SLOTS];
}

static int64_t
now_ns(const struct rates *rates)
{
	return clock_steady_ms(&rates->options.clock) * NS_OF_MS;
}

/*
 * The clock is read after the slot: by an older clock a slot that others have
 * filled meanwhile would seem to be of another start, and be emptied.
 */
static bool
take(void *self, enum limit limit, const char *subject, int64_t *ret_wait_ms)
{
	const struct rates *rates = self;
	const struct rates_limit *of = &rates->options.limits[limit];
	int64_t share, most, now, at, next;
	_Atomic int64_t *slot;

	if (of->n == 0)
		return true;
	slot = find(rates, limit, subject);
	share = of->period_ms * NS_OF_MS / of->n;
	most = share * of->n;
	at = atomic_load(slot);
	do {
		now = now_ns(rates);
		next = at < now || at - now > most ? now : at;
		next += share;
		if (next - now > most) {
			if (ret_wait_ms != NULL)
				*ret_wait_ms =
				    (next - now - most) / NS_OF_MS + 1;
			return false;
		}
	} while (!atomic_compare_exchange_weak(slot, &at, next));
	return true;
}

static void
hold(void *self, enum limit limit, const char *subject, int64_t ms)
{
	const struct rates *rates = self;
	_Atomic int64_t *slot = find(rates, limit, subject);
	int64_t next = now_ns(rates) + ms * NS_OF_MS;

	atomic_store(slot, next);
}

struct limits
rates_limits(struct rates *rates)
{
	return (struct limits){ .take = take, .hold = hold, .self = rates };
}
