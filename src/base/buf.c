/* SPDX-License-Identifier: MIT */
/*
 * A buffer that doubles.  It grows by copying, not by realloc, which might
 * leave the old bytes behind unwiped.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256

void
buf_init(struct buf *buf, size_t max)
{
	assert(max < SIZE_MAX / 2);
	*buf = (struct buf){ .max = max };
}

static void
wipe_and_free(char *bytes, size_t size)
{
	if (bytes != NULL)
		explicit_bzero(bytes, size);
	free(bytes);
}

void
buf_deinit(struct buf *buf)
{
	wipe_and_free(buf->bytes, buf->size);
	*buf = (struct buf){ .max = buf->max };
}

/* Makes room for len more bytes and the NUL behind them. */
static enum fault
reserve(struct buf *buf, size_t len, struct fault_note *note)
{
	size_t size = buf->size == 0 ? FIRST_SIZE : buf->size;
	char *bytes;

	if (len > buf->max - buf->len)
		return fault_set(
		    note, FAULT_INPUT, "more than %zu bytes", buf->max);
	if (buf->len + len < buf->size)
		return FAULT_NONE;
	while (size <= buf->len + len)
		size *= 2;
	if (size > buf->max + 1)
		size = buf->max + 1;
	bytes = malloc(size);
	if (bytes == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a buffer");
	if (buf->len > 0)
		memcpy(bytes, buf->bytes, buf->len);
	bytes[buf->len] = '\0';
	wipe_and_free(buf->bytes, buf->size);
	buf->bytes = bytes;
	buf->size = size;
	return FAULT_NONE;
}

enum fault
buf_add(struct buf *buf, const void *bytes, size_t len, struct fault_note *note)
{
	enum fault f;

	if (len == 0)
		return FAULT_NONE;
	f = reserve(buf, len, note);
	if (f != FAULT_NONE)
		return f;
	memcpy(buf->bytes + buf->len, bytes, len);
	buf->len += len;
	buf->bytes[buf->len] = '\0';
	return FAULT_NONE;
}

enum fault
buf_add_text(struct buf *buf, const char *text, struct fault_note *note)
{
	return buf_add(buf, text, strlen(text), note);
}

enum fault
buf_printf(struct buf *buf, struct fault_note *note, const char *format, ...)
{
	va_list args;
	enum fault f;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return fault_set(note, FAULT_BUG, "a format can't be printed");
	f = reserve(buf, (size_t)len, note);
	if (f != FAULT_NONE || len == 0)
		return f;
	va_start(args, format);
	(void)vsnprintf(buf->bytes + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
	return FAULT_NONE;
}

void
buf_clear(struct buf *buf)
{
	if (buf->bytes != NULL)
		explicit_bzero(buf->bytes, buf->size);
	buf->len = 0;
}

const char *
buf_bytes(const struct buf *buf)
{
	return buf->bytes == NULL ? "" : buf->bytes;
}

size_t
buf_len(const struct buf *buf)
{
	return buf->len;
}
