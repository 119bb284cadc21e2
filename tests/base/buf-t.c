/* SPDX-License-Identifier: MIT */
/*
 * The bounded buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
an_empty_buffer_is_an_empty_text(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	assert_string_equal(buf_bytes(&buf), "");
	assert_int_equal(buf_len(&buf), 0);
	buf_deinit(&buf);
	buf_deinit(&buf);
}

static void
it_takes_exactly_its_ceiling(void **state)
{
	struct fault_note note;
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	assert_int_equal(buf_add(&buf, "abc", 3, &note), FAULT_NONE);
	assert_int_equal(buf_add(&buf, "def", 3, &note), FAULT_INPUT);
	assert_string_equal(note.text, "more than 5 bytes");
	assert_string_equal(buf_bytes(&buf), "abc");
	assert_int_equal(buf_printf(&buf, &note, "%s", "def"), FAULT_INPUT);
	assert_int_equal(buf_printf(&buf, &note, "%d", 42), FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), "abc42");
	assert_int_equal(buf_add(&buf, "x", 1, NULL), FAULT_INPUT);
	assert_int_equal(buf_add(&buf, "x", SIZE_MAX, NULL), FAULT_INPUT);
	buf_deinit(&buf);
}

static void
it_grows_and_keeps_every_byte(void **state)
{
	struct buf buf;
	size_t i;

	(void)state;
	buf_init(&buf, 100000);
	for (i = 0; i < 100000; i++)
		assert_int_equal(
		    buf_add(&buf, &"\0abc"[i % 4], 1, NULL), FAULT_NONE);
	assert_int_equal(buf_len(&buf), 100000);
	for (i = 0; i < 100000; i++)
		assert_int_equal(buf_bytes(&buf)[i], "\0abc"[i % 4]);
	assert_int_equal(buf_bytes(&buf)[100000], '\0');
	buf_deinit(&buf);
}

static void
what_it_held_is_wiped_when_cleared(void **state)
{
	static const char zeros[16];
	struct buf buf;

	(void)state;
	buf_init(&buf, 16);
	assert_int_equal(buf_add_text(&buf, "110-123-456789", NULL), 0);
	buf_clear(&buf);
	assert_int_equal(buf_len(&buf), 0);
	assert_memory_equal(buf.bytes, zeros, 14);
	assert_int_equal(buf_add_text(&buf, "again", NULL), FAULT_NONE);
	assert_string_equal(buf_bytes(&buf), "again");
	buf_deinit(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_an_empty_text),
		cmocka_unit_test(it_takes_exactly_its_ceiling),
		cmocka_unit_test(it_grows_and_keeps_every_byte),
		cmocka_unit_test(what_it_held_is_wiped_when_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
