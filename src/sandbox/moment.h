/* SPDX-License-Identifier: MIT */
/*
 * Moments as text: how a person writes one, and HTTP's Date.
 */
#ifndef SANDBOX_MOMENT_H
#define SANDBOX_MOMENT_H

#include <stdint.h>

#include "core/fault.h"

#define MOMENT_DATE_SIZE 40

/*
 * moment_parse: UNIX seconds or like 2026-11-23T10:00:00+09:00, as paid_at in
 * the CSV; to UNIX milliseconds.  FAULT_INPUT.
 */
enum fault moment_parse(
    const char *text, int64_t *ret_ms, struct fault_note *note) MUST_CHECK;

/* moment_date: "Mon, 23 Nov 2026 01:00:00 GMT". */
void moment_date(int64_t ms, char ret_text[static MOMENT_DATE_SIZE]);

#endif
