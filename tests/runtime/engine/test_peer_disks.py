"""What the peer says of its disk, from every state that this node knows it in (states 2.3, 5.5)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pytest

from generated.layouts.commands import Command
from generated.layouts.state import (
    P_CONN_ST_CHG_REPLY,
    P_CONN_ST_CHG_REQ,
    P_STATE,
    P_STATE_CHG_REPLY,
    P_STATE_CHG_REQ,
    ReturnCode,
)
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.config import DiskOptions, FencingPolicy
from runtime.engine.state_words import request
from runtime.events import (
    DetachRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    SocketLost,
)
from tests.runtime.engine.phases import (
    Stage,
    ahead,
    connected,
    own_generations,
)
from tests.runtime.engine.scripted_peer import ALL_BITS, JUST_CREATED, uuids, word

Disk = DiskState
Pdsk = PeerDiskState

FENCING: Final = DiskOptions(fencing=FencingPolicy.RESOURCE_ONLY)

REPORTS: Final = (
    Disk.Diskless,
    Disk.Attaching,
    Disk.Failed,
    Disk.Inconsistent,
    Disk.Outdated,
    Disk.Consistent,
    Disk.UpToDate,
)
WAYS_TO: Final[Mapping[PeerDiskState, Sequence[DiskState]]] = {
    Pdsk.UpToDate: (),
    Pdsk.Diskless: (Disk.Diskless,),
    Pdsk.Attaching: (Disk.Diskless, Disk.Attaching),
    Pdsk.Failed: (Disk.Failed,),
    Pdsk.Inconsistent: (Disk.Inconsistent,),
}
"""What a connected peer has to report for its disk to be known in this state."""

IMPOSSIBLE: Final = {
    (Pdsk.UpToDate, Disk.Attaching),  # whoever attaches was Diskless
    (Pdsk.Diskless, Disk.Failed),  # what is not there does not fail
    *((Pdsk.Failed, it) for it in REPORTS if it not in (Disk.Diskless, Disk.Failed)),
}


def _counts_as(report: DiskState) -> PeerDiskState:
    """A consistent disk of a connected peer is as good as this node's knowledge of it (N5)."""
    is_consistent = report in (Disk.Outdated, Disk.Consistent)
    return Pdsk.UpToDate if is_consistent else Pdsk.from_wire(report.wire)


def _say(stage: Stage, disk: DiskState, *, conn: ConnState = ConnState.Connected) -> None:
    stage.peer.say(P_STATE(word(conn=conn, disk=disk, pdsk=Pdsk.UpToDate)))
    stage.peer.settle()


def _pdsk(stage: Stage) -> PeerDiskState:
    return stage.node.state().pdsk


@pytest.mark.parametrize("report", REPORTS, ids=lambda it: it.name)
@pytest.mark.parametrize("known", WAYS_TO, ids=lambda it: it.name)
def test_report_of_a_connected_peer(known: PeerDiskState, report: DiskState) -> None:
    """What can be is taken over; what can't ends the connection, and a new one is no worse."""
    stage = connected()
    for disk in WAYS_TO[known]:
        _say(stage, disk)
    assert _pdsk(stage) is known
    _say(stage, report)
    if (known, report) in IMPOSSIBLE:
        assert stage.names_passed()[-3:].count("ProtocolError") == 1
    else:
        assert (_pdsk(stage), stage.conn) == (_counts_as(report), ConnState.Connected)
    stage.connect_good_peer()
    stage.world.compare()


def _meet_again(stage: Stage, report: DiskState) -> None:
    """A new connection, in which the peer has the same generations, and a disk in some state."""
    stage.peer.heard.clear()
    stage.peer.sockets.closed.clear()
    stage.peer.shake_hands()
    state = word(conn=ConnState.WFReportParams, disk=report)
    stage.peer.report(own_generations(stage.peer), state)


def _lose_peer(stage: Stage) -> None:
    node, theirs = stage.peer.channels.pop(stage.peer.data)
    node.channels.pop(theirs)
    node.happen(SocketLost(theirs, "reset"))
    stage.world.run_for(1)
    assert stage.conn is ConnState.WFConnection


def _unknown() -> Stage:
    stage = connected()
    _lose_peer(stage)
    return stage


def _inconsistent() -> Stage:
    stage = connected()
    _say(stage, Disk.Inconsistent)
    _lose_peer(stage)
    return stage


def _outdated() -> Stage:
    stage = connected(is_primary=True, disk=FENCING, handlers={"fence-peer": "fence"})
    stage.node.helper_exits = lambda _name, _volume: 4
    _lose_peer(stage)
    return stage


LOST: Final[Mapping[PeerDiskState, Callable[[], Stage]]] = {
    Pdsk.DUnknown: _unknown,
    Pdsk.Inconsistent: _inconsistent,
    Pdsk.Outdated: _outdated,
}
"""What is known of a lost peer's disk, and how it comes to that."""


@pytest.mark.parametrize("report", REPORTS, ids=lambda it: it.name)
@pytest.mark.parametrize("known", LOST, ids=lambda it: it.name)
def test_report_in_a_handshake(known: PeerDiskState, report: DiskState) -> None:
    """Whatever was known, what the peer says now counts; a bad disk is synced."""
    stage = LOST[known]()
    assert _pdsk(stage) is known
    _meet_again(stage, report)
    is_synced = report is Disk.Inconsistent
    assert stage.conn is (ConnState.WFBitMapS if is_synced else ConnState.Connected)
    assert _pdsk(stage) is _counts_as(report)
    stage.connect_good_peer()
    stage.world.compare()


@pytest.mark.parametrize("known", [Pdsk.Diskless, Pdsk.Attaching, Pdsk.Failed, Pdsk.Inconsistent])
def test_link_is_lost_whatever_the_peers_disk_is(known: PeerDiskState) -> None:
    """Nothing is known of a lost peer's disk, but that it is bad, if it was (P4, P5)."""
    stage = connected()
    for disk in WAYS_TO[known]:
        _say(stage, disk)
    _lose_peer(stage)
    assert _pdsk(stage) is (Pdsk.Inconsistent if known is Pdsk.Inconsistent else Pdsk.DUnknown)


# A node that is ahead


def test_peer_that_is_behind_says_that_its_disk_is_old() -> None:
    """Ahead, the peer's Consistent, Inconsistent and Outdated are what it says they are (P6)."""
    stage = ahead()
    assert _pdsk(stage) is Pdsk.Consistent
    for report in (Disk.Inconsistent, Disk.Outdated, Disk.Outdated, Disk.Diskless):
        _say(stage, report, conn=ConnState.Behind)
        assert _pdsk(stage) is Pdsk.from_wire(report.wire)
    assert stage.conn is ConnState.Connected


def test_peer_that_is_behind_gives_its_disk_up() -> None:
    """An Outdated disk is detached as any other, which ends being ahead (P11, N4)."""
    stage = ahead()
    _say(stage, Disk.Outdated, conn=ConnState.Behind)
    stage.peer.say(P_STATE_CHG_REQ(*request(disk=DiskState.Failed)))
    stage.peer.await_packet(Command.P_STATE_CHG_REPLY)
    assert (stage.conn, _pdsk(stage)) == (ConnState.Connected, Pdsk.Failed)


def test_without_the_own_disk_nobody_is_ahead() -> None:
    """What the peer has is the best that there is, so it counts as UpToDate again (P15, N5)."""
    stage = ahead()
    _say(stage, Disk.Outdated, conn=ConnState.Behind)
    stage.node.order(DetachRequested(force=True))
    assert (stage.conn, _pdsk(stage)) == (ConnState.Connected, Pdsk.UpToDate)


@pytest.mark.parametrize("report", [Disk.Diskless, Disk.Failed], ids=lambda it: it.name)
@pytest.mark.parametrize("first", [Disk.Inconsistent, Disk.UpToDate], ids=lambda it: it.name)
def test_target_loses_its_disk_before_the_resync_begins(
    first: DiskState, report: DiskState
) -> None:
    """The peer's disk that was to be filled is gone (N4)."""
    stage = Stage()
    stage.begin(has_data=True)
    stage.peer.shake_hands()
    stage.peer.report(uuids(JUST_CREATED, bits_set=ALL_BITS), word(disk=first))
    assert stage.conn is ConnState.WFBitMapS
    _say(stage, report)
    assert (stage.conn, _pdsk(stage)) == (ConnState.Connected, Pdsk.from_wire(report.wire))


def test_disk_that_the_peer_attaches_may_be_old() -> None:
    """Its generations decide, as in a handshake (states 8.5)."""
    stage = connected()
    for report in (Disk.Diskless, Disk.Attaching):
        _say(stage, report)
    stage.peer.say(uuids(JUST_CREATED, bits_set=ALL_BITS))
    _say(stage, Disk.Negotiating)
    assert (stage.conn, _pdsk(stage)) == (ConnState.WFBitMapS, Pdsk.Consistent)
    stage.connect_good_peer()
    stage.world.compare()


# A fencing primary, and the peer that it leaves


def _leave(stage: Stage) -> None:
    """An orderly disconnect, to which the peer agrees."""
    command = DisconnectRequested()
    stage.node.happen(command)
    stage.peer.await_packet(Command.P_CONN_ST_CHG_REQ)
    stage.peer.acknowledge(P_CONN_ST_CHG_REPLY(ReturnCode.SS_SUCCESS))
    stage.world.run_until(lambda: command in stage.node.answers, "the disconnect")


@pytest.mark.parametrize("known", WAYS_TO, ids=lambda it: it.name)
def test_fencing_primary_that_leaves_knows_that_the_peer_is_old(known: PeerDiskState) -> None:
    """Whatever the peer's disk was, the primary goes on without it (states 7.10, P6)."""
    stage = connected(is_primary=True, disk=FENCING)
    for disk in WAYS_TO[known]:
        _say(stage, disk)
    _leave(stage)
    assert stage.conn is ConnState.StandAllone
    is_better = known is not Pdsk.Inconsistent
    assert _pdsk(stage) is (Pdsk.Outdated if is_better else known)


def test_fencing_primary_leaves_while_it_is_ahead() -> None:
    """What the peer has is old, since it lacks what it was not sent (P6)."""
    stage = ahead(disk=FENCING)
    assert _pdsk(stage) is Pdsk.Consistent
    _leave(stage)
    assert (stage.conn, _pdsk(stage)) == (ConnState.StandAllone, Pdsk.Outdated)


@pytest.mark.parametrize("known", [Pdsk.UpToDate, Pdsk.Diskless, Pdsk.Attaching, Pdsk.Failed])
def test_peer_that_leaves_a_fencing_primary_may_be_old(known: PeerDiskState) -> None:
    """Whatever its disk was, a peer that asks to leave as Outdated is let go (states 3.10)."""
    stage = connected(is_primary=True, disk=FENCING)
    for disk in WAYS_TO[known]:
        _say(stage, disk)
    words = request(conn=ConnState.Disconnecting, disk=DiskState.Outdated)
    stage.peer.say(P_CONN_ST_CHG_REQ(*words))
    stage.peer.await_packet(Command.P_CONN_ST_CHG_REPLY)
    reply = stage.peer.last(Command.P_CONN_ST_CHG_REPLY)
    assert isinstance(reply, P_CONN_ST_CHG_REPLY)
    assert reply.retcode == ReturnCode.SS_SUCCESS
    assert _pdsk(stage) is Pdsk.Outdated


def test_data_of_a_peer_that_was_left_can_be_declared_bad() -> None:
    """Invalidate-remote on a StandAlone Primary, once and again (P7)."""
    stage = connected(is_primary=True, disk=FENCING)
    _leave(stage)
    for _ in range(2):
        stage.node.order(InvalidateRemoteRequested())
        assert _pdsk(stage) is Pdsk.Inconsistent
        assert stage.node.resource.bits_out_of_sync(0) == ALL_BITS
    stage.connect_good_peer()
    stage.world.compare()


def test_detach_of_a_disk_that_fails_already() -> None:
    """The peer asks for what it has said before, and hears that it is so."""
    stage = connected()
    _say(stage, Disk.Failed)
    stage.peer.say(P_STATE_CHG_REQ(*request(disk=DiskState.Failed)))
    stage.peer.await_packet(Command.P_STATE_CHG_REPLY)
    reply = stage.peer.last(Command.P_STATE_CHG_REPLY)
    assert isinstance(reply, P_STATE_CHG_REPLY)
    assert reply.retcode in (ReturnCode.SS_SUCCESS, ReturnCode.SS_NOTHING_TO_DO)
    assert _pdsk(stage) is Pdsk.Failed
