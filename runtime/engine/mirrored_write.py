"""The primary's side of a mirrored write (flow 1, wire 7).

A write of an application goes to the own disk and, where the peer is to have it, to the peer. It is
finished for the application when both are done, by the meaning of the protocol; it keeps its extent
of the activity log until the peer has confirmed that it is durable there.
"""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from generated.flows.mirrored_write import FLOW, Primary, PrimaryHandlers
from generated.layouts.acks import P_RECV_ACK, P_RS_WRITE_ACK, BlockAck
from generated.layouts.codec import Octets
from generated.layouts.requests import SpecialBlockId
from generated.layouts.write import P_DATA, P_OUT_OF_SYNC, P_TRIM, P_ZEROES, DpFlags
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.effects import DiskWork, Effect, WriteBlocks, ZeroBlocks
from runtime.engine.intervals import hand_on
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState
from runtime.engine.write_mode import mode_of
from runtime.errors import DiskError, PeerError
from runtime.metadata.store import Store
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind

VERSION_OF_FLAGS: Final = 95
COOKIE_MASK: Final = (1 << 64) - 1


class Write(PrimaryHandlers[Effect], Traced):
    """One write, discard or write-zeroes of an application: one packet at most."""

    __slots__ = (
        "block_id",
        "epoch_index",
        "error",
        "is_acked",
        "is_barrier_pending",
        "is_finished",
        "is_in_sync_there",
        "is_local_pending",
        "is_lost_there",
        "is_peer_pending",
        "is_sent",
        "on_finished",
        "request",
        "room",
        "sent_at",
        "steps",
    )

    def __init__(
        self, room: "Writes", request: Request, on_finished: Callable[[Request, str], None]
    ) -> None:
        self.room = room
        self.request = request
        self.on_finished = on_finished
        self.block_id = 0
        self.epoch_index = -1
        self.error = ""
        self.is_sent = False
        self.is_acked = False
        self.is_local_pending = self.is_peer_pending = self.is_barrier_pending = False
        self.is_lost_there = True
        """Whether the peer lacks it, as far as this node knows."""
        self.is_in_sync_there = False
        """Whether the peer says that its blocks are in sync by it (P_RS_WRITE_ACK)."""
        self.is_finished = False
        self.sent_at = 0.0
        self.steps = [] if room.traces else None

    # The steps of the flow

    def al_begin_io(self) -> Iterable[Effect]:
        """Its extents are named in the activity log, or will be by the next transaction."""
        self._took(Primary.al_begin_io)
        return ()

    def drbd_make_request(self) -> Iterable[Effect]:
        """Decide who is to have it, and give it to the disk."""
        room, request, volume = self.room, self.request, self.room.volume
        self._took(Primary.drbd_make_request)
        self.is_local_pending = volume.has_disk
        if room.mode.replicates:
            self.w_send_dblock()
        else:
            room.note_out_of_sync(request)
        if self.is_local_pending:
            volume.activity.moved(request.sector_count)
            volume.ask_disk(_disk_work(volume, self))
        else:
            self.drbd_endio_write_pri()
        return ()

    def w_send_dblock(self) -> Iterable[Effect]:
        """Send it; in protocol A that is all that is waited for."""
        self._took(Primary.w_send_dblock)
        room = self.room
        connection = room.volume.connection
        self.is_sent = self.is_barrier_pending = True
        self.is_lost_there = False
        self.block_id = room.next_block_id()
        self.sent_at = connection.agenda.now
        self.is_peer_pending = room.mode.waits_for_ack
        room.by_id[self.block_id] = self
        room.send(self, room.mode.dp_flags)
        connection.sent_epochs.add(self)
        self.epoch_index = connection.epoch_index
        if connection.sent_epochs.size >= connection.options.max_epoch_size:
            connection.close_epoch()
        return ()

    def drbd_endio_write_pri(self) -> Iterable[Effect]:
        """The own disk is done with it, or there is none."""
        self._took(Primary.drbd_endio_write_pri)
        self.is_local_pending = False
        self.settle()
        return ()

    def got_BlockAck(self, packet: BlockAck) -> Iterable[Effect]:  # noqa: ARG002  # drawn
        """The peer has it, in the sense of the protocol, or more than that (wire 7.5)."""
        if not self.is_acked:
            self._took(Primary.got_BlockAck)
        self.is_acked = True
        self.is_peer_pending = False
        self.settle()
        return ()

    def al_complete_io(self) -> Iterable[Effect]:
        """Nobody has to remember that these blocks may differ."""
        self._took(Primary.al_complete_io)
        room = self.room
        volume = room.volume
        if volume.has_disk:
            try:
                self._note_end(volume.store)
            except DiskError as error:
                volume.metadata_failed(str(error))
        if self.is_sent and not self.is_lost_there:
            self._tell(volume, FLOW)
        room.ended(self)
        return ()

    def _note_end(self, store: Store) -> None:
        """The blocks are in sync, if the peer has what this disk has; its extents may cool."""
        first_sector, sector_count = self.request.first_sector, self.request.sector_count
        if self.is_in_sync_there and self.room.mode.replicates and not self.error:
            store.mark_in_sync(first_sector=first_sector, sector_count=sector_count)
            for job in self.room.on_in_sync:
                self.room.volume.agenda.later(job)
        store.end_write(
            first_sector=first_sector,
            sector_count=sector_count,
            is_in_sync=not self.error and not (self.is_sent and self.is_lost_there),
        )

    # What the steps are called from

    def range_granted(self) -> None:
        """What it overlapped with is done."""
        self.room.range_granted(self)

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """The disk has written, or failed: from now on nobody may read these blocks there."""
        self.error = error
        if error:
            self.room.lost(self.request)
            self.room.disk_failed(error)
        self.drbd_endio_write_pri()

    def refused_there(self) -> None:
        """P_NEG_ACK: the peer could not write it (wire 7.5)."""
        self.is_lost_there = True
        self.is_peer_pending = False
        self.settle()

    def link_lost(self) -> None:
        """Nobody will tell what the peer has of it: it counts as missing there (states 4.8)."""
        self.is_lost_there = True
        self.is_in_sync_there = False
        self.is_peer_pending = self.is_barrier_pending = False
        self.settle()

    def barrier_acked(self) -> None:
        """The peer has it, durably (wire 7.6)."""
        self.is_barrier_pending = False
        self.settle()

    def settle(self) -> None:
        """Finish what can be finished."""
        if self.is_local_pending:
            return
        if not self.is_finished and not self.is_peer_pending:
            self.is_finished = True
            self.room.finished(self)
        if self.is_finished and not self.is_barrier_pending:
            self.al_complete_io()


def _disk_work(volume: Volume, write: Write) -> DiskWork:
    request = write.request
    offset_bytes = request.first_sector * SECTOR_SIZE_BYTES
    if request.kind is RequestKind.WRITE:
        return WriteBlocks(volume.number, write, offset_bytes, request.data, request.fua)
    may_unmap = request.may_unmap or request.kind is RequestKind.DISCARD
    size_bytes = request.sector_count * SECTOR_SIZE_BYTES
    return ZeroBlocks(volume.number, write, offset_bytes, size_bytes, may_unmap)


def _make_requests(writes: Iterable[Write]) -> None:
    for write in writes:
        write.drbd_make_request()


class Writes:
    """All writes of one volume's applications."""

    def __init__(self, volume: Volume, *, traces: bool, disk_failed: Callable[[str], None]) -> None:
        self.volume = volume
        self.traces = traces
        self.disk_failed = disk_failed
        self.by_id: dict[int, Write] = {}
        """What the peer has not confirmed as durable, by the cookie that its acks echo."""
        self.count = 0
        """Writes that have begun and hold something."""
        self.on_idle: list[Callable[[], None]] = []
        """Who waits for all of them to end."""
        self.on_in_sync: list[Callable[[], None]] = []
        """Who wants to know when a confirmed write has put blocks in sync (wire 9.6)."""
        self._block_id = volume.connection.random.getrandbits(48) << 8
        self._ready: list[Write] = []
        self._starving: deque[Write] = deque()
        self.mode = mode_of(volume)
        volume.watchers.append(self.note_state)

    def note_state(self, _before: VolumeState) -> None:
        """Decide anew how writes go to the peer, and end the epoch when that changes (I5)."""
        replicates = self.mode.replicates
        self.mode = mode_of(self.volume)
        if replicates is not self.mode.replicates:
            self.volume.connection.close_epoch()

    def next_block_id(self) -> int:
        """A cookie that no open write has; never that of a resync block (wire 7.1)."""
        self._block_id = (self._block_id + 1) & COOKIE_MASK
        if self._block_id == SpecialBlockId.ID_SYNCER:
            self._block_id = 1
        return self._block_id

    def send(self, write: Write, flags: int) -> None:
        """The packet of one write (wire 7.1, 7.3)."""
        volume, request = self.volume, write.request
        connection = volume.connection
        sequence = volume.next_sequence()
        has_flags = connection.version >= VERSION_OF_FLAGS
        if request.kind is RequestKind.WRITE:
            if request.fua and has_flags:
                flags |= DpFlags.FUA
            head = P_DATA(request.first_sector, write.block_id, sequence, flags, b"", b"")
            connection.send_data(head, volume=volume.number, payload=request.data)
            return
        size_bytes = request.sector_count * SECTOR_SIZE_BYTES
        if request.kind is RequestKind.DISCARD:
            kind: type[P_TRIM | P_ZEROES] = P_TRIM
            flags |= DpFlags.DISCARD
        else:
            kind = P_ZEROES
            flags |= DpFlags.ZEROES | (DpFlags.DISCARD if request.may_unmap else 0)
        packet = kind(request.first_sector, write.block_id, sequence, flags, size_bytes)
        connection.send_data(packet, volume=volume.number)

    def lost(self, request: Request) -> int:
        """One of the disks lacks it: mark it before anybody is told of its end."""
        return self.volume.mark_out_of_sync(
            first_sector=request.first_sector, sector_count=request.sector_count
        )

    def note_out_of_sync(self, request: Request) -> None:
        """The peer will not have it: mark it, and say so where the peer keeps count too."""
        if self.lost(request) and self.mode.notes_out_of_sync:
            volume = self.volume
            size_bytes = request.sector_count * SECTOR_SIZE_BYTES
            packet = P_OUT_OF_SYNC(request.first_sector, size_bytes)
            volume.connection.send_data(packet, volume=volume.number)

    # What the peer says (wire 7.5)

    def acked(self, packet: BlockAck) -> None:
        """A positive ack; PeerError when it belongs to no write that is open."""
        write = self.by_id.get(packet.block_id)
        if write is None or write.request.first_sector != packet.sector:
            raise PeerError(
                f"{packet.COMMAND.name} of sector {packet.sector} belongs to no write that is open"
            )
        if isinstance(packet, P_RS_WRITE_ACK):
            write.is_in_sync_there = True
        if write.is_peer_pending or not isinstance(packet, P_RECV_ACK):
            write.got_BlockAck(packet)

    def refused(self, packet: BlockAck) -> None:
        """A negative ack: what it names is out of sync, whoever it belongs to (wire 13.3)."""
        write = self.by_id.get(packet.block_id)
        if write is not None and write.request.first_sector == packet.sector:
            write.refused_there()
        else:
            end = min(packet.sector + packet.blksize // SECTOR_SIZE_BYTES, self.volume.size_sectors)
            if packet.sector < end:
                self.volume.mark_out_of_sync(
                    first_sector=packet.sector, sector_count=end - packet.sector
                )

    @property
    def is_starving(self) -> bool:
        """Whether a write waits for the activity log."""
        return bool(self._starving)

    # The road of a write: range, activity log, go

    def begin(self, request: Request, on_finished: Callable[[Request, str], None]) -> None:
        """Take a write; it goes with the others at `go`, or when what it waits for has ended."""
        write = Write(self, request, on_finished)
        self.count += 1
        if self.volume.ranges.claim(
            write,
            first_sector=request.first_sector,
            sector_count=request.sector_count,
            is_exclusive=True,
        ):
            self._enter_log(write)

    def range_granted(self, write: Write) -> None:
        """What it overlapped with is done."""
        self._enter_log(write)
        self.volume.agenda.later(self.go)

    def _enter_log(self, write: Write) -> None:
        request, volume = write.request, self.volume
        if volume.has_disk and not volume.store.begin_write(
            first_sector=request.first_sector, sector_count=request.sector_count
        ):
            self._starving.append(write)
            return
        write.al_begin_io()
        self._ready.append(write)

    def go(self) -> None:
        """Make the activity log durable for all that are ready, and let them go."""
        ready, self._ready = self._ready, []
        if not ready:
            return
        try:
            if self.volume.has_disk:
                self.volume.store.write_log()
        except DiskError as error:  # behind the change that this leads to, they go to the peer
            self.volume.metadata_failed(str(error))
            self.volume.agenda.later(partial(_make_requests, ready))
        else:
            _make_requests(ready)

    def finished(self, write: Write) -> None:
        """Tell the application; from now on it may rely on the write, so its epoch ends."""
        if write.epoch_index == self.volume.connection.epoch_index:
            self.volume.connection.close_epoch()
        # Only now: of two writes at once that overlap, a peer may do either one first.
        hand_on(self.volume.ranges, write)
        # It counts on a good disk: a resync would put older data on one that lacks other blocks.
        state = self.volume.state
        is_here = state.disk is DiskState.UpToDate and not write.error
        is_there = state.pdsk is PeerDiskState.UpToDate and not write.is_lost_there
        error = "" if is_here or is_there else write.error or "no disk, and no peer"
        write.on_finished(write.request, error)

    def ended(self, write: Write) -> None:
        """Nothing is left of it."""
        self.by_id.pop(write.block_id, None)
        self.count -= 1
        if self._starving:
            self.volume.agenda.later(self._feed)
        if not self.count and self.on_idle:
            waiting, self.on_idle = self.on_idle, []
            for job in waiting:
                self.volume.agenda.later(job)

    def _feed(self) -> None:
        """Slots of the activity log are free again."""
        starving, self._starving = self._starving, deque()
        for write in starving:
            self._enter_log(write)
        self.go()

    def when_idle(self, job: Callable[[], None]) -> None:
        """Do something when all writes have ended, at once if none is open."""
        if self.count:
            self.on_idle.append(job)
        else:
            self.volume.agenda.later(job)
