/* SPDX-License-Identifier: MIT */
/*
 * Every form a configured value may have, and where each ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "base/conf_value.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MOST     40 /* bytes, in every row */
/* 41 letters: one too many. */
#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmno"

static const struct row {
	conf_value *reads;
	const char *text;
	const char *value; /* NULL: refused */
} rows[] = {
	{ conf_value_text, "", "" },
	{ conf_value_text, "!~", "!~" },
	{ conf_value_text, "a b", NULL },
	{ conf_value_text, "a\x7f", NULL },
	{ conf_value_text, "\xec\x9b\x90", NULL },
	{ conf_value_text, LONG, NULL },
	{ conf_value_word, "a-Z_9", "a-Z_9" },
	{ conf_value_word, "a.b", NULL },
	{ conf_value_word, LONG, NULL },
	{ conf_value_path, "", "" },
	{ conf_value_path, "/\xec\x9b\x90", "/\xec\x9b\x90" },
	{ conf_value_path, "a/b", NULL },
	{ conf_value_path, "/\xec\x9b", NULL },
	{ conf_value_path, "/" LONG, NULL },
	{ conf_value_store_url, "sqlite:/a.db", "/a.db" },
	{ conf_value_store_url, "sqlite:a.db", NULL },
	{ conf_value_store_url, "/a.db", NULL },
	{ conf_value_store_url, "sqlite:/" LONG, NULL },
	{ conf_value_base_url, "https://h", "https://h" },
	{ conf_value_base_url, "https://h//", "https://h" },
	{ conf_value_base_url, "https://h/a/b.c_d~e-f/",
	    "https://h/a/b.c_d~e-f" },
	{ conf_value_base_url, "https://h:65535", "https://h:65535" },
	{ conf_value_base_url, "https://h:65536", NULL },
	{ conf_value_base_url, "https://h:123456", NULL },
	{ conf_value_base_url, "https://h:0", NULL },
	{ conf_value_base_url, "https://h:", NULL },
	{ conf_value_base_url, "https://h:1a", NULL },
	{ conf_value_base_url, "https://", NULL },
	{ conf_value_base_url, "https://h/?a", NULL },
	{ conf_value_base_url, "https://h?a", NULL },
	{ conf_value_base_url, "https://u@h", NULL },
	{ conf_value_base_url, "ftp://h", NULL },
	{ conf_value_base_url, "https://[2001:db8::1]:8",
	    "https://[2001:db8::1]:8" },
	{ conf_value_base_url, "https://[2001:db8::1", NULL },
	{ conf_value_base_url, "https://[]", NULL },
	{ conf_value_base_url, "https://[::1]a", NULL },
	{ conf_value_base_url, "https://" LONG, NULL },
	/* In the clear only within this machine. */
	{ conf_value_base_url, "http://localhost", "http://localhost" },
	{ conf_value_base_url, "http://127.9.9.9", "http://127.9.9.9" },
	{ conf_value_base_url, "http://[::1]:80", "http://[::1]:80" },
	{ conf_value_base_url, "http://128.0.0.1", NULL },
	{ conf_value_base_url, "http://[::2]", NULL },
	{ conf_value_base_url, "http://[1::1]", NULL },
	{ conf_value_base_url, "http://[0:1::1]", NULL },
	{ conf_value_base_url, "http://[0:0:0:1::1]", NULL },
	{ conf_value_base_url, "http://[0:0:0:0:1::1]", NULL },
	{ conf_value_base_url, "http://[::1:1]", NULL },
	{ conf_value_base_url, "http://localhost.evil", NULL },
	{ conf_value_user_param, "", "" },
	{ conf_value_user_param, "SHOP_USER1", "SHOP_USER1" },
	{ conf_value_user_param, "1SHOP", NULL },
	{ conf_value_user_param, "shop", NULL },
	{ conf_value_user_param, "SHOP-USER", NULL },
	{ conf_value_user_param, "HTTP_USER", NULL },
	{ conf_value_user_param, "REMOTE_ADDR", NULL },
	{ conf_value_user_param, "HTTPS", NULL },
	{ conf_value_origins, "", "" },
	{ conf_value_origins, "https://a http://b:1", "https://a http://b:1" },
	{ conf_value_origins, "https://a/", NULL },
	{ conf_value_origins, "https://a b", NULL },
	{ conf_value_origins, "https://" LONG, NULL },
	{ conf_value_addresses, "", "" },
	{ conf_value_addresses, "10.0.0.0/8 ::1", "10.0.0.0/8 ::1" },
	{ conf_value_addresses, "10.0.0.0/33", NULL },
	{ conf_value_addresses, "10.0.0.0/8 10.0.0.0/8 10.0.0.0/8 10.0.0.0/8",
	    NULL },
	{ conf_value_listen, "", "" },
	{ conf_value_listen, "/run/a.sock", "/run/a.sock" },
	{ conf_value_listen, "127.0.0.1:9000", "127.0.0.1:9000" },
	{ conf_value_listen, "[::1]:9000", "[::1]:9000" },
	{ conf_value_listen, "localhost:9000", "localhost:9000" },
	{ conf_value_listen, "0.0.0.0:9000", NULL },
	{ conf_value_listen, "192.0.2.1:9000", NULL },
	{ conf_value_listen, "127.0.0.1:0", NULL },
	{ conf_value_listen, ":9000", NULL },
	{ conf_value_listen, "9000", NULL },
	{ conf_value_listen, "/" LONG, NULL },
	{ conf_value_target, "stderr", "stderr" },
	{ conf_value_target, "syslog", "syslog" },
	{ conf_value_target, "/var/log/a", "/var/log/a" },
	{ conf_value_target, "stdout", NULL },
	{ conf_value_target, "", NULL },
	{ conf_value_target, "/" LONG, NULL },
};

static void
a_text_has_its_form_or_is_refused(void **state)
{
	char value[CONF_TEXT_SIZE];
	size_t i;
	bool is;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		is = rows[i].reads(rows[i].text, 0, MOST, value);
		if (is != (rows[i].value != NULL))
			fail_msg("row %zu, \"%s\": %s", i, rows[i].text,
			    is ? "taken" : "refused");
		if (is)
			assert_string_equal(value, rows[i].value);
	}
}

/* Whatever most says, there is room for so much only. */
static void
a_text_never_passes_its_room(void **state)
{
	char text[CONF_TEXT_SIZE + 1], value[CONF_TEXT_SIZE];

	(void)state;
	memset(text, 'a', CONF_TEXT_SIZE);
	text[CONF_TEXT_SIZE] = '\0';
	assert_false(conf_value_text(text, 0, 2 * CONF_TEXT_SIZE, value));
	assert_true(conf_value_text(text + 1, 0, 2 * CONF_TEXT_SIZE, value));
	assert_string_equal(value, text + 1);
}

static void
a_name_of_a_host_is_not_endless(void **state)
{
	char text[8 + 256 + 1] = "https://", value[CONF_TEXT_SIZE];

	(void)state;
	memset(text + 8, 'a', 256);
	text[sizeof(text) - 1] = '\0';
	assert_false(conf_value_base_url(text, 0, CONF_TEXT_SIZE, value));
	text[sizeof(text) - 2] = '\0';
	assert_true(conf_value_base_url(text, 0, CONF_TEXT_SIZE, value));
}

static void
this_machine_is_known_by_its_names(void **state)
{
	(void)state;
	assert_true(conf_value_is_here("http://127.0.0.1:1/a"));
	assert_true(conf_value_is_here("https://[::1]"));
	assert_true(conf_value_is_here("https://localhost/"));
	assert_false(conf_value_is_here("https://api.iamport.kr"));
	assert_false(conf_value_is_here("localhost"));
}

static void
a_word_of_few_is_one_of_them(void **state)
{
	enum conf_auth mode = CONF_AUTH_NONE;
	enum conf_log_format format = CONF_LOG_TEXT;

	(void)state;
	assert_true(conf_value_mode("ticket", 0, 0, &mode));
	assert_int_equal(mode, CONF_AUTH_TICKET);
	assert_true(conf_value_mode("remote-user", 0, 0, &mode));
	assert_int_equal(mode, CONF_AUTH_REMOTE_USER);
	assert_true(conf_value_mode("none", 0, 0, &mode));
	assert_int_equal(mode, CONF_AUTH_NONE);
	assert_true(conf_value_mode("", 0, 0, &mode));
	assert_int_equal(mode, CONF_AUTH_UNSET);
	assert_false(conf_value_mode("None", 0, 0, &mode));
	assert_int_equal(mode, CONF_AUTH_UNSET);
	assert_true(conf_value_format("json", 0, 0, &format));
	assert_int_equal(format, CONF_LOG_JSON);
	assert_true(conf_value_format("text", 0, 0, &format));
	assert_int_equal(format, CONF_LOG_TEXT);
	assert_false(conf_value_format("xml", 0, 0, &format));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_has_its_form_or_is_refused),
		cmocka_unit_test(a_text_never_passes_its_room),
		cmocka_unit_test(a_name_of_a_host_is_not_endless),
		cmocka_unit_test(this_machine_is_known_by_its_names),
		cmocka_unit_test(a_word_of_few_is_one_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
