/* SPDX-License-Identifier: MIT */
/*
 * Intake: what of a web server's bytes is a request, and how much of it is
 * taken.  Bytes are pieced together by hand; any others are tests/fuzz's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fastcgi.h>

#include "serve/intake.h"
#include "serve/record.h"

struct wire {
	struct buf bytes;
	struct intake intake;
};

static int
set_up(void **state)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	assert_non_null(wire);
	buf_init(&wire->bytes, (size_t)64 * 1024 * 1024);
	intake_init(&wire->intake);
	*state = wire;
	return 0;
}

static int
tear_down(void **state)
{
	struct wire *wire = *state;

	buf_deinit(&wire->bytes);
	intake_deinit(&wire->intake);
	free(wire);
	return 0;
}

static void
put(struct wire *wire, unsigned char type, uint16_t id, const void *content,
    size_t len)
{
	assert_int_equal(
	    record_add(&wire->bytes, type, id, content, len), FAULT_NONE);
}

static void
put_begin(struct wire *wire, uint16_t id)
{
	const unsigned char content[8] = { 0, FCGI_RESPONDER, FCGI_KEEP_CONN };

	put(wire, FCGI_BEGIN_REQUEST, id, content, sizeof(content));
}

static void
put_head(struct wire *wire)
{
	put_begin(wire, 1);
	put(wire, FCGI_PARAMS, 1, "\1\2Aab\2\0Bc", 9);
	put(wire, FCGI_PARAMS, 1, NULL, 0);
}

/* All bytes put so far, in one piece; *ret_left of them were not used. */
static enum intake_verdict
feed(struct wire *wire, size_t *ret_left)
{
	enum intake_verdict verdict;
	size_t used;

	verdict = intake_feed(&wire->intake, buf_bytes(&wire->bytes),
	    buf_len(&wire->bytes), &used);
	*ret_left = buf_len(&wire->bytes) - used;
	buf_clear(&wire->bytes);
	return verdict;
}

static void
expect(struct wire *wire, enum intake_verdict verdict)
{
	size_t left;

	assert_int_equal(feed(wire, &left), verdict);
}

static void
a_request_is_whole_when_its_body_ends(void **state)
{
	struct wire *wire = *state;
	struct intake *intake = &wire->intake;

	put_head(wire);
	put(wire, FCGI_STDIN, 1, "{}", 2);
	expect(wire, INTAKE_MORE);
	put(wire, FCGI_STDIN, 1, NULL, 0);
	expect(wire, INTAKE_WHOLE);
	assert_string_equal(intake->variables[0], "A=ab");
	assert_string_equal(intake->variables[1], "Bc=");
	assert_null(intake->variables[2]);
	assert_string_equal(buf_bytes(&intake->body), "{}");
	assert_true(intake->is_kept);
	assert_false(intake->is_cut);
}

static void
what_is_behind_a_request_is_not_part_of_it(void **state)
{
	struct wire *wire = *state;
	size_t left;

	put_head(wire);
	put(wire, FCGI_STDIN, 1, NULL, 0);
	put_begin(wire, 1);
	assert_int_equal(feed(wire, &left), INTAKE_WHOLE);
	assert_int_equal(left, 16);
}

static void
parameters_without_end_are_refused(void **state)
{
	char pair[1026] = "\1\x80\0\4\0A";
	struct wire *wire = *state;
	size_t n;

	put_begin(wire, 1);
	for (n = 0; n + sizeof(pair) <= INTAKE_PARAMS_MAX; n += sizeof(pair))
		put(wire, FCGI_PARAMS, 1, pair, sizeof(pair));
	expect(wire, INTAKE_MORE);
	assert_true(intake_held(&wire->intake) <= 2 * INTAKE_PARAMS_MAX);
	put(wire, FCGI_PARAMS, 1, pair, sizeof(pair));
	expect(wire, INTAKE_BAD);
}

static void
too_many_parameters_are_refused(void **state)
{
	struct wire *wire = *state;
	int i;

	put_begin(wire, 1);
	for (i = 0; i < INTAKE_NAMES_MAX; i++)
		put(wire, FCGI_PARAMS, 1, "\1\0A", 3);
	expect(wire, INTAKE_MORE);
	put(wire, FCGI_PARAMS, 1, "\1\0A", 3);
	put(wire, FCGI_PARAMS, 1, NULL, 0);
	expect(wire, INTAKE_BAD);
}

/* Lengths at which libfcgi 2.4.2 ends the program, among others. */
static void
lengths_past_the_end_are_refused(void **state)
{
	static const char *const lengths[] = { "\xff\xff\xff\xff\xff\xff\xff"
					       "\xff",
		"\xff\xff\xff\xfe\xff\xff\xff\xfe", "\x80\0\0\4\x80\0\0\0",
		"\x80\0\0\1\xff\xff\xff\xff" };
	struct wire *wire = *state;
	char content[11] = "........abc";
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memcpy(content, lengths[i], 8);
		intake_deinit(&wire->intake);
		intake_init(&wire->intake);
		put_begin(wire, 1);
		put(wire, FCGI_PARAMS, 1, content, sizeof(content));
		expect(wire, INTAKE_MORE);
		put(wire, FCGI_PARAMS, 1, NULL, 0);
		expect(wire, INTAKE_BAD);
	}
}

/* "REMOTE_USER=x" would be found under REMOTE_USER. */
static void
a_name_that_is_none_is_refused(void **state)
{
	static const char *const names[] = { "\3\1A=ab", "\3\1A\0bc",
		"\0\4abcd", "\1\3Aa\0b" };
	struct wire *wire = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		intake_deinit(&wire->intake);
		intake_init(&wire->intake);
		put_begin(wire, 1);
		put(wire, FCGI_PARAMS, 1, names[i], 6);
		put(wire, FCGI_PARAMS, 1, NULL, 0);
		expect(wire, INTAKE_BAD);
	}
}

static void
put_body(struct wire *wire, size_t len)
{
	static const char some[32768];
	size_t n;

	for (; len > 0; len -= n) {
		n = len < sizeof(some) ? len : sizeof(some);
		put(wire, FCGI_STDIN, 1, some, n);
	}
}

static void
of_a_large_body_no_more_is_kept_than_shows_it(void **state)
{
	struct wire *wire = *state;

	put_head(wire);
	put_body(wire, INTAKE_DRAIN_MAX);
	expect(wire, INTAKE_MORE);
	assert_int_equal(buf_len(&wire->intake.body), WEB_BODY_MAX + 1);
	put(wire, FCGI_STDIN, 1, NULL, 0);
	expect(wire, INTAKE_WHOLE);
	assert_false(wire->intake.is_cut);
}

static void
the_end_of_a_larger_body_is_not_waited_for(void **state)
{
	struct wire *wire = *state;

	put_head(wire);
	put_body(wire, INTAKE_DRAIN_MAX + 1);
	expect(wire, INTAKE_WHOLE);
	assert_true(wire->intake.is_cut);
}

static void
records_of_others_without_end_are_refused(void **state)
{
	static const char some[32768];
	struct wire *wire = *state;
	size_t n;

	put_head(wire);
	for (n = 0; n < INTAKE_BYTES_MAX; n += sizeof(some))
		put(wire, FCGI_STDIN, 2, some, sizeof(some));
	expect(wire, INTAKE_BAD);
}

static void
a_second_request_is_told_that_requests_do_not_mix(void **state)
{
	const unsigned char refusal[16] = { 1, FCGI_END_REQUEST, 0, 2, 0,
		8, [12] = FCGI_CANT_MPX_CONN };
	struct wire *wire = *state;

	put_begin(wire, 1);
	put_begin(wire, 2);
	put(wire, FCGI_PARAMS, 2, "\1\1Ab", 4);
	put(wire, FCGI_STDIN, 2, NULL, 0);
	expect(wire, INTAKE_MORE);
	assert_int_equal(buf_len(&wire->intake.answers), sizeof(refusal));
	assert_memory_equal(
	    buf_bytes(&wire->intake.answers), refusal, sizeof(refusal));
	put(wire, FCGI_PARAMS, 1, NULL, 0);
	put(wire, FCGI_STDIN, 1, NULL, 0);
	expect(wire, INTAKE_WHOLE);
	assert_null(wire->intake.variables[0]);
}

static void
a_peer_that_asks_is_answered(void **state)
{
	static const char asked[] = "\x0e\0FCGI_MAX_CONNS\x0f\0FCGI_MPXS_CONNS";
	static const char known[] = "\x0f\1FCGI_MPXS_CONNS0";
	struct wire *wire = *state;
	struct buf *answers = &wire->intake.answers;

	put(wire, FCGI_GET_VALUES, 0, asked, sizeof(asked) - 1);
	expect(wire, INTAKE_MORE);
	assert_int_equal(buf_len(answers), 8 + sizeof(known) - 1);
	assert_int_equal(buf_bytes(answers)[1], FCGI_GET_VALUES_RESULT);
	assert_memory_equal(buf_bytes(answers) + 8, known, sizeof(known) - 1);
	buf_clear(answers);
	put(wire, 77, 0, "?", 1);
	expect(wire, INTAKE_MORE);
	assert_int_equal(buf_bytes(answers)[1], FCGI_UNKNOWN_TYPE);
	assert_int_equal(buf_bytes(answers)[8], 77);
}

static void
a_request_given_up_is_none(void **state)
{
	struct wire *wire = *state;

	/* One that is over already, on a kept connection. */
	put(wire, FCGI_ABORT_REQUEST, 1, NULL, 0);
	put_head(wire);
	expect(wire, INTAKE_MORE);
	put(wire, FCGI_ABORT_REQUEST, 1, NULL, 0);
	expect(wire, INTAKE_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_request_is_whole_when_its_body_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_behind_a_request_is_not_part_of_it, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    parameters_without_end_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    too_many_parameters_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    lengths_past_the_end_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_name_that_is_none_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    of_a_large_body_no_more_is_kept_than_shows_it, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    the_end_of_a_larger_body_is_not_waited_for, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    records_of_others_without_end_are_refused, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_second_request_is_told_that_requests_do_not_mix, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_peer_that_asks_is_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_request_given_up_is_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
