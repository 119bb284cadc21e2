# SPDX-License-Identifier: MIT
"""cancelpay doctor: what it finds, and what it tries out."""

import json
import subprocess

import pytest

from world import give, user_args


@pytest.fixture(scope="module")
def front_shop(lasting_shops):
    return lasting_shops.make("nginx").start()


def doctor(shop, *args, status=0):
    """{check: (finding, detail)} of one run."""
    done = subprocess.run(
        [shop.world.bin / "cancelpay", "doctor", "--json", *args],
        capture_output=True, env=shop.env(), cwd=shop.folder, timeout=60,
        check=False, stdin=subprocess.DEVNULL, **user_args())
    assert done.returncode == status, done
    return {row["check"]: (row["finding"], row["detail"])
            for row in json.loads(done.stdout)}


def test_a_good_place_is_found_good(shop):
    shop.refunded(shop.order(), 1000)
    found = doctor(shop)
    assert {finding for finding, _ in found.values()} == {"ok"}
    assert set(found) == {"database", "place", "locks", "permissions",
                          "web root", "i'mport", "clock", "refunds"}
    plain = shop.cli("doctor")
    assert len(plain.splitlines()) == len(found)
    assert all(line.startswith("ok ") for line in plain.splitlines())


def test_what_others_may_read_is_told_with_the_remedy(shop):
    shop.database.chmod(0o644)
    try:
        found = doctor(shop, status=1)
    finally:
        shop.database.chmod(0o600)
    finding, detail = found["permissions"]
    assert finding == "FAIL"
    assert f"chmod 0600 {shop.database}" in detail


def test_a_database_below_the_web_root_is_told(shops):
    shop = shops.make("nginx")
    shop.settings["server.static_dir"] = shop.folder
    shop.start()
    said = shop.cli("doctor", good=(1,))
    for path in (shop.database, f"{shop.database}.key", shop.log):
        assert f"{path} lies below {shop.folder}" in said


def test_a_damaged_database_is_told(shops):
    shop = shops.make("nginx").start()
    shop.order()
    shop.responder.stop()
    with open(shop.database, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8000)
    give(shop.database)
    assert doctor(shop, status=1)["database"][0] == "FAIL"


def test_a_clock_that_is_off_is_told(shops):
    shop = shops.make("nginx").start()
    shop.control("POST", "clock", {"advance_ms": 3600000})
    finding, detail = doctor(shop, status=1)["clock"]
    assert finding == "FAIL"
    assert "NTP" in detail


def test_without_imports_answer_it_says_so(shops):
    shop = shops.make("nginx").start()
    shop.sandbox.stop()
    finding, detail = doctor(shop, status=1)["i'mport"]
    assert finding != "ok" and detail


def test_the_assumptions_are_tried_out_on_a_payment(shop):
    order = shop.order(amount=5000)
    found = doctor(shop, "--live", order.imp_uid, "--yes")
    assert {finding for finding, _ in found.values()} == {"ok"}
    assert set(found) == {"checksum", "reason", "amount", "cancellation",
                          "history", "date"}
    line, = shop.journal(order)
    assert line["amount"] == 100
    row, = shop.refunds(order)
    assert (row["state"], row["caller"]) == ("succeeded", "doctor")


def test_a_history_without_reasons_does_not_hold(shop):
    order = shop.order(amount=5000)
    shop.fault("no_reason", route="read")
    found = doctor(shop, "--live", order.imp_uid, "--yes", status=1)
    finding, detail = found["reason"]
    assert finding == "FAIL"
    assert "DOES NOT HOLD" in detail


def test_nothing_moves_without_a_yes(shop):
    order = shop.order()
    done = subprocess.run(
        [shop.world.bin / "cancelpay", "doctor", "--live", order.imp_uid],
        capture_output=True, env=shop.env(), timeout=60, check=False,
        **user_args())
    assert done.returncode == 2
    assert b"--yes" in done.stderr
    assert not shop.journal(order)
