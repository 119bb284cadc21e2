/* SPDX-License-Identifier: MIT */
/*
 * Api: the door: which route a call takes, whether its token is good, and what
 * a mishap makes of it.
 */
#ifndef SANDBOX_API_H
#define SANDBOX_API_H

#include "sandbox/call.h"
#include "sandbox/world.h"

/*
 * api_answer: from a call with its request set to one with its answer made, at
 * a moment in UNIX milliseconds.  A fault means that the sandbox must stop.
 */
enum fault api_answer(
    struct world *world, struct call *call, int64_t now_ms) MUST_CHECK;

/* api_too_large: the answer to a body above CALL_BODY_MAX. */
enum fault api_too_large(struct world *world, struct call *call) MUST_CHECK;

#endif
