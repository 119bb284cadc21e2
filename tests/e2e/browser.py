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

WIDTH, HEIGHT = 360, 800
# With little motion a page that waits is not drawn sixty times a second.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-extensions",
         "--disable-sync", "--force-prefers-reduced-motion",
         f"--window-size={WIDTH},{HEIGHT}")


class Chromium:
    """One that says it speaks a language; a session's tests share it."""

    def __init__(self, language="en-US"):
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
        self.driver.set_script_timeout(60)
        # What it begins with says things of its own.
        self.driver.get("about:blank")

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)


# Conditions in the refund page: the panel's class; and may a request be sent?
KIND = "document.querySelector('#status .panel')?.classList[1]"
MAY_PRESS = "document.querySelector('#submit:enabled')?.checkVisibility()"


class Page:
    """What a tab shows, and what a person does to it."""

    def __init__(self, driver):
        self.driver = driver

    def speak(self, language):
        """From the next load on."""
        self.driver.execute_cdp_cmd("Network.setUserAgentOverride", {
            "userAgent": "test", "acceptLanguage": language})

    @contextlib.contextmanager
    def speaking(self, language):
        self.speak(language)
        try:
            yield
        finally:
            self.speak("en-US")

    @contextlib.contextmanager
    def finding(self, source):
        """With a script that each page finds done before its own."""
        made = self.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": source})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd(
                "Page.removeScriptToEvaluateOnNewDocument", made)

    def forget_logs(self):
        for name in ("browser", "performance"):
            self.driver.get_log(name)

    def find(self, name):
        return self.driver.find_element(By.ID, name)

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    def awaits(self, condition, what, seconds=20):
        """Until the page itself finds that JavaScript true: to ask it again
        and again from here would keep two processes busy."""
        if not self.driver.execute_async_script(
                "const [end, done] = [performance.now() + arguments[0],"
                " arguments[1]];"
                "(function look() {"
                f" if ({condition}) done(true);"
                " else if (performance.now() > end) done(false);"
                " else setTimeout(look, 15); })();", 1000 * seconds):
            raise AssertionError(f"waited {seconds} s in vain: {what}: "
                                 + self.run("return document.body.innerText"))
        return self

    def click(self, name):
        """With the mouse, where it is; what lies over it gets the click."""
        at = self.run(
            "const element = document.getElementById(arguments[0]);"
            "element.scrollIntoView({ block: 'center',"
            " behavior: 'instant' });"
            "const box = element.getBoundingClientRect();"
            "if (box.width === 0) throw new Error('it is not there');"
            "return { x: box.left + box.width / 2,"
            " y: box.top + box.height / 2 };", name)
        for event in ("mousePressed", "mouseReleased"):
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {
                "type": event, "button": "left", "clickCount": 1, **at})
        return self

    def is_shown(self, name):
        return self.run(
            "const element = document.getElementById(arguments[0]);"
            "return element !== null && element.checkVisibility()", name)

    def fill(self, **fields):
        """Replaces what the fields hold, as if pasted."""
        for name, value in fields.items():
            self.run("const field = document.getElementById(arguments[0]);"
                     "field.focus(); field.select();", name)
            self.driver.execute_cdp_cmd("Input.insertText", {"text": value})
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
