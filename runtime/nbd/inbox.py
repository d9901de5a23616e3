"""What a client has sent and nobody has read yet: the socket's bytes, cut without a copy."""

from struct import Struct
from typing import Any, Final

BLOCK_SIZE_BYTES: Final = 1 << 18  # some sixty writes of 4 KiB; a longer piece gets its own
READ_SIZE_BYTES_MIN: Final = 1 << 14  # less room is not worth a call of the system


class Inbox:
    """Read the socket into `space()`, say with `received()` how much came, and take pieces."""

    def __init__(self) -> None:
        self._block = memoryview(b"")
        self._start = 0
        self._end = 0
        self._wanted = 0

    @property
    def size_bytes(self) -> int:
        """How much is there."""
        return self._end - self._start

    def space(self) -> memoryview:
        """Where the next bytes of the socket go; take all that is complete before."""
        needed = max(self._wanted - self.size_bytes, READ_SIZE_BYTES_MIN)
        if len(self._block) - self._end < needed:
            rest = self._block[self._start : self._end]
            block = memoryview(bytearray(max(BLOCK_SIZE_BYTES, len(rest) + needed)))
            block[: len(rest)] = rest
            self._block, self._start, self._end = block, 0, len(rest)
        return self._block[self._end :]

    def received(self, size_bytes: int) -> None:
        """So many bytes were put at the beginning of the space."""
        self._end += size_bytes

    def fields(self, layout: Struct) -> tuple[Any, ...] | None:
        """The numbers of a header, when all of it is there; it is left where it is."""
        self._wanted = 0
        if self._end - self._start < layout.size:
            return None
        return layout.unpack_from(self._block, self._start)

    def take(self, size_bytes: int) -> memoryview | None:
        """So many bytes, when all of them are there."""
        end = self._start + size_bytes
        if end > self._end:
            self._wanted = size_bytes
            return None
        taken = self._block[self._start : end]
        self._start = end
        return taken

    def drop(self, size_bytes_max: int) -> int:
        """Forget up to so many bytes; return how many were there."""
        self._wanted = 0
        size_bytes = min(size_bytes_max, self.size_bytes)
        self._start += size_bytes
        return size_bytes
