/* SPDX-License-Identifier: MIT */
/*
 * fcntl has no lock with a time limit, so a timer sends the waiting thread a
 * signal that interrupts the wait.  It goes on every few milliseconds, because
 * a signal that arrives just before the wait begins interrupts nothing.
 *
 * Two bytes of the file make the queue: whoever wants the lock (byte 0) first
 * takes the turn (byte 1) and gives it back once it has the lock.  With one
 * byte only, who drops the lock and wants it again at once would mostly win
 * against who has to be woken.
 */
#include "store/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_NS INT64_C(10000000)

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum byte {
	BYTE_LOCK,
	BYTE_TURN
};

/* What has to be undone when the wait is over. */
struct alarm {
	timer_t timer;
	sigset_t mask;
};

static void
wake(int signo)
{
	(void)signo;
}

static int64_t
steady_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

enum fault
file_lock_open(const char *path, int *ret_fd, struct fault_note *note)
{
	struct sigaction action = { .sa_handler = wake };
	char name[4096];
	struct stat st;
	int fd, n;

	n = snprintf(name, sizeof(name), "%s.lock", path);
	if (n < 0 || (size_t)n >= sizeof(name))
		return fault_set(note, FAULT_CONFIG, "path too long");
	if (stat(path, &st) != 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	fd = open(
	    name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 0666);
	if (fd < 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", name, strerror(errno));
	/* Made by root for a database of the web server's user. */
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0) {
		(void)close(fd);
		return fault_set(
		    note, FAULT_IO, "%s: %s", name, strerror(errno));
	}
	(void)sigaction(FILE_LOCK_SIGNAL, &action, NULL);
	*ret_fd = fd;
	return FAULT_NONE;
}

static int
apply(int fd, int command, short type, enum byte byte)
{
	struct flock flock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	return fcntl(fd, command, &flock);
}

/* The signal reaches this thread, and only until alarm_stop. */
static bool
alarm_start(struct alarm *alarm, int64_t timeout_ms)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = FILE_LOCK_SIGNAL,
	};
	struct itimerspec when = {
		.it_value = { .tv_sec = timeout_ms / 1000,
		    .tv_nsec = timeout_ms % 1000 * 1000000 },
		.it_interval = { .tv_nsec = AGAIN_NS },
	};
	sigset_t set;

	event.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &alarm->timer) != 0)
		return false;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, FILE_LOCK_SIGNAL);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, &alarm->mask);
	(void)timer_settime(alarm->timer, 0, &when, NULL);
	return true;
}

/* The timer goes first, so that no signal of it outlives the mask. */
static void
alarm_stop(struct alarm *alarm)
{
	(void)timer_delete(alarm->timer);
	(void)pthread_sigmask(SIG_SETMASK, &alarm->mask, NULL);
}

/* 0 or an errno; other signals may interrupt as often as they like. */
static int
wait_for(int fd, enum byte byte, int64_t until_ms)
{
	while (apply(fd, F_OFD_SETLKW, F_WRLCK, byte) != 0) {
		if (errno != EINTR)
			return errno;
		if (steady_ms() >= until_ms)
			return ETIMEDOUT;
	}
	return 0;
}

static int
queue_up(int fd, int64_t timeout_ms)
{
	int64_t until_ms = steady_ms() + timeout_ms;
	struct alarm alarm;
	int error;

	if (timeout_ms <= 0)
		return ETIMEDOUT;
	if (!alarm_start(&alarm, timeout_ms))
		return errno;
	error = wait_for(fd, BYTE_TURN, until_ms);
	if (error == 0)
		error = wait_for(fd, BYTE_LOCK, until_ms);
	alarm_stop(&alarm);
	return error;
}

/* One call each when nobody else is there. */
static bool
is_free(int fd)
{
	return apply(fd, F_OFD_SETLK, F_WRLCK, BYTE_TURN) == 0 &&
	    apply(fd, F_OFD_SETLK, F_WRLCK, BYTE_LOCK) == 0;
}

enum fault
file_lock_take(int fd, int64_t timeout_ms, struct fault_note *note)
{
	int error = 0;

	if (!is_free(fd))
		error = queue_up(fd, timeout_ms);
	(void)apply(fd, F_OFD_SETLK, F_UNLCK, BYTE_TURN);
	if (error == 0)
		return FAULT_NONE;
	if (error == ETIMEDOUT)
		return fault_set(
		    note, FAULT_BUSY, "other writers held the database");
	return fault_set(note, FAULT_IO, "database lock: %s", strerror(error));
}

void
file_lock_drop(int fd)
{
	(void)apply(fd, F_OFD_SETLK, F_UNLCK, BYTE_LOCK);
}
