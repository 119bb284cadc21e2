/* SPDX-License-Identifier: MIT */
/*
 * Text: is it UTF-8, how long is it as people count, and how does it have to
 * look inside a URL or JSON.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/fault.h"

/*
 * text_utf8_is_valid: len bytes of well-formed UTF-8 without a NUL: no
 * overlong form, no surrogate, nothing above U+10FFFF.
 * Source: RFC 3629 section 4.
 */
bool text_utf8_is_valid(const char *text, size_t len);

/* text_utf8_length: characters (code points) in len bytes of valid UTF-8. */
size_t text_utf8_length(const char *text, size_t len);

/*
 * text_utf8_cut: how many of the len bytes of valid UTF-8 to keep so that they
 * are at most max and no character is cut in two.
 */
size_t text_utf8_cut(const char *text, size_t len, size_t max);

/*
 * text_steers: the character ends a line or turns its direction without being
 * a control character, so that a line would not show what it says.
 * Source: Unicode 15, line separators and the Bidi_Control property.
 */
bool text_steers(uint32_t character);

/*
 * text_url: append text percent-encoded as one segment of a URL's path or one
 * value of its query: all but RFC 3986's unreserved characters.
 * Faults as buf_add.
 */
enum fault text_url(
    struct buf *buf, const char *text, struct fault_note *note) MUST_CHECK;

/*
 * text_url_decode: len bytes with %XX decoded, and '+' as a space if is_form,
 * into ret, which has size bytes, NUL included.  False for a broken escape, a
 * NUL, bad UTF-8, or too long; ret is anything then.
 * Source: RFC 3986 section 2.1; the form encoding browsers use.
 */
bool text_url_decode(
    const char *text, size_t len, bool is_form, char *ret, size_t size);

/* text_hex_digit: the value of a hexadecimal digit, -1 if it is none. */
int text_hex_digit(char c);

/*
 * text_json: append len bytes of valid UTF-8 as a JSON string, quotes included.
 * Faults as buf_add.  Source: RFC 8259 section 7.
 */
enum fault text_json(struct buf *buf, const char *text, size_t len,
    struct fault_note *note) MUST_CHECK;

/*
 * text_json_is_plain: outside of strings only RFC 8259's own characters, so not
 * what json-c 0.16 takes even when strict (single quotes, NaN, Infinity); in
 * them no control character, NUL or half of a character.  Whether it is JSON is
 * left to json-c.
 */
bool text_json_is_plain(const char *text, size_t len);

/*
 * text_json_string_len: of the string that text, a quote, begins, with both
 * quotes; 0 if it does not end or text_json_is_plain would refuse it.
 */
size_t text_json_string_len(const char *text, size_t len);

#endif
