# SPDX-License-Identifier: MIT
"""The responder without a web server: what only a bad peer, a signal or a
shortage shows."""

import concurrent.futures
import contextlib
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import time

import pytest

import fcgi_client as fcgi
from world import Program, until, user_args


@pytest.fixture(name="shop")
def running_shop(bare):
    return bare().start()


def in_flight(shop, order, n=1):
    """Refunds that have reached the sandbox's latency."""
    return until(lambda: len(shop.rows(
        "SELECT id FROM refunds WHERE imp_uid = ? AND state = 'in_flight'",
        order.imp_uid)) >= n, "in flight")


# ---- the end ---------------------------------------------------------------

@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT,
                                 signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_lets_what_is_in_flight_end(shop, how):
    order = shop.order()
    shop.latency(700)
    with shop.connect() as idle, shop.connect() as waiting:
        idle.request("GET", "/healthz", keep=True)
        assert idle.answer().status == 200
        waiting.request("POST", "/payments/cancel", shop.wish(order))
        in_flight(shop, order)
        shop.responder.process.send_signal(how)
        assert idle.is_closed(), "an idle connection is closed at once"
        until(lambda: not shop.front.socket.exists(), "the socket is gone")
        answer = waiting.answer()
        assert answer.status == 200, answer.body
        assert waiting.is_closed()
    assert shop.responder.stop(signal.SIGTERM) == 0
    shop.audit()


def test_what_is_out_at_drain_ms_stays_in_the_journal(bare):
    shop = bare({"server.drain_ms": 1000, "iamport.timeout_ms": 7000,
                 "iamport.send_within_ms": 3000,
                 "iamport.quiet_ms": 1000}).start()
    assert shop.ask_refund(shop.order()).status == 200  # has a token now
    order = shop.order()
    shop.latency(6000)
    with shop.connect() as waiting:
        waiting.request("POST", "/payments/cancel", shop.wish(order))
        in_flight(shop, order)
        began = time.monotonic()
        shop.responder.process.send_signal(signal.SIGTERM)
        answer = waiting.answer()
    assert answer.status == 202, answer.body
    assert shop.responder.stop() == 0
    assert 0.9 < time.monotonic() - began < 5
    shop.calm()
    shop.start_responder()
    refund_id = answer.headers["Location"].rpartition("/")[2]
    until(lambda: shop.state(refund_id)["state"] == "succeeded",
          "the next process resolves it", 30)
    shop.audit()


def test_a_database_locked_at_the_end_loses_nothing(bare):
    shop = bare({"server.drain_ms": 1000, "iamport.timeout_ms": 2000,
                 "iamport.send_within_ms": 1000,
                 "iamport.quiet_ms": 1000}).start()
    order = shop.order()
    shop.latency(500)
    with shop.connect() as waiting:
        waiting.request("POST", "/payments/cancel", shop.wish(order))
        in_flight(shop, order)
        with locked(shop):
            shop.responder.process.send_signal(signal.SIGTERM)
            assert waiting.answer().status == 202
            assert shop.responder.stop() == 0
    shop.start_responder()
    shop.settle()
    shop.audit()


@contextlib.contextmanager
def locked(shop):
    """Somebody else keeps the database's write lock."""
    connection = sqlite3.connect(shop.database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


class Siblings:
    """Processes that share one listening socket, on descriptor 0."""

    def __init__(self, shop):
        self.shop = shop
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(shop.front.socket))
        os.chmod(shop.front.socket, 0o666)
        self.listener.listen(1024)
        self.processes = []

    def start(self):
        with open(self.shop.folder / "siblings.log", "ab") as log:
            process = subprocess.Popen(
                [self.shop.world.bin / "cancelpay.fcgi"],
                stdin=self.listener, stdout=log, stderr=log,
                env=self.shop.env(), cwd=self.shop.folder, **user_args())
        self.processes.append(process)
        return process

    def stop(self):
        self.listener.close()
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(20) for process in self.processes]


def hammer(shop, until_when):
    """Requests one after the other; how often each status came."""
    counts = {}
    while time.monotonic() < until_when:
        try:
            status = shop.ask("GET", "/healthz").status
        except (fcgi.Gone, OSError) as error:
            status = repr(error)
        counts[status] = counts.get(status, 0) + 1
    return counts


def test_siblings_take_over_without_an_error(bare):
    shop = bare({"server.listen": None})
    shop.write_config()
    shop.cli("init")
    shop.start_sandbox()
    siblings = Siblings(shop)
    first = siblings.start()
    shop.is_well()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        end = time.monotonic() + 4
        answers = [pool.submit(hammer, shop, end) for _ in range(8)]
        time.sleep(1)
        siblings.start()
        time.sleep(1)
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
        for answer in answers:
            assert set(answer.result()) == {200}, answer.result()
    assert shop.front.socket.exists(), "it was not ours to remove"
    assert siblings.stop() == [0, 0]


# ---- starting --------------------------------------------------------------

def test_a_socket_left_by_a_crash_is_replaced(shop):
    shop.responder.kill()
    assert shop.front.socket.exists()
    shop.start_responder()
    shop.is_well()
    assert shop.front.socket.stat().st_mode & 0o777 == 0o660


def test_a_socket_in_use_is_not_taken_away(shop):
    second = Program("second", [shop.world.bin / "cancelpay.fcgi"],
                     shop.folder, shop.env())
    assert second.process.wait(10) == 2
    assert str(shop.front.socket) in second.log.read_text()
    shop.is_well()


def test_systemd_hands_over_descriptor_3(bare):
    shop = bare({"server.listen": None})
    shop.write_config()
    shop.cli("init")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(shop.front.socket))
        listener.listen(16)
        os.chmod(shop.front.socket, 0o666)
        process = subprocess.Popen(
            ["/bin/sh", "-c",
             "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\"",
             shop.world.bin / "cancelpay.fcgi"],
            preexec_fn=lambda: os.dup2(listener.fileno(), 3), pass_fds=(3,),
            env=shop.env(), stdin=subprocess.DEVNULL, **user_args())
        shop.is_well()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_started_by_a_person_without_a_socket(bare):
    shop = bare({"server.listen": None})
    shop.write_config()
    shop.cli("init")
    done = subprocess.run(
        [shop.world.bin / "cancelpay.fcgi"], env=shop.env(), check=False,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
        **user_args())
    assert done.returncode == 2
    assert b"Usage" in done.stderr


# ---- shortages -------------------------------------------------------------

def test_no_descriptors_left(bare):
    shop = bare()
    shop.start_with_descriptors(40)
    order = shop.order()
    with contextlib.ExitStack() as silent:
        for _ in range(200):
            silent.enter_context(shop.connect())
        shop.is_well()
    assert shop.ask_refund(order).status == 200
    shop.audit()


def test_hundreds_of_idle_connections(shop):
    order = shop.order()
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(shop.connect()) for _ in range(300)]
        for connection in kept[:150]:
            connection.request("GET", "/healthz", keep=True)
            assert connection.answer().status == 200
        assert shop.ask_refund(order).status == 200
        for connection in kept:
            connection.request("GET", "/healthz", keep=True)
        for connection in kept:
            assert connection.answer().status == 200
    shop.audit()


def test_more_than_max_in_flight_is_refused_before_anything(bare):
    shop = bare({"server.max_in_flight": 4}).start()
    orders = [shop.order() for _ in range(12)]
    shop.latency(1500)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(shop.ask_refund, orders))
    shop.calm()
    good = [answer for answer in answers if answer.status == 200]
    assert len(good) == 4
    for answer in answers:
        if answer.status != 200:
            assert answer.status == 503
            assert answer.json()["code"] == "overloaded"
            assert int(answer.headers["Retry-After"]) > 0
    assert len(shop.rows("SELECT id FROM refunds")) == 4
    for order in orders:
        shop.ask_refund(order)
    shop.audit()


def test_slow_senders_hold_no_desk_for_ever(shop):
    body = b'{"merchant_uid": "x"}'
    with shop.connect() as one, shop.connect() as other:
        for connection in (one, other):
            connection.send(fcgi.head(
                fcgi.variables("POST", "/payments/cancel", body)))
        began = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - began < 15:
                for connection in (one, other):
                    connection.send(fcgi.stream(fcgi.STDIN, b" "))
                time.sleep(0.5)
        assert 2.5 < time.monotonic() - began < 12
        shop.is_well()


def test_silent_senders_are_cut_off(shop):
    body = b'{"merchant_uid": "x"}'
    with shop.connect() as one, shop.connect() as other:
        for connection in (one, other):
            connection.send(fcgi.head(
                fcgi.variables("POST", "/payments/cancel", body)))
        assert one.is_closed(7)
        assert other.is_closed(2)
    shop.is_well()


# ---- callers ---------------------------------------------------------------

def test_a_caller_who_has_gone_changes_nothing(shop):
    order = shop.order()
    shop.latency(700)
    with shop.connect() as connection:
        connection.request("POST", "/payments/cancel", shop.wish(order))
        in_flight(shop, order)
    until(lambda: [row["state"] for row in shop.refunds(order)]
          == ["succeeded"], "the refund ends")
    shop.is_well()
    shop.audit()


def test_an_answer_later_than_answer_ms(bare):
    shop = bare({"server.answer_ms": 1000}).start()
    order = shop.order()
    shop.fault("slow", ms=5000)
    with shop.connect() as connection:
        connection.request(
            "POST", "/payments/cancel", shop.wish(order), keep=True)
        began = time.monotonic()
        answer = connection.answer()
        assert 0.9 < time.monotonic() - began < 4
        assert answer.status == 202
        # The connection is free for other requests meanwhile.
        connection.request("GET", answer.headers["Location"], keep=True)
        assert connection.answer().json()["state"] == "in_flight"
    refund_id = answer.headers["Location"].rpartition("/")[2]
    until(lambda: shop.state(refund_id)["state"] == "succeeded",
          "the job goes on")
    shop.audit()


def test_one_connection_for_many_requests(shop):
    order = shop.order()
    with shop.connect() as connection:
        for n in range(1, 30):
            connection.request("POST", "/payments/cancel",
                               shop.wish(order, 100 + n), keep=True)
            assert connection.answer().status == 200
    shop.audit()


# ---- bodies ----------------------------------------------------------------

@pytest.mark.parametrize("length", [5, 5000])
def test_a_body_of_another_length_than_announced(shop, length):
    order = shop.order()
    body = shop.wish(order)
    answer = shop.ask("POST", "/payments/cancel", body,
                      {"CONTENT_LENGTH": length})
    assert answer.status == 400
    assert answer.json()["code"] == "malformed_request"
    assert shop.refunds(order) == []


@pytest.mark.parametrize("end", [b"", fcgi.record(fcgi.ABORT)],
                         ids=["closed", "aborted"])
def test_a_body_cut_short(shop, end):
    order = shop.order()
    body = shop.wish(order)
    with shop.connect() as connection:
        connection.send(
            fcgi.head(fcgi.variables("POST", "/payments/cancel", body), True)
            + fcgi.stream(fcgi.STDIN, body[:-1]) + end)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.is_closed()
    shop.is_well()
    assert shop.refunds(order) == []


def forged(shop, order):
    """A whole request, as a client might hide it in a body."""
    body = shop.wish(order)
    return (fcgi.head(fcgi.variables("POST", "/payments/cancel", body))
            + fcgi.stream(fcgi.STDIN, body) + fcgi.record(fcgi.STDIN))


@pytest.mark.parametrize("size", [2048, 70_000, 3_000_000])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_a_request_hidden_in_a_body(shop, method, size):
    order = shop.order()
    hidden = forged(shop, order)
    body = hidden * (size // len(hidden) + 1)
    with shop.connect() as connection:
        connection.send(fcgi.head(
            fcgi.variables(method, "/payments/cancel", body), keep=True))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(fcgi.stream(fcgi.STDIN, body)
                            + fcgi.record(fcgi.STDIN))
        answer = connection.answer()
        assert answer.status in (400, 404, 405, 413), answer.body
        # Either it is closed, or the next answer is to the next request.
        if not connection.is_closed(0.5):
            connection.socket.settimeout(10)
            connection.request("GET", "/healthz", keep=True)
            assert connection.answer().json() == {"status": "ok"}
    assert shop.refunds(order) == []


# ---- garbage ---------------------------------------------------------------

def bad_peers():
    pairs = fcgi.variables("GET", "/healthz", b"")
    noise = random.Random(7)
    yield "noise", bytes(noise.randrange(256) for _ in range(5000))
    yield "zeros", bytes(5000)
    yield "HTTP", b"POST /payments/cancel HTTP/1.1\r\nHost: x\r\n\r\n" * 50
    yield "another version", fcgi.record(fcgi.BEGIN, bytes(8), version=2)
    yield "an unknown role", fcgi.begin(role=99)
    yield "no role", fcgi.begin(role=0)
    yield "parameters alone", fcgi.stream(fcgi.PARAMS, fcgi.params(pairs))
    yield "a name without an end", fcgi.begin() + fcgi.record(
        fcgi.PARAMS, b"\x50\x05abc") + fcgi.record(fcgi.PARAMS)
    yield "a name of 2 GiB", fcgi.begin() + fcgi.record(
        fcgi.PARAMS, struct.pack(">II", 0xffffffff, 0xffffffff) + b"abc"
    ) + fcgi.record(fcgi.PARAMS)
    yield "half a header", fcgi.begin()[:5]
    yield "nothing but a beginning", fcgi.begin()
    yield "an abort at once", fcgi.begin() + fcgi.record(fcgi.ABORT)


@pytest.mark.parametrize("data", [pytest.param(data, id=name)
                                  for name, data in bad_peers()])
def test_garbage(shop, data):
    with shop.connect() as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(data)
            connection.socket.shutdown(socket.SHUT_WR)
        assert connection.is_closed()
    shop.is_well()


def test_a_second_request_on_a_busy_connection(shop):
    with shop.connect() as connection:
        pairs = fcgi.variables("GET", "/healthz", b"")
        connection.send(fcgi.begin(keep=True) + fcgi.begin(request=2)
                        + fcgi.stream(fcgi.PARAMS, fcgi.params(pairs))
                        + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
        _, kind, request, size, padding = struct.unpack(
            ">BBHHBx", connection.exactly(8))
        content = connection.exactly(size + padding)
        assert (kind, request, content[4]) == (fcgi.END, 2, 1)
        assert connection.answer().status == 200


# ---- CGI -------------------------------------------------------------------

def start_cgi(shop, order):
    body = shop.wish(order)
    pairs = fcgi.variables("POST", "/payments/cancel", body)
    process = subprocess.Popen(
        [shop.world.bin / "cancelpay.fcgi"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, cwd=shop.folder, **user_args(),
        env={**shop.env(), **{name: str(pairs[name]) for name in pairs}})
    process.stdin.write(body)
    process.stdin.close()
    return process


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP,
                                 signal.SIGINT])
def test_a_web_server_that_ends_its_cgi_program(bare, how):
    shop = bare()
    shop.write_config()
    shop.cli("init")
    shop.start_sandbox()
    order = shop.order()
    shop.latency(700)
    process = start_cgi(shop, order)
    in_flight(shop, order)
    process.stdout.close()
    process.send_signal(how)
    assert process.wait(20) == 0
    assert [row["state"] for row in shop.refunds(order)] == ["succeeded"]
    shop.audit()


def test_cgi_answers_at_answer_ms_and_goes_on(bare):
    shop = bare({"server.answer_ms": 1000})
    shop.write_config()
    shop.cli("init")
    shop.start_sandbox()
    order = shop.order()
    shop.fault("slow", ms=5000)
    began = time.monotonic()
    process = start_cgi(shop, order)
    answer = fcgi.Answer(process.stdout.read())  # to its end
    assert time.monotonic() - began < 4
    assert answer.status == 202
    assert process.poll() is None
    assert process.wait(20) == 0
    assert [row["state"] for row in shop.refunds(order)] == ["succeeded"]
    shop.audit()
