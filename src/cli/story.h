/* SPDX-License-Identifier: MIT */
/*
 * Story: an order's audit trail, to be read by a person or a program.
 */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "port/store.h"

struct web_json;

/* story_print: a table on stdout, oldest first; nothing if there is none. */
enum fault MUST_CHECK story_print(const struct store *store,
    const struct payment *payment, struct fault_note *note);

/* story_json: the same as member "trail", an array, of the open object. */
enum fault MUST_CHECK story_json(const struct store *store,
    const struct payment *payment, struct web_json *json,
    struct fault_note *note);

/* At most so many are told. */
#define STORY_REFUSED_MOST 1000

/*
 * story_refused: the requests that were refused before anything was looked up,
 * newest first: a table on stdout; or, with json not NULL, an array there.
 */
enum fault MUST_CHECK story_refused(
    const struct store *store, struct web_json *json, struct fault_note *note);

#endif
