"""Disks stay within what the state of their connection allows."""

from typing import Final

import pytest

from generated.states.conn_states import ConnState as Conn
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.engine.disk_limits import LIMITS, DiskLimits, limited_disk, limited_peer_disk

PUBLISHED: Final = {  # states 3.3, row by row
    (0, 8, 4, 6): tuple(state for state in Conn if state.wire < 10),
    (0, 8, 0, 8): (Conn.Connected,),
    (4, 5, 8, 8): (
        Conn.StartingSyncT,
        Conn.WFBitMapT,
        Conn.WFSyncUUID,
        Conn.PausedSyncT,
        Conn.Behind,
    ),
    (4, 4, 8, 8): (Conn.SyncTarget,),
    (8, 8, 4, 7): (Conn.StartingSyncS, Conn.WFBitMapS, Conn.PausedSyncS, Conn.Ahead),
    (8, 8, 4, 4): (Conn.SyncSource,),
    (8, 8, 8, 8): (Conn.VerifyS, Conn.VerifyT),
}
ROWS: Final = [(conn, limits) for limits, conns in PUBLISHED.items() for conn in conns]


def test_every_connection_state_has_limits() -> None:
    """No state of the connection is left out of the published table, or of ours."""
    assert sorted(conn.wire for conn, _ in ROWS) == list(range(24))


@pytest.mark.parametrize(
    ("conn", "limits"), ROWS, ids=[f"{conn.printed}-{limits}" for conn, limits in ROWS]
)
def test_limits_are_the_published_ones(conn: Conn, limits: tuple[int, int, int, int]) -> None:
    """The numbers are those of the table."""
    assert LIMITS[conn] == DiskLimits(*limits)


@pytest.mark.parametrize("conn", Conn, ids=lambda conn: conn.printed)
def test_own_disk_ends_within_the_limits(conn: Conn) -> None:
    """Whatever the own disk is, it counts as something that the connection allows."""
    limits = LIMITS[conn]
    counted = [limited_disk(conn, disk).wire for disk in DiskState]
    assert all(limits.disk_min <= wire <= limits.disk_max for wire in counted)


@pytest.mark.parametrize("conn", Conn, ids=lambda conn: conn.printed)
def test_peer_disk_ends_within_the_limits(conn: Conn) -> None:
    """Whatever the peer reports, its disk counts as something that the connection allows."""
    limits = LIMITS[conn]
    counted = [limited_peer_disk(conn, pdsk).wire for pdsk in PeerDiskState]
    assert all(limits.pdsk_min <= wire <= limits.pdsk_max for wire in counted)


@pytest.mark.parametrize(
    ("conn", "disk", "counted"),
    [
        (Conn.Connected, DiskState.Consistent, DiskState.UpToDate),
        (Conn.Connected, DiskState.Outdated, DiskState.UpToDate),
        (Conn.Connected, DiskState.Inconsistent, DiskState.Inconsistent),
        (Conn.WFConnection, DiskState.Outdated, DiskState.Outdated),
        (Conn.WFReportParams, DiskState.Consistent, DiskState.Consistent),
        (Conn.WFBitMapT, DiskState.UpToDate, DiskState.Outdated),
        (Conn.SyncTarget, DiskState.Outdated, DiskState.Inconsistent),
        (Conn.WFBitMapS, DiskState.Inconsistent, DiskState.UpToDate),
        (Conn.VerifyS, DiskState.Inconsistent, DiskState.UpToDate),
    ],
    ids=lambda state: state.printed,
)
def test_own_disk_counts_as(conn: Conn, disk: DiskState, counted: DiskState) -> None:
    """A disk is upgraded or degraded to what fits the connection."""
    assert limited_disk(conn, disk) is counted


@pytest.mark.parametrize(
    ("conn", "pdsk", "counted"),
    [
        (Conn.Connected, PeerDiskState.Consistent, PeerDiskState.UpToDate),
        (Conn.Connected, PeerDiskState.DUnknown, PeerDiskState.DUnknown),
        (Conn.WFConnection, PeerDiskState.Diskless, PeerDiskState.Inconsistent),
        (Conn.WFConnection, PeerDiskState.UpToDate, PeerDiskState.DUnknown),
        (Conn.WFBitMapS, PeerDiskState.UpToDate, PeerDiskState.Consistent),
        (Conn.WFBitMapS, PeerDiskState.Outdated, PeerDiskState.Consistent),
        (Conn.Ahead, PeerDiskState.Outdated, PeerDiskState.Outdated),
        (Conn.SyncSource, PeerDiskState.UpToDate, PeerDiskState.Inconsistent),
        (Conn.WFBitMapT, PeerDiskState.Inconsistent, PeerDiskState.UpToDate),
    ],
    ids=lambda state: state.printed,
)
def test_peer_disk_counts_as(conn: Conn, pdsk: PeerDiskState, counted: PeerDiskState) -> None:
    """What the peer reports is upgraded or degraded to what fits the connection."""
    assert limited_peer_disk(conn, pdsk) is counted
