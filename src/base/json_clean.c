/* SPDX-License-Identifier: MIT */
/*
 * json-c has no way to do it; but its structs are in its headers, and the
 * memory is ours.  What it frees while it reads stays as it was: its second
 * copies of names, which are no secrets.  Source: json-c 0.16, json_tokener.c.
 */
#include "base/json_clean.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <json-c/json.h>
#include <json-c/printbuf.h>

static void
wipe_text(const char *text, size_t len)
{
	explicit_bzero((char *)(uintptr_t)text, len);
}

/* As deep as the tokener let it be. */
static void
wipe(struct json_object *value)
{
	const char *digits;
	size_t i;

	switch (json_object_get_type(value)) {
	case json_type_string:
		wipe_text(json_object_get_string(value),
		    (size_t)json_object_get_string_len(value));
		break;
	case json_type_int:
		(void)json_object_set_int64(value, 0);
		break;
	case json_type_double:
		/* As they came, for who writes it again; NaN has none. */
		digits = json_object_get_userdata(value);
		if (digits != NULL)
			wipe_text(digits, strlen(digits));
		(void)json_object_set_double(value, 0);
		break;
	case json_type_array:
		for (i = 0; i < json_object_array_length(value); i++)
			wipe(json_object_array_get_idx(value, i));
		break;
	case json_type_object: {
		json_object_object_foreach(value, name, member)
		{
			wipe_text(name, strlen(name));
			wipe(member);
		}
		break;
	}
	case json_type_null:
	case json_type_boolean:
		break;
	}
}

struct json_tokener *
json_clean_tokener(int depth, size_t len)
{
	struct json_tokener *tokener;

	if (len > INT_MAX - 2)
		return NULL;
	tokener = json_tokener_new_ex(depth);
	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	/* Decoded it is never longer; a NUL follows, and one byte is spare. */
	if (printbuf_memset(tokener->pb, 0, 0, (int)len + 2) < 0) {
		json_tokener_free(tokener);
		return NULL;
	}
	printbuf_reset(tokener->pb);
	return tokener;
}

void
json_clean_free(struct json_tokener *tokener)
{
	const struct json_tokener_srec *level;
	int i;

	if (tokener == NULL)
		return;
	for (i = 0; i <= tokener->depth; i++) {
		level = &tokener->stack[i];
		wipe(level->current);
		if (level->obj_field_name != NULL)
			wipe_text(level->obj_field_name,
			    strlen(level->obj_field_name));
	}
	wipe_text(tokener->pb->buf, (size_t)tokener->pb->size);
	json_tokener_free(tokener);
}

void
json_clean_put(struct json_object *value)
{
	wipe(value);
	(void)json_object_put(value);
}
