"""The peer's answers in a resync, cut as our node has asked.

A source answers each request with its range. When our node asks for the same sectors in other
pieces, the recorded answers are put together for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from generated.layouts.codec import Packet
from generated.layouts.requests import P_RS_DATA_REPLY, P_RS_DEALLOCATED, SpecialBlockId
from tests.replay.exceptions import asked_for
from tests.replay.manifest import SECTOR_SIZE_BYTES


@dataclass
class ResyncAnswers:
    """What was asked for and what has come, of one volume on one connection."""

    _asked: list[tuple[int, int]] = field(default_factory=list)
    _data: dict[int, bytes] = field(default_factory=dict)
    """Sector -> its content; nothing where its blocks are not allocated."""

    def ask(self, packet: Packet) -> Iterator[Packet]:
        """Our node may ask for a range: the answer, if all of it has come already."""
        if (asked := asked_for(packet)) is not None:
            self._asked.append(asked)
            yield from self._answers()

    def answer(self, packet: P_RS_DATA_REPLY | P_RS_DEALLOCATED) -> Iterator[Packet]:
        """An answer comes; what of it and of earlier ones can be given to our node."""
        if isinstance(packet, P_RS_DATA_REPLY):
            data, size_bytes = bytes(packet.data), len(packet.data)
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
        return P_RS_DATA_REPLY(sectors[0], SpecialBlockId.ID_SYNCER, b"", data)
