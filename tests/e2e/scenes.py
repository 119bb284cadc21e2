# SPDX-License-Identifier: MIT
"""Every state of every page, and what leads to it: for those who look at them
all, axe-core (test_axe.py) and people (tests/screenshots)."""

import contextlib
import time

from selenium.webdriver.support.select import Select

from world import until

ANSWER_MS = 1500
# Longer than anybody looks.
LATE_MS = 40000
THRESHOLD = 1000000
MONTH_S = 32 * 24 * 60 * 60
SENTENCE = "받아 보니 색이 화면과 많이 달라 반품했습니다."
SETTINGS = {"server.answer_ms": ANSWER_MS,
            "iamport.timeout_ms": 2 * LATE_MS,
            "policy.approval_threshold": THRESHOLD}
SCHEMES = ("light", "dark")


class Stage:
    """One page of a shop in one language, and what leads it to a state."""

    def __init__(self, shop, driver, client):
        self.shop = shop
        self.driver = driver
        self.client = client

    def find(self, name):
        return self.driver.find_element("id", name)

    def paint(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def enter(self, query="", fragment=""):
        self.driver.get("about:blank")
        # Nothing of the state before.
        self.driver.get(self.shop.base + "/cancelpay.svg")
        self.driver.execute_script("sessionStorage.clear()")
        self.driver.get(f"{self.shop.base}/{self.client}.html{query}"
                        f"{fragment}")

    def see(self, *names):
        """Until the panel is one of these, or the form is there."""
        def kind():
            shown = self.driver.execute_script(
                "const panel = document.querySelector('#status .panel');"
                "return panel ? panel.classList[1] : ''")
            is_busy = self.driver.execute_script(
                "const state = document.getElementById('state');"
                "return state && state.dataset.busy")
            return shown in names or \
                "form" in names and is_busy == "false" and \
                self.find("submit").is_displayed()
        until(kind, f"{self.client} shows {names}")

    def open(self, amount=45000, **order):
        number = len(self.shop.orders) + 11
        order = self.shop.order(
            amount, merchant_uid=f"ORD20261127-{number:07d}", **order)
        self.enter(f"?order={order.merchant_uid}")
        return order

    def form(self, amount=45000, **order):
        order = self.open(amount, **order)
        self.see("form")
        return order

    def ask(self, *names):
        self.find("submit").click()
        self.see(*names)


# ---- the states of the refund page: each leads a stage to it ---------------


def order(stage):
    stage.enter()
    until(stage.find("find").is_displayed, "an order is asked for")


def order_wrong(stage):
    order(stage)
    stage.find("find").click()
    until(stage.find("merchant_uid-error").is_displayed, "that is told")


def order_missing(stage):
    stage.enter("?order=NO-SUCH-ORDER")
    stage.see("form")


def order_not_found(stage):
    order_missing(stage)
    stage.ask("refused")


def form(stage):
    stage.form()


def form_part(stage):
    stage.form()
    stage.find("part").click()
    stage.find("cancel_request_amount").send_keys("12500")
    Select(stage.find("reason_choice")).select_by_value("reason_other_item")
    stage.find("reason").send_keys(SENTENCE)


def form_exceeds(stage):
    stage.form()
    stage.find("part").click()
    stage.find("cancel_request_amount").send_keys("450000")


def form_account(stage):
    stage.form(method="vbank")


def form_account_wrong(stage):
    form_account(stage)
    stage.ask("refused")


def sending(stage):
    stage.form()
    stage.shop.latency(LATE_MS)
    stage.find("submit").click()
    until(lambda: stage.find("submit").get_attribute("disabled") or
          not stage.find("submit").is_enabled(), "it is sent")


def not_yet_known(stage):
    stage.form()
    stage.shop.latency(LATE_MS)
    stage.ask("doubt")


def no_network(stage):
    stage.form()
    stage.driver.set_network_conditions(
        offline=True, latency=0, throughput=-1)
    stage.ask("offline", "doubt")


def pending(stage):
    stage.form(method="vbank", pg="smartro_v2")
    for name, value in (("refund_holder", "홍길동"),
                        ("refund_account", "110-123-456789"),
                        ("refund_bank", "088"),
                        ("refund_tel", "010-1234-5678")):
        stage.find(name).send_keys(value)
    stage.ask("waiting", "succeeded")


def awaiting_approval(stage):
    stage.form(THRESHOLD + 500000)
    stage.ask("waiting")


def under_way_elsewhere(stage):
    other = stage.shop.order(THRESHOLD + 500000)
    assert stage.shop.refund(other).status_code == 202
    stage.enter(f"?order={other.merchant_uid}")
    stage.see("waiting")


def refunded(stage):
    stage.form()
    stage.ask("succeeded")


def refunded_part(stage):
    form_part(stage)
    stage.ask("succeeded")


def already_refunded(stage):
    paid = stage.shop.order(45000)
    stage.shop.refunded(paid)
    stage.enter(f"?order={paid.merchant_uid}")
    stage.see("already")


def declined(stage):
    paid = stage.form()
    stage.shop.fault("pg_refusal", imp_uid=paid.imp_uid)
    stage.ask("refused")


def month_closed(stage):
    stage.form(method="phone", pg="danal", paid_at=int(time.time()) - MONTH_S)
    stage.ask("refused")


def unreachable(stage):
    stage.form()
    stage.shop.sandbox.stop()
    stage.ask("busy")
    stage.shop.start_sandbox()


def ticket_over(stage):
    stage.enter(fragment="#ticket=a.b.c")
    stage.see("refused")


# ---- and of plain.html -----------------------------------------------------


def button(stage):
    stage.enter()


def press_button(stage, **paid):
    stage.enter()
    paid = stage.shop.order(**paid)
    stage.driver.execute_script(
        "document.getElementById('cancel-pay')"
        ".setAttribute('data-order', arguments[0])", paid.merchant_uid)
    stage.find("cancel-pay").click()
    until(lambda: stage.find("cancel-pay-result").text != "", "it answers")


def button_refunded(stage):
    press_button(stage)


def button_refused(stage):
    press_button(stage, amount=1000)


def button_not_yet_known(stage):
    stage.shop.latency(LATE_MS)
    press_button(stage)


PAGE = (order, order_wrong, order_missing, order_not_found, form, form_part,
        form_exceeds, form_account, form_account_wrong, sending,
        not_yet_known, no_network, pending, awaiting_approval,
        under_way_elsewhere, refunded, refunded_part, already_refunded,
        declined, month_closed, unreachable, ticket_over)
PLAIN = (button, button_refunded, button_refused, button_not_yet_known)


def name_of(client, state):
    return f"{client}-{state.__name__.replace('_', '-')}"


@contextlib.contextmanager
def played(stage, state):
    """The state, for as long as it is looked at."""
    try:
        state(stage)
        yield
    finally:
        stage.driver.delete_network_conditions()
        stage.shop.calm()
