"""How resyncs begin and end in odd moments: paused, or with a disk that fails."""

import pytest

from generated.states.disk_states import DiskState
from runtime.config import DiskOptions, NetOptions, OnIoError
from runtime.effects import ReadBlocks, WriteBlocks
from runtime.events import (
    InvalidateRemoteRequested,
    InvalidateRequested,
    PauseSyncRequested,
    ResumeSyncRequested,
)
from runtime.requests import SECTOR_SIZE_BYTES
from tests.simulation.node import VOLUME_SECTORS
from tests.simulation.scenes import synced
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

LATE_S = 5.0


def _written_alone(world: World) -> None:
    """Bob misses one block."""
    world.reset_link()
    world.alice.succeed(world.alice.write(0, b"m" * 4096))


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_last_answers_of_a_paused_resync_end_it(make_world: MakeWorld, name: str) -> None:
    """What was asked for before the pause still comes, and when nothing is missing it is over."""
    world = synced(make_world())
    _written_alone(world)
    world.alice.disk_latency_s = LATE_S
    reads = len(world.alice.works)
    world.run_until(
        lambda: any(isinstance(it, ReadBlocks) for it in world.alice.works[reads:]),
        "the target to ask",
    )
    pausing = world.alice if name == "alice" else world.bob
    pausing.order(PauseSyncRequested())
    world.sync()
    world.compare()
    assert world.bob.went_through("PausedSyncT", "Connected")
    pausing.order(ResumeSyncRequested())


def test_resync_that_is_asked_for_in_a_pause_waits(make_world: MakeWorld) -> None:
    """It begins paused, and goes on when it may."""
    world = synced(make_world())
    world.alice.order(PauseSyncRequested())
    world.alice.order(InvalidateRemoteRequested())
    world.run_for(1)
    assert world.alice.state().conn.name == "PausedSyncS"
    assert world.bob.state().conn.name == "PausedSyncT"
    world.alice.order(ResumeSyncRequested())
    world.sync()
    world.compare()


@pytest.mark.parametrize("good_writes", [0, 1], ids=["all fails", "but for the flags"])
@pytest.mark.parametrize("failing", ["alice", "bob"])
def test_resync_whose_bitmap_can_not_be_written_never_begins(
    make_world: MakeWorld, failing: str, good_writes: int
) -> None:
    """All blocks would have to be marked: without that the disk is given up, and the link stays."""
    world = synced(make_world())
    node = world.alice if failing == "alice" else world.bob
    node.devices[0].bad_from_bytes = VOLUME_SECTORS * SECTOR_SIZE_BYTES
    node.devices[0].good_writes = good_writes
    world.bob.do(InvalidateRequested())
    world.run_until(lambda: node.state().disk is DiskState.Diskless, "the disk to be gone")
    world.run_for(LATE_S)
    assert [it.state().conn.name for it in world.both] == ["Connected", "Connected"]
    content = world.bob.content() if node is world.alice else world.alice.content()
    assert world.alice.read(0, 64) == content[: 64 * SECTOR_SIZE_BYTES]


def test_source_of_an_old_version_ends_with_what_failed_at_the_target(
    make_world: MakeWorld,
) -> None:
    """Up to version 95 it counts for itself; the block that is missing keeps the target bad."""
    net, disk = NetOptions(version_max=95), DiskOptions(on_io_error=OnIoError.PASS_ON)
    world = synced(make_world(net=net, disk=disk))
    _written_alone(world)
    world.bob.disk_fails = lambda work: "EIO" if isinstance(work, WriteBlocks) else ""
    world.run_for(LATE_S)
    assert world.alice.state().conn.name == "Connected"
    assert world.alice.state().pdsk.name == "Inconsistent"
    assert world.alice.resource.bits_out_of_sync() == 1
    world.bob.disk_fails = lambda _work: ""
    world.reset_link()
    world.run_for(0.1)
    world.sync()
    world.compare()
