# SPDX-License-Identifier: MIT
"""The whole road behind each web server: refunds, refusals, views, pages."""

import http.client
import json
import re
import urllib.parse

import pytest

from fronts import both_ways
from shop import problem, read_json
from world import until

HANGUL = re.compile("[가-힣]")
ENGLISH = {"Accept-Language": "en"}
KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"}


def assert_untouched(shop, order):
    assert shop.journal(order) == []
    assert shop.cancels_received(order) == 0
    assert shop.refunds(order) == []


# ---- refunds ---------------------------------------------------------------

def test_a_full_refund(shop):
    order = shop.order(amount=15000)
    answer = shop.refund(order, 15000)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = read_json(answer)
    assert body["imp_uid"] == order.imp_uid
    assert body["merchant_uid"] == order.merchant_uid
    assert body["amount"] == body["cancel_amount"] == 15000
    assert body["refundable_amount"] == 0
    assert body["status"] == "cancelled"
    assert body["code"] == "refunded"
    refund = body["refund"]
    assert refund["state"] == "succeeded"
    assert refund["amount"] == refund["applied_amount"] == 15000
    [line] = shop.journal(order)
    assert line["amount"] == 15000
    assert line["reason"] == f"고객 변심 [cp:{refund['id']}]"
    [row] = shop.refunds(order)
    assert row["id"] == refund["id"]
    assert row["cancellation_id"] == line["cancellation_id"]


def test_no_amount_means_all_that_is_left(shop):
    order = shop.order(amount=9000)
    assert shop.refunded(order, 2000)["refundable_amount"] == 7000
    body = shop.refunded(order)
    assert body["refund"]["amount"] == 7000
    assert body["refundable_amount"] == 0


def test_part_by_part_until_nothing_is_left(shop):
    order = shop.order(amount=10000)
    assert shop.refunded(order, 3000)["cancel_amount"] == 3000
    assert shop.refunded(order, 3001)["refundable_amount"] == 3999
    body = problem(shop.refund(order, 4000, headers=ENGLISH), 422,
                   "amount_exceeds_refundable")
    assert body["refundable_amount"] == 3999
    assert body["field"] == "cancel_request_amount"
    assert body["detail"].endswith(
        " cancel_request_amount must be at most what can still be refunded "
        "(3999 KRW).")
    assert shop.refunded(order, 3999)["refundable_amount"] == 0
    assert [line["amount"] for line in shop.journal(order)] == [
        3000, 3001, 3999]


def test_already_refunded_in_the_words_of_the_guide(shop):
    order = shop.order(amount=1000)
    shop.refunded(order)
    body = problem(shop.refund(order, 1000, headers=ENGLISH), 400,
                   "already_refunded")
    assert body["message"] == \
        "This order has already been fully refunded."
    body = problem(shop.refund(order, 500, headers=KOREAN), 400,
                   "already_refunded")
    assert HANGUL.search(body["message"])
    assert len(shop.journal(order)) == 1


def test_an_order_nobody_knows(shop):
    order = shop.order(known=False, there=False)
    body = problem(shop.refund(order, headers=ENGLISH), 404,
                   "payment_not_found")
    assert not HANGUL.search(body["detail"])
    body = problem(shop.refund(order, headers=KOREAN), 404,
                   "payment_not_found")
    assert HANGUL.search(body["detail"])
    assert shop.refunds(order) == []


def test_over_the_balance(shop):
    order = shop.order(amount=5000)
    body = problem(shop.refund(order, 5001), 422,
                   "amount_exceeds_refundable")
    assert body["refundable_amount"] == 5000
    assert_untouched(shop, order)


def test_the_payment_by_imp_uid_which_wins(shop):
    order, other = shop.order(amount=4000), shop.order(amount=4000)
    body = shop.refunded(order, 1000, imp_uid=other.imp_uid)
    assert body["imp_uid"] == other.imp_uid
    assert shop.journal(order) == []
    answer = shop.post(json.dumps({"imp_uid": order.imp_uid}))
    assert read_json(answer)["refund"]["amount"] == 4000


def test_an_order_only_known_to_iamport_is_refunded_and_stored(shop):
    order = shop.order(amount=7000, known=False)
    body = shop.refunded(order)
    assert body["refund"]["amount"] == 7000
    [row] = shop.rows("SELECT * FROM payments WHERE imp_uid = ?",
                      order.imp_uid)
    assert (row["amount"], row["cancel_amount"]) == (7000, 7000)


def test_an_order_with_odd_characters_only_known_to_iamport(shop):
    order = shop.order(
        amount=7100, merchant_uid="주문 7%2F/?#&+=é", known=False)
    assert shop.refunded(order, 100)["merchant_uid"] == order.merchant_uid


def test_a_replay_by_key_is_the_same_bytes(shop):
    order = shop.order(amount=6000)
    first = shop.refund(order, 2500, key="key-1-" + order.imp_uid)
    assert first.status_code == 200, first.text
    assert "Idempotency-Replayed" not in first.headers
    again = shop.refund(order, 2500, key="key-1-" + order.imp_uid)
    assert again.status_code == 200
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(shop.journal(order)) == 1


# ---- bad requests ----------------------------------------------------------

BAD_FIELDS = [
    ("zero", {"cancel_request_amount": 0}, "cancel_request_amount"),
    ("negative", {"cancel_request_amount": -1}, "cancel_request_amount"),
    ("null", {"cancel_request_amount": None}, "cancel_request_amount"),
    ("boolean", {"cancel_request_amount": True}, "cancel_request_amount"),
    ("array", {"cancel_request_amount": [100]}, "cancel_request_amount"),
    ("word", {"cancel_request_amount": "all"}, "cancel_request_amount"),
    ("empty text", {"cancel_request_amount": ""}, "cancel_request_amount"),
    ("cents in won", {"cancel_request_amount": "100.50"},
     "cancel_request_amount"),
    ("number as order", {"merchant_uid": 12}, "merchant_uid"),
    ("empty order", {"merchant_uid": ""}, "merchant_uid"),
    ("long order", {"merchant_uid": "x" * 41}, "merchant_uid"),
    ("control in order", {"merchant_uid": "a\nb"}, "merchant_uid"),
    ("control in reason", {"reason": "a\x01b"}, "reason"),
    ("marker in reason", {"reason": "see [cp:ABCDEFGHJK]"}, "reason"),
    ("long reason", {"reason": "가" * 501}, "reason"),
    ("reason a number", {"reason": 5}, "reason"),
    ("requester", {"requester": "nobody"}, "requester"),
    ("retain_promotion", {"retain_promotion": "yes"}, "retain_promotion"),
    ("tax_free", {"tax_free": -5}, "tax_free"),
    ("tax_free over amount", {"cancel_request_amount": 100, "tax_free": 101},
     "tax_free"),
    ("vat over amount", {"cancel_request_amount": 100, "vat_amount": 101},
     "vat_amount"),
    ("unknown field", {"amont": 100}, "amont"),
    ("won as text", {"cancel_request_amount": "100"},
     "cancel_request_amount"),
]


@both_ways
@pytest.mark.parametrize("fields, named", [row[1:] for row in BAD_FIELDS],
                         ids=[row[0] for row in BAD_FIELDS])
def test_a_bad_field_is_named(shop, fields, named):
    order = shop.order()
    body = {"merchant_uid": order.merchant_uid, "reason": "x", **fields}
    answer = problem(shop.post(json.dumps(body), ENGLISH), 400,
                     "invalid_field")
    assert answer["field"] == named
    assert named in answer["fields"]
    assert named + " " in answer["detail"]
    assert_untouched(shop, order)


WON = ("must be above 0 and a whole number, not a string (KRW).",
       "값은 0보다 커야 하며 문자열이 아닌 정수로 보내야 합니다 (KRW).")


def part(other):
    return (f"must be at most the amount refunded less {other} and a whole "
            "number, not a string (KRW).",
            f"값은 환불 금액에서 {other}를 뺀 금액 이하여야 하며 문자열이 아닌 "
            "정수로 보내야 합니다 (KRW).")


@both_ways
@pytest.mark.parametrize("fields, named, wants", [
    ({"cancel_request_amount": "10.5"}, "cancel_request_amount", WON),
    ({"cancel_request_amount": "100"}, "cancel_request_amount", WON),
    ({"cancel_request_amount": 100, "tax_free": 101}, "tax_free",
     part("vat_amount")),
    ({"cancel_request_amount": 100, "vat_amount": 101}, "vat_amount",
     part("tax_free"))])
def test_a_field_that_does_not_fit_the_payment_hears_why(
        shop, fields, named, wants):
    order = shop.order()
    for headers, want in zip((ENGLISH, KOREAN), wants):
        answer = problem(shop.refund(order, headers=headers, **fields), 400,
                         "invalid_field")
        assert answer["fields"] == [named]
        assert answer["message"].endswith(f" {named} {want}")
    assert_untouched(shop, order)


BAD_BODIES = [
    ("nothing", b"", "malformed_request"),
    ("no json", b"merchant_uid=1", "malformed_request"),
    ("cut", b'{"merchant_uid": "%s"', "malformed_request"),
    ("array", b'["%s"]', "malformed_request"),
    ("text", b'"%s"', "malformed_request"),
    ("trailing", b'{"merchant_uid":"%s"} x', "malformed_request"),
    ("two objects", b'{"merchant_uid":"%s"}{}', "malformed_request"),
    ("not utf-8", b'{"merchant_uid":"%s","reason":"\xff"}',
     "malformed_request"),
    ("comment", b'{"merchant_uid":"%s"/*x*/}', "malformed_request"),
    ("single quotes", b"{'merchant_uid':'%s'}", "malformed_request"),
    ("deep", b'{"merchant_uid":"%s","reason":' + b"[" * 40 + b"]" * 40
     + b"}", "malformed_request"),
    ("nul", b'{"merchant_uid":"%s","reason":"a\\u0000b"}',
     "malformed_request"),
    ("fraction", b'{"merchant_uid":"%s","cancel_request_amount":1.5}',
     "invalid_field"),
    ("exponent", b'{"merchant_uid":"%s","cancel_request_amount":1e3}',
     "invalid_field"),
    ("point nought", b'{"merchant_uid":"%s","cancel_request_amount":100.0}',
     "invalid_field"),
    ("over 64 bits",
     b'{"merchant_uid":"%s","cancel_request_amount":18446744073709551716}',
     "invalid_field"),
    ("over the limit",
     b'{"merchant_uid":"%s","cancel_request_amount":9223372036854775807}',
     "invalid_field"),
    ("twice", b'{"merchant_uid":"%s","cancel_request_amount":1,'
     b'"cancel_request_amount":100}', "invalid_field"),
    ("twice, spelled otherwise", b'{"merchant_uid":"%s","reason":"a",'
     b'"\\u0072eason":"b"}', "invalid_field"),
    ("nobody named", b'{"cancel_request_amount":100,"reason":"%s"}',
     "invalid_field"),
]


@both_ways
@pytest.mark.parametrize("bytes_, code", [row[1:] for row in BAD_BODIES],
                         ids=[row[0] for row in BAD_BODIES])
def test_a_bad_body_is_refused(shop, bytes_, code):
    order = shop.order()
    body = bytes_.replace(b"%s", order.merchant_uid.encode())
    problem(shop.post(body, ENGLISH), 400, code)
    assert_untouched(shop, order)


def test_a_repeated_field_is_named(shop):
    order = shop.order()
    body = ('{"merchant_uid":"%s","reason":"a","reason":"b"}'
            % order.merchant_uid)
    answer = problem(shop.post(body, ENGLISH), 400, "invalid_field")
    assert answer["field"] == "reason"


def test_a_body_of_65_kib_is_too_large(shop):
    order = shop.order()
    body = json.dumps({"merchant_uid": order.merchant_uid,
                       "reason": "x" * (65 * 1024)})
    problem(shop.post(body), 413, "body_too_large")
    assert_untouched(shop, order)
    # One that is just small enough is read, and judged by its fields.
    body = body[:200] + body[-2:]
    assert shop.post(body).status_code == 200


@pytest.mark.parametrize("path", ["/payments/cancel", "/payments/webhook"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_hears_what_is_allowed(shop, method, path):
    # lighttpd itself refuses a GET with a body.
    body = None if method in ("GET", "HEAD") else b"{}"
    answer = shop.http.request(method, shop.url(path), data=body, timeout=30)
    if method == "HEAD":
        assert answer.status_code == 405
    else:
        problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


def test_the_programs_own_address_is_a_page_and_a_refund(shop):
    answer = shop.http.put(shop.url("/"), data=b"{}", timeout=30)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_a_view_takes_no_post(shop):
    order = shop.order()
    answer = shop.post(b"{}", path="/payments/" + order.merchant_uid)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


@both_ways
@pytest.mark.parametrize("kind", [
    "text/plain", "application/x-www-form-urlencoded", "application/jsonp",
    "application/json; charset=euc-kr", "multipart/form-data; boundary=x"])
def test_a_wrong_content_type(shop, kind):
    order = shop.order()
    answer = shop.post(json.dumps({"merchant_uid": order.merchant_uid}),
                       {"Content-Type": kind})
    problem(answer, 415, "unsupported_media_type")
    assert_untouched(shop, order)


@pytest.mark.parametrize("kind", [
    "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_a_content_type_with_its_charset(shop, kind):
    order = shop.order()
    assert shop.refund(order, 1, headers={"Content-Type": kind}
                       ).status_code == 200


def chunked_post(shop, body):
    """POSTs in chunks, without a Content-Length."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.front.port,
                                            timeout=30)
    split = len(body) // 2
    connection.request(
        "POST", shop.front.mount + "/payments/cancel",
        body=iter([body[:split], body[split:]]), encode_chunked=True,
        headers={"Content-Type": "application/json",
                 "Transfer-Encoding": "chunked"})
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, json.loads(text)


def test_a_chunked_body_without_a_length(shop):
    order = shop.order()
    body = json.dumps({"merchant_uid": order.merchant_uid,
                       "cancel_request_amount": 10, "reason": "가" * 400})
    status, answer = chunked_post(shop, body.encode())
    assert status == 200, answer
    assert answer["cancel_amount"] == 10


def test_a_chunked_body_too_large(shop):
    order = shop.order()
    body = json.dumps({"merchant_uid": order.merchant_uid,
                       "reason": "x" * (65 * 1024)})
    status, answer = chunked_post(shop, body.encode())
    assert (status, answer["code"]) == (413, "body_too_large")
    assert_untouched(shop, order)


# ---- looking ---------------------------------------------------------------

def test_the_payment_and_its_refunds(shop):
    order = shop.order(amount=8000)
    assert shop.payment(order)["refunds"] == []
    done = shop.refunded(order, 3000)
    body = shop.payment(order)
    assert body["amount"] == 8000
    assert body["cancel_amount"] == 3000
    assert body["refundable_amount"] == 5000
    [refund] = body["refunds"]
    assert refund["id"] == done["refund"]["id"]
    assert refund["state"] == "succeeded"


def test_one_refund(shop):
    order = shop.order(amount=8000)
    done = shop.refunded(order, 3000)["refund"]
    refund = shop.state(done["id"])
    assert refund["state"] == "succeeded"
    assert refund["amount"] == 3000
    problem(shop.get("/refunds/0000000000"), 404, "refund_not_found")
    problem(shop.get("/refunds/..%3Bx"), 404, "refund_not_found")


def test_a_payment_nobody_knows(shop):
    problem(shop.get("/payments/no-such-order"), 404, "payment_not_found")


@pytest.mark.parametrize("uid", ["50%off", "주문-가나다", "a b+c", "x%2Fy",
                                 "a/b/c", "q?x=1&y#z", "..", "cancel"])
def test_an_order_id_of_odd_characters(shop, uid):
    order = shop.order(amount=3000, merchant_uid=uid)
    assert shop.refunded(order, 1000)["merchant_uid"] == order.merchant_uid
    answer = shop.get("/payments", params={"merchant_uid":
                                           order.merchant_uid})
    assert answer.status_code == 200, answer.text
    assert read_json(answer)["cancel_amount"] == 1000
    if "/" not in uid and "%2F" not in uid and uid not in ("..", "cancel"):
        assert shop.payment(order)["merchant_uid"] == order.merchant_uid


def test_health(shop):
    answer = shop.get("/healthz")
    assert answer.status_code == 200
    assert read_json(answer)["status"] == "ok"


def test_a_query_is_no_option_of_the_program(shop):
    for query in ("--version", "--check-config", "--help", "-x+y", "x"):
        answer = shop.get(f"/healthz?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"status": "ok"}
    order = shop.order()
    answer = shop.post(json.dumps({"merchant_uid": order.merchant_uid}),
                       path="/payments/cancel?x")
    assert answer.status_code == 200, answer.text


def test_the_page_and_what_it_loads(shop):
    answer = shop.get("/")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    wanted = re.findall(r'(?:src|href)="([^":]+\.(?:js|css))"', answer.text)
    assert len(wanted) >= 2, answer.text
    for path in wanted:
        url = urllib.parse.urljoin(shop.url("/"), path)
        asset = shop.http.get(url, timeout=30)
        assert asset.status_code == 200, url
        kind = "javascript" if path.endswith("js") else "css"
        assert kind in asset.headers["Content-Type"]
        etag = asset.headers["ETag"]
        again = shop.http.get(url, headers={"If-None-Match": etag},
                              timeout=30)
        assert again.status_code == 304, url
        assert again.content == b""
        assert again.headers["ETag"] == etag


def raw_get(shop, path):
    """GET of exactly these bytes, which no client tidies up first."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.front.port,
                                            timeout=30)
    connection.putrequest("GET", shop.front.mount + path,
                          skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, text


@pytest.mark.parametrize("path", [
    "/../cancelpay.conf", "/../../etc/passwd", "/..%2f..%2fetc/passwd",
    "/%2e%2e/cancelpay.conf", "/%2e%2e%2fcancelpay.conf",
    "//etc/passwd", "/..%5c..%5cetc%5cpasswd", "/vendor/../../1/cancelpay.db",
    "/index.html%00.css", "/.htaccess", "/%2fetc%2fpasswd",
    "/index.html/", "/vendor"])
def test_no_path_leads_out_of_the_pages(shop, path):
    status, text = raw_get(shop, path)
    # What may be our mount point shows the page.
    page = shop.get("/").content
    assert status >= 300 or text.endswith(page[-1000:]), text[:200]


@pytest.mark.parametrize("path", [
    "/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "//evil.example",
    "//evil.example/%2e", "/%5cevil.example", "/x%0d%0aSet-Cookie:%20a=b",
    "/javascript:alert(1)"])
def test_an_address_puts_nothing_into_the_page(shop, path):
    _, text = raw_get(shop, path)
    for bad in (b"<script>alert", b'"//evil', b"'//evil", b'"\\evil',
                b"\nSet-Cookie", b'"javascript:'):
        assert bad not in text


def test_head_is_a_get_without_its_body(shop):
    page = shop.get("/")
    head = shop.http.head(shop.url("/"), timeout=30)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["ETag"] == page.headers["ETag"]


# ---- while it takes time ---------------------------------------------------

def test_location_leads_to_the_refund_through_the_web_server(shop):
    order = shop.order(amount=6000, method="vbank", pg="smartro_v2")
    answer = shop.refund(order, 6000, refund_holder="홍길동",
                         refund_bank="004", refund_account="123456789012",
                         refund_tel="01012345678")
    assert answer.status_code == 202, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    body = read_json(answer)
    assert body["code"] == "pending"
    url = urllib.parse.urljoin(answer.url, answer.headers["Location"])
    seen = shop.http.get(url, timeout=30)
    assert seen.status_code == 200, url
    assert read_json(seen)["id"] == body["refund"]["id"]
    # Meanwhile nothing else of this order may start.
    busy = shop.refund(order, 1, refund_holder="홍길동", refund_bank="004",
                       refund_account="123456789012",
                       refund_tel="01012345678")
    problem(busy, 409, "refund_in_progress")
    assert busy.headers["Location"] == answer.headers["Location"]
    assert shop.ended(body["refund"]["id"])["state"] == "succeeded"


def test_a_webhook_of_a_console_refund_updates_the_payment(shop):
    order = shop.order(amount=9000)
    shop.console_cancel(order, 2000)
    answer = shop.post(json.dumps({
        "imp_uid": order.imp_uid, "merchant_uid": order.merchant_uid,
        "status": "cancelled"}), path="/payments/webhook")
    assert answer.status_code in (200, 204), answer.text
    until(lambda: shop.payment(order)["cancel_amount"] == 2000,
          "the payment shows the console's refund")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    shop.console_cancel(order, 500)
    answer = shop.post(f"imp_uid={order.imp_uid}&status=cancelled", form,
                       path="/payments/webhook")
    assert answer.status_code in (200, 204), answer.text
    until(lambda: shop.payment(order)["cancel_amount"] == 2500,
          "the payment shows the second one too")
