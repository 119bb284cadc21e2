/* SPDX-License-Identifier: MIT */
/*
 * The course of one refund: finds the payment, sends the request, and goes on
 * asking until it has ended.  Draws nothing and knows no network: the page
 * gives it ask() and draws its state, which is a new object at each change.
 *
 * The idea to know: what is under way is written into the session's storage
 * before it is sent, and removed once it is settled.  So a reload goes on where
 * it was: a request without an answer is repeated with the same bytes under the
 * same Idempotency-Key and can't refund twice; one that the server holds is
 * asked for by its number, and of that nothing else is kept, neither request
 * nor refund account.
 */
"use strict";

/*
 * options: {
 *   mount     where the server is, "/shop/refund/"; tells apart what is stored
 *   ask       ({ method, path (below mount), headers, body, timeoutMs }) ->
 *             promise of an answer as cancelpay.judge wants it; never rejects
 *   storage   sessionStorage, or null
 *   language  of cancelpay.languageOf
 * }
 * state: {
 *   language
 *   phase     "order" (none is named), "loading", "form" (it may be sent),
 *             "sending", "waiting" (it is out), "done"
 *   order     "" = none
 *   isFixed   a ticket names the order: it can't be another one
 *   payment   of cancelpay.readPayment; null = not known here yet
 *   most      units that may be asked for
 *   isReasonNeeded  the shop wants one
 *   notice    for cancelpay.describe, or null
 *   errors    { field: for cancelpay.describeError }
 *   mayRepeat "done", and another refund may be asked for
 *   mayLeave  false: an unanswered request is known to this page alone
 *   checkedMs when the server was last asked, 0 = not yet
 *   isAsked   somebody waits for what is said now, and may be led to it;
 *             false: the page is there by itself, maybe as a part of another
 * }
 */
globalThis.cancelpayDesk = function (options) {
    /* The server answers within answer_ms (25 s by default). */
    const POST_TIMEOUT_MS = 60000;
    const ASK_TIMEOUT_MS = 15000;
    const WAKE_MS = 1000;

    const UNFINISHED = {
        in_flight: "unknown",
        unknown: "unknown",
        needs_review: "needs_review",
        pending: "pending",
        awaiting_approval: "awaiting_approval"
    };
    /* What is no plain refusal. */
    const KINDS = {
        already_refunded: "already",
        balance_changed: "changed",
        frozen: "busy"
    };
    const PREFIX = "cancelpay:" + options.mount + ":";

    const listeners = new Set();
    let state = {
        language: options.language, phase: "order", order: "", isFixed: false,
        payment: null, most: 0, isReasonNeeded: false, notice: null, errors: {},
        mayRepeat: false, mayLeave: true, checkedMs: 0, isAsked: false
    };
    /*
     * What is stored of the order: { order, ticket ("" = none), key, body,
     * isDoubtful; or number, isOther, once the server holds the refund }.
     */
    let record = { order: "", ticket: "" };
    /* What was begun for another order, or before, is not heard any more. */
    let turn = 0;
    let times = 0;
    let timer = null;
    let askedMs = 0;
    /* Fields the payment does not say it wants, and the server did. */
    let needed = [];

    function set(changes) {
        state = Object.freeze(Object.assign({}, state, changes));
        listeners.forEach(function (listener) {
            listener(state);
        });
    }

    /* --- what is stored ------------------------------------------------ */

    function inStorage(order) {
        try {
            return JSON.parse(options.storage.getItem(PREFIX + order));
        } catch {
            return null;
        }
    }

    /* Where nothing can be stored, this page still knows. */
    function stored(order) {
        return order === record.order && isUnderWay(record) ? record
            : inStorage(order);
    }

    function keep(changes) {
        record = Object.assign({}, record, changes);
        try {
            options.storage.setItem(PREFIX + record.order,
                JSON.stringify(record));
        } catch {
            /* Then a reload does not know of it; the server does. */
        }
    }

    /* ticket: what stays, for a corrected request; "" = nothing. */
    function settle(ticket) {
        record = { order: record.order, ticket: "" };
        try {
            options.storage.removeItem(PREFIX + record.order);
        } catch {
            /* Nothing was stored either. */
        }
        if (ticket !== "")
            keep({ ticket: ticket });
    }

    function isUnderWay(found) {
        return found !== null && Boolean(found.key || found.number);
    }

    /* The order a reload goes on with: one under way, else one with a ticket. */
    function storedOrder() {
        if (isUnderWay(record))
            return record.order;

        const found = Object.keys(options.storage || {}).filter(
            function (name) {
                return name.startsWith(PREFIX);
            }).map(function (name) {
            return stored(name.slice(PREFIX.length));
        }).filter(Boolean);
        const chosen = found.find(isUnderWay) || found[0];

        return chosen ? chosen.order : "";
    }

    /* --- asking -------------------------------------------------------- */

    function headersOf(more) {
        const headers = Object.assign({ "Accept-Language": state.language },
            more);

        if (record.ticket !== "")
            headers.Authorization = "Bearer " + record.ticket;
        return headers;
    }

    /* hear is called unless something else has begun meanwhile. */
    function ask(request, hear) {
        const mine = turn;

        timer = null;
        askedMs = Date.now();
        options.ask(request).then(function (answer) {
            if (mine === turn)
                hear(answer);
        });
    }

    function later(run, answer) {
        times++;
        timer = { run: run, id: setTimeout(run,
            cancelpay.waitMs(answer, times)) };
        set({ checkedMs: Date.now() });
    }

    function begin() {
        if (timer !== null)
            clearTimeout(timer.id);
        timer = null;
        turn++;
        times = 0;
    }

    /* --- ends ---------------------------------------------------------- */

    function done(notice, mayRepeat) {
        set({ phase: "done", notice: notice, errors: {}, mayLeave: true,
            mayRepeat: mayRepeat });
    }

    /* The fields of the form among those an answer names. */
    function fieldsIn(body) {
        return (Array.isArray(body.fields) ? body.fields : []).filter(
            function (name) {
                return cancelpay.FIELDS.includes(name);
            });
    }

    /* What the server says of a code, for one that has no texts here. */
    function noticeOf(code, body) {
        /* That one's texts speak of marked fields. */
        const name = code === "invalid_field" && fieldsIn(body).length === 0
            ? "refused" : code;

        return { kind: KINDS[name] || "refused", name: name,
            title: body.title, detail: body.message,
            said: body.provider_message };
    }

    /* payment: of readPayment, null = what is left now is not known. */
    function succeed(refund, payment, method) {
        const currency = refund.currency || payment && payment.currency ||
            "KRW";
        const amount = cancelpay.unitsOf(
            refund.applied_amount || refund.amount, currency);
        const left = payment ? payment.refundable_amount : null;
        const facts = [
            { label: "order_fact", text: record.order },
            { label: "refunded_fact", units: amount, currency: currency },
            { label: "left_fact", units: left, currency: currency },
            { label: "number_fact", text: refund.id },
            { label: "time_fact", time: refund.closed_at || refund.created_at }
        ];
        const hadTicket = record.ticket !== "";

        settle("");
        set({ payment: payment });
        done({
            kind: "succeeded", name: "succeeded",
            extra: method ? [cancelpay.arrivalOf(method)] : [],
            facts: facts.filter(function (fact) {
                return fact.units !== null;
            }),
            receipt: cancelpay.receiptOf(refund)
        }, !hadTicket && left > 0);
    }

    /* Settled, and nothing was refunded: with what is true by now. */
    function refuse(notice, errors, isClosed) {
        settle(isClosed ? "" : record.ticket);
        if (isClosed)
            done(notice, false);
        else
            load(notice, errors);
    }

    /* A refund that failed has used its ticket up, but for one never sent. */
    function isUsedUp(refund) {
        return record.ticket !== "" && Boolean(refund) &&
            refund.state === "failed" && refund.failure !== "not_sent";
    }

    function refuseAnswer(answer) {
        const body = answer.body || {};
        const code = body.code || "refused";
        const sent = JSON.parse(record.body);
        const errors = {};

        fieldsIn(body).forEach(function (name) {
            const isSent = Object.hasOwn(sent, name);

            errors[name] = { error: isSent ? "field_wrong" : "field_needed" };
            if (!isSent)
                needed.push(name);
        });
        refuse(noticeOf(code, body), errors,
            cancelpay.isClosing(code) || isUsedUp(body.refund));
    }

    /* --- the payment --------------------------------------------------- */

    function mostOf(payment) {
        const ticket = cancelpay.readTicket(record.ticket);
        const most = ticket === null ? null
            : cancelpay.unitsOf(ticket.most, payment.currency);

        return most === null ? payment.refundable_amount
            : Math.min(most, payment.refundable_amount);
    }

    function showPayment(payment, notice, errors) {
        const running = payment.refunds.find(function (refund) {
            return Object.hasOwn(UNFINISHED, refund.state);
        });

        payment.account_fields = payment.account_fields.concat(
            needed.filter(function (name) {
                return cancelpay.ACCOUNT_FIELDS.includes(name);
            }));
        set({ payment: payment, most: mostOf(payment),
            isReasonNeeded: needed.includes("reason") });
        if (running) {
            keep({ number: running.id, isOther: true });
            follow(running.state);
        } else if (payment.status === "ready" || payment.status === "failed") {
            settle("");
            done(noticeOf("not_paid", {}), false);
        } else if (payment.refundable_amount === 0) {
            settle("");
            done(noticeOf("already_refunded", {}), false);
        } else {
            /* Who does not see the form hears of it. */
            set({ phase: "form", errors: errors,
                notice: notice || { kind: "found", name: "found" } });
        }
    }

    function askPayment(then) {
        ask({
            method: "GET",
            path: "payments?merchant_uid=" + encodeURIComponent(record.order),
            headers: headersOf(),
            timeoutMs: ASK_TIMEOUT_MS
        }, then);
    }

    /* notice, errors: what the form is shown with, null and {} for none. */
    function load(notice, errors) {
        begin();
        set({ phase: "loading", notice: { kind: "waiting", name: "loading" },
            errors: {}, mayLeave: true, checkedMs: 0 });
        look(notice, errors);
    }

    function look(notice, errors) {
        askPayment(function (answer) {
            const body = answer.body || {};

            if (answer.status === 200 && body.merchant_uid) {
                showPayment(cancelpay.readPayment(body), notice, errors);
            } else if (body.code === "payment_not_found") {
                /* A request for it makes the server ask i'mport. */
                set({ phase: "form", payment: null, most: Infinity,
                    notice: notice ||
                        { kind: "waiting", name: "not_known_here" },
                    errors: errors });
            } else if (body.code === "not_configured" ||
                answer.status >= 400 && answer.status < 500 &&
                answer.status !== 408 && answer.status !== 429) {
                settle("");
                done(noticeOf(body.code || "refused", body), false);
            } else {
                set({ notice: { kind: "offline", name: "unreached" } });
                later(function () {
                    look(notice, errors);
                }, answer);
            }
        });
    }

    /* --- the request --------------------------------------------------- */

    function send() {
        set({ phase: record.isDoubtful ? "waiting" : "sending",
            mayLeave: false });
        ask({
            method: "POST",
            path: "payments/cancel",
            headers: headersOf({ "Idempotency-Key": record.key }),
            body: record.body,
            timeoutMs: POST_TIMEOUT_MS
        }, heard);
    }

    function heard(answer) {
        const body = answer.body || {};

        switch (cancelpay.judge(answer, record.isDoubtful)) {
        case "succeeded":
            succeed(body.refund, cancelpay.readPayment(body), body.pay_method);
            break;
        case "follow":
            hold(answer, false);
            break;
        case "other":
            hold(answer, true);
            break;
        case "refused":
            refuseAnswer(answer);
            break;
        case "busy":
            refuse(Object.assign(noticeOf(body.code || "busy", body), {
                kind: "busy", values: { seconds: answer.retryAfter || 5 }
            }), {}, false);
            break;
        case "locked_out":
            doubt(answer, body.code === "frozen" ? "doubt"
                : "doubt_locked_out");
            break;
        case "doubt":
            doubt(answer, answer.status === 0 && navigator.onLine === false
                ? "offline" : "doubt");
            break;
        }
    }

    function doubt(answer, name) {
        keep({ isDoubtful: true });
        set({ phase: "waiting", notice: {
            kind: name === "offline" ? "offline" : "doubt", name: name } });
        later(send, answer);
    }

    /* --- following a refund that has a number --------------------------- */

    /* From now on the server holds the refund, and we only its number. */
    function hold(answer, isOther) {
        keep({ number: cancelpay.numberIn(answer.location), isOther: isOther,
            key: undefined, body: undefined });
        begin();
        showUnfinished(answer.body && answer.body.refund
            ? answer.body.refund.state : "unknown");
        later(inquire, answer);
    }

    function showUnfinished(name) {
        const known = UNFINISHED[name] || "unknown";
        const isDoubt = known === "unknown" || known === "needs_review";

        set({ phase: "waiting", mayLeave: true, notice: {
            kind: record.isOther || !isDoubt ? "waiting" : "doubt",
            name: record.isOther ? "refund_in_progress" : known,
            extra: record.isOther && known !== "unknown"
                ? ["other_" + known] : [],
            facts: [{ label: "order_fact", text: record.order },
                { label: "number_fact", text: record.number }]
        } });
    }

    function follow(name) {
        begin();
        showUnfinished(name);
        inquire();
    }

    function inquire() {
        ask({
            method: "GET",
            path: "refunds/" + record.number,
            headers: { "Accept-Language": state.language },
            timeoutMs: ASK_TIMEOUT_MS
        }, function (answer) {
            const refund = answer.status === 200 && answer.body || {};

            if (refund.state === "succeeded" || refund.state === "failed") {
                followed(refund);
                return;
            }
            if (answer.body && answer.body.code === "refund_not_found") {
                settle("");
                done({ kind: "doubt", name: "refund_not_found" }, false);
                return;
            }
            if (Object.hasOwn(UNFINISHED, refund.state || ""))
                showUnfinished(refund.state);
            later(inquire, answer);
        });
    }

    function followed(refund) {
        if (record.isOther) {
            settle(record.ticket);
            load({ kind: "changed", name: "other_ended" }, {});
        } else if (refund.state === "succeeded") {
            succeedFollowed(refund);
        } else {
            refuse(noticeOf(refund.failure || "failed", refund), {},
                isUsedUp(refund));
        }
    }

    /*
     * What is left is only told of the payment; what was left before is not
     * what is left now.
     */
    function succeedFollowed(refund) {
        const before = state.payment;

        askPayment(function (answer) {
            const now = answer.status === 200 && answer.body
                ? cancelpay.readPayment(answer.body) : null;
            const payment = now || before;

            succeed(refund, now, payment && payment.pay_method);
        });
    }

    /* --- for the page -------------------------------------------------- */

    /* Goes on with what is stored of the order, or looks at its payment. */
    function resume() {
        needed = [];
        set({ order: record.order, isFixed: record.ticket !== "",
            payment: null, errors: {}, notice: null });
        if (record.number) {
            follow("unknown");
        } else if (record.key) {
            begin();
            keep({ isDoubtful: true });
            set({ notice: { kind: "doubt", name: "doubt" } });
            send();
        } else {
            load(null, {});
        }
    }

    /*
     * Another document of this tab may have sent a request for the order since
     * this one was left, to which the way back leads: what is stored holds.
     */
    function takeUp() {
        const found = inStorage(record.order);

        if (!isUnderWay(found) ||
            found.key === record.key && found.number === record.number)
            return false;
        record = found;
        resume();
        return true;
    }

    /* An order the customer names: true, or errors are set. */
    function open(order) {
        const error = cancelpay.checkOrder(order);

        if (error !== "") {
            set({ errors: { merchant_uid: { error: error } } });
            return false;
        }
        record = stored(order) || { order: order, ticket: "" };
        resume();
        return true;
    }

    /*
     * The beginning: a ticket (as text, "" = none), an order (the same), or
     * what a reload left.  A ticket that can't be read ends nothing that is
     * under way.
     */
    function start(token, order) {
        const ticket = cancelpay.readTicket(token);
        const kept = storedOrder();

        set({ isAsked: false });
        if (ticket !== null) {
            record = stored(ticket.order) || { order: ticket.order };
            keep({ ticket: token });
            resume();
        } else if (token !== "" && !isUnderWay(stored(kept))) {
            begin();
            done(noticeOf("unauthorized", {}), false);
        } else if (order !== "" || kept !== "") {
            open(token === "" && order || kept);
        } else {
            again("");
        }
    }

    /* The form is sent: false, with errors set, when it has to be corrected. */
    function submit(wish) {
        let read;

        if (state.phase !== "form" || takeUp())
            return false;
        read = cancelpay.readWish(record.order, wish, state.payment,
            state.most);
        if (read.errors) {
            set({ errors: read.errors,
                notice: { kind: "refused", name: "fields_wrong" } });
            return false;
        }
        begin();
        keep({ key: cancelpay.newKey(), body: JSON.stringify(read.body),
            isDoubtful: false });
        set({ errors: {}, notice: { kind: "waiting", name: "sending" } });
        send();
        return true;
    }

    /* What is wrong with a field while it is typed; null = nothing. */
    function setError(name, error) {
        const errors = Object.assign({}, state.errors);

        if (error === null && !Object.hasOwn(errors, name))
            return;
        delete errors[name];
        if (error !== null)
            errors[name] = error;
        set({ errors: errors });
    }

    /* Another refund: of the same order if one is named, else of any. */
    function again(order) {
        begin();
        record = { order: "", ticket: "" };
        set({ phase: "order", order: "", isFixed: false, payment: null,
            notice: null, errors: {}, mayRepeat: false, checkedMs: 0 });
        if (order)
            open(order);
    }

    /* The network, the screen or this document is back: no need to wait. */
    function wake() {
        const waiting = timer;

        if (takeUp() || waiting === null || Date.now() - askedMs < WAKE_MS)
            return;
        clearTimeout(waiting.id);
        waiting.run();
    }

    /* What a person does. */
    function byHand(act) {
        return function (what) {
            set({ isAsked: true });
            return act(what);
        };
    }

    return {
        again: byHand(again), open: byHand(open), submit: byHand(submit),
        setError, start, wake,
        getState: function () {
            return state;
        },
        setLanguage: function (language) {
            set({ language: language });
        },
        /* Nothing more is asked until start() or open(). */
        stop: begin,
        /* listener(state) at each change; returns how to end that. */
        subscribe: function (listener) {
            listeners.add(listener);
            return function () {
                listeners.delete(listener);
            };
        }
    };
};
