"""In every state of a connection, every way to lose the peer or to let it go.

The drawing has an arrow for each pair; here is one conversation for each.
"""

from collections.abc import Callable, Container, Mapping
from typing import Final

import pytest

from generated.layouts.commands import Command
from generated.layouts.state import (
    P_CONN_ST_CHG_REPLY,
    P_CONN_ST_CHG_REQ,
    P_STATE_CHG_REPLY,
    P_STATE_CHG_REQ,
    ReturnCode,
)
from generated.layouts.write import P_DATA
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from runtime.config import NetOptions
from runtime.engine.state_words import request
from runtime.events import DetachRequested, DisconnectRequested, ListenFailed, SocketLost
from tests.runtime.engine.phases import (
    Stage,
    ahead,
    behind,
    bitmap_to_be_received,
    bitmap_to_be_sent,
    connected,
    parameters_awaited,
    paused_sync_source,
    paused_sync_target,
    starting_sync_source,
    sync_source,
    sync_target,
    sync_uuid_awaited,
    verify_source,
    verify_target,
)
from tests.runtime.engine.reactions import framed
from tests.runtime.engine.scripted_peer import ScriptedPeer

UNKNOWN: Final = 0x3FFF
PATIENCE_S: Final = 2 * NetOptions().ko_count * NetOptions().timeout_s

STANDS: Final[Mapping[ConnState, Callable[[], Stage]]] = {
    ConnState.WFReportParams: parameters_awaited,
    ConnState.Connected: connected,
    ConnState.StartingSyncS: starting_sync_source,
    ConnState.WFBitMapS: bitmap_to_be_sent,
    ConnState.WFBitMapT: bitmap_to_be_received,
    ConnState.WFSyncUUID: sync_uuid_awaited,
    ConnState.SyncSource: sync_source,
    ConnState.SyncTarget: sync_target,
    ConnState.PausedSyncS: paused_sync_source,
    ConnState.PausedSyncT: paused_sync_target,
    ConnState.VerifyS: verify_source,
    ConnState.VerifyT: verify_target,
    ConnState.Ahead: ahead,
    ConnState.Behind: behind,
}
"""Each state that a conversation can stand in, and how to get there."""


def _peer_closes(stage: Stage) -> None:
    _close(stage.peer, "data")


def _meta_closes(stage: Stage) -> None:
    _close(stage.peer, "meta")


def _close(peer: ScriptedPeer, socket: str) -> None:
    channel = peer.data if socket == "data" else peer.meta
    node, theirs = peer.channels.pop(channel)
    node.channels.pop(theirs)
    node.happen(SocketLost(theirs, "reset"))


def _peer_takes_nothing(stage: Stage) -> None:
    """The driver says that the data socket is full, and it stays so (wire 11.4)."""
    _, theirs = stage.peer.channels[stage.peer.data]
    theirs.is_congested = True
    stage.world.run_for(PATIENCE_S)


def _peer_babbles(stage: Stage) -> None:
    stage.peer.say_bytes(stage.peer.data, b"\xff" * 64)


def _peer_sends_what_nobody_knows(stage: Stage) -> None:
    """On the meta socket there is no way on from that (wire 13.1)."""
    stage.peer.say_bytes(stage.peer.meta, framed(UNKNOWN))


def _peer_asks_to_go(stage: Stage) -> None:
    stage.peer.say(P_CONN_ST_CHG_REQ(*request(conn=ConnState.Disconnecting)))


def _administrator_forces(stage: Stage) -> None:
    stage.node.happen(DisconnectRequested(force=True))


def _administrator_asks(stage: Stage) -> None:
    stage.node.happen(DisconnectRequested())
    stage.peer.await_packet(Command.P_CONN_ST_CHG_REQ)
    stage.peer.acknowledge(P_CONN_ST_CHG_REPLY(ReturnCode.SS_SUCCESS))


WAYS: Final[Mapping[Callable[[Stage], None], ConnState]] = {
    _peer_closes: ConnState.BrokenPipe,
    _meta_closes: ConnState.NetworkFailure,
    _peer_takes_nothing: ConnState.Timeout,
    _peer_babbles: ConnState.ProtocolError,
    _peer_sends_what_nobody_knows: ConnState.Disconnecting,
    _peer_asks_to_go: ConnState.TearDown,
    _administrator_forces: ConnState.Disconnecting,
    _administrator_asks: ConnState.Disconnecting,
}
"""What happens, and the state that says why the link is gone."""

NOT_NOW: Final[Mapping[ConnState, Container[Callable[[Stage], None]]]] = {
    ConnState.WFReportParams: {_peer_asks_to_go, _administrator_asks},
    ConnState.StartingSyncS: {_peer_asks_to_go, _peer_babbles},
}
"""What has to wait: in a handshake only that goes on (states 3.5, T7); and while a program is asked
whether a resync may begin, nothing is read from the data socket."""

PAIRS: Final = [
    pytest.param(stand, way, id=f"{stand.name}-{way.__name__.strip('_')}")
    for stand in STANDS
    for way in WAYS
    if way not in NOT_NOW.get(stand, ())
]


@pytest.mark.parametrize(("stand", "way"), PAIRS)
def test_link_ends_for_the_reason_that_there_is(
    stand: ConnState, way: Callable[[Stage], None]
) -> None:
    """The state says why, both sockets are closed, and a new conversation brings all data over."""
    stage = STANDS[stand]()
    assert stage.conn is stand
    way(stage)
    end = ConnState.StandAllone if WAYS[way] is ConnState.Disconnecting else ConnState.WFConnection
    stage.world.run_until(lambda: stage.conn is end, f"{end.name}")
    assert stage.names_passed()[-3:].count(WAYS[way].name) == 1
    assert not stage.node.channels
    stage.connect_good_peer()
    stage.world.compare()


@pytest.mark.parametrize("stand", [it for it in STANDS if it.wire > ConnState.Connected.wire])
def test_resync_without_the_own_disk_is_called_off(stand: ConnState) -> None:
    """A disk that is given up by force ends what needs it, and the link stays."""
    stage = STANDS[stand]()
    stage.node.order(DetachRequested(force=True))
    assert stage.conn is ConnState.Connected
    stage.world.run_until(
        lambda: stage.node.state().disk is DiskState.Diskless, "the disk to be gone"
    )
    stage.connect_good_peer()
    stage.world.compare()


LOSSES: Final = [way for way, reason in WAYS.items() if reason is not ConnState.Disconnecting]
HELD: Final = P_DATA(0, 1, 1, 0, b"", bytes(4096))
"""A write of the peer that the disk still does when the link is lost, which the clean-up awaits."""


@pytest.mark.parametrize("is_forced", [False, True])
@pytest.mark.parametrize("way", LOSSES, ids=lambda way: way.__name__.strip("_"))
def test_who_lets_go_while_the_link_is_cleaned_up_stands_alone(
    way: Callable[[Stage], None], *, is_forced: bool
) -> None:
    """There is nobody to ask any more, whatever the link was lost for."""
    stage = connected()
    stage.node.disk_latency_s = 3 * PATIENCE_S
    stage.peer.say(HELD)
    stage.peer.settle()
    way(stage)
    stage.world.run_until(lambda: stage.conn is WAYS[way], f"{WAYS[way].name}")
    for force in (is_forced, True):  # forced twice, the second time while it is going already
        stage.node.happen(DisconnectRequested(force))
    assert stage.conn is ConnState.Disconnecting
    stage.world.run_until(lambda: stage.conn is ConnState.StandAllone, "it to stand alone")
    stage.node.disk_latency_s = 0.0
    stage.connect_good_peer()
    stage.world.compare()


def test_who_is_forced_to_let_go_before_it_listens_again_stands_alone() -> None:
    """Between two tries there is no link at all, and so nothing to wait for."""
    stage = connected()
    _peer_closes(stage)
    stage.world.run_until(lambda: stage.conn is ConnState.Unconnected, "the next try")
    stage.node.order(DisconnectRequested(force=True))
    assert stage.conn is ConnState.StandAllone


@pytest.mark.parametrize("is_transient", [False, True])
def test_address_that_can_not_be_listened_on(*, is_transient: bool) -> None:
    """What a second may mend is tried again, anything else is for the administrator."""
    stage = Stage()
    stage.begin(has_data=True)
    stage.node.happen(ListenFailed("Address already in use", is_transient))
    end = ConnState.WFConnection if is_transient else ConnState.StandAllone
    stage.world.run_until(lambda: stage.conn is end, f"{end.name}")
    assert ("NetworkFailure" in stage.names_passed()) is is_transient


@pytest.mark.parametrize(
    "asked_for",
    [
        ConnState.StartingSyncS,
        ConnState.StartingSyncT,
        ConnState.VerifyS,
    ],
)
def test_what_the_peer_asks_for_needs_both_disks(asked_for: ConnState) -> None:
    """Without a disk there is nothing to do, which is no refusal (states 3.3, N4)."""
    stage = connected()
    stage.node.order(DetachRequested(force=True))
    stage.world.run_until(
        lambda: stage.node.state().disk is DiskState.Diskless, "the disk to be gone"
    )
    stage.peer.say(P_STATE_CHG_REQ(*request(conn=asked_for)))
    stage.peer.await_packet(Command.P_STATE_CHG_REPLY)
    reply = stage.peer.last(Command.P_STATE_CHG_REPLY)
    assert isinstance(reply, P_STATE_CHG_REPLY)
    assert reply.retcode == ReturnCode.SS_NOTHING_TO_DO
    assert stage.conn is ConnState.Connected
