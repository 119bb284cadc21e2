# SPDX-License-Identifier: MIT
"""axe-core finds nothing in any state of any page."""

import contextlib
import functools

import pytest

import axe
import scenes
from browser import Page

pytestmark = pytest.mark.xdist_group("axe")

# Each language once.
LANGUAGES = {"index": "ko-KR", "react": "en-US", "plain": "ko-KR"}
SCENES = [(client, state) for client in ("index", "react")
          for state in scenes.PAGE] + \
    [("plain", state) for state in scenes.PLAIN]


@pytest.fixture(scope="module")
def browsers():
    """browsers(language)"""
    with contextlib.ExitStack() as stack:
        @functools.cache
        def browser(language):
            page = Page(language)
            stack.callback(page.quit)
            return page
        yield browser


@pytest.fixture(scope="module")
def shop(lasting_shops):
    return lasting_shops.make("nginx", settings=scenes.SETTINGS).start()


@pytest.mark.parametrize("client, state", SCENES,
                         ids=[scenes.name_of(*scene) for scene in SCENES])
def test_axe_finds_nothing(shop, browsers, client, state):
    page = browsers(LANGUAGES[client])
    stage = scenes.Stage(shop, page.driver, client)
    with scenes.played(stage, state):
        stage.paint("light")
        axe.check(page.driver, f"{client}, {state.__name__}")
        # The React page has the same style sheet.
        if client != "react":
            stage.paint("dark")
            axe.check(page.driver, f"{client}, {state.__name__}, dark",
                      ["color-contrast"])
