/* SPDX-License-Identifier: MIT */
/*
 * Which URLs secrets may be sent to.
 */
#include "provider/http_base.h"

#include <stdbool.h>
#include <string.h>

#include <arpa/inet.h>
#include <curl/curl.h>

/*
 * The host as libcurl shows it, IPv6 in brackets.  libcurl itself never asks
 * DNS for localhost.
 */
static bool
is_loopback(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 &&
	    ntohl(address.s_addr) >> 24 == 127;
}

static bool
has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has;

	has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
	curl_free(text);
	return has;
}

/* Is it a URL that secrets may be sent to? */
static enum fault
check(CURLU *url, struct fault_note *note)
{
	char *scheme = NULL, *host = NULL;
	enum fault f = FAULT_NONE;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		f = fault_set(
		    note, FAULT_CONFIG, "base_url: no scheme or host");
	else if (strcmp(scheme, "https") != 0 &&
	    (strcmp(scheme, "http") != 0 || !is_loopback(host)))
		f = fault_set(note, FAULT_CONFIG,
		    "base_url: has to be https (http for loopback only)");
	else if (has_part(url, CURLUPART_USER) ||
	    has_part(url, CURLUPART_PASSWORD) ||
	    has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		f = fault_set(note, FAULT_CONFIG,
		    "base_url: no user, query or fragment allowed");
	curl_free(scheme);
	curl_free(host);
	return f;
}

enum fault
http_base_make(const char *base_url, char **ret_base, struct fault_note *note)
{
	CURLU *url = curl_url();
	char *text = NULL, *base = NULL;
	enum fault f = FAULT_NONE;
	size_t len;

	if (url == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a URL");
	if (curl_url_set(url, CURLUPART_URL, base_url, 0) != CURLUE_OK)
		f = fault_set(note, FAULT_CONFIG, "base_url: not a URL");
	else
		f = check(url, note);
	if (f != FAULT_NONE)
		goto out;
	if (curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK) {
		len = strlen(text);
		while (len > 0 && text[len - 1] == '/')
			len--;
		base = strndup(text, len);
	}
	if (base == NULL)
		f = fault_set(note, FAULT_NOMEM, "no memory for a URL");
	else
		*ret_base = base;
out:
	curl_free(text);
	curl_url_cleanup(url);
	return f;
}
