"""The peer's answers in a resync, cut as our node has asked.

A source answers each request with its range. When our node asks for the same sectors in other
pieces, the recorded answers are put together for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

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

    def ask(self, packet: Packet) -> None:
        """Our node asks for a range, if this packet does that."""
        if (asked := asked_for(packet)) is not None:
            self._asked.append(asked)

    def answer(self, packet: P_RS_DATA_REPLY | P_RS_DEALLOCATED) -> Iterator[Packet]:
        """An answer comes; what of it and of earlier ones can be given to our node."""
        if isinstance(packet, P_RS_DATA_REPLY):
            data = bytes(packet.data)
            count = len(data) // SECTOR_SIZE_BYTES
        else:
            data = b""
            count = packet.size // SECTOR_SIZE_BYTES
        for number in range(count):
            at = number * SECTOR_SIZE_BYTES
            self._data[packet.sector + number] = data[at : at + SECTOR_SIZE_BYTES]
        for first, asked_count in list(self._asked):
            sectors = range(first, first + asked_count)
            if all(sector in self._data for sector in sectors):
                self._asked.remove((first, asked_count))
                yield self._packet(packet, sectors)

    def _packet(self, like: P_RS_DATA_REPLY | P_RS_DEALLOCATED, sectors: range) -> Packet:
        pieces = [self._data.pop(sector) for sector in sectors]
        if not any(pieces):
            return P_RS_DEALLOCATED(sectors[0], len(sectors) * SECTOR_SIZE_BYTES)
        data = b"".join(piece or bytes(SECTOR_SIZE_BYTES) for piece in pieces)
        if isinstance(like, P_RS_DATA_REPLY):
            return replace(like, sector=sectors[0], data=data)
        return P_RS_DATA_REPLY(sectors[0], SpecialBlockId.ID_SYNCER, 0, 0, b"", data)
