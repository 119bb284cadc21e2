/* SPDX-License-Identifier: MIT */
/*
 * One errand after the other.
 */
#include "serve/desk.h"

#include <string.h>

#include "base/log.h"
#include "serve/answer.h"
#include "serve/exchange.h"
#include "serve/hint.h"
#include "serve/job.h"
#include "serve/reads.h"
#include "serve/rooms.h"

#define SCAN_SIZE    64
#define SCAN_WAIT_MS 2000
/* A fault that stays is logged once a minute. */
#define COMPLAIN_EACH 60

/*
 * The answer; then the connection is closed or goes back to the front, which
 * also sends what does not go out at once.
 */
static void
send_reply(
    struct desk *desk, struct exchange *exchange, const struct web_reply *reply)
{
	enum exchange_progress progress = exchange_reply(exchange, reply);
	struct rooms *rooms = desk->rooms;
	bool is_wanted = progress == EXCHANGE_WAIT ||
	    (progress == EXCHANGE_DONE && exchange->is_kept &&
		!atomic_load(&rooms->is_draining));

	if (!is_wanted || !queue_push(&rooms->to_front, &exchange->errand.item))
		rooms_drop(rooms, exchange);
}

static void
take_refund(struct desk *desk, struct exchange *exchange,
    const struct web_request *request, struct web_reply *reply)
{
	const struct app *app = desk->rooms->serve->app;
	struct task *task = task_refund(app, &request->refund);

	memcpy(
	    exchange->language, request->language, sizeof(exchange->language));
	exchange->echo = request->echo;
	memcpy(exchange->base_path, request->base_path,
	    sizeof(exchange->base_path));
	exchange_forget(exchange); /* not while it waits for i'mport */
	if (job_start(desk->rooms, JOB_REFUND, task, exchange))
		return;
	answer_refuse(WEB_OVERLOADED, request->language, reply);
	send_reply(desk, exchange, reply);
}

static enum job_class
class_of(enum hint hint)
{
	if (hint == HINT_OPEN)
		return JOB_DUE;
	return hint == HINT_KNOWN ? JOB_NEWS : JOB_HINT;
}

/* A look that this request has brought about. */
static struct task *
look_for(const struct app *app, const char *imp_uid, const char *refund_id,
    bool is_hint, const struct web_request *request)
{
	struct task *task = task_resolve(app, imp_uid, refund_id, is_hint);

	if (task != NULL)
		memcpy(task->request.request_id, request->echo.request_id,
		    sizeof(task->request.request_id));
	return task;
}

/* The look a notice asks for; false: no room for it now. */
static bool
follow_hint(
    struct desk *desk, enum hint hint, const struct web_request *request)
{
	const struct app *app = desk->rooms->serve->app;

	if (!hint_wants_look(hint))
		return true;
	if (job_start(desk->rooms, class_of(hint),
		look_for(app, request->imp_uid, "", true, request), NULL))
		return true;
	hint_forget(app, request->imp_uid);
	return false;
}

/* i'mport need not wait for us to ask it back. */
static void
take_hint(struct desk *desk, struct exchange *exchange,
    const struct web_request *request, struct web_reply *reply)
{
	const struct app *app = desk->rooms->serve->app;
	struct fault_note note = { "" };
	int64_t wait_ms = 0;
	enum hint hint;
	enum fault f;

	f = hint_judge(
	    app, desk->store, request->imp_uid, &hint, &wait_ms, &note);
	if (f != FAULT_NONE)
		answer_log_fault(LOG_LEVEL_ERROR, "hint", f, &note,
		    request->echo.request_id);
	/* He will tell us again if there is no room now. */
	if (follow_hint(desk, hint, request))
		answer_hint(app, hint, wait_ms, request, reply);
	else
		answer_refuse(WEB_OVERLOADED, request->language, reply);
	send_reply(desk, exchange, reply);
}

static void
take_read(struct desk *desk, struct exchange *exchange,
    const struct web_request *request, struct web_reply *reply)
{
	const struct serve *serve = desk->rooms->serve;
	struct reads reads = {
		.app = serve->app, .web = serve->web, .store = desk->store
	};
	struct fault_note note = { "" };
	struct reads_due due;
	enum fault f;

	f = reads_answer(&reads, request, &exchange->io, reply, &due, &note);
	if (f != FAULT_NONE)
		answer_log_fault(LOG_LEVEL_ERROR, "read", f, &note,
		    request->echo.request_id);
	send_reply(desk, exchange, reply);
	if (due.is_due)
		(void)job_start(desk->rooms, JOB_DUE,
		    look_for(
			serve->app, due.imp_uid, due.refund_id, false, request),
		    NULL);
}

static void
take_request(struct desk *desk, struct exchange *exchange,
    const struct web_request *request, struct web_reply *reply)
{
	switch (request->route) {
	case WEB_ROUTE_REFUND:
		take_refund(desk, exchange, request, reply);
		break;
	case WEB_ROUTE_WEBHOOK:
		take_hint(desk, exchange, request, reply);
		break;
	case WEB_ROUTE_PAYMENT:
	case WEB_ROUTE_STATE:
	case WEB_ROUTE_HEALTH:
	case WEB_ROUTE_METRICS:
	case WEB_ROUTE_STATIC:
		take_read(desk, exchange, request, reply);
		break;
	}
}

/*
 * Who is refused does not wait for the trail, and where the book is in trouble
 * the log's line has to do.
 */
static void
refuse(struct desk *desk, struct exchange *exchange,
    const struct web_request *request, struct web_reply *reply)
{
	const struct app *app = desk->rooms->serve->app;

	answer_log_refused(request, reply, &exchange->io);
	send_reply(desk, exchange, reply);
	if (request->refused.verdict[0] != '\0')
		(void)job_start(desk->rooms, JOB_NOTE,
		    task_note(app, &request->refused), NULL);
}

static void
read_request(struct desk *desk, struct exchange *exchange)
{
	struct web_request request;
	struct web_reply reply;
	bool has_begun, is_taken = false;

	memset(&request, 0, sizeof(request));
	web_reply_init(&reply);
	has_begun =
	    !atomic_load(&desk->rooms->is_leaving) && exchange_begin(exchange);
	if (has_begun)
		is_taken = web_request_read(
		    desk->rooms->serve->web, &exchange->io, &request, &reply);
	if (is_taken)
		take_request(desk, exchange, &request, &reply);
	else if (has_begun && reply.status != 0)
		refuse(desk, exchange, &request, &reply);
	else
		rooms_drop(desk->rooms, exchange);
	web_reply_deinit(&reply);
	explicit_bzero(&request, sizeof(request));
}

static void
write_answer(struct desk *desk, struct exchange *exchange)
{
	struct web_reply reply;

	web_reply_init(&reply);
	reply.echo = exchange->echo;
	answer_log_limit(desk->rooms->serve->app, &exchange->result,
	    exchange->echo.request_id);
	answer_result(
	    &exchange->result, exchange->base_path, exchange->language, &reply);
	send_reply(desk, exchange, &reply);
	web_reply_deinit(&reply);
}

static enum fault
read_due(struct desk *desk, char ids[][REFUND_ID_SIZE], size_t *ret_n,
    struct fault_note *note)
{
	const struct app *app = desk->rooms->serve->app;
	enum fault f;

	f = store_begin(desk->store, SCAN_WAIT_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = store_due(desk->store, clock_now_ms(&app->clock), ids, SCAN_SIZE,
	    ret_n, note);
	store_rollback(desk->store);
	return f;
}

/* Two desks or two processes may find the same; the task itself claims. */
static void
scan(struct desk *desk)
{
	char ids[SCAN_SIZE][REFUND_ID_SIZE];
	const struct app *app = desk->rooms->serve->app;
	struct fault_note note = { "" };
	size_t i, n = 0;
	enum fault f;

	f = read_due(desk, ids, &n, &note);
	if (f == FAULT_NONE)
		desk->rooms->n_bad_scans = 0;
	else if (desk->rooms->n_bad_scans++ % COMPLAIN_EACH == 0)
		answer_log_fault(LOG_LEVEL_ERROR, "scan", f, &note, "");
	for (i = 0; i < n; i++) {
		if (!job_start(desk->rooms, JOB_DUE,
			task_resolve(app, "", ids[i], false), NULL))
			break; /* next second */
	}
	atomic_store(&desk->rooms->is_scanning, false);
}

void *
desk_main(void *arg)
{
	struct desk *desk = arg;
	struct queue_item *item;
	struct errand *errand;

	while ((item = queue_take(&desk->rooms->to_desks)) != NULL) {
		errand = (struct errand *)item;
		switch (errand->kind) {
		case ERRAND_READ:
			read_request(desk, (struct exchange *)errand);
			break;
		case ERRAND_REPLY:
			write_answer(desk, (struct exchange *)errand);
			break;
		case ERRAND_SCAN:
			scan(desk);
			break;
		}
	}
	return NULL;
}
