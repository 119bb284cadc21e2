/* SPDX-License-Identifier: MIT */
/*
 * One row a bank, one column a list of codes, and which PG keeps to which list.
 * Source: the Code page (doc/provider-v1.md), state of 2026-08-06: portone-io/
 * developers.portone.io, opi/ko/support/code-info/pg-1.mdx; the English names
 * and JTNet from its table of 2023-08.  A change there is one cell here.
 */
#include "core/bank.h"

#include <string.h>

enum list {
	LIST_INICIS,  /* the last two digits of KFTC's number */
	LIST_KCP,     /* "BK" and those two */
	LIST_DIGITS,  /* KFTC's number in three digits */
	LIST_KIWOOM,  /* numbers of its own */
	LIST_NICE_V2, /* KFTC's, of some banks */
	LIST_WELCOME, /* KFTC's, of others */
	LIST__COUNT
};

static const struct {
	const char *pg_provider;
	enum list list;
} pgs[] = {
	{ "html5_inicis", LIST_INICIS },
	{ "inicis", LIST_INICIS },
	{ "inicis_unified", LIST_INICIS },
	{ "kcp", LIST_KCP },
	{ "kcp_billing", LIST_KCP },
	{ "kcp_quick", LIST_KCP },
	{ "danal", LIST_DIGITS },
	{ "danal_tpay", LIST_DIGITS },
	{ "jtnet", LIST_DIGITS },
	{ "kicc", LIST_DIGITS },
	{ "nice", LIST_DIGITS },
	{ "settle", LIST_DIGITS },
	{ "smartro", LIST_DIGITS },
	{ "tosspayments", LIST_DIGITS },
	{ "uplus", LIST_DIGITS },
	{ "daou", LIST_KIWOOM },
	{ "nice_v2", LIST_NICE_V2 },
	{ "welcome", LIST_WELCOME },
};

/*
 * The codes in the order of the lists; "" where a list lacks the bank.  Kiwoom
 * alone still has a number for the bank that Hana took over.
 */
/* clang-format off */
static const struct {
	const char *en;
	const char *ko;
	const char *codes[LIST__COUNT];
} banks[] = {
	{ "KB Kookmin", "KB국민은행",
	    { "04", "BK04", "004", "04", "004", "004" } },
	{ "SC First", "SC제일은행",
	    { "23", "BK23", "023", "11", "023", "" } },
	{ "Kyongnam", "경남은행",
	    { "39", "BK39", "039", "", "", "039" } },
	{ "Kwangju", "광주은행",
	    { "34", "BK34", "034", "", "034", "034" } },
	{ "IBK", "기업은행",
	    { "03", "BK03", "003", "03", "003", "003" } },
	{ "NH Nonghyup", "농협",
	    { "11", "BK11", "011", "08", "011", "" } },
	{ "iM (Daegu)", "iM뱅크(대구)",
	    { "31", "BK31", "031", "", "031", "031" } },
	{ "Busan", "부산은행",
	    { "32", "BK32", "032", "15", "032", "032" } },
	{ "KDB", "산업은행",
	    { "02", "BK02", "002", "", "", "" } },
	{ "MG Saemaul", "새마을금고",
	    { "45", "BK45", "045", "", "", "" } },
	{ "Suhyup", "수협",
	    { "07", "BK07", "007", "", "", "007" } },
	{ "Shinhan", "신한은행",
	    { "88", "BK88", "088", "10", "088", "088" } },
	{ "Shinhyup", "신협",
	    { "48", "BK48", "048", "", "", "" } },
	{ "Hana", "하나은행",
	    { "81", "BK81", "081", "12", "081", "081" } },
	{ "KEB", "외환은행",
	    { "", "", "", "05", "", "" } },
	{ "Woori", "우리은행",
	    { "20", "BK20", "020", "09", "020", "020" } },
	{ "Post Office", "우체국",
	    { "71", "BK71", "071", "31", "071", "" } },
	{ "Jeonbuk", "전북은행",
	    { "37", "BK37", "037", "", "", "037" } },
	{ "Chukhyup", "축협",
	    { "12", "BK12", "012", "", "", "" } },
	{ "Kakao Bank", "카카오뱅크",
	    { "90", "BK90", "090", "", "", "" } },
	{ "K bank", "케이뱅크",
	    { "89", "BK89", "089", "", "089", "089" } },
	{ "Citibank", "한국씨티은행",
	    { "27", "BK27", "027", "", "", "" } },
	{ "Toss Bank", "토스뱅크",
	    { "92", "BK92", "092", "", "", "" } },
};
/* clang-format on */
#define BANKS_N (sizeof(banks) / sizeof(banks[0]))

/* LIST__COUNT: its codes are not known. */
static enum list
list_of(const char *pg_provider)
{
	size_t i;

	for (i = 0; i < sizeof(pgs) / sizeof(pgs[0]); i++) {
		if (strcmp(pgs[i].pg_provider, pg_provider) == 0)
			return pgs[i].list;
	}
	return LIST__COUNT;
}

bool
bank_at(const char *pg_provider, size_t i, struct bank *ret_bank)
{
	enum list list = list_of(pg_provider);
	size_t row;

	if (list == LIST__COUNT)
		return false;
	for (row = 0; row < BANKS_N; row++) {
		if (banks[row].codes[list][0] != '\0' && i-- == 0)
			break;
	}
	if (row == BANKS_N)
		return false;
	*ret_bank = (struct bank){ .code = banks[row].codes[list],
		.en = banks[row].en,
		.ko = banks[row].ko };
	return true;
}

bool
bank_is_of(const char *pg_provider, const char *code)
{
	struct bank bank;
	size_t i;

	if (list_of(pg_provider) == LIST__COUNT)
		return true;
	for (i = 0; bank_at(pg_provider, i, &bank); i++) {
		if (strcmp(bank.code, code) == 0)
			return true;
	}
	return false;
}
