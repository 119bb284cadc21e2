/* SPDX-License-Identifier: MIT */
/*
 * Render: JSON as i'mport writes it: one line, "/" as "\/" and everything
 * beyond ASCII as "\uXXXX", or raw UTF-8 if so wished.  json-c can't write the
 * former, and its numbers with a fraction pass a double.  The first fault is
 * kept and the rest does nothing, so that callers check once, at the end.
 */
#ifndef SANDBOX_RENDER_H
#define SANDBOX_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/fault.h"
#include "core/money.h"

struct render {
	struct buf *buf;
	bool utf8; /* raw, not \uXXXX */
	enum fault fault;
	struct fault_note *note;
};

/* Keeps buf and note. */
void render_init(
    struct render *render, struct buf *buf, bool utf8, struct fault_note *note);

/* Punctuation and such, as it is. */
void render_raw(struct render *render, const char *text);

/* Values; text is valid UTF-8 or NULL for null. */
void render_text(struct render *render, const char *text);
void render_text_n(struct render *render, const char *text, size_t len);
void render_integer(struct render *render, int64_t number);
void render_bool(struct render *render, bool value);
void render_amount(
    struct render *render, int64_t amount, const struct currency *currency);

/*
 * Members: "name":value with a comma before it unless it is the first of its
 * object.  name is plain ASCII.
 */
void render_name(struct render *render, const char *name);
void render_member_text(
    struct render *render, const char *name, const char *text);
void render_member_integer(
    struct render *render, const char *name, int64_t number);
void render_member_bool(struct render *render, const char *name, bool value);

/* {"code":-1,"message":"...","response":null} */
void render_error(struct render *render, int code, const char *message);

#endif
