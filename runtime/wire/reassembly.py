"""TCP segments, in whatever order and however often they were seen, to the bytes they carry."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

SEQUENCE_COUNT: Final = 1 << 32  # sequence numbers wrap here (RFC 9293)
WAITING_SIZE_BYTES_MAX: Final = 16 << 20  # more than the largest send buffer (wire 12.1)
WAITING_PIECE_COST_BYTES: Final = 200  # what Python needs for a piece beside its bytes
REORDERING_S: Final = 1.0  # a segment that is captured later than this is not captured at all


class Endpoint(NamedTuple):
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment as it was captured."""

    time_s: float
    source: Endpoint
    target: Endpoint
    sequence: int
    payload: bytes
    size: int  # of the payload as it was sent; the capture may have kept less of it
    acknowledged: int | None = None
    syn: bool = False
    fin: bool = False
    reset: bool = False


class Gap(NamedTuple):
    """So many bytes were sent but not captured."""

    size: int


Piece = bytes | Gap


class _Waiting(NamedTuple):
    """Bytes that cannot be used before those in front of them have come."""

    position: int
    payload: bytes
    size: int


class Stream:
    """One direction of a TCP connection: segments go in, bytes and gaps come out in order.

    Positions are sequence numbers that do not wrap.
    """

    def __init__(self) -> None:
        self._start: int | None = None
        self._next: int | None = None
        self._end: int | None = None
        self._waiting: list[_Waiting] = []
        self._waiting_size_bytes = 0
        self._stuck_since_s = 0.0

    def is_of_another(self, segment: Segment) -> bool:
        """Whether the segment opens a later connection of the same two endpoints."""
        return segment.syn and self._start not in (None, segment.sequence)

    @property
    def ended(self) -> bool:
        """Whether the sender has finished and all that it sent is out."""
        return self._end is not None and self._next == self._end

    def add(self, segment: Segment) -> Iterator[Piece]:
        """Take a segment; give what has become complete by it."""
        sequence = segment.sequence + segment.syn  # a SYN counts like a byte in front of the data
        if self._next is None:
            self._start = segment.sequence
            self._next = sequence
        position = self._position(sequence)
        if segment.fin:
            self._end = position + segment.size
        if not segment.size:
            return
        if not self._waiting:
            self._stuck_since_s = segment.time_s
        piece = _Waiting(position, segment.payload, segment.size)
        heapq.heappush(self._waiting, piece)
        self._waiting_size_bytes += len(piece.payload) + WAITING_PIECE_COST_BYTES
        yield from self._ready(segment.time_s)
        if self._waiting_size_bytes > WAITING_SIZE_BYTES_MAX:
            yield from self.give_up(segment.time_s)

    def acknowledge(self, segment: Segment) -> Iterator[Piece]:
        """The receiver acknowledges: what it has and we have not, the capture has lost."""
        if not self._waiting or segment.acknowledged is None:
            return
        assert self._next is not None
        is_late = segment.time_s - self._stuck_since_s > REORDERING_S
        if is_late and self._position(segment.acknowledged) > self._next:
            yield from self.give_up(segment.time_s)

    def give_up(self, time_s: float) -> Iterator[Piece]:
        """Wait no longer for the bytes in front of the first that wait."""
        if self._waiting:
            assert self._next is not None
            first = self._waiting[0].position
            size, self._next = first - self._next, first
            yield Gap(size)
            yield from self._ready(time_s)

    def finish(self, time_s: float) -> Iterator[Piece]:
        """No segment comes any more: give all that waits, with the gaps in it."""
        while self._waiting:
            yield from self.give_up(time_s)

    def _position(self, sequence: int) -> int:
        """The position with this sequence number that is nearest to the next expected one."""
        assert self._next is not None
        half = SEQUENCE_COUNT // 2
        return self._next + (sequence - self._next + half) % SEQUENCE_COUNT - half

    def _ready(self, time_s: float) -> Iterator[Piece]:
        """Take out what is next in order, without what is known already."""
        assert self._next is not None
        while self._waiting and self._waiting[0].position <= self._next:
            position, payload, size = heapq.heappop(self._waiting)
            self._waiting_size_bytes -= len(payload) + WAITING_PIECE_COST_BYTES
            self._stuck_since_s = time_s
            known = self._next - position
            if known >= size:
                continue
            self._next = position + size
            fresh = payload[known:] if known else payload
            if fresh:
                yield fresh
            if missing := size - known - len(fresh):
                yield Gap(missing)
