"""How the writes of applications go to the peer, as the states are now (wire 7.2, 7.10)."""

from typing import Final, NamedTuple

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.write import DpFlags
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.config import OnCongestion
from runtime.engine.volume import Volume

VERSION_OF_ACK_FLAGS: Final = 100  # wire 7.2: from here on a write says which acks it wants
VERSION_OF_OUT_OF_SYNC: Final = 96
REPLICATING: Final = range(ConnState.WFBitMapT.wire, ConnState.Ahead.wire)  # wire 7.10


class WriteMode(NamedTuple):
    """What is done about a write, beside writing it here."""

    replicates: bool = False
    """It is sent."""
    notes_out_of_sync: bool = False
    """It is only told that the peer lacks it."""
    waits_for_ack: bool = False
    """It is not finished before the peer has said so."""
    dp_flags: int = 0
    """The acknowledgements that it asks for."""
    looks_for_congestion: bool = False
    """Something is done about a peer that lags behind (states 6.9)."""
    waits_for_socket: bool = True
    """It is not let in while the peer takes nothing, since nothing else bounds what is queued."""


def mode_of(volume: Volume) -> WriteMode:
    """Decide for all writes that begin from now on."""
    state, connection = volume.state, volume.connection
    notes = (
        state.conn in (ConnState.WFBitMapS, ConnState.Ahead)
        and connection.version >= VERSION_OF_OUT_OF_SYNC
    )
    has_data = state.pdsk is PeerDiskState.UpToDate or (
        state.pdsk.wire >= PeerDiskState.Inconsistent.wire and state.conn.wire in REPLICATING
    )
    looks = has_data and volume.is_up and not notes and _looks_for_congestion(volume)
    return WriteMode(
        replicates=has_data and volume.is_up and not notes,
        notes_out_of_sync=notes,
        waits_for_ack=connection.protocol is not ReplicationProtocol.A,
        dp_flags=_dp_flags(volume),
        looks_for_congestion=looks,
        waits_for_socket=not (notes or (looks and connection.options.congestion_fill)),
    )


def _looks_for_congestion(volume: Volume) -> bool:
    connection = volume.connection
    return (
        connection.options.on_congestion is not OnCongestion.BLOCK
        and connection.protocol is ReplicationProtocol.A
        and connection.version >= VERSION_OF_OUT_OF_SYNC
        and volume.state.disk is DiskState.UpToDate
    )


def _dp_flags(volume: Volume) -> int:
    in_resync, protocol = volume.in_resync_range, volume.connection.protocol
    flags = DpFlags.MAY_SET_IN_SYNC if in_resync else 0
    if volume.connection.version >= VERSION_OF_ACK_FLAGS:
        if protocol is ReplicationProtocol.C or in_resync:
            flags |= DpFlags.SEND_WRITE_ACK
        if protocol is ReplicationProtocol.B:
            flags |= DpFlags.SEND_RECEIVE_ACK
    return flags
