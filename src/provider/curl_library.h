/* SPDX-License-Identifier: MIT */
/*
 * Curl_library: libcurl, loaded when it is first needed.
 *
 * The one idea: libcurl brings thirty other libraries (Kerberos, LDAP ...),
 * two thirds of the time in which a CGI program starts; a status, a replay or a
 * page needs none of them.
 */
#ifndef PROVIDER_CURL_LIBRARY_H
#define PROVIDER_CURL_LIBRARY_H

#include <stdbool.h>

/* Its checks are macros that look for a function, not for a member. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <openssl/ssl.h>

#include "core/fault.h"

/* All that we call of it, and one of the OpenSSL it has to stand on. */
#define CURL_LIBRARY(X)                                                        \
	X(curl_easy_cleanup)                                                   \
	X(curl_easy_getinfo)                                                   \
	X(curl_easy_header)                                                    \
	X(curl_easy_init)                                                      \
	X(curl_easy_reset)                                                     \
	X(curl_easy_setopt)                                                    \
	X(curl_easy_strerror)                                                  \
	X(curl_free)                                                           \
	X(curl_getdate)                                                        \
	X(curl_global_cleanup)                                                 \
	X(curl_global_init_mem)                                                \
	X(curl_multi_add_handle)                                               \
	X(curl_multi_assign)                                                   \
	X(curl_multi_cleanup)                                                  \
	X(curl_multi_info_read)                                                \
	X(curl_multi_init)                                                     \
	X(curl_multi_remove_handle)                                            \
	X(curl_multi_setopt)                                                   \
	X(curl_multi_socket_action)                                            \
	X(curl_url)                                                            \
	X(curl_url_cleanup)                                                    \
	X(curl_url_get)                                                        \
	X(curl_url_set)                                                        \
	X(SSL_CTX_set1_cert_store)

struct curl_library {
#define CURL_LIBRARY_MEMBER(name) __typeof__(name) *name;
	CURL_LIBRARY(CURL_LIBRARY_MEMBER)
#undef CURL_LIBRARY_MEMBER
};

/*
 * curl_library_load: FAULT_CONFIG when it is not installed, or not the one with
 * OpenSSL.  Once loaded it stays.
 */
enum fault curl_library_load(
    struct curl_library *ret_curl, struct fault_note *note) MUST_CHECK;

/*
 * curl_library_start: as curl_global_init, and what it frees is wiped: requests
 * with refund accounts and the shop's secret go through its buffers.
 */
bool curl_library_start(const struct curl_library *curl);

#endif
