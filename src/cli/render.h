/* SPDX-License-Identifier: MIT */
/*
 * Render: payments and refunds as JSON for machines and as text for people.
 * JSON has amounts in the currency's smallest unit, as the database and the
 * CSV files have; text has them in usual notation.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "base/buf.h"
#include "base/stamp.h"
#include "core/payment.h"
#include "port/store.h"
#include "web/web_json.h"

/* "failed: not_applied" */
#define RENDER_STATE_SIZE 48

/*
 * JSON to be printed: the first fault is kept, and nothing is shown unless it
 * is whole.  Must not be moved.  Callers write to json and touch nothing else.
 */
struct render {
	struct web_json json;
	struct buf text;
	struct fault_note note;
};

/* render_deinit accepts an empty struct. */
void render_init(struct render *render);
void render_deinit(struct render *render);

/* render_fault: what has gone wrong so far. */
enum fault render_fault(
    const struct render *render, struct fault_note *note) MUST_CHECK;

/* render_print: to stdout, with a newline. */
enum fault render_print(
    const struct render *render, struct fault_note *note) MUST_CHECK;

/*
 * render_refund: an object.  render_payment, render_book: a payment's members
 * into an open object, and its history as the member of that name.
 */
void render_refund(struct web_json *json, const struct refund_record *record,
    const struct payment *payment);
void render_payment(struct web_json *json, const struct payment *payment);
void render_book(
    struct web_json *json, const char *name, const struct book *book);

void render_state(
    const struct intent *intent, char ret_text[static RENDER_STATE_SIZE]);

/* render_time: local time, "-" for 0. */
void render_time(int64_t unix_ms, char ret_text[static STAMP_SIZE]);

#endif
