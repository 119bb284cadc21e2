/* SPDX-License-Identifier: MIT */
/*
 * Json_clean: json-c without leavings.  What it reads may be a bank account or
 * quote one, and json-c frees its memory as it is: texts, names, the buffer it
 * gathers them in, and what it had built of a text that then was no JSON.
 */
#ifndef BASE_JSON_CLEAN_H
#define BASE_JSON_CLEAN_H

#include <stddef.h>

struct json_object;
struct json_tokener;

/*
 * json_clean_tokener: strict, for one text of len bytes at most, so that its
 * buffer never grows and moves; NULL without memory.  For json_clean_free.
 */
struct json_tokener *json_clean_tokener(int depth, size_t len);

/* json_clean_free: wipes whatever it still holds; NULL is fine. */
void json_clean_free(struct json_tokener *tokener);

/*
 * json_clean_put: wipes the value and all below it, and gives them back.  The
 * caller is the only one who has it; NULL is fine.
 */
void json_clean_put(struct json_object *value);

#endif
