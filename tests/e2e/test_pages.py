# SPDX-License-Identifier: MIT
"""The pages as files: what a machine can see of them without opening one."""

import base64
import hashlib
import html.parser
import re

import pytest

import npm
from world import TREE

# One worker installs what npm has.
pytestmark = pytest.mark.xdist_group("npm")

WWW = TREE / "www"
PAGES = sorted(WWW.glob("*.html"))


class Parts(html.parser.HTMLParser):
    """The scripts and styles a page loads, [(file, integrity)]."""

    def __init__(self, path):
        super().__init__()
        self.loaded = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "script" and "src" in attrs:
            self.loaded.append((attrs["src"], attrs.get("integrity")))
        elif tag == "link" and attrs["rel"] == "stylesheet":
            self.loaded.append((attrs["href"], attrs.get("integrity")))


def test_no_javascript_is_unused_or_wrong():
    done = npm.run("lint")
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def test_the_react_pages_script_is_what_its_sources_make():
    done = npm.run("build")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == (WWW / "react.js").read_bytes(), "run make www"


# Their names come from what i'mport or the server says.
NAMED_BY_OTHERS = r"(arrival|method|other)_\w+|refund_\w+_wanted"


def test_every_text_is_said_somewhere():
    texts = (WWW / "texts.js").read_text(encoding="utf-8")
    names = re.findall(r"^ {8}(\w+):", texts[:texts.index(" ko: {")], re.M)
    sources = [path.read_text(encoding="utf-8") for path in (
        *WWW.glob("*.html"), *WWW.glob("react/*.jsx"),
        *(WWW / name for name in ("cancelpay.js", "desk.js", "refund.js")),
        *TREE.glob("src/web/*.c"), *TREE.glob("src/core/intent.c"))]
    said = set(re.findall(r'"(\w+)"', "\n".join(sources)))
    unsaid = [name for name in names
              if name.removesuffix("_detail") not in said
              and not re.fullmatch(NAMED_BY_OTHERS, name)]
    assert len(names) > 100 and unsaid == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_script_and_style_has_its_hash(page):
    loaded = Parts(page).loaded
    assert loaded
    for name, integrity in loaded:
        assert "//" not in name, "not one of ours"
        digest = hashlib.sha384((WWW / name).read_bytes()).digest()
        wanted = f"sha384-{base64.b64encode(digest).decode()}"
        assert integrity == wanted, f"{name}: run tools/integrity"


def test_what_others_wrote_is_named_with_its_licence():
    told = (WWW / "vendor" / "README.md").read_text(encoding="utf-8")
    for path in (WWW / "vendor").iterdir():
        assert path.name == "README.md" or path.name in told, path.name


def test_the_lock_names_hashes_and_no_addresses():
    lock = (WWW / "react" / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock and "://registry" not in lock
    assert len(re.findall('"integrity": "sha512-', lock)) == \
        len(re.findall('"node_modules/', lock)) > 0
