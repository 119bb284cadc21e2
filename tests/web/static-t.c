/* SPDX-License-Identifier: MIT */
/*
 * Pages: what is served, and all the ways out of their folder that are shut.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "web/fake_io.h"
#include "web/web_static.h"

/* secret.txt beside the pages, links to it among them. */
static char root[] = "/tmp/static-t-XXXXXX";
static char dir[64];

static void
put_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
put_folder(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
put_link(const char *name, const char *to)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(symlink(to, path), 0);
}

static int
set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	(void)snprintf(dir, sizeof(dir), "%s/www", root);
	put_file("secret.txt", "secret");
	put_folder("www");
	put_folder("www/vendor");
	put_folder("www/folder.html");
	put_folder("www/.git");
	put_file("www/index.html", "<p>page</p>");
	put_file("www/vendor/a.js", "1;");
	put_file("www/empty.css", "");
	put_file("www/.hidden.txt", "secret");
	put_file("www/.git/config.txt", "secret");
	put_file("www/program.cgi", "secret");
	put_link("www/link.txt", "../secret.txt");
	put_link("www/up", "..");
	put_link("www/inside.html", "index.html");
	return 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static enum fault
get(const char *path, const char *params, struct web_reply *ret)
{
	static struct fake_io fake;
	enum fault f;

	fake_io_init(&fake, params, strlen(params));
	web_reply_init(ret);
	f = web_static_read(dir, path, "", &fake.io, ret, NULL);
	fake_io_deinit(&fake);
	return f;
}

static void
a_page_comes_with_its_type_and_tag(void **state)
{
	static const struct {
		const char *path, *type, *text;
	} cases[] = {
		{ "index.html", "text/html; charset=utf-8", "<p>page</p>" },
		{ "vendor/a.js", "text/javascript; charset=utf-8", "1;" },
		{ "empty.css", "text/css; charset=utf-8", "" },
	};
	struct web_reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(get(cases[i].path, "", &reply), FAULT_NONE);
		assert_int_equal(reply.status, 200);
		assert_true(reply.is_cacheable);
		assert_string_equal(reply.content_type, cases[i].type);
		assert_string_equal(buf_bytes(&reply.body), cases[i].text);
		assert_int_equal(reply.etag[0], '"');
		web_reply_deinit(&reply);
	}
}

static void
a_page_is_found_wherever_we_are_mounted(void **state)
{
	struct web_reply reply;

	(void)state;
	assert_int_equal(
	    get("shop/refund/vendor/a.js", "", &reply), FAULT_NONE);
	assert_string_equal(buf_bytes(&reply.body), "1;");
	web_reply_deinit(&reply);
	assert_int_equal(
	    get("cgi-bin/cancelpay.cgi/index.html", "", &reply), FAULT_NONE);
	web_reply_deinit(&reply);
}

static void
a_known_tag_needs_no_body(void **state)
{
	struct web_reply reply;
	char params[128];

	(void)state;
	assert_int_equal(get("index.html", "", &reply), FAULT_NONE);
	(void)snprintf(params, sizeof(params),
	    "HTTP_IF_NONE_MATCH=\"x\", W/%s\n", reply.etag);
	web_reply_deinit(&reply);
	assert_int_equal(get("index.html", params, &reply), FAULT_NONE);
	assert_int_equal(reply.status, 304);
	assert_int_equal(buf_len(&reply.body), 0);
	web_reply_deinit(&reply);
	assert_int_equal(
	    get("index.html", "HTTP_IF_NONE_MATCH=\"x\"\n", &reply),
	    FAULT_NONE);
	assert_int_equal(reply.status, 200);
	web_reply_deinit(&reply);
}

static void
nothing_else_is_served(void **state)
{
	static const char *const paths[] = { "", "/", "none.html", "vendor",
		"vendor/", "folder.html", "index.html/", "index.html/x.html",
		"../secret.txt", "vendor/../../secret.txt",
		"./index.html/../../secret.txt", "%2e%2e/secret.txt",
		"..\\secret.txt", "vendor\\..\\..\\secret.txt",
		"/etc/hosts.txt", "link.txt", "up/secret.txt",
		"up/www/link.txt", "inside.html", ".hidden.txt",
		".git/config.txt", "program.cgi", "a.js/" };
	char absolute[128], long_name[400];
	struct web_reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(get(paths[i], "", &reply), FAULT_ABSENT);
		assert_int_equal(buf_len(&reply.body), 0);
	}
	(void)snprintf(absolute, sizeof(absolute), "%s/secret.txt", root);
	assert_int_equal(get(absolute, "", &reply), FAULT_ABSENT);
	memset(long_name, 'a', sizeof(long_name));
	memcpy(long_name + sizeof(long_name) - 6, ".html", 6);
	assert_int_equal(get(long_name, "", &reply), FAULT_ABSENT);
}

static void
a_page_above_two_mebibytes_is_none(void **state)
{
	char path[128];
	struct web_reply reply;

	(void)state;
	put_file("www/big.txt", "");
	(void)snprintf(path, sizeof(path), "%s/big.txt", dir);
	assert_int_equal(truncate(path, 2 * 1024 * 1024), 0);
	assert_int_equal(get("big.txt", "", &reply), FAULT_NONE);
	assert_int_equal(buf_len(&reply.body), 2 * 1024 * 1024);
	web_reply_deinit(&reply);
	assert_int_equal(truncate(path, 2 * 1024 * 1024 + 1), 0);
	assert_int_equal(get("big.txt", "", &reply), FAULT_ABSENT);
}

static void
without_a_folder_there_are_no_pages(void **state)
{
	static struct fake_io fake;
	struct web_reply reply;

	(void)state;
	fake_io_init(&fake, "", 0);
	web_reply_init(&reply);
	assert_int_equal(
	    web_static_read("", "index.html", "", &fake.io, &reply, NULL),
	    FAULT_ABSENT);
	assert_int_equal(
	    web_static_read("/none", "index.html", "", &fake.io, &reply, NULL),
	    FAULT_ABSENT);
	fake_io_deinit(&fake);
}

/* "/cgi-bin/cancelpay.cgi" without a slash: "a.js" is not in "/cgi-bin/". */
static void
a_page_without_a_slash_is_told_where_it_is(void **state)
{
	static struct fake_io fake;
	struct web_reply reply;
	char path[400];
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/head.html", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("<html><head><title>x</title>", file) > 0);
	assert_int_equal(fclose(file), 0);
	fake_io_init(&fake, "", 0);
	web_reply_init(&reply);
	assert_int_equal(web_static_read(dir, "head.html", "/cgi-bin/c.cgi",
			     &fake.io, &reply, NULL),
	    FAULT_NONE);
	assert_string_equal(buf_bytes(&reply.body),
	    "<html><head><base href=\"/cgi-bin/c.cgi/\"><title>x</title>");
	web_reply_deinit(&reply);
	fake_io_deinit(&fake);
}

/* Whether that Accept-Encoding gets what lies in a.js.gz. */
static bool
is_packed_for(const char *accepted)
{
	struct web_reply reply;
	char params[128];
	bool is_packed;

	(void)snprintf(
	    params, sizeof(params), "HTTP_ACCEPT_ENCODING=%s\n", accepted);
	assert_int_equal(get("shop/vendor/a.js", params, &reply), FAULT_NONE);
	assert_string_equal(
	    reply.content_type, "text/javascript; charset=utf-8");
	is_packed = strcmp(buf_bytes(&reply.body), "packed") == 0;
	assert_int_equal(reply.is_gzip, is_packed);
	web_reply_deinit(&reply);
	return is_packed;
}

static void
set_age(const char *name, time_t mtime)
{
	struct timespec times[2] = { { mtime, 0 }, { mtime, 0 } };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
who_takes_gzip_gets_the_file_made_before(void **state)
{
	static const struct {
		const char *accepted;
		bool is_packed;
	} cases[] = {
		{ "gzip", true },
		{ "GZip", true },
		{ "deflate, gzip;q=0.5, br", true },
		{ "br,gzip", true },
		{ "gzip;q=1.0", true },
		{ "gzip;q=0.001", true },
		{ "gzip;q=0", false },
		{ "gzip; q=0.000", false },
		{ "gzip;q=0 , br", false },
		{ "gzipped, x-gzip", false },
		{ "br;q=1, identity", false },
		{ ", ,", false },
		{ "", false },
	};
	size_t i;

	(void)state;
	put_file("www/vendor/a.js.gz", "packed");
	set_age("vendor/a.js", 1000);
	set_age("vendor/a.js.gz", 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    is_packed_for(cases[i].accepted), cases[i].is_packed);
	set_age("vendor/a.js", 1001);
	assert_false(is_packed_for("gzip"));
	set_age("vendor/a.js.gz", 1002);
	assert_true(is_packed_for("gzip"));
}

static void
a_packed_file_has_a_tag_of_its_own(void **state)
{
	struct web_reply packed, plain;
	char params[160];

	(void)state;
	put_file("www/index.html.gz", "packed");
	assert_int_equal(
	    get("index.html", "HTTP_ACCEPT_ENCODING=gzip\n", &packed),
	    FAULT_NONE);
	assert_int_equal(get("index.html", "", &plain), FAULT_NONE);
	assert_string_not_equal(packed.etag, plain.etag);
	(void)snprintf(params, sizeof(params),
	    "HTTP_ACCEPT_ENCODING=gzip\nHTTP_IF_NONE_MATCH=%s\n", plain.etag);
	web_reply_deinit(&plain);
	assert_int_equal(get("index.html", params, &plain), FAULT_NONE);
	assert_int_equal(plain.status, 200);
	web_reply_deinit(&plain);
	(void)snprintf(params, sizeof(params),
	    "HTTP_ACCEPT_ENCODING=gzip\nHTTP_IF_NONE_MATCH=%s\n", packed.etag);
	assert_int_equal(get("index.html", params, &plain), FAULT_NONE);
	assert_int_equal(plain.status, 304);
	web_reply_deinit(&plain);
	web_reply_deinit(&packed);
}

/* Neither a way out of the folder nor a page of its own. */
static void
only_a_plain_file_is_taken_for_a_packed_one(void **state)
{
	struct web_reply reply;

	(void)state;
	put_link("www/empty.css.gz", "../secret.txt");
	assert_int_equal(
	    get("empty.css", "HTTP_ACCEPT_ENCODING=gzip\n", &reply),
	    FAULT_NONE);
	assert_int_equal(buf_len(&reply.body), 0);
	assert_false(reply.is_gzip);
	web_reply_deinit(&reply);
	put_file("www/folder2.html", "<p>");
	put_folder("www/folder2.html.gz");
	assert_int_equal(
	    get("folder2.html", "HTTP_ACCEPT_ENCODING=gzip\n", &reply),
	    FAULT_NONE);
	assert_string_equal(buf_bytes(&reply.body), "<p>");
	web_reply_deinit(&reply);
	put_file("www/alone.js.gz", "packed");
	assert_int_equal(get("alone.js", "HTTP_ACCEPT_ENCODING=gzip\n", &reply),
	    FAULT_ABSENT);
	assert_int_equal(get("alone.js.gz", "", &reply), FAULT_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_comes_with_its_type_and_tag),
		cmocka_unit_test(a_page_is_found_wherever_we_are_mounted),
		cmocka_unit_test(a_known_tag_needs_no_body),
		cmocka_unit_test(nothing_else_is_served),
		cmocka_unit_test(a_page_above_two_mebibytes_is_none),
		cmocka_unit_test(without_a_folder_there_are_no_pages),
		cmocka_unit_test(a_page_without_a_slash_is_told_where_it_is),
		cmocka_unit_test(who_takes_gzip_gets_the_file_made_before),
		cmocka_unit_test(a_packed_file_has_a_tag_of_its_own),
		cmocka_unit_test(only_a_plain_file_is_taken_for_a_packed_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
