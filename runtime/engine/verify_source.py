"""The side of an online verify that asks: it compares the peer's digests with its own blocks.

Flow 6; wire 10, states 6.11. A block that is written meanwhile must not be taken for a difference.
The peer's digest is that of its block at the place of its answer among all that it sends, and it
has by then what this node sent before the question. So own applications keep off a block from the
question to the result, and the question waits for what they were writing. The own block is read
behind the peer's writes that came before the answer, and before those that come behind it. Nothing
that holds up the peer's writes is held while the answer is awaited: the peer itself waits for
their acknowledgements before it reads.
"""

from collections.abc import Callable, Iterable
from typing import Final

from generated.flows.online_verify import FLOW, VerifyS, VerifySHandlers
from generated.layouts.acks import P_OV_RESULT, VerifyResult
from generated.layouts.codec import Octets
from generated.layouts.requests import P_OV_REPLY, P_OV_REQUEST, SpecialBlockId
from runtime.digests import digest
from runtime.effects import Effect
from runtime.engine.block_read import BlockRead
from runtime.engine.intervals import Claimant, Intervals, hand_on
from runtime.engine.pace import TURN_S
from runtime.engine.traced import Traced
from runtime.engine.verify_run import BLOCK_SECTORS, VerifyRun
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.requests import SECTOR_SIZE_BYTES

ID_SYNCER: Final = SpecialBlockId.ID_SYNCER


class ComparedBlock(VerifySHandlers[Effect], Traced):
    """One block, from the question to the result."""

    __slots__ = (
        "digest",
        "first_sector",
        "is_same",
        "is_sent",
        "job",
        "sector_count",
        "steps",
    )

    def __init__(self, job: "VerifySource", first_sector: int, sector_count: int) -> None:
        self.job = job
        self.first_sector = first_sector
        self.sector_count = sector_count
        self.is_sent = False
        self.is_same = False
        self.digest: bytes | None = None
        """What the peer's block has."""
        self.steps = [] if job.traces else None

    @property
    def size_bytes(self) -> int:
        """How much it is; the last one of a volume may be shorter."""
        return self.sector_count * SECTOR_SIZE_BYTES

    def range_granted(self) -> None:
        """Own applications begin no more writes to it; those under way are waited for."""
        asking = _Asking(self)
        if self.job.volume.ranges.claim(
            asking,
            first_sector=self.first_sector,
            sector_count=self.sector_count,
            is_exclusive=False,
            gives_way=True,
        ):
            asking.range_granted()

    def rs_begin_io(self) -> Iterable[Effect]:
        """It is let be here."""
        self._took(VerifyS.rs_begin_io)
        return ()

    def w_make_ov_request(self) -> Iterable[Effect]:
        """Ask for the peer's digest."""
        self._took(VerifyS.w_make_ov_request)
        self.is_sent = True
        packet = P_OV_REQUEST(self.first_sector, ID_SYNCER, self.size_bytes)
        volume = self.job.volume
        volume.connection.send_data(packet, volume=volume.number)
        return ()

    def receive_OVReply(self, packet: P_OV_REPLY) -> Iterable[Effect]:
        """Read the own block, as it is at this place among the peer's writes."""
        self._took(VerifyS.receive_OVReply)
        self.digest = bytes(packet.digest)
        self.job.volume.pace.received(self.sector_count)
        job = self.job
        sectors = range(self.first_sector, self.first_sector + self.sector_count)
        BlockRead(
            job.volume, sectors, is_wanted=lambda: job.is_running, then=self._has_read
        ).begin()
        return ()

    def _has_read(self, error: str, content: Octets) -> None:
        """Compare, and tell; what can't be read is not the same."""
        if not self.job.is_running:
            return
        self.drbd_endio_read_sec()
        if error:
            self.job.disk_failed(error)
        self.is_same = not error and digest(self.job.run.algorithm, content) == self.digest
        self.w_e_end_ov_reply()
        self.rs_complete_io()

    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """The content is there, or will never be."""
        self._took(VerifyS.drbd_endio_read_sec)
        return ()

    def w_e_end_ov_reply(self) -> Iterable[Effect]:
        """Mark what differs, and let the peer mark it too."""
        self._took(VerifyS.w_e_end_ov_reply)
        job = self.job
        job.run.compared(self.first_sector, self.sector_count, is_same=self.is_same)
        send_result(job.volume, self.first_sector, self.size_bytes, is_same=self.is_same)
        return ()

    def rs_complete_io(self) -> Iterable[Effect]:
        """Own applications may have it again."""
        self._took(VerifyS.rs_complete_io)
        self._tell(self.job.volume, FLOW)
        self.job.completed(self)
        return ()


class _Asking:
    """A question that waits for what is being written to its block."""

    __slots__ = ("block",)

    def __init__(self, block: ComparedBlock) -> None:
        self.block = block

    def range_granted(self) -> None:
        """All of it is written, and sent."""
        job = self.block.job
        hand_on(job.volume.ranges, self)
        if job.is_running:
            self.block.rs_begin_io()
            self.block.w_make_ov_request()


class VerifySource:
    """One online verify of one volume, as the side that asks."""

    def __init__(
        self,
        volume: Volume,
        run: VerifyRun,
        app_ranges: Intervals[Claimant],
        *,
        traces: bool,
        disk_failed: Callable[[str], None],
        finished: Callable[[], None],
        steps_aside: Callable[[], bool],
    ) -> None:
        self.volume = volume
        self.run = run
        self.traces = traces
        self.disk_failed = disk_failed
        self.is_running = True
        self._app_ranges = app_ranges
        self._finished = finished
        self._steps_aside = steps_aside
        self._blocks: dict[int, ComparedBlock] = {}
        """What is being compared, by its first sector."""
        self._last: ComparedBlock | None = None
        self._name = ("verify", volume.number)
        volume.pace.reset()

    def stop(self) -> None:
        """It is over or called off: answers that come later mean nothing."""
        self.is_running = False
        self.volume.agenda.cancel(self._name)
        for block in self._blocks.values():
            hand_on(self._app_ranges, block)
        self._blocks.clear()

    def turn(self) -> None:
        """Ask for as much as the pace allows, and come back in 100 ms (states 6.11)."""
        volume, run = self.volume, self.run
        if not self.is_running:
            return
        blocks = volume.pace.turn()
        if not blocks and not self._blocks:
            blocks = 1  # a rate that is less than a block a turn is no reason to stand still
        channel = volume.connection.data
        if channel is not None and not channel.is_congested:
            self._ask_for(blocks)
        if run.position < run.limit:
            volume.agenda.after(self._name, TURN_S, self.turn)
        else:
            self.check_end()

    def _ask_for(self, blocks: int) -> None:
        """Ask in ascending order: where a block has to wait, those behind it wait too."""
        run = self.run
        for _ in range(blocks):
            if run.position >= run.limit or (self._last is not None and not self._last.is_sent):
                return
            self._ask(run.position)
            if self._steps_aside():
                return

    def _ask(self, first_sector: int) -> None:
        sector_count = min(BLOCK_SECTORS, self.volume.size_sectors - first_sector)
        block = self._last = self._blocks[first_sector] = ComparedBlock(
            self, first_sector, sector_count
        )
        self.run.asked(first_sector, sector_count)
        self.volume.pace.requested(sector_count)
        if self._app_ranges.claim(
            block, first_sector=first_sector, sector_count=sector_count, is_exclusive=True
        ):
            block.range_granted()

    def replied(self, packet: P_OV_REPLY) -> None:
        """The peer's digest of a block; PeerError when it was not asked for (wire 10)."""
        block = self._answered(packet.sector, packet.blksize, "P_OV_REPLY")
        if len(packet.digest) != self.run.digest_size_bytes:
            raise PeerError(
                f"P_OV_REPLY has a digest of {len(packet.digest)} bytes,"
                f" one of {self.run.algorithm} has {self.run.digest_size_bytes}"
            )
        block.receive_OVReply(packet)

    def refused(self, sector: int, size_bytes: int) -> None:
        """The peer has no good disk any more, and is about to say so: nothing is known of it."""
        block = self._answered(sector, size_bytes, "P_NEG_RS_DREPLY")
        self.volume.pace.received(block.sector_count)
        self.run.refused(block.first_sector)
        self.completed(block)

    def _answered(self, sector: int, size_bytes: int, name: str) -> ComparedBlock:
        block = self._blocks.get(sector)
        if block is None or not block.is_sent or block.digest is not None:
            raise PeerError(f"{name} of sector {sector}, which was not asked for")
        if block.size_bytes != size_bytes:
            raise PeerError(
                f"{name} of sector {sector} has {size_bytes} bytes,"
                f" {block.size_bytes} were asked for"
            )
        return block

    def completed(self, block: ComparedBlock) -> None:
        """One block has its result."""
        del self._blocks[block.first_sector]
        hand_on(self._app_ranges, block)
        self.check_end()

    def check_end(self) -> None:
        """It is over when all up to the end, or to the stop sector, are compared."""
        if self.is_running and self.run.is_complete:
            self._finished()


def send_result(volume: Volume, sector: int, size_bytes: int, *, is_same: bool) -> None:
    """What the comparison has given (wire 10)."""
    result = VerifyResult.IN_SYNC if is_same else VerifyResult.OUT_OF_SYNC
    packet = P_OV_RESULT(sector, result, size_bytes, volume.next_sequence())
    volume.connection.send_meta(packet, volume=volume.number)
