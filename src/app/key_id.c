/* SPDX-License-Identifier: MIT */
/*
 * Ids cut from the keyed hash of caller and key: unguessable without the key
 * file, and the same again with it.
 */
#include "app/key_id.h"

#include <stdlib.h>
#include <string.h>

#define KEY_IDS  5
#define KEY_STEP 6 /* bytes from one id's bits to the next one's */
_Static_assert((KEY_IDS - 1) * KEY_STEP + sizeof(uint64_t) <= FINGERPRINT_LEN,
    "the hash is long enough");

static void
make(const struct refund_request *request, int n,
    char ret_id[static REFUND_ID_SIZE])
{
	uint64_t bits;

	memcpy(&bits, request->key_mac + n * KEY_STEP, sizeof(bits));
	refund_id_make(bits, ret_id);
}

enum fault
key_id_free(const struct store *store, const struct refund_request *request,
    char ret_id[static REFUND_ID_SIZE], struct fault_note *note)
{
	struct refund_record *record = malloc(sizeof(*record));
	enum fault f = FAULT_NONE;
	char id[REFUND_ID_SIZE];
	int n;

	if (record == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	for (n = 0; f == FAULT_NONE && n < KEY_IDS; n++) {
		make(request, n, id);
		f = store_refund(store, id, record, note);
	}
	free(record);
	if (f == FAULT_NONE)
		return fault_set(
		    note, FAULT_ABSENT, "no id of the key is left");
	if (f != FAULT_ABSENT)
		return f;
	memcpy(ret_id, id, sizeof(id));
	return FAULT_NONE;
}

enum fault
key_id_recovered(const struct store *store,
    const struct refund_request *request, struct refund_record *ret_record,
    struct fault_note *note)
{
	char id[REFUND_ID_SIZE];
	enum fault f;
	int n;

	for (n = 0; n < KEY_IDS; n++) {
		make(request, n, id);
		f = store_refund(store, id, ret_record, note);
		if (f != FAULT_NONE && f != FAULT_ABSENT)
			return f;
		if (f == FAULT_NONE && ret_record->origin == INTENT_RECOVERED)
			return FAULT_NONE;
	}
	return FAULT_ABSENT;
}
