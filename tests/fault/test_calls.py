# SPDX-License-Identifier: MIT
"""The responder and the sandbox from their start to their end, with one call
of the kernel's or of libcurl's that fails, or one piece of memory that is not
to be had."""

import collections
import errno
import json

import pytest
import requests

from fault_shop import CALM, LONG, points_of
from test_errors import check_answer
from world import Program, is_listening, until

# A call is asked again, could not be done, or found no room.
ERRORS = {"EINTR": errno.EINTR, "EIO": errno.EIO, "EMFILE": errno.EMFILE}


def ends(shop, order, plan):
    """A responder that lives for one refund; its end, words and answer."""
    shop.page.clear()
    log = shop.folder / "responder.log"
    log.unlink(missing_ok=True)
    responder = Program("responder", [shop.world.bin / "cancelpay.fcgi"],
                        shop.folder, shop.fault_env(plan))
    until(lambda: not responder.is_running()
          or is_listening(shop.front.socket), "it listens or has ended")
    answer = None
    if responder.is_running():
        answer = shop.ask(order)
    status = responder.stop()
    said = log.read_text(errors="replace")
    shop.front.socket.unlink(missing_ok=True)
    return status, said, answer


@pytest.mark.parametrize("error", ERRORS if LONG else ["EIO"])
def test_a_responder_s_call_that_fails_loses_no_refund(shops, say, error):
    shop = shops(settings={**CALM, "server.drain_ms": 1000},
                 has_secret_files=True)
    order, = shop.many_orders(1)
    shop.forget_token()
    _, said, answer = ends(shop, order, f"call:0:{ERRORS[error]}")
    assert answer.status == 200, said
    n = shop.page.count
    points = points_of(n, n if LONG else 80, 1)
    orders = shop.many_orders(len(points))
    heard = collections.Counter()
    for order, k in zip(orders, points):
        plan = f"call:{k}:{ERRORS[error]}"
        shop.forget_token()
        status, said, answer = ends(shop, order, plan)
        assert status in (0, 1, 2, 3), (plan, status, said)
        assert status == 0 or said, plan
        if answer is not None:
            check_answer(answer, (plan, said))
        heard[answer.status if answer else "none"] += 1
    shop.check_books(orders)
    say(f"the responder's own calls, {error}, once: {len(points)} of {n} "
        f"points; answers {dict(heard)}")
    assert heard[200] and heard["none"]


# ---- questions -------------------------------------------------------------

def questions(order, refund_id):
    """What else may be asked, and something of what is said then."""
    payment = f"/payments/{order.merchant_uid}"
    notice = json.dumps({"imp_uid": order.imp_uid, "status": "paid",
                         "merchant_uid": order.merchant_uid}).encode()
    return [
        ("GET", payment, b"", {}, b'"refundable_amount"'),
        ("GET", f"/payments?merchant_uid={order.merchant_uid}", b"",
         {"HTTP_ACCEPT_LANGUAGE": "de;q=0.2, ko;q=0.7, en;q=0.5"},
         b'"refundable_amount"'),
        ("GET", f"/refunds/{refund_id}", b"", {}, b'"succeeded"'),
        ("GET", "/healthz", b"", {}, b'"ok"'),
        ("GET", "/metrics", b"", {}, b"cancelpay_refunds"),
        ("GET", "/", b"", {}, b"</html>"),
        ("GET", "/payments/nobody", b"", {}, b'"payment_not_found"'),
        ("POST", "/payments/cancel", b"merchant_uid=x",
         {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
         b'"unsupported_media_type"'),
        ("POST", "/payments/cancel", b'{"amount": 1e5}', {},
         b'"invalid_field"'),
        ("DELETE", "/payments/cancel", b"", {}, b'"method_not_allowed"'),
        ("POST", "/payments/webhook", notice, {}, b""),
        ("POST", "/payments/webhook",
         f"imp_uid={order.imp_uid}&merchant_uid={order.merchant_uid}".encode(),
         {"CONTENT_TYPE": "application/x-www-form-urlencoded"}, b""),
    ]


def is_same(answer, good):
    """But for what is counted or goes by the clock."""
    return answer.status == good.status and (
        answer.body == good.body or b"# HELP" in good.body)


def is_unsaid(shop, plan):
    """It was the answer that could not be written."""
    kind, k = plan.split(":")[:2]
    return kind == "call" and shop.page.trace[int(k) - 1:int(k)] == "w"


def is_whole(answer):
    length = answer.headers.get("Content-Length")
    return length is None or int(length) == len(answer.body)


@pytest.mark.parametrize("kind", ["own-malloc", "call", "vfs-error"])
def test_an_answer_to_a_question_is_whole_or_a_clear_no(shops, say, kind):
    shop = shops(settings=CALM)
    order, = shop.many_orders(1)
    assert shop.cgi(order).answer.status == 200
    refund, = shop.refunds(order)
    end = {"call": f":{errno.EIO}", "vfs-error": ":IOERR"}.get(kind, "")
    heard = collections.Counter()
    for method, path, body, headers, words in questions(order, refund["id"]):
        good = shop.cgi_question(method, path, body, headers).answer
        assert words in good.body, (path, good.status, good.body)
        shop.cgi_question(method, path, body, headers, f"{kind}:0{end}")
        n = shop.page.count
        for k in points_of(n, n if LONG else 20, 1):
            plan = f"{kind}:{k}{end}"
            done = shop.cgi_question(method, path, body, headers, plan)
            assert done.returncode in (0, 1, 2, 3), (plan, path, done)
            if done.answer is None or is_unsaid(shop, plan):
                heard["none"] += 1
                continue
            heard[done.answer.status] += 1
            assert is_whole(done.answer), (plan, path, done.answer.body)
            if not is_same(done.answer, good):
                assert done.answer.status in (500, 503, 404) or (
                    done.answer.status == good.status >= 400
                    and not done.answer.body), (plan, path, done.answer.body)
    say(f"questions, {kind}: {dict(heard)} by status")
    assert heard[500] + heard[503]
    shop.settle()
    shop.audit()


# ---- the sandbox -----------------------------------------------------------

class Sandbox:
    """One with payments of its own, whose files outlive it."""

    def __init__(self, shop):
        self.shop = shop
        self.folder = shop.folder / "trial"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.port = shop.sandbox_port + 1
        self.url = f"http://127.0.0.1:{self.port}"

    def clear(self, old=b""):
        for path in self.folder.iterdir():
            path.unlink()
        state = self.folder / "state"
        state.write_bytes(old)
        state.chmod(0o666)

    def start(self, plan):
        self.shop.page.clear()
        program = Program(
            "trial", [self.shop.world.bin / "iamport-sandbox", "--port",
                      self.port, "--pending-ms", "0", "--webhook",
                      f"{self.url}/nowhere", "--state",
                      self.folder / "state", "--journal",
                      self.folder / "journal"],
            self.shop.folder, self.shop.fault_env(plan))
        until(lambda: not program.is_running() or is_listening(self.port),
              "it listens or has ended")
        return program

    def ask(self, method, path, body=None, token=None):
        """The answer's object; None when there was none or it was a no."""
        try:
            answer = requests.request(
                method, self.url + path, json=body, timeout=10,
                headers={"Authorization": token or "", "Connection": "close"})
            read = answer.json()
        except (requests.RequestException, ValueError):
            return None
        if answer.status_code != 200:
            return None
        return read.get("response", read) if read.get("code", 0) == 0 else None

    def token(self):
        answer = self.ask("POST", "/users/getToken", {
            "imp_key": "sandbox_key", "imp_secret": "sandbox_secret"})
        return answer and answer["access_token"]

    def cancelled(self, imp_uid, token):
        answer = self.ask("GET", f"/payments/{imp_uid}?include_sandbox=true",
                          token=token)
        return answer and answer["cancel_amount"]


OLD = b"".join(json.dumps(event).encode() + b"\n" for event in (
    {"event": "payment", "merchant_uid": "OLD", "imp_uid": "imp_old",
     "amount": 100, "cancel_amount": 0, "currency": "KRW", "pay_method": "vbank",
     "pg_provider": "html5_inicis", "status": "paid", "paid_at": 1,
     "made_at": 1},
    {"event": "cancel", "seq": 1, "at": 1000, "origin": "api",
     "imp_uid": "imp_old", "amount": 60, "reason": "r",
     "cancellation_id": "01M8E33X3YMPAZ3HHWZF"},
    {"event": "wait", "wait": 1, "due": 9000000000000, "imp_uid": "imp_old",
     "taken": True, "amount": 40, "tax": 0, "reason": "r"}))


def live(sandbox):
    """A payment made, a part and then the rest given back; how much of it
    was said to be, as far as anything was said."""
    said = {}
    old = sandbox.cancelled("imp_old", sandbox.token())
    if old is not None:
        said["imp_old"] = old
    for imp_uid, method in (("imp_a", "card"), ("imp_b", "vbank")):
        if sandbox.ask("POST", "/sandbox/payments", {
                "merchant_uid": f"주문 {imp_uid}", "imp_uid": imp_uid,
                "amount": 5000, "pay_method": method}) is None:
            continue
        said[imp_uid] = 0
        token = sandbox.token()
        for amount in (2000, 3000):
            answer = sandbox.ask(
                "POST", "/payments/cancel", {
                    "imp_uid": imp_uid, "amount": amount, "reason": "변심",
                    "refund_holder": "홍길동", "refund_bank": "88",
                    "refund_account": "1234567890"}, token)
            if answer is not None:
                said[imp_uid] = answer["cancel_amount"]
        sandbox.cancelled(imp_uid, token)
    return said


@pytest.mark.parametrize("kind", ["own-malloc", "call"])
def test_a_sandbox_forgets_nothing_it_has_said(shops, say, kind):
    shop = shops()
    sandbox = Sandbox(shop)
    end = f":{errno.EIO}" if kind == "call" else ""
    sandbox.clear(OLD)
    program = sandbox.start(f"{kind}:0{end}")
    assert live(sandbox) == {"imp_old": 60, "imp_a": 5000, "imp_b": 5000}
    assert program.stop() == 0
    n = shop.page.count
    points = points_of(n, n if LONG else 80, 1)
    ended = collections.Counter()
    for k in points:
        plan = f"{kind}:{k}{end}"
        sandbox.clear(OLD)
        program = sandbox.start(plan)
        said = live(sandbox)
        # It does not start with less than it knew.  (json-c says nothing of
        # a member it has no memory for, and a wait without a time is due.)
        assert said.get("imp_old", 60) in (60, 100), (plan, said)
        status = program.stop()
        assert status in (0, 1, 2), (plan, status)
        ended[status] += 1
        # Once more, and with nothing in its way.
        program = sandbox.start(None)
        assert program.is_running(), (plan, program.log.read_text()[-400:])
        token = sandbox.token()
        for imp_uid, amount in said.items():
            now = sandbox.cancelled(imp_uid, token)
            assert now is not None and now >= amount, (plan, now, amount)
        assert program.stop() == 0
    say(f"the sandbox's {kind}: {len(points)} of {n} points; "
        f"{dict(ended)} by exit status")
    assert ended[0]
