# SPDX-License-Identifier: MIT
"""Many requests at once: each refund at most once, and never too much."""

import concurrent.futures
import threading
import time

import pytest

from shop import problem, read_json
from world import until

# Longer than any web server keeps the second of two requests waiting.
WINDOW_MS = 60000
SHORT_WINDOW_MS = 1500


@pytest.fixture(scope="module", params=["nginx", "lighttpd", "cgi",
                                        "fcgid"])
def front_shop(request, lasting_shops):
    settings = {"policy.duplicate_window_ms": WINDOW_MS,
                "policy.order_refunds_per_minute": 0,
                "server.answer_ms": 25000, "iamport.timeout_ms": 25000}
    return lasting_shops.make(request.param, settings=settings).start()


def at_once(calls):
    """Starts all calls at one moment; their results in order."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def beside(shop, order, amount, **args):
    """A refund that i'mport is still busy with; its future."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    before = len(shop.refunds(order))
    future = pool.submit(shop.refund, order, amount, **args)
    pool.shutdown(wait=False)
    until(lambda: len(shop.refunds(order)) > before, "it is in the journal")
    return future


def test_two_equal_requests_at_once(shop):
    order = shop.order(amount=10000)
    shop.latency(400)
    first, second = at_once([lambda: shop.refund(order, 4000)] * 2)
    assert first.status_code == second.status_code == 200, first.text
    assert first.content == second.content
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1


def test_a_double_click(shop):
    order = shop.order(amount=10000)
    shop.latency(1000)
    first = beside(shop, order, 4000)
    time.sleep(0.3)  # the customer's finger
    second = shop.refund(order, 4000)
    assert first.result().status_code == second.status_code == 200
    assert first.result().content == second.content
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1


def test_a_second_click_after_the_answer(shop):
    order = shop.order(amount=10000)
    first, second = (shop.refund(order, 4000) for _ in range(2))
    assert first.content == second.content
    assert len(shop.journal(order)) == 1


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_the_same_after_the_window_is_a_new_wish(shops, front):
    settings = {"policy.duplicate_window_ms": SHORT_WINDOW_MS}
    shop = shops.make(front, settings=settings).start()
    order = shop.order(amount=10000)
    shop.refunded(order, 4000)
    time.sleep(SHORT_WINDOW_MS / 1000 + 0.1)
    assert shop.refunded(order, 4000)["cancel_amount"] == 8000
    assert len(shop.journal(order)) == 2
    shop.audit()


def test_another_amount_is_no_double_click(shop):
    order = shop.order(amount=10000)
    assert shop.refunded(order, 4000)["cancel_amount"] == 4000
    assert shop.refunded(order, 4001)["cancel_amount"] == 8001


def test_two_keys_are_two_wishes(shop):
    order = shop.order(amount=10000)
    shop.refunded(order, 4000, key="one-" + order.imp_uid)
    body = shop.refunded(order, 4000, key="two-" + order.imp_uid)
    assert body["cancel_amount"] == 8000


def test_two_equal_requests_with_one_key_at_once(shop):
    order = shop.order(amount=10000)
    shop.latency(400)
    answers = at_once(
        [lambda: shop.refund(order, 4000, key="at-" + order.imp_uid)] * 4)
    good = [answer for answer in answers if answer.status_code == 200]
    assert good
    for answer in answers:
        if answer.status_code != 200:
            problem(answer, 409, "request_in_progress")
    assert len({answer.content for answer in good}) == 1
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1


def test_a_key_whose_request_is_running(shop):
    order = shop.order(amount=10000)
    key = "run-" + order.imp_uid
    shop.fault("slow", ms=5000)
    first = beside(shop, order, 4000, key=key)
    running = shop.refund(order, 4000, key=key)
    if running.status_code == 200 and shop.front.name == "fcgid":
        # One request a process: it may be kept waiting until the first ends.
        assert running.content == first.result().content
        return
    problem(running, 409, "request_in_progress")
    assert int(running.headers["Retry-After"]) > 0
    [row] = shop.refunds(order)
    assert running.headers["Location"].endswith("/refunds/" + row["id"])
    # The same key for something else is a mistake even now.
    problem(shop.refund(order, 4001, key=key), 422, "idempotency_mismatch")
    assert first.result().status_code == 200
    shop.calm()
    again = shop.refund(order, 4000, key=key)
    assert again.content == first.result().content
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body(shop):
    order = shop.order(amount=10000)
    key = "body-" + order.imp_uid
    shop.refunded(order, 4000, key=key)
    problem(shop.refund(order, 5000, key=key), 422, "idempotency_mismatch")
    problem(shop.refund(order, 4000, key=key, reason="else"), 422,
            "idempotency_mismatch")
    assert len(shop.journal(order)) == 1


def test_64_different_requests_at_one_order(shop):
    order = shop.order(amount=6400)
    shop.latency(20)
    answers = at_once([
        lambda amount=amount: shop.refund(order, amount)
        for amount in range(500, 564)])
    paid = 0
    for answer in answers:
        body = read_json(answer)
        if answer.status_code == 200:
            paid += body["refund"]["amount"]
        elif answer.status_code == 409:
            problem(answer, 409, "refund_in_progress")
        elif answer.status_code == 422:
            problem(answer, 422, "amount_exceeds_refundable")
        else:
            problem(answer, 400, "already_refunded")
    shop.settle()
    lines = shop.journal(order)
    assert 0 < paid <= 6400
    assert sum(line["amount"] for line in lines) == paid
    assert shop.payment(order)["cancel_amount"] == paid


def test_many_orders_at_once(shop):
    n = 24
    orders = [shop.order(amount=1000, known=False) for _ in range(n)]
    answers = at_once([lambda order=order: shop.refund(order, 300)
                       for order in orders])
    assert [answer.status_code for answer in answers] == [200] * n
