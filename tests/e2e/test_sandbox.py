# SPDX-License-Identifier: MIT
"""iamport-sandbox, the real binary, asked by requests over real sockets.

CANCELPAY_BUILD is the build directory the binary is taken from.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

from world import until

BUILD = pathlib.Path(os.environ.get("CANCELPAY_BUILD", "."))
BINARY = BUILD / "iamport-sandbox"
BRIEF_BINARY = pathlib.Path(os.environ.get("CANCELPAY_BRIEF_BUILD", BUILD)) / "iamport-sandbox"
DEFAULT_REASON = "취소요청api"
NOW = int(time.time())

PAYMENTS = f"""merchant_uid,imp_uid,amount,cancel_amount,currency,pay_method,pg_provider,status,paid_at
ORD-1,imp_000000000001,10000,,,,,,
ORD-2,imp_000000000002,5000,2000,KRW,card,html5_inicis,,2026-11-01T10:00:00+09:00
ORD-3,imp_000000000003,5000,,KRW,vbank,tosspayments,,{NOW - 86400}
ORD-4,imp_000000000004,1250,,USD,paypal,paypal_v2,paid,{NOW - 86400}
ORD-5,imp_000000000005,1250,,USD,card,html5_inicis,paid,{NOW - 86400}
"ORD,6 주문",imp_000000000006,9000,,KRW,phone,danal,paid,1700000000
ORD-7,imp_000000000007,700,,KRW,vbank,smartro_v2,ready,
ORD-8,imp_000000000008,800,,KRW,card,kcp,failed,{NOW - 86400}
ORD-9,imp_000000000009,900,,KRW,vbank,smartro_v2,paid,{NOW - 86400}
ORD-10,imp_000000000010,1000,,KRW,phone,danal,paid,{NOW}
ORD-1,imp_000000000011,11000,,KRW,card,kcp,failed,{NOW - 3600}
"""
P1 = "imp_000000000001"
HOUR = 3600000
ACCOUNT = {"refund_holder": "홍길동", "refund_bank": "088", "refund_account": "123"}
KCP_ACCOUNT = {**ACCOUNT, "refund_bank": "BK88"}


class Sandbox:
    """One running iamport-sandbox, with state and journal in a folder."""

    def __init__(self, folder, *options, binary=BINARY):
        self.folder = folder
        self.binary = binary
        self.options = options
        self.process = None
        self.start()

    def start(self):
        csv = self.folder / "payments.csv"
        if not csv.exists():
            csv.write_text(PAYMENTS, encoding="utf-8")
        self.process = subprocess.Popen(
            [self.binary, "--port", "0", "--payments", csv, "--seed", "1",
             "--state", self.folder / "state", "--journal", self.folder / "journal",
             *self.options],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"iamport-sandbox: listening on (http://127\.0\.0\.1:(\d+))\n", line)
        assert match, line
        self.url, self.port = match[1], int(match[2])
        self.http = requests.Session()
        self.token = None

    def stop(self, how=signal.SIGTERM):
        self.http.close()
        self.process.send_signal(how)
        status = self.process.wait(10)
        self.process.stdout.close()
        return status

    def get_token(self):
        reply = self.http.post(self.url + "/users/getToken", json={
            "imp_key": "sandbox_key", "imp_secret": "sandbox_secret"})
        assert reply.status_code == 200, reply.text
        self.token = reply.json()["response"]["access_token"]
        return reply

    def call(self, method, path, **more):
        if self.token is None:
            self.get_token()
        headers = {"Authorization": self.token, **more.pop("headers", {})}
        return self.http.request(method, self.url + path, headers=headers,
                                 timeout=more.pop("timeout", 10), **more)

    def cancel(self, imp_uid=P1, timeout=10, **fields):
        return self.call("POST", "/payments/cancel", timeout=timeout,
                         json={"imp_uid": imp_uid, **fields})

    def read(self, imp_uid=P1, **more):
        reply = self.call("GET", f"/payments/{imp_uid}?include_sandbox=true", **more)
        assert reply.status_code == 200, reply.text
        return reply.json()["response"]

    def fault(self, name, **rule):
        reply = self.http.post(self.url + "/sandbox/faults", json={"fault": name, **rule})
        assert reply.status_code == 200, reply.text

    def make(self, imp_uid, **fields):
        """A payment of 1000 won, by card unless told otherwise."""
        reply = self.control("POST", "payments", json={
            "merchant_uid": imp_uid, "imp_uid": imp_uid, "amount": 1000, **fields})
        assert reply.status_code == 200, reply.text

    def control(self, method, path, **more):
        return self.http.request(method, self.url + "/sandbox/" + path, timeout=10, **more)

    def advance(self, ms):
        """The sandbox's clock jumps; what is due by then happens."""
        reply = self.control("POST", "clock", json={"advance_ms": ms})
        assert reply.status_code == 200, reply.text
        self.token = None

    def journal(self):
        text = (self.folder / "journal").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines == self.control("GET", "journal").json()
        return lines

    def paid_out(self, imp_uid=P1):
        return sum(line["amount"] for line in self.journal() if line["imp_uid"] == imp_uid)


@pytest.fixture
def start(tmp_path):
    running = []

    def starter(*options, **args):
        running.append(Sandbox(tmp_path, *options, **args))
        return running[-1]

    yield starter
    for sandbox in running:
        if sandbox.process.poll() is None:
            assert sandbox.stop() == 0


@pytest.fixture
def sandbox(start):
    return start()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """One sandbox for all tests that change nothing of it."""
    sandbox = Sandbox(tmp_path_factory.mktemp("untouched"))
    yield sandbox
    assert sandbox.journal() == []
    assert sandbox.stop() == 0


def refused(*options):
    """What it says instead of starting.  Who ends at once leaks nothing that
    would matter, and looking for it takes longer than all the rest."""
    run = subprocess.run([BINARY, "--port", "0", *options], capture_output=True, text=True,
                         timeout=10, check=False,
                         env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert run.returncode == 1 and run.stdout == "", run
    return run.stderr


def message(reply, status, code):
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert list(body) == ["code", "message", "response"]
    assert body["code"] == code and body["response"] is None
    return body["message"]


def done(reply):
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["code"] == 0 and body["message"] is None, body
    return body["response"]


# --- token ---

def test_token_is_the_same_until_it_expires(sandbox):
    first = sandbox.get_token().json()["response"]
    second = sandbox.get_token().json()["response"]
    assert re.fullmatch("[0-9a-f]{40}", first["access_token"])
    assert first["access_token"] == second["access_token"]
    assert first["expired_at"] == second["expired_at"]
    assert first["expired_at"] - first["now"] == 1800


def test_token_in_its_last_minute_gets_five_minutes_more(start):
    sandbox = start("--token-seconds", "59")
    first = sandbox.get_token().json()["response"]
    second = sandbox.get_token().json()["response"]
    assert second["access_token"] == first["access_token"]
    assert second["expired_at"] == first["expired_at"] + 300


def test_expired_token_is_unauthorized_and_a_new_one_is_given(start):
    sandbox = start("--token-seconds", "1000")
    first = sandbox.get_token().json()["response"]["access_token"]
    sandbox.advance(1001000)
    sandbox.token = first
    assert message(sandbox.cancel(), 401, -1) == "[sandbox] Unauthorized (invented text)"
    assert sandbox.get_token().json()["response"]["access_token"] != first
    assert sandbox.journal() == []


def test_token_is_taken_raw_and_as_bearer_and_by_form(sandbox):
    reply = sandbox.http.post(sandbox.url + "/users/getToken/", data={
        "imp_key": "sandbox_key", "imp_secret": "sandbox_secret"})
    token = done(reply)["access_token"]
    for header in (token, "Bearer " + token):
        reply = sandbox.http.get(sandbox.url + "/payments/find/ORD-2",
                                 headers={"Authorization": header, "Tier": "abc"})
        assert done(reply)["imp_uid"] == "imp_000000000002"
    for header in ("", "Bearer", "Bearer " + token[:-1], token + "0"):
        reply = sandbox.http.get(sandbox.url + "/payments/find/ORD-2",
                                 headers={"Authorization": header})
        assert message(reply, 401, -1) == "[sandbox] Unauthorized (invented text)"


def test_missing_and_wrong_keys_are_told_apart(untouched):
    url = untouched.url + "/users/getToken"
    text = message(untouched.http.post(url, json={"imp_key": "x"}), 400, -1)
    assert text == "imp_key, imp_secret 파라메터가 누락되었습니다."
    text = message(untouched.http.post(url, json={"imp_key": "x", "imp_secret": "y"}), 401, -1)
    assert text == "인증에 실패하였습니다. API키와 secret을 확인하세요."


def test_token_reply_comes_in_one_piece(untouched):
    body = b"imp_key=sandbox_key&imp_secret=sandbox_secret"
    with socket.create_connection(("127.0.0.1", untouched.port)) as raw:
        raw.sendall(b"POST /users/getToken HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: application/x-www-form-urlencoded\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        piece = raw.recv(65536)
    head, _, rest = piece.partition(b"\r\n\r\n")
    assert b"\r\nDate: " in head
    assert b"\r\nContent-Type: application/json; charset=UTF-8" in head
    assert json.loads(rest)["code"] == 0


# --- cancel ---

def test_partial_cancels_add_up_and_set_the_status(sandbox):
    first = done(sandbox.cancel(amount=3000, checksum=10000, reason="고객 변심"))
    assert (first["status"], first["cancel_amount"], first["amount"]) == ("cancelled", 3000, 10000)
    entry, = first["cancel_history"]
    assert entry["amount"] == 3000 and entry["reason"] == "고객 변심"
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{20}", entry["cancellation_id"])
    assert set(entry) == {"pg_tid", "amount", "cancelled_at", "reason", "receipt_url",
                          "cancellation_id"}
    second = done(sandbox.cancel(amount="2000", checksum="7000"))
    assert second["cancel_amount"] == 5000 and len(second["cancel_history"]) == 2
    assert second["cancel_history"][0] == entry
    assert second["cancel_reason"] == DEFAULT_REASON
    assert second["cancel_receipt_urls"] == [e["receipt_url"] for e in second["cancel_history"]]
    assert second == sandbox.read()
    assert sandbox.paid_out() == 5000


@pytest.mark.parametrize("fields", [{}, {"amount": 0}, {"amount": "0"}, {"amount": None}])
def test_no_amount_and_zero_mean_all_that_is_left(sandbox, fields):
    done(sandbox.cancel(amount=1))
    assert done(sandbox.cancel(**fields))["cancel_amount"] == 10000
    assert message(sandbox.cancel(amount=1), 200, 1) == "이미 전액취소된 주문입니다."
    assert sandbox.paid_out() == 10000


def test_checksum_that_differs_changes_nothing(untouched):
    assert message(untouched.cancel(amount=1, checksum=9999), 200, 1).startswith("[sandbox]")
    assert message(untouched.cancel(amount=1, checksum=0), 200, 1).startswith("[sandbox]")
    assert untouched.journal() == []


def test_more_than_is_left_is_refused(untouched):
    assert message(untouched.cancel(amount=10001), 200, 1).startswith("[sandbox]")
    assert untouched.journal() == []


def test_imp_uid_wins_over_merchant_uid(sandbox):
    text = message(sandbox.cancel("imp_none", merchant_uid="ORD-1"), 200, 1)
    assert text == "취소할 결제건이 존재하지 않습니다."
    assert done(sandbox.cancel(P1, merchant_uid="ORD-2", amount=1))["merchant_uid"] == "ORD-1"
    assert done(sandbox.cancel("", merchant_uid="ORD-1", amount=1))["imp_uid"] == P1
    text = message(sandbox.call("POST", "/payments/cancel", json={}), 200, 1)
    assert text.endswith("지정해주셔야합니다.")


def test_form_with_trailing_slash_and_nested_extra(sandbox):
    reply = sandbox.call("POST", "/payments/cancel/", data={
        "imp_uid": P1, "amount": "10", "reason": "빈 칸+더하기", "tax_free": "0",
        "vat_amount": "1", "extra[requester]": "customer"})
    assert done(reply)["cancel_reason"] == "빈 칸+더하기"
    reply = sandbox.cancel(amount=10, extra={"requester": "customer"}, retain_promotion=True)
    assert done(reply)["cancel_amount"] == 20


def test_amounts_with_cents_stay_exact(sandbox):
    reply = sandbox.cancel("imp_000000000005", amount="0.10", checksum=12.5)
    assert '"amount":12.50' in reply.text and '"cancel_amount":0.10' in reply.text
    reply = sandbox.cancel("imp_000000000005", amount=0.2, checksum="12.40")
    assert '"cancel_amount":0.30' in reply.text
    assert sandbox.paid_out("imp_000000000005") == 30
    assert message(sandbox.cancel("imp_000000000005", amount="0.001"), 400, -1)


@pytest.mark.parametrize("fields", [
    {"amount": -1}, {"amount": "1e3"}, {"amount": "x"}, {"amount": 1.5}, {"amount": [1]},
    {"amount": 10**30}, {"amount": True}, {"amount": ""}, {"checksum": "ten"},
    {"reason": {"a": 1}}, {"reason": "x" * 257},
    {"retain_promotion": "perhaps"}, {"refund_bank": "12345"}])
def test_bad_fields_are_a_400_that_names_itself_ours(untouched, fields):
    text = message(untouched.cancel(**fields), 400, -1)
    assert text.startswith("[sandbox] ") and next(iter(fields)) in text
    assert untouched.journal() == []


@pytest.mark.parametrize("body, kind", [
    (b"{", "application/json"), (b"[]", "application/json"), (b"{}x", "application/json"),
    (b'{"reason":"a\\u0000b"}', "application/json"), (b"{'imp_uid':1}", "application/json"), (b'{"amount":NaN}', "application/json"),
    (b'{"a":"\xff"}', "application/json"), (b"[" * 1000, "application/json"),
    (b"a=%zz", "application/x-www-form-urlencoded"),
    (b"a=%00", "application/x-www-form-urlencoded"),
    (b"a=%ff", "application/x-www-form-urlencoded"),
    (b"&".join([b"a=1"] * 300), "application/x-www-form-urlencoded"),
    (b"x", "text/plain")])
def test_malformed_bodies_are_a_400(untouched, body, kind):
    reply = untouched.call("POST", "/payments/cancel", data=body, headers={"Content-Type": kind})
    assert message(reply, 400, -1).startswith("[sandbox]")


def test_a_body_over_a_mebibyte_is_refused(untouched):
    reply = untouched.call("POST", "/payments/cancel", data=b"{" + b" " * (1 << 20) + b"}",
                         headers={"Content-Type": "application/json"})
    message(reply, 413, -1)
    untouched.read()


def test_virtual_accounts_need_a_refund_account(sandbox):
    uid = "imp_000000000003"
    assert message(sandbox.cancel(uid), 200, 1).startswith("[sandbox] refund_holder")
    assert "refund_bank" in message(sandbox.cancel(uid, **KCP_ACCOUNT), 200, -1)
    assert done(sandbox.cancel(uid, **ACCOUNT))["cancel_amount"] == 5000
    assert message(sandbox.cancel("imp_000000000009", **ACCOUNT), 200, 1) \
        .startswith("[sandbox] refund_tel")


def test_unpaid_and_failed_payments_have_nothing_to_cancel(sandbox):
    assert "[sandbox]" in message(sandbox.cancel("imp_000000000007"), 200, -1)
    sandbox.make("imp_toss", pay_method="vbank", pg_provider="tosspayments", status="ready")
    assert "요청하신 건에 대해 입금된 내역이 없습니다" in message(
        sandbox.cancel("imp_toss"), 200, -1)
    assert message(sandbox.cancel("imp_000000000008"), 200, 1).startswith("[sandbox]")


def test_phone_payment_of_another_month_is_refused_by_the_pg(sandbox):
    text = message(sandbox.cancel("imp_000000000006"), 200, -1)
    assert text.startswith("결제취소에 실패하였습니다. [sandbox] ")  # danal's words are not known
    sandbox.make("imp_toss", pay_method="phone", pg_provider="tosspayments", paid_at=1700000000)
    text = message(sandbox.cancel("imp_toss"), 200, -1)
    assert text == "결제취소에 실패하였습니다. 구매 취소 기간이 지났습니다."
    assert done(sandbox.cancel("imp_000000000010"))["cancel_amount"] == 1000


def test_asynchronous_methods_grow_later(start):
    sandbox = start("--pending-ms", str(HOUR))
    uid = "imp_000000000004"
    reply = done(sandbox.cancel(uid, amount=2.5))
    assert (reply["status"], reply["cancel_amount"], reply["cancel_history"]) == ("paid", 0, [])
    assert "[sandbox]" in message(sandbox.cancel(uid, amount=11), 200, -1)
    sandbox.advance(HOUR)
    assert sandbox.read(uid)["cancel_amount"] == 2.5
    assert done(sandbox.cancel("imp_000000000009", refund_tel="010", **ACCOUNT))["status"] == "paid"


def test_equal_concurrent_cancels_with_a_checksum_apply_once(sandbox):
    sandbox.get_token()
    replies = []

    def one():
        replies.append(requests.post(
            sandbox.url + "/payments/cancel", headers={"Authorization": sandbox.token},
            json={"imp_uid": P1, "amount": 1000, "checksum": 10000}, timeout=10).json()["code"])

    threads = [threading.Thread(target=one) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [0] + [1] * 31
    assert sandbox.paid_out() == 1000
    assert sandbox.control("GET", "stats").json()["cancels"] == {P1: 32}


def test_naver_pay_wants_a_reason_and_a_requester(sandbox):
    sandbox.make("imp_naver", pay_method="naverpay", pg_provider="naverpay")
    assert "reason" in message(sandbox.cancel("imp_naver", amount=1), 200, 1)
    assert "requester" in message(sandbox.cancel("imp_naver", amount=1, reason="x"), 200, 1)
    for more in ({"extra": {"requester": "customer"}}, {"extra[requester]": "admin"}):
        assert done(sandbox.cancel("imp_naver", amount=1, reason="x", **more))
    message(sandbox.cancel("imp_naver", amount=1, reason="x", extra={"requester": "who"}), 400, -1)


def test_phone_payments_are_cancelled_whole_at_most_pgs(sandbox):
    text = message(sandbox.cancel("imp_000000000010", amount=1), 200, -1)
    assert text.startswith("결제취소에 실패하였습니다. ")
    sandbox.make("imp_phone", pay_method="phone", pg_provider="kcp")
    assert done(sandbox.cancel("imp_phone", amount=1))["cancel_amount"] == 1
    assert "8345" in message(sandbox.cancel("imp_phone", amount=1, **KCP_ACCOUNT), 200, -1)


def test_the_pg_has_too_few_unsettled_sales(sandbox):
    sandbox.make("imp_nice", pg_provider="nice_v2")
    sandbox.fault("pg_refusal", imp_uid="imp_nice", count=1)
    assert message(sandbox.cancel("imp_nice"), 200, -1) == \
        "결제취소에 실패하였습니다. 취소금액이 미정산 금액보다 큽니다."
    sandbox.fault("pg_refusal", count=1)
    assert "[500906|취소한도초과]" in message(sandbox.cancel(), 200, -1)
    sandbox.fault("pg_refusal", count=1, code="500626")
    assert "[500626|기 취소 거래]" in message(sandbox.cancel(), 200, -1)
    assert done(sandbox.cancel("imp_nice"))


def test_unsettled_sales_run_out(sandbox):
    assert sandbox.control("POST", "unsettled", json={"amount": 5000}).status_code == 200
    done(sandbox.cancel(amount=3000))
    assert "취소한도초과" in message(sandbox.cancel(amount=2001), 200, -1)
    reply = sandbox.control("POST", "cancel", json={"imp_uid": P1, "amount": 2001})
    assert reply.status_code == 409
    done(sandbox.cancel(amount=2000))
    sandbox.control("POST", "unsettled", json={})
    assert done(sandbox.cancel())["cancel_amount"] == 10000
    assert sandbox.control("POST", "unsettled", json={"amount": -1}).status_code == 400


def test_a_late_cancel_is_paid_from_what_is_unsettled_too(sandbox):
    sandbox.control("POST", "unsettled", json={"amount": 50})
    sandbox.fault("late", count=1, ms=1000)
    with pytest.raises(requests.ConnectionError):
        sandbox.cancel(amount=60)
    sandbox.advance(2000)
    assert sandbox.journal() == []
    assert done(sandbox.cancel(amount=50))["cancel_amount"] == 50


def test_lazy_payments_are_there_for_who_may_ask_and_for_the_console(start):
    sandbox = start("--lazy")
    for path in ("find/ORD-500", "cancel?merchant_uid=ORD-501"):
        assert requests.get(f"{sandbox.url}/payments/{path}", timeout=10).status_code == 401
    made = sandbox.control("GET", "payments").text
    assert "ORD-500" not in made and "ORD-501" not in made
    sandbox.cancel(reason="ORD-502", amount=1)
    assert "ORD-502" not in sandbox.control("GET", "payments").text
    reply = sandbox.control("POST", "cancel", json={"merchant_uid": "ORD-77", "amount": 5})
    assert reply.json()["imp_uid"] == "imp_000000000077"


def test_the_clock_ends_with_the_year_9999(sandbox):
    assert sandbox.control("POST", "clock", json={"at": "9999-12-31T23:59:59Z"}).status_code == 200
    sandbox.make("imp_last")
    reply = sandbox.control("POST", "clock", json={"advance_ms": 86400000})
    assert reply.status_code == 400 and "9999" in reply.text
    sandbox.stop(signal.SIGKILL)
    sandbox.start()
    assert sandbox.read("imp_last")["amount"] == 1000


def test_an_answer_too_large_is_refused(start):
    sandbox = start(binary=BRIEF_BINARY)
    sandbox.make("imp_big", amount=100000)
    for _ in range(440):
        # Whose answer is short; a cancel's would grow and grow.
        reply = sandbox.control("POST", "cancel", json={
            "imp_uid": "imp_big", "amount": 1, "reason": "가" * 256})
        assert reply.status_code == 200, reply.text
    ids = [("imp_uid[]", "imp_big")] * 100  # 0.7 MB each
    assert sandbox.call("GET", "/payments", params=ids[:10]).status_code == 200
    text = message(sandbox.call("GET", "/payments", params=ids, timeout=60), 500, -1)
    assert text.startswith("[sandbox] the answer is too large")
    assert sandbox.read("imp_big")["cancel_amount"] == 440


@pytest.mark.parametrize("limit", [40, 200])
def test_running_out_of_descriptors_passes(tmp_path, limit):
    process = subprocess.Popen(
        ["prlimit", f"--nofile={limit}", BINARY.resolve(), "--port", "0", "--lazy"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline().rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        for _ in range(2 * limit):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
    url = f"http://127.0.0.1:{port}/sandbox/stats"
    assert until(lambda: requests.get(url, timeout=20).status_code == 200, "it answers again")
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


def test_lazy_payments_exist_by_rule(start):
    sandbox = start("--lazy=5000")
    assert done(sandbox.cancel(merchant_uid="ORD-77", imp_uid=""))["imp_uid"] == "imp_000000000077"
    assert sandbox.read("imp_000000000078")["merchant_uid"] == "ORD-78"
    assert done(sandbox.call("GET", "/payments/find/ORD-79"))["amount"] == 5000
    assert done(sandbox.call("GET", "/payments/find/ORD-5"))["amount"] == 12.5  # the CSV's
    for uid in ("ORD-077", "ORD-", "ORD-1x", "ORD-1234567890123", "ord-7"):
        message(sandbox.call("GET", "/payments/find/" + uid), 404, -1)
    before = sandbox.control("GET", "payments").json()
    assert sandbox.stop() == 0
    sandbox.start()
    assert sandbox.control("GET", "payments").json() == before


# --- reading ---

def test_reading_a_test_payment_needs_include_sandbox(untouched):
    text = message(untouched.call("GET", "/payments/" + P1), 404, -1)
    assert text == "존재하지 않는 결제정보입니다."
    message(untouched.call("GET", "/payments/imp_none?include_sandbox=true"), 404, -1)
    assert untouched.read()["sandbox"] is True


def test_a_payment_shows_every_field(untouched):
    payment = untouched.read("imp_000000000002")
    assert list(payment) == """amount apply_num bank_code bank_name buyer_addr buyer_email
        buyer_name buyer_postcode buyer_tel cancel_amount cancel_history cancel_reason
        cancel_receipt_urls cancelled_at card_code card_name card_number card_quota card_type
        cash_receipt_issued channel currency custom_data customer_uid customer_uid_usage
        emb_pg_provider escrow fail_reason failed_at imp_uid merchant_uid name paid_at pay_method
        pg_id pg_provider pg_tid receipt_url sandbox started_at status user_agent vbank_code
        vbank_date vbank_holder vbank_issued_at vbank_name vbank_num""".split()
    assert payment["paid_at"] == 1793494800
    assert sum(entry["amount"] for entry in payment["cancel_history"]) == 2000


def test_replies_are_escaped_ascii_or_raw_utf8(start):
    sandbox = start()
    reply = sandbox.cancel(amount=1, reason="마음/😀\n")
    assert reply.content.isascii() and b"\n" not in reply.content
    assert rb'"reason":"\ub9c8\uc74c\/\ud83d\ude00\n"' in reply.content
    assert sandbox.stop() == 0
    sandbox = start("--utf8")
    reply = sandbox.cancel(amount=1)
    assert '"reason":"마음\\/😀\\n"'.encode() in reply.content


def test_find_takes_encoded_ids_and_a_status(untouched):
    assert done(untouched.call("GET", "/payments/find/ORD%2C6%20%EC%A3%BC%EB%AC%B8/paid/")) \
        ["merchant_uid"] == "ORD,6 주문"
    newest = done(untouched.call("GET", "/payments/find/ORD-1"))["started_at"]
    oldest = done(untouched.call("GET", "/payments/find/ORD-1?sorting=started"))["started_at"]
    assert newest >= oldest
    assert done(untouched.call("GET", "/payments/find/ORD-1/failed"))["imp_uid"] == "imp_000000000011"
    message(untouched.call("GET", "/payments/find/ORD-1/ready"), 404, -1)
    message(untouched.call("GET", "/payments/find/ORD-99"), 404, -1)
    assert message(untouched.call("GET", "/payments/find/ORD-1/odd"), 400, -1) == \
        "지원되지 않는 상태값입니다."
    assert message(untouched.call("GET", "/payments/find/ORD-1?sorting=name"), 400, -1) == \
        "지원되지 않는 정렬규칙입니다."


def test_many_are_read_at_once(sandbox):
    ids = [("imp_uid[]", P1), ("merchant_uid[]", "ORD-5"), ("imp_uid[]", "imp_000000000008")]
    found = done(sandbox.call("GET", "/payments", params=ids))
    assert [payment["imp_uid"] for payment in found] == [
        P1, "imp_000000000005", "imp_000000000008"]
    reply = sandbox.call("GET", "/payments/", params=[*ids, ("imp_uid[]", "imp_none")])
    assert reply.status_code == 207 and reply.json()["response"] == found
    message(sandbox.call("GET", "/payments?imp_uid[]=imp_none"), 404, -1)
    message(sandbox.call("GET", "/payments"), 404, -1)
    message(sandbox.call("GET", "/payments", params=[("imp_uid[]", "x")] * 101), 400, -1)
    assert done(sandbox.call("GET", "/payments", params=[("imp_uid[]", P1)] * 100))


@pytest.mark.parametrize("n, status", [(250, 200), (251, 400), (2000, 400), (4000, 414)])
def test_too_many_parameters_get_an_answer(untouched, n, status):
    query = "&".join(["imp_uid[]=" + P1] + ["a=1"] * (n - 1))
    assert untouched.call("GET", f"/payments?{query}").status_code == status
    untouched.read()


def test_a_head_too_long_gets_an_answer(untouched):
    reply = untouched.call("GET", "/payments", headers={"X-Long": "x" * 13000})
    assert reply.status_code == 431
    untouched.read()


def test_find_all_and_status_are_paged(sandbox):
    both = done(sandbox.call("GET", "/payments/findAll/ORD-1?limit=1"))
    assert (both["total"], both["previous"], both["next"], len(both["list"])) == (2, 0, 2, 1)
    last = done(sandbox.call("GET", "/payments/findAll/ORD-1?limit=1&page=2"))
    assert (last["previous"], last["next"]) == (1, 0)
    message(sandbox.call("GET", "/payments/findAll/ORD-99"), 404, -1)
    message(sandbox.call("GET", "/payments/findAll/ORD-1?page=3&limit=1"), 400, -1)
    message(sandbox.call("GET", "/payments/findAll/ORD-1?limit=1001"), 400, -1)
    everything = done(sandbox.call("GET", "/payments/status/all?limit=1000&sorting=paid"))
    times = [payment["paid_at"] for payment in everything["list"]]
    assert times == sorted(times) and everything["total"] == 10  # one is too old
    done(sandbox.cancel(amount=1))
    changed = done(sandbox.call("GET", "/payments/status/cancelled?sorting=-updated"))
    assert changed["list"][0]["imp_uid"] == P1
    old = done(sandbox.call("GET", "/payments/status/paid?from=1699999999&to=1700000000"))
    assert [payment["imp_uid"] for payment in old["list"]] == ["imp_000000000006"]
    assert done(sandbox.call("GET", "/payments/status/paid?from=1&to=2"))["list"] == []
    message(sandbox.call("GET", "/payments/status/odd"), 400, -1)
    message(sandbox.call("GET", "/payments/status/all?from=2&to=1"), 400, -1)
    assert message(sandbox.call("GET", "/payments/status/all?from=1&to=8000000"), 400, -1) == \
        "최대 90일간 검색이 가능합니다"


def test_unknown_routes_are_404_in_the_apis_shape(untouched):
    for method, path in (("GET", "/"), ("POST", "/payments"), ("PUT", "/payments/cancel"),
                         ("POST", "/payments/" + P1), ("GET", "/sandbox/none"),
                         ("GET", "/payments/find/a/paid/b")):
        message(untouched.call(method, path), 404, -1)
    message(untouched.call("GET", "/a/b/c/d/e/f/g"), 400, -1)
    message(untouched.call("GET", "/payments/%ff"), 400, -1)


# --- state and journal ---

def test_nothing_is_lost_or_applied_twice_by_a_kill(start):
    sandbox = start("--pending-ms", str(HOUR))
    done(sandbox.cancel(amount=100, reason="하나"))
    done(sandbox.cancel("imp_000000000004", amount=1))
    sandbox.control("POST", "payments", json={
        "merchant_uid": "NEW", "imp_uid": "imp_new", "amount": 10})
    before, payments = sandbox.read(), sandbox.control("GET", "payments").json()
    assert sandbox.stop(signal.SIGKILL) == -signal.SIGKILL
    with open(sandbox.folder / "state", "a") as state:
        state.write('{"event":"cancel","seq":9')
    sandbox.start()
    assert sandbox.read() == before
    assert sandbox.control("GET", "payments").json() == payments
    sandbox.advance(2 * HOUR)
    assert sandbox.read("imp_000000000004")["cancel_amount"] == 1
    assert [line["seq"] for line in sandbox.journal()] == [1, 2]
    assert sandbox.stop() == 0
    sandbox.start()
    assert [line["amount"] for line in sandbox.journal()] == [100, 100]


def test_a_journal_line_lost_by_a_kill_is_made_up_for(start):
    sandbox = start()
    done(sandbox.cancel(amount=1))
    done(sandbox.cancel(amount=2))
    sandbox.stop(signal.SIGKILL)
    journal = sandbox.folder / "journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-10])
    sandbox.start()
    assert journal.read_bytes() == whole
    assert sandbox.paid_out() == 3


def test_a_journal_line_is_there_before_the_answer(start):
    sandbox = start("--latency", "2000")
    sandbox.get_token()
    thread = threading.Thread(target=sandbox.cancel, kwargs={"amount": 5})
    thread.start()
    journal = sandbox.folder / "journal"
    until(journal.read_text, "a line is in the journal")
    assert json.loads(journal.read_text())["amount"] == 5
    assert thread.is_alive()
    thread.join()


def test_cancels_under_load_and_kills_are_all_in_state_and_journal(start):
    sandbox = start()
    told = 0
    for _ in range(3):
        for _ in range(50):
            told += done(sandbox.cancel(amount=1))["cancel_history"][-1]["amount"]
        sandbox.stop(signal.SIGKILL)
        sandbox.start()
    assert told == 150 == sandbox.paid_out() == sandbox.read()["cancel_amount"]


def test_a_second_sandbox_on_the_same_state_is_refused(sandbox):
    again = subprocess.run([BINARY, "--port", "0", "--state", sandbox.folder / "state"],
                           capture_output=True, text=True, timeout=10, check=False)
    assert again.returncode == 1 and "in use" in again.stderr


def test_a_taken_port_is_said_clearly(untouched):
    again = subprocess.run([BINARY, "--port", str(untouched.port)],
                           capture_output=True, text=True, timeout=10, check=False)
    assert again.returncode == 1 and "in use" in again.stderr


@pytest.mark.parametrize("text, wants", [
    ("", "line 1"), ("merchant_uid,imp_uid\n", "no column amount"),
    ("merchant_uid,imp_uid,amount,colour\n", "colour"),
    ("merchant_uid,imp_uid,amount,amount\n", "twice"),
    ("merchant_uid,imp_uid,amount\na,b,1\na,c,1.5\n", "line 3: amount"),
    ("merchant_uid,imp_uid,amount\na,b\n", "line 2: 2 cells"),
    ("merchant_uid,imp_uid,amount,paid_at\na,b,1,yesterday\n", "line 2: paid_at"),
    ("merchant_uid,imp_uid,amount,currency\na,b,1,XXX\n", "line 2: currency"),
    ("merchant_uid,imp_uid,amount,cancel_amount\na,b,1,2\n", "line 2: cancel_amount")])
def test_a_bad_csv_stops_the_start(tmp_path, text, wants):
    csv = tmp_path / "bad.csv"
    csv.write_text(text)
    assert wants in refused("--payments", csv)


STATE = {
    "payment": {"event": "payment", "merchant_uid": "A", "imp_uid": "imp_a", "amount": 100,
                "cancel_amount": 0, "currency": "KRW", "pay_method": "vbank",
                "pg_provider": "html5_inicis", "status": "paid", "paid_at": 1, "made_at": 1},
    "cancel": {"event": "cancel", "seq": 1, "at": 1000, "origin": "api", "imp_uid": "imp_a",
               "amount": 60, "cancellation_id": "01M8E33X3YMPAZ3HHWZF", "reason": "r"},
    "wait": {"event": "wait", "wait": 1, "due": 9000000000000, "imp_uid": "imp_a",
             "taken": True, "amount": 40, "tax": 0, "reason": "r"},
    "gone": {"event": "gone", "wait": 1},
}


def state_lines(*names, **change):
    """Those lines; the last with members changed, or left out when None."""
    events = [dict(STATE[name]) for name in names]
    events[-1].update(change)
    return "".join(json.dumps({name: value for name, value in event.items()
                               if value is not None}) + "\n" for event in events)


@pytest.mark.parametrize("text, wants", [
    ("nonsense\n", "line 1: the body is not a JSON object"),
    ('{"event":"odd"}\n', "line 1: event: unknown"), ("{}\n", "line 1: event: unknown"),
    (state_lines("payment", amount="x"), "line 1: amount"),
    (state_lines("payment", made_at=-1), "line 1: made_at"),
    (state_lines("payment", "payment"), "line 2: "),
    (state_lines("cancel"), "line 1: imp_uid: unknown"),
    (state_lines("payment", "cancel", imp_uid=None), "line 2: imp_uid: unknown"),
    (state_lines("payment", "cancel", seq=None), "line 2: not a whole cancel"),
    (state_lines("payment", "cancel", seq="x"), "line 2: seq"),
    (state_lines("payment", "cancel", at=None), "line 2: not a whole cancel"),
    (state_lines("payment", "cancel", at="x"), "line 2: at"),
    (state_lines("payment", "cancel", amount=None), "line 2: not a whole cancel"),
    (state_lines("payment", "cancel", amount=0), "line 2: amount"),
    (state_lines("payment", "cancel", amount=101), "line 2: the cancel fits no more"),
    (state_lines("payment", "cancel", "cancel", amount=1), "line 3: the cancel fits no more"),
    (state_lines("payment", "cancel", origin=None), "line 2: origin: unknown"),
    (state_lines("payment", "cancel", origin="odd"), "line 2: origin: unknown"),
    (state_lines("payment", "cancel", reason=None), "line 2: not a whole cancel"),
    (state_lines("payment", "cancel", cancellation_id=None), "line 2: not a whole cancel"),
    (state_lines("payment", "cancel", cancellation_id="01"), "line 2: not a whole cancel"),
    (state_lines("payment", "cancel", waited=1), "line 2: waited: no such wait"),
    (state_lines("payment", "cancel", waited="x"), "line 2: waited"),
    (state_lines("payment", "wait", wait=None), "line 2: not a whole wait"),
    (state_lines("payment", "wait", wait=0), "line 2: wait"),
    (state_lines("payment", "wait", due=-1), "line 2: due"),
    (state_lines("payment", "wait", amount=None), "line 2: not a whole wait"),
    (state_lines("payment", "wait", amount=-1), "line 2: amount"),
    (state_lines("payment", "wait", checksum=-1), "line 2: checksum"),
    (state_lines("payment", "wait", tax="x"), "line 2: tax"),
    (state_lines("payment", "wait", imp_uid="imp_b"), "line 2: not a whole wait"),
    (state_lines("payment", "wait", imp_uid=None), "line 2: not a whole wait"),
    (state_lines("payment", "wait", reason=None), "line 2: not a whole wait"),
    (state_lines("payment", "wait", "wait"), "line 3: wait: out of order"),
    (state_lines("payment", "wait", "gone", "gone"), "line 4: wait: no such wait"),
    (state_lines("payment", "wait", "gone", wait=2), "line 3: wait: no such wait")])
def test_a_bad_state_stops_the_start(tmp_path, text, wants):
    """Rather than with payments that have forgotten what went back."""
    state = tmp_path / "state"
    state.write_text(text)
    assert f"state: {wants}" in refused("--state", state)
    assert state.read_text() == text


@pytest.mark.parametrize("text, wants", [
    ("nonsense\n", "line 1: the body is not a JSON object"), ('{"seq":"x"}\n', "line 1: seq")])
def test_a_bad_journal_stops_the_start(tmp_path, text, wants):
    (tmp_path / "journal").write_text(text)
    assert f"journal: {wants}" in refused("--journal", tmp_path / "journal")


@pytest.mark.parametrize("row", ["B,imp_a,100,KRW", "A,imp_a,101,KRW", "A,imp_a,100,USD"])
def test_a_csv_that_contradicts_the_state_stops_the_start(tmp_path, row):
    (tmp_path / "state").write_text(state_lines("payment"))
    csv = tmp_path / "payments.csv"
    csv.write_text(f"merchant_uid,imp_uid,amount,currency\n{row}\n")
    assert "payments.csv: line 2: imp_uid: imp_a is known with another" in refused(
        "--state", tmp_path / "state", "--payments", csv)


@pytest.mark.parametrize("option", ["--state", "--journal", "--script", "--payments",
                                    "--tls-cert"])
def test_a_file_that_is_none_stops_the_start(tmp_path, option):
    more = ["--tls-key", tmp_path] if option == "--tls-cert" else []
    assert str(tmp_path) in refused(option, tmp_path, *more)


@pytest.mark.parametrize("options", [
    ["--port", "x"], ["--latency", "-1"], ["--what"], ["extra"], ["--fault", "none"],
    ["--fault", "drop_after:p=2"], ["--fault", "late:route=read"], ["--fault", "slow:x=1"]])
def test_bad_options_stop_the_start(options):
    run = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=10,
                         check=False)
    assert run.returncode in (1, 2) and run.stderr and run.stdout == ""


# --- console and control ---

def test_a_person_at_the_console_cancels(sandbox):
    reply = sandbox.control("POST", "cancel", json={"merchant_uid": "ORD-1", "amount": 4000,
                                                    "reason": "콘솔"})
    assert reply.json()["origin"] == "console" and reply.json()["cancel_amount"] == 4000
    assert message(sandbox.cancel(amount=1000, checksum=10000), 200, 1)
    assert done(sandbox.cancel(amount=1000, checksum=6000))["cancel_history"][0]["reason"] == "콘솔"
    assert sandbox.control("POST", "cancel", json={"imp_uid": "x"}).status_code == 404
    assert sandbox.control("POST", "cancel", json={"imp_uid": P1, "amount": 6000}).status_code == 409
    assert sandbox.control("POST", "cancel", json={"imp_uid": P1, "amount": "x"}).status_code == 400
    assert [line["origin"] for line in sandbox.journal()] == ["console", "api"]


def test_a_payment_can_be_made(sandbox):
    payment = {"merchant_uid": "새 주문", "imp_uid": "imp_new", "amount": 500, "currency": "USD"}
    assert sandbox.control("POST", "payments", json=payment).json()["status"] == "paid"
    assert sandbox.read("imp_new")["amount"] == 5
    assert sandbox.control("POST", "payments", json=payment).status_code == 409
    payment["imp_uid"] = "imp_other"
    for name, value in (("amount", 0), ("colour", "red"), ("imp_uid", ""), ("status", "odd")):
        assert sandbox.control("POST", "payments", json={**payment, name: value}).status_code == 400


def test_latency_can_be_set_and_many_answers_wait_at_once(sandbox):
    sandbox.get_token()
    assert sandbox.control("POST", "latency", json={"ms": 3000}).status_code == 200
    assert sandbox.control("POST", "latency", json={"ms": "x"}).status_code == 400
    began = time.monotonic()
    waiting = []
    for _ in range(500):
        raw = socket.create_connection(("127.0.0.1", sandbox.port))
        raw.sendall(b"GET /payments/%s?include_sandbox=true HTTP/1.1\r\nHost: x\r\n"
                    b"Authorization: %s\r\n\r\n" % (P1.encode(), sandbox.token.encode()))
        waiting.append(raw)
    # It may not have read them all yet.
    until(lambda: sandbox.control("GET", "stats").json()["waiting"] > 100,
          "many wait")
    for raw in waiting:
        assert raw.recv(100).startswith(b"HTTP/1.1 200")
        raw.close()
    assert 2.9 < time.monotonic() - began < 30
    assert sandbox.control("GET", "stats").json()["waiting"] == 0


def test_sigterm_ends_it_while_answers_wait(start):
    sandbox = start("--latency", "60000", "--fault", "hang:nth=2")
    sandbox.control("POST", "latency", json={"ms": 0})
    sandbox.get_token()
    sandbox.control("POST", "latency", json={"ms": 60000})
    raws = []
    for _ in range(3):
        raws.append(socket.create_connection(("127.0.0.1", sandbox.port)))
        body = b"imp_uid=%s&amount=1" % P1.encode()
        raws[-1].sendall(
            b"POST /payments/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
            % (sandbox.token.encode(), len(body), body))
    while sandbox.control("GET", "stats").json()["waiting"] < 3:
        time.sleep(0.01)
    assert sandbox.stop() == 0
    assert [raw.recv(1) for raw in raws] == [b"", b"", b""]
    for raw in raws:
        raw.close()


# --- faults ---

BROKEN = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.mark.parametrize("name, applied", [
    ("drop_before", 0), ("drop_after", 1), ("reset", 1), ("reset_before", 0)])
def test_faults_that_break_the_connection(sandbox, name, applied):
    sandbox.fault(name, count=1)
    with pytest.raises(BROKEN):
        sandbox.cancel(amount=100)
    assert sandbox.read()["cancel_amount"] == applied * 100
    assert sandbox.paid_out() == applied * 100
    assert done(sandbox.cancel(amount=1))


def test_half_a_body_promises_more(sandbox):
    sandbox.fault("half_body", count=1)
    reply = sandbox.cancel(amount=100)  # this requests does not mind a short body
    assert 0 < len(reply.content) < int(reply.headers["Content-Length"])
    assert sandbox.paid_out() == 100


@pytest.mark.parametrize("name, status, applied", [
    ("http_500_before", 500, 0), ("http_500_after", 500, 1), ("html_502", 502, 0),
    ("garbage", 200, 1), ("garbage_before", 200, 0), ("null_response", 200, 1),
    ("pg_refusal", 200, 0), ("token_expired", 401, 0), ("http_401", 401, 0),
    ("http_429", 429, 0), ("http_502_before", 502, 0), ("http_502_after", 502, 1),
    ("http_503_before", 503, 0), ("http_503_after", 503, 1), ("empty_body", 200, 1),
    ("wrong_types", 200, 1), ("unknown_fields", 200, 1), ("huge_body", 200, 1),
    ("redirect", 307, 1)])
def test_faults_that_answer_something_else(sandbox, name, status, applied):
    sandbox.fault(name, count=1)
    reply = sandbox.call("POST", "/payments/cancel", allow_redirects=False,
                         json={"imp_uid": P1, "amount": 100})
    assert reply.status_code == status
    if name == "http_429":
        assert reply.headers["Retry-After"] == "1"
    if name == "redirect":
        assert reply.headers["Location"] == "/payments/cancel"
    if name == "empty_body":
        assert reply.content == b""
    if name == "huge_body":
        assert len(reply.content) > 8 << 20
    if name in ("huge_body", "unknown_fields"):
        body = reply.json()
        assert "aaa_new" in body and body["response"]["cancel_amount"] == 100
    if name == "wrong_types":
        assert isinstance(reply.json()["code"], str)
    if name.startswith("garbage"):
        with pytest.raises(ValueError):
            reply.json()
    if name == "html_502":
        assert reply.headers["Content-Type"].startswith("text/html")
    if name == "null_response":
        assert reply.json() == {"code": 0, "message": None, "response": None}
    if name == "pg_refusal":
        assert message(reply, 200, -1).startswith("결제취소에 실패하였습니다. ")
    if name == "token_expired":
        message(sandbox.cancel(amount=100), 401, -1)
        sandbox.get_token()
    assert sandbox.read()["cancel_amount"] == applied * 100
    assert sandbox.paid_out() == applied * 100


@pytest.mark.parametrize("name, applied", [("hang", 0), ("hang_after", 1)])
def test_a_hang_lasts_until_the_caller_leaves(sandbox, name, applied):
    sandbox.fault(name, count=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        sandbox.cancel(amount=100, timeout=0.5)
    sandbox.http.close()
    sandbox.http = requests.Session()
    deadline = time.monotonic() + 5
    while sandbox.control("GET", "stats").json()["waiting"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sandbox.control("GET", "stats").json()["waiting"] == 0
    assert sandbox.paid_out() == applied * 100


def test_a_body_is_longer_than_promised(sandbox):
    body = b"imp_uid=%s&amount=100" % P1.encode()
    sandbox.get_token()
    sandbox.fault("long_body", count=1)
    with socket.create_connection(("127.0.0.1", sandbox.port)) as raw:
        raw.sendall(b"POST /payments/cancel HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    b"Authorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (sandbox.token.encode(), len(body), body))
        whole = b""
        while piece := raw.recv(65536):
            whole += piece
    head, _, rest = whole.partition(b"\r\n\r\n")
    promised = int(re.search(rb"Content-Length: (\d+)", head)[1])
    assert len(rest) == 2 * promised
    assert json.loads(rest[:promised])["response"]["cancel_amount"] == 100


def test_a_drip_takes_its_time(sandbox):
    sandbox.fault("drip", count=1, ms=1)
    began = time.monotonic()
    reply = done(sandbox.cancel(amount=100))
    assert reply["cancel_amount"] == 100 and time.monotonic() - began > 1
    sandbox.fault("drip", count=1, ms=1000)
    with pytest.raises(requests.exceptions.ConnectionError):
        sandbox.cancel(amount=100, timeout=0.5)
    assert sandbox.paid_out() == 200


def test_sigterm_ends_it_amid_a_drip(start):
    sandbox = start("--fault", "drip:route=token,ms=1000")
    raw = socket.create_connection(("127.0.0.1", sandbox.port))
    raw.sendall(b"POST /users/getToken HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert raw.recv(10).startswith(b"HTTP/1.1")
    assert sandbox.stop() == 0
    raw.close()


def test_an_earlier_answer_comes_again(sandbox):
    first = sandbox.cancel(amount=100)
    sandbox.fault("duplicate", count=1)  # nothing is kept before there is a rule
    assert done(sandbox.cancel(amount=100))["cancel_amount"] == 200
    second = sandbox.cancel(amount=100)
    sandbox.control("DELETE", "faults")
    sandbox.fault("duplicate")
    assert sandbox.cancel(amount=100).content == second.content != first.content
    assert sandbox.paid_out() == 400


def test_two_equal_cancels_pass_a_checksum_test_that_is_not_atomic(sandbox):
    sandbox.fault("checksum_race", ms=60000)
    for _ in range(3):
        done(sandbox.cancel(amount=4000, checksum=10000)) if sandbox.paid_out() < 8000 else None
    assert sandbox.paid_out() == 8000
    assert message(sandbox.cancel(amount=4000, checksum=10000), 200, 1)  # never more than all
    assert message(sandbox.cancel(amount=1, checksum=9999), 200, 1)


def test_late_loses_the_answer_and_lands_afterwards(sandbox):
    sandbox.fault("late", count=1, ms=HOUR)
    with pytest.raises(BROKEN):
        sandbox.cancel(amount=100, reason="늦게", checksum=10000)
    assert sandbox.read()["cancel_amount"] == 0
    sandbox.advance(HOUR)
    assert sandbox.read()["cancel_history"][0]["reason"] == "늦게"


def test_late_is_judged_when_it_lands(sandbox):
    sandbox.fault("late", count=1, ms=HOUR)
    with pytest.raises(BROKEN):
        sandbox.cancel(amount=100, checksum=10000)
    done(sandbox.cancel(amount=1))
    sandbox.advance(HOUR)
    assert sandbox.paid_out() == 1


def test_late_survives_a_kill(start):
    sandbox = start()
    sandbox.fault("late", ms=HOUR)
    with pytest.raises(BROKEN):
        sandbox.cancel(amount=100)
    sandbox.stop(signal.SIGKILL)
    sandbox.start()
    assert sandbox.paid_out() == 0
    sandbox.advance(2 * HOUR)
    assert sandbox.paid_out() == 100


def test_slow_takes_its_time(sandbox):
    sandbox.fault("slow", ms=400, count=1)
    began = time.monotonic()
    done(sandbox.cancel(amount=1))
    assert 0.35 < time.monotonic() - began < 30


def test_a_stale_read_hides_the_last_cancel_for_a_while(sandbox):
    sandbox.fault("stale_read", ms=HOUR)
    done(sandbox.cancel(amount=100))
    stale = sandbox.read()
    assert (stale["status"], stale["cancel_amount"], stale["cancel_history"]) == ("paid", 0, [])
    assert done(sandbox.call("GET", "/payments/find/ORD-1"))["cancel_amount"] in (0, 100)
    sandbox.advance(HOUR)
    assert sandbox.read()["cancel_amount"] == 100


def test_reasons_can_be_missing_or_short_in_a_read(sandbox):
    done(sandbox.cancel(amount=100, reason="가나다라마바사아자차카타"))
    sandbox.fault("no_reason", count=1)
    assert sandbox.read()["cancel_history"][0]["reason"] is None
    sandbox.fault("short_reason", count=1)
    assert sandbox.read()["cancel_history"][0]["reason"] == "가나다라마바사아자차"
    assert sandbox.read()["cancel_history"][0]["reason"] == "가나다라마바사아자차카타"


def test_a_rule_can_name_the_nth_call_of_one_payment(sandbox):
    sandbox.fault("pg_refusal", imp_uid=P1, nth=3)
    codes = [sandbox.cancel(amount=1).json()["code"] for _ in range(4)]
    assert codes == [0, 0, -1, 0]
    sandbox.fault("http_500_before", route="find", merchant_uid="ORD-2", count=1)
    assert sandbox.call("GET", "/payments/find/ORD-5").status_code == 200
    assert sandbox.call("GET", "/payments/find/ORD-2").status_code == 500
    assert sandbox.call("GET", "/payments/find/ORD-2").status_code == 200


def test_faults_strike_other_routes_too(sandbox):
    sandbox.fault("http_500_before", route="token", count=1)
    sandbox.fault("garbage", route="read", count=1)
    assert sandbox.http.post(sandbox.url + "/users/getToken").status_code == 500
    with pytest.raises(ValueError):
        sandbox.call("GET", f"/payments/{P1}?include_sandbox=true").json()
    rules = sandbox.control("GET", "faults").json()
    assert [(rule["fault"], rule["fired"]) for rule in rules] == \
        [("http_500_before", 1), ("garbage", 1)]
    assert sandbox.control("DELETE", "faults").status_code == 200
    assert sandbox.control("GET", "faults").json() == []


@pytest.mark.parametrize("rule", [
    {}, {"fault": "x"}, {"fault": "slow", "p": 2}, {"fault": "slow", "count": 0},
    {"fault": "slow", "ms": -1}, {"fault": "slow", "odd": 1}, {"fault": "late", "route": "read"},
    {"fault": "slow", "route": "x"}, {"fault": "slow", "imp_uid": "x" * 100}])
def test_a_bad_rule_is_a_400(untouched, rule):
    assert message(untouched.control("POST", "faults", json=rule), 400, -1).startswith("[sandbox]")


def test_a_seed_repeats_the_draw(start, tmp_path):
    def draw():
        codes = [sandbox.cancel(amount=1).json()["code"] for _ in range(40)]
        sandbox.stop()
        return codes

    script = tmp_path / "script"
    script.write_text("# a comment\n\npg_refusal:p=0.3,count=10  # and another\n")
    sandbox = start("--script", script)
    first = draw()
    assert 3 < -sum(first) <= 10
    sandbox.start()
    assert draw() == first
