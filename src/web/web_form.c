/* SPDX-License-Identifier: MIT */
/*
 * Pairs joined by '&'; a name is looked for as it is, not decoded.
 */
#include "web/web_form.h"

#include <string.h>

#include "base/text.h"

enum web_form
web_form_value(
    const char *form, size_t len, const char *name, char *ret, size_t size)
{
	const char *end = form + len, *next, *value;
	enum web_form found = WEB_FORM_ABSENT;
	size_t name_len = strlen(name);

	for (; form < end; form = next + 1) {
		next = memchr(form, '&', (size_t)(end - form));
		if (next == NULL)
			next = end;
		if ((size_t)(next - form) <= name_len ||
		    memcmp(form, name, name_len) != 0 || form[name_len] != '=')
			continue;
		value = form + name_len + 1;
		if (found != WEB_FORM_ABSENT ||
		    !text_url_decode(
			value, (size_t)(next - value), true, ret, size))
			return WEB_FORM_BAD;
		found = WEB_FORM_FOUND;
	}
	return found;
}
