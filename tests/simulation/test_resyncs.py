"""Resyncs: beside writes, paused, broken off and continued, and asked for."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.state import ReturnCode
from runtime.config import DiskOptions, NetOptions
from runtime.effects import ReadBlocks, WriteBlocks
from runtime.events import (
    ConnectRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    NewCurrentUuidRequested,
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
    net_of,
    random_write,
    random_writes,
    resyncing,
    same_disks,
    synced,
)
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World, connected_pair

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)


def _sectors_written(node: SimulatedNode) -> int:
    return sum(len(it.data) // 512 for it in node.works if isinstance(it, WriteBlocks))


def _bits(node: SimulatedNode) -> int:
    return node.resource.bits_out_of_sync()


@by_protocol
def test_all_data_come_over(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """The first resync brings all data of the forced primary."""
    world = synced(make_world(net=net_of(protocol)))
    world.compare()
    assert _sectors_written(world.bob) == VOLUME_SECTORS


@by_protocol
def test_writes_beside_a_resync(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """While the peer gets all data, applications write on, and nothing is undone."""
    world = make_world(net=net_of(protocol))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    resyncing(world)
    chance, made = random.Random(3), []
    for _ in range(150):
        made.append(random_write(world.alice, chance))
        world.run_for(0.01)
    world.alice.succeed(*made)
    world.sync()
    world.compare()


@by_protocol
def test_primary_target_reads_and_writes(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A primary that replaces its own data reads good data from the peer, and writes both."""
    world = synced(make_world(net=net_of(protocol)))
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.bob.order(InvalidateRequested())
    chance, made = random.Random(4), []
    for _ in range(100):
        made.append(random_write(world.bob, chance))
        read = Request(RequestKind.READ, 0, chance.randrange(VOLUME_SECTORS - 64), 64)
        made += world.bob.make(read)
        world.run_for(0.01)
    world.bob.succeed(*made)
    world.sync()
    world.compare()


@by_protocol
@pytest.mark.parametrize("csums_alg", ["", "md5"])
def test_primary_is_invalidated_amid_writes(
    make_world: MakeWorld, protocol: ReplicationProtocol, csums_alg: str
) -> None:
    """Writes that wait for one another when a resync begins are not undone by what it brings."""
    net = NetOptions(protocol=protocol, csums_alg=csums_alg)
    disk = DiskOptions(al_extents=67, resync_rate=65536)
    world = synced(make_world(net=net, disk=disk))
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.alice.disk_latency_s = world.bob.disk_latency_s = 0.02
    chance = random.Random(1)
    made = random_writes(world.bob, chance, 90)
    world.run_for(0.01)
    world.bob.happen(InvalidateRequested())
    made += random_writes(world.bob, chance, 30)
    world.bob.succeed(*made)
    world.sync()
    world.compare()


def test_target_reads_what_it_has_from_its_own_disk(make_world: MakeWorld) -> None:
    """What a resync has brought is not asked of the peer again."""
    world = resyncing(make_world())
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    bits = _bits(world.bob)
    world.run_until(lambda: _bits(world.bob) < bits, "some blocks")
    assert world.bob.read(0, 8) == world.alice.content()[:4096]
    assert any(isinstance(it, ReadBlocks) for it in world.bob.works)


def test_writes_that_cover_all_end_a_resync(make_world: MakeWorld) -> None:
    """Blocks that applications write meanwhile need no resync any more."""
    world = resyncing(make_world())
    for node in world.both:
        node.order(PauseSyncRequested())
    for first in range(0, VOLUME_SECTORS, 8):
        world.alice.succeed(world.alice.write(first, b"w" * 4096))
    world.run_for(1)
    for node in world.both:
        node.order(ResumeSyncRequested())
    world.sync()
    world.compare()


# Pauses


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_resync_pauses_and_goes_on(make_world: MakeWorld, name: str) -> None:
    """A resync that either node pauses brings nothing until that node lets it go on."""
    world = resyncing(make_world())
    node = world.alice if name == "alice" else world.bob
    world.run_for(0.3)
    node.order(PauseSyncRequested())
    world.run_for(1)
    assert [it.state().conn.name for it in world.both] == ["PausedSyncS", "PausedSyncT"]
    bits = _bits(world.bob)
    world.run_for(30)
    assert _bits(world.bob) == bits > 0
    node.order(ResumeSyncRequested())
    world.sync()
    world.compare()


def test_both_have_to_let_it_go_on(make_world: MakeWorld) -> None:
    """A resync that both have paused goes on when both want it."""
    world = resyncing(make_world())
    for node in world.both:
        node.order(PauseSyncRequested())
    world.alice.order(ResumeSyncRequested())
    world.run_for(5)
    assert world.bob.state().conn.name == "PausedSyncT"
    world.bob.order(ResumeSyncRequested())
    world.sync()
    world.compare()


def test_pausing_twice_is_refused(make_world: MakeWorld) -> None:
    """Who has paused already is told so, and who has not can't resume."""
    world = resyncing(make_world())
    world.alice.order(PauseSyncRequested())
    assert world.alice.refusal(PauseSyncRequested()) == "Sync-pause flag is already set"
    world.run_for(0.1)
    assert world.bob.refusal(ResumeSyncRequested()) == (
        "Sync-pause flag is already cleared.\nNote: Resync pause caused by the peer node."
    )


def test_pause_outlives_a_lost_link(make_world: MakeWorld) -> None:
    """A resync that was paused is still paused after the link was lost."""
    world = resyncing(make_world())
    world.alice.order(PauseSyncRequested())
    world.reset_link()
    world.run_for(30)
    assert world.bob.state().conn.name == "PausedSyncT"
    world.alice.order(ResumeSyncRequested())
    world.sync()
    world.compare()


def test_writes_beside_a_paused_resync(make_world: MakeWorld) -> None:
    """While a resync is paused, what applications write goes to both nodes."""
    world = resyncing(make_world())
    world.bob.order(PauseSyncRequested())
    world.run_for(0.5)
    world.alice.succeed(world.alice.write(VOLUME_SECTORS - 8, b"p" * 4096))
    assert world.bob.content()[-4096:] == b"p" * 4096
    world.bob.order(ResumeSyncRequested())
    world.sync()
    world.compare()


# Broken off


@by_protocol
def test_interrupted_resync_sends_the_rest(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A resync that lost its link goes on where it was: no block is sent twice."""
    world = resyncing(make_world(net=net_of(protocol)))
    world.run_until(lambda: _bits(world.bob) < 700, "a part of the resync")
    world.reset_link()
    left = max(_bits(node) for node in world.both)
    before = _sectors_written(world.bob)
    world.run_until(lambda: is_target(world.bob), "the rest")
    world.sync()
    world.compare()
    assert _sectors_written(world.bob) - before <= 8 * left


@by_protocol
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_resync_goes_on_after_a_restart(
    make_world: MakeWorld, protocol: ReplicationProtocol, name: str
) -> None:
    """A resync goes on when one of the nodes was killed and started again."""
    world = resyncing(make_world(net=net_of(protocol)))
    world.run_until(lambda: _bits(world.bob) < 700, "a part of the resync")
    again = world.restart(world.alice if name == "alice" else world.bob)
    again.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_only_what_was_written_alone_is_sent(make_world: MakeWorld) -> None:
    """After the peer was away it gets the blocks that were written meanwhile, and no others."""
    world = same_disks(make_world())
    world.bob.order(DisconnectRequested())
    for first in (0, 8, 4096):
        world.alice.succeed(world.alice.write(first, b"m" * 4096))
    before = _sectors_written(world.bob)
    world.bob.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert _sectors_written(world.bob) - before == 24


@by_protocol
def test_crashed_primary_sends_its_hot_extents(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A primary that was killed amid writes gives the peer what may differ, and no more."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    for number in range(20):
        world.alice.write(8 * number, bytes([number]) * 4096)
    world.run_for(0.001)
    before = _sectors_written(world.bob)
    world.restart(world.alice)
    world.alice.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert 0 < _sectors_written(world.bob) - before <= VOLUME_SECTORS
    assert world.alice.said("by rule 40")


def test_lost_link_at_the_end_of_a_resync(make_world: MakeWorld) -> None:
    """Wherever a resync breaks off near its end, both nodes end up in sync."""
    for after_ms in range(12):
        world = make_world(seed=after_ms + 1, disk=DiskOptions(resync_rate=65536))
        resyncing(world)
        world.run_until(lambda: _bits(world.bob) == 0, "the last block")  # noqa: B023
        world.run_for(after_ms / 5000)
        world.reset_link()
        world.run_for(0.1)
        world.sync()
        world.compare()


# Asked for


@by_protocol
def test_invalidated_node_gets_all_again(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A node that gives up its data gets all of the peer's."""
    world = same_disks(make_world(net=net_of(protocol)))
    before = _sectors_written(world.bob)
    world.bob.order(InvalidateRequested())
    world.run_until(lambda: is_target(world.bob), "a resync")
    world.sync()
    world.compare()
    assert _sectors_written(world.bob) - before == VOLUME_SECTORS


@by_protocol
def test_invalidated_peer_gets_all_again(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A node can ask for the same on the other's behalf."""
    world = same_disks(make_world(net=net_of(protocol)))
    before = _sectors_written(world.bob)
    world.alice.order(InvalidateRemoteRequested())
    world.run_until(lambda: is_target(world.bob), "a resync")
    world.sync()
    world.compare()
    assert _sectors_written(world.bob) - before == VOLUME_SECTORS


def test_second_resync_is_refused(make_world: MakeWorld) -> None:
    """While a resync runs, no other one begins."""
    world = resyncing(make_world())
    for node, command in (
        (world.alice, InvalidateRemoteRequested()),
        (world.bob, InvalidateRequested()),
    ):
        answer = node.do(command)
        assert answer.code == ReturnCode.SS_RESYNC_RUNNING
        assert answer.text == "Can not start OV/resync since it is already active"


def test_data_are_given_up_alone(make_world: MakeWorld) -> None:
    """A secondary that stands alone may give up its data, and gets all when it is connected."""
    world = same_disks(make_world())
    world.bob.order(DisconnectRequested())
    world.bob.order(InvalidateRequested())
    assert world.bob.state().disk.name == "Inconsistent"
    before = _sectors_written(world.bob)
    world.bob.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert _sectors_written(world.bob) - before == VOLUME_SECTORS


def test_fresh_disks_need_no_resync(make_world: MakeWorld) -> None:
    """Two fresh disks that are declared to be the same are in sync at once."""
    world = make_world()
    connected_pair(world)
    world.run_for(0.1)
    world.alice.order(NewCurrentUuidRequested(clear_bitmap=True))
    world.sync(timeout_s=1)
    assert not world.bob.went_through("SyncTarget")
    world.alice.order(PrimaryRequested())
    world.alice.succeed(world.alice.write(0, b"a" * 512))
    world.compare()


def test_used_disks_are_not_declared_the_same(make_world: MakeWorld) -> None:
    """What is in use and connected can't be declared to be the same."""
    world = same_disks(make_world())
    command = NewCurrentUuidRequested(clear_bitmap=True)
    assert world.alice.refusal(command) == "Need to be StandAlone"


def test_configured_rate_is_kept(make_world: MakeWorld) -> None:
    """With a fixed rate a resync is as fast as it says."""
    disk = DiskOptions(resync_rate=1000, c_plan_ahead=0)
    world: World = resyncing(make_world(disk=disk))
    began = world.now
    world.sync()
    kib_per_s = VOLUME_SECTORS / 2 / (world.now - began)
    assert 800 <= kib_per_s <= 1300


def test_slowest_resync_moves(make_world: MakeWorld) -> None:
    """A rate of less than a block in a turn is slow, and does not stand still."""
    world = resyncing(make_world(disk=DiskOptions(resync_rate=1, c_plan_ahead=0)))
    left = _bits(world.bob)
    world.run_for(2)
    assert _bits(world.bob) < left
