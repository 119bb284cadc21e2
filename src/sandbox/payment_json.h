/* SPDX-License-Identifier: MIT */
/*
 * A payment as i'mport's API shows it (PaymentAnnotation), every field there.
 * What the book does not know is filled with plausible, invented values.
 */
#ifndef SANDBOX_PAYMENT_JSON_H
#define SANDBOX_PAYMENT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/book.h"
#include "sandbox/render.h"

enum payment_json_reasons {
	PAYMENT_JSON_WHOLE,
	PAYMENT_JSON_NONE, /* null */
	PAYMENT_JSON_SHORT /* the first ten characters */
};

struct payment_json_view {
	int64_t hide_ms; /* leave out the last cancel if it is younger */
	enum payment_json_reasons reasons;
	bool is_live; /* of a live channel */
};

/* The view without a mishap. */
#define PAYMENT_JSON_TRUE                                                      \
	((struct payment_json_view){ INT64_MAX, PAYMENT_JSON_WHOLE, false })

/* How many of its cancels the view shows, from the first. */
size_t payment_json_n(
    const struct book_payment *payment, const struct payment_json_view *view);

void payment_json(struct render *render, const struct book_payment *payment,
    const struct payment_json_view *view);

#endif
