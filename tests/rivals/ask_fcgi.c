/* SPDX-License-Identifier: MIT */
/*
 * The web server's side of FastCGI, for one request at a time on a kept
 * connection to a responder that keeps to the rules.
 * FastCGI Specification 1.0 (Open Market, 1996), sections 3 and 5.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "rivals/ask.h"

#define BEGIN_REQUEST 1
#define END_REQUEST   3
#define PARAMS        4
#define STDIN         5
#define STDOUT        6
#define HEAD          8 /* bytes of a record's head */
#define PATIENCE_S    30
#define REQUEST_MAX   4096
#define ANSWER_MAX    65536

static bool
put(struct buf *buf, const void *bytes, size_t len)
{
	return buf_add(buf, bytes, len, NULL) == FAULT_NONE;
}

static bool
put_record(struct buf *buf, int type, const void *bytes, size_t len)
{
	const unsigned char head[HEAD] = { 1, (unsigned char)type, 0, 1,
		(unsigned char)(len >> 8), (unsigned char)len, 0, 0 };

	return put(buf, head, sizeof(head)) && put(buf, bytes, len);
}

/* One line "NAME=value" as lengths, name and value, each below 128. */
static bool
put_param(struct buf *buf, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	size_t name_len = (size_t)(equals - line);
	const unsigned char lengths[2] = { (unsigned char)name_len,
		(unsigned char)(len - name_len - 1) };

	return put(buf, lengths, sizeof(lengths)) && put(buf, line, name_len) &&
	    put(buf, equals + 1, len - name_len - 1);
}

static bool
put_params(struct buf *buf, const struct wish *wish)
{
	const char *at = wish->text, *end;
	bool is_good = true;

	for (; is_good && *at != '\n'; at = end + 1) {
		end = strchr(at, '\n');
		is_good = put_param(buf, at, (size_t)(end - at));
	}
	return is_good;
}

/* Responder, keep the connection. */
static bool
put_request(struct buf *buf, const struct wish *wish)
{
	static const unsigned char begin[HEAD] = { 0, 1, 1 };
	struct buf params;
	bool is_good;

	buf_init(&params, REQUEST_MAX);
	is_good = put_params(&params, wish) &&
	    put_record(buf, BEGIN_REQUEST, begin, sizeof(begin)) &&
	    put_record(buf, PARAMS, buf_bytes(&params), buf_len(&params)) &&
	    put_record(buf, PARAMS, "", 0) &&
	    put_record(
		buf, STDIN, wish->text + wish->body, wish->len - wish->body) &&
	    put_record(buf, STDIN, "", 0);
	buf_deinit(&params);
	return is_good;
}

static bool
connect_to(struct ask *ask)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = PATIENCE_S };

	if (ask->fd >= 0)
		return true;
	if (strlen(ask->socket) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, ask->socket, strlen(ask->socket) + 1);
	ask->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return ask->fd >= 0 &&
	    setsockopt(ask->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) == 0 &&
	    connect(ask->fd, (const struct sockaddr *)&address,
		sizeof(address)) == 0;
}

static bool
send_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n) {
		n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool
receive(int fd, void *bytes, size_t len)
{
	return len == 0 || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

/* All of STDOUT up to END_REQUEST. */
static bool
read_answer(int fd, struct buf *answer)
{
	unsigned char head[HEAD], content[65535 + 255];
	size_t len;

	do {
		if (!receive(fd, head, sizeof(head)))
			return false;
		len = (size_t)head[4] << 8 | head[5];
		if (!receive(fd, content, len + head[6]) ||
		    (head[1] == STDOUT && !put(answer, content, len)))
			return false;
	} while (head[1] != END_REQUEST);
	return true;
}

static bool
exchange(struct ask *ask, const struct wish *wish, struct buf *answer)
{
	struct buf request;
	bool is_good;

	buf_init(&request, REQUEST_MAX);
	is_good = put_request(&request, wish) && connect_to(ask) &&
	    send_all(ask->fd, buf_bytes(&request), buf_len(&request)) &&
	    read_answer(ask->fd, answer);
	buf_deinit(&request);
	return is_good;
}

void
ask_fcgi(struct ask *ask, const struct wish *wish, struct ask_answer *ret)
{
	static const char status[] = "Status: ";
	struct buf answer;

	*ret = (struct ask_answer){ 0 };
	buf_init(&answer, ANSWER_MAX);
	if (exchange(ask, wish, &answer)) {
		const char *text = buf_bytes(&answer);

		if (strncmp(text, status, sizeof(status) - 1) == 0)
			ret->status = atoi(text + sizeof(status) - 1);
		ret->is_replayed =
		    strstr(text, "Idempotency-Replayed: true") != NULL;
	} else if (ask->fd >= 0) {
		(void)close(ask->fd);
		ask->fd = -1;
	}
	buf_deinit(&answer);
}
