# SPDX-License-Identifier: MIT
"""Every call of SQLite along one refund fails with every error it may fail
with; each has an order of its own.  The caller hears something clear, nothing
crashes, and afterwards the books are right."""

import pytest

from fault_shop import LONG

POINTS_MOST = 5000
# How many calls there are at least that can fail so.
CODES = {"FULL": 30, "IOERR": 80, "READONLY": 30, "CORRUPT": 20, "BUSY": 8,
         "NOMEM": 70, "CANTOPEN": 2}
# 200: SQLite or we could do without it.
CLEAR = {200: "refunded", 202: None, 500: "internal_error", 503: None}


def check_answer(answer, error):
    assert answer is not None, error
    assert answer.status in CLEAR, (error, answer.body)
    body = answer.json()
    if answer.status >= 500:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body["status"] == answer.status and body["code"], body
    if answer.status == 200:
        assert body["refund"]["state"] == "succeeded", body


def run_all(shop, run, code, step=1, end=""):
    """Until there is no such call left; how many did fail."""
    orders = shop.many_orders(2)
    assert shop.cgi(orders[0]).answer.status == 200
    points = 0
    for k in range(1, POINTS_MOST, step):
        if points + 2 > len(orders):
            orders += shop.many_orders(50)
        plan = f"vfs-error:{k}:{code}{end}"
        done = run(orders[points + 1], plan)
        assert done.returncode in (0, 1, 2), (plan, done.returncode)
        check_answer(done.answer, (plan, done.stderr))
        if shop.page.hits == 0:
            break
        points += 1
        shop.level()
    n = shop.page.count
    shop.check_books(orders[:points + 2])
    return points, n


@pytest.mark.parametrize("code", CODES)
def test_a_call_that_fails_once_is_a_clear_answer(shops, say, code):
    shop = shops()
    points, n = run_all(shop, shop.cgi, code)
    say(f"SQLite's {code}, once: {points} of {n} points")
    assert points >= CODES[code]


@pytest.mark.parametrize("code", CODES if LONG else ["BUSY"])
def test_a_responder_s_call_that_fails_once_is_a_clear_answer(
        shops, say, code):
    shop = shops()
    points, n = run_all(shop, shop.by_warm_responder, code)
    say(f"SQLite's {code}, once, responder: {points} of {n} points")
    # What it opens, it has opened when it started.
    assert points or code == "CANTOPEN"


@pytest.mark.parametrize("code", CODES if LONG else ["FULL", "IOERR"])
def test_calls_that_go_on_failing_are_a_clear_answer(shops, say, code):
    shop = shops(settings={"server.answer_ms": 1000})
    points, n = run_all(shop, shop.cgi_heard, code, 1 if LONG else 6,
                        ":forever")
    say(f"SQLite's {code}, from then on: {points} of {n} points")
    assert points
