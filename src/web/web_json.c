/* SPDX-License-Identifier: MIT */
/*
 * Commas, names and values: RFC 8259, the writing half.
 */
#include "web/web_json.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

void
web_json_init(struct web_json *json, struct buf *buf, struct fault_note *note)
{
	*json = (struct web_json){ .buf = buf, .note = note, .is_first = true };
}

void
web_json_indent(struct web_json *json)
{
	json->is_indented = true;
}

static void
put(struct web_json *json, const char *bytes, size_t len)
{
	if (json->fault == FAULT_NONE)
		json->fault = buf_add(json->buf, bytes, len, json->note);
}

static void
put_string(struct web_json *json, const char *text)
{
	if (json->fault == FAULT_NONE)
		json->fault =
		    text_json(json->buf, text, strlen(text), json->note);
}

static void
put_line(struct web_json *json)
{
	int i;

	if (!json->is_indented)
		return;
	put(json, "\n", 1);
	for (i = 0; i < json->depth; i++)
		put(json, "  ", 2);
}

/* The comma before a member, and its name. */
static void
put_name(struct web_json *json, const char *name)
{
	if (!json->is_first)
		put(json, ",", 1);
	if (json->depth > 0)
		put_line(json);
	json->is_first = false;
	if (name != NULL) {
		put_string(json, name);
		put(json, ": ", json->is_indented ? 2 : 1);
	}
}

void
web_json_open(struct web_json *json, const char *name, char bracket)
{
	put_name(json, name);
	put(json, &bracket, 1);
	json->is_first = true;
	json->depth++;
}

void
web_json_close(struct web_json *json, char bracket)
{
	json->depth--;
	if (!json->is_first)
		put_line(json);
	put(json, &bracket, 1);
	json->is_first = false;
}

void
web_json_text(struct web_json *json, const char *name, const char *text)
{
	put_name(json, name);
	put_string(json, text);
}

void
web_json_int(struct web_json *json, const char *name, int64_t value)
{
	put_name(json, name);
	if (json->fault == FAULT_NONE)
		json->fault =
		    buf_printf(json->buf, json->note, "%lld", (long long)value);
}

void
web_json_null(struct web_json *json, const char *name)
{
	put_name(json, name);
	put(json, "null", 4);
}

void
web_json_amount(struct web_json *json, const char *name, int64_t amount,
    const struct currency *currency)
{
	char text[MONEY_TEXT_SIZE];

	money_format(amount, currency, text);
	put_name(json, name);
	put(json, text, strlen(text));
}

void
web_json_time(struct web_json *json, const char *name, int64_t unix_ms)
{
	time_t unix_s = (time_t)(unix_ms / 1000);
	struct tm utc;
	char text[40] = "";

	if (gmtime_r(&unix_s, &utc) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	web_json_text(json, name, text);
}
