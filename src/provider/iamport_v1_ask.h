/* SPDX-License-Identifier: MIT */
/*
 * What is asked of i'mport V1, as paths and JSON.
 *
 * The one idea: amount and checksum are always said.  Left out, i'mport takes
 * the first for "everything" and does not look at the second.
 * Source: doc/provider-v1.md "Cancel" and "Reading".
 */
#ifndef PROVIDER_IAMPORT_V1_ASK_H
#define PROVIDER_IAMPORT_V1_ASK_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/fault.h"
#include "port/provider.h"

#define IAMPORT_V1_ASK_TOKEN_PATH "/users/getToken"

/*
 * iamport_v1_ask_token: append the body that asks for a token.  FAULT_INPUT
 * when key or secret is not UTF-8 or too long, FAULT_NOMEM.
 */
enum fault iamport_v1_ask_token(struct buf *body, const char *key,
    const char *secret, struct fault_note *note) MUST_CHECK;

/*
 * iamport_v1_ask_call: append path and, for a cancel, body.  is_all: of a FIND
 * the list of all payments.  Faults as above.
 */
enum fault iamport_v1_ask_call(const struct provider_call *call, bool is_all,
    struct buf *path, struct buf *body, struct fault_note *note) MUST_CHECK;

#endif
