# SPDX-License-Identifier: MIT
"""Every state of every page, and what leads to it: for those who look at them
all, axe-core (test_axe.py) and people (tests/screenshots)."""

import itertools
import json
import time

from selenium.webdriver.support.select import Select

from browser import KIND, MAY_PRESS, Page
from world import until

ANSWER_MS = 1500
# Longer than anybody looks.
LATE_MS = 40000
TIMEOUT_MS = 1200
SEND_MS = 800
THRESHOLD = 1000000
MONTH_S = 32 * 24 * 60 * 60
SENTENCE = "받아 보니 색이 화면과 많이 달라 반품했습니다."
SETTINGS = {"server.answer_ms": ANSWER_MS,
            "iamport.timeout_ms": TIMEOUT_MS,
            "iamport.send_within_ms": SEND_MS,
            "iamport.quiet_ms": SEND_MS + TIMEOUT_MS,
            "policy.approval_threshold": THRESHOLD,
            "policy.order_refunds_per_minute": 5}
SCHEMES = ("light", "dark")
SAYS = ("document.getElementById('status').innerText.includes("
        "cancelpay.text(document.documentElement.lang, '{}'))")
SHOWN = "document.getElementById('{}')?.checkVisibility()"


class Stage(Page):
    """One page of a shop, and what leads it to a state."""

    def __init__(self, shop, driver, client):
        super().__init__(driver)
        self.shop = shop
        self.client = client
        self.state = None
        self.paid = None

    def play(self, state):
        """Leads the page to a state: from the one before, if it is there."""
        before = getattr(state, "before", None)
        if before is None or self.state is not before:
            self.calm()
            if before is not None:
                self.play(before)
        self.state = None
        state(self)
        self.state = state

    def calm(self):
        """Nothing is wrong any more with the network, i'mport or the shop."""
        self.driver.delete_network_conditions()
        if not self.shop.sandbox_is_up():
            self.shop.start_sandbox()
        self.shop.calm()
        if self.shop.is_frozen:
            self.shop.cli("unfreeze", "--by", "kim")
            self.shop.is_frozen = False

    def cut(self):
        """Without a network."""
        self.driver.set_network_conditions(
            offline=True, latency=0, throughput=-1)

    def delay(self):
        """What is asked goes out, and nothing comes back."""
        self.driver.set_network_conditions(
            offline=False, latency=LATE_MS, throughput=-1)

    def hear_only(self, status, code):
        """What this shop does not say: a part of a whole load of the page."""
        self.run("const [status, text] = [arguments[0],"
                 " JSON.stringify({ code: arguments[1] })];"
                 "Object.defineProperties(XMLHttpRequest.prototype, {"
                 " status: { get: () => status }, response: { get: () => text },"
                 " responseText: { get: () => text } });", status, code)

    def paint(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def enter(self, query="", fragment=""):
        if not query:
            # Or it would go on with what another state has left.
            self.driver.get(self.shop.base + "/cancelpay.svg")
            self.run("sessionStorage.clear()")
        self.driver.get(f"{self.shop.base}/{self.client}.html{query}"
                        f"{fragment}")

    def may_press(self):
        return self.run(f"return Boolean({MAY_PRESS})")

    def see(self, *names):
        """Until the panel is one of these, or the form is there."""
        seen = f"{json.dumps(names)}.includes({KIND})"
        if "form" in names:
            seen += f" || {MAY_PRESS}"
        self.awaits(seen, f"{self.client} shows {names}")

    def tells(self, name):
        """Until the panel has that text."""
        self.awaits(SAYS.format(name), f"{self.client} tells {name}")

    def awake_until(self, name):
        """The same, of a page that asks sooner than it had planned to."""
        def is_told():
            self.run("dispatchEvent(new Event('online'))")
            return self.run("return " + SAYS.format(name))
        until(is_told, f"{self.client} tells {name}", 40)

    def open(self, amount=45000, **order):
        number = len(self.shop.orders) + 11
        self.paid = self.shop.order(
            amount, merchant_uid=f"ORD20261127-{number:07d}", **order)
        self.enter(f"?order={self.paid.merchant_uid}")

    def form(self, amount=45000, **order):
        self.open(amount, **order)
        self.see("form")

    def ask(self, *names):
        self.click("submit")
        self.see(*names)


def after(before):
    """A state that goes on from another one, on the same load."""
    def mark(state):
        state.before = before
        return state
    return mark


# ---- the states of the refund page: each leads a stage to it ---------------


def order(stage):
    stage.enter()
    stage.awaits(SHOWN.format("find"), "an order is asked for")


@after(order)
def order_wrong(stage):
    stage.click("find")
    stage.awaits(SHOWN.format("merchant_uid-error"), "that is told")


def order_missing(stage):
    stage.enter("?order=NO-SUCH-ORDER")
    stage.see("form")


@after(order_missing)
def order_not_found(stage):
    stage.ask("refused")


def form(stage):
    stage.form()


@after(form)
def form_exceeds(stage):
    stage.click("part")
    stage.fill(cancel_request_amount="450000")


@after(form_exceeds)
def form_part(stage):
    stage.fill(cancel_request_amount="12500")
    Select(stage.find("reason_choice")).select_by_value("reason_other_item")
    stage.fill(reason=SENTENCE)


@after(form_part)
def refunded_part(stage):
    stage.ask("succeeded")


def refunded(stage):
    stage.form()
    stage.ask("succeeded")


@after(refunded)
def already_refunded(stage):
    stage.driver.refresh()
    stage.see("already")


def form_account(stage):
    stage.form(method="vbank")


@after(form_account)
def form_account_wrong(stage):
    stage.ask("refused")


def declined(stage):
    stage.form()
    stage.shop.fault("pg_refusal", imp_uid=stage.paid.imp_uid)
    stage.ask("refused")


@after(declined)
def frozen(stage):
    stage.shop.cli("freeze", "--by", "kim")
    stage.shop.is_frozen = True
    stage.ask("busy")


def balance_changed(stage):
    stage.form()
    stage.shop.console_cancel(stage.paid, 4000)
    stage.ask("changed")


def rate_limited(stage):
    stage.form()
    # Each another one: what is asked for again is not counted.
    amounts = itertools.count(100)
    until(lambda: stage.shop.refund(
        stage.paid, next(amounts)).status_code == 429, "they are enough")
    stage.ask("busy")


def not_paid(stage):
    stage.open(method="vbank", status="ready", paid_at=0)
    stage.see("refused")


def loading(stage):
    stage.form()
    stage.delay()
    stage.click("other")
    stage.fill(merchant_uid=stage.paid.merchant_uid)
    stage.click("find").tells("loading_detail")


def unreached(stage):
    stage.form()
    stage.click("other")
    stage.fill(merchant_uid=stage.paid.merchant_uid)
    stage.cut()
    stage.click("find").tells("unreached_detail")


def unreachable(stage):
    stage.form()
    stage.shop.sandbox.stop()
    stage.ask("busy")


@after(unreachable)
def no_network(stage):
    stage.cut()
    stage.ask("offline", "doubt")


def sending(stage):
    stage.form()
    stage.delay()
    stage.click("submit")
    stage.awaits(f"!{MAY_PRESS}", "it is sent")


def not_yet_known(stage):
    stage.form()
    stage.shop.latency(LATE_MS)
    stage.ask("doubt")


def needs_review(stage):
    """The answer is lost, and i'mport's history has no marker."""
    stage.form()
    for fault in ("drop_after", "no_reason"):
        stage.shop.fault(fault, imp_uid=stage.paid.imp_uid)
    stage.click("submit").awake_until("needs_review_detail")


def pending(stage):
    stage.form(method="vbank", pg="smartro_v2")
    # This PG's banks are not known: it takes a code.
    stage.fill(refund_bank="088", refund_account="110-123-456789",
               refund_holder="홍길동", refund_tel="010-1234-5678")
    stage.click("submit").tells("pending_detail")


def awaiting_approval(stage):
    stage.form(THRESHOLD + 500000)
    stage.click("submit").tells("awaiting_approval_detail")


@after(awaiting_approval)
def refund_not_found(stage):
    """As after an old backup has taken the book's place."""
    stage.hear_only(404, "refund_not_found")
    stage.awake_until("refund_not_found_detail")


def under_way_elsewhere(stage):
    stage.paid = stage.shop.order(THRESHOLD + 500000)
    assert stage.shop.refund(stage.paid).status_code == 202
    stage.enter(f"?order={stage.paid.merchant_uid}")
    stage.tells("other_awaiting_approval")


@after(under_way_elsewhere)
def other_ended(stage):
    refund, = stage.shop.refunds(stage.paid)
    stage.shop.cli("reject", refund["id"], "--by", "kim")
    stage.awake_until("other_ended_detail")


def month_closed(stage):
    stage.form(method="phone", pg="danal", paid_at=int(time.time()) - MONTH_S)
    stage.ask("refused")


def ticket_over(stage):
    stage.enter(fragment="#ticket=a.b.c")
    stage.see("refused")


def ticket_locked_out(stage):
    """In doubt, and the shop does not know any more who asks."""
    stage.form()
    stage.cut()
    stage.ask("offline", "doubt")
    stage.hear_only(401, "unauthorized")
    stage.driver.delete_network_conditions()
    stage.awake_until("doubt_locked_out_detail")


# ---- and of plain.html -----------------------------------------------------


def button(stage):
    stage.enter()


def press_button(stage, **paid):
    stage.enter()
    paid = stage.shop.order(**paid)
    stage.driver.execute_script(
        "document.getElementById('cancel-pay')"
        ".setAttribute('data-order', arguments[0])", paid.merchant_uid)
    stage.click("cancel-pay")


def hear_button(stage, **paid):
    press_button(stage, **paid)
    stage.awaits("!document.getElementById('cancel-pay').disabled",
                 "it answers")


def button_sending(stage):
    stage.shop.latency(LATE_MS)
    press_button(stage)


def button_refunded(stage):
    hear_button(stage)


def button_refused(stage):
    hear_button(stage, amount=1000)


def button_not_yet_known(stage):
    stage.shop.latency(LATE_MS)
    hear_button(stage)


# One that goes on from another comes after it.
PAGE = (order, order_wrong, order_missing, order_not_found, form, form_exceeds,
        form_part, refunded_part, refunded, already_refunded, form_account,
        form_account_wrong, declined, frozen, balance_changed,
        rate_limited, not_paid, loading, unreached, unreachable, no_network,
        sending, not_yet_known, needs_review, pending, awaiting_approval,
        refund_not_found, under_way_elsewhere, other_ended, month_closed,
        ticket_over, ticket_locked_out)
PLAIN = (button, button_sending, button_refunded, button_refused,
         button_not_yet_known)


def name_of(client, state):
    return f"{client}-{state.__name__.replace('_', '-')}"
