# SPDX-License-Identifier: MIT
"""iamport-sandbox's clock and its webhooks."""
import contextlib
import email.utils
import http.server
import json
import queue
import threading
import urllib.parse

import pytest

from test_sandbox import ACCOUNT, P1, done, message
from test_sandbox import sandbox, start  # fixtures  # noqa: F401
from world import until

MINUTE = 60000
DAY = 86400000


# --- clock ---

def test_the_clock_starts_where_it_is_told_and_runs_on(start):
    sandbox = start("--clock", "2026-01-31T23:59:50+09:00")
    clock = sandbox.control("GET", "clock").json()
    assert 1769871590000 <= clock["now_ms"] < 1769871590000 + MINUTE
    token = sandbox.get_token()
    assert token.json()["response"]["now"] == pytest.approx(1769871590, abs=60)
    date = email.utils.parsedate_to_datetime(token.headers["Date"])
    assert date.timestamp() == pytest.approx(1769871590, abs=60)
    assert token.headers["Date"].endswith(" GMT")
    assert sandbox.control("POST", "clock", json={"at": "1769871999"}).status_code == 200
    assert sandbox.control("GET", "clock").json()["now_ms"] // 1000 == 1769871999
    for bad in ({"at": "noon"}, {"at": ""}, {"advance_ms": -1}, {"advance_ms": "x"}):
        assert sandbox.control("POST", "clock", json=bad).status_code == 400


def test_a_token_expires_without_waiting(sandbox):
    first = sandbox.get_token().json()["response"]
    sandbox.advance(1745000)  # its last minute
    again = sandbox.get_token().json()["response"]
    assert again["access_token"] == first["access_token"]
    assert again["expired_at"] == first["expired_at"] + 300
    sandbox.advance(400000)
    sandbox.token = first["access_token"]
    message(sandbox.call("GET", "/payments/find/ORD-1"), 401, -1)
    assert sandbox.get_token().json()["response"]["access_token"] != first["access_token"]


def test_a_month_passes_without_waiting(start):
    sandbox = start("--clock", "2026-01-31T23:59:00+09:00")
    for uid in ("imp_a", "imp_b"):
        sandbox.make(uid, pay_method="phone", pg_provider="danal",
                     paid_at="2026-01-31T10:00:00+09:00")
    assert done(sandbox.cancel("imp_a"))["cancel_amount"] == 1000
    sandbox.advance(2 * MINUTE)
    sandbox.get_token()
    assert "[sandbox] paid in another month" in message(sandbox.cancel("imp_b"), 200, -1)


def test_pending_and_late_cancels_land_without_waiting(start):
    sandbox = start("--pending-ms", str(DAY))
    done(sandbox.cancel("imp_000000000009", refund_tel="010", **ACCOUNT))
    assert sandbox.read("imp_000000000009")["cancel_amount"] == 0
    sandbox.advance(DAY + 1)
    sandbox.get_token()
    assert sandbox.read("imp_000000000009")["cancel_amount"] == 900


def test_ninety_days_pass_without_waiting(sandbox):
    url = "/payments/status/paid?limit=1000"
    assert done(sandbox.call("GET", url))["total"] > 0
    sandbox.advance(91 * DAY)
    sandbox.get_token()
    assert done(sandbox.call("GET", url))["total"] == 0


# --- webhooks ---

class Shop(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.put((self.path, self.headers["Content-Type"], body.decode()))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def shop():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.got = queue.Queue()
    server.statuses = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_webhook_tells_of_what_the_console_does(start, shop):
    sandbox = start("--webhook", shop.url + "/hook")
    line = sandbox.control("POST", "cancel", json={"imp_uid": P1, "amount": 10}).json()
    path, kind, body = shop.got.get(timeout=10)
    assert (path, kind) == ("/hook", "application/json")
    assert json.loads(body) == {
        "imp_uid": P1, "merchant_uid": "ORD-1", "status": "cancelled",
        "cancellation_id": line["cancellation_id"]}
    sandbox.make("imp_new", notice_url=shop.url + "/own")
    path, _, body = shop.got.get(timeout=10)
    assert path == "/own" and json.loads(body)["status"] == "paid"
    sandbox.control("POST", "webhook", json={"imp_uid": "imp_new", "times": 3})
    assert [shop.got.get(timeout=10)[0] for _ in range(3)] == ["/own"] * 3


def test_a_cancel_by_the_api_is_told_of_only_when_wished(start, shop):
    sandbox = start("--webhook", shop.url, "--webhook-form", "--pending-ms", "100")
    done(sandbox.cancel(amount=1))
    done(sandbox.cancel(amount=2, enable_webhook=True))
    _, kind, body = shop.got.get(timeout=10)
    assert kind == "application/x-www-form-urlencoded"
    fields = dict(urllib.parse.parse_qsl(body))
    entry = sandbox.read()["cancel_history"][1]
    assert fields == {"imp_uid": P1, "merchant_uid": "ORD-1", "status": "cancelled",
                      "cancellation_id": entry["cancellation_id"]}
    done(sandbox.cancel("imp_000000000004", amount=1))  # pending: told when it is done
    assert "imp_000000000004" in shop.got.get(timeout=10)[2]
    assert shop.got.empty()


def test_a_webhook_that_fails_is_repeated_after_a_minute(start, shop):
    sandbox = start("--webhook", shop.url, "--webhook-repeats", "2")
    shop.statuses = [500, 503, 500]
    sandbox.control("POST", "cancel", json={"imp_uid": P1, "amount": 10})
    first = shop.got.get(timeout=10)
    with pytest.raises(queue.Empty):
        shop.got.get(timeout=0.3)

    def repeated():
        # Our answer may not have reached it when the clock was set before.
        sandbox.advance(MINUTE + 5000)
        with contextlib.suppress(queue.Empty):
            return shop.got.get(timeout=0.3)

    for _ in range(2):
        assert until(repeated, "it is repeated") == first
    for _ in range(2):
        assert repeated() is None


def test_a_shop_that_is_not_there_does_no_harm(start):
    sandbox = start("--webhook", "http://127.0.0.1:9/", "--webhook-repeats", "5")
    for _ in range(5):
        sandbox.control("POST", "cancel", json={"imp_uid": P1, "amount": 10})
    sandbox.make("imp_new", notice_url="ftp://127.0.0.1/")
    assert sandbox.read()["cancel_amount"] == 50
