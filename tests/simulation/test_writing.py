"""What applications do with a connected pair, in all three protocols."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import NetOptions
from runtime.effects import FlushDisk, WriteBlocks
from runtime.requests import Request, RequestKind
from tests.simulation.node import VOLUME_SECTORS
from tests.simulation.scenes import (
    PROTOCOLS,
    SIZES_BYTES,
    SLOW_S,
    net_of,
    random_writes,
    request,
    same_disks,
)
from tests.simulation.traces import MakeWorld

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)


@by_protocol
def test_writes_of_all_sizes_arrive(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """A hundred writes, some of which overlap, are on both disks in the same order."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.succeed(*random_writes(world.alice, random.Random(1), 100))
    world.compare()


@by_protocol
def test_slow_disks_end_writes_in_any_order(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """Disks that are slow, and finish what they want first, end up the same."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 100))
    world.compare()


@by_protocol
@pytest.mark.parametrize("size_bytes", SIZES_BYTES)
def test_one_write_of_a_size(
    make_world: MakeWorld, protocol: ReplicationProtocol, size_bytes: int
) -> None:
    """What was written is read back, and is on the peer's disk."""
    world = same_disks(make_world(net=net_of(protocol)))
    data = random.Random(size_bytes).randbytes(size_bytes)
    world.alice.succeed(world.alice.write(9, data))
    assert world.alice.read(9, size_bytes // 512) == data
    world.compare()


@by_protocol
def test_later_write_of_the_same_sectors_wins(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """Of many writes to one place that are made at once, the last one stays, on both disks."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    made = [world.alice.write(16, bytes([number]) * 4096) for number in range(40)]
    world.alice.succeed(*made)
    assert world.alice.read(16, 8) == bytes([39]) * 4096
    world.compare()


@by_protocol
def test_partly_overlapping_writes_keep_their_order(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """Each write covers half of the one before, which stays where it is not covered."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    made = [world.alice.write(4 * number, bytes([number]) * 4096) for number in range(50)]
    world.alice.succeed(*made)
    expected = b"".join(bytes([number]) * 2048 for number in range(50))
    assert world.alice.read(0, 200) == expected
    world.compare()


def test_write_is_on_both_disks_when_finished_in_c(make_world: MakeWorld) -> None:
    """In protocol C a write that is finished is on the peer's disk."""
    world = same_disks(make_world())
    world.bob.disk_latency_s = SLOW_S
    world.alice.succeed(world.alice.write(0, b"c" * 4096))
    assert world.bob.content()[:4096] == b"c" * 4096


@pytest.mark.parametrize("protocol", [ReplicationProtocol.A, ReplicationProtocol.B])
def test_slow_peer_disk_is_not_waited_for(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """In protocols A and B a write is finished before the peer's disk has it."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.bob.disk_latency_s = 10.0
    world.alice.succeed(world.alice.write(0, b"b" * 4096))
    assert world.bob.content()[:4096] == bytes(4096)


def test_unreachable_peer_is_not_waited_for_in_a(make_world: MakeWorld) -> None:
    """In protocol A a write is finished when it is on the own disk and sent."""
    world = same_disks(make_world(net=net_of(ReplicationProtocol.A)))
    world.silence()
    world.alice.succeed(world.alice.write(0, b"a" * 4096))
    assert world.alice.state().conn.name == "Connected"


@pytest.mark.parametrize("protocol", [ReplicationProtocol.B, ReplicationProtocol.C])
def test_write_waits_for_the_peer(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """In protocols B and C a write waits for the peer, until that counts as lost."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.silence()
    write = world.alice.write(0, b"b" * 4096)
    world.run_for(5)
    assert write not in world.alice.finished
    world.alice.succeed(write)
    assert world.alice.state().conn.wire < 10


# Flushes


def test_flush_is_durable_on_both_nodes_in_c(make_world: MakeWorld) -> None:
    """In protocol C a flush is finished when both disks have flushed."""
    world = same_disks(make_world())
    world.alice.succeed(world.alice.write(0, b"f" * 512))
    before = [node.devices[0].flush_count for node in world.both]
    world.alice.flush()
    after = [node.devices[0].flush_count for node in world.both]
    assert after[0] > before[0]
    flushed = [it for it in world.bob.works if isinstance(it, FlushDisk)]
    assert flushed


def test_flush_waits_for_a_slow_peer_in_c(make_world: MakeWorld) -> None:
    """A flush in protocol C is not finished before the peer's disk is."""
    world = same_disks(make_world())
    world.alice.succeed(world.alice.write(0, b"f" * 512))
    world.bob.disk_latency_s = 2.0
    world.alice.write(8, b"f" * 512)
    flush = Request(RequestKind.FLUSH)
    world.alice.make(flush)
    world.run_for(0.05)
    assert flush not in world.alice.finished
    world.alice.succeed(flush)


def test_fua_write_is_passed_on_to_both_disks(make_world: MakeWorld) -> None:
    """A write that must be durable says so to both disks."""
    world = same_disks(make_world())
    world.alice.succeed(world.alice.write(0, b"d" * 4096, fua=True))
    for node in world.both:
        assert [it.fua for it in node.works if isinstance(it, WriteBlocks)] == [True]


# Discards


@by_protocol
@pytest.mark.parametrize("kind", [RequestKind.DISCARD, RequestKind.WRITE_ZEROES])
def test_range_becomes_zeroes(
    make_world: MakeWorld, protocol: ReplicationProtocol, kind: RequestKind
) -> None:
    """A discarded or zeroed range reads as zeroes on both nodes."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.succeed(world.alice.write(0, b"x" * 65536))
    zeroed = request(kind, 8, 64)
    world.alice.make(zeroed)
    world.alice.succeed(zeroed)
    assert world.alice.read(0, 128) == b"x" * 4096 + bytes(32768) + b"x" * 28672
    world.compare()


@pytest.mark.parametrize("kind", [RequestKind.DISCARD, RequestKind.WRITE_ZEROES])
def test_whole_volume_becomes_zeroes(make_world: MakeWorld, kind: RequestKind) -> None:
    """A range may be larger than any write."""
    world = same_disks(make_world())
    world.alice.succeed(*random_writes(world.alice, random.Random(1), 30))
    zeroed = request(kind, 0, VOLUME_SECTORS)
    world.alice.make(zeroed)
    world.alice.succeed(zeroed)
    world.compare()
    assert not any(world.bob.content())


def test_request_behind_the_end_is_refused(make_world: MakeWorld) -> None:
    """Nothing can be read or written behind the end of the volume."""
    world = same_disks(make_world())
    beyond = request(RequestKind.READ, VOLUME_SECTORS - 1, 2)
    world.alice.make(beyond)
    error = world.alice.result(beyond).error
    assert error == f"the request ends behind the volume's {VOLUME_SECTORS} sectors"


def test_unknown_volume_is_refused(make_world: MakeWorld) -> None:
    """A volume that there is not does nothing."""
    world = same_disks(make_world())
    write = world.alice.write(0, b"n" * 512, 5)
    assert world.alice.result(write).error == "no volume 5"


# Back-pressure


def test_open_requests_are_bounded(make_world: MakeWorld) -> None:
    """No more is under way than max-buffers allow; the others wait, and go later."""
    net = NetOptions(max_buffers=512)
    world = same_disks(make_world(net=net))
    world.alice.disk_latency_s = 0.1
    made = [world.alice.write(0, bytes([number]) * (1 << 20)) for number in range(8)]
    made += [world.alice.write(8 * number, b"p" * 4096) for number in range(800)]
    begun = [it for it in world.alice.works if isinstance(it, WriteBlocks)]
    assert sum(len(it.data) for it in begun) <= 512 * 4096
    world.alice.succeed(*made)
    world.compare()


def test_congested_socket_stops_admission(make_world: MakeWorld) -> None:
    """While the socket takes nothing, no further request is let in."""
    world = same_disks(make_world(net=net_of(ReplicationProtocol.A)))
    world.alice.is_blocked = True
    first = world.alice.write(0, b"1" * 4096)
    world.alice.succeed(first)
    second = world.alice.write(8, b"2" * 4096)
    world.run_for(1)
    assert second not in world.alice.finished
    world.alice.unblock()
    world.alice.succeed(second)
    world.compare()


def test_slow_secondary_reads_no_faster_than_it_writes(make_world: MakeWorld) -> None:
    """A secondary with a slow disk lets its socket be, when its buffers are used up."""
    net = NetOptions(protocol=ReplicationProtocol.A, max_buffers=32)
    world = same_disks(make_world(net=net))
    world.bob.disk_latency_s = 1.0
    made = [world.alice.write(256 * number, b"s" * 131072) for number in range(30)]
    world.alice.succeed(*made)
    world.run_for(0.1)
    assert world.bob.unread_bytes > 0
    world.run_for(60)
    world.compare()


def test_socket_that_nobody_reads_costs_nothing(make_world: MakeWorld) -> None:
    """Hundreds of writes that wait for a slow disk are no work until it is done with the first."""
    net = NetOptions(protocol=ReplicationProtocol.A, max_epoch_size=1)
    world = same_disks(make_world(net=net))
    world.bob.disk_latency_s = 1.0
    world.alice.succeed(*[world.alice.write(8 * number, b"w" * 4096) for number in range(300)])
    end, count = world.now + 10, 0
    while world.now < end:
        world.step()
        count += 1
    assert world.bob.unread_bytes > 0
    assert count < 1000
