# SPDX-License-Identifier: MIT
"""The K-th piece of memory along one refund is not to be had.  Counted from
the moment the request is read: a program that can't start has no request to
lose.  It may answer anything or nothing, but it may not crash, and the books
have to be right."""

import collections

from fault_shop import CALM, LONG, points_of

# Pieces a request of ours is read with, and some more.
FIRST = 30


def pieces(shop, run_one, kind):
    """How many a refund wants."""
    order, = shop.many_orders(1)
    done = run_one(order, f"{kind}:0")
    assert done.answer.status == 200, done.stderr
    return shop.page.count


def is_of_library(kind):
    """Killed by one that has no other answer: libcrypto (3.0) crashes where it
    is first used."""
    return kind == "crypto-malloc"


def run(shop, run_one, kind, most, end=""):
    n = pieces(shop, run_one, kind)
    points = points_of(n, most,
                       1 if kind == "crypto-malloc" else FIRST)
    orders = shop.many_orders(len(points))
    statuses = collections.Counter()
    for order, k in zip(orders, points):
        done = run_one(order, f"{kind}:{k}{end}")
        assert done.returncode >= 0 or is_of_library(kind), (k, done)
        statuses[done.answer.status if done.answer else "none"] += 1
        shop.level()
    assert set(statuses) <= {"none", 200, 202, 500, 503}, statuses
    shop.check_books(orders)
    heard = ", ".join(f"{n} x {status}" for status, n in statuses.items())
    return f"{len(points)} of {n} points; answers {heard}"


def test_without_a_piece_of_memory_no_refund_is_lost(shops, say):
    shop = shops()
    said = run(shop, shop.cgi, "malloc",
               100000 if LONG else 60)
    say("memory, once: " + said)


def test_without_a_piece_of_its_own_memory_no_refund_is_lost(shops, say):
    shop = shops(settings=CALM)
    said = run(shop, shop.cgi, "own-malloc", 10000 if LONG else 60)
    say("memory but SQLite's, once: " + said)


def test_without_any_more_memory_no_refund_is_lost(shops, say):
    shop = shops(settings={"server.answer_ms": 1000})
    said = run(shop, shop.cgi_heard, "malloc", 100000 if LONG else 10,
               ":forever")
    say("memory, from then on: " + said)


def test_without_a_piece_of_libcryptos_no_refund_is_lost(shops, say):
    shop = shops()
    said = run(shop, shop.cgi, "crypto-malloc",
               1000 if LONG else 8)
    say("libcrypto's memory, once: " + said)


def test_a_responder_without_a_piece_of_memory_loses_no_refund(shops, say):
    shop = shops()
    said = run(shop, shop.by_warm_responder, "malloc", 1000 if LONG else 20)
    say("memory, once, responder: " + said)
