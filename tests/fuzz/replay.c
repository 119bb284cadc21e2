/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzzer's entry over every file of a corpus, for those who build
 * without libFuzzer: make check keeps what fuzzing has found.  The folder is
 * the first argument, else CORPUS below $srcdir.  Prints TAP.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

#define INPUT_MAX ((size_t)4 * 1024 * 1024)

/* One file; false when it can't be read. */
static int
replay_file(const char *folder, const char *name, uint8_t *bytes)
{
	char path[4096];
	FILE *file;
	size_t len;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return 0;
	file = fopen(path, "rb");
	if (file == NULL)
		return 0;
	len = fread(bytes, 1, INPUT_MAX, file);
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(bytes, len);
	return 1;
}

/* How many files of a folder were replayed, -1 when it can't be read. */
static int
replay_folder(const char *folder, uint8_t *bytes)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	int n = 0;

	if (entries == NULL)
		return -1;
	while ((entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] != '.')
			n += replay_file(folder, entry->d_name, bytes);
	}
	(void)closedir(entries);
	return n;
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	uint8_t *bytes = malloc(INPUT_MAX);
	char folder[4096];
	int n;

	if (bytes == NULL)
		return 99;
	if (argc > 1)
		(void)snprintf(folder, sizeof(folder), "%s", argv[1]);
	else
		(void)snprintf(folder, sizeof(folder), "%s/%s",
		    srcdir == NULL ? "." : srcdir, CORPUS);
	n = replay_folder(folder, bytes);
	free(bytes);
	printf("1..1\n%s 1 - %d inputs are read and judged\n",
	    n > 0 ? "ok" : "not ok", n);
	return n > 0 ? 0 : 1;
}
