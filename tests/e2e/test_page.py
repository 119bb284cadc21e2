# SPDX-License-Identifier: MIT
"""The refund page in a real Chromium: what it sends, and that it never says
more than it knows."""

import contextlib
import json
import re
import select
import shutil
import socket
import tempfile
import threading
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from world import PORTS, until

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--window-size=360,800")

# A browser takes longer to start than a test takes: one worker has them all.
pytestmark = pytest.mark.xdist_group("page")

ANSWER_MS = 1500

KO = {"submit": "환불 요청", "succeeded": "환불되었습니다",
      "doubt": "아직 알 수 없습니다", "busy": "결제 대행사 연결 불가"}
EN = {"submit": "Request Refund", "succeeded": "Refunded",
      "doubt": "Not yet known", "busy": "Payment service unreachable"}


class Page:
    """The page in a browser of one language."""

    def __init__(self, language):
        self.profile = tempfile.mkdtemp(prefix="cancelpay-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in FLAGS + (f"--accept-lang={language}",
                             f"--lang={language}",
                             f"--user-data-dir={self.profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            options=options, service=Service("/usr/bin/chromedriver"))
        # What it begins with says things of its own.
        self.driver.get("about:blank")

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def forget_logs(self):
        for name in ("browser", "performance"):
            self.driver.get_log(name)

    def open(self, base, order=None):
        query = ""
        if order is not None:
            query = "?" + urllib.parse.urlencode(
                {"order": order.merchant_uid})
        # An address that differs after "#" alone would load nothing anew.
        self.driver.get("about:blank")
        self.driver.get(base + "/" + query)
        until(self.find("fields").is_enabled, "the page is ready")
        return self

    def find(self, name):
        return self.driver.find_element(By.ID, name)

    def fill(self, **fields):
        for name, value in fields.items():
            self.find(name).clear()
            self.find(name).send_keys(value)
        return self

    def press(self):
        self.find("submit").click()
        return self

    def kind(self):
        """success, refused ...: the panel's class."""
        return self.driver.execute_script(
            "const panel = document.querySelector('#status .panel');"
            "return panel ? panel.classList[1] : ''")

    def said(self):
        return self.find("status").text

    def title(self):
        return self.find("status").find_element(By.TAG_NAME, "h2").text

    def becomes(self, kind, seconds=20):
        until(lambda: self.kind() == kind, f"the page says {kind}", seconds)
        return self

    def facts(self):
        return [fact.text for fact in
                self.find("status").find_elements(By.TAG_NAME, "dd")]

    def error(self, name):
        return self.find(name + "-error").text

    def is_locked(self):
        return not self.find("submit").is_enabled()

    def requests(self):
        """What went over the network since forget_logs()."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"])
        return [request for request in found
                if request["url"].startswith(("http", "ws"))]

    def complaints(self, is_network_too=False):
        """The console, without answers that are errors on purpose."""
        return [entry for entry in self.driver.get_log("browser")
                if is_network_too or entry["source"] != "network"]


@pytest.fixture(scope="module")
def browsers():
    with contextlib.ExitStack() as stack:
        made = {}

        def browser(language):
            if language not in made:
                made[language] = Page(language)
                stack.callback(made[language].quit)
            return made[language]
        yield browser


@pytest.fixture
def page(browsers):
    """In English; afterwards its console holds nothing of the page's own."""
    page = browsers("en-US")
    page.forget_logs()
    yield page
    assert page.complaints() == []


@pytest.fixture(scope="module")
def wire_port():
    return PORTS.take()


@pytest.fixture(scope="module")
def page_shop(lasting_shops, wire_port):
    shop = lasting_shops.make("nginx", settings={
        "server.answer_ms": ANSWER_MS,
        "auth.allowed_origins": f"http://127.0.0.1:{wire_port}"}).start()
    # The token is there before a test makes i'mport slow.
    shop.refunded(shop.order(1000))
    return shop


@pytest.fixture
def shop(page_shop):
    yield page_shop
    page_shop.calm()
    page_shop.settle()
    page_shop.audit()


class Wire:
    """A road to the shop that loses answers while is_cut."""

    def __init__(self, port, shop_port):
        self.shop_port = shop_port
        self.is_cut = False
        self.listener = socket.create_server(("127.0.0.1", port))
        self.base = f"http://127.0.0.1:{port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller = self.listener.accept()[0]
                threading.Thread(target=self.carry, args=(caller,),
                                 daemon=True).start()

    def carry(self, caller):
        with caller, contextlib.suppress(OSError), \
                socket.create_connection(
                    ("127.0.0.1", self.shop_port)) as shop:
            while True:
                for end in select.select([caller, shop], [], [])[0]:
                    got = end.recv(65536)
                    if not got or (end is shop and self.is_cut):
                        return
                    (caller if end is shop else shop).sendall(got)

    def close(self):
        self.listener.close()


@pytest.fixture
def wire(shop, wire_port):
    wire = Wire(wire_port, shop.front.port)
    yield wire
    wire.close()


# ---- success -----------------------------------------------------------


def test_the_page_refunds_behind_every_web_server(front_shop, browsers):
    page = browsers("en-US")
    page.forget_logs()
    order = front_shop.order(10000)
    page.open(front_shop.base, order).fill(
        cancel_request_amount="3,000", reason="고객 변심").press()
    page.becomes("succeeded")
    assert page.title() == EN["succeeded"]
    refund, = front_shop.refunds(order)
    assert page.facts() == [
        order.merchant_uid, "₩3,000", "₩7,000", refund["id"]]
    assert front_shop.payment(order)["cancel_amount"] == 3000
    assert len(front_shop.journal(order)) == 1
    assert page.complaints(is_network_too=True) == []
    front_shop.audit()


def test_the_page_asks_no_other_host(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order).press().becomes("succeeded")
    addresses = [request["url"] for request in page.requests()]
    assert shop.base + "/payments/cancel" in addresses
    host = urllib.parse.urlparse(shop.base).netloc
    assert {urllib.parse.urlparse(url).netloc for url in addresses} == {host}
    assert page.complaints(is_network_too=True) == []


def test_the_request_is_the_guides_json_with_a_key(shop, page):
    order = shop.order(10000, method="vbank")
    page.open(shop.base, order).find("is_vbank").click()
    page.fill(cancel_request_amount="4000", reason="변심",
              refund_holder="홍길동", refund_bank="04",
              refund_account="123-456-789", refund_tel="010-0000-0000")
    page.press().becomes("succeeded")
    request, = [request for request in page.requests()
                if request["method"] == "POST"]
    assert json.loads(request["postData"]) == {
        "merchant_uid": order.merchant_uid, "cancel_request_amount": 4000,
        "reason": "변심", "refund_holder": "홍길동", "refund_bank": "04",
        "refund_account": "123-456-789", "refund_tel": "010-0000-0000",
        "requester": "customer"}
    assert request["headers"]["Content-Type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f-]{32,36}",
                        request["headers"]["Idempotency-Key"])


def test_an_empty_amount_refunds_all_that_is_left(shop, page):
    order = shop.order(10000)
    shop.refunded(order, 1000)
    page.open(shop.base, order).press().becomes("succeeded")
    assert page.facts()[1:3] == ["₩9,000", "₩0"]


def test_an_amount_with_cents_stays_exact(shop, page):
    order = shop.order(10010, currency="USD")
    page.open(shop.base, order).fill(cancel_request_amount="33.37").press()
    page.becomes("succeeded")
    assert page.facts()[1:3] == ["$33.37", "$66.73"]
    assert shop.refunds(order)[0]["amount"] == 3337


def test_a_double_click_refunds_once(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order).fill(cancel_request_amount="2000")
    ActionChains(page.driver).double_click(page.find("submit")).perform()
    page.becomes("succeeded")
    assert page.is_locked()
    assert len(shop.refunds(order)) == len(shop.journal(order)) == 1


def test_a_second_refund_takes_a_new_request_and_a_new_key(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order).fill(cancel_request_amount="2000").press()
    page.becomes("succeeded").find("again").click()
    assert page.kind() == ""
    page.fill(cancel_request_amount="3000").press().becomes("succeeded")
    assert page.facts()[1:3] == ["₩3,000", "₩5,000"]
    keys = [request["headers"]["Idempotency-Key"]
            for request in page.requests() if request["method"] == "POST"]
    assert len(set(keys)) == len(keys) == 2


def test_the_keyboard_alone_is_enough(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order).find("cancel_request_amount").send_keys(
        "1000", Keys.ENTER)
    page.becomes("succeeded")
    assert page.driver.switch_to.active_element == page.find("status")


def test_the_account_is_not_kept(shop, page):
    order = shop.order(10000, method="vbank")
    page.open(shop.base, order).find("is_vbank").click()
    page.fill(refund_holder="홍길동", refund_bank="04",
              refund_account="987654321").press().becomes("succeeded")
    assert page.find("refund_account").get_attribute("value") == ""
    assert page.driver.execute_script(
        "return localStorage.length + sessionStorage.length") == 0
    assert page.driver.get_cookies() == []


# ---- refusals ----------------------------------------------------------


def test_a_refusal_is_told_and_tied_to_its_field(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order).fill(cancel_request_amount="10001").press()
    page.becomes("refused")
    assert "larger than what can still be refunded" in page.said()
    assert page.facts() == ["10,000"]
    amount = page.find("cancel_request_amount")
    assert amount.get_attribute("aria-invalid") == "true"
    assert page.driver.switch_to.active_element == amount
    assert page.error("cancel_request_amount") != ""
    assert not page.is_locked()
    assert shop.journal(order) == []


def test_corrected_the_refund_succeeds(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order).fill(cancel_request_amount="10001").press()
    page.becomes("refused").fill(cancel_request_amount="10000")
    assert page.error("cancel_request_amount") == ""
    page.press().becomes("succeeded")


def test_an_order_already_refunded_is_refused(shop, page):
    order = shop.order(10000)
    shop.refunded(order)
    page.open(shop.base, order).press().becomes("refused")
    assert "already been fully refunded" in page.said()


def test_an_unknown_order_is_refused(shop, page):
    page.open(shop.base).fill(merchant_uid="NO-SUCH-ORDER").press()
    page.becomes("refused")
    assert page.find("merchant_uid").get_attribute("aria-invalid") == "true"


@pytest.mark.parametrize("amount", ["0", "-1", "1e3", "1.", "abc", "1,00",
                                    "1234567890123456"])
def test_what_is_no_amount_is_not_sent(shop, page, amount):
    order = shop.order(10000)
    page.open(shop.base, order).fill(cancel_request_amount=amount).press()
    assert page.kind() == "refused"
    assert page.error("cancel_request_amount") != ""
    assert not [request for request in page.requests()
                if request["method"] == "POST"]


def test_a_virtual_account_asks_for_the_account(shop, page):
    order = shop.order(10000, method="vbank")
    page.open(shop.base, order)
    assert not page.find("account").is_displayed()
    page.press().becomes("refused")
    assert page.find("account").is_displayed()
    for name in ("refund_holder", "refund_bank", "refund_account"):
        assert page.error(name) != "", name
    page.fill(refund_holder="홍길동", refund_bank="04",
              refund_account="123456789").press().becomes("succeeded")
    assert len(shop.journal(order)) == 1


def test_without_the_provider_nothing_happened_and_one_may_try_again(
        shops, page):
    shop = shops.make().start()
    order = shop.order(10000)
    shop.sandbox.stop()
    page.open(shop.base, order).press().becomes("busy")
    assert page.title() == EN["busy"]
    assert not page.is_locked()
    shop.start_sandbox()
    page.press().becomes("succeeded")
    assert len(shop.journal(order)) == 1


# ---- not yet known -----------------------------------------------------


def test_a_late_answer_is_not_yet_known_and_then_refunded(shop, page):
    order = shop.order(10000)
    shop.latency(3 * ANSWER_MS)
    page.open(shop.base, order).fill(cancel_request_amount="6000").press()
    page.becomes("doubt")
    assert page.title() == EN["doubt"]
    assert "may or may not have happened" in page.said()
    assert page.is_locked()
    page.becomes("succeeded", 30)
    assert page.facts()[:3] == [order.merchant_uid, "₩6,000", "₩4,000"]
    posts = [request for request in page.requests()
             if request["method"] == "POST"]
    assert len(posts) == len(shop.journal(order)) == 1


def test_a_refund_not_yet_known_outlives_a_reload(shop, page):
    order = shop.order(10000)
    shop.latency(3 * ANSWER_MS)
    page.open(shop.base, order).press().becomes("doubt")
    page.driver.refresh()
    page.becomes("doubt")
    assert page.is_locked()
    page.becomes("succeeded", 30)
    assert page.facts()[0] == "₩10,000"
    assert len(shop.journal(order)) == 1


def test_without_an_answer_the_same_request_is_repeated(shop, page, wire):
    order = shop.order(10000)
    page.open(wire.base + shop.front.mount, order)
    page.fill(cancel_request_amount="2500")
    wire.is_cut = True
    page.press().becomes("doubt")
    assert "may or may not have happened" in page.said()
    assert page.is_locked()
    until(lambda: len(shop.journal(order)) == 1, "the money moved")
    wire.is_cut = False
    page.becomes("succeeded", 30)
    assert page.facts()[1:3] == ["₩2,500", "₩7,500"]
    posts = [request for request in page.requests()
             if request["method"] == "POST"]
    assert len(posts) > 1
    assert len({post["headers"]["Idempotency-Key"] for post in posts}) == 1
    assert len({post["postData"] for post in posts}) == 1
    assert len(shop.journal(order)) == len(shop.refunds(order)) == 1


def test_without_a_network_nothing_is_claimed(shop, page):
    order = shop.order(10000)
    page.open(shop.base, order)
    page.driver.set_network_conditions(
        offline=True, latency=0, throughput=-1)
    try:
        page.press().becomes("doubt")
        assert page.is_locked()
    finally:
        page.driver.delete_network_conditions()
    page.becomes("succeeded", 30)
    assert len(shop.journal(order)) == 1


def test_a_refund_that_fails_later_is_told(shop, page):
    order = shop.order(10000)
    shop.latency(3 * ANSWER_MS)
    shop.fault("pg_refusal", imp_uid=order.imp_uid)
    page.open(shop.base, order).press().becomes("doubt")
    page.becomes("refused", 30)
    assert "Nothing was refunded" in page.said()
    assert not page.is_locked()
    assert shop.journal(order) == []


# ---- languages and looks -----------------------------------------------


@pytest.mark.parametrize("language, lang, texts",
                         [("ko-KR", "ko", KO), ("en-US", "en", EN),
                          ("fr-FR", "en", EN)])
def test_the_page_speaks_the_browsers_language(
        shop, browsers, language, lang, texts):
    page = browsers(language)
    page.forget_logs()
    order = shop.order(10000)
    page.open(shop.base, order)
    html = page.driver.find_element(By.TAG_NAME, "html")
    assert html.get_attribute("lang") == lang
    assert page.find("submit").text == texts["submit"]
    page.press().becomes("succeeded")
    assert page.title() == texts["succeeded"]
    page.open(shop.base, order).press().becomes("refused")
    is_korean = re.search("[가-힣]", page.said()) is not None
    assert is_korean == (lang == "ko")
    assert page.complaints() == []


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_screen(shop, page, width):
    order = shop.order(10000, merchant_uid="W" * 35 + f"{width:05d}")
    page.driver.set_window_size(width, 800)
    page.open(shop.base, order).find("is_vbank").click()
    page.press().becomes("succeeded")
    assert page.driver.execute_script(
        "return document.documentElement.scrollWidth <= innerWidth")


def test_every_field_has_its_label(shop, page):
    page.open(shop.base)
    assert page.driver.execute_script(
        "return [...document.querySelectorAll('input, textarea')]"
        ".filter(field => field.labels.length !== 1)"
        ".map(field => field.id)") == []
