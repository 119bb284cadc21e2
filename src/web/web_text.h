/* SPDX-License-Identifier: MIT */
/*
 * Web_text: what people read, in English and Korean, and the status and code
 * that go with it: one row an answer.
 */
#ifndef WEB_WEB_TEXT_H
#define WEB_WEB_TEXT_H

#include "app/result.h"
#include "web/web_reply.h"

struct web_text {
	const char *en;
	const char *ko;
};

struct web_text_answer {
	int status; /* HTTP */
	const char *code;
	int retry_after_s; /* 0 = none */
	struct web_text title;
	struct web_text detail; /* what happened and what to do */
};

/* web_text_in: the text in a language, "ko" or else English. */
const char *web_text_in(const struct web_text *text, const char *language);

/* Valid for ever. */
const struct web_text_answer *web_text_of_result(enum result_code code);
const struct web_text_answer *web_text_of_refusal(enum web_refusal refusal);

#endif
