"""Both nodes went on alone: who is believed (states 5.8, 5.9)."""

import random
from dataclasses import replace
from typing import NamedTuple

import pytest

from generated.layouts.configuration import SplitBrainPolicy
from runtime.config import NetOptions, RrConflict
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import Request, RequestKind
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import random_writes, same_disks, synced
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

UNRESOLVED = "Split-Brain detected but unresolved, dropping connection!"


def _write_alone(node: SimulatedNode, count: int) -> None:
    if node.state().role.name != "Primary":
        node.order(PrimaryRequested())
    node.succeed(*random_writes(node, random.Random(count), count))
    node.order(SecondaryRequested())


def _diverged(world: World, *, alice_writes: int = 3, bob_writes: int = 9) -> World:
    """Both nodes stand alone, are secondary, and each has written something."""
    same_disks(world)
    for node in world.both:
        node.do(DisconnectRequested(force=True))
    world.run_for(1)
    _write_alone(world.alice, alice_writes)
    _write_alone(world.bob, bob_writes)
    return world


def _meet(world: World, *, discards: str = "") -> None:
    for node in world.both:
        node.order(ConnectRequested(discard_my_data=node.name == discards))


def _meet_and_sync(world: World, *, discards: str = "") -> None:
    _meet(world, discards=discards)
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_split_brain_is_seen_by_both(make_world: MakeWorld) -> None:
    """By default nobody decides: a node stands alone, and both say why."""
    world = _diverged(make_world())
    _meet(world)
    world.run_until(
        lambda: any(node.state().conn.name == "StandAllone" for node in world.both), "the split"
    )
    world.run_for(5)
    assert any(node.said(UNRESOLVED) for node in world.both)
    for node in world.both:
        if node.said(UNRESOLVED):
            assert node.said("by rule 90")
            assert node.state().conn.name == "StandAllone"
    assert not any(node.went_through("Connected") and world.is_in_sync() for node in world.both)


def test_split_brain_keeps_both_data(make_world: MakeWorld) -> None:
    """What is not decided changes nothing on either disk."""
    world = _diverged(make_world())
    before = [node.content() for node in world.both]
    _meet(world)
    world.run_for(20)
    assert [node.content() for node in world.both] == before


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_administrator_discards_one_side(make_world: MakeWorld, name: str) -> None:
    """A node that was told to give up its changes gets the other one's."""
    world = _diverged(make_world())
    loser, winner = world.both if name == "alice" else (world.bob, world.alice)
    expected = winner.content()
    _meet_and_sync(world, discards=name)
    assert loser.content() == expected
    assert any(node.said("Split-Brain detected, manually solved.") for node in world.both)


def test_primary_does_not_discard_its_data(make_world: MakeWorld) -> None:
    """A primary can't give up its changes."""
    world = same_disks(make_world())
    world.alice.order(DisconnectRequested())
    text = world.alice.refusal(ConnectRequested(discard_my_data=True))
    assert text == "--discard-my-data not allowed when primary."


def test_both_do_not_discard_their_data(make_world: MakeWorld) -> None:
    """Where both would give up their changes, they do not talk to each other."""
    world = _diverged(make_world())
    for node in world.both:
        node.order(ConnectRequested(discard_my_data=True))
    world.run_for(5)
    assert any(node.state().conn.name == "StandAllone" for node in world.both)


def test_discarding_without_a_split_changes_nothing(make_world: MakeWorld) -> None:
    """Who is told to give up changes, and has none, is in sync as always."""
    world = same_disks(make_world())
    world.bob.order(DisconnectRequested())
    world.alice.succeed(world.alice.write(0, b"k" * 512))
    world.bob.order(ConnectRequested(discard_my_data=True))
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert world.bob.content()[:512] == b"k" * 512


@pytest.mark.parametrize(
    ("policy", "winner"),
    [
        (SplitBrainPolicy.DISCARD_LEAST_CHANGES, "bob"),
        (SplitBrainPolicy.DISCARD_YOUNGER_PRIMARY, "alice"),
        (SplitBrainPolicy.DISCARD_OLDER_PRIMARY, "bob"),
    ],
    ids=lambda it: getattr(it, "name", it),
)
def test_policy_decides(make_world: MakeWorld, policy: SplitBrainPolicy, winner: str) -> None:
    """Without a primary after-sb-0pri decides, the same way on both nodes."""
    world = _diverged(make_world(net=NetOptions(after_sb_0pri=policy)))
    expected = (world.alice if winner == "alice" else world.bob).content()
    _meet_and_sync(world)
    assert world.alice.content() == expected


def test_side_without_changes_loses(make_world: MakeWorld) -> None:
    """With discard-zero-changes the node that has written nothing gets the other's data."""
    net = NetOptions(after_sb_0pri=SplitBrainPolicy.DISCARD_ZERO_CHANGES)
    world = _diverged(make_world(net=net), alice_writes=0)
    expected = world.bob.content()
    _meet_and_sync(world)
    assert world.alice.content() == expected


def test_two_with_changes_are_not_decided_by_that(make_world: MakeWorld) -> None:
    """With discard-zero-changes two nodes that have both written stay apart."""
    net = NetOptions(after_sb_0pri=SplitBrainPolicy.DISCARD_ZERO_CHANGES)
    world = _diverged(make_world(net=net))
    _meet(world)
    world.run_for(10)
    assert any(node.said(UNRESOLVED) for node in world.both)


def test_opposite_policies_fit(make_world: MakeWorld) -> None:
    """`discard-local` here is `discard-remote` there."""
    world = _diverged(
        make_world(
            net=NetOptions(after_sb_0pri=SplitBrainPolicy.DISCARD_LOCAL),
            peer_net=NetOptions(after_sb_0pri=SplitBrainPolicy.DISCARD_REMOTE),
        )
    )
    expected = world.bob.content()
    _meet_and_sync(world)
    assert world.alice.content() == expected


def test_secondary_loses_to_a_primary(make_world: MakeWorld) -> None:
    """With discard-secondary the data that applications use survive."""
    net = NetOptions(after_sb_1pri=SplitBrainPolicy.DISCARD_SECONDARY)
    world = _diverged(make_world(net=net))
    world.alice.order(PrimaryRequested())
    expected = world.alice.content()
    _meet_and_sync(world)
    assert world.bob.content() == expected


def test_two_primaries_stay_apart(make_world: MakeWorld) -> None:
    """Two nodes that are both primary do not get together."""
    world = same_disks(make_world())
    for node in world.both:
        node.do(DisconnectRequested(force=True))
    world.bob.order(PrimaryRequested())
    for node in world.both:
        node.succeed(*random_writes(node, random.Random(node.name), 3))
    _meet(world)
    world.run_for(20)
    assert any(node.state().conn.name == "StandAllone" for node in world.both)
    assert not any(node.state().pdsk.name == "UpToDate" for node in world.both)


def test_disks_of_two_pairs(make_world: MakeWorld) -> None:
    """A disk of another pair is not taken for the peer's."""
    world, other = synced(make_world()), synced(make_world(seed=9))
    for it in (world, other):
        it.alice.order(DisconnectRequested())
        _write_alone(it.alice, 1)
        it.alice.order(ConnectRequested())
        it.run_for(0.1)
        it.sync()
    before = [world.alice.content(), other.alice.content()]
    world.kill(world.bob)
    world.bob.devices = other.alice.devices
    for node in (world.restart(world.bob), world.alice):
        node.do(ConnectRequested())
    world.run_for(20)
    assert any(node.said("Unrelated data, dropping connection!") for node in world.both)
    assert [node.content() for node in world.both] == before


# Each policy, by who is primary when the nodes meet: alice has changed less, and was primary when
# the data diverged.

LEAST = SplitBrainPolicy.DISCARD_LEAST_CHANGES
VIOLENTLY = RrConflict.VIOLENTLY
P = SplitBrainPolicy


class Meeting(NamedTuple):
    """Who is primary, what is configured, and whose data survive; nobody's where it is empty."""

    primaries: str
    policy: SplitBrainPolicy
    winner: str
    rr_conflict: RrConflict = RrConflict.DISCONNECT

    @property
    def net(self) -> NetOptions:
        """The settings of both nodes."""
        net = NetOptions(after_sb_0pri=LEAST, rr_conflict=self.rr_conflict)
        match len(self.primaries.split()):
            case 0:
                return replace(net, after_sb_0pri=self.policy)
            case 1:
                return replace(net, after_sb_1pri=self.policy)
            case _:
                return replace(net, after_sb_2pri=self.policy, allow_two_primaries=True)


MEETINGS = (
    Meeting("", P.DISCONNECT, ""),
    Meeting("", P.DISCARD_YOUNGER_PRIMARY, "alice"),
    Meeting("", P.DISCARD_OLDER_PRIMARY, "bob"),
    Meeting("", P.DISCARD_ZERO_CHANGES, ""),
    Meeting("", P.DISCARD_LEAST_CHANGES, "bob"),
    Meeting("", P.CONSENSUS, ""),
    *(Meeting(name, P.DISCONNECT, "") for name in ("alice", "bob")),
    Meeting("alice", P.CONSENSUS, ""),
    Meeting("bob", P.CONSENSUS, "bob"),
    Meeting("alice", P.DISCARD_SECONDARY, "alice"),
    Meeting("bob", P.DISCARD_SECONDARY, "bob"),
    Meeting("alice", P.VIOLENTLY_AS0P, ""),
    Meeting("alice", P.VIOLENTLY_AS0P, "bob", VIOLENTLY),
    Meeting("bob", P.VIOLENTLY_AS0P, "bob"),
    Meeting("alice", P.CALL_PRI_LOST_AFTER_SB, ""),
    Meeting("bob", P.CALL_PRI_LOST_AFTER_SB, "bob"),
    Meeting("bob", P.DISCARD_ZERO_CHANGES, ""),
    Meeting("alice bob", P.DISCONNECT, ""),
    Meeting("alice bob", P.VIOLENTLY_AS0P, ""),
    Meeting("alice bob", P.VIOLENTLY_AS0P, "bob", VIOLENTLY),
    Meeting("alice bob", P.CALL_PRI_LOST_AFTER_SB, ""),
    Meeting("alice bob", P.DISCARD_SECONDARY, ""),
)


@pytest.mark.parametrize("version", [101, 91])
@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda it: f"{it.primaries}-{it.policy.name}")
def test_each_policy_with_each_primary(
    make_world: MakeWorld, meeting: Meeting, version: int
) -> None:
    """Both nodes decide the same, and what was not decided stays as it is."""
    world = _diverged(make_world(net=replace(meeting.net, version_max=version)))
    for node in world.both:
        if node.name in meeting.primaries:
            node.order(PrimaryRequested())
    before = {node.name: node.content() for node in world.both}
    _meet(world)
    if not meeting.winner:
        world.run_for(20)
        assert {node.name: node.content() for node in world.both} == before
        assert any(node.state().conn.name == "StandAllone" for node in world.both)
        return
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert world.alice.content() == before[meeting.winner]
    loser = world.bob if meeting.winner == "alice" else world.alice
    assert loser.said("Changes of this node are lost: ")


def test_what_is_lost_is_told_before_it_is(make_world: MakeWorld) -> None:
    """The log says whose changes are lost, how much they are and since when they were made."""
    world = _diverged(make_world(net=NetOptions(after_sb_0pri=LEAST)))
    blocks = world.alice.resource.bits_out_of_sync()
    since = f"{blocks} blocks, {blocks * 4} KB, changed since "
    before = world.alice.content()
    _meet(world)
    world.run_until(lambda: world.alice.said(f"Changes of this node are lost: {since}"), "a word")
    assert world.alice.content() == before
    world.sync()
    assert world.bob.said(f"Changes of the peer node are lost: {since}")


def _beside_a_diskless_secondary(world: World) -> World:
    """Alice is primary and connected; bob, who has no disk, is about to attach other changes."""
    _diverged(world)
    world.bob.order(DetachRequested())
    world.alice.order(PrimaryRequested())
    world.connect_both()
    return world


CALLING = NetOptions(after_sb_0pri=LEAST, after_sb_1pri=SplitBrainPolicy.CALL_PRI_LOST_AFTER_SB)


def test_primary_that_loses_steps_down(make_world: MakeWorld) -> None:
    """Where the link is there already, a primary that loses becomes secondary, and target."""
    world = _beside_a_diskless_secondary(make_world(net=CALLING))
    world.bob.attach()
    world.run_until(lambda: world.alice.state().role.name == "Secondary", "alice to step down")
    assert world.alice.said("Split-Brain lost, becoming Secondary")
    world.sync()
    world.compare()


def test_primary_in_use_does_not_step_down(make_world: MakeWorld) -> None:
    """With an application at work it can't, and the disk that comes is taken for none."""
    world = _beside_a_diskless_secondary(make_world(net=CALLING))
    before = world.alice.content()
    world.alice.disk_latency_s = 60.0
    read = Request(RequestKind.READ, 0, 0, 8)
    world.alice.make(read)
    world.bob.attach()
    world.run_for(5)
    assert world.alice.state().role.name == "Primary"
    assert world.alice.content() == before
    assert world.bob.state().disk.name == "Negotiating"
    assert world.alice.state().pdsk.name == "Diskless"


# Only to know what would follow (wire 5.1).


def test_dry_run_changes_nothing(make_world: MakeWorld) -> None:
    """Who asked is told and stands alone; the peer waits again, and both disks are as they were."""
    world = _diverged(make_world(net=NetOptions(after_sb_0pri=LEAST)))
    before = [node.content() for node in world.both]
    world.alice.order(ConnectRequested(tentative=True))
    world.bob.order(ConnectRequested())
    world.run_for(20)
    assert world.alice.said("Dry run: this node would become sync target, bitmap based")
    assert world.alice.state().conn.name == "StandAllone"
    assert world.bob.state().conn.name == "WFConnection"
    assert [node.content() for node in world.both] == before
    world.alice.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_dry_run_without_a_split(make_world: MakeWorld) -> None:
    """Where nothing would follow, that is said."""
    world = same_disks(make_world())
    world.bob.order(DisconnectRequested())
    world.run_for(0.1)
    world.bob.order(ConnectRequested(tentative=True))
    world.run_for(10)
    assert any(node.said("Dry run: ") for node in world.both)
    assert world.bob.state().conn.name == "StandAllone"


def test_dry_run_of_an_old_version_is_refused(make_world: MakeWorld) -> None:
    """Below version 92 the peer would not understand it, and resync."""
    world = _diverged(make_world(net=NetOptions(version_max=91, after_sb_0pri=LEAST)))
    world.alice.order(ConnectRequested(tentative=True))
    world.bob.order(ConnectRequested())
    world.run_for(20)
    assert world.alice.said("--tentative needs version 92, agreed is 91")
    assert world.alice.state().conn.name == "StandAllone"
    assert not world.bob.went_through("Connected", "WFBitMapS")
