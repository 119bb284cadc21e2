/* SPDX-License-Identifier: MIT */
/*
 * react.html: one <CancelPay>, of the order or the ticket in the page's
 * address, and the choice of its language.
 */
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { CancelPay } from "./CancelPay.jsx";

const LANGUAGE_NAME = "cancelpay.language";
const LANGUAGES = [["ko", "한국어"], ["en", "English"]];

/* "/shop/refund/react.html", "/shop/refund" -> "/shop/refund/" */
function mountOf(path) {
    return path.replace(/\/[^/]*\.html$/, "/").replace(/\/?$/, "/");
}

/* A storage that is switched off throws. */
function chosenLanguage() {
    try {
        return localStorage.getItem(LANGUAGE_NAME) || "";
    } catch {
        return "";
    }
}

function chooseLanguage(language) {
    try {
        localStorage.setItem(LANGUAGE_NAME, language);
    } catch {
        /* Then it is chosen until the page is left. */
    }
}

/* Once read, it stands in no address any more. */
function takeTicket() {
    const ticket = cancelpay.tokenIn(location.hash);

    if (ticket !== "")
        history.replaceState(null, "", location.pathname + location.search);
    return ticket;
}

/* A page may hand the ticket over in a variable, as index.html's may. */
function firstTicket() {
    const { cancelpayTicket } = globalThis;

    return takeTicket() ||
        (typeof cancelpayTicket === "string" ? cancelpayTicket : "");
}

function Languages({ chosen, onChoose }) {
    return (
        <p id="languages" className="languages">
            {LANGUAGES.map(([language, name]) =>
                <button type="button" key={language} lang={language}
                    data-language={language}
                    aria-pressed={language === chosen}
                    onClick={() => onChoose(language)}>{name}</button>)}
        </p>
    );
}

function Page({ order, mount }) {
    const [ticket, setTicket] = useState(firstTicket);
    const [wanted, setWanted] = useState(chosenLanguage);
    const language = cancelpay.languageOf(
        wanted === "" ? navigator.languages : [wanted]);
    const title = cancelpay.text(language, "title");

    useEffect(() => {
        document.documentElement.lang = language;
        document.title = title;
    }, [language, title]);
    /* An address that differs behind "#" alone loads nothing anew. */
    useEffect(() => {
        const take = () => setTicket((before) => takeTicket() || before);

        window.addEventListener("hashchange", take);
        return () => window.removeEventListener("hashchange", take);
    }, []);

    function choose(name) {
        chooseLanguage(name);
        setWanted(name);
    }

    return <>
        <header>
            <h1>{title}</h1>
            <Languages chosen={language} onChoose={choose} />
        </header>
        <CancelPay merchantUid={order} ticket={ticket} mount={mount}
            language={language} />
    </>;
}

createRoot(document.querySelector("main")).render(
    <Page mount={mountOf(location.pathname)}
        order={new URLSearchParams(location.search).get("order") || ""} />);
