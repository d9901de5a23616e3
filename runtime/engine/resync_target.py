"""The target's side of a resync: it asks for its blocks, writes what comes, and knows the end.

Flow 3; wire 9, states 6. Requests go out in turns of 100 ms, as many as the pace allows.
"""

from collections.abc import Callable, Iterable
from typing import Final

from generated.flows.resync import FLOW, SyncTarget, SyncTargetHandlers
from generated.layouts.acks import P_NEG_ACK, P_RS_WRITE_ACK
from generated.layouts.codec import Octets
from generated.layouts.requests import (
    P_RS_DATA_REPLY,
    P_RS_DATA_REQUEST,
    P_RS_DEALLOCATED,
    P_RS_THIN_REQ,
    SpecialBlockId,
)
from generated.states.conn_states import ConnState
from runtime.effects import DiskWork, Effect, Owner, WriteBlocks, ZeroBlocks
from runtime.engine.intervals import Claimant, Intervals, hand_on
from runtime.engine.pace import TURN_S
from runtime.engine.resync_order import next_range
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.requests import SECTOR_SIZE_BYTES

ID_SYNCER: Final = SpecialBlockId.ID_SYNCER
BLOCK_SIZE_BYTES: Final = 4096  # wire 12.4: what a bit stands for
BLOCK_SECTORS: Final = BLOCK_SIZE_BYTES // SECTOR_SIZE_BYTES


class TargetRequest(SyncTargetHandlers[Effect], Traced):
    """One range that is asked for, from the request to the ack."""

    __slots__ = (
        "error",
        "first_sector",
        "is_done",
        "is_sent",
        "job",
        "quiet",
        "sector_count",
        "steps",
    )

    def __init__(self, job: "ResyncTarget", first_sector: int, sector_count: int) -> None:
        self.job = job
        self.first_sector = first_sector
        self.sector_count = sector_count
        self.error = ""
        self.is_sent = False
        self.is_done = False
        self.quiet = Quiet(self)
        self.steps = [] if job.traces else None

    def rs_begin_io(self) -> Iterable[Effect]:
        """The application keeps off this range until it is in sync."""
        self._took(SyncTarget.rs_begin_io)
        return ()

    def w_make_resync_request(self) -> Iterable[Effect]:
        """Ask the source for it, behind what was written to it here."""
        self._took(SyncTarget.w_make_resync_request)
        self.is_sent = True
        self.quiet.end()
        volume = self.job.volume
        size_bytes = self.sector_count * SECTOR_SIZE_BYTES
        is_thin = size_bytes == volume.thin_size_bytes
        kind = P_RS_THIN_REQ if is_thin else P_RS_DATA_REQUEST
        packet = kind(self.first_sector, ID_SYNCER, size_bytes)
        volume.connection.send_data(packet, volume=volume.number)
        return ()

    def receive_RSDataReply(self, packet: P_RS_DATA_REPLY) -> Iterable[Effect]:
        """Write it, behind all that is being written to these blocks."""
        volume_number, offset_bytes = self.job.volume.number, packet.sector * SECTOR_SIZE_BYTES
        self.take_reply(lambda owner: WriteBlocks(volume_number, owner, offset_bytes, packet.data))
        return ()

    def take_reply(self, work: Callable[[Owner], DiskWork]) -> None:
        """The source has answered; `work` is what the disk is to do about it."""
        self._took(SyncTarget.receive_RSDataReply)
        volume = self.job.volume
        volume.pace.received(self.sector_count)
        if not volume.has_disk:
            self.error = "no disk"
            self.e_end_resync_block()
            return
        writing = _Writing(self, work)
        if volume.ranges.claim(
            writing,
            first_sector=self.first_sector,
            sector_count=self.sector_count,
            is_exclusive=True,
        ):
            writing.range_granted()

    def drbd_endio_write_sec(self) -> Iterable[Effect]:
        """The disk has it, or failed."""
        self._took(SyncTarget.drbd_endio_write_sec)
        self.e_end_resync_block()
        return ()

    def e_end_resync_block(self) -> Iterable[Effect]:
        """It is in sync here; tell the source, who marks it too."""
        self._took(SyncTarget.e_end_resync_block)
        volume = self.job.volume
        size_bytes = self.sector_count * SECTOR_SIZE_BYTES
        if not self.error:
            self.job.note_in_sync(self)
        if self.job.is_running:
            kind = P_NEG_ACK if self.error else P_RS_WRITE_ACK
            volume.send_ack(kind, self.first_sector, ID_SYNCER, size_bytes)
        self.rs_complete_io()
        return ()

    def rs_complete_io(self) -> Iterable[Effect]:
        """The application may have the range again."""
        self._took(SyncTarget.rs_complete_io)
        if not self.error:
            self._tell_end()
        self.job.completed(self)
        return ()

    def _tell_end(self) -> None:
        self._tell(self.job.volume, FLOW)

    def range_granted(self) -> None:
        """The application's writes to it have ended, so it may be asked for."""
        self.job.granted(self)


class Quiet:
    """The range of a request before the source is asked: it has a claim of its own.

    What was written here before is on its way to the source then, so it is older than the answer.
    Later writes of the application wait for the answer, those of the peer come behind it.
    """

    __slots__ = ("request",)

    def __init__(self, request: TargetRequest) -> None:
        self.request = request

    def begin(self) -> None:
        """Wait until nobody writes to it."""
        request = self.request
        if request.job.volume.ranges.claim(
            self,
            first_sector=request.first_sector,
            sector_count=request.sector_count,
            is_exclusive=False,
            gives_way=True,  # as the writes do that it waits for; else it would overtake them
        ):
            self.range_granted()

    def range_granted(self) -> None:
        """Nobody does; a resync that is over meanwhile asks for nothing."""
        request = self.request
        if not request.job.volume.ranges.stand(self):
            return  # it is granted once more, behind who was let in front
        if request.job.is_running:
            request.w_make_resync_request()
        else:
            self.end()

    def end(self) -> None:
        """Whoever waits may write."""
        hand_on(self.request.job.volume.ranges, self)


class _Writing:
    """The answer to a request, on its way to the disk: it has a claim of its own."""

    __slots__ = ("request", "work")

    def __init__(self, request: TargetRequest, work: Callable[[Owner], DiskWork]) -> None:
        self.request = request
        self.work = work

    def range_granted(self) -> None:
        """Nobody else is at work on these blocks."""
        self.request.job.volume.ask_disk_for_peer(self.work(self))

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """Let go, and go on."""
        request = self.request
        hand_on(request.job.volume.ranges, self)
        if error:
            request.error = error
            request.job.disk_failed(error)
        request.drbd_endio_write_sec()


class ResyncTarget:
    """One resync of one volume, as its target."""

    def __init__(
        self,
        volume: Volume,
        app_ranges: Intervals[Claimant],
        *,
        request_kind: type[TargetRequest],
        traces: bool,
        disk_failed: Callable[[str], None],
        finished: Callable[[], None],
        steps_aside: Callable[[], bool],
    ) -> None:
        self.volume = volume
        self.traces = traces
        self.disk_failed = disk_failed
        self.is_running = True
        self._request_kind = request_kind
        self._finished = finished
        self._steps_aside = steps_aside
        self._app_ranges = app_ranges
        self._requests: dict[int, TargetRequest] = {}
        """What was asked for, by its first sector."""
        self._failed: set[int] = set()
        """First sectors of what is not asked for again in this resync (states 6.4)."""
        self._position = 0
        self._awaits_old = False
        self._has_ended = False
        self._name = ("resync", volume.number)
        volume.pace.reset()

    @property
    def open_count(self) -> int:
        """Requests that the source has not answered, or whose answers are being written."""
        return len(self._requests)

    def stop(self) -> None:
        """The resync is over or called off: answers that come later mean nothing."""
        self.is_running = False
        self.volume.agenda.cancel(self._name)
        for request in list(self._requests.values()):
            self._let_go(request)
        self._requests.clear()

    def turn(self) -> None:
        """Ask for as much as the pace allows, and come back in 100 ms (states 6.4)."""
        volume = self.volume
        if not self.is_running or volume.state.conn is not ConnState.SyncTarget:
            return
        self._awaits_old = self._awaits_old and bool(self._requests)
        blocks = volume.pace.turn()
        if not blocks and not self._requests:
            blocks = 1  # a rate that is less than a block a turn is no reason to stand still
        channel = volume.connection.data
        if channel is not None and not channel.is_congested and not self._awaits_old:
            self._ask_for(blocks)
        self.check_end()
        if not self._has_ended:
            volume.agenda.after(self._name, TURN_S, self.turn)

    def _ask_for(self, blocks: int) -> None:
        volume = self.volume
        bitmap = volume.store.bitmap
        most = self._size_bytes_max // BLOCK_SIZE_BYTES
        while blocks > 0:
            found = next_range(bitmap, self._position, blocks=blocks, most_blocks=most)
            if found is None:
                self._position = bitmap.bit_count
                return
            self._position = found.stop
            if found.start * BLOCK_SECTORS in self._failed:
                continue
            blocks -= len(found)
            self._request(found)
            if self._steps_aside():
                return

    @property
    def _size_bytes_max(self) -> int:
        """Of one request: with thin resync not more than what zeroes are told of (wire 9.3).

        A kernel's requests with digests end there too.
        """
        most, granularity = self.volume.request_size_bytes_max, self.volume.thin_size_bytes
        return min(most, granularity) if granularity % BLOCK_SIZE_BYTES == 0 < granularity else most

    def _request(self, bits: range) -> None:
        volume = self.volume
        first_sector = bits.start * BLOCK_SECTORS
        end = min(bits.stop * BLOCK_SECTORS, volume.size_sectors)
        request = self._request_kind(self, first_sector, end - first_sector)
        self._requests[first_sector] = request
        volume.pace.requested(request.sector_count)
        if self._app_ranges.claim(
            request,
            first_sector=first_sector,
            sector_count=request.sector_count,
            is_exclusive=True,
        ):
            self.granted(request)

    def granted(self, request: TargetRequest) -> None:
        """Nobody writes to the range."""
        if not self.is_running:
            return
        if self.volume.state.conn is ConnState.Behind:
            self.volume.agenda.later(lambda: self.completed(request))
        else:
            request.rs_begin_io()
            request.quiet.begin()

    def answered(self, sector: int, size_bytes: int, name: str) -> TargetRequest:
        """The request that an answer belongs to; PeerError when there is none (wire 9.4)."""
        request = self._requests.get(sector)
        if request is None or not request.is_sent or request.is_done:
            raise PeerError(f"{name} of sector {sector}, which was not asked for")
        if request.sector_count * SECTOR_SIZE_BYTES != size_bytes:
            raise PeerError(
                f"{name} of sector {sector} has {size_bytes} bytes,"
                f" {request.sector_count * SECTOR_SIZE_BYTES} were asked for"
            )
        request.is_done = True
        return request

    def receive_deallocated(self, packet: P_RS_DEALLOCATED) -> None:
        """The source has only zeroes there (wire 9.4)."""
        request = self.answered(packet.sector, packet.size, "P_RS_DEALLOCATED")
        offset_bytes = packet.sector * SECTOR_SIZE_BYTES
        number = self.volume.number
        request.take_reply(
            lambda owner: ZeroBlocks(number, owner, offset_bytes, packet.size, may_unmap=True)
        )

    def note_in_sync(self, request: TargetRequest) -> None:
        """The source has the same there; it may have marked the block since, if it is ahead."""
        volume = self.volume
        if volume.has_disk and volume.state.conn is not ConnState.Behind:
            volume.store.mark_in_sync(
                first_sector=request.first_sector, sector_count=request.sector_count
            )

    def failed_there(self, sector: int, size_bytes: int, *, is_cancelled: bool) -> None:
        """The source could not read it, or takes no requests now (wire 9.4)."""
        request = self.answered(sector, size_bytes, "an answer")
        self.volume.pace.received(request.sector_count)
        request.error = "" if is_cancelled else "the source could not read it"
        self.completed(request)

    def completed(self, request: TargetRequest) -> None:
        """One request has its end, good or bad."""
        if self._requests.get(request.first_sector) is not request:
            return
        del self._requests[request.first_sector]
        if request.error:
            self._failed.add(request.first_sector)
            self.volume.bits_failed += -(-request.sector_count // BLOCK_SECTORS)
        self._let_go(request)
        self.check_end()

    def _let_go(self, request: TargetRequest) -> None:
        hand_on(self._app_ranges, request)

    def go_on(self) -> None:
        """It was not the end after all: blocks were marked meanwhile; or a pause is over."""
        self._has_ended = False
        self.turn()

    def begin_again(self, request_kind: type[TargetRequest]) -> None:
        """The source was ahead and is so no more: ask from the start for what is marked now.

        What was asked for before is still answered, once each; that is waited for.
        """
        self._request_kind = request_kind
        self._position = 0
        self._failed.clear()
        self._awaits_old = True
        self.volume.pace.reset()

    def check_end(self) -> None:
        """The resync is over when all bits are clear but those that failed (wire 9.6)."""
        volume = self.volume
        if self._has_ended or not self.is_running or self._requests:
            return
        if volume.state.conn is ConnState.Behind:
            return
        left = volume.store.bitmap.count
        if left > volume.bits_failed:
            if self._position >= volume.store.bitmap.bit_count:
                self._position = 0  # what was marked behind the position, or forgotten there
            return
        self._has_ended = True
        self._finished()
