# SPDX-License-Identifier: MIT
"""[auth] mode = ticket: who has the shop's word may have that order refunded,
once and so much of it; nobody else learns anything."""

import concurrent.futures
import hashlib
import json
import re
import subprocess
import time

import pytest

from fronts import FRONTS
from shop import problem, read_json
from tickets import SECRET, bearer, claims_of, sign, ticket_shop
from world import TREE, give, until, user_args

# Apache keeps the header to itself unless told otherwise.
EXTRA = {name: "CGIPassAuth On" if name in ("apache", "cgid", "fcgid") else ""
         for name in FRONTS}


def complaint(shop, *args):
    """What the command says when it was called in a wrong way."""
    done = subprocess.run([shop.world.brief_bin / "cancelpay", *args],
                          capture_output=True, env=shop.env(),
                          check=False, text=True, **user_args())
    assert done.returncode == 2, done
    return done.stderr


@pytest.fixture(scope="module")
def shop(lasting_shops):
    shop = ticket_shop(lasting_shops, "nginx").start()
    return shop


def given_back(shop, order):
    [row] = shop.rows("SELECT cancel_amount FROM payments WHERE imp_uid = ?",
                      order.imp_uid)
    return row["cancel_amount"]


@pytest.mark.parametrize("front", FRONTS)
def test_a_ticket_refunds_its_order_behind(shops, front):
    shop = ticket_shop(shops, front, front_extra=EXTRA[front]).start()
    order = shop.order(10000)
    ticket = sign(claims_of(order.merchant_uid, max_amount=4000))
    problem(shop.refund(order, 4000, headers={"Accept-Language": "en"}),
            401, "unauthorized")
    answer = shop.refund(order, 4000, headers=bearer(ticket))
    assert answer.status_code == 200, answer.text
    assert given_back(shop, order) == 4000
    [refund] = shop.refunds(order)
    assert refund["caller"] == f"ticket:{order.merchant_uid}"
    assert refund["requester"] == "customer"


def test_a_ticket_is_for_one_refund(shop):
    order = shop.order(10000)
    ticket = sign(claims_of(order.merchant_uid))
    first = shop.refund(order, 3000, headers=bearer(ticket))
    assert first.status_code == 200
    again = shop.refund(order, 3000, headers=bearer(ticket))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    # Nor by a key of its own does it pay twice.
    other = shop.refund(order, 3000, headers=bearer(
        ticket, **{"Idempotency-Key": "another"}))
    assert other.headers["Idempotency-Replayed"] == "true"
    problem(shop.refund(order, 2000, headers=bearer(ticket)),
            422, "idempotency_mismatch")
    problem(shop.refund(order, 2000, headers=bearer(
        ticket, **{"Idempotency-Key": "a-third"})),
        422, "idempotency_mismatch")
    assert given_back(shop, order) == 3000
    # The next ticket is the next refund.
    ticket = sign(claims_of(order.merchant_uid))
    assert shop.refund(order, 3000, headers=bearer(ticket)).status_code == 200
    assert given_back(shop, order) == 6000


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_a_ticket_shown_in_many_places_at_once_is_used_once(shops, front):
    shop = ticket_shop(shops, front).start()
    order = shop.order(10000)
    ticket = sign(claims_of(order.merchant_uid))

    def ask(at):
        return shop.refund(order, 100 + at, headers=bearer(
            ticket, **{"Idempotency-Key": f"key-{at}"}))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1, [answer.status_code for answer in answers]
    for answer in answers:
        assert answer in won or answer.status_code in (409, 422), answer.text
    shop.settle()
    assert len(shop.journal(order)) == 1
    assert len(shop.refunds(order)) == 1


def test_a_new_ticket_with_the_same_key_is_the_same_refund(shop):
    order = shop.order(10000)
    answers = [shop.refund(order, 3000, headers=bearer(
        sign(claims_of(order.merchant_uid)), **{"Idempotency-Key": "intent"}))
        for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert given_back(shop, order) == 3000


def test_a_used_ticket_is_no_other_order_s(shop):
    first, second = shop.order(10000), shop.order(10000)
    claims = claims_of(first.merchant_uid)
    body = json.dumps({"imp_uid": first.imp_uid})
    assert shop.post(body, bearer(sign(claims))).status_code == 200
    claims["sub"] = second.merchant_uid
    problem(shop.post(body, bearer(sign(claims))), 422, "idempotency_mismatch")
    problem(shop.refund(second, headers=bearer(sign(claims))),
            422, "idempotency_mismatch")
    assert shop.refunds(second) == []


def test_more_than_the_ticket_allows_is_refused(shop):
    order = shop.order(10000)
    ticket = sign(claims_of(order.merchant_uid, max_amount=5000))
    body = problem(shop.refund(order, 5001, headers=bearer(ticket)),
                   403, "forbidden")
    assert "cancel_request_amount must be at most what you may ask for " \
        "(5000 KRW)" in body["detail"]
    problem(shop.refund(order, headers=bearer(ticket)), 403, "forbidden")
    korean = problem(shop.refund(order, 5001, headers=bearer(
        ticket, **{"Accept-Language": "ko"})), 403, "forbidden")
    assert "5000 KRW" in korean["detail"]
    assert shop.refunds(order) == []
    # What was refused has not used it up.
    assert shop.refund(order, 5000, headers=bearer(ticket)).status_code == 200


def test_cents_are_a_string_in_a_ticket_as_in_a_request(shop):
    order = shop.order(1250, currency="USD")
    ticket = sign(claims_of(order.merchant_uid, max_amount="12.49"))
    body = problem(shop.refund(order, headers=bearer(ticket)),
                   403, "forbidden")
    assert "12.49 USD" in body["detail"]
    answer = shop.refund(order, "12.49", headers=bearer(ticket))
    assert answer.status_code == 200, answer.text
    won = shop.order(10000)
    ticket = sign(claims_of(won.merchant_uid, max_amount="5000.5"))
    problem(shop.refund(won, 1, headers=bearer(ticket)), 403, "forbidden")


def test_who_may_ask_for_one_order_learns_nothing_of_others(shop):
    mine, yours = shop.order(10000), shop.order(10000)
    headers = bearer(sign(claims_of(mine.merchant_uid)))
    assert read_json(shop.get(f"/payments/{mine.merchant_uid}",
                              headers=headers))["refundable_amount"] == 10000
    for make in (lambda order: shop.get(f"/payments/{order}",
                                        headers=headers),
                 lambda order: shop.get(f"/payments?merchant_uid={order}",
                                        headers=headers),
                 lambda order: shop.post(
                     json.dumps({"merchant_uid": order}), headers)):
        there, absent = make(yours.merchant_uid), make("never-was")
        problem(there, 403, "forbidden")
        assert there.content == absent.content
    there, absent = (shop.post(json.dumps({"imp_uid": imp_uid}), headers)
                     for imp_uid in (yours.imp_uid, "imp_never_was"))
    problem(there, 403, "forbidden")
    assert there.content == absent.content
    assert shop.refunds(yours) == []
    # What was tried stands in the trail of the ticket's own order.
    shown = json.loads(shop.cli("show", "--json", mine.merchant_uid))
    assert [line["verdict"] for line in shown["trail"]] == ["forbidden"] * 4


def test_the_ticket_says_in_whose_name(shop):
    order = shop.order(10000)
    ticket = sign(claims_of(order.merchant_uid, requester="admin"))
    problem(shop.refund(order, 1000, headers=bearer(ticket),
                        requester="customer"), 403, "forbidden")
    assert shop.refund(order, 1000, headers=bearer(ticket)).status_code == 200
    assert shop.refunds(order)[0]["requester"] == "admin"
    ticket = sign(claims_of(order.merchant_uid))
    problem(shop.refund(order, 1000, headers=bearer(ticket),
                        requester="admin"), 403, "forbidden")


BAD = {
    "none": (lambda c: sign(c, header={"alg": "none"}), "HS256"),
    "RS256": (lambda c: sign(c, header={"alg": "RS256"}), "HS256"),
    "HS512": (lambda c: sign(c, header={"alg": "HS512"},
                             digest=hashlib.sha512), "HS256"),
    "another secret": (lambda c: sign(c, secret="x" * 32), "HS256"),
    "no signature": (lambda c: sign(c).rpartition(".")[0] + ".", "HS256"),
    "broken base64": (lambda c: sign(c).replace(".", ".!", 1), "HS256"),
    "large": (lambda c: sign({**c, "more": "x" * 5000}), "HS256"),
    "no words": (lambda c: "", "realm"),
    "no jti": (lambda c: sign({**c, "jti": None}), "jti"),
    "audience": (lambda c: sign({**c, "aud": "other"}), "aud"),
    "expired": (lambda c: sign({**c, "exp": int(time.time()) - 1}),
                "expired: exp"),
    "far": (lambda c: sign({**c, "exp": int(time.time()) + 1200}),
            "15 minutes"),
    "early": (lambda c: sign({**c, "nbf": int(time.time()) + 200}),
              "not valid yet: nbf"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_ticket_is_refused_and_told_why(shop, name):
    make, why = BAD[name]
    order = shop.order(10000)
    answer = shop.refund(order, 1000, headers=bearer(
        make(claims_of(order.merchant_uid))))
    problem(answer, 401, "unauthorized")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer "), challenge
    assert why in challenge, challenge
    assert shop.refunds(order) == []


def test_a_token_of_100_kb_is_refused_whatever_refuses_it(shop):
    order = shop.order(10000)
    ticket = sign({**claims_of(order.merchant_uid), "more": "x" * 75000})
    answer = shop.refund(order, 1000, headers=bearer(ticket))
    assert answer.status_code in (400, 401, 431)
    assert shop.refunds(order) == []


@pytest.mark.parametrize("sub", [
    "\ub098\u0301", "order\u200b", "ORDER", "order\u0000", "order\u202e",
    " order", "order/", "order%31"])
def test_an_order_is_compared_to_the_letter(shop, sub):
    order = shop.order(10000, merchant_uid="order")
    answer = shop.refund(order, 1000, headers=bearer(sign(claims_of(sub))))
    assert answer.status_code in (401, 403), answer.text
    assert shop.refunds(order) == []


def test_two_secrets_are_believed_while_one_takes_the_other_s_place(shops):
    new, old = "n" * 40, "o" * 40
    shop = ticket_shop(shops, "cgi", lines=(new, old)).start()
    order = shop.order(10000)
    for secret in (new, old):
        ticket = sign(claims_of(order.merchant_uid), secret=secret)
        assert shop.refund(order, 1000,
                           headers=bearer(ticket)).status_code == 200
    minted = shop.cli("ticket", order.merchant_uid, "--max", "1000").strip()
    assert shop.refund(order, 1000,
                       headers=bearer(minted)).status_code == 200
    path = shop.settings["auth.ticket_secret_file"]
    path.write_text(old + "\n")
    minted = shop.cli("ticket", order.merchant_uid, "--max", "1000").strip()
    ticket = sign(claims_of(order.merchant_uid), secret=new)
    problem(shop.refund(order, 1000, headers=bearer(ticket)),
            401, "unauthorized")
    assert shop.refund(order, 1000,
                       headers=bearer(minted)).status_code == 200


def test_the_command_says_what_it_needs(shop):
    assert "--max is missing" in complaint(shop, "ticket", "order")
    assert "--max takes" in complaint(shop, "ticket", "order", "--max", "-1")
    assert "1 to 40" in complaint(shop, "ticket", "", "--max", "1")
    assert "--minutes takes 1 to 15" in complaint(
        shop, "ticket", "order", "--max", "1", "--minutes", "16")


def test_without_its_secret_nothing_starts(shops):
    shop = shops.make("cgi", settings={"auth.mode": "ticket"})
    shop.write_config()
    said = complaint(shop, "init")
    assert "[auth] ticket_secret_file: missing" in said, said
    path = shop.folder / "short"
    path.write_text("short\n")
    path.chmod(0o600)
    give(path)
    shop.settings["auth.ticket_secret_file"] = path
    shop.write_config()
    said = complaint(shop, "init")
    assert "32 characters or more" in said and "short\n" not in said, said


def snippet(language):
    text = (TREE / "doc" / "tickets.md").read_text(encoding="utf-8")
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL).group(1)


PROGRAMS = {
    "php": ["php", "-r", "$order = $argv[1]; $max = 4000; "
            "$secret = $argv[2]; {} echo $ticket;", "--"],
    "js": ["node", "-e", "const [order, secret] = process.argv.slice(1); "
           "const max = 4000; {} process.stdout.write(ticket);", "--"],
}


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_page_s_own_lines_make_a_good_ticket(shop, language):
    order = shop.order(10000, merchant_uid=f"주문 {language}/1")
    command = [word.replace("{}", snippet(language))
               for word in PROGRAMS[language]]
    ticket = subprocess.run([*command, order.merchant_uid, SECRET],
                            capture_output=True, check=True, text=True).stdout
    answer = shop.refund(order, 4000, headers=bearer(ticket))
    assert answer.status_code == 200, answer.text
    assert shop.refunds(order)[0]["requester"] == "customer"


def test_after_a_restore_no_ticket_of_before_is_good(shops):
    shop = ticket_shop(shops, "nginx", settings={
        "iamport.timeout_ms": 500, "iamport.send_within_ms": 500,
        "iamport.quiet_ms": 500}).start()
    order = shop.order(10000)
    backup = shop.folder / "backup.db"
    shop.cli("backup", backup)
    ticket = sign(claims_of(order.merchant_uid))
    assert shop.refund(order, 3000, headers=bearer(
        ticket, **{"Idempotency-Key": "a"})).status_code == 200
    restore = subprocess.Popen(
        [shop.world.brief_bin / "cancelpay", "restore", "--force", backup],
        env=shop.env(), cwd=shop.folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, **user_args())
    try:
        until(lambda: shop.rows("SELECT * FROM freezes"), "it is frozen", 20)
        [freeze] = shop.rows("SELECT * FROM freezes")
        assert freeze["until_ms"] - freeze["created_ms"] >= 960000
        problem(shop.refund(order, 3000, headers=bearer(
            ticket, **{"Idempotency-Key": "b"})), 403, "frozen")
    finally:
        restore.kill()
        restore.wait()
    assert len(shop.journal(order)) == 1


def test_a_ticket_uses_up_no_other_order_s_rate(shops):
    shop = ticket_shop(shops, "cgi", settings={
        "policy.order_refunds_per_minute": 2}).start()
    mine, yours = shop.order(10000), shop.order(10000)
    headers = bearer(sign(claims_of(mine.merchant_uid)))
    answers = {imp_uid: [shop.post(json.dumps({"imp_uid": imp_uid}),
                                   headers).status_code for _ in range(4)]
               for imp_uid in (yours.imp_uid, "imp_never_was")}
    assert answers[yours.imp_uid] == [403, 403, 429, 429]
    assert answers["imp_never_was"] == [429] * 4
    assert "imp_never_was" not in json.dumps(shop.journal())
    ticket = sign(claims_of(yours.merchant_uid))
    assert shop.refund(yours, 1000, headers=bearer(ticket)).status_code == 200
