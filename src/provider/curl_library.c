/* SPDX-License-Identifier: MIT */
/*
 * By its ABI's name, which has been the same since 2006.
 */
#include "provider/curl_library.h"

#include <dlfcn.h>
#include <stddef.h>
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
