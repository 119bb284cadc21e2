# SPDX-License-Identifier: MIT
"""What i'mport may do to us, and what we may do to ourselves: after each, one
question: can we still say how much went back, and only once?"""

import concurrent.futures
import os
import signal
import sqlite3
import time

import pytest
import requests

from shop import problem, read_json
from world import until

# Short, so that a refund of which nothing is heard ends within seconds.
SHORT = {
    "iamport.connect_timeout_ms": 500,
    "iamport.timeout_ms": 1500,
    "iamport.send_within_ms": 800,
    "iamport.quiet_ms": 1000,
    "server.answer_ms": 8000,
}


@pytest.fixture(scope="module", params=["nginx", "cgi"])
def front_shop(request, lasting_shops):
    return lasting_shops.make(request.param, settings=SHORT).start()


@pytest.fixture
def background():
    """Runs a call beside the test; the test asks for its result()."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        yield pool.submit


def unknown(answer):
    """202: may or may not have happened; the refund's id."""
    assert answer.status_code == 202, answer.text
    body = read_json(answer)
    assert body["code"] == "unknown", body
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Location"].endswith(
        "/refunds/" + body["refund"]["id"])
    return body["refund"]["id"]


# ---- the answer is lost or wrong -------------------------------------------

APPLIED = ["drop_after", "hang_after", "http_500_after", "garbage",
           "half_body", "null_response", "reset"]
NOT_APPLIED = ["drop_before", "hang", "http_500_before", "garbage_before",
               "html_502"]


@pytest.mark.parametrize("name", APPLIED)
def test_a_cancel_whose_answer_is_lost_is_found(shop, name):
    order = shop.order(amount=10000)
    shop.fault(name, imp_uid=order.imp_uid, count=1)
    answer = shop.refund(order, 4000)
    assert answer.status_code in (200, 202), answer.text
    refund = shop.ended(read_json(answer)["refund"]["id"])
    assert refund["state"] == "succeeded"
    assert refund["applied_amount"] == 4000
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1
    assert shop.payment(order)["refundable_amount"] == 6000


def test_a_cancel_that_never_happened_ends_not_applied(shop):
    """Each in its own way, and all at the same time: they are waited for once."""
    orders = {name: shop.order(amount=10000) for name in NOT_APPLIED}
    for name, order in orders.items():
        shop.fault(name, imp_uid=order.imp_uid, count=1)
    with concurrent.futures.ThreadPoolExecutor(len(orders)) as pool:
        answers = dict(zip(orders, pool.map(
            lambda order: shop.refund(order, 4000), orders.values())))
    refunds = {name: unknown(answer) for name, answer in answers.items()}
    for name, order in orders.items():
        # Until that is sure, nothing else of this order may move.
        busy = shop.refund(order, 1000)
        problem(busy, 409, "refund_in_progress")
        assert busy.headers["Location"].endswith("/refunds/" + refunds[name])
    for name, order in orders.items():
        refund = shop.ended(refunds[name])
        assert (refund["state"], refund["failure"]) == \
            ("failed", "not_applied"), name
        assert shop.journal(order) == [], name
        assert shop.cancels_received(order) == 1, name
        assert shop.payment(order)["refundable_amount"] == 10000, name
        # The very same request is a new wish now.
        again = shop.refunded(order, 4000)
        assert again["refund"]["id"] != refunds[name]
        assert again["cancel_amount"] == 4000, name


def test_a_cancel_that_lands_late_is_found(shop):
    order = shop.order(amount=10000)
    shop.fault("late", imp_uid=order.imp_uid, count=1, ms=1500)
    answer = shop.refund(order, 4000)
    assert answer.status_code in (200, 202), answer.text
    refund = shop.ended(read_json(answer)["refund"]["id"])
    assert refund["state"] == "succeeded"
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1


def test_answer_and_read_back_both_lost(shop):
    order = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.fault("drop_before", route="read", imp_uid=order.imp_uid, count=1)
    refund_id = unknown(shop.refund(order, 4000))
    assert shop.ended(refund_id)["state"] == "succeeded"
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1


def test_a_stale_read_back_proves_nothing(shop):
    order = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.fault("stale_read", imp_uid=order.imp_uid, count=2, ms=60000)
    answer = shop.refund(order, 4000)
    assert answer.status_code == 202, answer.text
    refund = shop.ended(read_json(answer)["refund"]["id"])
    assert refund["state"] == "succeeded"


def test_an_expired_token_is_renewed_and_the_cancel_applied_once(shop):
    order = shop.order(amount=10000)
    shop.fault("token_expired", imp_uid=order.imp_uid, count=1)
    assert shop.refunded(order, 4000)["cancel_amount"] == 4000
    assert len(shop.journal(order)) == 1


def test_no_token_means_surely_not_sent(shop):
    order = shop.order(amount=10000)
    # Whatever token is cached is forgotten, and there is no new one.
    shop.fault("token_expired", imp_uid=order.imp_uid)
    shop.fault("http_500_before", route="token")
    answer = shop.refund(order, 4000, key="t-" + order.imp_uid)
    problem(answer, 503, "provider_unreachable")
    assert shop.refunds(order)[-1]["failure"] == "not_sent"
    shop.calm()
    assert shop.refunded(order, 4000, key="t-" + order.imp_uid)


def test_a_refusal_of_the_pg_is_shown_in_its_words(shop):
    order = shop.order(amount=10000)
    shop.fault("pg_refusal", imp_uid=order.imp_uid, count=1)
    body = problem(shop.refund(order, 4000, key="p-" + order.imp_uid), 422,
                   "declined")
    assert "결제취소에 실패하였습니다." in body["provider_message"]
    assert body["refund"]["failure"] == "declined"
    assert shop.journal(order) == []
    # Final: the key replays it; another wish may succeed.
    again = shop.refund(order, 4000, key="p-" + order.imp_uid)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert read_json(again) == body
    assert shop.refunded(order, 4000)["cancel_amount"] == 4000


def test_a_console_refund_we_did_not_know_of(shop):
    order = shop.order(amount=10000)
    shop.console_cancel(order, 3000)
    body = problem(shop.refund(order, 8000), 409, "balance_changed")
    assert body["refundable_amount"] == 7000
    assert body["refund"]["failure"] == "balance_changed"
    assert shop.payment(order)["refundable_amount"] == 7000
    assert shop.refunded(order, 7000)["refundable_amount"] == 0
    assert [line["origin"] for line in shop.journal(order)] == [
        "console", "api"]


def test_a_console_refund_of_everything(shop):
    order = shop.order(amount=10000)
    shop.console_cancel(order, 10000)
    body = problem(shop.refund(order, 10000), 409, "balance_changed")
    assert body["refundable_amount"] == 0
    problem(shop.refund(order, 10000, reason="again"), 400,
            "already_refunded")


# Had ours not arrived, the console's could be taken for it: see
# test_an_entry_that_may_be_ours_is_for_a_person.
def test_a_console_refund_of_the_same_sum_at_the_same_time(shop):
    order = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.fault("hang", route="read", imp_uid=order.imp_uid, count=1)
    refund_id = unknown(shop.refund(order, 4000))
    shop.console_cancel(order, 4000)
    assert shop.ended(refund_id)["state"] == "succeeded"
    assert [line["origin"] for line in shop.journal(order)] == [
        "api", "console"]
    assert shop.payment(order)["refundable_amount"] == 2000


def test_a_payment_part_refunded_before_we_met_it(shop):
    order = shop.order(amount=10000)
    shop.console_cancel(order, 2500)
    shop.import_rows([{
        "merchant_uid": order.merchant_uid, "imp_uid": order.imp_uid,
        "amount": 10000, "cancel_amount": 2500}])
    # Of the same size as the console's: not to be taken for it.
    assert shop.refunded(order, 2500)["cancel_amount"] == 5000
    assert len(shop.journal(order)) == 2


def test_another_amount_than_ours_is_not_refunded(shop):
    order = shop.order(amount=10000, known=False)
    shop.import_rows([{"merchant_uid": order.merchant_uid,
                       "imp_uid": order.imp_uid, "amount": 9000}])
    answer = shop.refund(order, 9000)
    problem(answer, 409, "payment_mismatch")
    assert shop.journal(order) == []
    assert shop.rows("SELECT amount, cancel_amount FROM payments "
                     "WHERE imp_uid = ?", order.imp_uid) == [
        {"amount": 9000, "cancel_amount": 0}]


# ---- nobody is there -------------------------------------------------------

def test_the_provider_is_down(shop):
    order = shop.order(amount=10000)
    key = "down-" + order.imp_uid
    assert shop.sandbox.stop() == 0
    try:
        answer = shop.refund(order, 4000, key=key)
        problem(answer, 503, "provider_unreachable")
        assert int(answer.headers["Retry-After"]) > 0
        [row] = shop.refunds(order)
        assert (row["state"], row["failure"]) == ("failed", "not_sent")
        unseen = shop.post('{"merchant_uid": "never-seen"}')
        problem(unseen, 503, "provider_unreachable")
    finally:
        shop.start_sandbox()
    body = shop.refunded(order, 4000, key=key)
    assert body["refund"]["id"] != row["id"]
    assert len(shop.journal(order)) == 1


@pytest.fixture
def locked(shop):
    """Another process holds the database's write lock until let go."""
    connection = sqlite3.connect(shop.database, isolation_level=None,
                                 check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_a_locked_database_is_waited_for(shop, locked, background):
    order = shop.order(amount=10000, known=False)
    answer = background(shop.refund, order, 4000)
    with pytest.raises(concurrent.futures.TimeoutError):
        answer.result(timeout=1)
    assert shop.cancels_received(order) == 0
    locked.execute("ROLLBACK")
    assert answer.result().status_code == 200, answer.result().text


# ---- killed between sending and saving -------------------------------------

def kill_program(shop):
    """kill -9 of whatever serves now, and a new start."""
    for pid in until(shop.running, "cancelpay runs"):
        os.kill(pid, signal.SIGKILL)
    if shop.responder:
        shop.responder.process.wait()
    until(lambda: not shop.running(), "cancelpay is dead")
    shop.start_responder()


def test_killed_after_the_cancel_was_applied(shop, background):
    order = shop.order(amount=10000)
    shop.fault("slow", imp_uid=order.imp_uid, count=1, ms=1200)
    answer = background(shop.refund, order, 4000, key="k-" + order.imp_uid)
    until(lambda: shop.journal(order), "the cancel is applied")
    kill_program(shop)
    with pytest.raises((AssertionError, requests.RequestException)):
        assert answer.result().status_code == 200
    [row] = shop.refunds(order)
    assert row["state"] == "in_flight"
    refund = shop.ended(row["id"])
    assert refund["state"] == "succeeded"
    assert refund["applied_amount"] == 4000
    assert len(shop.journal(order)) == shop.cancels_received(order) == 1
    # Whoever repeats the request with its key hears how it ended.
    again = shop.refund(order, 4000, key="k-" + order.imp_uid)
    assert again.status_code == 200, again.text
    assert read_json(again)["refund"]["id"] == row["id"]


def test_killed_before_anything_was_sent(shops, background):
    for front in ("nginx", "cgi"):
        shop = shops.make(front, settings=SHORT).start()
        order = shop.order(amount=10000)
        shop.fault("hang", route="token")
        answer = background(shop.refund, order, 4000)
        until(lambda: shop.refunds(order), "the intent is in the journal")
        until(lambda: shop.control("GET", "stats")["received"]["token"],
              "a token is asked for")
        kill_program(shop)
        with pytest.raises((AssertionError, requests.RequestException)):
            assert answer.result().status_code == 200
        shop.calm()
        refund = shop.ended(shop.refunds(order)[0]["id"])
        assert (refund["state"], refund["failure"]) == (
            "failed", "not_applied")
        assert shop.cancels_received(order) == 0
        assert shop.refunded(order, 4000)
        shop.audit()


# ---- late answers and locks, each with its own times -----------------------

@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_an_answer_later_than_answer_ms(shops, front):
    shop = shops.make(front, settings={"server.answer_ms": 1000}).start()
    order = shop.order(amount=10000)
    shop.refunded(order, 1000)
    shop.latency(4500)
    began = time.monotonic()
    answer = shop.refund(order, 4000, key="late")
    took = time.monotonic() - began
    refund_id = unknown(answer)
    assert 0.9 < took < 4, took
    assert "Idempotency-Replayed" not in answer.headers
    refund = shop.ended(refund_id)
    assert refund["state"] == "succeeded"
    assert shop.cancels_received(order) == 2
    shop.calm()
    again = shop.refund(order, 4000, key="late")
    assert again.status_code == 200
    assert read_json(again)["cancel_amount"] == 5000
    shop.audit()


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_a_database_locked_too_long(shops, front):
    shop = shops.make(front, settings={"server.answer_ms": 1500}).start()
    order = shop.order(amount=10000)
    lock = sqlite3.connect(shop.database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    answer = shop.refund(order, 4000, key="locked")
    took = time.monotonic() - began
    problem(answer, 503, "database_busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert took < 5, took
    # Reading does not wait for it.
    assert shop.payment(order)["refundable_amount"] == 10000
    lock.close()
    assert shop.cancels_received(order) == 0
    assert shop.refunds(order) == []
    assert shop.refunded(order, 4000, key="locked")
    shop.audit()


def test_an_entry_that_may_be_ours_is_for_a_person(shops):
    """Our amount, no marker, no answer: nobody may guess."""
    shop = shops.make("nginx", settings=SHORT).start()
    order = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.fault("no_reason", imp_uid=order.imp_uid)
    answer = shop.refund(order, 4000)
    refund_id = read_json(answer)["refund"]["id"]
    assert answer.status_code == 202, answer.text
    until(lambda: shop.state(refund_id)["state"] == "needs_review",
          "the refund is for review", 30)
    assert refund_id in shop.cli("list", "--stuck", good=(1,))
    problem(shop.refund(order, 100), 409, "refund_in_progress")


def test_a_history_without_reasons_does_for_an_answered_cancel(shops):
    shop = shops.make("nginx", settings=SHORT).start()
    order = shop.order(amount=10000)
    shop.fault("no_reason")
    assert shop.refunded(order, 4000)["cancel_amount"] == 4000
    assert shop.refunded(order, 4000, reason="2")["cancel_amount"] == 8000
    shop.audit()
