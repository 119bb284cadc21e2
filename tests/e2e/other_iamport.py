# SPDX-License-Identifier: MIT
"""Another i'mport: its V1 API once more, from the published description alone
and with other habits than iamport-sandbox.  It runs inside the test; each
payment has habits of its own (how answers about it look) and a list of faults
(what goes wrong with the next calls about it).  Beside what it answers it
keeps what it truly did, by which cancelpay is judged."""

import collections
import dataclasses
import decimal
import email.utils
import http.server
import itertools
import json
import random
import re
import secrets
import socket
import socketserver
import struct
import threading
import time
import urllib.parse

NO_PAYMENT = "존재하지 않는 결제정보입니다."
NOTHING_TO_CANCEL = "취소할 결제건이 존재하지 않습니다."
ALL_CANCELLED = "이미 전액취소된 주문입니다."
NO_ENTRY = "인증에 실패하였습니다. API키와 secret을 확인하세요."
PG_FAILED = "결제취소에 실패하였습니다. [500626|기 취소 거래]"
ALWAYS = ("imp_uid", "merchant_uid", "amount", "cancel_amount", "currency",
          "status", "sandbox")
HTML = b"<html><head><title>sorry</title></head><body>busy</body></html>\n"
PATIENCE = 20
ABSENT = object()


@dataclasses.dataclass
class Habits:
    """How answers look.  The defaults are neither the sandbox's: readable
    JSON in raw UTF-8, keys in any order."""
    number: str = "{}"          # how an amount is written
    escape: bool = False        # \\uXXXX and \\/
    compact: bool = False
    sparse: bool = False        # only what is always there, and the history
    history: str = "oldest"     # newest first, or none at all
    no_empty_list: bool = False
    ids: bool = True            # cancellation_id in the history
    times: bool = True          # else cancelled_at is 0
    reason: str = "{}"
    trim: bool = False
    receipt: object = "https://example.invalid/r?a=1&b=/2"  # or ABSENT
    extra: bool = False         # fields and enumerators nobody knows
    content_type: str = "application/json; charset=UTF-8"
    lower_case: bool = False    # names of header fields
    date: bool = True
    clock: int = 0              # seconds its clock is off
    framing: str = "length"     # chunked, http10, segments, drip
    keep: float = PATIENCE      # seconds until it closes an idle connection
    interim: bool = False       # 100 and 103 before the answer
    missing: str = "json"       # how a 404 looks: json, empty, html
    lists: bool = True          # there is a findAll
    status: str = ""            # of what was cancelled, if not "cancelled"


@dataclasses.dataclass
class Fault:
    """One call that goes wrong.  applies: the money moves all the same."""
    applies: bool = True
    late: float = 0             # ... so many seconds after the call
    wait: float = 0             # before anything is answered
    status: int = 200
    headers: tuple = ()
    body: bytes = None          # instead of the honest one
    change: object = None       # changes the honest one: fn(dict)
    manner: str = "whole"       # reset, close, hang, half_reset, ...


class Payment:
    def __init__(self, fields, habits):
        self.fields = fields
        self.habits = habits
        self.given = []         # what truly was cancelled, oldest first
        self.posts = []         # cancel requests that got past the token
        self.faults = collections.defaultdict(list)

    @property
    def amount(self):
        return self.fields["amount"]

    @property
    def cancelled(self):
        return sum((entry["amount"] for entry in self.given),
                   decimal.Decimal(0))


class Refused(Exception):
    """A business failure: HTTP 200, code, message."""


def exact(value):
    """An amount of a request: a JSON number, or digits in a string."""
    if value is None or value == "":
        return None
    return decimal.Decimal(str(value))


class Amount(decimal.Decimal):
    """Written as the payment's habits want."""


def write_json(value, habits, depth=0):
    if isinstance(value, Amount):
        text = format(value.normalize(), "f")
        if habits.number == "point":
            return text if "." in text else text + ".0"
        if habits.number == "zeros":
            return format(value, ".2f")
        if habits.number == "exponent":
            return f"{value:E}"
        return habits.number.format(text)
    gap, line = (("", "") if habits.compact
                 else (" ", "\r\n" + "\t" * (depth + 1)))
    if isinstance(value, dict):
        items = list(value.items())
        random.shuffle(items)
        inner = ("," + line).join(
            write_json(name, habits) + gap + ":" + gap
            + write_json(item, habits, depth + 1) for name, item in items)
        return "{" + line + inner + line[:-1] + "}" if items else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + gap + ("," + gap).join(
            write_json(item, habits, depth + 1) for item in value) + gap + "]"
    text = json.dumps(value, ensure_ascii=habits.escape)
    return text.replace("/", "\\/") if habits.escape else text


class OtherIamport(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    block_on_close = False

    def __init__(self, key="other_key", secret="other_secret"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.key, self.secret = key, secret
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.RLock()
        self.numbers = itertools.count(int(time.time()) * 100)
        self.payments = {}
        self.forgotten = {}
        self.wrongs = []        # what no client should do
        self.calls = collections.Counter()
        self.token_faults = []
        self.token_life = 1800
        self.token = self.token_end = None
        self.make_token = lambda: secrets.token_hex(20)
        self.refuse_token = "json"
        self.clock = 0
        self.idle_habits = Habits()
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away are no news."""

    def shutdown_request(self, request):
        """No shutdown(): a reset has to be one."""
        self.close_request(request)

    def stop(self):
        self.shutdown()
        self.server_close()

    # ---- what a test does ------------------------------------------------

    def pay(self, amount, currency="KRW", habits=None, merchant_uid=None,
            history=(), **fields):
        number = next(self.numbers)
        payment = Payment({
            "imp_uid": f"imp_{number:012d}",
            "merchant_uid": merchant_uid or f"other-{number}",
            "amount": decimal.Decimal(str(amount)), "currency": currency,
            "pay_method": "card", "pg_provider": "kcp", "sandbox": True,
            "paid_at": int(time.time()), "status": "paid", **fields,
        }, habits or Habits())
        with self.lock:
            self.payments[payment.fields["imp_uid"]] = payment
            for part in history:
                self.move(payment, decimal.Decimal(str(part)), None, False)
        return payment

    def console(self, payment, amount):
        """A person gives money back at i'mport's own pages."""
        with self.lock:
            self.move(payment, decimal.Decimal(str(amount)), None, False)

    def forget(self, payment):
        """As if it had never been paid; its 404s keep their look."""
        with self.lock:
            del self.payments[payment.fields["imp_uid"]]
            self.forgotten[payment.fields["imp_uid"]] = payment

    def expire_token(self):
        with self.lock:
            self.token_end = 0

    # ---- what truly happens ----------------------------------------------

    def move(self, payment, amount, reason, api):
        assert amount <= payment.amount - payment.cancelled
        payment.given.append({
            "amount": amount, "reason": reason, "api": api,
            "at": int(time.time()),
            "id": "06X" + secrets.token_hex(9).upper()[:17],
        })

    def check_cancel(self, payment, body):
        """The amount to move; Refused as i'mport would."""
        left = payment.amount - payment.cancelled
        if left == 0:
            raise Refused(1, ALL_CANCELLED)
        checksum = exact(body.get("checksum"))
        if checksum is not None and checksum != left:
            raise Refused(1, "취소가능금액이 checksum과 다릅니다.")
        amount = exact(body.get("amount")) or left
        if amount < 0 or amount > left:
            raise Refused(1, "취소가능금액보다 큰 금액입니다.")
        return amount

    def watch(self, payment, body):
        """What a careful client never does."""
        if not exact(body.get("amount")):
            self.wrongs.append(("no amount", body))
        if exact(body.get("checksum")) is None:
            self.wrongs.append(("no checksum", body))
        if len(body.get("reason") or "") > 256:
            self.wrongs.append(("reason too long", body))

    def cancel(self, payment, body, applies=True):
        with self.lock:
            amount = self.check_cancel(payment, body)
            if applies:
                self.move(payment, amount, body.get("reason"), True)

    # ---- what is said about it -------------------------------------------

    def entry(self, payment, given):
        habits = payment.habits
        reason = given["reason"]
        if reason is not None:
            reason = habits.reason.format(reason)
            reason = reason.strip() if habits.trim else reason
        entry = {
            "pg_tid": "T" + given["id"], "amount": Amount(given["amount"]),
            "cancelled_at": given["at"] + habits.clock if habits.times else 0,
            "reason": reason, "cancellation_id": given["id"],
            "receipt_url": habits.receipt,
        }
        if not habits.ids:
            del entry["cancellation_id"]
        if habits.receipt is ABSENT:
            del entry["receipt_url"]
        if habits.extra:
            entry.update(cancel_type="ROBOT", nested={"id": [None, {}]})
        return entry

    def show(self, payment):
        habits, fields = payment.habits, payment.fields
        with self.lock:
            history = [self.entry(payment, each) for each in payment.given]
            cancelled = payment.cancelled
        if habits.history == "newest":
            history.reverse()
        value = dict(fields)
        value.update(
            amount=Amount(fields["amount"]), cancel_amount=Amount(cancelled),
            status=(habits.status or "cancelled") if history
            else fields["status"],
            cancel_history=history)
        if not habits.sparse:
            value.update(
                name='노르웨이 "회전" 의자 / 白\\', buyer_name="홍길동", apply_num="",
                buyer_addr=None, card_quota=0, card_type=None, escrow=False,
                cancelled_at=history and history[-1]["cancelled_at"] or 0,
                cancel_reason=history[-1]["reason"] if history else None,
                custom_data='{"a":[1,2,{"amount":5}]}', emb_pg_provider=None,
                fail_reason=None, failed_at=0, vbank_date=0,
                cancel_receipt_urls=[], channel="pc")
        else:
            value = {name: value[name] for name in
                     ALWAYS + ("cancel_history",)}
        if habits.history == "none" or (habits.no_empty_list and not history):
            del value["cancel_history"]
        if habits.extra:
            value.update(
                channel="kiosk", card_type=77, promotion={"id": "p", "x": [1]},
                balance={"amount": -5}, cancelHistory="?", 새필드="값",
                pay_method="brainwave", escrow="maybe", 이모지="😀")
        return value

    # ---- tokens ----------------------------------------------------------

    def give_token(self):
        with self.lock:
            now = time.time()
            if not self.token or now >= self.token_end:
                self.token = self.make_token()
                self.token_end = now + self.token_life
            elif self.token_end - now < 60 and self.token_life >= 60:
                self.token_end += 300
            return {"access_token": self.token, "now": int(now) + self.clock,
                    "expired_at": int(self.token_end) + self.clock}

    def knows(self, header):
        token = re.sub(r"^Bearer ", "", header or "")
        with self.lock:
            return bool(self.token and token == self.token
                        and time.time() < self.token_end)


def answer_of(code, message, response):
    return {"code": code, "message": message, "response": response}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def log_message(self, *args):
        """Nothing is logged."""

    # ---- routes ----------------------------------------------------------

    def do_GET(self):
        self.route("GET", None)

    def do_POST(self):
        size = self.headers.get("Content-Length")
        if size is None:
            self.server.wrongs.append(("no Content-Length", self.path))
            self.close_connection = True
            return
        self.route("POST", self.rfile.read(int(size)))

    def route(self, method, raw):
        path, _, query = self.path.partition("?")
        parts = [urllib.parse.unquote(part)
                 for part in path.strip("/").split("/")]
        self.server.calls[f"{method} {parts[-1] if raw else parts[0]}"] += 1
        if (method, parts) == ("POST", ["users", "getToken"]):
            return self.get_token(self.body(raw))
        if parts[0] == "elsewhere":
            self.server.wrongs.append(("redirect followed", self.path))
        if not self.server.knows(self.headers.get("Authorization")):
            return self.no_entry()
        if (method, parts) == ("POST", ["payments", "cancel"]):
            return self.cancel(self.body(raw))
        if method == "GET" and parts[:2] == ["payments", "find"] \
                and len(parts) in (3, 4):
            return self.find(parts[2], (parts + [None])[3])
        if method == "GET" and parts[:2] == ["payments", "findAll"] \
                and len(parts) in (3, 4):
            return self.find_all(parts[2])
        if method == "GET" and parts[0] == "payments" and len(parts) == 2:
            return self.read(parts[1], urllib.parse.parse_qs(query))
        return self.answer(404, HTML, Habits(content_type="text/html"))

    def body(self, raw):
        if "json" in self.headers.get("Content-Type", ""):
            return json.loads(raw, parse_float=decimal.Decimal)
        return dict(urllib.parse.parse_qsl(raw.decode()))

    def get_token(self, body):
        server = self.server
        with server.lock:
            fault = server.token_faults.pop(0) if server.token_faults else None
        if (body.get("imp_key"), body.get("imp_secret")) != (
                server.key, server.secret):
            return self.say(401, answer_of(-1, NO_ENTRY, None), Habits())
        value = answer_of(0, None, server.give_token())
        return self.say(200, value, server.idle_habits, fault)

    def no_entry(self):
        bodies = {"empty": b"", "html": HTML}
        if self.server.refuse_token in bodies:
            return self.answer(401, bodies[self.server.refuse_token],
                               Habits(content_type="text/html"))
        return self.say(401, answer_of(-1, "Unauthorized", None), Habits())

    def not_found(self, habits):
        if habits.missing == "json":
            return self.say(404, answer_of(-1, NO_PAYMENT, None), habits)
        return self.answer(404, HTML if habits.missing == "html" else b"",
                           habits)

    def next_fault(self, payment, route):
        with self.server.lock:
            faults = payment.faults[route]
            return faults.pop(0) if faults else None

    def read(self, imp_uid, query):
        payment = self.server.payments.get(imp_uid)
        if payment is None:
            gone = self.server.forgotten.get(imp_uid)
            return self.not_found(gone.habits if gone else Habits())
        if payment.fields["sandbox"] and \
                query.get("include_sandbox") != ["true"]:
            return self.not_found(payment.habits)
        return self.say_payment(payment, self.next_fault(payment, "read"))

    def of_order(self, merchant_uid):
        """The newest first."""
        return [payment for payment
                in reversed(list(self.server.payments.values()))
                if payment.fields["merchant_uid"] == merchant_uid]

    def find(self, merchant_uid, status):
        all_of_it = self.of_order(merchant_uid)
        found = [payment for payment in all_of_it if status in (
            None, "all", self.server.show(payment)["status"])]
        if not found:
            return self.not_found(all_of_it[0].habits if all_of_it
                                  else self.server.idle_habits)
        return self.say_payment(found[0], self.next_fault(found[0], "find"))

    def find_all(self, merchant_uid):
        found = self.of_order(merchant_uid)
        if not found or not found[0].habits.lists:
            return self.not_found(found[0].habits if found
                                  else self.server.idle_habits)
        value = answer_of(0, None, {
            "total": len(found), "previous": 0, "next": 0,
            "list": [self.server.show(payment) for payment in found]})
        return self.say(200, value, found[0].habits,
                        self.next_fault(found[0], "findAll"))

    def say_payment(self, payment, fault):
        value = answer_of(0, None, self.server.show(payment))
        return self.say(200, value, payment.habits, fault)

    def cancel(self, body):
        server = self.server
        payment = server.payments.get(body.get("imp_uid"))
        if payment is None:
            return self.say(200, answer_of(1, NOTHING_TO_CANCEL, None),
                            Habits())
        fault = self.next_fault(payment, "cancel")
        server.watch(payment, body)
        with server.lock:
            payment.posts.append(body)
        applies = fault is None or fault.applies
        try:
            if applies and fault and fault.late:
                threading.Timer(fault.late, self.cancel_late,
                                (payment, body)).start()
                applies = False
            server.cancel(payment, body, applies)
            value = answer_of(0, None, server.show(payment))
        except Refused as refused:
            value = answer_of(*refused.args, None)
        return self.say(200, value, payment.habits, fault)

    def cancel_late(self, payment, body):
        try:
            self.server.cancel(payment, body)
        except Refused:
            pass

    # ---- answering -------------------------------------------------------

    def say(self, status, value, habits, fault=None):
        if fault is None:
            return self.answer(status, self.encode(value, habits), habits)
        time.sleep(fault.wait)
        if fault.change:
            fault.change(value)
        body = self.encode(value, habits) if fault.body is None else fault.body
        return self.answer(fault.status if fault.status != 200 else status,
                           body, habits, fault.headers, fault.manner)

    def encode(self, value, habits):
        return write_json(value, habits).encode("utf-8", "surrogatepass")

    def head(self, status, habits, size, headers):
        version = "1.0" if habits.framing == "http10" else "1.1"
        fields = [("Content-Type", habits.content_type), ("X-Powered-By", "x"),
                  *headers]
        if habits.date:
            fields.append(("Date", email.utils.formatdate(
                time.time() + habits.clock, usegmt=True)))
        if habits.framing == "chunked":
            fields.append(("Transfer-Encoding", "chunked"))
        elif habits.framing == "http10":
            fields.append(("Connection", "close"))
        else:
            fields.append(("Content-Length", str(size)))
        lines = [f"HTTP/{version} {status} "
                 + ("" if habits.lower_case else "Whatever")]
        for name, value in fields:
            lines.append(f"{name.lower()}:{value}" if habits.lower_case
                         else f"{name}: {value}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def answer(self, status, body, habits, headers=(), manner="whole"):
        if manner in ("reset", "close", "hang"):
            return self.give_up(manner)
        size = len(body) + {"too_long": 40, "too_short": -3}.get(manner, 0)
        head = self.head(status, habits, size, headers)
        if manner == "head_hang":
            self.wfile.write(head)
            return self.give_up("hang")
        if manner.startswith("half_"):
            self.wfile.write(head + body[:len(body) // 2])
            return self.give_up(manner[5:])
        if habits.framing == "chunked":
            body = b"".join(b"%X;x=y\r\n%b\r\n" % (len(part), part)
                            for part in self.parts(body, 37)) + b"0\r\n\r\n"
        if habits.interim:
            head = (b"HTTP/1.1 100 Continue\r\n\r\n"
                    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") + head
        self.write(head + body, habits)
        if manner == "twice":
            self.wfile.write(head + body)
        elif manner == "twice_later":
            time.sleep(0.05)
            self.wfile.write(head + body)
        if habits.framing == "http10" or manner == "too_long" \
                or not habits.keep:
            self.close_connection = True
        else:
            self.connection.settimeout(habits.keep)
        return None

    def parts(self, data, size):
        return [data[at:at + size] for at in range(0, len(data), size)]

    def write(self, data, habits):
        pause = {"segments": (max(len(data) // 2, 1), 0.03),
                 "drip": (max(len(data) // 25, 1), 0.01)}.get(habits.framing)
        if not pause:
            self.wfile.write(data)
            return
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in self.parts(data, pause[0]):
            self.wfile.write(part)
            time.sleep(pause[1])

    def give_up(self, manner):
        """Ends the connection, or lets the client wait until it does."""
        self.close_connection = True
        if manner == "hang":
            try:
                self.connection.recv(1)
            except OSError:
                pass
        elif manner == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
