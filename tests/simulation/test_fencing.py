"""A peer that is lost, and a primary that must know that it does not go on alone."""

import random
from typing import Any

import pytest

from generated.layouts.state import ReturnCode
from runtime.config import DiskOptions, FencingPolicy, NetOptions
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    OutdateRequested,
    PrimaryRequested,
    ResumeIoRequested,
    SecondaryRequested,
)
from runtime.requests import RequestKind
from tests.simulation.model import Model
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import random_write, request, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World, connected_pair

BY_STONITH = FencingPolicy.RESOURCE_AND_STONITH
FENCING = (FencingPolicy.RESOURCE_ONLY, BY_STONITH)
EXIT_CODES = (0, 1, 3, 4, 5, 6, 7, 124)
PDSK_AFTER = {3: "Inconsistent", 4: "Outdated", 5: "Outdated", 7: "Outdated"}


def fencing(
    make_world: MakeWorld, policy: FencingPolicy, *, exit_code: int = 4, **more: Any
) -> World:
    """Both nodes connected, alice primary; her program ends with this code."""
    world = make_world(
        net=NetOptions(ping_int=1, connect_int=1),
        disk=DiskOptions(fencing=policy),
        handlers={"fence-peer": "fence", "unfence-peer": "unfence"},
        **more,
    )
    same_disks(world)
    for node in world.both:
        node.helper_exits = lambda _name, _volume: exit_code
    return world


def lose(world: World) -> None:
    """Nothing arrives any more, and alice has noticed."""
    world.silence()
    world.run_until(lambda: world.alice.state().conn.wire < 9, "alice to lose bob")


def fence_ended(node: SimulatedNode) -> bool:
    """Whether the program has ended."""
    return any(it.name == "fence-peer" and it.exit_code is not None for it in node.helpers)


@pytest.mark.parametrize("exit_code", EXIT_CODES)
@pytest.mark.parametrize("policy", FENCING, ids=lambda it: it.value)
def test_what_fence_peer_ends_with(
    make_world: MakeWorld, policy: FencingPolicy, exit_code: int
) -> None:
    """The exit code says what the peer's disk is worth, and whether frozen requests may go on."""
    world = fencing(make_world, policy, exit_code=exit_code)
    lose(world)
    assert world.alice.state().is_suspended is (policy is BY_STONITH)
    write = world.alice.write(0, b"w" * 4096)
    world.run_until(lambda: fence_ended(world.alice), "the peer to be fenced")
    world.run_for(1)
    state = world.alice.state()
    assert state.pdsk.name == PDSK_AFTER.get(exit_code, "DUnknown")
    assert state.disk.name == "UpToDate"
    is_fenced = exit_code in PDSK_AFTER
    assert state.is_suspended is (policy is BY_STONITH and not is_fenced)
    assert (write in world.alice.finished) is not state.is_suspended
    assert world.alice.called("fence-peer") == 1
    world.heal()
    world.sync()
    world.alice.succeed(write)
    world.compare()


def test_nobody_is_called_without_a_policy(make_world: MakeWorld) -> None:
    """With fencing dont-care, the default, a lost peer is only lost."""
    world = fencing(make_world, FencingPolicy.DONT_CARE)
    lose(world)
    world.run_for(1)
    assert not world.alice.called("fence-peer")
    assert world.alice.state().pdsk.name == "DUnknown"


def test_secondary_fences_nobody(make_world: MakeWorld) -> None:
    """A secondary does not care for a peer that it lost."""
    world = fencing(make_world, BY_STONITH)
    lose(world)
    world.run_for(5)
    assert not world.bob.called("fence-peer")
    assert not world.bob.state().is_suspended


def test_frozen_write_is_acknowledged_when_it_is_safe(make_world: MakeWorld) -> None:
    """Nobody hears of a write before the peer has it or is fenced, and then nothing is lost."""
    world = fencing(make_world, BY_STONITH)
    world.alice.helper_delay_s = 5.0
    model = Model(world.alice.content())
    model.watch(world.alice, 0)
    world.bob.disk_latency_s = 0.2
    chance = random.Random(1)
    for _ in range(20):
        made = random_write(world.alice, chance)
        model.made(made)
    world.run_for(0.01)
    lose(world)
    told = len(world.alice.finished)
    world.run_for(4)
    assert len(world.alice.finished) == told
    world.run_until(lambda: len(world.alice.finished) == 20, "the writes to end")
    assert world.alice.state().pdsk.name == "Outdated"
    assert not any(it.error for it in world.alice.finished.values())
    world.heal()
    world.sync()
    world.compare()


@pytest.mark.parametrize("resets", [1, 3])
def test_peer_is_back_before_it_is_fenced(make_world: MakeWorld, resets: int) -> None:
    """Frozen writes are sent again to a peer that is back, without any resync."""
    world = fencing(make_world, BY_STONITH)
    world.alice.helper_delay_s = 60.0
    world.bob.disk_latency_s = 0.2
    chance = random.Random(1)
    writes = [random_write(world.alice, chance) for _ in range(20)]
    world.run_for(0.01)
    for _ in range(resets):
        world.reset_link()
        world.run_for(0.001)
        assert world.alice.state().is_suspended
        world.run_until(lambda: all(map(world.is_up, world.both)), "both to meet")
        world.run_for(0.05)
    world.alice.succeed(*writes)
    world.run_for(61)
    world.compare()
    assert world.alice.said("the peer came back while it was fenced")
    assert not world.alice.went_through("SyncSource")
    assert world.is_in_sync()


def test_restarted_peer_gets_no_frozen_writes(make_world: MakeWorld) -> None:
    """A peer that was restarted may lack what it had acknowledged, so it is resynced first."""
    world = fencing(make_world, BY_STONITH, exit_code=1)
    world.bob.disk_latency_s = 0.2
    writes = [world.alice.write(8 * number, b"w" * 4096) for number in range(10)]
    world.run_for(0.1)
    world.kill(world.bob)
    world.run_until(lambda: world.alice.state().is_suspended, "alice to be suspended")
    world.run_for(1)
    world.restart(world.bob)
    assert world.bob.state().disk.name == "Consistent"
    world.bob.order(ConnectRequested())
    world.run_until(lambda: world.alice.said("the peer was restarted"), "alice to refuse")
    world.sync()
    world.alice.succeed(*writes)
    world.compare()
    assert world.alice.went_through("ProtocolError", "SyncSource", "Connected")
    assert not world.alice.state().is_suspended


def test_frozen_requests_are_resumed_by_hand(make_world: MakeWorld) -> None:
    """Who knows that the peer is dead lets frozen requests go on."""
    world = fencing(make_world, BY_STONITH, exit_code=1)
    lose(world)
    write = world.alice.write(0, b"w" * 4096)
    world.run_for(2)
    assert write not in world.alice.finished
    world.alice.order(ResumeIoRequested())
    world.alice.succeed(write)
    world.heal()
    world.sync()
    world.compare()
    assert world.bob.went_through("SyncTarget")


def test_volumes_freeze_and_thaw_together(make_world: MakeWorld) -> None:
    """All volumes of a resource wait until the peer is fenced, which is done once."""
    world = fencing(make_world, BY_STONITH, volumes=3)
    lose(world)
    writes = [world.alice.write(0, b"w" * 4096, volume) for volume in range(3)]
    assert all(world.alice.state(volume).is_suspended for volume in range(3))
    world.alice.succeed(*writes)
    assert not any(world.alice.state(volume).is_suspended for volume in range(3))
    assert world.alice.called("fence-peer") == 1
    world.heal()
    world.sync()
    world.compare()


def test_unfence_peer_after_a_resync(make_world: MakeWorld) -> None:
    """A source tells when its fenced peer is as good as it is again."""
    world = fencing(make_world, FencingPolicy.RESOURCE_ONLY)
    lose(world)
    world.run_for(1)
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    assert not world.alice.called("unfence-peer")
    world.heal()
    world.sync()
    world.run_for(1)
    assert [world.alice.called("unfence-peer"), world.bob.called("unfence-peer")] == [1, 0]


# Attaching, and becoming primary


def alone(make_world: MakeWorld, policy: FencingPolicy, *, exit_code: int) -> World:
    """Bob was connected to a primary that is gone, and is started again."""
    world = fencing(make_world, policy, exit_code=exit_code)
    world.kill(world.alice)
    world.restart(world.bob)
    world.bob.helper_exits = lambda _name, _volume: exit_code
    return world


@pytest.mark.parametrize("policy", list(FencingPolicy), ids=lambda it: it.value)
def test_what_an_attached_disk_is_worth(make_world: MakeWorld, policy: FencingPolicy) -> None:
    """With a fencing policy a disk is Consistent until somebody knows more."""
    world = alone(make_world, policy, exit_code=4)
    is_fencing = policy is not FencingPolicy.DONT_CARE
    assert world.bob.state().disk.name == ("Consistent" if is_fencing else "UpToDate")


@pytest.mark.parametrize("exit_code", EXIT_CODES)
@pytest.mark.parametrize("policy", FENCING, ids=lambda it: it.value)
def test_promotion_outdates_the_peer_first(
    make_world: MakeWorld, policy: FencingPolicy, exit_code: int
) -> None:
    """A node is primary alone when its peer is known not to have newer data."""
    world = alone(make_world, policy, exit_code=exit_code)
    answer = world.bob.do(PrimaryRequested())
    state = world.bob.state()
    if exit_code in (3, 4, 7):
        assert answer.code == ReturnCode.SS_SUCCESS
        assert (state.role.name, state.disk.name) == ("Primary", "UpToDate")
        world.bob.succeed(world.bob.write(0, b"b" * 512))
    else:
        assert answer.text == "Need access to UpToDate data"
        assert state.disk.name == ("Outdated" if exit_code == 6 else "Consistent")
    assert world.bob.called("fence-peer") == 1


def test_outdated_node_does_not_ask(make_world: MakeWorld) -> None:
    """A node whose data are old does not try to fence anybody."""
    world = alone(make_world, BY_STONITH, exit_code=4)
    world.bob.order(OutdateRequested())
    assert world.bob.do(PrimaryRequested()).text == "Need access to UpToDate data"
    assert not world.bob.called("fence-peer")


def test_promotion_of_good_data_is_refused_where_fencing_fails(make_world: MakeWorld) -> None:
    """A node with UpToDate data is not primary alone while its peer may be as good."""
    world = fencing(make_world, FencingPolicy.RESOURCE_ONLY, exit_code=1)
    world.alice.order(SecondaryRequested())
    lose(world)
    answer = world.alice.do(PrimaryRequested())
    assert answer.code == ReturnCode.SS_PRIMARY_NOP
    assert answer.text == "Refusing to be Primary while peer is not outdated"
    assert world.alice.state().role.name == "Secondary"


def test_promotion_by_force_says_that_the_peer_is_outdated(make_world: MakeWorld) -> None:
    """By force a node is primary alone, and counts its peer as outdated."""
    world = fencing(make_world, FencingPolicy.RESOURCE_ONLY, exit_code=1)
    world.alice.order(SecondaryRequested())
    lose(world)
    world.alice.order(PrimaryRequested(force=True))
    assert world.alice.state().pdsk.name == "Outdated"
    assert not world.alice.state().is_suspended


def test_peer_that_was_outdated_is_remembered(make_world: MakeWorld) -> None:
    """A restarted node knows that it has fenced its peer, so its data are good at once."""
    world = fencing(make_world, FencingPolicy.RESOURCE_ONLY)
    lose(world)
    world.run_for(1)
    world.restart(world.alice)
    state = world.alice.state()
    assert (state.disk.name, state.pdsk.name) == ("UpToDate", "Outdated")
    world.alice.order(PrimaryRequested())
    assert not world.alice.called("fence-peer")


def test_consistent_disks_meet(make_world: MakeWorld) -> None:
    """Two nodes that know nothing of each other are good when they have met."""
    world = fencing(make_world, BY_STONITH)
    world.alice.order(SecondaryRequested())
    for node in world.both:
        world.restart(node)
    assert [node.state().disk.name for node in world.both] == ["Consistent"] * 2
    world.connect_both()
    world.sync()
    world.alice.order(PrimaryRequested())


# Leaving in order (states 7.10)


@pytest.mark.parametrize("policy", FENCING, ids=lambda it: it.value)
def test_secondary_leaves_a_fencing_primary(make_world: MakeWorld, policy: FencingPolicy) -> None:
    """A secondary outdates itself before it leaves, so that nobody has to be fenced."""
    world = fencing(make_world, policy)
    world.bob.order(DisconnectRequested())
    world.run_for(2)
    assert world.bob.state().disk.name == "Outdated"
    assert world.alice.state().pdsk.name == "Outdated"
    assert not world.alice.state().is_suspended
    assert not world.alice.called("fence-peer")
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    assert world.bob.do(PrimaryRequested()).code == ReturnCode.SS_NO_UP_TO_DATE_DISK
    world.bob.order(ConnectRequested())
    world.sync()
    world.compare()


@pytest.mark.parametrize("policy", FENCING, ids=lambda it: it.value)
def test_fencing_primary_leaves(make_world: MakeWorld, policy: FencingPolicy) -> None:
    """A primary that leaves lets its peer outdate itself."""
    world = fencing(make_world, policy)
    world.alice.order(DisconnectRequested())
    world.run_for(2)
    assert world.bob.state().disk.name == "Outdated"
    assert world.alice.state().pdsk.name == "Outdated"
    assert not world.alice.state().is_suspended
    assert not world.alice.called("fence-peer")
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    world.alice.order(ConnectRequested())
    world.sync()
    world.compare()


def test_fencing_primary_leaves_a_peer_without_a_disk(make_world: MakeWorld) -> None:
    """A peer without a disk has nothing that could be outdated."""
    world = make_world(disk=DiskOptions(fencing=BY_STONITH))
    world.alice.add_disk()
    world.alice.attach()
    world.connect_both()
    world.alice.order(PrimaryRequested(force=True))
    world.alice.order(DisconnectRequested())
    assert world.alice.state().pdsk.name == "Outdated"
    assert not world.alice.state().is_suspended


@pytest.mark.parametrize("policy", FENCING, ids=lambda it: it.value)
@pytest.mark.parametrize("volumes", [1, 2])
def test_secondary_without_a_disk_leaves_a_fencing_primary(
    make_world: MakeWorld, policy: FencingPolicy, volumes: int
) -> None:
    """A disk that is not there can't be outdated, so its node goes by force, and is fenced."""
    world = fencing(make_world, policy, volumes=volumes)
    world.bob.order(DetachRequested(0))
    world.bob.order(DisconnectRequested())
    assert world.bob.state().conn.name == "StandAllone"
    world.alice.succeed(world.alice.write(0, b"w" * 4096))
    world.run_for(2)
    assert world.alice.called("fence-peer") == 1
    assert world.alice.state(volumes - 1).pdsk.name == "Outdated"
    world.bob.attach(0)
    world.bob.order(ConnectRequested())
    world.sync()
    world.compare()


def test_disconnect_by_force_fences(make_world: MakeWorld) -> None:
    """Who leaves by force does not ask the peer, and so it has to be fenced."""
    world = fencing(make_world, BY_STONITH)
    write = world.alice.write(0, b"w" * 4096)
    world.alice.order(DisconnectRequested(force=True))
    world.alice.succeed(write)
    assert world.alice.called("fence-peer") == 1
    assert world.alice.state().pdsk.name == "Outdated"


def test_primary_without_good_disk_fences_nobody(make_world: MakeWorld) -> None:
    """Where no disk here is Consistent there is nothing to fence for, and nothing waits for it."""
    world = make_world(disk=DiskOptions(fencing=BY_STONITH), handlers={"fence-peer": "fence"})
    connected_pair(world)
    world.bob.order(PrimaryRequested(force=True))
    world.run_until(lambda: world.alice.state().conn.name == "SyncTarget", "a resync")
    world.bob.order(SecondaryRequested())
    world.alice.order(PrimaryRequested())
    world.reset_link()
    world.run_for(0.1)
    assert world.alice.said("susp( 0 -> 1 )")
    assert not world.alice.called("fence-peer")
    assert not world.alice.state().is_suspended
    read = request(RequestKind.READ, 8000, 8)
    world.alice.make(read)
    world.alice.result(read)
