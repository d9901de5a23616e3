"""What our node sent beside what the kernel sent in its place."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final, TypeAlias

from generated.layouts.acks import P_RS_WRITE_ACK
from generated.layouts.codec import Packet
from generated.layouts.requests import P_RS_DATA_REPLY
from generated.layouts.state import P_STATE
from generated.states.conn_states import ConnState
from runtime.decode import TextForm
from runtime.wire.conversation import PacketSeen
from tests.replay.exceptions import (
    asked_for,
    is_counted,
    is_left_out,
    is_of_bitmap,
    is_pardoned_at_end,
    is_placed_differently,
    may_be_before_bitmap,
    without_exceptions,
    without_number,
)
from tests.replay.happenings import Said
from tests.replay.manifest import SECTOR_SIZE_BYTES

CONTEXT_PACKETS: Final = 5  # shown before and behind the first difference

Place: TypeAlias = tuple[int, int]
"""A connection, and a volume."""

Ranges: TypeAlias = list[tuple[int, int]]


@dataclass(frozen=True)
class Compared:
    """A packet, and what it is compared by."""

    seen: PacketSeen
    packet: Packet
    essence: Packet

    @property
    def is_in_order(self) -> bool:
        """Whether it must be at the same place among the others."""
        it = self.packet
        return asked_for(it) is None and not is_counted(it) and not is_placed_differently(it)


class Comparison:
    """How packets are compared in one scenario."""

    def __init__(
        self, start_s: float, losing_volumes: Collection[int], former_meta_data: Mapping[int, range]
    ) -> None:
        self._start_s = start_s
        self._former_meta_data = former_meta_data
        self._losing_volumes = losing_volumes
        """The volumes whose last bits a kernel loses."""
        self._broken_off: set[int] = set()
        """The volumes of which a resync did not come to its end on its connection."""
        self._cut_differently: set[int] = set()
        """The volumes whose resync is asked for in other pieces."""

    def differences(
        self, said: Iterable[Said], in_our_words: Mapping[Said, Packet], sent: Iterable[PacketSeen]
    ) -> list[str]:
        """How what was sent differs from what the kernel said, as texts for people."""
        theirs = self._by_place((it.seen, in_our_words.get(it, it.packet)) for it in said)
        ours = self._by_place((it, it.packet) for it in sent)
        self._broken_off = {
            volume for (_, volume), packets in theirs.items() if _is_broken_off(packets)
        }
        self._cut_differently = {
            volume
            for (connection, volume), packets in theirs.items()
            if _cuts(packets) != _cuts(ours.get((connection, volume), []))
        }
        return [
            text
            for place in dict.fromkeys([*theirs, *ours])
            for text in self._differences(place, theirs.get(place, []), ours.get(place, []))
        ]

    def _by_place(
        self, packets: Iterable[tuple[PacketSeen, Packet | None]]
    ) -> dict[Place, list[Compared]]:
        found: defaultdict[Place, list[Compared]] = defaultdict(list)
        for seen, packet in packets:
            assert packet is not None
            if not is_left_out(packet):
                volume = seen.frame.volume
                essence = without_exceptions(packet, loses_bits=volume in self._losing_volumes)
                essence = self._without_meta_data(essence, volume)
                found[seen.connection, volume].append(Compared(seen, packet, essence))
        return dict(found)

    def _without_meta_data(self, packet: Packet, volume: int) -> Packet:
        """A packet without data that were meta-data before the device grew."""
        own = self._former_meta_data.get(volume)
        if own is None or not isinstance(packet, P_RS_DATA_REPLY):
            return packet
        end = packet.sector + len(packet.data) // SECTOR_SIZE_BYTES
        is_own = packet.sector < own.stop and own.start < end
        return replace(packet, data=bytes(len(packet.data))) if is_own else packet

    def _differences(
        self, place: Place, theirs: Sequence[Compared], ours: Sequence[Compared]
    ) -> Iterator[str]:
        name = f"c{place[0]}, volume {place[1]}"
        one, other = _ranges(theirs), _ranges(ours)
        is_broken_off = place[1] in self._broken_off
        if one != other and not (is_broken_off and _is_ahead(theirs, ours)):
            yield f"{name}: the kernel asks for sectors {one}\n    our node for {other}"
        one_count, other_count = _counts(theirs), _counts(ours)
        if other_count - one_count:
            yield f"{name}: our node has said too much: {other_count - one_count}"
        yield from self._first_difference(
            name, _placed_differently(theirs), _placed_differently(ours)
        )
        theirs, ours = _in_order(theirs), _in_order(ours)
        if place[1] in self._cut_differently:
            one, other = _acknowledged(theirs), _acknowledged(ours)
            if one != other and not is_broken_off:
                yield f"{name}: the kernel acknowledges {one}\n    our node {other}"
            theirs, ours = _without_cutting(theirs), _without_cutting(ours)
        yield from self._first_difference(name, theirs, ours)

    def _first_difference(
        self, name: str, theirs: Sequence[Compared], ours: Sequence[Compared]
    ) -> Iterator[str]:
        for number, (expected, found) in enumerate(zip_longest(theirs, ours)):
            if found is None and _is_pardoned(theirs[number:]):
                return
            if expected is None or found is None or expected.essence != found.essence:
                first, end = max(0, number - CONTEXT_PACKETS), number + CONTEXT_PACKETS + 1
                yield "\n".join(
                    [
                        f"{name}: packet {number} differs",
                        "  the kernel:",
                        *_lines(theirs[first:end], number - first, self._start_s),
                        "  our node:",
                        *_lines(ours[first:end], number - first, 0.0),
                    ]
                )
                return


def _is_pardoned(left: Iterable[Compared]) -> bool:
    """Whether what was not said need not be; a replay waits for it if the connection is open."""
    return all(is_pardoned_at_end(it.seen.frame.command) for it in left)


def _in_order(packets: Iterable[Compared]) -> list[Compared]:
    """The packets whose order counts, each state before the bitmap that it may be behind."""
    found: list[Compared] = []
    for it in packets:
        at = len(found)
        if may_be_before_bitmap(it.packet):
            while at and is_of_bitmap(found[at - 1].packet):
                at -= 1
        if it.is_in_order:
            found.insert(at, it)
    return found


def _placed_differently(packets: Iterable[Compared]) -> list[Compared]:
    """The packets of which only the order among themselves counts."""
    return [it for it in packets if is_placed_differently(it.packet)]


def _cuts(packets: Iterable[Compared]) -> list[tuple[int, int]]:
    """Into which pieces a resync was cut."""
    return [asked for it in packets if (asked := asked_for(it.packet)) is not None]


def _is_broken_off(packets: Sequence[Compared]) -> bool:
    """Whether a target asked and never said that it has got all."""
    last = max((at for at, it in enumerate(packets) if asked_for(it.packet)), default=None)
    return last is not None and not any(
        isinstance(it.packet, P_STATE) and it.packet.state.conn == ConnState.Connected.wire
        for it in packets[last:]
    )


def _is_ahead(theirs: Iterable[Compared], ours: Iterable[Compared]) -> bool:
    """Whether our node has asked for the same and then for more, since it asks sooner."""
    one, other = (
        [sector for first, count in _cuts(it) for sector in range(first, first + count)]
        for it in (theirs, ours)
    )
    return other[: len(one)] == one


def _acknowledged(packets: Iterable[Compared]) -> Ranges:
    """The sectors of a resync that were acknowledged, in whatever pieces."""
    times = Counter(
        sector
        for it in packets
        if isinstance(it.packet, P_RS_WRITE_ACK)
        for sector in range(
            it.packet.sector, it.packet.sector + it.packet.blksize // SECTOR_SIZE_BYTES
        )
    )
    return [
        found
        for time in range(1, max(times.values(), default=0) + 1)
        for found in _joined((it, 1) for it in sorted(times) if times[it] >= time)
    ]


def _without_cutting(packets: Iterable[Compared]) -> list[Compared]:
    """What does not depend on how a resync is cut: each piece has an answer, and a number."""
    return [
        replace(it, essence=without_number(it.essence))
        for it in packets
        if not isinstance(it.packet, P_RS_WRITE_ACK)
    ]


def _counts(packets: Iterable[Compared]) -> Counter[str]:
    """How many packets there are of those whose number counts; too few keep a replay waiting."""
    return Counter(type(it.packet).__name__ for it in packets if is_counted(it.packet))


def _lines(packets: Iterable[Compared], marked: int, start_s: float) -> Iterator[str]:
    form = TextForm()
    for number, it in enumerate(packets):
        line = list(form.lines(replace(it.seen, packet=it.packet)))[-1]
        mark = "->" if number == marked else "  "
        yield f"  {mark} {it.seen.time_s - start_s:10.6f} {line.name}{line.rest}"


def _ranges(packets: Iterable[Compared]) -> Ranges:
    """The sectors asked for in a resync, in their order, however they are cut into requests."""
    return _joined(_cuts(packets))


def _joined(pieces: Iterable[tuple[int, int]]) -> Ranges:
    found: Ranges = []
    for first, count in pieces:
        if found and sum(found[-1]) == first:
            found[-1] = found[-1][0], found[-1][1] + count
        else:
            found.append((first, count))
    return found
