/* SPDX-License-Identifier: MIT */
/*
 * What i'mport V1 answers, as plain values.  No network, no tokens kept, no
 * time: bytes in, values out.
 *
 * The one idea: an answer that can't be read to the last needed field is not
 * an answer.  Amounts are read from their digits, never through a double.
 * Source: doc/provider-v1.md "Reading".
 */
#ifndef PROVIDER_IAMPORT_V1_WIRE_H
#define PROVIDER_IAMPORT_V1_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "port/provider.h"

struct iamport_v1_wire_token {
	char text[PROVIDER_TOKEN_SIZE]; /* visible ASCII */
	int64_t life_s; /* seconds from the answer on, by i'mport's clock */
};

/*
 * An answer's envelope, and the payment in it if there is a readable one.
 * With code 0 and has_truth false, note says what was wrong.
 */
struct iamport_v1_wire_answer {
	int64_t code;
	char message[PROVIDER_MESSAGE_SIZE];
	bool has_truth;
	struct truth truth; /* entries on the heap */
	struct fault_note note;
};

/* iamport_v1_wire_token: FAULT_INPUT if the reply brings no usable token. */
enum fault iamport_v1_wire_token(const char *bytes, size_t len,
    struct iamport_v1_wire_token *ret_token,
    struct fault_note *note) MUST_CHECK;

/*
 * iamport_v1_wire_payment: the answer to a cancel, to GET /payments/{imp_uid}
 * and to /payments/find.  FAULT_INPUT when not even its code can be read.
 */
enum fault iamport_v1_wire_payment(const char *bytes, size_t len,
    struct iamport_v1_wire_answer *ret_answer,
    struct fault_note *note) MUST_CHECK;

/*
 * iamport_v1_wire_paid: the answer to /payments/findAll: how many payments of
 * this merchant_uid have been paid, and the first of them as the answer's
 * truth.  FAULT_INPUT when it is not a list of payments, or when one of them
 * can't be read and so may be the second paid one.
 */
enum fault iamport_v1_wire_paid(const char *bytes, size_t len,
    const char *merchant_uid, struct iamport_v1_wire_answer *ret_answer,
    size_t *ret_n_paid, struct fault_note *note) MUST_CHECK;

/*
 * iamport_v1_wire_page: the answer to /payments/status: which payments are on
 * the page, and whether there is another.  imp_uids is the caller's to free.
 * FAULT_INPUT when it is not a whole page: one payment that can't be named may
 * be the one that matters.
 */
enum fault iamport_v1_wire_page(const char *bytes, size_t len,
    struct provider_page *ret_page, struct fault_note *note) MUST_CHECK;

/* iamport_v1_wire_answer_deinit: frees the truth; an empty struct again. */
void iamport_v1_wire_answer_deinit(struct iamport_v1_wire_answer *answer);

/* iamport_v1_wire_is_token: fit to stand in a header: visible ASCII only. */
bool iamport_v1_wire_is_token(const char *text);

#endif
