/* SPDX-License-Identifier: MIT */
/*
 * Web_detail: the sentences of a "no": what happened, and for every field it
 * is about what that field has to be.
 */
#ifndef WEB_WEB_DETAIL_H
#define WEB_WEB_DETAIL_H

#include "app/result.h"
#include "base/buf.h"
#include "core/fault.h"
#include "web/web_reply.h"

struct web_text;

/* web_detail_of_result: its fields as the payment at hand wants them. */
enum fault MUST_CHECK web_detail_of_result(const struct refund_result *result,
    const char *language, struct buf *detail, struct fault_note *note);

/*
 * web_detail_of_refusal: field and want as in web_reply_refuse; without them
 * the refusal's own words.
 */
enum fault MUST_CHECK web_detail_of_refusal(enum web_refusal refusal,
    const char *field, const struct web_text *want, const char *language,
    struct buf *detail, struct fault_note *note);

#endif
