/* SPDX-License-Identifier: MIT */
/*
 * Reading without stdio, whose buffers would keep a copy.
 */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longest file of secrets. */
#define SECRET_MAX 1024

enum fault
secret_check(int fd, const char *path, struct fault_note *note)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fault_set(
		    note, FAULT_CONFIG, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault_set(
		    note, FAULT_CONFIG, "%s: not a regular file", path);
	if ((st.st_mode & 077) != 0)
		return fault_set(note, FAULT_CONFIG,
		    "%s: holds a secret and has mode %04o; use 0600", path,
		    (unsigned)(st.st_mode & 07777));
	return FAULT_NONE;
}

/* Takes a line of visible characters off *bytes; its length, 0 if it is none.
 */
static size_t
take_line(const char **bytes, const char *end)
{
	const char *line = *bytes;
	const char *stop = memchr(line, '\n', (size_t)(end - line));
	size_t len = (size_t)((stop == NULL ? end : stop) - line), i;

	*bytes = stop == NULL ? end : stop + 1;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (i = 0; i < len; i++) {
		if (line[i] <= ' ' || line[i] > '~')
			return 0;
	}
	return len;
}

/* False: not 1 to most lines of 1 to size - 1 characters. */
static bool
take_lines(const char *bytes, size_t len, char *ret_lines, size_t size,
    int most, int *ret_n)
{
	const char *line = bytes, *end = bytes + len;
	size_t line_len;
	int n;

	for (n = 0; bytes < end; n++, line = bytes) {
		line_len = take_line(&bytes, end);
		if (n == most || line_len == 0 || line_len >= size)
			return false;
		memcpy(ret_lines, line, line_len);
		ret_lines[line_len] = '\0';
		ret_lines += size;
	}
	*ret_n = n;
	return n > 0;
}

/* All of the file, up to size bytes. */
static enum fault
read_all(int fd, const char *path, char *bytes, size_t size, size_t *ret_len,
    struct fault_note *note)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, bytes + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < size) || (n < 0 && errno == EINTR));
	if (n < 0)
		return fault_set(
		    note, FAULT_CONFIG, "%s: %s", path, strerror(errno));
	*ret_len = len;
	return FAULT_NONE;
}

enum fault
secret_read_lines(const char *path, char *ret_lines, size_t size, int most,
    int *ret_n, struct fault_note *note)
{
	char bytes[SECRET_MAX];
	size_t len = 0;
	enum fault f;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return fault_set(
		    note, FAULT_CONFIG, "%s: %s", path, strerror(errno));
	f = secret_check(fd, path, note);
	if (f == FAULT_NONE)
		f = read_all(fd, path, bytes, sizeof(bytes), &len, note);
	if (f == FAULT_NONE &&
	    (len == sizeof(bytes) ||
		!take_lines(bytes, len, ret_lines, size, most, ret_n)))
		f = fault_set(note, FAULT_CONFIG,
		    "%s: wants %s of 1 to %zu visible ASCII characters", path,
		    most == 1 ? "one line" : "one or two lines", size - 1);
	explicit_bzero(bytes, sizeof(bytes));
	(void)close(fd);
	return f;
}

enum fault
secret_read(
    const char *path, char *ret_text, size_t size, struct fault_note *note)
{
	int n;

	return secret_read_lines(path, ret_text, size, 1, &n, note);
}

void
secret_forbid_core(void)
{
	struct rlimit none = { 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	/* The sanitizers look for leaks by ptrace. */
#ifndef __SANITIZE_ADDRESS__
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}
