/* SPDX-License-Identifier: MIT */
/*
 * Answer: replies that always come about: when there is no memory for a proper
 * one, a bare 500.  And what the log hears of i'mport and of the refunds.
 */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include "app/result.h"
#include "app/task.h"
#include "base/log.h"
#include "serve/hint.h"
#include "web/web_io.h"
#include "web/web_reply.h"
#include "web/web_request.h"

/* answer_refuse: a refusal instead of whatever is in reply. */
void answer_refuse(
    enum web_refusal refusal, const char *language, struct web_reply *reply);

/*
 * answer_hint: what whoever sent a webhook hears: 429 where there was one too
 * many, else 200.  In an empty reply.
 */
void answer_hint(const struct app *app, enum hint hint, int64_t wait_ms,
    const struct web_request *request, struct web_reply *reply);

/* answer_result: what a refund's caller hears, into an empty reply. */
void answer_result(const struct refund_result *result, const char *base_path,
    const char *language, struct web_reply *reply);

/* answer_fault: the refusal a fault of ours makes, into any reply. */
void answer_fault(
    enum fault fault, const char *language, struct web_reply *reply);

/*
 * answer_log_outcome: why i'mport gave no usable answer; nothing if it did.
 * request_id is "" when nobody asked.  An error when nobody gets in there,
 * else a warning.
 */
void answer_log_outcome(
    const struct provider_outcome *outcome, const char *request_id);

/*
 * answer_log_fault: what could not be done, and for which request; request_id
 * is "" where it was for none, or for several.
 */
void answer_log_fault(enum log_level level, const char *event, enum fault fault,
    const struct fault_note *note, const char *request_id);

/* answer_log_limit: that a refund was one too many; nothing if it was not. */
void answer_log_limit(const struct app *app, const struct refund_result *result,
    const char *request_id);

/*
 * answer_log_refused: who was not let in (401, 403), or what of a refund was no
 * request (4xx), before anything was looked up: one line, by the address the
 * web server says.
 */
void answer_log_refused(const struct web_request *request,
    const struct web_reply *reply, const struct web_io *io);

/* answer_log: what a commit changed: one line, nothing personal. */
void answer_log(const struct task *task);

#endif
