# SPDX-License-Identifier: MIT
"""doc/embed.md's own blocks, with nothing changed in them but paths, ports
and secrets."""

import gzip
import html.parser
import os
import re
import shutil
import subprocess
import urllib.parse

import pytest
import requests

import npm
import tickets
from browser import MAY_PRESS
from test_auth import POLICY
from test_plain import REFUNDED, page  # noqa: F401
from test_readme import ReadmeLighttpd, ReadmeNginx, block_with, replaced
from world import TREE, give, until

# These have a browser, too.
pytestmark = pytest.mark.xdist_group("page")

EMBED = "doc/embed.md"
ORDER = "ORD20261101-0000011"
WWW = "/usr/share/cancelpay/www"


def installed_www(folder):
    """The pages as make install leaves them."""
    www = folder / "www"
    shutil.copytree(TREE / "www", www)
    for path in [*www.glob("*.*"), *www.glob("vendor/*")]:
        path.with_name(path.name + ".gz").write_bytes(
            gzip.compress(path.read_bytes(), mtime=0))
    for path in (www, *www.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        give(path)
    return www


class EmbedNginx(ReadmeNginx):
    """The README's server, with the document's locations in it."""

    def argv(self):
        own = super().argv()
        block = replaced(block_with("nginx", "location", EMBED), {
            WWW: installed_www(self.folder)})
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


@pytest.mark.parametrize("front, user_param", [
    (EmbedNginx, "CANCELPAY_USER"), (EmbedLighttpd, "REMOTE_USER")])
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


def fenced(document, language, word):
    """A block between ``` of a document."""
    text = (TREE / document).read_text(encoding="utf-8")
    return next(block for block in re.findall(
        rf"```{language}\n(.*?)```", text, re.DOTALL) if word in block)


@pytest.fixture
def shop(shops):
    """A shop that wants tickets, with pages of its own below the pages."""
    shop = tickets.ticket_shop(shops, "nginx")
    shop.settings["server.static_dir"] = installed_www(shop.folder)
    shop.own = shop.folder / "www" / "shop"
    shop.own.mkdir(mode=0o755)
    shop.start()
    shop.order(10000, merchant_uid=ORDER)
    yield shop
    shop.audit()


def page_of(shop, body):
    path = shop.own / "order.html"
    path.write_text("<!DOCTYPE html><html lang=ko><meta charset=utf-8>"
                    "<link rel=icon href=../cancelpay.svg>"
                    f"<title>order</title><main><h1>order</h1>{body}</main>",
                    encoding="utf-8")
    path.chmod(0o644)
    return shop.url("/shop/order.html")


class Link(html.parser.HTMLParser):
    href = None

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.href = dict(attrs)["href"]


def test_the_link_of_the_php_page_has_a_ticket_that_is_good(shop, tmp_path):
    (tmp_path / "ticket.php").write_text(
        f"<?php $secret = '{tickets.SECRET}';\n"
        + fenced("doc/tickets.md", "php", "$ticket"))
    (tmp_path / "order.php").write_text(fenced(EMBED, "php", "ticket.php"))
    done = subprocess.run(["php", "order.php"], cwd=tmp_path, check=True,
                          capture_output=True, text=True)
    link = Link()
    link.feed(done.stdout)
    address = urllib.parse.urlparse(link.href)
    assert (address.path, address.query) == ("/refund/", "")
    ticket = address.fragment.removeprefix("ticket=")
    order, = shop.orders.values()
    assert order.merchant_uid == ORDER
    shop.refunded(order, 3000, headers=tickets.bearer(ticket))


def test_a_button_of_the_shops_own_refunds(shop, page):
    ticket = tickets.sign(tickets.claims_of(ORDER))
    address = page_of(shop, replaced(fenced(EMBED, "html", "cancel-pay"), {
        "/refund/": shop.front.mount + "/", "TICKET": ticket}))
    script = (TREE / "www" / "plain.js").read_text(encoding="utf-8")
    (shop.own / "plain.js").write_text(replaced(script, {
        '"payments/cancel"': f'"{shop.front.mount}/payments/cancel"'}))
    page.driver.get(address)
    page.press().says(REFUNDED)
    assert page.complaints(is_network_too=True) == []
    order, = shop.orders.values()
    assert [line["amount"] for line in shop.journal(order)] == [2000]


def test_the_component_refunds_in_a_bundle_of_the_shops_own(
        shop, page, tmp_path):
    source = tmp_path / "own.jsx"
    source.write_text(replaced(fenced(EMBED, "jsx", "<CancelPay"), {
        "/usr/share/cancelpay/www": TREE / "www",
        "/refund/": shop.front.mount + "/"}), encoding="utf-8")
    subprocess.run(
        [npm.installed(".bin/esbuild"), source, "--bundle", "--minify",
         "--jsx=automatic", f"--outfile={shop.own}/own.js",
         "--log-level=error"],
        check=True, env={**os.environ, "NODE_PATH": str(npm.FOLDER)})
    ticket = tickets.sign(tickets.claims_of(ORDER))
    address = page_of(shop, f'<link rel="stylesheet" href="../cancelpay.css">'
                      f'<div id="order" data-uid="{ORDER}" '
                      f'data-ticket="{ticket}"></div>'
                      '<script src="own.js"></script>')
    with page.speaking("ko-KR"):
        page.driver.get(address)
        page.awaits(MAY_PRESS, "the component has found the order")
        page.click("submit")
        until(lambda: REFUNDED in page.find("status").text, "it is refunded")
    assert page.complaints(is_network_too=True) == []
    order, = shop.orders.values()
    assert [line["amount"] for line in shop.journal(order)] == [10000]
