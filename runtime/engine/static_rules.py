"""What a volume may not be in after a soft change (states 3.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from runtime.engine.volume_state import VolumeState

VERSION_OF_VERIFY: Final = 88  # states 3.4, V12: the first with online verify

CONNECTED: Final = ConnState.Connected.wire
INCONSISTENT: Final = DiskState.Inconsistent.wire
UP_TO_DATE: Final = DiskState.UpToDate.wire
VERIFYING: Final = (ConnState.VerifyS, ConnState.VerifyT)
STARTING_SYNC: Final = (ConnState.StartingSyncS, ConnState.StartingSyncT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What rules ask for beside the states of the volume."""

    has_net_options: bool = True
    """Whether there is a connection, even if it is not up."""
    allow_two_primaries: bool = False
    peer_is_primary_elsewhere: bool = False
    """Whether the peer is primary of any volume of this connection."""
    is_device_open: bool = False
    is_fencing: bool = False
    """Whether there is a disk, and its fencing policy is not dont-care."""
    has_verify_alg: bool = False
    version: int = 101
    state_sent: bool = False
    """Whether the first P_STATE of a new connection is out, and its handshake not finished."""


StaticRule: TypeAlias = Callable[[VolumeState, Circumstances], bool]


def static_refusal(state: VolumeState, circumstances: Circumstances) -> ReturnCode:
    """Say what is wrong with a state: the first rule decides (states 3.4)."""
    return next(
        (code for rule, code in STATIC_RULES if rule(state, circumstances)), ReturnCode.SS_SUCCESS
    )


def two_primaries(state: VolumeState, circumstances: Circumstances) -> bool:
    """V1: both nodes are primary, and the settings do not allow that."""
    return _may_not_both_be_primary(state, circumstances) and state.peer is PeerState.Primary


def peer_primary_elsewhere(state: VolumeState, circumstances: Circumstances) -> bool:
    """V2: the same over two volumes of one connection."""
    return (
        _may_not_both_be_primary(state, circumstances)
        and state.peer is not PeerState.Primary
        and circumstances.peer_is_primary_elsewhere
    )


def _may_not_both_be_primary(state: VolumeState, circumstances: Circumstances) -> bool:
    return (
        circumstances.has_net_options
        and not circumstances.allow_two_primaries
        and state.role is NodeState.Primary
    )


def secondary_in_use(state: VolumeState, circumstances: Circumstances) -> bool:
    """V3: an application holds the device of a secondary open."""
    return state.role is NodeState.Secondary and circumstances.is_device_open


def lonely_primary_without_data(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V4: a primary that is not connected lacks good data of its own."""
    return (
        state.role is NodeState.Primary
        and state.conn.wire < CONNECTED
        and state.disk.wire < UP_TO_DATE
    )


def primary_of_unfenced_peer(state: VolumeState, circumstances: Circumstances) -> bool:
    """V5: a primary that is not connected has a peer whose data may be as good as its own."""
    return (
        circumstances.is_fencing
        and state.role is NodeState.Primary
        and state.conn.wire < CONNECTED
        and state.pdsk.wire >= PeerDiskState.DUnknown.wire
    )


def primary_without_consistent_data(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V6: neither disk has consistent data for a primary."""
    return (
        state.role is NodeState.Primary
        and state.disk.wire <= INCONSISTENT
        and state.pdsk.wire <= INCONSISTENT
    )


def resync_without_local_disk(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V7: a resync or a verify needs an own disk."""
    return state.conn.wire > CONNECTED and state.disk.wire < INCONSISTENT


def resync_without_remote_disk(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V8: a resync or a verify needs the peer's disk."""
    return state.conn.wire > CONNECTED and state.pdsk.wire < INCONSISTENT


def resync_without_good_data(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V9: a resync or a verify needs one disk that is UpToDate."""
    return state.conn.wire > CONNECTED and _has_no_good_data(state)


def _has_no_good_data(state: VolumeState) -> bool:
    return state.disk.wire < UP_TO_DATE and state.pdsk.wire < UP_TO_DATE


def outdated_while_connected(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V10: the disk is Outdated, though the connection tells that it is not."""
    return state.disk is DiskState.Outdated and state.conn in (
        ConnState.Connected,
        ConnState.WFBitMapS,
        ConnState.SyncSource,
        ConnState.PausedSyncS,
    )


def verify_without_algorithm(state: VolumeState, circumstances: Circumstances) -> bool:
    """V11: a verify needs a digest."""
    return state.conn in VERIFYING and not circumstances.has_verify_alg


def verify_not_supported(state: VolumeState, circumstances: Circumstances) -> bool:
    """V12: the agreed protocol is older than online verify."""
    return state.conn in VERIFYING and circumstances.version < VERSION_OF_VERIFY


def primary_without_good_data(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V13: neither disk is UpToDate for a primary."""
    return state.role is NodeState.Primary and _has_no_good_data(state)


def full_sync_without_peer(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V14: a full sync needs a peer whose disk is known."""
    return state.conn in STARTING_SYNC and state.pdsk is PeerDiskState.DUnknown


def connected_to_unknown(state: VolumeState, _circumstances: Circumstances) -> bool:
    """V15: while connected, the peer's disk is known."""
    return state.conn.wire >= CONNECTED and state.pdsk is PeerDiskState.DUnknown


STATIC_RULES: Final[tuple[tuple[StaticRule, ReturnCode], ...]] = (
    (two_primaries, ReturnCode.SS_TWO_PRIMARIES),
    (peer_primary_elsewhere, ReturnCode.SS_O_VOL_PEER_PRI),
    (secondary_in_use, ReturnCode.SS_DEVICE_IN_USE),
    (lonely_primary_without_data, ReturnCode.SS_NO_UP_TO_DATE_DISK),
    (primary_of_unfenced_peer, ReturnCode.SS_PRIMARY_NOP),
    (primary_without_consistent_data, ReturnCode.SS_NO_UP_TO_DATE_DISK),
    (resync_without_local_disk, ReturnCode.SS_NO_LOCAL_DISK),
    (resync_without_remote_disk, ReturnCode.SS_NO_REMOTE_DISK),
    (resync_without_good_data, ReturnCode.SS_NO_UP_TO_DATE_DISK),
    (outdated_while_connected, ReturnCode.SS_CONNECTED_OUTDATES),
    (verify_without_algorithm, ReturnCode.SS_NO_VERIFY_ALG),
    (verify_not_supported, ReturnCode.SS_NOT_SUPPORTED),
    (primary_without_good_data, ReturnCode.SS_NO_UP_TO_DATE_DISK),
    (full_sync_without_peer, ReturnCode.SS_NEED_CONNECTION),
    (connected_to_unknown, ReturnCode.SS_CONNECTED_OUTDATES),
)
