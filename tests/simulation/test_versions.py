"""Every protocol version from 86 to 101, as the older of two nodes speaks it."""

import random
from typing import Final

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import NetOptions
from runtime.events import (
    ConnectRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import RequestKind
from tests.simulation.scenes import SLOW_S, random_write, random_writes, request, resyncing, synced
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

VERSIONS: Final = (86, 87, 88, 89, 90, 91, 94, 95, 96, 99, 100, 101)
by_version = pytest.mark.parametrize("version", VERSIONS)
by_protocol = pytest.mark.parametrize("protocol", list(ReplicationProtocol), ids=lambda it: it.name)


def _world(
    make_world: MakeWorld, version: int, protocol: ReplicationProtocol = ReplicationProtocol.C
) -> World:
    return make_world(
        net=NetOptions(protocol=protocol),
        peer_net=NetOptions(protocol=protocol, version_max=version),
    )


@by_version
@by_protocol
def test_sync_and_writes(
    make_world: MakeWorld, version: int, protocol: ReplicationProtocol
) -> None:
    """All data come over, and then what applications write."""
    world = synced(_world(make_world, version, protocol))
    assert world.alice.said(f"Agreed network protocol version {version}")
    world.compare()
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    world.alice.succeed(*random_writes(world.alice, random.Random(version), 40))
    world.alice.flush()
    world.compare()


@by_version
@by_protocol
def test_writes_beside_a_resync(
    make_world: MakeWorld, version: int, protocol: ReplicationProtocol
) -> None:
    """While all data come over, applications write, and nothing is undone."""
    world = _world(make_world, version, protocol)
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    resyncing(world)
    chance, made = random.Random(version), []
    for _ in range(40):
        made.append(random_write(world.alice, chance))
        world.run_for(0.01)
    world.alice.succeed(*made)
    world.sync()
    world.compare()


@by_version
def test_older_node_is_primary(make_world: MakeWorld, version: int) -> None:
    """The node that speaks the older version is primary and source as well."""
    world = synced(_world(make_world, version))
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.bob.succeed(*random_writes(world.bob, random.Random(version), 20))
    world.compare()


@by_version
def test_what_was_written_alone_comes_later(make_world: MakeWorld, version: int) -> None:
    """After the peer was away, it gets what was written meanwhile."""
    world = synced(_world(make_world, version))
    world.bob.order(DisconnectRequested())
    world.alice.succeed(*random_writes(world.alice, random.Random(version), 20))
    world.bob.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


@by_version
def test_killed_primary_comes_back(make_world: MakeWorld, version: int) -> None:
    """A primary that was killed amid writes is in sync again with its peer."""
    world = synced(_world(make_world, version))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    random_writes(world.alice, random.Random(version), 20)
    world.run_for(0.002)
    world.restart(world.alice).order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


@by_version
def test_full_resyncs_are_asked_for(make_world: MakeWorld, version: int) -> None:
    """Either node may ask for all data once more."""
    world = synced(_world(make_world, version))
    for node, command in (
        (world.bob, InvalidateRequested()),
        (world.alice, InvalidateRemoteRequested()),
    ):
        node.order(command)
        world.run_for(0.1)
        world.sync()
        world.compare()


@by_version
def test_ranges_become_zeroes(make_world: MakeWorld, version: int) -> None:
    """A range is zeroed by what the peer knows: a discard, or plain writes."""
    world = synced(_world(make_world, version))
    for kind in (RequestKind.DISCARD, RequestKind.WRITE_ZEROES):
        zeroed = request(kind, 16, 1000)
        world.alice.make(zeroed)
        world.alice.succeed(zeroed)
    world.compare()
    assert not any(world.bob.content()[8192 : 1016 * 512])
