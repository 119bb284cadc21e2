# SPDX-License-Identifier: MIT
"""What is personal or secret is left nowhere: not in the book and its copies,
not in a log, not in a list of processes, not in a core file.  Everything here
is asked with values nobody else uses, and then looked for."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.parse

import pytest

from shop import problem, read_json
from tickets import bearer, claims_of, sign, ticket_shop
from world import give, until, user_args

# A refund of which nothing is heard ends within seconds.
SHORT = {
    "iamport.connect_timeout_ms": 1000,
    "iamport.timeout_ms": 2000,
    "iamport.send_within_ms": 1000,
    "iamport.quiet_ms": 1000,
    "server.answer_ms": 10000,
}
# Each refund has a number of its own behind this.
ACCOUNT = "7391824650"
TEL = "+82-70-5577"
HOLDER = "비밀예금주"
SECRETS = {"ticket": "MARKEDticketsecretMARKEDticketsecret",
           "iamport": "sandbox_secret"}
# Not a secret: shows that what is looked through is what was written.
REASON = "표식이 있는 이유"
# They are there to hold them.
EXCEPT = ("ticket.secret", "iamport.secret")


def is_sanitized(program):
    return b"__asan_init" in pathlib.Path(program).read_bytes()


class Marks:
    """All that was said and may not be found again."""

    def __init__(self):
        self.n = 0
        self.signatures = []

    def account(self, **changes):
        self.n += 1
        return {"refund_holder": f"{HOLDER}{self.n}", "refund_bank": "04",
                "refund_account": f"{ACCOUNT}{self.n:03}",
                "refund_tel": f"{TEL}{self.n:03}", **changes}

    def ticket(self, order, secret=SECRETS["ticket"], **changes):
        """Headers with a ticket for the order."""
        ticket = sign(claims_of(order.merchant_uid, max_amount=100000,
                                requester="admin", **changes), secret)
        self.signatures.append(ticket.rpartition(".")[2])
        return bearer(ticket)

    def needles(self):
        texts = [ACCOUNT, TEL, HOLDER, *SECRETS.values(), *self.signatures]
        for text in texts:
            yield text, text.encode()
            # As JSON, a URL and a debugger may write it.
            yield text, json.dumps(text)[1:-1].encode()
            yield text, urllib.parse.quote(text, safe="").encode()
            yield text, text.encode().hex().encode()

    def must_not_be_in(self, where, data):
        for text, needle in self.needles():
            assert needle not in data, f"{text} is in {where}"


# Both ways of asking and both looks of the log, which have no more to do with
# each other.
@pytest.fixture(params=[("nginx", "text"), ("cgi", "json")], ids="-".join)
def shop(request, shops):
    front, log = request.param
    shop = shops.make(front, settings={
        **SHORT, "auth.mode": "ticket", "log.format": log,
        "policy.approval_threshold": 20000, "iamport.secret": None})
    for key, secret in (("auth.ticket_secret_file", "ticket"),
                        ("iamport.secret_file", "iamport")):
        path = shop.folder / f"{secret}.secret"
        path.write_text(SECRETS[secret] + "\n")
        path.chmod(0o600)
        give(path)
        shop.settings[key] = path
    yield shop.start()
    shop.calm()
    shop.settle()
    shop.audit()


def vbank(shop, amount=20000):
    return shop.order(amount=amount, method="vbank")


def good_ones(shop, marks):
    order = vbank(shop)
    account, ticket = marks.account(), marks.ticket(order)
    for headers in ({**ticket, "Idempotency-Key": "marked-key"}, ticket):
        answer = shop.refund(order, 5000, headers=headers, **account)
        assert answer.status_code == 200, answer.text
        marks.must_not_be_in("an answer", answer.content)
    assert answer.headers["Idempotency-Replayed"] == "true"
    refund = read_json(answer)["refund"]["id"]
    marks.must_not_be_in("a state", shop.get(f"/refunds/{refund}").content)
    payment = shop.get(f"/payments/{order.merchant_uid}", headers=ticket)
    assert payment.status_code == 200
    marks.must_not_be_in("a payment", payment.content)
    return refund


def wrong_requests(shop, marks):
    """Refused before anything is written, however they are wrong."""
    order = vbank(shop)
    ticket = marks.ticket(order)
    account = marks.account()
    number = account["refund_account"]
    good = {"merchant_uid": order.merchant_uid, "reason": REASON, **account}
    for status, body in (
            (400, json.dumps({**good, "amont": number})),
            (400, json.dumps({**good, "refund_account": number + "x"})),
            (400, json.dumps({**good, "refund_account": int(number)})),
            (400, json.dumps({**good, "refund_holder": HOLDER * 9})),
            (400, json.dumps({**good, "merchant_uid": [number, HOLDER]})),
            (400, json.dumps(good)[:-1]),
            (400, json.dumps(good).encode() + b"\xff"),
            (400, json.dumps(good)[:-1] + ',"refund_tel":"%s"}' % TEL),
            (413, json.dumps({**good, "pad": number * 10000})),
            (400, json.dumps({**good, "refund_bank": "zz"})),
            (422, json.dumps({**good, "cancel_request_amount": 99999999})),
            (422, json.dumps({name: good[name] for name in (
                "merchant_uid", "refund_account", "refund_holder")}))):
        answer = shop.post(body, ticket)
        assert answer.status_code == status, (body[:200], answer.text)
        marks.must_not_be_in("a refusal", answer.content)
    assert shop.post(json.dumps(good), {
        **ticket, "Content-Type": "text/plain"}).status_code == 415
    # An unknown field is told its name, and that may be anything.
    assert shop.post(json.dumps({**good, f"x{number}": 1}),
                     ticket).status_code == 400
    assert shop.refunds(order) == []


def wrong_tickets(shop, marks):
    order, other = vbank(shop), vbank(shop)
    good = marks.ticket(order)
    for status, ticket in (
            (401, marks.ticket(order, exp=int(time.time()) - 1)),
            (401, marks.ticket(order, secret="another" * 5)),
            (401, marks.ticket(order, aud=ACCOUNT)),
            (401, {"Authorization": good["Authorization"] + "x"}),
            (401, {"Authorization": "Basic " + good["Authorization"][7:]}),
            (403, marks.ticket(other))):
        answer = shop.refund(order, 1000, headers=ticket, **marks.account())
        assert answer.status_code == status, answer.text
        marks.must_not_be_in("a refusal", answer.content
                             + str(answer.headers).encode())
    # Two requests under one ticket.
    first = marks.ticket(order)
    answer = shop.refund(order, 1000, headers=first, **marks.account())
    assert answer.status_code == 200, answer.text
    problem(shop.refund(order, 1000, headers=first, **marks.account()),
            422, "idempotency_mismatch")


def declined_and_lost(shop, marks):
    """The refunds of which nothing is known at first."""
    opened = []
    for fault in ("pg_refusal", "drop_after", "drop_before", "garbage",
                  "http_500_after", "hang"):
        order = vbank(shop)
        shop.fault(fault, route="cancel", imp_uid=order.imp_uid, count=1)
        answer = shop.refund(order, 3000, headers=marks.ticket(order),
                             **marks.account())
        assert answer.status_code in (200, 202, 422), answer.text
        marks.must_not_be_in("an answer", answer.content)
        opened += [row["id"] for row in shop.refunds(order)]
    # Nobody gets in: i'mport no longer knows our key and secret.
    order = vbank(shop)
    shop.fault("token_expired", imp_uid=order.imp_uid)
    shop.fault("http_500_before", route="token")
    problem(shop.refund(order, 3000, headers=marks.ticket(order),
                        **marks.account()), 503, "provider_unreachable")
    shop.calm()
    return opened


def notices(shop, marks):
    order = vbank(shop)
    body = {"imp_uid": order.imp_uid, "merchant_uid": order.merchant_uid,
            "status": "cancelled", **marks.account()}
    for data, kind in (
            (json.dumps(body), "application/json"),
            (urllib.parse.urlencode(body),
             "application/x-www-form-urlencoded"),
            (json.dumps({**body, "imp_uid": ACCOUNT + "\n"}),
             "application/json")):
        answer = shop.post(data, {"Content-Type": kind},
                           path="/payments/webhook")
        assert answer.status_code in (200, 204, 400), answer.text
        marks.must_not_be_in("an answer", answer.content)


def approve(shop, refund):
    return subprocess.Popen(
        [shop.world.brief_bin / "cancelpay", "approve", refund, "--by", "lee"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=shop.env(), cwd=shop.folder,
        **user_args())


def approvals(shop, marks):
    order = vbank(shop, 50000)
    account = marks.account()
    answer = shop.refund(order, 30000, headers=marks.ticket(order), **account)
    assert answer.status_code == 202, answer.text
    refund = read_json(answer)["refund"]["id"]
    for bad in ("", "x"):
        lines = [account["refund_holder"], "04",
                 account["refund_account"] + bad, account["refund_tel"]]
        if bad:
            lines.insert(0, "x" * 300 + account["refund_account"])
        command = approve(shop, refund)
        said, _ = command.communicate(
            "".join(f"{line}\n" for line in lines).encode(), timeout=60)
        marks.must_not_be_in("the command's words", said)
        assert command.returncode == (1 if bad else 0), said
    assert shop.state(refund)["state"] == "succeeded"


def look_at_running(shop, marks, pids):
    assert pids
    for pid in pids:
        # Those of CGI may have ended meanwhile.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            marks.must_not_be_in(
                f"the command line of {pid}",
                pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())


def killed(shop, marks):
    """While a refund waits for i'mport's answer."""
    order = vbank(shop)
    shop.latency(1500)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(shop.refund, order, 3000, headers=marks.ticket(
            order), **marks.account())
        until(lambda: shop.cancels_received(order), "i'mport has been asked")
        look_at_running(shop, marks, shop.running())
        shop.kill_and_start()
        waiting.result()
    shop.latency(0)
    [row] = shop.refunds(order)
    return [row["id"]]


def look_at_files(shop, marks, wanted):
    looked = {}
    for path in shop.folder.rglob("*"):
        if path.is_file() and path.name not in EXCEPT:
            looked[path.name] = path.read_bytes()
            marks.must_not_be_in(path.name, looked[path.name])
    assert looked.keys() >= wanted, looked.keys()
    # What is looked through is what was written.
    reason = REASON.encode()
    assert reason in looked["cancelpay.db"] + looked.get("cancelpay.db-wal",
                                                          b"")
    assert reason in looked["backup.db"]
    assert b"refund" in looked["cancelpay.log"]


def test_nothing_personal_is_left_anywhere(shop):
    marks = Marks()
    refund = good_ones(shop, marks)
    order = shop.order()
    answer = shop.refund(order, 1000, headers=marks.ticket(order),
                         reason=REASON)
    assert answer.status_code == 200, answer.text
    wrong_requests(shop, marks)
    wrong_tickets(shop, marks)
    opened = declined_and_lost(shop, marks)
    notices(shop, marks)
    approvals(shop, marks)
    opened += killed(shop, marks)
    marks.must_not_be_in("what resolve says",
                         shop.cli("resolve", good=(0, 1)).encode())
    shop.cli("backup", shop.folder / "backup.db")
    wanted = {"cancelpay.db", "cancelpay.db.rates", "cancelpay.db.key",
              "backup.db", "cancelpay.log", "cancelpay.conf"}
    if shop.front.name == "nginx":
        # Somebody has it open.
        wanted |= {"cancelpay.db-wal", "cancelpay.db-shm",
                   "nginx-access.log"}
    look_at_files(shop, marks, wanted)
    for refund in opened + [refund]:
        shop.ended(refund)
        marks.must_not_be_in("what show says", shop.cli(
            "show", "--json", refund).encode())
    marks.must_not_be_in("what list says", shop.cli("list", "--json").encode())
    look_at_files(shop, marks, wanted)


# ---- memory ----------------------------------------------------------------

@pytest.fixture
def responder(shops):
    """A shop whose responder we have started ourselves, as installed."""
    shop = ticket_shop(shops, "apache", front_extra="CGIPassAuth On",
                       settings={**SHORT, "policy.approval_threshold": 20000},
                       lines=(SECRETS["ticket"],))
    if is_sanitized(shop.bin / "cancelpay.fcgi"):
        pytest.skip("the sanitizers look into memory themselves")
    return shop.start()


def core_limits(pid):
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    [line] = [line for line in limits.splitlines()
              if line.startswith("Max core file size")]
    return line.split()[4:6]


def must_not_be_dumped(pid):
    until(lambda: core_limits(pid) == ["0", "0"], "it may leave no core file")
    # Of a process that may be dumped they are its user's.
    for name in ("mem", "environ", "fd"):
        until(lambda: os.stat(f"/proc/{pid}/{name}").st_uid == 0,
              "nobody else may look into its memory")


def test_no_core_file_can_be_made_of_a_responder(responder):
    shop = responder
    process = shop.responder.process
    must_not_be_dumped(process.pid)
    os.kill(process.pid, signal.SIGSEGV)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -signal.SIGSEGV
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)
    assert not list(shop.folder.rglob("core*"))
    shop.start_responder()
    order = shop.order()
    shop.refunded(order, 1000, headers=Marks().ticket(order))


def test_no_core_file_can_be_made_of_the_command(responder):
    shop, marks = responder, Marks()
    order = vbank(shop, 50000)
    answer = shop.refund(order, 30000, headers=marks.ticket(order),
                         **marks.account())
    refund = read_json(answer)["refund"]["id"]
    # It waits for the account.
    command = approve(shop, refund)
    must_not_be_dumped(command.pid)
    command.communicate(b"", timeout=60)
    shop.cli("reject", refund, "--by", "lee")


def memory(pid):
    """All that a process may write to, mapping by mapping."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            where, rights = line.split()[:2]
            first, last = (int(end, 16) for end in where.split("-"))
            if rights.startswith("rw"):
                mem.seek(first)
                with contextlib.suppress(OSError):
                    yield mem.read(last - first)


def is_in_memory(pid, text):
    return any(text.encode() in part for part in memory(pid))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look")
def test_an_account_is_in_memory_no_longer_than_its_refund(responder):
    shop, marks = responder, Marks()
    pid = shop.responder.process.pid
    order = vbank(shop)
    # So that there is a token of i'mport's.
    shop.refunded(order, 100, headers=marks.ticket(order), **marks.account())
    shop.latency(1000)
    is_seen = threading.Event()

    def refund_on():
        # To look takes longer than one refund where all is busy.
        while not is_seen.is_set():
            shop.refunded(order, 100, headers=marks.ticket(order),
                          **marks.account())

    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(refund_on)
        try:
            # So we would see it if it were there.
            until(lambda: is_in_memory(pid, ACCOUNT), "it is in memory")
        finally:
            is_seen.set()
        waiting.result()
    shop.latency(0)
    wrong_requests(shop, marks)
    wrong_tickets(shop, marks)
    declined_and_lost(shop, marks)
    shop.settle()
    for text in (ACCOUNT, TEL, HOLDER):
        until(lambda: not is_in_memory(pid, text), f"{text} is wiped", 5)


def broken_bodies(mark):
    """Each ends somewhere else, with something of the mark read already."""
    lines = "\n".join([mark] * 9)
    for value in (mark, lines, [mark, mark],
                  [[mark, {"x": [mark], "y": mark}]]):
        text = json.dumps({"refund_account": value, "refund_holder": mark})
        yield from (text, text[:-2], text[:len(text) // 2], text + "}")
    yield json.dumps([mark])
    yield json.dumps(mark)
    for digits in (mark, f"0{mark}", f"1.5{mark}", f"1e{mark}"):
        yield '{"refund_account":' + digits
        yield '{"refund_account":' + digits + "}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look")
def test_a_body_that_can_not_be_read_is_not_kept_in_memory(responder):
    shop = responder
    pid = shop.responder.process.pid
    order = vbank(shop)
    headers = Marks().ticket(order)
    # Long enough to be seen where the allocator has written over its begin.
    mark = "".join(str(digit) * 3 for digit in range(9, 0, -1)) * 9
    for body in broken_bodies(mark):
        assert shop.post(body, headers).status_code == 400, body
        # Only then, or the next one would be written over it.
        until(lambda: not is_in_memory(pid, mark[27:51]), f"wiped: {body}", 5)
