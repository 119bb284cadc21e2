/* SPDX-License-Identifier: MIT */
/*
 * Route -> view -> reply.
 */
#include "serve/reads.h"

#include <string.h>

#include "app/view.h"
#include "serve/answer.h"
#include "web/web_static.h"

#define READ_MS 2000 /* a reader waits for a checkpoint at most */

static enum fault
answer_payment(const struct reads *reads, const struct web_request *request,
    struct web_reply *reply, struct reads_due *due, struct fault_note *note)
{
	struct refund_result several = { .code = RESULT_AMBIGUOUS_ORDER };
	struct view_payment view = { 0 };
	enum fault f;

	f = view_payment_read(reads->store, request->merchant_uid,
	    clock_now_ms(&reads->app->clock), &view, note);
	if (f == FAULT_NONE)
		f = web_reply_payment(&view, reply, note);
	if (f == FAULT_NONE && view.is_due) {
		due->is_due = true;
		memcpy(
		    due->imp_uid, view.payment.imp_uid, sizeof(due->imp_uid));
	}
	view_payment_deinit(&view);
	if (f == FAULT_ABSENT)
		answer_refuse(WEB_PAYMENT_NOT_FOUND, request->language, reply);
	else if (f == FAULT_INPUT)
		answer_result(
		    &several, request->base_path, request->language, reply);
	return f == FAULT_ABSENT || f == FAULT_INPUT ? FAULT_NONE : f;
}

static enum fault
answer_state(const struct reads *reads, const struct web_request *request,
    struct web_reply *reply, struct reads_due *due, struct fault_note *note)
{
	struct view_refund view;
	struct payment payment;
	enum fault f;

	f = view_refund_read(reads->store, request->refund_id,
	    clock_now_ms(&reads->app->clock), &view, &payment, &due->is_due,
	    note);
	if (f == FAULT_ABSENT) {
		answer_refuse(WEB_REFUND_NOT_FOUND, request->language, reply);
		return FAULT_NONE;
	}
	if (f != FAULT_NONE)
		return f;
	memcpy(due->imp_uid, payment.imp_uid, sizeof(due->imp_uid));
	memcpy(due->refund_id, view.id, sizeof(due->refund_id));
	return web_reply_refund(&view, &payment, reply, note);
}

static enum fault
answer_health(
    const struct reads *reads, struct web_reply *reply, struct fault_note *note)
{
	char ids[1][REFUND_ID_SIZE];
	size_t n;
	enum fault f;

	f = store_due(
	    reads->store, clock_now_ms(&reads->app->clock), ids, 1, &n, note);
	return f != FAULT_NONE ? f : web_reply_health(true, reply, note);
}

static enum fault
answer_metrics(
    const struct reads *reads, struct web_reply *reply, struct fault_note *note)
{
	struct store_figures figures;
	enum fault f;

	f = store_figures(
	    reads->store, clock_now_ms(&reads->app->clock), &figures, note);
	return f != FAULT_NONE ? f : web_reply_metrics(&figures, reply, note);
}

static enum fault
answer_static(const struct reads *reads, const struct web_request *request,
    const struct web_io *io, struct web_reply *reply, struct fault_note *note)
{
	enum fault f = FAULT_ABSENT;

	if (reads->web->static_dir[0] != '\0')
		f = web_static_read(reads->web->static_dir, request->path,
		    request->lacks_slash ? request->base_path : "", io, reply,
		    note);
	if (f != FAULT_ABSENT)
		return f;
	answer_refuse(WEB_NOT_FOUND, request->language, reply);
	return FAULT_NONE;
}

static enum fault
answer_from_book(const struct reads *reads, const struct web_request *request,
    struct web_reply *reply, struct reads_due *due, struct fault_note *note)
{
	enum fault f;

	f = store_begin(reads->store, READ_MS, note);
	if (f != FAULT_NONE)
		return f;
	if (request->route == WEB_ROUTE_PAYMENT)
		f = answer_payment(reads, request, reply, due, note);
	else if (request->route == WEB_ROUTE_STATE)
		f = answer_state(reads, request, reply, due, note);
	else if (request->route == WEB_ROUTE_METRICS)
		f = answer_metrics(reads, reply, note);
	else
		f = answer_health(reads, reply, note);
	store_rollback(reads->store);
	return f;
}

/* Who asks if we are alive hears that we are not, in the usual form. */
static void
answer_failed(enum fault fault, const struct web_request *request,
    struct web_reply *reply)
{
	if (request->route == WEB_ROUTE_HEALTH) {
		web_reply_deinit(reply);
		if (web_reply_health(false, reply, NULL) == FAULT_NONE)
			return;
	}
	answer_fault(fault, request->language, reply);
}

enum fault
reads_answer(const struct reads *reads, const struct web_request *request,
    const struct web_io *io, struct web_reply *ret_reply,
    struct reads_due *ret_due, struct fault_note *note)
{
	enum fault f;

	*ret_due = (struct reads_due){ 0 };
	if (request->route == WEB_ROUTE_STATIC)
		f = answer_static(reads, request, io, ret_reply, note);
	else
		f = answer_from_book(reads, request, ret_reply, ret_due, note);
	if (f != FAULT_NONE)
		answer_failed(f, request, ret_reply);
	ret_reply->is_head = request->is_head;
	return f;
}
