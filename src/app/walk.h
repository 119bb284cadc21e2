/* SPDX-License-Identifier: MIT */
/*
 * Walk: one task from its first step to its end, one step after the other, for
 * CGI and the command-line tools.  src/serve does the same for many at once.
 */
#ifndef APP_WALK_H
#define APP_WALK_H

#include <stdbool.h>

#include "app/task.h"

struct walk {
	const struct app *app;
	const struct store *store;
	const struct provider *provider;
	/*
	 * Each of these may be NULL.  The first is called once if the task is
	 * still out after app->answer_ms: tell the caller so.
	 */
	void (*not_yet)(void *arg, const struct refund_result *result);
	/* Called with what each call brought, before the task takes it. */
	void (*heard)(void *arg, const struct provider_outcome *outcome);
	/* Called after each commit; task->news says what it changed. */
	void (*stored)(void *arg, const struct task *task);
	/* Called when a step is given up and the result says so. */
	void (*failed)(
	    void *arg, enum fault fault, const struct fault_note *note);
	void *arg;
};

/*
 * walk_task: walks the task to TASK_END.  What was sent is saved, whatever it
 * takes; FAULT_BUSY, FAULT_STORE... only when that could not be, and then the
 * journal still says in_flight.  *ret_told says whether not_yet was called.
 */
enum fault MUST_CHECK walk_task(const struct walk *walk, struct task *task,
    bool *ret_told, struct fault_note *note);

/*
 * walk_due: resolves every refund that is due now, one after the other, at
 * most max of them.  visit (or NULL) is called after each.  One that fails does
 * not keep the others; the first fault is returned at the end.
 */
enum fault MUST_CHECK walk_due(const struct walk *walk, size_t max,
    void (*visit)(void *arg, const char *refund_id), size_t *ret_n,
    struct fault_note *note);

#endif
