# SPDX-License-Identifier: MIT
"""Published i'mport clients that nobody here wrote, from the npm registry,
against iamport-sandbox: they notice no difference."""
import json
import pathlib
import shutil
import subprocess

import pytest

from test_sandbox import P1, sandbox, start  # fixtures  # noqa: F401
from world import BUILD

HERE = pathlib.Path(__file__).resolve().parent / "clients"
# One worker installs them.
pytestmark = pytest.mark.xdist_group("npm")

NAMES = ["rest_client", "iamporter", "iamport"]
UNKNOWN = "취소할 결제건이 존재하지 않습니다."
GONE = "이미 전액취소된 주문입니다."


@pytest.fixture(scope="session")
def clients():
    """The clients as the lock file has them, in the build folder."""
    folder = BUILD / "clients"
    folder.mkdir(exist_ok=True)
    for path in HERE.iterdir():
        shutil.copy(path, folder / path.name)
    # npm writes this file last.
    if not (folder / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                       cwd=folder, check=True, timeout=300)
    return folder


@pytest.fixture
def ask(clients, sandbox):
    def asker(name, *calls, secret="sandbox_secret"):
        done = subprocess.run(
            ["node", "run.js", name, sandbox.url, secret], input=json.dumps(calls),
            cwd=clients, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        results = json.loads(done.stdout)
        return results if len(results) > 1 else results[0]

    return asker


@pytest.mark.parametrize("name", NAMES)
def test_cancels_and_their_errors(ask, sandbox, name):
    part, rest, more, unknown = ask(
        name,
        ["cancel", {"imp_uid": P1, "amount": 3000, "checksum": 10000, "reason": "고객 변심"}],
        ["cancel", {"imp_uid": P1, "amount": 7000, "checksum": 7000}],
        ["cancel", {"imp_uid": P1, "amount": 1}],
        ["cancel", {"imp_uid": "imp_none", "amount": 1}])
    assert (part["ok"]["cancel_amount"], part["ok"]["status"]) == (3000, "cancelled")
    assert part["ok"]["cancel_reason"] == "고객 변심"
    assert rest["ok"]["cancel_amount"] == 10000
    assert len(rest["ok"]["cancel_history"]) == 2
    assert GONE in more["message"] and more["code"] in (1, "IAMPORT_1")
    assert UNKNOWN in unknown["message"] and unknown["code"] in (1, "IAMPORT_1")
    assert sandbox.paid_out() == 10000


@pytest.mark.parametrize("name", NAMES)
def test_finding_and_listing(ask, name):
    found, missing, listed = ask(
        name, ["find", "ORD-2" if name != "rest_client" else "ORD-1"], ["find", "ORD-99"],
        ["status", "paid"])
    assert found["ok"]["imp_uid"] in (P1, "imp_000000000002")
    assert "ok" not in missing
    if name == "iamporter":
        assert missing["status"] == 404
    payments = listed["ok"]["list"] if isinstance(listed["ok"], dict) else listed["ok"]
    assert {payment["status"] for payment in payments} == {"paid"}


def test_lists_of_many(ask):
    some, every, all_of_one = ask(
        "rest_client", ["many", [P1, "imp_none"]], ["many", [P1, "imp_000000000005"]],
        ["all", "ORD-1"])
    assert P1 in json.dumps(every["ok"]) and "imp_000000000005" in json.dumps(every["ok"])
    assert P1 in json.dumps(some["ok"]) and P1 in json.dumps(all_of_one["ok"])
    assert some["failed"] == ["imp_none"] and "failed" not in every  # 207, 200


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_secret_and_a_test_payment_not_asked_for(ask, name):
    wrong = ask(name, ["find", "ORD-2"], secret="wrong")
    assert "ok" not in wrong
    # None of them sends include_sandbox, as the real API has wanted since 2026.
    assert "ok" not in ask(name, ["read", P1])


@pytest.mark.parametrize("name", NAMES)
def test_a_payment_of_a_live_channel(ask, sandbox, start, name):
    sandbox.stop()
    sandbox.options = ("--live",)
    sandbox.start()
    read = ask(name, ["read", P1])
    assert read["ok"]["imp_uid"] == P1
    assert not read["ok"].get("sandbox")  # rest_client's type does not know it


@pytest.mark.parametrize("name", NAMES)
def test_a_token_forgotten_in_between(ask, sandbox, name):
    sandbox.fault("token_expired", count=1)
    first, again = ask(name, ["cancel", {"imp_uid": P1, "amount": 10}],
                       ["cancel", {"imp_uid": P1, "amount": 20}])
    if name == "iamport":  # asks for a new token and repeats the call by itself
        assert (first["ok"]["cancel_amount"], again["ok"]["cancel_amount"]) == (10, 30)
    else:
        assert "ok" not in first and "ok" not in again
    assert sandbox.paid_out() == (30 if name == "iamport" else 0)
