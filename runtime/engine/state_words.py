"""Requests for a change of state: what we ask for, and what a peer's request means to us.

A request is two words, a mask of the pieces that are to change and what they are to become, as the
sender sees them (wire 5.12, states 3.10).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from generated.layouts.state import StateWord
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState

ROLE_MASK: Final = 0x3  # states 1.5: so many bits has each piece
CONN_MASK: Final = 0x1F
DISK_MASK: Final = 0xF

_MIRRORED_CONN: Final[Mapping[int, int]] = {
    sender.wire: receiver.wire
    for sender, receiver in (
        (ConnState.WFReportParams, ConnState.WFReportParams),
        (ConnState.Connected, ConnState.Connected),
        (ConnState.StartingSyncS, ConnState.StartingSyncT),
        (ConnState.StartingSyncT, ConnState.StartingSyncS),
        (ConnState.Disconnecting, ConnState.TearDown),
        (ConnState.VerifyS, ConnState.VerifyT),
    )
} | {CONN_MASK: CONN_MASK}


def mirrored(word: StateWord) -> StateWord:
    """The mask or the values of a peer's request, from the point of view of this node.

    A state of the connection that nobody asks for becomes 0, StandAlone.
    """
    return replace(
        word,
        role=word.peer,
        peer=word.role,
        conn=_MIRRORED_CONN.get(word.conn, ConnState.StandAlone.wire),
        disk=word.pdsk,
        pdsk=word.disk,
        peer_isp=word.aftr_isp | word.user_isp,
    )


def request(
    *,
    role: NodeState | None = None,
    conn: ConnState | None = None,
    disk: DiskState | None = None,
    pdsk: PeerDiskState | None = None,
) -> tuple[StateWord, StateWord]:
    """The mask and the values of a request for these changes."""
    mask = StateWord(
        role=0 if role is None else ROLE_MASK,
        conn=0 if conn is None else CONN_MASK,
        disk=0 if disk is None else DISK_MASK,
        pdsk=0 if pdsk is None else DISK_MASK,
    )
    val = StateWord(
        role=0 if role is None else role.wire,
        conn=0 if conn is None else conn.wire,
        disk=0 if disk is None else disk.wire,
        pdsk=0 if pdsk is None else pdsk.wire,
    )
    return mask, val
