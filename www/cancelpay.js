/* SPDX-License-Identifier: MIT */
/*
 * The refund page: reads the form, posts the refund, and says what became of
 * it.  What may be refunded is the server's to decide.
 *
 * The one idea: an answer either settles a request or leaves it in doubt, and
 * while in doubt nothing new is sent.  A POST without an answer is repeated
 * with the same bytes under the same Idempotency-Key, so that it can't refund
 * twice; once the refund has a number, the page asks by that until the end.
 * The number (nothing personal) stays in the address after "#", for a reload.
 */
"use strict";

(function ($) {
    /* The server answers within answer_ms (25 s by default). */
    const POST_TIMEOUT_MS = 60000;
    const ASK_TIMEOUT_MS = 15000;
    const WAIT_MAX_S = 60;

    const ACCOUNT_FIELDS = ["refund_holder", "refund_bank", "refund_account",
        "refund_tel"];

    /* What an unfinished refund is called on the page. */
    const UNFINISHED = {
        in_flight: "unknown",
        unknown: "unknown",
        needs_review: "needs_review",
        pending: "pending",
        awaiting_approval: "awaiting_approval"
    };

    /*
     * Statuses that are about the request itself.  The others (not signed in,
     * too many, busy, broken) say nothing about an earlier copy of it.
     */
    const SETTLING = [400, 404, 405, 409, 411, 413, 415, 422];

    const language = /^ko\b/i.test(navigator.language) ? "ko" : "en";
    const texts = cancelpayTexts[language];
    const mount = mountOf(location.pathname);

    /* The request under way: its key and bytes; null when there is none. */
    let attempt = null;

    /* "/shop/refund/index.html", "/shop/refund" -> "/shop/refund/" */
    function mountOf(path) {
        return path.replace(/\/[^/]*\.html$/, "/").replace(/\/?$/, "/");
    }

    /* randomUUID is there in secure contexts only. */
    function newKey() {
        const bytes = new Uint8Array(16);

        if (crypto.randomUUID)
            return crypto.randomUUID();
        crypto.getRandomValues(bytes);
        return Array.from(bytes, function (byte) {
            return byte.toString(16).padStart(2, "0");
        }).join("");
    }

    function money(amount, currency) {
        const style = /^[A-Z]{3}$/.test(currency)
            ? { style: "currency", currency: currency } : {};

        return new Intl.NumberFormat(language, style).format(amount);
    }

    /* The refund's number at the end of an address, "" when it has none. */
    function numberIn(address) {
        const found = /\brefunds?[/=]([0-9A-Za-z]{1,40})$/.exec(address);

        return found === null ? "" : found[1];
    }

    function numberOf(xhr) {
        return numberIn(xhr.getResponseHeader("Location") || "");
    }

    /* As long as the server asks for, and longer the more often we asked. */
    function waitMs(xhr, times) {
        const asked = Number(xhr.getResponseHeader("Retry-After")) || 1;

        return 1000 * Math.min(Math.max(asked, times), WAIT_MAX_S);
    }

    /* --- the status below the form ----------------------------------- */

    let shown = "";

    /* facts: pairs of label and value; those without a value are left out. */
    function show(kind, title, detail, facts) {
        const panel = $("<div>").addClass("panel " + kind);
        const list = $("<dl>");
        const said = JSON.stringify([kind, title, detail, facts]);

        if (said === shown)
            return; /* else a screen reader would read it again */
        shown = said;
        (facts || []).forEach(function (fact) {
            if (fact[1])
                $("<div>").append($("<dt>").text(fact[0]),
                    $("<dd>").text(fact[1])).appendTo(list);
        });
        panel.append($("<h2>").text(title), $("<p>").text(detail));
        if (list.children().length > 0)
            panel.append(list);
        $("#status").empty().append(panel);
        panel[0].scrollIntoView({ block: "nearest" });
    }

    function showUnfinished(name, facts) {
        show(name === "unknown" || name === "needs_review" ? "doubt" :
            "waiting", texts[name], texts[name + "_detail"], facts);
    }

    function showChecked() {
        const time = new Date().toLocaleTimeString(language);

        $("#checked").text(texts.checked.replace("{time}", time))
            .prop("hidden", false);
    }

    /* --- the form ---------------------------------------------------- */

    function showAccount(isShown) {
        $("#is_vbank").prop("checked", isShown);
        $("#account").prop("hidden", !isShown);
    }

    function clearError(input) {
        $(input).removeAttr("aria-invalid");
        $("#" + input.id + "-error").text("").prop("hidden", true);
    }

    function clearErrors() {
        $("#form [name]").each(function () {
            clearError(this);
        });
    }

    function markError(name, message) {
        $("#" + name).attr("aria-invalid", "true");
        $("#" + name + "-error").text(message).prop("hidden", false);
    }

    function focusFirstError() {
        $("[aria-invalid]").first().trigger("focus");
    }

    /* From the press of the button to the end of the refund. */
    function lockForm(isLocked) {
        $("#fields").prop("disabled", isLocked);
    }

    /*
     * The amount as the request wants it: an integer, or a string where it
     * has decimals; undefined for everything, null when it is no amount.
     * Fifteen digits are exact in a Number.
     */
    function readAmount(text) {
        if (text === "")
            return undefined;
        if (/^\d{1,3}(,\d{3})+(\.|$)/.test(text))
            text = text.replace(/,/g, "");
        if (/^[1-9]\d{0,14}$/.test(text))
            return Number(text);
        if (/^(0|[1-9]\d{0,14})\.\d{1,3}$/.test(text) && /[1-9]/.test(text))
            return text;
        return null;
    }

    /* The body of the request, null when a field has to be corrected. */
    function readForm() {
        const order = $("#merchant_uid").val().trim();
        const amount = readAmount($("#cancel_request_amount").val().trim());
        const body = { merchant_uid: order, requester: "customer" };
        const names = ["reason"];

        clearErrors();
        if (order === "" || Array.from(order).length > 40)
            markError("merchant_uid", texts.order_wanted);
        if (amount === null)
            markError("cancel_request_amount", texts.amount_wanted);
        if ($("[aria-invalid]").length > 0)
            return null;
        if (amount !== undefined)
            body.cancel_request_amount = amount;
        if ($("#is_vbank").prop("checked"))
            names.push(...ACCOUNT_FIELDS);
        names.forEach(function (name) {
            const value = $("#" + name).val().trim();

            if (value !== "")
                body[name] = value;
        });
        return body;
    }

    /* Ties a refusal to the fields it names. */
    function markRefused(body) {
        const names = Array.isArray(body.fields) ? body.fields.slice() : [];

        if (body.code === "refund_account_required")
            showAccount(true);
        if (body.code === "payment_not_found")
            names.push("merchant_uid");
        if (body.code === "amount_exceeds_refundable")
            names.push("cancel_request_amount");
        names.forEach(function (name) {
            const input = document.getElementById(String(name));

            if (input === null || input.name !== name)
                return;
            if (input.value === "")
                markError(name, texts.field_needed);
            else
                markError(name, names.length === 1 && body.message ||
                    texts.field_wrong);
        });
        focusFirstError();
    }

    /* --- the ends of a refund ---------------------------------------- */

    /* A new request takes a press elsewhere: no double click gets there. */
    function finish() {
        attempt = null;
        $("#checked").prop("hidden", true);
        $("#again").prop("hidden", false);
    }

    /* The form may be used again at once. */
    function reopen() {
        attempt = null;
        $("#checked").prop("hidden", true);
        lockForm(false);
    }

    function succeed(refund, payment, order) {
        const currency = payment.currency || refund.currency;
        const amount = refund.applied_amount || refund.amount;
        const left = payment.refundable_amount;

        show("succeeded", texts.succeeded, texts.succeeded_detail, [
            [texts.order_fact, order],
            [texts.refunded_fact, amount && money(amount, currency)],
            [texts.left_fact, left !== undefined && money(left, currency)],
            [texts.number_fact, refund.id]
        ]);
        /* Nobody needs to read the account on the screen any more. */
        ACCOUNT_FIELDS.forEach(function (name) {
            $("#" + name).val("");
        });
        finish();
    }

    function refuse(xhr, body) {
        const left = body.refundable_amount;
        const detail = body.message ||
            texts.refused_detail.replace("{status}", xhr.status);

        show("refused", body.title || texts.refused,
            [detail, body.provider_message].filter(Boolean).join(" "),
            [[texts.left_fact, left !== undefined && money(left)]]);
        reopen();
        markRefused(body);
    }

    function fail(refund) {
        const detail = texts[refund.failure] || texts.failed;

        show("refused", texts.refused, [detail, refund.provider_message]
            .filter(Boolean).join(" "), [[texts.number_fact, refund.id]]);
        setNumber("");
        reopen();
    }

    /* --- following a refund that has a number ------------------------ */

    function setNumber(number) {
        history.replaceState(null, "", location.pathname + location.search +
            (number === "" ? "" : "#refund=" + number));
    }

    /* What is left is only told of the payment. */
    function succeedFollowed(refund, order) {
        if (!order) {
            succeed(refund, {}, "");
            return;
        }
        $.ajax({
            url: mount + "payments",
            data: { merchant_uid: order },
            dataType: "json",
            timeout: ASK_TIMEOUT_MS,
            complete: function (xhr) {
                succeed(refund, xhr.status === 200 && xhr.responseJSON || {},
                    order);
            }
        });
    }

    /* followed: { number, order ("" after a reload), times asked } */
    function hear(followed, xhr) {
        const body = xhr.responseJSON || {};
        const state = xhr.status === 200 ? body.state : "";

        followed.times++;
        if (state === "succeeded") {
            succeedFollowed(body, followed.order);
            return;
        }
        if (state === "failed") {
            fail(body);
            return;
        }
        if (xhr.status === 404 && followed.order === "") {
            setNumber("");
            refuse(xhr, body);
            return;
        }
        if (state)
            showUnfinished(UNFINISHED[state] || "unknown",
                [[texts.number_fact, followed.number]]);
        showChecked();
        setTimeout(ask, waitMs(xhr, followed.times), followed);
    }

    function ask(followed) {
        $.ajax({
            url: mount + "refunds/" + followed.number,
            dataType: "json",
            timeout: ASK_TIMEOUT_MS,
            headers: { "Accept-Language": language },
            complete: function (xhr) {
                hear(followed, xhr);
            }
        });
    }

    /* attempt ends here: from now on the server holds the refund. */
    function follow(xhr, body) {
        const followed = {
            number: numberOf(xhr),
            order: attempt.order,
            times: 0
        };
        const state = body.refund ? body.refund.state : "";

        attempt = null;
        setNumber(followed.number);
        showUnfinished(UNFINISHED[state] || "unknown",
            [[texts.number_fact, followed.number]]);
        setTimeout(ask, waitMs(xhr, 0), followed);
    }

    /* --- the request ------------------------------------------------- */

    /*
     * What an answer to the POST means.  "code" is in every answer of the
     * server's own; one without comes from something in between.
     */
    function judge(xhr, body, isDoubtful) {
        const isOurs = typeof body.code === "string";

        if (xhr.status === 200 && isOurs && body.refund)
            return "succeeded";
        if (isOurs && (xhr.status === 202 ||
            body.code === "request_in_progress"))
            return numberOf(xhr) !== "" ? "follow" : "doubt";
        if (isDoubtful)
            return isOurs && SETTLING.includes(xhr.status) ? "refused" :
                "doubt";
        if (isOurs && xhr.status === 503 || xhr.status === 429)
            return "busy";
        /* 408: the connection broke; how far the request got is open. */
        if (xhr.status >= 400 && xhr.status < 500 && xhr.status !== 408)
            return "refused";
        return "doubt";
    }

    function settle(xhr) {
        const body = xhr.responseJSON || {};

        switch (judge(xhr, body, attempt.isDoubtful)) {
        case "succeeded":
            succeed(body.refund, body, body.merchant_uid);
            break;
        case "follow":
            follow(xhr, body);
            break;
        case "refused":
            refuse(xhr, body);
            break;
        case "busy":
            show("busy", body.title || texts.busy,
                body.message || texts.busy_detail);
            reopen();
            break;
        case "doubt":
            attempt.isDoubtful = true;
            attempt.times++;
            show("doubt", texts.doubt, texts.doubt_detail);
            showChecked();
            setTimeout(send, waitMs(xhr, attempt.times));
            break;
        }
    }

    function send() {
        $.ajax({
            url: mount + "payments/cancel",
            method: "POST",
            contentType: "application/json",
            data: attempt.body,
            dataType: "json",
            timeout: POST_TIMEOUT_MS,
            headers: {
                "Accept-Language": language,
                "Idempotency-Key": attempt.key
            },
            complete: settle
        });
    }

    function submit(event) {
        const body = readForm();

        event.preventDefault();
        if (body === null) {
            show("refused", texts.fields_wrong, "");
            focusFirstError();
            return;
        }
        attempt = {
            key: newKey(),
            body: JSON.stringify(body),
            order: body.merchant_uid,
            isDoubtful: false,
            times: 0
        };
        lockForm(true);
        show("waiting", texts.sending, texts.sending_detail);
        $("#status").trigger("focus");
        send();
    }

    /* --- the start --------------------------------------------------- */

    function openForm() {
        const order = new URLSearchParams(location.search).get("order");

        $("#form").trigger("reset");
        showAccount(false);
        clearErrors();
        if (order !== null)
            $("#merchant_uid").val(order);
        lockForm(false);
    }

    function startAnew() {
        setNumber("");
        $("#status").empty();
        shown = "";
        $("#again").prop("hidden", true);
        openForm();
        $("#merchant_uid").trigger("focus");
    }

    function start() {
        const number = numberIn(location.hash);

        document.documentElement.lang = language;
        $("[data-text]").each(function () {
            $(this).text(texts[$(this).data("text")]);
        });
        $("#form").on("submit", submit);
        $("#form").on("input", "[name]", function () {
            clearError(this);
        });
        $("#is_vbank").on("change", function () {
            showAccount(this.checked);
        });
        /* The later presses of a double click; 0 is the keyboard. */
        $("#submit").on("click", function (event) {
            if (event.originalEvent.detail > 1)
                event.preventDefault();
        });
        $("#again").on("click", startAnew);
        /* Leaving now would lose the key of an unanswered request. */
        $(window).on("beforeunload", function (event) {
            if (attempt !== null)
                event.preventDefault();
        });
        openForm();
        if (number === "")
            return;
        lockForm(true);
        showUnfinished("unknown", [[texts.number_fact, number]]);
        ask({ number: number, order: "", times: 0 });
    }

    start();
})(jQuery);
