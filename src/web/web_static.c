/* SPDX-License-Identifier: MIT */
/*
 * Files of a few known types.  A path is walked folder by folder with
 * O_NOFOLLOW, so that neither ".." nor a link nor a race leads out of dir.
 */
#include "web/web_static.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((off_t)2 * 1024 * 1024)

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".html", "text/html; charset=utf-8" },
	{ ".ico", "image/x-icon" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".map", "application/json" },
	{ ".png", "image/png" },
	{ ".svg", "image/svg+xml" },
	{ ".txt", "text/plain; charset=utf-8" },
	{ ".woff2", "font/woff2" },
};

/* The type of a file name, NULL for one we don't serve. */
static const char *
type_of(const char *path)
{
	const char *suffix = strrchr(path, '.');
	size_t i;

	if (suffix == NULL)
		return NULL;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(suffix, types[i].suffix) == 0)
			return types[i].type;
	}
	return NULL;
}

/* Opens one step below a folder, whose descriptor it closes. */
static int
step_take(int folder, const char *name, size_t len, int flags)
{
	char step[256];
	int fd = -1;

	/* Hidden names, and with them "." and "..", are nobody's. */
	if (len > 0 && len < sizeof(step) && name[0] != '.' &&
	    memchr(name, '\\', len) == NULL) {
		memcpy(step, name, len);
		step[len] = '\0';
		fd = openat(folder, step,
		    flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	}
	(void)close(folder);
	return fd;
}

/* The file at exactly this path below dir, or -1. */
static int
open_below(const char *dir, const char *path)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len = strcspn(path, "/");

	while (fd >= 0 && path[len] == '/') {
		fd = step_take(fd, path, len, O_DIRECTORY);
		path += len + 1;
		len = strcspn(path, "/");
	}
	return fd < 0 ? -1 : step_take(fd, path, len, 0);
}

/* Leaves folders at the beginning out until a file is there. */
static int
open_by_end(const char *dir, const char *path)
{
	int fd = -1;

	while (path != NULL && fd < 0) {
		fd = open_below(dir, path);
		path = strchr(path, '/');
		if (path != NULL)
			path++;
	}
	return fd;
}

/* RFC 9110 section 13.1.2, by the weak comparison it asks for. */
static bool
is_matched(const struct web_io *io, const char *etag)
{
	const char *wanted = web_io_param(io, "HTTP_IF_NONE_MATCH");

	return wanted != NULL &&
	    (strcmp(wanted, "*") == 0 || strstr(wanted, etag) != NULL);
}

static enum fault
read_file(int fd, struct buf *body, struct fault_note *note)
{
	char bytes[16384];
	enum fault f = FAULT_NONE;
	ssize_t got = 1;

	while (f == FAULT_NONE && got != 0) {
		got = read(fd, bytes, sizeof(bytes));
		if (got > 0)
			f = buf_add(body, bytes, (size_t)got, note);
		else if (got < 0 && errno != EINTR)
			f = fault_set(note, FAULT_IO, "a page: %m");
	}
	return f;
}

/*
 * A page asked for by the program's own name, "/cgi-bin/cancelpay.cgi", would
 * look for its script in /cgi-bin: it is told where it is.
 */
static enum fault
add_base(struct buf *body, const char *base_path, struct fault_note *note)
{
	static const char head[] = "<head>";
	const char *at =
	    memmem(buf_bytes(body), buf_len(body), head, sizeof(head) - 1);
	struct buf page;
	enum fault f;
	size_t len;

	if (at == NULL)
		return FAULT_NONE;
	len = (size_t)(at - buf_bytes(body)) + sizeof(head) - 1;
	buf_init(&page, buf_len(body) + 256);
	f = buf_add(&page, buf_bytes(body), len, note);
	if (f == FAULT_NONE)
		f = buf_printf(&page, note, "<base href=\"%s/\">", base_path);
	if (f == FAULT_NONE)
		f = buf_add(
		    &page, buf_bytes(body) + len, buf_len(body) - len, note);
	if (f == FAULT_NONE) {
		buf_deinit(body);
		*body = page;
	} else {
		buf_deinit(&page);
	}
	return f;
}

enum fault
web_static_read(const char *dir, const char *path, const char *base_path,
    const struct web_io *io, struct web_reply *ret, struct fault_note *note)
{
	const char *type = type_of(path);
	enum fault f = FAULT_NONE;
	struct stat info;
	int fd = -1;

	if (*dir != '\0' && type != NULL)
		fd = open_by_end(dir, path);
	if (fd < 0)
		return fault_set(note, FAULT_ABSENT, "no such page");
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
	    info.st_size > FILE_MAX) {
		f = fault_set(note, FAULT_ABSENT, "not a page");
		goto out;
	}
	(void)snprintf(ret->etag, sizeof(ret->etag),
	    "\"%" PRIx64 "%08" PRIx64 "-%" PRIx64 "\"",
	    (uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec,
	    (uint64_t)info.st_size);
	ret->content_type = type;
	ret->is_cacheable = true;
	ret->status = is_matched(io, ret->etag) ? 304 : 200;
	if (ret->status == 200)
		f = read_file(fd, &ret->body, note);
	if (f == FAULT_NONE && ret->status == 200 && *base_path != '\0')
		f = add_base(&ret->body, base_path, note);
out:
	(void)close(fd);
	return f;
}
