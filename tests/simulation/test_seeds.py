"""Random worlds: whatever happens to two nodes, they agree in the end, and nothing is lost.

A failure prints the seed, the command that repeats it, and the trace.
"""

import os
import sys
from typing import Final

import pytest

from tests.simulation.chances import STEP_COUNT, Chances
from tests.simulation.traces import check_traces

SEED_COUNT: Final = int(os.environ.get("DOTMIRROR_SIM_SEEDS", "24"))
SEED_FIRST: Final = int(os.environ.get("DOTMIRROR_SIM_FIRST", "1"))
STORY_LINES_MAX: Final = 70
FILE: Final = "tests/simulation/test_seeds.py"

SEEDS: Final = range(SEED_FIRST, SEED_FIRST + SEED_COUNT)


def _live(
    seed: int,
    name: str,
    *,
    lose_power: bool = False,
    breaks_disks: bool = False,
    volumes: int = 1,
    verifies: bool = False,
    fences: bool = False,
) -> None:
    """Let a world of this seed live, settle, and be judged."""
    chances = Chances(
        seed,
        lose_power=lose_power,
        breaks_disks=breaks_disks,
        volumes=volumes,
        verifies=verifies,
        fences=fences,
    )
    try:
        for _ in range(STEP_COUNT):
            chances.step()
        chances.settle()
        assert not (faults := chances.faults()), faults[:5]
        check_traces(chances.world)
    finally:  # pytest shows it of a test that failed
        sys.stdout.write(_trace(seed, name, chances))


def _trace(seed: int, name: str, chances: Chances) -> str:
    """How to repeat a world, and what happened there."""
    command = f"DOTMIRROR_SIM_SEEDS=1 DOTMIRROR_SIM_FIRST={seed} pytest {FILE} -k {name}"
    deeds = "\n".join(chances.story[-STORY_LINES_MAX:])
    return f"seed {seed}: {command}\n{deeds}\n{chances.world.story()}\n"


@pytest.mark.parametrize("seed", SEEDS)
def test_accidents_lose_nothing(seed: int) -> None:
    """After links were lost and nodes killed, both disks are equal and have what was written."""
    _live(seed, "accidents")


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_of_power_loses_nothing_flushed(seed: int) -> None:
    """After losses of power, both disks are equal and have all that was flushed."""
    _live(seed, "power", lose_power=True)


@pytest.mark.parametrize("seed", SEEDS[: max(1, SEED_COUNT // 4)])
def test_two_volumes_lose_nothing(seed: int) -> None:
    """Two volumes share a link and its epochs, and neither loses anything."""
    _live(seed, "volumes", volumes=2)


@pytest.mark.parametrize("seed", SEEDS[: max(1, SEED_COUNT // 2)])
def test_verifies_find_nothing_that_nobody_has_spoilt(seed: int) -> None:
    """Whatever happens to two nodes meanwhile, a verify takes none of it for a difference."""
    _live(seed, "verifies", lose_power=seed % 2 == 0, verifies=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_broken_disks_lose_nothing(seed: int) -> None:
    """A primary whose disk fails, or is given up, goes on with its peer's and gets it all back."""
    _live(seed, "broken", breaks_disks=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_frozen_requests_lose_nothing(seed: int) -> None:
    """Whatever requests wait for, nobody is told of one that is lost later."""
    _live(seed, "frozen", lose_power=seed % 2 == 0, fences=True)


def test_source_that_is_confirmed_late_ends_its_resync() -> None:
    """A write that is confirmed behind the target's last word leaves no resync without end."""
    _live(20293, "accidents")
