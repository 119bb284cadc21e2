# SPDX-License-Identifier: MIT
"""doc/embed.md's own blocks, with nothing changed in them but paths and
ports."""

import gzip
import shutil
import subprocess

import pytest
import requests

from fronts import FRONTS
from test_auth import POLICY
from test_readme import ReadmeLighttpd, ReadmeNginx, block_with, replaced
from world import TREE, give

EMBED = "doc/embed.md"
WWW = "/usr/share/cancelpay/www"


def installed_www(folder):
    """The pages where the web server may read and write them."""
    www = folder / "www"
    shutil.copytree(TREE / "www", www)
    for path in (www, *www.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        give(path)
    return www


class EmbedNginx(ReadmeNginx):
    """The README's server, with the document's locations in it."""

    def argv(self):
        own = super().argv()
        www = installed_www(self.folder)
        line = replaced(block_with("nginx", "gzip -9", EMBED), {WWW: www})
        subprocess.run(["bash", "-c", line], check=True)
        block = replaced(block_with("nginx", "location", EMBED), {WWW: www})
        conf = self.folder / "nginx.conf"
        head = conf.read_text().rstrip().removesuffix("}}")
        conf.write_text(f"{head}\n{block}\n}}\n}}\n")
        return own


class EmbedLighttpd(ReadmeLighttpd):
    def argv(self):
        own = super().argv()
        block = replaced(block_with("lighttpd", "alias.url", EMBED), {
            WWW: installed_www(self.folder),
            "/var/cache/lighttpd/compress": self.folder})
        conf = self.folder / "lighttpd.conf"
        conf.write_text(f"{conf.read_text()}\n{block}\n")
        return own


FRONTS["embed-nginx"] = EmbedNginx
FRONTS["embed-lighttpd"] = EmbedLighttpd


@pytest.mark.parametrize("front, user_param", [
    ("embed-nginx", "CANCELPAY_USER"), ("embed-lighttpd", "REMOTE_USER")])
def test_a_web_server_serves_the_pages_as_the_responder_does(
        shops, front, user_param):
    shop = shops.make(front, settings={
        "auth.mode": "remote-user", "auth.user_param": user_param,
        # None of the pages comes from the responder.
        "server.static_dir": "/var/empty"})
    shop.http.auth = ("shop", "s3cret word")
    shop.start()
    for name in ("index.html", "plain.html", "plain.js", "cancelpay.css",
                 "cancelpay.svg", "vendor/jquery-4.0.0.min.js"):
        source = (TREE / "www" / name).read_bytes()
        for encoding in ("identity", "gzip"):
            answer = shop.get("/" + name, stream=True,
                              headers={"Accept-Encoding": encoding})
            assert answer.status_code == 200, name
            raw = answer.raw.read()
            if encoding == "gzip":
                assert answer.headers["Content-Encoding"] == "gzip", name
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert len(raw) < len(source)
                raw = gzip.decompress(raw)
            assert raw == source, name
            policy = dict(part.strip().split(" ", 1) for part in answer
                          .headers["Content-Security-Policy"].split(";"))
            assert policy == POLICY
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-cache"
    assert requests.get(
        shop.url("/?order=1"), auth=shop.http.auth, timeout=20
    ).url == shop.url("/index.html?order=1")
    for path in ("/vendor/..%2f../etc/passwd.css", "/react/package.json",
                 "/nothing.html"):
        assert shop.get(path).status_code in (400, 404), path
    # The rest is the responder's, behind the password.
    order = shop.order(1000)
    assert shop.payment(order)["refundable_amount"] == 1000
    assert requests.get(shop.url("/payments/" + order.merchant_uid),
                        timeout=20).status_code == 401
