# SPDX-License-Identifier: MIT
"""tools/demo as somebody who has just met cancelpay runs it."""

import contextlib
import os
import socket
import subprocess

import pytest

from world import BUILD, TREE

DEFAULT_PORTS = (8080, 8081)

# They would take each other's ports.
pytestmark = pytest.mark.xdist_group("demo")


def demo(*args):
    # What a sanitizer finds ends the program badly, and so the demo.
    return subprocess.run(
        ["tools/demo", "--build", BUILD, *args], cwd=TREE, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=120, check=False,
        env={**os.environ, "CANCELPAY_AUTH_MODE": "nonsense"})


def agrees(done):
    assert done.returncode == 0, done.stdout
    assert "answer: HTTP 200" in done.stdout, done.stdout
    assert done.stdout.splitlines()[-1] == "demo: they agree"


def test_one_refund_and_the_books_agree():
    done = demo("--once")
    agrees(done)
    (folder,) = [line.split()[-1] for line in done.stdout.splitlines()
                 if line.startswith("demo: starting in ")]
    assert not os.path.exists(folder)


def test_taken_ports_are_told_and_gone_round():
    with contextlib.ExitStack() as stack:
        for port in DEFAULT_PORTS:
            taken = stack.enter_context(socket.socket())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # by somebody else: as well
                taken.bind(("127.0.0.1", port))
                taken.listen()
        done = demo("--once")
    agrees(done)
    for port in DEFAULT_PORTS:
        assert f"port {port} is taken" in done.stdout, done.stdout


@pytest.mark.parametrize("args, says", [
    (["--port", "70000"], "65535"), (["--build"], "folder"),
    (["--twice"], "Usage:")], ids=["port", "build", "option"])
def test_a_wrong_command_line_starts_nothing(args, says):
    done = demo(*args)
    assert done.returncode != 0
    assert says in done.stdout
    assert "starting" not in done.stdout
