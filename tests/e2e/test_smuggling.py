# SPDX-License-Identifier: MIT
"""A body that holds FastCGI records must never become a request, on kept
connections least of all."""

import struct

import pytest

from shop import problem

UNIT = 512
BEGIN, PARAMS, STDIN = 1, 4, 5


def record(kind, content, padding=0):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), padding) \
        + content + b"\0" * padding


def pair(name, value):
    return bytes((len(name), len(value))) + name.encode() + value.encode()


def forged(order):
    """A whole FastCGI request for a refund, UNIT bytes long."""
    body = b'{"imp_uid":"%s"}' % order.imp_uid.encode()
    params = b"".join(pair(*both) for both in (
        ("REQUEST_METHOD", "POST"), ("PATH_INFO", "/payments/cancel"),
        ("REQUEST_URI", "/pay/payments/cancel"), ("SCRIPT_NAME", "/pay"),
        ("CONTENT_TYPE", "application/json"),
        ("CONTENT_LENGTH", str(len(body)))))
    begin = record(BEGIN, struct.pack(">HB5x", 1, 1))
    # Padding fills it up, so that an attack fits at every UNIT.
    rest = UNIT - len(begin + record(PARAMS, params) + record(PARAMS, b"")
                      + record(STDIN, body) + record(STDIN, b""))
    request = begin + record(PARAMS, params, min(rest, 255)) \
        + record(PARAMS, b"") + record(STDIN, body, max(0, rest - 255)) \
        + record(STDIN, b"")
    assert len(request) == UNIT
    return request


@pytest.mark.parametrize("size, cut", [
    pytest.param(100 * 1024, False, id="read to its end"),
    pytest.param(1400 * 1024, True, id="too long even to throw away")])
def test_records_in_a_body_are_no_request(shops, size, cut):
    shop = shops.make("nginx", front_extra="fastcgi_keep_conn on;").start()
    order = shop.order()
    units = forged(order) * (size // UNIT)
    for shift in range(0, UNIT, 8):
        answer = shop.http.post(
            shop.url("/payments/cancel"), data=b" " * shift + units,
            headers={"Content-Type": "application/json"}, timeout=60)
        # Cut off while it still writes, nginx may not hear our answer.
        if not (cut and answer.status_code == 502):
            problem(answer, 413, "body_too_large")
        # Whatever a kept connection still held would answer this one.
        assert shop.get("/healthz").json() == {"status": "ok"}
    assert shop.refunds(order) == []
    assert shop.cancels_received(order) == 0
    assert shop.refunded(order)["cancel_amount"] == order.amount
    shop.audit()


def test_records_under_a_wrong_type_or_method(shops):
    shop = shops.make("nginx", front_extra="fastcgi_keep_conn on;").start()
    order = shop.order()
    units = forged(order) * 40
    for shift in range(0, UNIT, 8):
        for method, kind, path in (
                ("POST", "text/plain", "/payments/cancel"),
                ("PUT", "application/json", "/payments/cancel"),
                ("POST", "application/json", "/nowhere.html"),
                ("GET", "application/json", "/healthz")):
            answer = shop.http.request(
                method, shop.url(path), data=b" " * shift + units,
                headers={"Content-Type": kind}, timeout=60)
            assert answer.status_code in (200, 404, 405, 415), answer.text
    assert shop.get("/healthz").json() == {"status": "ok"}
    assert shop.refunds(order) == []
    shop.audit()
