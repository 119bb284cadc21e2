/* SPDX-License-Identifier: MIT */
/*
 * Ids and markers, made and found again.
 */
#include "core/marker.h"

#include <string.h>

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
refund_id_make(uint64_t random_bits, char ret_id[static REFUND_ID_SIZE])
{
	int i;

	for (i = 0; i < REFUND_ID_LEN; i++) {
		ret_id[i] = crockford[random_bits & 31];
		random_bits >>= 5;
	}
	ret_id[REFUND_ID_LEN] = '\0';
}

bool
refund_id_is_valid(const char *id)
{
	return strlen(id) == REFUND_ID_LEN &&
	    strspn(id, crockford) == REFUND_ID_LEN;
}

void
marker_read(
    const char *reason, size_t len, char ret_marker[static REFUND_ID_SIZE])
{
	const char *text;

	ret_marker[0] = '\0';
	if (len < MARKER_TEXT_LEN)
		return;
	text = reason + len - MARKER_TEXT_LEN;
	if (memcmp(text, " [cp:", 5) != 0 || text[MARKER_TEXT_LEN - 1] != ']')
		return;
	memcpy(ret_marker, text + 5, REFUND_ID_LEN);
	ret_marker[REFUND_ID_LEN] = '\0';
	if (!refund_id_is_valid(ret_marker))
		ret_marker[0] = '\0';
}

/* Bytes of the first n characters of valid UTF-8. */
static size_t
utf8_bytes(const char *text, size_t n)
{
	size_t at = 0;

	for (; text[at] != '\0'; at++) {
		if (((unsigned char)text[at] & 0xc0) != 0x80 && n-- == 0)
			break;
	}
	return at;
}

void
marker_append(const char *reason, const char *marker,
    char ret_sent[static REASON_SENT_SIZE])
{
	size_t len;

	if (reason[0] == '\0')
		reason = "refund";
	len = utf8_bytes(reason, REASON_SENT_CHARS - MARKER_TEXT_LEN);
	memcpy(ret_sent, reason, len);
	memcpy(ret_sent + len, " [cp:", 5);
	memcpy(ret_sent + len + 5, marker, REFUND_ID_LEN);
	memcpy(ret_sent + len + 5 + REFUND_ID_LEN, "]", 2);
}
