/* SPDX-License-Identifier: MIT */
/*
 * The log: one line an event, whatever the text holds.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

#define THREADS 8
#define EVENTS  200

static char path[] = "/tmp/log-t.XXXXXX";
static struct fault_note note;

/* A fresh file, so that each test reads its own lines. */
static void
open_file(enum log_level level, bool is_json)
{
	(void)unlink(path);
	assert_int_equal(
	    log_open("test", level, is_json, path, &note), FAULT_NONE);
}

static const char *
written(void)
{
	static char text[262144];
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	assert_int_equal(fclose(file), 0);
	log_close();
	return text;
}

static void
the_file_is_for_its_owner_only(void **state)
{
	struct stat st;

	(void)state;
	open_file(LOG_LEVEL_INFO, false);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	log_close();
}

static void
lines_below_the_level_are_left_out(void **state)
{
	const char *text;

	(void)state;
	open_file(LOG_LEVEL_WARNING, false);
	log_event(LOG_LEVEL_INFO, "quiet", "no");
	log_event(LOG_LEVEL_WARNING, "heard", "%d", 1);
	log_event(LOG_LEVEL_ERROR, "loud", "2");
	text = written();
	assert_null(strstr(text, "quiet"));
	assert_non_null(strstr(text, " warning heard: 1\n"));
	assert_non_null(strstr(text, " error loud: 2\n"));
}

static void
an_outside_text_can_not_forge_a_line(void **state)
{
	const char *text;

	(void)state;
	open_file(LOG_LEVEL_INFO, false);
	log_event(LOG_LEVEL_INFO, "text", "%s",
	    "a\nb\033[2J\\\xc2\x9b환불\x7f\u00e9\u00a9");
	log_event(LOG_LEVEL_INFO, "turned", "%s",
	    "1\u2028\u2029\u202e2\u200f\u2066\u061c3\u200b\u202f\u0628");
	text = written();
	assert_non_null(strstr(
	    text, "a\\u000ab\\u001b[2J\\\\\\u009b환불\\u007f\u00e9\u00a9\n"));
	assert_non_null(strstr(text,
	    "1\\u2028\\u2029\\u202e2\\u200f\\u2066\\u061c3\u200b\u202f\u0628"
	    "\n"));
	assert_int_equal(strchr(text, '\n')[1], '2');
	text = strchr(text, '\n') + 1;
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
json_stays_json(void **state)
{
	const char *text;

	(void)state;
	open_file(LOG_LEVEL_INFO, true);
	log_event(LOG_LEVEL_INFO, "text", "%s", "a\"b\\c\nd\xff");
	text = written();
	assert_int_equal(strncmp(text, "{\"time\":\"20", 11), 0);
	assert_non_null(strstr(text, "\"program\":\"test\",\"pid\":"));
	assert_non_null(strstr(text,
	    "\"level\":\"info\",\"event\":\"text\","
	    "\"message\":\"a\\\"b\\\\c\\u000ad?\"}\n"));
}

static void
a_long_text_is_cut_between_characters(void **state)
{
	char longer[4096];
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i + 3 < sizeof(longer); i += 3)
		memcpy(longer + i, "환", 4);
	open_file(LOG_LEVEL_INFO, true);
	log_event(LOG_LEVEL_INFO, "long", "%s", longer);
	text = written();
	assert_null(strchr(text, '?'));
	assert_non_null(strstr(text, "환\"}\n"));
}

static void *
many(void *arg)
{
	int i;

	for (i = 0; i < EVENTS; i++)
		log_event(LOG_LEVEL_INFO, "many", "%s", (const char *)arg);
	return NULL;
}

static void
lines_of_threads_do_not_mix(void **state)
{
	static char texts[THREADS][64];
	pthread_t threads[THREADS];
	const char *line, *end;
	int i, n = 0;

	(void)state;
	open_file(LOG_LEVEL_INFO, false);
	for (i = 0; i < THREADS; i++) {
		memset(texts[i], 'a' + i, sizeof(texts[i]) - 1);
		assert_int_equal(
		    pthread_create(&threads[i], NULL, many, texts[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (line = written(); (end = strchr(line, '\n')) != NULL; n++) {
		const char *said = strstr(line, "many: ") + 6;

		assert_int_equal(end - said, 63);
		assert_int_equal(strspn(said, (char[]){ *said, '\0' }), 63);
		line = end + 1;
	}
	assert_int_equal(n, THREADS * EVENTS);
}

static void
a_file_that_can_not_be_opened_is_a_fault(void **state)
{
	(void)state;
	assert_int_equal(
	    log_open("test", LOG_LEVEL_INFO, false, "/nowhere/log", &note),
	    FAULT_CONFIG);
	assert_non_null(strstr(note.text, "/nowhere/log"));
}

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) != 0;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_is_for_its_owner_only),
		cmocka_unit_test(lines_below_the_level_are_left_out),
		cmocka_unit_test(an_outside_text_can_not_forge_a_line),
		cmocka_unit_test(json_stays_json),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(lines_of_threads_do_not_mix),
		cmocka_unit_test(a_file_that_can_not_be_opened_is_a_fault),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
