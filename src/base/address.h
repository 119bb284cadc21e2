/* SPDX-License-Identifier: MIT */
/*
 * Address: IPv4 and IPv6 addresses and networks as text (inet_pton's).  IPv4
 * written as IPv6 (::ffff:192.0.2.1) is the same address.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_TEXT_SIZE 46 /* INET6_ADDRSTRLEN */

/*
 * address_is_list: addresses and networks ("203.0.113.7", "203.0.113.0/24",
 * "2001:db8::/32"), separated by spaces, or nothing.  A network's address has
 * no bit set behind its prefix.
 */
bool address_is_list(const char *list);

/*
 * address_is_listed: the address is one on the list or in one of its networks.
 * False when it is no address.
 */
bool address_is_listed(const char *list, const char *address);

/*
 * address_sender: what stands for whoever sends from here: the address or, as
 * one sender has all of an IPv6 network's 64 bits at his choice, that network.
 * Of what is no address, as much of it as fits.
 */
void address_sender(
    const char *address, char ret_sender[static ADDRESS_TEXT_SIZE]);

#endif
