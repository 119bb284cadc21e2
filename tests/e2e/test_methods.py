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


def test_an_account_number_is_kept_nowhere(shop):
    order = shop.order(amount=20000, method="vbank")
    key = "vbank-" + order.imp_uid
    shop.refunded(order, 5000, key=key, **ACCOUNT)
    again = shop.refund(order, 5000, key=key, **ACCOUNT)
    assert again.headers["Idempotency-Replayed"] == "true"
    # Lost, refused and bad ones too.
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.refund(order, 100, **ACCOUNT)
    shop.fault("pg_refusal", imp_uid=order.imp_uid, count=1)
    shop.refund(order, 200, **ACCOUNT)
    shop.refund(order, 300, amont=1, **ACCOUNT)
    shop.refund(order, 10 ** 9, **ACCOUNT)
    number = ACCOUNT["refund_account"].encode()
    looked = []
    for path in shop.folder.rglob("*"):
        if path.is_file():
            looked.append(path.name)
            assert number not in path.read_bytes(), path
    assert {"cancelpay.db", "cancelpay.db-wal", "cancelpay.log",
            "journal.jsonl"} & set(looked) >= {"cancelpay.db",
                                               "journal.jsonl"}


def test_smartro_wants_a_telephone_too(shop):
    order = shop.order(amount=20000, method="vbank", pg="smartro")
    body = problem(shop.refund(order, 5000, **ACCOUNT), 422,
                   "refund_account_required")
    assert body["fields"] == ["refund_tel"]
    account = {**ACCOUNT, "refund_bank": "004"}
    assert shop.refunded(order, 5000, refund_tel="010-1234-5678", **account)


def test_a_bank_code_of_another_pg_is_declined(shop):
    order = shop.order(amount=20000, method="vbank", pg="kcp")
    body = problem(shop.refund(order, 5000, **ACCOUNT), 422, "declined")
    assert "refund_bank" in body["provider_message"]
    assert shop.refunded(order, 5000, **{**ACCOUNT, "refund_bank": "BK04"})


def test_a_phone_payment_of_another_month_is_too_late(shop):
    order = shop.order(amount=20000, method="phone", pg="danal",
                       paid_at=int(time.time()) - FORTY_DAYS)
    problem(shop.refund(order), 422, "month_closed")
    problem(shop.refund(order, 100), 422, "month_closed")
    assert shop.cancels_received(order) == 0


def test_a_phone_payment_of_this_month(shop):
    order = shop.order(amount=20000, method="phone", pg="danal")
    assert shop.refunded(order)["refundable_amount"] == 0


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
