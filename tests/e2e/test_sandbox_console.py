# SPDX-License-Identifier: MIT
"""iamport-sandbox's console page in a real Chromium."""
import pytest
from selenium.webdriver.common.by import By

from browser import Page
from test_sandbox import P1, done
from test_sandbox import sandbox, start  # fixtures  # noqa: F401
from world import until


pytestmark = pytest.mark.xdist_group("page")


@pytest.fixture
def browser(chromium):
    page = Page(chromium.driver)
    page.forget_logs()
    return page


def test_the_console_cancels_makes_payments_and_shows_the_journal(sandbox, browser):
    browser.driver.get(sandbox.url + "/sandbox/")
    form = browser.find("cancel")
    form.find_element(By.NAME, "imp_uid").send_keys(P1)
    form.find_element(By.NAME, "amount").send_keys("4000")
    form.find_element(By.NAME, "reason").send_keys("<b>콘솔</b>")
    form.submit()
    until(lambda: "<b>콘솔</b>" in browser.find("journal").text, "the journal shows it")
    assert sandbox.read()["cancel_amount"] == 4000
    # What the shop does is seen without a reload.
    done(sandbox.cancel(amount=1500, reason="by the shop"))
    until(lambda: "by the shop" in browser.find("journal").text, "the journal is live")
    form = browser.find("payments")
    for name, value in (("merchant_uid", "NEW"), ("imp_uid", "imp_new"), ("amount", "700")):
        form.find_element(By.NAME, name).send_keys(value)
    form.submit()
    until(lambda: "imp_new" in browser.find("paid").text, "the payment is there")
    assert sandbox.read("imp_new")["amount"] == 700
    form.submit()
    until(lambda: "known already" in browser.find("said").text, "the error is shown")
    wrong = [entry for entry in browser.complaints(is_network_too=True) if "409" not in entry["message"]]
    assert wrong == []


def test_the_console_allows_no_foreign_script(sandbox):
    for path in ("", "console.js", "console.css", "journal"):
        reply = sandbox.control("GET", path)
        assert reply.status_code == 200
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
    page = sandbox.control("GET", "").text
    assert "<style" not in page and "onclick" not in page and page.count("<script") == 1
    assert "Content-Security-Policy" not in sandbox.get_token().headers


def test_the_journal_and_payments_come_in_parts(sandbox):
    for amount in (1, 2, 3):
        done(sandbox.cancel(amount=amount))
    for query, amounts in (("", [1, 2, 3]), ("?last=2", [2, 3]), ("?since=2", [3]),
                           ("?since=1&last=1", [3]), ("?last=0", []), ("?since=9", [])):
        lines = sandbox.control("GET", "journal" + query).json()
        assert [line["amount"] for line in lines] == amounts, query
    everything = sandbox.control("GET", "payments").json()
    assert sandbox.control("GET", "payments?last=2").json() == everything[-2:]
    assert sandbox.control("GET", "payments?last=x").status_code == 400
