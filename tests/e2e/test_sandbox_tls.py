# SPDX-License-Identifier: MIT
"""iamport-sandbox over TLS, and cancelpay refunding over real HTTPS."""
import subprocess

import pytest
import requests

from shop import Shop
from test_sandbox import BINARY
from world import Program, give


def make_pair(folder, name="127.0.0.1"):
    """A certificate of its own for loopback, and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{name}",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    for path in ("key.pem", "cert.pem"):
        give(folder / path)
    return folder / "cert.pem", folder / "key.pem"


class TlsShop(Shop):
    name = "127.0.0.1"

    def start_sandbox(self):
        cert, key = make_pair(self.folder, self.name)
        argv = [self.world.bin / "iamport-sandbox", "--port", self.sandbox_port,
                "--journal", self.folder / "journal.jsonl",
                "--state", self.folder / "sandbox.state",
                "--tls-cert", cert, "--tls-key", key]
        self.sandbox = Program("sandbox", argv, self.folder, self.env())
        self.sandbox.ready_on(self.sandbox_port)
        self.sandbox_url = f"https://127.0.0.1:{self.sandbox_port}"
        self.http.trust_env = False  # it may name certificates of its own
        self.http.verify = False if self.name != "127.0.0.1" else str(cert)


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"])
def tls_shop(request, world):
    shop = TlsShop(world, "cgi", settings={})
    shop.name = request.param
    shop.settings.update({
        "iamport.base_url": f"https://127.0.0.1:{shop.sandbox_port}",
        "iamport.ca_file": shop.folder / "cert.pem"})
    yield shop.start()
    shop.stop()


def test_refunds_over_https_and_only_to_whom_the_certificate_names(tls_shop):
    shop = tls_shop
    order = shop.order(amount=10000)
    if shop.name == "127.0.0.1":
        assert shop.refunded(order, 4000)["cancel_amount"] == 4000
        assert shop.refunded(order)["refundable_amount"] == 0
    else:
        assert shop.refund(order, 4000).status_code == 503
        assert shop.journal(order) == []
    shop.audit()


def test_plain_http_and_foreign_certificates_are_refused(tls_shop):
    url = tls_shop.sandbox_url
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url + "/sandbox/stats", timeout=10)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url.replace("https", "http") + "/sandbox/stats", timeout=10)


@pytest.mark.parametrize("options", [["--tls-cert", "cert.pem"], ["--tls-key", "key.pem"],
                                     ["--tls-cert", "none.pem", "--tls-key", "key.pem"],
                                     ["--tls-cert", "key.pem", "--tls-key", "key.pem"]])
def test_half_a_pair_or_a_bad_one_stops_the_start(tmp_path, options):
    make_pair(tmp_path)
    run = subprocess.run([BINARY.resolve(), "--port", "0", *options], cwd=tmp_path,
                         capture_output=True, text=True, timeout=10, check=False)
    assert run.returncode == 1 and run.stderr and run.stdout == ""
