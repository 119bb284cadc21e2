/* SPDX-License-Identifier: MIT */
/*
 * What an answer is worth: HTTP status and bytes to a call's outcome.
 *
 * The one idea: only a whole, readable answer of the kind i'mport documents for
 * the request says anything.  Everything else is LOST.
 * Source: doc/provider-v1.md "Failures".
 */
#ifndef PROVIDER_IAMPORT_V1_OUTCOME_H
#define PROVIDER_IAMPORT_V1_OUTCOME_H

#include <stddef.h>

#include "port/provider.h"

/*
 * iamport_v1_outcome_of: judge the answer to a call, any status but 401.
 * Writes code, message, truth and note of call->outcome.
 */
enum provider_said iamport_v1_outcome_of(
    struct provider_call *call, long status, const char *bytes, size_t len);

/*
 * iamport_v1_outcome_of_list: judge the list of all payments of the order,
 * after a FIND that was DONE.  A server without such a list, or one that can't
 * be read, leaves what was found; a server in trouble makes it LOST.
 */
enum provider_said iamport_v1_outcome_of_list(
    struct provider_call *call, long status, const char *bytes, size_t len);

/*
 * iamport_v1_outcome_of_page: judge the answer to a LIST: DONE with the page,
 * or LOST.
 */
enum provider_said iamport_v1_outcome_of_page(
    struct provider_call *call, long status, const char *bytes, size_t len);

/*
 * iamport_v1_outcome_mask: stars in the place of what i'mport's words quote of
 * the account: a PG may name what it did not like, and the words are kept and
 * shown.
 */
void iamport_v1_outcome_mask(
    struct provider_outcome *outcome, const struct refund_account *account);

#endif
