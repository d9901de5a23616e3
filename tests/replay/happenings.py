"""A recording as what happened, in order: connections opened, packets sent, connections ended.

Connections that came to nothing are left out: which of two nodes finds which socket first, and how
often both try the same one at once, is a matter of timing alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from generated.layouts.codec import Packet
from generated.layouts.handshake import P_CONNECTION_FEATURES
from generated.layouts.housekeeping import P_PING_ACK
from runtime.wire.conversation import PacketSeen, Socket, Watch
from runtime.wire.reassembly import Segment
from tests.replay.manifest import Scenario, Side
from tests.runtime.recorded import Recording

FOREVER_S: Final = float("inf")


@dataclass(frozen=True, eq=False)
class Happening:
    """Something on a TCP connection."""

    time_s: float
    connection: int
    by: Side


@dataclass(frozen=True, eq=False)
class Opened(Happening):
    """A side opened a connection."""

    socket: Socket


@dataclass(frozen=True, eq=False)
class Ended(Happening):
    """A side closed its end."""


@dataclass(frozen=True, eq=False)
class Said(Happening):
    """A packet was sent, and is complete."""

    seen: PacketSeen

    @property
    def packet(self) -> Packet:
        """The packet."""
        assert self.seen.packet is not None
        return self.seen.packet

    @property
    def is_answered_by_itself(self) -> bool:
        """Whether it is the answer to a ping, which whoever plays the peer gives."""
        return isinstance(self.seen.packet, P_PING_ACK)


@dataclass
class _Life:
    """What is known of one TCP connection."""

    first_sequence: int
    opened_s: float
    ended_s: float = FOREVER_S
    ended_by: set[Side] = field(default_factory=set)
    socket: Socket | None = None
    features_s: float | None = None


def happenings(scenario: Scenario) -> list[Happening]:
    """All that happened, on the clock of the manifest."""
    segments = Recording(scenario.capture).segments()
    found = _Eye(scenario.start_s).see_all(segments)
    return list(found)


class _Eye:
    """Watches segments; numbers connections as the watch on packets does."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._watch = Watch()
        self._numbers: dict[frozenset[object], int] = {}
        self._lives: list[_Life] = []

    def see_all(self, segments: Iterable[Segment]) -> list[Happening]:
        all_of_them = [it for segment in segments for it in self._see(segment)]
        fruitful = self._fruitful()
        sockets = {number: self._lives[number].socket for number in fruitful}
        return [_with_socket(it, sockets) for it in all_of_them if it.connection in fruitful]

    def _see(self, segment: Segment) -> Iterator[Happening]:
        side = Side(segment.source.address)
        time_s = segment.time_s - self._start_s
        ends = frozenset((segment.source, segment.target))
        is_first = segment.syn and segment.acknowledged is None
        number = self._numbers.get(ends)
        if is_first and (number is None or self._lives[number].first_sequence != segment.sequence):
            number = self._numbers[ends] = len(self._lives)
            self._lives.append(_Life(segment.sequence, time_s))
            yield Opened(time_s, number, side, Socket.data)
        for sighting in self._watch.see(segment):
            if isinstance(sighting, PacketSeen):
                yield self._said(sighting, time_s)
        assert number is not None
        life = self._lives[number]
        if (segment.fin or segment.reset) and side not in life.ended_by:
            life.ended_by.add(side)
            life.ended_s = min(life.ended_s, time_s)
            yield Ended(time_s, number, side)

    def _said(self, seen: PacketSeen, time_s: float) -> Said:
        life = self._lives[seen.connection]
        life.socket = seen.socket
        if isinstance(seen.packet, P_CONNECTION_FEATURES) and life.features_s is None:
            life.features_s = time_s
        return Said(time_s, seen.connection, Side(seen.source.address), seen)

    def _fruitful(self) -> set[int]:
        """The data sockets on which nodes introduced themselves, and the meta sockets beside."""
        times = [life.features_s for life in self._lives if life.features_s is not None]
        return {
            number
            for number, life in enumerate(self._lives)
            if life.features_s is not None
            or (
                life.socket is Socket.meta
                and any(life.opened_s <= it <= life.ended_s for it in times)
            )
        }


def _with_socket(it: Happening, sockets: dict[int, Socket | None]) -> Happening:
    if not isinstance(it, Opened):
        return it
    socket = sockets[it.connection]
    assert socket is not None
    return Opened(it.time_s, it.connection, it.by, socket)


def sent_by(side: Side, all_of_them: Iterable[Happening]) -> dict[int, list[Said]]:
    """What a side said on each connection, in order."""
    found: defaultdict[int, list[Said]] = defaultdict(list)
    for it in all_of_them:
        if isinstance(it, Said) and it.by is side:
            found[it.connection].append(it)
    return dict(found)
