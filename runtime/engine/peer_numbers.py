"""How far this node has come with the numbers of the peer's writes and acknowledgements (wire 7.8).

They share one sequence per volume, and come on two sockets. So a number tells of a packet on one of
them what was sent before it on the other.
"""

from typing import Final

NUMBER_MASK: Final = (1 << 32) - 1
HALF: Final = 1 << 31


class PeerNumbers:
    """The numbers of one volume, since the connection was made."""

    __slots__ = ("_ack_count", "_last", "_write_count")

    def __init__(self) -> None:
        self._last = 0
        self._write_count = 0
        self._ack_count = 0

    def took_write(self, number: int) -> None:
        """A write has been taken."""
        self._write_count += 1
        self._last = _later(self._last, number)

    def took_ack(self, number: int) -> None:
        """An acknowledgement has been taken."""
        self._ack_count += 1
        self._last = _later(self._last, number)

    def is_in_turn(self, number: int) -> bool:
        """Whether all acknowledgements have come that were sent before this write."""
        return (self._last + 1 - number) & NUMBER_MASK < HALF

    def writes_before(self, number: int) -> int:
        """How many writes were sent before an acknowledgement that has come and was not taken."""
        return (number - 1 - self._ack_count) & NUMBER_MASK

    def has_taken(self, write_count: int) -> bool:
        """Whether so many writes have come."""
        return (self._write_count - write_count) & NUMBER_MASK < HALF


def _later(one: int, other: int) -> int:
    return one if (one - other) & NUMBER_MASK < HALF else other
