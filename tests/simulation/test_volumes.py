"""Several volumes on one link, and volumes of several sizes."""

import random
from collections.abc import Callable

import pytest

from runtime.config import DiskOptions, FencingPolicy, OnNoDataAccessible
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRequested,
    OutdateRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import Request, RequestKind
from tests.simulation.node import VOLUME_SECTORS
from tests.simulation.scenes import SLOW_S, random_writes, same_disks, synced
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World, connected_pair


def test_two_volumes_are_written_at_once(make_world: MakeWorld) -> None:
    """Writes to two volumes share the link, and each one arrives where it belongs."""
    world = same_disks(make_world(volumes=2))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    chance, made = random.Random(1), []
    for _ in range(30):
        for volume in (0, 1):
            made += random_writes(world.alice, chance, 1, volume=volume)
    world.alice.succeed(*made)
    world.compare()
    assert world.bob.content(0) != world.bob.content(1)


def test_two_volumes_resync(make_world: MakeWorld) -> None:
    """Both volumes get all data, at the same time."""
    world = synced(make_world(volumes=2))
    world.compare()


def test_all_volumes_have_their_primary_on_one_node(make_world: MakeWorld) -> None:
    """While a node is primary of one volume, the other node is primary of none."""
    world = same_disks(make_world(volumes=2))
    world.alice.order(SecondaryRequested(1))
    text = world.bob.refusal(PrimaryRequested(1))
    assert text == "Other vol primary on peer not allowed by config"
    world.alice.order(PrimaryRequested(1))


def test_one_volume_resyncs_beside_the_other(make_world: MakeWorld) -> None:
    """While one volume resyncs, the other one is written."""
    world = same_disks(make_world(volumes=2))
    world.bob.order(InvalidateRequested(1))
    writes = random_writes(world.alice, random.Random(2), 30)
    world.alice.succeed(*writes)
    world.sync()
    world.compare()


def test_lost_link_concerns_both(make_world: MakeWorld) -> None:
    """After a lost link both volumes get what they missed."""
    world = same_disks(make_world(volumes=2))
    world.bob.order(DisconnectRequested())
    for volume in (0, 1):
        world.alice.succeed(*random_writes(world.alice, random.Random(volume), 9, volume=volume))
    world.bob.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_flush_of_one_volume_covers_its_writes(make_world: MakeWorld) -> None:
    """A flush in protocol C ends, though its epoch has writes of another volume."""
    world = same_disks(make_world(volumes=2))
    world.bob.disk_latency_s = SLOW_S
    for volume in (0, 1):
        world.alice.write(0, b"f" * 4096, volume)
    for volume in (0, 1):
        world.alice.flush(volume)


# Sizes


def _with_sizes(world: World, alice_sectors: int, bob_sectors: int) -> World:
    world.alice.add_disk(sectors=alice_sectors)
    world.bob.add_disk(sectors=bob_sectors)
    return world


@pytest.mark.parametrize(("alice_sectors", "bob_sectors"), [(8192, 4096), (4096, 8192)])
def test_smaller_disk_decides(make_world: MakeWorld, alice_sectors: int, bob_sectors: int) -> None:
    """The volume is as large as the smaller of both disks."""
    world = same_disks(_with_sizes(make_world(), alice_sectors, bob_sectors))
    assert [node.resource.size_sectors() for node in world.both] == [4096, 4096]
    world.alice.succeed(world.alice.write(4088, b"e" * 4096))
    beyond = Request(RequestKind.READ, 0, 4095, 2)
    world.alice.make(beyond)
    assert world.alice.result(beyond).error
    world.compare()


def test_wanted_size_decides(make_world: MakeWorld) -> None:
    """The volume is no larger than the administrator wants."""
    world = same_disks(make_world(disk=DiskOptions(size=1024)))
    assert [node.resource.size_sectors() for node in world.both] == [1024, 1024]


def test_volume_in_use_does_not_shrink(make_world: MakeWorld) -> None:
    """A peer whose disk is too small for what is in use is refused."""
    world = make_world()
    world.alice.add_disk()
    world.alice.attach()
    world.alice.order(PrimaryRequested(force=True))
    world.bob.add_disk(sectors=VOLUME_SECTORS - 8)
    world.bob.attach()
    for node in world.both:
        node.order(ConnectRequested())
    world.run_until(lambda: world.alice.state().conn.name == "StandAllone", "the refusal")
    assert world.alice.said("the peer's disk size is too small")
    assert world.alice.resource.size_sectors() == VOLUME_SECTORS


def test_larger_disk_of_the_peer_changes_nothing(make_world: MakeWorld) -> None:
    """A node that was alone with its volume keeps its size with a peer that has more room."""
    world = make_world()
    world.alice.add_disk()
    world.alice.attach()
    world.alice.order(PrimaryRequested(force=True))
    world.bob.add_disk(sectors=VOLUME_SECTORS + 800)
    world.bob.attach()
    world.connect_both()
    world.sync()
    world.compare()
    assert world.bob.resource.size_sectors() == VOLUME_SECTORS


def test_fresh_disks_of_all_sizes(make_world: MakeWorld) -> None:
    """Volumes that end amid a bit's block, or a word of bits, resync to the last sector."""
    for sectors in (2048, 2056, 2064, 4096, 4104, 16384, 32760, 32768, 32776):
        world = _with_sizes(make_world(), sectors, sectors)
        connected_pair(world)
        world.alice.fill(sectors, sectors=sectors)
        world.alice.order(PrimaryRequested(force=True))
        world.sync()
        world.compare()


# A program that speaks of the whole peer, of which something was known for volume 1 already


def _alone(make_world: MakeWorld) -> World:
    """Alice has lost bob, and fencing asks what became of him."""
    fencing = DiskOptions(fencing=FencingPolicy.RESOURCE_ONLY)
    world = make_world(volumes=2, disk=fencing, handlers={"fence-peer": "fence"})
    same_disks(world)
    for number in (0, 1):
        world.alice.order(SecondaryRequested(number))
    return world


def _lose_bob(world: World) -> None:
    world.kill(world.bob)
    world.run_for(1)


def _peer_inconsistent(world: World) -> None:
    world.bob.disk_latency_s = 100.0
    world.bob.do(InvalidateRequested(1))
    _lose_bob(world)


def _peer_outdated(world: World) -> None:
    """Alice has been primary by force."""
    _lose_bob(world)
    world.alice.helper_exits = lambda _name, _volume: 1
    world.alice.order(PrimaryRequested(1, force=True))
    world.alice.order(SecondaryRequested(1))


def _outdated(world: World) -> None:
    _lose_bob(world)
    world.alice.order(OutdateRequested(1))


@pytest.mark.parametrize(
    ("prepare", "exit_code", "after"),
    [
        (_peer_inconsistent, 3, ("UpToDate", "Inconsistent", "UpToDate", "Inconsistent")),
        (_peer_inconsistent, 4, ("UpToDate", "Outdated", "UpToDate", "Outdated")),
        (_peer_outdated, 3, ("UpToDate", "Inconsistent", "UpToDate", "Inconsistent")),
        (_peer_outdated, 4, ("UpToDate", "Outdated", "UpToDate", "Outdated")),
        (_outdated, 6, ("Outdated", "DUnknown", "Outdated", "DUnknown")),
    ],
)
def test_verdict_on_a_lost_peer_concerns_all_volumes(
    make_world: MakeWorld,
    prepare: Callable[[World], None],
    exit_code: int,
    after: tuple[str, ...],
) -> None:
    """Own and peer's disk of both volumes are what fence-peer says, whatever they were."""
    world = _alone(make_world)
    prepare(world)
    world.alice.helper_exits = lambda _name, _volume: exit_code
    world.alice.do(PrimaryRequested(0))
    states = [world.alice.state(number) for number in (0, 1)]
    assert tuple(name for it in states for name in (it.disk.name, it.pdsk.name)) == after


def test_second_volume_loses_its_data_too(make_world: MakeWorld) -> None:
    """Requests wait already, and the administrator is told again (N10)."""
    suspending = OnNoDataAccessible.SUSPEND_IO
    world = same_disks(make_world(volumes=2, on_no_data_accessible=suspending))
    _lose_bob(world)
    for number in (0, 1):
        world.alice.order(DetachRequested(number, force=True))
        world.run_for(1)
        assert world.alice.called("pri-on-incon-degr") == number + 1
        assert world.alice.state().susp_nod.name == "Suspended"
