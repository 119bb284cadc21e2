/* SPDX-License-Identifier: MIT */
/*
 * Two readers into one list.  json-c keeps the source text of a number with a
 * fraction and holds whole ones in 64 bits, so no amount passes a double.
 */
#include "sandbox/params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/text.h"

#define JSON_DEPTH 16

void
params_init(struct params *params)
{
	*params = (struct params){ NULL, 0, 0 };
}

void
params_deinit(struct params *params)
{
	while (params->n > 0) {
		params->n--;
		free(params->items[params->n].name);
		free(params->items[params->n].text);
	}
	free(params->items);
	params_init(params);
}

static enum fault
make_room(struct params *params, struct fault_note *note)
{
	size_t room = params->room == 0 ? 8 : params->room * 2;
	struct params_item *items;

	if (params->n >= PARAMS_MAX)
		return fault_set(
		    note, FAULT_INPUT, "more than %d parameters", PARAMS_MAX);
	if (params->n < params->room)
		return FAULT_NONE;
	items = reallocarray(params->items, room, sizeof(*items));
	if (items == NULL)
		return fault_set(note, FAULT_NOMEM, "parameters: no memory");
	params->items = items;
	params->room = room;
	return FAULT_NONE;
}

/* Takes name and text, also when it fails. */
static enum fault
add_take(struct params *params, char *name, char *text, enum params_kind kind,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE;

	if (name == NULL || text == NULL)
		f = fault_set(note, FAULT_NOMEM, "parameters: no memory");
	else
		f = make_room(params, note);
	if (f != FAULT_NONE) {
		free(name);
		free(text);
		return f;
	}
	params->items[params->n++] = (struct params_item){ name, text, kind };
	return FAULT_NONE;
}

enum fault
params_decode(const char *text, size_t len, bool is_form, char **ret_text,
    struct fault_note *note)
{
	char *out = malloc(len + 1);

	if (out == NULL)
		return fault_set(note, FAULT_NOMEM, "parameters: no memory");
	if (!text_url_decode(text, len, is_form, out, len + 1)) {
		free(out);
		return fault_set(
		    note, FAULT_INPUT, "malformed percent-encoding or UTF-8");
	}
	*ret_text = out;
	return FAULT_NONE;
}

static enum fault
add_pair(struct params *params, const char *text, size_t len,
    struct fault_note *note)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - text);
	size_t at = equals == NULL ? len : name_len + 1;
	char *name = NULL, *value = NULL;
	enum fault f;

	f = params_decode(text, name_len, true, &name, note);
	if (f != FAULT_NONE)
		return f;
	f = params_decode(text + at, len - at, true, &value, note);
	if (f != FAULT_NONE) {
		free(name);
		return f;
	}
	return add_take(params, name, value, PARAMS_TEXT, note);
}

enum fault
params_form(struct params *params, const char *text, size_t len,
    struct fault_note *note)
{
	enum fault f;

	while (len > 0) {
		const char *end = memchr(text, '&', len);
		size_t n = end == NULL ? len : (size_t)(end - text);

		f = n == 0 ? FAULT_NONE : add_pair(params, text, n, note);
		if (f != FAULT_NONE)
			return f;
		n += end != NULL;
		text += n;
		len -= n;
	}
	return FAULT_NONE;
}

static enum fault
add_json(struct params *params, const char *name, struct json_object *value,
    struct fault_note *note)
{
	enum params_kind kind = PARAMS_OTHER;
	const char *text = "";

	switch (json_object_get_type(value)) {
	case json_type_null:
		return FAULT_NONE;
	case json_type_boolean:
		kind = PARAMS_BOOL;
		text = json_object_get_string(value);
		break;
	case json_type_double:
	case json_type_int:
		kind = PARAMS_NUMBER;
		text = json_object_get_string(value);
		break;
	case json_type_string:
		kind = PARAMS_TEXT;
		text = json_object_get_string(value);
		if (strlen(text) != (size_t)json_object_get_string_len(value))
			return fault_set(
			    note, FAULT_INPUT, "%.40s: holds a NUL", name);
		break;
	case json_type_object:
	case json_type_array:
		break;
	}
	/* What is no string is written down first, which takes memory. */
	return add_take(params, strdup(name),
	    text == NULL ? NULL : strdup(text), kind, note);
}

/* The members of an object in the object, as a form would name them. */
static enum fault
add_nested(struct params *params, const char *name, struct json_object *value,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	char full[80];

	if (!json_object_is_type(value, json_type_object))
		return FAULT_NONE;
	json_object_object_foreach(value, inner, member)
	{
		if (snprintf(full, sizeof(full), "%s[%s]", name, inner) >=
		    (int)sizeof(full))
			continue;
		f = add_json(params, full, member, note);
		if (f != FAULT_NONE)
			break;
	}
	return f;
}

/* The whole text as one JSON object, or NULL. */
static struct json_object *
parse_object(const char *text, size_t len)
{
	struct json_tokener *tokener = text_json_is_plain(text, len)
	    ? json_tokener_new_ex(JSON_DEPTH)
	    : NULL;
	struct json_object *object = NULL;

	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(
	    tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

enum fault
params_json(struct params *params, const char *text, size_t len,
    struct fault_note *note)
{
	struct json_object *object = parse_object(text, len);
	enum fault f = FAULT_NONE;

	if (object == NULL)
		return fault_set(
		    note, FAULT_INPUT, "the body is not a JSON object");
	json_object_object_foreach(object, name, value)
	{
		f = add_json(params, name, value, note);
		if (f == FAULT_NONE)
			f = add_nested(params, name, value, note);
		if (f != FAULT_NONE)
			break;
	}
	json_object_put(object);
	return f;
}

const struct params_item *
params_find(const struct params *params, const char *name)
{
	size_t i;

	for (i = params->n; i > 0; i--) {
		if (strcmp(params->items[i - 1].name, name) == 0)
			return &params->items[i - 1];
	}
	return NULL;
}

const char *
params_get(const struct params *params, const char *name)
{
	const struct params_item *item = params_find(params, name);

	return item == NULL ? NULL : item->text;
}

enum fault
params_text(const struct params *params, const char *name, size_t max_chars,
    const char **ret_text, struct fault_note *note)
{
	const struct params_item *item = params_find(params, name);

	if (item == NULL ||
	    (item->kind != PARAMS_OTHER && *item->text == '\0')) {
		*ret_text = NULL;
		return FAULT_NONE;
	}
	if (item->kind == PARAMS_OTHER)
		return fault_set(note, FAULT_INPUT, "%s: not a text", name);
	if (text_utf8_length(item->text, strlen(item->text)) > max_chars)
		return fault_set(note, FAULT_INPUT,
		    "%s: longer than %zu characters", name, max_chars);
	*ret_text = item->text;
	return FAULT_NONE;
}

enum fault
params_integer(const struct params *params, const char *name, long long least,
    long long most, long long *ret_value, struct fault_note *note)
{
	const char *text = params_get(params, name);
	long long value;
	char *end;

	if (text == NULL)
		return FAULT_NONE;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' ||
	    value < least || value > most)
		return fault_set(note, FAULT_INPUT,
		    "%s: not a whole number from %lld to %lld", name, least,
		    most);
	*ret_value = value;
	return FAULT_NONE;
}
