"""How slow the kernel's disk was: our node's disk finishes when the packet was sent that tells so.

The order in which a disk finishes is its own affair, and shows in the order of acknowledgements and
replies, and in where an epoch ends. What no packet tells of is finished at once.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Final, TypeAlias

from generated.layouts.acks import (
    P_NEG_ACK,
    P_NEG_DREPLY,
    P_NEG_RS_DREPLY,
    P_OV_RESULT,
    P_RS_IS_IN_SYNC,
    P_RS_WRITE_ACK,
    P_WRITE_ACK,
)
from generated.layouts.codec import Packet
from generated.layouts.requests import (
    P_CSUM_RS_REQUEST,
    P_DATA_REPLY,
    P_OV_REPLY,
    P_RS_DATA_REPLY,
    P_RS_DEALLOCATED,
    BlockRequest,
)
from generated.layouts.write import P_BARRIER, P_DATA, DpFlags, RangeWrite
from runtime.effects import DiskWork, FlushDisk, ReadBlocks, WriteBlocks, ZeroBlocks
from runtime.requests import Request, RequestKind
from tests.replay.happenings import Said
from tests.replay.manifest import SECTOR_SIZE_BYTES
from tests.replay.meetings import writes_of

Task: TypeAlias = tuple[bool, int, int, int]
"""Whether it is reading; the volume; offset and size in bytes."""

READING: Final = True
WRITING: Final = False


def task_told_by(said: Said) -> Task | None:
    """What the disk has done when a packet is sent, if it says that."""
    packet, volume = said.packet, said.seen.frame.volume
    match packet:
        case P_RS_WRITE_ACK() | P_WRITE_ACK() | P_NEG_ACK():
            return WRITING, volume, packet.sector * SECTOR_SIZE_BYTES, packet.blksize
        case P_RS_DATA_REPLY() | P_DATA_REPLY():
            return READING, volume, packet.sector * SECTOR_SIZE_BYTES, len(packet.data)
        case (
            P_CSUM_RS_REQUEST()
            | P_RS_IS_IN_SYNC()
            | P_NEG_DREPLY()
            | P_NEG_RS_DREPLY()
            | P_OV_REPLY()
            | P_OV_RESULT()
        ):
            return READING, volume, packet.sector * SECTOR_SIZE_BYTES, packet.blksize
        case P_RS_DEALLOCATED():
            return READING, volume, packet.sector * SECTOR_SIZE_BYTES, packet.size
    return None


def error_told_by(said: Said) -> str:
    """How the disk has failed, where a packet says that it did; empty when it did not."""
    is_bad = isinstance(said.packet, P_NEG_ACK | P_NEG_DREPLY | P_NEG_RS_DREPLY)
    return "the kernel's disk failed too" if is_bad else ""


def _promised_by(said: Said) -> Task | None:
    """What the disk has to do before a packet of the peer is answered."""
    packet, volume = said.packet, said.seen.frame.volume
    match packet:
        case BlockRequest() | P_CSUM_RS_REQUEST() | P_OV_REPLY():
            return READING, volume, packet.sector * SECTOR_SIZE_BYTES, packet.blksize
        case P_RS_DATA_REPLY():
            return WRITING, volume, packet.sector * SECTOR_SIZE_BYTES, len(packet.data)
        case P_DATA() | RangeWrite() if packet.dp_flags & DpFlags.SEND_WRITE_ACK:
            return _own_write(packet, volume)
    return None


def _own_write(packet: Packet, volume: int) -> Task | None:
    """What the own disk writes too, when the peer is told to write."""
    match packet:
        case P_DATA():
            return WRITING, volume, packet.sector * SECTOR_SIZE_BYTES, len(packet.data)
        case RangeWrite():
            return WRITING, volume, packet.sector * SECTOR_SIZE_BYTES, packet.size
    return None


def _told(said: Sequence[Said], heard: Sequence[Said]) -> dict[Said, list[Task]]:
    """What each packet tells to be finished: one task, or with a barrier a whole epoch's.

    A write that the peer has not carried out is finished at once.
    """
    found: dict[Said, list[Task]] = {}
    epoch: list[Task] = []
    sides = {it.by for it in said}
    left_out = {
        it.said for side in sides for it in writes_of(side, [*said, *heard]) if it.is_left_out
    }
    for it in said:
        if (task := task_told_by(it)) is not None:
            found[it] = [task]
        elif (task := _own_write(it.packet, it.seen.frame.volume)) is not None:
            epoch += [] if it in left_out else [task]
        elif isinstance(it.packet, P_BARRIER):
            found[it], epoch = epoch, []
    return found


class Slowness:
    """What the disk has been asked for and has not finished."""

    def __init__(self, said: Sequence[Said], heard: Sequence[Said]) -> None:
        self._told = _told(said, heard)
        self._left = Counter(task for tasks in self._told.values() for task in tasks)
        self._never = Counter(filter(None, map(_promised_by, heard)))
        self._never -= self._left  # what the kernel did not come to before the connection ended
        self._hurried: Counter[Task] = Counter()
        self._finished: Counter[Task] = Counter()
        self._waiting: defaultdict[Task, deque[DiskWork]] = defaultdict(deque)

    def is_slow(self, work: DiskWork) -> bool:
        """Whether this is finished later: when it is told."""
        task = _asked(work)
        if task is None:
            return False
        if self._hurried[task]:
            self._hurried[task] -= 1
            return False
        if not self._left[task] and not self._never[task]:
            return False
        if not self._left[task]:
            self._never[task] -= 1
        elif self._finished[task]:
            self._finished[task] -= 1
            return False
        self._waiting[task].append(work)
        return True

    def hurry(self, request: Request) -> None:
        """No packet will tell of this request of an application."""
        offset_bytes = request.first_sector * SECTOR_SIZE_BYTES
        size_bytes = request.sector_count * SECTOR_SIZE_BYTES
        is_reading = request.kind is RequestKind.READ
        self._hurried[is_reading, request.volume, offset_bytes, size_bytes] += 1

    def finish_rest(self) -> list[DiskWork]:
        """A connection has ended, and nobody is told any more: all that waits."""
        rest = [work for works in self._waiting.values() for work in works]
        self._waiting.clear()
        return rest

    def finish(self, said: Said) -> list[DiskWork]:
        """A packet tells that something is finished: the work that waits for that."""
        works = []
        for task in self._told[said]:
            self._left[task] -= 1
            if self._waiting[task]:
                works.append(self._waiting[task].popleft())
            else:
                self._finished[task] += 1
        return works


def _asked(work: DiskWork) -> Task | None:
    match work:
        case ReadBlocks():
            return READING, work.volume, work.offset_bytes, work.size_bytes
        case WriteBlocks():
            return WRITING, work.volume, work.offset_bytes, len(work.data)
        case ZeroBlocks():
            return WRITING, work.volume, work.offset_bytes, work.size_bytes
        case FlushDisk():
            return None
