/* SPDX-License-Identifier: MIT */
/*
 * The one place that touches libfcgi's structs: its streams run over memory
 * here, the body's as it came in and the answer's as it will go out.
 */
#include "serve/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fastcgi.h>
#include <fcgiapp.h>

#include "serve/record.h"

/* More than the longest answer, a file of 2 MiB, in its records. */
#define OUT_MAX ((size_t)3 * 1024 * 1024)

/* A request to be read. */
struct talk {
	FCGX_Request request;
	FCGX_Stream in;
};

/* An answer to be written: a page of it, before that is a record. */
struct page {
	FCGX_Request request;
	FCGX_Stream stream;
	struct exchange *exchange;
	unsigned char bytes[8192];
};

struct exchange *
exchange_new(int fd)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL) {
		close(fd);
		return NULL;
	}
	exchange->errand.kind = ERRAND_READ;
	exchange->fd = fd;
	intake_init(&exchange->intake);
	buf_init(&exchange->out, OUT_MAX);
	return exchange;
}

void
exchange_forget(struct exchange *exchange)
{
	free(exchange->talk);
	exchange->talk = NULL;
	exchange->io.fcgx = NULL;
	intake_deinit(&exchange->intake);
	intake_init(&exchange->intake);
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	exchange_forget(exchange);
	buf_deinit(&exchange->out);
	close(exchange->fd);
	explicit_bzero(&exchange->result, sizeof(exchange->result));
	free(exchange);
}

/* What the peer has asked on the way; so little always goes out at once. */
static bool
answer_peer(struct exchange *exchange)
{
	struct buf *answers = &exchange->intake.answers;
	size_t len = buf_len(answers);

	if (len == 0)
		return true;
	if (send(exchange->fd, buf_bytes(answers), len,
		MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
		return false;
	buf_clear(answers);
	return true;
}

enum exchange_progress
exchange_receive(struct exchange *exchange, char *room, size_t size)
{
	struct intake *intake = &exchange->intake;
	enum intake_verdict verdict;
	size_t used;
	ssize_t got;

	got = recv(exchange->fd, room, size, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return EXCHANGE_WAIT;
	if (got <= 0)
		return EXCHANGE_GONE;
	verdict = intake_feed(intake, room, (size_t)got, &used);
	explicit_bzero(room, (size_t)got);
	if (verdict == INTAKE_BAD || !answer_peer(exchange))
		return EXCHANGE_GONE;
	if (verdict == INTAKE_MORE)
		return EXCHANGE_WAIT;
	exchange->id = intake->id;
	/* What is left of a body, or comes unasked, would be taken for the next
	 * request, which its author would have forged. */
	exchange->is_kept =
	    intake->is_kept && !intake->is_cut && used == (size_t)got;
	return EXCHANGE_DONE;
}

/* The whole body is in the stream from the start: now comes its end. */
static void
end_body(FCGX_Stream *in)
{
	in->isClosed = 1;
}

static void
set_body(FCGX_Stream *in, const struct buf *body)
{
	/* libfcgi takes it for its own; it never writes there. */
	unsigned char *bytes = (unsigned char *)(uintptr_t)buf_bytes(body);

	in->isReader = 1;
	in->rdNext = in->stopUnget = bytes;
	in->stop = in->wrNext = bytes + buf_len(body);
	in->fillBuffProc = end_body;
}

bool
exchange_begin(struct exchange *exchange)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	if (talk == NULL)
		return false;
	set_body(&talk->in, &exchange->intake.body);
	talk->request.in = &talk->in;
	talk->request.envp = exchange->intake.variables;
	exchange->talk = talk;
	exchange->io.fcgx = &talk->request;
	return true;
}

/* The page is full: it goes out as a record. */
static void
turn(FCGX_Stream *stream, int is_last)
{
	struct page *page = stream->data;
	struct exchange *exchange = page->exchange;

	(void)is_last;
	if (record_add(&exchange->out, FCGI_STDOUT, exchange->id, page->bytes,
		(size_t)(stream->wrNext - page->bytes)) != FAULT_NONE)
		stream->isClosed = 1;
	stream->wrNext = page->bytes;
}

static void
open_page(struct page *page, struct exchange *exchange)
{
	memset(page, 0, offsetof(struct page, bytes));
	page->exchange = exchange;
	page->stream.wrNext = page->bytes;
	page->stream.stop = page->bytes + sizeof(page->bytes);
	page->stream.rdNext = page->stream.stop;
	page->stream.emptyBuffProc = turn;
	page->stream.data = page;
	page->request.out = &page->stream;
}

/* The last page, the end of the stream, the end of the request. */
static bool
close_page(struct page *page, struct buf *out, uint16_t id)
{
	if (page->stream.wrNext != page->bytes)
		turn(&page->stream, 1);
	return page->stream.isClosed == 0 &&
	    record_add(out, FCGI_STDOUT, id, NULL, 0) == FAULT_NONE &&
	    record_add_end(out, id, FCGI_REQUEST_COMPLETE) == FAULT_NONE;
}

enum exchange_progress
exchange_reply(struct exchange *exchange, const struct web_reply *reply)
{
	struct page page;
	struct web_io io = { .fcgx = &page.request };
	struct fault_note note;

	exchange_forget(exchange);
	exchange->is_used = true;
	open_page(&page, exchange);
	if (web_io_reply(&io, reply, &note) != FAULT_NONE ||
	    !close_page(&page, &exchange->out, exchange->id))
		return EXCHANGE_GONE; /* no memory for half an answer */
	return exchange_send(exchange);
}

enum exchange_progress
exchange_send(struct exchange *exchange)
{
	const char *bytes = buf_bytes(&exchange->out);
	size_t len = buf_len(&exchange->out);
	ssize_t put;

	while (exchange->n_out < len) {
		put = send(exchange->fd, bytes + exchange->n_out,
		    len - exchange->n_out, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put < 0 && errno == EAGAIN)
			return EXCHANGE_WAIT;
		if (put < 0 && errno != EINTR)
			return EXCHANGE_GONE;
		if (put > 0)
			exchange->n_out += (size_t)put;
	}
	exchange->n_out = 0;
	buf_deinit(&exchange->out);
	return EXCHANGE_DONE;
}

bool
exchange_is_sending(const struct exchange *exchange)
{
	return buf_len(&exchange->out) > 0;
}

size_t
exchange_held(const struct exchange *exchange)
{
	return intake_held(&exchange->intake) + exchange->out.size;
}
