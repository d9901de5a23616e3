"""The reader's side of a diskless read: the peer's disk is read (flow 2, wire 8)."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from generated.flows.diskless_read import FLOW, Diskless, DisklessHandlers
from generated.layouts.acks import BlockAck
from generated.layouts.codec import Octets
from generated.layouts.requests import P_DATA_REPLY, P_DATA_REQUEST
from runtime.effects import Effect
from runtime.engine.cookies import Cookies
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.requests import SECTOR_SIZE_BYTES, Request

Finished: TypeAlias = Callable[[str, Octets], None]
"""Who wants to know what went wrong, or what was read."""


class RemoteRead(DisklessHandlers[Effect], Traced):
    """One read that the peer answers."""

    def __init__(self, room: "RemoteReads", request: Request, on_finished: Finished) -> None:
        self.room = room
        self.request = request
        self.on_finished = on_finished
        self.block_id = room.cookies.next()
        self.sent_at = room.volume.agenda.now
        self.steps = [] if room.traces else None

    def drbd_make_request(self) -> Iterable[Effect]:
        """The own disk can't serve it."""
        self._took(Diskless.drbd_make_request)
        self.w_send_read_req()
        return ()

    def w_send_read_req(self) -> Iterable[Effect]:
        """Ask the peer."""
        self._took(Diskless.w_send_read_req)
        request, volume = self.request, self.room.volume
        size_bytes = request.sector_count * SECTOR_SIZE_BYTES
        packet = P_DATA_REQUEST(request.first_sector, self.block_id, size_bytes)
        volume.connection.close_epoch()  # wire 7.6: a pending barrier comes before it
        volume.connection.send_data(packet, volume=volume.number)
        return ()

    def receive_DataReply(self, packet: P_DATA_REPLY) -> Iterable[Effect]:
        """The peer's disk says this."""
        self._took(Diskless.receive_DataReply)
        volume = self.room.volume
        self._tell(volume, FLOW)
        self.room.finish(self, "", packet.data)
        return ()


class RemoteReads:
    """The reads of one volume that the peer answers."""

    def __init__(self, volume: Volume, *, traces: bool) -> None:
        self.volume = volume
        self.traces = traces
        self._open: dict[int, RemoteRead] = {}
        self.cookies = Cookies(volume.connection.random.getrandbits(48))

    @property
    def oldest_sent_at(self) -> float | None:
        """When the read was sent that waits longest."""
        return next((read.sent_at for read in self._open.values()), None)

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def begin(self, request: Request, on_finished: Finished) -> None:
        """Read a range from the peer."""
        read = RemoteRead(self, request, on_finished)
        self._open[read.block_id] = read
        read.drbd_make_request()

    def receive(self, packet: P_DATA_REPLY) -> None:
        """The answer; PeerError when nobody asked, or for something else (wire 8, 13.2)."""
        read = self._of(packet.block_id, packet.sector, "P_DATA_REPLY")
        size_bytes = read.request.sector_count * SECTOR_SIZE_BYTES
        if len(packet.data) != size_bytes:
            raise PeerError(
                f"P_DATA_REPLY has {len(packet.data)} bytes, {size_bytes} were asked for"
            )
        read.receive_DataReply(packet)

    def refused(self, packet: BlockAck) -> None:
        """P_NEG_DREPLY: the peer could not read it."""
        read = self._of(packet.block_id, packet.sector, "P_NEG_DREPLY")
        self.finish(read, "the peer could not read it", b"")

    def _of(self, block_id: int, sector: int, name: str) -> RemoteRead:
        read = self._open.get(block_id)
        if read is None or read.request.first_sector != sector:
            raise PeerError(f"{name} of sector {sector} belongs to no read that is open")
        return read

    def finish(self, read: RemoteRead, error: str, content: Octets) -> None:
        """Tell who wanted it."""
        del self._open[read.block_id]
        read.on_finished(error, content)

    def link_lost(self) -> None:
        """Nobody will answer."""
        for read in list(self._open.values()):
            self.finish(read, "the peer is gone", b"")
