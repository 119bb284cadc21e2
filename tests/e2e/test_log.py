# SPDX-License-Identifier: MIT
"""What the log tells an operator, the same from a responder and from CGI."""

import json
import sqlite3
import time

import pytest

from shop import problem


@pytest.fixture(scope="module", params=["nginx", "cgi"])
def front_shop(request, lasting_shops):
    settings = {"log.format": "json", "server.answer_ms": 25000}
    return lasting_shops.make(request.param, settings=settings).start()


def said(shop, event, since=0):
    """(level, message) of all lines of that event."""
    lines = map(json.loads, shop.log.read_text().splitlines()[since:])
    return [(line["level"], line["message"]) for line in lines
            if line["event"] == event]


def lines(shop):
    return len(shop.log.read_text().splitlines()) if shop.log.exists() else 0


def test_a_lost_answer_is_a_warning_with_its_reason(shop):
    order, since = shop.order(), lines(shop)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.refund(order)
    ((level, message),) = said(shop, "provider_lost", since)
    assert level == "warning" and message


def test_nobody_gets_in_is_an_error(shop):
    order, since = shop.order(), lines(shop)
    shop.fault("token_expired", imp_uid=order.imp_uid)
    shop.fault("http_500_before", route="token")
    problem(shop.refund(order), 503, "provider_unreachable")
    ((level, message),) = said(shop, "provider_not_sent", since)
    assert level == "error" and "no token" in message


def test_a_good_refund_says_one_line(shop):
    order, since = shop.order(), lines(shop)
    answer = shop.refund(order, 4000)
    assert answer.status_code == 200
    assert lines(shop) == since + 1
    ((level, message),) = said(shop, "refund", since)
    assert level == "info"
    assert message.endswith("succeeded amount 4000 applied 4000 request "
                            + answer.headers["X-Request-Id"])


def test_a_database_nobody_may_open_now_is_busy(shops):
    shop = shops.make("cgi", settings={"log.format": "json"}).start()
    order = shop.order()
    # The last one to leave a database in WAL mode may lock others out of it.
    lock = sqlite3.connect(shop.database, isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN IMMEDIATE")
    lock.execute("UPDATE payments SET amount = amount")
    began = time.monotonic()
    answer = shop.refund(order)
    problem(answer, 503, "database_busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - began < 12
    ((level, message),) = said(shop, "open")
    assert level == "error" and message.startswith("busy: ")
    lock.close()
    assert shop.refunded(order)
    shop.audit()
