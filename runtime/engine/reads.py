"""The reads of applications: by the own disk or the peer's, whichever has good data (states 4.6).

What one of the two could not read is read from the other. With on-io-error pass_on the own disk is
kept, so what the peer has read is written back to it (states 7.1).
"""

from collections.abc import Callable
from typing import Final

from generated.layouts.codec import Octets
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from runtime.config import OnIoError, ReadBalancing
from runtime.effects import DiskWork, ReadBlocks, WriteBlocks
from runtime.engine.diskless_read import RemoteReads
from runtime.engine.intervals import hand_on
from runtime.engine.volume import Volume
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind

BLOCK_SECTORS: Final = 8  # what a bit stands for
CONGESTED_COUNT: Final = 8  # works that a disk has at once; with more of them some wait
STRIPE_SIZES_KIB: Final = {
    ReadBalancing.STRIPING_32K: 32,
    ReadBalancing.STRIPING_64K: 64,
    ReadBalancing.STRIPING_128K: 128,
    ReadBalancing.STRIPING_256K: 256,
    ReadBalancing.STRIPING_512K: 512,
    ReadBalancing.STRIPING_1M: 1024,
}
NO_DATA: Final = "no UpToDate data can be reached"

Finish = Callable[[Request, str, Octets], None]


class Reads:
    """All reads of one volume's applications."""

    def __init__(
        self, volume: Volume, *, traces: bool, disk_failed: Callable[[str], None], finish: Finish
    ) -> None:
        self.volume = volume
        self.remote = RemoteReads(volume, traces=traces)
        self.disk_failed = disk_failed
        self.finish = finish
        self.local_count = 0
        """How many the own disk has not answered."""
        self._was_remote = False

    def begin(self, part: Request) -> None:
        """Read a range, one packet of it at most."""
        read = _Read(self, part)
        if not self.is_good_here(part):
            read.read_there(NO_DATA)
        elif self.peer_has_data and self._prefers_peer(part):
            read.read_there("")
        else:
            read.read_here()

    def is_good_here(self, part: Request) -> bool:
        """Whether the own disk has this range as applications wrote it."""
        volume = self.volume
        if volume.state.disk is DiskState.UpToDate:
            return True
        if volume.state.disk is not DiskState.Inconsistent or not volume.has_disk:
            return False
        bit = volume.store.bitmap.next_set(part.first_sector // BLOCK_SECTORS)
        return bit is None or bit * BLOCK_SECTORS >= part.first_sector + part.sector_count

    @property
    def peer_has_data(self) -> bool:
        """Whether the peer can be asked."""
        return self.volume.state.pdsk is PeerDiskState.UpToDate and self.volume.is_up

    @property
    def may_repair(self) -> bool:
        """Whether a disk that could not read is kept, and nobody else writes to it.

        Writes of a peer that is primary too could wait for a range that waits for the peer.
        """
        volume = self.volume
        is_kept = volume.options.on_io_error is OnIoError.PASS_ON and volume.has_disk
        return is_kept and volume.state.peer is not PeerState.Primary

    def _prefers_peer(self, part: Request) -> bool:
        """What the option read-balancing says."""
        policy = self.volume.options.read_balancing
        match policy:
            case ReadBalancing.PREFER_LOCAL:
                return False
            case ReadBalancing.PREFER_REMOTE:
                return True
            case ReadBalancing.ROUND_ROBIN:
                self._was_remote = not self._was_remote
                return self._was_remote
            case ReadBalancing.LEAST_PENDING:
                return self.local_count > self.remote.count
            case ReadBalancing.WHEN_CONGESTED_REMOTE:
                return self.volume.own_works.count > CONGESTED_COUNT
            case _:
                stripe_sectors = STRIPE_SIZES_KIB[policy] * 1024 // SECTOR_SIZE_BYTES
                return bool(part.first_sector // stripe_sectors % 2)


class _Read:
    """One read; each of the two disks is asked once at most."""

    __slots__ = ("part", "room", "was_asked_here", "was_asked_there")

    def __init__(self, room: Reads, part: Request) -> None:
        self.room = room
        self.part = part
        self.was_asked_here = self.was_asked_there = False

    def read_here(self) -> None:
        """Ask the own disk."""
        self.was_asked_here = True
        room, part = self.room, self.part
        room.local_count += 1
        room.volume.activity.moved(part.sector_count)
        room.volume.ask_disk(_reading(room.volume, part, self))

    def disk_finished(self, _work: DiskWork, error: str, content: Octets) -> None:
        """The own disk has read, or failed."""
        room, part = self.room, self.part
        room.local_count -= 1
        if not error:
            room.finish(part, "", content)
            return
        room.volume.mark_out_of_sync(first_sector=part.first_sector, sector_count=part.sector_count)
        room.disk_failed(error)
        if room.may_repair and room.peer_has_data and not self.was_asked_there:
            _Repair(room, part, error).begin()
        else:
            self.read_there(error)

    def read_there(self, otherwise: str) -> None:
        """Ask the peer; when it can't be asked, the read fails for the reason given."""
        room = self.room
        if not room.peer_has_data or self.was_asked_there:
            room.finish(self.part, otherwise, b"")
            return
        self.was_asked_there = True
        room.remote.begin(self.part, self._peer_finished)

    def _peer_finished(self, error: str, content: Octets) -> None:
        room = self.room
        if error and room.is_good_here(self.part) and not self.was_asked_here:
            self.read_here()
        else:
            room.finish(self.part, error, content)


class _Repair:
    """A range that the own disk could not read: the peer's content is written back to it.

    Whole blocks are, since only those can be in sync. Nobody writes to them meanwhile.
    """

    def __init__(self, room: Reads, part: Request, error: str) -> None:
        self.room = room
        self.part = part
        self.error = error
        self.range = _whole_blocks(room.volume, part)

    def begin(self) -> None:
        """Wait until nobody writes to the range."""
        if self.room.volume.ranges.claim(
            self,
            first_sector=self.range.first_sector,
            sector_count=self.range.sector_count,
            is_exclusive=True,
        ):
            self.range_granted()

    def range_granted(self) -> None:
        """Ask the peer, if it can still be asked."""
        room = self.room
        if room.peer_has_data:
            room.remote.begin(self.range, self._peer_finished)
        else:
            self._end()
            room.finish(self.part, self.error, b"")

    def _peer_finished(self, error: str, content: Octets) -> None:
        room, part = self.room, self.part
        start = (part.first_sector - self.range.first_sector) * SECTOR_SIZE_BYTES
        end = start + part.sector_count * SECTOR_SIZE_BYTES
        volume = room.volume
        if error or not volume.has_disk:
            self._end()
        else:
            offset_bytes = self.range.first_sector * SECTOR_SIZE_BYTES
            # Like what is done for the peer: the disk is not given back before it has ended.
            volume.ask_disk_for_peer(WriteBlocks(volume.number, self, offset_bytes, content))
        room.finish(part, error, content[start:end])

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """The block can be written, as is the case with most that can't be read; or not."""
        volume = self.room.volume
        if error:
            self.room.disk_failed(error)
        elif volume.has_disk:
            volume.store.mark_in_sync(
                first_sector=self.range.first_sector, sector_count=self.range.sector_count
            )
            volume.log(f"repaired {self.range.sector_count} sectors at {self.range.first_sector}")
        self._end()

    def _end(self) -> None:
        hand_on(self.room.volume.ranges, self)


def _reading(volume: Volume, part: Request, owner: _Read) -> ReadBlocks:
    offset_bytes = part.first_sector * SECTOR_SIZE_BYTES
    return ReadBlocks(volume.number, owner, offset_bytes, part.sector_count * SECTOR_SIZE_BYTES)


def _whole_blocks(volume: Volume, part: Request) -> Request:
    """The range with all of its first and last block, where a packet can have that much."""
    first = part.first_sector // BLOCK_SECTORS * BLOCK_SECTORS
    end = -(-(part.first_sector + part.sector_count) // BLOCK_SECTORS) * BLOCK_SECTORS
    count = min(end, volume.size_sectors) - first
    if count * SECTOR_SIZE_BYTES > volume.request_size_bytes_max:
        first, count = part.first_sector, part.sector_count
    return Request(RequestKind.READ, part.volume, first, count)
