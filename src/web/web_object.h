/* SPDX-License-Identifier: MIT */
/*
 * Web_object: a body as one JSON object, read strictly.  json-c does the
 * reading; what it lets pass and we don't is looked for beside it: NUL and
 * half characters in escapes, raw control characters, its own notations
 * ('name', NaN), and names that come twice, of which it keeps the last.
 */
#ifndef WEB_WEB_OBJECT_H
#define WEB_WEB_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/fault.h"

struct json_object;

#define WEB_OBJECT_DEPTH 8
/* A name is shown with at most 64 bytes. */
#define WEB_OBJECT_NAME_SIZE 65

/*
 * web_object_read: exactly one object in UTF-8, at most 8 levels deep; a NUL
 * follows the bytes, as in a buf.  *ret_root is the caller's, for
 * json_clean_put.  FAULT_INPUT, FAULT_NOMEM.
 *
 * json-c 0.16 drops a member silently when it has no memory to add it: who
 * needs to know that one is absent asks the text.
 */
enum fault MUST_CHECK web_object_read(const char *bytes, size_t len,
    struct json_object **ret_root, struct fault_note *note);

/* A walk over the names in a text web_object_read has taken. */
struct web_object_names {
	const char *bytes;
	size_t len;
	size_t at;
	int depth;
	bool is_short; /* no memory for the last name, which is "" */
};

/*
 * web_object_next: the object's next own name, decoded, cut to its size;
 * false after the last.  Starts from { bytes, len }.
 */
bool web_object_next(
    struct web_object_names *names, char ret_name[static WEB_OBJECT_NAME_SIZE]);

#endif
