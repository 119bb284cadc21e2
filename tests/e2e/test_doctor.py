# SPDX-License-Identifier: MIT
"""cancelpay doctor: quiet on a good shop, and on each bad thing one finding
that says what it is."""

import contextlib
import http.server
import json
import sqlite3
import threading

import pytest
import requests

from test_cli import refused, run
from world import give

OPEN_REFUND = """
INSERT INTO refunds (id, marker, imp_uid, amount, checksum, state, fingerprint,
    caller, requester, known_cancellations, send_by_ms, deadline_ms,
    next_check_ms, created_ms)
VALUES ('0123456789', '0123456789', ?, 100, 10000, 'needs_review',
    zeroblob(32), 'none', 'admin', '[]', 1, 1, 1, 1)"""


class Bent(http.server.BaseHTTPRequestHandler):
    """i'mport as it should not be: the sandbox behind one that changes what
    is asked and answered."""

    protocol_version = "HTTP/1.1"

    def pass_on(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        answer = requests.request(
            self.command, self.server.sandbox + self.path,
            json=self.server.ask(body), timeout=30,
            headers={name: self.headers[name] for name in ("Authorization",)
                     if name in self.headers})
        reply = json.dumps(self.server.answer(answer.json())).encode()
        self.send_response_only(answer.status_code)
        if self.server.has_date:
            self.send_header("Date", answer.headers["Date"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = pass_on

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def bent(shop, ask=lambda body: body, answer=lambda body: body,
         has_date=True):
    """The environment in which i'mport is that one."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bent)
    server.sandbox, server.has_date = shop.sandbox_url, has_date
    server.ask, server.answer = ask, answer
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {"CANCELPAY_IAMPORT_BASE_URL":
               f"http://127.0.0.1:{server.server_port}"}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def without(body, name):
    """The same without that member, however deep."""
    if isinstance(body, dict):
        return {key: without(value, name) for key, value in body.items()
                if key != name}
    if isinstance(body, list):
        return [without(value, name) for value in body]
    return body


@pytest.fixture
def shop(shops):
    """A database and i'mport; no responder."""
    shop = shops.make()
    shop.write_config()
    shop.cli("init")
    shop.start_sandbox()
    return shop


@contextlib.contextmanager
def writing(shop):
    """The database without any of the program's care."""
    connection = sqlite3.connect(shop.database)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def doctor(shop, status, env=None):
    """The findings, which come to that exit status."""
    done = run(shop, "doctor", "--json", env=env)
    assert done.returncode == status, done
    assert done.stderr == "", done
    return json.loads(done.stdout)


def not_good(findings):
    return [(one["check"], one["state"]) for one in findings
            if one["state"] != "ok"]


def only(shop, status, check, state, *says, env=None):
    """There is no other finding than this one."""
    findings = doctor(shop, status, env)
    assert set(not_good(findings)) == {(check, state)}, findings
    texts = " ".join(one["text"] for one in findings
                     if one["state"] != "ok")
    for word in says:
        assert word in texts, texts


# ---- a good shop -----------------------------------------------------------

def test_a_good_shop_is_ok(shop):
    findings = doctor(shop, 0)
    assert [one["check"] for one in findings] == [
        "configuration", "file system", "locking", "database", "key file",
        "permissions", "web root", "refunds", "i'mport", "clock"]
    assert not_good(findings) == []


def test_people_get_a_line_each(shop):
    done = run(shop, "doctor")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert len(lines) == 10
    assert all(line.startswith("ok    ") for line in lines), lines
    assert f"ok    configuration: {shop.config_file}" in lines


def test_it_changes_nothing(shop):
    def state():
        with shop.db() as connection:
            dump = list(connection.iterdump())
        return dump, sorted(path.name for path in shop.folder.iterdir()
                            if not path.name.endswith(("-wal", "-shm")))
    before = state()
    doctor(shop, 0)
    assert state() == before
    assert shop.journal() == []


# ---- configuration ---------------------------------------------------------

@pytest.mark.parametrize("args", [["more"], ["--nothing"], ["--yes"],
                                  ["--live"]], ids=" ".join)
def test_wrong_usage_is_2(shop, args):
    refused(shop, 2, "doctor", *args)


def test_a_configuration_that_can_not_be_read_ends_it(shop):
    shop.config_file.write_text("[shop]\nname = x\n")
    findings = doctor(shop, 3)
    assert not_good(findings) == [("configuration", "fail")]
    assert len(findings) == 1
    assert "[shop]" in findings[0]["text"]


def test_a_secret_others_may_read_is_told(shop):
    shop.config_file.chmod(0o644)
    only(shop, 3, "configuration", "fail", "0644")


def test_without_auth_mode_no_refund_is_served(shops):
    shop = shops.make(settings={"auth.mode": None})
    shop.write_config()
    shop.cli("init")
    shop.start_sandbox()
    only(shop, 1, "configuration", "warn", "[auth] mode")


# ---- the database ----------------------------------------------------------

def test_a_missing_database_is_told(shop):
    for path in shop.folder.glob("cancelpay.db*"):
        if path.suffix != ".key":
            path.unlink()
    findings = doctor(shop, 3)
    assert set(not_good(findings)) == {("database", "fail"),
                                       ("refunds", "fail")}
    assert "cancelpay init" in findings[3]["text"]
    assert not shop.database.exists()


def test_the_database_of_another_program_is_told(shop):
    with writing(shop) as connection:
        connection.execute("PRAGMA application_id = 1")
    findings = doctor(shop, 3)
    assert ("database", "fail") in not_good(findings)
    assert "another program" in findings[3]["text"]


def test_another_version_is_told(shop):
    with writing(shop) as connection:
        connection.execute("PRAGMA user_version = 99")
    findings = doctor(shop, 3)
    assert ("database", "fail") in not_good(findings)
    assert "newer cancelpay" in findings[3]["text"]


def test_a_damaged_database_is_told(shop):
    with writing(shop) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_schema "
            "WHERE name = 'refunds_created'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(shop.database, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    only(shop, 3, "database", "fail")


def test_a_row_that_points_to_nothing_is_told(shop):
    with writing(shop) as connection:
        connection.execute("INSERT INTO cancellations VALUES "
                           "('imp_gone', 'c1', 100, 0, NULL, NULL, 0)")
    only(shop, 3, "database", "fail", "foreign_key_check", "cancellations")


def test_a_database_without_wal_is_told(shop):
    with writing(shop) as connection:
        assert connection.execute(
            "PRAGMA journal_mode = DELETE").fetchone()[0] == "delete"
    only(shop, 3, "database", "fail", "wal", "cancelpay init")
    shop.cli("init")
    doctor(shop, 0)


def test_a_refund_for_a_person_is_told(shop):
    order = shop.order()
    with writing(shop) as connection:
        connection.execute(OPEN_REFUND, (order.imp_uid,))
    only(shop, 1, "refunds", "warn", "1 open", "1 for a person",
         "list --stuck")


# ---- files -----------------------------------------------------------------

@pytest.mark.parametrize("mode, status, state", [
    (0o644, 3, "fail"), (0o602, 3, "fail"), (0o640, 1, "warn")],
    ids=("0644", "0602", "0640"))
def test_a_database_others_may_read_is_told(shop, mode, status, state):
    shop.database.chmod(mode)
    only(shop, status, "permissions", state, f"{mode:04o}", "chmod 0600")


def test_a_wal_others_may_read_is_told(shop):
    wal = shop.folder / "cancelpay.db-wal"
    with writing(shop) as connection:  # so that the file stays
        connection.execute("INSERT INTO tokens VALUES ('a', 't', 0)")
        connection.commit()
        wal.chmod(0o644)
        only(shop, 3, "permissions", "fail", "cancelpay.db-wal")


def test_a_key_file_others_may_read_is_told(shop):
    (shop.folder / "cancelpay.db.key").chmod(0o640)
    findings = doctor(shop, 3)
    assert set(not_good(findings)) == {("key file", "fail"),
                                       ("permissions", "fail")}


def test_a_missing_key_file_is_told(shop):
    (shop.folder / "cancelpay.db.key").unlink()
    only(shop, 3, "key file", "fail", "cancelpay init")


@pytest.mark.parametrize("mode", [0o777, 0o1777], ids=("0777", "1777"))
def test_a_folder_everybody_may_write_to_is_told(shop, mode):
    shop.folder.chmod(mode)
    only(shop, 3, "permissions", "fail", f"{mode:04o}", "chmod o-w")


def test_a_folder_that_is_not_there_is_told(shop):
    other = shop.folder / "elsewhere"
    findings = doctor(shop, 3, {
        "CANCELPAY_STORE_URL": f"sqlite:{other}/cancelpay.db"})
    assert ("file system", "fail") in not_good(findings)
    assert ("locking", "fail") in not_good(findings)


@pytest.mark.parametrize("way", ["straight", "through a link"])
def test_what_the_web_server_would_hand_out_is_told(shop, way):
    root = shop.folder
    if way != "straight":
        root = shop.folder / "pages"
        root.symlink_to(shop.folder)
    findings = doctor(shop, 3, {"CANCELPAY_SERVER_STATIC_DIR": str(root)})
    assert set(not_good(findings)) == {("web root", "fail")}
    bad = [one["text"] for one in findings if one["state"] == "fail"]
    for path in (shop.database, f"{shop.database}.key", shop.config_file,
                 shop.log):
        assert any(text.startswith(f"{path} lies below") for text in bad)


def test_a_folder_of_nearly_the_same_name_is_no_web_root(shop):
    root = shop.folder / "cancelpay"  # beside cancelpay.db
    root.mkdir()
    doctor(shop, 0, {"CANCELPAY_SERVER_STATIC_DIR": str(root)})


def test_pages_that_are_not_there_are_told(shop):
    only(shop, 1, "web root", "warn", "static_dir", env={
        "CANCELPAY_SERVER_STATIC_DIR": str(shop.folder / "none")})


def test_links_are_followed_to_where_the_database_lies(shop):
    far = shop.folder / "far"
    far.mkdir()
    give(far)
    shop.database.rename(far / "real.db")
    shop.database.symlink_to(far / "real.db")
    doctor(shop, 0)
    far.chmod(0o777)
    only(shop, 3, "permissions", "fail", f"{far} has mode 0777")


# ---- i'mport ---------------------------------------------------------------

def test_no_answer_of_theirs_is_a_warning(shop):
    shop.sandbox.stop()
    findings = doctor(shop, 1)
    assert not_good(findings) == [("i'mport", "warn"), ("clock", "warn")]


def test_a_refused_secret_is_told_and_not_shown(shop):
    findings = doctor(shop, 1, {"CANCELPAY_IAMPORT_SECRET": "no_such_thing"})
    assert not_good(findings) == [("i'mport", "warn"), ("clock", "warn")]
    texts = json.dumps(findings)
    assert "refused key and secret" in texts
    assert "no_such_thing" not in texts


@pytest.mark.parametrize("quiet_ms, status, state", [
    (200000, 1, "warn"), (5000, 3, "fail")])
def test_clocks_that_differ_are_told(shop, quiet_ms, status, state):
    shop.control("POST", "clock", {"advance_ms": 100000})
    only(shop, status, "clock", state, "s behind i'mport's",
         env={"CANCELPAY_IAMPORT_QUIET_MS": str(quiet_ms)})


# ---- --live ----------------------------------------------------------------

def live(shop, order, status, env=None):
    """The findings by what they are about, and what was announced."""
    done = run(shop, "doctor", "--json", "--live", order.imp_uid, "--yes",
               env=env)
    assert done.returncode == status, done
    findings = json.loads(done.stdout)
    assert len({one["check"] for one in findings}) == len(findings)
    return {one["check"]: one["state"] for one in findings}, done


def rest_of(shop, order):
    (row,) = shop.rows("SELECT * FROM payments WHERE imp_uid = ?",
                       order.imp_uid)
    return row["amount"] - row["cancel_amount"]


ALL_HOLD = {"checksum": "holds", "refund": "holds", "marker": "holds",
            "cancellation_id": "holds", "history": "holds", "Date": "holds"}


@pytest.mark.parametrize("known", [True, False], ids=("known", "unknown"))
def test_what_we_rely_on_holds_in_the_sandbox(shop, known):
    order = shop.order(known=known)
    found, done = live(shop, order, 0)
    assert found == ALL_HOLD
    assert "cancel 100 KRW with a wrong checksum" in done.stderr
    (line,) = shop.journal(order)
    (row,) = shop.refunds(order)
    assert (line["amount"], row["amount"], row["state"]) == (
        100, 100, "succeeded")
    assert line["reason"] == f"cancelpay doctor [cp:{row['id']}]"
    assert shop.cancels_received(order) == 2
    assert rest_of(shop, order) == 9900
    shop.audit()


def test_it_holds_again_on_what_is_left(shop):
    order = shop.order(amount=250)
    assert live(shop, order, 0)[0] == ALL_HOLD
    shop.console_cancel(order, 100)
    assert live(shop, order, 0)[0] == ALL_HOLD
    assert [line["amount"] for line in shop.journal(order)] == [100, 100, 49]
    assert "less than 2" in refused(
        shop, 1, "doctor", "--live", order.imp_uid, "--yes")
    shop.audit()


def test_people_see_what_will_be_done_and_what_holds(shop):
    order = shop.order(amount=1250, currency="USD")
    done = run(shop, "doctor", "--live", order.imp_uid, "--yes")
    assert done.returncode == 0, done
    assert done.stderr == ""
    assert "12.50 USD left" in done.stdout
    assert "refund 1.00 USD" in done.stdout
    assert len([line for line in done.stdout.splitlines()
                if line.startswith("holds ")]) == len(ALL_HOLD)
    assert rest_of(shop, order) == 1150


def test_without_yes_nothing_is_sent(shop):
    order = shop.order()
    done = run(shop, "doctor", "--live", order.imp_uid)
    assert done.returncode == 1, done
    assert "1. " in done.stdout and "2. " in done.stdout
    assert "--yes" in done.stderr
    assert shop.cancels_received(order) == 0
    assert shop.refunds(order) == []


@pytest.mark.parametrize("how, says", [
    ({"status": "ready", "paid_at": 0}, "not paid"),
    ({"method": "vbank"}, "card"),
    ({"amount": 1}, "less than 2"),
    ({"there": False}, "no such payment")],
    ids=("not paid", "vbank", "too little", "not there"))
def test_a_payment_that_does_not_do_is_refused(shop, how, says):
    order = shop.order(**how)
    refused(shop, 1, "doctor", "--live", order.imp_uid, "--yes",
            says=[says])
    assert shop.cancels_received(order) == 0


def test_real_money_is_refused(shop):
    shop.sandbox.stop()
    shop.start_sandbox("--live")
    order = shop.order()
    refused(shop, 1, "doctor", "--live", order.imp_uid, "--yes",
            says=["live channel"])
    assert shop.cancels_received(order) == 0


def test_a_payment_with_a_refund_under_way_is_refused(shop):
    order = shop.order()
    with writing(shop) as connection:
        connection.execute(OPEN_REFUND, (order.imp_uid,))
    refused(shop, 1, "doctor", "--live", order.imp_uid, "--yes",
            says=["0123456789 has not ended"])
    assert shop.cancels_received(order) == 0


def test_without_an_answer_it_is_3(shop):
    order = shop.order()
    shop.sandbox.stop()
    refused(shop, 3, "doctor", "--live", order.imp_uid, "--yes",
            says=["no answer from i'mport"])


@pytest.mark.parametrize("fault", ["no_reason", "short_reason"])
def test_a_lost_marker_is_found_out(shop, fault):
    order = shop.order()
    shop.fault(fault)
    found, _ = live(shop, order, 1)
    assert found == {**ALL_HOLD, "marker": "fails"}
    shop.calm()
    assert rest_of(shop, order) == 9900


def test_a_pg_that_declines_says_nothing_of_checksums(shop):
    order = shop.order()
    shop.fault("pg_refusal", imp_uid=order.imp_uid)
    found, done = live(shop, order, 1)
    assert found == {"checksum": "unknown", "refund": "fails"}
    assert "but so may be a right one" in done.stdout
    assert shop.journal(order) == []


def test_a_lost_answer_ends_it_before_the_refund(shop):
    order = shop.order()
    shop.fault("drop_before", route="cancel", count=1)
    found, _ = live(shop, order, 1)
    assert found == {"checksum": "unknown"}
    assert shop.refunds(order) == []
    assert shop.journal(order) == []


def test_a_checksum_that_is_not_looked_at_is_found_out(shop):
    order = shop.order()
    with bent(shop, ask=lambda body: without(body, "checksum")) as env:
        found, _ = live(shop, order, 1, env)
    assert found == {"checksum": "fails"}
    # What went wrong moved money, once, and the book knows.
    assert [line["amount"] for line in shop.journal(order)] == [100]
    assert rest_of(shop, order) == 9900
    assert shop.refunds(order) == []


def test_a_channel_that_is_not_told_is_refused(shop):
    order = shop.order()
    with bent(shop, answer=lambda body: without(body, "sandbox")) as env:
        refused(shop, 1, "doctor", "--live", order.imp_uid, "--yes",
                says=["does not say"], env=env)
    assert shop.cancels_received(order) == 0


def test_missing_ids_are_found_out(shop):
    order = shop.order()
    with bent(shop, answer=lambda body: without(
            body, "cancellation_id")) as env:
        found, _ = live(shop, order, 1, env)
    assert found == {**ALL_HOLD, "cancellation_id": "fails"}


def test_a_missing_date_is_found_out(shop):
    order = shop.order()
    with bent(shop, has_date=False) as env:
        found, _ = live(shop, order, 1, env)
        assert found == {**ALL_HOLD, "Date": "fails"}
        only(shop, 1, "clock", "warn", "Date", env=env)


def test_a_history_that_hides_a_cancel_is_found_out(shop):
    order = shop.order()
    shop.console_cancel(order, 500)

    def hide(body):
        response = body.get("response") or {}
        if len(response.get("cancel_history") or []) > 1:
            del response["cancel_history"][0]
        return body
    with bent(shop, answer=hide) as env:
        found, _ = live(shop, order, 1, env)
    assert found == {**ALL_HOLD, "history": "fails"}


def test_a_copy_that_lags_behind_is_waited_for(shop):
    order = shop.order()
    shop.fault("stale_read", route="read", ms=1000)
    assert live(shop, order, 0)[0] == ALL_HOLD
