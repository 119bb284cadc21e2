/* SPDX-License-Identifier: MIT */
/*
 * Stamp: a moment as people read it, in this machine's time zone.
 */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#define STAMP_SIZE 40

/*
 * stamp_local: ISO 8601 with the zone's offset: 2026-11-23T10:00:00+09:00, or
 * 10:00:00.123 with milliseconds.
 */
void stamp_local(
    int64_t unix_ms, bool has_ms, char ret_text[static STAMP_SIZE]);

#endif
