"""What an operator sees of a resource at some time: plain values, which travel as JSON."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self, TypeAlias

from runtime.engine.progress import Progress

RESYNCING: Final = frozenset(
    {"SyncSource", "SyncTarget", "VerifyS", "VerifyT", "PausedSyncS", "PausedSyncT"}
)
"""States 9.3: 16 to 21, in which there is a part that is done."""
RUNNING: Final = frozenset({"SyncSource", "SyncTarget", "VerifyS", "VerifyT"})
"""States 9.2: those of them that move."""
VERIFYING: Final = frozenset({"VerifyS", "VerifyT"})
CONNECTED: Final = "Connected"
OFF: Final = "Off"
PEER: Final = "peer"
"""What the connection is called, as by the 8.4 tools: there is one only."""
PEER_NODE_ID: Final = 0

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeView:
    """One volume, in the words that people read."""

    volume: int
    minor: int
    role: str
    peer_role: str
    conn: str
    """As /proc/drbd has it."""
    replication: str
    """As status has it: Off, Established, SyncSource ..."""
    disk: str
    peer_disk: str
    is_after: bool
    """Paused, since another volume comes first."""
    is_peer_paused: bool
    is_user_paused: bool
    size_kib: int
    sent_kib: int
    received_kib: int
    written_kib: int
    read_kib: int
    out_of_sync_kib: int
    log_writes: int
    lower_pending: int
    upper_pending: int
    peer_pending: int
    unacked: int
    open_epochs: int
    has_flushes: bool
    is_blocked: bool
    is_congested: bool
    has_disk_configured: bool
    progress: Progress | None = None

    @property
    def is_unconfigured(self) -> bool:
        """Whether it has neither a disk nor a connection (states 8.10)."""
        return (self.conn, self.disk) == ("StandAlone", "Diskless")

    @property
    def percent_in_sync(self) -> float:
        """How much of it both nodes have; 0 of nothing."""
        if not self.size_kib:
            return 0.0
        return 100 * (1 - self.out_of_sync_kib / self.size_kib)

    @property
    def percent_done(self) -> float | None:
        """How much of a resync or verify is done; None while there is none."""
        if self.conn not in RESYNCING:
            return None
        if self.conn in VERIFYING and self.progress is not None:
            return 100 * self.progress.fraction
        return self.percent_in_sync

    @property
    def pauses(self) -> list[str]:
        """Why a resync waits."""
        reasons = {
            "user": self.is_user_paused,
            "peer": self.is_peer_paused,
            "dependency": self.is_after,
        }
        return [name for name, is_so in reasons.items() if is_so]

    @classmethod
    def of(cls, content: Json) -> Self:
        """Read what `asdict` has made."""
        progress = content["progress"]
        return cls(**{**content, "progress": None if progress is None else Progress(**progress)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """One resource."""

    name: str
    protocol: str
    """A, B or C; a blank while it stands alone."""
    connection: str
    """The connection's state, as status has it."""
    peer_name: str
    has_tls: bool
    suspended: tuple[str, ...]
    """Why requests of applications are held back: user, no-data, fencing."""
    volumes: tuple[VolumeView, ...]

    @property
    def role(self) -> str:
        """The highest own role."""
        return _highest([it.role for it in self.volumes])

    @property
    def peer_role(self) -> str:
        """The highest role of the peer."""
        return _highest([it.peer_role for it in self.volumes])

    @property
    def is_congested(self) -> bool:
        """Whether the peer takes nothing just now."""
        return any(it.is_congested for it in self.volumes)

    @property
    def write_ordering(self) -> str:
        """How barriers are kept."""
        return "flush" if any(it.has_flushes for it in self.volumes) else "drain"

    @classmethod
    def of(cls, content: Json) -> Self:
        """Read what `to_json` has made."""
        known = {it.name for it in fields(cls)} - {"volumes", "suspended"}
        return cls(
            **{name: content[name] for name in known},
            suspended=tuple(content["suspended"]),
            volumes=tuple(VolumeView.of(it) for it in content["volumes"]),
        )

    def to_json(self) -> Json:
        """The same as JSON has it."""
        return asdict(self)


def _highest(roles: list[str]) -> str:
    for role in ("Primary", "Secondary"):
        if role in roles:
            return role
    return "Unknown"


def yes_no(is_so: bool) -> str:  # noqa: FBT001  # a value, not an option
    """A truth as status tells it."""
    return "yes" if is_so else "no"
