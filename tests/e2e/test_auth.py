# SPDX-License-Identifier: MIT
"""Who may ask: nobody by default, whom the web server verified, and browsers
only from pages we know."""

import http.client
import json

import pytest
import requests

from fronts import FRONTS
from shop import problem, read_json
from world import give

REMOTE_USER = {"auth.mode": "remote-user",
               "auth.user_param": "CANCELPAY_USER"}


def raw_post(shop, body, headers):
    """POSTs with a list of headers, in which names may repeat."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.front.port,
                                            timeout=30)
    connection.putrequest("POST", shop.front.mount + "/payments/cancel")
    for name, value in headers:
        connection.putheader(name, value)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text)


@pytest.mark.parametrize("front", ["nginx", "cgi"])
def test_without_a_mode_no_refund_is_taken(shops, front):
    shop = shops.make(front, settings={"auth.mode": None}).start()
    order = shop.order()
    body = problem(shop.refund(order, headers={"Accept-Language": "en"}),
                   503, "not_configured")
    assert "[auth] mode" in body["detail"]
    assert shop.refunds(order) == []
    assert shop.get("/").status_code == 200


def basic_auth_shop(shops):
    """nginx asks for a password and hands on the name it has verified."""
    shop = shops.make("nginx", settings=REMOTE_USER)
    users = shop.folder / "htpasswd"
    users.write_text("clerk:{PLAIN}one\nboss:{PLAIN}two\n")
    give(users)
    shop.front.extra = f"""
            auth_basic "shop";
            auth_basic_user_file {users};
            fastcgi_param CANCELPAY_USER $remote_user;
"""
    shop.http.auth = ("clerk", "one")
    return shop.start()


def test_the_user_whom_the_web_server_verified(shops):
    shop = basic_auth_shop(shops)
    order = shop.order()
    body = json.dumps({"merchant_uid": order.merchant_uid,
                       "cancel_request_amount": 100})
    assert shop.post(body).status_code == 401
    assert shop.post(body, auth=("clerk", "wrong")).status_code == 401
    assert shop.refunds(order) == []
    key = {"Idempotency-Key": "same-key"}
    first = shop.post(body, key, auth=("clerk", "one"))
    assert first.status_code == 200, first.text
    # A key is its caller's: the boss's request is another one.
    second = shop.post(body, key, auth=("boss", "two"))
    assert second.status_code == 200, second.text
    assert "Idempotency-Replayed" not in second.headers
    assert [row["caller"] for row in shop.refunds(order)] == [
        "user:clerk", "user:boss"]
    shop.audit()


@pytest.mark.parametrize("front", FRONTS)
def test_a_forged_user_is_nobody(shops, front):
    """Nobody sets CANCELPAY_USER here; a client only fills HTTP_ ones, and by
    Debian's nginx an unverified REMOTE_USER."""
    shop = shops.make(front, settings=REMOTE_USER).start()
    order = shop.order()
    body = json.dumps({"merchant_uid": order.merchant_uid}).encode()
    tries = [[], [("Authorization", "Basic Y2xlcms6b25l")]]
    tries += [[(name, "clerk")] for name in (
        "CANCELPAY_USER", "Cancelpay-User", "HTTP_CANCELPAY_USER",
        "REMOTE_USER", "Remote-User", "X-Remote-User", "Proxy-User")]
    for headers in tries:
        status, answer = raw_post(shop, body, headers)
        assert (status, answer["code"]) == (401, "unauthorized"), headers
    problem(shop.get("/payments/" + order.merchant_uid), 401,
            "unauthorized")
    assert shop.refunds(order) == []


@pytest.fixture(scope="module")
def front_shop(request, lasting_shops):
    settings = {"auth.allowed_origins":
                "https://shop.example https://desk.example:8443"}
    return lasting_shops.make(request.param, settings=settings).start()


every_front = pytest.mark.parametrize(
    "front_shop", FRONTS, indirect=True)


@every_front
@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "https://shop.example.evil.example",
    "http://shop.example", "https://desk.example", "https://"])
def test_a_page_of_somebody_elses(shop, origin):
    order = shop.order()
    answer = shop.refund(order, headers={"Origin": origin})
    problem(answer, 403, "forbidden")
    assert shop.refunds(order) == []


@every_front
def test_pages_of_ours(shop):
    order = shop.order()
    own = f"http://127.0.0.1:{shop.front.port}"
    for amount, origin in enumerate(
            (own, "https://shop.example", "https://desk.example:8443"), 1):
        assert shop.refunded(order, amount, headers={"Origin": origin})


@every_front
def test_two_idempotency_keys_are_none(shop):
    order = shop.order()
    body = json.dumps({"merchant_uid": order.merchant_uid}).encode()
    for headers in ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
                    [("Idempotency-Key", "a"), ("Idempotency-Key", "a")],
                    [("Idempotency-Key", "a, b")],
                    [("Idempotency-Key", "k" * 256)]):
        status, answer = raw_post(shop, body, headers)
        assert (status, answer["code"]) == (400, "invalid_field"), headers
        assert answer["field"] == "Idempotency-Key"
    assert shop.refunds(order) == []


@every_front
def test_a_key_as_the_draft_quotes_it(shop):
    order = shop.order()
    first = shop.refunded(order, 100, key='"draft-%s"' % order.imp_uid)
    again = shop.refunded(order, 100, key="draft-%s" % order.imp_uid)
    assert first == again


def test_a_cookie_is_no_authority(shops):
    shop = shops.make(settings=REMOTE_USER).start()
    answer = requests.post(
        shop.url("/payments/cancel"), json={"merchant_uid": "x"},
        cookies={"CANCELPAY_USER": "clerk"}, timeout=30)
    problem(answer, 401, "unauthorized")
    assert read_json(answer)["status"] == 401
