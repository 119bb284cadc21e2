/* SPDX-License-Identifier: MIT */
/*
 * Text is written in runs: what needs no escape goes in one piece.
 */
#include "sandbox/render.h"

#include <stdio.h>
#include <string.h>

void
render_init(
    struct render *render, struct buf *buf, bool utf8, struct fault_note *note)
{
	render->buf = buf;
	render->utf8 = utf8;
	render->fault = FAULT_NONE;
	render->note = note;
}

static void
put(struct render *render, const char *bytes, size_t len)
{
	if (render->fault == FAULT_NONE)
		render->fault = buf_add(render->buf, bytes, len, render->note);
}

void
render_raw(struct render *render, const char *text)
{
	put(render, text, strlen(text));
}

/* The character at p, which is valid UTF-8; *ret_len bytes. */
static uint32_t
decode(const unsigned char *p, size_t *ret_len)
{
	size_t i, n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fU >> n);

	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*ret_len = n;
	return c;
}

static void
put_escape(struct render *render, uint32_t c)
{
	static const char plain[] = "\"\\/\b\f\n\r\t";
	static const char letters[] = "\"\\/bfnrt";
	const char *at = c < 0x80 ? strchr(plain, (int)c) : NULL;
	char text[16];

	if (at != NULL)
		(void)snprintf(text, sizeof(text), "\\%c", letters[at - plain]);
	else if (c < 0x10000)
		(void)snprintf(text, sizeof(text), "\\u%04x", c);
	else
		(void)snprintf(text, sizeof(text), "\\u%04x\\u%04x",
		    0xd800 + ((c - 0x10000) >> 10),
		    0xdc00 + ((c - 0x10000) & 0x3ff));
	render_raw(render, text);
}

static bool
needs_escape(const struct render *render, unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == '/' || c == 0x7f ||
	    (c >= 0x80 && !render->utf8);
}

void
render_text_n(struct render *render, const char *text, size_t len)
{
	size_t i, run = 0, n;

	put(render, "\"", 1);
	for (i = 0; i < len; i += n) {
		const unsigned char *p = (const unsigned char *)text + i;

		n = 1;
		if (!needs_escape(render, *p))
			continue;
		put(render, text + run, i - run);
		put_escape(render, decode(p, &n));
		run = i + n;
	}
	put(render, text + run, len - run);
	put(render, "\"", 1);
}

void
render_text(struct render *render, const char *text)
{
	if (text == NULL)
		render_raw(render, "null");
	else
		render_text_n(render, text, strlen(text));
}

void
render_integer(struct render *render, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	render_raw(render, text);
}

void
render_bool(struct render *render, bool value)
{
	render_raw(render, value ? "true" : "false");
}

void
render_amount(
    struct render *render, int64_t amount, const struct currency *currency)
{
	char text[MONEY_TEXT_SIZE];

	money_format(amount, currency, text);
	render_raw(render, text);
}

void
render_name(struct render *render, const char *name)
{
	size_t len = buf_len(render->buf);

	if (len > 0 && buf_bytes(render->buf)[len - 1] != '{')
		put(render, ",", 1);
	put(render, "\"", 1);
	render_raw(render, name);
	put(render, "\":", 2);
}

void
render_member_text(struct render *render, const char *name, const char *text)
{
	render_name(render, name);
	render_text(render, text);
}

void
render_member_integer(struct render *render, const char *name, int64_t number)
{
	render_name(render, name);
	render_integer(render, number);
}

void
render_member_bool(struct render *render, const char *name, bool value)
{
	render_name(render, name);
	render_bool(render, value);
}

void
render_error(struct render *render, int code, const char *message)
{
	render_raw(render, "{");
	render_member_integer(render, "code", code);
	render_member_text(render, "message", message);
	render_raw(render, ",\"response\":null}");
}
