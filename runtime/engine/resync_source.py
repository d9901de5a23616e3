"""The source's side of a resync: it reads what is asked for, sends it, and marks what is written.

Flow 3; wire 9. It answers any range, dirty or not, in any state with an UpToDate disk.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from generated.flows.resync import FLOW, SyncSource, SyncSourceHandlers
from generated.layouts.acks import P_NEG_RS_DREPLY, P_RS_CANCEL, P_RS_IS_IN_SYNC, BlockAck
from generated.layouts.codec import Octets
from generated.layouts.requests import (
    P_CSUM_RS_REQUEST,
    P_RS_DATA_REPLY,
    P_RS_DATA_REQUEST,
    P_RS_DEALLOCATED,
    P_RS_THIN_REQ,
    BlockDigest,
    BlockRequest,
    SpecialBlockId,
)
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.effects import DiskWork, Effect, ReadBlocks
from runtime.engine.integrity import digest_for
from runtime.engine.intervals import hand_on
from runtime.engine.served_in_turn import ServedInTurn
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.requests import REQUEST_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES

ResyncRequest: TypeAlias = P_RS_DATA_REQUEST | P_RS_THIN_REQ | P_CSUM_RS_REQUEST

ID_SYNCER: Final = SpecialBlockId.ID_SYNCER
BLOCK_SIZE_BYTES: Final = 4096
PENDING_COUNT_MAX: Final = 1 << 16
"""Answers that wait for their acks, for the trace: a target has less than max-buffers of them."""


class SourceRequest(SyncSourceHandlers[Effect], Traced):
    """One range that the target asks for, from the request to its ack."""

    __slots__ = ("channel", "job", "packet", "size_bytes", "steps")

    def __init__(self, job: "ResyncSource", packet: ResyncRequest) -> None:
        self.job = job
        self.packet = packet
        self.size_bytes = packet.blksize
        self.channel = job.volume.connection.data
        self.steps = [] if job.traces else None

    def receive_DataRequest(self, packet: ResyncRequest) -> Iterable[Effect]:
        """Wait until no write is under way to this range."""
        self._took(SyncSource.receive_DataRequest)
        if self.job.volume.ranges.claim(
            self,
            first_sector=packet.sector,
            sector_count=self.size_bytes // SECTOR_SIZE_BYTES,
            is_exclusive=False,
        ):
            self.range_granted()
        return ()

    def range_granted(self) -> None:
        """Writes to it come behind the answer from now on."""
        self.job.queue.serve(self)

    def rs_begin_io(self) -> Iterable[Effect]:
        """Read it."""
        self._took(SyncSource.rs_begin_io)
        volume = self.job.volume
        offset_bytes = self.packet.sector * SECTOR_SIZE_BYTES
        volume.ask_disk_for_peer(ReadBlocks(volume.number, self, offset_bytes, self.size_bytes))
        return ()

    def disk_finished(self, _work: DiskWork, error: str, content: Octets) -> None:
        """The disk has read, or failed."""
        self.drbd_endio_read_sec()
        if error:
            self.job.disk_failed(error)
            self.job.refuse(self, P_NEG_RS_DREPLY)
            self.rs_complete_io()
        else:
            self._answer(content)

    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """The content is there."""
        self._took(SyncSource.drbd_endio_read_sec)
        return ()

    def _answer(self, content: Octets) -> None:
        self.w_e_end_rsdata_req()
        self.job.send(self, content)
        self.rs_complete_io()

    def w_e_end_rsdata_req(self) -> Iterable[Effect]:
        """Send it; it stays pending until the target says that it is written."""
        self._took(SyncSource.w_e_end_rsdata_req)
        return ()

    def rs_complete_io(self) -> Iterable[Effect]:
        """Writes may go on: on the wire they come behind the answer."""
        self._took(SyncSource.rs_complete_io)
        connection = self.job.volume.connection
        self.job.open_count -= 1
        if self.channel is connection.data:
            connection.answered(self.size_bytes)
        hand_on(self.job.volume.ranges, self)
        return ()

    def got_BlockAck(self, packet: BlockAck) -> Iterable[Effect]:  # noqa: ARG002  # drawn
        """The target has written it."""
        self._took(SyncSource.got_BlockAck)
        self._tell_end()
        return ()

    def _tell_end(self) -> None:
        self._tell(self.job.volume, FLOW)


class ResyncSource:
    """Answers the resync requests to one volume."""

    def __init__(
        self,
        volume: Volume,
        *,
        traces: bool,
        disk_failed: Callable[[str], None],
        bits_cleared: Callable[[], None],
        steps_aside: Callable[[], bool],
    ) -> None:
        self.volume = volume
        self.traces = traces
        self.disk_failed = disk_failed
        self._bits_cleared = bits_cleared
        self.queue = ServedInTurn(volume, steps_aside)
        self._pending: dict[tuple[int, int], SourceRequest] = {}
        """What was answered and is not acknowledged, by sector and size."""
        self.open_count = 0
        """Requests that are not answered."""

    @property
    def is_idle(self) -> bool:
        """Whether all requests are answered, and all answers acknowledged."""
        return not (self.open_count or self._pending)

    def receive(self, request: SourceRequest) -> None:
        """A request has come (wire 9.3)."""
        volume, packet = self.volume, request.packet
        check_block_request(volume, packet)
        if volume.state.disk is not DiskState.UpToDate:
            self.refuse(request, P_NEG_RS_DREPLY)
        elif volume.state.conn is ConnState.Ahead and not isinstance(packet, P_CSUM_RS_REQUEST):
            self.refuse(request, P_RS_CANCEL)
        elif volume.state.pdsk is not PeerDiskState.Diskless:  # wire 9.4: it gets no answer
            volume.connection.owed.add(packet.blksize)
            self.open_count += 1
            request.receive_DataRequest(packet)

    def refuse(self, request: SourceRequest, kind: type[BlockAck]) -> None:
        """Say no to a request."""
        if request.channel is self.volume.connection.data:
            packet = request.packet
            self.volume.send_ack(kind, packet.sector, ID_SYNCER, packet.blksize)

    def confirm_equal(self, request: SourceRequest) -> None:
        """The target has there what this node has: no data follow (wire 9.4)."""
        volume, packet = self.volume, request.packet
        if request.channel is None or request.channel is not volume.connection.data:
            return
        sector_count = packet.blksize // SECTOR_SIZE_BYTES
        if volume.has_disk:
            volume.store.mark_in_sync(first_sector=packet.sector, sector_count=sector_count)
        volume.count_equal(sector_count)
        volume.send_ack(P_RS_IS_IN_SYNC, packet.sector, ID_SYNCER, packet.blksize)
        self._bits_cleared()

    def send(self, request: SourceRequest, content: Octets) -> None:
        """The answer with data, or the word that there are only zeroes (wire 9.4)."""
        volume, packet = self.volume, request.packet
        connection = volume.connection
        if request.channel is None or request.channel is not connection.data:
            return
        if isinstance(packet, P_RS_THIN_REQ) and content == bytes(len(content)):
            answer = P_RS_DEALLOCATED(packet.sector, packet.blksize)
            connection.send_data(answer, volume=volume.number)
        else:
            digest = digest_for(connection, content)
            head = P_RS_DATA_REPLY(packet.sector, packet.block_id, digest, b"")
            connection.send_data(head, volume=volume.number, payload=content)
            volume.traffic.sent_bytes += len(content)
        if len(self._pending) >= PENDING_COUNT_MAX:
            del self._pending[next(iter(self._pending))]
        self._pending[packet.sector, packet.blksize] = request

    def acked(self, packet: BlockAck, *, is_positive: bool) -> None:
        """The target has written a block, or could not (wire 9.5)."""
        volume = self.volume
        request = self._pending.pop((packet.sector, packet.blksize), None)
        sector_count = packet.blksize // SECTOR_SIZE_BYTES
        if packet.sector + sector_count > volume.size_sectors:
            raise PeerError(f"{packet.COMMAND.name} ends behind the volume")
        if not volume.has_disk or not sector_count:
            return
        if not is_positive:
            volume.bits_failed += -(-packet.blksize // BLOCK_SIZE_BYTES)
        elif volume.state.conn is ConnState.Ahead:
            volume.repeat_marks(first_sector=packet.sector, sector_count=sector_count)
        else:
            volume.store.mark_in_sync(first_sector=packet.sector, sector_count=sector_count)
        if is_positive and request is not None:
            request.got_BlockAck(packet)
        self._bits_cleared()

    def link_lost(self) -> None:
        """Nobody will acknowledge what was sent."""
        self._pending.clear()


def check_block_request(volume: Volume, packet: BlockRequest | BlockDigest) -> None:
    """PeerError for a range that no disk can have (wire 13.2)."""
    size_bytes, name = packet.blksize, packet.COMMAND.name
    if not size_bytes or size_bytes % SECTOR_SIZE_BYTES or size_bytes > REQUEST_SIZE_BYTES_MAX:
        raise PeerError(f"{name} asks for {size_bytes} bytes, which must be sectors up to 1 MiB")
    end = packet.sector + size_bytes // SECTOR_SIZE_BYTES
    if end > volume.size_sectors:
        raise PeerError(f"{name} ends at sector {end}, the volume at {volume.size_sectors}")
