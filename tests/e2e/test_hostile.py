# SPDX-License-Identifier: MIT
"""Hostile and slow peers at the responder's own socket: whatever they send or
do not take, others are served meanwhile, and the books are right."""

import contextlib
import resource
import socket
import struct
import threading

import pytest

import fcgi_client as fcgi
from world import until

# More by far than desks, of which a blocking one would wait 3 s for each.
CROWD = 200
READERS = 60
# What the responder may need for peers that want it to need much.
MEMORY_KIB = 128 * 1024
# The most of one request that is read, and what the sockets hold.
BYTES_MAX = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def lasting_shop(lasting_shops):
    return lasting_shops.make_bare().start()


@pytest.fixture(name="shop")
def audited_shop(lasting_shop):
    """After each test its books agree."""
    yield lasting_shop
    lasting_shop.settle()
    lasting_shop.audit()


class Honest:
    """A caller who refunds a little of his order, over and over; a patient one
    asks again when he was not let in."""

    def __init__(self, shop, is_patient=False):
        self.shop = shop
        self.is_patient = is_patient
        self.order = shop.order(amount=1000000)
        self.statuses = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.is_over.is_set():
            try:
                # Each another amount: none is a double click.
                answer = self.shop.ask_refund(
                    self.order, 100 + len(self.statuses))
                self.statuses.append(answer.status)
            except (fcgi.Gone, OSError):
                if not self.is_patient:
                    return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join(60)
        assert set(self.statuses) == {200}

    def is_served(self, times=5):
        """From now on, so many times more."""
        before = len(self.statuses)
        until(lambda: len(self.statuses) >= before + times
              or not self.thread.is_alive(), "an honest caller is served", 20)
        assert self.thread.is_alive()


@pytest.fixture
def honest(shop):
    with Honest(shop) as caller:
        yield caller


def send_some(connection, data):
    """Sends as much as the other side lets us; how much that was."""
    sent = 0
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while sent < len(data):
            sent += connection.socket.send(data[sent:sent + 65536])
    return sent


def memory_kib(program):
    """The most a program ever had."""
    with open(f"/proc/{program.process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    raise AssertionError("no VmHWM")


def crowd(stack, shop, n):
    def connect():
        # There may be more of us than may wait at the door.
        with contextlib.suppress(BlockingIOError):
            return shop.connect()
        return None
    return [stack.enter_context(until(connect, "connected"))
            for _ in range(n)]


# ---- records ---------------------------------------------------------------

PAIRS = fcgi.variables("GET", "/healthz", b"")
HEAD = fcgi.head(PAIRS)
# What would make a request of a beginning, so that it would be answered.
REST = HEAD[len(fcgi.begin()):] + fcgi.record(fcgi.STDIN)


def params(content):
    return fcgi.begin() + fcgi.record(fcgi.PARAMS, content) \
        + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN)


def lengths(name, value):
    return struct.pack(">II", name | 1 << 31, value | 1 << 31)


def no_requests():
    yield "a beginning too short", fcgi.record(
        fcgi.BEGIN, struct.pack(">HB4x", 1, 0)) + REST
    yield "a beginning too long", fcgi.record(
        fcgi.BEGIN, struct.pack(">HB5x", 1, 0) + b"more") + REST
    yield "a beginning twice", fcgi.begin() + fcgi.begin() + REST
    yield "an authorizer", fcgi.begin(role=2) + REST
    yield "a filter", fcgi.begin(role=3) + REST
    yield "lengths of 2 GiB less one", params(
        lengths(0x7ffffffe, 0x7ffffffe) + b"abc")
    yield "lengths that wrap", params(lengths(0x7fffffff, 1) + b"abc")
    yield "a value past the end", params(b"\x01\x09Aabc")
    yield "half a length", params(b"\x01\x80\x00")
    yield "a name that hides another", params(b"\x12\x01REMOTE_USER=admin0a")
    yield "a NUL in a value", params(b"\x01\x03Aa\0b")
    yield "parameters cut in the middle", params(fcgi.params(PAIRS)[:-5])
    yield "parameters after their end", HEAD + fcgi.record(fcgi.PARAMS, b"x") \
        + fcgi.record(fcgi.STDIN)
    yield "a body before parameters end", fcgi.begin() + fcgi.record(
        fcgi.STDIN, b"x") + REST
    yield "a filter's data", HEAD + fcgi.record(fcgi.DATA, b"x") \
        + fcgi.record(fcgi.STDIN)
    yield "an unknown type", HEAD + fcgi.record(77, b"x") \
        + fcgi.record(fcgi.STDIN)
    yield "an answer", HEAD + fcgi.record(fcgi.STDOUT, b"x") \
        + fcgi.record(fcgi.STDIN)
    yield "an abort before the body", HEAD + fcgi.record(
        fcgi.ABORT) + fcgi.record(fcgi.STDIN)
    yield "an abort in the body", HEAD + fcgi.record(
        fcgi.STDIN, b"x") + fcgi.record(fcgi.ABORT) + fcgi.record(fcgi.STDIN)
    yield "a query too long", fcgi.record(
        fcgi.GET_VALUES, bytes(2000), request=0) + HEAD + fcgi.record(
            fcgi.STDIN)


@pytest.mark.parametrize("data", [pytest.param(data, id=name)
                                  for name, data in no_requests()])
def test_what_is_no_request_is_closed(shop, honest, data):
    with shop.connect() as connection:
        send_some(connection, data)
        assert connection.is_closed(20)
    honest.is_served()


def test_a_record_that_never_ends_is_cut_off(shop, honest):
    with shop.connect() as params_end, shop.connect() as body_ends:
        params_end.send(fcgi.begin() + struct.pack(
            ">BBHHBx", 1, fcgi.PARAMS, 1, 65535, 0) + b"short")
        body_ends.send(HEAD + struct.pack(
            ">BBHHBx", 1, fcgi.STDIN, 1, 65535, 255) + b"short")
        honest.is_served()
        assert params_end.is_closed(20)
        assert body_ends.is_closed(20)


def test_records_of_another_request_are_none_of_ours(shop, honest):
    other = fcgi.head(PAIRS, request=7)
    with shop.connect() as connection:
        connection.send(
            fcgi.begin() + other + fcgi.stream(fcgi.PARAMS, fcgi.params(PAIRS))
            + fcgi.record(fcgi.STDIN, b"x", request=7)
            + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.ABORT, request=9)
            + fcgi.record(fcgi.STDIN))
        kind, request, content = connection.record()
        assert (kind, request, content[4]) == (fcgi.END, 7, 1), \
            "requests don't mix on a connection"
        assert connection.answer().json() == {"status": "ok"}
    honest.is_served()


def test_questions_about_the_responder_are_answered(shop, honest):
    with shop.connect() as connection:
        connection.send(fcgi.record(fcgi.GET_VALUES, fcgi.params(
            {"FCGI_MAX_CONNS": "", "FCGI_MPXS_CONNS": ""}), request=0))
        assert connection.record() == (
            fcgi.GET_VALUES_RESULT, 0, fcgi.params({"FCGI_MPXS_CONNS": "0"}))
        connection.send(fcgi.record(99, b"?", request=0))
        assert connection.record() == (
            fcgi.UNKNOWN_TYPE, 0, struct.pack(">B7x", 99))
        connection.request("GET", "/healthz")
        assert connection.answer().json() == {"status": "ok"}
    honest.is_served()


def test_an_abort_after_the_body_stops_no_refund(shop, honest):
    order = shop.order()
    body = shop.wish(order)
    with shop.connect() as connection:
        connection.send(fcgi.head(fcgi.variables(
            "POST", "/payments/cancel", body), keep=True)
            + fcgi.stream(fcgi.STDIN, body) + fcgi.record(fcgi.STDIN)
            + fcgi.record(fcgi.ABORT))
        assert connection.answer().status == 200
        assert connection.is_closed(20), "it does not wait for answers"
    assert [row["state"] for row in shop.refunds(order)] == ["succeeded"]
    honest.is_served()


def test_a_request_in_drips_of_one_byte(shop, honest):
    order = shop.order()
    body = shop.wish(order)
    data = fcgi.head(fcgi.variables("POST", "/payments/cancel", body)) \
        + b"".join(fcgi.record(fcgi.STDIN, body[at:at + 1])
                   for at in range(len(body))) + fcgi.record(fcgi.STDIN)
    with shop.connect() as connection:
        for at in range(len(data)):
            connection.send(data[at:at + 1])
        assert connection.answer().status == 200
    assert [row["state"] for row in shop.refunds(order)] == ["succeeded"]
    honest.is_served()


# ---- too much --------------------------------------------------------------

def endless():
    pair = fcgi.params({"A": "x" * 60000})
    yield "parameters", fcgi.begin(), fcgi.record(fcgi.PARAMS, pair)
    yield "names", fcgi.begin(), fcgi.record(
        fcgi.PARAMS, fcgi.params({"A": ""}) * 20000)
    yield "a body", HEAD, fcgi.record(fcgi.STDIN, bytes(65535))
    yield "a body of single bytes", HEAD, fcgi.record(fcgi.STDIN, b"x") * 7000
    yield "records of others", HEAD, fcgi.record(
        fcgi.STDIN, bytes(65535), request=2)
    yield "beginnings of others", fcgi.begin(), fcgi.begin(request=2) * 4000
    yield "questions", b"", fcgi.record(
        fcgi.GET_VALUES, b"", request=0) * 8000


@pytest.mark.parametrize("start, more", [
    pytest.param(start, more, id=name) for name, start, more in endless()])
def test_what_has_no_end_is_cut_off(shop, honest, start, more):
    before = memory_kib(shop.responder)
    with contextlib.ExitStack() as stack:
        for connection in crowd(stack, shop, 20):
            # Whoever only sends hears nothing, and is no better off for it.
            sent = send_some(connection, start + more)
            while 0 < sent < BYTES_MAX:
                some = send_some(connection, more)
                if some < len(more):
                    break
                sent += some
            assert sent < BYTES_MAX
        honest.is_served()
        assert memory_kib(shop.responder) - before < MEMORY_KIB


# ---- too slow --------------------------------------------------------------

class Drip:
    """A crowd that sends a byte of a body now and then, and comes back as soon
    as it is cut off."""

    def __init__(self, shop, n):
        self.shop = shop
        self.n = n
        self.cut_off = 0
        self.is_over = threading.Event()
        self.has_begun = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def new(self):
        connection = self.shop.connect()
        connection.send(HEAD)
        return connection

    def drip(self, connection):
        try:
            connection.send(fcgi.record(fcgi.STDIN, b" "))
            return connection
        except (BrokenPipeError, ConnectionResetError):
            self.cut_off += 1
            connection.close()
            return self.new()

    def run(self):
        connections = [self.new() for _ in range(self.n)]
        self.has_begun.set()
        while not self.is_over.wait(0.1):
            connections = [self.drip(one) for one in connections]
        for connection in connections:
            connection.close()

    def __enter__(self):
        self.thread.start()
        assert self.has_begun.wait(60)
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join(60)


def test_slow_senders_take_no_turn_from_others(shop):
    with Drip(shop, CROWD) as drip, Honest(shop) as honest:
        # Before they are cut off, while they are, and after.
        honest.is_served(20)
        until(lambda: drip.cut_off > CROWD or not drip.thread.is_alive(),
              "slow senders are cut off", 60)
        assert drip.thread.is_alive()
        honest.is_served(20)


def large_page(shop):
    """A page that fits no socket's buffer."""
    folder = shop.folder / "pages"
    folder.mkdir()
    page = b"/* %s */" % (b"0123456789abcdef" * 25000)
    (folder / "large.js").write_bytes(page)
    return folder, page


def test_slow_readers_take_no_turn_from_others(bare):
    shop = bare()
    folder, page = large_page(shop)
    shop.settings["server.static_dir"] = folder
    shop.start()
    with contextlib.ExitStack() as stack, Honest(shop) as honest:
        readers = crowd(stack, shop, READERS)
        for reader in readers:
            reader.request("GET", "/large.js", keep=True)
        honest.is_served(20)
        # Whoever reads at last, and before he is cut off, hears it all.
        with shop.connect() as late:
            late.request("GET", "/large.js", keep=True)
            late.exactly(1)
            honest.is_served(1)
            late.socket.settimeout(20)
            rest = late.exactly(100000)
            assert b"0123456789abcdef" in rest
        # The others were cut off in the middle.
        for reader in readers[:10]:
            until(lambda one=reader: is_cut_off(one), "cut off", 20)
        with shop.connect() as quick:
            quick.request("GET", "/large.js", keep=True)
            assert quick.answer().body == page
            quick.request("GET", "/healthz", keep=True)
            assert quick.answer().status == 200
    shop.settle()
    shop.audit()


def is_cut_off(connection):
    """Nobody is at the other end any more; reads nothing."""
    try:
        connection.socket.send(b"", socket.MSG_DONTWAIT)
        connection.socket.send(b"\0", socket.MSG_DONTWAIT)
    except (BrokenPipeError, ConnectionResetError):
        return True
    except BlockingIOError:
        pass
    return False


# ---- too many --------------------------------------------------------------

@pytest.fixture
def many_descriptors():
    """As many as there may be; then as before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousands_of_half_open_connections(many_descriptors, bare, say):
    shop = bare().start()
    n = min(10000, many_descriptors - 500)
    with contextlib.ExitStack() as stack:
        for i, connection in enumerate(crowd(stack, shop, n)):
            # Silent, at the beginning, in the parameters, in the body.
            send_some(
                connection, (b"", fcgi.begin(), HEAD[:-9], HEAD)[i % 4])
        with Honest(shop) as honest:
            honest.is_served(20)
        say(f"{n} half-open connections, {memory_kib(shop.responder)} KiB")
    shop.is_well()
    shop.settle()
    shop.audit()


def test_half_requests_leave_descriptors_for_whole_ones(bare):
    shop = bare()
    shop.start_with_descriptors(40)
    with contextlib.ExitStack() as stack, Honest(shop, True) as honest:
        for connection in crowd(stack, shop, CROWD):
            send_some(connection, HEAD)
        honest.is_served(20)
    shop.settle()
    shop.audit()
