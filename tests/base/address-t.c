/* SPDX-License-Identifier: MIT */
/*
 * Addresses and networks of both families.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

static void
lists_of_addresses_and_networks_are_taken(void **state)
{
	(void)state;
	assert_true(address_is_list(""));
	assert_true(address_is_list("52.78.100.19 52.78.48.223"));
	assert_true(address_is_list("  10.0.0.0/8  2001:db8::/32 ::1 "));
	assert_true(address_is_list("0.0.0.0/0 ::/0 10.1.2.3/32 ::1/128"));
	assert_true(address_is_list("::ffff:192.0.2.0/120"));
	assert_true(address_is_list(
	    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128"));
}

static void
what_is_no_list_is_refused(void **state)
{
	static const char *const bad[] = { "shop.example", "10.0.0",
		"10.0.0.1,", "10.0.0.256", "010.0.0.1", "10.0.0.0/33",
		"10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8",
		"10.0.0.1/8", "::1/64", "2001:db8::/129",
		"2001:db8::/999999999999", "1.2.3.4 5.6.7", "/8",
		"::ffff:10.0.0.0/8",
		"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/1280",
		"fe80::1%eth0", "10.0.0.1\t10.0.0.2" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (address_is_list(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
	}
}

static void
an_address_is_on_the_list_or_in_a_network_of_it(void **state)
{
	const char *list = "52.78.100.19 10.0.0.0/8 198.51.100.128/25 "
			   "2001:db8:1::/48 ::1";

	(void)state;
	assert_true(address_is_listed(list, "52.78.100.19"));
	assert_true(address_is_listed(list, "10.255.255.255"));
	assert_true(address_is_listed(list, "198.51.100.128"));
	assert_true(address_is_listed(list, "2001:db8:1:ffff::9"));
	assert_true(address_is_listed(list, "0:0:0:0:0:0:0:1"));
	assert_false(address_is_listed(list, "52.78.100.18"));
	assert_false(address_is_listed(list, "11.0.0.0"));
	assert_false(address_is_listed(list, "198.51.100.127"));
	assert_false(address_is_listed(list, "2001:db8:2::9"));
	assert_false(address_is_listed(list, "::2"));
	assert_false(address_is_listed(list, ""));
	assert_false(address_is_listed(list, "unix:"));
	assert_false(address_is_listed("", "10.0.0.1"));
	assert_true(address_is_listed("0.0.0.0/0", "203.0.113.9"));
	assert_false(address_is_listed("0.0.0.0/0", "2001:db8::1"));
}

static void
ipv4_is_the_same_written_as_ipv6(void **state)
{
	char sender[ADDRESS_TEXT_SIZE];

	(void)state;
	assert_true(address_is_listed("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(address_is_listed("::ffff:10.0.0.0/104", "10.1.2.3"));
	address_sender("::ffff:10.1.2.3", sender);
	assert_string_equal(sender, "10.1.2.3");
}

static void
one_sender_has_all_of_an_ipv6_network(void **state)
{
	char sender[ADDRESS_TEXT_SIZE];

	(void)state;
	address_sender("2001:db8:1:2:3:4:5:6", sender);
	assert_string_equal(sender, "2001:db8:1:2::");
	address_sender("2001:DB8:1:2:ffff::", sender);
	assert_string_equal(sender, "2001:db8:1:2::");
	address_sender("203.0.113.7", sender);
	assert_string_equal(sender, "203.0.113.7");
	address_sender("unix:", sender);
	assert_string_equal(sender, "unix:");
	address_sender(
	    "a word that is longer than any address can be, by far", sender);
	assert_int_equal(strlen(sender), ADDRESS_TEXT_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_addresses_and_networks_are_taken),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(
		    an_address_is_on_the_list_or_in_a_network_of_it),
		cmocka_unit_test(ipv4_is_the_same_written_as_ipv6),
		cmocka_unit_test(one_sender_has_all_of_an_ipv6_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
