/* SPDX-License-Identifier: MIT */
/*
 * Lazy: payments that exist by rule as soon as somebody asks for them, so that
 * a benchmark or a developer needs no CSV: any order ORD-<n> was paid by card
 * with imp_<n in twelve digits>.
 */
#ifndef SANDBOX_LAZY_H
#define SANDBOX_LAZY_H

#include "sandbox/world.h"

/*
 * lazy_summon: make the payment that a uid (of either kind; NULL is none) names
 * by the rule, unless it is there or the world is not lazy.
 */
enum fault lazy_summon(struct world *world, const char *uid, int64_t now_ms,
    struct fault_note *note) MUST_CHECK;

#endif
