# SPDX-License-Identifier: MIT
"""What the end-to-end tests stand on: where the programs are, who runs them,
free ports, waiting for a condition, and a program with its log.

Started by root, everything runs as www-data, as it would in a shop; started by
anybody else, as that user."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(
    os.environ.get("CANCELPAY_BUILD", TREE / "build-check")).resolve()
# Another build of the same, without sanitizers: for what is started anew for
# each request, where their own start would be nearly all of its life, and for
# every shop but those behind nginx.
BRIEF_BUILD = pathlib.Path(
    os.environ.get("CANCELPAY_BRIEF_BUILD", BUILD)).resolve()
# What those not of the brief build run under, such as valgrind.
UNDER = os.environ.get("CANCELPAY_UNDER", "")
PROGRAMS = ("cancelpay.fcgi", "cancelpay", "iamport-sandbox")

SERVER_USER = "www-data"

# Below the range the kernel takes ports for outgoing connections from; each
# pytest-xdist worker has its own stretch.
PORTS_FIRST = 18000
PORTS_EACH = 500


def user_args():
    """How subprocess starts a program as the server's user."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(SERVER_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def as_user(argv, env):
    """argv for subprocess, and arguments: as user_args(), but by setpriv, as
    Python would copy all of itself first (20 ms); which would have a library
    that is to be put under the program put under itself."""
    argv = [str(arg) for arg in argv]
    if os.geteuid() != 0 or "LD_PRELOAD" in env:
        return argv, user_args()
    return ["setpriv", "--reuid", SERVER_USER, "--regid", SERVER_USER,
            "--clear-groups", "--", *argv], {}


def give(path):
    """Hands a file or folder to the server's user."""
    if os.geteuid() == 0:
        shutil.chown(path, SERVER_USER, SERVER_USER)
    return path


def until(condition, what, seconds=20.0):
    """What condition() says once it is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


class Ports:
    def __init__(self):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        self.next = PORTS_FIRST + int(worker[2:]) * PORTS_EACH

    def take(self):
        while True:
            port = self.next
            self.next += 1
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue


PORTS = Ports()


def is_listening(address):
    """address: a port of loopback or the path of a unix socket."""
    family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
    target = ("127.0.0.1", address) if isinstance(address, int) \
        else str(address)
    with socket.socket(family) as probe:
        probe.settimeout(1)
        try:
            probe.connect(target)
            return True
        except OSError:
            return False


class Program:
    """A program in the foreground, its output in FOLDER/NAME.log."""

    def __init__(self, name, argv, folder, env):
        self.name = name
        self.log = pathlib.Path(folder) / f"{name}.log"
        argv, user = as_user(argv, env)
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=env, cwd=folder, **user)

    def is_running(self):
        return self.process.poll() is None

    def ready_on(self, address):
        def check():
            assert self.is_running(), (
                f"{self.name} ended with {self.process.returncode}: "
                + self.log.read_text(errors="replace")[-2000:])
            return is_listening(address)
        until(check, f"{self.name} listens on {address}")
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, how=signal.SIGTERM, seconds=20):
        """Its exit status."""
        if self.is_running():
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop") from None


class World:
    """The programs and pages where every user may run and read them."""

    def __init__(self):
        self.folder = pathlib.Path(
            tempfile.mkdtemp(prefix="cancelpay-e2e-"))
        self.folder.chmod(0o755)
        self.bin = self.install("bin", BUILD, UNDER)
        self.brief_bin = self.install("brief-bin", BRIEF_BUILD)
        self.www = self.folder / "www"
        shutil.copytree(TREE / "www", self.www)
        for path in self.www.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.www.chmod(0o755)
        self.tsan_supp = self.folder / "tsan.supp"
        shutil.copy(TREE / "tests" / "tsan.supp", self.tsan_supp)
        self.count = 0

    def install(self, name, build, under=""):
        folder = self.folder / name
        folder.mkdir()
        for program in PROGRAMS:
            path = folder / program
            shutil.copy2(build / program, path)
            if under:
                real = path.rename(folder / f"{program}.real")
                path.write_text(f'#!/bin/sh\nexec {under} {real} "$@"\n')
                path.chmod(0o755)
        return folder

    def shop_folder(self):
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir(mode=0o755)
        return give(folder)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
