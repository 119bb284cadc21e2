/* SPDX-License-Identifier: MIT */
/*
 * Reads: requests that only want to know: answered at once from a connection
 * that can't write, by a desk as by the CGI program.
 */
#ifndef SERVE_READS_H
#define SERVE_READS_H

#include "app/app.h"
#include "app/task.h"
#include "port/store.h"
#include "web/web_request.h"

struct reads {
	const struct app *app;
	const struct web *web;
	const struct store *store; /* a reader */
};

/* What a read showed to be due for resolving. */
struct reads_due {
	bool is_due;
	char imp_uid[IMP_UID_SIZE];
	char refund_id[REFUND_ID_SIZE]; /* "" = the payment's unfinished one */
};

/*
 * reads_answer: fills the empty *ret_reply whatever happens; the fault is for
 * the log.  Routes: payment, state, health, metrics, static.
 */
enum fault MUST_CHECK reads_answer(const struct reads *reads,
    const struct web_request *request, const struct web_io *io,
    struct web_reply *ret_reply, struct reads_due *ret_due,
    struct fault_note *note);

#endif
