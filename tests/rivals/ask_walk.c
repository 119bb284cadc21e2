/* SPDX-License-Identifier: MIT */
/*
 * What serve/cgi.c does, on a request in memory.
 */
#include <string.h>

#include "app/walk.h"
#include "rivals/ask.h"
#include "serve/answer.h"
#include "setup/setup.h"
#include "web/fake_io.h"

static void
walk(struct ask *ask, const struct web_request *request,
    struct web_reply *ret_reply)
{
	const struct app *app = setup_app(ask->setup);
	const struct walk walk = {
		.app = app, .store = &ask->store, .provider = &ask->provider
	};
	struct task *task = task_refund(app, &request->refund);
	struct refund_result result = { .code = RESULT_DATABASE_BUSY };
	struct fault_note note;
	bool told;

	/* One that could not be saved is told as the journal has it. */
	if (task != NULL && walk_task(&walk, task, &told, &note) != FAULT_NONE)
		task_not_yet(task, &result);
	else if (task != NULL)
		result = task->result;
	answer_result(&result, "", request->language, ret_reply);
	task_free(task);
}

void
ask_walk(struct ask *ask, const struct wish *wish, struct ask_answer *ret)
{
	struct fake_io *fake = ask->fake;
	struct web_request request;
	struct web_reply reply;

	memset(&request, 0, sizeof(request));
	web_reply_init(&reply);
	fake_io_init(fake, wish->text, wish->len);
	if (web_request_read(ask->web, &fake->io, &request, &reply))
		walk(ask, &request, &reply);
	ret->status = reply.status;
	ret->is_replayed = reply.is_replayed;
	web_reply_deinit(&reply);
	fake_io_deinit(fake);
}
