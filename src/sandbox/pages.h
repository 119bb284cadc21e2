/* SPDX-License-Identifier: MIT */
/*
 * Pages: the console's three files, in the binary; made at build time from
 * src/sandbox/console/.
 */
#ifndef SANDBOX_PAGES_H
#define SANDBOX_PAGES_H

/* Each as one string. */
extern const char pages_index_html[];
extern const char pages_console_css[];
extern const char pages_console_js[];

#endif
