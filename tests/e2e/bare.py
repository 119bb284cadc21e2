# SPDX-License-Identifier: MIT
"""A shop without a web server: tests talk FastCGI themselves."""

import json

import fcgi_client as fcgi
from fronts import Front
from shop import Shop
from world import Program, until


class Bare(Front):
    """No web server: tests talk FastCGI themselves."""
    name = "bare"


class BareShop(Shop):
    def __init__(self, world, **args):
        super().__init__(world, **args)
        # One order is asked for as often as a test likes.
        self.settings.setdefault("policy.order_refunds_per_minute", 0)
        self.front = Bare(self, self.front.port)

    def start_with_descriptors(self, n):
        """All but the tests' first question, with so many descriptors."""
        self.write_config()
        self.cli("init")
        self.start_sandbox()
        self.responder = Program(
            "responder", ["/bin/sh", "-c", f'ulimit -n {n}; exec "$0"',
                          self.world.bin / "cancelpay.fcgi"],
            self.folder, self.env())
        self.responder.ready_on(self.front.socket)

    def start_server(self):
        until(lambda: self.ask("GET", "/healthz").status == 200,
              "cancelpay answers")

    def ask(self, method, path, body=b"", headers=None, timeout=30):
        return fcgi.ask(self.front.socket, method, path, body, headers,
                        timeout)

    def connect(self):
        return fcgi.Connection(self.front.socket)

    def wish(self, order, amount=None):
        body = {"merchant_uid": order.merchant_uid, "reason": "test"}
        if amount is not None:
            body["cancel_request_amount"] = amount
        return json.dumps(body).encode()

    def ask_refund(self, order, amount=None):
        return self.ask("POST", "/payments/cancel", self.wish(order, amount))

    def state(self, refund_id):
        return self.ask("GET", f"/refunds/{refund_id}").json()

    def is_well(self):
        assert self.ask("GET", "/healthz", timeout=5).status == 200
