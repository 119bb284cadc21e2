/* SPDX-License-Identifier: MIT */
/*
 * Files of a few known types.  A path is walked folder by folder with
 * O_NOFOLLOW, so that neither ".." nor a link nor a race leads out of dir.
 * Nothing is compressed here: a FILE.gz beside a file is served in its stead.
 */
#include "web/web_static.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
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

/*
 * Leaves folders at the beginning out until a file is there, and *ret_path is
 * what is left.
 */
static int
open_by_end(const char *dir, const char *path, const char **ret_path)
{
	int fd = open_below(dir, path);

	while (fd < 0 && (path = strchr(path, '/')) != NULL)
		fd = open_below(dir, ++path);
	*ret_path = path;
	return fd;
}

/* The weight is 0, of up to three decimals (RFC 9110 section 12.4.2). */
static bool
is_weightless(const char *params, size_t len)
{
	const char *weight = memmem(params, len, "q=", 2);
	const char *end = params + len;

	if (weight == NULL)
		return false;
	for (weight += 2; weight < end && strchr("0.", *weight); weight++)
		continue;
	return weight == end || *weight == ' ' || *weight == '\t';
}

/* RFC 9110 section 12.5.3: the caller names gzip, with a weight above 0. */
static bool
takes_gzip(const struct web_io *io)
{
	const char *at = web_io_param(io, "HTTP_ACCEPT_ENCODING");
	size_t len, name;

	for (; at != NULL && *at != '\0'; at += len) {
		at += strspn(at, " \t,");
		len = strcspn(at, ",");
		name = strcspn(at, " \t,;");
		if (name == 4 && strncasecmp(at, "gzip", 4) == 0)
			return !is_weightless(at + name, len - name);
	}
	return false;
}

static bool
is_page(int fd, struct stat *ret_info)
{
	return fstat(fd, ret_info) == 0 && S_ISREG(ret_info->st_mode) &&
	    ret_info->st_size <= FILE_MAX;
}

static bool
is_older(const struct stat *one, const struct stat *other)
{
	return one->st_mtim.tv_sec < other->st_mtim.tv_sec ||
	    (one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
		one->st_mtim.tv_nsec < other->st_mtim.tv_nsec);
}

/*
 * Puts FILE.gz in the place of FILE and its info, true, if there is one; but
 * none that is older: the file has been edited since.
 */
static bool
swap_gzip(const char *dir, const char *path, int *fd, struct stat *info)
{
	char packed[PATH_MAX];
	struct stat packed_info;
	int packed_fd = -1;

	if (snprintf(packed, sizeof(packed), "%s.gz", path) <
	    (int)sizeof(packed))
		packed_fd = open_below(dir, packed);
	if (packed_fd < 0)
		return false;
	if (!is_page(packed_fd, &packed_info) || is_older(&packed_info, info)) {
		(void)close(packed_fd);
		return false;
	}
	(void)close(*fd);
	*fd = packed_fd;
	*info = packed_info;
	return true;
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
	const char *type = type_of(path), *found;
	enum fault f = FAULT_NONE;
	struct stat info;
	int fd = -1;

	if (*dir != '\0' && type != NULL)
		fd = open_by_end(dir, path, &found);
	if (fd < 0)
		return fault_set(note, FAULT_ABSENT, "no such page");
	if (!is_page(fd, &info)) {
		f = fault_set(note, FAULT_ABSENT, "not a page");
		goto out;
	}
	/* A page that is told where it is can't be one made before. */
	if (*base_path == '\0' && takes_gzip(io))
		ret->is_gzip = swap_gzip(dir, found, &fd, &info);
	(void)snprintf(ret->etag, sizeof(ret->etag),
	    "\"%" PRIx64 "%08" PRIx64 "-%" PRIx64 "%s\"",
	    (uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec,
	    (uint64_t)info.st_size, ret->is_gzip ? "-gzip" : "");
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
