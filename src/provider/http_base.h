/* SPDX-License-Identifier: MIT */
/*
 * The base URL: what the operator wrote, checked and in its normal form.
 */
#ifndef PROVIDER_HTTP_BASE_H
#define PROVIDER_HTTP_BASE_H

#include "core/fault.h"
#include "provider/curl_library.h"

/*
 * http_base_make: a base URL without a slash at its end, to be freed.
 * FAULT_CONFIG unless it is https, or http to this machine (127.0.0.0/8, ::1,
 * localhost); a path is allowed, a user, query or fragment is not.
 */
enum fault http_base_make(const struct curl_library *curl, const char *base_url,
    char **ret_base, struct fault_note *note) MUST_CHECK;

#endif
