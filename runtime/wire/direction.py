"""One direction of a watched TCP connection: segments to frames, over what the capture lacks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from runtime.errors import PeerError
from runtime.wire.framing import ANY_LIMITS, Frame, Framing
from runtime.wire.reassembly import Endpoint, Gap, Piece, Stream

BLOCK_SIZE_BYTES: Final = 1 << 16  # a capture may have thousands of directions


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """A frame, and how much of its payload's beginning and of all of it was captured."""

    frame: Frame
    good_size: int
    missing_size: int


@dataclass(frozen=True, slots=True)
class Oddity:
    """Bytes that are no packet: the sender broke the protocol, or the capture is not complete."""

    sentence: str
    is_by_sender: bool = False


Sight = FrameSeen | Oddity


class Direction:
    """What one node sends on one TCP connection."""

    def __init__(self, source: Endpoint, target: Endpoint, *, from_start: bool) -> None:
        self.source = source
        self.target = target
        self.stream = Stream()
        self.framing = Framing(ANY_LIMITS, None, block_size_bytes=BLOCK_SIZE_BYTES)
        self.digest_size: int | None = None
        """The size of the digests in front of data; None as long as nobody has said."""
        self.is_finished = False
        self._aligned = from_start
        self._skipped_size = 0
        self._missing_size = 0  # of the next payload
        self._bad_size = 0  # of the next payload: what follows the first missing byte, and itself

    def take(self, pieces: Iterable[Piece]) -> Iterator[Sight]:
        """The frames that are complete with these pieces."""
        for piece in pieces:
            if isinstance(piece, Gap):
                yield from self._leap(piece.size)
            else:
                yield from self._feed(piece)

    def finish(self, time_s: float) -> Iterator[Sight]:
        """Take what still waits, and tell what is left over."""
        yield from self.take(self.stream.finish(time_s))
        size = len(self.framing.pending)
        if self._aligned and size:
            yield Oddity(f"{size} bytes of an incomplete packet at the end")
        elif size + self._skipped_size:
            yield Oddity(f"{size + self._skipped_size} bytes skipped at the end")
        self.abandon()

    def abandon(self) -> None:
        """Look no longer at what is sent here."""
        self.is_finished = True
        self.framing.drop()

    def _feed(self, piece: bytes) -> Iterator[Sight]:
        rest = memoryview(piece)
        while rest:
            rest = rest[self.framing.put(rest) :]
            yield from self._frames()

    def _frames(self) -> Iterator[Sight]:
        while self._aligned or self._found_header():
            if self._skipped_size:
                yield Oddity(f"{self._skipped_size} bytes skipped, up to the next packet's header")
                self._skipped_size = 0
            try:
                for frame in self.framing.frames():
                    yield self._seen(frame)
            except PeerError as error:
                self._aligned = False
                yield Oddity(str(error), is_by_sender=True)
            else:
                return

    def _found_header(self) -> bool:
        before = len(self.framing.pending)
        self._aligned = self.framing.seek_header()
        self._skipped_size += before - len(self.framing.pending)
        return self._aligned

    def _seen(self, frame: Frame) -> FrameSeen:
        good_size = len(frame.payload) - self._bad_size
        seen = FrameSeen(frame, good_size, self._missing_size)
        self._bad_size = self._missing_size = 0
        return seen

    def _leap(self, size: int) -> Iterator[Sight]:
        """Bytes are missing: a hole in one payload, or else the next header is unknown."""
        lacking = self.framing.lacking if self._aligned else 0
        if size <= lacking:
            self._bad_size = self._bad_size or lacking
            self._missing_size += size
            yield from self._feed(bytes(size))
            return
        if self._aligned:
            yield Oddity(f"{size} bytes were not captured")
        self._skipped_size += len(self.framing.pending)
        self.framing.drop()
        self._aligned = False
        self._bad_size = self._missing_size = 0
