# SPDX-License-Identifier: MIT
"""The operator's command: what it prints, what it refuses and how it exits."""

import fcntl
import json
import os
import pathlib
import pty
import re
import sqlite3
import stat
import struct
import subprocess
import termios
import unicodedata

import pytest

from world import as_user, give, until, user_args

HEADER = ("merchant_uid,imp_uid,amount,cancel_amount,currency,pay_method,"
          "pg_provider,status,paid_at")


@pytest.fixture
def shop(shops):
    """Configuration and database, nothing running."""
    shop = shops.make()
    shop.write_config()
    shop.cli("init")
    return shop


def run(shop, *args, env=None):
    # Looking for leaks takes longer than all the rest; test_backup's commands
    # look for them.
    env = {**shop.env(), **(env or {})}
    env["ASAN_OPTIONS"] += ":detect_leaks=0"
    argv, user = as_user([shop.world.bin / "cancelpay", *args], env)
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False, cwd=shop.folder, env=env, **user)
    # A sanitizer's own exit status must not pass for one of ours.
    assert done.returncode in (0, 1, 2, 3), done
    return done


def refused(shop, status, *args, says=(), **more):
    """Exits with that status; the reason is on stderr and nowhere else."""
    done = run(shop, *args, **more)
    assert done.returncode == status, done
    assert done.stdout == "", done
    for word in says:
        assert word in done.stderr, done.stderr
    return done.stderr


def csv(shop, *lines, header=HEADER):
    path = shop.folder / "payments.csv"
    path.write_text("\n".join((header,) + lines) + "\n", encoding="utf-8")
    return give(path)


def payments(shop):
    return {row["imp_uid"]: row
            for row in shop.rows("SELECT * FROM payments")}


def show(shop, name):
    return json.loads(run(shop, "show", "--json", name).stdout)


# ---- help and usage --------------------------------------------------------

def test_help_and_version_need_no_configuration(shop):
    shop.config_file.unlink()
    for args in (["--help"], ["help"], ["help", "import"],
                 ["list", "--help"]):
        done = run(shop, *args)
        assert done.returncode == 0 and done.stderr == "", done
        assert done.stdout.startswith("Usage: cancelpay")
    assert re.fullmatch(r"cancelpay \d+\.\d+\.\d+\n",
                        run(shop, "--version").stdout)


@pytest.mark.parametrize("args", [
    [], ["nothing"], ["--nothing"], ["help", "nothing"], ["init", "more"],
    ["import"], ["import", "a", "b"], ["list", "more"],
    ["list", "--nothing"], ["list", "--limit", "0"],
    ["list", "--limit", "1x"], ["list", "--state", "done"], ["show"],
    ["show", "a", "b"], ["resolve", "more"], ["resolve", "--nothing"],
    ["approve"], ["approve", "--nothing"], ["approve", "a"],
    ["approve", "--by", "kim", "a", "b"], ["approve", "--by", "", "a"],
    ["approve", "--by", "k" * 200, "a"],
    ["reject", "a"], ["reject", "--nothing"],
    ["freeze", "more"], ["freeze", "--nothing"], ["freeze", "--by", ""],
    ["unfreeze", "more"], ["unfreeze", "--by", "a\nb"],
    ["backup"], ["backup", "--nothing"], ["backup", "a", "b"],
    ["import", "--nothing", "a"], ["init", "--nothing"],
    ["list", "--limit", ""], ["list", "--limit", "99999999999"],
    ["ticket"], ["ticket", "--nothing"], ["ticket", "a"],
    ["ticket", "--max", "1"], ["ticket", "--max", "1", "a", "b"],
    ["ticket", "--max", "1", "--minutes", "", "a"],
    ["ticket", "--max", "1", "--minutes", "1x", "a"],
    ["ticket", "--max", "1", "--minutes", "0", "a"],
    ["ticket", "--max", "1", "--minutes", "999", "a"],
    ["doctor", "--nothing"],
    ["restore"], ["restore", "--nothing"], ["restore", "--continue", "a"],
    ["restore", "--continue", "--force"],
    ["--config"],
], ids=" ".join)
def test_wrong_usage_is_2(shop, args):
    refused(shop, 2, *args)


@pytest.mark.parametrize("args", [["--help"], ["--version"],
                                  ["list", "--json"]], ids=" ".join)
def test_output_that_can_not_be_written_is_3(shop, args):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [shop.world.bin / "cancelpay", *args], stdout=full,
            stderr=subprocess.PIPE, check=False, env=shop.env(),
            **user_args())
    assert done.returncode == 3, done


# ---- configuration ---------------------------------------------------------

def test_the_configuration_named_is_the_one_read(shop):
    other = shop.folder / "other.conf"
    other.write_text("[shop]\nname = x\n")
    give(other)
    refused(shop, 2, "--config", other, "list",
            says=[f"{other}:2: [shop] name: unknown section"])
    refused(shop, 2, "list", env={"CANCELPAY_CONFIG": str(other)},
            says=[f"{other}:2:"])
    refused(shop, 2, "-c", "/nowhere.conf", "list",
            says=["/nowhere.conf: No such file"])


def test_secrets_others_may_read_are_refused(shop):
    shop.config_file.chmod(0o640)
    said = refused(shop, 2, "list",
                   says=["[iamport] secret", "0640", "0600"])
    assert "sandbox_secret" not in said


def test_a_variable_of_no_key_is_refused(shop):
    refused(shop, 2, "list", env={"CANCELPAY_STORE_PATH": "/x"},
            says=["CANCELPAY_STORE_PATH"])


# ---- init ------------------------------------------------------------------

def test_init_makes_private_files_and_never_overwrites(shop):
    key = pathlib.Path(f"{shop.database}.key")
    for path in (shop.database, key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch("[0-9a-f]{64}\n", key.read_text())
    shop.order(known=True, there=False)
    before = key.read_text()
    done = run(shop, "init")
    assert done.returncode == 0 and done.stderr == "", done
    assert key.read_text() == before
    assert len(payments(shop)) == 1
    assert not list(shop.folder.glob("*.key.*"))


def test_init_says_that_a_lost_key_is_lost(shop):
    key = pathlib.Path(f"{shop.database}.key")
    before = key.read_text()
    key.unlink()
    done = run(shop, "init")
    assert done.returncode == 0 and "422" in done.stderr, done
    assert key.read_text() != before


def test_init_refuses_a_key_that_is_none(shop):
    key = pathlib.Path(f"{shop.database}.key")
    key.write_text("short\n")
    assert run(shop, "init").returncode == 2
    assert key.read_text() == "short\n"
    key.chmod(0o644)
    done = run(shop, "init")
    assert done.returncode == 2 and "0644" in done.stderr, done


def test_init_leaves_other_files_alone(shop):
    other = shop.folder / "other.db"
    other.write_text("a letter")
    give(other)
    refused(shop, 3, "init", says=[str(other)],
            env={"CANCELPAY_STORE_URL": f"sqlite:{other}"})
    assert other.read_text() == "a letter"
    assert not pathlib.Path(f"{other}.key").exists()


@pytest.mark.parametrize("args", [
    ["list"], ["show", "x"], ["resolve"], ["import", "payments.csv"]],
    ids=" ".join)
def test_a_missing_or_foreign_database_is_3(shop, args):
    csv(shop)
    missing = shop.folder / "missing.db"
    refused(shop, 3, *args, says=[str(missing), "cancelpay init"],
            env={"CANCELPAY_STORE_URL": f"sqlite:{missing}"})
    assert not missing.exists()
    foreign = shop.folder / "foreign.db"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE payments (a)")
    database.close()
    give(foreign)
    refused(shop, 3, *args, says=[str(foreign)],
            env={"CANCELPAY_STORE_URL": f"sqlite:{foreign}"})


# ---- import ----------------------------------------------------------------

def test_import_takes_every_column(shop):
    done = run(shop, "import", csv(
        shop, "주문-1,imp_1,10000,2500,KRW,card,nice,cancelled,1795000000",
        '"a,""b""",imp_2,1250,,USD,paypal,paypal,,2026-11-01T10:00:00+09:00',
        "c,imp_3,9,,,,,,"))
    assert done.returncode == 0, done
    assert done.stdout == "3 new, 0 changed, 0 as they were\n"
    assert done.stderr == ""
    rows = payments(shop)
    first, second, third = rows["imp_1"], rows["imp_2"], rows["imp_3"]
    assert first["merchant_uid"] == "주문-1"
    assert (first["amount"], first["cancel_amount"]) == (10000, 2500)
    assert (first["status"], first["paid_at"]) == ("cancelled", 1795000000)
    assert (second["merchant_uid"], second["currency"]) == ('a,"b"', "USD")
    assert second["paid_at"] == 1793494800
    assert (third["amount"], third["currency"]) == (9, "KRW")
    assert third["pay_method"] is None and third["paid_at"] is None


def test_import_again_changes_nothing(shop):
    path = csv(shop, "a,imp_1,10000,2500,KRW,card,nice,cancelled,1795000000")
    run(shop, "import", path)
    before = payments(shop)
    done = run(shop, "import", path)
    assert done.stdout == "0 new, 0 changed, 1 as they were\n"
    assert payments(shop) == before


def test_import_adds_and_takes_nothing_back(shop):
    run(shop, "import", csv(shop, "a,imp_1,10000,2500,KRW,,,,",
                            "b,imp_2,10000,0,KRW,card,nice,ready,"))
    # More is cancelled, the method is known, the second one was paid.
    run(shop, "import", csv(shop, "a,imp_1,10000,4000,KRW,card,nice,,",
                            "b,imp_2,10000,0,KRW,card,nice,paid,1795000000"))
    row, paid = payments(shop)["imp_1"], payments(shop)["imp_2"]
    assert (row["cancel_amount"], row["pay_method"]) == (4000, "card")
    assert (paid["status"], paid["paid_at"]) == ("paid", 1795000000)
    # An old file: nothing is lowered, nothing forgotten.
    done = run(shop, "import", csv(shop, "a,imp_1,10000,0,KRW,,,paid,",
                                   "b,imp_2,10000,0,KRW,,,ready,"))
    assert done.stdout == "0 new, 0 changed, 2 as they were\n"
    assert payments(shop) == {"imp_1": row, "imp_2": paid}


BAD = [
    ("amount", "b,imp_b,0,,,,,,", "amount"),
    ("fraction", "b,imp_b,10.5,,,,,,", "amount"),
    ("exponent", "b,imp_b,1e3,,,,,,", "amount"),
    ("sign", "b,imp_b,-5,,,,,,", "amount"),
    ("too much", "b,imp_b,100000000000001,,,,,,", "amount"),
    ("more back than paid", "b,imp_b,100,101,,,,,", "cancel_amount"),
    ("currency", "b,imp_b,100,,XXX,,,,", "currency"),
    ("status", "b,imp_b,100,,,,,done,", "status"),
    ("time", "b,imp_b,100,,,,,,yesterday", "paid_at"),
    ("no order", ",imp_b,100,,,,,,", "merchant_uid"),
    ("no payment", "b,,100,,,,,,", "imp_uid"),
    ("long order", "b" * 41 + ",imp_b,100,,,,,,", "merchant_uid"),
    ("cells", "b,imp_b,100", "cells"),
    ("same payment twice", "b,imp_a,100,,,,,,", "line 2"),
    ("other order", "other,imp_known,100,,,,,,", "merchant_uid"),
    ("other amount", "known,imp_known,101,,,,,,", "amount"),
    ("other currency", "known,imp_known,100,,USD,,,,", "currency"),
]


@pytest.mark.parametrize("line, word", [row[1:] for row in BAD],
                         ids=[row[0] for row in BAD])
def test_a_wrong_line_is_named_and_nothing_is_written(shop, line, word):
    run(shop, "import", csv(shop, "known,imp_known,100,,,,,,"))
    before = payments(shop)
    path = csv(shop, "a,imp_a,100,,,,,,", line, "c,imp_c,100,,,,,,")
    refused(shop, 1, "import", path, says=[f"{path}: line 3:", word])
    assert payments(shop) == before


@pytest.mark.parametrize("header", [
    "merchant_uid,imp_uid", "merchant_uid,imp_uid,amount,color",
    "merchant_uid,imp_uid,amount,amount", ""])
def test_a_wrong_header_is_refused(shop, header):
    refused(shop, 1, "import", csv(shop, "a,b,1", header=header),
            says=["payments.csv: line"])


def test_a_file_that_is_not_there_is_wrong_usage(shop):
    refused(shop, 2, "import", "nothing.csv", says=["nothing.csv"])


def test_a_large_file_goes_in_whole(shop):
    path = csv(shop, *(f"o{i},imp_{i},{i + 1},,,,,," for i in range(1800)))
    assert run(shop, "import", path).stdout.startswith("1800 new,")
    total = shop.rows("SELECT count(*) AS n, sum(amount) AS s FROM payments")
    assert total == [{"n": 1800, "s": 1800 * 1801 // 2}]


def test_a_file_being_checked_holds_up_no_refund(shop):
    path = shop.folder / "pipe"
    os.mkfifo(path)
    give(path)
    done = subprocess.Popen(
        [shop.world.bin / "cancelpay", "import", path], env=shop.env(),
        stderr=subprocess.PIPE, text=True, **user_args())
    with open(path, "w", encoding="ascii") as pipe:
        # More than the pipe holds: most of it is checked once it is written.
        pipe.write(HEADER + "\n" + "".join(
            f"o{i},imp_{i:020d},100,,,,,,\n" for i in range(5000)))
        pipe.flush()
        book = sqlite3.connect(shop.database, timeout=0)
        book.execute("BEGIN IMMEDIATE")
        book.close()
        pipe.write("no payment\n")
    assert "line 5002" in done.communicate(timeout=20)[1]
    assert done.returncode == 1
    assert payments(shop) == {}


def test_a_terminal_sees_progress(shop):
    path = csv(shop, *(f"o{i},imp_{i},{i + 1},,,,,," for i in range(600)))
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    done = subprocess.run(
        [shop.world.bin / "cancelpay", "import", path], stderr=follower,
        stdout=subprocess.PIPE, check=False, env=shop.env(),
        **user_args())
    os.close(follower)
    assert done.returncode == 0
    assert b"checking [" in os.read(leader, 65536)
    os.close(leader)


# ---- list, show and resolve ------------------------------------------------

# Short, so that a refund of which nothing is heard ends within seconds; as CGI
# nothing but the command resolves.
SHORT = {
    "iamport.connect_timeout_ms": 500,
    "iamport.timeout_ms": 1500,
    "iamport.send_within_ms": 800,
    "iamport.quiet_ms": 1000,
}


@pytest.fixture(scope="module")
def open_shop(lasting_shops):
    return lasting_shops.make("cgi", settings=SHORT).start()


def test_show_tells_of_a_payment_and_its_refunds(open_shop):
    shop = open_shop
    order = shop.order(amount=10000, merchant_uid="주문 7")
    refund = shop.refunded(order, 3000, key="k-1")["refund"]
    shop.console_cancel(order, 500)
    for name in (order.imp_uid, order.merchant_uid):
        shown = show(shop, name)
        assert shown["imp_uid"] == order.imp_uid
        assert shown["merchant_uid"] == "주문 7"
        assert (shown["amount"], shown["cancel_amount"],
                shown["refundable_amount"]) == (10000, 3000, 7000)
        (entry,) = shown["history"]
        assert (entry["amount"], entry["refund"]) == (3000, refund["id"])
        (one,) = shown["refunds"]
        assert one["id"] == refund["id"]
    one = show(shop, refund["id"])
    assert one["state"] == "succeeded" and one["failure"] is None
    assert one["idempotency_key"] == "k-1"
    assert one["cancellation_id"] == entry["cancellation_id"]
    assert one["created_at"].endswith("+09:00")
    assert one["next_check_at"] is None
    text = run(shop, "show", order.imp_uid).stdout
    assert "refundable   7000 KRW" in text
    assert refund["id"] in text
    text = run(shop, "show", refund["id"]).stdout
    assert "state        succeeded" in text and "고객 변심" in text


def test_what_a_customer_writes_does_not_turn_the_line(open_shop):
    order = open_shop.order()
    reason = "a\u202e0001\u2066b\u061cc 환불\u200d"
    refund = open_shop.refund(order, 1000, reason=reason)
    shown = run(open_shop, "show", refund.json()["refund"]["id"]).stdout
    assert "a?0001?b?c 환불\u200d" in shown, shown


def test_show_tells_of_all_payments_of_one_order(open_shop):
    shop = open_shop
    orders = [shop.order(merchant_uid="TWICE", there=False)
              for _ in range(2)]
    shown = show(shop, "TWICE")
    assert sorted(row["imp_uid"] for row in shown) == \
        sorted(order.imp_uid for order in orders)


@pytest.mark.parametrize("name", ["nothing", "0123456789", "x" * 5000, ""])
def test_show_of_nothing_is_1(open_shop, name):
    refused(open_shop, 1, "show", name)


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def test_list_is_aligned_whatever_the_locale(open_shop):
    shop = open_shop
    for name, amount in (("짧", 100), ("아주 긴 한글 주문 번호", 2500000)):
        shop.refunded(shop.order(amount=amount, merchant_uid=name))
    for locale in ("C", "C.UTF-8", "ko_KR.UTF-8"):
        lines = run(shop, "list", env={"LC_ALL": locale}
                    ).stdout.splitlines()
        at = {width(line[:line.index("succeeded")]) for line in lines[1:]
              if "succeeded" in line}
        assert at == {lines[0].index("STATE")}, lines
    dollars = shop.order(amount=1250, currency="USD", method="paypal",
                         pg="paypal")
    shop.refunded(dollars)
    assert "12.50 USD" in run(shop, "list", "--limit", 1).stdout


def test_list_by_state_and_limit(open_shop):
    shop = open_shop
    for _ in range(3):
        shop.refunded(shop.order())
    rows = json.loads(run(shop, "list", "--json", "--limit", 2,
                          "--state", "succeeded").stdout)
    assert len(rows) == 2
    assert rows[0]["created_at"] >= rows[1]["created_at"]
    done = run(shop, "list", "--state", "awaiting_approval")
    assert (done.returncode, done.stdout) == (0, ""), done
    assert json.loads(run(shop, "list", "--json", "--state",
                          "awaiting_approval").stdout) == []


def test_what_is_stuck_is_listed_and_resolved(open_shop):
    shop = open_shop

    def is_none_stuck():
        # Another test may have left one.
        run(shop, "resolve")
        return run(shop, "list", "--stuck").returncode == 0
    until(is_none_stuck, "none is stuck")
    order = shop.order(amount=10000)
    shop.fault("hang", imp_uid=order.imp_uid, count=1)
    answer = shop.refund(order, 4000)
    assert answer.status_code == 202, answer.text
    refund_id = answer.json()["refund"]["id"]
    until(lambda: run(shop, "list", "--stuck").returncode == 1, "stuck")
    (row,) = json.loads(run(shop, "list", "--stuck", "--json").stdout)
    assert row["id"] == refund_id and row["next_check_at"]
    assert refund_id in run(shop, "list", "--stuck").stdout

    seen = []

    def failed():
        seen.extend(json.loads(run(shop, "resolve", "--json").stdout))
        return show(shop, refund_id)["state"] == "failed"
    until(failed, "resolved")
    assert {row["id"] for row in seen} == {refund_id}
    assert seen[-1]["failure"] == "not_applied"
    assert run(shop, "list", "--stuck").returncode == 0
    done = run(shop, "resolve")
    assert (done.returncode, done.stdout) == (0, ""), done
    assert shop.journal(order) == []


def test_resolve_that_needs_a_person_is_1(open_shop):
    shop = open_shop
    order = shop.order(amount=10000)
    shop.fault("hang", imp_uid=order.imp_uid, count=1)
    refund_id = shop.refund(order, 4000).json()["refund"]["id"]
    # It might be ours or the console's: nobody can tell from the amount.
    shop.console_cancel(order, 4000)

    def reviewed():
        done = run(shop, "resolve")
        return done if done.returncode == 1 else None
    done = until(reviewed, "needs review")
    assert refund_id in done.stdout and "needs_review" in done.stdout
    done = run(shop, "list", "--stuck")
    assert done.returncode == 1 and refund_id in done.stdout


def test_resolve_tells_of_money_nobody_expected(open_shop):
    shop = open_shop
    order = shop.order(amount=10000)
    shop.fault("hang", imp_uid=order.imp_uid, count=1)
    refund_id = shop.refund(order, 4000).json()["refund"]["id"]
    # A refund of ours that the book has lost: an old backup came back.
    shop.control("POST", "cancel", {
        "imp_uid": order.imp_uid, "amount": 700,
        "reason": "변심 [cp:ABCDEFGHJK]"})

    def found():
        done = run(shop, "resolve")
        return done if "did not expect" in done.stderr else None
    done = until(found, "found")
    assert done.returncode == 1 and order.imp_uid in done.stderr, done
    (row,) = [line.split() for line in run(shop, "list").stdout.splitlines()
              if line.startswith("ABCDEFGHJK")]
    assert "recovered" in row and "700" in row
    assert show(shop, "ABCDEFGHJK")["origin"] == "recovered"
    assert show(shop, refund_id)["origin"] == "request"
    # Told once.
    assert "did not expect" not in run(shop, "resolve").stderr


def test_resolve_without_iamport_ends_and_loses_nothing(shops):
    shop = shops.make("cgi", settings=SHORT).start()
    order = shop.order(amount=10000)
    shop.fault("drop_after", imp_uid=order.imp_uid, count=1)
    shop.fault("drop_before", route="read", imp_uid=order.imp_uid, count=1)
    assert shop.refund(order, 4000).status_code == 202
    shop.sandbox.stop()
    until(lambda: "no answer from i'mport: " in run(shop, "resolve").stderr,
          "a refund was due")
    shop.start_sandbox()
    shop.settle()
    shop.audit()
