# SPDX-License-Identifier: MIT
"""The crash matrix: kill -9 before every single thing SQLite does along one
refund, and before every call on a socket; then a clean start, and the books.
Each kill has an order of its own."""

import signal

import pytest

POINTS_MOST = 5000


def check_books(shop, orders):
    shop.settle()
    for order in orders:
        shop.ask_again(order)
    shop.settle()
    shop.audit()


class Matrix:
    """Runs K = 1, 2, ... until nothing is left to be killed."""

    def __init__(self, shop, kind, run):
        self.shop, self.kind, self.run = shop, kind, run
        self.orders = []
        self.points = 0

    def order(self):
        if self.points == len(self.orders):
            self.orders += self.shop.orders_at_once(100)
        return self.orders[self.points]

    def go(self):
        while self.points < POINTS_MOST:
            order = self.order()
            is_killed = self.run(order, f"{self.kind}:{self.points + 1}")
            # At once what i'mport has done is found by its marker; where
            # nothing was sent, time has to pass.
            self.shop.settle()
            if not is_killed:
                return self
            self.points += 1
        raise AssertionError("no end of points")


def by_cgi(shop):
    def run(order, plan):
        done = shop.cgi(order, plan)
        if done.returncode == -signal.SIGKILL:
            return True
        assert done.returncode == 0 and done.answer.status == 200, done.stderr
        return False
    return run


def by_responder(shop):
    def run(order, plan):
        responder = shop.respond(plan)
        shop.page.release()
        answer = shop.ask(order)
        if answer is not None and shop.page.hits == 0:
            assert answer.status == 200, answer.body
            assert responder.stop() == 0
            # What came after the answer counts, too.
            return shop.page.hits != 0
        assert responder.process.wait(20) == -signal.SIGKILL
        return True
    return run


@pytest.mark.parametrize("kind", ["vfs-kill", "socket-kill"])
@pytest.mark.parametrize("front", [by_cgi, by_responder])
def test_killed_anywhere_money_moves_once(shops, say, front, kind):
    shop = shops()
    # Every refund fetches its own token: that is a store's write, too.
    matrix = Matrix(shop, kind, front(shop)).go()
    check_books(shop, matrix.orders[:matrix.points + 1])
    say(f"crash matrix ({front.__name__}, {kind}): "
        f"{matrix.points} of {shop.page.count} points")
    assert matrix.points > 5
    assert shop.page.count >= matrix.points
