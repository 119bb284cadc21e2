/* SPDX-License-Identifier: MIT */
/*
 * Reading without stdio, whose buffers would keep a copy.
 */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longest secret of any kind, with its line end. */
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

/* Length of the one visible line at the start of bytes, 0 if it is none. */
static size_t
line_length(const char *bytes, size_t len)
{
	size_t i;

	if (len > 0 && bytes[len - 1] == '\n')
		len--;
	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	for (i = 0; i < len; i++) {
		if (bytes[i] <= ' ' || bytes[i] > '~')
			return 0;
	}
	return len;
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
secret_read(
    const char *path, char *ret_text, size_t size, struct fault_note *note)
{
	char bytes[SECRET_MAX];
	size_t len = 0, n;
	enum fault f;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return fault_set(
		    note, FAULT_CONFIG, "%s: %s", path, strerror(errno));
	f = secret_check(fd, path, note);
	if (f == FAULT_NONE)
		f = read_all(fd, path, bytes, sizeof(bytes), &len, note);
	if (f != FAULT_NONE)
		goto out;
	n = line_length(bytes, len);
	if (n == 0 || n >= size || len == sizeof(bytes)) {
		f = fault_set(note, FAULT_CONFIG,
		    "%s: wants one line of 1 to %zu visible ASCII characters",
		    path, size - 1);
		goto out;
	}
	memcpy(ret_text, bytes, n);
	ret_text[n] = '\0';
out:
	explicit_bzero(bytes, sizeof(bytes));
	(void)close(fd);
	return f;
}
