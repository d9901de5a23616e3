"""What a disk may be while its connection is in some state (states 3.3, N5 to N8).

A disk state outside these limits is corrected, not refused: what a peer reports may be older than
what both nodes agreed on since.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState


class DiskLimits(NamedTuple):
    """The worst and the best that the disks may be, by the numbers of states 1.2."""

    disk_min: int
    disk_max: int
    pdsk_min: int
    pdsk_max: int


_DISKLESS: Final = DiskState.Diskless.wire
_INCONSISTENT: Final = DiskState.Inconsistent.wire
_OUTDATED: Final = DiskState.Outdated.wire
_UNKNOWN: Final = PeerDiskState.DUnknown.wire
_CONSISTENT: Final = DiskState.Consistent.wire
_UP_TO_DATE: Final = DiskState.UpToDate.wire

_UNCONNECTED: Final = DiskLimits(_DISKLESS, _UP_TO_DATE, _INCONSISTENT, _UNKNOWN)
_ANY: Final = DiskLimits(_DISKLESS, _UP_TO_DATE, _DISKLESS, _UP_TO_DATE)
_FUTURE_TARGET: Final = DiskLimits(_INCONSISTENT, _OUTDATED, _UP_TO_DATE, _UP_TO_DATE)
_TARGET: Final = DiskLimits(_INCONSISTENT, _INCONSISTENT, _UP_TO_DATE, _UP_TO_DATE)
_FUTURE_SOURCE: Final = DiskLimits(_UP_TO_DATE, _UP_TO_DATE, _INCONSISTENT, _CONSISTENT)
_SOURCE: Final = DiskLimits(_UP_TO_DATE, _UP_TO_DATE, _INCONSISTENT, _INCONSISTENT)
_VERIFY: Final = DiskLimits(_UP_TO_DATE, _UP_TO_DATE, _UP_TO_DATE, _UP_TO_DATE)

LIMITS: Final[Mapping[ConnState, DiskLimits]] = {
    **{conn: _UNCONNECTED for conn in ConnState if conn.wire < ConnState.Connected.wire},
    ConnState.Connected: _ANY,
    ConnState.StartingSyncT: _FUTURE_TARGET,
    ConnState.WFBitMapT: _FUTURE_TARGET,
    ConnState.WFSyncUUID: _FUTURE_TARGET,
    ConnState.PausedSyncT: _FUTURE_TARGET,
    ConnState.Behind: _FUTURE_TARGET,
    ConnState.SyncTarget: _TARGET,
    ConnState.StartingSyncS: _FUTURE_SOURCE,
    ConnState.WFBitMapS: _FUTURE_SOURCE,
    ConnState.PausedSyncS: _FUTURE_SOURCE,
    ConnState.Ahead: _FUTURE_SOURCE,
    ConnState.SyncSource: _SOURCE,
    ConnState.VerifyS: _VERIFY,
    ConnState.VerifyT: _VERIFY,
}
"""State of the connection -> limits of both disks."""


def limited_disk(conn: ConnState, disk: DiskState) -> DiskState:
    """What the own disk counts as."""
    limits = LIMITS[conn]
    wire = _limited(_upgraded(conn, disk.wire), least=limits.disk_min, most=limits.disk_max)
    return DiskState.from_wire(wire)


def limited_peer_disk(conn: ConnState, pdsk: PeerDiskState) -> PeerDiskState:
    """What the peer's disk counts as."""
    limits = LIMITS[conn]
    wire = _limited(_upgraded(conn, pdsk.wire), least=limits.pdsk_min, most=limits.pdsk_max)
    return PeerDiskState.from_wire(wire)


def _upgraded(conn: ConnState, wire: int) -> int:
    """N5: with a connection, a consistent disk is as good as the peer's knowledge of it."""
    is_up = ConnState.Connected.wire <= conn.wire < ConnState.Ahead.wire
    return _UP_TO_DATE if is_up and wire in (_CONSISTENT, _OUTDATED) else wire


def _limited(wire: int, *, least: int, most: int) -> int:
    """N6 to N8."""
    return max(least, min(wire, most))
