/* SPDX-License-Identifier: MIT */
/*
 * The characters are listed rather than what is wrong among them.
 */
#include "core/receipt.h"

#include <stddef.h>
#include <string.h>

#define SCHEME  "https://"
#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

bool
receipt_is_url(const char *text)
{
	size_t len = strlen(text), host, end;

	if (len >= RECEIPT_URL_SIZE ||
	    strncmp(text, SCHEME, sizeof(SCHEME) - 1) != 0)
		return false;
	text += sizeof(SCHEME) - 1;
	len -= sizeof(SCHEME) - 1;
	host = strspn(text, LETTERS "-.");
	end = host;
	if (text[end] == ':')
		end += 1 + strspn(text + end + 1, DIGITS);
	if (host == 0 || text[0] == '.' || text[0] == '-' ||
	    strcspn(text, "/?#") != end)
		return false;
	return strspn(text, LETTERS "-._~:/?#[]@!$&'()*+,;=%") == len;
}

bool
receipt_quotes(const char *url, const char *text)
{
	char digits[RECEIPT_URL_SIZE];
	size_t n = 0;

	if (text[0] == '\0')
		return false;
	if (strstr(url, text) != NULL)
		return true;
	for (; *text != '\0' && n < sizeof(digits) - 1; text++) {
		if (*text >= '0' && *text <= '9')
			digits[n++] = *text;
	}
	digits[n] = '\0';
	return n > 0 && strstr(url, digits) != NULL;
}
