# SPDX-License-Identifier: MIT
"""Fixtures of the storms: shops as the end-to-end tests have them.
CANCELPAY_BUILD names the folder of the programs."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))

from saying import pytest_terminal_summary, say  # noqa: E402, F401
from world import World  # noqa: E402


@pytest.fixture(scope="session")
def world():
    world = World()
    yield world
    world.remove()
