/* SPDX-License-Identifier: MIT */
/*
 * What the pages say, in each language.  Nothing but text lives here: {names}
 * are filled in, and a text of the same name stands in every language.  Those
 * with a _detail beside them are states of a refund and, by the names that
 * doc/design.md has under "Answers", what the server may say to one.
 */
"use strict";

globalThis.cancelpayTexts = {
    en: {
        title: "Refund",

        /* the order */
        merchant_uid: "Order number",
        merchant_uid_hint: "It is in your order's confirmation.",
        find: "Find the order",
        other_order: "Another order",
        paid_fact: "Paid",
        paid_at_fact: "Paid at (Seoul)",
        cancelled_fact: "Refunded before",
        left_fact: "Can be refunded",
        method_fact: "Paid by",
        method_card: "Card",
        method_trans: "Bank transfer",
        method_vbank: "Virtual account",
        method_phone: "Mobile phone",
        method_kakaopay: "KakaoPay",
        method_naverpay: "Naver Pay",
        method_payco: "PAYCO",
        method_tosspay: "Toss Pay",
        method_paypal: "PayPal",

        /* the form */
        not_known_here: "Not seen yet",
        not_known_here_detail: "The shop has not seen this order's payment " +
            "yet. When you request its refund, the shop asks the payment " +
            "service for it.",
        found: "Order found",
        found_detail: "Its refund can be requested below.",
        how_much: "How much",
        whole: "All of it",
        part: "A part of it",
        cancel_request_amount: "Amount to refund",
        amount_hint: "At most {most}.",
        reason_choice: "Reason",
        reason_none: "Please choose",
        reason_mind: "I changed my mind",
        reason_broken: "Broken or faulty",
        reason_other_item: "Not what I ordered",
        reason_late: "It came too late",
        reason_twice: "I paid twice",
        reason: "In your words",
        optional: "(optional)",
        account: "Account for the refund",
        account_hint: "A payment into a virtual account goes back to a bank " +
            "account of yours. The account is passed on and not stored.",
        refund_holder: "Account holder",
        refund_bank: "Bank",
        bank_none: "Please choose",
        bank_code: "Bank code, as the shop names it",
        refund_account: "Account number",
        refund_tel: "Telephone of the account holder",
        summary: "To be refunded: {amount}",
        summary_all: "To be refunded: all that is left",
        submit: "Request Refund",
        again: "New request",

        order_wanted: "Please enter the order number, at most 40 characters.",
        amount_wanted: "Please enter an amount above 0, such as 10,000.",
        amount_wanted_decimals: "Please enter an amount above 0, such as " +
            "12.50.",
        amount_exceeds: "This is more than {most}.",
        reason_wanted: "Please leave “[cp:” out.",
        refund_holder_wanted: "Please enter the name, at most 16 characters.",
        refund_bank_wanted: "Please enter the bank's code, such as 004.",
        refund_account_wanted: "Please enter 1 to 16 digits or hyphens; " +
            "leave the hyphens out of a longer one.",
        refund_tel_wanted: "Please enter 1 to 16 digits or hyphens.",
        field_needed: "Please fill in this field.",
        field_wrong: "Please check this field.",
        fields_wrong: "Not sent yet",
        fields_wrong_detail: "Please correct the marked fields.",

        /* under way */
        loading: "Looking the order up",
        loading_detail: "Please wait.",
        sending: "Requesting the refund",
        sending_detail: "Please wait. This can take half a minute.",
        doubt: "Not yet known",
        doubt_detail: "No answer reached this page, so the refund may or may " +
            "not have happened. Please do not request it again, not even on " +
            "another page: this page repeats the very same request by " +
            "itself. That is safe, as one request can refund only once.",
        doubt_locked_out: "Not yet known",
        doubt_locked_out_detail: "The refund may or may not have happened, " +
            "and the time of this page is over. Please open the refund page " +
            "from your order again, in this very tab: it goes on with the " +
            "same request, which can refund only once.",
        offline: "No network",
        offline_detail: "The refund may or may not have happened. Please do " +
            "not request it again, not even on another page: as soon as the " +
            "network is back, this page repeats the very same request by " +
            "itself. That is safe, as one request can refund only once.",
        unreached: "The shop can't be reached",
        unreached_detail: "Nothing has been requested. This page keeps trying.",
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
        refund_in_progress: "A refund of this order is under way",
        refund_in_progress_detail: "Please wait until it has ended. This " +
            "page keeps asking and then shows what is left.",
        other_needs_review: "The shop has to look into it.",
        other_pending: "The payment service is working on it.",
        other_awaiting_approval: "The shop has to approve it.",
        checked: "Last asked at {time}",

        /* done */
        succeeded: "Refunded",
        succeeded_detail: "The refund is done.",
        arrival_card: "Your card's bank takes the charge back, usually " +
            "within 3 to 5 business days.",
        arrival_trans: "It usually reaches your account within 3 business " +
            "days.",
        arrival_vbank: "It usually reaches the account you named on the next " +
            "business day; some payment services take a week.",
        arrival_phone: "It is taken off this month's telephone bill.",
        arrival_other: "It goes back the way you paid; how long that takes " +
            "is up to the payment service.",
        order_fact: "Order number",
        refunded_fact: "Refunded",
        number_fact: "Refund number",
        time_fact: "Refunded at (Seoul)",
        receipt: "Receipt (in a new tab)",
        already_refunded: "Already refunded",
        already_refunded_detail: "All of this order's payment has been " +
            "refunded. There is nothing left to do.",
        balance_changed: "The balance has changed",
        balance_changed_detail: "The refundable amount has changed meanwhile " +
            "and this refund was not made. Please look at the new amount and " +
            "ask again.",
        other_ended: "That refund has ended",
        other_ended_detail: "Please look at what can be refunded now.",

        /* refused: why, and what to do */
        refused: "Not refunded",
        refused_detail: "The request was refused. Nothing was refunded. " +
            "Please contact the shop.",
        invalid_field: "Please check the fields",
        invalid_field_detail: "Nothing was refunded. Please correct the " +
            "marked fields and ask again.",
        refund_account_required: "An account is needed",
        refund_account_required_detail: "This payment can only go back to a " +
            "bank account. Nothing was refunded yet: please fill in the " +
            "marked fields and ask again.",
        amount_exceeds_refundable: "Amount too large",
        amount_exceeds_refundable_detail: "It is more than can still be " +
            "refunded. Nothing was refunded. Please look at the amount and " +
            "ask again.",
        partial_not_supported: "No part of it",
        partial_not_supported_detail: "A payment of this kind can only be " +
            "refunded whole. Nothing was refunded. Please ask for all of " +
            "it, or contact the shop for a part.",
        partial_limit_reached: "No more parts",
        partial_limit_reached_detail: "This payment has been refunded in " +
            "parts as often as it can be. Nothing was refunded now. Please " +
            "ask for all that is left, or contact the shop.",
        limit_exceeded: "Beyond the shop's limit",
        limit_exceeded_detail: "The shop does not refund that much at once " +
            "or on one day. Nothing was refunded. Please contact the shop.",
        month_closed: "Too late to refund here",
        month_closed_detail: "The payment was made in another month. Nothing " +
            "was refunded. Please contact the shop for another way.",
        refund_not_supported: "Not refundable here",
        refund_not_supported_detail: "A payment of this kind can't be " +
            "refunded here. Nothing was refunded. Please contact the shop " +
            "for another way.",
        not_paid: "Not paid",
        not_paid_detail: "This order has not been paid, so there is nothing " +
            "to refund.",
        payment_not_found: "Order not found",
        payment_not_found_detail: "There is no payment of this order. Please " +
            "check the order number.",
        payment_mismatch: "Records differ",
        payment_mismatch_detail: "The payment service has other figures than " +
            "the shop. Nothing was refunded. Please contact the shop.",
        ambiguous_order: "Several payments",
        ambiguous_order_detail: "This order was paid more than once, so this " +
            "page can't tell which payment you mean. Nothing was refunded. " +
            "Please contact the shop.",
        unauthorized: "Please open this page anew",
        unauthorized_detail: "Its time is over, or you are not signed in. " +
            "Nothing was refunded. Please open the refund page from your " +
            "order again.",
        forbidden: "Not allowed",
        forbidden_detail: "This is not what you may ask for. Nothing was " +
            "refunded. Please open the refund page from the order itself, or " +
            "contact the shop.",
        frozen: "Refunds are suspended",
        frozen_detail: "The shop takes no refunds at the moment. Nothing was " +
            "refunded. Please try again later.",
        idempotency_mismatch: "Please open this page anew",
        idempotency_mismatch_detail: "Another refund was requested with it " +
            "before. Nothing was refunded now. Please open the refund page " +
            "from your order again.",
        declined: "Refund declined",
        declined_detail: "The payment service declined the refund. Nothing " +
            "was refunded. Please contact the shop.",
        not_sent: "Payment service unreachable",
        not_sent_detail: "The payment service could not be reached and " +
            "nothing was refunded. You may request the refund again.",
        not_applied: "Refund was not made",
        not_applied_detail: "The request was lost on its way and nothing was " +
            "refunded. You may request the refund again.",
        rejected: "Refund not approved",
        rejected_detail: "The shop did not approve this refund. Nothing was " +
            "refunded. Please contact the shop.",
        failed: "Not refunded",
        failed_detail: "The refund was not made. Please contact the shop.",
        refund_not_found: "Refund not found",
        refund_not_found_detail: "The shop does not know the refund that was " +
            "under way. Please contact the shop before you ask again.",

        /* later */
        busy: "Busy: please try again",
        busy_detail: "Nothing was refunded. Please try again in {seconds} " +
            "seconds.",
        rate_limited: "Too many requests",
        rate_limited_detail: "Nothing was refunded by this one. Please try " +
            "again in {seconds} seconds.",
        overloaded: "Busy",
        overloaded_detail: "Many requests are under way and nothing was " +
            "refunded. Please try again in {seconds} seconds.",
        database_busy: "Busy",
        database_busy_detail: "The shop is busy and nothing was refunded. " +
            "Please try again in {seconds} seconds.",
        provider_unreachable: "Payment service unreachable",
        provider_unreachable_detail: "The payment service could not be " +
            "reached and nothing was refunded. Please try again in a moment.",
        not_configured: "Refunds are off",
        not_configured_detail: "The shop takes no refunds on this page. " +
            "Nothing was refunded. Please contact the shop."
    },
    ko: {
        title: "환불",

        merchant_uid: "주문번호",
        merchant_uid_hint: "주문 확인 메시지에 있습니다.",
        find: "주문 조회",
        other_order: "다른 주문",
        paid_fact: "결제 금액",
        paid_at_fact: "결제 시각",
        cancelled_fact: "이미 환불된 금액",
        left_fact: "환불 가능 금액",
        method_fact: "결제수단",
        method_card: "카드",
        method_trans: "계좌이체",
        method_vbank: "가상계좌",
        method_phone: "휴대폰 소액결제",
        method_kakaopay: "카카오페이",
        method_naverpay: "네이버페이",
        method_payco: "페이코",
        method_tosspay: "토스페이",
        method_paypal: "페이팔",

        not_known_here: "아직 확인하지 못한 결제입니다",
        not_known_here_detail: "상점이 아직 이 주문의 결제를 확인하지 못했습니다. " +
            "환불을 요청하시면 결제 대행사에서 확인합니다.",
        found: "주문을 찾았습니다",
        found_detail: "아래에서 환불을 요청할 수 있습니다.",
        how_much: "환불 범위",
        whole: "전액",
        part: "일부",
        cancel_request_amount: "환불 금액",
        amount_hint: "최대 {most}까지 환불할 수 있습니다.",
        reason_choice: "환불 사유",
        reason_none: "선택해 주세요",
        reason_mind: "단순 변심",
        reason_broken: "파손 또는 불량",
        reason_other_item: "주문한 것과 다른 상품",
        reason_late: "배송 지연",
        reason_twice: "중복 결제",
        reason: "자세한 사유",
        optional: "(선택)",
        account: "환불받을 계좌",
        account_hint: "가상계좌로 결제하신 금액은 본인 계좌로 환불됩니다. 계좌 " +
            "정보는 전달만 하고 저장하지 않습니다.",
        refund_holder: "예금주",
        refund_bank: "은행",
        bank_none: "선택해 주세요",
        bank_code: "은행 코드 (상점 안내)",
        refund_account: "계좌번호",
        refund_tel: "예금주 전화번호",
        summary: "환불 금액: {amount}",
        summary_all: "환불 금액: 남은 금액 전부",
        submit: "환불 요청",
        again: "새로 요청하기",

        order_wanted: "주문번호를 40자 이내로 입력해 주세요.",
        amount_wanted: "10,000과 같이 0보다 큰 금액을 입력해 주세요.",
        amount_wanted_decimals: "12.50과 같이 0보다 큰 금액을 입력해 주세요.",
        amount_exceeds: "{most}보다 큰 금액입니다.",
        reason_wanted: "“[cp:”는 쓸 수 없습니다.",
        refund_holder_wanted: "예금주를 16자 이내로 입력해 주세요.",
        refund_bank_wanted: "004와 같은 은행 코드를 입력해 주세요.",
        refund_account_wanted: "숫자와 붙임표(-)로 16자 이내로 입력해 주세요. " +
            "더 길면 붙임표를 빼 주세요.",
        refund_tel_wanted: "숫자와 붙임표(-)로 16자 이내로 입력해 주세요.",
        field_needed: "이 항목을 입력해 주세요.",
        field_wrong: "이 항목을 확인해 주세요.",
        fields_wrong: "아직 요청하지 않았습니다",
        fields_wrong_detail: "표시된 항목을 고쳐 주세요.",

        loading: "주문을 조회하고 있습니다",
        loading_detail: "잠시 기다려 주세요.",
        sending: "환불을 요청하고 있습니다",
        sending_detail: "잠시 기다려 주세요. 30초 정도 걸릴 수 있습니다.",
        doubt: "아직 알 수 없습니다",
        doubt_detail: "응답을 받지 못하여 환불이 되었을 수도, 되지 않았을 수도 " +
            "있습니다. 다른 페이지에서도 다시 요청하지 마세요. 이 페이지가 " +
            "똑같은 요청을 스스로 다시 보내고 있으며, 한 요청은 한 번만 " +
            "환불되므로 안전합니다.",
        doubt_locked_out: "아직 알 수 없습니다",
        doubt_locked_out_detail: "환불이 되었을 수도, 되지 않았을 수도 있으며 이 " +
            "페이지의 유효 시간이 지났습니다. 이 탭에서 주문 내역의 환불 " +
            "페이지를 다시 열어 주세요. 같은 요청을 이어서 확인하며, 한 요청은 " +
            "한 번만 환불됩니다.",
        offline: "네트워크에 연결되어 있지 않습니다",
        offline_detail: "환불이 되었을 수도, 되지 않았을 수도 있습니다. 다른 " +
            "페이지에서도 다시 요청하지 마세요. 네트워크가 연결되면 이 페이지가 " +
            "똑같은 요청을 스스로 다시 보내며, 한 요청은 한 번만 환불되므로 " +
            "안전합니다.",
        unreached: "상점에 연결할 수 없습니다",
        unreached_detail: "아직 아무것도 요청하지 않았습니다. 이 페이지가 계속 " +
            "시도하고 있습니다.",
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
        refund_in_progress: "이 주문의 환불이 진행 중입니다",
        refund_in_progress_detail: "끝날 때까지 기다려 주세요. 이 페이지가 계속 " +
            "확인하여 남은 금액을 보여 드립니다.",
        other_needs_review: "상점이 직접 확인해야 합니다.",
        other_pending: "결제 대행사가 처리하고 있습니다.",
        other_awaiting_approval: "상점의 승인을 기다리고 있습니다.",
        checked: "마지막 확인 {time}",

        succeeded: "환불되었습니다",
        succeeded_detail: "환불이 완료되었습니다.",
        arrival_card: "카드 승인은 카드사에 따라 보통 영업일 3~5일 안에 " +
            "취소됩니다.",
        arrival_trans: "보통 영업일 3일 안에 계좌로 입금됩니다.",
        arrival_vbank: "보통 다음 영업일에 입력하신 계좌로 입금되며, 결제 " +
            "대행사에 따라 일주일이 걸리기도 합니다.",
        arrival_phone: "이번 달 휴대폰 요금에서 빠집니다.",
        arrival_other: "결제하신 수단으로 돌려드리며, 걸리는 시간은 결제사에 따라 " +
            "다릅니다.",
        order_fact: "주문번호",
        refunded_fact: "환불 금액",
        number_fact: "환불 번호",
        time_fact: "환불 시각",
        receipt: "취소 매출전표 보기 (새 창)",
        already_refunded: "이미 환불된 주문입니다",
        already_refunded_detail: "이 주문은 전액 환불되었습니다. 더 하실 일이 " +
            "없습니다.",
        balance_changed: "환불 가능 금액이 바뀌었습니다",
        balance_changed_detail: "그 사이 환불 가능 금액이 바뀌어 환불되지 " +
            "않았습니다. 바뀐 금액을 확인하고 다시 요청해 주세요.",
        other_ended: "진행 중이던 환불이 끝났습니다",
        other_ended_detail: "지금 환불할 수 있는 금액을 확인해 주세요.",

        refused: "환불되지 않았습니다",
        refused_detail: "요청이 거절되어 환불되지 않았습니다. 상점에 문의해 " +
            "주세요.",
        invalid_field: "입력한 내용을 확인해 주세요",
        invalid_field_detail: "환불되지 않았습니다. 표시된 항목을 고쳐서 다시 " +
            "요청해 주세요.",
        refund_account_required: "환불 계좌가 필요합니다",
        refund_account_required_detail: "이 결제는 계좌로만 환불할 수 있습니다. " +
            "아직 환불되지 않았으니 표시된 항목을 입력하고 다시 요청해 주세요.",
        amount_exceeds_refundable: "환불 가능 금액보다 큽니다",
        amount_exceeds_refundable_detail: "환불되지 않았습니다. 금액을 확인하고 " +
            "다시 요청해 주세요.",
        partial_not_supported: "일부만 환불할 수 없습니다",
        partial_not_supported_detail: "이 결제수단은 전액 환불만 가능하여 " +
            "환불되지 않았습니다. 전액을 요청하시거나, 일부만 환불받으시려면 " +
            "상점에 문의해 주세요.",
        partial_limit_reached: "부분 환불을 더 할 수 없습니다",
        partial_limit_reached_detail: "이 결제는 부분 환불을 더 할 수 없어 " +
            "이번에는 환불되지 않았습니다. 남은 금액 전부를 요청하시거나 상점에 " +
            "문의해 주세요.",
        limit_exceeded: "상점의 환불 한도를 넘습니다",
        limit_exceeded_detail: "상점이 정한 1회 또는 하루 환불 한도를 넘어 " +
            "환불되지 않았습니다. 상점에 문의해 주세요.",
        month_closed: "이곳에서 환불할 수 있는 기간이 지났습니다",
        month_closed_detail: "결제한 달이 지나 환불되지 않았습니다. 다른 환불 " +
            "방법은 상점에 문의해 주세요.",
        refund_not_supported: "이곳에서 환불할 수 없는 결제입니다",
        refund_not_supported_detail: "이 결제수단은 이곳에서 환불할 수 없어 " +
            "환불되지 않았습니다. 다른 환불 방법은 상점에 문의해 주세요.",
        not_paid: "결제되지 않은 주문입니다",
        not_paid_detail: "결제되지 않은 주문이므로 환불할 금액이 없습니다.",
        payment_not_found: "주문을 찾을 수 없습니다",
        payment_not_found_detail: "이 주문의 결제가 없습니다. 주문번호를 확인해 " +
            "주세요.",
        payment_mismatch: "결제 정보가 다릅니다",
        payment_mismatch_detail: "상점의 결제 정보가 결제 대행사의 기록과 달라 " +
            "환불되지 않았습니다. 상점에 문의해 주세요.",
        ambiguous_order: "결제가 여러 건입니다",
        ambiguous_order_detail: "이 주문에는 결제가 여러 건 있어 어느 결제인지 알 " +
            "수 없습니다. 환불되지 않았으니 상점에 문의해 주세요.",
        unauthorized: "페이지를 다시 열어 주세요",
        unauthorized_detail: "유효 시간이 지났거나 로그인하지 않으셨습니다. " +
            "환불되지 않았습니다. 주문 내역에서 환불 페이지를 다시 열어 주세요.",
        forbidden: "허용되지 않은 요청입니다",
        forbidden_detail: "요청하실 수 있는 범위를 벗어나 환불되지 않았습니다. " +
            "해당 주문에서 환불 페이지를 열거나 상점에 문의해 주세요.",
        frozen: "환불이 일시 중지되었습니다",
        frozen_detail: "현재 상점에서 환불을 받지 않아 환불되지 않았습니다. 나중에 " +
            "다시 요청해 주세요.",
        idempotency_mismatch: "페이지를 다시 열어 주세요",
        idempotency_mismatch_detail: "이 페이지로 다른 환불을 이미 요청하셨습니다. " +
            "이번에는 환불되지 않았습니다. 주문 내역에서 환불 페이지를 다시 열어 " +
            "주세요.",
        declined: "환불이 거절되었습니다",
        declined_detail: "결제 대행사가 환불을 거절하여 환불되지 않았습니다. " +
            "상점에 문의해 주세요.",
        not_sent: "결제 대행사에 연결하지 못했습니다",
        not_sent_detail: "환불되지 않았습니다. 다시 요청하실 수 있습니다.",
        not_applied: "환불되지 않았습니다",
        not_applied_detail: "요청이 전달되지 않아 환불되지 않았습니다. 다시 " +
            "요청하실 수 있습니다.",
        rejected: "상점이 승인하지 않았습니다",
        rejected_detail: "상점이 환불을 승인하지 않아 환불되지 않았습니다. 상점에 " +
            "문의해 주세요.",
        failed: "환불되지 않았습니다",
        failed_detail: "환불이 이루어지지 않았습니다. 상점에 문의해 주세요.",
        refund_not_found: "환불을 찾을 수 없습니다",
        refund_not_found_detail: "진행 중이던 환불을 상점에서 찾을 수 없습니다. " +
            "다시 요청하시기 전에 상점에 문의해 주세요.",

        busy: "잠시 후 다시 시도해 주세요",
        busy_detail: "환불되지 않았습니다. {seconds}초 후에 다시 요청해 주세요.",
        rate_limited: "요청이 너무 많습니다",
        rate_limited_detail: "이 요청은 처리하지 않았습니다. {seconds}초 후에 다시 " +
            "요청해 주세요.",
        overloaded: "요청이 몰리고 있습니다",
        overloaded_detail: "환불되지 않았습니다. {seconds}초 후에 다시 요청해 " +
            "주세요.",
        database_busy: "요청이 몰리고 있습니다",
        database_busy_detail: "환불되지 않았습니다. {seconds}초 후에 다시 요청해 " +
            "주세요.",
        provider_unreachable: "결제 대행사에 연결하지 못했습니다",
        provider_unreachable_detail: "환불되지 않았습니다. 잠시 후 다시 요청해 " +
            "주세요.",
        not_configured: "환불을 받지 않습니다",
        not_configured_detail: "상점이 이 페이지에서 환불을 받지 않습니다. " +
            "환불되지 않았으니 상점에 문의해 주세요."
    }
};
