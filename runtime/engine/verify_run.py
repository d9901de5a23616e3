"""How far an online verify is and what it has found, on either side (states 6.11)."""

from dataclasses import replace
from typing import Final

from runtime.digests import DIGEST_SIZE_BYTES
from runtime.effects import Level
from runtime.engine.progress import Marks, Progress
from runtime.engine.volume import Volume

BLOCK_SECTORS: Final = 8  # 4 KiB, the data of one bit (wire 12.4)
BLOCK_SIZE_KIB: Final = 4


class VerifyRun:
    """One online verify of one volume, from its start to its end."""

    def __init__(self, volume: Volume, first_sector: int) -> None:
        self.algorithm = volume.connection.verify_alg
        self.digest_size_bytes = DIGEST_SIZE_BYTES[self.algorithm]
        self.first_sector = self.position = first_sector
        """Where it began, and the sector behind all that was asked for."""
        self.stop_sector: int | None = None
        """Where it ends before the end of the volume."""
        self.compared_count = 0
        """Blocks of 4 KiB of which the result is known."""
        self.differing_count = 0
        """Those of them that are not the same, or could not be read."""
        self._volume = volume
        self._open: set[int] = set()
        """First sectors of what was asked for and has no result yet."""
        self._refused: set[int] = set()
        """Those of them that will never have one."""
        self._found = range(0)
        """The sectors that were found last and are not reported yet: neighbours go together."""
        self.begin_at(first_sector)

    def begin_at(self, first_sector: int) -> None:
        """Count from here, before anything was asked for."""
        self.first_sector = self.position = first_sector
        self._bits_total = _blocks(self._volume.size_sectors - first_sector)
        self._marks = Marks(bits_total=self._bits_total, now=self._volume.agenda.now)

    @property
    def open_count(self) -> int:
        """Requests that have no result yet."""
        return len(self._open)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was asked for yet."""
        return not self._open and not self.compared_count

    @property
    def limit(self) -> int:
        """The sector at which nothing more is asked for."""
        size = self._volume.size_sectors
        return size if self.stop_sector is None else min(size, self.stop_sector)

    @property
    def is_complete(self) -> bool:
        """Whether all has been compared that was to be, and could be."""
        return self.position >= self.limit and len(self._open) == len(self._refused)

    @property
    def reached_sector(self) -> int:
        """The first sector that was not compared: all before it were."""
        return min(self._open, default=self.position)

    @property
    def bits_left(self) -> int:
        """How many blocks were not compared, to the end of the volume."""
        return max(0, self._bits_total - self.compared_count)

    def asked(self, first_sector: int, sector_count: int) -> None:
        """A block is being compared."""
        self._open.add(first_sector)
        self.position = max(self.position, first_sector + sector_count)

    def refused(self, first_sector: int) -> None:
        """A block can't be compared."""
        self._refused.add(first_sector)

    def compared(self, first_sector: int, sector_count: int, *, is_same: bool) -> None:
        """The result of a block is known; what differs is marked out of sync."""
        self._open.discard(first_sector)
        blocks = _blocks(sector_count)
        self.compared_count += blocks
        self._marks.advance(bits_left=self.bits_left, now=self._volume.agenda.now)
        if is_same:
            self.report()
        else:
            self.differing_count += blocks
            self._mark(first_sector, first_sector + sector_count)

    def _mark(self, first_sector: int, end_sector: int) -> None:
        volume = self._volume
        if self._found.stop == first_sector and self._found:
            self._found = range(self._found.start, end_sector)
        else:
            self.report()
            self._found = range(first_sector, end_sector)
        sector_count = min(end_sector, volume.size_sectors) - first_sector
        if volume.has_disk and sector_count > 0:
            volume.store.mark_out_of_sync(first_sector=first_sector, sector_count=sector_count)

    def report(self) -> None:
        """Tell of the last neighbours that differ, if they are not told of yet."""
        found, self._found = self._found, range(0)
        if found:
            text = f"Out of sync: start={found.start}, size={len(found)} (sectors)"
            self._volume.log(text, Level.ERROR)

    def report_end(self) -> None:
        """Tell what it came to, in words of the kernel and in the volume that it has moved."""
        volume = self._volume
        self.report()
        done = self._marks.done_text(
            now=volume.agenda.now, bits_left=self.bits_left, is_verify=True
        )
        volume.log(done)
        if volume.bits_out_of_sync:
            text = f"Online verify found {volume.bits_out_of_sync} 4k block out of sync!"
            volume.log(text, Level.ERROR)
        volume.log(
            f"compared {self.compared_count} blocks"
            f" ({self.compared_count * BLOCK_SIZE_KIB} KB), {self.differing_count} differ;"
            f" {self.compared_count * self.digest_size_bytes} bytes of digests were sent for them"
        )

    @property
    def rate_kib_s(self) -> int:
        """The rate that throttling looks at (states 6.8)."""
        return self._marks.current_rate_kib_s(bits_left=self.bits_left, now=self._volume.agenda.now)

    def progress(self, wanted_kib_s: int | None) -> Progress:
        """How far it is."""
        made = self._marks.progress(
            bits_set=self.bits_left, now=self._volume.agenda.now, wanted_kib_s=wanted_kib_s
        )
        return replace(made, bits_differing=self.differing_count)


def _blocks(sector_count: int) -> int:
    return -(-sector_count // BLOCK_SECTORS)
