"""The administrator's programs: when they are called, and what waits for them."""

from collections.abc import Callable

import pytest

from generated.layouts.configuration import SplitBrainPolicy
from runtime.config import DiskOptions, NetOptions, OnIoError, RrConflict
from runtime.effects import WriteBlocks
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRequested,
    PrimaryRequested,
    ResizeRequested,
    SecondaryRequested,
)
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import resyncing, same_disks, synced
from tests.simulation.traces import MakeWorld
from tests.simulation.verifies import FAST, SHA1, spoil, verify
from tests.simulation.world import World, connected_pair

BEFORE = ("before-resync-source", "before-resync-target")
HANDLERS = dict.fromkeys((*BEFORE, "after-resync-target"), "program")


def ends_with(helper: str, exit_code: int) -> Callable[[str, int | None], int]:
    """All programs succeed but this one."""
    return lambda name, _volume: exit_code if name == helper else 0


def told(node: SimulatedNode) -> list[tuple[str, int | None]]:
    """The calls of helpers and their ends."""
    return [(it.name, it.exit_code) for it in node.helpers]


def before(make_world: MakeWorld, helper: str, exit_code: int) -> World:
    """Alice is primary by force, and bob is to get her data."""
    world = make_world(handlers=HANDLERS)
    for node in world.both:
        node.helper_exits = ends_with(helper, exit_code)
    connected_pair(world)
    world.alice.order(PrimaryRequested(force=True))
    world.run_for(2)
    return world


def test_calls_around_a_resync(make_world: MakeWorld) -> None:
    """Programs are called before a resync on both nodes, and after it on the target."""
    world = resyncing(make_world(handlers=HANDLERS))
    world.sync()
    world.run_for(1)
    assert told(world.alice) == [(BEFORE[0], None), (BEFORE[0], 0)]
    after = "after-resync-target"
    assert told(world.bob) == [(BEFORE[1], None), (BEFORE[1], 0), (after, None), (after, 0)]
    world.compare()


def test_programs_that_nobody_configured_succeed(make_world: MakeWorld) -> None:
    """A program that is not configured counts as one that ended with 0, and is told."""
    world = synced(make_world())
    assert told(world.alice) == [(BEFORE[0], None), (BEFORE[0], 0)]


def test_resync_waits_for_the_programs(make_world: MakeWorld) -> None:
    """No block is asked for before both programs have agreed, however long they think."""
    world = make_world(handlers=HANDLERS)
    world.alice.helper_delay_s = world.bob.helper_delay_s = 20.0
    connected_pair(world)
    world.alice.fill(7)
    world.alice.order(PrimaryRequested(force=True))
    world.run_for(15)
    assert world.alice.state().conn.name == "WFBitMapS"
    world.run_for(15)
    assert world.bob.state().conn.name == "WFSyncUUID"
    world.sync()
    world.compare()


@pytest.mark.parametrize(
    ("helper", "exit_code"), [(BEFORE[0], 1), (BEFORE[0], 124), (BEFORE[1], 1), (BEFORE[1], 3)]
)
def test_program_refuses_a_resync(make_world: MakeWorld, helper: str, exit_code: int) -> None:
    """The node whose program refuses a resync drops the connection, and stands alone."""
    world = before(make_world, helper, exit_code)
    refusing = world.alice if helper == BEFORE[0] else world.bob
    assert refusing.state().conn.name == "StandAllone"
    assert refusing.said(f"{helper} handler returned {exit_code}, dropping connection.")
    assert not world.alice.went_through("SyncSource") or helper == BEFORE[1]
    assert not world.bob.went_through("SyncTarget")


def test_source_ignores_3(make_world: MakeWorld) -> None:
    """A source whose program ends with 3 begins all the same."""
    world = before(make_world, BEFORE[0], 3)
    world.sync()
    world.compare()
    assert world.alice.said("returned 3, ignored")


def test_full_sync_is_refused(make_world: MakeWorld) -> None:
    """A resync that an administrator asked for is refused like any other."""
    world = same_disks(make_world(handlers=HANDLERS))
    world.alice.helper_exits = ends_with(BEFORE[0], 1)
    world.bob.do(InvalidateRequested())
    world.run_until(lambda: world.alice.state().conn.name == "StandAllone", "alice to refuse")


@pytest.mark.parametrize("node", ["alice", "bob"])
def test_link_lost_while_a_program_thinks(make_world: MakeWorld, node: str) -> None:
    """What a program says of a resync whose link was lost is for nobody."""
    world = make_world(handlers=HANDLERS, net=NetOptions(connect_int=1))
    slow = world.alice if node == "alice" else world.bob
    slow.helper_delay_s = 5.0
    slow.helper_exits = lambda _name, _volume: 1
    connected_pair(world)
    world.alice.fill(7)
    world.alice.order(PrimaryRequested(force=True))
    world.run_until(lambda: bool(slow.helpers), "the program to be called")
    world.reset_link()
    world.run_for(4)
    slow.helper_exits = lambda _name, _volume: 0
    world.run_for(1.5)
    assert slow.state().conn.name != "StandAllone"
    world.sync()
    world.compare()


def test_disk_lost_while_a_program_thinks(make_world: MakeWorld) -> None:
    """A resync that can't be any more does not begin when the program agrees."""
    world = make_world(handlers=HANDLERS)
    world.bob.helper_delay_s = 5.0
    connected_pair(world)
    world.alice.order(PrimaryRequested(force=True))
    world.run_until(lambda: bool(world.bob.helpers), "the program to be called")
    world.bob.order(DetachRequested(force=True))
    world.run_for(6)
    assert world.bob.state().conn.name == "Connected"
    assert not world.bob.went_through("SyncTarget")
    world.alice.succeed(world.alice.write(0, b"w" * 4096))


@pytest.mark.parametrize("policy", [OnIoError.DETACH, OnIoError.CALL_LOCAL_IO_ERROR])
def test_disk_error_is_told(make_world: MakeWorld, policy: OnIoError) -> None:
    """With call-local-io-error the administrator hears of a failing disk, which is given up."""
    world = same_disks(make_world(disk=DiskOptions(on_io_error=policy)))
    world.alice.disk_fails = lambda work: "broken" if isinstance(work, WriteBlocks) else ""
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    world.run_until(lambda: world.alice.state().disk.name == "Diskless", "the disk to go")
    is_told = policy is OnIoError.CALL_LOCAL_IO_ERROR
    assert bool(world.alice.called("local-io-error")) is is_told


def test_primary_without_data_is_told(make_world: MakeWorld) -> None:
    """A primary that reaches no good data any more tells the administrator."""
    world = same_disks(make_world())
    world.alice.order(DetachRequested())
    assert not world.alice.called("pri-on-incon-degr")
    world.reset_link()
    assert world.alice.called("pri-on-incon-degr") == 1


def test_split_brain_is_told(make_world: MakeWorld) -> None:
    """Of a split brain the administrator hears twice: when it is seen, and that it stays."""
    world = same_disks(make_world())
    for node in world.both:
        node.order(DisconnectRequested(force=True))
    world.bob.order(PrimaryRequested(force=True))
    for node in world.both:
        node.succeed(node.write(0, node.name.encode().ljust(512)))
    for node in world.both:
        node.order(ConnectRequested())
    world.run_for(10)
    for node in world.both:
        names = [it.name for it in node.helpers if "split" in it.name and it.exit_code is None]
        assert names[:2] == ["initial-split-brain", "split-brain"]


def growing(make_world: MakeWorld) -> World:
    """Both disks were enlarged, and alice's program thinks for 5 seconds before she resyncs."""
    world = same_disks(make_world(handlers=HANDLERS))
    for node in world.both:
        node.helpers.clear()
        node.grow_disk(2048)
    world.alice.helper_delay_s = 5.0
    world.alice.order(ResizeRequested())
    world.run_until(lambda: bool(world.alice.helpers), "alice's program to be called")
    return world


def test_calls_around_growing(make_world: MakeWorld) -> None:
    """Programs are called on both nodes before new space is resynced, and writes go on."""
    world = growing(make_world)
    world.run_for(1)
    assert world.alice.state().conn.name == "Connected"
    assert world.bob.state().conn.name == "WFSyncUUID"
    world.alice.succeed(world.alice.write(VOLUME_SECTORS - 8, b"w" * 8192))
    world.sync()
    world.run_for(1)
    assert told(world.alice) == [(BEFORE[0], None), (BEFORE[0], 0)]
    assert told(world.bob)[:2] == [(BEFORE[1], None), (BEFORE[1], 0)]
    assert world.alice.went_through("SyncSource")
    world.compare()


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_source_stays_source(make_world: MakeWorld, name: str) -> None:
    """New space comes from who was primary when it grew, even if nobody is primary any more."""
    world = same_disks(make_world(handlers=HANDLERS))
    source = world.alice if name == "alice" else world.bob
    world.alice.order(SecondaryRequested())
    source.order(PrimaryRequested())
    for node in world.both:
        node.helpers.clear()
        node.grow_disk(2048)
    source.helper_delay_s = 5.0
    source.order(ResizeRequested())
    world.run_until(lambda: bool(source.helpers), "the source's program to be called")
    source.order(SecondaryRequested())
    world.sync()
    assert source.went_through("SyncSource")
    world.compare()


def test_program_refuses_growing(make_world: MakeWorld) -> None:
    """A source whose program refuses the resync of new space drops the connection."""
    world = growing(make_world)
    world.alice.helper_exits = ends_with(BEFORE[0], 1)
    world.run_until(lambda: world.alice.state().conn.name == "StandAllone", "alice to refuse")
    assert not world.alice.went_through("SyncSource")
    world.alice.helper_exits = lambda _name, _volume: 0
    world.alice.order(ConnectRequested())
    world.sync()
    world.compare()


def test_disk_lost_before_new_space_is_resynced(make_world: MakeWorld) -> None:
    """The resync of new space does not begin when the source's disk was lost meanwhile."""
    world = growing(make_world)
    world.alice.order(DetachRequested(force=True))
    world.run_for(6)
    assert not world.alice.went_through("SyncSource")


@pytest.mark.parametrize("is_spoilt", [True, False])
def test_differences_are_told(make_world: MakeWorld, *, is_spoilt: bool) -> None:
    """After a verify that has found something, both administrators hear of it; else nobody does."""
    world = same_disks(make_world(net=SHA1, disk=FAST))
    if is_spoilt:
        spoil(world.bob, 1600)
    verify(world, world.alice)
    assert [node.called("out-of-sync") for node in world.both] == [int(is_spoilt)] * 2


def test_primary_that_would_be_target_is_told(make_world: MakeWorld) -> None:
    """With rr-conflict call-pri-lost the administrator of a losing primary is told, and decides."""
    net = NetOptions(
        after_sb_0pri=SplitBrainPolicy.DISCARD_LEAST_CHANGES,
        after_sb_1pri=SplitBrainPolicy.VIOLENTLY_AS0P,
        rr_conflict=RrConflict.CALL_PRI_LOST,
    )
    world = _lost_by_alice(make_world(net=net))
    assert [node.called("pri-lost") for node in world.both] == [1, 0]
    assert world.alice.state().role.name == "Primary"
    assert world.alice.state().conn.name == "StandAllone"


def test_primary_that_lost_a_split_brain_is_told(make_world: MakeWorld) -> None:
    """With call-pri-lost-after-sb it hears that its changes would go, as it can't step down."""
    net = NetOptions(
        after_sb_0pri=SplitBrainPolicy.DISCARD_LEAST_CHANGES,
        after_sb_1pri=SplitBrainPolicy.CALL_PRI_LOST_AFTER_SB,
    )
    world = _lost_by_alice(make_world(net=net))
    assert [node.called("pri-lost-after-sb") for node in world.both] == [1, 0]
    assert world.alice.called("split-brain") == 1


def _lost_by_alice(world: World) -> World:
    """Alice is primary and has changed less than Bob when they meet after a split brain."""
    same_disks(world)
    for node in world.both:
        node.do(DisconnectRequested(force=True))
    world.bob.order(PrimaryRequested(force=True))
    world.alice.succeed(world.alice.write(0, b"a" * 4096))
    world.bob.succeed(*(world.bob.write(8 * number, b"b" * 4096) for number in range(9)))
    world.bob.order(SecondaryRequested())
    for node in world.both:
        node.order(ConnectRequested())
    world.run_for(5)
    return world
