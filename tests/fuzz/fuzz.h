/* SPDX-License-Identifier: MIT */
/*
 * Fuzz: what every target needs.  A target is one file NAME-fuzz.c with the
 * entry below, and corpus-NAME with inputs; replay.c runs it over them in make
 * check, libFuzzer in make fuzz.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* fuzz_must: assert() that also speaks in builds without it. */
void fuzz_must(bool is_true);

/* fuzz_text: valid UTF-8 of at most so many characters. */
void fuzz_text(const char *text, size_t most);

/* fuzz_copy: of just that length, so that a step too far is seen; free it. */
char *fuzz_copy(const uint8_t *bytes, size_t len);

/*
 * fuzz_file: the path of a file without a name that holds these bytes and is
 * ours alone to read; the same file each time.
 */
const char *fuzz_file(const void *bytes, size_t len);

#endif
