# SPDX-License-Identifier: MIT
"""Copies of the book, and a book that is put back: no refund is lost from it
and none is made twice, however old the copy is."""

import concurrent.futures
import json
import os
import signal
import sqlite3
import stat
import subprocess

import pytest

from shop import problem, read_json
from world import Program, until, user_args

# Short, so that a restored book is thawed within seconds.
SHORT = {
    "iamport.connect_timeout_ms": 500,
    "iamport.timeout_ms": 1000,
    "iamport.send_within_ms": 500,
    "iamport.quiet_ms": 500,
    "server.answer_ms": 4000,
}


@pytest.fixture
def shop(shops):
    return shops.make("nginx", settings=SHORT).start()


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


def backup(shop, name="backup.db"):
    path = shop.folder / name
    run(shop, "backup", path)
    return path


# ---- backup ----------------------------------------------------------------

def test_a_backup_under_load_is_whole(shop):
    orders = [shop.order(amount=10000) for _ in range(12)]
    shop.refunded(orders[0], 1000)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        going = [pool.submit(shop.refunded, order, 100)
                 for order in orders for _ in range(1)]
        copies = [backup(shop, f"copy-{n}.db") for n in range(4)]
        for answer in going:
            answer.result()
    last = backup(shop, "last.db")
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
    shop.audit()


def test_a_backup_overwrites_nothing(shop):
    path = shop.folder / "precious"
    path.write_text("precious")
    assert "is there already" in run(shop, "backup", path, good=1)
    assert path.read_text() == "precious"
    run(shop, "backup", "/nowhere/at/all", good=3)
    assert not list(shop.folder.glob("precious.*"))
    run(shop, "backup", good=2)
