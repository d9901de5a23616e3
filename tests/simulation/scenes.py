"""How scenarios begin: two nodes that are connected, and one of them primary."""

import random

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import NetOptions
from runtime.events import NewCurrentUuidRequested, PrimaryRequested
from runtime.requests import REQUEST_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES, Request, RequestKind
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.world import World, connected_pair

PROTOCOLS = tuple(ReplicationProtocol)
SIZES_BYTES = (512, 1024, 4096, 8192, 32768, 131072, REQUEST_SIZE_BYTES_MAX)
SLOW_S = 0.003  # a disk that is slower than the network, so that much is under way at once


def net_of(protocol: ReplicationProtocol) -> NetOptions:
    """Defaults, with a protocol."""
    return NetOptions(protocol=protocol)


def same_disks(world: World) -> World:
    """Both nodes connected on fresh disks that count as the same; alice is primary."""
    connected_pair(world)
    world.run_for(0.1)
    for volume in world.alice.config.volumes:
        world.alice.order(NewCurrentUuidRequested(volume, clear_bitmap=True))
    world.sync()
    for volume in world.alice.config.volumes:
        world.alice.order(PrimaryRequested(volume))
    return world


def resyncing(world: World) -> World:
    """Both nodes connected; alice is primary by force, and bob gets all of her data."""
    connected_pair(world)
    for volume in world.alice.config.volumes:
        world.alice.fill(7 + volume, volume)
        world.alice.order(PrimaryRequested(volume, force=True))
    world.run_until(lambda: is_target(world.bob), "bob to be a target")
    return world


def synced(world: World) -> World:
    """The same, when bob has all."""
    resyncing(world)
    world.sync()
    return world


def is_target(node: SimulatedNode, volume: int = 0) -> bool:
    """Whether a node gets the peer's data."""
    return node.state(volume).conn.name == "SyncTarget"


def random_writes(
    node: SimulatedNode, chance: random.Random, count: int, *, volume: int = 0
) -> list[Request]:
    """Let an application write here and there, in all sizes, all at once."""
    return [random_write(node, chance, volume=volume) for _ in range(count)]


def random_write(node: SimulatedNode, chance: random.Random, *, volume: int = 0) -> Request:
    """Write something somewhere; mostly little, as applications do."""
    size_bytes = chance.choices(SIZES_BYTES, weights=(4, 4, 16, 8, 4, 2, 1))[0]
    last_sector = VOLUME_SECTORS - size_bytes // SECTOR_SIZE_BYTES
    first_sector = chance.randrange(last_sector + 1)
    return node.write(first_sector, chance.randbytes(size_bytes), volume)


def request(kind: RequestKind, first_sector: int, sector_count: int, *, volume: int = 0) -> Request:
    """A request without data."""
    return Request(kind, volume, first_sector, sector_count)
