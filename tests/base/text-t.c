/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, URL segments and JSON strings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void
well_formed_text_is_taken(void **state)
{
	static const char *const good[] = { "", "abc", "\x7f", "환불",
		"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_utf8_is_valid(good[i], strlen(good[i])));
}

static void
everything_else_is_refused(void **state)
{
	static const char *const bad[] = { "\x80", "a\xbf", "\xc0\x80",
		"\xc1\xbf", "\xc2", "\xc2g", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xed\x95", "\xed\x95g", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "\xf0\x9f\x98" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_utf8_is_valid(bad[i], strlen(bad[i])));
	assert_false(text_utf8_is_valid("a\0b", 3));
}

/* Eight bytes are looked at at once where they can be. */
static void
one_bad_byte_anywhere_is_seen(void **state)
{
	static const char bad[] = { '\0', '\x80', '\xff' };
	char text[20];
	size_t at, i;

	(void)state;
	for (at = 0; at < sizeof(text); at++) {
		for (i = 0; i < sizeof(bad); i++) {
			memset(text, at % 2 == 0 ? 1 : 0x7f, sizeof(text));
			assert_true(text_utf8_is_valid(text, sizeof(text)));
			text[at] = bad[i];
			assert_false(text_utf8_is_valid(text, sizeof(text)));
		}
	}
}

static void
characters_are_counted_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_utf8_length("", 0), 0);
	assert_int_equal(text_utf8_length("abc", 3), 3);
	assert_int_equal(text_utf8_length("환불 a", strlen("환불 a")), 4);
	assert_int_equal(text_utf8_length("\xf0\x9f\x98\x80", 4), 1);
}

static void
a_cut_falls_between_characters(void **state)
{
	const char *text = "a환불";

	(void)state;
	assert_int_equal(text_utf8_cut(text, 7, 9), 7);
	assert_int_equal(text_utf8_cut(text, 7, 7), 7);
	assert_int_equal(text_utf8_cut(text, 7, 6), 4);
	assert_int_equal(text_utf8_cut(text, 7, 4), 4);
	assert_int_equal(text_utf8_cut(text, 7, 3), 1);
	assert_int_equal(text_utf8_cut(text, 7, 0), 0);
}

static void
a_url_segment_holds_only_unreserved_characters(void **state)
{
	struct fault_note note;
	struct buf buf;

	(void)state;
	buf_init(&buf, 40);
	assert_int_equal(text_url(&buf, "aZ09-._~", &note), FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), "aZ09-._~");
	buf_clear(&buf);
	assert_int_equal(text_url(&buf, "a/b c%?#+환", &note), FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), "a%2Fb%20c%25%3F%23%2B%ED%99%98");
	assert_int_equal(text_url(&buf, "////", &note), FAULT_INPUT);
	buf_deinit(&buf);
}

static void
hexadecimal_digits_have_their_values(void **state)
{
	static const char digits[] = "0123456789abcdef", big[] = "ABCDEF";
	int i;

	(void)state;
	for (i = 0; i < 16; i++)
		assert_int_equal(text_hex_digit(digits[i]), i);
	for (i = 0; i < 6; i++)
		assert_int_equal(text_hex_digit(big[i]), 10 + i);
	assert_int_equal(text_hex_digit('g'), -1);
	assert_int_equal(text_hex_digit('/'), -1);
	assert_int_equal(text_hex_digit('\0'), -1);
}

static void
url_encoded_text_is_decoded_or_refused(void **state)
{
	static const char *const bad[] = { "%", "%4", "%zz", "%4g", "a%00b",
		"%ff", "%ed%a0%80" };
	char text[8];
	size_t i;

	(void)state;
	assert_true(text_url_decode("a%2Fb+%3d", 9, false, text, sizeof(text)));
	assert_string_equal(text, "a/b+=");
	assert_true(text_url_decode("+%2b", 4, true, text, sizeof(text)));
	assert_string_equal(text, " +");
	assert_true(text_url_decode("%ED%99%98", 9, false, text, sizeof(text)));
	assert_string_equal(text, "환");
	assert_true(text_url_decode("", 0, false, text, sizeof(text)));
	assert_string_equal(text, "");
	assert_true(text_url_decode("%41234567", 9, false, text, 8));
	assert_false(text_url_decode("%412345678", 10, false, text, 8));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_url_decode(
		    bad[i], strlen(bad[i]), true, text, sizeof(text)));
	/* The escape has to end within len. */
	assert_false(text_url_decode("a%41", 3, false, text, sizeof(text)));
}

static void
a_json_string_escapes_what_it_has_to(void **state)
{
	struct fault_note note;
	struct buf buf;

	(void)state;
	buf_init(&buf, 40);
	assert_int_equal(text_json(&buf, "", 0, &note), FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), "\"\"");
	buf_clear(&buf);
	assert_int_equal(
	    text_json(&buf, "\"a\\\n/환\x7f!!!", 9, &note), FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), "\"\\\"a\\\\\\u000a/환\x7f\"");
	buf_clear(&buf);
	assert_int_equal(
	    text_json(&buf, "\1\2\3\4\5\6\7", 7, &note), FAULT_INPUT);
	buf_deinit(&buf);
}

static void
what_only_json_c_takes_for_json_is_told(void **state)
{
	static const char *const plain[] = { "", "{}", "{\"NaN\":\"it's\"}",
		"[\"\\\"'\",-1.5E3,true,null]", "\"\\\\\"",
		"\"\\ud55c\\uff01\"", "\"\\ud83d\\ude00\"" };
	static const char *const other[] = { "{'a':1}", "[NaN]", "[-Infinity]",
		"[\"\\\\\",'']", "'",
		/* A NUL, and halves of characters. */
		"\"\\u0000\"", "\"\\udc00\"", "\"\\ud83d\"",
		"\"\\ud83d      \"", "\"\\ud83d\\n     \"",
		"\"\\ud83d\\ud83d\"", "\"\\ud83d\\uff01\"" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_true(text_json_is_plain(plain[i], strlen(plain[i])));
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_false(text_json_is_plain(other[i], strlen(other[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_text_is_taken),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(one_bad_byte_anywhere_is_seen),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(a_cut_falls_between_characters),
		cmocka_unit_test(
		    a_url_segment_holds_only_unreserved_characters),
		cmocka_unit_test(hexadecimal_digits_have_their_values),
		cmocka_unit_test(url_encoded_text_is_decoded_or_refused),
		cmocka_unit_test(a_json_string_escapes_what_it_has_to),
		cmocka_unit_test(what_only_json_c_takes_for_json_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
