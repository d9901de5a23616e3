"""The secondary's side of a mirrored write, and the epochs that the peer's writes come in (wire 7).

A write that has come is answered when it is on the disk, and at once where the protocol asks for
that. When an epoch ends, what follows has to wait until the epoch is durable.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from generated.flows.mirrored_write import FLOW, Secondary, SecondaryHandlers
from generated.layouts.acks import (
    P_BARRIER_ACK,
    P_NEG_ACK,
    P_RECV_ACK,
    P_RS_WRITE_ACK,
    P_WRITE_ACK,
    BlockAck,
)
from generated.layouts.codec import Octets
from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.requests import SpecialBlockId
from generated.layouts.state import P_STATE
from generated.layouts.write import P_DATA, P_TRIM, P_WSAME, P_ZEROES, DpFlags
from generated.states.conn_states import ConnState
from generated.states.peer_disk_states import PeerDiskState
from runtime.effects import DiskWork, Effect, FlushDisk, WriteBlocks, ZeroBlocks
from runtime.engine.agenda import Job
from runtime.engine.connection import Connection
from runtime.engine.epochs import Epoch
from runtime.engine.intervals import Claimant, hand_on
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.engine.write_mode import VERSION_OF_ACK_FLAGS
from runtime.errors import PeerError
from runtime.requests import (
    RANGE_SIZE_BYTES_MAX,
    REQUEST_SIZE_BYTES_MAX,
    SECTOR_SIZE_BYTES,
    Request,
)

PAGE_SIZE_BYTES: Final = 4096  # wire 12.1: what max-buffers counts

AnyWrite: TypeAlias = P_DATA | P_TRIM | P_ZEROES | P_WSAME


def check_range(volume: Volume, packet: AnyWrite, size_bytes: int, most_bytes: int) -> None:
    """PeerError for what no disk can do (wire 13.2)."""
    name = packet.COMMAND.name
    if size_bytes % SECTOR_SIZE_BYTES or size_bytes > most_bytes:
        raise PeerError(
            f"{name} has {size_bytes} bytes, which must be whole sectors up to {most_bytes}"
        )
    end = packet.sector + size_bytes // SECTOR_SIZE_BYTES
    if end > volume.size_sectors:
        raise PeerError(f"{name} ends at sector {end}, the volume at {volume.size_sectors}")


def _check_block(volume: Volume, packet: P_WSAME) -> None:
    """PeerError when what is to be repeated is not one block (wire 7.4)."""
    backing = volume.backing
    wanted = backing.logical_block_size_bytes if backing is not None else SECTOR_SIZE_BYTES
    if len(packet.block) != wanted:
        raise PeerError(f"P_WSAME repeats {len(packet.block)} bytes, a block has {wanted}")


class Rival(Claimant, Protocol):
    """A write of the own applications to the same place."""

    request: Request

    def when_written(self, job: Job) -> None:
        """Do something when it is on the own disk."""


class PeerWrite(SecondaryHandlers[Effect], Traced):
    """One write of the peer."""

    def __init__(self, room: "PeerWrites", packet: AnyWrite, size_bytes: int) -> None:
        self.room = room
        self.packet = packet
        self.size_bytes = size_bytes
        self.epoch: Epoch = room.connection.received_epochs.begin(room.volume.number)
        self.channel = room.connection.data
        self.error = ""
        self.pieces: list[tuple[int, int]] = [(0, size_bytes)]
        """What of it is to be written, in bytes from its beginning."""
        self._rivals: list[Rival] = []
        self._todo = iter(self._works())
        self.steps = [] if room.traces else None

    def receive_Data(self, packet: AnyWrite) -> Iterable[Effect]:
        """Acknowledge that it has come, where that is asked for, and wait for its range."""
        self._took(Secondary.receive_Data)
        volume = self.room.volume
        volume.activity.moved(self.size_bytes // SECTOR_SIZE_BYTES)
        if self.room.wants(packet.dp_flags, DpFlags.SEND_RECEIVE_ACK, ReplicationProtocol.B):
            self._ack(P_RECV_ACK)
        if volume.state.pdsk.wire < PeerDiskState.Inconsistent.wire:  # wire 7.5: its only copy
            self._mark_out_of_sync()
        if volume.ranges.claim(
            self,
            first_sector=packet.sector,
            sector_count=self.size_bytes // SECTOR_SIZE_BYTES,
            is_exclusive=True,
        ):
            self._work_on()
        else:
            volume.peer_works.add(self)
            self.room.on_waiting(self)
        return ()

    def refuse(self) -> None:
        """There is no disk to write it to (wire 7.5)."""
        self.error = "no disk"
        self.e_end_block()

    def range_granted(self) -> None:
        """Nobody else is at work on these blocks."""
        self.room.volume.peer_works.discard(self)
        self._work_on()

    def go_before(self, rivals: Sequence[Rival]) -> None:
        """Count as written before some writes of the own applications (wire 7.9).

        What those replace is left out. They must be on the disk before it is answered, or one could
        read what was there before all of them.
        """
        ranges = self.room.volume.ranges
        for rival in rivals:
            ranges.pass_by(self, rival)
            start = (rival.request.first_sector - self.packet.sector) * SECTOR_SIZE_BYTES
            end = start + rival.request.sector_count * SECTOR_SIZE_BYTES
            self.pieces = list(_without(self.pieces, start, end))
        self._rivals += rivals
        if ranges.holds(self):
            self.range_granted()

    def _work_on(self) -> None:
        work = next(self._todo, None)
        if work is not None:
            self.room.volume.ask_disk_for_peer(work)
        elif self._rivals:
            self._rivals.pop().when_written(self._work_on)
        else:
            self.drbd_endio_write_sec()

    def _works(self) -> Iterable[DiskWork]:
        """What the disk has to do, one after the other."""
        if self.packet.dp_flags & DpFlags.FLUSH:
            yield FlushDisk(self.room.volume.number, self)
        for start, end in self.pieces:
            yield from self._works_on(start, end)

    def _works_on(self, start: int, end: int) -> Iterable[DiskWork]:
        """The same for a piece, in bytes from the beginning of the write."""
        number, packet = self.room.volume.number, self.packet
        offset_bytes = packet.sector * SECTOR_SIZE_BYTES + start
        is_fua = bool(packet.dp_flags & DpFlags.FUA)
        match packet:
            case P_DATA():
                whole = end - start == self.size_bytes
                data = packet.data if whole else memoryview(packet.data)[start:end]
                yield WriteBlocks(number, self, offset_bytes, data, is_fua)
            case P_WSAME():
                for at in range(start, end, REQUEST_SIZE_BYTES_MAX):
                    data = _repeated(packet, at, min(end, at + REQUEST_SIZE_BYTES_MAX))
                    yield WriteBlocks(number, self, offset_bytes + at - start, data, is_fua)
            case _:
                may_unmap = isinstance(packet, P_TRIM) or bool(packet.dp_flags & DpFlags.DISCARD)
                yield ZeroBlocks(number, self, offset_bytes, end - start, may_unmap)

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """A part is done; the first error is what counts."""
        if error:
            self.error = error
            self.drbd_endio_write_sec()
        else:
            self._work_on()

    def drbd_endio_write_sec(self) -> Iterable[Effect]:
        """The disk is done with it."""
        self._took(Secondary.drbd_endio_write_sec)
        room = self.room
        hand_on(room.volume.ranges, self)
        if self.error:
            self._mark_out_of_sync()
            room.disk_failed(self.error)
        self.e_end_block()
        return ()

    def e_end_block(self) -> Iterable[Effect]:
        """Tell the primary what has become of it."""
        self._took(Secondary.e_end_block)
        room, flags = self.room, self.packet.dp_flags
        volume = room.volume
        if self.error:
            self._ack(P_NEG_ACK)
        elif room.wants(flags, DpFlags.SEND_WRITE_ACK, ReplicationProtocol.C):
            self._ack(self._positive_ack(flags))
        if not self.error:
            self._tell(volume, FLOW)
        room.ended(self)
        return ()

    def _positive_ack(self, flags: int) -> type[BlockAck]:
        """P_RS_WRITE_ACK where the blocks are in sync by this write (wire 7.5)."""
        volume = self.room.volume
        may = flags & DpFlags.MAY_SET_IN_SYNC and volume.in_resync_range and volume.has_disk
        if not may or volume.state.pdsk.wire < PeerDiskState.Inconsistent.wire:
            return P_WRITE_ACK
        volume.store.mark_in_sync(
            first_sector=self.packet.sector, sector_count=self.size_bytes // SECTOR_SIZE_BYTES
        )
        volume.owes_state = True
        return P_RS_WRITE_ACK

    def _ack(self, kind: type[BlockAck]) -> None:
        packet = self.packet
        if self.room.is_current(self):
            self.room.volume.send_ack(kind, packet.sector, packet.block_id, self.size_bytes)

    def _mark_out_of_sync(self) -> None:
        volume = self.room.volume
        if volume.has_disk and self.size_bytes:
            volume.store.mark_out_of_sync(
                first_sector=self.packet.sector, sector_count=self.size_bytes // SECTOR_SIZE_BYTES
            )


def _without(pieces: Iterable[tuple[int, int]], start: int, end: int) -> Iterable[tuple[int, int]]:
    """What is left of some pieces, when a range is taken out of them."""
    for first, last in pieces:
        left = ((first, min(last, start)), (max(first, end), last))
        yield from (piece for piece in left if piece[0] < piece[1])


def _repeated(packet: P_WSAME, start: int, end: int) -> bytes:
    """A part of a block that is repeated, in bytes from the beginning (wire 7.4)."""
    block = bytes(packet.block)
    skipped = start % len(block)
    return (block * (-(-(skipped + end - start) // len(block))))[skipped : skipped + end - start]


class PeerWrites:
    """The peer's writes to one volume."""

    def __init__(
        self,
        volume: Volume,
        confirming: "Confirming",
        *,
        traces: bool,
        disk_failed: Callable[[str], None],
    ) -> None:
        self.volume = volume
        self.connection = volume.connection
        self.traces = traces
        self.disk_failed = disk_failed
        self.size_bytes = 0
        """Of all that is under way."""
        self.on_waiting: Callable[[PeerWrite], None] = _wait
        """Looks at a write that has to wait; the room of conflicts puts itself here."""
        self._confirming = confirming

    def wants(self, flags: int, flag: int, protocol: ReplicationProtocol) -> bool:
        """Whether a write asks for an ack: it says so itself from version 100 on (wire 7.2)."""
        if self.connection.version >= VERSION_OF_ACK_FLAGS:
            return bool(flags & flag)
        return self.connection.protocol is protocol

    def receive(self, packet: AnyWrite) -> None:
        """A write has come."""
        if isinstance(packet, P_DATA):
            size_bytes, most_bytes = len(packet.data), REQUEST_SIZE_BYTES_MAX
        else:
            size_bytes, most_bytes = packet.size, RANGE_SIZE_BYTES_MAX
        check_range(self.volume, packet, size_bytes, most_bytes)
        if packet.block_id == SpecialBlockId.ID_SYNCER:
            raise PeerError(f"{packet.COMMAND.name} has the block_id of a resync")
        if isinstance(packet, P_WSAME):
            _check_block(self.volume, packet)
        write = PeerWrite(self, packet, size_bytes)
        self.size_bytes += size_bytes
        if self.size_bytes > self.connection.options.max_buffers * PAGE_SIZE_BYTES:
            self.connection.pause(self)
        if not self.volume.has_disk:
            write.refuse()
        elif not size_bytes:
            write.e_end_block()
        else:
            write.receive_Data(packet)

    def is_current(self, write: PeerWrite) -> bool:
        """Whether the link is still the one that it came on."""
        return write.channel is not None and write.channel is self.connection.data

    def ended(self, write: PeerWrite) -> None:
        """It is answered."""
        self.size_bytes -= write.size_bytes
        if self.size_bytes <= self.connection.options.max_buffers * PAGE_SIZE_BYTES:
            self.connection.resume(self)
        self.connection.received_epochs.finish(write.epoch)
        self._confirming.go_on()


class Confirming:
    """Tells the peer which of its epochs are durable (wire 7.6)."""

    def __init__(self, connection: Connection, volumes: dict[int, Volume]) -> None:
        self._connection = connection
        self._volumes = volumes
        self._epoch: Epoch | None = None
        self._flushes = 0
        self.flush_failed: Callable[[str], None] = _nothing

    def receive_barrier(self, number: int) -> None:
        """The epoch ends; nothing that follows is taken before it is durable."""
        self._connection.received_epochs.barrier(number)
        self._connection.pause(self)
        self.go_on()

    def go_on(self) -> None:
        """Flush the oldest epoch, if all of its writes are done."""
        epoch = self._connection.received_epochs.next_to_confirm()
        if epoch is None or epoch is self._epoch:
            return
        self._epoch, self._flushes = epoch, 0
        for number in sorted(epoch.volumes):
            volume = self._volumes[number]
            if volume.has_disk and volume.options.disk_flushes:
                self._flushes += 1
                volume.ask_disk_for_peer(FlushDisk(number, _Flush(self, epoch)))
        if not self._flushes:
            self._confirm(epoch)

    def flushed(self, epoch: Epoch, error: str) -> None:
        """One of the disks is done."""
        if (
            epoch is not self._epoch
            or epoch is not self._connection.received_epochs.next_to_confirm()
        ):
            return  # of a link that is gone
        if error:
            self._epoch = None
            self.flush_failed(error)
            return
        self._flushes -= 1
        if not self._flushes:
            self._confirm(epoch)

    def _confirm(self, epoch: Epoch) -> None:
        assert epoch.barrier is not None
        self._epoch = None
        self._connection.received_epochs.confirm(epoch)
        self._connection.send_meta(P_BARRIER_ACK(epoch.barrier, epoch.size))
        for number in sorted(epoch.volumes):
            self._repeat_state(self._volumes[number])
        self._connection.resume(self)
        self.go_on()

    def _repeat_state(self, volume: Volume) -> None:
        """A resync that is over here may wait for this confirmation there (wire 9.6)."""
        owes, volume.owes_state = volume.owes_state, False
        if owes and volume.state.conn is ConnState.Connected:
            self._connection.send_data(P_STATE(volume.state.word), volume=volume.number)


class _Flush:
    """Asks for one flush of one epoch."""

    def __init__(self, confirming: Confirming, epoch: Epoch) -> None:
        self._confirming = confirming
        self._epoch = epoch

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """The disk's caches are empty, or it failed."""
        self._confirming.flushed(self._epoch, error)


def _nothing(_error: str) -> None:
    """Nobody listens yet."""


def _wait(_write: PeerWrite) -> None:
    """It waits."""
