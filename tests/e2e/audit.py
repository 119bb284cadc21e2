# SPDX-License-Identifier: MIT
"""The book audited from outside, by tools/audit: what the sandbox paid out
against what our database says.  Can we still say how much went back, and only
once?"""

import argparse
import contextlib
import importlib.machinery
import importlib.util
import io

from world import TREE

PROGRAM = TREE / "tools" / "audit"

def load():
    """tools/audit as a module: a process for each test would cost more than
    what it does."""
    loader = importlib.machinery.SourceFileLoader(
        "cancelpay_audit", str(PROGRAM))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


TOOL = load()


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
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        is_good = TOOL.audit(argparse.Namespace(
            journal=journal, opening=opening, database=str(shop.database),
            open_allowed=False, strict=True))
    assert is_good, said.getvalue()
    assert shop.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert not shop.rows("PRAGMA foreign_key_check")
