"""A block that an online verify reads, between the writes that came before and those behind it."""

from collections.abc import Callable

from generated.layouts.codec import Octets
from runtime.effects import DiskWork, ReadBlocks
from runtime.engine.intervals import hand_on
from runtime.engine.volume import Volume
from runtime.requests import SECTOR_SIZE_BYTES


class BlockRead:
    """One read of a range that the peer wants to know of."""

    __slots__ = ("_first_sector", "_is_wanted", "_sector_count", "_then", "_volume")

    def __init__(
        self,
        volume: Volume,
        sectors: range,
        *,
        is_wanted: Callable[[], bool],
        then: Callable[[str, Octets], None],
    ) -> None:
        """`then` gets the content or an error, also where it is not wanted any more."""
        self._volume = volume
        self._first_sector, self._sector_count = sectors.start, len(sectors)
        self._is_wanted = is_wanted
        self._then = then

    def begin(self) -> None:
        """Wait for what is being written to it."""
        if self._volume.ranges.claim(
            self,
            first_sector=self._first_sector,
            sector_count=self._sector_count,
            is_exclusive=False,
        ):
            self.range_granted()

    def range_granted(self) -> None:
        """Nobody else is at work on these blocks."""
        volume = self._volume
        if not (volume.has_disk and self._is_wanted()):
            hand_on(volume.ranges, self)
            self._then("nobody wants it any more", b"")
            return
        offset_bytes = self._first_sector * SECTOR_SIZE_BYTES
        size_bytes = self._sector_count * SECTOR_SIZE_BYTES
        volume.ask_disk_for_peer(ReadBlocks(volume.number, self, offset_bytes, size_bytes))

    def disk_finished(self, _work: DiskWork, error: str, content: Octets) -> None:
        """The disk has read, or failed."""
        hand_on(self._volume.ranges, self)
        self._then(error, content)
