/* SPDX-License-Identifier: MIT */
/*
 * Render: payments and refunds as JSON for machines and as text for people.
 * JSON has amounts in the currency's smallest unit, as the database and the
 * CSV files have; text has them in usual notation.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include <json-c/json.h>

#include "base/stamp.h"
#include "core/payment.h"
#include "port/store.h"

/* "failed: not_applied" */
#define RENDER_STATE_SIZE 48

/*
 * render_refund_json, render_payment_json, render_book_json: a new value, or
 * NULL without memory.
 */
struct json_object *render_refund_json(
    const struct refund_record *record, const struct payment *payment);
struct json_object *render_payment_json(const struct payment *payment);
struct json_object *render_book_json(const struct book *book);

/*
 * render_put, render_append: value (taken) under name, or at an array's end;
 * false if value is NULL or there is no memory.
 */
bool render_put(
    struct json_object *object, const char *name, struct json_object *value);
bool render_append(struct json_object *array, struct json_object *value);

/* render_print: takes value; FAULT_NOMEM when it is NULL. */
enum fault render_print(
    struct json_object *value, struct fault_note *note) MUST_CHECK;

void render_state(
    const struct intent *intent, char ret_text[static RENDER_STATE_SIZE]);

/* render_time: local time, "-" for 0. */
void render_time(int64_t unix_ms, char ret_text[static STAMP_SIZE]);

#endif
