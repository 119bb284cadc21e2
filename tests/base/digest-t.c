/* SPDX-License-Identifier: MIT */
/*
 * Known answers: RFC 4231 test cases 2 and 3, FIPS 180-2's "abc".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static void
known_texts_have_their_known_digests(void **state)
{
	static const unsigned char wanted[DIGEST_LEN] = { 0x5b, 0xdc, 0xc1,
		0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08,
		0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39,
		0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43 };
	static const unsigned char of_dd[DIGEST_LEN] = { 0x77, 0x3e, 0xa9, 0x1e,
		0x36, 0x80, 0x0e, 0x46, 0x85, 0x4d, 0xb8, 0xeb, 0xd0, 0x91,
		0x81, 0xa7, 0x29, 0x59, 0x09, 0x8b, 0x3e, 0xf8, 0xc1, 0x22,
		0xd9, 0x63, 0x55, 0x14, 0xce, 0xd5, 0x65, 0xfe };
	char aa[20], dd[50];
	const char *text = "what do ya want for nothing?";
	unsigned char mac[DIGEST_LEN];
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	memset(aa, 0xaa, sizeof(aa));
	memset(dd, 0xdd, sizeof(dd));
	digest_hmac("Jefe", 4, text, strlen(text), mac);
	assert_memory_equal(mac, wanted, sizeof(mac));
	digest_hmac(aa, 20, dd, 50, mac);
	assert_memory_equal(mac, of_dd, sizeof(mac));
	digest_hex("abc", 3, hex);
	assert_string_equal(hex,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

static void
random_bits_do_not_repeat(void **state)
{
	uint64_t a, b;

	(void)state;
	assert_int_equal(digest_random(&a, NULL), FAULT_NONE);
	assert_int_equal(digest_random(&b, NULL), FAULT_NONE);
	assert_true(a != b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_texts_have_their_known_digests),
		cmocka_unit_test(random_bits_do_not_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
