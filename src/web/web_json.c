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
	*json = (struct web_json){ buf, note, FAULT_NONE, true };
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

/* The comma before a member, and its name. */
static void
put_name(struct web_json *json, const char *name)
{
	if (!json->is_first)
		put(json, ",", 1);
	json->is_first = false;
	if (name != NULL) {
		put_string(json, name);
		put(json, ":", 1);
	}
}

void
web_json_open(struct web_json *json, const char *name, char bracket)
{
	put_name(json, name);
	put(json, &bracket, 1);
	json->is_first = true;
}

void
web_json_close(struct web_json *json, char bracket)
{
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
