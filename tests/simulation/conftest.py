"""Worlds whose traces are held against the drawings at the end of every test."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulation.traces import MakeWorld, check_traces
from tests.simulation.world import World


@pytest.fixture(autouse=True)
def _no_world_is_held() -> Iterator[None]:
    """Give back the memory of worlds that are over: their objects are few, and they are cycles."""
    yield
    gc.collect()


@pytest.fixture
def make_world() -> Iterator[MakeWorld]:
    """Make worlds; when the test is over, everything that happened there must be drawn."""
    worlds: list[World] = []

    def make(**options: Any) -> World:
        worlds.append(World(**options))
        return worlds[-1]

    yield make
    for world in worlds:
        check_traces(world)
