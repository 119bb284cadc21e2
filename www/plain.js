/* SPDX-License-Identifier: MIT */
/*
 * The jQuery snippet of i'mport's refund guide, made safe, for a button
 *     <button id="cancel-pay" data-order="..." data-amount="2000">
 * and an element #cancel-pay-result.  Three things are not in the guide: the
 * key, the ticket, and an answer that does not claim more than is known.
 */
"use strict";

/* The server's words; of an amount, its own are for developers. */
function reasonOf(answer) {
    return answer.code === "amount_exceeds_refundable"
        ? "환불 가능 금액보다 큽니다. 상점에 문의해 주세요." : answer.message;
}

function newRequest(order, amount) {
    return {
        key: Array.from(crypto.getRandomValues(new Uint8Array(16))).join("-"),
        body: JSON.stringify({
            "merchant_uid": order, /* the order's number */
            "cancel_request_amount": amount,
            "reason": "고객 변심" /* a comma goes here when more follows */
            /* Of a virtual account these too, as the customer has said:
            "refund_holder": "홍길동",
            "refund_bank": "88",
            "refund_account": "56211105948400" */
        })
    };
}

function cancelPay() {
    const button = jQuery("#cancel-pay");
    const result = jQuery("#cancel-pay-result");
    const order = button.attr("data-order");
    const ticket = button.attr("data-ticket"); /* [auth] mode = ticket */
    const store = "cancelpay-plain:" + order;
    let unsettled, request;

    function say(text, isSettled) {
        result.text(text);
        button.prop("disabled", false);
        if (isSettled)
            sessionStorage.removeItem(store);
    }

    try {
        /* What was asked for and has no answer yet, also before a reload. */
        unsettled = JSON.parse(sessionStorage.getItem(store));
        /* Asked for again, it is the same request: it can't refund twice. */
        request = unsettled ||
            newRequest(order, Number(button.attr("data-amount")));
        sessionStorage.setItem(store, JSON.stringify(request));
    } catch {
        /* After a reload it would be another request. */
        say("이 브라우저에는 아무것도 저장할 수 없어 여기서는 환불을 요청할 수 " +
            "없습니다. 상점에 문의해 주세요.", false);
        return;
    }
    result.text("환불을 요청하고 있습니다.");
    button.prop("disabled", true);
    jQuery.ajax({
        "url": "payments/cancel", /* where cancelpay is, from this page */
        "type": "POST",
        "contentType": "application/json",
        "headers": {
            "Accept-Language": "ko",
            "Idempotency-Key": request.key,
            ...ticket && { "Authorization": "Bearer " + ticket }
        },
        "data": request.body,
        "dataType": "json",
        "timeout": 60000,
        "complete": function (xhr) {
            const answer = xhr.responseJSON || {};
            /* These are about the request; the others only about this try. */
            const isRefusal = [400, 404, 409, 422].includes(xhr.status) ||
                !unsettled && [401, 403, 429, 503].includes(xhr.status);

            if (xhr.status === 200 && answer.code === "refunded") {
                say("환불되었습니다.", true);
                button.prop("hidden", true);
                result.trigger("focus");
            } else if (isRefusal && answer.code &&
                answer.code !== "request_in_progress") {
                say("환불되지 않았습니다. " + reasonOf(answer), true);
            } else {
                say("환불되었는지 아직 알 수 없습니다. 다른 방법으로 환불하지 " +
                    "말고, 잠시 후 이 버튼을 다시 눌러 확인해 주세요. " +
                    "두 번 환불되지 않습니다.", false);
            }
        }
    });
}

jQuery("#cancel-pay").on("click", cancelPay);
