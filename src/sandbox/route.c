/* SPDX-License-Identifier: MIT */
/*
 * The names of the routes.
 */
#include "sandbox/route.h"

#include <string.h>

static const char *const names[] = {
	[ROUTE_TOKEN] = "token",
	[ROUTE_CANCEL] = "cancel",
	[ROUTE_READ] = "read",
	[ROUTE_FIND] = "find",
};
_Static_assert(
    sizeof(names) / sizeof(names[0]) == ROUTE__COUNT, "every route has a name");

const char *
route_name(enum route route)
{
	return names[route];
}

bool
route_find(const char *name, enum route *ret_route)
{
	int i;

	for (i = 0; i < ROUTE__COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_route = (enum route)i;
			return true;
		}
	}
	return false;
}
