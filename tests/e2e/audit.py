# SPDX-License-Identifier: MIT
"""The book audited from outside: what the sandbox paid out against what our
database says.  Can we still say how much went back, and only once?"""

import collections
import re

MARKER = re.compile(r" \[cp:([0-9A-HJKMNP-TV-Z]{10})\]$")


def check_payment(row, order, lines):
    given = order.cancel_amount + sum(line["amount"] for line in lines)
    assert given <= row["amount"], (row, lines)
    assert row["cancel_amount"] == given, (row, lines)
    if lines:
        assert lines[-1]["cancel_amount"] == given, (row, lines)


def check_refund(row, by_id, by_marker):
    marked = by_marker[row["marker"]]
    assert len(marked) <= 1, ("given back twice", row, marked)
    if row["state"] == "succeeded":
        lines = by_id[row["cancellation_id"]]
        assert len(lines) == 1, (row, lines)
        assert lines[0]["imp_uid"] == row["imp_uid"], (row, lines)
        assert lines[0]["amount"] == row["applied_amount"], (row, lines)
    else:
        assert row["state"] == "failed", row
        assert not marked, ("given back, yet failed", row, marked)


def audit(shop):
    """Holds for every shop in which no refund is open."""
    journal = shop.journal()
    by_id = collections.defaultdict(list)
    by_marker = collections.defaultdict(list)
    by_payment = collections.defaultdict(list)
    for line in journal:
        by_id[line["cancellation_id"]].append(line)
        by_payment[line["imp_uid"]].append(line)
        marker = MARKER.search(line["reason"] or "")
        if marker:
            by_marker[marker.group(1)].append(line)
    refunds = shop.rows("SELECT * FROM refunds")
    payments = shop.rows("SELECT * FROM payments")

    for row in payments:
        check_payment(row, shop.orders[row["imp_uid"]],
                      by_payment[row["imp_uid"]])
    for row in refunds:
        check_refund(row, by_id, by_marker)
    ours = {row["cancellation_id"] for row in refunds
            if row["state"] == "succeeded"}
    for line in journal:
        if line["origin"] == "api":
            assert line["cancellation_id"] in ours, ("not in our book", line)
    assert shop.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert not shop.rows("PRAGMA foreign_key_check")
