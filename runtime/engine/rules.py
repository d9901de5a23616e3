"""What a change of one volume may not result in (states 3.4 to 3.8).

A rule says when a change is refused; its number is that of the reference. Rules see the new state
after its automatic corrections (states 3.3). What is about the new state alone is static, and has
a room of its own.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from runtime.engine.static_rules import (
    CONNECTED,
    STARTING_SYNC,
    VERIFYING,
    Circumstances,
    static_refusal,
)
from runtime.engine.volume_state import VolumeState

__all__ = [
    "REFUSAL_TEXTS",
    "SUCCESS_LEAST",
    "Circumstances",
    "hard_refusal",
    "is_cluster_wide",
    "refusal",
    "refusal_text",
    "soft_refusal",
    "static_refusal",
]

SUCCESS_LEAST: Final = 1  # states 3.1: this code and all above mean yes

REFUSAL_TEXTS: Final[Mapping[ReturnCode, str]] = {
    ReturnCode.SS_UNKNOWN_ERROR: "unknown error",
    ReturnCode.SS_TWO_PRIMARIES: "Multiple primaries not allowed by config",
    ReturnCode.SS_NO_UP_TO_DATE_DISK: "Need access to UpToDate data",
    ReturnCode.SS_NO_LOCAL_DISK: "Can not resync without local disk",
    ReturnCode.SS_NO_REMOTE_DISK: "Can not resync without remote disk",
    ReturnCode.SS_CONNECTED_OUTDATES: "Refusing to be Outdated while Connected",
    ReturnCode.SS_PRIMARY_NOP: "Refusing to be Primary while peer is not outdated",
    ReturnCode.SS_RESYNC_RUNNING: "Can not start OV/resync since it is already active",
    ReturnCode.SS_ALREADY_STANDALONE: "Can not disconnect a StandAlone device",
    ReturnCode.SS_CW_FAILED_BY_PEER: "State change was refused by peer node",
    ReturnCode.SS_IS_DISKLESS: "Device is diskless, the requested operation requires a disk",
    ReturnCode.SS_DEVICE_IN_USE: "Device is held open by someone",
    ReturnCode.SS_NO_NET_CONFIG: "Have no net/connection configuration",
    ReturnCode.SS_NO_VERIFY_ALG: "Need a verify algorithm to start online verify",
    ReturnCode.SS_NEED_CONNECTION: "Need a connection to start verify or resync",
    ReturnCode.SS_LOWER_THAN_OUTDATED: "Disk state is lower than outdated",
    ReturnCode.SS_NOT_SUPPORTED: "Peer does not support protocol",
    ReturnCode.SS_IN_TRANSIENT_STATE: "In transient state, retry after next state change",
    ReturnCode.SS_CONCURRENT_ST_CHG: "Concurrent state changes detected and aborted",
    ReturnCode.SS_O_VOL_PEER_PRI: "Other vol primary on peer not allowed by config",
    ReturnCode.SS_OUTDATE_WO_CONN: "Need a connection for a graceful disconnect/outdate peer",
}
"""What people are told about a refusal (states 3.1)."""

SoftRule: TypeAlias = Callable[[VolumeState, VolumeState, Circumstances], bool]
HardRule: TypeAlias = Callable[[VolumeState, VolumeState], bool]


def refusal_text(code: int) -> str:
    """What people are told about a code below 1; TOO_SMALL and TOO_LARGE as in states 3.1."""
    if code < min(REFUSAL_TEXTS):
        return "TOO_SMALL"
    if code > ReturnCode.SS_UNKNOWN_ERROR:
        return "TOO_LARGE"
    return next((text for known, text in REFUSAL_TEXTS.items() if known == code), str(code))


def refusal(
    before: VolumeState,
    after: VolumeState,
    circumstances: Circumstances,
    *,
    is_cluster_wide: bool = False,
) -> ReturnCode:
    """Say why a soft change is refused, SS_SUCCESS if it is not (states 3.7 and 3.8 step 4).

    What a static rule refuses is forgiven where it was like that before, unless the peer is asked.
    """
    if before == after:
        return ReturnCode.SS_NOTHING_TO_DO
    by_hard_rules = hard_refusal(before, after)
    if by_hard_rules < SUCCESS_LEAST:
        return by_hard_rules
    static = static_refusal(after, circumstances)
    is_forgiven = not is_cluster_wide and static_refusal(before, circumstances) == static
    if static < SUCCESS_LEAST and not is_forgiven:
        return static
    return soft_refusal(before, after, circumstances)


def soft_refusal(
    before: VolumeState, after: VolumeState, circumstances: Circumstances
) -> ReturnCode:
    """Say what is wrong with the way from one state to another: the last rule decides."""
    return next(
        (code for rule, code in reversed(SOFT_RULES) if rule(before, after, circumstances)),
        ReturnCode.SS_SUCCESS,
    )


def hard_refusal(before: VolumeState, after: VolumeState) -> ReturnCode:
    """Say what not even a hard change may do; SS_NOTHING_TO_DO where conn stays (states 3.6)."""
    if fails_without_disk(before, after):
        return ReturnCode.SS_IS_DISKLESS
    return next((code for rule, code in HARD_RULES if rule(before, after)), ReturnCode.SS_SUCCESS)


def is_cluster_wide(before: VolumeState, after: VolumeState) -> bool:
    """Whether the peer has to agree (states 3.8 step 2)."""
    if before.conn.wire < CONNECTED:
        return False
    if after.conn.wire >= CONNECTED and _is_demanding(before, after):
        return True
    if after.conn is ConnState.Disconnecting:
        return True
    return before.conn is ConnState.Connected and after.conn in (
        ConnState.VerifyS,
        ConnState.WFReportParams,
    )


def _is_demanding(before: VolumeState, after: VolumeState) -> bool:
    """Whether something begins that the peer takes part in."""
    return (
        _is_promotion(before, after)
        or (after.conn is not before.conn and after.conn in STARTING_SYNC)
        or (after.disk is not before.disk and after.disk is DiskState.Failed)
    )


def _is_promotion(before: VolumeState, after: VolumeState) -> bool:
    return before.role is not NodeState.Primary and after.role is NodeState.Primary


# Soft rules: which ways a soft change may not take (states 3.5).


def full_sync_while_busy(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T1: a full sync begins in Connected, or where there is no connection."""
    return after.conn in STARTING_SYNC and before.conn.wire > CONNECTED


def disconnected_already(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T2: there is nothing to disconnect."""
    return after.conn is ConnState.Disconnecting and before.conn is ConnState.StandAlone


def disk_from_nowhere(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T3: a disk is attached before it is anything else."""
    return after.disk.wire > DiskState.Attaching.wire and before.disk is DiskState.Diskless


def connecting_without_settings(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T4: without net options there is nobody to wait for."""
    return after.conn is ConnState.WFConnection and before.conn.wire < ConnState.Unconnected.wire


def outdating_worse_disk(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T5: a disk that is worse than Outdated does not become better by that."""
    return (
        after.disk is DiskState.Outdated
        and before.disk.wire < DiskState.Outdated.wire
        and before.disk is not DiskState.Attaching
    )


def disconnecting_between(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T6: Unconnected passes by itself, and then there is something to disconnect."""
    return after.conn is ConnState.Disconnecting and before.conn is ConnState.Unconnected


def handshake_running(
    before: VolumeState, after: VolumeState, circumstances: Circumstances
) -> bool:
    """T7: the peer was told our state, so only the handshake itself goes on."""
    is_step = (
        before.conn is ConnState.WFConnection and after.conn is ConnState.WFReportParams
    ) or (before.conn is ConnState.WFReportParams and after.conn.wire >= CONNECTED)
    return circumstances.state_sent and not is_step


def promotion_before_resync(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T8: a node whose disk lags waits with its promotion until its resync has begun."""
    return (
        _is_promotion(before, after)
        and after.pdsk is PeerDiskState.UpToDate
        and after.disk not in (DiskState.UpToDate, DiskState.Diskless)
        and (after.conn.wire <= ConnState.WFSyncUUID.wire or after.conn is not before.conn)
    )


def verify_unconnected(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T9: a verify needs a connection."""
    return after.conn in VERIFYING and before.conn.wire < CONNECTED


def verify_while_busy(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T10: a verify begins in Connected."""
    return (
        after.conn in VERIFYING and after.conn is not before.conn and before.conn.wire > CONNECTED
    )


def full_sync_unconnected(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T11: a full sync needs a connection."""
    return after.conn in STARTING_SYNC and before.conn.wire < CONNECTED


def resync_unconnected(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T12: a resync needs a connection."""
    return (
        after.conn in (ConnState.SyncTarget, ConnState.SyncSource)
        and before.conn.wire < ConnState.WFReportParams.wire
    )


def outdating_absent_peer(before: VolumeState, after: VolumeState, _: Circumstances) -> bool:
    """T13: a peer that is not there cannot be told to outdate its disk."""
    return (
        after.conn is ConnState.Disconnecting
        and after.pdsk is PeerDiskState.Outdated
        and before.conn.wire < CONNECTED
        and before.pdsk.wire > PeerDiskState.Outdated.wire
    )


SOFT_RULES: Final[tuple[tuple[SoftRule, ReturnCode], ...]] = (
    (full_sync_while_busy, ReturnCode.SS_RESYNC_RUNNING),
    (disconnected_already, ReturnCode.SS_ALREADY_STANDALONE),
    (disk_from_nowhere, ReturnCode.SS_IS_DISKLESS),
    (connecting_without_settings, ReturnCode.SS_NO_NET_CONFIG),
    (outdating_worse_disk, ReturnCode.SS_LOWER_THAN_OUTDATED),
    (disconnecting_between, ReturnCode.SS_IN_TRANSIENT_STATE),
    (handshake_running, ReturnCode.SS_IN_TRANSIENT_STATE),
    (promotion_before_resync, ReturnCode.SS_IN_TRANSIENT_STATE),
    (verify_unconnected, ReturnCode.SS_NEED_CONNECTION),
    (verify_while_busy, ReturnCode.SS_RESYNC_RUNNING),
    (full_sync_unconnected, ReturnCode.SS_NEED_CONNECTION),
    (resync_unconnected, ReturnCode.SS_NEED_CONNECTION),
    (outdating_absent_peer, ReturnCode.SS_OUTDATE_WO_CONN),
)


# Hard rules: what no change may do (states 3.6). H7 is that nothing else is refused.


def connection_unchanged(before: VolumeState, after: VolumeState) -> bool:
    """H1: no error, but nothing is done with the connection."""
    return after.conn is before.conn


def standalone_disconnecting(before: VolumeState, after: VolumeState) -> bool:
    """H2: there is nothing to disconnect."""
    return before.conn is ConnState.StandAlone and after.conn is ConnState.Disconnecting


def standalone_leaps(before: VolumeState, after: VolumeState) -> bool:
    """H3: from StandAlone all ways lead over Unconnected."""
    return before.conn is ConnState.StandAlone and after.conn is not ConnState.Unconnected


def connected_without_handshake(before: VolumeState, after: VolumeState) -> bool:
    """H4: to Connected all ways lead over WFReportParams."""
    return before.conn.wire < ConnState.WFReportParams.wire and after.conn.wire >= CONNECTED


def loss_unfinished(before: VolumeState, after: VolumeState) -> bool:
    """H5: a lost connection is cleaned up first."""
    is_lost = ConnState.Timeout.wire <= before.conn.wire <= ConnState.TearDown.wire
    return is_lost and after.conn not in (ConnState.Unconnected, ConnState.Disconnecting)


def disconnect_unfinished(before: VolumeState, after: VolumeState) -> bool:
    """H6: a disconnect ends in StandAlone."""
    return before.conn is ConnState.Disconnecting and after.conn is not ConnState.StandAlone


HARD_RULES: Final[tuple[tuple[HardRule, ReturnCode], ...]] = (
    (connection_unchanged, ReturnCode.SS_NOTHING_TO_DO),
    (standalone_disconnecting, ReturnCode.SS_ALREADY_STANDALONE),
    (standalone_leaps, ReturnCode.SS_NEED_CONNECTION),
    (connected_without_handshake, ReturnCode.SS_NEED_CONNECTION),
    (loss_unfinished, ReturnCode.SS_IN_TRANSIENT_STATE),
    (disconnect_unfinished, ReturnCode.SS_IN_TRANSIENT_STATE),
)


def fails_without_disk(before: VolumeState, after: VolumeState) -> bool:
    """H8: a disk that is not there does not fail; this comes before all other hard rules."""
    return after.disk is DiskState.Failed and before.disk is DiskState.Diskless
