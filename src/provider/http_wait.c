/* SPDX-License-Identifier: MIT */
/*
 * One epoll and one time.
 */
#include "provider/http_wait.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_MAX 64
#define NEVER      INT64_MAX
#define AGAIN_MS   50 /* after an error of libcurl's */

void
http_wait_init(struct http_wait *wait)
{
	*wait =
	    (struct http_wait){ .epoll = -1, .event = -1, .timer_ms = NEVER };
}

/* libcurl's wish for a socket: what to wait for, or no more. */
static int
watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http_wait *wait = arg;
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(wait->epoll, EPOLL_CTL_DEL, fd, &event);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	/*
	 * One that can't be watched ends by its timeout, as one whose answer
	 * gets lost; an error told here would end all others with it.
	 */
	(void)epoll_ctl(wait->epoll,
	    known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
	(void)wait->curl->curl_multi_assign(wait->multi, fd, wait);
	return 0;
}

static int
set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http_wait *wait = arg;

	(void)multi;
	wait->timer_ms =
	    timeout_ms < 0 ? NEVER : clock_steady_ms(&wait->clock) + timeout_ms;
	return 0;
}

enum fault
http_wait_open(struct http_wait *wait, const struct curl_library *curl,
    CURLM *multi, const struct clock *clock, struct fault_note *note)
{
	struct epoll_event event = { .events = EPOLLIN };

	wait->curl = curl;
	wait->multi = multi;
	wait->clock = *clock;
	wait->epoll = epoll_create1(EPOLL_CLOEXEC);
	wait->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.data.fd = wait->event;
	if (wait->epoll < 0 || wait->event < 0 ||
	    epoll_ctl(wait->epoll, EPOLL_CTL_ADD, wait->event, &event) != 0)
		return fault_set(note, FAULT_IO, "epoll: %s", strerror(errno));
	if (curl->curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch) !=
		CURLM_OK ||
	    curl->curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, wait) !=
		CURLM_OK ||
	    curl->curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) !=
		CURLM_OK ||
	    curl->curl_multi_setopt(multi, CURLMOPT_TIMERDATA, wait) !=
		CURLM_OK)
		return fault_set(note, FAULT_BUG, "libcurl refused its events");
	return FAULT_NONE;
}

void
http_wait_close(struct http_wait *wait)
{
	if (wait->epoll >= 0)
		close(wait->epoll);
	if (wait->event >= 0)
		close(wait->event);
	http_wait_init(wait);
}

static int
wait_ms(const struct http_wait *wait, int timeout_ms)
{
	int64_t left_ms;

	if (wait->timer_ms == NEVER)
		return timeout_ms;
	left_ms = wait->timer_ms - clock_steady_ms(&wait->clock);
	if (left_ms < 0)
		return 0;
	return left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

static int
mask_of(uint32_t events)
{
	int mask = 0;

	if (events & (EPOLLIN | EPOLLHUP))
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		mask |= CURL_CSELECT_ERR;
	return mask;
}

static void
clear_wake(const struct http_wait *wait)
{
	uint64_t n;

	/* Empty means that nobody has woken us since. */
	if (read(wait->event, &n, sizeof(n)) < 0)
		return;
}

/*
 * Without memory libcurl leaves off before it has said when it wants to be
 * called again: a transfer would then never end, not even by its timeout.
 */
static void
act(struct http_wait *wait, curl_socket_t fd, int mask)
{
	int n_running;

	if (wait->curl->curl_multi_socket_action(
		wait->multi, fd, mask, &n_running) != CURLM_OK &&
	    wait->timer_ms == NEVER)
		wait->timer_ms = clock_steady_ms(&wait->clock) + AGAIN_MS;
}

void
http_wait_step(struct http_wait *wait, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int i, n;

	n = epoll_wait(
	    wait->epoll, events, EVENTS_MAX, wait_ms(wait, timeout_ms));
	for (i = 0; i < n; i++) {
		if (events[i].data.fd == wait->event)
			clear_wake(wait);
		else
			act(wait, events[i].data.fd, mask_of(events[i].events));
	}
	if (clock_steady_ms(&wait->clock) >= wait->timer_ms) {
		wait->timer_ms = NEVER;
		act(wait, CURL_SOCKET_TIMEOUT, 0);
	}
}

void
http_wait_wake(const struct http_wait *wait)
{
	uint64_t one = 1;

	/* Full means that it is awake already. */
	if (write(wait->event, &one, sizeof(one)) < 0)
		return;
}
