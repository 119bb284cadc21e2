# SPDX-License-Identifier: MIT
"""The web program refuses to start on what it should not touch, and says
why: exit status 2 and one line that names the place."""

import sqlite3
import subprocess

import pytest

from world import give, user_args


@pytest.fixture
def shop(shops):
    """Not started: configuration and database only."""
    shop = shops.make()
    shop.write_config()
    return shop


def start(shop, *args, env=None):
    return subprocess.run(
        [shop.world.bin / "cancelpay.fcgi", *args], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
        env={**shop.env(), **(env or {})}, cwd=shop.folder, **user_args())


def refused(shop, *words, **args):
    done = start(shop, **args)
    assert done.returncode == 2, done
    said = done.stderr.strip()
    assert len(said.splitlines()) == 1, said
    for word in words:
        assert word in said, said
    # The same is found without starting.
    checked = start(shop, "--check-config", **args)
    assert checked.returncode == 2, checked
    assert not shop.front.socket.exists()
    return said


def test_a_missing_database_is_not_created(shop):
    refused(shop, str(shop.database))
    assert not shop.database.exists()


def test_a_file_that_is_no_database(shop):
    shop.database.write_text("no database " * 1000)
    give(shop.database)
    before = shop.database.read_bytes()
    refused(shop, str(shop.database))
    assert shop.database.read_bytes() == before


def test_a_database_of_somebody_elses(shop):
    with sqlite3.connect(shop.database) as other:
        other.execute("CREATE TABLE payments (imp_uid TEXT)")
    other.close()
    give(shop.database)
    before = shop.database.read_bytes()
    refused(shop, str(shop.database))
    assert shop.database.read_bytes() == before


@pytest.mark.parametrize("version", [0, 99])
def test_a_database_of_another_version(shop, version):
    shop.cli("init")
    with sqlite3.connect(shop.database) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    refused(shop, str(shop.database))


def test_a_missing_fingerprint_key(shop):
    shop.cli("init")
    key = shop.database.with_suffix(".db.key")
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    refused(shop, str(key))
    assert not key.exists()


def edit(shop, old, new):
    text = shop.config_file.read_text()
    assert old in text
    shop.config_file.write_text(text.replace(old, new))
    return text[:text.index(old)].count("\n") + 1


MISTAKES = [
    ("bad number", "answer_ms = 10000", "answer_ms = soon", "answer_ms"),
    ("out of range", "answer_ms = 10000", "answer_ms = 0", "answer_ms"),
    ("unknown key", "answer_ms = 10000", "anser_ms = 10000", "anser_ms"),
    ("unknown mode", "mode = none", "mode = nobody", "mode"),
    ("plain http", "base_url = http://127.0.0.1", "base_url = http://a.kr",
     "base_url"),
    ("relative path", "url = sqlite:/", "url = sqlite:./", "url"),
    ("forgeable user", "mode = none",
     "mode = remote-user\nuser_param = HTTP_USER", "user_param"),
]


@pytest.mark.parametrize("old, new, key", [row[1:] for row in MISTAKES],
                         ids=[row[0] for row in MISTAKES])
def test_a_mistake_in_the_configuration(shop, old, new, key):
    shop.cli("init")
    line = edit(shop, old, new) + new.count("\n")
    refused(shop, f"{shop.config_file}:{line}:", key)


def test_a_secret_that_others_may_read(shop):
    shop.cli("init")
    shop.config_file.chmod(0o644)
    said = refused(shop, str(shop.config_file), "secret")
    assert "sandbox_secret" not in said


def test_a_mistake_in_the_environment(shop):
    shop.cli("init")
    refused(shop, "CANCELPAY_SERVER_ANSWER_MS",
            env={"CANCELPAY_SERVER_ANSWER_MS": "soon"})
    refused(shop, "CANCELPAY_SERVER_ANSER_MS",
            env={"CANCELPAY_SERVER_ANSER_MS": "1"})


def test_all_is_well(shop):
    shop.cli("init")
    done = start(shop, "--check-config")
    assert done.returncode == 0, done


def test_a_mistake_behind_cgi_is_a_500_without_inner_words(shops):
    shop = shops.make("cgi")
    shop.write_config()
    done = start(shop, env={
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/x.cgi/healthz", "SCRIPT_NAME": "/x.cgi",
        "PATH_INFO": "/healthz", "SERVER_PROTOCOL": "HTTP/1.1"})
    assert done.stdout.startswith("Status: 500"), done
    assert "application/problem+json" in done.stdout
    assert str(shop.folder) not in done.stdout
    assert str(shop.database) in done.stderr
    assert not shop.database.exists()
