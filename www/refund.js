/* SPDX-License-Identifier: MIT */
/*
 * What a refund page has to know, without the page: texts, amounts, dates,
 * banks, tickets, and what an answer of the server means.  No DOM, no network
 * and no state; desk.js is the course of a refund, the page draws it.
 *
 * The one idea: an answer either settles a request or leaves it in doubt, and
 * while in doubt nothing new is sent.
 *
 * Amounts are whole numbers of the currency's smallest unit here ("units"), as
 * in the database; in JSON they are in the usual notation, of at most fifteen
 * digits, which a Number holds exactly.
 */
"use strict";

globalThis.cancelpay = (function () {
    const LANGUAGES = Object.keys(cancelpayTexts);
    const ORDER_CHARS = 40;
    const DIGITS_MAX = 15;

    /* --- texts --------------------------------------------------------- */

    /* The first language of the list we have, else English. */
    function languageOf(wanted) {
        const found = wanted.map(function (tag) {
            return String(tag).toLowerCase().split("-")[0];
        }).find(function (name) {
            return LANGUAGES.includes(name);
        });

        return found || "en";
    }

    function hasText(language, name) {
        return Object.hasOwn(cancelpayTexts[language], name);
    }

    /* A text with {name} filled in from values. */
    function text(language, name, values) {
        const found = hasText(language, name)
            ? cancelpayTexts[language][name] : name;

        return found.replace(/\{(\w+)\}/g, function (all, key) {
            return values && values[key] !== undefined ? values[key] : all;
        });
    }

    /* --- amounts ------------------------------------------------------- */

    /*
     * Digits behind the point, by ISO 4217 (src/core/money.c); Intl has other
     * ones for some, as people use them and payments do not.
     */
    const DECIMALS = { JPY: 0, KRW: 0, KWD: 3, VND: 0 };

    function decimalsOf(currency) {
        return Object.hasOwn(DECIMALS, currency) ? DECIMALS[currency] : 2;
    }

    /* "12.5" -> 1250; null when it is no amount of that currency. */
    function unitsOf(amount, currency) {
        const decimals = decimalsOf(currency);
        const found = /^(\d{1,15})(?:\.(\d{1,3}))?$/.exec(String(amount));
        const behind = found && found[2] || "";
        let digits;

        if (found === null || behind.length > decimals)
            return null;
        digits = found[1] + behind.padEnd(decimals, "0");
        return digits.replace(/^0+/, "").length > DIGITS_MAX
            ? null : Number(digits);
    }

    /* 1250 -> "12.50", the usual notation. */
    function usual(units, currency) {
        const decimals = decimalsOf(currency);
        const digits = String(units).padStart(decimals + 1, "0");

        return decimals === 0 ? digits : digits.slice(0, -decimals) + "." +
            digits.slice(-decimals);
    }

    function group(digits) {
        return digits.replace(/\B(?=(\d{3})+$)/g, ",");
    }

    /* 1250 -> "$12.50"; 12500 -> "12,500원". */
    function money(units, currency, language) {
        const parts = usual(units, currency).split(".");
        const number = group(parts[0]) +
            (parts.length > 1 ? "." + parts[1] : "");

        if (language === "ko" && currency === "KRW")
            return number + "원";
        return new Intl.NumberFormat(language, {
            style: "currency", currency: currency
        }).formatToParts(0).map(function (part) {
            if (part.type === "integer")
                return number;
            return ["decimal", "fraction"].includes(part.type)
                ? "" : part.value;
        }).join("");
    }

    /* What the request has: a number, or a string where there are decimals. */
    function amountInJson(units, currency) {
        return decimalsOf(currency) === 0 ? units : usual(units, currency);
    }

    /*
     * A typed amount: { units }, or { error, values } with the name of a text.
     * most: units that can be refunded.  Korean keyboards have wide digits, and
     * a won sign of their own.
     */
    function readAmount(typed, most, currency) {
        let digits = typed.normalize("NFKC").trim().replace(/^₩\s*|\s*원$/g, "");
        let units;

        if (/^\d{1,3}(,\d{3})+(\.|$)/.test(digits))
            digits = digits.replace(/,/g, "");
        if (/^[1-9]\d{15,}$/.test(digits) && most !== Infinity)
            return { error: "amount_exceeds", most: most };
        units = /^0\d/.test(digits) ? null : unitsOf(digits, currency);
        if (units === null || units === 0)
            return { error: decimalsOf(currency) === 0
                ? "amount_wanted" : "amount_wanted_decimals" };
        if (units > most)
            return { error: "amount_exceeds", most: most };
        return { units: units };
    }

    /*
     * Thousands separators while typing: the text and where the caret goes,
     * behind the same digit as before.  Other characters stay for readAmount
     * to refuse.
     */
    function groupTyped(typed, caret) {
        const parts = typed.split(".");
        const whole = parts[0].replace(/,/g, "");
        const before = typed.slice(0, caret).replace(/,/g, "").length;
        let grouped, at, seen;

        if (!/^\d+$/.test(whole))
            return { text: typed, caret: caret };
        parts[0] = group(whole);
        grouped = parts.join(".");
        for (at = 0, seen = 0; at < grouped.length && seen < before; at++) {
            if (grouped[at] !== ",")
                seen++;
        }
        return { text: grouped, caret: at };
    }

    /* --- dates --------------------------------------------------------- */

    /* time: ISO 8601, or UNIX milliseconds; said in the shop's zone. */
    function dateTime(time, language) {
        return new Intl.DateTimeFormat(language, {
            dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Seoul"
        }).format(new Date(time));
    }

    function clockTime(time, language) {
        return new Intl.DateTimeFormat(language, {
            timeStyle: "medium", timeZone: "Asia/Seoul"
        }).format(new Date(time));
    }

    /* --- banks --------------------------------------------------------- */

    /* [{ code, name }]; [] when the PG's codes are not known. */
    function banksOf(pgProvider, language) {
        const list = Object.hasOwn(cancelpayBanks.lists, pgProvider)
            ? cancelpayBanks.lists[pgProvider] : -1;

        if (list < 0)
            return [];
        return cancelpayBanks.banks.filter(function (bank) {
            return bank[2 + list] !== "";
        }).map(function (bank) {
            return { code: bank[2 + list],
                name: language === "ko" ? bank[1] : bank[0] };
        });
    }

    /* --- payments ------------------------------------------------------ */

    const AMOUNTS = ["amount", "cancel_amount", "refundable_amount"];

    /* An answer about a payment, with its amounts in units. */
    function readPayment(body) {
        const payment = Object.assign({ refunds: [], account_fields: [] },
            body);

        AMOUNTS.forEach(function (name) {
            payment[name] = unitsOf(body[name], body.currency);
        });
        return payment;
    }

    /* --- tickets ------------------------------------------------------- */

    /*
     * What a ticket (doc/tickets.md) says, null when it is none.  Only the
     * server can tell whether it is genuine and its time not over: the
     * customer's clock may be wrong.
     */
    function readTicket(token) {
        let claims, bytes;

        if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || token.length > 4096)
            return null;
        try {
            bytes = atob(token.split(".")[1].replace(/-/g, "+")
                .replace(/_/g, "/"));
            claims = JSON.parse(decodeURIComponent(escapeBytes(bytes)));
        } catch {
            return null;
        }
        if (claims === null || typeof claims.sub !== "string")
            return null;
        return { order: claims.sub, most: claims.max_amount };
    }

    function escapeBytes(bytes) {
        return Array.from(bytes, function (byte) {
            return "%" + byte.charCodeAt(0).toString(16).padStart(2, "0");
        }).join("");
    }

    /*
     * "#ticket=..." -> the token, whatever stands there; "" when there is none.
     * Never the query.
     */
    function tokenIn(hash) {
        const found = /^#ticket=(.*)$/.exec(hash);

        return found === null ? "" : found[1];
    }

    /* --- keys and numbers ---------------------------------------------- */

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

    /* The refund's number at the end of an address, "" when it has none. */
    function numberIn(address) {
        const found = /\brefunds\/([0-9A-Za-z]{1,40})$/.exec(address || "");

        return found === null ? "" : found[1];
    }

    /* --- the wish ------------------------------------------------------ */

    const ACCOUNT_FIELDS = ["refund_holder", "refund_bank", "refund_account",
        "refund_tel"];
    const FIELDS = ["cancel_request_amount", "reason"].concat(ACCOUNT_FIELDS);
    /* No field has a maxlength: what it cut off a paste nobody would see. */
    const SHAPES = {
        refund_holder: /^.{1,16}$/u,
        refund_bank: /^[0-9A-Za-z]{1,4}$/,
        refund_account: /^[0-9-]{1,16}$/,
        refund_tel: /^[0-9+-]{1,16}$/
    };

    /* "" or the text's name of what is wrong with an order number. */
    function checkOrder(order) {
        return order !== "" && Array.from(order).length <= ORDER_CHARS
            ? "" : "order_wanted";
    }

    function checkField(name, value) {
        if (value === "")
            return "field_needed";
        return SHAPES[name].test(value) ? "" : name + "_wanted";
    }

    /* What a choice of reasons and a free text are together. */
    function joinReason(choice, detail) {
        return [choice, detail.trim()].filter(Boolean).join(": ");
    }

    /*
     * wish: { amount (typed; "" = all), reason, and the account's fields }
     * payment: null when the server does not have it yet: then it is to find
     * out, and "all" is its own word.
     * Returns { body } to send, or { errors: { field: { error, most } } }.
     */
    function readWish(order, wish, payment, most) {
        const body = { merchant_uid: order, requester: "customer" };
        const errors = {};
        const currency = payment ? payment.currency : "KRW";
        const amount = wish.amount === "" ? { units: most }
            : readAmount(wish.amount, most, currency);

        if (amount.error)
            errors.cancel_request_amount = amount;
        else if (payment || wish.amount !== "")
            body.cancel_request_amount = amountInJson(amount.units, currency);
        if (wish.reason.includes("[cp:"))
            errors.reason = { error: "reason_wanted" };
        else if (wish.reason !== "")
            body.reason = wish.reason;
        (payment ? payment.account_fields : []).forEach(function (name) {
            const value = (wish[name] || "").trim();
            const error = checkField(name, value);

            if (error !== "")
                errors[name] = { error: error };
            else
                body[name] = value;
        });
        return Object.keys(errors).length > 0 ? { errors: errors }
            : { body: body };
    }

    /* --- what an answer means ------------------------------------------ */

    /*
     * Statuses that are about the request itself.  The others (not signed in,
     * too many, busy, broken) say nothing about an earlier copy of it.
     */
    const SETTLING = [400, 404, 405, 409, 411, 413, 415, 422];
    /* Another request, not a correction, is what may follow these. */
    const CLOSING = ["already_refunded", "ambiguous_order", "forbidden",
        "month_closed", "not_configured", "not_paid", "payment_mismatch",
        "payment_not_found", "refund_not_supported", "unauthorized"];

    /*
     * An answer: { status (0 = none came), body (JSON or null), location,
     * retryAfter (seconds, 0 = not said) }.
     * What one to the POST means; wasDoubtful: an earlier copy of the request
     * may have arrived.
     *   succeeded   it is done
     *   follow      the server holds it: ask by its number
     *   other       another refund of the order is under way, ours was refused
     *   refused     settled: nothing was refunded
     *   busy        settled: nothing was done, try again later
     *   doubt       nobody knows: repeat the very same request
     *   locked_out  the same, and the caller has to prove anew who it is
     */
    function judge(answer, wasDoubtful) {
        const code = answer.body && typeof answer.body.code === "string"
            ? answer.body.code : "";
        const number = numberIn(answer.location);

        if (answer.status === 200 && code !== "" && answer.body.refund)
            return "succeeded";
        if (answer.status === 202 && code !== "" ||
            code === "request_in_progress")
            return number !== "" ? "follow" : "doubt";
        if (code === "refund_in_progress" && number !== "")
            return "other";
        if (wasDoubtful && code !== "" &&
            (answer.status === 401 || answer.status === 403))
            return "locked_out";
        if (wasDoubtful)
            return code !== "" && SETTLING.includes(answer.status)
                ? "refused" : "doubt";
        if (code !== "" && answer.status === 503 || answer.status === 429)
            return isClosing(code) ? "refused" : "busy";
        /* 408: the connection broke; how far the request got is open. */
        if (answer.status >= 400 && answer.status < 500 &&
            answer.status !== 408)
            return "refused";
        return "doubt";
    }

    /* The form is of no use after it. */
    function isClosing(code) {
        return CLOSING.includes(code);
    }

    /* As long as the server asks for, and longer the more often we asked. */
    function waitMs(answer, times) {
        return 1000 * Math.min(Math.max(answer.retryAfter || 1, times), 60);
    }

    /* The address of a receipt, "" for what must not become a link. */
    function receiptOf(refund) {
        const address = refund.receipt_url;

        return typeof address === "string" && address.length < 512 &&
            /^https:\/\/[0-9A-Za-z][0-9A-Za-z.-]*(?::\d+)?(?:[/?#][!-~]*)?$/
                .test(address) ? address : "";
    }

    /* --- what is said of it -------------------------------------------- */

    /* How the money comes back: a text's name. */
    function arrivalOf(payMethod) {
        const name = "arrival_" + payMethod;

        return hasText("en", name) ? name : "arrival_other";
    }

    function factText(fact, language) {
        if (fact.units !== undefined)
            return money(fact.units, fact.currency, language);
        return fact.time !== undefined ? dateTime(fact.time, language)
            : fact.text;
    }

    /*
     * A notice in words: { kind, title, detail, extra [sentences], facts
     * [[label, value]], link { address, text } or null }.  notice: { kind,
     * name, title and detail (the server's, for a code without texts here),
     * values, extra [text names], said (a PG's own words), facts, receipt (of
     * receiptOf) }.
     */
    function describe(notice, language) {
        const known = hasText(language, notice.name);
        const extra = (notice.extra || []).map(function (name) {
            return text(language, name, notice.values);
        });

        if (notice.said)
            extra.push(notice.said);
        return {
            kind: notice.kind,
            title: known ? text(language, notice.name, notice.values)
                : notice.title || text(language, "refused"),
            detail: known
                ? text(language, notice.name + "_detail", notice.values)
                : notice.detail || text(language, "refused_detail"),
            extra: extra,
            facts: (notice.facts || []).map(function (fact) {
                return [text(language, fact.label), factText(fact, language)];
            }),
            link: notice.receipt ? { address: notice.receipt,
                text: text(language, "receipt") } : null
        };
    }

    /* An error of a field in words. */
    function describeError(error, currency, language) {
        return text(language, error.error, error.most === undefined ? {}
            : { most: money(error.most, currency, language) });
    }

    return {
        ACCOUNT_FIELDS, FIELDS, arrivalOf, banksOf, checkOrder, clockTime,
        dateTime, describe, describeError, groupTyped, hasText, isClosing,
        joinReason, judge, languageOf, money, newKey, numberIn, readAmount,
        readPayment, readTicket, readWish, receiptOf, text, tokenIn, unitsOf,
        waitMs
    };
})();
