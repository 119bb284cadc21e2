# SPDX-License-Identifier: MIT
"""tools/audit finds what is wrong, each kind planted into copies of books that
agree."""

import contextlib
import csv
import json
import resource
import shutil
import sqlite3
import subprocess

import pytest

from audit import PROGRAM, write_opening
from shop import problem
from world import until


class Books:
    """Copies of a shop's journal and database, to be spoilt."""

    def __init__(self, shop, folder):
        self.journal = folder / "journal.jsonl"
        self.database = folder / "copy.db"
        self.opening = folder / "opening.csv"
        shutil.copy2(shop.folder / "journal.jsonl", self.journal)
        write_opening(shop.orders.values(), self.opening)
        with contextlib.closing(sqlite3.connect(self.database)) as copy, \
                shop.db() as original:
            original.backup(copy)
        self.unlock()

    def unlock(self):
        """What should never be written can be."""
        guards = ("SELECT type, name FROM sqlite_master WHERE type = 'trigger' "
                  "OR name IN ('refunds_key', 'refunds_unfinished')")
        with self.db() as db:
            for kind, name in db.execute(guards).fetchall():
                db.execute(f"DROP {kind} {name}")

    @contextlib.contextmanager
    def db(self):
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            db.execute("PRAGMA ignore_check_constraints = on")
            db.row_factory = sqlite3.Row
            with db:
                yield db

    def sql(self, sql, *values):
        """Changes exactly one row."""
        with self.db() as db:
            assert db.execute(sql, values).rowcount == 1

    def row(self, where):
        with self.db() as db:
            return dict(db.execute(
                f"SELECT * FROM refunds WHERE {where} LIMIT 1").fetchone())

    def insert(self, row):
        marks = ", ".join("?" * len(row))
        self.sql(f"INSERT INTO refunds ({', '.join(row)}) VALUES ({marks})",
                 *row.values())

    def lines(self):
        return [json.loads(line) for line in
                self.journal.read_text(encoding="utf-8").splitlines()]

    def write(self, lines):
        self.journal.write_text(
            "".join(json.dumps(line) + "\n" for line in lines),
            encoding="utf-8")

    def line_of(self, refund):
        [line] = [line for line in self.lines()
                  if line["cancellation_id"] == refund["cancellation_id"]]
        return line

    def audit(self, *options):
        """Exit status, the lines about violations, the figures."""
        done = subprocess.run(
            [PROGRAM, "--journal", self.journal, "--database", self.database,
             "--opening", self.opening, *options],
            capture_output=True, text=True, check=False, timeout=60)
        assert not done.stderr, done.stderr
        *said, figures = done.stdout.splitlines()
        return done.returncode, said, figures

    def finds(self, *words):
        """Each of these is among what the audit says, and nothing else."""
        status, said, figures = self.audit()
        assert status == 1, figures
        kinds = {line.partition(":")[0] for line in said}
        assert kinds == set(words), said


@pytest.fixture(scope="module")
def good_shop(lasting_shops):
    shop = lasting_shops.make().start()
    orders = [shop.order(amount=10000) for _ in range(4)]
    for i, order in enumerate(orders):
        shop.refunded(order, 3000, key=f"first-{i}")
        shop.refunded(order, 2000)
    shop.refunded(shop.order(amount=10000, cancel_amount=4000), 1000)
    shop.fault("pg_refusal", count=1)
    problem(shop.refund(orders[0], 500), 422, "declined")
    console = shop.order(amount=10000)
    shop.refunded(console, 100)
    shop.console_cancel(console, 700)
    shop.post(json.dumps({"imp_uid": console.imp_uid}),
              path="/payments/webhook")
    until(lambda: shop.payment(console)["cancel_amount"] == 800,
          "the webhook was believed")
    return shop


@pytest.fixture
def books(good_shop, tmp_path):
    return Books(good_shop, tmp_path)


def test_books_that_agree_pass(books):
    assert books.audit("--strict") == (0, [], (
        "11 refunds, 11 cancels, KRW 21800 given back: 0 over-refunds, "
        "0 double refunds, 0 without money, 0 failed but paid, 0 lost, "
        "0 wrong balances, 0 undecided, 0 keys used twice"))


def test_what_was_given_back_before_the_journal_has_to_be_told(books):
    books.opening.write_text("imp_uid,cancel_amount\n", encoding="ascii")
    books.finds("wrong balance")


def test_more_given_back_than_was_paid(books):
    refund = books.row("state = 'succeeded'")
    lines = books.lines()
    for line in lines:
        line["cancel_amount"] = None
        if line["cancellation_id"] == refund["cancellation_id"]:
            line["amount"] += 5001
    books.write(lines)
    books.sql("UPDATE refunds SET applied_amount = applied_amount + 5001 "
              "WHERE id = ?", refund["id"])
    books.sql("UPDATE payments SET cancel_amount = 10001 WHERE imp_uid = ?",
              refund["imp_uid"])
    books.finds("over-refund")


def test_a_refund_that_moved_money_twice(books):
    refund = books.row("state = 'succeeded'")
    line = books.line_of(refund)
    again = dict(line, cancellation_id="again", cancel_amount=None)
    books.write([dict(one, cancel_amount=None) for one in books.lines()]
                + [again])
    books.sql("UPDATE payments SET cancel_amount = cancel_amount + ? "
              "WHERE imp_uid = ?", line["amount"], line["imp_uid"])
    # The second one is in nobody's row either.
    books.finds("double refund", "lost")


@pytest.mark.parametrize("column, value", [
    ("applied_amount", 2999), ("cancellation_id", "no such entry"),
    ("imp_uid", "imp_000000000002")])
def test_a_succeeded_refund_the_journal_does_not_have(books, column, value):
    books.sql(f"UPDATE refunds SET {column} = ? "
              "WHERE idempotency_key = 'first-0'", value)
    books.finds(*["without money"]
                + ["lost"] * (column != "applied_amount"))


def test_a_succeeded_refund_whose_entry_is_missing(books):
    line = books.line_of(books.row("idempotency_key = 'first-0'"))
    books.write([dict(one, cancel_amount=None) for one in books.lines()
                 if one["cancellation_id"] != line["cancellation_id"]])
    books.sql("UPDATE payments SET cancel_amount = cancel_amount - ? "
              "WHERE imp_uid = ?", line["amount"], line["imp_uid"])
    books.finds("without money")


def fail(books, refund):
    books.sql("UPDATE refunds SET state = 'failed', failure = 'not_applied', "
              "cancellation_id = NULL, applied_amount = NULL WHERE id = ?",
              refund["id"])


def test_a_failed_refund_that_gave_money_back(books):
    fail(books, books.row("state = 'succeeded'"))
    books.finds("failed but paid")


def late_of(books, refund):
    fail(books, refund)
    books.insert(dict(refund, id="0" * 10, origin="late",
                      origin_of=refund["id"], idempotency_key=None))


def test_a_failed_refund_found_done_later_is_in_the_book(books):
    late_of(books, books.row("state = 'succeeded'"))
    assert books.audit()[0] == 0
    status, said, _ = books.audit("--strict")
    assert status == 1
    assert len(said) == 1 and said[0].startswith("failed but paid: ")


def test_a_late_row_of_another_refund_excuses_nothing(books):
    one, other = (books.row(f"idempotency_key = 'first-{i}'")
                  for i in range(2))
    late_of(books, one)
    fail(books, other)
    books.finds("failed but paid")


def test_a_cancel_of_ours_that_is_not_in_the_book(books):
    refund = books.row("state = 'succeeded'")
    books.sql("DELETE FROM refunds WHERE id = ?", refund["id"])
    books.finds("lost")


def test_a_cancel_by_the_api_that_is_not_ours(books):
    lines = books.lines()
    for line in lines:
        if line["origin"] == "console":
            line["origin"] = "api"
    books.write(lines)
    assert books.audit()[0] == 0
    status, said, _ = books.audit("--strict")
    assert status == 1
    assert len(said) == 1 and said[0].startswith("lost: ")


def test_a_balance_that_is_not_the_journals(books):
    books.sql("UPDATE payments SET cancel_amount = cancel_amount + 1 "
              "WHERE imp_uid = 'imp_000000000002'")
    books.finds("wrong balance")


def test_a_journal_that_contradicts_itself(books):
    lines = books.lines()
    lines[-1]["cancel_amount"] += 1
    books.write(lines)
    books.finds("wrong balance")


def reopen(books, state):
    refund = books.row("state = 'succeeded'")
    books.sql("UPDATE refunds SET state = ?, cancellation_id = NULL, "
              "applied_amount = NULL, closed_ms = NULL WHERE id = ?",
              state, refund["id"])
    return refund


@pytest.mark.parametrize("state", [
    "awaiting_approval", "in_flight", "pending", "unknown", "needs_review"])
def test_a_refund_without_an_end(books, state):
    reopen(books, state)
    books.finds("undecided")
    assert books.audit("--open-allowed")[0] == 0


def test_an_open_refund_explains_its_own_amount_only(books):
    refund = reopen(books, "unknown")
    change = "UPDATE payments SET cancel_amount = cancel_amount - ? " \
        "WHERE imp_uid = ?"
    books.sql(change, refund["amount"], refund["imp_uid"])
    assert books.audit("--open-allowed")[0] == 0
    books.sql(change, 1, refund["imp_uid"])
    status, said, _ = books.audit("--open-allowed")
    assert status == 1
    assert len(said) == 1 and said[0].startswith("wrong balance: ")


def test_a_key_that_refunded_twice(books):
    books.sql("UPDATE refunds SET idempotency_key = 'first-0' "
              "WHERE idempotency_key = 'first-1'")
    books.finds("key used twice")


def test_a_key_that_refunded_again_after_it_was_found_late(books):
    refund = books.row("idempotency_key = 'first-0'")
    late_of(books, refund)
    books.sql("UPDATE refunds SET idempotency_key = 'first-0' "
              "WHERE idempotency_key = 'first-1'")
    books.finds("key used twice")


def test_a_key_of_another_caller_is_another_key(books):
    books.sql("UPDATE refunds SET idempotency_key = 'first-0', "
              "caller = 'somebody else' WHERE idempotency_key = 'first-1'")
    assert books.audit()[0] == 0


def test_only_the_first_twenty_are_shown(books):
    with books.db() as db:
        db.execute("UPDATE payments SET cancel_amount = 1")
    refund = books.row("state = 'failed'")
    for i in range(40):
        books.insert(dict(refund, id=f"{i:010d}", marker=f"{i:010d}",
                          state="unknown", failure=None, closed_ms=None))
    status, said, figures = books.audit()
    assert status == 1
    assert len(said) == 21 and said[-1] == "and 26 more"
    assert " 6 wrong balances, 40 undecided" in figures


def test_an_exported_list_may_be_csv(books):
    lines = books.lines()
    names = ["reason", "amount", "imp_uid", "cancellation_id"]
    with open(books.journal, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    assert books.audit()[0] == 0
    books.sql("UPDATE payments SET cancel_amount = cancel_amount + 1 "
              "WHERE imp_uid = 'imp_000000000002'")
    books.finds("wrong balance")


def test_entries_without_an_id_are_known_by_their_marker(books):
    books.write([dict(line, cancellation_id=None) for line in books.lines()])
    with books.db() as db:
        db.execute("UPDATE refunds SET cancellation_id = '#1.2.' || marker || "
                   "'.0' WHERE state = 'succeeded'")
    assert books.audit("--strict")[0] == 0
    fail(books, books.row("state = 'succeeded'"))
    books.finds("failed but paid")


@pytest.mark.parametrize("text", [
    "no journal", '{"imp_uid": "imp_1", "amount": 1.0}\n',
    '{"imp_uid": "imp_1", "amount": true}\n',
    '{"imp_uid": "imp_1", "amount": -1}\n', '{"amount": 1}\n',
    '{"imp_uid": "imp_1", "amount": 1, "amount": 2}\n',
    '{"imp_uid": "imp_1", "amount": 1}\n{"imp_uid": "im',
    'imp_uid,amount\nimp_1,1.00\n', 'imp_uid,amount\nimp_1\n',
    'imp_uid,amount\nimp_1,"10'])
def test_what_can_not_be_read_is_no_verdict(books, text):
    if text == "no journal":
        books.journal.unlink()
    else:
        books.journal.write_text(text, encoding="ascii")
    done = subprocess.run(
        [PROGRAM, "--journal", books.journal, "--database", books.database],
        capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"audit: {books.journal}: ")


def test_a_missing_database_is_no_verdict_and_is_not_made(books):
    path = books.database.with_name("none.db")
    done = subprocess.run(
        [PROGRAM, "--journal", books.journal, "--database", path],
        capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert not path.exists()


def fill(books, n):
    """Books of n refunds that agree, one a payment."""
    row = books.row("state = 'succeeded'")
    with open(books.journal, "w", encoding="ascii") as file:
        for i in range(n):
            file.write('{"seq":%d,"at":1767225600000,"origin":"api",'
                       '"imp_uid":"imp_%012d","merchant_uid":"ORD-%d",'
                       '"amount":1000,"cancel_amount":1000,"currency":"KRW",'
                       '"cancellation_id":"c-%d",'
                       '"reason":"because [cp:%010d]"}\n' % (i, i, i, i, i))
    books.opening.write_text("imp_uid,cancel_amount\n", encoding="ascii")
    with books.db() as db:
        db.execute("DELETE FROM cancellations")
        db.execute("DELETE FROM refunds")
        db.execute("DELETE FROM payments")
        db.executemany(
            "INSERT INTO payments VALUES (?, ?, 10000, 1000, 'KRW', 'card', "
            "'html5_inicis', 'cancelled', 1, 1, 1, NULL)",
            ((f"imp_{i:012d}", f"ORD-{i}") for i in range(n)))
        db.executemany(
            f"INSERT INTO refunds ({', '.join(row)}) "
            f"VALUES ({', '.join('?' * len(row))})",
            ([*dict(row, id=f"{i:010d}", marker=f"{i:010d}",
                    imp_uid=f"imp_{i:012d}", amount=1000, checksum=10000,
                    applied_amount=1000, cancellation_id=f"c-{i}",
                    idempotency_key=f"k-{i}").values()] for i in range(n)))


def test_a_million_lines_would_be_done_within_a_minute(books):
    """A tenth of them in a tenth of it, of processor time."""
    n = 100000
    fill(books, n)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, said, figures = books.audit("--strict")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (status, said) == (0, []), said
    assert figures.startswith(
        f"{n} refunds, {n} cancels, KRW {n * 1000} given back: ")
    assert (after.ru_utime + after.ru_stime
            - before.ru_utime - before.ru_stime) < 6
