"""The peer's answers in a resync, cut as our node has asked.

A source answers each request with its range. When our node asks for the same sectors in other
pieces, the recorded answers are put together for it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from generated.layouts.acks import P_RS_CANCEL
from generated.layouts.codec import Packet
from generated.layouts.requests import (
    P_CSUM_RS_REQUEST,
    P_RS_DATA_REPLY,
    P_RS_DEALLOCATED,
    SpecialBlockId,
)
from runtime.digests import DIGEST_SIZE_BYTES, digest
from tests.replay.exceptions import asked_for
from tests.replay.happenings import Happening, Said
from tests.replay.manifest import SECTOR_SIZE_BYTES, Side

Range: TypeAlias = tuple[int, int]
"""A first sector, and a number of sectors."""

ALGORITHMS: Final = {0: "", **{size: name for name, size in DIGEST_SIZE_BYTES.items()}}
"""The size of a digest -> what it was made with."""


@dataclass
class ResyncAnswers:
    """What was asked for and what has come, of one volume on one connection."""

    cancelled: Counter[Range] = field(default_factory=Counter)
    """What was asked for in vain."""
    cancels_on: int | None = None
    """The connection on which a source that is ahead of its peer cancels what is asked for."""
    _asked: list[Range] = field(default_factory=list)
    _data: dict[int, bytes] = field(default_factory=dict)
    """Sector -> its content; nothing where its blocks are not allocated."""
    _integrity_alg: str = ""

    def ask(self, packet: Packet) -> Iterator[Packet]:
        """Our node may ask for a range: the answer, if all of it has come already."""
        asked = asked_for(packet)
        if isinstance(packet, P_CSUM_RS_REQUEST):
            asked = packet.sector, packet.blksize // SECTOR_SIZE_BYTES
        if asked is not None:
            self._asked.append(asked)
            yield from self._cancels() if self.cancels_on is not None else self._answers()

    def cancel(self, connection: int) -> Iterator[Packet]:
        """The source has gone ahead: it cancels all that has no answer."""
        self.cancels_on = connection
        return self._cancels()

    def _cancels(self) -> Iterator[Packet]:
        asked, self._asked = self._asked, []
        self.cancelled.update(asked)
        for first, count in asked:
            yield P_RS_CANCEL(first, SpecialBlockId.ID_SYNCER, count * SECTOR_SIZE_BYTES, 0)

    def answer(self, packet: P_RS_DATA_REPLY | P_RS_DEALLOCATED) -> Iterator[Packet]:
        """An answer comes; what of it and of earlier ones can be given to our node."""
        if isinstance(packet, P_RS_DATA_REPLY):
            data, size_bytes = bytes(packet.data), len(packet.data)
            self._integrity_alg = ALGORITHMS[len(packet.digest)]
        else:
            data, size_bytes = b"", packet.size
        for at in range(0, size_bytes, SECTOR_SIZE_BYTES):
            sector = packet.sector + at // SECTOR_SIZE_BYTES
            self._data[sector] = data[at : at + SECTOR_SIZE_BYTES]
        yield from self._answers()

    def _answers(self) -> Iterator[Packet]:
        for first, count in list(self._asked):
            sectors = range(first, first + count)
            if all(sector in self._data for sector in sectors):
                self._asked.remove((first, count))
                yield self._packet(sectors)

    def _packet(self, sectors: range) -> Packet:
        pieces = [self._data.pop(sector) for sector in sectors]
        if not any(pieces):
            return P_RS_DEALLOCATED(sectors[0], len(sectors) * SECTOR_SIZE_BYTES)
        data = b"".join(piece or bytes(SECTOR_SIZE_BYTES) for piece in pieces)
        made = digest(self._integrity_alg, data) if self._integrity_alg else b""
        return P_RS_DATA_REPLY(sectors[0], SpecialBlockId.ID_SYNCER, made, data)


def without_cancelled(all_of_them: Iterable[Happening], side: Side) -> Iterator[Happening]:
    """What happened, without what a side asked for in vain: how much that is depends on time."""
    all_of_them = list(all_of_them)
    cancelled = Counter(
        (it.seen.frame.volume, it.packet.sector, it.packet.blksize // SECTOR_SIZE_BYTES)
        for it in all_of_them
        if isinstance(it, Said) and it.by is not side and isinstance(it.packet, P_RS_CANCEL)
    )
    for it in all_of_them:
        asked = asked_for(it.packet) if isinstance(it, Said) and it.by is side else None
        if asked is not None and isinstance(it, Said):
            place = it.seen.frame.volume, *asked
            if cancelled[place]:
                cancelled[place] -= 1
                continue
        yield it
