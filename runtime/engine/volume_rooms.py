"""All rooms of one volume, put together."""

from dataclasses import dataclass
from typing import Self

from generated.states.conn_states import ConnMachine
from generated.states.disk_states import DiskMachine
from generated.states.node_states import NodeMachine
from generated.states.peer_disk_states import PeerDiskMachine
from generated.states.peer_states import PeerMachine
from runtime.engine.applications import Applications
from runtime.engine.bitmap_exchange import BitmapExchange
from runtime.engine.conn import Conn
from runtime.engine.disk import Disk
from runtime.engine.diskless_read import ServedReads
from runtime.engine.link import Link
from runtime.engine.mirrored_write import Writes
from runtime.engine.node import Node
from runtime.engine.peer import Peer, PeerDisk
from runtime.engine.peer_state import PeerReports
from runtime.engine.peer_write import Confirming, PeerWrites
from runtime.engine.resync import Resync
from runtime.engine.rooms import Rooms
from runtime.engine.verify import Verify
from runtime.engine.volume import Machines, Volume


@dataclass(frozen=True, slots=True)
class VolumeRooms(Rooms):
    """Who does what for one volume, the peer's packets included."""

    peer_writes: PeerWrites
    served_reads: ServedReads
    reports: PeerReports

    @classmethod
    def build(cls, volume: Volume, link: Link, confirming: Confirming, *, traces: bool) -> Self:
        """Make all rooms of a volume, and its machines."""
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
        )
        failing.append(Disk(rooms))
        volume.machines = Machines(
            ConnMachine(Conn(rooms)),
            DiskMachine(failing[0]),
            NodeMachine(Node(rooms)),
            PeerMachine(Peer(rooms)),
            PeerDiskMachine(PeerDisk(rooms)),
        )
        return cls(
            volume=volume,
            link=link,
            writes=writes,
            applications=applications,
            exchange=rooms.exchange,
            resync=rooms.resync,
            verify=rooms.verify,
            peer_writes=PeerWrites(volume, confirming, traces=traces, disk_failed=disk_failed),
            served_reads=ServedReads(volume, traces=traces, disk_failed=disk_failed),
            reports=PeerReports(rooms),
        )

    def link_lost(self) -> None:
        """Nothing that the peer has not confirmed is known to be there (states 7.6)."""
        self.exchange.forget()
        self.resync.source.link_lost()
        self.verify.link_lost()
        self.applications.remote_reads.link_lost()
