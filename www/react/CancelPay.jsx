/* SPDX-License-Identifier: MIT */
/*
 * <CancelPay merchantUid="ORD-1" ticket="eyJ..." mount="/refund/" />: the refund
 * page as a React component.  It draws the state of a desk (../desk.js), which
 * takes all decisions, and carries its requests by axios.
 *
 * What it draws is index.html's: the same elements, ids and classes, so that
 * one style sheet and one set of tests are good for both.
 */
import axios from "axios";
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore }
    from "react";

import "../texts.js";
import "../banks.js";
import "../refund.js";
import "../desk.js";

const REASONS = ["reason_mind", "reason_broken", "reason_other_item",
    "reason_late", "reason_twice"];
const NO_WISH = { isPart: false, amount: "", choice: "", detail: "",
    refund_holder: "", refund_bank: "", refund_account: "", refund_tel: "" };

/* What cancelpayDesk wants of a network; status 0: no answer came. */
async function ask(mount, { method, path, headers, body, timeoutMs }) {
    try {
        const answer = await axios.request({
            method,
            url: mount + path,
            headers: body === undefined ? headers
                : { ...headers, "Content-Type": "application/json" },
            data: body,
            timeout: timeoutMs,
            /* The same bytes each time; any status is an answer. */
            transformRequest: [(data) => data],
            validateStatus: null
        });
        const isObject = answer.data !== null &&
            typeof answer.data === "object";

        return {
            status: answer.status,
            body: isObject ? answer.data : null,
            location: answer.headers.location || "",
            retryAfter: Number(answer.headers["retry-after"]) || 0
        };
    } catch {
        return { status: 0, body: null, location: "", retryAfter: 0 };
    }
}

/* A browser may be told to keep nothing. */
function sessionOrNull() {
    try {
        return window.sessionStorage;
    } catch {
        return null;
    }
}

/* --- parts ---------------------------------------------------------------- */

/* What all parts need of the state: its words, and amounts in its currency. */
function wordsOf(state) {
    const currency = state.payment ? state.payment.currency : "KRW";

    return {
        currency,
        say: (name, values) => cancelpay.text(state.language, name, values),
        money: (units) => cancelpay.money(units, currency, state.language),
        error: (name) => state.errors[name] ? cancelpay.describeError(
            state.errors[name], currency, state.language) : ""
    };
}

function Facts({ id, facts }) {
    return (
        <dl id={id}>
            {facts.map(([label, value]) =>
                <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}
        </dl>
    );
}

/*
 * A label, the input that is the child, what is below it, and its error; box
 * is what the element around them has.
 */
function Field({ id, label, hint, error, box, children }) {
    return (
        <div className="field" {...box}>
            <label htmlFor={id}>{label}</label>
            {children}
            {hint !== undefined &&
                <p className="hint" id={id + "-hint"}>{hint}</p>}
            <p className="error" id={id + "-error"} hidden={!error}>{error}</p>
        </div>
    );
}

/* What the input of a Field has. */
function inputOf(id, error, hint) {
    return {
        id,
        name: id,
        autoComplete: "off",
        "aria-describedby": (hint === undefined ? "" : id + "-hint ") + id +
            "-error",
        "aria-invalid": error ? true : undefined
    };
}

function OrderForm({ state, words, desk }) {
    const [order, setOrder] = useState("");
    const input = useRef(null);
    const { say } = words;
    const error = words.error("merchant_uid");
    const hint = say("merchant_uid_hint");

    function find(event) {
        event.preventDefault();
        if (!desk.open(order.trim()))
            input.current.focus();
    }

    function change(event) {
        setOrder(event.target.value);
        desk.setError("merchant_uid", null);
    }

    return (
        <form id="order-form" method="post" noValidate onSubmit={find}
            hidden={state.phase !== "order"}>
            <Field id="merchant_uid" label={say("merchant_uid")} hint={hint}
                error={error}>
                <input {...inputOf("merchant_uid", error, hint)} required
                    autoCapitalize="off" spellCheck="false" ref={input}
                    value={order} onChange={change} />
            </Field>
            <button type="submit" id="find">{say("find")}</button>
        </form>
    );
}

function methodOf(state, words) {
    const name = "method_" + state.payment.pay_method;

    return cancelpay.hasText(state.language, name) ? words.say(name)
        : state.payment.pay_method;
}

/* What was paid, and what is left of it. */
function Payment({ state, words, onOther }) {
    const { say, money } = words;
    const { order, payment, notice, phase } = state;
    const facts = [[say("merchant_uid"), order]];

    if (payment !== null) {
        facts.push([say("paid_fact"), money(payment.amount)]);
        if (payment.paid_at)
            facts.push([say("paid_at_fact"),
                cancelpay.dateTime(payment.paid_at, state.language)]);
        if (payment.pay_method !== "")
            facts.push([say("method_fact"), methodOf(state, words)]);
        if (payment.cancel_amount > 0)
            facts.push([say("cancelled_fact"), money(payment.cancel_amount)]);
        facts.push([say("left_fact"), money(payment.refundable_amount)]);
    }
    return (
        <section id="payment" className="card" aria-label={say("merchant_uid")}
            hidden={order === "" ||
                notice !== null && notice.kind === "succeeded"}>
            <Facts id="payment-facts" facts={facts} />
            <button type="button" id="other" className="plain"
                onClick={onOther}
                hidden={state.isFixed || !["form", "done"].includes(phase) ||
                    /* Whoever is to wait is offered nothing. */
                    notice !== null && notice.kind === "doubt"}>
                {say("other_order")}</button>
        </section>
    );
}

function Notice({ notice, isAsked }) {
    const panel = useRef(null);

    useEffect(() => {
        if (isAsked)
            panel.current.scrollIntoView({ block: "nearest" });
    }, [isAsked]);

    return (
        <div className={"panel " + notice.kind} ref={panel}>
            <h2>{notice.title}</h2>
            <p>{notice.detail}</p>
            {notice.extra.map((sentence) => <p key={sentence}>{sentence}</p>)}
            {notice.facts.length > 0 && <Facts facts={notice.facts} />}
            {notice.link !== null &&
                <p><a href={notice.link.address} target="_blank"
                    rel="noopener noreferrer">{notice.link.text}</a></p>}
        </div>
    );
}

function Checked({ state, words }) {
    return (
        <p className="hint" id="checked" hidden={state.checkedMs === 0 ||
            state.phase === "form" || state.phase === "done"}>
            {words.say("checked", {
                time: cancelpay.clockTime(state.checkedMs, state.language)
            })}
        </p>
    );
}

/* --- the form ------------------------------------------------------------- */

function HowMuch({ words, wish, onWish }) {
    const choice = (id, isPart) => (
        <label>
            <input type="radio" name="how" id={id} value={id}
                checked={wish.isPart === isPart}
                onChange={() => onWish({ isPart })} />
            {" "}<span>{words.say(id)}</span>
        </label>
    );

    return (
        <fieldset className="field" id="how-much">
            <legend>{words.say("how_much")}</legend>
            <div className="choices">
                {choice("whole", false)}
                {choice("part", true)}
            </div>
        </fieldset>
    );
}

/* Thousands get their commas, and the limit is told, while it is typed. */
function Amount({ state, words, wish, onWish, desk }) {
    const name = "cancel_request_amount";
    const input = useRef(null);
    const caret = useRef(null);
    const error = words.error(name);
    const hint = state.payment === null ? ""
        : words.say("amount_hint", { most: words.money(state.most) });
    const read = (typed) =>
        cancelpay.readAmount(typed, state.most, words.currency);

    useLayoutEffect(() => {
        if (caret.current !== null)
            input.current.setSelectionRange(caret.current, caret.current);
        caret.current = null;
    });

    function type({ target }) {
        const typed = cancelpay.groupTyped(target.value,
            target.selectionStart);
        const amount = read(typed.text);

        caret.current = typed.caret;
        onWish({ amount: typed.text });
        desk.setError(name, amount.error === "amount_exceeds" ? amount : null);
    }

    /* Left, it has to be an amount. */
    function leave() {
        const amount = read(wish.amount);

        if (wish.amount !== "" && amount.error)
            desk.setError(name, amount);
    }

    return (
        <Field id={name} label={words.say(name)} hint={hint} error={error}
            box={{ id: "amount", hidden: !wish.isPart }}>
            <input {...inputOf(name, error, hint)} required ref={input}
                inputMode="decimal" value={wish.amount} onChange={type}
                onBlur={leave} />
        </Field>
    );
}

function Reason({ state, words, wish, onWish, desk }) {
    const { say } = words;
    const error = words.error("reason");
    const label = (name) => state.isReasonNeeded ? say(name)
        : say(name) + " " + say("optional");

    function explain(event) {
        onWish({ detail: event.target.value });
        desk.setError("reason", null);
    }

    return <>
        <div className="field">
            <label htmlFor="reason_choice">{label("reason_choice")}</label>
            <select id="reason_choice" value={wish.choice}
                onChange={(event) => onWish({ choice: event.target.value })}>
                <option value="">{say("reason_none")}</option>
                {REASONS.map((name) =>
                    <option key={name} value={name}>{say(name)}</option>)}
            </select>
        </div>
        <Field id="reason" label={label("reason")} error={error}>
            <textarea {...inputOf("reason", error)} rows={2} maxLength={450}
                value={wish.detail} onChange={explain} />
        </Field>
    </>;
}

/* The banks of the payment's PG, or a code where they are not known. */
function Bank({ state, words, input }) {
    const { say } = words;
    const banks = state.payment === null ? [] : cancelpay.banksOf(
        state.payment.pg_provider, state.language);

    return (
        <Field id="refund_bank" error={words.error("refund_bank")}
            label={say(banks.length > 0 ? "refund_bank" : "bank_code")}>
            {banks.length > 0
                ? <select {...input}>
                    <option value="">{say("bank_none")}</option>
                    {banks.map((bank) =>
                        <option key={bank.code} value={bank.code}>
                            {bank.name}</option>)}
                </select>
                : <input {...input} spellCheck="false"
                    autoCapitalize="characters" />}
        </Field>
    );
}

/* Of a payment whose money does not go back the way it came. */
function Account({ state, words, wish, onWish, desk }) {
    const { say } = words;
    const wants = (name) => state.payment !== null &&
        state.payment.account_fields.includes(name);
    const input = (name) => ({
        ...inputOf(name, words.error(name)),
        required: true,
        value: wish[name],
        onChange: (event) => {
            onWish({ [name]: event.target.value });
            desk.setError(name, null);
        }
    });
    const line = (name, more, box) => (
        <Field id={name} label={say(name)} error={words.error(name)} box={box}>
            <input {...input(name)} {...more} />
        </Field>
    );

    return (
        <fieldset id="account" className="card"
            hidden={!wants("refund_account")}>
            <legend>{say("account")}</legend>
            <p className="hint">{say("account_hint")}</p>
            <Bank state={state} words={words} input={input("refund_bank")} />
            {line("refund_account", { inputMode: "numeric" })}
            {line("refund_holder")}
            {line("refund_tel", { type: "tel" },
                { id: "tel", hidden: !wants("refund_tel") })}
        </fieldset>
    );
}

/* What a press of the button asks for. */
function summaryOf(state, words, wish) {
    const units = wish.isPart ? cancelpay.readAmount(wish.amount, state.most,
        words.currency).units : state.most;

    if (state.payment === null && !wish.isPart)
        return words.say("summary_all");
    return units === undefined ? ""
        : words.say("summary", { amount: words.money(units) });
}

function WishForm({ state, words, wish, onWish, desk }) {
    const { say } = words;
    const parts = { state, words, wish, onWish, desk };

    function submit(event) {
        event.preventDefault();
        desk.submit({
            ...wish,
            /* A part that was left empty is not everything. */
            amount: wish.isPart ? wish.amount || " " : "",
            reason: cancelpay.joinReason(
                wish.choice === "" ? "" : say(wish.choice), wish.detail)
        });
    }

    /* The later presses of a double click; 0 is the keyboard. */
    function press(event) {
        if (event.detail > 1)
            event.preventDefault();
    }

    return (
        <form id="form" method="post" noValidate onSubmit={submit}
            hidden={state.phase !== "form" && state.phase !== "sending"}>
            <fieldset id="fields" disabled={state.phase !== "form"}>
                <HowMuch {...parts} />
                <Amount {...parts} />
                <Reason {...parts} />
                <Account {...parts} />
                <p id="summary" className="summary">
                    {summaryOf(state, words, wish)}</p>
                <button type="submit" id="submit" onClick={press}>
                    {say("submit")}</button>
            </fieldset>
        </form>
    );
}

/* --- the whole ------------------------------------------------------------ */

/* The network or the screen is back: the desk need not wait any longer. */
function useWake(desk) {
    useEffect(() => {
        window.addEventListener("online", desk.wake);
        window.addEventListener("pageshow", desk.wake);
        document.addEventListener("visibilitychange", desk.wake);
        return () => {
            window.removeEventListener("online", desk.wake);
            window.removeEventListener("pageshow", desk.wake);
            document.removeEventListener("visibilitychange", desk.wake);
        };
    }, [desk]);
}

/* A request without an answer is known to this page alone. */
function useStay(mayLeave) {
    useEffect(() => {
        const hold = (event) => event.preventDefault();

        if (!mayLeave)
            window.addEventListener("beforeunload", hold);
        return () => window.removeEventListener("beforeunload", hold);
    }, [mayLeave]);
}

/*
 * The focus goes where something has been asked for, or is said now; nowhere
 * while nothing of it is shown, as in a closed tab of the shop's page.
 */
function useFocus(state, root) {
    const before = useRef(state);

    useEffect(() => {
        const was = before.current;
        const find = (what) => [...root.current.querySelectorAll(what)].find(
            (element) => element.offsetParent !== null);

        before.current = state;
        if (!state.isAsked ||
            was.phase === state.phase && was.notice === state.notice)
            return;
        if (Object.keys(state.errors).length > 0)
            find("[aria-invalid]")?.focus();
        else if (state.phase !== "form" && was.phase !== state.phase)
            find(state.phase === "order" ? "#merchant_uid"
                : "#status")?.focus();
    }, [state, root]);
}

/*
 * merchantUid: the order, "" = the customer names it.  ticket: of
 * doc/tickets.md, "" = none; it names the order, too.  mount: where the server
 * is, with a slash at its end; it stays the same.  language: "ko" or "en",
 * "" = the browser's.
 */
export function CancelPay({ merchantUid = "", ticket = "", mount = "/refund/",
    language = "" }) {
    const spoken = cancelpay.languageOf(
        language === "" ? navigator.languages : [language]);
    const [desk] = useState(() => cancelpayDesk({
        mount,
        ask: (request) => ask(mount, request),
        storage: sessionOrNull(),
        language: spoken
    }));
    const state = useSyncExternalStore(desk.subscribe, desk.getState);
    const [wish, setWish] = useState(NO_WISH);
    const root = useRef(null);
    const words = wordsOf(state);
    const notice = state.notice &&
        cancelpay.describe(state.notice, state.language);
    const { phase } = state;

    useEffect(() => {
        desk.start(ticket, merchantUid);
        return desk.stop;
    }, [desk, ticket, merchantUid]);
    useEffect(() => desk.setLanguage(spoken), [desk, spoken]);
    /* Nobody needs to read an account on the screen any more. */
    useEffect(() => {
        if (phase === "waiting" || phase === "done")
            setWish(NO_WISH);
    }, [phase]);
    useWake(desk);
    useStay(state.mayLeave);
    useFocus(state, root);

    function again(order) {
        setWish(NO_WISH);
        desk.again(order);
    }

    return (
        <div ref={root} lang={state.language}>
            <OrderForm state={state} words={words} desk={desk}
                key={phase === "order" ? "order" : "named"} />
            <Payment state={state} words={words} onOther={() => again("")} />
            {/* No aria-busy: it would keep the live region quiet. */}
            <div id="state" data-busy={
                ["loading", "sending", "waiting"].includes(phase)}>
                <div id="status" role="status" aria-live="polite"
                    aria-atomic="true" tabIndex={-1}>
                    {notice !== null && <Notice notice={notice}
                        isAsked={state.isAsked}
                        key={JSON.stringify(notice)} />}
                </div>
                <Checked state={state} words={words} />
            </div>
            <WishForm state={state} words={words} wish={wish} desk={desk}
                onWish={(changes) =>
                    setWish((before) => ({ ...before, ...changes }))} />
            <button type="button" id="again" hidden={!state.mayRepeat}
                onClick={() => again(state.order)}>
                {words.say("again")}</button>
        </div>
    );
}
