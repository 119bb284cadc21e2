# SPDX-License-Identifier: MIT
"""The book audited from outside, by tools/audit: what the sandbox paid out
against what our database says.  Can we still say how much went back, and only
once?"""

import subprocess

from world import TREE

PROGRAM = TREE / "tools" / "audit"


def write_opening(orders, path):
    """What each order had given back before the sandbox's journal begins."""
    path.write_text("imp_uid,cancel_amount\n" + "".join(
        f"{order.imp_uid},{order.cancel_amount}\n" for order in orders),
        encoding="ascii")


def audit(shop):
    """Holds for every shop in which no refund is open."""
    known = {row["imp_uid"] for row in
             shop.rows("SELECT imp_uid FROM payments")}
    assert known <= shop.orders.keys(), known - shop.orders.keys()
    journal = shop.folder / "journal.jsonl"
    journal.touch()
    opening = shop.folder / "opening.csv"
    write_opening(shop.orders.values(), opening)
    done = subprocess.run(
        [PROGRAM, "--strict", "--journal", journal, "--opening", opening,
         "--database", shop.database],
        capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert shop.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert not shop.rows("PRAGMA foreign_key_check")
