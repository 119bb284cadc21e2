/* SPDX-License-Identifier: MIT */
/*
 * Known answers: RFC 4231 test case 2, FIPS 180-2's "abc".
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
	const char *text = "what do ya want for nothing?";
	unsigned char mac[DIGEST_LEN];
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	assert_int_equal(
	    digest_hmac("Jefe", 4, text, strlen(text), mac, NULL), FAULT_NONE);
	assert_memory_equal(mac, wanted, sizeof(mac));
	assert_int_equal(digest_hex("abc", 3, hex, NULL), FAULT_NONE);
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
