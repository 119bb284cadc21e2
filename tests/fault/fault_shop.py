# SPDX-License-Identifier: MIT
"""A shop without a web server.  Its program runs as CGI, started by the test,
or as a responder on a socket, each with a plan for fault.so."""

import collections
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess

import fcgi_client
from shop import Shop
from world import BUILD, Program, give, until, user_args

PAGE_BYTES = 65536
HEAD = struct.Struct("=QQQ")
LONG = bool(os.environ.get("CANCELPAY_LONG"))

SETTINGS = {
    "iamport.connect_timeout_ms": 400,
    "iamport.timeout_ms": 500,
    "iamport.send_within_ms": 300,
    "iamport.quiet_ms": 800,
    "log.level": "warning",
}
# Time enough for what is to go well, whatever else this machine does.
CALM = {"iamport.send_within_ms": 4000, "iamport.timeout_ms": 8000,
        "iamport.connect_timeout_ms": 4000, "iamport.quiet_ms": 12000}
# A part of 10000: had the request's amount been lost, all would go back.
PART = 7000


class Page:
    """What fault.so counts; see struct fault_page."""

    def __init__(self, path):
        self.path = path
        self.clear()
        give(path)

    def clear(self, held=False):
        with open(self.path, "wb") as file:
            file.write(HEAD.pack(int(held), 0, 0).ljust(PAGE_BYTES, b"\0"))

    def release(self):
        with open(self.path, "r+b", buffering=0) as file:
            file.write(struct.pack("=Q", 0))

    def head(self):
        with open(self.path, "rb") as file:
            return HEAD.unpack(file.read(HEAD.size))

    @property
    def count(self):
        return self.head()[1]

    @property
    def hits(self):
        return self.head()[2]

    @property
    def trace(self):
        return self.path.read_bytes()[HEAD.size:HEAD.size + self.count] \
            .decode()


# How a program ended, what it said and what it answered, if anything.
Run = collections.namedtuple("Run", "returncode stderr answer")


def cgi_run(done):
    return Run(done.returncode, done.stderr.decode(errors="replace"),
               fcgi_client.Answer(done.stdout)
               if b"\r\n\r\n" in done.stdout else None)


def refund_body(order):
    return json.dumps({"merchant_uid": order.merchant_uid,
                       "cancel_request_amount": PART,
                       "reason": "고객 변심"}).encode()


def points_of(n, most, first):
    """All of them, or one of every n / most, so that the whole is seen; and
    the first, which read the request: one that is good is never refused."""
    if n <= most:
        return range(1, n + 1)
    chance = random.Random(n)
    step = n / most
    chosen = {int(i * step + chance.uniform(0, step)) + 1
              for i in range(most)}
    return sorted(chosen.union(range(1, first)))


class FaultShop(Shop):
    def __init__(self, world, settings=None, database=None,
                 has_secret_files=False):
        super().__init__(world, "nginx", {**SETTINGS, **(settings or {})})
        self.database = database or self.database
        if has_secret_files:
            for name in ("key", "secret"):
                self.write_secret(name)
        self.library = world.bin / "fault.so"
        if not self.library.exists():
            shutil.copy2(BUILD / "tests/fault/fault.so", self.library)
        self.page = Page(self.folder / "fault.page")

    def write_secret(self, name):
        path = self.folder / name
        path.write_text(f"sandbox_{name}")
        path.chmod(0o600)
        give(path)
        self.settings[f"iamport.{name}"] = None
        self.settings[f"iamport.{name}_file"] = path

    def start(self):
        self.write_config()
        self.cli("init")
        self.start_sandbox()
        return self

    def fault_env(self, plan):
        env = self.env()
        if plan is not None:
            env.update(LD_PRELOAD=str(self.library), FAULT_PLAN=plan,
                       FAULT_PAGE=str(self.page.path))
        return env

    def cgi(self, order, plan=None, key=None, **popen):
        """The program as a web server's CGI, over the plan."""
        return cgi_run(self.cgi_end(
            self.cgi_begin(order, plan, key, **popen), order))

    def cgi_answer(self, order):
        return self.cgi(order).answer

    def cgi_begin(self, order, plan=None, key=None, **popen):
        body = refund_body(order)
        env = self.fault_env(plan)
        env.update({name: str(value) for name, value in fcgi_client.variables(
            "POST", "/payments/cancel", body,
            {"HTTP_IDEMPOTENCY_KEY": key or order.imp_uid}).items()})
        if plan is not None:
            # Released when the request is read; see host.c.
            self.page.clear(held="malloc" in plan)
        return subprocess.Popen(
            [str(self.world.bin / "cancelpay.fcgi")], env=env,
            cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **user_args(), **popen)

    def cgi_question(self, method, path, body=b"", headers=None, plan=None):
        """Any request, as the one for a refund."""
        env = self.fault_env(plan)
        env.update({name: str(value) for name, value in fcgi_client.variables(
            method, path, body, headers).items()})
        self.page.clear()
        return cgi_run(subprocess.run(
            [str(self.world.bin / "cancelpay.fcgi")], env=env, input=body,
            cwd=self.folder, capture_output=True, timeout=60, check=False,
            **user_args()))

    @staticmethod
    def cgi_end(process, order):
        out, err = process.communicate(refund_body(order), timeout=60)
        return subprocess.CompletedProcess(
            process.args, process.returncode, out, err)

    def cgi_heard(self, order, plan):
        """The same, once the caller has his answer; then it is killed: what
        it could not save it would go on trying for a minute."""
        process = self.cgi_begin(order, plan)
        process.stdin.write(refund_body(order))
        process.stdin.close()
        out = process.stdout.read()
        process.kill()
        err = process.stderr.read()
        status = process.wait()
        assert status in (0, -signal.SIGKILL), (plan, status)
        return cgi_run(subprocess.CompletedProcess(process.args, 0, out, err))

    def by_responder(self, order, plan):
        """By a responder that is started for it, asked and stopped; its start
        and its end count too."""
        return self.run_responder(self.respond(plan), order)

    def by_warm_responder(self, order, plan):
        """Of one that has started."""
        responder = self.respond(plan)
        assert fcgi_client.ask(self.front.socket, "GET", "/healthz").status \
            == 200
        return self.run_responder(responder, order)

    def run_responder(self, responder, order):
        self.page.release()
        answer = self.ask(order)
        status = responder.stop()
        # It has ended as it should, or the test will say so.
        self.responder = None
        return Run(status, responder.log.read_text(errors="replace"), answer)

    def forget_token(self):
        """The next one has to ask i'mport for one."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("DELETE FROM tokens")
            connection.commit()

    def level(self):
        """The same start for every run: what the last one has left in the WAL
        is brought into the database."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("SELECT count(*) FROM refunds").fetchone()

    def respond(self, plan=None, before=()):
        """A responder; what its plan counts is held back until released.
        before: a command that starts it."""
        if plan is not None:
            self.page.clear(held=True)
            # What one said is not to be taken for another's words.
            (self.folder / "responder.log").unlink(missing_ok=True)
        self.responder = Program(
            "responder", [*before, self.world.bin / "cancelpay.fcgi"],
            self.folder, self.fault_env(plan)).ready_on(self.front.socket)
        return self.responder

    def ask(self, order, key=None, timeout=30):
        """The responder's answer to a refund, None when it died."""
        try:
            return fcgi_client.ask(
                self.front.socket, "POST", "/payments/cancel",
                refund_body(order),
                {"HTTP_IDEMPOTENCY_KEY": key or order.imp_uid}, timeout)
        except (fcgi_client.Gone, ConnectionError):
            return None

    def is_open(self):
        return bool(self.rows(
            "SELECT id FROM refunds WHERE state NOT IN "
            "('succeeded', 'failed') LIMIT 1"))

    def resolve(self):
        self.cli("resolve", good=(0, 1))

    def settle_by_clock(self, ms, seconds=40):
        """Resolved by a clock that is so far off."""
        def check():
            self.page.clear()
            done = subprocess.run(
                [str(self.world.bin / "cancelpay"), "resolve"],
                env=self.fault_env(f"clock:0:{ms}"), cwd=self.folder,
                capture_output=True, check=False, **user_args())
            assert done.returncode in (0, 1), done
            return not self.is_open()
        until(check, "no refund is open", seconds)

    def settle(self, seconds=40):
        def check():
            self.resolve()
            return not self.is_open()
        until(check, "no refund is open", seconds)

    def paid_out(self, order):
        return [line["amount"] for line in self.journal(order)]

    def ask_again(self, order):
        """The same request again, with the same key, after all is settled:
        it pays what was not paid yet or says that nothing moved."""
        before = self.paid_out(order)
        answer = self.ask(order)
        after = self.paid_out(order)
        assert answer is not None
        if before:
            assert answer.status == 200, answer.body
            assert after == before == [PART], (before, after)
        elif answer.status == 200:
            assert after == [PART], after
        else:
            assert answer.status == 409, answer.body
            assert answer.json()["code"] == "not_applied"
            assert after == []

    def check_books(self, orders):
        """A clean start; then all has ended, and each order was paid back
        once, whoever asks again."""
        self.settle()
        self.respond()
        for order in orders:
            self.ask_again(order)
        assert self.responder.stop() == 0
        self.settle()
        self.audit()
