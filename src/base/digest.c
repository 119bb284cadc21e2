/* SPDX-License-Identifier: MIT */
/*
 * Nettle, whose functions need neither memory nor anything made ready: a CGI
 * program hashes with each request, and libcrypto's EVP would look its
 * algorithms up for some milliseconds first.
 */
#include "base/digest.h"

#include <string.h>
#include <sys/random.h>

#include <nettle/hmac.h>
#include <nettle/sha2.h>

_Static_assert(DIGEST_LEN == SHA256_DIGEST_SIZE, "SHA-256 has 32 bytes");

void
digest_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
    unsigned char ret_mac[static DIGEST_LEN])
{
	struct hmac_sha256_ctx context;

	hmac_sha256_set_key(&context, key_len, key);
	hmac_sha256_update(&context, len, bytes);
	hmac_sha256_digest(&context, DIGEST_LEN, ret_mac);
	explicit_bzero(&context, sizeof(context));
}

void
digest_hex(const void *bytes, size_t len, char ret_hex[static DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[DIGEST_LEN];
	struct sha256_ctx context;
	size_t i;

	sha256_init(&context);
	sha256_update(&context, len, bytes);
	sha256_digest(&context, sizeof(sum), sum);
	explicit_bzero(&context, sizeof(context));
	for (i = 0; i < sizeof(sum); i++) {
		ret_hex[2 * i] = digits[sum[i] >> 4];
		ret_hex[2 * i + 1] = digits[sum[i] & 15];
	}
	ret_hex[2 * sizeof(sum)] = '\0';
}

enum fault
digest_random(uint64_t *ret_bits, struct fault_note *note)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return fault_set(note, FAULT_IO, "no random bytes");
	*ret_bits = bits;
	return FAULT_NONE;
}
