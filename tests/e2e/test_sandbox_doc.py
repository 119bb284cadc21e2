# SPDX-License-Identifier: MIT
"""doc/sandbox.md: what it tells a developer to type does what it says."""

import re
import subprocess

import pytest

from test_clients import clients  # fixtures  # noqa: F401
from test_sandbox import start  # noqa: F401
from world import TREE

TEXT = (TREE / "doc" / "sandbox.md").read_text(encoding="utf-8")
HOST = "127.0.0.1:8081"
# The same group as the npm clients': one worker installs them.
pytestmark = pytest.mark.xdist_group("npm")


def block(language, word):
    """The first code block of that language that has the word in it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", TEXT,
                        re.DOTALL | re.MULTILINE)
    return next(text for text in blocks if word in text)


@pytest.fixture
def sandbox(start, tmp_path):
    (tmp_path / "payments.csv").write_text("merchant_uid,imp_uid,amount\n")
    return start("--lazy")


@pytest.fixture
def run(sandbox, tmp_path):
    """Runs a block as a file of that name; it has to cancel 3000 of ORD-7."""
    def runner(argv, name, text, folder=tmp_path):
        assert HOST in text
        (tmp_path / name).write_text(
            text.replace(HOST, f"127.0.0.1:{sandbox.port}"))
        done = subprocess.run([*argv, tmp_path / name], cwd=folder, timeout=120,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        payment = sandbox.read("imp_000000000007")
        assert payment["merchant_uid"] == "ORD-7"
        assert [entry["amount"] for entry in payment["cancel_history"]] \
            == [3000]
    return runner


def test_the_shell_lines_cancel(run):
    run(["sh", "-eu"], "cancel.sh", block("sh", "/payments/cancel"))


def test_the_python_lines_cancel(run):
    run(["/usr/bin/python3"], "cancel.py", block("python", "requests"))


def test_the_php_lines_cancel(run):
    run(["php"], "cancel.php", "<?php\n" + block("php", "curl_init"))


def test_the_java_program_cancels(run):
    run(["java"], "Refund.java", block("java", "class Refund"))


def test_the_node_lines_cancel(run, clients):
    lines = block("js", "iamport-rest-client-nodejs")
    run(["node", "-e", "eval(require('fs').readFileSync(process.argv[1],"
         " 'utf8'))"], "cancel.js", "(async () => {\n" + lines + "})()",
        clients)


def test_what_to_try_next_is_taken(sandbox):
    table = TEXT.split("## What to try next", 1)[1]
    tries = re.findall(r"^\| `(-d [^`]*)`(?: to `([^`]*)`)?", table,
                       re.MULTILINE)
    assert len(tries) == 4
    for fields, path in tries:
        subprocess.run(["curl", "-sf", *fields.split(),
                        f"{sandbox.url}{path or '/sandbox/faults'}"],
                       check=True)
