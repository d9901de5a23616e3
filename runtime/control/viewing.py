"""What there is to see of a node."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from generated.states.conn_states import ConnState
from runtime.control.view import OFF, Json, ResourceView, VolumeView
from runtime.engine.volume_state import VolumeState
from runtime.node import Node
from runtime.node_config import NodeConfig

LINKED: Final = ConnState.WFReportParams.wire
CONNECTIONS: Final = {ConnState.WFConnection: "Connecting"}  # states 9.3
LAST_LINES_MAX: Final = 200  # of a trace, as many as somebody reads
REPLICATIONS: Final = {ConnState.Connected: "Established"}

Minors = Mapping[tuple[str, int], int]
"""Resource and volume -> the number of the volume among all of this process."""


def minors_of(configs: Sequence[NodeConfig]) -> Minors:
    """The minors that are configured, and free ones for volumes that have none."""
    volumes = [
        (config.resource.name, number, options.minor)
        for config in configs
        for number, options in sorted(config.resource.volumes.items())
    ]
    found = {(name, number): minor for name, number, minor in volumes if minor >= 0}
    free = (minor for minor in range(len(volumes) * 2 + 1) if minor not in {*found.values()})
    taken = [*free]
    rest = [(name, number) for name, number, minor in volumes if minor < 0]
    return found | dict(zip(rest, taken, strict=False))


def view_of(
    node: Node, minors: Minors, states: Mapping[int, VolumeState] | None = None
) -> ResourceView:
    """A resource as it is now, or in given states of its volumes."""
    config = node.config
    numbers = sorted(config.resource.volumes)
    found = {it: node.state(it) for it in numbers} if states is None else states
    first = found[numbers[0]]
    linked = min((it.conn for it in found.values()), key=lambda conn: conn.wire)
    reasons = {
        "user": first.susp.wire,
        "no-data": first.susp_nod.wire,
        "fencing": first.susp_fen.wire,
    }
    name = config.resource.name
    return ResourceView(
        name=name,
        protocol=" " if linked is ConnState.StandAllone else node.protocol.name,
        connection=_connection(linked),
        peer_name=config.peer_name,
        has_tls=config.tls is not None,
        suspended=tuple(reason for reason, is_so in reasons.items() if is_so),
        volumes=tuple(
            _volume(node, number, minors[name, number], found[number]) for number in numbers
        ),
    )


def _connection(conn: ConnState) -> str:
    if conn.wire >= LINKED:
        return ConnState.Connected.printed
    return CONNECTIONS.get(conn, conn.printed)


def _replication(conn: ConnState) -> str:
    return REPLICATIONS.get(conn, conn.printed) if conn.wire > LINKED else OFF


def _volume(node: Node, number: int, minor: int, state: VolumeState) -> VolumeView:
    role, peer_role, conn, disk, peer_disk = state.printed[:5]
    return VolumeView(
        volume=number,
        minor=minor,
        role=role,
        peer_role=peer_role,
        conn=conn,
        replication=_replication(state.conn),
        disk=disk,
        peer_disk=peer_disk,
        is_after=state.aftr_isp,
        is_peer_paused=state.peer_isp,
        is_user_paused=state.user_isp,
        has_disk_configured=number in node.config.disks,
        progress=node.progress(number),
        **asdict(node.figures(number)),
    )


def account_of(node: Node) -> Json:
    """What a node did since it began: where each volume stands, and how often it went which way."""
    volumes = sorted(node.config.resource.volumes)
    counts: dict[int, list[Json]] = {it: [] for it in volumes}
    for (volume, *row), count in node.trace.counts.items():
        counts[volume].append({"row": row, "count": count})
    return {
        "name": node.config.resource.name,
        "volumes": [
            {"volume": it, "states": node.state(it).standing, "counts": counts[it]}
            for it in volumes
        ],
        "last_lines": node.trace.last_lines(LAST_LINES_MAX),
    }
