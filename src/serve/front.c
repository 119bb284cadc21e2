/* SPDX-License-Identifier: MIT */
/*
 * One epoll.
 *
 * The one idea: a connection reaches a desk only when its first bytes are
 * there, so that neither a silent peer nor any number of kept idle connections
 * costs a thread.
 */
#include "serve/front.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/desk.h"
#include "serve/rooms.h"

#define EVENTS_MAX    64
#define TICK_MS       1000
#define PEER_S        2    /* a read or a write of a peer's bytes */
#define REQUEST_MS    3000 /* a whole request's or answer's */
#define PAUSE_MS      20   /* no descriptor left for a new connection */
#define DRAIN_LOOK_MS 10
/* A connection just made may be about to carry a request. */
#define DRAIN_FRESH_MS 500

struct front {
	struct rooms *rooms;
	int epoll;
	int listen_fd;          /* -1: closed */
	struct queue_list idle; /* longest idle first; all in epoll */
	bool is_listening;      /* listen_fd is in epoll */
	int64_t resume_ms;      /* steady: when to listen again */
	int64_t tick_ms;
	int64_t drain_ms; /* steady: when draining began; 0: it has not */
};

void
front_wake(void *arg)
{
	struct rooms *rooms = arg;
	uint64_t one = 1;

	/* Full means that it is awake already. */
	if (write(rooms->front_event, &one, sizeof(one)) < 0)
		return;
}

static bool
watch(struct front *front, int fd, uint32_t events, void *mark)
{
	struct epoll_event event = { .events = events, .data.ptr = mark };

	return epoll_ctl(front->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void
unwatch(struct front *front, int fd)
{
	struct epoll_event event = { 0 };

	(void)epoll_ctl(front->epoll, EPOLL_CTL_DEL, fd, &event);
}

/* EPOLLEXCLUSIVE: siblings on the same socket don't all wake. */
static bool
listen_again(struct front *front)
{
	front->is_listening = watch(front, front->listen_fd,
	    EPOLLIN | EPOLLEXCLUSIVE, &front->listen_fd);
	return front->is_listening;
}

static void
stop_listening(struct front *front)
{
	if (front->is_listening)
		unwatch(front, front->listen_fd);
	front->is_listening = false;
}

static void
take_idle(struct front *front, struct exchange *exchange)
{
	unwatch(front, exchange->fd);
	TAILQ_REMOVE(&front->idle, &exchange->errand.item, link);
}

static struct exchange *
longest_idle(const struct front *front)
{
	return (struct exchange *)TAILQ_FIRST(&front->idle);
}

/* Where a connection nobody has goes: to a desk, to wait, or away. */
static void
place(struct front *front, struct exchange *exchange)
{
	struct rooms *rooms = front->rooms;
	char byte;
	ssize_t got;

	got = recv(exchange->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got > 0) {
		exchange->errand.kind = ERRAND_READ;
		rooms_send(rooms, &exchange->errand);
	} else if (got < 0 && errno == EAGAIN &&
	    (front->drain_ms == 0 || !exchange->is_used) &&
	    watch(front, exchange->fd, EPOLLIN, exchange)) {
		TAILQ_INSERT_TAIL(&front->idle, &exchange->errand.item, link);
	} else {
		rooms_drop(rooms, exchange);
	}
}

static void
admit(struct front *front, int fd)
{
	struct timeval patience = { .tv_sec = PEER_S };
	struct exchange *exchange;

	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	exchange = exchange_new(fd);
	if (exchange == NULL)
		return;
	atomic_fetch_add(&front->rooms->n_exchanges, 1);
	place(front, exchange);
}

static void
drop_idle(struct front *front, bool with_fresh)
{
	struct queue_item *item, *next;
	struct exchange *exchange;

	for (item = TAILQ_FIRST(&front->idle); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		exchange = (struct exchange *)item;
		if (!with_fresh && !exchange->is_used)
			continue;
		take_idle(front, exchange);
		rooms_drop(front->rooms, exchange);
	}
}

/*
 * No new requests; siblings on the same socket go on, so it is only closed,
 * never shut down.  Who has connected already is still served.
 */
static void
drain(struct front *front)
{
	int fd, i;

	if (front->drain_ms != 0)
		return;
	front->drain_ms = rooms_now_ms(front->rooms);
	atomic_store(&front->rooms->is_draining, true);
	stop_listening(front);
	listen_end(&front->rooms->serve->listener);
	for (i = 0; i < SOMAXCONN; i++) {
		fd = accept4(front->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			break;
		admit(front, fd);
	}
	close(front->listen_fd);
	front->listen_fd = -1;
	drop_idle(front, false);
	log_event(LOG_LEVEL_INFO, "draining", "%d refunds in flight",
	    atomic_load(&front->rooms->n_jobs[JOB_REFUND]));
}

/* Out of descriptors or memory: whoever idles longest makes room. */
static bool
make_room(struct front *front)
{
	struct exchange *exchange = longest_idle(front);

	if (exchange != NULL) {
		take_idle(front, exchange);
		rooms_drop(front->rooms, exchange);
		return true;
	}
	stop_listening(front);
	front->resume_ms = rooms_now_ms(front->rooms) + PAUSE_MS;
	return false;
}

/* True: worth another accept. */
static bool
survive(struct front *front, int error)
{
	switch (error) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return make_room(front);
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
		log_event(LOG_LEVEL_ERROR, "accept",
		    "the listening socket is gone: %s", strerror(error));
		drain(front);
		return false;
	default:
		return true; /* that one connection's trouble */
	}
}

static void
accept_some(struct front *front)
{
	int fd, i;

	for (i = 0; i < EVENTS_MAX && front->listen_fd >= 0; i++) {
		fd = accept4(front->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			admit(front, fd);
		else if (!survive(front, errno))
			break;
	}
}

static void
hear_signal(struct front *front)
{
	struct signalfd_siginfo info;

	if (read(front->rooms->signals, &info, sizeof(info)) > 0)
		drain(front);
}

/* Connections the desks have done with and the web server wants to keep. */
static void
take_back(struct front *front)
{
	struct queue_list kept = TAILQ_HEAD_INITIALIZER(kept);
	struct queue_item *item;
	uint64_t n;

	if (read(front->rooms->front_event, &n, sizeof(n)) < 0)
		return;
	(void)queue_take_all(&front->rooms->to_front, 0, &kept);
	while ((item = TAILQ_FIRST(&kept)) != NULL) {
		TAILQ_REMOVE(&kept, item, link);
		place(front, (struct exchange *)item);
	}
}

static void
tick(struct front *front, int64_t now_ms)
{
	struct rooms *rooms = front->rooms;
	size_t i;

	front->tick_ms = now_ms + TICK_MS;
	for (i = 0; i < rooms->serve->n_workers; i++)
		desk_hurry(&rooms->desks[i], now_ms, REQUEST_MS);
	if (front->drain_ms == 0 && !atomic_exchange(&rooms->is_scanning, true))
		rooms_send(rooms, &rooms->scan);
}

/* What is due by the clock; returns how long until the next. */
static int
keep_time(struct front *front)
{
	int64_t now_ms = rooms_now_ms(front->rooms), next_ms;

	if (now_ms >= front->tick_ms)
		tick(front, now_ms);
	next_ms = front->tick_ms - now_ms;
	if (front->drain_ms != 0) {
		if (now_ms - front->drain_ms >= DRAIN_FRESH_MS)
			drop_idle(front, true);
		return DRAIN_LOOK_MS;
	}
	if (!front->is_listening) {
		if (now_ms >= front->resume_ms)
			(void)listen_again(front);
		if (next_ms > PAUSE_MS)
			next_ms = PAUSE_MS;
	}
	return (int)next_ms;
}

static bool
is_drained(const struct front *front)
{
	struct rooms *rooms = front->rooms;

	if (front->drain_ms == 0)
		return false;
	if (atomic_load(&rooms->n_exchanges) == 0 &&
	    atomic_load(&rooms->n_jobs[JOB_REFUND]) == 0)
		return true;
	return rooms_now_ms(rooms) - front->drain_ms >= rooms->serve->drain_ms;
}

static void
dispatch(struct front *front, const struct epoll_event *events, int n)
{
	bool may_accept = false, has_kept = false, has_signal = false;
	struct exchange *exchange;
	void *mark;
	int i;

	/* Connections first: what follows may close one of them. */
	for (i = 0; i < n; i++) {
		mark = events[i].data.ptr;
		if (mark == &front->listen_fd) {
			may_accept = true;
		} else if (mark == &front->rooms->front_event) {
			has_kept = true;
		} else if (mark == &front->rooms->signals) {
			has_signal = true;
		} else {
			exchange = mark;
			take_idle(front, exchange);
			place(front, exchange);
		}
	}
	if (has_kept)
		take_back(front);
	if (has_signal)
		hear_signal(front);
	if (may_accept)
		accept_some(front);
}

static enum fault
open_doors(struct front *front, struct fault_note *note)
{
	struct rooms *rooms = front->rooms;

	front->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (front->epoll < 0 || !listen_again(front) ||
	    !watch(front, rooms->signals, EPOLLIN, &rooms->signals) ||
	    !watch(front, rooms->front_event, EPOLLIN, &rooms->front_event))
		return fault_set(note, FAULT_IO, "epoll: %s", strerror(errno));
	return FAULT_NONE;
}

enum fault
front_run(struct rooms *rooms, struct fault_note *note)
{
	struct front front = { .rooms = rooms, .epoll = -1 };
	struct epoll_event events[EVENTS_MAX];
	enum fault f;
	int n;

	TAILQ_INIT(&front.idle);
	front.listen_fd = rooms->serve->listener.fd;
	f = open_doors(&front, note);
	while (f == FAULT_NONE && !is_drained(&front)) {
		n = epoll_wait(
		    front.epoll, events, EVENTS_MAX, keep_time(&front));
		if (n >= 0)
			dispatch(&front, events, n);
		else if (errno != EINTR)
			f = fault_set(
			    note, FAULT_IO, "epoll: %s", strerror(errno));
	}
	drain(&front); /* a fault of ours ends listening, too */
	drop_idle(&front, true);
	if (front.epoll >= 0)
		close(front.epoll);
	return f;
}
