/* SPDX-License-Identifier: MIT */
/*
 * One epoll.
 *
 * The one idea: a connection reaches a desk only when the whole request is
 * there, and what the peer does not take at once of an answer is sent from
 * here, so that neither slow peers nor any number of idle connections cost a
 * thread.
 */
#include "serve/front.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/rooms.h"

#define EVENTS_MAX    64
#define TICK_MS       1000
#define REQUEST_MS    3000 /* a whole request's or answer's */
#define PAUSE_MS      20   /* no descriptor left for a new connection */
#define SETTLE_MS     100  /* for the first bytes of one just made */
#define DRAIN_LOOK_MS 10
/* A connection just made may be about to carry a request. */
#define DRAIN_FRESH_MS 500
/* So much of one peer's at once: the others' turn comes. */
#define ROOM_SIZE 65536
/* Of all that slow peers have sent, or have not taken yet. */
#define HELD_MAX ((size_t)64 * 1024 * 1024)

struct front {
	struct rooms *rooms;
	int epoll;
	int listen_fd; /* -1: closed */
	/* Both are in epoll, whoever waits longest first. */
	struct queue_list idle; /* for a request to begin */
	struct queue_list slow; /* for the rest of one, or of an answer */
	size_t held;            /* by the slow, in bytes */
	int n_most;             /* connections there may be */
	bool is_listening;      /* listen_fd is in epoll */
	int64_t resume_ms;      /* steady: when to listen again */
	int64_t tick_ms;
	int64_t drain_ms; /* steady: when draining began; 0: it has not */
	char room[ROOM_SIZE];
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

/* It waits no more; nobody has it now. */
static void
release(struct front *front, struct exchange *exchange)
{
	if (exchange->list == NULL)
		return;
	unwatch(front, exchange->fd);
	TAILQ_REMOVE(exchange->list, &exchange->errand.item, link);
	exchange->list = NULL;
	exchange->since_ms = 0;
	front->held -= exchange->held;
	exchange->held = 0;
}

static void
drop(struct front *front, struct exchange *exchange)
{
	release(front, exchange);
	rooms_drop(front->rooms, exchange);
}

static struct exchange *
longest_in(const struct queue_list *list)
{
	return (struct exchange *)TAILQ_FIRST(list);
}

/* Waits for the peer: in the same list, it keeps its place. */
static void
await(struct front *front, struct exchange *exchange, struct queue_list *list,
    uint32_t events)
{
	size_t held = exchange_held(exchange);

	if (exchange->list != list) {
		release(front, exchange);
		if (!watch(front, exchange->fd, events, exchange)) {
			rooms_drop(front->rooms, exchange);
			return;
		}
		TAILQ_INSERT_TAIL(list, &exchange->errand.item, link);
		exchange->list = list;
		exchange->since_ms = rooms_now_ms(front->rooms);
	}
	front->held += held - exchange->held;
	exchange->held = held;
}

/* All of a request goes to a desk; the rest is waited for. */
static void
receive(struct front *front, struct exchange *exchange)
{
	bool is_over = front->drain_ms != 0 && exchange->is_used;

	switch (exchange_receive(exchange, front->room, sizeof(front->room))) {
	case EXCHANGE_DONE:
		release(front, exchange);
		exchange->errand.kind = ERRAND_READ;
		rooms_send(front->rooms, &exchange->errand);
		break;
	case EXCHANGE_WAIT:
		if (intake_has_begun(&exchange->intake))
			await(front, exchange, &front->slow, EPOLLIN);
		else if (is_over)
			drop(front, exchange);
		else
			await(front, exchange, &front->idle, EPOLLIN);
		break;
	case EXCHANGE_GONE:
		drop(front, exchange);
		break;
	}
}

/* The rest of an answer; then a kept connection's next request. */
static void
send_rest(struct front *front, struct exchange *exchange)
{
	switch (exchange_send(exchange)) {
	case EXCHANGE_DONE:
		release(front, exchange);
		if (exchange->is_kept)
			receive(front, exchange);
		else
			drop(front, exchange);
		break;
	case EXCHANGE_WAIT:
		await(front, exchange, &front->slow, EPOLLOUT);
		break;
	case EXCHANGE_GONE:
		drop(front, exchange);
		break;
	}
}

/* As far as a connection nobody else has can go on just now. */
static void
go_on(struct front *front, struct exchange *exchange)
{
	if (exchange_is_sending(exchange))
		send_rest(front, exchange);
	else
		receive(front, exchange);
}

static void
admit(struct front *front, int fd)
{
	struct exchange *exchange = exchange_new(fd);

	if (exchange == NULL)
		return;
	atomic_fetch_add(&front->rooms->n_exchanges, 1);
	receive(front, exchange);
}

static void
drop_idle(struct front *front, bool with_fresh)
{
	struct queue_item *item, *next;
	struct exchange *exchange;

	for (item = TAILQ_FIRST(&front->idle); item != NULL; item = next) {
		next = TAILQ_NEXT(item, link);
		exchange = (struct exchange *)item;
		if (with_fresh || exchange->is_used)
			drop(front, exchange);
	}
}

/* Whoever has been slow since then or longer. */
static void
drop_slow(struct front *front, int64_t since_ms)
{
	struct exchange *exchange;

	while ((exchange = longest_in(&front->slow)) != NULL &&
	    exchange->since_ms <= since_ms)
		drop(front, exchange);
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

static struct exchange *
longest_waiting(const struct front *front)
{
	struct exchange *idle = longest_in(&front->idle);
	struct exchange *slow = longest_in(&front->slow);

	if (idle == NULL || slow == NULL)
		return idle == NULL ? slow : idle;
	return slow->since_ms < idle->since_ms ? slow : idle;
}

/*
 * Out of descriptors or memory: whoever waits longest makes room, unless he has
 * just come and may be about to send; then those at the door wait.
 */
static bool
make_room(struct front *front)
{
	struct exchange *exchange = longest_waiting(front);
	int64_t now_ms = rooms_now_ms(front->rooms);

	if (exchange != NULL && now_ms - exchange->since_ms >= SETTLE_MS) {
		drop(front, exchange);
		return true;
	}
	stop_listening(front);
	front->resume_ms = now_ms + PAUSE_MS;
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

static bool
is_full(const struct front *front)
{
	return atomic_load(&front->rooms->n_exchanges) > front->n_most;
}

static void
accept_some(struct front *front)
{
	bool goes_on = true;
	int fd, i;

	for (i = 0; i < EVENTS_MAX && goes_on && front->listen_fd >= 0; i++) {
		fd = accept4(front->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			goes_on = survive(front, errno);
		} else {
			admit(front, fd);
			goes_on = !is_full(front) || make_room(front);
		}
	}
}

static void
hear_signal(struct front *front)
{
	struct signalfd_siginfo info;

	if (read(front->rooms->signals, &info, sizeof(info)) > 0)
		drain(front);
}

/* Connections whose answer is not out yet, or that the web server keeps. */
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
		go_on(front, (struct exchange *)item);
	}
}

static void
tick(struct front *front, int64_t now_ms)
{
	struct rooms *rooms = front->rooms;

	front->tick_ms = now_ms + TICK_MS;
	drop_slow(front, now_ms - REQUEST_MS);
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
		if (now_ms >= front->resume_ms &&
		    (!is_full(front) || make_room(front)))
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

/* Too much is held: whoever has been slow for longest makes room. */
static void
make_memory(struct front *front)
{
	while (front->held > HELD_MAX && !TAILQ_EMPTY(&front->slow))
		drop(front, longest_in(&front->slow));
}

static void
dispatch(struct front *front, const struct epoll_event *events, int n)
{
	bool may_accept = false, has_kept = false, has_signal = false;
	void *mark;
	int i;

	/* Connections first: what follows may close any of them. */
	for (i = 0; i < n; i++) {
		mark = events[i].data.ptr;
		if (mark == &front->listen_fd) {
			may_accept = true;
		} else if (mark == &front->rooms->front_event) {
			has_kept = true;
		} else if (mark == &front->rooms->signals) {
			has_signal = true;
		} else {
			go_on(front, mark);
		}
	}
	if (has_kept)
		take_back(front);
	if (has_signal)
		hear_signal(front);
	if (may_accept)
		accept_some(front);
	make_memory(front);
}

/*
 * Three of four descriptors that are left: i'mport's connections want some.
 * They are handed out lowest first, so the newest one tells how many there are.
 */
static int
most_connections(int newest_fd)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
		return INT_MAX;
	return ((int)limit.rlim_cur - newest_fd) / 4 * 3;
}

static enum fault
open_doors(struct front *front, struct fault_note *note)
{
	struct rooms *rooms = front->rooms;

	front->epoll = epoll_create1(EPOLL_CLOEXEC);
	front->n_most = most_connections(front->epoll);
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
	TAILQ_INIT(&front.slow);
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
	drop_slow(&front, INT64_MAX);
	if (front.epoll >= 0)
		close(front.epoll);
	return f;
}
