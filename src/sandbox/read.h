/* SPDX-License-Identifier: MIT */
/*
 * Read: the GET routes of i'mport: one payment, those of an order, those of a
 * status.  The view says what a mishap hides.
 */
#ifndef SANDBOX_READ_H
#define SANDBOX_READ_H

#include "sandbox/call.h"
#include "sandbox/world.h"

/* GET /payments/{imp_uid} */
enum fault read_one(struct world *world, struct call *call,
    const struct payment_json_view *view) MUST_CHECK;

/* GET /payments?imp_uid[]=...&merchant_uid[]=... */
enum fault read_many(struct world *world, struct call *call,
    const struct payment_json_view *view) MUST_CHECK;

/* GET /payments/find/{merchant_uid}[/{status}] */
enum fault read_find(struct world *world, struct call *call,
    const struct payment_json_view *view) MUST_CHECK;

/* GET /payments/findAll/{merchant_uid}[/{status}] */
enum fault read_find_all(struct world *world, struct call *call,
    const struct payment_json_view *view) MUST_CHECK;

/* GET /payments/status/{status} at a moment in UNIX seconds */
enum fault read_status(struct world *world, struct call *call,
    const struct payment_json_view *view, int64_t now_s) MUST_CHECK;

#endif
