"""Devices in memory: one that is sparse, and one that knows what a crash could leave of it."""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from runtime.errors import DiskError

SECTOR_SIZE_BYTES: Final = 512
ZEROS: Final = bytes(SECTOR_SIZE_BYTES)

Sectors = dict[int, bytes]


class MemoryDevice:
    """Bytes in memory; sectors that were never written cost nothing."""

    def __init__(self, size_bytes: int, sectors: Sectors | None = None) -> None:
        self.size_bytes = size_bytes
        self.sectors = dict(sectors or {})
        self.write_count = 0
        self.flush_count = 0
        self.bad_from_bytes = size_bytes
        """From here on nothing can be written ..."""
        self.good_writes = 0
        """... but for so many more times."""
        self.failures = 0

    def grow(self, more_bytes: int) -> None:
        """It is enlarged, as a file or a logical volume may be while it is open."""
        self.size_bytes += more_bytes
        self.bad_from_bytes = self.size_bytes

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read so many bytes."""
        assert 0 <= offset_bytes <= offset_bytes + size_bytes <= self.size_bytes
        first = offset_bytes // SECTOR_SIZE_BYTES
        end = -(-(offset_bytes + size_bytes) // SECTOR_SIZE_BYTES)
        content = b"".join([self.sector(number) for number in range(first, end)])
        at = offset_bytes - first * SECTOR_SIZE_BYTES
        return content[at : at + size_bytes]

    def sector(self, number: int) -> bytes:
        """What reading a sector gives now."""
        return self.sectors.get(number, ZEROS)

    def has_sectors_of(self, other: "MemoryDevice", sector_count: int) -> bool:
        """Whether so many sectors from the beginning are the same there."""
        written = {*self.written(), *other.written()}
        return all(self.sector(it) == other.sector(it) for it in written if it < sector_count)

    def written(self) -> Iterable[int]:
        """The sectors that were ever written."""
        return self.sectors

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write whole sectors."""
        assert offset_bytes % SECTOR_SIZE_BYTES == len(content) % SECTOR_SIZE_BYTES == 0
        assert 0 <= offset_bytes <= offset_bytes + len(content) <= self.size_bytes
        if offset_bytes >= self.bad_from_bytes and not self.good_writes:
            self.failures += 1
            raise DiskError(f"writing at byte {offset_bytes}: Input/output error")
        self.good_writes -= offset_bytes >= self.bad_from_bytes
        first = offset_bytes // SECTOR_SIZE_BYTES
        for number in range(len(content) // SECTOR_SIZE_BYTES):
            at = number * SECTOR_SIZE_BYTES
            self.write_sector(first + number, bytes(content[at : at + SECTOR_SIZE_BYTES]))
        self.write_count += 1

    def write_sector(self, number: int, content: bytes) -> None:
        """Write one sector."""
        self.sectors[number] = content

    def flush(self) -> None:
        """Make everything durable."""
        self.flush_count += 1


class CrashingDevice(MemoryDevice):
    """A device that can say what a crash at this moment could leave.

    Each sector of what was written and not flushed is there or not, in any of its versions: that
    covers writes that are lost, torn, or done in another order.
    """

    def __init__(self, size_bytes: int, sectors: Sectors | None = None) -> None:
        super().__init__(size_bytes, sectors)
        self._versions: dict[int, list[bytes]] = {}
        self.after_write: Callable[[], None] = lambda: None

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write whole sectors, and let somebody look."""
        super().write(offset_bytes, content)
        self.after_write()

    def sector(self, number: int) -> bytes:
        """What reading a sector gives now."""
        versions = self._versions.get(number)
        return versions[-1] if versions else super().sector(number)

    def written(self) -> Iterable[int]:
        """The sectors that were ever written."""
        return self.sectors.keys() | self._versions.keys()

    def write_sector(self, number: int, content: bytes) -> None:
        """Write one sector, which may be lost until the next flush."""
        if content != self.sector(number):
            before = self._versions.setdefault(number, [super().sector(number)])
            before.append(content)

    def flush(self) -> None:
        """Make everything durable."""
        super().flush()
        self.sectors.update({number: it[-1] for number, it in self._versions.items()})
        self._versions.clear()

    def crashes(self, rng: random.Random, *, count_max: int) -> Iterator[MemoryDevice]:
        """What a crash could leave: every case when those are few, else a sample of them."""
        numbers = list(self._versions)
        choices = [list(dict.fromkeys(self._versions[number])) for number in numbers]
        count = 1
        for versions in choices:
            count *= len(versions)
        if count <= count_max:
            cases: Iterator[tuple[bytes, ...]] = itertools.product(*choices)
        else:
            some = (tuple(map(rng.choice, choices)) for _ in range(count_max - 2))
            lost = tuple(versions[0] for versions in choices)
            done = tuple(versions[-1] for versions in choices)
            cases = itertools.chain([lost, done], some)
        for case in cases:
            there = dict(zip(numbers, case, strict=True))
            yield MemoryDevice(self.size_bytes, self.sectors | there)
