# SPDX-License-Identifier: MIT
"""Every pair of what iamport-sandbox can do wrong, each at an order of its own:
the first meets the cancel, the second the read-back after it; or the answer is
lost, and they meet the two read-backs that follow."""

import concurrent.futures
import itertools
import random

import pytest

from behaviours import (
    ANYWHERE, APPLIED, AT_READING, MORE, NOT_APPLIED, READS, SHORT)
from shop import Shop, read_json
from world import until

AMOUNT, PART = 10000, 4000
AT_CANCEL = APPLIED + NOT_APPLIED
AT_READ = sorted({*ANYWHERE, *AT_READING, *READS})
# Two looks at a history that does not say whose an entry is, after a lost answer,
# leave the refund to a person, as they should.
HIDING = {"no_reason", "short_reason"}
# The sandbox holds 1000 rules.
BATCH = 300
CUSTOMERS = 48
# Of one that others' tokens have spoilt five looks at, the sixth is nine minutes
# later.
SETTLE_S = 900


def rules_of(first, second, is_at_cancel):
    """What the sandbox is told of one order: (behaviour, route)."""
    if is_at_cancel:
        return ((first, "cancel"), (second, "read"))
    return (("drop_after", "cancel"), (first, "read"), (second, "read"))


def check(shop, order, answer):
    """Refunded once or not at all, and known as what it is.  Which of them, the
    sandbox's journal says: a token that expires for one may fail another."""
    assert answer.status_code in (200, 202, 409, 422, 503), answer.text
    told = read_json(answer)["refund"]
    *before, refund = shop.refunds(order)
    # Who heard that nothing was taken on may have been too late to send.
    assert all(row["failure"] == "not_sent" for row in before), before
    assert refund["id"] == told["id"]
    cancels = [line["amount"] for line in shop.journal_of(order)]
    assert cancels in ([], [PART])
    end = "succeeded" if cancels else "failed"
    assert refund["state"] == end, (refund, cancels)
    assert told["state"] == end or told["state"] not in ("succeeded", "failed")


class PairShop(Shop):
    def ask(self, order):
        """Again, as a customer would, while nothing was taken on: so many
        programs at a time wait for each other too long at times."""
        def answered():
            answer = self.refund(order, PART)
            if answer.status_code != 503 or "refund" in read_json(answer):
                return [answer]  # a refusal by itself counts as false
            assert read_json(answer)["code"] == "database_busy", answer.text
            return None
        answer, = until(answered, "the refund is taken on", SETTLE_S)
        return answer

    def cli(self, *args, **more):
        # Hundreds of refunds whose i'mport hangs take their time.
        return super().cli(*args, seconds=SETTLE_S, **more)

    def journal_of(self, order):
        """Read once for all orders."""
        return self.by_order.get(order.imp_uid, [])

    def read_journal(self):
        self.by_order = {}
        for line in self.journal():
            self.by_order.setdefault(line["imp_uid"], []).append(line)


@pytest.fixture(scope="module", params=["nginx", "cgi"])
def shop(request, world):
    shop = PairShop(world, request.param, settings=SHORT).start()
    yield shop
    shop.stop()


@pytest.mark.parametrize("is_at_cancel", [True, False], ids=["cancel", "read"])
def test_every_pair_ends_known_and_at_most_once(shop, say, is_at_cancel):
    firsts = AT_CANCEL if is_at_cancel else AT_READ
    pairs = [pair for pair in itertools.product(firsts, AT_READ)
             if not {*pair} <= HIDING]
    # Many tokens that expire at once spoil each other's second tries for minutes.
    random.Random(len(pairs)).shuffle(pairs)
    n_struck = 0
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start:start + BATCH]
        orders = shop.many_orders(len(batch), AMOUNT)
        for order, pair in zip(orders, batch):
            for name, route in rules_of(*pair, is_at_cancel):
                shop.fault(name, route=route, imp_uid=order.imp_uid, count=1,
                           **MORE.get(name, {}))
        with concurrent.futures.ThreadPoolExecutor(CUSTOMERS) as pool:
            answers = list(pool.map(shop.ask, orders))
        shop.settle(SETTLE_S)
        rules = shop.control("GET", "faults")
        shop.calm()
        shop.read_journal()
        for order, (first, second), answer in zip(orders, batch, answers):
            try:
                check(shop, order, answer)
            except AssertionError as error:
                raise AssertionError(f"{first}, {second}: {error}") from error
        n_each = len(rules) // len(batch)
        n_struck += sum(
            all(rule["fired"] for rule in rules[i:i + n_each])
            for i in range(0, len(rules), n_each))
    shop.audit()
    assert n_struck > len(pairs) / 3
    say(f"{shop.front.name}: {len(pairs)} pairs at the "
        f"{'cancel' if is_at_cancel else 'read-back'}, both met in {n_struck}")
