/* SPDX-License-Identifier: MIT */
/*
 * Marker: a refund's public id, and the same ten characters at the end of the
 * reason i'mport keeps, by which we find our own entry in its history.
 */
#ifndef CORE_MARKER_H
#define CORE_MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A refund's public id and its marker: ten Crockford base32 characters. */
#define REFUND_ID_LEN  10
#define REFUND_ID_SIZE (REFUND_ID_LEN + 1)

/* " [cp:XXXXXXXXXX]" at the end of what i'mport shows as the reason. */
#define MARKER_TEXT_LEN 16
/* i'mport keeps 256 characters of a reason; a character has up to 4 bytes. */
#define REASON_SENT_CHARS 256
#define REASON_SENT_SIZE  (REASON_SENT_CHARS * 4 + 1)

/*
 * marker_read: the marker at the very end of a reason, "" when there is none.
 * Anywhere else it is the customer's text.
 */
void marker_read(
    const char *reason, size_t len, char ret_marker[static REFUND_ID_SIZE]);

/*
 * marker_append: what is sent as the reason: reason (valid UTF-8) cut on a
 * character's boundary so that with the marker it has at most
 * REASON_SENT_CHARS characters; an empty reason gets a word of its own, because
 * a text that begins with a space may come back without it.
 */
void marker_append(const char *reason, const char *marker,
    char ret_sent[static REASON_SENT_SIZE]);

/*
 * refund_id_make: ten Crockford base32 characters from 50 of the 64 bits given.
 * The bits have to be unguessable: the id is what lets a page ask.
 */
void refund_id_make(uint64_t random_bits, char ret_id[static REFUND_ID_SIZE]);
bool refund_id_is_valid(const char *id);

#endif
