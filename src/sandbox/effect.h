/* SPDX-License-Identifier: MIT */
/*
 * Effect: what each mishap does to a call, as two tables of steps: one taken
 * instead of the call, one after the call has made its answer.
 */
#ifndef SANDBOX_EFFECT_H
#define SANDBOX_EFFECT_H

#include <stdint.h>

#include "core/fault.h"
#include "sandbox/call.h"
#include "sandbox/mishap.h"
#include "sandbox/payment_json.h"
#include "sandbox/world.h"

/* A fault means that the sandbox must stop. */
typedef enum fault effect_step(struct world *world, struct call *call,
    const struct mishap_rule *rule, int64_t now_ms);

/* NULL: the mishap has none. */
effect_step *effect_before(enum mishap mishap);
effect_step *effect_after(enum mishap mishap);

/* What a reader gets to see; rule may be NULL. */
void effect_view(const struct mishap_rule *rule, int64_t now_ms,
    struct payment_json_view *ret_view);

/* For how long a cancel is hidden from the checksum test; rule may be NULL. */
int64_t effect_blind_ms(const struct mishap_rule *rule);

/* The answer to a token that is no good. */
enum fault effect_unauthorized(
    const struct world *world, struct call *call) MUST_CHECK;

#endif
