"""What a change of one machine means for the others of its volume (states 3.3, 6.2, 6.6).

The drawings say what each machine makes of it; here stands only who is told. An event that another
machine has no arrow for is not for it, and is left out.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.node_states import NodeEvent
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from generated.states.peer_states import PeerEvent
from generated.states.susp_fen_states import SuspFenEvent
from generated.states.susp_nod_states import SuspNodEvent
from generated.states.susp_states import SuspEvent
from runtime.engine.volume_state import VolumeState

SuspensionEvent: TypeAlias = SuspEvent | SuspNodEvent | SuspFenEvent
VolumeEvent: TypeAlias = (
    ConnEvent | DiskEvent | NodeEvent | PeerEvent | PeerDiskEvent | SuspensionEvent
)

UP_LEAST: Final = ConnState.Connected.wire
FAILED: Final = DiskState.Failed.wire

SYNC: Final = frozenset(
    {ConnState.SyncSource, ConnState.SyncTarget, ConnState.PausedSyncS, ConnState.PausedSyncT}
)
SOURCES: Final = frozenset({ConnState.StartingSyncS, ConnState.WFBitMapS, ConnState.Ahead})
TARGETS: Final = frozenset({ConnState.WFBitMapT, ConnState.WFSyncUUID, ConnState.Behind})
VERIFYING: Final = frozenset({ConnState.VerifyS, ConnState.VerifyT})
GOOD_HERE: Final = SOURCES | VERIFYING | {ConnState.SyncSource, ConnState.PausedSyncS}
JUDGING: Final = frozenset(  # what the own data is worth, beside the peer's
    {
        ConnEvent.in_receive_param,
        ConnEvent.sync_handshake,
        ConnEvent.device_grown,
        ConnEvent.peer_went_ahead,
    }
)
CALLED_OFF: Final = frozenset({ConnEvent.disk_lost, ConnEvent.bitmap_write_failed})

REPORTS: Final = {
    PeerDiskState.Diskless: PeerDiskEvent.diskless_reported,
    PeerDiskState.Attaching: PeerDiskEvent.attaching_reported,
    PeerDiskState.Failed: PeerDiskEvent.failed_reported,
    PeerDiskState.Inconsistent: PeerDiskEvent.inconsistent_reported,
    PeerDiskState.Outdated: PeerDiskEvent.outdated_reported,
    PeerDiskState.Consistent: PeerDiskEvent.consistent_reported,
    PeerDiskState.UpToDate: PeerDiskEvent.up_to_date_reported,
}
"""What a report of the peer's disk state is called."""


def consequences(
    event: VolumeEvent, before: VolumeState, after: VolumeState
) -> Iterator[VolumeEvent]:
    """The events that follow from one, for the other machines of the volume, in order."""
    if isinstance(event, ConnEvent):
        yield from _of_handshake(event, before.conn, after.conn)
        if before.conn is not after.conn:
            yield from _of_entering(after.conn, before.conn)
        yield from _of_ending(event, before.conn, after.conn)
    elif after.conn.wire > UP_LEAST and min(after.disk.wire, after.pdsk.wire) <= FAILED:
        yield ConnEvent.disk_lost
    if after.is_paused:
        yield ConnEvent.resync_paused
    else:
        yield ConnEvent.resync_resumed


def suspensions(before: VolumeState, after: VolumeState) -> Iterator[SuspensionEvent]:
    """Why requests may have to wait, when a whole change was worked out (N9, N10)."""
    if after.lacks_peer and not before.lacks_peer:
        yield SuspFenEvent.peer_lost
    if after.lacks_data and not before.lacks_data:
        yield SuspNodEvent.data_lost


def is_due(event: VolumeEvent, after: VolumeState) -> bool:
    """Whether what follows from an event still does, when the events after it have been taken.

    A handshake says that a resync begins before it says what the peer's disk is worth.
    """
    return event is not ConnEvent.disk_lost or min(after.disk.wire, after.pdsk.wire) <= FAILED


def _of_handshake(event: ConnEvent, before: ConnState, after: ConnState) -> Iterator[VolumeEvent]:
    """The peer's first words are taken: its role, its disk, and what they make of ours."""
    if before.wire < UP_LEAST <= after.wire:
        yield PeerEvent.connected
    if after.wire >= UP_LEAST and event in JUDGING:
        yield DiskEvent.receive_param


def _of_entering(after: ConnState, before: ConnState) -> Iterator[VolumeEvent]:
    """The limits that a connection state has for both disks (states 3.3)."""
    if after is ConnState.StartingSyncT:
        yield from (DiskEvent.ioctl_replicate, PeerDiskEvent.up_to_date_demanded)
    elif after in SOURCES:
        yield from (DiskEvent.up_to_date_demanded, PeerDiskEvent.became_source)
    elif after in TARGETS:
        yield PeerDiskEvent.up_to_date_demanded
    elif after in VERIFYING:
        yield from (DiskEvent.up_to_date_demanded, PeerDiskEvent.up_to_date_demanded)
    elif after in SYNC and before not in SYNC:
        if after in (ConnState.SyncTarget, ConnState.PausedSyncT):
            yield DiskEvent.start_resync
        else:
            yield PeerDiskEvent.start_resync


def _of_ending(event: ConnEvent, before: ConnState, after: ConnState) -> Iterator[VolumeEvent]:
    """A resync is over, or the link."""
    if event is ConnEvent.resync_finished:
        yield from (DiskEvent.resync_completed, PeerDiskEvent.resync_completed)
    elif event in CALLED_OFF and after is ConnState.Connected:
        yield from (DiskEvent.back_in_connected, PeerDiskEvent.back_in_connected)
    if after.wire < UP_LEAST <= before.wire:
        yield from (
            DiskEvent.connection_lost,
            PeerDiskEvent.connection_lost,
            PeerEvent.connection_lost,
        )
