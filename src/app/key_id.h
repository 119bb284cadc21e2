/* SPDX-License-Identifier: MIT */
/*
 * Key id: the ids that refunds of one idempotency key get.  They follow from
 * the caller and the key, so that a refund whose row was lost with an old
 * database is known again by the marker i'mport shows.
 */
#ifndef APP_KEY_ID_H
#define APP_KEY_ID_H

#include "app/request.h"
#include "port/store.h"

/*
 * key_id_free: the first id of the request's key that no refund has; each one
 * that was not sent has used one up.  FAULT_ABSENT when all are taken.
 */
enum fault MUST_CHECK key_id_free(const struct store *store,
    const struct refund_request *request, char ret_id[static REFUND_ID_SIZE],
    struct fault_note *note);

/*
 * key_id_recovered: the refund of the request's key that has been found at
 * i'mport without a row of ours, or FAULT_ABSENT.
 */
enum fault MUST_CHECK key_id_recovered(const struct store *store,
    const struct refund_request *request, struct refund_record *ret_record,
    struct fault_note *note);

#endif
