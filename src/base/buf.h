/* SPDX-License-Identifier: MIT */
/*
 * Buf: bytes that grow up to a ceiling given at init.  Whatever a buf lets go
 * of is wiped first: request bodies and replies hold account numbers, names
 * and secrets, and none of them may be found in freed memory.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "core/fault.h"

/* Only the functions below touch the members. */
struct buf {
	char *bytes; /* NULL until something is added; then ends in a NUL */
	size_t len;  /* without that NUL */
	size_t size; /* allocated */
	size_t max;  /* len never passes it */
};

/* buf_init: an empty buffer; allocates nothing.  max is below SIZE_MAX / 2. */
void buf_init(struct buf *buf, size_t max);
/* buf_deinit: accepts an empty struct ({ 0 }) and may be repeated. */
void buf_deinit(struct buf *buf);

/*
 * buf_add, buf_add_text, buf_printf: append.  FAULT_INPUT when it would pass
 * the ceiling, FAULT_NOMEM; either leaves the buffer as it was.
 */
enum fault buf_add(struct buf *buf, const void *bytes, size_t len,
    struct fault_note *note) MUST_CHECK;
enum fault buf_add_text(
    struct buf *buf, const char *text, struct fault_note *note) MUST_CHECK;
enum fault buf_printf(struct buf *buf, struct fault_note *note,
    const char *format, ...) __attribute__((format(printf, 3, 4))) MUST_CHECK;

/* buf_clear: empty again, wiped, memory kept for the next use. */
void buf_clear(struct buf *buf);

/*
 * buf_bytes: never NULL, a NUL follows the last byte (bytes may hold others);
 * valid until the buffer is changed.
 */
const char *buf_bytes(const struct buf *buf);
size_t buf_len(const struct buf *buf);

#endif
