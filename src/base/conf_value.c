/* SPDX-License-Identifier: MIT */
/*
 * Strict readers: what is not exactly the form is refused.
 */
#include "base/conf_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/text.h"

static bool
copy(const char *text, size_t most, void *at)
{
	size_t len = strlen(text);

	if (len > most || len >= CONF_TEXT_SIZE)
		return false;
	memcpy(at, text, len + 1);
	return true;
}

/* Visible ASCII: keys and secrets have nothing else. */
bool
conf_value_text(const char *text, int64_t least, int64_t most, void *ret_value)
{
	const char *p;

	(void)least;
	for (p = text; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~')
			return false;
	}
	return copy(text, (size_t)most, ret_value);
}

bool
conf_value_word(const char *text, int64_t least, int64_t most, void *ret_value)
{
	const char *p;

	(void)least;
	for (p = text; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return false;
	}
	return copy(text, (size_t)most, ret_value);
}

static bool
is_path(const char *text)
{
	return text[0] == '/' && text_utf8_is_valid(text, strlen(text));
}

bool
conf_value_path(const char *text, int64_t least, int64_t most, void *ret_value)
{
	(void)least;
	return (text[0] == '\0' || is_path(text)) &&
	    copy(text, (size_t)most, ret_value);
}

static bool
parse_number(const char *text, int64_t least, int64_t most, int64_t *ret)
{
	size_t len = strlen(text);
	int64_t number;

	if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
		return false;
	number = strtoll(text, NULL, 10);
	if (number < least || number > most)
		return false;
	*ret = number;
	return true;
}

bool
conf_value_number(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	return parse_number(text, least, most, ret_value);
}

bool
conf_value_yes_no(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	bool *is_yes = ret_value;

	(void)least;
	(void)most;
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return false;
	*is_yes = strcmp(text, "yes") == 0;
	return true;
}

bool
conf_value_store_url(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	static const char scheme[] = "sqlite:";
	const char *path;

	(void)least;
	if (strncmp(text, scheme, strlen(scheme)) != 0)
		return false;
	path = text + strlen(scheme);
	return is_path(path) && copy(path, (size_t)most, ret_value);
}

static bool
is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&six);
}

/* "host", "host:port" or "[address]:port"; the host without brackets. */
static bool
parse_authority(const char *text, size_t len, char ret_host[static 256])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-";
	static const char hex[] = "0123456789abcdefABCDEF:.";
	bool is_six = text[0] == '[';
	const char *host = text + is_six;
	size_t n = strspn(host, is_six ? hex : letters);
	const char *rest = host + n;
	char port[6] = "1";
	int64_t number;

	if (n == 0 || n > 255 || (is_six && *rest++ != ']'))
		return false;
	if (rest < text + len && *rest == ':') {
		size_t digits = (size_t)(text + len - ++rest);

		if (digits >= sizeof(port))
			return false;
		memcpy(port, rest, digits);
		port[digits] = '\0';
		rest += digits;
	}
	if (rest != text + len || !parse_number(port, 1, 65535, &number))
		return false;
	memcpy(ret_host, host, n);
	ret_host[n] = '\0';
	return true;
}

/* "https://authority" or "http://authority"; what follows it. */
static bool
parse_origin(const char *text, char ret_host[static 256], const char **ret_rest)
{
	const char *authority;
	size_t len;

	if (strncmp(text, "https://", 8) == 0)
		authority = text + 8;
	else if (strncmp(text, "http://", 7) == 0)
		authority = text + 7;
	else
		return false;
	len = strcspn(authority, "/");
	*ret_rest = authority + len;
	return parse_authority(authority, len, ret_host);
}

bool
conf_value_is_here(const char *base_url)
{
	const char *path;
	char host[256];

	return parse_origin(base_url, host, &path) && is_loopback(host);
}

bool
conf_value_base_url(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._~-";
	char host[256], *url = ret_value;
	const char *path;
	size_t len;

	(void)least;
	if (!parse_origin(text, host, &path) ||
	    strspn(path, plain) != strlen(path))
		return false;
	if (strncmp(text, "http:", 5) == 0 && !is_loopback(host))
		return false;
	if (!copy(text, (size_t)most, ret_value))
		return false;
	/* i'mport's own paths begin with the slash. */
	for (len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
		url[len - 1] = '\0';
	return true;
}

bool
conf_value_mode(const char *text, int64_t least, int64_t most, void *ret_value)
{
	enum conf_auth *mode = ret_value;

	(void)least;
	(void)most;
	if (strcmp(text, "none") == 0)
		*mode = CONF_AUTH_NONE;
	else if (strcmp(text, "remote-user") == 0)
		*mode = CONF_AUTH_REMOTE_USER;
	else if (strcmp(text, "ticket") == 0)
		*mode = CONF_AUTH_TICKET;
	else if (text[0] == '\0')
		*mode = CONF_AUTH_UNSET;
	else
		return false;
	return true;
}

bool
conf_value_user_param(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	/* RFC 3875 section 4.1: what the request itself decides. */
	static const char *const outside[] = { "HTTP_", "CONTENT_", "QUERY_",
		"REQUEST_", "PATH_", "SCRIPT_", "DOCUMENT_", "SERVER_",
		"REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT", "AUTH_TYPE",
		"GATEWAY_", "FCGI_", "HTTPS", "REDIRECT_" };
	const char *p;
	size_t i;

	(void)least;
	for (p = text; *p != '\0'; p++) {
		if (!isupper((unsigned char)*p) && *p != '_' &&
		    (p == text || !isdigit((unsigned char)*p)))
			return false;
	}
	for (i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		if (strncmp(text, outside[i], strlen(outside[i])) == 0)
			return false;
	}
	return copy(text, (size_t)most, ret_value);
}

bool
conf_value_origins(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	char list[CONF_TEXT_SIZE], host[256], *origin, *more;
	const char *rest;

	(void)least;
	if (!copy(text, (size_t)most, list))
		return false;
	for (origin = strtok_r(list, " ", &more); origin != NULL;
	     origin = strtok_r(NULL, " ", &more)) {
		if (!parse_origin(origin, host, &rest) || *rest != '\0')
			return false;
	}
	return copy(text, (size_t)most, ret_value);
}

bool
conf_value_addresses(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	(void)least;
	return address_is_list(text) && copy(text, (size_t)most, ret_value);
}

bool
conf_value_month_rule(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	(void)least;
	(void)most;
	return month_rule_find(text, ret_value);
}

bool
conf_value_listen(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	char host[256];
	/* Whoever reaches the port says who he is: never the open network. */
	bool is_port = strrchr(text, ':') != NULL &&
	    parse_authority(text, strlen(text), host) && is_loopback(host);

	(void)least;
	return (text[0] == '\0' || is_path(text) || is_port) &&
	    copy(text, (size_t)most, ret_value);
}

bool
conf_value_level(const char *text, int64_t least, int64_t most, void *ret_value)
{
	enum log_level level;
	int *number = ret_value;

	(void)least;
	(void)most;
	if (!log_level_find(text, &level))
		return false;
	*number = (int)level;
	return true;
}

bool
conf_value_format(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	enum conf_log_format *format = ret_value;

	(void)least;
	(void)most;
	if (strcmp(text, "text") != 0 && strcmp(text, "json") != 0)
		return false;
	*format = strcmp(text, "json") == 0 ? CONF_LOG_JSON : CONF_LOG_TEXT;
	return true;
}

bool
conf_value_target(
    const char *text, int64_t least, int64_t most, void *ret_value)
{
	(void)least;
	return (strcmp(text, "stderr") == 0 || strcmp(text, "syslog") == 0 ||
		   is_path(text)) &&
	    copy(text, (size_t)most, ret_value);
}
