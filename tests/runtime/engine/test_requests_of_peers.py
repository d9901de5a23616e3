"""What a peer asks for that a kernel asks for seldom (states 3.10)."""

from typing import Final

from generated.layouts.commands import Command
from generated.layouts.state import P_STATE, P_STATE_CHG_REPLY, P_STATE_CHG_REQ, ReturnCode
from generated.states.conn_states import ConnState
from generated.states.node_states import NodeState
from generated.states.peer_states import PeerState
from runtime.engine.state_words import request
from tests.runtime.engine.phases import Stage, connected
from tests.runtime.engine.scripted_peer import word

PROMOTION: Final = P_STATE_CHG_REQ(*request(role=NodeState.Primary))


def _ask(stage: Stage, packet: P_STATE_CHG_REQ) -> int:
    """Let the peer ask, and return the answer."""
    count = stage.peer.count(Command.P_STATE_CHG_REPLY)
    stage.peer.say(packet)
    stage.peer.await_packet(Command.P_STATE_CHG_REPLY, count=count + 1)
    reply = stage.peer.last(Command.P_STATE_CHG_REPLY)
    assert isinstance(reply, P_STATE_CHG_REPLY)
    return reply.retcode


def test_peer_that_is_primary_asks_to_be() -> None:
    """It hears that there is nothing to do, and stays what it is."""
    stage = connected()
    assert _ask(stage, PROMOTION) == ReturnCode.SS_SUCCESS
    assert _ask(stage, PROMOTION) == ReturnCode.SS_NOTHING_TO_DO
    assert stage.node.state().peer is PeerState.Primary


def test_peer_takes_its_volume_away() -> None:
    """The volume waits for another handshake, and both are equal after that (C38)."""
    stage = connected()
    asked = P_STATE_CHG_REQ(*request(conn=ConnState.WFReportParams))
    assert _ask(stage, asked) == ReturnCode.SS_SUCCESS
    assert stage.conn is ConnState.WFReportParams
    assert stage.node.state().peer is PeerState.Unknown
    stage.connect_good_peer()
    stage.world.compare()


def test_peer_brings_its_volume_back() -> None:
    """What it says of a volume that it took away is a handshake."""
    stage = connected()
    _ask(stage, P_STATE_CHG_REQ(*request(conn=ConnState.WFReportParams)))
    stage.peer.say(P_STATE(word(conn=ConnState.Connected)))
    stage.peer.settle()
    assert stage.conn.wire > ConnState.Connected.wire
    stage.connect_good_peer()
    stage.world.compare()
