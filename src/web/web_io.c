/* SPDX-License-Identifier: MIT */
/*
 * Bytes in and out of one request.  CGI and FastCGI differ in three places
 * only: where a variable is, how bytes are read, how they are written.
 *
 * The idea to know: a FastCGI body is always read to its end, whatever was
 * announced, because what is left of it on a kept connection would be taken
 * for the next request.  A CGI program must not read past CONTENT_LENGTH: its
 * stdin may be a socket that never ends.
 */
#include "web/web_io.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "web/web_reply.h"

/* A body too large is read up to here for the sake of its answer. */
#define DRAIN_MAX ((size_t)1024 * 1024)
#define HEAD_MAX  4096

/* What a length can be when it is no number of bytes. */
#define LENGTH_NONE SIZE_MAX
#define LENGTH_BAD  (SIZE_MAX - 1)

/*
 * Pages may load what lies beside them and talk to us, nothing else: a shop's
 * refund page is not a place for foreign scripts or frames.
 */
#define PAGE_HEADERS                                                           \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; "     \
	"style-src 'self'; connect-src 'self'; img-src 'self'; "               \
	"form-action 'none'; base-uri 'self'; frame-ancestors 'none'\r\n"      \
	"Referrer-Policy: no-referrer\r\n"

static char **
variables(const struct web_io *io)
{
	return io->fcgx == NULL ? environ : io->fcgx->envp;
}

/* The value if the variable is of that name, else NULL. */
static const char *
value_of(const char *variable, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(variable, name, len) != 0 || variable[len] != '=')
		return NULL;
	return variable + len + 1;
}

const char *
web_io_param(const struct web_io *io, const char *name)
{
	const char *value = NULL;
	char **at;

	for (at = variables(io); *at != NULL && value == NULL; at++)
		value = value_of(*at, name);
	return value;
}

size_t
web_io_param_count(const struct web_io *io, const char *name)
{
	size_t n = 0;
	char **at;

	for (at = variables(io); *at != NULL; at++) {
		if (value_of(*at, name) != NULL)
			n++;
	}
	return n;
}

/* Bytes announced; nginx sends an empty CONTENT_LENGTH when there is none. */
static size_t
announced_length(const struct web_io *io)
{
	const char *text = web_io_param(io, "CONTENT_LENGTH");
	size_t length = 0, digits;

	if (text == NULL || *text == '\0')
		return LENGTH_NONE;
	digits = strspn(text, "0123456789");
	if (text[digits] != '\0' || digits > 18)
		return LENGTH_BAD;
	for (; *text != '\0'; text++)
		length = length * 10 + (size_t)(*text - '0');
	return length;
}

static bool
is_chunked(const struct web_io *io)
{
	const char *coding = web_io_param(io, "HTTP_TRANSFER_ENCODING");

	return coding != NULL && strcasecmp(coding, "chunked") == 0;
}

static bool
wants_body(const struct web_io *io)
{
	const char *method = web_io_param(io, "REQUEST_METHOD");

	return method != NULL &&
	    (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
		strcmp(method, "PATCH") == 0);
}

/* How many bytes may be read before it would be somebody else's. */
static size_t
readable_length(const struct web_io *io, size_t announced)
{
	if (io->fcgx != NULL)
		return DRAIN_MAX;
	if (announced == LENGTH_BAD)
		return 0;
	if (announced == LENGTH_NONE)
		return is_chunked(io) ? DRAIN_MAX : 0;
	return announced < DRAIN_MAX ? announced : DRAIN_MAX;
}

/* Some bytes, 0 at the end, -1 when the connection failed. */
static ssize_t
read_some(struct web_io *io, char *bytes, size_t size)
{
	ssize_t got;

	if (io->fcgx != NULL) {
		got = FCGX_GetStr(bytes, (int)size, io->fcgx->in);
		return FCGX_GetError(io->fcgx->in) == 0 ? got : -1;
	}
	do
		got = read(STDIN_FILENO, bytes, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Reads what may be read; keeps it while it fits.  *ret_total counts all. */
static enum web_body
read_all(
    struct web_io *io, size_t readable, struct buf *body, size_t *ret_total)
{
	enum web_body how = WEB_BODY_READ;
	char bytes[8192];
	size_t total = 0, want;
	ssize_t got = 1;

	while (how == WEB_BODY_READ && got > 0 && total < readable) {
		want = readable - total;
		if (want > sizeof(bytes))
			want = sizeof(bytes);
		got = read_some(io, bytes, want);
		total += got > 0 ? (size_t)got : 0;
		if (got < 0)
			how = WEB_BODY_BROKEN;
		else if (total <= WEB_BODY_MAX &&
		    buf_add(body, bytes, (size_t)got, NULL) != FAULT_NONE)
			how = WEB_BODY_NO_MEMORY;
	}
	explicit_bzero(bytes, sizeof(bytes));
	*ret_total = total;
	return how;
}

enum web_body
web_io_body(struct web_io *io, struct buf *body)
{
	size_t announced = announced_length(io), total = 0;
	enum web_body how;

	how = read_all(io, readable_length(io, announced), body, &total);
	if (how != WEB_BODY_READ)
		return how;
	if (announced == LENGTH_BAD)
		return WEB_BODY_BAD_LENGTH;
	if (total > WEB_BODY_MAX ||
	    (announced != LENGTH_NONE && announced > WEB_BODY_MAX))
		return WEB_BODY_TOO_LARGE;
	if (announced != LENGTH_NONE)
		return announced == total ? WEB_BODY_READ : WEB_BODY_SHORT;
	if (!is_chunked(io) && wants_body(io))
		return WEB_BODY_NO_LENGTH;
	return WEB_BODY_READ;
}

bool
web_io_is_drained(const struct web_io *io)
{
	return io->fcgx == NULL ||
	    (FCGX_HasSeenEOF(io->fcgx->in) != 0 &&
		FCGX_GetError(io->fcgx->in) == 0);
}

/* The words of RFC 9110 section 15. */
static const char *
phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};
	size_t i;

	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Status";
}

/* What belongs to the bytes that follow. */
static enum fault
add_content_headers(
    struct buf *head, const struct web_reply *reply, struct fault_note *note)
{
	enum fault f = FAULT_NONE;

	if (reply->status == 304 || reply->status == 204)
		return FAULT_NONE;
	if (reply->content_type != NULL)
		f = buf_printf(
		    head, note, "Content-Type: %s\r\n", reply->content_type);
	if (f == FAULT_NONE)
		f = buf_printf(head, note, "Content-Length: %zu\r\n",
		    buf_len(&reply->body));
	if (f == FAULT_NONE && reply->is_gzip)
		f = buf_add_text(head, "Content-Encoding: gzip\r\n", note);
	if (f == FAULT_NONE && reply->is_cacheable)
		f = buf_add_text(head, PAGE_HEADERS, note);
	return f;
}

/* Where to go on, when, and how. */
static enum fault
add_way_headers(
    struct buf *head, const struct web_reply *reply, struct fault_note *note)
{
	enum fault f = FAULT_NONE;

	if (reply->location[0] != '\0')
		f = buf_printf(head, note, "Location: %s\r\n", reply->location);
	if (f == FAULT_NONE && reply->retry_after_s > 0)
		f = buf_printf(
		    head, note, "Retry-After: %d\r\n", reply->retry_after_s);
	if (f == FAULT_NONE && reply->allow != NULL)
		f = buf_printf(head, note, "Allow: %s\r\n", reply->allow);
	/* RFC 9110 section 15.5.2; where there are no tickets the web server
	 * does the asking. */
	if (f == FAULT_NONE && reply->status == 401)
		f = buf_printf(head, note, "WWW-Authenticate: %s\r\n",
		    reply->challenge[0] != '\0' ? reply->challenge
						: "Basic realm=\"cancelpay\"");
	if (f == FAULT_NONE && reply->echo.request_id[0] != '\0')
		f = buf_printf(
		    head, note, "X-Request-Id: %s\r\n", reply->echo.request_id);
	if (f == FAULT_NONE && reply->echo.origin != NULL)
		f = buf_printf(head, note,
		    "Access-Control-Allow-Origin: %.*s\r\n"
		    "Access-Control-Expose-Headers: Idempotency-Replayed, "
		    "Location, Retry-After, X-Request-Id\r\n"
		    "Vary: Origin\r\n",
		    reply->echo.origin_len, reply->echo.origin);
	if (f == FAULT_NONE && reply->echo.origin != NULL &&
	    reply->is_preflight)
		f = buf_add_text(head,
		    "Access-Control-Allow-Methods: GET, POST\r\n"
		    "Access-Control-Allow-Headers: Accept-Language, "
		    "Authorization, Content-Type, Idempotency-Key\r\n"
		    "Access-Control-Max-Age: 600\r\n",
		    note);
	if (f == FAULT_NONE && reply->is_replayed)
		f = buf_add_text(head, "Idempotency-Replayed: true\r\n", note);
	return f;
}

static enum fault
make_head(
    struct buf *head, const struct web_reply *reply, struct fault_note *note)
{
	enum fault f;

	f = buf_printf(head, note,
	    "Status: %d %s\r\n"
	    "Cache-Control: %s\r\n"
	    "X-Content-Type-Options: nosniff\r\n",
	    reply->status, phrase(reply->status),
	    reply->is_cacheable ? "no-cache" : "no-store");
	if (f == FAULT_NONE && reply->is_cacheable)
		f = buf_add_text(head, "Vary: Accept-Encoding\r\n", note);
	if (f == FAULT_NONE && reply->etag[0] != '\0')
		f = buf_printf(head, note, "ETag: %s\r\n", reply->etag);
	if (f == FAULT_NONE)
		f = add_content_headers(head, reply, note);
	if (f == FAULT_NONE)
		f = add_way_headers(head, reply, note);
	if (f == FAULT_NONE)
		f = buf_add_text(head, "\r\n", note);
	return f;
}

static enum fault
write_all(
    struct web_io *io, const char *bytes, size_t len, struct fault_note *note)
{
	ssize_t put;

	if (io->fcgx != NULL) {
		if (FCGX_PutStr(bytes, (int)len, io->fcgx->out) != (int)len)
			return fault_set(note, FAULT_IO, "the caller is gone");
		return FAULT_NONE;
	}
	while (len > 0) {
		put = write(STDOUT_FILENO, bytes, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fault_set(note, FAULT_IO, "the caller is gone");
		bytes += put;
		len -= (size_t)put;
	}
	return FAULT_NONE;
}

enum fault
web_io_reply(
    struct web_io *io, const struct web_reply *reply, struct fault_note *note)
{
	struct buf head;
	enum fault f;

	buf_init(&head, HEAD_MAX);
	f = make_head(&head, reply, note);
	if (f == FAULT_NONE)
		f = write_all(io, buf_bytes(&head), buf_len(&head), note);
	if (f == FAULT_NONE && !reply->is_head)
		f = write_all(
		    io, buf_bytes(&reply->body), buf_len(&reply->body), note);
	buf_deinit(&head);
	return f;
}
