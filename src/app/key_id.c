/* SPDX-License-Identifier: MIT */
/*
 * Ids cut from the keyed hash of caller and key: unguessable without the key
 * file, and the same again with it.
 */
#include "app/key_id.h"

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
key_id_look(const struct store *store, const struct refund_request *request,
    struct refund_record *ret_record, char ret_free[static REFUND_ID_SIZE],
    struct fault_note *note)
{
	char id[REFUND_ID_SIZE];
	enum fault f;
	int n;

	ret_free[0] = '\0';
	for (n = 0; n < KEY_IDS; n++) {
		make(request, n, id);
		f = store_refund(store, id, ret_record, note);
		if (f != FAULT_NONE && f != FAULT_ABSENT)
			return f;
		if (f == FAULT_NONE && ret_record->origin == INTENT_RECOVERED)
			return FAULT_NONE;
		if (f == FAULT_ABSENT && ret_free[0] == '\0')
			memcpy(ret_free, id, sizeof(id));
	}
	return FAULT_ABSENT;
}
