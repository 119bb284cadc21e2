# SPDX-License-Identifier: MIT
"""What the shop lets go at once and on one day, what somebody has to approve
first, and the switch that stops it all; and the trail that tells of each."""

import concurrent.futures
import json
import re
import sqlite3
import subprocess

import pytest

from shop import problem, read_json
from world import until, user_args

EN = {"Accept-Language": "en"}


def operator(shop, *args, status=0, said=""):
    """The command's two outputs, as one text."""
    done = subprocess.run(
        [shop.world.brief_bin / "cancelpay", *args], input=said,
        capture_output=True, env=shop.env(), cwd=shop.folder, timeout=60,
        check=False, text=True, **user_args())
    assert done.returncode == status, done
    return done.stdout + done.stderr


def trail(shop, order):
    """(act, verdict, actor) of the order's story."""
    shown = json.loads(shop.cli("show", "--json", order.merchant_uid))
    return [(line["act"], line.get("verdict"), line.get("actor"))
            for line in shown["trail"]]


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_more_than_the_shop_lets_go_is_refused(shops, front):
    shop = shops.make(front, settings={
        "policy.per_refund_limit": 5000, "policy.per_day_limit": 8000}).start()
    first, second, third = shop.many_orders(3)
    body = problem(shop.refund(first, 5001, headers=EN),
                   422, "limit_exceeded")
    assert "must be at most what you may ask for (5000 KRW)" in body["detail"]
    problem(shop.refund(first, headers=EN), 422, "limit_exceeded")
    shop.refunded(first, 5000)
    body = problem(shop.refund(second, 3001, headers=EN),
                   422, "limit_exceeded")
    # How much of the day is left is the shop's own business.
    assert "3000" not in body["detail"] and "field" not in body
    # What fails is given back to the day.
    shop.fault("pg_refusal", route="cancel", count=1)
    problem(shop.refund(second, 3000), 422, "declined")
    shop.refunded(third, 3000)
    problem(shop.refund(second, 1, headers=EN), 422, "limit_exceeded")
    assert len(shop.journal()) == 2
    assert trail(shop, second)[0] == ("asked", "limit_exceeded", "none")


def test_64_processes_at_the_day_s_limit_win_nothing_over_it(shops):
    shop = shops.make("cgi", settings={"policy.per_day_limit": 20500}).start()
    orders = shop.many_orders(64)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda order: shop.refund(order, 1000),
                                orders))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(422) >= 44, statuses
    assert statuses.count(200) >= 15, statuses
    shop.settle()
    won = sum(line["amount"] for line in shop.journal())
    assert 15000 <= won <= 20500
    assert shop.rows("SELECT amount FROM refund_days") == [{"amount": won}]


def beside(shops, shop, settings):
    """Another responder and web server on the same book and i'mport."""
    other = shops.make("nginx", settings={
        **settings, "store.url": f"sqlite:{shop.database}",
        "iamport.base_url": shop.sandbox_url})
    other.write_config()
    other.start_responder()
    other.start_server()
    return other


def test_responders_and_cgi_at_the_day_s_limit_win_nothing_over_it(shops):
    settings = {"policy.per_day_limit": 20500}
    shop = shops.make("cgi", settings=settings).start()
    fronts = [shop] + [beside(shops, shop, settings) for _ in range(3)]
    orders = shop.many_orders(96)
    with concurrent.futures.ThreadPoolExecutor(96) as pool:
        # From one front after the other, all at once.
        answers = list(pool.map(
            lambda at: fronts[at % 4].refund(orders[at], 1000), range(96)))
    statuses = [[answer.status_code for answer in answers[at::4]]
                for at in range(4)]
    # Whoever won, each of them was told where the limit is.
    assert all(422 in of_front for of_front in statuses), statuses
    assert sum(of_front.count(422) for of_front in statuses) >= 76, statuses
    shop.settle()
    won = sum(line["amount"] for line in shop.journal())
    assert 15000 <= won <= 20500
    assert shop.rows("SELECT amount FROM refund_days") == [{"amount": won}]
    for front in fronts:
        problem(front.refund(orders[0], 9000), 422, "limit_exceeded")


def test_another_currency_is_beyond_a_limit(shops):
    shop = shops.make("cgi", settings={
        "policy.per_refund_limit": 5000000}).start()
    order = shop.order(1250, currency="USD")
    problem(shop.refund(order, headers=EN), 422, "limit_exceeded")
    assert shop.refunds(order) == []


@pytest.fixture(scope="module", params=["nginx", "cgi"])
def strict(request, lasting_shops):
    return lasting_shops.make(request.param, settings={
        "policy.approval_threshold": 5000,
        "auth.mode": "remote-user", "auth.user_param": "SHOP_USER"},
        user_env={"SHOP_USER": "kim"} if request.param == "cgi" else None,
        front_extra="fastcgi_param SHOP_USER kim;"
        if request.param == "nginx" else "").start()


def asked(shop, order, amount=None, **fields):
    answer = shop.refund(order, amount, headers=EN, **fields)
    assert answer.status_code == 202, answer.text
    body = read_json(answer)
    assert body["code"] == "awaiting_approval"
    assert answer.headers["Location"].endswith(body["refund"]["id"])
    return body["refund"]["id"]


def test_what_is_approved_is_refunded(strict):
    shop, order = strict, strict.order()
    shop.refunded(order, 5000)
    order = shop.order()
    refund = asked(shop, order, 6000)
    assert shop.state(refund)["state"] == "awaiting_approval"
    assert shop.journal(order) == []
    # Meanwhile it is the payment's one unfinished refund.
    problem(shop.refund(order, 1000), 409, "refund_in_progress")
    # And who asked can't say yes.
    for name in ("kim", "user:kim", "Kim"):
        said = operator(shop, "approve", refund, "--by", name, status=1)
        assert "somebody else" in said
    said = operator(shop, "approve", refund, "--by", "lee")
    assert refund in said and "The refund is done." in said
    assert [line["amount"] for line in shop.journal(order)] == [6000]
    assert shop.state(refund)["state"] == "succeeded"
    assert [line[:2] for line in trail(shop, order)] == [
        ("asked", "awaiting_approval"), ("asked", "refund_in_progress"),
        ("approved", None), ("moved", "succeeded")]
    assert ("approved", None, "lee") in trail(shop, order)
    said = operator(shop, "approve", refund, "--by", "lee", status=1)
    assert "does not await approval" in said
    assert len(shop.journal(order)) == 1


def test_parts_of_a_payment_need_what_the_whole_would(strict):
    shop, order = strict, strict.order()
    other = shop.order()
    shop.refunded(order, 3000)
    shop.fault("pg_refusal", route="cancel", imp_uid=order.imp_uid, count=1)
    problem(shop.refund(order, 1500), 422, "declined")
    shop.refunded(order, 2000)
    shop.refunded(other, 3000)
    refund = asked(shop, order, 1)
    operator(shop, "reject", refund, "--by", "lee")
    refund = asked(shop, order, 1000)
    assert "done" in operator(shop, "approve", refund, "--by", "lee")
    # What was approved does not give leave for more.
    refund = asked(shop, order, 2)
    operator(shop, "reject", refund, "--by", "lee")
    shop.refunded(other, 2000)
    assert [line["amount"] for line in shop.journal(order)] == [
        3000, 2000, 1000]


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_parts_asked_for_at_once_slip_past_no_approval(shops, front):
    shop = shops.make(front, settings={
        "policy.approval_threshold": 2500,
        "policy.order_refunds_per_minute": 0}).start()
    order = shop.order()

    def waiting():
        return shop.rows("SELECT 1 FROM refunds "
                         "WHERE state = 'awaiting_approval'")

    def ask(at):
        """As often as its turn wants it, until one has to wait."""
        answer = shop.refund(order, 300, key=f"part-{at}")
        while answer.status_code == 409 and not waiting():
            answer = shop.refund(order, 300, key=f"part-{at}")
        return answer.status_code

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(ask, range(10)))
    assert sorted(statuses) == [200] * 8 + [202, 409], statuses
    assert len(waiting()) == 1
    assert [line["amount"] for line in shop.journal()] == [300] * 8


def test_who_watches_sees_how_long_an_approval_is_waited_for(shops):
    shop = shops.make("nginx", settings={
        "policy.approval_threshold": 5000}).start()

    def waited():
        name = "\ncancelpay_refunds_awaiting_seconds "
        return int(shop.get("/metrics").text.split(name)[1].split()[0])

    first, second = shop.many_orders(2)
    assert waited() == 0
    assert "approval" not in operator(shop, "list", "--stuck")
    refund = asked(shop, first, 6000)
    until(lambda: waited() >= 1, "time goes on")
    other = asked(shop, second, 6000)
    assert waited() >= 1
    said = operator(shop, "list", "--stuck")
    assert "awaiting approval: 2, the oldest since 20" in said
    assert "2 awaiting approval (the oldest for 0 h)" in operator(
        shop, "doctor")
    for name in (refund, other):
        operator(shop, "reject", name, "--by", "lee")
    assert waited() == 0


def test_what_is_rejected_moves_nothing(strict):
    shop, order = strict, strict.order()
    refund = asked(shop, order, 6000)
    again = shop.refund(order, 6000, headers=EN)
    assert again.status_code == 202
    assert "somebody else" in operator(
        shop, "reject", refund, "--by", "kim", status=1)
    assert "rejected" in operator(shop, "reject", refund, "--by", "lee")
    state = shop.state(refund)
    assert (state["state"], state["failure"]) == ("failed", "rejected")
    assert shop.journal(order) == []
    assert ("rejected", None, "lee") in trail(shop, order)
    shop.refunded(order, 1000)


def test_a_key_hears_what_became_of_it(strict):
    shop, order = strict, strict.order()
    first = shop.refund(order, 6000, key="k-1", headers=EN)
    refund = read_json(first)["refund"]["id"]
    assert shop.refund(order, 6000, key="k-1",
                       headers=EN).status_code == 202
    operator(shop, "reject", refund, "--by", "lee")
    problem(shop.refund(order, 6000, key="k-1", headers=EN), 422, "rejected")


def test_an_approval_is_decided_on_the_balance_of_now(strict):
    shop, order = strict, strict.order()
    refund = asked(shop, order, 6000)
    shop.console_cancel(order, 5000)
    said = operator(shop, "approve", refund, "--by", "lee", status=1)
    assert "larger than what can still be refunded" in said, said
    assert shop.state(refund)["state"] == "awaiting_approval"
    order = shop.order()
    refund = asked(shop, order, 6000)
    shop.console_cancel(order, 4000)
    assert "done" in operator(shop, "approve", refund, "--by", "lee")
    assert shop.state(refund)["state"] == "succeeded"


def test_an_approved_refund_whose_answer_is_lost_ends_known(strict):
    shop, order = strict, strict.order()
    refund = asked(shop, order, 6000)
    shop.fault("drop_after", route="cancel", imp_uid=order.imp_uid, count=1)
    operator(shop, "approve", refund, "--by", "lee")
    assert shop.ended(refund)["state"] == "succeeded"
    assert len(shop.journal(order)) == 1


def test_the_account_of_an_approved_refund_comes_by_standard_input(strict):
    shop = strict
    order = shop.order(method="vbank", pg="html5_inicis")
    account = {"refund_holder": "홍길동", "refund_bank": "04",
               "refund_account": "12345678901234"}
    refund = asked(shop, order, 6000, **account)
    said = operator(shop, "approve", refund, "--by", "lee", status=1)
    assert "bank account" in said, said
    said = operator(shop, "approve", refund, "--by", "lee", status=1,
                    said="홍길동\n04\nnot a number\n\n")
    assert "refund_account must be" in said
    said = operator(shop, "approve", refund, "--by", "lee",
                    said="홍길동\n04\n12345678901234\n\n")
    assert "done" in said, said
    for path in shop.folder.glob("cancelpay.*"):
        assert b"12345678901234" not in path.read_bytes(), path


def test_what_an_approval_needs_to_know_is_kept(strict):
    shop, order = strict, strict.order()
    refund = asked(shop, order, 6000, tax_free=1000, requester="customer")
    operator(shop, "approve", refund, "--by", "lee")
    [row] = shop.refunds(order)
    assert (row["tax_free"], row["vat_amount"]) == (1000, None)
    [line] = shop.journal(order)
    assert line["amount"] == 6000
    assert shop.rows("SELECT amount FROM refund_days")


def test_a_freeze_holds_in_every_process_at_once(shops):
    shop = shops.make("cgi").start()
    fronts = [shop] + [beside(shops, shop, {}) for _ in range(2)]
    order = shop.order()
    for amount, front in enumerate(fronts, 1000):
        front.refunded(order, amount)
    assert "no new refunds" in operator(shop, "freeze", "--by", "lee")
    for amount, front in enumerate(fronts, 1100):
        problem(front.refund(order, amount, headers=EN), 403, "frozen")
    assert "frozen" in operator(shop, "list", "--stuck", status=1)
    assert "again" in operator(shop, "unfreeze", "--by", "lee")
    for amount, front in enumerate(fronts, 1200):
        front.refunded(order, amount)
    acts = shop.rows("SELECT act, actor FROM trail "
                     "WHERE act IN ('frozen', 'thawed')")
    assert acts == [{"act": "frozen", "actor": "lee"},
                    {"act": "thawed", "actor": "lee"}]


def sql(shop, text):
    subprocess.run(["sqlite3", str(shop.database), text], check=True,
                   **user_args())


def lines_of(shop, answer, event):
    """The log's lines of that kind about the answer's request."""
    lines = [json.loads(line) for line in shop.log.read_text().splitlines()]
    return [line for line in lines if line["event"] == event
            and answer.headers["X-Request-Id"] in line["message"]]


@pytest.mark.parametrize("front, event", [("nginx", "database"),
                                          ("cgi", "open")])
def test_what_could_not_be_done_is_logged_with_its_request(
        shops, front, event):
    shop = shops.make(front, settings={
        "log.format": "json", "policy.order_refunds_per_minute": 1,
        "policy.caller_reads_per_minute": 1}).start()
    one, other = shop.many_orders(2)
    shop.refunded(one, 1000)
    answer = shop.refund(one, 2000)
    problem(answer, 429, "rate_limited")
    assert len(lines_of(shop, answer, "limited")) == 1
    shop.payment(other)
    answer = shop.get(f"/payments/{other.merchant_uid}")
    problem(answer, 429, "rate_limited")
    assert len(lines_of(shop, answer, "limited")) == 1
    sql(shop, "ALTER TABLE trail RENAME TO elsewhere")
    answer = shop.refund(other, 1000)
    assert answer.status_code in (500, 503)
    assert len(lines_of(shop, answer, event)) == 1
    sql(shop, "ALTER TABLE elsewhere RENAME TO trail")
    assert shop.refunds(other) == []


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_one_id_names_a_request_in_answer_log_and_trail(shops, front):
    shop = shops.make(front, settings={"log.format": "json"}).start()
    order = shop.order()
    answer = shop.refund(order, 1000)
    name = answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{10}", name)
    refused = shop.refund(order, 100000, headers=EN)
    assert refused.headers["X-Request-Id"] != name
    lines = [json.loads(line) for line in shop.log.read_text().splitlines()]
    assert [line for line in lines if name in json.dumps(line)], lines
    shown = json.loads(shop.cli("show", "--json", order.merchant_uid))
    assert [line.get("request_id") for line in shown["trail"]] == [
        name, None, refused.headers["X-Request-Id"]]
    assert shown["trail"][0]["address"] == "127.0.0.1"
    text = shop.cli("show", order.merchant_uid)
    assert "story" in text and name in text and "127.0.0.1" in text
    assert "asked: amount_exceeds_refundable" in text
    for path in ("/healthz", "/", "/refunds/0000000000"):
        assert shop.get(path).headers["X-Request-Id"]


def test_the_trail_can_not_be_changed(shops):
    shop = shops.make("cgi").start()
    order = shop.order()
    shop.refunded(order, 1000)
    for sql in ("DELETE FROM trail", "UPDATE trail SET actor = 'nobody'",
                "INSERT OR REPLACE INTO trail (number, at_ms, act) "
                "VALUES (1, 1, 'asked')",
                "INSERT OR REPLACE INTO refunds SELECT * FROM refunds",
                "DELETE FROM refund_days", "DELETE FROM refunds"):
        done = subprocess.run(["sqlite3", str(shop.database), sql],
                              capture_output=True, check=False, text=True)
        assert done.returncode != 0
        assert re.search("never|one of that id", done.stderr), done.stderr


def quick(shops, **settings):
    """One whose restore does not take long."""
    return shops.make("nginx", settings={
        "policy.approval_threshold": 3000, "iamport.timeout_ms": 500,
        "iamport.send_within_ms": 500, "iamport.quiet_ms": 500,
        "auth.mode": "none", **settings})


def test_what_was_approved_is_not_approved_again_over_a_restore(shops):
    shop = quick(shops).start()
    order = shop.order()
    refund = asked(shop, order, 4000)
    rejected = shop.order()
    other = asked(shop, rejected, 4000)
    backup = shop.folder / "backup.db"
    operator(shop, "backup", backup)
    operator(shop, "approve", refund, "--by", "lee")
    operator(shop, "reject", other, "--by", "lee")
    said = operator(shop, "restore", backup, status=1)
    assert "words on them" in said and "--force" in said, said
    operator(shop, "restore", "--force", backup)
    assert shop.state(refund)["state"] == "succeeded"
    said = operator(shop, "approve", refund, "--by", "lee", status=1)
    assert "does not await approval" in said
    assert [line["amount"] for line in shop.journal(order)] == [4000]


def test_nothing_is_approved_while_iamport_is_away(shops):
    shop = quick(shops).start()
    order = shop.order()
    refund = asked(shop, order, 4000)
    shop.fault("http_503_before", route="read")
    said = operator(shop, "approve", refund, "--by", "lee", status=1)
    assert "nothing was changed" in said
    assert shop.state(refund)["state"] == "awaiting_approval"
    shop.calm()
    assert "done" in operator(shop, "approve", refund, "--by", "lee")


def test_who_says_so_has_a_name(shops):
    shop = quick(shops)
    shop.write_config()
    for name, command in (("", ["approve", "0000000000"]),
                          (" lee", ["reject", "0000000000"]),
                          ("lee ", ["freeze"]), ("l\nee", ["freeze"]),
                          ("\udcff", ["unfreeze"])):
        said = operator(shop, *command, "--by", name, status=2)
        assert "who you are" in said


def refused(shop):
    """What show --refused tells, newest first."""
    return json.loads(shop.cli("show", "--refused", "--json"))


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_the_trail_knows_who_was_not_let_in(shops, front):
    shop = shops.make(front, settings={
        "auth.mode": "remote-user", "auth.user_param": "SHOP_USER"}).start()
    order = shop.order()
    answers = [
        shop.refund(order, 1000),
        shop.refund(order, headers={"Origin": "https://evil.example"}),
        shop.post(b"{", {"Authorization": "Bearer forged"})]
    assert [answer.status_code for answer in answers] == [401, 403, 401]
    assert shop.get(f"/payments/{order.merchant_uid}").status_code == 401
    rows = until(lambda: len(refused(shop)) == 3 and refused(shop),
                 "the trail has been told")
    # Two desks may tell it in another order than they were asked in.
    assert {row["request_id"]: (row["verdict"], row.get("merchant_uid"))
            for row in rows} == {
        answers[0].headers["X-Request-Id"]: (
            "unauthorized", order.merchant_uid),
        answers[1].headers["X-Request-Id"]: ("forbidden", order.merchant_uid),
        answers[2].headers["X-Request-Id"]: ("unauthorized", None)}
    assert {row["address"] for row in rows} == {"127.0.0.1"}
    # What was tried at an order is part of its story, too.
    assert sorted(trail(shop, order)) == [("refused", "forbidden", None),
                                          ("refused", "unauthorized", None)]
    text = operator(shop, "show", "--refused")
    assert answers[2].headers["X-Request-Id"] in text
    assert shop.refunds(order) == []


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_the_trail_knows_what_was_no_request(shops, front):
    shop = shops.make(front).start()
    order = shop.order()
    problem(shop.refund(order, 1000, reason=5), 400, "invalid_field")
    problem(shop.post(b"no"), 400, "malformed_request")
    rows = until(lambda: len(refused(shop)) == 2 and refused(shop),
                 "the trail has been told")
    assert [row["actor"] for row in rows] == ["none", "none"]
    assert trail(shop, order) == [("refused", "invalid_field", "none")]


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_a_flood_of_refusals_does_not_fill_the_trail(shops, front):
    shop = shops.make(front, settings={
        "auth.mode": "remote-user", "auth.user_param": "SHOP_USER",
        "log.format": "json"}).start()
    order = shop.order()
    # Few at a time: a CGI program does not wait long to tell the trail.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.refund(order, 1),
                                range(60)))
    assert {answer.status_code for answer in answers} == {401}
    until(lambda: any(row["verdict"] == "more_refused"
                      for row in refused(shop)), "the trail has been told")
    # As many as may come at once, what time has added, and one for the rest.
    assert 5 <= len(refused(shop)) <= 40
    assert len([1 for row in refused(shop)
                if row["verdict"] == "more_refused"]) <= 2
    assert all(lines_of(shop, answer, "refused") for answer in answers)


def test_refusals_hold_up_no_refund_while_the_book_is_busy(shops):
    shop = shops.make("cgi").start()
    order = shop.order()
    lock = sqlite3.connect(shop.database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    answer = shop.post(b"no")
    problem(answer, 400, "malformed_request")
    until(lambda: not shop.running(), "it does not wait for long", 5)
    lock.rollback()
    lock.close()
    assert refused(shop) == []
    shop.refunded(order, 1000)


def test_refusals_do_not_fill_the_trail(shops):
    shop = quick(shops, **{"policy.order_refunds_per_minute": 2}).start()
    order = shop.order()
    operator(shop, "freeze")
    for _ in range(30):
        assert shop.refund(order, 1000).status_code in (403, 429)
    assert 22 <= len(refused(shop)) + 2 <= 28
    assert [line[0] for line in trail(shop, order)][:3] == [
        "asked", "asked", "refused"]
    operator(shop, "unfreeze")
    # Nor by the payment's name, which counts for its order.
    order = shop.order()
    body = json.dumps({"imp_uid": order.imp_uid,
                       "cancel_request_amount": 20000})
    statuses = [shop.post(body).status_code for _ in range(6)]
    assert statuses == [422, 422, 429, 429, 429, 429]
    assert [line[0] for line in trail(shop, order)].count("asked") == 2
