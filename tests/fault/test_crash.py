# SPDX-License-Identifier: MIT
"""The crash matrix: kill -9 before every single thing SQLite does along one
refund, and before every call on a socket; then a clean start, and the books.
Each kill has an order of its own."""

import signal

import pytest

from fault_shop import LONG

POINTS_MOST = 5000
# Fewer, and something was not looked at.
POINTS_LEAST = {"vfs-kill": 80, "socket-kill": 5}


class Matrix:
    """Runs K = 1, 2, ... until there is no call left to be killed at."""

    def __init__(self, shop, kind, front, has_token=True):
        self.shop, self.kind, self.front = shop, kind, front
        self.has_token = has_token
        self.orders = []
        self.points = 0

    def order(self):
        if self.points == len(self.orders):
            self.orders += self.shop.many_orders(100)
        return self.orders[self.points]

    def is_killed(self):
        if not self.has_token:
            self.shop.forget_token()
        return self.front(self.shop, self.order(),
                          f"{self.kind}:{self.points + 1}")

    def go(self):
        assert self.shop.cgi(self.order()).answer.status == 200
        self.orders.pop(0)
        while self.is_killed():
            self.points += 1
            assert self.points < POINTS_MOST
        return self.orders[:self.points + 1]


def by_cgi_in_a_row(shop, order, plan):
    """Whether it was killed.  The next one has to recover the database first,
    and may be killed at that."""
    done = shop.cgi(order, plan)
    if done.returncode == -signal.SIGKILL:
        return True
    assert done.returncode == 0 and done.answer.status == 200, done.stderr
    return False


def by_cgi(shop, order, plan):
    """The same, and a clean start after each."""
    is_killed = by_cgi_in_a_row(shop, order, plan)
    shop.resolve()
    return is_killed


def by_responder(shop, order, plan):
    """The same; its end counts too."""
    done = shop.by_responder(order, plan)
    assert done.answer is None or done.answer.status == 200, done.answer.body
    assert done.returncode == (-signal.SIGKILL if shop.page.hits else 0)
    # The next responder has to have no work but what it is asked for.
    shop.settle()
    return shop.page.hits > 0


@pytest.mark.parametrize("kind", ["vfs-kill", "socket-kill"])
@pytest.mark.parametrize("front", [by_cgi, by_responder] + (
    [by_cgi_in_a_row] if LONG else []))
def test_killed_anywhere_money_moves_once(shops, say, front, kind):
    shop = shops()
    matrix = Matrix(shop, kind, front)
    orders = matrix.go()
    points, n = matrix.points, shop.page.count
    shop.check_books(orders)
    say(f"crash matrix, {front.__name__}, {kind}: {points} of {n} points")
    # The last run was not killed at any of its n calls.  What the WAL held
    # before it, and a responder's timers, make it a few more or less.
    assert abs(points - n) <= 5 or front is not by_cgi
    assert points >= POINTS_LEAST[kind]


@pytest.mark.parametrize("kind", ["vfs-kill"] * LONG + ["socket-kill"])
@pytest.mark.parametrize("front", [by_cgi] + [by_responder] * LONG)
def test_killed_anywhere_while_it_fetches_a_token(shops, say, front, kind):
    shop = shops()
    with_token, without = (Matrix(shop, kind, front, has) for has in (1, 0))
    orders = with_token.go() + without.go()
    shop.check_books(orders)
    say(f"crash matrix without a token, {front.__name__}, {kind}: "
        f"{without.points} of {shop.page.count} points")
    # To ask for it, and to save it.
    assert without.points > with_token.points
