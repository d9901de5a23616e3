"""How two nodes find their two sockets (wire 1.2 to 1.5, states 7.9).

Both nodes listen and try at the same time. Whoever opens a connection says by its first packet
whether it is the data or the meta socket. When both opened the same one at once, each takes the
accepted one for its own and both are lost; tossing coins about who waits ends that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generated.layouts.commands import Command
from generated.layouts.handshake import P_INITIAL_DATA, P_INITIAL_META
from runtime.config import NetOptions
from runtime.effects import Close, Effect, Level, Listen, Log, StopListening, TryConnect
from runtime.engine.handshake import FEATURES_AWAITED, PING_TIMEOUTS
from runtime.engine.random_numbers import RandomNumbers
from runtime.errors import PeerError
from runtime.events import (
    BytesArrived,
    ConnectFailed,
    Event,
    ListenFailed,
    SocketAccepted,
    SocketConnected,
    SocketLost,
)
from runtime.wire.channel import Channel

STRANGER_COUNT_MAX: Final = 5  # wire 1.2: the backlog, so a kernel lets as many wait
SPREAD: Final = 1 / 7  # wire 1.2: of connect-int, so that two nodes do not keep in step


@dataclass(frozen=True, slots=True)
class Link:
    """The two sockets of two nodes, and which of the nodes breaks ties (wire 1.5)."""

    data: Channel
    meta: Channel
    resolves_conflicts: bool


class Connecting:
    """The search for two sockets, until both have lived long enough or there is no hope.

    Go on feeding it events of sockets when it is over: it closes what still comes of its attempts.
    """

    def __init__(self, options: NetOptions, random: RandomNumbers) -> None:
        self._options = options
        self._random = random
        self._data: Channel | None = None
        self._meta: Channel | None = None
        self._strangers: dict[Channel, float] = {}  # accepted -> when its first packet is late
        self._is_trying = False
        self._try_at: float | None = None
        self._check_at: float | None = None
        self._is_over = False
        self.link: Link | None = None
        """The two sockets, once both have lived for socket-check-timeout; they are the caller's."""
        self.failure = ""
        """Why no connection can come of this."""
        self.is_transient = False
        """Whether a second attempt may do better than the failure (C4, not C3)."""

    @property
    def deadline(self) -> float | None:
        """When TimePassed is wanted."""
        times = [*self._strangers.values()]
        if self._check_at is not None:
            times.append(self._check_at)
        if self._try_at is not None and not self._is_trying:
            times.append(self._try_at)
        return min(times, default=None)

    def start(self, now: float) -> list[Effect]:
        """Listen before anything else, so that the peer's attempts succeed; then try."""
        self._try_at = now
        return [Listen(), *self._pass_time(now)]

    def handle(self, event: Event, now: float) -> list[Effect]:
        """What is to be done about an event; those of sockets that are not its own change nothing.

        What has happened counts before the time that has passed: a socket that was lost just
        before the check did not live until then.
        """
        if self._is_over:
            return list(_turned_away(event))
        return [*self._happened(event, now), *self._pass_time(now)]

    def stop(self) -> list[Effect]:
        """Give up: close all sockets and stop listening."""
        if self._is_over:
            return []
        mine = [it for it in (self._data, self._meta) if it is not None]
        return [*self._end(), *map(Close, mine)]

    def _happened(self, event: Event, now: float) -> Iterator[Effect]:
        match event:
            case SocketConnected(channel):
                yield from self._connected(channel, now)
            case SocketAccepted(channel):
                yield from self._accepted(channel, now)
            case BytesArrived(channel) if channel in self._strangers:
                yield from self._introduced(channel, now)
            case SocketLost(channel):
                self._lost(channel, now)
            case ConnectFailed(reason, is_hopeless):
                self._is_trying = False
                if is_hopeless:
                    yield from self._fail(reason, is_transient=False)
                elif self._try_at is None:  # else something has asked for the next attempt already
                    self._try_at = self._later(now)
            case ListenFailed(reason, is_transient):
                yield from self._fail(reason, is_transient=is_transient)

    def _connected(self, channel: Channel, now: float) -> Iterator[Effect]:
        self._is_trying = False
        if self._data is None:
            channel.send(P_INITIAL_DATA())
            self._place_data(channel)
        elif self._meta is None:
            channel.send(P_INITIAL_META())
            self._meta = channel
        else:  # the peer's sockets were faster
            yield Close(channel)
            return
        self._go_on(now, try_at=self._later(now))  # the other one is the peer's to open

    def _accepted(self, channel: Channel, now: float) -> Iterator[Effect]:
        if len(self._strangers) < STRANGER_COUNT_MAX:
            self._strangers[channel] = now + PING_TIMEOUTS * self._options.ping_timeout_s
        else:
            yield Close(channel)

    def _introduced(self, channel: Channel, now: float) -> Iterator[Effect]:
        """Take the first packet and no more: what follows it belongs to the handshake."""
        try:
            frame = next(channel.frames(), None)
        except PeerError as error:
            del self._strangers[channel]
            yield Log(Level.WARNING, f"a connection to the own address is no peer's: {error}")
            yield Close(channel)
            return
        if frame is None:
            return
        del self._strangers[channel]
        if frame.command == Command.P_INITIAL_DATA:
            older = self._data
            self._place_data(channel)
        else:
            older, self._meta = self._meta, channel
        if older is None:
            self._go_on(now, try_at=now)  # wire 1.4, "mixed": the peer awaits the other one
        else:
            yield Close(older)
            self._go_on(now, try_at=self._now_or_later(now))

    def _lost(self, channel: Channel, now: float) -> None:
        self._strangers.pop(channel, None)
        if channel is self._data:
            self._data = None
        elif channel is self._meta:
            self._meta = None
        else:
            return
        self._check_at = None
        if self._try_at is None:  # else a coin may have been tossed already, and counts
            self._try_at = self._now_or_later(now)

    def _place_data(self, channel: Channel) -> None:
        self._data = channel
        channel.expect(FEATURES_AWAITED)  # wire 1.4: a peer may send them at once

    def _go_on(self, now: float, *, try_at: float) -> None:
        """After a slot was filled: watch both sockets, or try to get the other one."""
        if self._data is not None and self._meta is not None:
            self._try_at = None
            self._check_at = now + self._options.socket_check_timeout_s
        else:
            self._try_at = try_at

    def _pass_time(self, now: float) -> Iterator[Effect]:
        for channel in [it for it, late_at in self._strangers.items() if now >= late_at]:
            del self._strangers[channel]
            yield Close(channel)
        if self._try_at is not None and now >= self._try_at and not self._is_trying:
            self._try_at = None
            self._is_trying = True
            yield TryConnect(self._options.connect_int)
        if self._check_at is not None and now >= self._check_at:
            yield from self._succeed()

    def _succeed(self) -> Iterator[Effect]:
        assert self._data is not None
        assert self._meta is not None
        accepted_meta = not self._meta.is_outgoing
        self.link = Link(self._data, self._meta, resolves_conflicts=accepted_meta)
        yield from self._end()

    def _fail(self, reason: str, *, is_transient: bool) -> Iterator[Effect]:
        self.failure = reason
        self.is_transient = is_transient
        yield from self.stop()

    def _end(self) -> list[Effect]:
        strangers = list(self._strangers)
        self._strangers.clear()
        self._try_at = self._check_at = None
        self._is_over = True
        return [StopListening(), *map(Close, strangers)]

    def _now_or_later(self, now: float) -> float:
        """Whether to try or to let the peer try is decided by a coin (wire 1.3)."""
        return now if self._random.getrandbits(1) else self._later(now)

    def _later(self, now: float) -> float:
        """The end of one wait for the peer: connect-int, a seventh longer or shorter."""
        sign = 1 if self._random.getrandbits(1) else -1
        return now + self._options.connect_int * (1 + sign * SPREAD)


def _turned_away(event: Event) -> Iterator[Effect]:
    """A connection that nobody waits for any more is closed."""
    if isinstance(event, SocketConnected | SocketAccepted):
        yield Close(event.channel)
