"""How scenarios of an online verify go: disks that are spoilt, a verify, and what it has told."""

import random
from typing import Final

import pytest

from runtime.config import DiskOptions, NetOptions
from runtime.events import VerifyRequested
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.world import World

SHA1: Final = NetOptions(verify_alg="sha1")
FAST: Final = DiskOptions(resync_rate=400_000, c_plan_ahead=0, c_min_rate=0)
SLOW: Final = DiskOptions(resync_rate=1000, c_plan_ahead=0, c_min_rate=0)
BLOCKS: Final = VOLUME_SECTORS // 8

by_asker = pytest.mark.parametrize("asker", ["primary", "secondary"])


def asker_of(world: World, name: str) -> SimulatedNode:
    """Who asks: Alice is the primary."""
    return world.alice if name == "primary" else world.bob


def spoil(node: SimulatedNode, first_sector: int, sector_count: int = 8) -> None:
    """Change a disk behind its node's back."""
    content = random.Random(first_sector).randbytes(sector_count * 512)
    node.devices[0].write(first_sector * 512, content)


def await_end(world: World) -> None:
    """Wait until the verify is over on both nodes."""
    world.run_until(world.is_in_sync, "the end of the verify")
    world.run_for(1)


def verify(world: World, asker: SimulatedNode, **where: int) -> None:
    """Verify, and wait for the end."""
    asker.order(VerifyRequested(**where))
    await_end(world)


def bits_of(world: World) -> list[int]:
    """How many blocks of volume 0 are out of sync, for each node."""
    return [node.resource.bits_out_of_sync() for node in world.both]


def reported(node: SimulatedNode) -> list[str]:
    """What a node has told to be out of sync."""
    return [text for _, _, text in node.log if text.startswith("Out of sync:")]
