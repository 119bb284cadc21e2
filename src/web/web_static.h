/* SPDX-License-Identifier: MIT */
/*
 * Web_static: the sample pages, for hosts where no web server serves them.
 */
#ifndef WEB_WEB_STATIC_H
#define WEB_WEB_STATIC_H

#include "web/web_io.h"
#include "web/web_reply.h"

/*
 * web_static_read: a file below dir as a reply with type and ETag (304 when
 * If-None-Match names it).  path is relative; as we can't know where we are
 * mounted, folders at its beginning are left out until a file is there.
 * Nothing outside dir is ever opened, symbolic links included.  To who takes
 * gzip, FILE.gz beside a file is the answer, with an ETag of its own, unless it
 * is older than the file.  base_path, when not "", is what the addresses in a
 * page are relative to. FAULT_ABSENT: no such file.
 */
enum fault MUST_CHECK web_static_read(const char *dir, const char *path,
    const char *base_path, const struct web_io *io, struct web_reply *ret,
    struct fault_note *note);

#endif
