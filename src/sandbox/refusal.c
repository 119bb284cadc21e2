/* SPDX-License-Identifier: MIT */
/*
 * Texts are documented unless marked; that code -1 and the words before them
 * come with each is observed for some and inferred for the rest.
 * Source: doc/provider-v1.md "Refusals of the PGs".
 */
#include "sandbox/refusal.h"

#include <stddef.h>
#include <string.h>

#define FAILED "결제취소에 실패하였습니다."

struct refusal {
	const char *name;
	const char *text;
};

/* Not enough unsettled sales, by pg_provider; the first is all others'. */
static const struct refusal unsettled[] = {
	{ "", FAILED " [sandbox] not enough unsettled sales (invented text)" },
	{ "nice", FAILED " 취소금액이 미정산 금액보다 큽니다." },
	{ "nice_v2", FAILED " 취소금액이 미정산 금액보다 큽니다." },
	{ "danal", FAILED " 취소불가 상태입니다" },
	{ "danal_tpay", FAILED " 취소불가 상태입니다" },
	{ "daou", FAILED " 상점의 취소가능 금액이 부족 합니다." },
	{ "html5_inicis", FAILED " [500906|취소한도초과]" },
	{ "inicis", FAILED " [500906|취소한도초과]" },
	/* The code is documented, the text invented. */
	{ "kcp", FAILED " 8178 [sandbox] not enough unsettled sales" },
};

static const struct refusal book[] = {
	{ "225", FAILED " 구매 취소 기간이 지났습니다." },
	{ "500503", FAILED " [500503|간편결제 부분취소 제한 가맹점]" },
	{ "500626", FAILED " [500626|기 취소 거래]" },
	{ "500667", FAILED " [500667|취소 기한 초과]" },
	{ "500705", FAILED " [500705|부분취소 가능 횟수 초과]" },
	{ "500706", FAILED " [500706|부분취소 잔액 오류]" },
	{ "500707", FAILED " [500707|부분취소 불가 카드사]" },
	{ "500826", FAILED " [500826|취소 요청 금액이 잔액보다 큼]" },
	{ "500906", FAILED " [500906|취소한도초과]" },
	/* The codes are documented; of their texts only the meaning is known.
	 */
	{ "500685", FAILED " [500685|[sandbox] escrow has its own module]" },
	{ "8036", FAILED " 8036 [sandbox] over what can be cancelled" },
	{ "8037", FAILED " 8037 [sandbox] the balance differs" },
	{ "8133", FAILED " 8133 [sandbox] already cancelled" },
	{ "8142", FAILED " 8142 [sandbox] no partial cancel of this card" },
	{ "8178", FAILED " 8178 [sandbox] not enough unsettled sales" },
	{ "8386", FAILED " 8386 [sandbox] too many partial cancels" },
	{ "8388", FAILED " 8388 [sandbox] a cancel is in progress" },
	{ "C0D3", FAILED " [sandbox] C0D3: already cancelled" },
	{ "C053", FAILED " [sandbox] C053: more than was paid" },
	{ "C090", FAILED " [sandbox] C090: no partial cancel of this card" },
	{ "C112", FAILED " [sandbox] C112: the balance differs" },
	{ "316", FAILED " [sandbox] 316: over the amount" },
	{ "318", FAILED " [sandbox] 318: a duplicate" },
	/* Observed; the names are ours. */
	{ "done",
	    FAILED " 해당거래 취소실패(기취소성공) : 전화 문의(1661-0808)" },
	{ "kakaopay",
	    FAILED "(requested cancel amount is bigger than cancelable "
		   "amount)" },
	{ "unpaid", FAILED " 요청하신 건에 대해 입금된 내역이 없습니다" },
};

static const char *
find(const struct refusal *refusals, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(refusals[i].name, name) == 0)
			return refusals[i].text;
	}
	return NULL;
}

const char *
refusal_text(const char *pg_provider, const char *code)
{
	const char *text;

	if (*code != '\0')
		return find(book, sizeof(book) / sizeof(book[0]), code);
	text = find(
	    unsettled, sizeof(unsettled) / sizeof(unsettled[0]), pg_provider);
	return text == NULL ? unsettled[0].text : text;
}
