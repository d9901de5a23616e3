"""The secondary's side of a mirrored write, and the epochs that the peer's writes come in (wire 7).

A write that has come is answered when it is on the disk, and at once where the protocol asks for
that. When an epoch ends, what follows has to wait until the epoch is durable.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

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
from runtime.engine.connection import Connection
from runtime.engine.epochs import Epoch
from runtime.engine.intervals import hand_on
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.engine.write_mode import VERSION_OF_ACK_FLAGS
from runtime.errors import PeerError
from runtime.requests import RANGE_SIZE_BYTES_MAX, REQUEST_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES

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


class PeerWrite(SecondaryHandlers[Effect], Traced):
    """One write of the peer."""

    def __init__(self, room: "PeerWrites", packet: AnyWrite, size_bytes: int) -> None:
        self.room = room
        self.packet = packet
        self.size_bytes = size_bytes
        self.epoch: Epoch = room.connection.received_epochs.begin(room.volume.number)
        self.channel = room.connection.data
        self.error = ""
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
        elif not self.room.gives_up(self):
            volume.peer_works.add(self)
        return ()

    def refuse(self) -> None:
        """There is no disk to write it to (wire 7.5)."""
        self.error = "no disk"
        self.e_end_block()

    def range_granted(self) -> None:
        """Nobody else is at work on these blocks."""
        self.room.volume.peer_works.discard(self)
        self._work_on()

    def give_up(self) -> None:
        """It is not carried out: a write of this node's is under way to the same place."""
        hand_on(self.room.volume.ranges, self)

    def answer_conflict(self, kind: type[BlockAck]) -> None:
        """Tell the primary what becomes of a write that was given up (wire 7.9)."""
        self._ack(kind)
        self.room.left(self)

    def _work_on(self) -> None:
        work = next(self._todo, None)
        if work is None:
            self.drbd_endio_write_sec()
        else:
            self.room.volume.ask_disk_for_peer(work)

    def _works(self) -> Iterable[DiskWork]:
        """What the disk has to do, one after the other."""
        volume, packet = self.room.volume, self.packet
        offset_bytes = packet.sector * SECTOR_SIZE_BYTES
        if packet.dp_flags & DpFlags.FLUSH:
            yield FlushDisk(volume.number, self)
        is_fua = bool(packet.dp_flags & DpFlags.FUA)
        match packet:
            case P_DATA():
                yield WriteBlocks(volume.number, self, offset_bytes, packet.data, is_fua)
            case P_WSAME():
                yield from self._repeated(packet, offset_bytes, is_fua=is_fua)
            case _:
                may_unmap = isinstance(packet, P_TRIM) or bool(packet.dp_flags & DpFlags.DISCARD)
                yield ZeroBlocks(volume.number, self, offset_bytes, self.size_bytes, may_unmap)

    def _repeated(self, packet: P_WSAME, offset_bytes: int, *, is_fua: bool) -> Iterable[DiskWork]:
        """A block again and again, in pieces of bounded size (wire 7.4)."""
        block = bytes(packet.block)
        end = offset_bytes + self.size_bytes
        while offset_bytes < end:
            size_bytes = min(REQUEST_SIZE_BYTES_MAX, end - offset_bytes)
            data = (block * -(-size_bytes // len(block)))[:size_bytes]
            yield WriteBlocks(self.room.volume.number, self, offset_bytes, data, is_fua)
            offset_bytes += size_bytes

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
        self.gives_up: Callable[[PeerWrite], bool] = _never
        """Whether a write that has to wait is not carried out at all; the room of conflicts puts
        itself here."""
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
        self.connection.received_epochs.finish(write.epoch)
        self._let_go(write)

    def left(self, write: PeerWrite) -> None:
        """It is answered, and does not count."""
        self.connection.received_epochs.leave(write.epoch)
        self._let_go(write)

    def _let_go(self, write: PeerWrite) -> None:
        self.size_bytes -= write.size_bytes
        if self.size_bytes <= self.connection.options.max_buffers * PAGE_SIZE_BYTES:
            self.connection.resume(self)
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
        if epoch.size:
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


def _never(_write: PeerWrite) -> bool:
    """Every write is carried out."""
    return False
