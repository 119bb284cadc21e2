/* SPDX-License-Identifier: MIT */
/*
 * Ids and markers, made and found again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/marker.h"

#define OWN "0123456789"

static const char *
marker_in(const char *reason)
{
	static char marker[REFUND_ID_SIZE];

	marker_read(reason, strlen(reason), marker);
	return marker;
}

static void
a_marker_is_read_only_at_the_very_end(void **state)
{
	(void)state;
	assert_string_equal(marker_in("x [cp:0123456789]"), "0123456789");
	assert_string_equal(marker_in(" [cp:0123456789]"), "0123456789");
	assert_string_equal(marker_in("x [cp:0123456789] "), "");
	assert_string_equal(marker_in("x [cp:0123456789)"), "");
	assert_string_equal(marker_in("x [cp:0123456789]y"), "");
	assert_string_equal(marker_in("[cp:0123456789]"), "");
	assert_string_equal(marker_in("x [cp:012345678]"), "");
	assert_string_equal(marker_in("x [cp:012345678I]"), "");
	assert_string_equal(marker_in("x [cp:012345678a]"), "");
	assert_string_equal(marker_in("x [CP:0123456789]"), "");
	assert_string_equal(
	    marker_in("[cp:AAAAAAAAAA] [cp:0123456789]"), "0123456789");
	assert_string_equal(marker_in(""), "");
}

static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
a_reason_is_cut_so_that_its_marker_fits(void **state)
{
	char sent[REASON_SENT_SIZE], long_reason[3 * 500 + 1];
	size_t i;

	(void)state;
	marker_append("bye", OWN, sent);
	assert_string_equal(sent, "bye [cp:" OWN "]");
	marker_append("", OWN, sent);
	assert_string_equal(sent, "refund [cp:" OWN "]");
	for (i = 0; i < 500; i++)
		memcpy(long_reason + 3 * i, "\xea\xb0\x80", 3);
	long_reason[3 * 500] = '\0';
	marker_append(long_reason, OWN, sent);
	assert_int_equal(characters(sent), REASON_SENT_CHARS);
	assert_string_equal(marker_in(sent), OWN);
	assert_memory_equal(sent, long_reason, 3 * 240);
}

static void
an_id_is_ten_crockford_characters(void **state)
{
	char id[REFUND_ID_SIZE];

	(void)state;
	refund_id_make(0, id);
	assert_string_equal(id, "0000000000");
	refund_id_make(UINT64_MAX, id);
	assert_string_equal(id, "ZZZZZZZZZZ");
	assert_true(refund_id_is_valid(id));
	assert_false(refund_id_is_valid("ZZZZZZZZZ"));
	assert_false(refund_id_is_valid("ZZZZZZZZZZZ"));
	assert_false(refund_id_is_valid("ZZZZZZZZZU"));
	assert_false(refund_id_is_valid("ZZZZZZZZZz"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_marker_is_read_only_at_the_very_end),
		cmocka_unit_test(a_reason_is_cut_so_that_its_marker_fits),
		cmocka_unit_test(an_id_is_ten_crockford_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
