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
 * key_id_look: looks the ids of the request's key up.  FAULT_NONE: one of them
 * was found at i'mport without a row of ours; it is ret_record.  FAULT_ABSENT:
 * none was, and ret_free is the first id that no refund has, or "" when all
 * are taken: each try that was not sent has used one up.
 */
enum fault MUST_CHECK key_id_look(const struct store *store,
    const struct refund_request *request, struct refund_record *ret_record,
    char ret_free[static REFUND_ID_SIZE], struct fault_note *note);

#endif
