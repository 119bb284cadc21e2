/* SPDX-License-Identifier: MIT */
/*
 * One request from stdin to stdout.
 */
#include "serve/cgi.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/trail.h"
#include "app/walk.h"
#include "base/log.h"
#include "serve/answer.h"
#include "serve/hint.h"
#include "serve/reads.h"

#define NOTE_MS 200 /* for the lock */

/*
 * The answer is complete: the web server hears so when no copy of its end is
 * left; Apache's stdin and stdout are one socket.
 */
static void
hang_up(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	close(null);
}

/* A caller who has gone away is no fault. */
static void
say(const struct web_reply *reply)
{
	struct web_io io = { .fcgx = NULL };
	struct fault_note note;

	if (web_io_reply(&io, reply, &note) != FAULT_NONE)
		return;
}

static void
say_result(
    const struct web_request *request, const struct refund_result *result)
{
	struct web_reply reply;

	web_reply_init(&reply);
	reply.echo = request->echo;
	answer_result(result, request->base_path, request->language, &reply);
	say(&reply);
	web_reply_deinit(&reply);
	hang_up();
}

static void
not_yet(void *arg, const struct refund_result *result)
{
	say_result(arg, result);
}

static void
log_fault(const struct web_request *request, const char *event,
    enum fault fault, const struct fault_note *note)
{
	answer_log_fault(
	    LOG_LEVEL_ERROR, event, fault, note, request->echo.request_id);
}

static void
failed(void *arg, enum fault fault, const struct fault_note *note)
{
	log_fault(arg, "store", fault, note);
}

static void
heard(void *arg, const struct provider_outcome *outcome)
{
	const struct web_request *request = arg;

	answer_log_outcome(outcome, request->echo.request_id);
}

static void
stored(void *arg, const struct task *task)
{
	(void)arg;
	answer_log(task);
}

/* Takes the task through all its steps; true: its caller has been answered. */
static bool
walk_take(const struct cgi *cgi, struct task *task, struct web_request *request,
    struct refund_result *ret_result)
{
	struct store writer;
	struct provider provider;
	struct walk walk = { .app = cgi->app,
		.store = &writer,
		.provider = &provider,
		.not_yet = not_yet,
		.heard = heard,
		.stored = stored,
		.failed = failed,
		.arg = request };
	struct fault_note note = { "" };
	bool is_told = false;
	enum fault f;

	f = cgi->open_writer(cgi->arg, &writer, &provider, &note);
	if (f != FAULT_NONE) {
		log_fault(request, "open", f, &note);
		task_fault(task, f);
	} else {
		f = walk_task(&walk, task, &is_told, &note);
		if (f != FAULT_NONE)
			log_fault(request, "refund_unsaved", f, &note);
	}
	if (task->next == TASK_END)
		*ret_result = task->result;
	else /* the journal has it; somebody will resolve it */
		task_not_yet(task, ret_result);
	task_free(task);
	return is_told;
}

static void
run_refund(const struct cgi *cgi, struct web_request *request)
{
	struct task *task = task_refund(cgi->app, &request->refund);
	struct refund_result result = { .code = RESULT_DATABASE_BUSY };
	bool is_told = false;

	if (task != NULL)
		is_told = walk_take(cgi, task, request, &result);
	if (is_told)
		return;
	answer_log_limit(cgi->app, &result, request->echo.request_id);
	say_result(request, &result);
}

/* The caller has gone with his answer; what he made us look at goes on. */
static void
run_resolve(const struct cgi *cgi, struct web_request *request,
    const char *imp_uid, const char *refund_id, bool is_hint)
{
	struct task *task = task_resolve(cgi->app, imp_uid, refund_id, is_hint);
	struct store writer;
	struct provider provider;
	struct walk walk = { .app = cgi->app,
		.store = &writer,
		.provider = &provider,
		.heard = heard,
		.stored = stored,
		.arg = request };
	struct fault_note note = { "" };
	bool is_told;
	enum fault f;

	if (task == NULL)
		return;
	memcpy(task->request.request_id, request->echo.request_id,
	    sizeof(task->request.request_id));
	f = cgi->open_writer(cgi->arg, &writer, &provider, &note);
	if (f == FAULT_NONE)
		f = walk_task(&walk, task, &is_told, &note);
	if (f != FAULT_NONE)
		log_fault(request, "resolve", f, &note);
	task_free(task);
}

/* Who can't be heard now will tell us again. */
static void
run_webhook(const struct cgi *cgi, struct web_request *request)
{
	struct fault_note note = { "" };
	enum hint hint = HINT_SEEN;
	struct web_reply reply;
	struct store reader;
	int64_t wait_ms = 0;
	enum fault f, judged = FAULT_NONE;

	web_reply_init(&reply);
	reply.echo = request->echo;
	f = cgi->open_reader(cgi->arg, &reader, &note);
	if (f != FAULT_NONE) {
		answer_fault(f, request->language, &reply);
	} else {
		judged = hint_judge(cgi->app, &reader, request->imp_uid, &hint,
		    &wait_ms, &note);
		answer_hint(cgi->app, hint, wait_ms, request, &reply);
	}
	if (f != FAULT_NONE || judged != FAULT_NONE)
		log_fault(request, "hint", f != FAULT_NONE ? f : judged, &note);
	say(&reply);
	web_reply_deinit(&reply);
	hang_up();
	if (hint_wants_look(hint))
		run_resolve(cgi, request, request->imp_uid, "", true);
}

static void
run_read(const struct cgi *cgi, struct web_request *request)
{
	struct store reader;
	struct reads reads = {
		.app = cgi->app, .web = cgi->web, .store = &reader
	};
	struct web_io io = { .fcgx = NULL };
	struct reads_due due = { 0 };
	struct fault_note note = { "" };
	struct web_reply reply;
	enum fault f = FAULT_NONE;

	web_reply_init(&reply);
	reply.echo = request->echo;
	/* A page needs no database. */
	if (request->route != WEB_ROUTE_STATIC)
		f = cgi->open_reader(cgi->arg, &reader, &note);
	if (f != FAULT_NONE)
		answer_fault(f, request->language, &reply);
	else
		f = reads_answer(&reads, request, &io, &reply, &due, &note);
	if (f != FAULT_NONE)
		log_fault(request, "read", f, &note);
	say(&reply);
	web_reply_deinit(&reply);
	hang_up();
	if (due.is_due)
		run_resolve(cgi, request, due.imp_uid, due.refund_id, false);
}

/*
 * His caller has gone with the refusal.  Where the book is in trouble, or
 * others hold it for long, the log's line has to do.
 */
static void
run_note(const struct cgi *cgi, const struct web_request *request)
{
	struct store writer;
	struct provider provider;
	struct fault_note note = { "" };
	enum fault f;

	hang_up();
	f = cgi->open_writer(cgi->arg, &writer, &provider, &note);
	if (f == FAULT_NONE)
		f = store_begin(&writer, NOTE_MS, &note);
	if (f == FAULT_NONE) {
		f = trail_refused(cgi->app, &writer, &request->refused, &note);
		if (f == FAULT_NONE)
			f = store_commit(&writer, &note);
		if (f != FAULT_NONE)
			store_rollback(&writer);
	}
	if (f != FAULT_NONE)
		log_fault(request, "trail", f, &note);
}

static void
refuse(const struct cgi *cgi, const struct web_request *request,
    const struct web_io *io, const struct web_reply *reply)
{
	if (reply->status != 0)
		say(reply);
	answer_log_refused(request, reply, io);
	if (request->refused.verdict[0] != '\0')
		run_note(cgi, request);
}

void
cgi_run(const struct cgi *cgi)
{
	struct web_io io = { .fcgx = NULL };
	struct web_request request;
	struct web_reply reply;

	memset(&request, 0, sizeof(request));
	web_reply_init(&reply);
	if (!web_request_read(cgi->web, &io, &request, &reply)) {
		refuse(cgi, &request, &io, &reply);
	} else {
		switch (request.route) {
		case WEB_ROUTE_REFUND:
			run_refund(cgi, &request);
			break;
		case WEB_ROUTE_WEBHOOK:
			run_webhook(cgi, &request);
			break;
		case WEB_ROUTE_PAYMENT:
		case WEB_ROUTE_STATE:
		case WEB_ROUTE_HEALTH:
		case WEB_ROUTE_METRICS:
		case WEB_ROUTE_STATIC:
			run_read(cgi, &request);
			break;
		}
	}
	web_reply_deinit(&reply);
	explicit_bzero(&request, sizeof(request));
}

void
cgi_refuse(void)
{
	struct web_reply reply;

	web_reply_init(&reply);
	answer_refuse(WEB_FAULT, "en", &reply);
	say(&reply);
	web_reply_deinit(&reply);
}
