/* SPDX-License-Identifier: MIT */
/*
 * Any text as an amount and as a reason: an amount that is read prints back to
 * the same, and a marker that was put at a reason's end is found there again.
 * The first byte chooses the currency.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/marker.h"
#include "core/money.h"
#include "fuzz/fuzz.h"

static void
check_amount(const char *text, size_t len, const struct currency *currency)
{
	int64_t strict = -1, loose = -1, again = -1;
	char printed[MONEY_TEXT_SIZE];

	if (!money_parse_loose(text, len, currency, &loose)) {
		fuzz_must(!money_parse(text, len, currency, &strict));
		return;
	}
	fuzz_must(loose >= 0 && loose <= MONEY_MAX);
	money_format(loose, currency, printed);
	fuzz_must(money_parse(printed, strlen(printed), currency, &again));
	fuzz_must(again == loose);
	if (money_parse(text, len, currency, &strict))
		fuzz_must(strict == loose);
}

static void
check_marker(const char *reason, size_t len)
{
	static const char id[] = "0123456789";
	char marker[REFUND_ID_SIZE], sent[REASON_SENT_SIZE];
	char *text;

	marker_read(reason, len, marker);
	fuzz_must(marker[0] == '\0' ||
	    (refund_id_is_valid(marker) &&
		memmem(reason, len, marker, REFUND_ID_LEN) != NULL));
	if (!text_utf8_is_valid(reason, len))
		return;
	text = strndup(reason, len);
	fuzz_must(text != NULL);
	marker_append(text, id, sent);
	fuzz_text(sent, REASON_SENT_CHARS);
	marker_read(sent, strlen(sent), marker);
	fuzz_must(strcmp(marker, id) == 0);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const codes[] = { "KRW", "USD", "KWD", "JPY" };
	char *text;

	if (len == 0)
		return 0;
	text = fuzz_copy(bytes + 1, len - 1);
	check_amount(text, len - 1, currency_find(codes[bytes[0] % 4]));
	check_marker(text, len - 1);
	free(text);
	return 0;
}
