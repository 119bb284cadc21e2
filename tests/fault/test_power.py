# SPDX-License-Identifier: MIT
"""Power is cut before every call of SQLite along one refund: of what was
written since a file's last sync only a random part is there afterwards.  What
the program has relied on has to be there all the same."""

import signal

import pytest

from fault_shop import LONG

POINTS_MOST = 5000
POINTS_LEAST = 80


def is_cut_by(done, shop):
    """Whether power went."""
    if shop.page.hits:
        assert done.returncode == -signal.SIGKILL
        return True
    assert done.returncode == 0 and done.answer.status == 200, done.stderr
    return False


@pytest.mark.parametrize("is_responder", [False] + [True] * LONG)
@pytest.mark.parametrize("seed", range(20 if LONG else 1))
def test_power_cut_anywhere_money_moves_once(shops, say, seed, is_responder):
    shop = shops()
    run = shop.by_responder if is_responder else shop.cgi
    points = 0
    orders = shop.many_orders(1)
    assert shop.cgi(orders[0]).answer.status == 200
    is_cut = True
    while is_cut:
        assert points < POINTS_MOST
        if points + 1 == len(orders):
            orders += shop.many_orders(100)
        is_cut = is_cut_by(run(orders[points + 1],
                               f"vfs-cut:{points + 1}:{seed}"), shop)
        # The machine starts again, and so does the program.
        shop.settle()
        points += is_cut
    assert not any("corrupt" in text or "malformed" in text
                   for _, text in shop.logs())
    n = shop.page.count
    shop.check_books(orders[:points + 2])
    say(f"power cut, {'responder' if is_responder else 'CGI'}, seed {seed}: "
        f"{points} of {n} points")
    # What is left in the WAL makes a call more or less.
    assert is_responder or abs(points - n) <= 5
    assert points >= POINTS_LEAST


def test_a_disk_that_forgets_what_it_synced_would_be_seen(shops):
    """That the cut does cut: with a disk that lies, refunds are lost."""
    shop = shops()
    orders = shop.many_orders(10)
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
