/* SPDX-License-Identifier: MIT */
/*
 * Late: a refund that was closed as failed, and whose money went back after
 * all, is told as what it became.  Its own row stays as it was closed; a caller
 * who believed it would ask for the money a second time.
 */
#ifndef APP_LATE_H
#define APP_LATE_H

#include "core/fault.h"
#include "port/store.h"

/*
 * late_follow: a failed record that a later row of origin late points to is
 * replaced by that row; any other stays.  Inside the caller's transaction.
 * Source: doc/design.md "Settling".
 */
enum fault MUST_CHECK late_follow(const struct store *store,
    struct refund_record *record, struct fault_note *note);

#endif
