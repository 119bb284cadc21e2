# SPDX-License-Identifier: MIT
"""What the rows of bench/run stand on: a shop with many payments, the
hello-world responder that is its ceiling, load by wrk, and what all of it cost."""

import collections
import os
import pathlib
import resource
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
E2E = HERE.parent / "tests" / "e2e"
sys.path.insert(0, str(E2E))

from fronts import FRONTS, Nginx  # noqa: E402
from shop import Shop  # noqa: E402
from test_sandbox_tls import make_pair  # noqa: E402
from world import Program, give, user_args  # noqa: E402

HZ = os.sysconf("SC_CLK_TCK")

Load = collections.namedtuple(
    "Load", "rate p50 p99 longest good refused others seconds")


class BenchNginx(Nginx):
    """Room for ten thousand clients; writes no line for each, unless told
    which."""
    name = "bench"
    connections = 32768
    log_format = None

    def access_log(self):
        if self.log_format is None:
            return "off"
        return f"{super().access_log()} bench"

    def argv(self):
        if self.log_format is not None:
            self.http_extra = f"log_format bench '{self.log_format}';"
        return super().argv()

    def access_log_lines(self):
        return super().access_log().read_text().splitlines()


FRONTS[BenchNginx.name] = BenchNginx


def many_descriptors():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def compile_c(target, name, *more, folder=HERE):
    """A program or library of that folder's, for the world's users."""
    path = target / name
    subprocess.run(["cc", "-std=gnu11", "-O2", "-o", path, folder / f"{name}.c", *more],
                   check=True)
    path.chmod(0o755)
    return path


class Orders:
    """n payments in a database to be copied, and in a file for the sandbox;
    of more than n_used only those that will be refunded, all over the
    database, are in the file."""

    def __init__(self, world, n, n_used=None):
        self.n = n
        self.step = max(1, n // n_used) if n_used else 1
        folder = world.shop_folder()
        shop = Shop(world, "bench")
        shop.write_config()
        shop.cli("init")
        everything = folder / "all.csv"
        self.write(everything, range(1, n + 1))
        give(everything)
        subprocess.run([world.brief_bin / "cancelpay", "import", everything],
                       env=shop.env(), check=True, stdout=subprocess.DEVNULL, **user_args())
        self.database = shop.database
        self.csv = folder / "orders.csv"
        self.write(self.csv, range(1, n + 1, self.step))
        give(self.csv)

    @staticmethod
    def write(path, numbers):
        with open(path, "w", encoding="ascii") as file:
            file.write("merchant_uid,imp_uid,amount,pay_method\n")
            file.writelines(f"ORD-{i},imp_{i:012d},10000,card\n" for i in numbers)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HZ


def children(pid):
    return [int(x) for x in pathlib.Path(
        f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_mb(pid, field="VmHWM"):
    """The most it ever had."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise AssertionError(field)


class BenchShop(Shop):
    """Its database and the sandbox's payments are made once and copied."""
    is_tls = False
    n_next = 1

    def __init__(self, world, settings=None, front="bench", is_tls=False, orders=None):
        super().__init__(world, front, settings)
        self.bin = world.bin
        self.is_tls = is_tls
        self.payments = orders
        if is_tls:
            self.sandbox_url = self.sandbox_url.replace("http:", "https:")
            cert, self.key = make_pair(self.folder)
            self.settings["iamport.ca_file"] = cert
            self.http.trust_env = False
            self.http.verify = str(cert)

    def config(self):
        values = super().config()
        values.update({"log.level": "warning", "iamport.timeout_ms": 60000,
                       "iamport.send_within_ms": 10000, "iamport.connect_timeout_ms": 5000,
                       "iamport.quiet_ms": 60000, "server.answer_ms": 25000})
        values.update(self.settings)
        return values

    def start(self):
        self.write_config()
        for path in self.payments.database.parent.glob(f"{self.database.name}*"):
            give(shutil.copy2(path, self.folder / path.name))
        os.sync()  # or the first refunds' syncs wait for what was copied
        self.start_sandbox()
        self.start_responder()
        self.start_server()
        return self

    def join(self, shop):
        """One more responder, and its own nginx, at the database of another's."""
        self.settings = {**shop.config(), "server.listen": self.front.socket,
                         "log.target": self.log}
        self.write_config()
        self.start_responder()
        self.start_server()
        return self

    def start_sandbox(self):
        argv = [self.world.bin / "iamport-sandbox", "--port", self.sandbox_port,
                "--payments", self.payments.csv, "--journal", self.folder / "journal.jsonl"]
        if self.is_tls:
            argv += ["--tls-cert", self.folder / "cert.pem", "--tls-key", self.key]
        self.sandbox = Program("sandbox", argv, self.folder, self.env())
        self.sandbox.ready_on(self.sandbox_port)

    def latency(self, ms):
        self.http.post(f"{self.sandbox_url}/sandbox/latency",
                       json={"ms": ms}).raise_for_status()

    def pids(self):
        """Of nginx and the responder."""
        return [self.server.process.pid, *children(self.server.process.pid),
                self.responder.process.pid]

    def load(self, clients, seconds):
        """Refunds, each of an order of its own."""
        step = self.payments.step
        load = wrk(self.url("/payments/cancel"), clients, seconds, self.n_next, step)
        self.n_next += (load.good + load.refused + load.others + clients) * step
        return load

    def agree(self):
        """Won for won: what i'mport paid out and what our book says."""
        self.settle(120)
        applied = sum(line["amount"] for line in self.journal())
        booked = self.rows("SELECT coalesce(sum(applied_amount), 0) AS won, "
                           "count(*) AS n FROM refunds WHERE state = 'succeeded'")[0]
        assert applied == booked["won"], (applied, booked)
        return booked["n"]


class Hello:
    """bench/hello behind an nginx of the same configuration."""

    def __init__(self, world, program, threads, sleep_ms=0):
        self.shop = Shop(world, "bench")
        self.program = Program(
            "hello", [program, self.shop.front.socket, threads, sleep_ms],
            self.shop.folder, self.shop.env())
        self.program.ready_on(self.shop.front.socket)
        self.shop.server = Program(
            "nginx", self.shop.front.argv(), self.shop.folder, self.shop.env())
        self.shop.server.ready_on(self.shop.front.port)

    def load(self, clients, seconds):
        return wrk(self.shop.url("/payments/cancel"), clients, seconds, 1)

    def stop(self):
        self.shop.server.stop()
        self.program.kill()


def wrk(url, clients, seconds, first, step=1, pause_ms=0):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s",
         "-s", HERE / "refunds.lua", url, "--", str(first), str(step), str(pause_ms)],
        capture_output=True, text=True, check=True).stdout
    line = next(x for x in out.splitlines() if x.startswith("RESULT"))
    good, refused, others, us, p50, p99, longest = map(float, line.split()[1:])
    return Load(good / us * 1e6, p50, p99, longest, int(good), int(refused), int(others),
                us / 1e6)


class Cost:
    """Seconds of processor time of some processes while in the block."""

    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        self.before = sum(map(cpu_seconds, self.pids))
        return self

    def __exit__(self, *_):
        self.seconds = sum(map(cpu_seconds, self.pids)) - self.before
