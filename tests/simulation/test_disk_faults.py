"""Disks that fail: what applications notice, and what becomes of the disk (states 7.1)."""

import random
from collections.abc import Callable

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, OnIoError
from runtime.effects import DiskWork, FlushDisk, ReadBlocks, WriteBlocks
from runtime.events import ConnectRequested, PrimaryRequested
from runtime.requests import RequestKind
from tests.runtime.metadata.devices import MemoryDevice
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import (
    PROTOCOLS,
    SLOW_S,
    net_of,
    random_writes,
    request,
    resyncing,
    same_disks,
)
from tests.simulation.traces import MakeWorld

DETACH = DiskOptions(on_io_error=OnIoError.DETACH)
PASS_ON = DiskOptions(on_io_error=OnIoError.PASS_ON)
by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)


def _failing(*kinds: type[DiskWork]) -> Callable[[DiskWork], str]:
    return lambda work: "EIO" if isinstance(work, kinds) else ""


def _replace_disk(node: SimulatedNode) -> None:
    """Put a fresh disk into a node that lost its own."""
    node.disk_fails = lambda _work: ""
    device = MemoryDevice(node.devices[0].size_bytes)
    node.devices[0] = device
    node.add_disk()
    node.attach()


@by_protocol
def test_primary_goes_on_without_its_disk(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """Applications notice nothing when the primary's disk fails: the peer's has all."""
    world = same_disks(make_world(net=net_of(protocol), disk=DETACH))
    world.alice.succeed(*random_writes(world.alice, random.Random(1), 10))
    expected = world.alice.content()
    world.alice.disk_fails = _failing(WriteBlocks)
    world.alice.succeed(world.alice.write(0, b"l" * 4096))
    world.run_for(1)
    assert world.alice.state().disk.name == "Diskless"
    assert world.alice.detached == [0]
    assert world.bob.state().pdsk.name == "Diskless"
    assert world.alice.read(0, 64) == (b"l" * 4096 + expected[4096:32768])
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 20))
    world.run_for(1)
    assert world.alice.read(100, 64) == world.bob.content()[100 * 512 : 164 * 512]


@by_protocol
def test_new_disk_gets_all_data(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """A fresh disk in the place of a broken one is filled by the peer, below a primary."""
    world = same_disks(make_world(net=net_of(protocol), disk=DETACH))
    world.alice.succeed(*random_writes(world.alice, random.Random(1), 10))
    world.alice.disk_fails = _failing(WriteBlocks)
    world.alice.succeed(world.alice.write(0, b"l" * 4096))
    world.run_for(1)
    _replace_disk(world.alice)
    world.run_for(0.1)
    world.alice.succeed(*random_writes(world.alice, random.Random(3), 20))
    world.sync()
    world.compare()


@by_protocol
def test_failing_secondary_is_told(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """When the secondary's disk fails, the primary goes on alone and keeps count."""
    world = same_disks(make_world(net=net_of(protocol), disk=DETACH))
    world.bob.disk_fails = _failing(WriteBlocks)
    writes = random_writes(world.alice, random.Random(1), 20)
    world.alice.succeed(*writes)
    world.run_for(1)
    assert world.bob.state().disk.name == "Diskless"
    assert world.alice.state().pdsk.name == "Diskless"
    assert world.alice.resource.bits_out_of_sync() > 0
    _replace_disk(world.bob)
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_failed_read_is_answered_by_the_peer(make_world: MakeWorld) -> None:
    """What the own disk can't read, the peer reads."""
    world = same_disks(make_world(disk=DETACH))
    world.alice.succeed(world.alice.write(0, b"r" * 4096))
    world.alice.disk_fails = _failing(ReadBlocks)
    assert world.alice.read(0, 8) == b"r" * 4096


def test_passed_on_read_error_is_answered_by_the_peer(make_world: MakeWorld) -> None:
    """With pass_on the disk is kept, but counts as inconsistent; the peer reads."""
    world = same_disks(make_world(disk=PASS_ON))
    world.alice.succeed(world.alice.write(0, b"r" * 4096))
    world.alice.disk_errors.append("EIO")
    assert world.alice.read(0, 8) == b"r" * 4096
    assert world.alice.state().disk.name == "Inconsistent"


def test_passed_on_write_error_is_resynced(make_world: MakeWorld) -> None:
    """With pass_on a write that failed here is on the peer, and comes back with a resync."""
    world = same_disks(make_world(disk=PASS_ON))
    world.alice.disk_errors.append("EIO")
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    world.run_for(0.1)
    assert world.alice.state().disk.name == "Inconsistent"
    assert world.alice.resource.bits_out_of_sync() > 0
    world.reset_link()
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_alone_a_failed_write_is_reported(make_world: MakeWorld) -> None:
    """Without a peer, an application hears that its write failed."""
    world = same_disks(make_world(disk=PASS_ON))
    world.kill(world.bob)
    world.run_for(1)
    world.alice.disk_errors.append("EIO")
    assert world.alice.result(world.alice.write(0, b"w" * 4096)).error == "EIO"


def test_alone_without_a_disk_nothing_can_be_read(make_world: MakeWorld) -> None:
    """When the only disk is gone, applications are told that there are no data."""
    world = same_disks(make_world(disk=DETACH))
    world.kill(world.bob)
    world.run_for(1)
    world.alice.disk_fails = _failing(ReadBlocks)
    for expected in ("EIO", "no UpToDate data can be reached"):
        read = request(RequestKind.READ, 0, 8)
        world.alice.make(read)
        assert world.alice.result(read).error == expected
        world.run_for(1)


@pytest.mark.parametrize("disk", [DETACH, PASS_ON], ids=["detach", "pass_on"])
def test_many_writes_meet_a_failing_disk(make_world: MakeWorld, disk: DiskOptions) -> None:
    """A disk that fails amid many writes loses none of them for applications."""
    world = same_disks(make_world(disk=disk))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    writes = random_writes(world.alice, random.Random(5), 60)
    world.run_for(0.002)
    world.alice.disk_fails = _failing(WriteBlocks, ReadBlocks, FlushDisk)
    world.alice.succeed(*writes)
    world.run_for(1)
    assert world.alice.read(0, 256) == world.bob.content()[: 256 * 512]


def test_bad_block_of_the_source_stays_out_of_sync(make_world: MakeWorld) -> None:
    """A block that the source can't read is not resynced; all others are."""
    world = make_world(disk=PASS_ON)
    world.alice.disk_fails = lambda work: (
        "EIO"
        if isinstance(work, ReadBlocks)
        and work.offset_bytes <= 40960 < (work.offset_bytes + work.size_bytes)
        else ""
    )
    resyncing(world)
    world.run_until(lambda: world.bob.state().conn.name == "Connected", "the end of the resync")
    world.run_for(1)
    assert 0 < world.bob.resource.bits_out_of_sync() < 300
    assert world.bob.state().disk.name == "Inconsistent"


def test_target_that_fails_is_detached(make_world: MakeWorld) -> None:
    """A target whose disk fails gives it up, and the source goes on alone."""
    world = resyncing(make_world(disk=DETACH))
    world.bob.disk_fails = _failing(WriteBlocks)
    world.run_until(lambda: world.bob.state().disk.name == "Diskless", "the disk to be given up")
    world.run_for(1)
    world.alice.succeed(world.alice.write(0, b"a" * 4096))
    assert world.alice.state().pdsk.name == "Diskless"
    assert world.alice.state().conn.name == "Connected"


def test_failed_flush_of_the_peer_ends_the_link(make_world: MakeWorld) -> None:
    """A peer that can't make writes durable is not told that they are."""
    world = same_disks(make_world())
    world.bob.disk_fails = _failing(FlushDisk)
    world.alice.succeed(world.alice.write(0, b"f" * 4096))
    world.alice.flush()
    world.run_for(0.2)
    assert world.bob.went_through("NetworkFailure")
    world.bob.disk_fails = lambda _work: ""
    world.run_for(1)
    world.sync()
    world.compare()


def test_failed_flush_is_reported(make_world: MakeWorld) -> None:
    """An application hears that its flush has failed on the own disk."""
    world = same_disks(make_world())
    world.kill(world.bob)
    world.run_for(1)
    world.alice.disk_fails = _failing(FlushDisk)
    flush = request(RequestKind.FLUSH, 0, 0)
    world.alice.make(flush)
    assert world.alice.result(flush).error == "EIO"


def test_restarted_node_knows_what_failed(make_world: MakeWorld) -> None:
    """What the secondary could not write is resynced, even if it was restarted meanwhile."""
    world = same_disks(make_world(disk=PASS_ON))
    world.bob.disk_errors += ["EIO", "EIO"]
    world.alice.succeed(*random_writes(world.alice, random.Random(7), 6))
    world.run_for(0.5)
    world.restart(world.bob).order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert world.alice.do(PrimaryRequested()).code > 0
