"""What this node owes the peer: answers that are not read yet, or that the peer does not take.

A request to read has 40 bytes, its answer up to 1 MiB. So requests are counted when they come, and
above a bound nothing more is taken from the data socket.
"""

from collections.abc import Callable
from typing import Final

OWED_SIZE_BYTES_MAX: Final = 64 << 20
"""16 times what a kernel has in flight (wire 12.3: max-buffers / 2 pages): only a peer that asks
for ever and takes nothing gets there."""


class Owed:
    """The answers of one link."""

    def __init__(self, pause: Callable[[object], None], resume: Callable[[object], None]) -> None:
        self._pause = pause
        self._resume = resume
        self._size_bytes = 0
        self._untaken_size_bytes = 0
        """Of answers that were sent while the socket took nothing."""

    @property
    def size_bytes(self) -> int:
        """How much is owed."""
        return self._size_bytes

    def add(self, size_bytes: int) -> None:
        """The peer asked for so much."""
        self._size_bytes += size_bytes
        if self._size_bytes > OWED_SIZE_BYTES_MAX:
            self._pause(self)

    def answered(self, size_bytes: int, *, is_congested: bool) -> None:
        """So much of it was answered; it still counts while the socket takes nothing."""
        if is_congested:
            self._untaken_size_bytes += size_bytes
        else:
            self._pay(size_bytes)

    def taken(self) -> None:
        """The socket takes again what it is given."""
        untaken, self._untaken_size_bytes = self._untaken_size_bytes, 0
        self._pay(untaken)

    def _pay(self, size_bytes: int) -> None:
        self._size_bytes -= size_bytes
        if self._size_bytes <= OWED_SIZE_BYTES_MAX:
            self._resume(self)
