/* SPDX-License-Identifier: MIT */
/*
 * Without padding: nobody reads these in place.
 */
#include "serve/record.h"

#include <assert.h>

#include <fastcgi.h>

enum fault
record_add(struct buf *buf, unsigned char type, uint16_t id,
    const void *content, size_t len)
{
	const unsigned char head[RECORD_HEAD_LEN] = { FCGI_VERSION_1, type,
		(unsigned char)(id >> 8), (unsigned char)(id & 0xff),
		(unsigned char)(len >> 8), (unsigned char)(len & 0xff) };
	enum fault f;

	assert(len <= RECORD_CONTENT_MAX);
	f = buf_add(buf, head, sizeof(head), NULL);
	if (f == FAULT_NONE)
		f = buf_add(buf, content, len, NULL);
	return f;
}

enum fault
record_add_end(struct buf *buf, uint16_t id, unsigned char how)
{
	const unsigned char content[8] = { [4] = how };

	return record_add(buf, FCGI_END_REQUEST, id, content, sizeof(content));
}
