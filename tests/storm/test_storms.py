# SPDX-License-Identifier: MIT
"""Storms: a seed makes a plan of refunds by FastCGI and CGI, repeats, console
cancels, behaviours of i'mport that come and go, and kill -9; when it is over,
every refund ends, nobody was told a lie, and the books agree.

STORM_SEED=N plans the same storms again, STORM_COUNT of them.  The plan is
replayed exactly; how its steps overlap is up to the machine."""

import collections
import concurrent.futures
import contextlib
import json
import os
import random
import signal
import threading

import pytest
import requests

from behaviours import (
    ANYWHERE, APPLIED, AT_READING, MORE, NOT_APPLIED, READS, STORMY)
from fronts import FRONTS
from shop import Shop, read_json
from world import PORTS, Program, until

SEED = int(os.environ.get("STORM_SEED", random.SystemRandom().getrandbits(32)))
COUNT = int(os.environ.get("STORM_COUNT", "20"))

ORDERS = 40
AMOUNT = 10000
STEPS = 300
HANDS = 12
# Who has lost four looks waits three minutes for the next.
SETTLE_S = 300
# Left out is what ends with a person, as it should: a "done", another cancel's or
# an empty one, as the answer to ours, which was refused because the console had
# been there; a PG's "no" after a refund that seemed not to have been applied; and
# histories that hide who made an entry, which may be the console's.
AT_CANCEL = sorted({*APPLIED, *NOT_APPLIED} -
                   {"duplicate", "null_response", "pg_refusal"})
AT_READ = sorted({*ANYWHERE, *AT_READING} - {*READS})

Step = collections.namedtuple("Step", "kind args")


class StormShop(Shop):
    """Has a second door, where each request is a CGI program's."""

    def start_server(self):
        super().start_server()
        self.cgi = FRONTS["cgi"](self, PORTS.take())
        self.cgi_server = Program("cgi", self.cgi.argv(), self.folder,
                                  self.env()).ready_on(self.cgi.port)
        self.doors = {
            "fcgi": self.base,
            "cgi": f"http://127.0.0.1:{self.cgi.port}{self.cgi.mount}"}

    def stop(self):
        self.cgi_server.stop()
        super().stop()


def plan_ask(chance, n):
    return {"order": chance.randrange(ORDERS),
            "amount": chance.choice((None, *[chance.randrange(1, 4000)] * 9)),
            "key": f"storm-{n}" if chance.random() < 0.7 else None,
            "door": chance.choice(("fcgi", "cgi"))}


def plan_fault(chance):
    route = chance.choice(("cancel", "cancel", "read"))
    name = chance.choice(AT_CANCEL if route == "cancel" else AT_READ)
    return {"name": name, "route": route, "p": chance.uniform(0.05, 0.4),
            "count": chance.randrange(1, 30), **MORE.get(name, {})}


def plan(seed):
    """The storm of that seed, step by step."""
    chance = random.Random(seed)
    steps, asks = [], []
    for n in range(STEPS):
        dice = chance.random()
        if dice < 0.68 or not asks:
            asks.append(plan_ask(chance, n))
            steps.append(Step("ask", asks[-1]))
        elif dice < 0.80:
            steps.append(Step("ask", chance.choice(asks)))
        elif dice < 0.92:
            steps.append(Step("fault", plan_fault(chance)))
        elif dice < 0.94:
            steps.append(Step("calm", {}))
        elif dice < 0.97:
            # Other sums than refunds': an entry of the sum of a refund that
            # got lost may be that refund, as far as anybody can tell.
            steps.append(Step("console", {
                "order": chance.randrange(ORDERS),
                "amount": chance.randrange(4000, 5000)}))
        elif dice < 0.985:
            steps.append(Step("kill", {}))
        else:
            steps.append(Step("resolve", {}))
    return steps


class Storm:
    def __init__(self, shop):
        self.shop = shop
        self.orders = shop.many_orders(ORDERS, AMOUNT)
        self.told = []  # refunds as the callers heard of them
        self.responder_lock = threading.Lock()

    def ask(self, order, amount, key, door):
        body = {"merchant_uid": self.orders[order].merchant_uid,
                "reason": "storm"}
        if amount is not None:
            body["cancel_request_amount"] = amount
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        # Whoever is killed answers nothing, and nginx for it something else.
        with contextlib.suppress(requests.RequestException, ValueError):
            answer = read_json(requests.post(
                self.shop.doors[door] + "/payments/cancel",
                data=json.dumps(body), headers=headers, timeout=60))
            if "refund" in answer:
                self.told.append(answer["refund"])

    def fault(self, name, **rule):
        self.shop.fault(name, **rule)

    def calm(self):
        self.shop.calm()

    def console(self, order, amount):
        """Is refused when so much is not left."""
        requests.post(self.shop.sandbox_url + "/sandbox/cancel", json={
            "imp_uid": self.orders[order].imp_uid, "amount": amount,
            "reason": "console"}, timeout=30)

    def kill(self):
        with self.responder_lock:
            self.shop.kill_and_start()

    def resolve(self):
        self.shop.cli("resolve", good=(0, 1, -signal.SIGKILL))

    def run(self, steps):
        with concurrent.futures.ThreadPoolExecutor(HANDS) as pool:
            for done in [pool.submit(getattr(self, step.kind), **step.args)
                         for step in steps]:
                done.result()


def notify(shop):
    """As i'mport would: of what its console gave back, our book need not know
    before somebody asks for a refund of that order."""
    for order in shop.orders.values():
        hint = {"imp_uid": order.imp_uid, "merchant_uid": order.merchant_uid,
                "status": "cancelled"}
        # So many at once are too many for it.
        until(lambda hint=hint: requests.post(
            shop.url("/payments/webhook"), timeout=30,
            json=hint).status_code == 200, "the hint is taken")
    paid = {line["imp_uid"]: line["cancel_amount"] for line in shop.journal()}
    until(lambda: all(
        row["cancel_amount"] == paid.get(row["imp_uid"], 0) for row in
        shop.rows("SELECT imp_uid, cancel_amount FROM payments")),
        "all balances are known", SETTLE_S)


def check_told(shop, told):
    """A state that was told as final is the state at the end."""
    ends = {row["id"]: row for row in shop.rows("SELECT * FROM refunds")}
    for refund in told:
        if refund["state"] in ("succeeded", "failed"):
            end = ends[refund["id"]]
            assert end["state"] == refund["state"], refund
            assert end["applied_amount"] == refund.get("applied_amount")


@pytest.mark.parametrize("nth", range(COUNT))
def test_after_the_storm_the_books_agree(world, say, nth):
    steps = plan(f"{SEED}-{nth}")
    say(f"storm {nth} of STORM_SEED={SEED}")
    shop = StormShop(world, settings=STORMY).start()
    try:
        storm = Storm(shop)
        storm.run(steps)
        shop.calm()
        until(lambda: shop.get("/healthz").status_code == 200,
              "it serves again")
        notify(shop)
        shop.settle(SETTLE_S)
        shop.audit()
        check_told(shop, storm.told)
        [row] = shop.rows("SELECT count(*) AS n, sum(state = 'succeeded') AS "
                          "succeeded FROM refunds")
        assert row["succeeded"] > 0
        say(f"storm {nth}: {row['n']} refunds, {row['succeeded']} succeeded, "
            f"{len(shop.journal())} cancels at i'mport")
    finally:
        shop.stop()
