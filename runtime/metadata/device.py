"""What meta-data lies on: bytes at offsets, and a promise about when they are durable."""

from typing import Protocol

SECTOR_SIZE_BYTES = 512  # metadata 0, whatever the hardware says
BLOCK_SIZE_BYTES = 4096


class Device(Protocol):
    """A disk or file. A write is atomic by sector, and durable once a later flush has returned.

    Until then each sector of it may be there after a crash or not, in any order. All raise
    DiskError when the device fails.
    """

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes."""

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write all bytes at an offset."""

    def flush(self) -> None:
        """Wait until everything that was written is durable."""
