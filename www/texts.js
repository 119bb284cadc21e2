/* SPDX-License-Identifier: MIT */
/*
 * What the page says, in English and Korean; the server's own messages come in
 * the language we ask it for.  Nothing but text lives here.
 */
"use strict";

globalThis.cancelpayTexts = {
    en: {
        title: "Refund",
        merchant_uid: "Order number",
        cancel_request_amount: "Amount (optional)",
        amount_hint: "Leave empty to refund everything that is left.",
        reason: "Reason (optional)",
        is_vbank: "Paid by virtual account",
        account: "Account for the refund",
        refund_holder: "Account holder",
        refund_bank: "Bank code",
        bank_hint: "As the shop names it, such as 004.",
        refund_account: "Account number",
        refund_tel: "Telephone (if the shop asks for it)",
        submit: "Request Refund",
        again: "New request",

        order_wanted: "Please enter the order number, at most 40 characters.",
        amount_wanted: "Please enter an amount above 0, such as 10000, or " +
            "leave it empty.",
        field_needed: "Please fill in this field.",
        field_wrong: "Please check this field.",
        fields_wrong: "Please correct the marked fields.",

        sending: "Requesting the refund",
        sending_detail: "Please wait. This can take half a minute.",
        succeeded: "Refunded",
        succeeded_detail: "The refund is done.",
        refused: "Not refunded",
        refused_detail: "The request was refused with status {status}. " +
            "Nothing was refunded.",
        busy: "Busy: please try again",
        busy_detail: "Nothing was refunded. Please try again in a moment.",
        doubt: "Not yet known",
        doubt_detail: "No answer reached this page, so the refund may or may " +
            "not have happened. Please do not request it again, not even on " +
            "another page: this page repeats the very same request by " +
            "itself. That is safe, as one request can refund only once.",
        unknown: "Not yet known",
        unknown_detail: "The refund was requested, but it may or may not " +
            "have happened: the payment service has not told us yet. Please " +
            "do not request it again. This page keeps asking.",
        needs_review: "Not yet known",
        needs_review_detail: "The refund may or may not have happened; the " +
            "shop has to look into it. Please do not request it again. This " +
            "page keeps asking.",
        pending: "Accepted, not finished yet",
        pending_detail: "The payment service took the refund and is working " +
            "on it. Please do not request it again. This page keeps asking.",
        awaiting_approval: "Waiting for the shop",
        awaiting_approval_detail: "Nothing is refunded yet: the shop has to " +
            "approve this refund. Please do not request it again. This page " +
            "keeps asking.",
        declined: "The payment service declined the refund. Nothing was " +
            "refunded.",
        not_sent: "The payment service could not be reached and nothing was " +
            "refunded. You may request the refund again.",
        not_applied: "The request was lost on its way and nothing was " +
            "refunded. You may request the refund again.",
        balance_changed: "The refundable amount has changed meanwhile. This " +
            "refund was not made. Please check the amount and try again.",
        rejected: "The shop did not approve this refund. Nothing was " +
            "refunded.",
        failed: "The refund was not made.",

        order_fact: "Order number",
        refunded_fact: "Refunded",
        left_fact: "Can still be refunded",
        number_fact: "Refund number",
        checked: "Last asked at {time}"
    },
    ko: {
        title: "환불",
        merchant_uid: "주문번호",
        cancel_request_amount: "환불 금액 (선택)",
        amount_hint: "비워 두면 남은 금액을 모두 환불합니다.",
        reason: "환불 사유 (선택)",
        is_vbank: "가상계좌로 결제했습니다",
        account: "환불받을 계좌",
        refund_holder: "예금주",
        refund_bank: "은행 코드",
        bank_hint: "상점에서 안내한 코드입니다. 예: 004",
        refund_account: "계좌번호",
        refund_tel: "전화번호 (상점에서 요청한 경우)",
        submit: "환불 요청",
        again: "새로 요청하기",

        order_wanted: "주문번호를 40자 이내로 입력해 주세요.",
        amount_wanted: "10000과 같이 0보다 큰 금액을 입력하거나 비워 두세요.",
        field_needed: "이 항목을 입력해 주세요.",
        field_wrong: "이 항목을 확인해 주세요.",
        fields_wrong: "표시된 항목을 고쳐 주세요.",

        sending: "환불을 요청하고 있습니다",
        sending_detail: "잠시 기다려 주세요. 30초 정도 걸릴 수 있습니다.",
        succeeded: "환불되었습니다",
        succeeded_detail: "환불이 완료되었습니다.",
        refused: "환불되지 않았습니다",
        refused_detail: "요청이 거절되었습니다(상태 {status}). 환불된 금액은 " +
            "없습니다.",
        busy: "잠시 후 다시 시도해 주세요",
        busy_detail: "환불되지 않았습니다. 잠시 후 다시 요청해 주세요.",
        doubt: "아직 알 수 없습니다",
        doubt_detail: "응답을 받지 못하여 환불이 되었을 수도, 되지 않았을 수도 " +
            "있습니다. 다른 페이지에서도 다시 요청하지 마세요. 이 페이지가 " +
            "똑같은 요청을 스스로 다시 보내고 있으며, 한 요청은 한 번만 " +
            "환불되므로 안전합니다.",
        unknown: "아직 알 수 없습니다",
        unknown_detail: "환불을 요청했지만 결제 대행사의 결과를 아직 확인하지 " +
            "못하여 환불이 되었을 수도, 되지 않았을 수도 있습니다. 다시 " +
            "요청하지 마세요. 이 페이지가 계속 확인하고 있습니다.",
        needs_review: "아직 알 수 없습니다",
        needs_review_detail: "환불이 되었을 수도, 되지 않았을 수도 있어 상점이 " +
            "직접 확인해야 합니다. 다시 요청하지 마세요. 이 페이지가 계속 " +
            "확인하고 있습니다.",
        pending: "접수되어 처리 중입니다",
        pending_detail: "결제 대행사가 환불을 처리하고 있습니다. 다시 요청하지 " +
            "마세요. 이 페이지가 계속 확인하고 있습니다.",
        awaiting_approval: "상점의 승인을 기다리고 있습니다",
        awaiting_approval_detail: "상점이 승인해야 환불되며 아직 환불되지 " +
            "않았습니다. 다시 요청하지 마세요. 이 페이지가 계속 확인하고 " +
            "있습니다.",
        declined: "결제 대행사가 환불을 거절했습니다. 환불되지 않았습니다.",
        not_sent: "결제 대행사에 연결하지 못해 환불되지 않았습니다. 다시 요청하실 " +
            "수 있습니다.",
        not_applied: "요청이 전달되지 않아 환불되지 않았습니다. 다시 요청하실 수 " +
            "있습니다.",
        balance_changed: "그 사이 환불 가능 금액이 바뀌어 환불되지 않았습니다. " +
            "금액을 확인하고 다시 요청해 주세요.",
        rejected: "상점이 환불을 승인하지 않았습니다. 환불되지 않았습니다.",
        failed: "환불되지 않았습니다.",

        order_fact: "주문번호",
        refunded_fact: "환불 금액",
        left_fact: "남은 환불 가능 금액",
        number_fact: "환불 번호",
        checked: "마지막 확인 {time}"
    }
};
