# SPDX-License-Identifier: MIT
"""Group commit: refunds that come together share the syncs of the disk, and
one that comes alone gets its own two.  Counted from outside, by a library
under the responder that also makes the disk a slow one."""

import concurrent.futures
import os
import subprocess

import pytest

from world import TREE, Program, give

N = 64

class SlowDisk:
    """A shop whose responder runs on it."""

    def __init__(self, shop):
        self.file = shop.folder / "syncs"
        self.file.touch()
        give(self.file)
        library = shop.folder / "disk.so"
        subprocess.run(
            [*os.environ.get("CC", "cc").split(), "-O1", "-shared", "-fPIC",
             "-o", library, TREE / "tests" / "e2e" / "slow_disk.c"], check=True)
        env = shop.env()
        # 20 ms is an ordinary disk's.
        env.update(LD_PRELOAD=str(library), SYNCS=str(self.file),
                   SLOW_SYNC_US="20000")
        # It takes nothing away from the sanitizer, so it may come before.
        env["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
        shop.responder.stop()
        shop.responder = Program(
            "responder", [shop.world.bin / "cancelpay.fcgi"], shop.folder,
            env).ready_on(shop.front.socket)

    def syncs(self):
        return self.file.stat().st_size


@pytest.fixture
def shop(shops):
    return shops.make("nginx").start()


@pytest.fixture
def disk(shop):
    disk = SlowDisk(shop)
    # The token is fetched, and the first commit has begun the WAL.
    shop.refunded(shop.order())
    return disk


def test_a_refund_alone_takes_two_syncs(shop, disk):
    order = shop.order()
    before = disk.syncs()
    shop.refunded(order)
    assert disk.syncs() - before == 2
    shop.audit()


def test_refunds_at_once_share_their_syncs(shop, disk):
    orders = [shop.order(known=False) for _ in range(N)]
    shop.import_rows([
        {"merchant_uid": order.merchant_uid, "imp_uid": order.imp_uid,
         "amount": order.amount, "pay_method": "card"} for order in orders])
    before = disk.syncs()
    with concurrent.futures.ThreadPoolExecutor(N) as pool:
        list(pool.map(shop.refunded, orders))
    # Two commits each: 2 N, were every one synced by itself.
    assert 2 <= disk.syncs() - before < N // 2
    assert len(shop.journal()) == N + 1
    shop.audit()
