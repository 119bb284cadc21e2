/* SPDX-License-Identifier: MIT */
/*
 * Which file systems are refused, and that the lock test passes where these
 * tests run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/file_system.h"

static void
network_file_systems_are_known_by_their_numbers(void **state)
{
	static const struct {
		uint64_t magic;
		const char *name;
	} cases[] = {
		{ 0x6969, "NFS" },
		{ 0x517b, "SMB" },
		{ 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB2" },
		{ 0x01021997, "9p" },
		{ 0x5346414f, "AFS" },
		{ 0x6b414653, "AFS" },
		{ 0x00c36400, "Ceph" },
		{ 0x0bd00bd0, "Lustre" },
	};
	struct file_system is;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is = file_system_of(cases[i].magic);
		assert_int_equal(is.kind, FILE_SYSTEM_NETWORK);
		assert_string_equal(is.name, cases[i].name);
	}
}

static void
a_number_with_its_sign_spread_is_the_same(void **state)
{
	struct file_system is = file_system_of(UINT64_C(0xffffffffff534d42));

	(void)state;
	assert_string_equal(is.name, "CIFS");
}

static void
fuse_is_neither_here_nor_there(void **state)
{
	struct file_system is = file_system_of(0x65735546);

	(void)state;
	assert_int_equal(is.kind, FILE_SYSTEM_USERSPACE);
}

static void
disks_and_what_nobody_knows_are_local(void **state)
{
	/* ext4, XFS, Btrfs, ZFS, tmpfs, overlay, none. */
	static const uint64_t magics[] = { 0xef53, 0x58465342, 0x9123683e,
		0x2fc12fc1, 0x01021994, 0x794c7630, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		assert_int_equal(
		    file_system_of(magics[i]).kind, FILE_SYSTEM_LOCAL);
}

static void
a_path_that_is_not_there_is_a_fault(void **state)
{
	struct fault_note note = { "" };
	struct file_system is;

	(void)state;
	assert_int_equal(
	    file_system_find("/nonexistent/x", &is, &note), FAULT_IO);
	assert_int_equal(
	    file_system_try_locks("/nonexistent", &note), FAULT_IO);
}

static void
locks_keep_two_processes_apart_and_leave_nothing(void **state)
{
	char folder[] = "/tmp/cancelpay-XXXXXX";
	struct fault_note note = { "" };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(file_system_try_locks(folder, &note), FAULT_NONE);
	/* Only an empty folder can be removed. */
	assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    network_file_systems_are_known_by_their_numbers),
		cmocka_unit_test(a_number_with_its_sign_spread_is_the_same),
		cmocka_unit_test(fuse_is_neither_here_nor_there),
		cmocka_unit_test(disks_and_what_nobody_knows_are_local),
		cmocka_unit_test(a_path_that_is_not_there_is_a_fault),
		cmocka_unit_test(
		    locks_keep_two_processes_apart_and_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
