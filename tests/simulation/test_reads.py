"""Reads: which of the two disks answers them, and what is done about blocks that can't be read."""

import random
from collections.abc import Callable

import pytest

from runtime.config import DiskOptions, OnIoError, ReadBalancing
from runtime.effects import DiskWork, ReadBlocks, WriteBlocks
from runtime.requests import RequestKind
from tests.simulation.model import Model
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import SLOW_S, request, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

PASS_ON = DiskOptions(on_io_error=OnIoError.PASS_ON)
BLOCK_SECTORS = 8
BLOCK = b"w" * 4096


def _bad_block(block: int, *kinds: type[DiskWork]) -> Callable[[DiskWork], str]:
    """What a disk says that has one bad block."""
    start, end = block * 4096, (block + 1) * 4096

    def fails(work: DiskWork) -> str:
        if not isinstance(work, kinds) or not isinstance(work, ReadBlocks | WriteBlocks):
            return ""
        size_bytes = work.size_bytes if isinstance(work, ReadBlocks) else len(work.data)
        is_hit = work.offset_bytes < end and start < work.offset_bytes + size_bytes
        return "EIO" if is_hit else ""

    return fails


def _with_unreadable_block(world: World) -> World:
    """Both have the same, but of one block alice's disk has lost the content."""
    same_disks(world)
    world.alice.succeed(world.alice.write(0, BLOCK * 16))
    world.run_for(0.5)
    world.alice.devices[0].write(4 * 4096, b"x" * 4096)
    world.alice.disk_fails = _bad_block(4, ReadBlocks)
    return world


@pytest.mark.parametrize(
    ("first_sector", "sector_count"),
    [(32, 8), (34, 3), (0, 128), (30, 4)],
    ids=["the block", "a part", "many", "an edge"],
)
def test_unreadable_block_is_repaired(
    make_world: MakeWorld, first_sector: int, sector_count: int
) -> None:
    """What the peer has of a block that can't be read is written back, and is in sync then."""
    world = _with_unreadable_block(make_world(disk=PASS_ON))
    content = world.alice.read(first_sector, sector_count)
    assert content == b"w" * 512 * sector_count
    world.alice.disk_fails = lambda _work: ""
    world.compare()
    assert world.alice.said("repaired")


def test_write_waits_for_a_repair(make_world: MakeWorld) -> None:
    """A write that comes while a block is repaired is not undone by what the peer had before."""
    world = _with_unreadable_block(make_world(disk=PASS_ON))
    for node in world.both:
        node.disk_latency_s = 0.01
    read = request(RequestKind.READ, 32, 8)
    world.alice.make(read)
    write = None
    while read not in world.alice.finished:
        if write is None and world.alice.said("EIO"):
            write = world.alice.write(33, b"n" * 512)
        assert world.step()
    assert write is not None
    world.alice.succeed(write)
    world.alice.disk_fails = lambda _work: ""
    world.run_for(1)
    world.compare()
    assert world.alice.read(33, 1) == b"n" * 512


def test_block_that_cannot_be_repaired_stays_out_of_sync(make_world: MakeWorld) -> None:
    """A block that takes no write either is read from the peer until a resync brings it."""
    world = _with_unreadable_block(make_world(disk=PASS_ON))
    world.alice.disk_fails = _bad_block(4, ReadBlocks, WriteBlocks)
    for _ in range(2):
        assert world.alice.read(32, 8) == BLOCK
        world.run_for(0.5)
    assert world.alice.resource.bits_out_of_sync() == 1
    world.alice.disk_fails = lambda _work: ""
    world.reset_link()
    world.sync()
    world.compare()


def test_lost_link_ends_a_repair(make_world: MakeWorld) -> None:
    """When the peer is lost amid a repair the application gets the disk's error."""
    world = _with_unreadable_block(make_world(disk=PASS_ON))
    world.bob.disk_latency_s = 5.0
    read = request(RequestKind.READ, 32, 8)
    world.alice.make(read)
    world.run_for(0.1)
    world.reset_link()
    assert world.alice.result(read).error
    world.bob.disk_latency_s = 0.0
    world.alice.disk_fails = lambda _work: ""
    world.run_for(1)
    world.sync()
    world.compare()


def test_given_up_disk_is_not_repaired(make_world: MakeWorld) -> None:
    """With detach the disk goes, and applications read from the peer."""
    world = _with_unreadable_block(make_world())
    assert world.alice.read(0, 128) == BLOCK * 16
    world.run_for(0.5)
    assert world.alice.state().disk.name == "Diskless"
    assert not world.alice.said("repaired")


# Read-balancing


def _reads(node: SimulatedNode) -> int:
    return sum(isinstance(work, ReadBlocks) for work in node.works)


def _balanced(policy: ReadBalancing) -> DiskOptions:
    return DiskOptions(read_balancing=policy)


@pytest.mark.parametrize(
    ("policy", "here", "there"),
    [
        (ReadBalancing.PREFER_LOCAL, 32, 0),
        (ReadBalancing.PREFER_REMOTE, 0, 32),
        (ReadBalancing.ROUND_ROBIN, 16, 16),
        (ReadBalancing.LEAST_PENDING, 16, 16),
        (ReadBalancing.WHEN_CONGESTED_REMOTE, 9, 23),
        (ReadBalancing.STRIPING_32K, 16, 16),
        (ReadBalancing.STRIPING_64K, 16, 16),
        (ReadBalancing.STRIPING_128K, 16, 16),
        (ReadBalancing.STRIPING_256K, 16, 16),
        (ReadBalancing.STRIPING_512K, 16, 16),
        (ReadBalancing.STRIPING_1M, 32, 0),
    ],
    ids=lambda it: it.value if isinstance(it, ReadBalancing) else "",
)
def test_reads_are_balanced(
    make_world: MakeWorld, policy: ReadBalancing, here: int, there: int
) -> None:
    """Which disk reads is the administrator's choice, while both are good."""
    world = same_disks(make_world(disk=_balanced(policy)))
    world.alice.succeed(world.alice.write(0, random.Random(1).randbytes(1 << 20)))
    before = [_reads(node) for node in world.both]
    reads = [request(RequestKind.READ, 64 * number, 8) for number in range(32)]
    world.alice.make(*reads)
    world.alice.succeed(*reads)
    assert [_reads(node) - was for node, was in zip(world.both, before, strict=True)] == [
        here,
        there,
    ]
    whole = world.alice.content()
    for read in reads:
        at = read.first_sector * 512
        assert bytes(world.alice.finished[read].content) == whole[at : at + 4096]


def test_reads_come_home_when_the_peer_is_lost(make_world: MakeWorld) -> None:
    """What the peer was asked for and did not answer is read here."""
    world = same_disks(make_world(disk=_balanced(ReadBalancing.PREFER_REMOTE)))
    world.alice.succeed(world.alice.write(0, BLOCK))
    world.bob.disk_latency_s = 5.0
    read = request(RequestKind.READ, 0, 8)
    world.alice.make(read)
    world.run_for(0.1)
    world.reset_link()
    assert bytes(world.alice.result(read).content) == BLOCK


def test_reads_come_home_when_the_peers_disk_fails(make_world: MakeWorld) -> None:
    """What the peer could not read is read here."""
    world = same_disks(make_world(disk=_balanced(ReadBalancing.PREFER_REMOTE)))
    world.alice.succeed(world.alice.write(0, BLOCK))
    world.bob.disk_errors.append("EIO")
    assert world.alice.read(0, 8) == BLOCK


@pytest.mark.parametrize("policy", list(ReadBalancing), ids=lambda it: it.value)
def test_balanced_reads_see_what_was_written(make_world: MakeWorld, policy: ReadBalancing) -> None:
    """Whoever reads, a write that has ended is seen, also while the link is lost and found."""
    world = same_disks(make_world(disk=_balanced(policy)))
    model = Model(world.alice.content())
    model.watch(world.alice, 0)
    chance = random.Random(3)
    for node in world.both:
        node.disk_latency_s = SLOW_S
    made = []
    for number in range(60):
        first_sector = 8 * chance.randrange(16)
        read = request(RequestKind.READ, first_sector, 8)
        model.made(read)
        world.alice.make(read)
        write = request(RequestKind.WRITE, first_sector, 8)
        write.data = chance.randbytes(4096)
        model.made(write)
        world.alice.make(write)
        made += [read, write]
        if number == 30:
            world.reset_link()
        world.run_for(chance.choice([0.0, 0.001, 0.02]))
    world.alice.succeed(*made)
    world.sync()
    world.compare()
    assert not model.wrong_reads
    assert not model.faults(world.bob.content())
