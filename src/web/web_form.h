/* SPDX-License-Identifier: MIT */
/*
 * Web_form: values of a form or a query.
 */
#ifndef WEB_WEB_FORM_H
#define WEB_WEB_FORM_H

#include <stddef.h>

enum web_form {
	WEB_FORM_ABSENT,
	WEB_FORM_FOUND,
	WEB_FORM_BAD /* came twice, too long, or not UTF-8 when decoded */
};

/*
 * web_form_value: the value of name in application/x-www-form-urlencoded
 * text, with '+' as a space.
 */
enum web_form web_form_value(
    const char *form, size_t len, const char *name, char *ret, size_t size);

#endif
