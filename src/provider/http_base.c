/* SPDX-License-Identifier: MIT */
/*
 * Which URLs secrets may be sent to.
 */
#include "provider/http_base.h"

#include <stdbool.h>
#include <string.h>

#include <arpa/inet.h>

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
has_part(const struct curl_library *curl, CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has;

	has = curl->curl_url_get(url, part, &text, 0) == CURLUE_OK;
	curl->curl_free(text);
	return has;
}

/* Is it a URL that secrets may be sent to? */
static enum fault
check(const struct curl_library *curl, CURLU *url, struct fault_note *note)
{
	char *scheme = NULL, *host = NULL;
	enum fault f = FAULT_NONE;

	if (curl->curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) !=
		CURLUE_OK ||
	    curl->curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		f = fault_set(
		    note, FAULT_CONFIG, "base_url: no scheme or host");
	else if (strcmp(scheme, "https") != 0 &&
	    (strcmp(scheme, "http") != 0 || !is_loopback(host)))
		f = fault_set(note, FAULT_CONFIG,
		    "base_url: has to be https (http for loopback only)");
	else if (has_part(curl, url, CURLUPART_USER) ||
	    has_part(curl, url, CURLUPART_PASSWORD) ||
	    has_part(curl, url, CURLUPART_QUERY) ||
	    has_part(curl, url, CURLUPART_FRAGMENT))
		f = fault_set(note, FAULT_CONFIG,
		    "base_url: no user, query or fragment allowed");
	curl->curl_free(scheme);
	curl->curl_free(host);
	return f;
}

enum fault
http_base_make(const struct curl_library *curl, const char *base_url,
    char **ret_base, struct fault_note *note)
{
	CURLU *url = curl->curl_url();
	char *text = NULL, *base = NULL;
	enum fault f = FAULT_NONE;
	size_t len;

	if (url == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a URL");
	if (curl->curl_url_set(url, CURLUPART_URL, base_url, 0) != CURLUE_OK)
		f = fault_set(note, FAULT_CONFIG, "base_url: not a URL");
	else
		f = check(curl, url, note);
	if (f != FAULT_NONE)
		goto out;
	if (curl->curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK) {
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
	curl->curl_free(text);
	curl->curl_url_cleanup(url);
	return f;
}
