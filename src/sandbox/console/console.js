/* The console: two forms, and two tables that are asked for every second. */
"use strict";

const ROWS = 100;
const PAUSE_MS = 1000;
let lastSeq = 0;

function say(text) {
	document.getElementById("said").textContent = text;
}

async function call(path, form) {
	const options = form ? { method: "POST", body: new URLSearchParams(form) } : {};
	const reply = await fetch("/sandbox/" + path, options);
	const body = await reply.json();
	if (!reply.ok)
		throw new Error(body.message);
	return body;
}

/* A row of text cells; numbers stand right. */
function row(cells) {
	const tr = document.createElement("tr");
	for (const cell of cells) {
		const td = tr.insertCell();
		td.textContent = cell;
		if (typeof cell === "number")
			td.className = "number";
	}
	return tr;
}

function time(ms) {
	return new Date(ms).toLocaleString();
}

function showPayments(payments) {
	document.getElementById("paid").replaceChildren(
		...payments.reverse().map((payment) => row([payment.imp_uid,
			payment.merchant_uid, payment.pay_method + " " + payment.pg_provider,
			payment.amount, payment.cancel_amount, payment.status])));
}

function addLines(lines) {
	const body = document.getElementById("journal");
	for (const line of lines) {
		body.prepend(row([String(line.seq), time(line.at), line.origin,
			line.imp_uid, line.amount, line.cancel_amount, line.reason]));
		lastSeq = line.seq;
	}
	while (body.rows.length > ROWS)
		body.deleteRow(-1);
}

async function refresh() {
	const clock = await call("clock");
	document.getElementById("clock").textContent = time(clock.now_ms);
	addLines(await call("journal?last=" + ROWS + "&since=" + lastSeq));
	showPayments(await call("payments?last=" + ROWS));
}

async function watch() {
	try {
		await refresh();
	} catch (error) {
		say(error.message);
	}
	setTimeout(watch, PAUSE_MS);
}

/* A form's name is its route. */
function send(event) {
	const form = event.target;
	const data = new FormData(form);
	event.preventDefault();
	for (const [name, value] of [...data])
		if (value === "")
			data.delete(name);
	call(form.id, data)
		.then(() => say("Done."), (error) => say(error.message))
		.then(refresh)
		.catch((error) => say(error.message));
}

document.getElementById("cancel").addEventListener("submit", send);
document.getElementById("payments").addEventListener("submit", send);
document.getElementById("paid").addEventListener("click", (event) => {
	const tr = event.target.closest("tr");
	document.forms.cancel.elements.imp_uid.value = tr.cells[0].textContent;
});
watch();
