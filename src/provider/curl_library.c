/* SPDX-License-Identifier: MIT */
/*
 * By its ABI's name, which has been the same since 2006.
 */
#include "provider/curl_library.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SONAME "libcurl.so.4"

struct symbol {
	const char *name;
	size_t offset; /* of its member */
};

static const struct symbol symbols[] = {
#define CURL_LIBRARY_SYMBOL(name)                                              \
	{ #name, offsetof(struct curl_library, name) },
	CURL_LIBRARY(CURL_LIBRARY_SYMBOL)
#undef CURL_LIBRARY_SYMBOL
};

enum fault
curl_library_load(struct curl_library *ret_curl, struct fault_note *note)
{
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	void *function;
	size_t i;

	for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		/* Those it stands on are looked through, too. */
		function =
		    library == NULL ? NULL : dlsym(library, symbols[i].name);
		if (function == NULL)
			return fault_set(
			    note, FAULT_CONFIG, "%.200s", dlerror());
		memcpy((char *)ret_curl + symbols[i].offset, &function,
		    sizeof(function));
	}
	return FAULT_NONE;
}

static void
wipe_and_free(void *bytes)
{
	if (bytes != NULL)
		explicit_bzero(bytes, malloc_usable_size(bytes));
	free(bytes);
}

/* realloc() might leave the old bytes behind. */
static void *
move(void *old, size_t size)
{
	size_t had = old == NULL ? 0 : malloc_usable_size(old);
	void *bytes = malloc(size);

	if (bytes == NULL)
		return NULL;
	if (had > 0)
		memcpy(bytes, old, had < size ? had : size);
	wipe_and_free(old);
	return bytes;
}

bool
curl_library_start(const struct curl_library *curl)
{
	return curl->curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc,
		   wipe_and_free, move, strdup, calloc) == CURLE_OK;
}
