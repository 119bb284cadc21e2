# SPDX-License-Identifier: MIT
"""iamport-sandbox over TLS, and cancelpay refunding over real HTTPS."""
import contextlib
import socket
import ssl
import subprocess
import threading

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


class OldServer:
    """Shakes hands up to that version of TLS, and hangs up."""

    def __init__(self, folder, most):
        self.versions = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers("ALL:@SECLEVEL=0")
        self.context.minimum_version = ssl.TLSVersion.TLSv1
        self.context.maximum_version = most
        self.context.load_cert_chain(*make_pair(folder))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                peer = self.listener.accept()[0]
                peer.settimeout(10)
                with contextlib.suppress(OSError), \
                        self.context.wrap_socket(peer, server_side=True) as tls:
                    self.versions.append(tls.version())


# OpenSSL itself would take the old ones too, so that it is we who don't.
LAX_OPENSSL = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = DEFAULT:@SECLEVEL=0
"""


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("most, versions", [
    (ssl.TLSVersion.TLSv1_1, set()), (ssl.TLSVersion.TLSv1_2, {"TLSv1.2"})])
def test_nothing_below_tls_1_2_is_spoken(shops, most, versions):
    shop = shops.make("nginx")
    server = OldServer(shop.folder, most)
    (shop.folder / "openssl.cnf").write_text(LAX_OPENSSL)
    shop.user_env["OPENSSL_CONF"] = str(shop.folder / "openssl.cnf")
    shop.settings.update({
        "iamport.base_url": f"https://127.0.0.1:{server.port}",
        "iamport.ca_file": shop.folder / "cert.pem"})
    order = shop.start().order(amount=10000)
    assert shop.refund(order, 4000).status_code == 503
    server.listener.close()
    assert set(server.versions) == versions
    assert shop.journal(order) == []


@pytest.mark.parametrize("options, is_taken", [
    (["-tls1_3"], True), (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], True),
    (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], False),
    (["-tls1_2", "-cipher", "AES128-SHA"], False)])
def test_the_sandbox_speaks_the_tls_that_iamport_speaks(tls_shop, options, is_taken):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{tls_shop.sandbox_port}", *options],
        input=b"", capture_output=True, timeout=30, check=False)
    assert (done.returncode == 0) == is_taken, done.stderr


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
