# SPDX-License-Identifier: MIT
"""What makes a mistake in the programs hard to use against the shop: how they
are linked, and what systemd lets the responder do."""

import re
import shutil
import subprocess

import pytest

from world import PROGRAMS, TREE

UNITS = ("cancelpay.service", "cancelpay.socket")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="wants systemd-analyze")


def run(*argv, good=(0,)):
    done = subprocess.run([str(arg) for arg in argv], capture_output=True,
                          check=False, text=True)
    assert done.returncode in good, done
    return done.stdout + done.stderr


@pytest.fixture(params=PROGRAMS)
def program(request, world):
    """One as it is installed: built without sanitizers, and to count no
    branches."""
    path = world.brief_bin / request.param
    if b"__asan_init" in path.read_bytes() or b".gcda" in path.read_bytes():
        pytest.skip("built in another way than what is installed")
    return path


def test_a_program_is_linked_to_resist(program):
    said = run("readelf", "--wide", "--file-header", "--program-headers",
               "--dynamic", program)
    # Where it lies in memory differs each time.
    assert re.search(r"Type:\s+DYN", said)
    assert re.search(r"\(FLAGS_1\).*\bPIE\b", said)
    # What the loader has bound can't be written any more (full RELRO).
    assert re.search(r"^\s*GNU_RELRO\s", said, re.MULTILINE)
    assert re.search(r"\(FLAGS_1\).*\bNOW\b", said)
    # What can be written can't be run, the stack neither.
    segments = re.findall(
        r"^\s*(LOAD|GNU_STACK)(?:\s+0x\w+){5}\s+([RWE ]{3})\s", said,
        re.MULTILINE)
    assert {name for name, _ in segments} == {"LOAD", "GNU_STACK"}
    assert not [flags for _, flags in segments
                if "W" in flags and "E" in flags]
    assert dict(segments)["GNU_STACK"] == "RW "
    # No library comes from where somebody else may write.
    assert not re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", said)


def test_a_program_looks_after_its_buffers(program):
    symbols = run("readelf", "--wide", "--dyn-syms", program)
    assert "__stack_chk_fail@" in symbols
    # _FORTIFY_SOURCE checks the length of what is copied and printed.
    assert re.search(r"__v?snprintf_chk@", symbols)


# ---- the unit --------------------------------------------------------------

@pytest.fixture
def units(world, tmp_path):
    """The samples, naming a program and manuals that are here."""
    for name in UNITS:
        text = (TREE / "etc" / name).read_text(encoding="utf-8")
        text = text.replace("/usr/lib/cgi-bin", str(world.brief_bin))
        text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@needs_systemd
def test_systemd_knows_every_line_of_the_units(units):
    assert run("systemd-analyze", "verify", "--man=no",
               units / "cancelpay.service") == ""


@needs_systemd
def test_the_unit_leaves_little_to_a_responder_gone_astray(units):
    """The figure that doc/security.md states is this one's."""
    said = run("systemd-analyze", "security", "--offline=true",
               units / "cancelpay.service")
    [level] = re.findall(r"Overall exposure level .*: ([0-9.]+)", said)
    text = (TREE / "doc" / "security.md").read_text(encoding="utf-8")
    assert f"**{level}**" in text


# ---- the page about it -----------------------------------------------------

def test_every_test_that_the_page_names_is_there():
    text = (TREE / "doc" / "security.md").read_text(encoding="utf-8")
    files = set(re.findall(r"(?<![/\w])test_[a-z_]+", text))
    names = set(re.findall(r"`((?:[a-z0-9]+_){2,}[a-z0-9]+)`", text))
    folders = set(re.findall(r"tests/[a-z0-9/-]+", text))
    assert len(files) > 5 and len(names) > 5 and len(folders) > 3
    there = ""
    for name in files:
        there += (TREE / "tests" / "e2e" / f"{name}.py").read_text(
            encoding="utf-8")
    assert [name for name in names if name not in there] == []
    for name in folders:
        path = TREE / name
        assert path.is_dir() or path.with_suffix(".c").exists(), name
