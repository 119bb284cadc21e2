# SPDX-License-Identifier: MIT
"""A real Chromium, and a road to a shop that loses answers."""

import contextlib
import json
import select
import shutil
import socket
import tempfile
import threading

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--window-size=360,800")


class Page:
    """A page in a browser of one language."""

    def __init__(self, language):
        self.profile = tempfile.mkdtemp(prefix="cancelpay-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in FLAGS + (f"--accept-lang={language}",
                             f"--lang={language}",
                             f"--user-data-dir={self.profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            options=options, service=Service("/usr/bin/chromedriver"))
        # What it begins with says things of its own.
        self.driver.get("about:blank")

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def forget_logs(self):
        for name in ("browser", "performance"):
            self.driver.get_log(name)

    def find(self, name):
        return self.driver.find_element(By.ID, name)

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    def fill(self, **fields):
        for name, value in fields.items():
            self.find(name).clear()
            self.find(name).send_keys(value)
        return self

    def requests(self):
        """What went over the network since forget_logs()."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"])
        return [request for request in found
                if request["url"].startswith(("http", "ws"))]

    def complaints(self, is_network_too=False):
        """The console, without answers that are errors on purpose and what
        the browser says of pages of its own."""
        return [entry for entry in self.driver.get_log("browser")
                if (is_network_too or entry["source"] != "network")
                and not entry["message"].startswith("chrome:")]


class Wire:
    """A road to the shop that loses answers while is_cut."""

    def __init__(self, port, shop_port):
        self.shop_port = shop_port
        self.is_cut = False
        self.callers = []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.base = f"http://127.0.0.1:{port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller = self.listener.accept()[0]
                self.callers.append(caller)
                threading.Thread(target=self.carry, args=(caller,),
                                 daemon=True).start()

    def carry(self, caller):
        with caller, contextlib.suppress(OSError), \
                socket.create_connection(
                    ("127.0.0.1", self.shop_port)) as shop:
            while True:
                for end in select.select([caller, shop], [], [])[0]:
                    got = end.recv(65536)
                    if not got or (end is shop and self.is_cut):
                        return
                    (caller if end is shop else shop).sendall(got)

    def close(self):
        # Or accept() would hold the port, and a browser its old connection.
        for end in (self.listener, *self.callers):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.listener.close()
