# SPDX-License-Identifier: MIT
"""Tickets as a shop makes them, and shops that want them."""

import base64
import hashlib
import hmac
import json
import secrets
import time

from world import give

SECRET = "0123456789abcdef0123456789abcdef"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(order, **changes):
    """None takes a claim away."""
    claims = {"aud": "cancelpay", "sub": order, "max_amount": 10000,
              "exp": int(time.time()) + 300, "jti": secrets.token_hex(16),
              **changes}
    return {name: value for name, value in claims.items()
            if value is not None}


def sign(claims, secret=SECRET, header=None, digest=hashlib.sha256):
    parts = (header or {"alg": "HS256", "typ": "JWT"}, claims)
    head = ".".join(b64(json.dumps(part).encode()) for part in parts)
    mac = hmac.new(secret.encode(), head.encode(), digest).digest()
    return f"{head}.{b64(mac)}"


def bearer(ticket, **headers):
    return {"Authorization": f"Bearer {ticket}", "Accept-Language": "en",
            **headers}


def ticket_shop(shops, front, lines=(SECRET,), settings=None, **options):
    """A shop that takes nothing without a ticket."""
    shop = shops.make(front, settings={**(settings or {}),
                                       "auth.mode": "ticket"}, **options)
    path = shop.folder / "ticket.secret"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    give(path)
    shop.settings["auth.ticket_secret_file"] = path
    return shop
