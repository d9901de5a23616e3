"""Requests that are held back: by an administrator, or for lack of data."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from generated.states.susp_states import SuspState
from runtime.config import NetOptions, OnNoDataAccessible
from runtime.effects import WriteBlocks
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    PrimaryRequested,
    ResumeIoRequested,
    SuspendIoRequested,
)
from runtime.requests import RequestKind
from tests.simulation.model import Model
from tests.simulation.scenes import PROTOCOLS, random_writes, request, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

WAITING = {"on_no_data_accessible": OnNoDataAccessible.SUSPEND_IO}


def quick(protocol: ReplicationProtocol = ReplicationProtocol.C) -> NetOptions:
    """A link whose loss is soon found."""
    return NetOptions(protocol=protocol, ping_int=1, connect_int=1)


def diskless_primary(world: World) -> World:
    """Alice, primary, has only bob's disk."""
    same_disks(world)
    world.alice.order(DetachRequested())
    world.run_until(lambda: world.alice.state().disk.name == "Diskless", "the disk to go")
    return world


def test_requests_wait_until_they_are_resumed(make_world: MakeWorld) -> None:
    """While requests are suspended none is done, and all are when they are resumed."""
    world = same_disks(make_world())
    world.alice.order(SuspendIoRequested())
    write, read = world.alice.write(0, b"w" * 4096), request(RequestKind.READ, 0, 8)
    world.alice.make(read)
    world.run_for(5)
    assert not world.alice.finished.keys() & {write, read}
    world.alice.order(ResumeIoRequested())
    world.alice.succeed(write, read)
    world.compare()


def test_ends_are_not_told_while_requests_are_suspended(make_world: MakeWorld) -> None:
    """What was under way is done, but nobody hears of it before requests are resumed."""
    world = same_disks(make_world())
    world.bob.disk_latency_s = 0.5
    write = world.alice.write(0, b"w" * 4096)
    world.alice.order(SuspendIoRequested())
    world.run_for(5)
    assert world.bob.content()[:4096] == b"w" * 4096
    assert write not in world.alice.finished
    world.alice.order(ResumeIoRequested())
    world.alice.succeed(write)


def test_state_says_why_requests_wait(make_world: MakeWorld) -> None:
    """The state of every volume has the flag, the log has the change, and P_STATE the bit."""
    world = same_disks(make_world(volumes=2))
    world.alice.order(SuspendIoRequested(1))
    states = [world.alice.state(volume) for volume in (0, 1)]
    assert [it.susp for it in states] == [SuspState.Suspended] * 2
    assert [it.word.susp for it in states] == [1, 1]
    assert world.alice.said("susp( 0 -> 1 )")
    world.alice.order(ResumeIoRequested(0))
    assert world.alice.said("susp( 1 -> 0 )")
    assert not any(world.alice.state(volume).is_suspended for volume in (0, 1))


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)
def test_link_lost_while_requests_are_suspended(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """What the peer has not confirmed is sent again when it is back and requests are resumed."""
    world = same_disks(make_world(net=quick(protocol)))
    world.bob.disk_latency_s = 0.5
    random_writes(world.alice, random.Random(1), 10)
    world.run_for(0.002)
    world.alice.order(SuspendIoRequested())
    world.reset_link()
    world.run_until(lambda: all(map(world.is_up, world.both)), "both to be connected")
    world.alice.order(ResumeIoRequested())
    world.run_until(lambda: len(world.alice.finished) == 10, "all writes to end")
    assert not any(it.error for it in world.alice.finished.values())
    world.run_for(2)
    world.compare()


def test_requests_are_resumed_without_the_peer(make_world: MakeWorld) -> None:
    """Who resumes requests while the peer is gone goes on alone, and the peer is resynced later."""
    world = same_disks(make_world(net=quick()))
    world.alice.order(SuspendIoRequested())
    world.bob.order(DisconnectRequested())
    world.run_for(3)
    world.alice.order(ResumeIoRequested())
    assert world.alice.said("new current UUID")
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    world.bob.order(ConnectRequested())
    world.sync()
    world.compare()
    assert world.bob.went_through("SyncTarget", "Connected")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)
def test_no_data_suspends_until_the_peer_is_back(
    make_world: MakeWorld, protocol: ReplicationProtocol
) -> None:
    """A primary without a disk waits for its lost peer, and nothing is lost or told too early."""
    world = diskless_primary(make_world(net=quick(protocol), **WAITING))
    model = Model(world.bob.content())
    model.watch(world.alice, 0)
    world.bob.disk_latency_s = 0.3
    for number in range(6):
        model_write = request(RequestKind.WRITE, 8 * number, 8)
        model_write.data = bytes([number]) * 4096
        model.made(model_write)
        world.alice.make(model_write)
    world.run_for(0.002)
    world.reset_link()
    assert world.alice.state().susp_nod.name == "Suspended"
    read = request(RequestKind.READ, 0, 48)
    model.made(read)
    world.alice.make(read)
    world.run_for(0.3)
    assert read not in world.alice.finished
    world.run_until(lambda: read in world.alice.finished, "the read to end")
    assert not any(it.error for it in world.alice.finished.values())
    assert not world.alice.state().is_suspended
    world.run_for(2)
    assert not [*model.wrong_reads, *model.faults(world.bob.content())]


def test_without_the_option_requests_fail(make_world: MakeWorld) -> None:
    """With on-no-data-accessible io-error, the default, requests that can't be done fail."""
    world = diskless_primary(make_world(net=quick()))
    world.bob.disk_latency_s = 0.5
    write = world.alice.write(0, b"w" * 4096)
    world.run_for(0.002)
    world.silence()
    assert world.alice.result(write).error


def test_resumed_without_any_data(make_world: MakeWorld) -> None:
    """Who resumes requests where there is no data lets them fail."""
    world = diskless_primary(make_world(net=quick(), **WAITING))
    world.bob.disk_latency_s = 0.5
    write = world.alice.write(0, b"w" * 4096)
    world.run_for(0.002)
    world.silence()
    world.run_until(lambda: world.alice.state().is_suspended, "requests to be suspended")
    world.run_for(1)
    assert write not in world.alice.finished
    world.alice.order(ResumeIoRequested())
    assert world.alice.result(write).error


def test_last_disk_fails_and_comes_back(make_world: MakeWorld) -> None:
    """A write that failed on the last disk is done on it when it is attached again."""
    world = same_disks(make_world(net=quick(), **WAITING))
    world.bob.order(DisconnectRequested())
    world.run_for(2)
    world.alice.disk_fails = lambda work: "broken" if isinstance(work, WriteBlocks) else ""
    write = world.alice.write(0, b"w" * 4096)
    world.run_until(lambda: world.alice.state().disk.name == "Diskless", "the disk to go")
    assert world.alice.state().susp_nod.name == "Suspended"
    assert write not in world.alice.finished
    world.alice.disk_fails = lambda _work: ""
    world.alice.attach()
    world.alice.succeed(write)
    assert world.alice.content()[:4096] == b"w" * 4096
    assert not world.alice.state().is_suspended


def test_peer_without_a_disk_misses_what_is_under_way(make_world: MakeWorld) -> None:
    """A peer whose disk goes while requests are suspended is resynced when it is attached again."""
    world = same_disks(make_world())
    write = world.alice.write(0, b"w" * 4096)
    world.alice.happen(SuspendIoRequested())
    world.bob.happen(DetachRequested(force=True))
    world.run_until(lambda: world.bob.state().disk.name == "Diskless", "the disk to go")
    world.bob.attach()
    world.sync()
    world.alice.order(ResumeIoRequested())
    world.alice.succeed(write)
    world.compare()
    assert world.bob.went_through("SyncTarget", "Connected")


def test_detaching_while_suspended_does_not_wait(make_world: MakeWorld) -> None:
    """A secondary's disk may be detached though its requests are suspended."""
    world = same_disks(make_world())
    world.bob.order(SuspendIoRequested())
    world.bob.order(DetachRequested())
    assert world.bob.state().disk.name == "Diskless"


def test_forced_primary_is_not_suspended(make_world: MakeWorld) -> None:
    """Who becomes primary by force has good data, so that nothing waits."""
    world = make_world(**WAITING)
    world.attach_all()
    world.alice.order(PrimaryRequested(force=True))
    world.alice.succeed(world.alice.write(0, b"f" * 512))
