/* SPDX-License-Identifier: MIT */
/*
 * json-c in its strict mode between two looks at the text itself.
 */
#include "web/web_object.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json_clean.h"
#include "base/text.h"

/* One JSON value and nothing after it, or NULL. */
static enum fault
parse(const char *bytes, size_t len, struct json_object **ret,
    struct fault_note *note)
{
	struct json_tokener *tokener =
	    json_clean_tokener(WEB_OBJECT_DEPTH, len);
	enum json_tokener_error error;
	enum fault f = FAULT_NONE;

	if (tokener == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for JSON");
	errno = 0;
	/* The NUL behind the bytes tells it that no more will come. */
	*ret = json_tokener_parse_ex(tokener, bytes, (int)len + 1);
	error = json_tokener_get_error(tokener);
	/* It has no error of its own for that, and stops where it happens. */
	if ((error != json_tokener_success || *ret == NULL) && errno == ENOMEM)
		f = fault_set(note, FAULT_NOMEM, "no memory for JSON");
	else if (error != json_tokener_success)
		f = fault_set(note, FAULT_INPUT, "not JSON: %s",
		    json_tokener_error_desc(error));
	json_clean_free(tokener);
	return f;
}

enum fault
web_object_read(const char *bytes, size_t len, struct json_object **ret_root,
    struct fault_note *note)
{
	struct json_object *root = NULL;
	enum fault f;

	if (len >= INT_MAX || !text_utf8_is_valid(bytes, len) ||
	    !text_json_is_plain(bytes, len))
		return fault_set(note, FAULT_INPUT, "not JSON in UTF-8");
	f = parse(bytes, len, &root, note);
	if (f != FAULT_NONE)
		return f;
	if (!json_object_is_type(root, json_type_object)) {
		json_clean_put(root);
		return fault_set(note, FAULT_INPUT, "JSON, but no object");
	}
	*ret_root = root;
	return FAULT_NONE;
}

static bool
is_name(const char *text, size_t len)
{
	size_t at;

	for (at = 0; at < len && strchr(" \t\n\r", text[at]) != NULL; at++)
		continue;
	return at < len && text[at] == ':';
}

/*
 * The string of len bytes, quotes included, as its value.  The text has been
 * parsed before, so false is for want of memory.
 */
static bool
decode_name(
    const char *quoted, size_t len, char ret_name[static WEB_OBJECT_NAME_SIZE])
{
	struct json_tokener *tokener = json_clean_tokener(1, len);
	struct json_object *name;
	bool is_there;
	size_t keep;

	ret_name[0] = '\0';
	if (tokener == NULL)
		return false;
	name = json_tokener_parse_ex(tokener, quoted, (int)len);
	is_there = name != NULL;
	if (is_there) {
		keep = text_utf8_cut(json_object_get_string(name),
		    (size_t)json_object_get_string_len(name),
		    WEB_OBJECT_NAME_SIZE - 1);
		memcpy(ret_name, json_object_get_string(name), keep);
		ret_name[keep] = '\0';
	}
	json_clean_free(tokener);
	json_clean_put(name);
	return is_there;
}

bool
web_object_next(
    struct web_object_names *names, char ret_name[static WEB_OBJECT_NAME_SIZE])
{
	const char *here;
	size_t left, n;

	while (names->at < names->len) {
		here = names->bytes + names->at;
		left = names->len - names->at;
		n = *here == '"' ? text_json_string_len(here, left) : 1;
		names->at += n;
		if (*here == '{' || *here == '[')
			names->depth++;
		else if (*here == '}' || *here == ']')
			names->depth--;
		else if (*here == '"' && names->depth == 1 &&
		    is_name(here + n, left - n)) {
			names->is_short = !decode_name(here, n, ret_name);
			return true;
		}
	}
	return false;
}
