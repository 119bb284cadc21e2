/* SPDX-License-Identifier: MIT */
/*
 * Hooks: the webhooks that i'mport sends to a shop.  libcurl sends them beside
 * everything else, without a thread: its sockets are in an epoll of its own,
 * whose descriptor the server watches.  What fails is repeated a minute later,
 * if so wished; nothing of the book depends on what the shop answers.
 * Source: doc/provider-v1.md "Webhooks".
 */
#ifndef SANDBOX_HOOKS_H
#define SANDBOX_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "sandbox/world.h"

struct hooks_options {
	const char *url; /* NULL: only to a payment's own notice_url */
	bool is_form;    /* not JSON */
	int64_t repeats; /* at most, after one that failed */
};

struct hooks;

/* hooks_open: keeps options.url.  hooks_close: accepts NULL. */
enum fault hooks_open(const struct hooks_options *options,
    struct hooks **ret_hooks, struct fault_note *note) MUST_CHECK;
void hooks_close(struct hooks *hooks);

/* hooks_notify: a world_notify; arg is the hooks. */
void hooks_notify(void *arg, const struct world_notice *notice, int64_t now_ms);

/* hooks_fd: readable when hooks_run has something to do. */
int hooks_fd(const struct hooks *hooks);

/*
 * hooks_run: go on with what is on its way and start what is due, at a moment
 * of the world and one of the monotonic clock.  hooks_next: when to come again,
 * by the monotonic clock (libcurl's own) and by the world's; INT64_MAX: not.
 */
void hooks_run(struct hooks *hooks, int64_t world_ms, int64_t mono_ms);
int64_t hooks_next_mono_ms(const struct hooks *hooks);
int64_t hooks_next_world_ms(const struct hooks *hooks);

#endif
