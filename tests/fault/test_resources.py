# SPDX-License-Identifier: MIT
"""What a machine runs out of, what an operator has broken, a process that was
stopped, and clocks that step; all against the books."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

import fcgi_client
from fault_shop import refund_body
from world import give, until

HOURS_MS = 5 * 3600 * 1000


def problem(answer, statuses):
    """A clear answer; its code."""
    assert answer is not None
    assert answer.status in statuses, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()["code"]


# ---- the disk -------------------------------------------------------------

@contextlib.contextmanager
def small_disk(folder, kib):
    """A disk of that size."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)],
        capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small disk here: {done.stderr.decode().strip()}")
    try:
        yield give(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Ballast:
    """Takes all the room there is, and gives it back."""

    def __init__(self, folder):
        self.path = folder / "ballast"

    def fill(self):
        with open(self.path, "wb", buffering=0) as file:
            for size in (4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def drop(self):
        self.path.unlink()


@pytest.mark.parametrize("is_responder", [False, True])
def test_on_a_full_disk_nothing_is_sent(shops, world, is_responder):
    # 6 MiB of it are the file of rates.
    with small_disk(world.folder / f"disk-{is_responder}", 8192) as folder:
        shop = shops(database=folder / "cancelpay.db")
        orders = shop.many_orders(6)
        ballast = Ballast(folder)
        ask = shop.ask if is_responder else shop.cgi_answer
        if is_responder:
            shop.respond()
        assert ask(orders[0]).status == 200
        ballast.fill()
        for order in orders[1:]:
            answer = ask(order)
            if answer.status != 200:
                problem(answer, (500, 503))
                assert not shop.paid_out(order)
        ballast.drop()
        assert ask(orders[-1]).status == 200
        if is_responder:
            assert shop.responder.stop() == 0
        shop.check_books(orders)


def test_a_database_that_may_not_be_written_is_a_clear_answer(shops):
    shop = shops()
    first, order = shop.many_orders(2)
    assert shop.cgi_answer(first).status == 200
    if os.geteuid() == 0:
        os.chown(shop.database, 0, 0)
    shop.database.chmod(0o444)
    problem(shop.cgi_answer(order), (500, 503))
    assert not shop.paid_out(order)
    # SQLite gives what lies beside it the same mode, so all is mended.
    for path in shop.folder.glob("cancelpay.db*"):
        path.chmod(0o600)
        give(path)
    assert shop.cgi_answer(order).status == 200
    shop.check_books([first, order])


# ---- what an operator has broken ------------------------------------------

def test_a_key_that_can_not_be_read_is_a_clear_answer(shops):
    shop = shops(has_secret_files=True)
    order, = shop.many_orders(1)
    secret = shop.folder / "secret"
    secret.chmod(0o000)
    if os.geteuid() == 0:
        os.chown(secret, 0, 0)
    done = shop.cgi(order)
    assert problem(done.answer, (500, 503)) in (
        "internal_error", "not_configured")
    assert done.returncode == 2 and str(secret) in done.stderr
    assert "sandbox_secret" not in done.stderr + done.answer.body.decode()
    secret.chmod(0o600)
    give(secret)
    assert shop.cgi_answer(order).status == 200
    shop.check_books([order])


# ---- descriptors ----------------------------------------------------------

def open_files(program):
    return len(os.listdir(f"/proc/{program.process.pid}/fd"))


@pytest.mark.parametrize("room", [1, 3, 5, 8, 12])
def test_a_responder_without_descriptors_answers_clearly(shops, room):
    """room: how many more it may open than it has when it starts.  With
    twelve it has all that one refund wants."""
    shop = shops()
    orders = shop.many_orders(3)
    shop.respond()
    # It listens before it has opened all that it needs.
    assert fcgi_client.ask(shop.front.socket, "GET", "/nothing").status == 404
    most = open_files(shop.responder) + room
    assert shop.responder.stop() == 0
    responder = shop.respond(before=["prlimit", f"--nofile={most}:{most}"])
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(fcgi_client.Connection(
            shop.front.socket)) for _ in range(room + 2)]
        # Who idles longest makes room.
        assert crowd[0].is_closed(20)
        for order in orders[:2]:
            answer = shop.ask(order)
            assert answer is None or answer.status in (200, 202, 500, 503)
        assert responder.is_running()
    until(lambda: open_files(responder) < most, "the crowd has gone")
    answer = shop.ask(orders[2])
    if room >= 12:
        assert answer.status == 200, answer.body
    elif answer is not None and answer.status != 200:
        problem(answer, (500, 503))
    assert responder.stop() == 0
    shop.check_books(orders)


# ---- time -----------------------------------------------------------------

def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def test_what_was_stopped_past_send_by_is_not_sent(shops):
    shop = shops()
    order, second = shop.many_orders(2)
    # The token first: it is not what must not be sent late.
    assert shop.cgi_answer(second).status == 200
    process = shop.cgi_begin(order, "connect-stop:1")
    process.stdin.write(refund_body(order))
    process.stdin.close()
    process.stdin = None
    until(lambda: is_stopped(process.pid), "it stands before its connect")
    row, = shop.refunds(order)
    assert row["state"] == "in_flight"
    until(lambda: time.time() * 1000 > row["send_by_ms"], "send_by has passed")
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate(timeout=30)
    assert problem(fcgi_client.Answer(out), (503,)) == "provider_unreachable"
    row, = shop.refunds(order)
    assert (row["state"], row["failure"]) == ("failed", "not_sent")
    assert shop.cancels_received(order) == 0
    shop.check_books([order, second])


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("ms", [HOURS_MS, -HOURS_MS])
def test_clocks_that_step_lose_no_refund(shops, ms, at):
    """Wrong from the start, or from the moment it connects to i'mport."""
    shop = shops()
    orders = shop.many_orders(5)
    answers = [shop.cgi(order, f"clock:{at}:{ms}").answer
               for order in orders[:3]]
    assert {answer.status for answer in answers} <= {200, 202, 503}
    # One that is unknown, resolved by a right clock.
    shop.fault("drop_after", count=1)
    shop.cgi(orders[3], f"clock:{at}:{ms}")
    shop.settle_by_clock(ms)
    shop.check_books(orders)
