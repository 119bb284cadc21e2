/* SPDX-License-Identifier: MIT */
/*
 * The last fallback of every reply.
 */
#include "serve/answer.h"

#include "web/web_limit.h"

/* What a line about a request ends in; both are "" where it is about none. */
static const char *
word_before(const char *request_id)
{
	return request_id[0] != '\0' ? " request " : "";
}

void
answer_refuse(
    enum web_refusal refusal, const char *language, struct web_reply *reply)
{
	struct fault_note note;

	if (web_reply_refuse(refusal, NULL, NULL, language, reply, &note) ==
	    FAULT_NONE)
		return;
	buf_clear(&reply->body);
	reply->status = 500;
}

void
answer_hint(const struct app *app, enum hint hint, int64_t wait_ms,
    const struct web_request *request, struct web_reply *reply)
{
	if (hint != HINT_LIMIT) {
		web_reply_empty(reply);
		return;
	}
	web_limit_log(&app->limits, "webhook_lookups_per_minute",
	    request->echo.request_id);
	answer_refuse(WEB_RATE_LIMITED, request->language, reply);
	web_reply_wait(reply, wait_ms);
}

void
answer_result(const struct refund_result *result, const char *base_path,
    const char *language, struct web_reply *reply)
{
	struct fault_note note;

	if (web_reply_result(result, base_path, language, reply, &note) !=
	    FAULT_NONE)
		answer_refuse(WEB_FAULT, language, reply);
}

void
answer_fault(enum fault fault, const char *language, struct web_reply *reply)
{
	bool is_passing = fault == FAULT_BUSY || fault == FAULT_NOMEM;

	answer_refuse(
	    is_passing ? WEB_DATABASE_BUSY : WEB_FAULT, language, reply);
}

void
answer_log_outcome(
    const struct provider_outcome *outcome, const char *request_id)
{
	enum log_level level =
	    outcome->is_shut_out ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
	const char *word = word_before(request_id);

	if (outcome->said == PROVIDER_NOT_SENT)
		log_event(level, "provider_not_sent", "%s%s%s",
		    outcome->note.text, word, request_id);
	else if (outcome->said == PROVIDER_LOST)
		log_event(level, "provider_lost", "%s%s%s", outcome->note.text,
		    word, request_id);
}

void
answer_log_fault(enum log_level level, const char *event, enum fault fault,
    const struct fault_note *note, const char *request_id)
{
	log_event(level, event, "%s: %s%s%s", fault_name(fault), note->text,
	    word_before(request_id), request_id);
}

void
answer_log_limit(const struct app *app, const struct refund_result *result,
    const char *request_id)
{
	if (result->code == RESULT_RATE_LIMITED)
		web_limit_log(&app->limits,
		    "order_refunds_per_minute or caller_refunds_per_minute",
		    request_id);
}

void
answer_log_refused(const struct web_request *request,
    const struct web_reply *reply, const struct web_io *io)
{
	const char *address = web_io_param(io, "REMOTE_ADDR");
	bool is_refund = request->route == WEB_ROUTE_REFUND &&
	    reply->status >= 400 && reply->status < 500;

	if (is_refund || reply->status == 401 || reply->status == 403)
		log_event(LOG_LEVEL_INFO, "refused", "%d request %s from %.46s",
		    reply->status, reply->echo.request_id,
		    address != NULL ? address : "?");
}

void
answer_log(const struct task *task)
{
	const struct task_news *news = &task->news;
	const char *request_id = task->request.request_id;
	const char *word = word_before(request_id);

	if (news->has_moved)
		log_event(intent_is_final(news->state) ? LOG_LEVEL_INFO
						       : LOG_LEVEL_WARNING,
		    "refund", "%s %s%s%s amount %lld applied %lld%s%s",
		    news->refund_id, intent_state_name(news->state),
		    news->failure != INTENT_NOT_FAILED ? " " : "",
		    intent_failure_name(news->failure), (long long)news->amount,
		    (long long)news->applied_amount, word, request_id);
	if (news->n_surprises > 0)
		log_event(LOG_LEVEL_ERROR, "surprise",
		    "%d refunds found done that the book did not expect; "
		    "see origin late and recovered in the table refunds%s%s",
		    news->n_surprises, word, request_id);
}
