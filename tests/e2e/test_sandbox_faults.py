# SPDX-License-Identifier: MIT
"""Every fault iamport-sandbox knows, and cancelpay living through it with the
books equal."""
import concurrent.futures
import re
import subprocess

import pytest
import requests

from behaviours import (ANYWHERE, APPLIED, AT_FINDING, AT_READING, MORE, NOT_APPLIED, READS,
                        SHORT)
from shop import read_json
from world import TREE, until

# These meet whoever else asks with the same token.
SHARED = {"http_401", "token_expired"}


@pytest.fixture(scope="module")
def front_shop(request, lasting_shops):
    return lasting_shops.make(request.param, settings=SHORT).start()


# As a CGI program and with kept connections to i'mport; or with these alone.
BOTH = pytest.mark.parametrize("front_shop", ["cgi", "nginx"], indirect=True, scope="module")
KEPT = pytest.mark.parametrize("front_shop", ["nginx"], indirect=True, scope="module")


def ended(shop, answer):
    """A refund's last state, whether it was answered at once or later."""
    assert answer.status_code in (200, 202, 409, 422, 503), answer.text
    return shop.ended(read_json(answer)["refund"]["id"], 60)


def test_each_fault_has_a_line_in_the_manual_and_a_test_here(world):
    said = subprocess.run([world.brief_bin / "iamport-sandbox", "--list-faults"],
                          capture_output=True, check=True, text=True).stdout
    known = {line.split(":")[0] for line in said.splitlines()}
    page = (TREE / "doc/iamport-sandbox.1").read_text()
    page = page[page.index(".Sh FAULTS"):page.index(".Sh EXIT STATUS")]
    assert known == {*APPLIED, *NOT_APPLIED, *READS}
    assert known <= set(re.findall(r"^\.It Li (\w+)", page, re.M))
    assert len(known) >= 25


def struck(shop, names, route="cancel"):
    """A refund of 4000 for each of the faults, all at the same time, each of an
    order of 10000 of its own: (name, order, how it ended)."""
    orders = shop.many_orders(len(names))
    for order, name in zip(orders, names):
        shop.fault(name, route=route, imp_uid=order.imp_uid, count=1, **MORE.get(name, {}))
    with concurrent.futures.ThreadPoolExecutor(len(orders)) as pool:
        answers = list(pool.map(lambda order: shop.refund(order, 4000), orders))
    return [(name, order, ended(shop, answer))
            for name, order, answer in zip(names, orders, answers)]


def parted(names):
    """All at once, but for those that would meet the others."""
    return pytest.mark.parametrize(
        "names", [sorted({*names} - SHARED), *[[name] for name in sorted({*names} & SHARED)]],
        ids=["each", *sorted({*names} & SHARED)])


@BOTH
@parted(APPLIED)
def test_applied_once_and_known(shop, names):
    shop.refunded(shop.order(amount=10000), 1000)  # the earlier answer a duplicate repeats
    for name, order, refund in struck(shop, names):
        assert (refund["state"], refund["applied_amount"]) == ("succeeded", 4000), name
        assert [line["amount"] for line in shop.journal(order)] == [4000], name
        assert shop.payment(order)["refundable_amount"] == 6000, name
    assert all(rule["fired"] == 1 for rule in shop.control("GET", "faults"))


@BOTH
def test_not_applied_and_known(shop):
    for name, order, refund in struck(shop, NOT_APPLIED):
        assert (refund["state"], refund["failure"]) == (
            "failed", "declined" if name == "pg_refusal" else "not_applied"), name
        assert shop.journal(order) == [], name
        assert shop.refunded(order, 4000)["refundable_amount"] == 6000, name
    assert all(rule["fired"] == 1 for rule in shop.control("GET", "faults"))


@BOTH
def test_read_backs_that_hide_something(shop):
    def refund_twice(name, order):
        for reason in ("because of reasons", "and others"):
            refund = ended(shop, shop.refund(order, 2000, reason=reason))
            assert refund["state"] == "succeeded", name
        assert len(shop.journal(order)) == 2, name

    orders = shop.many_orders(len(READS))
    for order, name in zip(orders, READS):
        shop.fault("drop_after", imp_uid=order.imp_uid, count=2)
        shop.fault(name, imp_uid=order.imp_uid, count=2, **MORE.get(name, {}))
    with concurrent.futures.ThreadPoolExecutor(len(orders)) as pool:
        list(pool.map(refund_twice, READS, orders))
    assert all(rule["fired"] == 2 for rule in shop.control("GET", "faults"))


@KEPT
@parted([*ANYWHERE, *AT_READING])
def test_lost_answers_and_then_bad_read_backs(shop, names):
    other = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=other.imp_uid, count=1)
    ended(shop, shop.refund(other, 4000))  # the reading a duplicate repeats
    shop.fault("drop_after", route="cancel")
    for name, order, refund in struck(shop, names, route="read"):
        assert refund["state"] == "succeeded", name
        assert len(shop.journal(order)) == 1, name


@KEPT
@pytest.mark.parametrize("name", AT_FINDING)
def test_a_bad_answer_to_the_search_for_an_order(shop, name):
    other = shop.order(amount=7000, known=False)
    order = shop.order(amount=10000, known=False)
    shop.fault("slow", route="find", ms=1)  # so that the answers are kept
    shop.refunded(other, 100)
    shop.calm()
    shop.fault(name, route="find", count=1)
    answer = shop.refund(order, 4000)
    if answer.status_code != 200:
        assert answer.status_code == 503, answer.text
        assert shop.journal(order) == []
        shop.calm()
        shop.refunded(order, 4000)
    assert len(shop.journal(order)) == 1


@KEPT
@pytest.mark.parametrize("name", ANYWHERE)
def test_a_bad_answer_to_the_call_for_a_token(shop, name):
    order = shop.order(amount=10000)
    shop.fault(name, route="token", count=1, **MORE.get(name, {}))
    answer = shop.refund(order, 4000)
    if answer.status_code != 200:
        assert answer.status_code == 503, answer.text
        assert ended(shop, answer)["failure"] == "not_sent"
        assert shop.refunded(order, 4000)
    assert len(shop.journal(order)) == 1


@KEPT
def test_a_rival_s_cancel_passes_a_checksum_test_that_is_not_atomic(shop):
    order = shop.order(amount=10000)
    shop.console_cancel(order, 3000)
    shop.fault("checksum_race", imp_uid=order.imp_uid, ms=60000)
    answer = shop.refund(order, 4000)
    refund = ended(shop, answer)
    assert refund["state"] == "succeeded"
    assert [line["cancel_amount"] for line in shop.journal(order)] == [3000, 7000]
    assert shop.payment(order)["refundable_amount"] == 3000


@KEPT
def test_two_equal_requests_for_one_refund_meet_no_atomic_checksum(shop):
    order = shop.order(amount=10000)
    shop.fault("checksum_race", imp_uid=order.imp_uid, ms=60000)
    first = shop.refund(order, 4000, key="a-" + order.imp_uid)
    again = shop.refund(order, 4000, key="a-" + order.imp_uid)
    assert first.status_code == again.status_code == 200
    assert len(shop.journal(order)) == 1


@KEPT
def test_twenty_refunds_meet_faults_by_chance(shop):
    for name in ("drop_after", "http_500_after", "duplicate", "garbage", "reset_before"):
        shop.fault(name, p=0.2)
    order = shop.order(amount=10000)
    given = 0
    for n in range(20):
        refund = ended(shop, shop.refund(order, 100, key=f"{n}-{order.imp_uid}"))
        given += 100 if refund["state"] == "succeeded" else 0
    shop.calm()
    until(lambda: sum(line["amount"] for line in shop.journal(order)) == given,
          "all that went back is known")


@KEPT
def test_the_sandbox_lists_its_rules_and_how_often_each_struck(shop):
    order = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=2)
    ended(shop, shop.refund(order, 4000))
    [rule] = requests.get(shop.sandbox_url + "/sandbox/faults", timeout=10).json()
    assert (rule["fault"], rule["fired"]) == ("drop_after", 1)
