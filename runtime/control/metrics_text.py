"""A node's figures in Prometheus' text form, by the names that dashboards for DRBD read.

The names of the families, and the label that an enumeration is told by, are those of LINBIT's
drbd-reactor: its doc/prometheus.md, the dashboard beside it (grafana.com/dashboards/14339), and the
alerts that operators have published for them. `drbdreactor_up` is how those find their instances.
What DRBD 8.4 does not have is left out: promotion scores, bytes in flight. What they do not have
begins with `dotmirror_`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from runtime.control.view import CONNECTED, OFF, PEER, ResourceView, VolumeView

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
KIB: Final = 1024

ROLES: Final = tuple(it.printed for it in PeerState)
CONNECTIONS: Final = (
    *(it.printed for it in ConnState if it.wire < ConnState.WFConnection.wire),
    "Connecting",
    CONNECTED,
)
DISKS: Final = tuple(it.printed for it in DiskState)
PEER_DISKS: Final = tuple(it.printed for it in PeerDiskState)
REPLICATIONS: Final = (
    OFF,
    "Established",
    *(it.printed for it in ConnState if it.wire > ConnState.Connected.wire),
)

Number: TypeAlias = int | float
Labels: TypeAlias = Mapping[str, str]


class Sample(NamedTuple):
    """One number, and what it is about."""

    labels: Labels
    value: Number


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one kind."""

    name: str
    kind: str
    text: str
    samples: Sequence[Sample]

    @property
    def lines(self) -> Iterator[str]:
        """The family as Prometheus reads it."""
        yield f"# HELP {self.name} {self.text}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.samples:
            pairs = ",".join(f'{name}="{_escaped(it)}"' for name, it in labels.items())
            yield f"{self.name}{{{pairs}}} {value}" if pairs else f"{self.name} {value}"


def metrics_text(resources: Sequence[ResourceView]) -> str:
    """All that there is to say of some resources."""
    families = [
        Family("drbdreactor_up", "gauge", "Whether the node runs.", [Sample({}, 1)]),
        Family(
            "drbd_resource_resources",
            "gauge",
            "Number of resources.",
            [Sample({}, len(resources))],
        ),
        *_of_resources(resources),
        *_of_connections(resources),
        *_of_devices(resources),
        *_of_peer_devices(resources),
    ]
    return "".join(f"{line}\n" for family in families for line in family.lines)


def _of_resources(resources: Sequence[ResourceView]) -> Iterator[Family]:
    told = [({"name": it.name}, it) for it in resources]
    yield _states(
        "drbd_resource_role", "Role of the resource.", ROLES, ((at, it.role) for at, it in told)
    )
    yield Family(
        "drbd_resource_suspended",
        "gauge",
        "Whether requests of applications are held back.",
        [Sample(at, int(bool(it.suspended))) for at, it in told],
    )


def _of_connections(resources: Sequence[ResourceView]) -> Iterator[Family]:
    told = [(_to_peer(it), it) for it in resources]
    yield _states(
        "drbd_connection_state",
        "State of the connection.",
        CONNECTIONS,
        ((at, it.connection) for at, it in told),
    )
    yield Family(
        "drbd_connection_congested",
        "gauge",
        "Whether the data socket takes nothing just now.",
        [Sample(at, int(it.is_congested)) for at, it in told],
    )


class _Figure(NamedTuple):
    """How a family comes from a volume."""

    name: str
    kind: str
    text: str
    of: Callable[[VolumeView], Number]


_DEVICE: Final = (
    _Figure("client", "gauge", "Without a disk on purpose.", lambda it: not it.has_disk_configured),
    _Figure(
        "unintentionaldiskless",
        "gauge",
        "Without its disk.",
        lambda it: it.has_disk_configured and it.disk == "Diskless",
    ),
    _Figure("quorum", "gauge", "Whether it has quorum: always, as in DRBD 8.4.", lambda _: 1),
    _Figure("size_bytes", "gauge", "Size.", lambda it: it.size_kib * KIB),
    _Figure("read_bytes_total", "counter", "Read from the own disk.", lambda it: it.read_kib * KIB),
    _Figure(
        "written_bytes_total",
        "counter",
        "Written to the own disk.",
        lambda it: it.written_kib * KIB,
    ),
    _Figure(
        "alwrites_total", "counter", "Transactions of the activity log.", lambda it: it.log_writes
    ),
    _Figure(
        "lowerpending", "gauge", "What the own disk is at work on.", lambda it: it.lower_pending
    ),
    _Figure(
        "upperpending", "gauge", "Requests that are not finished.", lambda it: it.upper_pending
    ),
)
_PEER_DEVICE: Final = (
    _Figure(
        "drbd_peerdevice_outofsync_bytes",
        "gauge",
        "What the nodes do not have in common.",
        lambda it: it.out_of_sync_kib * KIB,
    ),
    _Figure(
        "drbd_peerdevice_sent_bytes", "untyped", "Sent to the peer.", lambda it: it.sent_kib * KIB
    ),
    _Figure(
        "drbd_peerdevice_received_bytes",
        "untyped",  # as published: Prometheus' linter wants a counter to be called ..._total
        "Received from the peer.",
        lambda it: it.received_kib * KIB,
    ),
    _Figure(
        "dotmirror_peerdevice_pending",
        "gauge",
        "Answers that the peer owes.",
        lambda it: it.peer_pending,
    ),
    _Figure(
        "dotmirror_peerdevice_unacked", "gauge", "What the peer waits for.", lambda it: it.unacked
    ),
    _Figure(
        "dotmirror_peerdevice_done_ratio",
        "gauge",
        "How much of a resync or verify is done; 1 without one.",
        lambda it: 1.0 if it.percent_done is None else it.percent_done / 100,
    ),
)


def _of_devices(resources: Sequence[ResourceView]) -> Iterator[Family]:
    told = [
        ({"name": it.name, **_volume(volume)}, volume) for it in resources for volume in it.volumes
    ]
    yield _states(
        "drbd_device_state", "State of the own disk.", DISKS, ((at, it.disk) for at, it in told)
    )
    for name, kind, text, of in _DEVICE:
        samples = [Sample(at, int(of(it))) for at, it in told]
        yield Family(f"drbd_device_{name}", kind, text, samples)


def _of_peer_devices(resources: Sequence[ResourceView]) -> Iterator[Family]:
    told = [(_to_peer(it) | _volume(volume), volume) for it in resources for volume in it.volumes]
    yield _states(
        "dotmirror_peerdevice_disk_state",
        "State of the peer's disk.",
        PEER_DISKS,
        ((at, it.peer_disk) for at, it in told),
    )
    yield _states(
        "dotmirror_peerdevice_replication_state",
        "State of the replication.",
        REPLICATIONS,
        ((at, it.replication) for at, it in told),
    )
    for name, kind, text, of in _PEER_DEVICE:
        yield Family(name, kind, text, [Sample(at, of(it)) for at, it in told])


def _states(
    name: str, text: str, known: Sequence[str], told: Iterable[tuple[Labels, str]]
) -> Family:
    """An enumeration: of each possible value whether it is so, by a label of the family's name."""
    samples = [
        Sample({**labels, name: value}, int(value == state))
        for labels, state in told
        for value in known
    ]
    return Family(name, "gauge", text, samples)


def _to_peer(it: ResourceView) -> dict[str, str]:
    return {"name": it.name, "conn_name": it.peer_name or PEER}


def _volume(it: VolumeView) -> dict[str, str]:
    return {"volume": str(it.volume), "minor": str(it.minor)}


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
