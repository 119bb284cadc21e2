# SPDX-License-Identifier: MIT
"""Power is cut before every call of SQLite along one refund: of what was
written since a file's last sync only a random part is there afterwards.  What
the program has relied on has to be there all the same."""

import signal

import pytest

from fault_shop import LONG

POINTS_MOST = 5000
POINTS_LEAST = 80


def by_cgi(shop, order, plan):
    """Whether the power was cut."""
    done = shop.cgi(order, plan)
    if done.returncode == -signal.SIGKILL:
        return True
    assert done.returncode == 0 and done.answer.status == 200, done.stderr
    return False


@pytest.mark.parametrize("seed", range(20 if LONG else 1))
def test_power_cut_anywhere_money_moves_once(shops, say, seed):
    shop = shops()
    points = 0
    orders = shop.orders_at_once(1)
    assert shop.cgi(orders[0]).answer.status == 200
    is_cut = True
    while is_cut:
        assert points < POINTS_MOST
        if points + 1 == len(orders):
            orders += shop.orders_at_once(100)
        is_cut = by_cgi(shop, orders[points + 1],
                        f"vfs-cut:{points + 1}:{seed}")
        # The machine starts again, and so does the program.
        shop.resolve()
        points += is_cut
    assert not any("corrupt" in text or "malformed" in text
                   for _, text in shop.logs())
    n = shop.page.count
    shop.check_books(orders[:points + 2])
    say(f"power cut, seed {seed}: {points} of {n} points")
    # What is left in the WAL makes a call more or less.
    assert abs(points - n) <= 5
    assert points >= POINTS_LEAST


def test_a_disk_that_forgets_what_it_synced_would_be_seen(shops):
    """That the cut does cut: with a disk that lies, refunds are lost."""
    shop = shops()
    orders = shop.orders_at_once(10)
    assert shop.cgi(orders[0], "vfs-lie:0").answer.status == 200
    trace = shop.page.trace
    # The WAL's head, the journal and what came of it are synced; then comes
    # the call after, counted from 1.
    third = [i for i, letter in enumerate(trace) if letter == "S"][2]
    lost = 0
    for seed, order in enumerate(orders[1:]):
        done = shop.cgi(order, f"vfs-lie:{third + 2}:{seed}")
        assert done.returncode == -signal.SIGKILL
        lost += bool(shop.paid_out(order)) and not shop.refunds(order)
    assert lost
