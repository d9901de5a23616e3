"""Writes of either primary: all sizes, all protocols, flushes, discards, and roles that change."""

import random

import pytest

from tests.interop.kernel.pair import SMALL, Pair
from tests.interop.kernel.side import Write

SECTORS = SMALL // 512
SIZES_SECTORS = (1, 2, 3, 8, 9, 16, 64, 127, 128, 256, 1024, 2048)


def mixed(seed: int, count: int = 60) -> list[Write]:
    """Writes of all sizes; some overlap the last one, each eighth is flushed."""
    chance = random.Random(seed)
    writes: list[Write] = []
    for number in range(count):
        size = chance.choice(SIZES_SECTORS)
        sector = chance.randrange(SECTORS - size)
        if writes and number % 5 == 0:
            sector = min(writes[-1].sector, SECTORS - size)
        writes.append(Write(sector, size, seed=chance.randrange(1000), is_flushed=number % 8 == 7))
    return writes


@pytest.mark.parametrize("protocol", ["A", "B", "C"])
def test_writes(pair: Pair, protocol: str) -> None:
    """A primary's writes reach both disks."""
    pair.synced(net={"protocol": protocol})
    pair.one.write(mixed(1))
    pair.end()


@pytest.mark.parametrize("protocol", ["A", "C"])
def test_many_writes_at_once(pair: Pair, protocol: str) -> None:
    """Writes that are under way at the same time reach both disks."""
    pair.synced(net={"protocol": protocol})
    pair.one.start_writing()
    pair.one.await_writes(100)
    pair.one.stop_writing()
    pair.end()


@pytest.mark.parametrize("protocol", ["A", "C"])
def test_role_swap(pair: Pair, protocol: str) -> None:
    """Writes go the other way when the roles do."""
    pair.synced(net={"protocol": protocol})
    for turn in range(2):
        for primary, secondary in (pair.sides, pair.sides[::-1]):
            primary.write(mixed(turn, count=20))
            primary.secondary()
            secondary.primary()
    pair.end()


def test_discard_and_zero_out(pair: Pair) -> None:
    """Ranges that are discarded or zeroed on the primary are so on both disks."""
    pair.synced()
    pair.one.write(mixed(2, count=10))
    pair.one.discard(sector=0, count=2048)
    pair.one.write_zeroes(sector=3000, count=1000)
    pair.one.write_zeroes(sector=8, count=8)
    pair.one.write(mixed(3, count=10))
    pair.one.discard(sector=4096, count=SECTORS - 4096)
    pair.end()
