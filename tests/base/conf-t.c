/* SPDX-License-Identifier: MIT */
/*
 * The configuration: what is read, what is refused, and where it says so.
 */
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

#include "base/conf.h"
#include "base/log.h"

#define STORE "[store]\nurl = sqlite:/tmp/book.db\n"
#define KEYS  "[iamport]\nkey = k\nsecret = s\n"

static char folder[] = "/tmp/conf-t.XXXXXX";
static char *const nothing[] = { NULL };
static struct conf conf;
static struct fault_note note;

static const char *
path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *
file_of(const char *name, const char *text, mode_t mode)
{
	const char *path = path_of(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static enum fault
read_with(const char *text, char *const *environment)
{
	memset(&note, 0, sizeof(note));
	return conf_read(
	    file_of("c.conf", text, 0600), NULL, environment, &conf, &note);
}

/* The note has the line's number, and tells what is wrong. */
static void
refused(const char *text, int line, const char *what)
{
	char where[160];

	assert_int_equal(read_with(text, nothing), FAULT_CONFIG);
	if (line > 0)
		(void)snprintf(
		    where, sizeof(where), "%s:%d: ", path_of("c.conf"), line);
	else
		(void)snprintf(where, sizeof(where), "%s: ", path_of("c.conf"));
	if (strncmp(note.text, where, strlen(where)) != 0 ||
	    strstr(note.text, what) == NULL)
		fail_msg("\"%s\" is not \"%s...%s\"", note.text, where, what);
}

static void
defaults_are_those_of_the_manual(void **state)
{
	(void)state;
	assert_int_equal(read_with(STORE KEYS, nothing), FAULT_NONE);
	assert_string_equal(conf.store_path, "/tmp/book.db");
	assert_string_equal(conf.store_key_file, "/tmp/book.db.key");
	assert_string_equal(conf.iamport_base_url, "https://api.iamport.kr");
	assert_string_equal(conf.iamport_key, "k");
	assert_string_equal(conf.iamport_secret, "s");
	assert_int_equal(conf.iamport_max_connections, 256);
	assert_int_equal(conf.iamport_connect_timeout_ms, 5000);
	assert_int_equal(conf.iamport_timeout_ms, 60000);
	assert_int_equal(conf.iamport_send_within_ms, 10000);
	assert_int_equal(conf.iamport_quiet_ms, 180000);
	assert_int_equal(conf.iamport_pending_days, 30);
	assert_int_equal(conf.auth_mode, CONF_AUTH_UNSET);
	assert_int_equal(conf.policy_duplicate_window_ms, 10000);
	assert_int_equal(conf.policy_order_refunds_per_minute, 30);
	assert_int_equal(conf.policy_caller_refunds_per_minute, 0);
	assert_int_equal(conf.policy_webhook_lookups_per_minute, 600);
	assert_string_equal(conf.policy_webhook_addresses, "");
	assert_int_equal(conf.policy_month_rule, MONTH_RULE_PHONE);
	assert_false(conf.policy_kcp_next_month);
	assert_true(conf.policy_method_checked);
	assert_true(conf.policy_part_checked);
	assert_true(conf.policy_account_required);
	assert_true(conf.policy_bank_checked);
	assert_false(conf.policy_tax_free_required);
	assert_false(conf.policy_vat_amount_required);
	assert_false(conf.policy_reason_required);
	assert_int_equal(conf.server_max_in_flight, 1024);
	assert_int_equal(conf.server_workers, 2);
	assert_string_equal(conf.server_static_dir, PKGDATADIR "/www");
	assert_string_equal(conf.server_listen, "");
	assert_int_equal(conf.server_answer_ms, 25000);
	assert_int_equal(conf.server_drain_ms, 8000);
	assert_int_equal(conf.log_level, LOG_LEVEL_INFO);
	assert_int_equal(conf.log_format, CONF_LOG_TEXT);
	assert_string_equal(conf.log_target, "stderr");
}

static void
blanks_comments_and_crlf_do_not_matter(void **state)
{
	(void)state;
	assert_int_equal(read_with("# one\r\n; two\r\n\r\n  [store]\r\n"
				   "\turl=sqlite:/tmp/b ; three\r\n"
				   "  key_file : /k\r\n" KEYS,
			     nothing),
	    FAULT_NONE);
	assert_string_equal(conf.store_path, "/tmp/b");
	assert_string_equal(conf.store_key_file, "/k");
}

static void
what_is_wrong_is_named_with_file_line_and_key(void **state)
{
	(void)state;
	refused(STORE "[shop]\na = b\n", 4, "[shop] a: unknown section");
	refused(STORE "quiet_ms = 1\n", 3, "[store] quiet_ms: unknown key");
	refused("a = b\n", 1, "unknown section");
	refused(STORE "url = sqlite:/x\n", 3, "[store] url: set before");
	refused(STORE "[iamport]\n\ntimeout_ms = 1s\n", 5,
	    "[iamport] timeout_ms: takes a whole number from 1 to 86400000");
	refused(STORE KEYS "quiet_ms = 69999\n", 6,
	    "[iamport] quiet_ms: shorter than send_within_ms and timeout_ms");
	refused(STORE KEYS "nonsense\n", 6, "neither [section] nor");
	refused(KEYS, 0, "[store] url: missing");
	refused(STORE, 0, "[iamport] key: missing");
	refused(STORE "[iamport]\nkey = k\n", 0, "[iamport] secret: missing");
}

static void
values_of_another_form_are_refused(void **state)
{
	static const char *const bad[] = {
		"[store]\nurl = /tmp/book.db\n",
		"[store]\nurl = sqlite:book.db\n",
		"[store]\nkey_file = key\n",
		"[iamport]\nbase_url = http://api.iamport.kr\n",
		"[iamport]\nbase_url = http://127.0.0.1.evil.kr\n",
		"[iamport]\nbase_url = http://localhost@evil.kr/\n",
		"[iamport]\nbase_url = http://127.1\n",
		"[iamport]\nbase_url = https://user@api.iamport.kr\n",
		"[iamport]\nbase_url = https://api.iamport.kr/?a\n",
		"[iamport]\nbase_url = https://api.iamport.kr:0\n",
		"[iamport]\nbase_url = https://\n",
		"[iamport]\nbase_url = ftp://api.iamport.kr\n",
		"[iamport]\nkey = two words\n",
		"[iamport]\nmax_connections = 0\n",
		"[iamport]\nmax_connections = 10001\n",
		"[iamport]\nmax_connections = -1\n",
		"[iamport]\nmax_connections = 1e3\n",
		"[iamport]\nmax_connections = 99999999999999999999\n",
		"[iamport]\nmax_connections =\n",
		"[iamport]\ntier = a b\n",
		"[auth]\nmode = open\n",
		"[auth]\nuser_param = HTTP_X_USER\n",
		"[auth]\nuser_param = QUERY_STRING\n",
		"[auth]\nuser_param = REQUEST_URI\n",
		"[auth]\nuser_param = PATH_INFO\n",
		"[auth]\nuser_param = CONTENT_TYPE\n",
		"[auth]\nuser_param = SERVER_NAME\n",
		"[auth]\nuser_param = REMOTE_ADDR\n",
		"[server]\nlisten = 0.0.0.0:9000\n",
		"[server]\nlisten = 192.168.0.1:9000\n",
		"[auth]\nuser_param = user\n",
		"[auth]\nallowed_origins = shop.example\n",
		"[auth]\nallowed_origins = https://shop.example/\n",
		"[policy]\nmonth_rule = always\n",
		"[policy]\nreason_required = maybe\n",
		"[policy]\nkcp_next_month = phone\n",
		"[policy]\nmethod_checked = on\n",
		"[policy]\npart_checked = 1\n",
		"[policy]\naccount_required = vbank\n",
		"[policy]\nbank_checked = pg\n",
		"[policy]\ntax_free_required = 0\n",
		"[policy]\nvat_amount_required = No\n",
		"[policy]\norder_refunds_per_minute = -1\n",
		"[policy]\ncaller_refunds_per_minute = 1000001\n",
		"[policy]\ncaller_reads_per_minute = many\n",
		"[policy]\naddress_reads_per_minute = 1.5\n",
		"[policy]\naddress_webhooks_per_minute = 10/min\n",
		"[policy]\nwebhook_lookups_per_minute =\n",
		"[policy]\nwebhook_addresses = shop.example\n",
		"[policy]\nwebhook_addresses = 10.0.0.1/8\n",
		"[server]\nlisten = fcgi.sock\n",
		"[server]\nlisten = 127.0.0.1:70000\n",
		"[server]\nstatic_dir = www\n",
		"[log]\nlevel = loud\n",
		"[log]\nformat = xml\n",
		"[log]\ntarget = file\n",
		"[iamport]\nbase_url = http://[0:0:0:0:0:0:1:1]/\n",
		"[iamport]\nbase_url = http://[0:0:0:1::1]/\n",
		"[iamport]\nbase_url = http://[0:1::1]/\n",
		"[iamport]\nbase_url = http://[1::1]/\n",
		"[iamport]\nbase_url = http://[fe80::1]:8081/\n",
		"[store]\nurl = sqlite:/tmp/\xff\n",
		"[store]\nkey_file = /tmp/\xff\n",
		"[iamport]\nbase_url = http://[::2]:8081\n",
		"[iamport]\nbase_url = http://[::1:8081\n",
		"[iamport]\nbase_url = https://api.iamport.kr:123456\n",
		"[iamport]\nbase_url = https://api.iamport.kr:x\n",
		"[iamport]\nkey = k\xc3\xa9y\n",
		"[auth]\nuser_param = 2USER\n",
		"[auth]\nuser_param = USER-2\n",
		"[server]\nlisten = [::1\n",
		"[log]\ntarget = /tmp/\xff\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i], 2, ": takes ");
}

/* A path or a key longer than there is room for is no shorter one. */
static void
values_too_long_are_refused(void **state)
{
	static const char *const heads[] = {
		"[store]\nurl = sqlite:/",
		"[store]\nkey_file = /",
		"[iamport]\nkey = ",
		"[iamport]\ntier = ",
		"[iamport]\nbase_url = https://api.iamport.kr/",
		"[auth]\nuser_param = CANCELPAY_",
		"[server]\nstatic_dir = /",
		"[server]\nlisten = /",
		"[log]\ntarget = /",
	};
	char text[2048];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		len = strlen(heads[i]);
		memcpy(text, heads[i], len);
		memset(text + len, 'A', CONF_TEXT_SIZE);
		(void)strcpy(text + len + CONF_TEXT_SIZE, "\n");
		refused(text, 2, "");
	}
}

static void
values_of_the_right_form_are_taken(void **state)
{
	(void)state;
	assert_int_equal(
	    read_with(STORE KEYS
		"base_url = http://[::1]:8081/v1/\n"
		"tier = a-1\n[auth]\nmode = remote-user\n"
		"user_param = CANCELPAY_USER\n"
		"allowed_origins = https://a.kr http://b.kr:81\n"
		"[policy]\nmonth_rule = off\nreason_required = yes\n"
		"kcp_next_month = yes\nmethod_checked = no\n"
		"part_checked = no\naccount_required = no\n"
		"bank_checked = no\ntax_free_required = yes\n"
		"vat_amount_required = yes\n"
		"order_refunds_per_minute = 0\n"
		"webhook_addresses = 52.78.100.19 10.0.0.0/8 ::1\n"
		"[server]\nlisten = 127.0.0.1:9000\nstatic_dir =\n"
		"[log]\nlevel = debug\nformat = json\ntarget = /l\n",
		nothing),
	    FAULT_NONE);
	assert_string_equal(conf.iamport_base_url, "http://[::1]:8081/v1");
	assert_string_equal(conf.iamport_tier, "a-1");
	assert_int_equal(conf.auth_mode, CONF_AUTH_REMOTE_USER);
	assert_string_equal(
	    conf.auth_allowed_origins, "https://a.kr http://b.kr:81");
	assert_int_equal(conf.policy_month_rule, MONTH_RULE_OFF);
	assert_true(conf.policy_kcp_next_month);
	assert_false(conf.policy_method_checked);
	assert_false(conf.policy_part_checked);
	assert_false(conf.policy_account_required);
	assert_false(conf.policy_bank_checked);
	assert_true(conf.policy_tax_free_required);
	assert_true(conf.policy_vat_amount_required);
	assert_true(conf.policy_reason_required);
	assert_int_equal(conf.policy_order_refunds_per_minute, 0);
	assert_string_equal(
	    conf.policy_webhook_addresses, "52.78.100.19 10.0.0.0/8 ::1");
	assert_string_equal(conf.server_listen, "127.0.0.1:9000");
	assert_string_equal(conf.server_static_dir, "");
	assert_int_equal(conf.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(conf.log_format, CONF_LOG_JSON);
	assert_string_equal(conf.log_target, "/l");
	assert_int_equal(
	    read_with(STORE KEYS "base_url = http://localhost//\n", nothing),
	    FAULT_NONE);
	assert_string_equal(conf.iamport_base_url, "http://localhost");
}

static void
lines_too_long_or_with_control_characters_are_refused(void **state)
{
	char text[512] = STORE "[iamport]\nkey = ";
	size_t len = strlen(text);

	(void)state;
	memset(text + len, 'x', 300);
	refused(text, 4, "line too long");
	refused(STORE "[iamport]\nkey = a\033b\n", 4, "control character");
}

static void
remote_user_needs_to_know_the_variable(void **state)
{
	(void)state;
	refused(STORE KEYS "[auth]\nmode = remote-user\n", 0,
	    "[auth] user_param: missing");
}

static void
secrets_come_from_files_only_the_owner_reads(void **state)
{
	char text[512], long_one[1100];

	(void)state;
	(void)file_of("k", "from-file\n", 0600);
	(void)snprintf(text, sizeof(text),
	    STORE "[iamport]\nkey_file = %s/k\nsecret_file = %s/k\n", folder,
	    folder);
	assert_int_equal(read_with(text, nothing), FAULT_NONE);
	assert_string_equal(conf.iamport_key, "from-file");
	assert_string_equal(conf.iamport_secret, "from-file");
	(void)file_of("k", "from-file\n", 0640);
	refused(text, 4, "[iamport] key_file: ");
	refused(text, 4, "mode 0640");
	(void)file_of("k", "two\nlines\n", 0600);
	refused(text, 4, "one line");
	(void)file_of("k", "", 0600);
	refused(text, 4, "one line");
	(void)file_of("k", "\r\n", 0600);
	refused(text, 4, "one line");
	(void)file_of("k", "k\x7f\n", 0600);
	refused(text, 4, "one line");
	(void)file_of("k", "k\xc3\xa9y\n", 0600);
	refused(text, 4, "one line");
	memset(long_one, 'k', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	(void)file_of("k", long_one, 0600);
	refused(text, 4, "one line");
	long_one[600] = '\0';
	(void)file_of("k", long_one, 0600);
	refused(text, 4, "one line");
	(void)file_of("k", "from-windows\r\n", 0600);
	assert_int_equal(read_with(text, nothing), FAULT_NONE);
	assert_string_equal(conf.iamport_key, "from-windows");
	(void)unlink(path_of("k"));
	assert_int_equal(mkdir(path_of("k"), 0700), 0);
	refused(text, 4, "not a regular file");
	assert_int_equal(rmdir(path_of("k")), 0);
	refused(text, 4, "No such file");
	refused(STORE KEYS "secret_file = /x\n", 6, "set together with");
}

static void
a_file_with_a_secret_is_read_by_its_owner_only(void **state)
{
	const char *path = file_of("c.conf", STORE KEYS, 0644);

	(void)state;
	assert_int_equal(
	    conf_read(path, NULL, nothing, &conf, &note), FAULT_CONFIG);
	assert_non_null(strstr(note.text, ":5: [iamport] secret: "));
	assert_non_null(strstr(note.text, "mode 0644"));
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(
	    conf_read(path, NULL, nothing, &conf, &note), FAULT_NONE);
}

static void
the_environment_wins(void **state)
{
	char timeout[] = "CANCELPAY_IAMPORT_TIMEOUT_MS=7";
	char mode[] = "CANCELPAY_AUTH_MODE=none", other[] = "HOME=/";
	char *const set[] = { timeout, other, mode, NULL };

	(void)state;
	assert_int_equal(
	    read_with(STORE KEYS "timeout_ms = 9\n", set), FAULT_NONE);
	assert_int_equal(conf.iamport_timeout_ms, 7);
	assert_int_equal(conf.auth_mode, CONF_AUTH_NONE);
}

static void
variables_of_no_key_or_form_are_refused(void **state)
{
	char unknown[] = "CANCELPAY_IAMPORT_TIMEOUT=7";
	char bad[] = "CANCELPAY_IAMPORT_TIMEOUT_MS=soon";
	char user[] = "CANCELPAY_USER=kim";
	char half[] = "CANCELPAY_SERVER_WORKERS";
	char *const first[] = { unknown, NULL };
	char *const second[] = { bad, NULL };
	char *const third[] = { user, NULL };
	char *const fourth[] = { half, NULL };

	(void)state;
	assert_int_equal(read_with(STORE KEYS, first), FAULT_CONFIG);
	assert_string_equal(note.text,
	    "CANCELPAY_IAMPORT_TIMEOUT: names no key of the configuration");
	assert_int_equal(read_with(STORE KEYS, second), FAULT_CONFIG);
	assert_string_equal(note.text,
	    "CANCELPAY_IAMPORT_TIMEOUT_MS: takes a whole number from 1 to "
	    "86400000");
	/* A CGI program has its request in the environment. */
	assert_int_equal(read_with(STORE KEYS, third), FAULT_CONFIG);
	assert_int_equal(read_with(STORE KEYS "[auth]\nmode = remote-user\n"
					      "user_param = CANCELPAY_USER\n",
			     third),
	    FAULT_NONE);
	/* Who starts us may hand over something that is no variable. */
	assert_int_equal(read_with(STORE KEYS, fourth), FAULT_CONFIG);
	assert_string_equal(
	    note.text, "CANCELPAY_SERVER_WORKERS: is no NAME=VALUE");
}

static void
the_file_is_found_by_argument_variable_or_default(void **state)
{
	char variable[200];
	char *const set[] = { variable, NULL };

	(void)state;
	(void)snprintf(variable, sizeof(variable), "CANCELPAY_CONFIG=%s",
	    file_of("c.conf", STORE KEYS, 0600));
	assert_int_equal(
	    conf_read(NULL, "/nowhere", set, &conf, &note), FAULT_NONE);
	assert_int_equal(
	    conf_read(NULL, "/nowhere", nothing, &conf, &note), FAULT_CONFIG);
	assert_string_equal(note.text, "/nowhere: No such file or directory");
	assert_int_equal(
	    conf_read("/nobody", NULL, set, &conf, &note), FAULT_CONFIG);
	assert_int_equal(
	    conf_read(NULL, path_of("c.conf"), nothing, &conf, &note),
	    FAULT_NONE);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	(void)state;
	conf_wipe(&conf);
	(void)unlink(path_of("k"));
	(void)unlink(path_of("c.conf"));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(blanks_comments_and_crlf_do_not_matter),
		cmocka_unit_test(what_is_wrong_is_named_with_file_line_and_key),
		cmocka_unit_test(values_of_another_form_are_refused),
		cmocka_unit_test(values_too_long_are_refused),
		cmocka_unit_test(values_of_the_right_form_are_taken),
		cmocka_unit_test(
		    lines_too_long_or_with_control_characters_are_refused),
		cmocka_unit_test(remote_user_needs_to_know_the_variable),
		cmocka_unit_test(secrets_come_from_files_only_the_owner_reads),
		cmocka_unit_test(
		    a_file_with_a_secret_is_read_by_its_owner_only),
		cmocka_unit_test(the_environment_wins),
		cmocka_unit_test(variables_of_no_key_or_form_are_refused),
		cmocka_unit_test(
		    the_file_is_found_by_argument_variable_or_default),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
