/* SPDX-License-Identifier: MIT */
/*
 * The CSV's reader of paid_at already knows how people write a moment; it is
 * lent a row that holds nothing else of interest.
 */
#include "sandbox/moment.h"

#include <stdio.h>
#include <time.h>

#include "base/payment_csv.h"

enum fault
moment_parse(const char *text, int64_t *ret_ms, struct fault_note *note)
{
	const char *cells[PAYMENT_CSV__COUNT] = {
		[PAYMENT_CSV_MERCHANT_UID] = "x",
		[PAYMENT_CSV_IMP_UID] = "x",
		[PAYMENT_CSV_AMOUNT] = "1",
		[PAYMENT_CSV_PAID_AT] = text,
	};
	struct payment payment;

	if (payment_csv_parse(cells, &payment, NULL) != FAULT_NONE ||
	    payment.paid_at == 0)
		return fault_set(note, FAULT_INPUT,
		    "neither UNIX seconds nor like 2026-11-23T10:00:00+09:00");
	*ret_ms = payment.paid_at * 1000;
	return FAULT_NONE;
}

void
moment_date(int64_t ms, char ret_text[static MOMENT_DATE_SIZE])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };

	/* Not strftime: its names are the locale's. */
	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(ret_text, MOMENT_DATE_SIZE,
	    "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
	    tm.tm_mday % 100, months + 3 * tm.tm_mon,
	    (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
	    tm.tm_sec % 100);
}
