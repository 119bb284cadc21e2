/* SPDX-License-Identifier: MIT */
/*
 * Amounts as integers, and the only two places where they are text.
 */
#include "core/money.h"

#include <string.h>

/* Sorted as people look for them: the won first, then by code. */
static const struct currency currencies[] = {
	{ "KRW", 0 },
	{ "AED", 2 },
	{ "AUD", 2 },
	{ "BRL", 2 },
	{ "CAD", 2 },
	{ "CHF", 2 },
	{ "CNY", 2 },
	{ "CZK", 2 },
	{ "DKK", 2 },
	{ "EUR", 2 },
	{ "GBP", 2 },
	{ "HKD", 2 },
	{ "IDR", 2 },
	{ "ILS", 2 },
	{ "INR", 2 },
	{ "JPY", 0 },
	{ "KWD", 3 },
	{ "MOP", 2 },
	{ "MXN", 2 },
	{ "MYR", 2 },
	{ "NOK", 2 },
	{ "NZD", 2 },
	{ "PHP", 2 },
	{ "PLN", 2 },
	{ "RUB", 2 },
	{ "SAR", 2 },
	{ "SEK", 2 },
	{ "SGD", 2 },
	{ "THB", 2 },
	{ "TRY", 2 },
	{ "TWD", 2 },
	{ "USD", 2 },
	{ "VND", 0 },
};

const struct currency *
currency_find(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++) {
		if (strcmp(currencies[i].code, code) == 0)
			return &currencies[i];
	}
	return NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits into *amount, which never passes MONEY_MAX * 10 + 9. */
static bool
take_digit(char c, int64_t *amount)
{
	*amount = *amount * 10 + (c - '0');
	return *amount <= MONEY_MAX;
}

/*
 * The decimals after the point: up to the exponent they count, past it only
 * zeros are let through, and only when loose.
 */
static bool
take_decimals(const char *text, size_t len, const struct currency *currency,
    bool loose, int64_t *amount)
{
	size_t i;

	if (len == 0 || (!loose && len > currency->exponent))
		return false;
	for (i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		if (i >= currency->exponent && text[i] != '0')
			return false;
		if (i < currency->exponent && !take_digit(text[i], amount))
			return false;
	}
	return true;
}

static bool
parse(const char *text, size_t len, const struct currency *currency, bool loose,
    int64_t *ret_amount)
{
	int64_t amount = 0;
	size_t whole = 0, decimals = 0;

	while (whole < len && is_digit(text[whole])) {
		if (!take_digit(text[whole], &amount))
			return false;
		whole++;
	}
	if (whole == 0 || (whole > 1 && text[0] == '0'))
		return false;
	if (whole < len) {
		if (text[whole] != '.')
			return false;
		decimals = len - whole - 1;
		if (!take_decimals(
			text + whole + 1, decimals, currency, loose, &amount))
			return false;
	}
	while (decimals++ < currency->exponent) {
		if (!take_digit('0', &amount))
			return false;
	}
	*ret_amount = amount;
	return true;
}

bool
money_parse(const char *text, size_t len, const struct currency *currency,
    int64_t *ret_amount)
{
	return parse(text, len, currency, false, ret_amount);
}

bool
money_parse_loose(const char *text, size_t len, const struct currency *currency,
    int64_t *ret_amount)
{
	return parse(text, len, currency, true, ret_amount);
}

void
money_format(int64_t amount, const struct currency *currency,
    char ret_text[static MONEY_TEXT_SIZE])
{
	char digits[MONEY_TEXT_SIZE];
	size_t at = sizeof(digits), n = 0;

	/* From the last digit to the first, so that no width is guessed. */
	do {
		if (n > 0 && n == currency->exponent)
			digits[--at] = '.';
		digits[--at] = (char)('0' + amount % 10);
		amount /= 10;
		n++;
	} while (amount > 0 || n <= currency->exponent);
	memcpy(ret_text, digits + at, sizeof(digits) - at);
	ret_text[sizeof(digits) - at] = '\0';
}
