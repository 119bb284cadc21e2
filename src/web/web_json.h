/* SPDX-License-Identifier: MIT */
/*
 * Web_json: writing JSON into a buf, amounts digit by digit.  The first fault
 * is kept and everything after it is a no-op, so that a writer reads like the
 * object it writes.
 */
#ifndef WEB_WEB_JSON_H
#define WEB_WEB_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/fault.h"
#include "core/money.h"

struct web_json {
	struct buf *buf; /* keeps */
	struct fault_note *note;
	enum fault fault;
	bool is_first; /* nothing in this object or array yet */
	bool is_indented;
	int depth;
};

void web_json_init(
    struct web_json *json, struct buf *buf, struct fault_note *note);
/* web_json_indent: right after that; each member on a line of its own. */
void web_json_indent(struct web_json *json);

/*
 * A name is plain ASCII of ours, NULL inside an array and for the root.
 * web_json_open and web_json_close take the bracket itself.
 */
void web_json_open(struct web_json *json, const char *name, char bracket);
void web_json_close(struct web_json *json, char bracket);

/* web_json_text: text is valid UTF-8. */
void web_json_text(struct web_json *json, const char *name, const char *text);
void web_json_int(struct web_json *json, const char *name, int64_t value);
void web_json_null(struct web_json *json, const char *name);
/* web_json_amount: a number in the usual notation: 1250 cents is 12.50. */
void web_json_amount(struct web_json *json, const char *name, int64_t amount,
    const struct currency *currency);
/* web_json_time: UNIX ms as ISO 8601 in UTC, to the second. */
void web_json_time(struct web_json *json, const char *name, int64_t unix_ms);

#endif
