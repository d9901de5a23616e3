"""The whole state of one volume: five machines and three flags (states 1)."""

from typing import NamedTuple, TypeAlias

from generated.layouts.state import StateWord
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState

State: TypeAlias = ConnState | DiskState | NodeState | PeerDiskState | PeerState
"""A state of any of the five machines."""


class VolumeState(NamedTuple):
    """What one volume is in; compared and logged field by field (states 3.11)."""

    role: NodeState = NodeState.Secondary
    peer: PeerState = PeerState.Unknown
    conn: ConnState = ConnState.StandAllone
    disk: DiskState = DiskState.Diskless
    pdsk: PeerDiskState = PeerDiskState.DUnknown
    aftr_isp: bool = False
    peer_isp: bool = False
    user_isp: bool = False

    @property
    def is_paused(self) -> bool:
        """Whether somebody wants a resync to wait (states 1.4)."""
        return self.aftr_isp or self.peer_isp or self.user_isp

    @property
    def in_resync_range(self) -> bool:
        """Whether a resync runs, or waits: states 16 to 21."""
        return ConnState.SyncSource.wire <= self.conn.wire <= ConnState.PausedSyncT.wire

    @property
    def word(self) -> StateWord:
        """The state as P_STATE tells it (states 1.5)."""
        return StateWord(
            role=self.role.wire,
            peer=self.peer.wire,
            conn=self.conn.wire,
            disk=self.disk.wire,
            pdsk=self.pdsk.wire,
            aftr_isp=self.aftr_isp,
            peer_isp=self.peer_isp,
            user_isp=self.user_isp,
        )

    def differences(self, before: "VolumeState") -> str:
        """What changed, as the kernel logs it: `conn( Connected -> SyncSource ) ` and so on."""
        return "".join(
            f"{name}( {old} -> {new} ) "
            for name, old, new in zip(self._fields, before.printed, self.printed, strict=True)
            if old != new
        )

    @property
    def printed(self) -> tuple[str, ...]:
        """The fields as people read them."""
        machines = (self.role, self.peer, self.conn, self.disk, self.pdsk)
        flags = (self.aftr_isp, self.peer_isp, self.user_isp)
        return (*(state.printed for state in machines), *(str(int(flag)) for flag in flags))
