"""Resyncs by checksums (csums-alg): what both nodes have already is not sent."""

import random
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest

from generated.flows import checksum_resync, checksum_resync_in_sync, resync
from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, NetOptions, OnIoError
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.effects import DiskWork, ReadBlocks, WriteBlocks
from runtime.events import (
    ConnectRequested,
    DisconnectRequested,
    InvalidateRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResumeSyncRequested,
    SecondaryRequested,
)
from runtime.requests import Request, RequestKind
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import (
    PROTOCOLS,
    SLOW_S,
    is_target,
    random_write,
    random_writes,
    same_disks,
    synced,
)
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

BLOCK_SIZE_BYTES: Final = 4096
BLOCK_COUNT: Final = VOLUME_SECTORS // 8
FEW: Final = tuple(range(7, BLOCK_COUNT, 103))
"""One block in a hundred, everywhere."""

SMALL: Final = DiskOptions(rs_discard_granularity=BLOCK_SIZE_BYTES, resync_rate=4096)
"""Requests of one block each."""

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)
by_algorithm = pytest.mark.parametrize("name", sorted(DIGEST_SIZE_BYTES))


def _net(name: str = "md5", **options: Any) -> NetOptions:
    return NetOptions(csums_alg=name, **options)


def _nearly_same(world: World, blocks: Iterable[int] = FEW) -> World:
    """Both connected with the same data but for some blocks, and alice is primary."""
    for node in world.both:
        node.add_disk()
        node.fill(5)
    same_disks(world)
    for block in blocks:
        world.bob.devices[0].write(block * BLOCK_SIZE_BYTES, b"other" * 819 + b"!")
    return world


def _resyncing(world: World, blocks: Iterable[int] = FEW) -> World:
    """The same, and bob is told to replace all."""
    _nearly_same(world, blocks)
    world.bob.order(InvalidateRequested())
    world.run_until(lambda: is_target(world.bob), "a resync")
    return world


def _blocks_written(node: SimulatedNode) -> set[int]:
    """What a node's disk was told to write, block by block."""
    return {
        block
        for it in node.works
        if isinstance(it, WriteBlocks)
        for block in range(
            it.offset_bytes // BLOCK_SIZE_BYTES,
            -(-(it.offset_bytes + len(it.data)) // BLOCK_SIZE_BYTES),
        )
    }


def _flows(node: SimulatedNode) -> set[str]:
    return {it.flow.drawing for it in node.flows}


def _count_bytes(world: World) -> list[int]:
    """From now on, how many bytes each sending took."""
    sizes: list[int] = []

    def count(content: bytes) -> bytes:
        sizes.append(len(content))
        return content

    world.on_the_way = count
    return sizes


@by_algorithm
def test_blocks_that_are_equal_are_not_sent(make_world: MakeWorld, name: str) -> None:
    """Of a device that is resynced as a whole only the blocks that differ are written."""
    world = _resyncing(make_world(net=_net(name), disk=SMALL))
    world.sync()
    world.compare()
    assert _blocks_written(world.bob) == set(FEW)


def test_whole_requests_are_compared(make_world: MakeWorld) -> None:
    """A request of several blocks is answered with all of them, if one differs."""
    world = _resyncing(make_world(net=_net(), disk=DiskOptions(resync_rate=65536)), [300])
    world.sync()
    world.compare()
    assert _blocks_written(world.bob) == set(range(256, 512))


@pytest.mark.parametrize("granularity", [4096, 65536, 0])
def test_less_is_moved_than_without(make_world: MakeWorld, granularity: int) -> None:
    """A resync by checksums moves less the more of its requests find nothing to send."""
    moved = []
    for name in ("sha1", ""):
        disk = DiskOptions(rs_discard_granularity=granularity, resync_rate=65536)
        blocks = FEW if granularity else range(600, 600 + len(FEW))
        world = _nearly_same(make_world(net=_net(name), disk=disk), blocks)
        sizes = _count_bytes(world)
        world.bob.order(InvalidateRequested())
        world.run_until(lambda: is_target(world.bob), "a resync")  # noqa: B023
        world.sync()
        moved.append(sum(sizes))
        world.compare()
    share = moved[0] / moved[1]
    assert share < {4096: 0.05, 65536: 0.2, 0: 0.3}[granularity], moved


def test_both_nodes_tell_how_much_was_equal(make_world: MakeWorld) -> None:
    """At the end both say the share of equal blocks, as a kernel does."""
    world = _resyncing(make_world(net=_net(), disk=SMALL))
    world.sync()
    world.run_for(0.5)
    told = f"99 % had equal checksums, eliminated: {4 * (BLOCK_COUNT - 10)}K; transferred 40K"
    for node in world.both:
        assert node.said(f"{told} total {4 * BLOCK_COUNT}K")


def test_requests_go_by_both_drawings(make_world: MakeWorld) -> None:
    """What is equal goes by one drawing, what differs by the other."""
    world = _resyncing(make_world(net=_net(), disk=SMALL))
    world.sync()
    for node in world.both:
        assert _flows(node) == {
            checksum_resync.FLOW.drawing,
            checksum_resync_in_sync.FLOW.drawing,
        }


def test_nothing_differs(make_world: MakeWorld) -> None:
    """Where all is equal nothing is written, and the resync ends as any other one."""
    world = _resyncing(make_world(net=_net()), [])
    world.sync()
    world.compare()
    assert not _blocks_written(world.bob)


# Beside applications


@by_protocol
@pytest.mark.parametrize("seed", range(3))
def test_writes_beside_it(make_world: MakeWorld, protocol: ReplicationProtocol, seed: int) -> None:
    """While blocks are read and compared, applications write on, and nothing is undone."""
    world = make_world(net=_net(protocol=protocol), disk=SMALL, seed=seed + 1)
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    _resyncing(world)
    chance, made = random.Random(seed), []
    while is_target(world.bob):
        made.append(random_write(world.alice, chance))
        world.run_for(0.01)
    world.alice.succeed(*made)
    world.sync()
    world.compare()


@by_protocol
def test_primary_target_writes_and_reads(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A primary whose own data are compared reads good data, and what it writes stays."""
    world = make_world(net=_net(protocol=protocol), disk=SMALL)
    _nearly_same(world)
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    good = world.alice.content()
    world.bob.order(InvalidateRequested())
    assert world.bob.read(7 * 8, 8) == good[7 * BLOCK_SIZE_BYTES :][:BLOCK_SIZE_BYTES]
    chance, made = random.Random(4), []
    while is_target(world.bob):
        made.append(random_write(world.bob, chance))
        read = Request(RequestKind.READ, 0, chance.randrange(VOLUME_SECTORS - 64), 64)
        made += world.bob.make(read)
        world.run_for(0.01)
    world.bob.succeed(*made)
    world.sync()
    world.compare()


@pytest.mark.parametrize("after_ms", [0.0, 0.2, 0.6, 1.2, 2.0, 4.0])
def test_write_between_reading_and_the_answer(make_world: MakeWorld, after_ms: float) -> None:
    """What is written while a digest is on its way is not taken for what was compared."""
    world = make_world(net=_net(), disk=SMALL)
    world.alice.disk_latency_s = world.bob.disk_latency_s = 0.002
    _nearly_same(world)
    before = len(world.bob.works)
    world.bob.order(InvalidateRequested())
    world.run_until(
        lambda: any(isinstance(it, ReadBlocks) for it in world.bob.works[before:]), "a read"
    )
    world.run_for(after_ms / 1000)
    made = [world.alice.write(first, b"w" * 4096) for first in range(0, 400, 8)]
    world.alice.succeed(*made)
    world.sync()
    world.compare()
    assert world.bob.content()[: 50 * 4096] == b"w" * (50 * 4096)


# Broken off


@by_protocol
def test_lost_link_in_the_middle(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """A resync that lost its link goes on with what is left, by checksums again."""
    world = _resyncing(make_world(net=_net(protocol=protocol), disk=SMALL))
    world.run_until(lambda: world.bob.resource.bits_out_of_sync() < 700, "a part of it")
    world.reset_link()
    left = max(node.resource.bits_out_of_sync() for node in world.both)
    before = len(world.bob.works)
    world.run_until(lambda: is_target(world.bob), "the rest")
    world.sync()
    world.compare()
    reads = [it for it in world.bob.works[before:] if isinstance(it, ReadBlocks)]
    assert 0 < len(reads) <= left
    assert _blocks_written(world.bob) == set(FEW)


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_restart_in_the_middle(make_world: MakeWorld, name: str) -> None:
    """A resync goes on when one of the nodes was killed and started again."""
    world = _resyncing(make_world(net=_net(), disk=SMALL))
    world.run_until(lambda: world.bob.resource.bits_out_of_sync() < 700, "a part of it")
    again = world.restart(world.alice if name == "alice" else world.bob)
    again.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


@pytest.mark.parametrize("after_ms", range(12))
def test_lost_link_anywhere(make_world: MakeWorld, after_ms: int) -> None:
    """Wherever a link is lost amid slow reads, both nodes end up in sync."""
    world = make_world(seed=after_ms + 1, net=_net(), disk=SMALL)
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    _resyncing(world)
    made = random_writes(world.alice, random.Random(after_ms), 10)
    world.run_for(0.3 + after_ms / 3000)
    world.reset_link()
    world.alice.succeed(*made)
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_pause_amid_reads(make_world: MakeWorld) -> None:
    """A resync that is paused while a range is read goes on where it was."""
    world = make_world(net=_net(), disk=SMALL)
    world.bob.disk_latency_s = 0.05
    _resyncing(world)
    world.run_for(0.13)
    world.bob.order(PauseSyncRequested())
    world.run_for(2)
    bits = world.bob.resource.bits_out_of_sync()
    world.run_for(5)
    assert world.bob.resource.bits_out_of_sync() == bits > 0
    world.bob.order(ResumeSyncRequested())
    world.sync()
    world.compare()


# Disks that fail


def _reading_fails(block: int) -> Callable[[DiskWork], str]:
    def fails(work: DiskWork) -> str:
        is_there = isinstance(work, ReadBlocks) and work.offset_bytes == block * BLOCK_SIZE_BYTES
        return "broken" if is_there else ""

    return fails


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_unreadable_block_stays_out_of_sync(make_world: MakeWorld, name: str) -> None:
    """A block that either node can't read is left out, and a later resync brings it."""
    world = _nearly_same(make_world(net=_net(), disk=_passing_on()))
    node = world.alice if name == "alice" else world.bob
    node.disk_fails = _reading_fails(40)
    world.bob.order(InvalidateRequested())
    world.run_until(lambda: is_target(world.bob), "a resync")
    world.run_until(lambda: world.bob.state().conn.name == "Connected", "its end")
    assert world.bob.state().disk.name == "Inconsistent"
    assert world.bob.resource.bits_out_of_sync() == 1
    node.disk_fails = lambda _work: ""
    world.bob.order(DisconnectRequested())
    world.bob.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


def _passing_on() -> DiskOptions:
    return DiskOptions(
        rs_discard_granularity=BLOCK_SIZE_BYTES, resync_rate=4096, on_io_error=OnIoError.PASS_ON
    )


def test_target_that_gives_up_its_disk(make_world: MakeWorld) -> None:
    """A target whose disk fails at reading gives it up, and gets all when it is back."""
    world = _nearly_same(make_world(net=_net(), disk=SMALL))
    world.bob.disk_fails = _reading_fails(40)
    world.bob.order(InvalidateRequested())
    world.run_until(lambda: world.bob.state().disk.name == "Diskless", "the disk to be given up")
    world.bob.disk_fails = lambda _work: ""
    world.alice.succeed(*random_writes(world.alice, random.Random(1), 5))
    world.bob.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


# When it is used


def test_only_after_a_crash(make_world: MakeWorld) -> None:
    """With csums-after-crash-only a target compares when it was a primary that crashed."""
    world = _nearly_same(make_world(net=_net(csums_after_crash_only=True)), [])
    world.bob.order(DisconnectRequested())
    world.alice.succeed(world.alice.write(0, b"a" * 4096))
    world.bob.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    assert resync.FLOW.drawing in _flows(world.bob)
    world.restart(world.alice)
    world.bob.order(PrimaryRequested(0, force=True))
    world.alice.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert _flows(world.alice) == {checksum_resync_in_sync.FLOW.drawing}


@pytest.mark.parametrize(("version", "compares"), [(88, False), (89, True), (95, True)])
def test_versions_that_know_it(make_world: MakeWorld, version: int, *, compares: bool) -> None:
    """Below version 89 nobody tells the algorithm, so all is sent."""
    world = synced(make_world(net=_net(), peer_net=_net(version_max=version)))
    world.bob.works.clear()
    world.bob.order(InvalidateRequested())
    world.run_until(lambda: is_target(world.bob), "a resync")
    world.sync()
    world.compare()
    assert (not _blocks_written(world.bob)) is compares


# Thin


def test_requests_end_at_the_granularity(make_world: MakeWorld) -> None:
    """With rs-discard-granularity no request is larger, so zeroes are told of by each."""
    granularity = 65536
    world = make_world(disk=DiskOptions(rs_discard_granularity=granularity, resync_rate=65536))
    _resyncing(world, [])
    world.sync()
    world.compare()
    sizes = [it.size_bytes for it in world.alice.works if isinstance(it, ReadBlocks)]
    assert max(sizes) == granularity
    assert sizes.count(granularity) == VOLUME_SECTORS * 512 // granularity
