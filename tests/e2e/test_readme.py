# SPDX-License-Identifier: MIT
"""The README's own blocks: its configuration, its web servers, its curl line,
with nothing changed in them but paths, ports and secrets."""

import configparser
import re
import subprocess

import pytest

from fronts import Lighttpd, Nginx
from shop import read_json
from world import TREE, give

USER = "shop"
PASSWORD = "s3cret word"


def blocks(heading, document="README.md"):
    """The indented blocks below a heading."""
    text = (TREE / document).read_text(encoding="utf-8")
    section = text.split(f"### {heading}\n", 1)[1].split("\n### ", 1)[0]
    found = re.findall(r"(?:^(?: {4}.*)?\n)+", section, re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip()
            for block in found if block.strip()]


def block_with(heading, word, document="README.md"):
    return next(block for block in blocks(heading, document) if word in block)


def replaced(text, replacements):
    for old, new in replacements.items():
        assert old in text, f"the document no longer says {old}"
        text = text.replace(old, str(new))
    return text


def password_file(front):
    line = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD],
                          capture_output=True, check=True, text=True).stdout
    return front.write("htpasswd", f"{USER}:{line}")


class ReadmeNginx(Nginx):
    mount = "/refund"

    def argv(self):
        own = super().argv()
        location = replaced(block_with("3a. nginx", "location"), {
            "/etc/nginx/refund.htpasswd": password_file(self),
            "include fastcgi_params": "include /etc/nginx/fastcgi_params",
            "/run/cancelpay.sock": self.socket})
        conf = self.folder / "nginx.conf"
        text = re.sub(r"(listen .*?;\n).*", r"\1", conf.read_text(),
                      flags=re.DOTALL)
        conf.write_text(text + location + "\n}}\n")
        return own


class ReadmeLighttpd(Lighttpd):
    mount = "/refund"

    def argv(self):
        block = replaced(block_with("3b. lighttpd", "fastcgi.server"), {
            "/etc/lighttpd/refund.htpasswd": password_file(self),
            "/usr/lib/cgi-bin/cancelpay.fcgi":
                self.shop.world.bin / "cancelpay.fcgi",
            "/run/lighttpd/cancelpay.sock": self.socket})
        conf = self.write("lighttpd.conf", f"""
server.document-root = "{self.folder}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.upload-dirs = ("{self.folder}")
{block}
""")
        return ["/usr/sbin/lighttpd", "-D", "-f", conf]


def settings(shop_folder_secret, user_param):
    """The README's configuration as this suite's settings."""
    file = configparser.ConfigParser()
    file.read_string(block_with("1. Configure", "[store]"))
    found = {f"{section}.{key}": value for section in file
             for key, value in file[section].items()}
    assert found.pop("store.url").startswith("sqlite:/")
    assert found["auth.user_param"] == "CANCELPAY_USER"
    found["auth.user_param"] = user_param
    found["iamport.key"] = "sandbox_key"
    found["iamport.secret_file"] = shop_folder_secret
    found["iamport.secret"] = None
    return found


@pytest.mark.parametrize("front, user_param", [
    (ReadmeNginx, "CANCELPAY_USER"), (ReadmeLighttpd, "REMOTE_USER")])
def test_a_shop_set_up_by_the_readme_refunds(shops, front, user_param):
    shop = shops.make(front)
    secret = shop.folder / "secret"
    shop.settings = settings(secret, user_param)
    secret.write_text("sandbox_secret\n")
    secret.chmod(0o600)
    give(secret)
    shop.http.auth = (USER, PASSWORD)
    shop.start()
    order = shop.order(10000, merchant_uid="ORD20261101-0000011")

    wrong = shop.post("{}", auth=(USER, "guess"))
    assert wrong.status_code == 401
    line = replaced(block_with("5. Ask for a refund", "curl"), {
        "shop:PASSWORD": f"'{USER}:{PASSWORD}'",
        "https://shop.example/refund": shop.base})
    done = subprocess.run(["bash", "-c", f"{line} -s"], check=True,
                          capture_output=True, text=True)
    assert '"code":"refunded"' in done.stdout, done.stdout
    assert shop.refunds(order)[0]["applied_amount"] == 3000
    assert shop.refunds(order)[0]["caller"] == f"user:{USER}"
    again = subprocess.run(["bash", "-c", f"{line} -s"], check=True,
                           capture_output=True, text=True)
    assert again.stdout == done.stdout
    assert read_json(shop.get(
        "/payments/ORD20261101-0000011"))["refundable_amount"] == 7000
    assert "ORD20261101-0000011" in shop.cli("show", "ORD20261101-0000011")
    shop.audit()


def test_the_readme_shows_the_commands_that_are_there():
    text = (TREE / "README.md").read_text(encoding="utf-8")
    for word in ("tools/demo", "tools/check", "doc/design.md", "HACKING.md",
                 "NEWS"):
        assert word in text
        assert (TREE / word).exists()
