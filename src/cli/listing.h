/* SPDX-License-Identifier: MIT */
/*
 * Listing: refunds, one a row of a table or one an object of a JSON array.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/render.h"
#include "cli/table.h"
#include "core/fault.h"
#include "core/payment.h"
#include "port/store.h"

/* Only the functions below touch the members.  Must not be moved. */
struct listing {
	bool is_json;
	struct table table;
	struct render array; /* unless it is a table */
	size_t n;
};

/* listing_deinit accepts an empty struct. */
void listing_init(struct listing *listing, bool is_json);
void listing_deinit(struct listing *listing);

/* listing_add: a refund and the payment it belongs to. */
enum fault listing_add(struct listing *listing,
    const struct refund_record *record, const struct payment *payment,
    struct fault_note *note) MUST_CHECK;

/*
 * listing_print: to stdout.  Instead of an empty table, if_empty goes to
 * stderr, where no pipe will read it.
 */
enum fault listing_print(struct listing *listing, const char *if_empty,
    struct fault_note *note) MUST_CHECK;

/* listing_n: how many were added. */
size_t listing_n(const struct listing *listing);

#endif
