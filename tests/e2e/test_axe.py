# SPDX-License-Identifier: MIT
"""axe-core finds nothing in any state of any page."""

import pytest

import axe
import scenes

pytestmark = pytest.mark.xdist_group("axe")

# Each language once.
LANGUAGES = {"index": "ko-KR", "react": "en-US", "plain": "ko-KR"}
SCENES = [(client, state) for client in ("index", "react")
          for state in scenes.PAGE] + \
    [("plain", state) for state in scenes.PLAIN]

DARK = [("index", state) for state in (
    scenes.order_wrong, scenes.form_part, scenes.form_account_wrong,
    scenes.refunded, scenes.declined, scenes.frozen, scenes.balance_changed,
    scenes.sending, scenes.not_yet_known, scenes.awaiting_approval)]


@pytest.fixture(scope="module")
def shop(lasting_shops):
    return lasting_shops.make("nginx", settings=scenes.SETTINGS).start()


@pytest.fixture(scope="module")
def stages(shop, chromium):
    stages = {client: scenes.Stage(shop, chromium.driver, client)
              for client in LANGUAGES}
    with stages["index"].finding(axe.source()):
        yield stages
    stages["index"].calm()
    stages["index"].paint("")
    stages["index"].speak("en-US")


@pytest.mark.parametrize("client, state", SCENES,
                         ids=[scenes.name_of(*scene) for scene in SCENES])
def test_axe_finds_nothing(stages, client, state):
    stage = stages[client]
    stage.speak(LANGUAGES[client])
    stage.play(state)
    stage.paint("light")
    axe.check(stage.driver, f"{client}, {state.__name__}")
    # Whatever has a colour of its own; React's has the same style sheet.
    if client == "plain" or (client, state) in DARK:
        stage.paint("dark")
        axe.check(stage.driver, f"{client}, {state.__name__}, dark",
                  ["color-contrast"])
