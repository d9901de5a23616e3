"""What the rules of a change have to know beside the state of its volume."""

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.machine import Refused
from generated.states.node_states import NodeEvent
from generated.states.peer_states import PeerState
from runtime.config import FencingPolicy
from runtime.engine.rooms import Rooms
from runtime.engine.rules import Circumstances


def circumstances_of(rooms: Rooms) -> Circumstances:
    """How it stands for one volume now."""
    volume, connection, volumes = rooms.volume, rooms.volume.connection, rooms.link.volumes
    is_fencing = volume.options.fencing is not FencingPolicy.DONT_CARE
    return Circumstances(
        has_net_options=rooms.volume.state.conn is not ConnState.StandAllone,
        allow_two_primaries=connection.has_two_primaries,
        peer_is_primary_elsewhere=any(
            other.state.peer is PeerState.Primary for other in volumes.values()
        ),
        is_fencing=volume.has_disk and is_fencing,
        is_device_open=rooms.applications.is_device_open,
        has_verify_alg=bool(connection.verify_alg),
        version=connection.version,
        state_sent=connection.is_state_sent,
    )


def code_of_refused(rooms: Rooms, refused: Refused) -> ReturnCode:
    """What is wrong where the drawing has no arrow at all (states 3.5, T1, T11 and V3)."""
    if refused.event == NodeEvent.secondary_requested.name:  # whose only guard asks for that
        return ReturnCode.SS_DEVICE_IN_USE
    wire = rooms.volume.state.conn.wire
    if wire > ConnState.Connected.wire:
        return ReturnCode.SS_RESYNC_RUNNING
    if wire < ConnState.Connected.wire:
        return ReturnCode.SS_NEED_CONNECTION
    state = rooms.volume.state
    if state.disk.wire <= DiskState.Failed.wire:
        return ReturnCode.SS_NO_LOCAL_DISK
    return ReturnCode.SS_NO_REMOTE_DISK
