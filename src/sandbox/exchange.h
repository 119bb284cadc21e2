/* SPDX-License-Identifier: MIT */
/*
 * Exchange: one HTTP request of libmicrohttpd from its first byte until its
 * answer has left, now or later.  An answer that waits is a suspended
 * connection and a timer.  libmicrohttpd does not watch suspended connections,
 * so the socket of one that hangs is put into an epoll of ours, where its
 * caller's leaving is seen.
 */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <microhttpd.h>

#include "core/fault.h"
#include "sandbox/timers.h"
#include "sandbox/world.h"

struct exchange;

/* What all exchanges of a server share; the server sets it up. */
struct exchange_list {
	struct world *world;
	int epoll;            /* events of hanging ones have them as data.ptr */
	struct timers timers; /* of exchanges, by monotonic milliseconds */
	struct exchange *suspended;
	enum fault fault; /* the world's, for which the server has to stop */
	struct fault_note note;
};

/* Milliseconds of a clock; UNIX milliseconds as the world's own clock has it.
 */
int64_t exchange_now_ms(clockid_t clock);
int64_t exchange_world_ms(const struct world *world);

/*
 * libmicrohttpd's four callbacks: MHD_OPTION_NOTIFY_CONNECTION,
 * MHD_OPTION_URI_LOG_CALLBACK, the access handler, MHD_OPTION_NOTIFY_COMPLETED;
 * arg is a struct exchange_list.
 */
void exchange_connection(void *arg, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code);
void *exchange_begin(
    void *arg, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_answer(void *arg, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *len, void **closure);
void exchange_end(void *arg, struct MHD_Connection *connection, void **closure,
    enum MHD_RequestTerminationCode code);

/*
 * exchange_resume: the wait of a suspended one is over.
 * exchange_resume_due: of all whose timer says so.
 * exchange_drop_all: of all, and none gets an answer.
 */
void exchange_resume(struct exchange *exchange);
void exchange_resume_due(struct exchange_list *list);
void exchange_drop_all(struct exchange_list *list);

#endif
