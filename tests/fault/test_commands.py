# SPDX-License-Identifier: MIT
"""The operator's commands, each run again and again with one thing that goes
wrong: the K-th piece of memory, a call of the kernel's, or one of SQLite's.
A command does what it is for, or says clearly that it could not; what it
shows is never a part, what it writes never half, and run once more it is
through."""

import collections
import contextlib
import errno
import json
import re
import shutil
import sqlite3
import subprocess
import time

import pytest

from fault_shop import CALM, LONG, points_of
from world import give, until, user_args

CODES = ("FULL", "IOERR", "READONLY", "CORRUPT", "BUSY", "NOMEM", "CANTOPEN")
# A restore waits for what its old book may still have on its way.
HASTY = {"CANCELPAY_IAMPORT_SEND_WITHIN_MS": "1",
         "CANCELPAY_IAMPORT_QUIET_MS": "1001",
         "CANCELPAY_IAMPORT_TIMEOUT_MS": "1000"}
# Without memory for a zone's file times are shown in UTC, which is no lie.
IN_UTC = {"TZ": "UTC"}

Done = collections.namedtuple("Done", "status out err")


def run(shop, plan, *args, env=None):
    """A command over the plan; it may fail, but not crash or say nothing."""
    shop.page.clear()
    done = subprocess.run(
        [shop.world.bin / "cancelpay", *map(str, args)], check=False,
        env={**shop.fault_env(plan), **IN_UTC, **(env or {})}, cwd=shop.folder,
        capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
        **user_args())
    done = Done(done.returncode, done.stdout.decode(),
                done.stderr.decode(errors="replace"))
    assert done.status in range(4), (plan, args, done)
    assert done.status == 0 or done.out or done.err, (plan, args)
    assert "AddressSanitizer" not in done.err
    return done


def plans(count, most):
    """What may go wrong, as far as count(plan) says there is.  The short form
    leaves SQLite its memory and has most points of the rest, a fifth of that
    of each of SQLite's errors."""
    kinds = [("own-malloc", "", most), ("call", f":{errno.EIO}", most)] + [
        ("vfs-error", f":{code}", most // 5) for code in CODES]
    if LONG:
        kinds += [("malloc", "", most), ("call", f":{errno.EINTR}", most)]
    for kind, end, some in kinds:
        n = count(f"{kind}:0{end}")
        for k in points_of(n, n if LONG else some, 1):
            yield f"{kind}:{k}{end}"


def counted(shop, command):
    """How many points a command has that goes well."""
    def count(plan):
        command(plan)
        return shop.page.count
    return count


def is_left_behind(shop, plan):
    """What could not be unlinked may stay."""
    kind, k = plan.split(":")[:2]
    return kind == "call" and shop.page.trace[int(k) - 1] == "u"


# ---- the book --------------------------------------------------------------

def look(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


TABLES = ("payments", "refunds", "cancellations", "freezes")


def contents(path):
    """A book that is sound; all that counts in it."""
    assert look(path, "PRAGMA integrity_check") == [("ok",)]
    return {table: sorted(look(path, f"SELECT * FROM {table}"), key=repr)
            for table in TABLES}


def copy_book(source, target):
    """As one file, without what lies beside it."""
    for path in target.parent.glob(target.name + "*"):
        path.unlink()
    with contextlib.closing(sqlite3.connect(source)) as old, \
            contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)
    target.chmod(0o600)
    return give(target)


def put_book(source, target):
    """The same again, and quicker."""
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    shutil.copyfile(source, target)


# ---- what shows ------------------------------------------------------------

@pytest.fixture
def told_shop(shops):
    """A shop with something to show: refunds done and one open, with their
    reason in Korean."""
    shop = shops(settings=CALM)
    orders = shop.many_orders(3)
    for order in orders[:2]:
        assert shop.cgi(order).answer.status == 200
    shop.fault("drop_before", count=5)
    assert shop.cgi(orders[2]).answer.status == 202
    shop.calm()
    return shop, orders


def shown(orders, refund_id):
    return {
        "list": ["list"],
        "list --json": ["list", "--json"],
        "list --stuck": ["list", "--stuck", "--limit", "2"],
        "show refund": ["show", refund_id],
        "show refund --json": ["show", "--json", refund_id],
        "show payment": ["show", orders[1].imp_uid],
        "show order --json": ["show", "--json", orders[0].merchant_uid],
    }


def test_what_a_command_shows_is_whole_or_it_says_why_not(told_shop, say):
    shop, orders = told_shop
    refund, = shop.refunds(orders[0])
    before = contents(shop.database)
    for name, args in shown(orders, refund["id"]).items():
        good = run(shop, None, *args)
        ends = collections.Counter()
        for plan in plans(counted(shop, lambda p, a=args: run(shop, p, *a)),
                          50):
            done = run(shop, plan, *args)
            if done.status == good.status and "locale" not in done.err:
                assert done == good, plan
            elif done.status == good.status:
                assert done.out.isascii() or "--json" in args, (plan, done)
            else:
                assert done.status in (2, 3), (plan, done)
                assert done.err.startswith("cancelpay: "), (plan, done)
            ends[done.status] += 1
        say(f"cancelpay {name}: {dict(ends)} by exit status")
        assert ends[2] + ends[3] > 0
    assert contents(shop.database) == before
    shop.settle()
    shop.audit()


def grades(out):
    return {found["check"]: found["state"] for found in json.loads(out)}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_doctor_finds_what_is_wrong_or_says_why_not(shops, say, form):
    shop = shops()
    good = run(shop, None, "doctor", *form)
    worse = 0
    for plan in plans(
            counted(shop, lambda plan: run(shop, plan, "doctor", *form)), 40):
        done = run(shop, plan, "doctor", *form)
        if done.status == good.status and form:
            assert grades(done.out) == grades(good.out), plan
        elif done.status > good.status:
            worse += 1
            assert re.search("FAIL|WARN|\"fail\"|\"warn\"", done.out) or \
                done.err.startswith("cancelpay: "), (plan, done)
    say(f"cancelpay doctor {' '.join(form)}: {worse} times worse")
    assert worse > 10


# ---- what writes -----------------------------------------------------------

def test_init_makes_a_book_or_nothing_that_is_in_its_way(shops, say):
    shop = shops()
    folder = shop.folder / "new"
    book, key = folder / "book.db", folder / "book.db.key"
    env = {"CANCELPAY_STORE_URL": f"sqlite:{book}"}

    def init(plan):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        give(folder)
        return run(shop, plan, "init", env=env)

    ends = collections.Counter()
    for plan in plans(counted(shop, init), 40):
        done = init(plan)
        ends[done.status] += 1
        if done.status == 0:
            assert key.exists() and not any(contents(book).values()), plan
        else:
            assert "cancelpay: " in done.err, (plan, done)
            if key.exists():
                assert key.stat().st_size > 32, plan
        if not is_left_behind(shop, plan):
            assert not list(folder.glob("*.key.*")), plan
        assert run(shop, None, "init", env=env).status == 0, plan
        assert not any(contents(book).values())
    say(f"cancelpay init: {dict(ends)} by exit status")
    assert ends[2] and ends[3]


HEAD = "merchant_uid,imp_uid,amount,cancel_amount,pay_method\n"


def test_an_import_is_whole_or_not_at_all(shops, say):
    shop = shops()
    shop.import_rows([shop.new_row(10000), shop.new_row(20000)])
    old = copy_book(shop.database, shop.folder / "old")
    table = give(shop.folder / "import.csv")
    table.write_text(
        HEAD + "ORD-000001,imp_000000000001,10000,0,card\n"
        + "ORD-000002,imp_000000000002,20000,500,card\n"
        + "".join(f"주문-{i},imp_{i},3000,0,card\n" for i in range(40)))

    def bring_in(plan):
        put_book(old, shop.database)
        return run(shop, plan, "import", table)

    def payments():
        # But for when they were written down.
        return [row[:8] for row in contents(shop.database)["payments"]]

    before = payments()
    done = bring_in(None)
    assert done.out == "40 new, 1 changed, 1 as they were\n", done
    after = payments()
    ends = collections.Counter()
    for plan in plans(counted(shop, bring_in), 40):
        done = bring_in(plan)
        ends[done.status] += 1
        assert payments() == after if done.status == 0 else \
            payments() in (before, after), plan
        if done.status != 0:
            assert done.err.startswith("cancelpay: "), (plan, done)
            assert run(shop, None, "import", table).status == 0
            assert payments() == after
    say(f"cancelpay import: {dict(ends)} by exit status")
    assert ends[2] and ends[3]
    put_book(old, shop.database)


def test_a_backup_is_whole_or_not_there(shops, say):
    shop = shops(settings=CALM)
    order, = shop.many_orders(1)
    assert shop.cgi(order).answer.status == 200
    folder = shop.folder / "copies"
    folder.mkdir()
    give(folder)
    copy = folder / "copy"
    book = contents(shop.database)

    def back_up(plan):
        for path in folder.iterdir():
            path.unlink()
        return run(shop, plan, "backup", copy)

    ends = collections.Counter()
    for plan in plans(counted(shop, back_up), 40):
        done = back_up(plan)
        ends[done.status] += 1
        if copy.exists():
            assert contents(copy) == book, plan
        else:
            assert done.status, plan
            assert done.err.startswith("cancelpay: "), (plan, done)
        if not is_left_behind(shop, plan):
            assert {path.name for path in folder.iterdir()} <= {"copy"}, plan
    say(f"cancelpay backup: {dict(ends)} by exit status")
    assert ends[2] and ends[3]
    assert contents(shop.database) == book


# ---- what asks i'mport -----------------------------------------------------

def test_a_resolve_that_fails_loses_no_refund(shops, say):
    shop = shops(settings=CALM)
    order, = shop.many_orders(1)
    shop.fault("drop_after", count=1)
    shop.fault("drop_before", route="read", count=5)
    assert shop.cgi(order).answer.status == 202
    shop.calm()
    old = copy_book(shop.database, shop.folder / "old")
    row, = shop.refunds(order)
    until(lambda: row["next_check_ms"] < time.time() * 1000, "it is due")

    def resolve(plan):
        put_book(old, shop.database)
        return run(shop, plan, "resolve")

    ends = collections.Counter()
    for plan in plans(counted(shop, resolve), 40):
        done = resolve(plan)
        ends[done.status] += 1
        row, = shop.refunds(order)
        assert row["state"] in ("unknown", "succeeded"), plan
        if done.status == 0 and row["state"] == "succeeded":
            assert row["id"] in done.out, (plan, done)
    say(f"cancelpay resolve: {dict(ends)} by exit status")
    assert ends[0] and ends[3]
    shop.check_books([order])


def test_a_restore_that_fails_is_gone_on_with(shops, say):
    """A refund that the backup does not hold is known again in the end."""
    shop = shops(settings=CALM)
    first, second = shop.many_orders(2)
    backup = shop.folder / "backup"
    assert shop.cgi(first).answer.status == 200
    assert run(shop, None, "backup", backup).status == 0
    assert shop.cgi(second).answer.status == 200
    old = copy_book(shop.database, shop.folder / "old")
    held = contents(old)

    def restore(plan):
        for path in shop.folder.glob("*.restore-*"):
            path.unlink()
        put_book(old, shop.database)
        return run(shop, plan, "restore", "--force", backup, env=HASTY)

    ends = collections.Counter()
    for plan in plans(counted(shop, restore), 15):
        done = restore(plan)
        ends[done.status] += 1
        if not is_left_behind(shop, plan):
            assert not list(shop.folder.glob("*.restore-*")), plan
        # One in which SQLite saw damage can't say that it was not frozen.
        is_mute = "The book before can't say" in done.out
        if done.status and not is_mute:
            assert "cancelpay: " in done.err, (plan, done)
        now = contents(shop.database)
        if now != held and done.status:
            # The new one: nothing is taken before all is read back.
            assert now["freezes"], plan
            if shop.rows("SELECT * FROM freezes WHERE cause = 'restore'"):
                assert run(shop, None, "restore", "--continue",
                           env=HASTY).status == is_mute
        elif done.status:
            continue
        if is_mute:
            assert run(shop, None, "unfreeze").status == 0
        rows = shop.rows("SELECT imp_uid, state FROM refunds ORDER BY 1")
        assert [row["imp_uid"] for row in rows] == \
            [first.imp_uid, second.imp_uid], plan
        assert not shop.rows("SELECT * FROM freezes")
        shop.audit()
    say(f"cancelpay restore: {dict(ends)} by exit status")
    assert ends[0] and ends[3]


def test_a_doctor_s_trial_that_fails_loses_no_refund(shops, say):
    shop = shops()

    def attempt(plan, order):
        return run(shop, plan, "doctor", "--live", order.imp_uid, "--yes")

    def count(plan):
        order, = shop.many_orders(1)
        attempt(plan, order)
        return shop.page.count

    points = list(plans(count, 12))
    orders = shop.many_orders(len(points))
    ends = collections.Counter()
    for plan, order in zip(points, orders):
        ends[attempt(plan, order).status] += 1
        assert len(shop.paid_out(order)) <= 1, plan
        shop.level()
    say(f"cancelpay doctor --live: {dict(ends)} by exit status")
    assert ends[0] and ends[2] + ends[3]
    shop.settle()
    shop.audit()
