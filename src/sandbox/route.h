/* SPDX-License-Identifier: MIT */
/*
 * Routes: the four kinds of call to i'mport that the sandbox tells apart when
 * it counts calls and when it makes faults.
 */
#ifndef SANDBOX_ROUTE_H
#define SANDBOX_ROUTE_H

#include <stdbool.h>

enum route {
	ROUTE_TOKEN,  /* POST /users/getToken */
	ROUTE_CANCEL, /* POST /payments/cancel */
	ROUTE_READ,   /* GET /payments/{imp_uid} */
	ROUTE_FIND,   /* GET /payments/find, /findAll and /status */
	ROUTE__COUNT
};

/* route_name: "cancel"; route_find: back again. */
const char *route_name(enum route route);
bool route_find(const char *name, enum route *ret_route);

#endif
