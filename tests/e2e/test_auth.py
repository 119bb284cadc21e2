# SPDX-License-Identifier: MIT
"""Who may ask: nobody by default, whom the web server verified, and browsers
only from pages we know."""

import http.client
import json
import re

import pytest
import requests

from fronts import FRONTS, both_ways
from shop import problem, read_json
from world import TREE, give

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


@both_ways
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


ASK = {"Access-Control-Request-Method": "POST",
       "Access-Control-Request-Headers": "authorization,content-type"}
EXPOSED = {"Idempotency-Replayed", "Location", "Retry-After", "X-Request-Id"}


def preflight(shop, origin, path="/payments/cancel", **headers):
    return requests.options(shop.url(path), timeout=30, headers={
        "Origin": origin, **ASK, **headers})


def shared(answer):
    """What the answer says to a browser about pages of other origins."""
    return {name for name in answer.headers
            if name.lower().startswith("access-control-")}


def words(answer, name):
    return {word.strip() for word in answer.headers[name].split(",")}


@every_front
@pytest.mark.parametrize("path", ["/payments/cancel", "/payments/ORD-1",
                                  "/refunds/0123456789"])
def test_a_browser_hears_that_a_listed_page_may_ask(shop, path):
    for origin in ("https://shop.example", "https://desk.example:8443"):
        answer = preflight(shop, origin, path)
        assert answer.status_code == 204, answer.text
        assert answer.content == b""
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Origin"
        assert words(answer, "Access-Control-Allow-Methods") == {
            "GET", "POST"}
        assert words(answer, "Access-Control-Allow-Headers") >= {
            "Authorization", "Content-Type", "Idempotency-Key"}
        # No cookie is ever asked for.
        assert "Access-Control-Allow-Credentials" not in answer.headers
    # The same method without a preflight's header is one we do not have.
    answer = requests.options(shop.url(path), timeout=30, headers={
        "Origin": "https://shop.example"})
    problem(answer, 405, "method_not_allowed")


@every_front
def test_a_listed_page_may_read_every_answer(shop):
    order = shop.order()
    page = {"Origin": "https://shop.example"}
    done = shop.refund(order, 100, key="cors-" + order.imp_uid, headers=page)
    assert done.status_code == 200, done.text
    again = shop.refund(order, 100, key="cors-" + order.imp_uid, headers=page)
    assert again.headers["Idempotency-Replayed"] == "true"
    refused = shop.refund(order, 0, headers=page)
    problem(refused, 400, "invalid_field")
    state = shop.get("/refunds/" + shop.refunds(order)[0]["id"],
                     headers=page)
    absent = shop.get("/refunds/0123456789", headers=page)
    for answer in (done, again, refused, state, absent):
        assert answer.headers["Access-Control-Allow-Origin"] == page["Origin"]
        assert words(answer, "Access-Control-Expose-Headers") == EXPOSED
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Access-Control-Allow-Methods" not in answer.headers


@both_ways
@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "https://shop.example.evil.example",
    "http://shop.example", "https://shop.example:443",
    "https://shop.example https://desk.example:8443"])
def test_no_other_page_is_told_anything(shop, origin):
    order = shop.order()
    asked = preflight(shop, origin)
    problem(asked, 405, "method_not_allowed")
    posted = shop.refund(order, headers={"Origin": origin})
    problem(posted, 403, "forbidden")
    read = shop.get("/payments/" + order.merchant_uid,
                    headers={"Origin": origin})
    for answer in (asked, posted, read):
        assert shared(answer) == set(), answer.headers
    assert shop.refunds(order) == []


def test_without_a_list_no_page_is_told_anything(shops):
    shop = shops.make("cgi").start()
    answer = preflight(shop, "https://shop.example")
    problem(answer, 405, "method_not_allowed")
    assert shared(answer) == set()


@every_front
def test_a_browser_keeps_no_answer_about_money(shop):
    order = shop.order()
    done = shop.refund(order, 100)
    refund = shop.refunds(order)[0]["id"]
    for answer in (done, shop.refund(order, 0),
                   shop.get("/payments/" + order.merchant_uid),
                   shop.get("/refunds/" + refund), shop.get("/nowhere.json"),
                   preflight(shop, "https://shop.example")):
        assert answer.headers["Cache-Control"] == "no-store", answer.url
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


POLICY = {"default-src": "'none'", "script-src": "'self'",
          "style-src": "'self'", "connect-src": "'self'",
          "img-src": "'self'", "form-action": "'none'", "base-uri": "'self'",
          "frame-ancestors": "'none'"}


@every_front
def test_pages_run_what_lies_beside_them_and_nothing_else(shop):
    for path in ("/", "/cancelpay.js", "/texts.js", "/cancelpay.css"):
        answer = shop.get(path)
        assert answer.status_code == 200, path
        policy = dict(part.strip().split(" ", 1) for part in
                      answer.headers["Content-Security-Policy"].split(";"))
        assert policy == POLICY
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_has_a_script_or_a_style_inside():
    pages = sorted((TREE / "www").rglob("*.html"))
    assert pages
    for page in pages:
        text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"),
                      flags=re.DOTALL)
        for tag in re.findall(r"<script\b[^>]*>(?!</script>)|<style\b", text):
            raise AssertionError(f"{page}: {tag}")
        assert not re.search(r"\s(on\w+|style)\s*=", text), page
        assert "javascript:" not in text.lower(), page
        for address in re.findall(r'\s(?:src|href|action)="([^"]*)"', text):
            assert "//" not in address, (page, address)


def test_a_cookie_is_no_authority(shops):
    shop = shops.make(settings=REMOTE_USER).start()
    answer = requests.post(
        shop.url("/payments/cancel"), json={"merchant_uid": "x"},
        cookies={"CANCELPAY_USER": "clerk"}, timeout=30)
    problem(answer, 401, "unauthorized")
    assert read_json(answer)["status"] == 401
