# SPDX-License-Identifier: MIT
"""Fixtures of the end-to-end tests: real programs behind real web servers,
against iamport-sandbox.  CANCELPAY_BUILD names the folder of the programs;
CANCELPAY_BRIEF_BUILD may name another one, for the command and for all fronts
but nginx: with the sanitizers the first, without the second."""

import pytest

from bare import BareShop
from browser import Chromium
from fronts import FRONTS
from saying import pytest_terminal_summary, say  # noqa: F401
from shop import Shop
from world import World


@pytest.fixture(scope="session")
def world():
    world = World()
    yield world
    world.remove()


@pytest.fixture(scope="session")
def chromium():
    """The one of this worker, in English; who makes it speak something else,
    or look otherwise, takes that back."""
    chromium = Chromium()
    yield chromium
    chromium.quit()


class Shops:
    """Makes shops and ends them; the logs of those alive explain a failure."""

    alive = []

    def __init__(self, world):
        self.world = world
        self.made = []

    def make(self, front="nginx", **args):
        return self.keep(Shop(self.world, front, **args))

    def make_bare(self, settings=None):
        """A shop without a web server."""
        return self.keep(BareShop(self.world, settings=settings))

    def keep(self, shop):
        self.made.append(shop)
        Shops.alive.append(shop)
        return shop

    def end(self):
        wrong = []
        for shop in self.made:
            try:
                shop.stop()
            except AssertionError as error:
                wrong.append(str(error))
            Shops.alive.remove(shop)
        assert not wrong, "\n".join(wrong)


@pytest.fixture
def shops(world):
    """Shops of one test's own: shops.make(front, settings=...).start()"""
    shops = Shops(world)
    yield shops
    shops.end()


@pytest.fixture
def bare(shops):
    """bare(settings): a shop without a web server."""
    return shops.make_bare


@pytest.fixture(scope="module")
def lasting_shops(world):
    shops = Shops(world)
    yield shops
    shops.end()


@pytest.fixture(scope="module", params=FRONTS)
def front_shop(request, lasting_shops):
    """A shop behind each web server in turn, kept over a module."""
    shop = lasting_shops.make(request.param).start()
    shop.n_stock = 10
    return shop


@pytest.fixture
def shop(front_shop):
    """front_shop; after the test all its refunds end and the books agree."""
    yield front_shop
    front_shop.rest()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Each front_shop is one worker's, or each would start all of them."""
    for item in items:
        front = getattr(item, "callspec", None) and \
            item.callspec.params.get("front_shop")
        if front and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(
                f"{item.module.__name__}-{front}"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for shop in Shops.alive:
            for name, text in shop.logs():
                report.sections.append(
                    (f"{shop.front.name}: {name}", text))
