/* SPDX-License-Identifier: MIT */
/*
 * Record: FastCGI records as bytes to be sent.
 * Source: FastCGI Specification 1.0, sections 3.3, 4 and 5.5.
 */
#ifndef SERVE_RECORD_H
#define SERVE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/fault.h"

#define RECORD_HEAD_LEN    8
#define RECORD_CONTENT_MAX 65535

/* record_add: one record; len is RECORD_CONTENT_MAX at most. */
enum fault MUST_CHECK record_add(struct buf *buf, unsigned char type,
    uint16_t id, const void *content, size_t len);

/* record_add_end: END_REQUEST; how is FCGI_REQUEST_COMPLETE or a refusal. */
enum fault MUST_CHECK record_add_end(
    struct buf *buf, uint16_t id, unsigned char how);

#endif
