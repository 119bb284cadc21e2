# SPDX-License-Identifier: MIT
"""The refund page in a real Chromium: what it shows and sends, and that it
never says more than it knows.  Each test runs over every client of CLIENTS:
their elements have the same ids."""

import contextlib
import gzip
import json
import re
import shutil
import time
import urllib.parse

import pytest
import requests
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import tickets
from browser import HEIGHT, KIND, MAY_PRESS, WIDTH, Page, Wire
from world import PORTS, TREE, until

ANSWER_MS = 800
SLOW_MS = 1500
LATE_MS = 4000

KEY = r"[0-9a-f-]{32,36}"


class Client(Page):
    """The jQuery page; another client says where it is."""

    path = ""
    most_bytes = 60000

    def load(self, address):
        # An address that differs behind "#" alone would load nothing anew.
        if "#" in address:
            self.driver.get(urllib.parse.urljoin(address, "cancelpay.svg"))
        self.driver.get(address)
        return self

    def open(self, base, order=None, fragment=""):
        query = ""
        if order is not None:
            query = "?" + urllib.parse.urlencode(
                {"order": order.merchant_uid})
        return self.load(f"{base}/{self.path}{query}{fragment}")

    def ready(self, base, order, fragment=""):
        """Open, with a form that may be sent."""
        return self.open(base, order, fragment).has_form()

    def has_form(self):
        return self.awaits(MAY_PRESS, "the form may be sent")

    def ready_to_wait(self, base, order):
        """Open, with somebody's refund under way."""
        return self.open(base, order).becomes("waiting")

    def sleep(self, state):
        """frozen: none of its timers runs; active: they do again."""
        self.driver.execute_cdp_cmd(
            "Page.setWebLifecycleState", {"state": state})

    def may_press(self):
        return self.run(f"return Boolean({MAY_PRESS})")

    def enter(self, name):
        self.find(name).send_keys(Keys.ENTER)
        return self

    def part(self, amount):
        return self.click("part").fill(cancel_request_amount=amount)

    def press(self):
        return self.click("submit")

    def kind(self):
        """succeeded, refused ...: the panel's class."""
        return self.run(f"return {KIND} || ''")

    def said(self):
        return self.find("status").text

    def title(self):
        return self.find("status").find_element(By.TAG_NAME, "h2").text

    def becomes(self, kind, seconds=20):
        return self.awaits(f"{KIND} === '{kind}'", f"the page says {kind}",
                           seconds)

    def wakes(self, condition, what):
        """With a network that is back time and again: the page asks at once,
        and not when it had planned to."""
        def is_there():
            self.run("dispatchEvent(new Event('online'))")
            return condition()
        until(is_there, what, 30)
        return self

    def wakes_to(self, kind):
        return self.wakes(lambda: self.kind() == kind,
                          f"the page says {kind}")

    def wakes_to_form(self):
        return self.wakes(self.may_press, "the form may be sent")

    def says(self, text, seconds=20):
        return self.awaits(
            "document.getElementById('status').innerText.includes("
            f"{json.dumps(text)})", f"the page says {text}", seconds)

    def facts(self, name="status"):
        return dict(self.run(
            "return [...document.getElementById(arguments[0])"
            ".querySelectorAll('dl div')].map(fact => [...fact.children]"
            ".map(part => part.textContent))", name))

    def error(self, name):
        return self.find(name + "-error").text

    def is_invalid(self, name):
        return self.find(name).get_attribute("aria-invalid") == "true"

    def has_focus(self, name):
        return self.driver.switch_to.active_element == self.find(name)

    def posts(self):
        return [request for request in self.requests()
                if request["method"] == "POST"]

    def stored(self):
        """All the browser keeps of it, but for the language chosen."""
        kept = self.run("return { ...localStorage, ...sessionStorage,"
                        " ...document.cookie && { cookie: document.cookie } }")
        kept.pop("cancelpay.language", None)
        return kept

    def choose(self, language):
        self.driver.find_element(
            By.CSS_SELECTOR, f"[data-language={language}]").click()
        return self

    @contextlib.contextmanager
    def wide(self, pixels):
        self.driver.set_window_size(pixels, HEIGHT)
        try:
            yield
        finally:
            self.driver.set_window_size(WIDTH, HEIGHT)

    @contextlib.contextmanager
    def tab(self):
        """A new one, and back to the old one in the end."""
        before = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        mine = self.driver.current_window_handle
        try:
            yield mine
        finally:
            self.driver.switch_to.window(mine)
            self.driver.close()
            self.driver.switch_to.window(before)

    @contextlib.contextmanager
    def offline(self):
        self.run("window.isOffline = true")
        self.driver.set_network_conditions(
            offline=True, latency=0, throughput=-1)
        try:
            yield
        finally:
            self.driver.delete_network_conditions()
            self.run("window.isOffline = false")


class ReactClient(Client):
    """The same page made with React."""

    path = "react.html"
    most_bytes = 115000


CLIENTS = {"jquery": Client, "react": ReactClient}


def worker_of(name):
    """A browser takes longer to start than a test takes: one worker has each
    client's."""
    return pytest.mark.xdist_group(f"page-{name}")


# What navigator.onLine says, whatever the machine's own network is.
ONLINE = """Object.defineProperty(Navigator.prototype, "onLine",
    { get: () => !window.isOffline, configurable: true });"""


@contextlib.contextmanager
def at_rest(page):
    """A page without a past; afterwards its console holds nothing of the
    page's own, and nothing is stored."""
    page.forget_logs()
    yield page
    assert page.complaints() == []
    for name in ("sessionStorage", "localStorage"):
        page.run(f"if (location.protocol === 'http:') {name}.clear()")


@pytest.fixture(params=[
    pytest.param(name, marks=worker_of(name)) for name in CLIENTS])
def page(request, chromium):
    """In English, of 360 pixels."""
    page = CLIENTS[request.param](chromium.driver)
    with at_rest(page), page.finding(ONLINE):
        yield page


@pytest.fixture(scope="module")
def wire_port():
    return PORTS.take()


@pytest.fixture(scope="module")
def packed(world):
    """The pages as installed: beside each file what make install makes."""
    pages = world.shop_folder() / "www"
    shutil.copytree(world.www, pages)
    for path in [path for path in pages.rglob("*") if path.is_file()]:
        beside = path.parent / (path.name + ".gz")
        beside.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        beside.chmod(0o644)
    return pages


@pytest.fixture(scope="module")
def page_shop(lasting_shops, wire_port, packed):
    shop = lasting_shops.make("nginx", settings={
        "server.static_dir": packed,
        "server.answer_ms": ANSWER_MS,
        "iamport.timeout_ms": 15000,
        "auth.allowed_origins": f"http://127.0.0.1:{wire_port}"}).start()
    # The token is there before a test makes i'mport slow.
    shop.refunded(shop.order(1000))
    shop.n_stock = 20
    return shop


@pytest.fixture
def shop(page_shop):
    yield page_shop
    page_shop.rest()


@pytest.fixture(scope="module")
def review_shop(lasting_shops):
    """It soon gives up hope of an answer."""
    return lasting_shops.make("nginx", settings={
        "iamport.timeout_ms": 1200, "iamport.send_within_ms": 800,
        "iamport.quiet_ms": 2000}).start()


@pytest.fixture(scope="module")
def ticket_shop(lasting_shops, wire_port):
    shop = tickets.ticket_shop(lasting_shops, "nginx", settings={
        "server.answer_ms": ANSWER_MS,
        "policy.approval_threshold": 1000000,
        "auth.allowed_origins": f"http://127.0.0.1:{wire_port}"}).start()
    shop.n_stock = 10
    return shop


@pytest.fixture(scope="module")
def strict_shop(lasting_shops):
    """It wants what a payment by itself does not."""
    return lasting_shops.make("nginx", settings={
        "policy.kcp_next_month": "yes", "policy.reason_required": "yes",
        "policy.vat_amount_required": "yes"}).start()


@pytest.fixture
def wire(wire_port):
    wires = []

    def make(shop):
        wires.append(Wire(wire_port, shop.front.port))
        wires[0].base += shop.front.mount
        return wires[0]
    yield make
    for made in wires:
        made.close()


# ---- what it shows -----------------------------------------------------


def test_it_shows_what_was_paid_and_what_is_left(shop, page):
    order = shop.order(43000, paid_at=1793500000)
    shop.refunded(order, 3000)
    page.ready(shop.base, order)
    facts = page.facts("payment")
    at = facts.pop("Paid at (Seoul)")
    assert facts == {
        "Order number": order.merchant_uid, "Paid": "₩43,000",
        "Paid by": "Card", "Refunded before": "₩3,000",
        "Can be refunded": "₩40,000"}
    # 02:26:40 in UTC.
    assert re.fullmatch(r"Nov 1, 2026, 11:26\sAM", at)
    assert page.find("summary").text == "To be refunded: ₩40,000"
    assert not page.is_shown("account")


def test_without_an_order_it_asks_for_one(shop, page):
    page.open(shop.base)
    assert not page.is_shown("form")
    page.click("find")
    assert page.is_invalid("merchant_uid") and page.has_focus("merchant_uid")
    assert page.error("merchant_uid") != ""
    order = shop.order(10000, merchant_uid=f"주문 1/{len(shop.orders)}")
    page.fill(merchant_uid=order.merchant_uid).enter("merchant_uid").has_form()
    assert page.facts("payment")["Order number"] == order.merchant_uid
    page.click("other")
    assert page.is_shown("merchant_uid")
    assert page.has_focus("merchant_uid")


@pytest.mark.parametrize("language, lang, submit, title", [
    ("ko-KR,en", "ko", "환불 요청", "환불되었습니다"),
    ("en-US", "en", "Request Refund", "Refunded"),
    ("fr-FR,ko", "ko", "환불 요청", "환불되었습니다"),
    ("fr-FR", "en", "Request Refund", "Refunded")])
def test_it_speaks_the_browsers_language(
        shop, page, language, lang, submit, title):
    order = shop.order(10000)
    with page.speaking(language):
        page.ready(shop.base, order)
        assert page.run("return document.documentElement.lang") == lang
        assert page.find("submit").text == submit
        page.press().becomes("succeeded")
        assert page.title() == title
    is_korean = re.search("[가-힣]", page.find("status").text) is not None
    assert is_korean == (lang == "ko")


def test_a_switch_changes_the_language_and_is_remembered(shop, page):
    order = shop.order(43000, method="vbank")
    page.ready(shop.base, order).find("submit").click()
    page.choose("ko")
    assert page.find("submit").text == "환불 요청"
    assert page.facts("payment")["결제 금액"] == "43,000원"
    assert "아직 요청하지" in page.said()
    assert page.error("refund_holder") == "이 항목을 입력해 주세요."
    assert "KB국민은행" in page.find("refund_bank").text
    page.driver.refresh()
    page.has_form()
    assert page.run("return document.documentElement.lang") == "ko"


def test_a_language_is_changed_where_nothing_can_be_stored(shop, page):
    with page.finding("Storage.prototype.setItem ="
                      " () => { throw new Error('full'); };"):
        page.ready(shop.base, shop.order(10000)).choose("ko")
        assert page.find("submit").text == "환불 요청"


# ---- what it sends -----------------------------------------------------


def test_it_refunds_all_and_asks_no_other_host(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order).press().becomes("succeeded")
    requested = page.requests()
    addresses = [request["url"] for request in requested]
    host = urllib.parse.urlparse(shop.base).netloc
    assert {urllib.parse.urlparse(url).netloc for url in addresses} == {host}
    assert shop.base + "/payments/cancel" in addresses
    facts = page.facts()
    refund, = shop.refunds(order)
    assert re.search(r", \d{4}, ", facts.pop("Refunded at (Seoul)"))
    assert facts == {"Order number": order.merchant_uid,
                     "Refunded": "₩10,000", "Can be refunded": "₩0",
                     "Refund number": refund["id"]}
    assert "business days" in page.said()
    link = page.driver.find_element(By.CSS_SELECTOR, "#status a")
    assert link.text.startswith("Receipt")
    assert {name: link.get_dom_attribute(name)
            for name in ("href", "rel", "target")} == {
        "href": refund["receipt_url"], "rel": "noopener noreferrer",
        "target": "_blank"}
    assert refund["receipt_url"].startswith("https://receipt.invalid/")
    assert page.complaints(is_network_too=True) == []


def test_a_part_is_checked_while_typed_and_sent_with_a_key(shop, page):
    order = shop.order(43000)
    page.ready(shop.base, order)
    assert not page.is_shown("cancel_request_amount")
    page.part("1234567")
    amount = page.find("cancel_request_amount")
    assert amount.get_attribute("value") == "1,234,567"
    assert page.error("cancel_request_amount") == "This is more than ₩43,000."
    page.press()
    assert page.kind() == "refused" and page.has_focus("cancel_request_amount")
    assert page.posts() == []
    # A digit in the middle leaves the caret behind it.
    amount.send_keys(Keys.BACKSPACE * 9 + "1345" + Keys.ARROW_LEFT * 3 + "2")
    assert amount.get_attribute("value") == "12,345"
    assert page.run("return arguments[0].selectionStart", amount) == 2
    assert page.error("cancel_request_amount") == ""
    assert page.find("summary").text == "To be refunded: ₩12,345"
    page.press().becomes("succeeded")
    post, = page.posts()
    assert json.loads(post["postData"]) == {
        "merchant_uid": order.merchant_uid, "cancel_request_amount": 12345,
        "requester": "customer"}
    assert post["headers"]["Content-Type"] == "application/json"
    assert re.fullmatch(KEY, post["headers"]["Idempotency-Key"])
    assert page.facts()["Can be refunded"] == "₩30,655"
    assert shop.payment(order)["cancel_amount"] == 12345


def test_an_amount_with_cents_stays_exact(shop, page):
    order = shop.order(10010, currency="USD")
    page.ready(shop.base, order).part("33.37").press().becomes("succeeded")
    assert json.loads(page.posts()[0]["postData"])[
        "cancel_request_amount"] == "33.37"
    assert page.facts()["Refunded"] == "$33.37"
    assert page.facts()["Can be refunded"] == "$66.73"
    assert shop.refunds(order)[0]["amount"] == 3337


def test_a_reason_is_a_choice_and_words(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order).fill(reason="[cp:x")
    page.press().becomes("refused")
    assert page.is_invalid("reason") and page.posts() == []
    page.fill(reason="too small")
    page.find("reason_choice").send_keys("I changed")
    page.press().becomes("succeeded")
    assert json.loads(page.posts()[0]["postData"])["reason"] == \
        "I changed my mind: too small"


def test_a_double_click_refunds_once(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order).part("2000")
    ActionChains(page.driver).double_click(page.find("submit")).perform()
    page.becomes("succeeded")
    assert not page.may_press()
    assert len(page.posts()) == 1
    assert len(shop.refunds(order)) == len(shop.journal(order)) == 1


def test_a_second_refund_takes_a_new_request_and_a_new_key(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order).part("2000").press().becomes("succeeded")
    page.click("again")
    page.has_form()
    assert page.facts("payment")["Can be refunded"] == "₩8,000"
    page.press().becomes("succeeded")
    assert page.facts()["Refunded"] == "₩8,000"
    assert not page.is_shown("again")
    keys = [post["headers"]["Idempotency-Key"] for post in page.posts()]
    assert len(set(keys)) == len(keys) == 2


def test_the_keyboard_alone_is_enough(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    keys = ActionChains(page.driver)
    keys.click(page.driver.find_element(By.TAG_NAME, "h1")).perform()
    reached = []
    # From the top, each in the order in which it is read, and seen to be it.
    for key in (Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB, Keys.ARROW_RIGHT,
                Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB):
        keys.send_keys(key).perform()
        *name, outline = page.run(
            "const element = document.activeElement;"
            "return [element.id || element.lang, getComputedStyle(element)"
            ".outlineStyle]")
        reached += name
        assert outline != "none", name
    assert reached == ["ko", "en", "other", "whole", "part",
                       "cancel_request_amount", "reason_choice", "reason",
                       "submit"]
    page.find("cancel_request_amount").send_keys("1000", Keys.ENTER)
    page.becomes("succeeded")
    assert page.facts()["Refunded"] == "₩1,000"
    assert page.has_focus("status")


# ---- the account -------------------------------------------------------


def test_a_virtual_account_asks_for_an_account_of_its_pg(shop, page):
    order = shop.order(43000, method="vbank", pg="smartro")
    page.ready(shop.base, order)
    assert page.is_shown("account")
    page.press()
    names = ("refund_bank", "refund_account", "refund_holder", "refund_tel")
    for name in names:
        assert page.is_invalid(name), name
        assert page.error(name) != "", name
        described = page.find(name).get_attribute("aria-describedby")
        assert f"{name}-error" in described.split()
        assert page.find(name).get_attribute("autocomplete") == "off"
    assert page.has_focus("refund_bank")
    assert page.posts() == []
    page.find("refund_bank").send_keys("Shinhan")
    page.fill(refund_account="123-456-789", refund_holder="홍길동",
              refund_tel="010-0000-0000").press().becomes("succeeded")
    sent = json.loads(page.posts()[0]["postData"])
    assert {name: sent[name] for name in names} == {
        "refund_bank": "088", "refund_account": "123-456-789",
        "refund_holder": "홍길동", "refund_tel": "010-0000-0000"}
    assert "the account you named" in page.said()
    for name in names:
        assert page.find(name).get_attribute("value") == "", name


def test_a_bank_the_pg_does_not_have_is_tied_to_its_field(shop, page):
    order = shop.order(10000, method="vbank", pg="nice")
    page.ready(shop.base, order)
    assert not page.is_shown("refund_tel")
    page.fill(refund_account="123456789", refund_holder="홍길동")
    # As if the shop's table and the page's differed.
    page.run("[...document.getElementById('refund_bank').options]"
             ".find(option => option.text.includes('Busan')).value = '999'")
    page.find("refund_bank").send_keys("Busan")
    page.press().says("Please check the fields").has_form()
    assert page.is_invalid("refund_bank") and page.has_focus("refund_bank")
    assert shop.journal(order) == []
    page.find("refund_bank").send_keys("Woori")
    page.press().becomes("succeeded")
    assert json.loads(page.posts()[-1]["postData"])["refund_bank"] == "020"


def test_an_account_number_too_long_is_told_and_not_cut(shop, page):
    order = shop.order(10000, method="vbank", pg="ksnet")
    page.ready(shop.base, order)
    # IBK's, as its bankbook has it: one character more than is taken.
    page.fill(refund_bank="00312", refund_account="123-456789-01-012",
              refund_holder="김" * 17).press().becomes("refused")
    for name in ("refund_bank", "refund_account", "refund_holder"):
        assert page.is_invalid(name), name
    assert "leave the hyphens out" in page.error("refund_account")
    assert page.posts() == []
    page.fill(refund_bank="003", refund_account="12345678901012",
              refund_holder="김철수").press().becomes("succeeded")


def test_a_pg_whose_banks_are_not_known_takes_a_code(shop, page):
    order = shop.order(10000, method="vbank", pg="ksnet")
    page.ready(shop.base, order)
    assert page.find("refund_bank").tag_name == "input"
    page.fill(refund_bank="088", refund_account="123456789",
              refund_holder="홍길동").press().becomes("succeeded")


def test_an_account_that_only_the_shop_wants_is_asked_for(strict_shop, page):
    """KCP gives back what a telephone bill paid in another month."""
    order = strict_shop.order(
        10000, method="phone", pg="kcp", paid_at=int(time.time()) - 40 * 86400)
    page.ready(strict_shop.base, order).fill(reason="too late")
    assert not page.is_shown("account")
    page.press().says("An account is needed").has_form()
    for name in ("refund_bank", "refund_account", "refund_holder"):
        assert page.is_shown(name) and page.is_invalid(name), name
        assert page.error(name) == "Please fill in this field."
    assert page.has_focus("refund_bank")
    page.find("refund_bank").send_keys("Woori")
    page.fill(refund_account="123456789", refund_holder="홍길동").press()
    page.becomes("succeeded")
    # Another order is not asked for it.
    page.ready(strict_shop.base, strict_shop.order(10000))
    assert not page.is_shown("account")
    strict_shop.audit()


# ---- refusals ----------------------------------------------------------


def test_a_reason_that_is_needed_is_not_called_optional(strict_shop, page):
    order = strict_shop.order(10000, pg="kcp")
    page.ready(strict_shop.base, order)
    labels = "return ['reason', 'reason_choice'].map(id =>" \
        " document.querySelector(`label[for=${id}]`).innerText.trim())"
    assert page.run(labels) == ["In your words (optional)",
                                "Reason (optional)"]
    page.press().says("Please check the fields").has_form()
    assert page.error("reason") == "Please fill in this field."
    assert page.has_focus("reason")
    assert page.run(labels) == ["In your words", "Reason"]
    page.fill(reason="broken").press().becomes("succeeded")


def test_nobody_is_sent_to_a_field_that_is_not_there(strict_shop, page):
    """The shop wants the VAT, which a customer does not know."""
    order = strict_shop.order(10000, pg="nice")
    page.ready(strict_shop.base, order).part("5000").fill(reason="broken")
    page.press().says("Please contact the shop").has_form()
    assert page.title() == "Not refunded" and "marked" not in page.said()
    assert strict_shop.journal(order) == []


def test_an_order_refunded_before_is_told_and_cannot_be_sent(shop, page):
    order = shop.order(10000)
    shop.refunded(order)
    page.open(shop.base, order).becomes("already")
    assert not page.is_shown("form")


def test_an_order_not_paid_cannot_be_sent(shop, page):
    order = shop.order(10000, method="vbank", status="ready", paid_at=0)
    page.open(shop.base, order).becomes("refused").says("Not paid")
    assert not page.is_shown("form")


def test_an_order_new_to_the_shop_is_found_at_the_provider(shop, page):
    order = shop.order(43000, method="vbank", known=False)
    page.ready(shop.base, order).says("has not seen this order's payment")
    page.press().says("An account is needed").has_form()
    assert page.facts("payment")["Can be refunded"] == "₩43,000"
    page.find("refund_bank").send_keys("Woori")
    page.fill(refund_account="123456789", refund_holder="홍길동").press()
    page.becomes("succeeded")


def test_an_order_nobody_knows_is_refused(shop, page):
    page.open(shop.base).fill(merchant_uid="NO-SUCH-ORDER")
    page.enter("merchant_uid").has_form().press().becomes("refused").says("Order not found")
    assert not page.may_press()


def test_while_refunds_are_suspended_that_is_told(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    shop.cli("freeze", "--by", "kim")
    try:
        page.press().becomes("busy").has_form()
        assert page.title() == "Refunds are suspended"
        assert "Nothing was refunded" in page.said()
        page.choose("ko")
        assert page.title() == "환불이 일시 중지되었습니다"
        assert page.stored() == {} and shop.refunds(order) == []
    finally:
        shop.cli("unfreeze", "--by", "kim")
    page.press().becomes("succeeded")
    assert len(shop.journal(order)) == 1


def test_a_balance_changed_meanwhile_is_shown_anew(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    shop.console_cancel(order, 4000)
    page.press().becomes("changed").has_form()
    assert "this refund was not made" in page.said()
    assert page.facts("payment")["Can be refunded"] == "₩6,000"
    assert page.find("summary").text == "To be refunded: ₩6,000"
    page.press().becomes("succeeded")
    assert shop.payment(order)["cancel_amount"] == 10000


def test_without_the_provider_nothing_happened_and_one_may_try_again(
        shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    shop.sandbox.stop()
    try:
        page.press().becomes("busy").has_form()
        assert page.title() == "Payment service unreachable"
    finally:
        shop.start_sandbox()
    page.press().becomes("succeeded")
    assert len(shop.journal(order)) == 1


# ---- not yet known -----------------------------------------------------


@worker_of("react")
def test_a_provider_slow_for_ten_seconds_is_waited_for(shop, chromium):
    """Both pages at once, each in a tab of its own."""
    pages = [kind(chromium.driver) for kind in CLIENTS.values()]
    shop.latency(10000)
    with contextlib.ExitStack() as stack:
        tabs = [stack.enter_context(page.tab()) for page in pages]
        orders = [shop.order(10000) for page in pages]
        for page, tab, order in zip(pages, tabs, orders):
            page.driver.switch_to.window(tab)
            page.forget_logs()
            page.ready(shop.base, order).part("6000").press().becomes("doubt")
            assert page.title() == "Not yet known"
            assert "may or may not have happened" in page.said()
            assert not page.may_press()
            assert "account" not in json.dumps(page.stored())
            # A reload, and the way back from another page.
            page.driver.refresh()
            page.becomes("doubt")
            page.driver.get(shop.base + "/cancelpay.svg")
            page.driver.back()
            page.becomes("doubt")
            assert not page.may_press()
            assert len(page.posts()) == 1
            page.forget_logs()
        shop.latency(0)
        for page, tab, order in zip(pages, tabs, orders):
            page.driver.switch_to.window(tab)
            page.becomes("succeeded", 30)
            assert page.facts()["Refunded"] == "₩6,000"
            assert page.facts()["Can be refunded"] == "₩4,000"
            assert page.stored() == {}
            assert page.posts() == []
            assert page.complaints() == []
            assert len(shop.journal(order)) == 1


def test_without_an_answer_the_same_request_is_repeated(shop, page, wire):
    order = shop.order(10000, method="vbank")
    road = wire(shop)
    page.ready(road.base, order).part("2500")
    page.find("refund_bank").send_keys("Woori")
    page.fill(refund_account="123456789", refund_holder="홍길동")
    road.is_cut = True
    page.press().becomes("doubt")
    assert "may or may not have happened" in page.said()
    until(lambda: len(shop.journal(order)) == 1, "the money moved")
    road.is_cut = False
    page.driver.refresh()
    page.becomes("succeeded", 30)
    assert page.facts()["Refunded"] == "₩2,500"
    posts = page.posts()
    assert len(posts) > 1
    assert len({post["headers"]["Idempotency-Key"] for post in posts}) == 1
    assert len({post["postData"] for post in posts}) == 1
    assert page.stored() == {}
    assert len(shop.journal(order)) == len(shop.refunds(order)) == 1


def test_without_a_network_nothing_is_claimed(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    with page.offline():
        page.press().becomes("offline")
        assert "may or may not have happened" in page.said()
        assert not page.may_press()
    page.becomes("succeeded", 30)
    assert len(shop.journal(order)) == 1


def test_a_shop_out_of_reach_is_asked_again(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    with page.offline():
        page.click("other")
        page.fill(merchant_uid=order.merchant_uid).enter("merchant_uid")
        page.becomes("offline").says("Nothing has been requested")
    page.has_form()


def test_a_refund_that_fails_later_is_told(shop, page):
    order = shop.order(10000)
    shop.latency(SLOW_MS)
    shop.fault("pg_refusal", imp_uid=order.imp_uid)
    page.ready(shop.base, order).press().becomes("doubt")
    page.wakes_to("refused").says("declined the refund").has_form()
    assert "Nothing was refunded" in page.said()
    assert shop.journal(order) == []
    assert page.stored() == {}


def test_what_the_shop_has_to_look_at_is_told(review_shop, page):
    """The answer is lost, and i'mport's history has no marker."""
    order = review_shop.order(10000)
    for fault in ("drop_after", "no_reason"):
        review_shop.fault(fault, imp_uid=order.imp_uid)
    page.ready(review_shop.base, order).press()
    page.wakes(lambda: "the shop has to look into it" in page.said(),
               "a person has to look")
    review_shop.calm()
    assert [refund["state"] for refund in review_shop.refunds(order)] == \
        ["needs_review"]
    assert page.kind() == "doubt" and page.title() == "Not yet known"
    assert not page.may_press()
    page.driver.refresh()
    page.says("the shop has to look into it").choose("ko")
    page.says("상점이 직접 확인해야 합니다")
    assert page.kind() == "doubt" and not page.may_press()
    # Who opens the order anew hears it, too.
    page.run("sessionStorage.clear()")
    page.ready_to_wait(review_shop.base, order)
    page.says("상점이 직접 확인해야 합니다")
    assert page.title() == "이 주문의 환불이 진행 중입니다"
    assert page.said().count("계속") == 1
    assert not page.may_press()
    assert len(review_shop.journal(order)) == 1


def test_a_lost_answer_of_the_providers_is_found_out(shop, page):
    order = shop.order(10000)
    shop.latency(SLOW_MS)
    shop.fault("drop_after", imp_uid=order.imp_uid)
    page.ready(shop.base, order).part("4000").press().becomes("doubt")
    assert page.title() == "Not yet known"
    assert not page.may_press()
    page.wakes_to("succeeded")
    assert page.facts()["Refunded"] == "₩4,000"
    assert page.facts()["Can be refunded"] == "₩6,000"
    assert len(page.posts()) == 1 and page.stored() == {}
    assert [line["amount"] for line in shop.journal(order)] == [4000]
    assert [refund["state"] for refund in shop.refunds(order)] == \
        ["succeeded"]
    assert shop.cancels_received(order) == 1


def test_a_closed_laptop_goes_on_where_it_was(ticket_shop, page):
    order = ticket_shop.order(10000)
    page.ready(ticket_shop.base, None, f"#ticket={ticket_of(order)}")
    ticket_shop.latency(SLOW_MS)
    page.press().becomes("doubt")
    page.sleep("frozen")
    ticket_shop.rest()
    page.requests()
    page.sleep("active")
    page.becomes("succeeded")
    assert not page.is_shown("again")
    # It needs no ticket for that, which may be over by then.
    asked = [request for request in page.requests()
             if "/refunds/" in request["url"]]
    assert asked and all("Authorization" not in request["headers"]
                         for request in asked)
    assert page.stored() == {}
    assert len(ticket_shop.journal(order)) == 1


def test_two_tabs_on_one_order_refund_it_once(shop, page):
    order = shop.order(10000)
    page.ready(shop.base, order)
    first = page.driver.current_window_handle
    with page.tab() as second:
        page.ready(shop.base, order).part("4000")
        shop.latency(LATE_MS)
        page.press().becomes("doubt")
        page.driver.switch_to.window(first)
        # It is told of the other one's refund, and of what is left then.
        page.press().says("A refund of this order is under way")
        assert not page.may_press()
        shop.calm()
        page.wakes_to_form()
        assert page.facts("payment")["Can be refunded"] == "₩6,000"
        page.press().becomes("succeeded")
        page.driver.switch_to.window(second)
        page.wakes_to("succeeded")
        assert page.facts()["Refunded"] == "₩4,000"
    assert sorted(line["amount"] for line in shop.journal(order)) == \
        [4000, 6000]


# ---- tickets -----------------------------------------------------------


def ticket_of(order, **changes):
    return tickets.sign(tickets.claims_of(order.merchant_uid, **changes))


def test_a_ticket_leaves_the_address_and_is_gone_in_the_end(
        ticket_shop, page):
    order = ticket_shop.order(10000)
    ticket = ticket_of(order, max_amount=7000)
    page.ready(ticket_shop.base, None, f"#ticket={ticket}")
    assert page.driver.current_url == f"{ticket_shop.base}/{page.path}"
    assert page.find("summary").text == "To be refunded: ₩7,000"
    assert not page.is_shown("other")
    # A reload still has it, and a refusal that can be mended leaves it.
    page.driver.refresh()
    page.has_form()
    page.press().becomes("succeeded")
    post, = page.posts()
    assert post["headers"]["Authorization"] == f"Bearer {ticket}"
    assert ticket not in post["url"] + post["postData"]
    assert json.loads(post["postData"])["cancel_request_amount"] == 7000
    assert page.stored() == {}
    # A used ticket is no way to a second refund.
    assert not page.is_shown("again")
    ticket_shop.audit()


def test_a_ticket_in_a_variable_will_do_and_one_in_the_query_will_not(
        ticket_shop, page):
    order = ticket_shop.order(10000)
    ticket = ticket_of(order)
    page.load(f"{ticket_shop.base}/{page.path}?order={order.merchant_uid}"
              f"&ticket={ticket}").becomes("refused")
    assert page.title() == "Please open this page anew"
    assert not page.is_shown("form")
    with page.finding(f"var cancelpayTicket = '{ticket}';"):
        page.ready(ticket_shop.base, None)
    assert page.facts("payment")["Order number"] == order.merchant_uid


def test_whether_a_tickets_time_is_over_is_not_the_customers_clocks_to_say(
        ticket_shop, page):
    order = ticket_shop.order(10000)
    with page.finding("const now = Date.now;"
                      "Date.now = () => now() + 3600000;"):
        page.ready(ticket_shop.base, None, f"#ticket={ticket_of(order)}")


@pytest.mark.parametrize("ticket", [
    "expired", "another secret", "nonsense", "stray"])
def test_a_ticket_that_is_not_good_is_refused(ticket_shop, page, ticket):
    order = ticket_shop.order(10000)
    token = {
        "expired": ticket_of(order, exp=int(time.time()) - 90),
        "another secret": tickets.sign(
            tickets.claims_of(order.merchant_uid), secret="x" * 32),
        "nonsense": "a.b.c", "stray": ticket_of(order) + ">"}[ticket]
    page.open(ticket_shop.base, None, f"#ticket={token}").becomes("refused")
    assert page.driver.current_url == f"{ticket_shop.base}/{page.path}"
    assert page.title() == "Please open this page anew"
    assert not page.is_shown("form")
    assert page.stored() == {}


def test_a_ticket_that_expires_while_in_doubt_is_renewed(
        ticket_shop, page, wire):
    order = ticket_shop.order(10000)
    road = wire(ticket_shop)
    page.ready(road.base, None, f"#ticket={ticket_of(order)}")
    road.is_cut = True
    page.press().becomes("doubt")
    until(lambda: len(ticket_shop.journal(order)) == 1, "the money moved")
    # What the page holds is spoilt: as good as expired.
    page.run("const name = Object.keys(sessionStorage)[0];"
             "const kept = JSON.parse(sessionStorage[name]);"
             "kept.ticket += 'x'; sessionStorage[name] = JSON.stringify(kept)")
    road.is_cut = False
    page.driver.refresh()
    page.says("open the refund page from your order again")
    assert not page.may_press()
    # One that is over says nothing of the refund, and ends nothing.
    for fragment in (ticket_of(order, exp=int(time.time()) - 90), "a.b.c"):
        page.run("location.hash = 'ticket=' + arguments[0]", fragment)
        page.says("open the refund page from your order again")
        assert page.kind() == "doubt" and not page.may_press()
        assert page.stored() != {}
    page.run("location.hash = 'ticket=' + arguments[0]", ticket_of(order))
    page.becomes("succeeded")
    assert len({post["headers"]["Idempotency-Key"]
                for post in page.posts()}) == 1
    assert len(ticket_shop.journal(order)) == 1
    assert page.stored() == {}
    ticket_shop.audit()


def test_a_refund_that_awaits_approval_is_waited_for(ticket_shop, page):
    order = ticket_shop.order(2000000)
    ticket = ticket_of(order, max_amount=2000000)
    page.ready(ticket_shop.base, None, f"#ticket={ticket}").press()
    page.becomes("waiting").says("Waiting for the shop")
    # Its number is all that is asked with, and all that is kept.
    assert page.stored() != {} and "key" not in json.dumps(page.stored())
    ticket_shop.cli("approve", "--by", "kim", ticket_shop.refunds(order)[0]["id"])
    page.becomes("succeeded")
    assert page.stored() == {}


# ---- in a page of somebody's own ---------------------------------------


def test_it_draws_nobody_to_itself_who_has_not_asked(shop, page):
    """Far down a shop's page.  That the form is there is said all the same."""
    order = shop.order(10000)
    where = ("return [Math.round(scrollY),"
             " document.activeElement === document.body]")
    with page.finding("""document.addEventListener("readystatechange", () => {
            const before = document.createElement("p");
            before.style.height = "3000px";
            document.body.prepend(before); }, { once: true });"""):
        page.ready(shop.base, order)
        assert page.run(where) == [0, True]
        page.awaits("document.getElementById('status').textContent"
                    ".includes('Order found')", "the form is announced")
        page.part("1000").press().becomes("succeeded")
        assert page.has_focus("status")
        page.click("again").has_form()
        page.press().becomes("succeeded")
        page.driver.refresh()
        page.becomes("already")
        page.awaits("document.activeElement === document.body", "no focus")


def test_it_works_where_it_is_not_seen_yet(shop, page):
    """In a closed tab of a shop's page, say."""
    order = shop.order(10000)
    with page.finding("document.addEventListener('readystatechange', () => {"
                      " document.querySelector('main').hidden = true; },"
                      " { once: true });"):
        page.open(shop.base, order)
        page.awaits("document.querySelector('#submit:enabled')"
                    "?.closest('#form:not([hidden])')", "the form is there")
    page.run("document.getElementById('submit').click()")
    page.awaits("document.querySelector('#status .succeeded')",
                "it is refunded")
    page.run("document.querySelector('main').hidden = false")
    assert page.facts()["Refunded"] == "₩10,000"


def test_without_an_order_any_more_the_old_one_is_gone(desks):
    assert desks("""
        const desk = make(found);
        desk.start("", order); await pause();
        desk.stop(); desk.start("", "");
        return [desk.getState().phase, desk.getState().order];""") == \
        ["order", ""]


# ---- one key at a time -------------------------------------------------


def test_a_page_come_back_to_knows_what_another_has_sent(desks):
    """Documents of one tab: the way back shows the first as it was."""
    for comes_back in ("first.submit(wish)", "first.wake()"):
        keys, phase, notice = desks("""
            const first = make(found, lost), second = make(found, lost);
            first.start("", order); second.start("", order); await pause();
            second.submit(wish); await pause();
            %s; await pause();
            return [posted, first.getState().phase,
                first.getState().notice.name];""" % comes_back)
        assert len(keys) == 2 and len(set(keys)) == 1
        assert (phase, notice) == ("waiting", "doubt")


def test_a_page_come_back_to_leaves_an_older_key(desks):
    keys = desks("""
        const first = make(found, lost), second = make(lost,
            says(400, "declined"), found, lost);
        first.start("", order); await pause();
        first.submit(wish); await pause(); first.stop();
        second.start("", order); await pause(1100); second.wake();
        await pause(); second.submit(wish); await pause();
        first.wake(); await pause();
        return posted;""")
    assert len(keys) == 5
    assert keys[0] == keys[1] == keys[2] != keys[3] == keys[4]


@pytest.mark.parametrize("storage", ["null", "sessionStorage", """{
    getItem: () => null, setItem: () => { throw new Error("full"); },
    removeItem: () => {} }"""], ids=["off", "on", "full"])
def test_a_key_is_kept_where_nothing_can_be_stored(desks, storage):
    ticket = tickets.sign({"sub": "DESK-1", "exp": 1})
    keys, *notices = desks("""
        const desk = make(found, lost, lost, lost);
        const notice = () => desk.getState().notice.name;
        desk.start("%s", ""); await pause();
        desk.submit(wish); await pause();
        const notices = [notice()];
        for (const token of ["%s", "nonsense"]) {
            desk.start(token, ""); await pause();
            notices.push(notice());
        }
        return [posted, ...notices];""" % (ticket, ticket), storage)
    assert len(keys) == 3 and len(set(keys)) == 1
    assert notices == ["doubt"] * 3


# ---- what is said of an answer -----------------------------------------


def test_what_is_left_is_not_guessed(desks):
    """The payment can't be asked for once the refund has ended."""
    labels, extra, may_repeat, payment = desks("""
        const desk = make(found, held(202, "pending"),
            { status: 200, body: { id: "ABCDEFGHJK", state: "succeeded",
              currency: "KRW", amount: 10000 } }, says(401, "unauthorized"));
        desk.start("", order); await pause();
        desk.submit(wish); await pause(1500);
        const { notice, mayRepeat, payment } = desk.getState();
        return [notice.facts.map((fact) => fact.label), notice.extra,
            mayRepeat, payment];""")
    assert "refunded_fact" in labels and "left_fact" not in labels
    assert extra == ["arrival_card"]
    assert not may_repeat and payment is None


def test_a_refund_the_shop_lost_is_not_asked_for_again(shop, page):
    order = shop.order(10000)
    page.open(shop.base)
    page.run("sessionStorage['cancelpay:' + location.pathname.replace("
             "/[^/]*$/, '') + ':' + arguments[0]] = JSON.stringify({"
             "order: arguments[0], ticket: '', number: 'ABCDEFGHJK',"
             "isOther: false });", order.merchant_uid)
    page.open(shop.base, order).becomes("doubt").says("Refund not found")
    assert not page.is_shown("again") and not page.is_shown("other")
    assert not page.may_press()


@pytest.mark.parametrize("status, code, name", [
    (401, "unauthorized", "doubt_locked_out"),
    (403, "forbidden", "doubt_locked_out"), (403, "frozen", "doubt")])
def test_who_is_in_doubt_is_told_why_it_goes_on(desks, status, code, name):
    assert desks("""
        const desk = make(found, lost, says(%d, "%s"));
        desk.start("", order); await pause();
        desk.submit(wish); await pause(); desk.start("", order); await pause();
        return desk.getState().notice.name;""" % (status, code)) == name


@pytest.mark.parametrize("answers", ["off", "found, off, found"])
def test_a_shop_without_refunds_offers_no_form(desks, answers):
    assert desks("""
        const off = says(503, "not_configured"), desk = make(%s);
        desk.start("", order); await pause();
        desk.submit(wish); await pause();
        return [desk.getState().phase, desk.getState().notice.name];"""
        % answers) == ["done", "not_configured"]


# ---- what an answer means ----------------------------------------------


@pytest.fixture
def logic(page_shop, page):
    """An expression of the shared scripts' for each of some arguments."""
    if page.driver.current_url != f"{page_shop.base}/{page.path}":
        page.open(page_shop.base)
    return lambda expression, calls: page.run(
        f"return arguments[0].map(args => {expression})", list(calls))


@pytest.fixture
def desks(logic, page):
    """What a script says that makes desks of its own, whose server gives the
    answers of a list in turn and then none."""
    def play(script, storage="sessionStorage"):
        logic("0", [])
        said = page.driver.execute_async_script("""
            const [storage, posted, done] = [%s, [], arguments[0]];
            const order = "DESK-1", payment = { merchant_uid: order,
                currency: "KRW", amount: 10000, cancel_amount: 0,
                refundable_amount: 10000, status: "paid", pay_method: "card",
                pg_provider: "kcp", refunds: [], account_fields: [] };
            const wish = { amount: "", reason: "" };
            const found = { status: 200, body: payment };
            const location = "/refunds/ABCDEFGHJK";
            const lost = { status: 0, body: null };
            const says = (status, code, more) =>
                ({ status, body: { code, ...more } });
            const held = (status, code) => ({ ...says(status, code,
                { refund: { state: code } }), location });
            const pause = (ms = 0) => new Promise(
                (resolve) => setTimeout(resolve, ms));
            function make(...answers) {
                return cancelpayDesk({ mount: "/desk/", storage,
                    language: "en", ask: (request) => {
                        if (request.method === "POST") posted.push(
                            request.headers["Idempotency-Key"]);
                        return answers.length > 0
                            ? Promise.resolve(answers.shift())
                            : new Promise(() => {}); } });
            }
            (async () => { %s })().then(done, (error) =>
                done(String(error.stack)));""" % (storage, script))
        page.run("sessionStorage.clear()")
        return said
    return play


LOCATION = "/shop/refunds/ABCDEFGHJK"

# Status, code, Location, and what that means to a request whose first copy it
# is, and to one whose earlier copy may have arrived.
ANSWERS = [
    (200, "refunded", None, "succeeded", "succeeded"),
    (200, None, None, "doubt", "doubt"),
    (202, "pending", LOCATION, "follow", "follow"),
    (202, "unknown", LOCATION, "follow", "follow"),
    (202, "unknown", None, "doubt", "doubt"),
    (400, "already_refunded", None, "refused", "refused"),
    (400, None, None, "refused", "doubt"),
    (401, "unauthorized", None, "refused", "locked_out"),
    (401, None, None, "refused", "doubt"),
    (403, "frozen", None, "refused", "locked_out"),
    (404, "payment_not_found", None, "refused", "refused"),
    (408, None, None, "doubt", "doubt"),
    (409, "request_in_progress", LOCATION, "follow", "follow"),
    (409, "refund_in_progress", LOCATION, "other", "other"),
    (409, "balance_changed", None, "refused", "refused"),
    (422, "declined", None, "refused", "refused"),
    (429, "rate_limited", None, "busy", "doubt"),
    (429, None, None, "busy", "doubt"),
    (500, "internal_error", None, "doubt", "doubt"),
    (502, None, None, "doubt", "doubt"),
    (503, "provider_unreachable", None, "busy", "doubt"),
    (503, "not_configured", None, "refused", "doubt"),
    (503, None, None, "doubt", "doubt"),
    (0, None, None, "doubt", "doubt"),
]


def test_an_answer_settles_a_request_or_leaves_it_in_doubt(logic):
    answers = [{"status": status, "location": location,
                "body": {"code": code, "refund": {}} if code else None}
               for status, code, location, *_ in ANSWERS]
    found = logic("[cancelpay.judge(args, false), cancelpay.judge(args, true)]",
                  answers)
    for (*answer, fresh, doubtful), meanings in zip(ANSWERS, found):
        assert meanings == [fresh, doubtful], answer


def test_only_an_https_address_becomes_a_link(logic):
    good = ["https://example.invalid", "https://example.invalid:8443/r?a=1#b",
            "https://example.invalid/" + "x" * 487]
    bad = ["javascript:alert(1)", "JAVASCRIPT:alert(1)//https://a.invalid/",
           "data:text/html,x", "http://example.invalid/", "//example.invalid/",
           "https://", "https:///x", "https://a.invalid@b.invalid/",
           "https://a.invalid\\@b.invalid/", "https://a.invalid/\n",
           "\nhttps://a.invalid/", " https://a.invalid/",
           "https://a.invalid/\x00", "https://a.invalid/\u202e",
           "https://a.invalid/" + "x" * 500, "", None, 7, ["https://a.invalid"]]
    made = logic("cancelpay.describe({ kind: 'succeeded', name: 'succeeded',"
                 " receipt: cancelpay.receiptOf({ receipt_url: args }) },"
                 " 'en').link?.address ?? null", good + bad)
    assert made == good + [None] * len(bad)


def test_a_typed_amount_is_whole_won_or_none(logic):
    typed = {"10000": 10000, "10,000": 10000, " 5 ": 5, "₩1,000": 1000,
             "3원": 3, "100000": 100000, "100001": None, "0": None,
             "-1": None, "1e3": None, "1.": None, "1.5": None, "abc": None,
             "1,00": None, "007": None, "": None, "1234567890123456": None,
             "１００": 100, "１，０００": 1000, "￦100": 100, "1００원": 100}
    assert logic("cancelpay.readAmount(args, 100000, 'KRW').units ?? null",
                 typed) == list(typed.values())


def test_an_amount_too_long_to_be_one_is_too_large(logic):
    typed = {"1234567890123456": "amount_exceeds", "9" * 60: "amount_exceeds",
             "1,234,567,890,123,456": "amount_exceeds",
             "0" * 16: "amount_wanted", "12345678901234567x": "amount_wanted"}
    assert logic("cancelpay.readAmount(args, 100000, 'KRW').error",
                 typed) == list(typed.values())
    assert logic("cancelpay.readAmount(args, Infinity, 'KRW').error",
                 ["9" * 16]) == ["amount_wanted"]


def test_amounts_have_the_digits_of_their_currency(logic):
    table = re.findall(r'\{ "([A-Z]{3})", (\d) \}',
                       (TREE / "src/core/money.c").read_text())
    assert len(table) > 30
    assert logic("cancelpay.unitsOf('1', args)",
                 [code for code, _ in table]) == [
        10 ** int(exponent) for _, exponent in table]


def test_the_words_are_there_for_all_the_server_says(logic):
    source = (TREE / "src/web/web_text.c").read_text()
    results = source[:source.index("refusals[]")]
    codes = set(re.findall(r'\] = \{ \d+, "(\w+)"', results)) | {
        "unauthorized", "forbidden", "overloaded", "not_configured"}
    codes -= {"refunded", "request_in_progress", "internal_error"}
    texts, = logic("cancelpayTexts", [0])
    assert set(texts["en"]) == set(texts["ko"])
    for code in codes:
        assert code in texts["en"] and f"{code}_detail" in texts["en"], code
    for name, english in texts["en"].items():
        marks = set(re.findall(r"\{\w+\}", english))
        assert marks == set(re.findall(r"\{\w+\}", texts["ko"][name])), name
        assert re.search("[가-힣]", texts["ko"][name]), name


# ---- looks, weight and order -------------------------------------------


def test_nothing_is_wider_than_a_small_screen(shop, page):
    """320 is also a screen of 640 at 200 %."""
    order = shop.order(
        10000, merchant_uid=f"{len(shop.orders):W>40}", method="vbank",
        pg="smartro")
    is_narrow = "return document.documentElement.scrollWidth <= innerWidth"
    with page.wide(320):
        page.ready(shop.base, order).part("99999999").press()
        assert page.run(is_narrow)
        page.part("100").find("refund_bank").send_keys("Woori")
        page.fill(refund_account="123456789", refund_holder="홍길동",
                  refund_tel="010").press().becomes("succeeded")
        assert page.run(is_narrow)


def test_letters_twice_as_large_need_no_sideways_scrolling(shop, page):
    order = shop.order(10000, method="vbank", pg="smartro")
    page.ready(shop.base, order)
    page.run("document.documentElement.style.fontSize = '200%'")
    assert page.part("99999999").press().run(
        "return document.documentElement.scrollWidth <= innerWidth &&"
        " [...document.querySelectorAll('label, button, h2, p, dd')].every("
        "element => element.scrollWidth <= element.clientWidth + 1 ||"
        " getComputedStyle(element).display === 'inline')")


def test_nothing_turns_for_who_wants_little_motion(shop, page):
    turning = ("return getComputedStyle(document.querySelector("
               "'#status h2'), '::after').animationName")
    page.ready(shop.base, shop.order(10000))
    with page.offline():
        page.press().becomes("offline")
        found = {}
        for wish in ("reduce", "no-preference"):
            page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-reduced-motion",
                              "value": wish}]})
            found[wish] = page.run(turning)
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {})
    assert found == {"reduce": "none", "no-preference": "turn"}
    page.wakes_to("succeeded")


def test_every_field_has_its_label_and_every_hint_its_field(shop, page):
    page.ready(shop.base, shop.order(10000, method="vbank", pg="smartro"))
    assert page.run(
        "return [...document.querySelectorAll('input, select, textarea')]"
        ".filter(field => field.labels.length !== 1"
        " || (field.getAttribute('aria-describedby') || '').split(' ')"
        ".some(id => id !== '' && !document.getElementById(id)))"
        ".map(field => field.id)") == []
    status = page.find("status")
    assert status.get_attribute("role") == "status"
    assert status.get_attribute("aria-live") == "polite"


@worker_of("react")
def test_they_refund_behind_every_web_server(front_shop, chromium):
    for kind in CLIENTS.values():
        order = front_shop.order(10000)
        with at_rest(kind(chromium.driver)) as page:
            page.ready(front_shop.base, order).part("3,000")
            page.fill(reason="고객 변심").press().becomes("succeeded")
            assert page.facts()["Refunded"] == "₩3,000"
            assert page.complaints(is_network_too=True) == []
        assert front_shop.payment(order)["cancel_amount"] == 3000
        assert len(front_shop.journal(order)) == 1
    front_shop.audit()


PAINTS = "performance.getEntriesByName('first-contentful-paint')"


def test_all_it_loads_is_light_and_soon_there(shop, page, say):
    order = shop.order(10000)
    painted = []
    # A tab behind another is not painted.
    page.driver.execute_cdp_cmd("Page.bringToFront", {})
    for _ in range(2):
        page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        page.ready(shop.base, order)
        page.awaits(PAINTS + ".length", "it is painted")
        painted.append(page.run(f"return {PAINTS}[0].startTime"))
    sizes = page.run(
        "return performance.getEntriesByType('navigation').concat("
        "performance.getEntriesByType('resource')).filter(entry =>"
        " !entry.name.includes('payments')).map(entry =>"
        " [entry.name, entry.encodedBodySize, entry.decodedBodySize])")
    weight = sum(size for _, size, _ in sizes)
    say(f"{page.path or 'index.html'}: {weight} bytes compressed, first "
        f"paint after {min(painted):.0f} ms")
    assert len(sizes) > 3
    assert all(packed < full for _, packed, full in sizes if full > 1000)
    assert weight < page.most_bytes
    # 300 on a machine that does nothing else.
    assert min(painted) < 1500


@worker_of("react")
def test_a_page_is_asked_for_again_by_its_tag(shop):
    """The same through a web server as from the program."""
    answer = requests.get(shop.base + "/texts.js", timeout=10)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Accept-Encoding" in answer.headers["Vary"]
    tag = answer.headers["ETag"]
    again = requests.get(shop.base + "/texts.js", timeout=10,
                         headers={"If-None-Match": tag})
    assert again.status_code == 304 and again.content == b""
