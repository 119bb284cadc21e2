# SPDX-License-Identifier: MIT
"""Everything at once: customers, a bad network, a program that is killed
again and again and a second resolver beside it; then the books."""

import concurrent.futures
import contextlib
import random
import signal
import threading
import time

import pytest
import requests

from behaviours import STORMY
from world import until

FAULTS = ("drop_before", "drop_after", "hang", "hang_after", "late",
          "http_500_before", "http_500_after", "garbage", "garbage_before",
          "half_body", "null_response", "reset", "html_502",
          "token_expired")
ORDERS = 24
CUSTOMERS = 6
SECONDS = 6
# On a slow machine it goes on until so many answers have come.
ANSWERS = 10
SECONDS_MAX = 90


def kill_some(shop, chance, stop, heard):
    """kill -9 of the program whenever it has run for a moment; the moment is
    longer after one in which nobody heard anything."""
    n_heard, patience = 0, 1.0
    while not stop.wait(chance.uniform(0.3, 1.2) * patience):
        patience = patience * 2 if len(heard) == n_heard else 1.0
        n_heard = len(heard)
        shop.kill_and_start()


def resolve_beside(shop, stop):
    while not stop.wait(0.5):
        shop.cli("resolve", good=(0, 1, -signal.SIGKILL))


def shop_around(shop, orders, chance, stop, heard):
    """A customer; each answer's status goes to heard."""
    while not stop.is_set():
        key = f"{chance.random()}" if chance.random() < 0.5 else None
        with contextlib.suppress(requests.RequestException):
            answer = shop.refund(chance.choice(orders),
                                 chance.randrange(1, 4000), key=key)
            if answer.status_code in (200, 202):
                heard.append(answer.status_code)


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_the_books_agree_after_everything_at_once(shops, front):
    chance = random.Random(front)
    shop = shops.make(front, settings=STORMY).start()
    orders = [shop.order(amount=10000) for _ in range(ORDERS)]
    for name in FAULTS:
        shop.fault(name, p=0.04, **({"ms": 500} if name == "late" else {}))
    shop.fault("drop_before", route="read", p=0.03)
    stop = threading.Event()
    heard = []
    with concurrent.futures.ThreadPoolExecutor(CUSTOMERS + 2) as pool:
        others = [pool.submit(kill_some, shop, chance, stop, heard),
                  pool.submit(resolve_beside, shop, stop)]
        customers = [
            pool.submit(shop_around, shop, orders,
                        random.Random(f"{front}-{i}"), stop, heard)
            for i in range(CUSTOMERS)]
        started = time.monotonic()
        try:
            until(lambda: len(heard) >= ANSWERS and
                  time.monotonic() - started >= SECONDS,
                  "customers are answered", SECONDS_MAX)
        finally:
            stop.set()
        for thread in customers + others:
            thread.result()
    shop.calm()
    until(lambda: shop.get("/healthz").status_code == 200, "it serves again")
    # Read-backs that were lost too are repeated after a minute.
    shop.settle(150)
    shop.audit()
    assert shop.journal()
