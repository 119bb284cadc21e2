/* SPDX-License-Identifier: MIT */
/*
 * Money: an amount is an int64_t in the smallest unit of its payment's currency
 * (won, cent), from the request to the database.  A payment has one currency,
 * so amounts of one payment may be compared; the currency is only needed where
 * an amount meets text.  No float ever holds an amount.
 */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * No amount is larger: far above any payment, and ten thousand of them still
 * fit an int64_t.
 */
#define MONEY_MAX INT64_C(100000000000000)

/* Longest text money_format writes, with its NUL. */
#define MONEY_TEXT_SIZE 24

/* A currency known to us: its ISO 4217 code and how many decimals it has. */
struct currency {
	char code[4];
	unsigned char exponent; /* 0 to 3 */
};

/*
 * currency_find: the currency of a three-letter upper-case code, or NULL when
 * it is not known; an unknown one is refused, because its smallest unit would
 * be a guess.  Source: ISO 4217 list one, read 2026-11.
 */
const struct currency *currency_find(const char *code);

/*
 * money_parse: an amount in usual notation ("10000", "12.50") to smallest
 * units.  Digits, then at most one point with 1 to exponent digits ("12.5" is
 * 1250 cents).  Refused: empty, sign, space, exponent notation, finer than the
 * currency, leading zeros before another digit, above MONEY_MAX.
 * Zeros after the currency's last decimal ("100.0" won) are a fraction only in
 * looks, and money_parse_loose takes them: some providers' JSON writers do so.
 */
bool money_parse(const char *text, size_t len, const struct currency *currency,
    int64_t *ret_amount);
bool money_parse_loose(const char *text, size_t len,
    const struct currency *currency, int64_t *ret_amount);

/*
 * money_format: usual notation, always with all decimals of the currency:
 * 1250 cents is "12.50", 10000 won is "10000".  amount is 0 to INT64_MAX.
 */
void money_format(int64_t amount, const struct currency *currency,
    char ret_text[static MONEY_TEXT_SIZE]);

#endif
