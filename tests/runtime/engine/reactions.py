"""What an engine may do about a peer that breaks the protocol (wire, "three classes")."""

from collections.abc import Callable
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

import pytest

from generated.layouts.codec import Packet
from generated.layouts.commands import Command
from generated.states.conn_states import ConnState
from runtime.wire.framing import HeaderKind, pack_header
from tests.runtime.engine.phases import Stage

BROKEN: Final = {"ProtocolError", "NetworkFailure", "BrokenPipe", "Timeout", "TearDown"}


class Reaction(Enum):
    """The classes."""

    RECONNECT = "drops the connection and looks for the peer again"
    RETRY = "gives the attempt up and begins another one"
    STANDALONE = "stands alone"
    STAYS = "stays connected"


class Row(NamedTuple):
    """One row of the table: where the conversation stands, what comes, what it leads to."""

    name: str
    phase: Callable[[], Stage]
    misdeed: Callable[[Stage], None]
    reaction: Reaction


def data(*packets: Packet, volume: int = 0) -> Callable[[Stage], None]:
    """The peer says this on the data socket."""
    return lambda stage: stage.peer.say(*packets, volume=volume)


def meta(*packets: Packet, volume: int = 0) -> Callable[[Stage], None]:
    """The peer says this on the meta socket."""
    return lambda stage: stage.peer.acknowledge(*packets, volume=volume)


def framed(command: int, payload: bytes = b"", *, volume: int = 0) -> bytes:
    """A packet with any content, in the header of version 100."""
    kind = HeaderKind.HEADER_100
    return pack_header(kind, volume=volume, command=command, length=len(payload)) + payload


def data_bytes(content: bytes) -> Callable[[Stage], None]:
    """The peer says this on the data socket, packet or not."""
    return lambda stage: stage.peer.say_bytes(stage.peer.data, content)


def meta_bytes(content: bytes) -> Callable[[Stage], None]:
    """The peer says this on the meta socket, packet or not."""
    return lambda stage: stage.peer.say_bytes(stage.peer.meta, content)


def old(command: Command, payload: bytes) -> bytes:
    """A packet in the header of all handshakes."""
    kind = HeaderKind.HEADER_80
    return pack_header(kind, volume=0, command=command, length=len(payload)) + payload


def parametrized(rows: list[Row]) -> pytest.MarkDecorator:
    """One test for each row."""
    return pytest.mark.parametrize("row", rows, ids=[row.name.replace(" ", "-") for row in rows])


def check(row: Row) -> None:
    """The engine does what the row says, and does all its work for a better peer afterwards."""
    stage = row.phase()
    before, passed = stage.conn, len(stage.node.changes)
    row.misdeed(stage)
    stage.world.run_for(0.1)
    names = [before.name, *stage.names_passed()[passed:]]
    match row.reaction:
        case Reaction.STAYS:
            assert not stage.peer.sockets.closed, stage.world.story()
            assert names[-1] not in {"StandAllone", "Unconnected", "WFConnection"}
        case Reaction.STANDALONE:
            assert stage.peer.is_cut_off, stage.world.story()
            assert names[-2:] == ["Disconnecting", "StandAllone"], stage.world.story()
        case Reaction.RECONNECT:
            assert stage.peer.is_cut_off, stage.world.story()
            steps = list(pairwise(names))
            assert any((it, "Unconnected") in steps for it in BROKEN), stage.world.story()
            stage.world.run_until(lambda: stage.conn is ConnState.WFConnection, "another attempt")
        case Reaction.RETRY:
            assert stage.peer.is_cut_off, stage.world.story()
            assert stage.conn in (ConnState.Unconnected, ConnState.WFConnection), names
            assert "StandAllone" not in names
            stage.world.run_until(lambda: stage.node.is_listening, "another attempt")
    stage.connect_good_peer()
