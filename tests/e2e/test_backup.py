# SPDX-License-Identifier: MIT
"""Copies of the book, and a book that is put back: no refund is lost from it
and none is made twice, however old the copy is."""

import concurrent.futures
import os
import pty
import signal
import sqlite3
import stat
import subprocess

import pytest

from shop import problem
from world import Program, give, until, user_args

# Short, so that a restored book is thawed within seconds.
SHORT = {
    "iamport.connect_timeout_ms": 500,
    "iamport.timeout_ms": 1000,
    "iamport.send_within_ms": 300,
    "iamport.quiet_ms": 300,
    "server.answer_ms": 4000,
}


@pytest.fixture(scope="module")
def lasting_shop(lasting_shops):
    shop = lasting_shops.make("nginx", settings=SHORT).start()
    # Over a book in which nothing happened, a restore freezes for good.
    shop.refunded(shop.order(amount=10000), 1000)
    return shop


@pytest.fixture
def shop(lasting_shop):
    """lasting_shop; after the test all its refunds end and the books agree."""
    yield lasting_shop
    lasting_shop.rest()
    assert not lasting_shop.rows("SELECT * FROM freezes")


def run(shop, *args, good=0):
    """Exits with that status; what it said."""
    done = subprocess.run(
        [shop.world.bin / "cancelpay", *map(str, args)], text=True,
        capture_output=True, env=shop.env(), cwd=shop.folder, timeout=60,
        check=False, stdin=subprocess.DEVNULL, **user_args())
    assert done.returncode == good, (args, done)
    return done.stdout + done.stderr


def look(path, sql, *values):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql, values)]


def backup(shop):
    n_before = len(list(shop.folder.glob("backup-*.db")))
    path = shop.folder / f"backup-{n_before + 1}.db"
    run(shop, "backup", path)
    return path


# ---- backup ----------------------------------------------------------------

def test_a_backup_under_load_is_whole(shop):
    orders = [shop.order(amount=10000) for _ in range(12)]
    shop.refunded(orders[0], 1000)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        going = [pool.submit(shop.refunded, order, 100)
                 for order in orders]
        copies = [backup(shop) for _ in range(4)]
        for answer in going:
            answer.result()
    last = backup(shop)
    for path in copies + [last]:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert look(path, "PRAGMA integrity_check") == \
            [{"integrity_check": "ok"}]
        assert not look(path, "PRAGMA foreign_key_check")
        assert not look(path, "SELECT * FROM tokens")
        # A refund that is done there has its line of history there, too.
        assert not look(path, """
            SELECT id FROM refunds WHERE state = 'succeeded' AND NOT EXISTS (
                SELECT 1 FROM cancellations
                WHERE cancellations.refund_id = refunds.id)""")
    assert shop.rows("SELECT * FROM tokens")
    for table in ("payments", "refunds", "cancellations"):
        rows = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert look(last, rows) == shop.rows(rows)
    assert not list(shop.folder.glob("*.db.*-journal"))


def test_a_terminal_sees_how_far_a_restore_is(shop):
    path = backup(shop)
    leader, follower = pty.openpty()
    subprocess.run(
        [shop.world.bin / "cancelpay", "restore", path], stderr=follower,
        stdout=subprocess.DEVNULL, check=True, env=shop.env(), **user_args())
    os.close(follower)
    assert b"waiting  [" in os.read(leader, 65536)
    os.close(leader)


def test_a_backup_overwrites_nothing(shop):
    path = shop.folder / "precious"
    path.write_text("precious")
    assert "is there already" in run(shop, "backup", path, good=1)
    assert path.read_text() == "precious"
    run(shop, "backup", "/nowhere/at/all", good=3)
    assert not list(shop.folder.glob("precious.*"))
    run(shop, "backup", good=2)


# ---- restore ---------------------------------------------------------------

class Restore:
    """A restore under way."""

    def __init__(self, shop, *args):
        self.shop = shop
        log = shop.folder / "restore.log"
        self.before = log.stat().st_size if log.exists() else 0
        self.program = Program(
            "restore", [shop.world.bin / "cancelpay", "restore", *args],
            shop.folder, shop.env())

    def is_frozen(self):
        return bool(self.shop.rows("SELECT * FROM freezes"))

    def frozen(self):
        until(self.is_frozen, "the restored book is there, and frozen")
        return self

    def ended(self, status=0):
        got = self.program.process.wait(30)
        said = self.program.log.read_text()[self.before:]
        assert got == status, (got, said)
        return said


def again(shop, order, key, status, code):
    """The same request as before, after its refund was forgotten."""
    problem(shop.refund(order, key=key), status, code)


def known_again(shop, order, key, amount=None):
    """Its row was lost, and it was found at i'mport by what it has of its
    key."""
    answer = shop.refund(order, amount, key=key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["refund"]["origin"] == "recovered"


def origins(shop, *orders):
    return [row["origin"] for order in orders
            for row in shop.refunds(order)]


def test_an_old_backup_makes_no_refund_twice(shop):
    old, whole, part, late, idle = (shop.order() for _ in range(5))
    first = shop.refund(old, 1000, key="old")
    path = backup(shop)
    shop.refunded(whole, key="whole")
    shop.refunded(part, 3000, key="part")
    new = shop.order()
    shop.refunded(new, key="new")
    shop.fault("late", imp_uid=late.imp_uid, count=1, ms=1200)
    answer = shop.refund(late, key="late")
    assert answer.status_code == 202, answer.text
    assert not shop.journal(late)

    restore = Restore(shop, "--force", path).frozen()
    # The book is the old one, and nothing new starts.
    assert shop.refunds(whole) == []
    for order, key in ((whole, "whole"), (late, "late"), (new, "new"),
                       (idle, "idle"), (old, "other")):
        again(shop, order, key, 403, "frozen")
    repeated = shop.refund(old, 1000, key="old")
    assert repeated.text == first.text
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert shop.payment(part)["merchant_uid"] == part.merchant_uid
    assert "frozen" in run(shop, "list", "--stuck", good=1)
    assert restore.is_frozen()
    assert "refunds are taken again" in restore.ended()
    assert not restore.is_frozen()
    assert "frozen" not in run(shop, "list", "--stuck")

    # What the backup did not hold is there, under its own marker.
    assert origins(shop, whole, part, late, new) == ["recovered"] * 4
    assert origins(shop, old) == ["request"]
    # Their keys are known again, too, though their rows went.
    for order, amount, key in ((whole, None, "whole"), (part, 3000, "part"),
                               (late, None, "late"), (new, None, "new")):
        known_again(shop, order, key, amount)
    again(shop, whole, "new-key", 400, "already_refunded")
    problem(shop.refund(part, 2000, key="part"), 422, "idempotency_mismatch")
    again(shop, old, "whole", 422, "idempotency_mismatch")
    assert shop.payment(part)["cancel_amount"] == 3000
    shop.refunded(idle, key="idle")
    shop.refunded(old, 1000, key="other")
    for order in (whole, part, late, new, idle):
        assert len(shop.journal(order)) == 1


def test_a_refund_open_in_the_backup_is_read_back(shop):
    order, other = shop.order(), shop.order()
    shop.refunded(other, 500)
    shop.fault("late", imp_uid=order.imp_uid, count=1, ms=1200)
    assert shop.refund(order, 4000, key="open").status_code == 202
    path = backup(shop)
    assert look(path, "SELECT state FROM refunds WHERE imp_uid = ?",
                order.imp_uid) == [{"state": "unknown"}]
    Restore(shop, path).ended()
    assert shop.refund(order, 4000, key="open").status_code == 200
    assert len(shop.journal(order)) == 1


def test_a_restore_that_was_killed_is_continued(shop):
    order = shop.order()
    path = backup(shop)
    shop.refunded(order, key="key")
    restore = Restore(shop, "--force", path).frozen()
    os.kill(restore.program.process.pid, signal.SIGKILL)
    restore.program.process.wait()
    again(shop, order, "key", 403, "frozen")

    # Without an answer from i'mport it stays so.
    shop.sandbox.stop()
    assert "stay frozen" in run(shop, "restore", "--continue", good=1)
    shop.start_sandbox()
    again(shop, order, "key", 403, "frozen")
    shop.fault("drop_before", route="read", imp_uid=order.imp_uid)
    assert "without an answer: 1" in run(
        shop, "restore", "--continue", good=1)
    shop.calm()
    again(shop, order, "key", 403, "frozen")

    run(shop, "restore", "--continue")
    known_again(shop, order, "key")
    assert "no restore waits" in run(shop, "restore", "--continue", good=1)


def test_a_newer_book_is_not_given_up_unasked(shop):
    order = shop.order()
    path = backup(shop)
    shop.refunded(order, 1000)
    before = shop.rows("SELECT * FROM refunds")
    assert "that the backup does not: 1" in run(
        shop, "restore", path, good=1)
    assert shop.rows("SELECT * FROM refunds") == before
    assert not shop.rows("SELECT * FROM freezes")
    assert not list(shop.folder.glob("*.restore-*"))
    shop.refunded(order, 1000)


def torn(good):
    return good[:8192] + b"\xa5" * (len(good) - 8192)


def test_only_a_whole_backup_is_restored(shop):
    good = backup(shop).read_bytes()
    other = shop.folder / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    path = shop.folder / "bad.db"
    for bad in (b"", b"no database" * 100, torn(good), good[:4096],
                other.read_bytes()):
        path.write_bytes(bad)
        give(path)
        run(shop, "restore", path, good=3)
    run(shop, "restore", shop.folder / "missing", good=3)
    run(shop, "restore", good=2)
    run(shop, "restore", "--continue", path, good=2)
    assert not shop.rows("SELECT * FROM freezes")
    assert not list(shop.folder.glob("*.restore-*"))


@pytest.mark.parametrize("how", ["missing", "damaged", "empty", "new"])
def test_a_book_that_is_gone_is_replaced(shops, how):
    shop = shops.make("nginx", settings=SHORT).start()
    order, other = shop.order(), shop.order()
    shop.refunded(other, 100)
    path = backup(shop)
    shop.refunded(order, key="key")
    run(shop, "freeze", "--by", "kim")
    if how == "damaged":
        damaged = b"no database any more" * 500
        with open(shop.database, "r+b") as book:
            book.write(damaged)
        # Who has it open would go on with the one that was moved away.
        assert "stop cancelpay first" in run(
            shop, "restore", path, good=1)
    shop.server.stop()
    shop.responder.stop()
    if how in ("missing", "empty", "new"):
        shop.database.unlink()
    if how == "empty":
        shop.database.touch(0o600)
        give(shop.database)
    if how == "new":
        run(shop, "init")
    said = run(shop, "restore", path, good=1)
    aside = shop.folder / "cancelpay.db.broken"
    assert aside.exists() == (how == "damaged")
    if how == "damaged":
        assert str(aside) in said
        assert aside.read_bytes().startswith(b"no database any more")
    assert stat.S_IMODE(os.stat(shop.database).st_mode) == 0o600
    shop.start_responder()
    shop.start_server()
    known_again(shop, order, "key")
    # Nobody knows any more that it had been frozen.
    assert "The book before can't say" in said
    assert "frozen until cancelpay unfreeze" in said.splitlines()[-1]
    assert shop.refund(other, 200).json()["code"] == "frozen"
    assert "again" in run(shop, "unfreeze", "--by", "lee")
    assert [row["actor"] for row in shop.rows(
        "SELECT actor FROM trail WHERE act IN ('frozen', 'thawed')")] == [
        "restore", "lee"]
    shop.refunded(other, 200)
    shop.audit()


def test_who_has_the_missing_book_open_refunds_nothing_more(shops):
    shop = shops.make("nginx", settings=SHORT).start()
    order, other = shop.order(), shop.order()
    shop.refunded(order, 1000, key="key")
    path = backup(shop)
    shop.refunded(other, key="other")
    for name in ("cancelpay.db", "cancelpay.db-wal", "cancelpay.db-shm"):
        (shop.folder / name).unlink()
    answer = shop.refund(order, 2000)
    assert answer.status_code == 500, answer.text
    assert shop.get("/healthz").status_code == 503
    run(shop, "restore", path, good=1)
    # Neither that it is frozen, nor later that it is not, is known there.
    assert shop.refund(order, 2000).status_code == 500
    run(shop, "unfreeze")
    assert shop.refund(order, 2000).status_code == 500
    assert "moved or deleted under us" in shop.log.read_text()
    shop.responder.stop()
    shop.start_responder()
    known_again(shop, other, "other")
    shop.refunded(order, 2000)
    assert [line["amount"] for line in shop.journal(order)] == [1000, 2000]
    shop.audit()


def test_a_freeze_of_the_operator_s_outlives_a_restore(shop):
    order = shop.order()
    path = backup(shop)
    run(shop, "freeze", "--by", "lee")
    said = run(shop, "restore", path, good=1)
    assert "stay frozen until cancelpay unfreeze" in said
    assert shop.refund(order, 100).json()["code"] == "frozen"
    run(shop, "unfreeze", "--by", "lee")
    shop.refunded(order, 100)


def test_a_refund_under_way_while_its_book_goes(shop):
    order, other = shop.order(), shop.order()
    shop.refunded(other, 1000)  # and there is a token
    path = backup(shop)
    shop.latency(700)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        going = pool.submit(shop.refund, order, 4000, key="under-way")
        until(lambda: shop.refunds(order), "the refund is journalled")
        restore = Restore(shop, "--force", path).frozen()
        answer = going.result()
    assert answer.status_code in (200, 202), answer.text
    shop.latency(0)
    restore.ended()
    assert origins(shop, order, other) == ["recovered", "request"]
    assert shop.payment(order)["cancel_amount"] == 4000
    shop.refunded(order, 6000, key="rest")
    assert shop.responder.is_running()


def test_one_that_never_got_there_has_an_end(shop):
    order, other = shop.order(), shop.order()
    shop.refunded(other, 1000)
    path = backup(shop)
    shop.fault("hang", imp_uid=order.imp_uid)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        going = pool.submit(shop.refund, order, 4000, key="never")
        until(lambda: shop.refunds(order), "the refund is journalled")
        restore = Restore(shop, "--force", path).frozen()
        problem(going.result(), 500, "internal_error")
    again(shop, order, "never", 403, "frozen")
    shop.calm()
    restore.ended()
    assert not shop.journal(order)
    shop.refunded(order, 4000, key="never")
