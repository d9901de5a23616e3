"""What the superblock says of a volume's state, so that a restart knows it (states 4.4)."""

from typing import Final

from generated.layouts.superblock import SuperblockFlags as Flags
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState

OF_THE_STATE: Final = (
    Flags.MDF_CONSISTENT
    | Flags.MDF_PRIMARY_IND
    | Flags.MDF_CONNECTED_IND
    | Flags.MDF_WAS_UP_TO_DATE
    | Flags.MDF_PEER_OUT_DATED
    | Flags.MDF_CRASHED_PRIMARY
    | Flags.MDF_AL_CLEAN
)
"""The flags that follow from the state; the others are somebody else's."""


def flags_of(state: VolumeState, *, is_crashed_primary: bool) -> int:
    """The flags that a state has in the superblock."""
    peer_has_no_data = state.pdsk.wire < PeerDiskState.Inconsistent.wire
    is_primary = state.role is NodeState.Primary or (
        peer_has_no_data and state.peer is PeerState.Primary
    )
    peer_is_old = PeerDiskState.Inconsistent.wire <= state.pdsk.wire <= PeerDiskState.Outdated.wire
    return sum(
        flag
        for flag, is_set in (
            (Flags.MDF_CONSISTENT, state.disk.wire > DiskState.Inconsistent.wire),
            (Flags.MDF_PRIMARY_IND, is_primary),
            (Flags.MDF_CONNECTED_IND, state.conn.wire > ConnState.WFReportParams.wire),
            (Flags.MDF_WAS_UP_TO_DATE, state.disk.wire > DiskState.Outdated.wire),
            (Flags.MDF_PEER_OUT_DATED, peer_is_old),
            (Flags.MDF_CRASHED_PRIMARY, is_crashed_primary),
        )
        if is_set
    )


def write_flags(volume: Volume) -> None:
    """Make durable what a restart must know; nothing is written when it is there already."""
    if not volume.has_disk:
        return
    superblock = volume.store.superblock
    flags = flags_of(volume.state, is_crashed_primary=volume.is_crashed_primary)
    superblock.flags = superblock.flags & ~OF_THE_STATE | flags
    volume.store.write_superblock()
