/* SPDX-License-Identifier: MIT */
/*
 * One struct hook a webhook, from the notice to the last try.
 */
#include "sandbox/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "sandbox/render.h"
#include "sandbox/timers.h"

/* Documented: the first try, then each repeat; a minute between them. */
#define CONNECT_S      10L
#define FIRST_S        40L
#define REPEAT_S       15L
#define REPEAT_WAIT_MS 60000

#define WAITING_MAX 1000
#define BODY_MAX    4096
#define EVENTS      16

struct hook {
	CURL *curl;
	struct buf body;
	int64_t repeats; /* still to come */
	struct hook *next, *previous;
};

struct hooks {
	struct hooks_options options;
	CURLM *multi;
	struct curl_slist *headers;
	int epoll;
	int64_t due_mono_ms;   /* libcurl's own timer */
	struct timers repeats; /* by the world's clock */
	struct hook *all;
	size_t n;
};

/* libcurl says which of its sockets to watch, and for what. */
static int
watch(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
	struct hooks *hooks = arg;
	struct epoll_event event = {
		.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0U) |
		    ((what & CURL_POLL_OUT) ? EPOLLOUT : 0U),
		.data.fd = fd,
	};

	(void)curl;
	if (what == CURL_POLL_REMOVE)
		return epoll_ctl(hooks->epoll, EPOLL_CTL_DEL, fd, NULL), 0;
	if (epoll_ctl(hooks->epoll, EPOLL_CTL_MOD, fd, &event) != 0)
		(void)epoll_ctl(hooks->epoll, EPOLL_CTL_ADD, fd, &event);
	(void)known;
	return 0;
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct hooks *hooks = arg;
	struct timespec now;

	(void)multi;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	hooks->due_mono_ms = ms < 0
	    ? INT64_MAX
	    : (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
	return 0;
}

enum fault
hooks_open(const struct hooks_options *options, struct hooks **ret_hooks,
    struct fault_note *note)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (hooks == NULL)
		return fault_set(note, FAULT_NOMEM, "webhooks: no memory");
	hooks->options = *options;
	hooks->due_mono_ms = INT64_MAX;
	timers_init(&hooks->repeats);
	hooks->epoll = epoll_create1(EPOLL_CLOEXEC);
	hooks->multi = curl_multi_init();
	hooks->headers = curl_slist_append(NULL,
	    options->is_form ? "Content-Type: application/x-www-form-urlencoded"
			     : "Content-Type: application/json");
	if (hooks->epoll < 0 || hooks->multi == NULL ||
	    hooks->headers == NULL) {
		hooks_close(hooks);
		return fault_set(note, FAULT_NOMEM, "webhooks: can't start");
	}
	(void)curl_multi_setopt(hooks->multi, CURLMOPT_SOCKETFUNCTION, watch);
	(void)curl_multi_setopt(hooks->multi, CURLMOPT_SOCKETDATA, hooks);
	(void)curl_multi_setopt(
	    hooks->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(hooks->multi, CURLMOPT_TIMERDATA, hooks);
	*ret_hooks = hooks;
	return FAULT_NONE;
}

static void
free_hook(struct hooks *hooks, struct hook *hook)
{
	if (hook->next != NULL)
		hook->next->previous = hook->previous;
	if (hook->previous != NULL)
		hook->previous->next = hook->next;
	else
		hooks->all = hook->next;
	hooks->n--;
	(void)curl_multi_remove_handle(hooks->multi, hook->curl);
	curl_easy_cleanup(hook->curl);
	buf_deinit(&hook->body);
	free(hook);
}

void
hooks_close(struct hooks *hooks)
{
	if (hooks == NULL)
		return;
	while (hooks->all != NULL)
		free_hook(hooks, hooks->all);
	timers_deinit(&hooks->repeats);
	if (hooks->multi != NULL)
		(void)curl_multi_cleanup(hooks->multi);
	curl_slist_free_all(hooks->headers);
	if (hooks->epoll >= 0)
		(void)close(hooks->epoll);
	free(hooks);
}

int
hooks_fd(const struct hooks *hooks)
{
	return hooks->epoll;
}

/* What the shop answers does not matter. */
static size_t
ignore(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static enum fault
write_json(struct buf *body, const struct world_notice *notice)
{
	struct render render;

	render_init(&render, body, true, NULL);
	render_raw(&render, "{");
	render_member_text(&render, "imp_uid", notice->payment->is.imp_uid);
	render_member_text(
	    &render, "merchant_uid", notice->payment->is.merchant_uid);
	render_member_text(
	    &render, "status", payment_status_name(notice->status));
	if (notice->cancellation_id != NULL)
		render_member_text(
		    &render, "cancellation_id", notice->cancellation_id);
	render_raw(&render, "}");
	return render.fault;
}

/* "&name=value", the value escaped. */
static enum fault
write_field(
    struct hook *hook, const char *before, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(hook->curl, value, 0);
	enum fault f = FAULT_NOMEM;

	if (escaped != NULL)
		f = buf_printf(
		    &hook->body, NULL, "%s%s=%s", before, name, escaped);
	curl_free(escaped);
	return f;
}

/* The layout of a form is inferred; nothing shows one. */
static enum fault
write_form(struct hook *hook, const struct world_notice *notice)
{
	const struct payment *is = &notice->payment->is;
	enum fault f;

	f = write_field(hook, "", "imp_uid", is->imp_uid);
	if (f == FAULT_NONE)
		f = write_field(hook, "&", "merchant_uid", is->merchant_uid);
	if (f == FAULT_NONE)
		f = write_field(
		    hook, "&", "status", payment_status_name(notice->status));
	if (f == FAULT_NONE && notice->cancellation_id != NULL)
		f = write_field(
		    hook, "&", "cancellation_id", notice->cancellation_id);
	return f;
}

static void
set_options(struct hooks *hooks, struct hook *hook, const char *url)
{
	CURL *curl = hook->curl;

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, hooks->headers);
	(void)curl_easy_setopt(
	    curl, CURLOPT_POSTFIELDS, buf_bytes(&hook->body));
	(void)curl_easy_setopt(
	    curl, CURLOPT_POSTFIELDSIZE, (long)buf_len(&hook->body));
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, FIRST_S);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_PRIVATE, hook);
}

void
hooks_notify(void *arg, const struct world_notice *notice, int64_t now_ms)
{
	const char *url = notice->payment->notice_url;
	struct hooks *hooks = arg;
	struct hook *hook;
	enum fault f;

	(void)now_ms;
	if (url == NULL)
		url = hooks->options.url;
	if (url == NULL || hooks->n >= WAITING_MAX)
		return;
	hook = calloc(1, sizeof(*hook));
	if (hook == NULL)
		return;
	buf_init(&hook->body, BODY_MAX);
	hook->repeats = hooks->options.repeats;
	hook->curl = curl_easy_init();
	hook->next = hooks->all;
	if (hook->next != NULL)
		hook->next->previous = hook;
	hooks->all = hook;
	hooks->n++;
	f = hook->curl == NULL       ? FAULT_NOMEM
	    : hooks->options.is_form ? write_form(hook, notice)
				     : write_json(&hook->body, notice);
	if (f == FAULT_NONE)
		set_options(hooks, hook, url);
	if (f != FAULT_NONE ||
	    curl_multi_add_handle(hooks->multi, hook->curl) != CURLM_OK)
		free_hook(hooks, hook);
}

/* Documented: network errors and 5xx are repeated. */
static bool
has_failed(const struct hook *hook, CURLcode result)
{
	long status = 0;

	(void)curl_easy_getinfo(hook->curl, CURLINFO_RESPONSE_CODE, &status);
	return result != CURLE_OK || status >= 500;
}

/* Once a webhook, when nothing more will be tried. */
static void
complain(const struct hook *hook, CURLcode result)
{
	const char *url = "";
	long status = 0;

	(void)curl_easy_getinfo(hook->curl, CURLINFO_EFFECTIVE_URL, &url);
	(void)curl_easy_getinfo(hook->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)fprintf(stderr,
	    "iamport-sandbox: webhook to %.200s: %s, HTTP status %ld\n", url,
	    curl_easy_strerror(result), status);
}

static void
finish(
    struct hooks *hooks, struct hook *hook, CURLcode result, int64_t world_ms)
{
	bool is_bad = has_failed(hook, result);

	(void)curl_multi_remove_handle(hooks->multi, hook->curl);
	if (is_bad && hook->repeats > 0 &&
	    timers_add(&hooks->repeats, world_ms + REPEAT_WAIT_MS, hook,
		NULL) == FAULT_NONE) {
		hook->repeats--;
		(void)curl_easy_setopt(hook->curl, CURLOPT_TIMEOUT, REPEAT_S);
		return;
	}
	if (is_bad)
		complain(hook, result);
	free_hook(hooks, hook);
}

static void
finish_all(struct hooks *hooks, int64_t world_ms)
{
	struct CURLMsg *message;
	struct hook *hook;
	int left;

	while ((message = curl_multi_info_read(hooks->multi, &left)) != NULL) {
		hook = NULL;
		(void)curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, (char **)&hook);
		finish(hooks, hook, message->data.result, world_ms);
	}
}

void
hooks_run(struct hooks *hooks, int64_t world_ms, int64_t mono_ms)
{
	struct epoll_event events[EVENTS];
	struct hook *hook;
	int i, n, running;

	while ((hook = timers_pop(&hooks->repeats, world_ms)) != NULL) {
		if (curl_multi_add_handle(hooks->multi, hook->curl) != CURLM_OK)
			free_hook(hooks, hook);
	}
	if (hooks->n == 0)
		return;
	n = epoll_wait(hooks->epoll, events, EVENTS, 0);
	for (i = 0; i < n; i++) {
		int what =
		    ((events[i].events & (EPOLLIN | EPOLLHUP)) ? CURL_CSELECT_IN
							       : 0) |
		    ((events[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
		    ((events[i].events & EPOLLERR) ? CURL_CSELECT_ERR : 0);

		(void)curl_multi_socket_action(
		    hooks->multi, events[i].data.fd, what, &running);
	}
	if (hooks->due_mono_ms <= mono_ms) {
		hooks->due_mono_ms = INT64_MAX;
		(void)curl_multi_socket_action(
		    hooks->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	finish_all(hooks, world_ms);
}

int64_t
hooks_next_mono_ms(const struct hooks *hooks)
{
	return hooks->due_mono_ms;
}

int64_t
hooks_next_world_ms(const struct hooks *hooks)
{
	return timers_next(&hooks->repeats);
}
