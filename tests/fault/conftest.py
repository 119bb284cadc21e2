# SPDX-License-Identifier: MIT
"""Fixtures of the fault tests: a shop without a web server, whose program runs
over tests/fault/fault.so.  CANCELPAY_BUILD names the folder of both; it has to
be one without sanitizers, which want the memory to themselves."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))

from fault_shop import FaultShop  # noqa: E402
from saying import pytest_terminal_summary, say  # noqa: E402, F401
from world import BUILD, World  # noqa: E402


@pytest.fixture(scope="session")
def world():
    program = (BUILD / "cancelpay.fcgi").read_bytes()
    if b"__asan_init" in program or b"__tsan_init" in program:
        pytest.skip("a build with sanitizers")
    world = World()
    yield world
    world.remove()


@pytest.fixture
def shops(world):
    """Shops of one test's own: shops(settings).  They end with the books."""
    made = []

    def make(**args):
        shop = FaultShop(world, **args)
        made.append(shop)
        return shop.start()

    yield make
    for shop in made:
        shop.stop()
