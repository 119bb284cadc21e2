/* SPDX-License-Identifier: MIT */
/*
 * Digest: hashes, and bits that nobody can guess.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"

#define DIGEST_LEN      32
#define DIGEST_HEX_SIZE (2 * DIGEST_LEN + 1)

/* digest_hmac: HMAC-SHA256 of bytes under key. */
void digest_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
    unsigned char ret_mac[static DIGEST_LEN]);

/* digest_hex: SHA-256 of bytes in lower-case hex. */
void digest_hex(
    const void *bytes, size_t len, char ret_hex[static DIGEST_HEX_SIZE]);

/* digest_random: 64 unguessable bits.  FAULT_IO: the system gave none. */
enum fault digest_random(
    uint64_t *ret_bits, struct fault_note *note) MUST_CHECK;

#endif
