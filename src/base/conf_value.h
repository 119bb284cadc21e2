/* SPDX-License-Identifier: MIT */
/*
 * Values of the configuration: one reader for each form a key may take.
 */
#ifndef BASE_CONF_VALUE_H
#define BASE_CONF_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A reader: true with the value of text in *ret_value, false if text has
 * another form.  least and most bound a number or, in bytes, a text; readers
 * of a few words don't look at them.
 */
typedef bool conf_value(
    const char *text, int64_t least, int64_t most, void *ret_value);

/* Into char[CONF_TEXT_SIZE]; those named first may be empty. */
conf_value conf_value_text;       /* visible ASCII */
conf_value conf_value_word;       /* letters, digits, '-', '_' */
conf_value conf_value_path;       /* absolute */
conf_value conf_value_user_param; /* name of a CGI variable */
conf_value conf_value_origins;    /* separated by spaces */
conf_value conf_value_addresses;  /* separated by spaces */
conf_value conf_value_listen;     /* absolute path or address:port */
conf_value conf_value_store_url;  /* sqlite:PATH; the path */
conf_value conf_value_base_url;   /* without the slash at its end */
conf_value conf_value_target;     /* stderr, syslog or a path */

conf_value conf_value_number;     /* into int64_t */
conf_value conf_value_yes_no;     /* into bool */
conf_value conf_value_mode;       /* into enum conf_auth; "" is unset */
conf_value conf_value_month_rule; /* into enum month_rule */
conf_value conf_value_level;      /* into int, of enum log_level */
conf_value conf_value_format;     /* into enum conf_log_format */

/* conf_value_is_here: the base URL is this machine's, as the sandbox's is. */
bool conf_value_is_here(const char *base_url);

#endif
