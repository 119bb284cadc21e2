/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd calls exchange_answer again and again for one request: once
 * when its head is there, for each piece of body, at the end of it, and once
 * more when the connection is resumed after a wait.  The state says where we
 * are.
 */
#include "sandbox/exchange.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "sandbox/api.h"
#include "sandbox/call.h"
#include "sandbox/moment.h"

enum exchange_state {
	EXCHANGE_HEAD,      /* nothing but the URI yet */
	EXCHANGE_BODY,      /* the body comes in */
	EXCHANGE_SUSPENDED, /* the answer is made and waits */
	EXCHANGE_DUE        /* the wait is over */
};

struct exchange {
	struct exchange_list *list;
	struct MHD_Connection *connection;
	char *uri;
	struct buf body;
	struct call call;
	enum exchange_state state;
	bool is_too_large;
	bool is_resting;                  /* between two bytes of a drip */
	bool is_watched;                  /* its socket is in the epoll */
	struct exchange *next, *previous; /* of the suspended ones */
};

int64_t
exchange_now_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
exchange_world_ms(const struct world *world)
{
	return exchange_now_ms(CLOCK_REALTIME) + world->shift_ms;
}

/*
 * A request that libmicrohttpd itself refuses after its first line begins and
 * never ends; what was made for it is freed by the next one or by the end of
 * the connection, whose context it is.
 */
static struct exchange **
current(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

static void
free_exchange(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	call_deinit(&exchange->call);
	buf_deinit(&exchange->body);
	free(exchange->uri);
	free(exchange);
}

void
exchange_connection(void *arg, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code)
{
	struct exchange **slot = *context;

	(void)arg;
	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = calloc(1, sizeof(slot));
		return;
	}
	if (slot != NULL)
		free_exchange(*slot);
	free(slot);
	*context = NULL;
}

/*
 * libmicrohttpd (0.9.75) would read the query too, into its memory for the
 * connection, and hang up on who has more parameters than fit.  The address is
 * in that memory, and what is no longer there behind the "?" is not read.
 */
static void
hide_query(const char *uri)
{
	char *query = strchr((char *)(uintptr_t)uri, '?');

	if (query != NULL)
		query[1] = '\0';
}

void *
exchange_begin(void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct exchange **slot = current(connection);
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL || slot == NULL) {
		free(exchange);
		return NULL;
	}
	free_exchange(*slot);
	*slot = exchange;
	exchange->list = arg;
	exchange->connection = connection;
	exchange->uri = strdup(uri);
	hide_query(uri);
	buf_init(&exchange->body, CALL_BODY_MAX);
	call_init(&exchange->call);
	return exchange;
}

void
exchange_end(void *arg, struct MHD_Connection *connection, void **closure,
    enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)code;
	if (*closure == NULL)
		return;
	free_exchange(*closure);
	*current(connection) = NULL;
	*closure = NULL;
}

static int
socket_of(const struct exchange *exchange)
{
	return MHD_get_connection_info(
	    exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
	    ->connect_fd;
}

static void
suspend(struct exchange *exchange)
{
	struct exchange_list *list = exchange->list;

	exchange->state = EXCHANGE_SUSPENDED;
	exchange->next = list->suspended;
	if (exchange->next != NULL)
		exchange->next->previous = exchange;
	list->suspended = exchange;
	list->world->waiting++;
	MHD_suspend_connection(exchange->connection);
}

static enum MHD_Result
delay(struct exchange *exchange, int64_t ms)
{
	int64_t due = exchange_now_ms(CLOCK_MONOTONIC) + ms;

	if (timers_add(&exchange->list->timers, due, exchange, NULL) !=
	    FAULT_NONE)
		return MHD_NO;
	suspend(exchange);
	return MHD_YES;
}

static ssize_t
send_twice(void *arg, uint64_t at, char *bytes, size_t room)
{
	const struct exchange *exchange = arg;
	const struct buf *body = &exchange->call.answer;
	size_t len = buf_len(body), from = (size_t)at % (len == 0 ? 1 : len);
	size_t n = len - from < room ? len - from : room;

	memcpy(bytes, buf_bytes(body) + from, n);
	return (ssize_t)n;
}

/* Half a body: the callback of a response that promised more. */
static ssize_t
send_half(void *arg, uint64_t at, char *bytes, size_t room)
{
	struct exchange *exchange = arg;
	const struct buf *body = &exchange->call.answer;
	size_t half = buf_len(body) / 2;
	size_t n = half - (size_t)at < room ? half - (size_t)at : room;

	if (at >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(bytes, buf_bytes(body) + at, n);
	return (ssize_t)n;
}

/*
 * A byte, then a rest: the callback suspends the connection and says that
 * there is nothing yet.
 */
static ssize_t
send_drip(void *arg, uint64_t at, char *bytes, size_t room)
{
	struct exchange *exchange = arg;
	const struct buf *body = &exchange->call.answer;

	if (exchange->call.end == CALL_DROP || room == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (at >= buf_len(body))
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (exchange->is_resting) {
		exchange->is_resting = false;
		return delay(exchange, exchange->call.drip_ms) == MHD_YES
		    ? 0
		    : MHD_CONTENT_READER_END_WITH_ERROR;
	}
	exchange->is_resting = true;
	bytes[0] = buf_bytes(body)[at];
	return 1;
}

/*
 * A body twice as long as promised; libmicrohttpd has to be told that this is
 * meant.
 */
static struct MHD_Response *
make_long(struct exchange *exchange)
{
	struct buf *body = &exchange->call.answer;
	struct MHD_Response *response;
	char len[24];

	(void)snprintf(len, sizeof(len), "%zu", buf_len(body));
	response = MHD_create_response_from_callback(
	    2 * buf_len(body), 1024, send_twice, exchange, NULL);
	if (response == NULL)
		return NULL;
	if (MHD_set_response_options(response,
		MHD_RF_INSANITY_HEADER_CONTENT_LENGTH, MHD_RO_END) != MHD_YES ||
	    MHD_add_response_header(
		response, MHD_HTTP_HEADER_CONTENT_LENGTH, len) != MHD_YES) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

/* The bytes stay in the call, which outlives the response. */
static struct MHD_Response *
make_response(struct exchange *exchange)
{
	struct call *call = &exchange->call;
	union {
		const char *in;
		void *out;
	} bytes = { buf_bytes(&call->answer) };

	if (call->end == CALL_HALF)
		return MHD_create_response_from_callback(
		    buf_len(&call->answer), 1024, send_half, exchange, NULL);
	if (call->end == CALL_LONG)
		return make_long(exchange);
	if (call->end == CALL_DRIP)
		return MHD_create_response_from_callback(
		    buf_len(&call->answer), 1, send_drip, exchange, NULL);
	return MHD_create_response_from_buffer(
	    buf_len(&call->answer), bytes.out, MHD_RESPMEM_PERSISTENT);
}

/*
 * What the console and the control calls may do in a browser: nothing beyond
 * themselves, and nobody else's page may show or read them.
 */
static enum MHD_Result
add_policy(struct MHD_Response *response)
{
	static const char policy[] = "default-src 'none'; script-src 'self'; "
				     "style-src 'self'; connect-src 'self'; "
				     "img-src data:; form-action 'self'; "
				     "base-uri 'none'; frame-ancestors 'none'";
	enum MHD_Result result;

	result = MHD_add_response_header(
	    response, "Content-Security-Policy", policy);
	if (result == MHD_YES)
		result = MHD_add_response_header(
		    response, "X-Content-Type-Options", "nosniff");
	if (result == MHD_YES)
		result = MHD_add_response_header(
		    response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return result;
}

static enum MHD_Result
send_answer(struct exchange *exchange)
{
	struct MHD_Response *response = make_response(exchange);
	struct world *world = exchange->list->world;
	char date[MOMENT_DATE_SIZE];
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	moment_date(exchange_world_ms(world), date);
	result = MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date);
	if (result == MHD_YES)
		result = MHD_add_response_header(response,
		    MHD_HTTP_HEADER_CONTENT_TYPE, exchange->call.type);
	if (result == MHD_YES && exchange->call.header != NULL)
		result = MHD_add_response_header(
		    response, exchange->call.header, exchange->call.value);
	if (result == MHD_YES && exchange->call.n > 0 &&
	    strcmp(exchange->call.segments[0], "sandbox") == 0)
		result = add_policy(response);
	if (result == MHD_YES)
		result = MHD_queue_response(
		    exchange->connection, exchange->call.status, response);
	MHD_destroy_response(response);
	if (result == MHD_YES && exchange->call.route != ROUTE__COUNT)
		world->answered[exchange->call.route]++;
	return result;
}

/* connect() to nowhere makes Linux send RST at once; close() would not. */
static void
reset(const struct exchange *exchange)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	(void)connect(socket_of(exchange), &nowhere, sizeof(nowhere));
}

/* MHD_NO makes libmicrohttpd close the connection without a byte. */
static enum MHD_Result
finish(struct exchange *exchange)
{
	switch (exchange->call.end) {
	case CALL_WHOLE:
	case CALL_HALF:
	case CALL_LONG:
	case CALL_DRIP:
		return send_answer(exchange);
	case CALL_RESET:
		reset(exchange);
		break;
	case CALL_DROP:
	case CALL_HANG:
		break;
	}
	return MHD_NO;
}

void
exchange_resume(struct exchange *exchange)
{
	struct exchange_list *list = exchange->list;

	if (exchange->is_watched)
		(void)epoll_ctl(
		    list->epoll, EPOLL_CTL_DEL, socket_of(exchange), NULL);
	if (exchange->next != NULL)
		exchange->next->previous = exchange->previous;
	if (exchange->previous != NULL)
		exchange->previous->next = exchange->next;
	else
		list->suspended = exchange->next;
	exchange->next = NULL;
	exchange->previous = NULL;
	exchange->state = EXCHANGE_DUE;
	list->world->waiting--;
	MHD_resume_connection(exchange->connection);
}

/* Only the caller's leaving ends it. */
static enum MHD_Result
hang(struct exchange *exchange)
{
	struct epoll_event event = {
		.events = EPOLLRDHUP,
		.data.ptr = exchange,
	};

	if (epoll_ctl(exchange->list->epoll, EPOLL_CTL_ADD, socket_of(exchange),
		&event) != 0)
		return MHD_NO;
	exchange->is_watched = true;
	suspend(exchange);
	return MHD_YES;
}

static void
fill_call(struct exchange *exchange, const char *method)
{
	struct call *call = &exchange->call;

	call->method = method;
	call->uri = exchange->uri;
	call->authorization = MHD_lookup_connection_value(exchange->connection,
	    MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	call->content_type = MHD_lookup_connection_value(exchange->connection,
	    MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	call->body = buf_bytes(&exchange->body);
	call->len = buf_len(&exchange->body);
}

/* The request is whole: make the answer, and send it now or later. */
static enum MHD_Result
handle(struct exchange *exchange, const char *method)
{
	struct exchange_list *list = exchange->list;
	struct call *call = &exchange->call;
	enum fault f;

	fill_call(exchange, method);
	f = exchange->is_too_large
	    ? api_too_large(list->world, call)
	    : api_answer(list->world, call, exchange_world_ms(list->world));
	/* The only ceiling left is that of the answer. */
	if (f == FAULT_INPUT)
		f = call_error(call, list->world, 500, -1,
		    "[sandbox] the answer is too large; ask for less");
	if (f != FAULT_NONE) {
		list->fault = f;
		list->note = call->note;
		return MHD_NO;
	}
	/* Ten thousand may wait: what was asked is needed no more. */
	params_deinit(&call->params);
	buf_deinit(&exchange->body);
	call->body = NULL;
	call->len = 0;
	if (call->end == CALL_HANG)
		return hang(exchange);
	return call->delay_ms > 0 ? delay(exchange, call->delay_ms)
				  : finish(exchange);
}

static void
take_body(struct exchange *exchange, const char *bytes, size_t len)
{
	if (!exchange->is_too_large &&
	    buf_add(&exchange->body, bytes, len, NULL) != FAULT_NONE) {
		exchange->is_too_large = true;
		buf_deinit(&exchange->body);
	}
}

enum MHD_Result
exchange_answer(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *len,
    void **closure)
{
	struct exchange *exchange = *closure;

	(void)arg;
	(void)connection;
	(void)url;
	(void)version;
	if (exchange == NULL || exchange->uri == NULL)
		return MHD_NO;
	switch (exchange->state) {
	case EXCHANGE_HEAD:
		exchange->state = EXCHANGE_BODY;
		return MHD_YES;
	case EXCHANGE_BODY:
		if (*len == 0)
			return handle(exchange, method);
		take_body(exchange, upload, *len);
		*len = 0;
		return MHD_YES;
	case EXCHANGE_SUSPENDED:
		return MHD_YES;
	case EXCHANGE_DUE:
		break;
	}
	return finish(exchange);
}

void
exchange_resume_due(struct exchange_list *list)
{
	struct exchange *exchange;

	while ((exchange = timers_pop(
		    &list->timers, exchange_now_ms(CLOCK_MONOTONIC))) != NULL)
		exchange_resume(exchange);
}

void
exchange_drop_all(struct exchange_list *list)
{
	while (list->suspended != NULL) {
		list->suspended->call.end = CALL_DROP;
		exchange_resume(list->suspended);
	}
}
