"""A network of two nodes on a simulated clock: delays of all kinds, drawn from one seed.

A node is whatever takes events; its bytes travel from channel to channel as TCP carries them, in
order in each direction of each connection.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from runtime.effects import Close, Effect, Listen, StopListening, TryConnect
from runtime.events import (
    BytesArrived,
    ConnectFailed,
    Event,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.wire.channel import Channel
from tests.runtime.engine.persevering import Seeker


@dataclass(eq=False)
class Host:
    """One node: its program, whether it listens, its open connections."""

    program: Seeker
    is_listening: bool = False
    has_started: bool = False
    ends: dict[Channel, "End"] = field(default_factory=dict)


@dataclass(eq=False)
class End:
    """One end of a TCP connection; `quiet_until` is when what it sent has all arrived."""

    host: Host
    channel: Channel
    number: int
    quiet_until: float = 0.0
    peer: "End | None" = None


def put(channel: Channel, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
    """Let bytes come out of a channel's socket."""
    data = b"".join(pieces)
    channel.space()[: len(data)] = data
    channel.received(len(data))


class Network:
    """Two hosts and what is under way between them."""

    def __init__(self, one: Seeker, two: Seeker, random: Random, *, delay_s_max: float) -> None:
        self.now = 0.0
        self.hosts = Host(one), Host(two)
        self._random = random
        self._delay_s_max = delay_s_max
        self._under_way: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._numbers = itertools.count()

    def start(self, host: Host, *, at: float) -> None:
        """Let a node begin at a time."""

        def begin() -> None:
            host.has_started = True
            self._carry_out(host, host.program.start(self.now))

        self._at(at, begin)

    def run(self, until: Callable[[], bool], *, limit_s: float) -> None:
        """Let time pass until something is so, or for so long."""
        while not until() and self._step(limit_s):
            pass

    def number(self, channel: Channel) -> int:
        """Which connection a channel is an end of, if it is still open."""
        return next(host.ends[channel].number for host in self.hosts if channel in host.ends)

    def _step(self, limit_s: float) -> bool:
        deadlines = [
            (host.program.deadline, host)
            for host in self.hosts
            if host.has_started and host.program.deadline is not None
        ]
        due, late = min(deadlines, key=lambda it: it[0] or 0.0, default=(None, None))
        arrival = self._under_way[0][0] if self._under_way else None
        times = [it for it in (due, arrival) if it is not None]
        if not times or min(times) > limit_s:
            return False
        self.now = max(self.now, min(times))
        if late is not None and due == min(times):
            self._tell(late, TimePassed())
        else:
            heapq.heappop(self._under_way)[2]()
        return True

    def _at(self, time_s: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._under_way, (time_s, next(self._order), what))

    def _delay(self) -> float:
        return self._random.uniform(self._delay_s_max / 10, self._delay_s_max)

    def _travel(self, sender: End, what: Callable[[], None]) -> None:
        sender.quiet_until = max(sender.quiet_until, self.now + self._delay())
        self._at(sender.quiet_until, what)

    def _tell(self, host: Host, event: Event) -> None:
        if isinstance(event, SocketLost):
            host.ends.pop(event.channel)
        self._carry_out(host, host.program.handle(event, self.now))

    def _carry_out(self, host: Host, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Listen():
                    host.is_listening = True
                case StopListening():
                    host.is_listening = False
                case TryConnect():
                    self._at(self.now + self._delay(), lambda: self._knock(host))
                case Close(channel):
                    self._send(host.ends[channel])
                    self._close(host.ends[channel])
        for end in list(host.ends.values()):
            self._send(end)

    def _other(self, host: Host) -> Host:
        return self.hosts[1] if host is self.hosts[0] else self.hosts[0]

    def _knock(self, host: Host) -> None:
        """The first segment of a connection has arrived: it is answered or refused."""
        back = self.now + self._delay()
        if self._other(host).is_listening:
            self._at(back, lambda: self._open(host))
        else:
            self._at(back, lambda: self._tell(host, ConnectFailed("refused")))

    def _open(self, host: Host) -> None:
        """The answer has come back; only the third segment lets the peer accept."""
        number = next(self._numbers)
        end = End(host, Channel(is_outgoing=True), number)
        peer = End(self._other(host), Channel(is_outgoing=False), number, peer=end)
        end.peer = peer
        host.ends[end.channel] = end
        self._travel(end, lambda: self._accept(peer))
        self._tell(host, SocketConnected(end.channel))

    def _accept(self, end: End) -> None:
        end.host.ends[end.channel] = end
        if end.host.is_listening:
            self._tell(end.host, SocketAccepted(end.channel))
        else:
            self._close(end)

    def _send(self, end: End) -> None:
        pieces, peer = end.channel.take(), end.peer
        assert peer is not None

        def arrive() -> None:
            if peer.channel in peer.host.ends:
                put(peer.channel, pieces)
                self._tell(peer.host, BytesArrived(peer.channel))

        if pieces:
            self._travel(end, arrive)

    def _close(self, end: End) -> None:
        peer = end.peer
        assert peer is not None

        def arrive() -> None:
            if peer.channel in peer.host.ends:
                self._tell(peer.host, SocketLost(peer.channel, "closed by the peer"))

        del end.host.ends[end.channel]
        self._travel(end, arrive)


def linked_numbers(network: Network, node: Seeker) -> tuple[int, int]:
    """Which connections are a node's data and meta socket."""
    assert node.link is not None
    return network.number(node.link.data), network.number(node.link.meta)
