"""The other side of a diskless read: this node's disk is read for the peer (flow 2, wire 8)."""

from collections.abc import Callable, Iterable

from generated.flows.diskless_read import FLOW, UpToDate, UpToDateHandlers
from generated.layouts.acks import P_NEG_DREPLY
from generated.layouts.codec import Octets
from generated.layouts.requests import P_DATA_REPLY, P_DATA_REQUEST
from generated.states.disk_states import DiskState
from runtime.effects import DiskWork, Effect, ReadBlocks
from runtime.engine.integrity import digest_for
from runtime.engine.intervals import hand_on
from runtime.engine.resync_source import check_block_request
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.requests import SECTOR_SIZE_BYTES


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
        volume.traffic.sent_bytes += len(self.content)
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
