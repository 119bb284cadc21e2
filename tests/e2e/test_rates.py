# SPDX-License-Identifier: MIT
"""How often is too often: of refunds, of reads, and of webhooks, which anybody
can send.  One count for all processes."""

import concurrent.futures
import json
import os
import sqlite3
import stat
import subprocess
import time

import pytest

import fcgi_client
from shop import problem, read_json
from world import Program, until, user_args

BOTH = pytest.mark.parametrize("front", ["nginx", "cgi"])


def limited(response):
    """It was one too many; when to come again."""
    problem(response, 429, "rate_limited")
    seconds = response.headers["Retry-After"]
    assert seconds.isdigit() and 1 <= int(seconds) <= 60, seconds
    return int(seconds)


def notice(shop, imp_uid, **args):
    return shop.post(json.dumps({"imp_uid": imp_uid, "status": "paid"}),
                     path="/payments/webhook", **args)


def calls(shop, *routes):
    """How often i'mport was asked."""
    received = shop.control("GET", "stats")["received"]
    return sum(received[route] for route in routes or ("read", "find"))


def all_at_once(work, items, n=16):
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(work, items))


# --- refunds ---

@BOTH
def test_a_burst_on_one_order_is_refused_and_another_goes_on(shops, front):
    shop = shops.make(front, settings={
        "policy.order_refunds_per_minute": 3}).start()
    order, other = shop.order(), shop.order()
    begun = time.monotonic()
    for i in range(3):
        shop.refunded(order, 100 + i, key=f"key-{i}")
    before = calls(shop, "cancel", "read", "find")
    wait = limited(shop.refund(order, 200, key="one-too-many"))
    assert wait <= 20
    # The order is the same by its payment's own name.
    limited(shop.post(json.dumps({"imp_uid": order.imp_uid})))
    assert calls(shop, "cancel", "read", "find") == before
    assert len(shop.refunds(order)) == 3
    # Whoever polls an answer he has had goes on hearing it.
    for _ in range(10):
        again = shop.refund(order, 100, key="key-0")
        assert again.status_code == 200, again.text
        assert again.headers["Idempotency-Replayed"] == "true"
    shop.refunded(other, 100)
    assert time.monotonic() - begun < 20, "too slow to tell"
    shop.audit()


def test_both_languages_say_that_nothing_was_refunded(shops):
    shop = shops.make(settings={
        "policy.order_refunds_per_minute": 1}).start()
    order = shop.order()
    shop.refunded(order, 100)
    for language, word in (("ko", "환불"), ("en", "nothing was refunded")):
        body = problem(shop.refund(
            order, 200, headers={"Accept-Language": language}),
            429, "rate_limited")
        assert word in body["message"]
    log = (shop.folder / "cancelpay.log").read_text()
    assert log.count("order_refunds_per_minute") == 1, log


def test_a_caller_has_a_limit_of_his_own(shops):
    shop = shops.make(settings={
        "auth.mode": "remote-user", "auth.user_param": "CANCELPAY_USER",
        "policy.caller_refunds_per_minute": 2,
        "policy.caller_reads_per_minute": 2}, front_extra=(
            "fastcgi_param CANCELPAY_USER $http_x_test_user;")).start()
    orders = shop.many_orders(3)
    clerk, boss = {"X-Test-User": "clerk"}, {"X-Test-User": "boss"}
    shop.refunded(orders[0], 100, headers=clerk)
    shop.refunded(orders[1], 100, headers=clerk)
    limited(shop.refund(orders[2], 100, headers=clerk))
    shop.refunded(orders[2], 100, headers=boss)
    path = f"/payments/{orders[0].merchant_uid}"
    assert [shop.get(path, headers=clerk).status_code for _ in range(3)] == [
        200, 200, 429]
    assert shop.get(path, headers=boss).status_code == 200


def ask_as_cgi(shop, body):
    """The program as a web server would start it, for one request."""
    env = shop.env() | {name: str(value) for name, value in
                        fcgi_client.variables(
                            "POST", "/payments/cancel", body).items()}
    done = subprocess.run(
        [shop.world.brief_bin / "cancelpay.fcgi"], input=body,
        capture_output=True, env=env, cwd=shop.folder, timeout=60, check=True, **user_args())
    return fcgi_client.Answer(done.stdout)


def test_two_responders_and_cgi_share_one_count(shops):
    limit = 12
    shop = shops.make(settings={
        "policy.order_refunds_per_minute": limit}).start()
    order = shop.order()
    second = shop.folder / "second.sock"
    responder = Program(
        "second", [shop.bin / "cancelpay.fcgi"], shop.folder,
        shop.env() | {"CANCELPAY_SERVER_LISTEN": str(second)})
    try:
        responder.ready_on(second)
        # More than there is, so that each is answered at once.
        bodies = [json.dumps({"merchant_uid": order.merchant_uid,
                              "cancel_request_amount": 20000 + i}).encode()
                  for i in range(45)]
        ways = (
            lambda body: fcgi_client.ask(
                shop.front.socket, "POST", "/payments/cancel", body),
            lambda body: fcgi_client.ask(
                second, "POST", "/payments/cancel", body),
            lambda body: ask_as_cgi(shop, body))
        begun = time.monotonic()
        answers = all_at_once(lambda i: ways[i % 3](bodies[i]), range(45), 6)
        passed = time.monotonic() - begun
        statuses = [answer.status for answer in answers]
        assert set(statuses) == {422, 429}, statuses
        taken = statuses.count(422)
        assert limit <= taken <= limit + 1 + passed * limit / 60, passed
        # Each of the three has been told no.
        assert all(429 in statuses[way::3] for way in range(3)), statuses
    finally:
        assert responder.stop() == 0


# --- reads ---

@BOTH
def test_orders_can_not_be_tried_out_one_after_the_other(shops, front):
    shop = shops.make(front, settings={
        "policy.address_reads_per_minute": 5}).start()
    order = shop.order()
    refund = shop.refunded(order, 100)["refund"]["id"]
    statuses = [shop.get(f"/payments/GUESS-{i}").status_code
                for i in range(5)]
    assert statuses == [404] * 5
    limited(shop.get(f"/payments/{order.merchant_uid}"))
    limited(shop.get("/payments?merchant_uid=" + order.merchant_uid))
    # A page that waits for its refund is not in anybody's way.
    for _ in range(20):
        assert shop.state(refund)["state"] == "succeeded"
    assert shop.get("/healthz").status_code == 200
    assert shop.get("/metrics").status_code == 200


# --- webhooks ---

@BOTH
def test_notices_are_taken_from_the_addresses_on_the_list(shops, front):
    shop = shops.make(front, settings={
        "policy.webhook_addresses": "52.78.100.19 10.0.0.0/8"}).start()
    order = shop.order(known=False)
    body = problem(notice(shop, order.imp_uid), 403, "forbidden")
    assert "webhook_addresses" in body["detail"]
    assert calls(shop) == 0
    path = f"/payments/{order.merchant_uid}"
    assert shop.get(path).status_code == 404
    shop.settings["policy.webhook_addresses"] = "127.0.0.0/8"
    shop.write_config()
    shop.kill_and_start()
    assert notice(shop, order.imp_uid).status_code == 200
    until(lambda: shop.get(path).status_code == 200, "the payment is stored")


@BOTH
def test_one_address_can_not_send_notices_without_end(shops, front):
    shop = shops.make(front, settings={
        "policy.address_webhooks_per_minute": 4}).start()
    answers = [notice(shop, f"imp_{i}") for i in range(6)]
    assert [answer.status_code for answer in answers] == [
        200, 200, 200, 200, 429, 429]
    limited(answers[-1])
    until(lambda: not shop.front.is_cgi or not shop.running(),
          "no program is left")


def put_off(shop, order):
    """Nobody looks at the order's refund for a minute."""
    db = sqlite3.connect(shop.database, timeout=30)
    db.execute("UPDATE refunds SET next_check_ms = ? WHERE imp_uid = ?",
               (int(time.time() * 1000) + 60000, order.imp_uid))
    db.commit()
    db.close()


def leave_open(shop, order):
    """A refund whose answer was lost and that nobody looks at for a while."""
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.fault("drop_before", route="read", imp_uid=order.imp_uid)
    answer = shop.refund(order, 4000)
    assert answer.status_code == 202, answer.text
    put_off(shop, order)
    shop.calm()
    assert [row["state"] for row in shop.refunds(order)] == ["unknown"]
    return read_json(answer)["refund"]["id"]


def test_a_flood_of_false_notices_costs_no_more_than_its_budget(shops):
    budget = 30
    shop = shops.make(settings={
        "policy.webhook_lookups_per_minute": budget,
        "policy.address_webhooks_per_minute": 0}).start()
    order, other = shop.order(), shop.order()
    refund = leave_open(shop, order)
    due_ms = shop.refunds(order)[0]["next_check_ms"]
    before = calls(shop)
    begun = time.monotonic()
    answers = all_at_once(
        lambda i: notice(shop, f"imp_false_{i}"), range(250))
    # In the midst of it i'mport tells of the one that is unfinished, and of
    # what a person did at its console.
    shop.console_cancel(other, 700)
    for told in (order, other):
        answer = notice(shop, told.imp_uid)
        assert answer.status_code == 200, answer.text
    answers += all_at_once(
        lambda i: notice(shop, f"imp_false_{i}"), range(250, 500))
    passed = time.monotonic() - begun
    until(lambda: shop.state(refund)["state"] == "succeeded",
          "the true notice was followed", (due_ms / 1000 - time.time()) - 1)
    until(lambda: shop.payment(other)["cancel_amount"] == 700,
          "so was the other one")
    statuses = [answer.status_code for answer in answers]
    # 503: more at a time than there is room for.
    assert set(statuses) <= {200, 429, 503}, set(statuses)
    assert statuses.count(429) > 250
    limited(next(a for a in answers if a.status_code == 429))
    cost = calls(shop) - before
    # The budget, what has grown of it since, and the two that were wanted.
    assert 2 < cost <= budget + passed * budget / 60 + 3, (cost, passed)
    known = shop.rows("SELECT imp_uid FROM payments ORDER BY imp_uid")
    assert known == [{"imp_uid": told.imp_uid} for told in (order, other)]
    shop.audit()


def test_a_false_notice_by_cgi_has_the_same_budget(shops):
    shop = shops.make("cgi", settings={
        "policy.webhook_lookups_per_minute": 3}).start()
    order = shop.order()
    refund = leave_open(shop, order)
    before = calls(shop)
    statuses = [notice(shop, f"imp_false_{i}").status_code for i in range(8)]
    assert statuses == [200] * 3 + [429] * 5
    assert notice(shop, order.imp_uid).status_code == 200
    until(lambda: shop.state(refund)["state"] == "succeeded",
          "the true notice was followed")
    until(lambda: not shop.running(), "no program is left")
    assert calls(shop) - before <= 4


def test_notices_of_one_payment_share_a_look_and_none_is_lost(shops):
    shop = shops.make(settings={
        "policy.webhook_lookups_per_minute": 0}).start()
    order = shop.order(amount=100000)
    shop.latency(300)
    begun = time.monotonic()
    given = 0
    for _ in range(5):
        shop.console_cancel(order, 1000)
        given += 1000
        answers = all_at_once(lambda _: notice(shop, order.imp_uid),
                              range(40))
        assert {answer.status_code for answer in answers} == {200}
    until(lambda: shop.payment(order)["cancel_amount"] == given,
          "what the last notice was about is seen")
    passed = time.monotonic() - begun
    # At most one begins in a second and the time a look takes.
    assert calls(shop) <= 2 + passed / 1.3, passed
    shop.audit()


# --- the file ---

def test_the_file_is_made_once_and_is_the_programs_own(shops):
    shop = shops.make().start()
    path = shop.folder / "cancelpay.db.rates"
    seen = path.stat()
    assert stat.S_IMODE(seen.st_mode) == 0o600
    assert seen.st_uid == shop.database.stat().st_uid
    assert seen.st_blocks * 512 >= seen.st_size
    order = shop.order()
    shop.refunded(order, 100)
    shop.kill_and_start()
    until(lambda: shop.get("/healthz").status_code == 200, "it serves again")
    assert path.stat().st_ino == seen.st_ino
    assert path.stat().st_size == seen.st_size
    assert "cancelpay.db.rates" not in shop.cli("doctor", good=(0, 1))
    path.chmod(0o644)
    assert "cancelpay.db.rates has mode 0644" in shop.cli("doctor", good=(3,))
    path.chmod(0o600)


def check_config(shop):
    return subprocess.run(
        [shop.bin / "cancelpay.fcgi", "--check-config"], capture_output=True,
        env=shop.env(), cwd=shop.folder, timeout=60, check=False, text=True,
        **user_args())


def test_root_looking_first_leaves_the_file_to_the_responder(shops):
    if os.geteuid() != 0:
        pytest.skip("wants root")
    shop = shops.make(settings={"log.target": "stderr"})
    shop.write_config()
    shop.cli("init")
    path = shop.folder / "cancelpay.db.rates"
    assert not path.exists()
    subprocess.run([shop.bin / "cancelpay.fcgi", "--check-config"],
                   env=shop.env(), cwd=shop.folder, timeout=60, check=True)
    assert path.stat().st_uid == shop.database.stat().st_uid
    done = check_config(shop)
    assert (done.returncode, done.stdout) == (0, "OK\n"), done


@pytest.mark.parametrize("kind, says", [
    ("folder", "Is a directory"), ("open", "use 0600")])
def test_without_the_file_nothing_starts_and_the_line_says_why(
        shops, kind, says):
    shop = shops.make("cgi")
    shop.write_config()
    shop.cli("init")
    path = shop.folder / "cancelpay.db.rates"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"")
        path.chmod(0o666)
    done = check_config(shop)
    assert done.returncode == 2
    assert str(path) in done.stderr and says in done.stderr, done.stderr
    answer = subprocess.run(
        [shop.bin / "cancelpay.fcgi"], capture_output=True, cwd=shop.folder,
        env=shop.env() | {name: str(value) for name, value in
                          fcgi_client.variables("GET", "/", b"").items()},
        stdin=subprocess.DEVNULL, timeout=60, check=False, **user_args())
    assert fcgi_client.Answer(answer.stdout).status == 500
    assert says in answer.stderr.decode()
    assert f"{path} has mode" in shop.cli("doctor", good=(3,))
    path.rmdir() if kind == "folder" else path.unlink()
