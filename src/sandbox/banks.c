/* SPDX-License-Identifier: MIT */
/*
 * One row a bank.  Inicis, KCP and the PGs of three digits spell the same
 * number (KFTC's) in their own way; Kiwoom (daou) has numbers of its own.
 */
#include "sandbox/banks.h"

#include <stddef.h>
#include <string.h>

enum set {
	SET_INICIS,
	SET_KCP,
	SET_DIGITS, /* three of them */
	SET_KIWOOM,
	SET_NICE_V2,
	SET_WELCOME,
	SET__COUNT
};

static const struct {
	const char *pg_provider;
	enum set set;
} sets[] = {
	{ "html5_inicis", SET_INICIS },
	{ "inicis", SET_INICIS },
	{ "inicis_unified", SET_INICIS },
	{ "kcp", SET_KCP },
	{ "kcp_billing", SET_KCP },
	{ "kcp_quick", SET_KCP },
	{ "tosspayments", SET_DIGITS },
	{ "uplus", SET_DIGITS },
	{ "danal", SET_DIGITS },
	{ "danal_tpay", SET_DIGITS },
	{ "nice", SET_DIGITS },
	{ "kicc", SET_DIGITS },
	{ "smartro", SET_DIGITS },
	{ "settle", SET_DIGITS },
	{ "jtnet", SET_DIGITS },
	{ "daou", SET_KIWOOM },
	{ "nice_v2", SET_NICE_V2 },
	{ "welcome", SET_WELCOME },
};

/* "" where the PG's list lacks the bank; two codes with a blank between. */
/* clang-format off */
static const char *const banks[][SET__COUNT] = {
	{ "04", "BK04", "004", "04",    "004", "004" }, /* KB Kookmin */
	{ "23", "BK23", "023", "11",    "023", ""    }, /* SC First */
	{ "39", "BK39", "039", "",      "",    "039" }, /* Kyongnam */
	{ "34", "BK34", "034", "",      "034", "034" }, /* Kwangju */
	{ "03", "BK03", "003", "03",    "003", "003" }, /* IBK */
	{ "11", "BK11", "011", "08",    "011", ""    }, /* NH Nonghyup */
	{ "31", "BK31", "031", "",      "031", "031" }, /* Daegu, now iM */
	{ "32", "BK32", "032", "15",    "032", "032" }, /* Busan */
	{ "02", "BK02", "002", "",      "",    ""    }, /* KDB */
	{ "45", "BK45", "045", "",      "",    ""    }, /* MG Saemaul */
	{ "07", "BK07", "007", "",      "",    "007" }, /* Suhyup */
	{ "88", "BK88", "088", "10",    "088", "088" }, /* Shinhan */
	{ "48", "BK48", "048", "",      "",    ""    }, /* Shinhyup */
	{ "81", "BK81", "081", "12 05", "081", "081" }, /* Hana, KEB */
	{ "20", "BK20", "020", "09",    "020", "020" }, /* Woori */
	{ "71", "BK71", "071", "31",    "071", ""    }, /* Post Office */
	{ "37", "BK37", "037", "",      "",    "037" }, /* Jeonbuk */
	{ "12", "BK12", "012", "",      "",    ""    }, /* Chukhyup */
	{ "90", "BK90", "090", "",      "",    ""    }, /* Kakao Bank */
	{ "89", "BK89", "089", "",      "089", "089" }, /* K bank */
	{ "27", "BK27", "027", "",      "",    ""    }, /* Citibank */
	{ "92", "BK92", "092", "",      "",    ""    }, /* Toss Bank */
};
/* clang-format on */

/* One of the codes in a cell. */
static bool
is_in(const char *cell, const char *code)
{
	size_t len = strlen(code);
	const char *at = cell;

	while (len > 0 && (at = strstr(at, code)) != NULL) {
		if ((at == cell || at[-1] == ' ') &&
		    (at[len] == '\0' || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}

static bool
set_has(enum set set, const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		if (is_in(banks[i][set], code))
			return true;
	}
	return false;
}

bool
banks_has(const char *pg_provider, const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (strcmp(sets[i].pg_provider, pg_provider) == 0)
			return set_has(sets[i].set, code);
	}
	return true;
}
