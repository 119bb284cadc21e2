# SPDX-License-Identifier: MIT
"""cancelpay against an i'mport that is not our sandbox: whatever it looks like
and whatever goes wrong, the book says what it truly paid, and nothing is paid
twice."""

import concurrent.futures
import dataclasses
import decimal
import time
import types

import pytest

from other_iamport import (
    ABSENT, HTML, PG_FAILED, Fault, Habits, OtherIamport)
from shop import problem, read_json
from world import until

# Short, so that a refund of which nothing is heard ends within seconds.
SETTINGS = {
    "iamport.connect_timeout_ms": 3000,
    "iamport.timeout_ms": 4000,
    "iamport.send_within_ms": 3000,
    "iamport.quiet_ms": 1000,
    "policy.duplicate_window_ms": 0,
    "server.answer_ms": 20000,
}
OPEN = ("in_flight", "pending", "unknown")

# What the documented API may look like: nothing of it may trouble us.
HABITS = {
    "readable": Habits(),
    "escaped": Habits(escape=True, compact=True),
    "amounts_with_a_point": Habits(number="point"),
    "amounts_with_zeros": Habits(number="zeros"),
    "only_what_is_always_there": Habits(sparse=True),
    "no_history_before_the_first": Habits(sparse=True, no_empty_list=True),
    "no_cancellation_ids": Habits(ids=False),
    "unknown_fields": Habits(extra=True),
    "reasons_trimmed": Habits(trim=True),
    "receipts_null": Habits(receipt=None),
    "receipts_absent": Habits(receipt=ABSENT),
    "times_zero": Habits(times=False),
    "json_as_html": Habits(content_type="text/html"),
    "lower_case_headers": Habits(lower_case=True),
    "no_date": Habits(date=False),
    "clock_behind": Habits(clock=-400 * 86400),
    "clock_ahead": Habits(clock=400 * 86400),
    "chunked": Habits(framing="chunked"),
    "http_1_0": Habits(framing="http10"),
    "in_two_segments": Habits(framing="segments"),
    "drop_by_drop": Habits(framing="drip"),
    "interim_answers": Habits(interim=True),
    "empty_404": Habits(missing="empty"),
    "html_404": Habits(missing="html"),
    "no_list_of_attempts": Habits(lists=False, missing="html"),
}

# What the description does not cover: the truth is owed, not certainty.
ODD_HABITS = {
    # A cancel may meet a kept connection that is just being closed.
    "closes_at_once": Habits(keep=0),
    "closes_soon": Habits(keep=0.004),
    "newest_first": Habits(history="newest"),
    "newest_first_without_ids": Habits(history="newest", ids=False),
    "newest_first_without_ids_or_times": Habits(
        history="newest", ids=False, times=False),
    "amounts_as_strings": Habits(number='"{}"'),
    "amounts_with_exponent": Habits(number="exponent"),
    "no_history": Habits(history="none"),
    "no_reasons": Habits(reason=""),
    "reasons_changed": Habits(reason="<{}>"),
}


def change(**fields):
    return lambda answer: answer.update(fields)


def change_payment(**fields):
    def apply(answer):
        if answer["response"]:
            answer["response"].update(fields)
    return apply


def refuse(code):
    """What i'mport says when the PG says no."""
    return change(code=code, message=PG_FAILED, response=None)


def broken_off():
    """The connection ends, or does not, before the answer is whole."""
    return {name: Fault(manner=name) for name in (
        "reset", "close", "hang", "head_hang", "half_reset", "half_close",
        "half_hang", "too_long", "too_short")}


def other_statuses():
    bodies = {"empty": b"", "html": HTML, "honest": None,
              "json": b'{"code":-1,"message":"x","response":null}'}
    faults = {f"{status}_{kind}": Fault(status=status, body=body)
              for status in (429, 500) for kind, body in bodies.items()}
    for status in (400, 404, 502, 503):
        faults[f"{status}_html"] = Fault(status=status, body=HTML)
    for status in (301, 302, 303, 307, 308):
        faults[f"{status}_redirect"] = Fault(
            status=status, body=b"", headers=(("Location", "/elsewhere"),))
    return {**faults, "204": Fault(status=204, body=b""),
            "400_json": Fault(status=400, body=bodies["json"])}


def other_bodies():
    return {name: Fault(body=body) for name, body in {
        "nothing": b"", "html": HTML, "null": b"null", "list": b"[]",
        "object": b"{}", "text": b'"ok"', "number": b"0",
        "cut": b'{"code":0,"me',
        "no_response": b'{"code":0,"message":null}',
        "deep": b'{"code":0,"response":' + b"[" * 5000,
        "nul": b'{"code":0,"message":"\0","response":null}',
        "not_utf8": b'{"code":0,"message":"\xb0\xa1","response":null}',
        "huge": b'{"code":0,"message":"' + b"x" * 2 ** 21 + b'"}',
    }.items()}


def other_words():
    return {name: Fault(change=fn) for name, fn in {
        "code_text": change(code="0"), "code_null": change(code=None),
        "code_half": change(code=0.5), "code_true": change(code=True),
        "response_null": change(response=None),
        "response_text": change(response="ok"),
        "another_payment": change_payment(imp_uid="imp_999999999999"),
        "no_imp_uid": change_payment(imp_uid=None),
        "negative": change_payment(cancel_amount=-4000),
        "too_much": change_payment(cancel_amount=10 ** 30),
        "no_number": change_payment(cancel_amount="viel"),
        "history_text": change_payment(cancel_history="none"),
        "entry_null": change_payment(cancel_history=[None]),
        "another_currency": change_payment(currency="USD"),
        "another_amount": change_payment(amount=20000),
        "another_order": change_payment(merchant_uid="somebody-else"),
    }.items()}


ANSWERS = {**broken_off(), **other_statuses(), **other_bodies(),
           **other_words()}
SLOW = 5.0      # more than timeout_ms

# The wire says less than what happened, or more.
APPLIED = {**ANSWERS,
           "code_1": Fault(change=refuse(1)),
           "code_minus_1": Fault(change=refuse(-1)),
           "401": Fault(status=401, body=HTML),
           "slow": Fault(wait=SLOW),
           "late": Fault(late=1.0, manner="reset")}
NOT_APPLIED = {
    **{name: dataclasses.replace(fault, applies=False)
       for name, fault in ANSWERS.items()},
    "code_0": Fault(applies=False),
    "slow": Fault(applies=False, wait=SLOW, status=500)}
AS_CGI = ("reset", "close", "hang", "500_html", "307_redirect", "null",
          "no_response", "code_1", "late", "401")

# The questions are spoilt in the same ways.
NOT_FOUND = ('{"code":-1,"message":"존재하지 않는 결제정보입니다.",'
             '"response":null}').encode()
READS = {**ANSWERS, "401": Fault(status=401, body=b""),
         "404": Fault(status=404, body=NOT_FOUND),
         "code_minus_1": Fault(change=refuse(-1))}


class Desk:
    """cancelpay behind a web server, and the i'mport it talks to."""

    def __init__(self, shops, front):
        self.other = OtherIamport()
        self.shop = shops.make(front, settings={
            **SETTINGS, "iamport.base_url": self.other.url,
            "iamport.key": self.other.key,
            "iamport.secret": self.other.secret})
        self.shop.write_config()
        self.shop.cli("init")
        self.shop.start_responder()
        self.shop.start_server()

    # ---- asking ----------------------------------------------------------

    def know(self, payment):
        """The payment enters our book by a file, before anybody asks."""
        self.shop.import_rows([{
            name: payment.fields[name] for name in (
                "merchant_uid", "imp_uid", "amount", "pay_method")}])

    def refund(self, payment, amount=None, **args):
        order = types.SimpleNamespace(
            merchant_uid=payment.fields["merchant_uid"])
        return self.shop.refund(order, amount, **args)

    def refunded(self, payment, amount=None, **args):
        """A refund that has to succeed, and truly did."""
        answer = self.refund(payment, amount, **args)
        assert answer.status_code == 200, answer.text
        self.agree(payment)
        return read_json(answer)

    def refund_all(self, payments, amount, at_once=16):
        """The answers of one refund of each payment, many at a time."""
        def run(payment):
            answer = self.refund(payment, amount)
            # The doubled or cut answer of another may have hit our search.
            if answer.status_code == 503 and not self.refunds(payment):
                answer = self.refund(payment, amount)
            return answer
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            return dict(zip(payments, pool.map(run, payments.values())))

    # ---- looking ---------------------------------------------------------

    def refunds(self, payment):
        return self.shop.rows("SELECT * FROM refunds WHERE imp_uid = ? "
                              "ORDER BY created_ms, rowid",
                              payment.fields["imp_uid"])

    def last(self, payment):
        return self.refunds(payment)[-1]

    def settle(self, payments, seconds=30, checks=100):
        """Waits until none of these waits for i'mport any more, or it was
        asked so many times in vain."""
        ours = {payment.fields["imp_uid"] for payment in payments}

        def check():
            if self.shop.front.is_cgi:
                time.sleep(0.5)
                self.shop.cli("resolve", good=(0, 1))
            return ours.isdisjoint(row["imp_uid"] for row in self.shop.rows(
                "SELECT imp_uid FROM refunds WHERE checks < ? AND state IN "
                f"({','.join('?' * len(OPEN))})", checks, *OPEN))
        until(check, "no refund is open", seconds)

    def agree(self, payment, posts=1, exponent=0, is_over=True):
        """Book and truth are the same, and each refund moved once or never.
        While it is not over, what is open is no lie."""
        assert self.other.wrongs == []
        for row in self.refunds(payment):
            mark = f"[cp:{row['marker']}]"
            given = [entry for entry in payment.given
                     if (entry["reason"] or "").endswith(mark)]
            sent = [post for post in payment.posts
                    if post["reason"].endswith(mark)]
            assert len(sent) <= posts, row
            assert len(given) <= 1, row
            assert row["origin"] == "request", row
            if is_over or row["state"] in ("succeeded", "failed"):
                assert len(given) == (row["state"] == "succeeded"), row
            if row["state"] == "succeeded":
                assert row["applied_amount"] == minor(given[0]["amount"],
                                                      exponent), row
        if is_over:
            row, = self.shop.rows("SELECT * FROM payments WHERE imp_uid = ?",
                                  payment.fields["imp_uid"])
            assert row["cancel_amount"] == minor(payment.cancelled, exponent)


def minor(amount, exponent):
    value = amount.scaleb(exponent)
    assert value == int(value)
    return int(value)


@pytest.fixture(scope="module")
def front_shop(request, lasting_shops):
    """Named by its web server and by what it is for."""
    desk = Desk(lasting_shops, request.param.partition("-")[0])
    yield desk
    desk.other.stop()


@pytest.fixture
def desk(front_shop):
    yield front_shop
    assert front_shop.other.wrongs == []


def at(*names):
    """Where a test runs."""
    return pytest.mark.parametrize("front_shop", names, indirect=True)


def each_of(table):
    return pytest.mark.parametrize("habits", table.values(), ids=table.keys())


# ---- what it may look like -------------------------------------------------

@at("nginx-looks", "cgi")
@each_of(HABITS)
def test_a_part_and_then_the_rest_is_refunded(desk, habits):
    payment = desk.other.pay(10000, habits=habits)
    first = desk.refunded(payment, 4000)
    assert (first["cancel_amount"], first["refundable_amount"]) == (4000, 6000)
    rest = desk.refunded(payment)
    assert (rest["cancel_amount"], rest["refundable_amount"]) == (10000, 0)
    assert len(payment.posts) == 2


NO_LINKS = {
    "script": "javascript:alert(document.cookie)",
    "data": "data:text/html,<script>alert(1)</script>",
    "plain": "http://example.invalid/r",
    "elsewhere": "//example.invalid/r",
    "user": "https://bank.example@example.invalid/",
    "quotes": 'https://example.invalid/"onclick="alert(1)',
    "control": "https://example.invalid/\r\nX: \x1b[2J",
    "nul": "https://example.invalid/\0",
    "direction": "https://example.invalid/\u202egpj",
    "long": "https://example.invalid/" + "x" * 500,
    "very_long": "https://example.invalid/" + "x" * 500000,
    "number": 7, "list": ["https://example.invalid/"], "object": {"a": 1},
}
LINKS = {"ordinary": Habits().receipt,
         "longest": "https://example.invalid/" + "x" * 487}


@at("nginx-looks")
@pytest.mark.parametrize("receipt", {**LINKS, **NO_LINKS}.values(),
                         ids={**LINKS, **NO_LINKS})
def test_a_receipt_is_shown_if_it_is_a_link_and_harms_no_refund(desk, receipt):
    payment = desk.other.pay(10000, habits=Habits(receipt=receipt))
    answer = desk.refunded(payment, 4000, key=payment.fields["imp_uid"])
    row = desk.last(payment)
    order = types.SimpleNamespace(merchant_uid=payment.fields["merchant_uid"])
    shown, = desk.shop.payment(order)["refunds"]
    found = [row["receipt_url"]] + [refund.get("receipt_url") for refund in (
        answer["refund"], shown, desk.shop.state(row["id"]))]
    assert found == [receipt if receipt in LINKS.values() else None] * 4
    # It is part of the answer that is repeated.
    assert desk.refunded(payment, 4000,
                         key=payment.fields["imp_uid"]) == answer


@at("nginx-looks")
@each_of(HABITS)
def test_the_whole_is_refunded_and_then_no_more(desk, habits):
    payment = desk.other.pay(10000, habits=habits)
    desk.know(payment)
    assert desk.refunded(payment)["refundable_amount"] == 0
    problem(desk.refund(payment), 400, "already_refunded")
    assert len(payment.posts) == 1


@at("nginx-looks")
@each_of(HABITS)
def test_an_order_refunded_in_part_elsewhere_is_found_and_refunded(
        desk, habits):
    payment = desk.other.pay(12000, habits=habits, history=[2000])
    # Of the same size as the other's: not to be taken for it.
    answer = desk.refunded(payment, 2000)
    assert (answer["cancel_amount"], answer["refundable_amount"]) \
        == (4000, 8000)


@at("nginx-looks")
@each_of(HABITS)
def test_cents_are_exact(desk, habits):
    payment = desk.other.pay("1234.56", currency="USD", habits=habits)
    for amount in ("0.29", "1000.1"):
        answer = desk.refund(payment, amount)
        assert answer.status_code == 200, answer.text
    assert payment.cancelled == decimal.Decimal("1000.39")
    desk.agree(payment, exponent=2)


@at("nginx-looks")
@each_of(HABITS)
def test_a_lost_answer_is_found_in_the_history(desk, habits):
    payment = desk.other.pay(12000, habits=habits, history=[4000])
    payment.faults["cancel"] = [Fault(manner="reset")]
    desk.refunded(payment, 4000)
    desk.refunded(payment, 4000)
    assert len(payment.posts) == 2


@at("nginx-looks")
@each_of(HABITS)
def test_a_refusal_of_the_pg_is_declined(desk, habits):
    payment = desk.other.pay(10000, habits=habits)
    payment.faults["cancel"] = [Fault(applies=False, change=refuse(-1))]
    body = problem(desk.refund(payment, 4000), 422, "declined")
    assert PG_FAILED in body["provider_message"]
    desk.agree(payment)
    desk.refunded(payment, 4000)


@at("nginx-looks")
@each_of(HABITS)
def test_money_given_back_at_their_console_is_noticed(desk, habits):
    payment = desk.other.pay(10000, habits=habits)
    desk.refunded(payment, 1000)
    desk.other.console(payment, 3000)
    body = problem(desk.refund(payment, 8000), 409, "balance_changed")
    assert body["refundable_amount"] == 6000
    desk.agree(payment)
    assert desk.refunded(payment)["cancel_amount"] == 10000


@at("nginx-looks")
@each_of(HABITS)
def test_an_order_nobody_knows_is_not_refunded(desk, habits):
    desk.other.idle_habits = habits
    try:
        answer = desk.shop.refund(types.SimpleNamespace(merchant_uid="nobody"))
    finally:
        desk.other.idle_habits = Habits()
    # A page of somebody else's may stand for a wrong address of i'mport.
    if habits.missing == "html" and answer.status_code == 503:
        return
    problem(answer, 404, "payment_not_found")


@pytest.fixture(scope="module")
def not_applied(front_shop):
    payments = {}
    for name, habits in HABITS.items():
        payments[name] = front_shop.other.pay(
            10000, habits=habits, history=[1000])
        payments[name].faults["cancel"] = [
            Fault(applies=False, manner="close")]
    answers = front_shop.refund_all(payments, 1000)
    front_shop.settle(payments.values())
    return {name: (payments[name], answers[name]) for name in HABITS}


@at("nginx-looks")
@pytest.mark.parametrize("name", HABITS)
def test_a_cancel_that_got_lost_ends_not_applied(desk, not_applied, name):
    payment, answer = not_applied[name]
    assert answer.status_code == 202, answer.text
    desk.agree(payment)
    assert desk.last(payment)["failure"] == "not_applied"
    desk.refunded(payment, 1000)


@at("nginx-looks", "cgi")
def test_a_long_history_is_read(desk):
    payment = desk.other.pay(1000000, history=[100] * 300)
    assert desk.refunded(payment, 100)["cancel_amount"] == 30100
    payment.faults["cancel"] = [Fault(manner="close")]
    assert desk.refunded(payment, 100)["cancel_amount"] == 30200
    assert len(payment.posts) == 2


@at("nginx-looks")
@pytest.mark.parametrize("reason", [
    "가" * 300, "  spaces  ", "a\tb\nc", "\U0001f600" * 200, "[x] </b>&amp;",
    None, ""], ids=["long", "spaces", "controls", "wide", "marks", "none",
                    "empty"])
def test_whatever_the_reason_it_is_found_again(desk, reason):
    payment = desk.other.pay(10000, habits=Habits(trim=True))
    answer = desk.refund(payment, 4000, reason=reason)
    if answer.status_code == 400:
        assert payment.posts == []
        return
    assert answer.status_code == 200, answer.text
    payment.faults["cancel"] = [Fault(manner="close")]
    desk.refunded(payment, 4000, reason=reason)


@at("nginx-looks")
def test_what_the_method_needs_arrives(desk):
    payment = desk.other.pay(10000, pay_method="vbank", pg_provider="nice")
    account = {"refund_holder": "홍길동", "refund_bank": "004",
               "refund_account": "12345678901234"}
    desk.refunded(payment, 4000, tax_free=100, vat_amount=300,
                  requester="customer", retain_promotion=True, **account)
    post, = payment.posts
    for name, value in {**account, "tax_free": 100, "vat_amount": 300,
                        "retain_promotion": True, "amount": 4000,
                        "checksum": 10000,
                        "extra": {"requester": "customer"}}.items():
        assert post[name] == value


@at("nginx-looks")
def test_no_tax_free_part_is_said_only_by_who_says_so(desk):
    payment = desk.other.pay(10000, pg_provider="kcp")
    desk.refunded(payment, 1000, tax_free=0, vat_amount=0)
    desk.refunded(payment, 2000)
    said, unsaid = payment.posts
    assert (said["tax_free"], said["vat_amount"]) == (0, 0)
    assert not {"tax_free", "vat_amount"} & set(unsaid)


# ---- the payments of one order ---------------------------------------------

@at("nginx-looks")
def test_of_several_attempts_the_paid_one_is_refunded(desk):
    failed = desk.other.pay(10000, status="failed")
    uid = failed.fields["merchant_uid"]
    paid = desk.other.pay(10000, merchant_uid=uid)
    desk.other.pay(10000, merchant_uid=uid, status="ready")
    desk.refunded(paid, 4000)
    assert failed.posts == []


@at("nginx-looks")
def test_of_two_paid_attempts_none_is_guessed(desk):
    payments = [desk.other.pay(10000)]
    payments.append(desk.other.pay(
        10000, merchant_uid=payments[0].fields["merchant_uid"]))
    problem(desk.refund(payments[0], 4000), 409, "ambiguous_order")
    assert payments[0].posts == payments[1].posts == []


@at("nginx-looks")
@pytest.mark.parametrize("status", ["ready", "failed", "pending",
                                    "a_new_one"])
def test_what_is_not_paid_is_not_refunded(desk, status):
    payment = desk.other.pay(10000, status=status)
    problem(desk.refund(payment, 4000), 422, "not_paid")
    assert payment.posts == []


@at("nginx-looks")
@pytest.mark.parametrize("status", ["pending", "a_new_one"])
def test_the_word_for_its_status_does_not_hide_a_cancel(desk, status):
    payment = desk.other.pay(10000)
    payment.habits.status = status
    desk.know(payment)
    desk.refunded(payment, 4000)


@at("nginx-looks")
@pytest.mark.parametrize("missing", ["json", "empty", "html"])
def test_a_payment_they_do_not_have_moves_nothing(desk, missing):
    payment = desk.other.pay(10000, habits=Habits(missing=missing))
    desk.know(payment)
    desk.other.forget(payment)
    assert desk.refund(payment, 4000).status_code == 202
    if missing != "html":  # which proves nothing, however often it comes
        desk.settle([payment])
        assert desk.last(payment)["failure"] == "declined"
        desk.agree(payment)


# ---- tokens ----------------------------------------------------------------

@at("nginx-looks", "cgi")
@pytest.mark.parametrize("refusal", ["json", "empty", "html"])
def test_an_expired_token_is_replaced(desk, refusal):
    payment = desk.other.pay(10000)
    desk.other.refuse_token = refusal
    desk.refunded(payment, 1000)
    desk.other.expire_token()
    desk.refunded(payment, 1000)
    assert len(payment.posts) == 2


@at("nginx-looks", "cgi")
@pytest.mark.parametrize("life", [20, 61, 86400 * 30])
def test_a_token_may_live_short_or_long(desk, life):
    desk.other.expire_token()
    desk.other.token_life = life
    payment = desk.other.pay(10000)
    for _ in range(3):
        desk.refunded(payment, 1000)
    desk.other.expire_token()
    desk.other.token_life = 1800


@at("nginx-looks", "cgi")
@pytest.mark.parametrize("token", ["x", "a.b-c_d~e+f/g==", "J" * 400],
                         ids=["short", "signs", "long"])
def test_a_token_may_look_like_any(desk, token):
    before, desk.other.make_token = desk.other.make_token, lambda: token
    desk.other.expire_token()
    try:
        desk.refunded(desk.other.pay(10000), 1000)
    finally:
        desk.other.make_token = before
        desk.other.expire_token()


TOKENS = {name: ANSWERS[name] for name in (
    "close", "half_close", "429_empty", "500_html", "503_html", "302_redirect",
    "nothing", "html", "list", "code_text", "response_null", "too_long")}
TOKENS["401"] = Fault(status=401, body=b"")
TOKENS["no_times"] = Fault(
    body=b'{"code":0,"message":null,"response":{"access_token":"x"}}')


@at("nginx-looks")
@pytest.mark.parametrize("name", TOKENS)
def test_without_a_token_surely_nothing_is_sent(desk, name):
    payment = desk.other.pay(10000)
    desk.refunded(payment, 1000)
    desk.other.expire_token()
    desk.other.token_faults = [TOKENS[name]] * 9
    answer = desk.refund(payment, 2000, key="t-" + payment.fields["imp_uid"])
    desk.other.token_faults = []
    problem(answer, 503, "provider_unreachable")
    desk.agree(payment)
    assert len(payment.posts) == 1
    # The key is free again.
    desk.refunded(payment, 2000, key="t-" + payment.fields["imp_uid"])


# ---- what goes wrong with one cancel ---------------------------------------

@pytest.fixture(scope="module")
def spoilt(front_shop):
    """Every fault of a cancel, with and without effect, many at a time."""
    faults = {**{(name, True): fault for name, fault in APPLIED.items()},
              **{(name, False): fault for name, fault in NOT_APPLIED.items()}}
    if front_shop.shop.front.is_cgi:
        faults = {key: faults[key] for key in faults if key[0] in AS_CGI}
    payments = {}
    for key, fault in faults.items():
        payments[key] = front_shop.other.pay(10000)
        payments[key].faults["cancel"] = [fault]
    answers = front_shop.refund_all(
        payments, 4000, 4 if front_shop.shop.front.is_cgi else 24)
    front_shop.settle(payments.values())
    return {key: (payments[key], answers[key]) for key in faults}


def applied_is_known(desk, spoilt, name):
    payment, answer = spoilt[name, True]
    desk.agree(payment, posts=2 if name == "401" else 1)
    assert payment.cancelled == 4000
    assert desk.last(payment)["state"] == "succeeded"
    assert answer.status_code in (200, 202), answer.text


def not_applied_is_known(desk, spoilt, name):
    payment, answer = spoilt[name, False]
    desk.agree(payment)
    assert payment.cancelled == 0
    row = desk.last(payment)
    # It had said "done" and shows nothing: a person has to look.
    assert row["state"] == "needs_review" if row["heard"] == "done" else \
        (row["state"], row["failure"]) == ("failed", "not_applied"), row
    assert answer.status_code == 202, answer.text


@at("nginx-cancels")
@pytest.mark.parametrize("name", APPLIED)
def test_a_cancel_that_was_applied_is_known(desk, spoilt, name):
    applied_is_known(desk, spoilt, name)


@at("nginx-cancels")
@pytest.mark.parametrize("name", NOT_APPLIED)
def test_a_cancel_that_was_not_applied_is_known(desk, spoilt, name):
    not_applied_is_known(desk, spoilt, name)


@at("cgi")
@pytest.mark.parametrize("name", AS_CGI)
def test_a_cancel_by_cgi_that_was_applied_is_known(desk, spoilt, name):
    applied_is_known(desk, spoilt, name)


@at("cgi")
@pytest.mark.parametrize("name", [name for name in AS_CGI
                                  if name in NOT_APPLIED])
def test_a_cancel_by_cgi_that_was_not_applied_is_known(desk, spoilt, name):
    not_applied_is_known(desk, spoilt, name)


@at("nginx-cancels", "cgi")
def test_afterwards_all_goes_on_as_ever(desk, spoilt):
    payment = desk.other.pay(10000)
    assert desk.refunded(payment)["refundable_amount"] == 0


# Doubled, an answer waits on its connection for whoever comes next.
DOUBLED = {
    "cancels": ("cancel", Fault(manner="twice")),
    "late_cancels": ("cancel", Fault(manner="twice_later")),
    "refusals": ("cancel", Fault(applies=False, change=refuse(-1),
                                 manner="twice_later")),
    "401s": ("cancel", Fault(applies=False, status=401, body=HTML,
                             manner="twice")),
    "searches": ("find", Fault(manner="twice_later")),
    "read_backs": ("read", Fault(manner="twice_later")),
}


@at("nginx-cancels")
@pytest.mark.parametrize("name", DOUBLED)
def test_a_doubled_answer_is_not_taken_for_anothers(desk, name):
    route, fault = DOUBLED[name]
    payments = {number: desk.other.pay(10000) for number in range(40)}
    for number, payment in payments.items():
        if number % 2 == 0:
            payment.faults[route] = [fault]
        if route == "read":
            payment.faults["cancel"] = [Fault(manner="close")]
    answers = desk.refund_all(payments, 4000)
    desk.settle(payments.values())
    for number, payment in payments.items():
        if payment.posts:
            desk.agree(payment, posts=2 if name == "401s" else 1)
        # 202: another's answer came for it, and its own after the read-back;
        # 503: another's came for its search, twice.
        if number % 2 == 1 and route == "cancel":
            assert answers[number].status_code in (
                (200, 202) if payment.posts else (503,)), answers[number].text


# ---- what goes wrong with a question ---------------------------------------

@pytest.fixture(scope="module")
def unread(front_shop):
    """A cancel whose answer and whose first read-back are both spoilt."""
    payments = {}
    for name, fault in READS.items():
        payments[name] = front_shop.other.pay(10000, history=[500])
        payments[name].faults["cancel"] = [Fault(manner="close")]
        payments[name].faults["read"] = [fault]
    answers = front_shop.refund_all(payments, 4000)
    front_shop.settle(payments.values())
    return {name: (payments[name], answers[name]) for name in READS}


@at("nginx-reads")
@pytest.mark.parametrize("name", READS)
def test_a_spoilt_read_back_proves_nothing(desk, unread, name):
    payment, answer = unread[name]
    desk.agree(payment)
    assert desk.last(payment)["state"] == "succeeded"
    assert answer.status_code in (200, 202), answer.text


@at("nginx-reads")
@pytest.mark.parametrize("name", [name for name in READS
                                  if "hang" not in name])
def test_a_spoilt_search_moves_nothing(desk, name):
    payment = desk.other.pay(10000)
    payment.faults["find"] = [READS[name]]
    answer = desk.refund(payment, 4000)
    if answer.status_code == 200:
        desk.agree(payment)
        return
    assert answer.status_code in (404, 409, 503), answer.text
    assert payment.posts == []


# ---- what no description covers --------------------------------------------

@pytest.fixture(scope="module")
def odd(front_shop):
    """With each odd habit: after one refund its equal, once honest, once
    with its answer lost, once lost itself and once refused; then somebody
    else gives money back, and a third refund is asked for."""
    other = front_shop.other
    faults = {"honest": [], "lost": [Fault(manner="close")],
              "refused": [Fault(applies=False, change=refuse(-1))],
              "not_applied": [Fault(applies=False, manner="close")]}
    payments = {(name, fault): other.pay(10000, habits=habits)
                for name, habits in ODD_HABITS.items() for fault in faults}
    answers = [front_shop.refund_all(payments, 2000, 8)]
    for key, payment in payments.items():
        payment.faults["cancel"] = list(faults[key[1]])
    answers.append(front_shop.refund_all(payments, 2000, 8))
    front_shop.settle(payments.values(), checks=3)
    for payment in payments.values():
        other.console(payment, 100)
    answers.append(front_shop.refund_all(payments, 1000, 8))
    return {key: (payments[key], [each[key] for each in answers])
            for key in payments}


@at("nginx-reads")
@pytest.mark.parametrize("fault", ["honest", "lost", "refused",
                                   "not_applied"])
@pytest.mark.parametrize("name", ODD_HABITS)
def test_an_odd_habit_makes_nobody_lie(desk, odd, name, fault):
    payment, answers = odd[name, fault]
    desk.agree(payment, is_over=False)
    for answer in answers:
        assert answer.status_code in (200, 202, 409, 422, 503), answer.text
