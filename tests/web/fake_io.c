/* SPDX-License-Identifier: MIT */
/*
 * libfcgi's stream struct is public; its two hooks are called when a buffer is
 * empty (in) or full (out).
 */
#include "web/fake_io.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole body is in the buffer from the start: now comes the end. */
static void
fill(struct FCGX_Stream *stream)
{
	stream->isClosed = 1;
}

static void
empty(struct FCGX_Stream *stream, int do_close)
{
	(void)do_close;
	stream->isClosed = 1;
	stream->FCGI_errno = 32;
}

static void
set_streams(struct fake_io *fake, char *body, size_t len)
{
	fake->in.isReader = 1;
	fake->in.rdNext = (unsigned char *)body;
	fake->in.stop = fake->in.rdNext + len;
	fake->in.wrNext = fake->in.stop;
	fake->in.stopUnget = fake->in.rdNext;
	fake->in.fillBuffProc = fill;
	fake->out.wrNext = fake->written;
	fake->out.stop = fake->written + sizeof(fake->written) - 1;
	fake->out.rdNext = fake->out.stop;
	fake->out.emptyBuffProc = empty;
}

void
fake_io_init(struct fake_io *fake, const char *text, size_t len)
{
	size_t n = 0;
	char *at, *end;

	/* Not what was written: nobody reads past its end. */
	memset(fake, 0, offsetof(struct fake_io, written));
	fake->text = malloc(len + 1);
	assert(fake->text != NULL);
	memcpy(fake->text, text, len);
	fake->text[len] = '\0';
	at = fake->text;
	while (at < fake->text + len && *at != '\n') {
		end = memchr(at, '\n', (size_t)(fake->text + len - at));
		if (end == NULL)
			end = fake->text + len;
		*end = '\0';
		if (n < FAKE_PARAMS_MAX)
			fake->params[n++] = at;
		at = end < fake->text + len ? end + 1 : end;
	}
	if (at < fake->text + len)
		at++;
	set_streams(fake, at, (size_t)(fake->text + len - at));
	fake->fcgx.in = &fake->in;
	fake->fcgx.out = &fake->out;
	fake->fcgx.envp = fake->params;
	fake->io.fcgx = &fake->fcgx;
	if (web_io_param(&fake->io, "CONTENT_LENGTH") == NULL) {
		(void)snprintf(fake->length, sizeof(fake->length),
		    "CONTENT_LENGTH=%zu", (size_t)(fake->text + len - at));
		fake->params[n] = fake->length;
	}
}

void
fake_io_deinit(struct fake_io *fake)
{
	free(fake->text);
	fake->text = NULL;
}

const char *
fake_io_answer(struct fake_io *fake)
{
	*fake->out.wrNext = '\0';
	return (const char *)fake->written;
}
