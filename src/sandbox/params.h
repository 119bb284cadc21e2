/* SPDX-License-Identifier: MIT */
/*
 * Params: what a call brought, as name and text, whether it came as a query, a
 * form or a JSON object.  i'mport takes numbers as strings too, so a number is
 * kept as the text it was written in and is read by whoever knows its currency.
 */
#ifndef SANDBOX_PARAMS_H
#define SANDBOX_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/fault.h"

#define PARAMS_MAX 250 /* 100 ids of either kind, and some */

enum params_kind {
	PARAMS_TEXT,
	PARAMS_NUMBER, /* a JSON number */
	PARAMS_BOOL,   /* JSON; the text is "true" or "false" */
	PARAMS_OTHER   /* a JSON object or array; the text is "" */
};

struct params_item {
	char *name;
	char *text;
	enum params_kind kind;
};

struct params {
	struct params_item *items;
	size_t n;
	size_t room;
};

void params_init(struct params *params);
void params_deinit(struct params *params);

/*
 * Both add to params.  FAULT_INPUT for anything malformed, not UTF-8 or with a
 * NUL, and for more than PARAMS_MAX.  A JSON null is left out.
 * params_form: "a=b&c=d" with %XX and '+'.
 * params_json: one JSON object.  A member of an object in it is named as in a
 * form, "extra[requester]"; deeper ones are left out.
 */
enum fault params_form(struct params *params, const char *text, size_t len,
    struct fault_note *note) MUST_CHECK;
enum fault params_json(struct params *params, const char *text, size_t len,
    struct fault_note *note) MUST_CHECK;

/*
 * params_decode: %XX (and '+' as a space, if is_form) to a string of its own.
 * FAULT_INPUT if it is malformed, no UTF-8 or holds a NUL.
 */
enum fault params_decode(const char *text, size_t len, bool is_form,
    char **ret_text, struct fault_note *note) MUST_CHECK;

/* params_find: the last one of that name, or NULL; params_get: its text. */
const struct params_item *params_find(
    const struct params *params, const char *name);
const char *params_get(const struct params *params, const char *name);

/*
 * params_text: a text of at most so many characters; "" counts as left out.
 * *ret_text is NULL if left out and borrows from params.  FAULT_INPUT names it.
 */
enum fault params_text(const struct params *params, const char *name,
    size_t max_chars, const char **ret_text,
    struct fault_note *note) MUST_CHECK;

/*
 * params_integer: a whole number from least to most, written in digits.
 * *ret_value is left alone if it was left out.
 */
enum fault params_integer(const struct params *params, const char *name,
    long long least, long long most, long long *ret_value,
    struct fault_note *note) MUST_CHECK;

#endif
