/* SPDX-License-Identifier: MIT */
/*
 * Control: the routes under /sandbox/, which i'mport does not have: rules for
 * faults, a person at the admin console, new payments, the journal, figures.
 * No token is asked for.  Amounts are in smallest units, as in the CSV.
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "sandbox/call.h"
#include "sandbox/world.h"

/* control_answer: to a call whose first segment is "sandbox". */
enum fault control_answer(
    struct world *world, struct call *call, int64_t now_ms) MUST_CHECK;

#endif
