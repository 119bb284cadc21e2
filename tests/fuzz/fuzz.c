/* SPDX-License-Identifier: MIT */
/*
 * A file in memory is written anew for each input: one a target.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

void
fuzz_must(bool is_true)
{
	if (!is_true)
		abort();
}

void
fuzz_text(const char *text, size_t most)
{
	size_t len = strlen(text);

	fuzz_must(text_utf8_is_valid(text, len));
	fuzz_must(text_utf8_length(text, len) <= most);
}

char *
fuzz_copy(const uint8_t *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	fuzz_must(copy != NULL);
	memcpy(copy, bytes, len);
	return copy;
}

const char *
fuzz_file(const void *bytes, size_t len)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		fuzz_must(fd >= 0 && fchmod(fd, 0600) == 0);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	fuzz_must(ftruncate(fd, 0) == 0);
	fuzz_must(pwrite(fd, bytes, len, 0) == (ssize_t)len);
	return path;
}
