"""Writes of both sides of a conversation that met on their way (wire 7.9).

What a kernel was about to write, and had not sent yet, a recording does not show: a write of the
peer that was overtaken like this is heard when the own one has been sent. A write that the peer
had not carried out is finished on the own disk when that is known, and its repetition is nothing
that an application asks for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf, nextafter

from generated.layouts.acks import P_RETRY_WRITE, P_SUPERSEDED, BlockAck
from generated.layouts.write import P_DATA, RangeWrite
from runtime.wire.conversation import Socket
from tests.replay.happenings import Happening, Said
from tests.replay.manifest import SECTOR_SIZE_BYTES, Side


@dataclass(frozen=True)
class Written:
    """A write of one side, its answer, and where it lies."""

    said: Said
    answer: Said | None
    first_sector: int
    end_sector: int

    def overlaps(self, other: "Written") -> bool:
        """Whether both touch one sector."""
        is_same = self.said.seen.frame.volume == other.said.seen.frame.volume
        return (
            is_same
            and self.first_sector < other.end_sector
            and other.first_sector < self.end_sector
        )

    @property
    def is_left_out(self) -> bool:
        """Whether the peer did not carry it out."""
        return self.answer is not None and isinstance(
            self.answer.packet, P_SUPERSEDED | P_RETRY_WRITE
        )


def writes_of(side: Side, all_of_them: Iterable[Happening]) -> list[Written]:
    """What a side wrote, in order."""
    said = [it for it in all_of_them if isinstance(it, Said)]
    answers: defaultdict[tuple[int, int], list[Said]] = defaultdict(list)
    for it in said:
        if it.by is not side and isinstance(it.packet, BlockAck):
            answers[it.packet.block_id, it.packet.sector].append(it)
    found = []
    for it in said:
        if it.by is side and isinstance(it.packet, P_DATA | RangeWrite):
            packet = it.packet
            size_bytes = len(packet.data) if isinstance(packet, P_DATA) else packet.size
            end = packet.sector + size_bytes // SECTOR_SIZE_BYTES
            own = answers[packet.block_id, packet.sector]
            answer = next((ack for ack in own if ack.time_s >= it.time_s), None)
            found.append(Written(it, answer, packet.sector, end))
    return found


def heard_late(all_of_them: list[Happening], side: Side) -> list[Happening]:
    """What happened, with the peer's writes that were overtaken behind what overtook them."""
    own = writes_of(side, all_of_them)
    late = {
        heard.said: when
        for heard in writes_of(side.other, all_of_them)
        if (when := _overtaken_at(heard, own)) is not None
    }
    if not late:
        return all_of_them
    return sorted(_moved(all_of_them, late), key=lambda it: it.time_s)


def _overtaken_at(heard: Written, own: Iterable[Written]) -> float | None:
    answer = heard.answer
    if answer is None:
        return None
    times = [
        it.said.time_s
        for it in own
        if it.overlaps(heard) and heard.said.time_s <= it.said.time_s < answer.time_s
    ]
    return nextafter(max(times), inf) if times else None


def _moved(all_of_them: Iterable[Happening], late: dict[Said, float]) -> Iterator[Happening]:
    """The overtaken writes, and what follows them on their socket, later."""
    until: dict[int, float] = {}
    for it in all_of_them:
        if isinstance(it, Said) and it in late and it.seen.socket is Socket.data:
            until[it.connection] = max(until.get(it.connection, 0.0), late[it])
            mover = it.by
        if it.connection in until and it.by is mover and it.time_s < until[it.connection]:
            yield replace(it, time_s=until[it.connection])
        else:
            yield it


def repetitions(own: Iterable[Written]) -> set[Said]:
    """The writes that are there because the peer wanted them again."""
    found: set[Said] = set()
    wanted: list[Written] = []
    for it in own:
        for before in wanted:
            if _is_same(before, it):
                wanted.remove(before)
                found.add(it.said)
                break
        if it.is_left_out and it.answer is not None and isinstance(it.answer.packet, P_RETRY_WRITE):
            wanted.append(it)
    return found


def _is_same(one: Written, other: Written) -> bool:
    first, second = one.said.packet, other.said.packet
    assert isinstance(first, P_DATA | RangeWrite)
    assert isinstance(second, P_DATA | RangeWrite)
    return replace(first, block_id=0, seq_num=0) == replace(second, block_id=0, seq_num=0)
