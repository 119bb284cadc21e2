/* SPDX-License-Identifier: MIT */
/*
 * Where a database may lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/place.h"

static void
network_file_systems_are_known_by_their_numbers(void **state)
{
	/* linux/magic.h; ext4, xfs, btrfs, tmpfs, overlay are local. */
	static const struct {
		unsigned long magic;
		enum place_kind kind;
	} rows[] = {
		{ 0x6969, PLACE_NETWORK },
		{ 0xff534d42, PLACE_NETWORK },
		{ 0x01021997, PLACE_NETWORK },
		{ 0x65735546, PLACE_UNSURE },
		{ 0xef53, PLACE_LOCAL },
		{ 0x58465342, PLACE_LOCAL },
		{ 0x9123683e, PLACE_LOCAL },
		{ 0x01021994, PLACE_LOCAL },
		{ 0x794c7630, PLACE_LOCAL },
	};
	const char *name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    place_kind_of(rows[i].magic, &name), rows[i].kind);
		assert_int_equal(name == NULL, rows[i].kind == PLACE_LOCAL);
	}
}

static void
what_is_not_there_is_a_fault(void **state)
{
	struct fault_note note;
	enum place_kind kind;
	const char *name;
	bool do_lock;

	(void)state;
	assert_int_equal(
	    place_find("/no/such/folder", &kind, &name, &note), FAULT_IO);
	assert_int_equal(
	    place_locks("/no/such/folder", &do_lock, &note), FAULT_IO);
}

static void
a_lock_keeps_another_process_out(void **state)
{
	char folder[] = "place-t.XXXXXX";
	struct fault_note note;
	bool do_lock = false;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(place_locks(folder, &do_lock, &note), FAULT_NONE);
	assert_true(do_lock);
	/* Nothing is left behind. */
	assert_int_equal(rmdir(folder), 0);
}

static void
below_means_below_whatever_the_links_say(void **state)
{
	char folder[] = "place-t.XXXXXX", inner[64], link_to[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(inner, sizeof(inner), "%s/inner", folder);
	(void)snprintf(link_to, sizeof(link_to), "%s-link", folder);
	assert_int_equal(symlink(".", inner), 0);
	assert_int_equal(symlink(folder, link_to), 0);
	assert_true(place_is_below(inner, folder));
	assert_true(place_is_below(folder, link_to));
	assert_true(place_is_below(folder, "/"));
	assert_false(place_is_below(".", folder));
	assert_false(place_is_below("/no/such/file", folder));
	assert_int_equal(unlink(inner), 0);
	assert_int_equal(unlink(link_to), 0);
	assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    network_file_systems_are_known_by_their_numbers),
		cmocka_unit_test(what_is_not_there_is_a_fault),
		cmocka_unit_test(a_lock_keeps_another_process_out),
		cmocka_unit_test(below_means_below_whatever_the_links_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
