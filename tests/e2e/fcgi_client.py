# SPDX-License-Identifier: MIT
"""A web server's side of FastCGI, as well-behaved or as bad as a test wants.
FastCGI Specification 1.0 (Open Market, 1996)."""

import json
import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 8, 9, 10, 11
RESPONDER = 1
KEEP = 1


def record(kind, content=b"", request=1, version=1):
    return struct.pack(
        ">BBHHBx", version, kind, request, len(content), 0) + content


def begin(keep=False, role=RESPONDER, request=1):
    return record(BEGIN, struct.pack(">HB5x", role, KEEP if keep else 0),
                  request)


def stream(kind, content, request=1):
    """The content in records, without the empty one that ends it."""
    return b"".join(record(kind, content[at:at + 65535], request)
                    for at in range(0, len(content), 65535))


def length(n):
    return struct.pack(">B", n) if n < 128 else struct.pack(">I", n | 1 << 31)


def params(pairs):
    return b"".join(
        length(len(name)) + length(len(value)) + name + value
        for name, value in ((str(name).encode(), str(value).encode())
                            for name, value in pairs.items()))


def variables(method, path, body, headers=None):
    pairs = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method, "REQUEST_URI": path, "SCRIPT_NAME": "",
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": len(body) if body else "",
        "CONTENT_TYPE": "application/json" if body else "",
    }
    pairs.update(headers or {})
    return pairs


def head(pairs, keep=False, request=1):
    """Everything of a request but its body."""
    return (begin(keep, request=request)
            + stream(PARAMS, params(pairs), request)
            + record(PARAMS, b"", request))


class Gone(Exception):
    """The connection ended before the answer did."""


class Answer:
    def __init__(self, raw):
        top, _, self.body = raw.partition(b"\r\n\r\n")
        self.headers = {}
        for line in top.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            self.headers[name] = value
        self.status = int(self.headers["Status"].split()[0])

    def json(self):
        return json.loads(self.body)


class Connection:
    """One connection; address: the path of a unix socket."""

    def __init__(self, address, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(address))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, path, body=b"", headers=None, keep=False):
        self.send(head(variables(method, path, body, headers), keep)
                  + stream(STDIN, body) + record(STDIN))

    def exactly(self, n):
        data = b""
        while len(data) < n:
            try:
                got = self.socket.recv(n - len(data))
            except ConnectionError as error:
                raise Gone from error
            if not got:
                raise Gone
            data += got
        return data

    def record(self):
        """The next record: its kind, its request, its content."""
        _, kind, request, size, padding = struct.unpack(
            ">BBHHBx", self.exactly(8))
        return kind, request, self.exactly(size + padding)[:size]

    def answer(self):
        """The answer to request 1, to its END_REQUEST."""
        out = b""
        while True:
            kind, _, content = self.record()
            if kind == STDOUT:
                out += content
            elif kind == END:
                return Answer(out)

    def is_closed(self, seconds=5):
        """The other side ends the connection within that time."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def ask(address, method, path, body=b"", headers=None, timeout=30):
    with Connection(address, timeout) as connection:
        connection.request(method, path, body, headers)
        return connection.answer()
