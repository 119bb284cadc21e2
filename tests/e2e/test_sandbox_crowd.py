# SPDX-License-Identifier: MIT
"""iamport-sandbox under callers that mean no good, or too many of them."""
import contextlib
import random
import resource
import socket

import pytest

from test_sandbox import done
from test_sandbox import sandbox, start  # fixtures  # noqa: F401

HALF_OPEN = 10000
GOOD = (b"POST /payments/cancel HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 15\r\n\r\n{\"imp_uid\":\"a\"}")


@pytest.fixture
def many_files():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ten_thousand_half_open_connections_stop_nobody(sandbox, many_files):
    if many_files < HALF_OPEN + 200:
        pytest.fail(f"only {many_files} open files are allowed here")
    sandbox.get_token()
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            # Nothing, half a head, or half a body.
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", sandbox.port)))
            raw.sendall((b"", GOOD[:40], GOOD[:-5])[number % 3])
        assert done(sandbox.cancel(amount=10))["cancel_amount"] == 10
        stats = sandbox.control("GET", "stats").json()
        assert stats["received"]["cancel"] == 1 and stats["waiting"] == 0
    assert done(sandbox.cancel(amount=10))["cancel_amount"] == 20


def test_bytes_that_are_no_http_are_answered_cut_off_or_waited_for_more_of(sandbox):
    chance = random.Random(3)
    for _ in range(400):
        request = bytearray(GOOD)
        for _ in range(chance.randrange(1, 8)):
            at = chance.randrange(len(request))
            request[at:at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        with socket.create_connection(("127.0.0.1", sandbox.port), timeout=0.05) as raw:
            raw.sendall(bytes(request))
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                answer = raw.recv(65536)
                assert answer[:7] in (b"", b"HTTP/1."), answer
                assert answer[9:10] in (b"", b"4", b"5"), answer
    sandbox.read()


def test_a_line_too_long_is_a_clear_answer(sandbox):
    for head, status in ((b"GET /" + b"a" * 20000, b"414"),
                         (b"GET / HTTP/1.1\r\nX: " + b"a" * 20000, b"431")):
        with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as raw:
            raw.sendall(head + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert raw.recv(100)[9:12] == status
    sandbox.read()
