"""The whole state of one volume: its machines, and three flags (states 1).

Three of the machines say why requests are held back; all volumes of a resource share their states.
"""

from typing import Final, NamedTuple, TypeAlias

from generated.layouts.state import StateWord
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from generated.states.susp_fen_states import SuspFenState
from generated.states.susp_nod_states import SuspNodState
from generated.states.susp_states import SuspState

State: TypeAlias = (
    ConnState
    | DiskState
    | NodeState
    | PeerDiskState
    | PeerState
    | SuspState
    | SuspNodState
    | SuspFenState
)
"""A state of any of the machines."""


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
    susp: SuspState = SuspState.Running
    susp_nod: SuspNodState = SuspNodState.Running
    susp_fen: SuspFenState = SuspFenState.Running

    @property
    def is_suspended(self) -> bool:
        """Whether requests of applications are held back, whatever the reason."""
        return bool(self.susp.wire or self.susp_nod.wire or self.susp_fen.wire)

    @property
    def lacks_data(self) -> bool:
        """Whether this is a Primary that reaches no good data (states 3.3, N10)."""
        best = max(self.disk.wire, self.pdsk.wire)
        return self.role is NodeState.Primary and best < DiskState.UpToDate.wire

    @property
    def lacks_peer(self) -> bool:
        """Whether this is a Primary whose lost peer may have good data too (states 3.3, N9)."""
        return (
            self.role is NodeState.Primary
            and self.conn.wire < ConnState.Connected.wire
            and self.pdsk.wire > PeerDiskState.Outdated.wire
        )

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
            susp=self.susp.wire,
            susp_nod=self.susp_nod.wire,
            susp_fen=self.susp_fen.wire,
        )

    @property
    def standing(self) -> dict[str, str]:
        """Each machine's drawing, and the state in which it is, by its name there."""
        return {graph: getattr(self, field).name for field, graph in _GRAPHS.items()}

    @property
    def line(self) -> str:
        """The whole state as a refusal is logged with it: `cs:Connected ro:...` (states 3.11)."""
        letters = (
            "s" if self.is_suspended else "r",
            "a" if self.aftr_isp else "-",
            "p" if self.peer_isp else "-",
            "u" if self.user_isp else "-",
            "F" if self.susp_fen.wire else "-",
            "N" if self.susp_nod.wire else "-",
        )
        role, peer, conn, disk, pdsk = self.printed[:5]
        return f"cs:{conn} ro:{role}/{peer} ds:{disk}/{pdsk} {''.join(letters)}"

    def differences(self, before: "VolumeState") -> str:
        """What changed, as the kernel logs it: `conn( Connected -> SyncSource ) ` and so on."""
        pairs = zip(_LOGGED, _logged(before), _logged(self), strict=True)
        return "".join(f"{name}( {old} -> {new} ) " for name, old, new in pairs if old != new)

    @property
    def printed(self) -> tuple[str, ...]:
        """The fields as people read them."""
        machines = (self.role, self.peer, self.conn, self.disk, self.pdsk)
        flags = (self.aftr_isp, self.peer_isp, self.user_isp)
        suspended = (self.susp.wire, self.susp_nod.wire, self.susp_fen.wire)
        return (
            *(state.printed for state in machines),
            *(str(int(flag)) for flag in (*flags, *suspended)),
        )


_GRAPHS: Final = {
    "conn": "conn_states",
    "disk": "disk_states",
    "role": "node_states",
    "peer": "peer_states",
    "pdsk": "peer_disk_states",
    "susp": "susp_states",
    "susp_nod": "susp_nod_states",
    "susp_fen": "susp_fen_states",
}
"""The fields that are machines, each with its drawing."""

_LOGGED: Final = VolumeState._fields[:9]
"""What a change is logged of: the three reasons for holding requests back as one (states 3.11)."""


def _logged(state: VolumeState) -> tuple[str, ...]:
    return (*state.printed[: len(_LOGGED) - 1], str(int(state.is_suspended)))
