"""Volumes that grow and shrink while they are in use, and disks of different sizes."""

import random
from dataclasses import replace

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, NetOptions
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResizeRequested,
    ResumeSyncRequested,
    SecondaryRequested,
)
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import PROTOCOLS, SLOW_S, random_writes, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World, connected_pair

MORE_SECTORS = 2048
GROWN_SECTORS = VOLUME_SECTORS + MORE_SECTORS

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)


def enlarged(world: World) -> World:
    """Both nodes connected, alice primary, and both disks enlarged behind their backs."""
    same_disks(world)
    for node in world.both:
        node.grow_disk(MORE_SECTORS)
    return world


def sizes(world: World) -> list[int]:
    """How large both nodes think the volume is."""
    return [node.resource.size_sectors() for node in world.both]


def end_equal(world: World, sectors: int = GROWN_SECTORS) -> None:
    """Both have this size, and the same in it; the last sector can be written."""
    world.run_until(lambda: sizes(world) == [sectors, sectors], f"{sectors} sectors")
    world.run_for(0.1)
    world.sync()
    world.alice.succeed(world.alice.write(sectors - 8, bytes([7]) * 4096))
    world.compare()


@by_protocol
def test_volume_grows_with_its_disks(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """Enlarged disks are used after a resize, and the new space comes from the primary."""
    world = enlarged(make_world(net=NetOptions(protocol=protocol)))
    world.alice.order(ResizeRequested())
    end_equal(world)
    assert world.alice.went_through("SyncSource")
    assert world.bob.went_through("WFSyncUUID", "SyncTarget")
    assert world.alice.said("Resync of new storage after online grow")


def test_secondary_may_ask(make_world: MakeWorld) -> None:
    """A resize may be asked for on either node; the primary is the source."""
    world = enlarged(make_world())
    world.bob.order(ResizeRequested())
    end_equal(world)
    assert world.alice.went_through("SyncSource")


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_growing_in_a_pause(make_world: MakeWorld, name: str) -> None:
    """The new space is there at once, and is synced when that may go on."""
    world = enlarged(make_world())
    pausing = world.alice if name == "alice" else world.bob
    pausing.order(PauseSyncRequested())
    world.alice.order(ResizeRequested())
    world.run_for(1)
    assert [it.state().conn.name for it in world.both] == ["PausedSyncS", "PausedSyncT"]
    assert sizes(world) == [GROWN_SECTORS, GROWN_SECTORS]
    pausing.order(ResumeSyncRequested())
    end_equal(world)


@pytest.mark.parametrize("seed", range(4))
def test_growing_amid_writes(make_world: MakeWorld, seed: int) -> None:
    """Writes that are under way wait for the new meta-data, and none is lost."""
    world = enlarged(make_world(seed=seed))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    chance = random.Random(seed)
    writes = random_writes(world.alice, chance, 30)
    world.run_for(0.002)
    command = ResizeRequested()
    world.alice.happen(command)
    writes += random_writes(world.alice, chance, 30)
    world.run_until(lambda: command in world.alice.answers, "the resize")
    world.alice.succeed(*writes)
    end_equal(world)


def test_assume_clean_syncs_nothing(make_world: MakeWorld) -> None:
    """With assume-clean the new space counts as the same on both disks."""
    world = enlarged(make_world())
    world.alice.order(ResizeRequested(assume_clean=True))
    world.run_until(lambda: sizes(world) == [GROWN_SECTORS] * 2, "the new size")
    world.run_for(1.0)
    assert not world.alice.went_through("SyncSource")
    assert [node.resource.bits_out_of_sync() for node in world.both] == [0, 0]


def test_only_the_smaller_disk_was_enlarged(make_world: MakeWorld) -> None:
    """A volume grows no further than the smaller disk."""
    world = same_disks(make_world())
    world.alice.grow_disk(MORE_SECTORS)
    world.alice.order(ResizeRequested())
    world.run_for(1.0)
    assert sizes(world) == [VOLUME_SECTORS] * 2
    world.bob.grow_disk(MORE_SECTORS // 2)
    world.bob.order(ResizeRequested())
    end_equal(world, VOLUME_SECTORS + MORE_SECTORS // 2)


def test_volume_shrinks_and_grows_by_a_limit(make_world: MakeWorld) -> None:
    """A limit makes a volume smaller on both nodes; without it, it is as large as before."""
    world = same_disks(make_world())
    world.alice.order(ResizeRequested(size_sectors=2048))
    world.run_until(lambda: sizes(world) == [2048, 2048], "the smaller size")
    late = world.alice.write(2048, bytes(4096))
    assert "ends behind the volume's 2048 sectors" in world.alice.result(late).error
    end_equal(world, 2048)
    assert not world.alice.went_through("SyncSource")
    world.alice.order(ResizeRequested())
    end_equal(world, VOLUME_SECTORS)
    assert world.alice.went_through("SyncSource")


def test_limit_that_is_too_large_is_told(make_world: MakeWorld) -> None:
    """A size that the disks do not have is not taken."""
    world = same_disks(make_world())
    world.alice.order(ResizeRequested(size_sectors=1 << 30))
    world.run_for(0.1)
    assert world.alice.said("Requested disk size is too big")
    assert sizes(world) == [VOLUME_SECTORS] * 2


def test_primary_alone_may_take_the_room(make_world: MakeWorld) -> None:
    """Without its peer a primary grows only when it is told that the peer has space."""
    world = enlarged(make_world())
    world.alice.order(DisconnectRequested())
    world.alice.order(ResizeRequested())
    assert sizes(world)[0] == VOLUME_SECTORS
    world.alice.order(ResizeRequested(assume_peer_has_space=True))
    assert sizes(world)[0] == GROWN_SECTORS
    world.alice.succeed(world.alice.write(GROWN_SECTORS - 8, bytes([9]) * 4096))
    world.bob.order(DisconnectRequested(force=True))
    world.bob.order(ResizeRequested(assume_peer_has_space=True))
    for node in world.both:
        node.order(ConnectRequested())
    end_equal(world)


def test_peer_that_has_no_space_is_refused(make_world: MakeWorld) -> None:
    """A primary that has grown does not lose its end to a smaller peer."""
    world = same_disks(make_world())
    world.alice.grow_disk(MORE_SECTORS)
    world.alice.order(DisconnectRequested())
    world.alice.order(ResizeRequested(assume_peer_has_space=True))
    world.alice.order(ConnectRequested())
    world.run_until(lambda: world.alice.said("too small"), "the refusal")
    world.run_for(1.0)
    assert world.alice.state().conn.name == "StandAllone"
    assert sizes(world)[0] == GROWN_SECTORS


@pytest.mark.parametrize("is_written", [False, True])
def test_disk_that_grew_while_it_was_away(make_world: MakeWorld, *, is_written: bool) -> None:
    """New space is resynced when a peer attaches a larger disk, by whatever resync comes."""
    world = same_disks(make_world())
    for node in world.both:
        node.grow_disk(MORE_SECTORS)
    world.alice.order(ResizeRequested(size_sectors=VOLUME_SECTORS))
    world.run_for(0.1)
    world.bob.order(DetachRequested())
    if is_written:
        world.alice.succeed(world.alice.write(0, bytes([3]) * 4096))
    world.alice.order(ResizeRequested())
    world.run_for(0.1)
    world.bob.attach()
    end_equal(world)
    assert world.alice.went_through("SyncSource")


def refusal(node: SimulatedNode, command: ResizeRequested | None = None) -> str:
    """Why a resize is refused."""
    return node.refusal(command or ResizeRequested())


def test_resize_is_refused(make_world: MakeWorld) -> None:
    """Each reason has its sentence."""
    world = same_disks(make_world())
    world.alice.order(SecondaryRequested())
    assert refusal(world.alice) == "Need one Primary node to resize."
    world.alice.order(PrimaryRequested())
    world.bob.order(DetachRequested())
    assert refusal(world.bob) == "Device does not have a disk-config"
    world.bob.attach()
    world.sync()
    world.bob.order(InvalidateRequested())
    assert refusal(world.alice) == "Resize not allowed during resync."
    world.sync()


def test_assume_clean_needs_version_93(make_world: MakeWorld) -> None:
    """An old peer would resync the new space."""
    world = same_disks(make_world(peer_net=NetOptions(version_max=92)))
    command = ResizeRequested(assume_clean=True)
    assert refusal(world.alice, command) == "Protocol version 93 required to use --assume-clean"


@pytest.mark.parametrize("version", [86, 93, 94, 99, 100])
def test_old_versions_grow_too(make_world: MakeWorld, version: int) -> None:
    """A volume grows with any version."""
    world = make_world(peer_net=NetOptions(version_max=version))
    connected_pair(world)
    world.alice.order(PrimaryRequested(force=True))
    world.sync()
    for node in world.both:
        node.grow_disk(MORE_SECTORS)
    world.alice.order(ResizeRequested())
    end_equal(world)


@pytest.mark.parametrize("after_s", [0.0, 0.0004, 0.0006, 0.0012, 0.0018, 0.0025])
def test_link_lost_while_growing(make_world: MakeWorld, after_s: float) -> None:
    """Whatever the peer has heard of a new size, both agree in the end."""
    world = enlarged(make_world())
    world.alice.happen(ResizeRequested())
    world.run_for(after_s)
    world.alice.write(8, bytes([5]) * 4096)
    world.reset_link()
    world.run_until(lambda: all(map(world.is_up, world.both)), "both to meet again")
    world.sync()
    world.alice.order(ResizeRequested())
    end_equal(world)


@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("after_s", [0.0002, 0.0008, 0.0015, 0.05])
def test_power_lost_while_growing(make_world: MakeWorld, who: str, after_s: float) -> None:
    """A node that dies in the middle comes back with whole meta-data, and gets what it lacks."""
    world = make_world()
    for node in world.both:
        node.crashes = True
    enlarged(world)
    for node in world.both:  # both have their meta-data at the new end
        node.order(ResizeRequested(size_sectors=VOLUME_SECTORS))
        world.run_for(0.1)
    world.alice.happen(ResizeRequested())
    world.run_for(after_s)
    world.lose_power(world.alice if who == "alice" else world.bob)
    again = world.restart(world.alice if who == "alice" else world.bob)
    again.order(ConnectRequested())
    if who == "alice":
        world.run_until(lambda: all(map(world.is_up, world.both)), "both to meet again")
        world.sync()
        again.order(PrimaryRequested())
    world.sync()
    world.alice.order(ResizeRequested())
    end_equal(world)


def test_peer_with_larger_blocks(make_world: MakeWorld) -> None:
    """A node that was secondary when it learned of larger blocks writes only whole ones."""
    world = make_world()
    world.attach_all()
    command = world.bob.attach_command()
    world.bob.order(DetachRequested())
    assert command.backing is not None
    world.bob.order(
        replace(command, backing=replace(command.backing, logical_block_size_bytes=4096))
    )
    world.connect_both()
    world.alice.order(PrimaryRequested(force=True))
    world.sync()
    partial = world.alice.write(1, bytes(512))
    assert "whole blocks of 8 sectors" in world.alice.result(partial).error
    world.alice.succeed(world.alice.write(8, bytes([1]) * 4096))
    world.compare()


def test_limits_of_both_nodes_meet(make_world: MakeWorld) -> None:
    """In a handshake the smaller limit counts, whoever has it."""
    world = make_world(disk=DiskOptions(size=4096), peer_disk=DiskOptions(size=2048))
    connected_pair(world)
    world.run_for(0.1)
    assert sizes(world) == [2048, 2048]
