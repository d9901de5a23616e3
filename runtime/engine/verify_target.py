"""The side of an online verify that answers: it tells digests, and learns what differs.

Flow 6; wire 10, states 6.11. A block is read behind all writes to it that came before, and none
begins until its digest is on its way: so the digest is that of the block at the place of the
answer among all that this node sends, and whoever compares it can read its own at that place too.
"""

from collections.abc import Callable, Iterable
from typing import Final

from generated.flows.online_verify import FLOW, VerifyT, VerifyTHandlers
from generated.layouts.acks import P_NEG_RS_DREPLY, P_OV_RESULT, VerifyResult
from generated.layouts.codec import Octets
from generated.layouts.requests import P_OV_REPLY, P_OV_REQUEST, SpecialBlockId
from generated.states.disk_states import DiskState
from runtime.digests import digest
from runtime.effects import Effect
from runtime.engine.block_read import BlockRead
from runtime.engine.intervals import Claimant, Intervals, hand_on
from runtime.engine.resync_source import check_block_request
from runtime.engine.served_in_turn import ServedInTurn
from runtime.engine.traced import Traced
from runtime.engine.verify_run import VerifyRun
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.requests import SECTOR_SIZE_BYTES

ID_SYNCER: Final = SpecialBlockId.ID_SYNCER
VERSION_OF_START_SECTOR: Final = 90  # wire 12.6: below, each verify begins at 0
PENDING_COUNT_MAX: Final = 1 << 16
"""Questions without a result: who asks has at most max-buffers / 2 of them (wire 12.1, 12.3)."""


class AskedBlock(VerifyTHandlers[Effect], Traced):
    """One block, from the peer's question to its result."""

    __slots__ = ("channel", "content", "job", "packet", "run", "steps")

    def __init__(self, job: "VerifyTarget", run: VerifyRun, packet: P_OV_REQUEST) -> None:
        self.job = job
        self.run = run
        self.packet = packet
        self.channel = job.volume.connection.data
        self.content: Octets | None = None
        """What the block has; None when it can't be read."""
        self.steps = [] if job.traces else None

    @property
    def sector_count(self) -> int:
        """How much was asked for."""
        return self.packet.blksize // SECTOR_SIZE_BYTES

    def receive_OVRequest(self, packet: P_OV_REQUEST) -> Iterable[Effect]:
        """It comes in its turn."""
        self._took(VerifyT.receive_OVRequest)
        self.run.asked(packet.sector, self.sector_count)
        self.job.queue.serve(self)
        return ()

    def rs_begin_io(self) -> Iterable[Effect]:
        """Own applications begin no more writes to it, so that they come behind the answer."""
        self._took(VerifyT.rs_begin_io)
        if self.job.app_ranges.claim(
            self,
            first_sector=self.packet.sector,
            sector_count=self.sector_count,
            is_exclusive=True,
        ):
            self.range_granted()
        return ()

    def range_granted(self) -> None:
        """Read it, behind all that is being written to it."""
        sector = self.packet.sector
        sectors = range(sector, sector + self.sector_count)
        BlockRead(
            self.job.volume, sectors, is_wanted=lambda: self.is_wanted, then=self._has_read
        ).begin()

    @property
    def is_wanted(self) -> bool:
        """Whether the link is still the one that the question came on."""
        return self.channel is not None and self.channel is self.job.volume.connection.data

    def _has_read(self, error: str, content: Octets) -> None:
        """Answer; where the link or the disk is gone, nobody waits for that."""
        if not (self.is_wanted and self.job.volume.has_disk):
            self.rs_complete_io()
            return
        self.drbd_endio_read_sec()
        if error:
            self.job.disk_failed(error)
        else:
            self.content = content
        self.w_e_end_ov_req()
        self.rs_complete_io()

    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """The content is there, or will never be."""
        self._took(VerifyT.drbd_endio_read_sec)
        return ()

    def w_e_end_ov_req(self) -> Iterable[Effect]:
        """Tell its digest, zeros when it could not be read."""
        self._took(VerifyT.w_e_end_ov_req)
        volume, packet, run = self.job.volume, self.packet, self.run
        made = bytes(run.digest_size_bytes)
        if self.content is not None:
            made = digest(run.algorithm, self.content)
            self.content = None
        reply = P_OV_REPLY(packet.sector, ID_SYNCER, packet.blksize, made)
        volume.connection.send_data(reply, volume=volume.number)
        return ()

    def rs_complete_io(self) -> Iterable[Effect]:
        """Writes may go on: on the wire they come behind the answer."""
        self._took(VerifyT.rs_complete_io)
        if self.is_wanted:
            self.job.volume.connection.answered(self.packet.blksize)
        hand_on(self.job.app_ranges, self)
        return ()

    def got_OVResult(self, packet: P_OV_RESULT) -> Iterable[Effect]:
        """The peer has compared: mark what differs."""
        self._took(VerifyT.got_OVResult)
        self._tell(self.job.volume, FLOW)
        is_same = packet.block_id != VerifyResult.OUT_OF_SYNC
        self.run.compared(packet.sector, self.sector_count, is_same=is_same)
        return ()


class VerifyTarget:
    """Answers the questions of an online verify about one volume."""

    def __init__(
        self,
        volume: Volume,
        app_ranges: Intervals[Claimant],
        *,
        traces: bool,
        disk_failed: Callable[[str], None],
        steps_aside: Callable[[], bool],
    ) -> None:
        self.volume = volume
        self.app_ranges = app_ranges
        self.traces = traces
        self.disk_failed = disk_failed
        self.queue = ServedInTurn(volume, steps_aside)
        self._pending: dict[tuple[int, int], AskedBlock] = {}
        """What has no result yet, by sector and size."""

    def receive(self, packet: P_OV_REQUEST, run: VerifyRun) -> None:
        """The peer asks for the digest of a block; the first one tells where it begins."""
        check_block_request(self.volume, packet)
        volume, key = self.volume, (packet.sector, packet.blksize)
        if volume.state.disk is not DiskState.UpToDate:
            volume.send_ack(P_NEG_RS_DREPLY, packet.sector, ID_SYNCER, packet.blksize)
            return
        if len(self._pending) >= PENDING_COUNT_MAX:
            raise PeerError(f"{PENDING_COUNT_MAX} P_OV_REQUESTs came, and no P_OV_RESULT")
        if run.is_untouched and volume.connection.version >= VERSION_OF_START_SECTOR:
            run.begin_at(packet.sector)
            volume.log(f"Online Verify start sector: {packet.sector}")
        block = self._pending[key] = AskedBlock(self, run, packet)
        volume.connection.owed.add(packet.blksize)
        block.receive_OVRequest(packet)

    def resulted(self, packet: P_OV_RESULT) -> None:
        """What the peer's comparison came to; PeerError when it had not asked (wire 10)."""
        block = self._pending.pop((packet.sector, packet.blksize), None)
        if block is None:
            raise PeerError(f"P_OV_RESULT of sector {packet.sector}, which was not asked for")
        block.got_OVResult(packet)

    def link_lost(self) -> None:
        """Nobody will tell a result."""
        self._pending.clear()
