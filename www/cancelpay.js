/* SPDX-License-Identifier: MIT */
/*
 * The refund page: draws what desk.js says, and hands it what is typed and
 * pressed.  What may be refunded is the server's to decide, and what an answer
 * means is refund.js's.
 */
"use strict";

/* global cancelpay, cancelpayDesk, cancelpayTicket, jQuery */
(function ($) {
    const LANGUAGE_NAME = "cancelpay.language";
    const mount = mountOf(location.pathname);

    /* "/shop/refund/index.html", "/shop/refund" -> "/shop/refund/" */
    function mountOf(path) {
        return path.replace(/\/[^/]*\.html$/, "/").replace(/\/?$/, "/");
    }

    /* A storage that is switched off throws when it is named. */
    function storageOf(name) {
        try {
            return window[name];
        } catch {
            return null;
        }
    }

    function language() {
        const storage = storageOf("localStorage");
        const chosen = storage && storage.getItem(LANGUAGE_NAME);

        return cancelpay.languageOf(chosen ? [chosen]
            : navigator.languages);
    }

    function retryAfter(xhr) {
        const asked = Number(xhr.getResponseHeader("Retry-After"));

        return asked > 0 ? asked : 0;
    }

    /* An answer as cancelpay.judge wants it. */
    function ask(request) {
        return new Promise(function (resolve) {
            $.ajax({
                url: mount + request.path,
                method: request.method,
                contentType: request.body ? "application/json" : false,
                data: request.body,
                dataType: "json",
                cache: true,
                timeout: request.timeoutMs,
                headers: request.headers,
                complete: function (xhr) {
                    resolve({
                        status: xhr.status,
                        body: xhr.responseJSON || null,
                        location: xhr.getResponseHeader("Location"),
                        retryAfter: retryAfter(xhr)
                    });
                }
            });
        });
    }

    const desk = cancelpayDesk({
        mount: mount, ask: ask, storage: storageOf("sessionStorage"),
        language: language()
    });
    let drawn = {};

    function say(name, values) {
        return cancelpay.text(drawn.language, name, values);
    }

    function sayMoney(units) {
        return cancelpay.money(units, drawn.payment.currency, drawn.language);
    }

    /* --- drawing ------------------------------------------------------- */

    function factsOf(pairs) {
        return pairs.map(function (pair) {
            return $("<div>").append($("<dt>").text(pair[0]),
                $("<dd>").text(pair[1]));
        });
    }

    function drawTexts(state) {
        document.documentElement.lang = state.language;
        $("[data-text]").each(function () {
            $(this).text(say($(this).data("text")));
        });
        $("[data-label]").each(function () {
            $(this).attr("aria-label", say($(this).data("label")));
        });
        $("#languages button").each(function () {
            $(this).attr("aria-pressed",
                String($(this).data("language") === state.language));
        });
    }

    function drawPayment(state) {
        const payment = state.payment;
        const facts = [[say("merchant_uid"), state.order]];

        if (payment !== null) {
            facts.push([say("paid_fact"), sayMoney(payment.amount)]);
            if (payment.paid_at)
                facts.push([say("paid_at_fact"),
                    cancelpay.dateTime(payment.paid_at, state.language)]);
            if (payment.pay_method !== "")
                facts.push([say("method_fact"), methodText(payment)]);
            if (payment.cancel_amount > 0)
                facts.push([say("cancelled_fact"),
                    sayMoney(payment.cancel_amount)]);
            facts.push([say("left_fact"),
                sayMoney(payment.refundable_amount)]);
        }
        $("#payment-facts").empty().append(factsOf(facts));
        $("#payment").prop("hidden", state.order === "" ||
            state.notice !== null && state.notice.kind === "succeeded");
        /* Whoever is to wait is offered nothing. */
        $("#other").prop("hidden", state.isFixed ||
            state.notice !== null && state.notice.kind === "doubt" ||
            !["form", "done"].includes(state.phase));
    }

    function methodText(payment) {
        const name = "method_" + payment.pay_method;

        return cancelpay.hasText(drawn.language, name)
            ? say(name) : payment.pay_method;
    }

    /* An unchanged panel stays, or a screen reader would read it again. */
    function drawNotice(state) {
        const notice = state.notice
            ? cancelpay.describe(state.notice, state.language) : null;
        const said = JSON.stringify(notice);
        const panel = $("<div>");

        if (said === $("#status").data("said"))
            return;
        $("#status").data("said", said).empty();
        if (notice === null)
            return;
        panel.addClass("panel " + notice.kind)
            .append($("<h2>").text(notice.title), $("<p>").text(notice.detail));
        notice.extra.forEach(function (sentence) {
            panel.append($("<p>").text(sentence));
        });
        if (notice.facts.length > 0)
            panel.append($("<dl>").append(factsOf(notice.facts)));
        if (notice.link !== null)
            panel.append($("<p>").append($("<a>").attr({
                href: notice.link.address, target: "_blank",
                rel: "noopener noreferrer" }).text(notice.link.text)));
        $("#status").append(panel);
        if (state.isAsked)
            panel[0].scrollIntoView({ block: "nearest" });
    }

    function drawErrors(state) {
        const currency = state.payment ? state.payment.currency : "KRW";

        $("[name][aria-describedby]").each(function () {
            const error = state.errors[this.name];

            $(this).attr("aria-invalid", error ? "true" : null);
            $("#" + this.id + "-error").prop("hidden", !error)
                .text(error ? cancelpay.describeError(error, currency,
                    state.language) : "");
        });
    }

    /* The banks of the payment's PG, or a code where they are not known. */
    function drawBank(state) {
        const banks = cancelpay.banksOf(state.payment.pg_provider,
            state.language);
        const old = $("#refund_bank");
        const chosen = old.val();
        const input = banks.length > 0 ? $("<select>").append(
            [{ code: "", name: say("bank_none") }].concat(banks).map(
                function (bank) {
                    return $("<option>").val(bank.code).text(bank.name);
                })) : $("<input>").attr({
            autocapitalize: "characters", spellcheck: "false" });

        input.attr({
            id: "refund_bank", name: "refund_bank", autocomplete: "off",
            required: "", "aria-describedby": "refund_bank-error"
        }).val(chosen);
        old.replaceWith(input);
        $("#refund_bank-label").text(say(banks.length > 0
            ? "refund_bank" : "bank_code"));
    }

    function wants(state, name) {
        return state.payment !== null &&
            state.payment.account_fields.includes(name);
    }

    function drawForm(state) {
        $("#account").prop("hidden", !wants(state, "refund_account"));
        $("#tel").prop("hidden", !wants(state, "refund_tel"));
        $(".optional").prop("hidden", state.isReasonNeeded);
        if (wants(state, "refund_bank"))
            drawBank(state);
        $("#cancel_request_amount-hint").text(state.payment === null ? ""
            : say("amount_hint", { most: sayMoney(state.most) }));
        drawSummary();
    }

    function isPart() {
        return $("#part").prop("checked");
    }

    function drawSummary() {
        const payment = drawn.payment;
        const typed = $("#cancel_request_amount").val();
        let units = drawn.most;

        $("#amount").prop("hidden", !isPart());
        if (isPart())
            units = cancelpay.readAmount(typed, drawn.most,
                payment ? payment.currency : "KRW").units;
        if (payment === null && !isPart())
            $("#summary").text(say("summary_all"));
        else
            $("#summary").text(units === undefined ? "" : say("summary", {
                amount: cancelpay.money(units,
                    payment ? payment.currency : "KRW", drawn.language)
            }));
    }

    function drawPhase(state) {
        const isShown = state.phase === "form" || state.phase === "sending";

        $("#order-form").prop("hidden", state.phase !== "order");
        /* No aria-busy: it would keep the live region quiet. */
        $("#state").attr("data-busy", String(
            ["loading", "sending", "waiting"].includes(state.phase)));
        $("#form").prop("hidden", !isShown);
        $("#fields").prop("disabled", state.phase !== "form");
        $("#again").prop("hidden", !state.mayRepeat);
        $("#checked").prop("hidden", state.checkedMs === 0 ||
            state.phase === "form" || state.phase === "done").text(
            say("checked", { time: cancelpay.clockTime(state.checkedMs,
                state.language) }));
    }

    function draw(state) {
        const before = drawn;

        drawn = state;
        if (before.language !== state.language)
            drawTexts(state);
        drawPayment(state);
        drawPhase(state);
        if (before.payment !== state.payment ||
            before.language !== state.language || before.most !== state.most)
            drawForm(state);
        drawNotice(state);
        drawErrors(state);
        /* Nobody needs to read the account on the screen any more. */
        if (state.phase === "waiting" || state.phase === "done")
            clearForm();
        moveFocus(before, state);
    }

    function clearForm() {
        $("#form").trigger("reset");
        drawSummary();
    }

    /* Where something has been asked for, and what was pressed is gone. */
    function moveFocus(before, state) {
        if (!state.isAsked || before.phase === state.phase &&
            before.notice === state.notice)
            return;
        if (Object.keys(state.errors).length > 0)
            focusFirstError();
        else if (state.phase !== "form" && before.phase !== state.phase)
            $("#status").trigger("focus");
    }

    function focusFirstError() {
        $("[aria-invalid]").filter(":visible").first().trigger("focus");
    }

    /* --- what is typed and pressed ------------------------------------- */

    function readForm() {
        const choice = $("#reason_choice").val();
        const wish = {
            amount: isPart() ? $("#cancel_request_amount").val() || " " : "",
            reason: cancelpay.joinReason(choice === "" ? "" : say(choice),
                $("#reason").val())
        };

        cancelpay.ACCOUNT_FIELDS.forEach(function (name) {
            wish[name] = $("#" + name).val() || "";
        });
        return wish;
    }

    function submit(event) {
        event.preventDefault();
        desk.submit(readForm());
    }

    function find(event) {
        event.preventDefault();
        if (!desk.open($("#merchant_uid").val().trim()))
            focusFirstError();
    }

    /* Separators and the limit, while the amount is typed. */
    function typeAmount() {
        const typed = cancelpay.groupTyped(this.value, this.selectionStart);
        const payment = drawn.payment;
        const amount = cancelpay.readAmount(typed.text, drawn.most,
            payment ? payment.currency : "KRW");

        if (typed.text !== this.value) {
            this.value = typed.text;
            this.setSelectionRange(typed.caret, typed.caret);
        }
        desk.setError("cancel_request_amount",
            amount.error === "amount_exceeds" ? amount : null);
        drawSummary();
    }

    /* Left, it has to be an amount. */
    function leaveAmount() {
        const payment = drawn.payment;
        const amount = cancelpay.readAmount(this.value, drawn.most,
            payment ? payment.currency : "KRW");

        if (this.value !== "" && amount.error)
            desk.setError("cancel_request_amount", amount);
    }

    function correct() {
        if (this.id !== "cancel_request_amount")
            desk.setError(this.name, null);
    }

    function chooseLanguage() {
        try {
            localStorage.setItem(LANGUAGE_NAME, $(this).data("language"));
        } catch {
            /* Then it is chosen until the page is left. */
        }
        desk.setLanguage($(this).data("language"));
    }

    /* A shop's own page may hand the ticket over in a variable. */
    function takeTicket() {
        const token = cancelpay.tokenIn(location.hash);

        if (token !== "")
            history.replaceState(null, "", location.pathname +
                location.search);
        if (token === "" && typeof cancelpayTicket === "string")
            return cancelpayTicket;
        return token;
    }

    function startAgain() {
        const order = drawn.order;

        clearForm();
        desk.again(order);
    }

    function nameOther() {
        clearForm();
        desk.again("");
        $("#merchant_uid").val("").trigger("focus");
    }

    function start() {
        const order = new URLSearchParams(location.search).get("order");

        $("#form").on("submit", submit);
        $("#order-form").on("submit", find);
        $("#order-form, #form").on("input change", "[name]", correct);
        $("#cancel_request_amount").on("input", typeAmount)
            .on("change", leaveAmount);
        $("[name=how]").on("change", drawSummary);
        /* The later presses of a double click; 0 is the keyboard. */
        $("#submit").on("click", function (event) {
            if (event.originalEvent.detail > 1)
                event.preventDefault();
        });
        $("#again").on("click", startAgain);
        $("#other").on("click", nameOther);
        $("#languages").on("click", "button", chooseLanguage);
        $(window).on("online pageshow", desk.wake);
        $(document).on("visibilitychange", desk.wake);
        /* An address that differs behind "#" alone loads nothing anew. */
        $(window).on("hashchange", function () {
            const token = takeTicket();

            if (token !== "")
                desk.start(token, "");
        });
        $(window).on("beforeunload", function (event) {
            if (!drawn.mayLeave)
                event.preventDefault();
        });
        desk.subscribe(draw);
        draw(desk.getState());
        desk.start(takeTicket(), order || "");
    }

    start();
})(jQuery);
