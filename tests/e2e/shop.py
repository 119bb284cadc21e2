# SPDX-License-Identifier: MIT
"""A complete shop: database, iamport-sandbox, cancelpay and a web server in
one folder, with what a test needs to ask of each."""

import collections
import contextlib
import decimal
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import urllib.parse

import requests

import audit
from fronts import FRONTS
from world import PORTS, Program, as_user, give, is_listening, until

OPEN_STATES = ("in_flight", "pending", "unknown", "needs_review",
               "awaiting_approval")

# What a sanitizer's report of something wrong has in it.
REPORTS = ("ERROR:", "WARNING: ThreadSanitizer", "runtime error:")

Order = collections.namedtuple(
    "Order", "merchant_uid imp_uid amount cancel_amount currency")


def read_json(response):
    """The body, with amounts that have cents exact."""
    return json.loads(response.text, parse_float=decimal.Decimal)


def problem(response, status, code):
    """An RFC 9457 answer of that status and code."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body = read_json(response)
    assert body["status"] == status
    assert body["code"] == code, body
    assert body["type"] and body["title"] and body["detail"]
    assert body["message"] == body["detail"]
    return body


def new_session():
    session = requests.Session()
    # Else it looks for proxies in the environment each time.
    session.trust_env = False
    # An idle kept connection may be closed under the next request.
    session.headers["Connection"] = "close"
    return session


class Shop:
    """front: one of FRONTS, or a class like theirs; settings:
    {"section.key": value} over those of config()."""

    def __init__(self, world, front="nginx", settings=None, front_extra="",
                 user_env=None):
        self.world = world
        self.folder = world.shop_folder()
        self.settings = settings or {}
        self.user_env = user_env or {}
        self.database = self.folder / "cancelpay.db"
        self.config_file = self.folder / "cancelpay.conf"
        self.log = self.folder / "cancelpay.log"
        self.sandbox_port = PORTS.take()
        kind = FRONTS.get(front, front)
        self.front = kind(self, PORTS.take(), front_extra)
        self.bin = world.bin if kind is FRONTS["nginx"] else world.brief_bin
        self.base = f"http://127.0.0.1:{self.front.port}{self.front.mount}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.orders = {}
        # Ordinary payments in both books that no test has been given yet; so
        # many are made at once.
        self.stock, self.n_stock = [], 1
        self.is_calm, self.is_frozen = True, False
        self.sandbox = self.responder = self.server = None
        # What a page asks, perhaps as somebody; and what has no authority.
        self.http, self.unknown = new_session(), new_session()

    # ---- building it -----------------------------------------------------

    def config(self):
        values = {
            "store.url": f"sqlite:{self.database}",
            "iamport.base_url": self.sandbox_url,
            "iamport.key": "sandbox_key",
            "iamport.secret": "sandbox_secret",
            "iamport.connect_timeout_ms": 1000,
            "iamport.timeout_ms": 8000,
            "iamport.send_within_ms": 4000,
            "iamport.quiet_ms": 5000,
            "auth.mode": "none",
            "server.static_dir": self.world.www,
            "server.answer_ms": 10000,
            "server.drain_ms": 4000,
            "log.level": "debug",
            "log.target": self.log,
        }
        if not self.front.spawns:
            values["server.listen"] = self.front.socket
        values.update(self.settings)
        return values

    def write_config(self):
        sections = collections.defaultdict(list)
        for name, value in self.config().items():
            if value is None:
                continue
            section, key = name.split(".")
            sections[section].append(f"{key} = {value}")
        text = "\n".join(f"[{section}]\n" + "\n".join(lines)
                         for section, lines in sections.items())
        self.config_file.write_text(text + "\n")
        self.config_file.chmod(0o600)
        give(self.config_file)

    def program_env(self):
        """What cancelpay finds in its environment beside the request."""
        reports = f"log_path={self.folder}/sanitizer"
        return {
            "CANCELPAY_CONFIG": str(self.config_file),
            # What was freed is kept back, but is not counted as a leak by
            # those who look how much a program has.
            "ASAN_OPTIONS": "detect_leaks=1:exitcode=99:"
                f"quarantine_size_mb=32:{reports}",
            "TSAN_OPTIONS":
                f"exitcode=99:suppressions={self.world.tsan_supp}:{reports}",
            "UBSAN_OPTIONS":
                f"halt_on_error=1:print_stacktrace=1:{reports}",
            **self.user_env,
        }

    def env(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                "HOME": str(self.folder), "TZ": "Asia/Seoul",
                **self.program_env()}

    def start(self):
        self.write_config()
        self.cli("init")
        self.start_sandbox()
        self.start_responder()
        self.start_server()
        return self

    def start_sandbox(self, *args):
        argv = [self.world.brief_bin / "iamport-sandbox",
                "--port", self.sandbox_port,
                "--journal", self.folder / "journal.jsonl",
                "--state", self.folder / "sandbox.state", *args]
        self.sandbox = Program("sandbox", argv, self.folder, self.env())
        self.sandbox.ready_on(self.sandbox_port)

    def start_responder(self):
        if self.front.spawns:
            return
        self.responder = Program(
            "responder", [self.bin / "cancelpay.fcgi"], self.folder,
            self.env())
        self.responder.ready_on(self.front.socket)

    def start_server(self):
        self.server = Program(
            self.front.name, self.front.argv(), self.folder, self.env())
        self.server.ready_on(self.front.port)
        until(lambda: self.get("/healthz").status_code == 200,
              f"{self.front.name} answers through cancelpay")

    # ---- ending it -------------------------------------------------------

    def running(self):
        """Process ids of this shop's cancelpay, command and all."""
        mark = f"CANCELPAY_CONFIG={self.config_file}\0".encode()
        found = []
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                # Of valgrind, it is not the first argument.
                args = (folder / "cmdline").read_bytes().split(b"\0")
                if any(os.path.basename(arg).startswith(b"cancelpay")
                       for arg in args) and \
                        mark in (folder / "environ").read_bytes() + b"\0":
                    found.append(int(folder.name))
        return found

    def kill_and_start(self):
        """kill -9 of all of cancelpay, and a new responder if it has one."""
        for pid in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.responder:
            self.responder.process.wait()
        self.start_responder()

    def stop(self):
        """Stops it all; whatever did not end well is an assertion."""
        self.http.close()
        self.unknown.close()
        wrong = []
        for program, good in ((self.server, None), (self.responder, 0),
                              (self.sandbox, 0)):
            if program is None or program.process.returncode == -9:
                continue
            try:
                status = program.stop()
                if good is not None and status != good:
                    wrong.append(f"{program.name} ended with {status}")
            except AssertionError as error:
                wrong.append(str(error))
        try:
            until(lambda: not self.running(), "cancelpay is gone", 12)
        except AssertionError as error:
            wrong.append(str(error))
            for pid in self.running():
                os.kill(pid, signal.SIGKILL)
        for path in self.folder.glob("sanitizer.*"):
            text = path.read_text(errors="replace")
            # One killed while it looked for leaks says something else.
            if any(mark in text for mark in REPORTS):
                wrong.append(f"{path.name}:\n{text}")
        for path in self.folder.glob("valgrind.*"):
            text = path.read_text(errors="replace")
            if text.strip():
                wrong.append(f"{path.name}:\n{text}")
        assert not wrong, "\n".join(wrong)

    def logs(self, most=4000):
        """Ends of all logs, for a failed test's report."""
        parts = []
        for path in sorted(self.folder.glob("*.log")) + sorted(
                self.folder.glob("sanitizer.*")):
            text = path.read_text(errors="replace")[-most:]
            if text.strip():
                parts.append((path.name, text))
        return parts

    # ---- orders ----------------------------------------------------------

    def order(self, amount=10000, **fields):
        """A payment as special_order() would make it."""
        if amount != 10000 or fields:
            return self.special_order(amount, **fields)
        if not self.stock:
            self.stock = self.many_orders(self.n_stock)
        return self.stock.pop(0)

    def special_order(self, amount, merchant_uid=None, method="card",
                      pg="html5_inicis", currency="KRW", cancel_amount=0,
                      paid_at=None, status=None, known=True, there=True):
        """A payment; known to the shop's database, there at i'mport."""
        row = self.new_row(amount, merchant_uid, method, pg, cancel_amount,
                           currency, paid_at)
        if status:
            row["status"] = status
        if there:
            self.pay(row)
        if known:
            self.import_rows([row])
        return self.orders[row["imp_uid"]]

    def many_orders(self, n, amount=10000):
        """So many ordinary payments, known on both sides."""
        rows = [self.new_row(amount) for _ in range(n)]
        for row in rows:
            self.pay(row)
        self.import_rows(rows)
        return [self.orders[row["imp_uid"]] for row in rows]

    def new_row(self, amount, merchant_uid=None, method="card",
                pg="html5_inicis", cancel_amount=0, currency="KRW",
                paid_at=None):
        number = len(self.orders) + 1
        row = {
            "merchant_uid": merchant_uid or f"ORD-{number:06d}",
            "imp_uid": f"imp_{number:012d}",
            "amount": amount, "cancel_amount": cancel_amount,
            "currency": currency, "pay_method": method, "pg_provider": pg,
            "paid_at": int(time.time()) if paid_at is None else paid_at,
        }
        self.orders[row["imp_uid"]] = Order(
            row["merchant_uid"], row["imp_uid"], amount, cancel_amount,
            currency)
        return row

    def pay(self, row):
        answer = self.http.post(
            f"{self.sandbox_url}/sandbox/payments", json=row)
        assert answer.status_code == 200, answer.text

    def import_rows(self, rows):
        names = list(rows[0])
        lines = [",".join(names)]
        for row in rows:
            lines.append(",".join(
                '"' + str(row[name]).replace('"', '""') + '"'
                for name in names))
        path = self.folder / "import.csv"
        path.write_text("\n".join(lines) + "\n")
        give(path)
        self.cli("import", path)

    # ---- asking cancelpay ------------------------------------------------

    def url(self, path):
        return self.base + path

    def get(self, path, **args):
        return self.http.get(self.url(path), timeout=60, **args)

    def post(self, body, headers=None, path="/payments/cancel", **args):
        """A body as it is, from a connection of its own."""
        headers = {"Content-Type": "application/json", **(headers or {})}
        return self.unknown.post(self.url(path), data=body, headers=headers,
                                 timeout=60, **args)

    def refund(self, order, amount=None, key=None, headers=None, **fields):
        body = {"merchant_uid": order.merchant_uid,
                "reason": "고객 변심", **fields}
        if amount is not None:
            body["cancel_request_amount"] = amount
        headers = dict(headers or {})
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.post(json.dumps(body), headers)

    def refunded(self, order, amount=None, **args):
        """A refund that has to succeed; its answer."""
        answer = self.refund(order, amount, **args)
        assert answer.status_code == 200, answer.text
        return read_json(answer)

    def payment(self, order):
        answer = self.get("/payments/"
                          + urllib.parse.quote(order.merchant_uid, safe=""))
        assert answer.status_code == 200, answer.text
        return read_json(answer)

    def state(self, refund_id):
        answer = self.get(f"/refunds/{refund_id}")
        assert answer.status_code == 200, answer.text
        return read_json(answer)

    def ended(self, refund_id, seconds=30):
        """A refund once it is final; as CGI its resolver is the command."""
        def check():
            if self.front.is_cgi:
                self.cli("resolve", good=(0, 1))
            refund = self.state(refund_id)
            return refund if refund["state"] in ("succeeded", "failed") \
                else None
        return until(check, f"refund {refund_id} ends", seconds)

    def cli(self, *args, good=(0,), seconds=60):
        env = self.env()
        argv, user = as_user([self.world.brief_bin / "cancelpay", *args], env)
        done = subprocess.run(
            argv, capture_output=True, env=env, cwd=self.folder,
            timeout=seconds, check=False, stdin=subprocess.DEVNULL, **user)
        assert done.returncode in good, (args, done)
        return done.stdout.decode()

    # ---- asking the database and the sandbox -----------------------------

    @contextlib.contextmanager
    def db(self):
        connection = sqlite3.connect(
            f"file:{self.database}?mode=ro", uri=True, timeout=20)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, sql, *values):
        with self.db() as connection:
            return [dict(row) for row in connection.execute(sql, values)]

    def refunds(self, order):
        return self.rows("SELECT * FROM refunds WHERE imp_uid = ? "
                         "ORDER BY created_ms", order.imp_uid)

    def control(self, method, path, body=None):
        self.is_calm = self.is_calm and path not in ("faults", "latency")
        answer = self.unknown.request(
            method, f"{self.sandbox_url}/sandbox/{path}", json=body,
            timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, name, **rule):
        self.control("POST", "faults", {"fault": name, **rule})

    def latency(self, ms):
        self.control("POST", "latency", {"ms": ms})

    def calm(self):
        """No more faults, no latency."""
        if self.is_calm:
            return
        self.control("DELETE", "faults")
        self.latency(0)
        self.is_calm = True

    def console_cancel(self, order, amount):
        """A person at i'mport's console gives money back."""
        return self.control("POST", "cancel", {
            "imp_uid": order.imp_uid, "amount": amount, "reason": "console"})

    def journal(self, order=None):
        """The sandbox's journal file, as it was written line by line."""
        path = self.folder / "journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines)
                if order is None or line["imp_uid"] == order.imp_uid]

    def cancels_received(self, order):
        return self.control("GET", "stats")["cancels"].get(order.imp_uid, 0)

    def sandbox_is_up(self):
        return is_listening(self.sandbox_port)

    # ---- the books -------------------------------------------------------

    def settle(self, seconds=40):
        """Waits until no refund is open."""
        marks = ",".join("?" * len(OPEN_STATES))
        still_open = f"SELECT * FROM refunds WHERE state IN ({marks})"

        def check():
            if not self.rows(still_open, *OPEN_STATES):
                return True
            if self.front.is_cgi:
                self.cli("resolve", good=(0, 1))
            return False
        try:
            until(check, "no refund is open", seconds)
        except AssertionError as error:
            raise AssertionError(
                f"{error}: {self.rows(still_open, *OPEN_STATES)}") from None

    def audit(self):
        audit.audit(self)

    def rest(self):
        """No more faults; all refunds end, and the books agree."""
        self.calm()
        self.settle()
        self.audit()
