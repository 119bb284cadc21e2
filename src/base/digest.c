/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's EVP one-shot calls.
 */
#include "base/digest.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

enum fault
digest_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
    unsigned char ret_mac[static DIGEST_LEN], struct fault_note *note)
{
	unsigned char mac[DIGEST_LEN];
	size_t mac_len;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, bytes,
		len, mac, sizeof(mac), &mac_len) == NULL ||
	    mac_len != sizeof(mac))
		return fault_set(note, FAULT_NOMEM, "HMAC-SHA256 failed");
	memcpy(ret_mac, mac, sizeof(mac));
	return FAULT_NONE;
}

enum fault
digest_hex(const void *bytes, size_t len, char ret_hex[static DIGEST_HEX_SIZE],
    struct fault_note *note)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[DIGEST_LEN];
	size_t hash_len, i;

	if (EVP_Q_digest(NULL, "SHA256", NULL, bytes, len, hash, &hash_len) !=
		1 ||
	    hash_len != sizeof(hash))
		return fault_set(note, FAULT_NOMEM, "SHA-256 failed");
	for (i = 0; i < sizeof(hash); i++) {
		ret_hex[2 * i] = digits[hash[i] >> 4];
		ret_hex[2 * i + 1] = digits[hash[i] & 15];
	}
	ret_hex[2 * sizeof(hash)] = '\0';
	return FAULT_NONE;
}

enum fault
digest_random(uint64_t *ret_bits, struct fault_note *note)
{
	uint64_t bits;

	if (RAND_bytes((unsigned char *)&bits, (int)sizeof(bits)) != 1)
		return fault_set(note, FAULT_IO, "no random bytes");
	*ret_bits = bits;
	return FAULT_NONE;
}
