/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, URLs and JSON strings.
 */
#include "base/text.h"

#include <string.h>

/*
 * The table of RFC 3629 section 4: which first bytes begin a character of more
 * than one, how many follow, and how far the second one may range; that range
 * is what keeps overlong forms and surrogates out.
 */
static const struct {
	unsigned char first_min, first_max, second_min, second_max, follow;
} shapes[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 1 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 2 },
	{ 0xe1, 0xec, 0x80, 0xbf, 2 },
	{ 0xed, 0xed, 0x80, 0x9f, 2 },
	{ 0xee, 0xef, 0x80, 0xbf, 2 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 3 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 3 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

static bool
is_follower(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes of the character text begins with, which is not ASCII; 0: none. */
static size_t
character(const unsigned char *text, size_t len)
{
	size_t i, k;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (text[0] < shapes[i].first_min ||
		    text[0] > shapes[i].first_max)
			continue;
		if (shapes[i].follow >= len)
			return 0;
		if (text[1] < shapes[i].second_min ||
		    text[1] > shapes[i].second_max)
			return 0;
		for (k = 2; k <= shapes[i].follow; k++) {
			if (!is_follower(text[k]))
				return 0;
		}
		return (size_t)shapes[i].follow + 1;
	}
	return 0;
}

/* Eight bytes of 0x01 to 0x7f? */
static bool
is_ascii_word(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	/* Less one, a NUL borrows and gets its highest bit; so may the byte
	 * above it, which only means a closer look. */
	return ((word | (word - UINT64_C(0x0101010101010101))) &
		   UINT64_C(0x8080808080808080)) == 0;
}

bool
text_utf8_is_valid(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t at = 0, n;

	while (at < len) {
		/* Most of what comes is ASCII. */
		if (len - at >= sizeof(uint64_t) && is_ascii_word(bytes + at)) {
			at += sizeof(uint64_t);
			continue;
		}
		if (bytes[at] >= 0x01 && bytes[at] <= 0x7f) {
			at++;
			continue;
		}
		n = character(bytes + at, len - at);
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

size_t
text_utf8_length(const char *text, size_t len)
{
	size_t at, n = 0;

	for (at = 0; at < len; at++) {
		if (!is_follower((unsigned char)text[at]))
			n++;
	}
	return n;
}

size_t
text_utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && is_follower((unsigned char)text[max]))
		max--;
	return max;
}

bool
text_steers(uint32_t character)
{
	return character == 0x061c || character == 0x200e ||
	    character == 0x200f ||
	    (character >= 0x2028 && character <= 0x202e) ||
	    (character >= 0x2066 && character <= 0x2069);
}

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

enum fault
text_url(struct buf *buf, const char *text, struct fault_note *note)
{
	enum fault f = FAULT_NONE;
	unsigned char c;

	for (; *text != '\0' && f == FAULT_NONE; text++) {
		c = (unsigned char)*text;
		f = is_unreserved(c) ? buf_add(buf, text, 1, note)
				     : buf_printf(buf, note, "%%%02X", c);
	}
	return f;
}

int
text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
text_url_decode(
    const char *text, size_t len, bool is_form, char *ret, size_t size)
{
	size_t at, n = 0;
	int high, low;
	char c;

	for (at = 0; at < len; at++) {
		c = text[at] == '+' && is_form ? ' ' : text[at];
		if (c == '%') {
			if (len - at < 3)
				return false;
			high = text_hex_digit(text[at + 1]);
			low = text_hex_digit(text[at + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			at += 2;
		}
		if (n + 1 >= size)
			return false;
		ret[n++] = c;
	}
	ret[n] = '\0';
	return text_utf8_is_valid(ret, n);
}

static bool
is_plain_in_json(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static enum fault
add_json_escape(struct buf *buf, unsigned char c, struct fault_note *note)
{
	return c < 0x20 ? buf_printf(buf, note, "\\u%04x", c)
			: buf_printf(buf, note, "\\%c", c);
}

enum fault
text_json(
    struct buf *buf, const char *text, size_t len, struct fault_note *note)
{
	enum fault f = buf_add(buf, "\"", 1, note);
	size_t plain;

	while (len > 0 && f == FAULT_NONE) {
		for (plain = 0; plain < len && is_plain_in_json(text[plain]);)
			plain++;
		f = buf_add(buf, text, plain, note);
		text += plain;
		len -= plain;
		if (f == FAULT_NONE && len > 0) {
			f = add_json_escape(buf, (unsigned char)*text, note);
			text++;
			len--;
		}
	}
	return f == FAULT_NONE ? buf_add(buf, "\"", 1, note) : f;
}

/* Four hexadecimal digits as a number, -1 if they are not. */
static int
code_unit(const char *digits, size_t len)
{
	int unit = 0, digit;
	size_t i;

	if (len < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		digit = text_hex_digit(digits[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/*
 * Length of the escape that begins at a backslash; 0 for a NUL or half of a
 * character.  json-c judges all other escapes.
 */
static size_t
escape_len(const char *text, size_t len)
{
	int unit;

	if (len < 2 || text[1] != 'u')
		return 2;
	unit = code_unit(text + 2, len - 2);
	if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return 0;
	if (unit < 0xd800 || unit > 0xdbff)
		return 2;
	if (len < 12 || text[6] != '\\' || text[7] != 'u')
		return 0;
	unit = code_unit(text + 8, len - 8);
	return unit >= 0xdc00 && unit <= 0xdfff ? 12 : 0;
}

size_t
text_json_string_len(const char *text, size_t len)
{
	size_t at = 1, n;

	while (at < len && text[at] != '"') {
		if ((unsigned char)text[at] < 0x20)
			return 0;
		n = text[at] == '\\' ? escape_len(text + at, len - at) : 1;
		if (n == 0)
			return 0;
		at += n;
	}
	return at < len ? at + 1 : 0;
}

bool
text_json_is_plain(const char *bytes, size_t len)
{
	static const char outside[] = "{}[]:, \t\n\r+-.0123456789eEtrufalsn";
	size_t at = 0, n;

	while (at < len) {
		if (bytes[at] == '"')
			n = text_json_string_len(bytes + at, len - at);
		else
			n = strchr(outside, bytes[at]) != NULL ? 1 : 0;
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}
