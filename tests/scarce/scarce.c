/* SPDX-License-Identifier: MIT */
/*
 * The linker's --wrap makes malloc() __wrap_malloc(), and __real_malloc() the
 * old one.
 */
#include "scarce.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static _Thread_local enum scarce_what scarce;
static _Thread_local long left;
static _Thread_local bool is_at_rest;

void
scarce_begin(enum scarce_what what, long k)
{
	scarce = what;
	left = k;
}

bool
scarce_end(void)
{
	scarce = SCARCE_NOTHING;
	return left <= 0;
}

void
scarce_pause(bool is_paused)
{
	is_at_rest = is_paused;
}

bool
scarce_refuses(enum scarce_what what)
{
	if (is_at_rest || what != scarce || --left != 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);

void *
__wrap_malloc(size_t size)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return scarce_refuses(SCARCE_MEMORY) ? NULL : __real_strndup(text, len);
}
