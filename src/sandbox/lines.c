/* SPDX-License-Identifier: MIT */
/*
 * One descriptor, O_APPEND, under flock.
 */
#include "sandbox/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct lines {
	int fd;
	char *path;
};

static enum fault
fail(const struct lines *lines, const char *what, struct fault_note *note)
{
	return fault_set(
	    note, FAULT_IO, "%s: %s: %s", lines->path, what, strerror(errno));
}

/* Where the last whole line ends, searched backwards in blocks. */
static enum fault
find_end(const struct lines *lines, off_t size, off_t *ret_end,
    struct fault_note *note)
{
	char block[4096];
	off_t from;
	ssize_t n;

	for (; size > 0; size = from) {
		from = size > (off_t)sizeof(block) ? size - (off_t)sizeof(block)
						   : 0;
		n = pread(lines->fd, block, (size_t)(size - from), from);
		if (n != size - from)
			return fail(lines, "can't read", note);
		while (n > 0 && block[n - 1] != '\n')
			n--;
		if (n > 0) {
			*ret_end = from + n;
			return FAULT_NONE;
		}
	}
	*ret_end = 0;
	return FAULT_NONE;
}

static enum fault
cut_torn(const struct lines *lines, struct fault_note *note)
{
	struct stat st;
	off_t end = 0;
	enum fault f;

	if (fstat(lines->fd, &st) != 0)
		return fail(lines, "can't stat", note);
	if (!S_ISREG(st.st_mode))
		return fault_set(
		    note, FAULT_IO, "%s: not a regular file", lines->path);
	f = find_end(lines, st.st_size, &end, note);
	if (f == FAULT_NONE && end != st.st_size &&
	    ftruncate(lines->fd, end) != 0)
		return fail(lines, "can't truncate", note);
	return f;
}

enum fault
lines_open(const char *path, struct lines **ret_lines, struct fault_note *note)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	enum fault f = FAULT_NOMEM;

	if (lines == NULL)
		return fault_set(note, FAULT_NOMEM, "%s: no memory", path);
	lines->fd = -1;
	lines->path = strdup(path);
	if (lines->path == NULL)
		goto fail;
	lines->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (lines->fd < 0) {
		f = fail(lines, "can't open", note);
		goto fail;
	}
	if (flock(lines->fd, LOCK_EX | LOCK_NB) != 0) {
		f = fault_set(
		    note, FAULT_BUSY, "%s: in use by another sandbox", path);
		goto fail;
	}
	f = cut_torn(lines, note);
	if (f != FAULT_NONE)
		goto fail;
	*ret_lines = lines;
	return FAULT_NONE;
fail:
	lines_close(lines);
	return f;
}

void
lines_close(struct lines *lines)
{
	if (lines == NULL)
		return;
	if (lines->fd >= 0)
		(void)close(lines->fd);
	free(lines->path);
	free(lines);
}

static enum fault
read_all(struct lines *lines, FILE *file, lines_reader *read, void *arg,
    struct fault_note *note)
{
	struct fault_note inner = { "" };
	unsigned long long number = 0;
	enum fault f = FAULT_NONE;
	size_t room = 0;
	char *line = NULL;
	ssize_t len;

	while (f == FAULT_NONE && (len = getline(&line, &room, file)) > 0) {
		number++;
		f = read(line, (size_t)len - 1, arg, &inner);
	}
	free(line);
	if (f != FAULT_NONE)
		return fault_set(note, f, "%s: line %llu: %.180s", lines->path,
		    number, inner.text);
	/* Without memory for a line it is no end of the file, nor its error. */
	return feof(file) ? FAULT_NONE : fail(lines, "can't read", note);
}

enum fault
lines_each(
    struct lines *lines, lines_reader *read, void *arg, struct fault_note *note)
{
	FILE *file = fopen(lines->path, "re");
	enum fault f;

	if (file == NULL)
		return fail(lines, "can't open", note);
	f = read_all(lines, file, read, arg, note);
	(void)fclose(file);
	return f;
}

enum fault
lines_append(
    struct lines *lines, const char *text, size_t len, struct fault_note *note)
{
	ssize_t n;

	while (len > 0) {
		n = write(lines->fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(lines, "can't write", note);
		text += n;
		len -= (size_t)n;
	}
	return FAULT_NONE;
}
