"""All rooms of one volume, put together."""

from dataclasses import dataclass
from typing import Self

from generated.states.conn_states import ConnEvent, ConnMachine
from generated.states.disk_states import DiskMachine
from generated.states.node_states import NodeMachine
from generated.states.peer_disk_states import PeerDiskMachine
from generated.states.peer_states import PeerMachine
from generated.states.susp_fen_states import SuspFenMachine
from generated.states.susp_nod_states import SuspNodMachine
from generated.states.susp_states import SuspMachine
from runtime.engine.applications import Applications
from runtime.engine.bitmap_exchange import BitmapExchange
from runtime.engine.calling import Calling
from runtime.engine.congestion import Congestion
from runtime.engine.conn import Conn
from runtime.engine.disk import Disk
from runtime.engine.link import Link
from runtime.engine.mirrored_write import Writes
from runtime.engine.node import Node
from runtime.engine.peer import Peer, PeerDisk
from runtime.engine.peer_state import PeerReports
from runtime.engine.peer_write import Confirming, PeerWrites
from runtime.engine.resync import Resync
from runtime.engine.rooms import Rooms
from runtime.engine.served_reads import ServedReads
from runtime.engine.sizing import Sizing
from runtime.engine.suspended import Susp, SuspFen, SuspNod
from runtime.engine.suspension import Suspension
from runtime.engine.verify import Verify
from runtime.engine.volume import Machines, Volume
from runtime.engine.write_conflicts import WriteConflicts


@dataclass(frozen=True, slots=True)
class Shared:
    """The rooms that all volumes of a resource share."""

    link: Link
    confirming: Confirming
    calling: Calling
    suspension: Suspension


@dataclass(frozen=True, slots=True)
class VolumeRooms(Rooms):
    """Who does what for one volume, the peer's packets included."""

    conflicts: WriteConflicts
    served_reads: ServedReads
    reports: PeerReports
    congestion: Congestion
    sizing: Sizing

    @classmethod
    def build(cls, volume: Volume, shared: Shared, *, traces: bool) -> Self:
        """Make all rooms of a volume, and its machines."""
        link = shared.link
        failing: list[Disk] = []

        def disk_failed(error: str) -> None:
            failing[0].io_failed(error)

        writes = Writes(volume, traces=traces, disk_failed=disk_failed)
        applications = Applications(volume, writes, traces=traces, disk_failed=disk_failed)
        rooms = Rooms(
            volume=volume,
            link=link,
            writes=writes,
            applications=applications,
            exchange=BitmapExchange(volume, applications),
            resync=Resync(volume, applications, link.pings, traces=traces, disk_failed=disk_failed),
            verify=Verify(volume, applications, link.pings, traces=traces, disk_failed=disk_failed),
            calling=shared.calling,
            suspension=shared.suspension,
        )
        shared.suspension.watch(volume, applications)
        failing.append(Disk(rooms))
        volume.machines = _machines(rooms, failing[0])
        return cls(
            volume=volume,
            link=link,
            writes=writes,
            applications=applications,
            exchange=rooms.exchange,
            resync=rooms.resync,
            verify=rooms.verify,
            calling=rooms.calling,
            suspension=rooms.suspension,
            conflicts=WriteConflicts(
                volume,
                writes,
                PeerWrites(volume, shared.confirming, traces=traces, disk_failed=disk_failed),
                lose=lambda reason: link.lose(ConnEvent.network_error, reason),
            ),
            served_reads=ServedReads(volume, traces=traces, disk_failed=disk_failed),
            reports=PeerReports(rooms),
            congestion=Congestion(rooms),
            sizing=Sizing(rooms),
        )

    def link_lost(self) -> None:
        """Nothing that the peer has not confirmed is known to be there (states 7.6)."""
        self.conflicts.link_lost()
        self.exchange.forget()
        self.resync.source.link_lost()
        self.verify.link_lost()
        self.applications.reads.remote.link_lost()


def _machines(rooms: Rooms, disk: Disk) -> Machines:
    return Machines(
        ConnMachine(Conn(rooms)),
        DiskMachine(disk),
        NodeMachine(Node(rooms)),
        PeerMachine(Peer(rooms)),
        PeerDiskMachine(PeerDisk(rooms)),
        SuspMachine(Susp(rooms)),
        SuspNodMachine(SuspNod(rooms)),
        SuspFenMachine(SuspFen(rooms)),
    )
