# SPDX-License-Identifier: MIT
"""The shortest embed in a real Chromium: it says refunded, refused, or that it
does not know, and a second press is the same request."""

import json

import pytest

import tickets
from browser import Page, Wire
from world import PORTS, until

pytestmark = pytest.mark.xdist_group("page")

ORDER = "ORD20261101-0000011"
ANSWER_MS = 1500


class Plain(Page):
    def open(self, base, **attributes):
        """attributes: what the shop's own server writes into the button."""
        self.driver.get(base + "/plain.html")
        for name, value in attributes.items():
            self.driver.execute_script(
                "document.getElementById('cancel-pay')"
                ".setAttribute('data-' + arguments[0], arguments[1])",
                name, str(value))
        return self

    def press(self):
        return self.click("cancel-pay")

    def says(self, text, seconds=20):
        return self.awaits(
            "document.getElementById('cancel-pay-result').innerText.includes("
            f"{json.dumps(text)})", f"the page says {text}", seconds)


REFUNDED = "환불되었습니다"
REFUSED = "환불되지 않았습니다"
UNKNOWN = "아직 알 수 없습니다"


@pytest.fixture(scope="module")
def wire_port():
    return PORTS.take()


@pytest.fixture
def page(chromium):
    page = Plain(chromium.driver)
    page.forget_logs()
    yield page
    assert page.complaints() == []
    page.run("sessionStorage.clear()")


@pytest.fixture(scope="module")
def plain_shop(lasting_shops, wire_port):
    shop = lasting_shops.make("nginx", settings={
        "server.answer_ms": ANSWER_MS,
        "auth.allowed_origins": f"http://127.0.0.1:{wire_port}"}).start()
    shop.refunded(shop.order(1000))
    return shop


@pytest.fixture
def shop(plain_shop):
    yield plain_shop
    plain_shop.rest()


def posts(page):
    return [request for request in page.requests()
            if request["method"] == "POST"]


def test_as_it_is_it_refunds_the_guides_order(shop, page):
    order = shop.order(10000, merchant_uid=ORDER)
    page.open(shop.base).press().says(REFUNDED)
    refund, = shop.refunds(order)
    assert refund["applied_amount"] == 2000
    request, = posts(page)
    assert json.loads(request["postData"]) == {
        "merchant_uid": ORDER, "cancel_request_amount": 2000,
        "reason": "고객 변심"}
    assert page.run("return sessionStorage.length") == 0
    # Whoever pressed is not lost on the page.
    assert not page.is_shown("cancel-pay")
    assert page.run("return document.activeElement.id") == "cancel-pay-result"
    assert page.complaints(is_network_too=True) == []


def test_a_refusal_says_why_and_the_next_press_is_a_new_request(shop, page):
    order = shop.order(1000)
    page.open(shop.base, order=order.merchant_uid).press().says(REFUSED)
    page.says("환불 가능 금액보다 큽니다. 상점에 문의해 주세요.")
    page.press()
    until(page.find("cancel-pay").is_enabled, "the second was heard")
    page.says(REFUSED)
    first, second = posts(page)
    assert first["headers"]["Idempotency-Key"] != \
        second["headers"]["Idempotency-Key"]
    assert shop.journal(order) == []


def test_unknown_it_asks_again_by_the_same_request_also_after_a_reload(
        shop, page):
    order = shop.order(10000)
    shop.latency(3 * ANSWER_MS)
    page.open(shop.base, order=order.merchant_uid).press()
    page.says("환불을 요청하고 있습니다").says(UNKNOWN)
    shop.latency(0)
    page.open(shop.base, order=order.merchant_uid, amount=9999)
    shop.settle()
    page.press().says(REFUNDED)
    first, second = posts(page)
    assert first["postData"] == second["postData"]
    assert first["headers"]["Idempotency-Key"] == \
        second["headers"]["Idempotency-Key"]
    assert len(shop.journal(order)) == len(shop.refunds(order)) == 1


def test_without_an_answer_it_does_not_know(shop, page, wire_port):
    wire = Wire(wire_port, shop.front.port)
    order = shop.order(10000)
    page.open(wire.base + shop.front.mount, order=order.merchant_uid)
    wire.is_cut = True
    page.press().says(UNKNOWN)
    until(lambda: len(shop.journal(order)) == 1, "the money moved")
    wire.is_cut = False
    page.press().says(REFUNDED)
    assert len(shop.journal(order)) == 1
    wire.close()


@pytest.mark.parametrize("name", ["getItem", "setItem"])
def test_where_nothing_can_be_stored_it_sends_nothing(shop, page, name):
    """A reload would have made a second request of it."""
    with page.finding(f"Storage.prototype.{name} ="
                      " () => { throw new Error(); };"):
        page.open(shop.base, order="ORD-1").press()
        page.says("여기서는 환불을 요청할 수 없습니다")
    assert posts(page) == []


def test_a_ticket_is_sent_and_one_that_is_over_settles_nothing(shops, page):
    shop = tickets.ticket_shop(shops, "nginx", settings={
        "server.answer_ms": ANSWER_MS}).start()
    order = shop.order(10000)
    good = tickets.sign(tickets.claims_of(order.merchant_uid))
    page.open(shop.base, order=order.merchant_uid).press().says(REFUSED)
    shop.latency(3 * ANSWER_MS)
    page.open(shop.base, order=order.merchant_uid, ticket=good)
    page.press().says(UNKNOWN)
    page.open(shop.base, order=order.merchant_uid, ticket="over")
    page.press().says(UNKNOWN)
    shop.calm()
    shop.settle()
    page.open(shop.base, order=order.merchant_uid, ticket=good)
    page.press().says(REFUNDED)
    assert len(shop.journal(order)) == 1
    shop.audit()
