"""Reading the peer's disk where the own one has nothing good (flow 2, wire 8)."""

from collections.abc import Callable, Iterable

from generated.flows.diskless_read import (
    FLOW,
    Diskless,
    DisklessHandlers,
    UpToDate,
    UpToDateHandlers,
)
from generated.layouts.acks import P_NEG_DREPLY, BlockAck
from generated.layouts.codec import Octets
from generated.layouts.requests import P_DATA_REPLY, P_DATA_REQUEST
from generated.states.disk_states import DiskState
from runtime.effects import DiskWork, Effect, ReadBlocks
from runtime.engine.cookies import Cookies
from runtime.engine.integrity import digest_for
from runtime.engine.intervals import hand_on
from runtime.engine.resync_source import check_block_request
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.requests import SECTOR_SIZE_BYTES, Request


class RemoteRead(DisklessHandlers[Effect], Traced):
    """One read that the peer answers."""

    def __init__(self, room: "RemoteReads", request: Request) -> None:
        self.room = room
        self.request = request
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

    def __init__(
        self,
        volume: Volume,
        *,
        traces: bool,
        on_finished: Callable[[Request, str, Octets], None],
    ) -> None:
        self.volume = volume
        self.traces = traces
        self._on_finished = on_finished
        self._open: dict[int, RemoteRead] = {}
        self.cookies = Cookies(volume.connection.random.getrandbits(48))

    @property
    def oldest_sent_at(self) -> float | None:
        """When the read was sent that waits longest."""
        return next((read.sent_at for read in self._open.values()), None)

    def begin(self, request: Request) -> None:
        """Read a range from the peer."""
        read = RemoteRead(self, request)
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
        self._on_finished(read.request, error, content)

    def link_lost(self) -> None:
        """Nobody will answer."""
        for read in list(self._open.values()):
            self.finish(read, "the peer is gone", b"")


class ServedRead(UpToDateHandlers[Effect], Traced):
    """One read of the peer."""

    def __init__(self, room: "ServedReads", packet: P_DATA_REQUEST) -> None:
        self.room = room
        self.packet = packet
        self.channel = room.volume.connection.data
        self.error = ""
        self.content: Octets = b""
        self.steps = [] if room.traces else None

    def receive_DataRequest(self, packet: P_DATA_REQUEST) -> Iterable[Effect]:
        """Wait until no write is under way to this range."""
        self._took(UpToDate.receive_DataRequest)
        if self.room.volume.ranges.claim(
            self,
            first_sector=packet.sector,
            sector_count=packet.blksize // SECTOR_SIZE_BYTES,
            is_exclusive=False,
        ):
            self.range_granted()
        return ()

    def range_granted(self) -> None:
        """Read it."""
        volume, packet = self.room.volume, self.packet
        offset_bytes = packet.sector * SECTOR_SIZE_BYTES
        volume.ask_disk_for_peer(ReadBlocks(volume.number, self, offset_bytes, packet.blksize))

    def disk_finished(self, _work: DiskWork, error: str, content: Octets) -> None:
        """The disk has read, or failed."""
        self.error, self.content = error, content
        if error:
            self.room.disk_failed(error)
        self.drbd_endio_read_sec()

    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """The content is there, or will never be."""
        self._took(UpToDate.drbd_endio_read_sec)
        self.w_e_end_data_req()
        hand_on(self.room.volume.ranges, self)
        return ()

    def w_e_end_data_req(self) -> Iterable[Effect]:
        """Answer."""
        self._took(UpToDate.w_e_end_data_req)
        volume, packet = self.room.volume, self.packet
        if self.channel is None or self.channel is not volume.connection.data:
            return ()
        volume.connection.answered(packet.blksize)
        if self.error:
            self.room.refuse(packet)
            return ()
        digest = digest_for(volume.connection, self.content)
        head = P_DATA_REPLY(packet.sector, packet.block_id, digest, b"")
        volume.connection.send_data(head, volume=volume.number, payload=self.content)
        self._tell(volume, FLOW)
        return ()


class ServedReads:
    """The peer's reads of one volume."""

    def __init__(self, volume: Volume, *, traces: bool, disk_failed: Callable[[str], None]) -> None:
        self.volume = volume
        self.traces = traces
        self.disk_failed = disk_failed

    def receive(self, packet: P_DATA_REQUEST) -> None:
        """The peer wants to read."""
        check_block_request(self.volume, packet)
        if self.volume.state.disk is DiskState.UpToDate:
            self.volume.connection.owed.add(packet.blksize)
            ServedRead(self, packet).receive_DataRequest(packet)
        else:
            self.refuse(packet)

    def refuse(self, packet: P_DATA_REQUEST) -> None:
        """There is no good data here (wire 8)."""
        self.volume.send_ack(P_NEG_DREPLY, packet.sector, packet.block_id, packet.blksize)
