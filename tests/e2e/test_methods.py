# SPDX-License-Identifier: MIT
"""Payment methods with rules of their own: virtual accounts, phones, foreign
money, methods that take their time."""

import time

import pytest

from behaviours import SHORT
from shop import problem, read_json

ACCOUNT = {"refund_holder": "홍길동", "refund_bank": "04",
           "refund_account": "918273645546372"}
FORTY_DAYS = 40 * 86400
ENGLISH = {"Accept-Language": "en"}
KOREAN = {"Accept-Language": "ko"}


def untouched(shop, order):
    """Nothing was written and nobody was asked to move money."""
    return shop.refunds(order) == [] and shop.cancels_received(order) == 0


@pytest.fixture(scope="module", params=["nginx", "cgi"])
def front_shop(request, lasting_shops):
    return lasting_shops.make(request.param).start()


def test_a_virtual_account_needs_an_account(shop):
    order = shop.order(amount=20000, method="vbank")
    body = problem(shop.refund(order, 5000, headers=ENGLISH), 422,
                   "refund_account_required")
    assert body["fields"] == ["refund_holder", "refund_bank",
                              "refund_account"]
    assert body["detail"].endswith(
        " refund_holder must be a string of 1 to 16 characters."
        " refund_bank must be a string of 1 to 4 digits or letters."
        " refund_account must be a string of 1 to 16 digits or hyphens.")
    body = problem(shop.refund(order, 5000, refund_holder="홍길동",
                               refund_bank="04"), 422,
                   "refund_account_required")
    assert body["fields"] == ["refund_account"]
    assert shop.refunds(order) == []
    assert shop.refunded(order, 5000, **ACCOUNT)["cancel_amount"] == 5000


def test_smartro_wants_a_telephone_too(shop):
    order = shop.order(amount=20000, method="vbank", pg="smartro")
    body = problem(shop.refund(order, 5000, **ACCOUNT), 422,
                   "refund_account_required")
    assert body["fields"] == ["refund_tel"]
    account = {**ACCOUNT, "refund_bank": "004"}
    assert shop.refunded(order, 5000, refund_tel="010-1234-5678", **account)


def test_a_bank_code_of_another_pg_is_refused_before_anything(shop):
    order = shop.order(amount=20000, method="vbank", pg="kcp")
    key = "bank-" + order.imp_uid
    body = problem(shop.refund(order, 5000, key=key, headers=ENGLISH,
                               **ACCOUNT), 400, "invalid_field")
    assert body["fields"] == ["refund_bank"]
    assert (" refund_bank must be a bank code of this payment's PG (kcp): "
            "BK04 KB Kookmin, BK23 SC First, ") in body["message"]
    body = problem(shop.refund(order, 5000, headers=KOREAN, **ACCOUNT), 400,
                   "invalid_field")
    assert (" refund_bank 값은 이 결제를 처리한 PG의 은행코드여야 합니다 (kcp): "
            "BK04 KB국민은행, BK23 SC제일은행, ") in body["message"]
    assert untouched(shop, order)
    # Nor is the key used up.
    assert shop.refunded(order, 5000, key=key,
                         **{**ACCOUNT, "refund_bank": "BK04"})


@pytest.mark.parametrize("pg, code", [
    ("html5_inicis", "92"), ("tosspayments", "092"), ("daou", "31"),
    ("nice_v2", "089"), ("welcome", "037"), ("ksnet", "zz9")])
def test_the_sandbox_and_we_read_the_same_bank_codes(shop, pg, code):
    order = shop.order(amount=20000, method="vbank", pg=pg)
    assert shop.refunded(order, **{**ACCOUNT, "refund_bank": code})


def test_what_is_left_to_the_pg_is_declined_there(shops):
    shop = shops.make(settings={
        "policy.bank_checked": "no", "policy.account_required": "no",
        "policy.method_checked": "no", "policy.part_checked": "no"}).start()
    for method, pg, fields, said in (
            ("vbank", "kcp", ACCOUNT, "refund_bank"),
            ("vbank", "kcp", {}, "refund_account"),
            ("vbank", "danal_tpay", {**ACCOUNT, "refund_bank": "004"},
             "danal"),
            ("naverpay", "naverco", {}, "naverco"),
            ("phone", "danal", {"amount": 5000}, "partial"),
            ("cultureland", "daou", {"amount": 5000}, "partial")):
        order = shop.order(amount=20000, method=method, pg=pg)
        body = problem(shop.refund(order, **fields), 422, "declined")
        assert said in body["provider_message"]
        assert shop.payment(order)["cancel_amount"] == 0


# ---- what a PG does not do -------------------------------------------------

@pytest.mark.parametrize("method, pg", [
    ("vbank", "danal"), ("vbank", "danal_tpay"), ("naverpay", "naverco")])
def test_what_imports_cancel_does_not_reach_is_not_asked_for(
        shop, method, pg):
    order = shop.order(amount=20000, method=method, pg=pg)
    account = {**ACCOUNT, "refund_bank": "004"}
    body = problem(shop.refund(order, headers=ENGLISH, **account), 422,
                   "refund_not_supported")
    assert body["message"] == (
        "This kind of payment can't be refunded here and nothing was "
        "refunded. Please contact the shop for another way.")
    body = problem(shop.refund(order, headers=KOREAN, **account), 422,
                   "refund_not_supported")
    assert body["message"] == (
        "이 결제수단은 이곳에서 환불할 수 없어 환불되지 않았습니다. 다른 환불 "
        "방법은 상점에 문의해 주시기 바랍니다.")
    assert untouched(shop, order)


@pytest.mark.parametrize("method, pg", [
    ("phone", "danal"), ("phone", "ksnet"), ("booknlife", "tosspayments"),
    ("culturegift", "mobilians")])
def test_what_only_goes_back_whole(shop, method, pg):
    order = shop.order(amount=20000, method=method, pg=pg)
    body = problem(shop.refund(order, 5000, headers=ENGLISH), 422,
                   "partial_not_supported")
    assert body["fields"] == ["cancel_request_amount"]
    assert body["message"] == (
        "This kind of payment can only be refunded whole, and nothing was "
        "refunded. Please request the whole amount, or contact the shop for "
        "a part of it. cancel_request_amount must be left out or be the "
        "whole amount (20000 KRW).")
    body = problem(shop.refund(order, 19999, headers=KOREAN), 422,
                   "partial_not_supported")
    assert body["message"] == (
        "이 결제수단은 전액 환불만 가능하여 환불되지 않았습니다. 전액 환불을 "
        "요청하시거나, 일부만 환불받으시려면 상점에 문의해 주시기 바랍니다. "
        "cancel_request_amount 항목은 빼거나 전액으로 보내야 합니다 "
        "(20000 KRW).")
    assert untouched(shop, order)
    assert shop.refunded(order, 20000)["refundable_amount"] == 0


@pytest.mark.parametrize("pg", ["html5_inicis", "kcp"])
def test_phone_payments_that_have_parts(shop, pg):
    order = shop.order(amount=20000, method="phone", pg=pg)
    assert shop.refunded(order, 5000)["refundable_amount"] == 15000
    assert shop.refunded(order)["refundable_amount"] == 0


def test_ksnet_gives_nine_parts(shop):
    order = shop.order(amount=20000, pg="ksnet")
    for number in range(9):
        shop.refunded(order, 1000 + number)
    body = problem(shop.refund(order, 999, headers=ENGLISH), 422,
                   "partial_limit_reached")
    assert body["fields"] == ["cancel_request_amount"]
    assert body["message"].endswith(
        " cancel_request_amount must be left out or be all that is left "
        "(10964 KRW).")
    assert "횟수" in problem(shop.refund(order, 1, headers=KOREAN), 422,
                           "partial_limit_reached")["title"]
    assert shop.cancels_received(order) == 9
    # Whether KSNET takes the last one is not known: it is asked.
    problem(shop.refund(order), 422, "declined")
    assert shop.cancels_received(order) == 10


@pytest.mark.parametrize("is_imported", [False, True])
def test_parts_that_others_had_count_too(shop, is_imported):
    order = shop.order(amount=20000, pg="ksnet", known=False)
    for _ in range(9):
        shop.console_cancel(order, 1000)
    if is_imported:
        shop.import_rows([{
            "merchant_uid": order.merchant_uid, "imp_uid": order.imp_uid,
            "amount": 20000, "cancel_amount": 9000, "pay_method": "card",
            "pg_provider": "ksnet", "status": "cancelled"}])
    problem(shop.refund(order, 1000), 422, "partial_limit_reached")
    assert untouched(shop, order)


# ---- months ----------------------------------------------------------------

def test_a_phone_payment_of_another_month_is_too_late(shop):
    order = shop.order(amount=20000, method="phone", pg="danal",
                       paid_at=int(time.time()) - FORTY_DAYS)
    problem(shop.refund(order), 422, "month_closed")
    problem(shop.refund(order, 100), 422, "month_closed")
    assert shop.cancels_received(order) == 0


def test_a_phone_payment_of_this_month(shop):
    order = shop.order(amount=20000, method="phone", pg="danal")
    assert shop.refunded(order)["refundable_amount"] == 0


def test_kcps_refund_to_an_account_from_the_next_month_on(shops):
    shop = shops.make(settings={"policy.kcp_next_month": "yes"}).start()
    order = shop.order(amount=20000, method="phone", pg="kcp",
                       paid_at=int(time.time()) - FORTY_DAYS)
    body = problem(shop.refund(order), 422, "refund_account_required")
    assert body["fields"] == ["refund_holder", "refund_bank",
                              "refund_account"]
    problem(shop.refund(order, **ACCOUNT), 400, "invalid_field")
    assert shop.cancels_received(order) == 0
    account = {**ACCOUNT, "refund_bank": "BK04"}
    assert shop.refunded(order, **account)["refundable_amount"] == 0
    # Within its month, and at other PGs, nothing is different.
    order = shop.order(amount=20000, method="phone", pg="kcp")
    assert shop.refunded(order)["refundable_amount"] == 0
    order = shop.order(amount=20000, method="phone", pg="danal",
                       paid_at=int(time.time()) - FORTY_DAYS)
    problem(shop.refund(order, **ACCOUNT), 422, "month_closed")


def test_a_card_payment_of_another_month(shop):
    order = shop.order(amount=20000, paid_at=int(time.time()) - FORTY_DAYS)
    assert shop.refunded(order)["refundable_amount"] == 0


def test_the_english_guide_to_the_letter(shops):
    shop = shops.make(settings={"policy.month_rule": "all"}).start()
    order = shop.order(paid_at=int(time.time()) - FORTY_DAYS)
    problem(shop.refund(order), 422, "month_closed")


def test_a_method_that_takes_its_time(shop):
    order = shop.order(amount=20000, method="vbank", pg="smartro_v2")
    answer = shop.refund(order, 5000, refund_tel="01012345678", **ACCOUNT)
    assert answer.status_code == 202, answer.text
    body = read_json(answer)
    assert body["code"] == body["refund"]["state"] == "pending"
    assert body["cancel_amount"] == 0
    refund = shop.ended(body["refund"]["id"])
    assert refund["state"] == "succeeded"
    assert shop.payment(order)["cancel_amount"] == 5000


def test_dollars_and_cents_are_exact(shop):
    order = shop.order(amount=9999, currency="USD", pg="paypal")
    answer = shop.refund(order, "12.50")
    assert answer.status_code == 200, answer.text
    # The digits themselves, not what a double makes of them.
    for text in ('"amount":99.99', '"cancel_amount":12.50',
                 '"refundable_amount":87.49'):
        assert text in answer.text.replace(" ", "")
    assert shop.journal(order)[0]["amount"] == 1250
    assert shop.refunded(order, "0.07")["refundable_amount"] * 100 == 8742
    assert shop.refunded(order, 12)["refundable_amount"] * 100 == 7542
    for bad in ("0.001", "12.505", ".5", "1.", "1e2", "-1.00", "+1.00",
                "1,00", " 1.00", "0.00", "0x10", "99999999999999999999"):
        body = problem(shop.refund(order, bad), 400, "invalid_field")
        assert body["field"] == "cancel_request_amount"
    body = problem(shop.refund(order, "12.505", headers=ENGLISH), 400,
                   "invalid_field")
    assert body["detail"].endswith(
        " cancel_request_amount must be above 0 and have at most 2 decimals "
        "(USD).")
    assert shop.refunded(order)["refundable_amount"] == 0
    assert [line["amount"] for line in shop.journal(order)] == [
        1250, 7, 1200, 7542]


def test_money_without_cents_that_is_not_won(shop):
    order = shop.order(amount=5000, currency="JPY", pg="paypal")
    assert shop.refunded(order, 1234)["refundable_amount"] == 3766


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_what_was_never_paid_is_not_refunded(shop, status):
    order = shop.order(amount=5000, status=status)
    problem(shop.refund(order), 422, "not_paid")
    assert shop.refunds(order) == []


def test_a_payment_we_took_for_unpaid_is_looked_up(shop):
    order = shop.order(amount=5000, known=False)
    shop.import_rows([{"merchant_uid": order.merchant_uid,
                       "imp_uid": order.imp_uid, "amount": 5000,
                       "status": "ready"}])
    assert shop.refunded(order)["cancel_amount"] == 5000


def test_an_order_paid_twice_is_ambiguous(shop):
    first = shop.order(amount=5000)
    second = shop.order(amount=5000, merchant_uid=first.merchant_uid)
    problem(shop.refund(first), 409, "ambiguous_order")
    body = shop.refunded(first, 100, imp_uid=second.imp_uid)
    assert body["imp_uid"] == second.imp_uid


def test_an_order_paid_at_the_second_try(shop):
    first = shop.order(amount=5000, status="failed")
    second = shop.order(amount=5000, merchant_uid=first.merchant_uid)
    assert shop.refunded(first)["imp_uid"] == second.imp_uid


def test_a_shop_may_want_the_parts_for_the_tax_to_be_said(shops):
    shop = shops.make(settings={"policy.tax_free_required": "yes",
                                "policy.vat_amount_required": "yes"}).start()
    order = shop.order(amount=20000, pg="nice")
    body = problem(shop.refund(order, 5000, headers=ENGLISH), 400,
                   "invalid_field")
    assert body["fields"] == ["tax_free", "vat_amount"]
    assert body["detail"].endswith(
        " tax_free is required for this payment; where there is no such "
        "part, send 0. vat_amount is required for this payment; where there "
        "is no such part, send 0.")
    assert untouched(shop, order)
    assert shop.refunded(order, 5000, tax_free=0, vat_amount=0)
    body = problem(shop.refund(order, 5000, tax_free=4600, vat_amount=401,
                               headers=ENGLISH), 400, "invalid_field")
    assert body["fields"] == ["tax_free", "vat_amount"]
    assert shop.refunded(order, 5000, tax_free=4600, vat_amount=400)
    assert shop.refunded(shop.order(amount=20000, pg="kakaopay"), 5000)


def test_a_reason_may_be_required(shops):
    shop = shops.make(settings={"policy.reason_required": "yes"}).start()
    order = shop.order()
    body = problem(shop.refund(order, reason="", headers=ENGLISH), 400,
                   "invalid_field")
    assert body["field"] == "reason"
    assert body["detail"].endswith(" reason is required by this shop.")
    assert shop.refunded(order, reason="broken")


def test_a_long_reason_is_cut_before_the_marker(shop):
    order = shop.order()
    refund = shop.refunded(order, 100, reason="가" * 500)["refund"]
    [line] = shop.journal(order)
    assert len(line["reason"]) == 256
    assert line["reason"].endswith(f"가 [cp:{refund['id']}]")
    assert shop.refunds(order)[0]["reason"] == "가" * 500


def test_the_figures_count_a_refund_of_unknown_end(shops):
    shop = shops.make(settings=SHORT).start()

    def figure(name):
        answer = shop.get("/metrics")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == \
            "text/plain; version=0.0.4; charset=utf-8"
        [value] = [line.split()[-1] for line in answer.text.splitlines()
                   if line.startswith(name + " ")]
        return int(value)

    unknown = 'cancelpay_refunds_unfinished{state="unknown"}'
    assert figure(unknown) == 0
    order = shop.order()
    shop.fault("drop_before", imp_uid=order.imp_uid, count=1)
    answer = shop.refund(order, 100)
    assert answer.status_code == 202, answer.text
    assert figure(unknown) == 1
    assert shop.ended(read_json(answer)["refund"]["id"])["state"] == "failed"
    assert figure(unknown) == 0
