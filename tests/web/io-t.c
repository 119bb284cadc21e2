/* SPDX-License-Identifier: MIT */
/*
 * The CGI side of web_io: environment, stdin and stdout of this very process.
 * (All other tests go through the FastCGI side.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "web/web_io.h"
#include "web/web_reply.h"

/*
 * Reads bytes as a CGI body.  The pipe's other end stays open when is_held, so
 * that reading too far would hang until the alarm.
 */
static enum web_body
read_body(const char *bytes, bool is_held, struct buf *body)
{
	struct web_io io = { NULL };
	int ends[2], kept = dup(STDIN_FILENO);
	enum web_body how;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
	    write(ends[1], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	if (!is_held)
		assert_int_equal(close(ends[1]), 0);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	(void)alarm(10);
	buf_init(body, WEB_BODY_MAX);
	how = web_io_body(&io, body);
	(void)alarm(0);
	assert_true(web_io_is_drained(&io));
	assert_true(dup2(kept, STDIN_FILENO) >= 0);
	(void)close(kept);
	(void)close(ends[0]);
	if (is_held)
		(void)close(ends[1]);
	return how;
}

static void
set(const char *method, const char *length, const char *coding)
{
	assert_int_equal(setenv("REQUEST_METHOD", method, 1), 0);
	assert_int_equal(unsetenv("CONTENT_LENGTH"), 0);
	assert_int_equal(unsetenv("HTTP_TRANSFER_ENCODING"), 0);
	if (length != NULL)
		assert_int_equal(setenv("CONTENT_LENGTH", length, 1), 0);
	if (coding != NULL)
		assert_int_equal(
		    setenv("HTTP_TRANSFER_ENCODING", coding, 1), 0);
}

static void
variables_are_the_environment(void **state)
{
	struct web_io io = { NULL };

	(void)state;
	assert_int_equal(setenv("HTTP_X_TEST", "a=b", 1), 0);
	assert_string_equal(web_io_param(&io, "HTTP_X_TEST"), "a=b");
	assert_int_equal(web_io_param_count(&io, "HTTP_X_TEST"), 1);
	assert_null(web_io_param(&io, "HTTP_X_TES"));
	assert_int_equal(web_io_param_count(&io, "HTTP_X_TES"), 0);
}

static void
no_byte_past_the_length_is_read(void **state)
{
	struct buf body;

	(void)state;
	set("POST", "3", NULL);
	assert_int_equal(read_body("abcdef", true, &body), WEB_BODY_READ);
	assert_string_equal(buf_bytes(&body), "abc");
	buf_deinit(&body);
}

static void
without_a_length_nothing_is_read(void **state)
{
	struct buf body;

	(void)state;
	set("GET", NULL, NULL);
	assert_int_equal(read_body("abc", true, &body), WEB_BODY_READ);
	assert_int_equal(buf_len(&body), 0);
	set("POST", "", NULL);
	assert_int_equal(read_body("abc", true, &body), WEB_BODY_NO_LENGTH);
	set("POST", "x", NULL);
	assert_int_equal(read_body("abc", true, &body), WEB_BODY_BAD_LENGTH);
	buf_deinit(&body);
}

static void
a_chunked_body_ends_with_its_input(void **state)
{
	struct buf body;

	(void)state;
	set("POST", NULL, "Chunked");
	assert_int_equal(read_body("abc", false, &body), WEB_BODY_READ);
	assert_string_equal(buf_bytes(&body), "abc");
	buf_deinit(&body);
}

static void
a_body_that_ends_early_is_short(void **state)
{
	struct buf body;

	(void)state;
	set("POST", "9", NULL);
	assert_int_equal(read_body("abc", false, &body), WEB_BODY_SHORT);
	buf_deinit(&body);
	set("POST", "999999999999999999", NULL);
	assert_int_equal(read_body("abc", false, &body), WEB_BODY_TOO_LARGE);
	buf_deinit(&body);
}

static void
the_answer_goes_to_stdout(void **state)
{
	struct web_io io = { NULL };
	struct web_reply reply;
	int ends[2], kept = dup(STDOUT_FILENO);
	char answer[1024] = "";
	enum fault f;

	(void)state;
	web_reply_init(&reply);
	assert_int_equal(web_reply_health(true, &reply, NULL), FAULT_NONE);
	assert_int_equal(pipe(ends), 0);
	(void)fflush(stdout);
	assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
	f = web_io_reply(&io, &reply, NULL);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	(void)close(kept);
	(void)close(ends[1]);
	assert_int_equal(f, FAULT_NONE);
	assert_true(read(ends[0], answer, sizeof(answer) - 1) > 0);
	(void)close(ends[0]);
	assert_memory_equal(answer, "Status: 200 OK\r\n", 16);
	assert_string_equal(
	    strstr(answer, "\r\n\r\n"), "\r\n\r\n{\"status\":\"ok\"}");
	web_reply_deinit(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_the_environment),
		cmocka_unit_test(no_byte_past_the_length_is_read),
		cmocka_unit_test(without_a_length_nothing_is_read),
		cmocka_unit_test(a_chunked_body_ends_with_its_input),
		cmocka_unit_test(a_body_that_ends_early_is_short),
		cmocka_unit_test(the_answer_goes_to_stdout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
