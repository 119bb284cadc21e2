# SPDX-License-Identifier: MIT
"""Every call of SQLite along one refund fails with every error it may fail
with; each has an order of its own.  The caller hears something clear, nothing
crashes, and afterwards the books are right."""

import pytest

from fault_shop import LONG

# Which call can say what: the table in vfs.c, by the letters of a trace.
CALLS = {
    "FULL": "WM", "IOERR": "ODARWTSZLKMH", "READONLY": "WT", "CORRUPT": "R",
    "BUSY": "LH", "NOMEM": "ODARWTMH", "CANTOPEN": "O",
}
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


def trace_of(shop):
    """A refund's calls, when nothing fails."""
    first, second = shop.orders_at_once(2)
    assert shop.cgi(first).answer.status == 200
    assert shop.cgi(second, "vfs-error:0").answer.status == 200
    return shop.page.trace


def plans_of(trace, code, forever):
    end = ":forever" if forever else ""
    return [f"vfs-error:{k}:{code}{end}" for k, letter in enumerate(trace, 1)
            if letter in CALLS[code]]


def run_all(shop, run, plans):
    """How many calls did fail."""
    orders = shop.orders_at_once(len(plans))
    hits = 0
    for order, plan in zip(orders, plans):
        done = run(order, plan)
        assert done.returncode in (0, 1, 2), (plan, done.returncode)
        check_answer(done.answer, (plan, done.stderr))
        hits += shop.page.hits > 0
        shop.level()
    shop.check_books(orders)
    return hits


@pytest.mark.parametrize("code", CALLS)
def test_a_call_that_fails_once_is_a_clear_answer(shops, say, code):
    shop = shops()
    plans = plans_of(trace_of(shop), code, False)
    hits = run_all(shop, shop.cgi, plans)
    say(f"SQLite's {code}, once: {hits} of {len(plans)} points")
    # A page more or less of a table's shifts some to a call that can't fail.
    assert hits >= len(plans) * 0.8


@pytest.mark.parametrize("code", CALLS if LONG else ["FULL", "IOERR"])
def test_calls_that_go_on_failing_are_a_clear_answer(shops, say, code):
    shop = shops(settings={"server.answer_ms": 1000})
    plans = plans_of(trace_of(shop), code, True)
    chosen = plans[::1 if LONG else 6]
    hits = run_all(shop, shop.cgi_heard, chosen)
    say(f"SQLite's {code}, from then on: {hits} of {len(plans)} points")
    assert hits >= len(chosen) * 0.8
