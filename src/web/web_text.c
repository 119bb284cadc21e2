/* SPDX-License-Identifier: MIT */
/*
 * The answers.  Sources: doc/design.md "Answers"; the words of already_refunded
 * are the i'mport guide's own, which its clients may compare.
 */
#include "web/web_text.h"

#include <string.h>

/* clang-format off */
static const struct web_text_answer results[] = {
	[RESULT_REFUNDED] = { 200, "refunded", 0,
		{ "Refunded", "환불 완료" },
		{ "The refund is done.",
		  "환불이 완료되었습니다." } },
	[RESULT_PENDING] = { 202, "pending", 2,
		{ "Refund pending", "환불 처리 중" },
		{ "The refund was accepted and is not finished yet. "
		  "Please look again later; do not request it again.",
		  "환불이 접수되어 처리 중입니다. 다시 요청하지 마시고 "
		  "잠시 후 확인해 주시기 바랍니다." } },
	[RESULT_UNKNOWN] = { 202, "unknown", 2,
		{ "Refund not confirmed yet", "환불 결과 확인 중" },
		{ "The refund was requested, but its result is not known yet. "
		  "We are finding out; please do not request it again.",
		  "환불을 요청했으나 아직 결과를 확인하지 못했습니다. 확인 "
		  "중이니 다시 요청하지 마시기 바랍니다." } },
	[RESULT_AWAITING_APPROVAL] = { 202, "awaiting_approval", 2,
		{ "Refund awaits approval", "환불 승인 대기" },
		{ "The refund waits for the shop's approval.",
		  "환불이 상점의 승인을 기다리고 있습니다." } },
	[RESULT_ALREADY_REFUNDED] = { 400, "already_refunded", 0,
		{ "Already refunded", "이미 환불된 주문" },
		{ "This order has already been fully refunded.",
		  "이미 전액 환불된 주문입니다." } },
	[RESULT_INVALID_FIELD] = { 400, "invalid_field", 0,
		{ "A field is not valid", "올바르지 않은 항목" },
		{ "Some fields of the request are missing or do not fit this "
		  "payment. Please correct them and try again.",
		  "요청에 빠졌거나 이 결제에 맞지 않는 항목이 있습니다. "
		  "고쳐서 다시 요청해 주시기 바랍니다." } },
	[RESULT_FORBIDDEN] = { 403, "forbidden", 0,
		{ "Not allowed", "허용되지 않음" },
		{ "This refund is beyond what you may ask for. Nothing was "
		  "refunded. Please contact the shop.",
		  "요청하실 수 있는 범위를 벗어난 환불입니다. 환불되지 "
		  "않았으니 상점에 문의해 주시기 바랍니다." } },
	[RESULT_FROZEN] = { 403, "frozen", 0,
		{ "Refunds are suspended", "환불 일시 중지" },
		{ "The shop takes no refunds at the moment and nothing was "
		  "refunded. Please try again later.",
		  "현재 상점에서 환불을 받지 않아 환불되지 않았습니다. 나중에 "
		  "다시 요청해 주시기 바랍니다." } },
	[RESULT_PAYMENT_NOT_FOUND] = { 404, "payment_not_found", 0,
		{ "Payment not found", "결제를 찾을 수 없음" },
		{ "There is no payment for this order. Please check the order "
		  "number.",
		  "해당 주문의 결제를 찾을 수 없습니다. 주문번호를 확인해 "
		  "주시기 바랍니다." } },
	[RESULT_REFUND_IN_PROGRESS] = { 409, "refund_in_progress", 2,
		{ "Another refund is in progress", "다른 환불 진행 중" },
		{ "Another refund of this order has not ended yet. Please "
		  "wait for it before you request the next one.",
		  "이 주문의 다른 환불이 아직 끝나지 않았습니다. 끝난 뒤에 "
		  "다시 요청해 주시기 바랍니다." } },
	[RESULT_REQUEST_IN_PROGRESS] = { 409, "request_in_progress", 2,
		{ "This request is in progress", "요청 처리 중" },
		{ "This very request is still being worked on. Please look "
		  "again later.",
		  "같은 요청을 아직 처리하고 있습니다. 잠시 후 확인해 "
		  "주시기 바랍니다." } },
	[RESULT_PAYMENT_MISMATCH] = { 409, "payment_mismatch", 0,
		{ "Payment records differ", "결제 정보 불일치" },
		{ "The payment is recorded differently at the payment service. "
		  "Nothing was refunded. Please contact the shop.",
		  "상점의 결제 정보가 결제 대행사의 기록과 다릅니다. 환불되지 "
		  "않았으니 상점에 문의해 주시기 바랍니다." } },
	[RESULT_AMBIGUOUS_ORDER] = { 409, "ambiguous_order", 0,
		{ "Several payments for this order", "여러 건의 결제" },
		{ "This order has more than one payment. Nothing was refunded. "
		  "Please name the payment by imp_uid.",
		  "이 주문에는 결제가 여러 건 있습니다. 환불되지 않았으니 "
		  "imp_uid로 결제를 지정해 주시기 바랍니다." } },
	[RESULT_BALANCE_CHANGED] = { 409, "balance_changed", 0,
		{ "The balance has changed", "환불 가능 금액 변경" },
		{ "The refundable amount has changed meanwhile. This refund "
		  "was not made. Please check the amount and try again.",
		  "그 사이 환불 가능 금액이 바뀌어 환불되지 않았습니다. "
		  "금액을 확인하고 다시 요청해 주시기 바랍니다." } },
	[RESULT_NOT_APPLIED] = { 409, "not_applied", 0,
		{ "Refund was not made", "환불되지 않음" },
		{ "The request was lost on its way and nothing was refunded. "
		  "You may request the refund again.",
		  "요청이 전달되지 않아 환불되지 않았습니다. 다시 요청하실 "
		  "수 있습니다." } },
	[RESULT_AMOUNT_EXCEEDS] = { 422, "amount_exceeds_refundable", 0,
		{ "Amount too large", "환불 가능 금액 초과" },
		{ "The amount is larger than what can still be refunded.",
		  "요청한 금액이 환불 가능 금액보다 큽니다." } },
	[RESULT_ACCOUNT_REQUIRED] = { 422, "refund_account_required", 0,
		{ "Refund account needed", "환불 계좌 필요" },
		{ "This payment can only be refunded to a bank account. Please "
		  "fill in the fields named.",
		  "이 결제는 계좌로만 환불할 수 있습니다. 환불 계좌 정보를 "
		  "입력해 주시기 바랍니다." } },
	[RESULT_UNSUPPORTED] = { 422, "refund_not_supported", 0,
		{ "Not refundable here", "이곳에서 환불할 수 없는 결제" },
		{ "This kind of payment can't be refunded here and nothing was "
		  "refunded. Please contact the shop for another way.",
		  "이 결제수단은 이곳에서 환불할 수 없어 환불되지 않았습니다. "
		  "다른 환불 방법은 상점에 문의해 주시기 바랍니다." } },
	[RESULT_MONTH_CLOSED] = { 422, "month_closed", 0,
		{ "Too late to refund", "환불 기간 경과" },
		{ "This payment was made in another month and can no longer be "
		  "refunded here. Please contact the shop.",
		  "결제한 달이 지나 이곳에서는 환불할 수 없습니다. 상점에 "
		  "문의해 주시기 바랍니다." } },
	[RESULT_LIMIT_EXCEEDED] = { 422, "limit_exceeded", 0,
		{ "Beyond the shop's limit", "상점의 환불 한도 초과" },
		{ "The shop does not refund that much at once or on one day. "
		  "Nothing was refunded. Please contact the shop.",
		  "상점이 정한 1회 또는 하루 환불 한도를 넘습니다. 환불되지 "
		  "않았으니 상점에 문의해 주시기 바랍니다." } },
	[RESULT_WHOLE_ONLY] = { 422, "partial_not_supported", 0,
		{ "No partial refund", "부분 환불 불가" },
		{ "This kind of payment can only be refunded whole, and nothing "
		  "was refunded. Please request the whole amount, or contact "
		  "the shop for a part of it.",
		  "이 결제수단은 전액 환불만 가능하여 환불되지 않았습니다. "
		  "전액 환불을 요청하시거나, 일부만 환불받으시려면 상점에 "
		  "문의해 주시기 바랍니다." } },
	[RESULT_PARTS_USED] = { 422, "partial_limit_reached", 0,
		{ "Too many partial refunds", "부분 환불 횟수 초과" },
		{ "This payment was refunded in part as often as its kind "
		  "allows, and nothing was refunded this time. Please request "
		  "all that is left, or contact the shop.",
		  "이 결제는 부분 환불을 더 할 수 없어 이번에는 환불되지 "
		  "않았습니다. 남은 금액 전부를 요청하시거나 상점에 문의해 "
		  "주시기 바랍니다." } },
	[RESULT_NOT_PAID] = { 422, "not_paid", 0,
		{ "Not paid", "미결제 주문" },
		{ "This order has not been paid, so there is nothing to "
		  "refund.",
		  "결제되지 않은 주문이므로 환불할 금액이 없습니다." } },
	[RESULT_IDEMPOTENCY_MISMATCH] = { 422, "idempotency_mismatch", 0,
		{ "Idempotency-Key was used before", "이미 사용된 요청 키" },
		{ "This Idempotency-Key belongs to a different request. Please "
		  "use a new key for a new refund.",
		  "이 Idempotency-Key는 다른 요청에 사용되었습니다. 새로운 "
		  "환불에는 새로운 키를 사용해 주시기 바랍니다." } },
	[RESULT_DECLINED] = { 422, "declined", 0,
		{ "Refund declined", "환불 거절" },
		{ "The payment service declined the refund. Nothing was "
		  "refunded.",
		  "결제 대행사가 환불을 거절했습니다. 환불되지 않았습니다." } },
	[RESULT_REJECTED] = { 422, "rejected", 0,
		{ "Refund not approved", "환불 승인 거절" },
		{ "The shop did not approve this refund. Nothing was refunded.",
		  "상점이 환불을 승인하지 않았습니다. 환불되지 않았습니다." } },
	[RESULT_RATE_LIMITED] = { 429, "rate_limited", 0,
		{ "Too many requests", "요청 횟수 초과" },
		{ "Too many refunds were requested in a short time; nothing "
		  "was refunded by this request. Please try again later.",
		  "짧은 시간에 환불 요청이 너무 많아 이 요청은 처리하지 "
		  "않았습니다. 잠시 후 다시 요청해 주시기 바랍니다." } },
	[RESULT_PROVIDER_UNREACHABLE] = { 503, "provider_unreachable", 5,
		{ "Payment service unreachable", "결제 대행사 연결 불가" },
		{ "The payment service could not be reached and nothing was "
		  "refunded. Please try again later.",
		  "결제 대행사에 연결하지 못해 환불되지 않았습니다. 잠시 후 "
		  "다시 요청해 주시기 바랍니다." } },
	[RESULT_DATABASE_BUSY] = { 503, "database_busy", 5,
		{ "Busy", "요청이 몰림" },
		{ "We are busy and nothing was refunded. Please try again "
		  "later.",
		  "요청이 많아 처리하지 못했습니다. 환불되지 않았으니 잠시 "
		  "후 다시 요청해 주시기 바랍니다." } },
	[RESULT_FAULT] = { 500, "internal_error", 0,
		{ "Internal error", "내부 오류" },
		{ "The request could not be completed because of a fault of "
		  "ours. Please contact the shop.",
		  "내부 오류로 요청을 처리하지 못했습니다. 상점에 문의해 "
		  "주시기 바랍니다." } },
};
_Static_assert(sizeof(results) / sizeof(results[0]) == RESULT__COUNT,
    "every result has its answer");

static const struct web_text_answer refusals[] = {
	[WEB_MALFORMED_REQUEST] = { 400, "malformed_request", 0,
		{ "Malformed request", "잘못된 형식의 요청" },
		{ "The body is incomplete or not what its type says. A refund "
		  "is one JSON object in UTF-8.",
		  "요청 본문이 불완전하거나 형식에 맞지 않습니다. 환불 "
		  "요청은 UTF-8로 된 JSON 객체 하나여야 합니다." } },
	[WEB_INVALID_FIELD] = { 400, "invalid_field", 0,
		{ "A field is not valid", "올바르지 않은 항목" },
		{ "A field of the request is not valid.",
		  "요청에 올바르지 않은 항목이 있습니다." } },
	[WEB_UNAUTHORIZED] = { 401, "unauthorized", 0,
		{ "Not signed in", "인증 필요" },
		{ "Please sign in, or open the refund page from your order.",
		  "로그인하시거나 주문 내역에서 환불 페이지를 다시 열어 "
		  "주시기 바랍니다." } },
	[WEB_TICKET_EXPIRED] = { 401, "unauthorized", 0,
		{ "Page expired", "페이지 유효 시간 경과" },
		{ "This page was open for too long. Please reload it and try "
		  "again.",
		  "이 페이지의 유효 시간이 지났습니다. 페이지를 새로 고친 후 "
		  "다시 요청해 주시기 바랍니다." } },
	[WEB_NOT_YOURS] = { 403, "forbidden", 0,
		{ "Not your order", "허용되지 않는 주문" },
		{ "You may not ask about this order. Please open the refund "
		  "page from the order itself.",
		  "이 주문에 대해서는 환불을 요청하거나 조회하실 수 없습니다. "
		  "해당 주문에서 환불 페이지를 열어 주시기 바랍니다." } },
	[WEB_FORBIDDEN] = { 403, "forbidden", 0,
		{ "Not allowed", "허용되지 않음" },
		{ "Requests from this site are not allowed.",
		  "이 사이트에서 보내는 요청은 허용되지 않습니다." } },
	[WEB_ADDRESS] = { 403, "forbidden", 0,
		{ "Not allowed", "허용되지 않음" },
		{ "Notices are not taken from this address ([policy] "
		  "webhook_addresses).",
		  "이 주소에서 보내는 알림은 받지 않습니다([policy] "
		  "webhook_addresses)." } },
	[WEB_NOT_FOUND] = { 404, "not_found", 0,
		{ "Not found", "찾을 수 없음" },
		{ "There is nothing at this address.",
		  "이 주소에는 아무것도 없습니다." } },
	[WEB_REFUND_NOT_FOUND] = { 404, "refund_not_found", 0,
		{ "Refund not found", "환불을 찾을 수 없음" },
		{ "There is no refund with this number.",
		  "해당 번호의 환불을 찾을 수 없습니다." } },
	[WEB_PAYMENT_NOT_FOUND] = { 404, "payment_not_found", 0,
		{ "Payment not found", "결제를 찾을 수 없음" },
		{ "There is no payment for this order. Please check the order "
		  "number.",
		  "해당 주문의 결제를 찾을 수 없습니다. 주문번호를 확인해 "
		  "주시기 바랍니다." } },
	[WEB_METHOD_NOT_ALLOWED] = { 405, "method_not_allowed", 0,
		{ "Method not allowed", "허용되지 않는 메서드" },
		{ "This address does not take this method.",
		  "이 주소에서는 이 메서드를 사용할 수 없습니다." } },
	[WEB_LENGTH_REQUIRED] = { 411, "length_required", 0,
		{ "Length required", "길이 필요" },
		{ "The request has to say how long its body is.",
		  "요청에 본문의 길이가 있어야 합니다." } },
	[WEB_BODY_LARGE] = { 413, "body_too_large", 0,
		{ "Body too large", "요청 본문 크기 초과" },
		{ "A request body may have 64 KiB at most.",
		  "요청 본문은 64KiB를 넘을 수 없습니다." } },
	[WEB_NOT_JSON] = { 415, "unsupported_media_type", 0,
		{ "Unsupported media type", "지원하지 않는 형식" },
		{ "The body has to be application/json in UTF-8.",
		  "요청 본문은 UTF-8로 된 application/json이어야 합니다." } },
	[WEB_RATE_LIMITED] = { 429, "rate_limited", 0,
		{ "Too many requests", "요청 횟수 초과" },
		{ "Too many requests in a short time; nothing was done. Please "
		  "try again later.",
		  "짧은 시간에 요청이 너무 많아 처리하지 않았습니다. 잠시 후 "
		  "다시 요청해 주시기 바랍니다." } },
	[WEB_NOT_CONFIGURED] = { 503, "not_configured", 0,
		{ "Refunds are off", "환불 사용 불가" },
		{ "The operator has not set who may ask for refunds ([auth] "
		  "mode), so none are taken.",
		  "환불을 요청할 수 있는 사람([auth] mode)이 설정되지 않아 "
		  "환불을 받지 않습니다." } },
	[WEB_OVERLOADED] = { 503, "overloaded", 5,
		{ "Too many requests in progress", "요청이 몰림" },
		{ "Too many requests are in progress; nothing was done. Please "
		  "try again later.",
		  "처리 중인 요청이 너무 많아 처리하지 못했습니다. 잠시 후 "
		  "다시 요청해 주시기 바랍니다." } },
	[WEB_DATABASE_BUSY] = { 503, "database_busy", 5,
		{ "Busy", "요청이 몰림" },
		{ "We are busy; nothing was done. Please try again later.",
		  "요청이 많아 처리하지 못했습니다. 잠시 후 다시 요청해 "
		  "주시기 바랍니다." } },
	[WEB_FAULT] = { 500, "internal_error", 0,
		{ "Internal error", "내부 오류" },
		{ "The request could not be completed because of a fault of "
		  "ours. Please contact the shop.",
		  "내부 오류로 요청을 처리하지 못했습니다. 상점에 문의해 "
		  "주시기 바랍니다." } },
};
_Static_assert(sizeof(refusals) / sizeof(refusals[0]) == WEB_REFUSAL__COUNT,
    "every refusal has its answer");
/* clang-format on */

const char *
web_text_in(const struct web_text *text, const char *language)
{
	return strcmp(language, "ko") == 0 ? text->ko : text->en;
}

const struct web_text_answer *
web_text_of_result(enum result_code code)
{
	return &results[code];
}

const struct web_text_answer *
web_text_of_refusal(enum web_refusal refusal)
{
	return &refusals[refusal];
}
